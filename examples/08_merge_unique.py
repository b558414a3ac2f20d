# Puts the rows of two branches into one stream, then keeps one row of each kind. Branches of a
# merge have the same fields in the same order.
#
#   cascade2spark run examples/08_merge_unique.py
#
# build/examples/08 then holds everybody who is a user or made a visit, once, in order:
#
#   user
#   ann
#   bob
#   cyd
#   dan
#   eve

from __future__ import annotations

from pathlib import Path

from cascade2spark import Fields, FlowDef, Merge, Pipe
from cascade2spark.assemblies import Rename, Retain, Unique
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(
    visits: str = f"{DATA}/visits.tsv",
    users: str = f"{DATA}/users.tsv",
    out: str = "build/examples/08",
) -> FlowDef:
    visit_pipe, user_pipe = Pipe("visits"), Pipe("users")
    visitors = Retain(visit_pipe, Fields("user"))
    known = Retain(Rename(user_pipe, Fields("name"), Fields("user")), Fields("user"))
    everybody = Unique(Merge("everybody", visitors, known), Fields("user"))

    return (
        FlowDef.flow_def()
        .add_source(visit_pipe, Hfs(TextDelimited(True, "\t"), visits))
        .add_source(user_pipe, Hfs(TextDelimited(True, "\t"), users))
        .add_tail_sink(everybody, Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE))
    )
