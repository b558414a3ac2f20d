# What late planes do to their next departure, who made them, and where they go: three reports on
# all flights that left New York in 2013. Read it, change a line, and run it again:
#
#   cascade2spark run cascade2spark/demo/flights.py
#
# It reads the folder `data` and writes three folders into `out`; `cascade2spark demo` fetches the
# data and shows the results.

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cascade2spark import CoGroup, Fields, FlowDef, GroupBy, HashJoin, Pipe, buffer, function
from cascade2spark.assemblies import AggregateBy, AverageBy, Coerce, CountBy, SumBy
from cascade2spark.joiners import LeftJoin
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

__all__ = ["job"]

Row = tuple[Any, ...]

LATE_MINUTES = 15

FLIGHTS = (
    Fields("year", int, "month", int, "day", int)
    .append(Fields("dep_time", int, "sched_dep_time", int, "dep_delay", int))
    .append(Fields("arr_time", int, "sched_arr_time", int, "arr_delay", int))
    .append(Fields("carrier", str, "flight", int, "tailnum", str, "origin", str, "dest", str))
    .append(Fields("air_time", int, "distance", int, "hour", int, "minute", int))
    .append(Fields("time_hour", str))
)


@buffer("leg", "carrier", "late_in", "late_out")
def legs(key: Row, rows: Iterator[Row]) -> Iterator[Row]:
    """Number one plane's departures of one day, each with the delay of the flight before it."""
    late_in = None
    for leg, (carrier, dep_delay, arr_delay) in enumerate(rows, 1):
        yield leg, carrier, late_in, dep_delay
        late_in = arr_delay


@function("made_up")
def made_up(late_in: float, late_out: float) -> float:
    """The minutes that were won back on the ground."""
    return round(late_in - late_out, 1)


@function("word", many=True)
def words(name: str) -> list[str]:
    return name.replace("-", " ").split()


def has_departed(dep_time: int | None) -> bool:
    return dep_time is not None


def came_in_late(late_in: int | None) -> bool:
    return late_in is not None and late_in >= LATE_MINUTES


def knock_on(flights: Pipe, airlines: Pipe) -> Pipe:
    """How late a plane leaves after it came in late, by airline."""
    days = GroupBy(flights, Fields("tailnum", "month", "day"), Fields("dep_time"))
    late: Pipe = days.every(Fields("carrier", "dep_delay", "arr_delay"), legs, Fields.RESULTS)
    late = late.keep("late_in", came_in_late)
    named = HashJoin("knock_on", late, "carrier", airlines, "code")
    means: Pipe = AggregateBy(
        named,
        Fields("airline"),
        CountBy(Fields("legs")),
        AverageBy(Fields("late_in"), Fields("mean_in")),
        AverageBy(Fields("late_out"), Fields("mean_out")),
    )
    means = means.each(Fields("mean_in", "mean_out"), made_up, Fields.ALL)
    return GroupBy(means, Fields.NONE, Fields("legs"), True)


def makers(flights: Pipe, planes: Pipe) -> Pipe:
    """Planes, flights and miles by manufacturer; planes that nobody registered have none."""
    flown = AggregateBy(
        "makers",
        flights,
        Fields("tailnum"),
        CountBy(Fields("flights")),
        SumBy(Fields("distance"), Fields("miles"), int),
    )
    known = CoGroup("makers", flown, "tailnum", planes, "registration", joiner=LeftJoin())
    totals: Pipe = AggregateBy(
        known,
        Fields("maker"),
        CountBy(Fields("planes")),
        SumBy(Fields("flights"), Fields("all_flights"), int),
        SumBy(Fields("miles"), Fields("all_miles"), int),
        AverageBy(Fields("built"), Fields("mean_built"), AverageBy.Include.NO_NULLS),
    )
    totals = Coerce(totals, Fields("mean_built"), int)
    return GroupBy(totals, Fields.NONE, Fields("all_miles"), True)


def name_words(flights: Pipe, airports: Pipe) -> Pipe:
    """The words in the names of the airports one flies to: a word count."""
    named = HashJoin("name_words", flights, "dest", airports, "faa")
    counted = CountBy(named.each("airport", words), Fields("word"), Fields("flights"))
    return GroupBy(counted, Fields.NONE, Fields("flights"), True)


def job(data: str = "build/demo/flights", out: str = "build/demo/out") -> FlowDef:
    def source(fields: Fields, name: str) -> Hfs:
        return Hfs(TextDelimited(fields, True, ","), f"{data}/{name}.csv")

    def sink(name: str) -> Hfs:
        return Hfs(TextDelimited(True, "\t"), f"{out}/{name}", SinkMode.REPLACE)

    flights = Pipe("flights").keep("dep_time", has_departed)
    planes, airlines, airports = Pipe("planes"), Pipe("airlines"), Pipe("airports")
    plane_fields = "registration built type maker model engines seats speed engine"
    airport_fields = "faa airport lat lon alt tz dst tzone"

    return (
        FlowDef.flow_def()
        .set_name("flights")
        .add_source(flights, source(FLIGHTS, "flights"))
        .add_source(planes, source(Fields(*plane_fields.split()), "planes"))
        .add_source(airlines, source(Fields("code", "airline"), "airlines"))
        .add_source(airports, source(Fields(*airport_fields.split()), "airports"))
        .add_tail_sink(knock_on(flights, airlines), sink("knock_on"))
        .add_tail_sink(makers(flights, planes), sink("makers"))
        .add_tail_sink(name_words(flights, airports), sink("name_words"))
    )
