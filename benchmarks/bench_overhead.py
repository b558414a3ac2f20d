"""What does a flow cost besides Spark's work: planning, building RDDs, committing?

    .venv/bin/python -m benchmarks.bench_overhead

A flow of ten pipes with two exchanges over one row runs twenty times; the time that Spark's jobs
take is subtracted. The limit is half a second.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from pyspark import RDD, SparkConf, SparkContext

from benchmarks.application import CONF
from cascade2spark import CoGroup, Fields, Pipe, SparkFlowConnector, function
from cascade2spark.operations import Count, FilterNull, Insert
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

__all__: list[str] = []

_RUNS = 20
_LIMIT_S = 0.5


def ten_pipes() -> Pipe:
    """Return an assembly of ten pipes."""
    left = Pipe("left").each("k", FilterNull()).each("v", function("w")(str.upper), Fields.ALL)
    right = Pipe("right").each(Insert(Fields("x"), "1"), Fields.ALL)
    joined = CoGroup(left, "k", right, "k2")
    counted = joined.each("w", FilterNull()).group_by("k").every(Count(Fields("n")))
    return counted.each("n", FilterNull())


def main() -> None:
    """Print the medians."""
    spent: list[float] = []
    collect = RDD.collect

    def timed(rdd: RDD[Any]) -> list[Any]:
        began = time.perf_counter()
        try:
            return collect(rdd)
        finally:
            spent.append(time.perf_counter() - began)

    RDD.collect = timed  # type: ignore[method-assign]
    sc = SparkContext(conf=SparkConf().setMaster("local[4]").setAll(list(CONF.items())))
    sc.setLogLevel("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        whole, rest = zip(*[_once(sc, Path(folder), spent) for _ in range(_RUNS)], strict=True)
    sc.stop()
    median = statistics.median(rest[2:])
    print(
        f"whole flow {statistics.median(whole[2:]) * 1000:.0f} ms, of it not Spark's jobs ", end=""
    )
    print(f"{median * 1000:.0f} ms (limit {_LIMIT_S * 1000:.0f})")


def _once(sc: SparkContext, folder: Path, spent: list[float]) -> tuple[float, float]:
    (folder / "left").write_text("a\tb\n")
    (folder / "right").write_text("a\tc\n")
    sources = {
        "left": Hfs(TextDelimited(Fields("k", "v")), str(folder / "left")),
        "right": Hfs(TextDelimited(Fields("k2", "y")), str(folder / "right")),
    }
    sink = Hfs(TextDelimited(Fields.ALL), str(folder / "out"), SinkMode.REPLACE)
    spent.clear()
    began = time.perf_counter()
    SparkFlowConnector(sc, {"cascade2spark.progress": "off"}).connect(
        sources, sink, ten_pipes()
    ).complete()
    took = time.perf_counter() - began
    return took, took - sum(spent)


if __name__ == "__main__":
    main()
