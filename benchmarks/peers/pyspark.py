"""Hand-written PySpark RDD code, the usual best form of each job."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, product
from operator import add, itemgetter
from typing import Any

from pyspark import RDD, SparkContext
from pyspark.join import python_cogroup
from pyspark.rdd import portable_hash

from benchmarks.application import PARTITIONS, serve

__all__: list[str] = []

Inputs = dict[str, str]
Row = tuple[Any, ...]
Pairs = Iterable[tuple[Any, Any]]

GAP_S = 1800


def _split(line: str) -> list[str]:
    return line.split("\t")


def _line(values: Iterable[object]) -> str:
    return "\t".join(map(str, values))


def _events(sc: SparkContext, inputs: Inputs) -> RDD[list[str]]:
    return sc.textFile(inputs["events"], PARTITIONS).map(_split)


def _typed(sc: SparkContext, inputs: Inputs) -> RDD[Row]:
    return _events(sc, inputs).map(lambda f: (f[0], int(f[1]), f[2], f[3], int(f[4])))


def _table(sc: SparkContext, inputs: Inputs, name: str) -> RDD[tuple[str, list[str]]]:
    fields = sc.textFile(inputs[name], PARTITIONS).map(_split)
    return fields.map(lambda f: (f[0], f[1:]))


def count_lines(sc: SparkContext, inputs: Inputs, output: str) -> None:
    count = sc.textFile(inputs["events"], PARTITIONS).count()
    sc.parallelize([count], 1).saveAsTextFile(output)


def identity(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _events(sc, inputs).map("\t".join).saveAsTextFile(output)


def identity_rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _events(sc, inputs).map(lambda row: row).map("\t".join).saveAsTextFile(output)


def word_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    words = sc.textFile(inputs["words"], PARTITIONS).flatMap(str.split)
    counts = words.map(lambda word: (word, 1)).reduceByKey(add, PARTITIONS)
    counts.map(_line).saveAsTextFile(output)


word_count_char = word_count


def sum_by_key(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(sc, inputs).map(lambda f: (f[3], int(f[4])))
    pairs.reduceByKey(add, PARTITIONS).map(_line).saveAsTextFile(output)


def sum_by_user(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(sc, inputs).map(lambda f: (f[0], int(f[4])))
    pairs.reduceByKey(add, PARTITIONS).map(_line).saveAsTextFile(output)


def group_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    groups = _events(sc, inputs).keyBy(itemgetter(0)).groupByKey(PARTITIONS)
    counted = groups.map(lambda pair: (pair[0], sum(1 for _ in pair[1])))
    counted.map(_line).saveAsTextFile(output)


def _by_user_in_order(pairs: RDD[tuple[tuple[str, int], Any]]) -> RDD[tuple[tuple[str, int], Any]]:
    """Bring the rows of each user together, in time order."""
    return pairs.repartitionAndSortWithinPartitions(PARTITIONS, lambda key: portable_hash(key[0]))


def _sessions(pairs: Pairs) -> Iterator[Row]:
    for user, group in groupby(pairs, key=lambda pair: pair[0][0]):
        found, last = 0, 0
        for (_, ts), _row in group:
            if ts - last > GAP_S:
                found += 1
            last = ts
        yield user, found


def _ends(pairs: Pairs) -> Iterator[Row]:
    for user, group in groupby(pairs, key=lambda pair: pair[0][0]):
        first, last, count = "", "", 0
        for _, action in group:
            if not count:
                first = action
            last = action
            count += 1
        yield user, first, last, count


def _ends_of_rows(pairs: Pairs) -> Iterator[Row]:
    for user, group in groupby(pairs, key=lambda pair: pair[0][0]):
        first, last, count = (), (), 0
        for _, row in group:
            if not count:
                first = row
            last = row
            count += 1
        yield user, first[3], last[3], count


def secondary_sort_udf(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _typed(sc, inputs).map(lambda row: ((row[0], row[1]), row))
    _by_user_in_order(pairs).mapPartitions(_sessions).map(_line).saveAsTextFile(output)


def secondary_sort_pruned(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(sc, inputs).map(lambda f: ((f[0], int(f[1])), None))
    _by_user_in_order(pairs).mapPartitions(_sessions).map(_line).saveAsTextFile(output)


def secondary_sort_builtin(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _typed(sc, inputs).map(lambda row: ((row[0], row[1]), row))
    _by_user_in_order(pairs).mapPartitions(_ends_of_rows).map(_line).saveAsTextFile(output)


def secondary_sort_builtin_pruned(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(sc, inputs).map(lambda f: ((f[0], int(f[1])), f[3]))
    _by_user_in_order(pairs).mapPartitions(_ends).map(_line).saveAsTextFile(output)


def join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _events(sc, inputs).keyBy(itemgetter(0))
    joined = events.join(_table(sc, inputs, "users"), PARTITIONS)
    joined.map(lambda pair: "\t".join(pair[1][0] + pair[1][1])).saveAsTextFile(output)


def five_way(sc: SparkContext, inputs: Inputs, output: str) -> None:
    # groupWith cannot be told the number of partitions; this is what it calls.
    tables = [_table(sc, inputs, name) for name in ("users", "emails", "towns", "plans")]
    grouped = python_cogroup([_events(sc, inputs).keyBy(itemgetter(0)), *tables], PARTITIONS)
    rows = grouped.flatMap(lambda pair: product(*pair[1]))
    rows.map(lambda row: "\t".join(chain.from_iterable(row))).saveAsTextFile(output)


def _known(sc: SparkContext, inputs: Inputs) -> Any:
    return sc.broadcast(_table(sc, inputs, "users").collectAsMap())


def broadcast_join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    known = _known(sc, inputs)

    def joined(rows: Iterable[list[str]]) -> Iterator[str]:
        users = known.value
        return ("\t".join(row + users[row[0]]) for row in rows if row[0] in users)

    _events(sc, inputs).mapPartitions(joined).saveAsTextFile(output)


def broadcast_join_rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    known = _known(sc, inputs)

    def joined(rows: Iterable[list[str]]) -> Iterator[list[str]]:
        users = known.value
        return (row + users[row[0]] for row in rows if row[0] in users)

    rows = _events(sc, inputs).mapPartitions(joined)
    labelled = rows.map(lambda row: [*row[:5], f"{row[5]}@{row[6]}"])
    labelled.map("\t".join).saveAsTextFile(output)


def fork_merge(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _events(sc, inputs)
    kept = events.filter(lambda f: f[3] in ("save", "share"))
    shown = events.filter(lambda f: f[3] in ("view", "share"))
    pairs = kept.map(lambda f: ((f[0], "kept"), int(f[4])))
    pairs = pairs.union(shown.map(lambda f: ((f[0], "shown"), int(f[4]))))
    sums = pairs.reduceByKey(add, PARTITIONS)
    sums.map(lambda pair: _line((*pair[0], pair[1]))).saveAsTextFile(output)


def six_udfs(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _typed(sc, inputs).map(lambda row: (*row, row[3].upper()))
    rows = rows.filter(lambda row: row[5] != "SHARE")
    rows = rows.map(lambda row: (*row, row[4] * 100))
    rows = rows.map(lambda row: (*row, row[1] // 86_400))
    rows = rows.filter(lambda row: row[6] <= 900_000)
    rows = rows.map(lambda row: (*row[:6], row[7] % 7, row[6] + row[7]))
    rows.map(_line).saveAsTextFile(output)


def six_builtins(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _typed(sc, inputs).filter(lambda row: row[2] != "")
    rows = rows.filter(lambda row: row[3] in ("view", "click", "save"))
    rows = rows.map(lambda row: (row[0], row[1], "n" + row[2].removeprefix("p"), *row[3:]))
    rows = rows.map(lambda row: (*row, row[4] * 100))
    rows = rows.map(lambda row: (*row, "web"))
    rows = rows.map(lambda row: (*row[:4], float(row[4]), *row[5:]))
    rows.map(_line).saveAsTextFile(output)


if __name__ == "__main__":
    serve(sys.modules[__name__])
