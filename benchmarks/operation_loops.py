"""The rows of `bench_operations`, and the loops by hand that it compares with.

Each loop does what one operation does, as one would write it without a library: from rows to rows,
or from rows into a dict.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import attrs

from cascade2spark import Fields
from cascade2spark.types import Long

__all__ = [
    "DAY_AND_HOUR",
    "FIELDS",
    "FORMAT",
    "PARTITIONS",
    "PATH",
    "ROWS",
    "WORD",
    "Held",
    "Lines",
    "Row",
    "count",
    "date_parser",
    "debug",
    "expression_filter",
    "expression_function",
    "first",
    "generator",
    "identity",
    "insert",
    "made_rows",
    "parser",
    "regex_filter",
    "sample",
    "split_by_user",
    "split_generator",
    "splitter",
    "total",
]

Row = tuple[Any, ...]
Held = dict[Any, Any]

ROWS = 60_000
PARTITIONS = 8
FIELDS = Fields("user", "ts", "text", "csv", "url", "stamp", "action", "amount").apply_types(
    str, int, str, str, str, str, str, int
)
WORDS = ("to", "be", "or", "not", "that", "is", "the", "question", "tis", "nobler", "mind")
ACTIONS = ("view", "click", "save", "share")
FORMAT = "yyyy-MM-dd HH:mm:ss"


def made_rows() -> list[Row]:
    """Return rows of eight fields; no two stamps are equal."""
    found = []
    for n in range(ROWS):
        second = 1_600_000_000 + n * 37
        text = " ".join(WORDS[(n * 7 + k * (1 + n % 5)) % len(WORDS)] for k in range(4))
        csv = f"u{n % 997},{n % 31},{ACTIONS[n % 4]}"
        url = f"/{'shop' if n % 3 else 'help'}/item-{n % 1000}/view"
        stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
        row = (f"u{n % 997}", second, text, csv, url, stamp, ACTIONS[n % 4], n * 7919 % 10_000)
        found.append(row)
    return found


@attrs.frozen
class Lines:
    """A batch of rows as lines of text, to be read anew each time."""

    lines: list[str]
    kinds: tuple[Any, ...]

    @classmethod
    def of(cls, fields: Fields, rows: list[Row]) -> Lines:
        """Return rows as lines."""
        kinds = tuple(Long if kind is Long else None for kind in fields.get_types())
        return cls(["\t".join(map(str, row)) for row in rows], kinds)

    def read(self) -> list[Row]:
        """Return the rows, every value a new object."""
        kinds = self.kinds
        return [
            tuple(
                [
                    text if kind is None else int(text)
                    for text, kind in zip(line.split("\t"), kinds, strict=True)
                ]
            )
            for line in self.lines
        ]


# -- the loops by hand -----------------------------------------------------------------------------


def identity(rows: Iterable[Row]) -> list[Row]:
    made = []
    for user, _, _, _, _, _, _, amount in rows:
        made.append((user, amount))
    return made


def insert(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        made.append((*row, "web", 1))
    return made


def expression_filter(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        if not (row[7] > 5000 and row[6] == "view"):
            made.append(row)
    return made


def expression_function(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        made.append((*row, row[7] * 100 + row[1] % 60))
    return made


def split_generator(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        for word in row[2].split(" "):
            made.append((word,))
    return made


def splitter(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        made.append(tuple(row[3].split(",")))
    return made


DAY_AND_HOUR = re.compile(r"^(\d+-\d+-\d+) (\d+):")


def parser(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        made.append(DAY_AND_HOUR.search(row[5]).groups())
    return made


PATH = re.compile(r"^/(shop|help)/item-\d+0/")


def regex_filter(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        if PATH.search(row[4]):
            made.append(row)
    return made


WORD = re.compile("[a-z]+")


def generator(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        for word in WORD.findall(row[2]):
            made.append((word,))
    return made


def debug(rows: Iterable[Row]) -> list[Row]:
    made = []
    count = 0
    for row in rows:
        print(f"[{','.join([repr(str(value)) for value in row])}]", file=sys.stderr)
        count += 1
        made.append(row)
    print(f"tuples count: {count}", file=sys.stderr)
    return made


def date_parser(rows: Iterable[Row]) -> list[Row]:
    made = []
    for row in rows:
        moment = datetime.strptime(row[5], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        made.append((int(moment.timestamp() * 1000),))
    return made


def sample(rows: Iterable[Row]) -> list[Row]:
    """Draw as java.util.Random does, or the rows would be others."""
    made = []
    state = (7 ^ 0x5DEECE66D) & ((1 << 48) - 1)
    for row in rows:
        high = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        state = (high * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        if (((high >> 22) << 27) + (state >> 21)) * 2.0**-53 < 0.5:
            made.append(row)
    return made


def count(rows: Iterable[Row], held: Held) -> None:
    for (user,) in rows:
        held[user] = held.get(user, 0) + 1


def total(rows: Iterable[Row], held: Held) -> None:
    for user, amount in rows:
        if amount is not None:
            held[user] = held.get(user, 0) + amount


def first(rows: Iterable[Row], held: Held) -> None:
    for user, action in rows:
        if user not in held:
            held[user] = action


def split_by_user(rows: Iterable[Row]) -> list[list[Row]]:
    parts: list[list[Row]] = [[] for _ in range(PARTITIONS)]
    for row in rows:
        parts[hash(row[0]) % PARTITIONS].append(row)
    return parts
