# A job on thrift structs in sequence files: sessions of users, joined with profiles, added up. Four
# of 21 fields are read, one of them out of a struct; the rest is passed over. Events and totals are
# of the binary protocol, profiles of the compact one.
#
#   python -m examples.thrift_etl.run
#
# makes the inputs, runs the job, and compares its totals with a plain computation.

from __future__ import annotations

from collections.abc import Iterator

from cascade2spark import CoGroup, Fields, FlowDef, Pipe, buffer
from cascade2spark.assemblies import AggregateBy, CountBy, MaxBy, Rename, SumBy
from cascade2spark.joiners import LeftJoin
from cascade2spark.schemes import ThriftSequenceFile
from cascade2spark.taps import Hfs, SinkMode
from examples.thrift_etl.data import IDL

GAP_MS = 30 * 60_000


@buffer(Fields(["at", "events", "spent", "spell"], [str, int, int, int]))
def sessions(key: tuple, rows: Iterator[tuple]) -> Iterator[tuple]:
    country, first = None, 0
    last = events = cents = 0
    for ms, amount, place in rows:
        if events and ms - last > GAP_MS:
            yield country, events, cents, last - first
            events = cents = 0
        if not events:
            country, first = place, ms
        last = ms
        events += 1
        cents += amount
    yield country, events, cents, last - first


def job(events: str, profiles: str, out: str = "build/examples/thrift_etl/totals") -> FlowDef:
    visits = Pipe("events").group_by("user", sort="ms")
    found = visits.every(
        Fields("ms", "cents", "country"),
        sessions,
        Fields("user", "at", "events", "spent", "spell"),
    )
    known = Rename(Pipe("profiles"), Fields("user"), Fields("profile_user"))
    joined = CoGroup(found, "user", known, "profile_user", joiner=LeftJoin())
    totals = AggregateBy(
        Rename(joined, Fields("at", "events"), Fields("country", "visits")),
        Fields("country", "plan"),
        CountBy(Fields("sessions")),
        SumBy(Fields("visits"), Fields("events"), int),
        SumBy(Fields("spent"), Fields("cents"), int),
        SumBy(Fields("spell"), Fields("ms"), int),
        MaxBy(Fields("spell"), Fields("longest")),
    )

    wanted = {"user": "user", "ms": "ms", "cents": "cents", "country": "place.country"}
    event = ThriftSequenceFile(IDL, "Event", fields=wanted)
    profile = ThriftSequenceFile(IDL, "Profile", fields=["user", "plan"], protocol="compact")
    total = ThriftSequenceFile(IDL, "Total", num_sink_parts=1)
    definition = FlowDef.flow_def().add_source("events", Hfs(event, events))
    definition.add_source("profiles", Hfs(profile, profiles))
    return definition.add_tail_sink(totals, Hfs(total, out, SinkMode.REPLACE))
