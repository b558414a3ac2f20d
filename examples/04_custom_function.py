# Writes an operation as a class, which can prepare something once for each task, and count.
# Where nothing is prepared, a function with @function("section", "is_long") is shorter.
#
#   cascade2spark run examples/04_custom_function.py
#
# build/examples/04 then holds user, section and is_long; rows of unknown pages are left out:
#
#   user    section  is_long
#   ann     plan     true
#   cyd     read     true

from __future__ import annotations

from pathlib import Path

from cascade2spark import BaseOperation, Each, Fields, FlowDef, Function, Pipe
from cascade2spark.flow import FlowProcess, FunctionCall
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


class Sections(BaseOperation, Function):
    """Names the section of a page; emits no row for a page that is in none."""

    def __init__(self) -> None:
        super().__init__(2, Fields("section", "is_long"))

    def prepare(self, flow_process: FlowProcess, call: FunctionCall) -> None:
        call.set_context({"/map": "plan", "/tides": "read"})

    def operate(self, flow_process: FlowProcess, call: FunctionCall) -> None:
        page, seconds = call.get_arguments().get_tuple()
        section = call.get_context().get(page)
        if section is None:
            flow_process.increment("sections", "unknown", 1)
        else:
            call.get_output_collector().add((section, int(seconds) >= 30))


def job(visits: str = f"{DATA}/visits.tsv", out: str = "build/examples/04") -> FlowDef:
    pipe = Pipe("visits")
    output = Fields("user", "section", "is_long")
    named = Each(pipe, Fields("page", "seconds"), Sections(), output)

    source = Hfs(TextDelimited(True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(named, sink)
