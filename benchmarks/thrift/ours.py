"""The jobs as one writes them with the library."""

from __future__ import annotations

import sys
from typing import Any

from pyspark import SparkContext

from benchmarks.application import PARTITIONS, serve
from benchmarks.thrift.shared import FEW, FIELDS, Inputs, records, stored, weight, write_answer
from cascade2spark import Fields, Pipe, SparkFlowConnector
from cascade2spark.assemblies import SumBy
from cascade2spark.codecs.thrift import record_class, thrift_struct
from cascade2spark.rdd import read_sequence_file, read_thrift, write_sequence_file, write_thrift
from cascade2spark.schemes import TextDelimited, ThriftSequenceFile
from cascade2spark.taps import Hfs, SinkMode
from examples.thrift_etl.data import IDL
from examples.thrift_etl.job import job

__all__: list[str] = []

PROPERTIES = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}


def count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    write_answer(output, read_sequence_file(sc, inputs["events"]).count())


def count_structs(sc: SparkContext, inputs: Inputs, output: str) -> None:
    write_answer(output, read_thrift(sc, inputs["events"], IDL, "Event").count())


def rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    found = read_thrift(sc, inputs["events"], IDL, "Event", fields=FIELDS)
    write_answer(output, found.map(weight).sum())


def three(sc: SparkContext, inputs: Inputs, output: str) -> None:
    found = read_thrift(sc, inputs["events"], IDL, "Event", fields=FEW)
    write_answer(output, found.map(lambda row: len(row[0]) + row[1] + row[2]).sum())


def three_sums(sc: SparkContext, inputs: Inputs, output: str) -> None:
    scheme = ThriftSequenceFile(IDL, "Event", fields=FEW)
    tail = Pipe("events").then(SumBy, ("url", "kind"), "cents", Fields("total", int))
    sink = Hfs(TextDelimited(Fields.ALL), output, SinkMode.REPLACE)
    flow = SparkFlowConnector(sc, PROPERTIES).connect(Hfs(scheme, inputs["events"]), sink, tail)
    flow.complete()


def copy(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = read_thrift(sc, inputs["events"], IDL, "Event")
    kept = events.filter(lambda event: event.kind != 1)
    write_thrift(kept, output, IDL, "Event", compression=inputs["compression"])


def write(sc: SparkContext, inputs: Inputs, output: str) -> None:
    tasks = sc.parallelize(list(range(PARTITIONS)), PARTITIONS)
    total, struct = int(inputs["count"]), thrift_struct(IDL, "Event")
    inner = {"Item": struct.field("items").type.element, "Place": struct.field("place").type}

    def make(parts: Any) -> Any:
        kinds = {name: record_class(kind.struct) for name, kind in inner.items() if kind}
        # All of the parts is taken: Spark ends a worker that leaves some.
        (part,) = parts
        return records(record_class(struct), kinds, part, total)

    made = tasks.mapPartitions(make)
    write_thrift(made, output, IDL, "Event", compression=inputs["compression"])


def write_bytes(sc: SparkContext, inputs: Inputs, output: str) -> None:
    tasks = sc.parallelize(list(range(PARTITIONS)), PARTITIONS)
    total = int(inputs["count"])

    def make(parts: Any) -> Any:
        (part,) = parts
        return ((None, one) for one in stored(part, total))

    kinds = "NullWritable", "BytesWritable"
    made = tasks.mapPartitions(make)
    write_sequence_file(made, output, *kinds, compression=inputs["compression"])


def etl(sc: SparkContext, inputs: Inputs, output: str) -> None:
    given = job(inputs["events"], inputs["profiles"], output)
    SparkFlowConnector(sc, PROPERTIES).connect(given).complete()


if __name__ == "__main__":
    serve(sys.modules[__name__], "three_sums")
