"""What both sides of the jobs in Python do alike."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.application import PARTITIONS
from cascade2spark.codecs.thrift import ThriftCodec, thrift_struct
from examples.thrift_etl import data

__all__ = ["FEW", "FIELDS", "Inputs", "records", "stored", "weight", "write_answer"]

Inputs = dict[str, str]

FIELDS = [
    *("id", "ms", "user", "kind", "url", "status", "mobile", "score", "cents", "hour", "flag"),
    *("token", "items", "params", "place", "tags", "tests", "retries", "referrer", "note"),
    "shipped_to",
]
FEW = ["url", "kind", "cents"]
_KEPT = 2_000


def weight(row: tuple[Any, ...]) -> int:
    """Return a number that hangs on fields of every kind of a row of all fields."""
    place, items = row[14], row[12]
    return row[0] + len(row[2]) + len(row[13]) + len(place.city) + items[-1].sku + row[17]


def records(event: Any, classes: dict[str, Any], part: int, count: int) -> Iterator[Any]:
    """Yield the records of one task that writes: a few thousand, again and again."""
    some = _made(event, classes["Item"], classes["Place"])
    for number in range(part, count, PARTITIONS):
        yield some[number % _KEPT]


def stored(part: int, count: int) -> Iterator[bytes]:
    """Yield the same records as thrift stores them."""
    some = _stored()
    for number in range(part, count, PARTITIONS):
        yield some[number % _KEPT]


@functools.lru_cache(maxsize=1)
def _stored() -> list[bytes]:
    codec = ThriftCodec(thrift_struct(data.IDL, "Event"))
    return list(map(codec.encode, data.events(0, _KEPT, _KEPT)))


@functools.lru_cache(maxsize=1)
def _made(event: Any, item: Any, place: Any) -> list[Any]:
    # Once in a worker: what is compared is how they are written.
    some = []
    for values in data.events(0, _KEPT, _KEPT):
        made = {**values, "items": [item(**one) for one in values["items"]]}
        for name in ("place", "shipped_to"):
            if name in values:
                made[name] = place(**values[name])
        some.append(event(**made))
    return some


def write_answer(output: str, answer: object) -> None:
    """Write an answer of one line."""
    Path(output).mkdir(parents=True, exist_ok=True)
    Path(output, "part-00000").write_text(f"{answer}\n")
