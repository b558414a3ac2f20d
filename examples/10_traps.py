# Survives bad rows: what an operation raises on goes to a trap, the flow goes on. A trap is bound
# to a branch by its name and receives the arguments of the operation that failed. An assertion
# says what must hold; planned with a lower level, it is not there at all.
#
#   cascade2spark run examples/10_traps.py
#
# build/examples/10 then holds the three sound readings, build/examples/10-bad two lines:
#
#   leith high
#   dover   -1.2

from __future__ import annotations

from pathlib import Path

from cascade2spark import Each, Fields, FlowDef, Pipe
from cascade2spark.flow import AssertionLevel
from cascade2spark.operations import AssertMatches, RegexParser
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(
    readings: str = f"{DATA}/readings.txt",
    out: str = "build/examples/10",
    bad: str = "build/examples/10-bad",
) -> FlowDef:
    pipe = Pipe("readings")
    # Raises where the pattern is not found, as in the line of leith.
    parser = RegexParser(Fields("port", "metres"), r"(\w+) (-?[\d.]+)")
    parsed = Each(pipe, "line", parser)
    checked = Each(parsed, AssertionLevel.STRICT, AssertMatches(r"\t\d"))

    return (
        FlowDef.flow_def()
        .add_source(pipe, Hfs(TextLine(Fields("line")), readings))
        .add_tail_sink(checked, Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE))
        .add_trap(pipe, Hfs(TextLine(), bad, SinkMode.REPLACE))
    )
