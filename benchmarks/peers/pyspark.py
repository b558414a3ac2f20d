"""Hand-written PySpark RDD code."""

from __future__ import annotations

from operator import add

from pyspark import SparkContext

from benchmarks.timing import PARTITIONS, run_application

__all__: list[str] = []


def count_lines(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    count = sc.textFile(inputs["events"], PARTITIONS).count()
    sc.parallelize([count], 1).saveAsTextFile(output)


def identity(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    lines = sc.textFile(inputs["events"], PARTITIONS)
    lines.map(lambda line: line.split("\t")).map("\t".join).saveAsTextFile(output)


def word_count(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    words = sc.textFile(inputs["words"], PARTITIONS).flatMap(str.split)
    counts = words.map(lambda word: (word, 1)).reduceByKey(add, PARTITIONS)
    counts.map(lambda pair: f"{pair[0]}\t{pair[1]}").saveAsTextFile(output)


def sum_by_key(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    fields = sc.textFile(inputs["events"], PARTITIONS).map(lambda line: line.split("\t"))
    sums = fields.map(lambda row: (row[3], int(row[4]))).reduceByKey(add, PARTITIONS)
    sums.map(lambda pair: f"{pair[0]}\t{pair[1]}").saveAsTextFile(output)


if __name__ == "__main__":
    run_application(
        {call.__name__: call for call in (count_lines, identity, word_count, sum_by_key)}
    )
