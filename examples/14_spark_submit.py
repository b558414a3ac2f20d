# Runs on a cluster. The script is the job; the library is installed there, or travels as its wheel,
# which Spark takes when it ends in .zip.
#
#   pip wheel --no-deps --wheel-dir build . && cp build/cascade2spark-*.whl build/cascade2spark.zip
#   spark-submit --master "local-cluster[2,1,1024]" --py-files build/cascade2spark.zip \
#       examples/14_spark_submit.py examples/data/visits.tsv build/examples/14
#
# prints "9 rows read, 3 written"; build/examples/14 then holds
#
#   page    visits
#   /home   4
#   /map    3
#   /tides  2

from __future__ import annotations

import sys

from pyspark import SparkContext

from cascade2spark import Fields, FlowDef, Pipe, SparkFlowConnector, function
from cascade2spark.assemblies import CountBy
from cascade2spark.flow import StepCounters
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode


@function("page")
def cleaned(page: str) -> str:
    return page.strip().lower()


def job(visits: str, out: str) -> FlowDef:
    pipe = Pipe("visits")
    counted = CountBy(pipe.each("page", cleaned), Fields("page"), Fields("visits"))

    source = Hfs(TextDelimited(True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(counted, sink)


if __name__ == "__main__":
    with SparkContext() as sc:
        flow = SparkFlowConnector(sc).connect(job(*sys.argv[1:]))
        flow.complete()
    statistics = flow.get_flow_stats()
    read = statistics.get_counter_value(StepCounters.Tuples_Read)
    written = statistics.get_counter_value(StepCounters.Tuples_Written)
    print(f"{read} rows read, {written} written")
