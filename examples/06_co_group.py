# Joins two tables on equal keys. The joiner decides what happens to rows without a partner: an
# outer join keeps those of both sides and fills the other side with nulls, empty in a file.
#
#   cascade2spark run examples/06_co_group.py
#
# build/examples/06 then holds the visits with the town of the user; eve is no known user, dan made
# no visit:
#
#   user    page    name    town
#   bob     /home   bob     Dover
#                   dan     Leith
#   eve     /map

from __future__ import annotations

from pathlib import Path

from cascade2spark import CoGroup, Fields, FlowDef, Pipe
from cascade2spark.assemblies import Retain
from cascade2spark.joiners import OuterJoin
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(
    visits: str = f"{DATA}/visits.tsv",
    users: str = f"{DATA}/users.tsv",
    out: str = "build/examples/06",
) -> FlowDef:
    visit_pipe, user_pipe = Pipe("visits"), Pipe("users")
    joined = CoGroup(visit_pipe, "user", user_pipe, "name", joiner=OuterJoin())
    joined = Retain(joined, Fields("user", "page", "name", "town"))

    return (
        FlowDef.flow_def()
        .add_source(visit_pipe, Hfs(TextDelimited(True, "\t"), visits))
        .add_source(user_pipe, Hfs(TextDelimited(True, "\t"), users))
        .add_tail_sink(joined, Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE))
    )
