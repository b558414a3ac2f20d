"""The DataFrame API, reading and writing text as the others do."""

from __future__ import annotations

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from benchmarks.timing import run_application

__all__: list[str] = []

_EVENTS = "user string, ts long, pin string, action string, amount long"


def _read(inputs: dict[str, str]) -> DataFrame:
    session = SparkSession.builder.getOrCreate()
    return session.read.csv(inputs["events"], sep="\t", schema=_EVENTS)


def _write(frame: DataFrame, output: str) -> None:
    frame.write.mode("overwrite").csv(output, sep="\t")


def count_lines(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    session = SparkSession.builder.getOrCreate()
    _write(session.read.text(inputs["events"]).agg(f.count("*")), output)


def identity(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    _write(_read(inputs), output)


def word_count(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    lines = SparkSession.builder.getOrCreate().read.text(inputs["words"])
    words = lines.select(f.explode(f.split("value", "\\s+")).alias("word"))
    _write(words.groupBy("word").count(), output)


def sum_by_key(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    _write(_read(inputs).groupBy("action").agg(f.sum("amount")), output)


if __name__ == "__main__":
    run_application(
        {call.__name__: call for call in (count_lines, identity, word_count, sum_by_key)}
    )
