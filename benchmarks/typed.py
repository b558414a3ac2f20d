"""The jobs as Scalding's typed API has them: Python functions on Python objects throughout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pyspark import SparkContext

from benchmarks.application import PARTITIONS, serve
from cascade2spark.scalding.job import Job, Mode
from cascade2spark.scalding.sources import TextLine, TypedTsv
from cascade2spark.scalding.typed import Elements, TypedPipe

__all__: list[str] = []

Inputs = dict[str, str]
Row = tuple[Any, ...]

TEXTS = (str, str, str, str, str)
TYPED = (str, int, str, str, int)
COUNTED = (str, int)
GAP_S = 1800


def run(sc: SparkContext, pipe: Elements[Any], output: str, types: tuple[Any, ...]) -> None:
    class Written(Job):
        def build(self) -> None:
            pipe.write(TypedTsv(output, types))

    properties = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}
    Written().run(Mode.spark(sc, properties))


def _events(inputs: Inputs, types: tuple[Any, ...] = TYPED) -> TypedPipe[Row]:
    return TypedPipe.from_(TypedTsv(inputs["events"], types))


def _users(inputs: Inputs) -> TypedPipe[tuple[str, Row]]:
    users = TypedPipe.from_(TypedTsv(inputs["users"], (str, str, str)))
    return users.map(lambda row: (row[0], row[1:]))


def count_lines(sc: SparkContext, inputs: Inputs, output: str) -> None:
    lines = TypedPipe.from_(TextLine(inputs["events"]))
    run(sc, lines.group_all().size().values().map(lambda count: (count,)), output, (int,))


def identity(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _events(inputs, TEXTS).map(lambda row: (row[0], row[1], row[2], row[3], row[4]))
    run(sc, rows, output, TEXTS)


def identity_rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    def whole(row: Row) -> Row:
        return row if len(row) == len(TEXTS) else ()

    run(sc, _events(inputs, TEXTS).map(whole), output, TEXTS)


def word_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    words = TypedPipe.from_(TextLine(inputs["words"])).flat_map(str.split)
    run(sc, words.map(lambda word: (word, 1)).sum_by_key(), output, COUNTED)


def sum_by_key(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(inputs).map(lambda row: (row[3], row[4]))
    run(sc, pairs.sum_by_key(), output, COUNTED)


def sum_by_user(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(inputs).map(lambda row: (row[0], row[4]))
    run(sc, pairs.sum_by_key(), output, COUNTED)


def _counted(user: str, rows: Iterator[Row]) -> Iterator[int]:
    yield sum(1 for _ in rows)


def group_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    groups = _events(inputs, TEXTS).group_by(lambda row: row[0])
    run(sc, groups.map_group(_counted), output, COUNTED)


def _sessions(user: str, rows: Iterator[Row]) -> Iterator[int]:
    found, last = 0, 0
    for _user, ts, _pin, _action, _amount in rows:
        if ts - last > GAP_S:
            found += 1
        last = ts
    yield found


def secondary_sort_udf(sc: SparkContext, inputs: Inputs, output: str) -> None:
    groups = _events(inputs).group_by(lambda row: row[0]).sort_by(lambda row: row[1])
    run(sc, groups.map_group(_sessions), output, COUNTED)


def join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _events(inputs, TEXTS).group_by(lambda row: row[0])
    joined = events.join(_users(inputs)).values().map(lambda both: both[0] + both[1])
    run(sc, joined, output, (*TEXTS, str, str))


def broadcast_join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _events(inputs, TEXTS).map(lambda row: (row[0], row))
    joined = events.hash_join(_users(inputs)).values().map(lambda both: both[0] + both[1])
    run(sc, joined, output, (*TEXTS, str, str))


def six_udfs(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _events(inputs).map(lambda row: (*row, row[3].upper()))
    rows = rows.filter(lambda row: row[5] != "SHARE")
    rows = rows.map(lambda row: (*row, row[4] * 100))
    rows = rows.map(lambda row: (*row, row[1] // 86_400))
    rows = rows.filter(lambda row: row[6] <= 900_000)
    rows = rows.map(lambda row: (*row[:6], row[7] % 7, row[6] + row[7]))
    run(sc, rows, output, (*TYPED, str, int, int))


if __name__ == "__main__":
    serve(sys.modules[__name__])
