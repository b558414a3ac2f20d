"""The same jobs as flows."""

from __future__ import annotations

from collections.abc import Callable

from pyspark import SparkContext

from benchmarks.timing import PARTITIONS, run_application
from cascade2spark import Fields, Pipe, SparkFlowConnector
from cascade2spark.assemblies import SumBy
from cascade2spark.operations.aggregators import Count
from cascade2spark.operations.regex_operations import RegexSplitGenerator
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import Hfs, SinkMode

__all__: list[str] = []

EVENTS = Fields(["user", "ts", "pin", "action", "amount"], [str, int, str, str, int])
NAMES = Fields("user", "ts", "pin", "action", "amount")


def _run(sc: SparkContext, source: Hfs, output: str, tail: Pipe) -> None:
    sink = Hfs(TextDelimited(Fields.ALL), output, SinkMode.REPLACE)
    properties = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}
    SparkFlowConnector(sc, properties).connect(source, sink, tail).complete()


def count_lines(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    tail = Pipe("lines").group_by(Fields.NONE).every(Count())
    _run(sc, Hfs(TextLine(Fields("line")), inputs["events"]), output, tail)


def identity(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    _run(sc, Hfs(TextDelimited(NAMES), inputs["events"]), output, Pipe("events"))


def word_count(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    words = Pipe("lines").each("line", RegexSplitGenerator(Fields("word"), "\\s+"))
    tail = words.group_by("word").every(Count())
    _run(sc, Hfs(TextLine(Fields("line")), inputs["words"]), output, tail)


def sum_by_key(sc: SparkContext, inputs: dict[str, str], output: str) -> None:
    tail = Pipe("events").then(SumBy, "action", "amount", Fields("total", int))
    _run(sc, Hfs(TextDelimited(EVENTS), inputs["events"]), output, tail)


JOBS: dict[str, Callable[[SparkContext, dict[str, str], str], None]] = {
    call.__name__: call for call in (count_lines, identity, word_count, sum_by_key)
}

if __name__ == "__main__":
    run_application(JOBS)
