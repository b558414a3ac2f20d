# Copies a table: a source, a pipe, a sink. The header of the file names the fields.
#
#   cascade2spark run examples/01_copy.py
#
# build/examples/01 then holds part files that begin with
#
#   user    day         page    seconds
#   ann     2024-03-02  /map    40
#   bob     2024-03-01  /home   12

from __future__ import annotations

from pathlib import Path

from cascade2spark import FlowDef, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(visits: str = f"{DATA}/visits.tsv", out: str = "build/examples/01") -> FlowDef:
    pipe = Pipe("copy")
    source = Hfs(TextDelimited(True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(pipe, sink)
