"""The inputs: events with skewed or uniform keys, four tables about users, and lines of words.

Made once for each size, then reused. Every number is drawn with a fixed seed, so that two machines
work on the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["ROWS", "TABLES", "prepare"]

ROWS = 3_000_000
TABLES = ("users", "emails", "towns", "plans")

_ROWS_PER_USER = 15
_WORDS = 50_000
_CHUNK = 500_000
_ACTIONS = np.array(["view", "click", "save", "share"])
# Prime, so that the stamps of all rows differ: the order of a group then has no ties.
_STAMPS, _STRIDE = 99_999_989, 61_803_398

Random = np.random.Generator


def prepare(folder: Path, rows: int, keys: str) -> dict[str, str]:
    """Return the paths of the inputs by name, making those that are not there.

    Args:
        folder: where they lie.
        rows: number of events; there is a line of three words for each, and a user for fifteen.
        keys: `skewed` gives one user a quarter of the events and leaves half of the users without
            any, and draws words by Zipf's law; `uniform` gives all users and words alike.
    """
    folder.mkdir(parents=True, exist_ok=True)
    users = max(rows // _ROWS_PER_USER, 1)
    is_skewed = keys == "skewed"

    def events(random: Random, start: int, size: int) -> str:
        return _events(random, start, size, users, is_skewed)

    def words(random: Random, start: int, size: int) -> str:
        return _words(random, size, is_skewed)

    paths = {
        "events": _made(folder / f"events-{rows}-{keys}.tsv", rows, events),
        "words": _made(folder / f"words-{rows}-{keys}.txt", rows, words),
    }
    for table in TABLES:
        paths[table] = _made(folder / f"{table}-{users}.tsv", users, _TABLES[table])
    return paths


def _made(path: Path, rows: int, lines: Callable[[Random, int, int], str]) -> str:
    if not path.exists():
        random = np.random.default_rng(20)
        aside = path.with_suffix(".tmp")
        with aside.open("w") as file:
            for start in range(0, rows, _CHUNK):
                file.write(lines(random, start, min(_CHUNK, rows - start)))
        aside.rename(path)
    return str(path)


def _events(random: Random, start: int, size: int, users: int, is_skewed: bool) -> str:
    owners = random.integers(0, users, size)
    if is_skewed:
        owners = np.where(random.random(size) < 0.25, 7, owners // 2)
    stamps = 1_600_000_000 + np.arange(start, start + size) * _STRIDE % _STAMPS
    pins = random.integers(0, 1_000_000, size)
    actions = _ACTIONS[random.integers(0, len(_ACTIONS), size)]
    amounts = random.integers(0, 10_000, size)
    columns = [column.tolist() for column in (owners, stamps, pins, actions, amounts)]
    return "".join(
        f"u{owner}\t{stamp}\tp{pin}\t{action}\t{amount}\n"
        for owner, stamp, pin, action, amount in zip(*columns, strict=True)
    )


def _words(random: Random, size: int, is_skewed: bool) -> str:
    shape = (size, 3)
    drawn = random.zipf(1.3, shape) if is_skewed else random.integers(0, _WORDS, shape)
    return "".join(f"w{a} w{b} w{c}\n" for a, b, c in (drawn % _WORDS).tolist())


def _users(random: Random, start: int, size: int) -> str:
    countries = random.integers(0, 60, size).tolist()
    return "".join(f"u{start + n}\tname{start + n}\tc{c}\n" for n, c in enumerate(countries))


def _values(prefix: str, different: int) -> Callable[[Random, int, int], str]:
    """Return the maker of a table of a user and one value."""

    def lines(random: Random, start: int, size: int) -> str:
        drawn = random.integers(0, different, size).tolist()
        return "".join(f"u{start + n}\t{prefix}{value}\n" for n, value in enumerate(drawn))

    return lines


_TABLES = {
    "users": _users,
    "emails": _values("mail", 10_000_000),
    "towns": _values("town", 5_000),
    "plans": _values("plan", 4),
}
