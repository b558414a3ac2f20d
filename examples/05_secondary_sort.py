# Walks through each user's visits in order: a group sorted by a second field, and a buffer over it.
# `rows` is one pass over the group; a group may be larger than memory.
#
#   cascade2spark run examples/05_secondary_sort.py
#
# build/examples/05 then holds each step from one page to the next, among them
#
#   user    came_from  went_to
#   ann     /home      /map
#   ann     /map       /tides
#   ann     /tides     /home

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cascade2spark import Fields, FlowDef, Pipe, buffer
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


@buffer("came_from", "went_to")
def steps(key: tuple, rows: Iterator[tuple]) -> Iterator[tuple]:
    (came_from,) = next(rows)
    for (went_to,) in rows:
        yield came_from, went_to
        came_from = went_to


def job(visits: str = f"{DATA}/visits.tsv", out: str = "build/examples/05") -> FlowDef:
    pipe = Pipe("visits")
    by_user = pipe.group_by("user", sort="day")
    walks = by_user.every("page", steps, Fields("user", "came_from", "went_to"))

    source = Hfs(TextDelimited(True, "\t"), visits)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(walks, sink)
