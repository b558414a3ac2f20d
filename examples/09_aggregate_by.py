# Computes several totals for each key in one pass. Each task adds up its own rows first, so that
# only one row for each key and task is exchanged.
#
#   cascade2spark run examples/09_aggregate_by.py
#
# build/examples/09 then holds
#
#   page    visits  total   longest mean
#   /home   4       35      12      8.75
#   /map    3       100     40      33.333333333333336
#   /tides  2       156     95      78.0

from __future__ import annotations

from pathlib import Path

from cascade2spark import Fields, FlowDef, Pipe
from cascade2spark.assemblies import AggregateBy, AverageBy, CountBy, MaxBy, SumBy
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"
VISITS = Fields("user", str, "day", str, "page", str, "seconds", int)


def job(visits: str = f"{DATA}/visits.tsv", out: str = "build/examples/09") -> FlowDef:
    pipe = Pipe("visits")
    seconds = Fields("seconds")
    pages = AggregateBy(
        pipe,
        Fields("page"),
        CountBy(Fields("visits")),
        SumBy(seconds, Fields("total"), int),
        MaxBy(seconds, Fields("longest")),
        AverageBy(seconds, Fields("mean")),
    )

    source = Hfs(TextDelimited(VISITS, True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(pages, sink)
