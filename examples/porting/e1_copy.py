# Part 1: copy a file, without any operation.
#
#   cascade2spark run examples/porting/e1_copy.py -- examples/data/tides.txt build/examples/e1
#
# build/examples/e1 then holds the five rows of the input under the same header.

from __future__ import annotations

from cascade2spark import FlowDef, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs


def job(in_path: str, out_path: str) -> FlowDef:
    in_tap = Hfs(TextDelimited(True, "\t"), in_path)
    out_tap = Hfs(TextDelimited(True, "\t"), out_path)

    copy_pipe = Pipe("copy")

    return (
        FlowDef.flow_def()
        .set_name("copy")
        .add_source(copy_pipe, in_tap)
        .add_tail_sink(copy_pipe, out_tap)
    )
