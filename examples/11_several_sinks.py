# Splits a stream: a pipe used twice is read once. Each branch gets a name of its own. All sinks are
# published together, after the whole flow succeeded.
#
#   cascade2spark run examples/11_several_sinks.py
#
# build/examples/11-users and build/examples/11-pages then hold a count each:
#
#   user    count        page    count
#   ann     4            /home   4

from __future__ import annotations

from pathlib import Path

from cascade2spark import Fields, FlowDef, Pipe
from cascade2spark.assemblies import CountBy
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


def job(
    visits: str = f"{DATA}/visits.tsv",
    by_user: str = "build/examples/11-users",
    by_page: str = "build/examples/11-pages",
) -> FlowDef:
    pipe = Pipe("visits")
    users = CountBy(Pipe("users", pipe), Fields("user"), Fields("count"))
    pages = CountBy(Pipe("pages", pipe), Fields("page"), Fields("count"))

    return (
        FlowDef.flow_def()
        .add_source(pipe, Hfs(TextDelimited(True, "\t"), visits))
        .add_tail_sink(users, Hfs(TextDelimited(True, "\t"), by_user, SinkMode.REPLACE))
        .add_tail_sink(pages, Hfs(TextDelimited(True, "\t"), by_page, SinkMode.REPLACE))
    )
