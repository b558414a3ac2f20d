# Keeps some rows: `keep` takes the fields a condition looks at, then the condition.
# Types make numbers of the text in a file; without them every value is text.
#
#   cascade2spark run examples/02_filter.py
#
# build/examples/02 then holds the four visits of half a minute or more:
#
#   user    day         page    seconds
#   ann     2024-03-02  /map    40
#   cyd     2024-03-01  /tides  95
#   ann     2024-03-03  /tides  61
#   bob     2024-03-04  /map    33

from __future__ import annotations

from pathlib import Path

from cascade2spark import Fields, FlowDef, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"
VISITS = Fields("user", str, "day", str, "page", str, "seconds", int)


def job(visits: str = f"{DATA}/visits.tsv", out: str = "build/examples/02") -> FlowDef:
    pipe = Pipe("visits")
    long_ones = pipe.keep("seconds", lambda seconds: seconds >= 30)

    source = Hfs(TextDelimited(VISITS, True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(long_ones, sink)
