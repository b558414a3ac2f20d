# Joins with a small table that every task holds in memory: no exchange, no sort. The first pipe is
# the large one. Afterwards the rows are in the order of the large table, not grouped.
#
#   cascade2spark run examples/07_hash_join.py
#
# build/examples/07 then holds the visits of known users:
#
#   day         page    town
#   2024-03-02  /map    Whitby
#   2024-03-01  /home   Dover

from __future__ import annotations

from pathlib import Path

from cascade2spark import Fields, FlowDef, HashJoin, Pipe
from cascade2spark.assemblies import Retain
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(
    visits: str = f"{DATA}/visits.tsv",
    users: str = f"{DATA}/users.tsv",
    out: str = "build/examples/07",
) -> FlowDef:
    visit_pipe, user_pipe = Pipe("visits"), Pipe("users")
    joined = HashJoin(visit_pipe, "user", user_pipe, "name")
    joined = Retain(joined, Fields("day", "page", "town"))

    return (
        FlowDef.flow_def()
        .add_source(visit_pipe, Hfs(TextDelimited(True, "\t"), visits))
        .add_source(user_pipe, Hfs(TextDelimited(True, "\t"), users))
        .add_tail_sink(joined, Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE))
    )
