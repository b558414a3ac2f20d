"""The jobs in the typed API on objects: lines become named tuples, and every function is called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from pyspark import SparkContext

from benchmarks.application import serve
from benchmarks.typed import COUNTED, GAP_S, TEXTS, run
from cascade2spark.scalding.sources import TextLine
from cascade2spark.scalding.typed import TypedPipe

__all__: list[str] = []

Inputs = dict[str, str]


class Event(NamedTuple):
    """One line of the events."""

    user: str
    ts: int
    pin: str
    action: str
    amount: int


class Line(NamedTuple):
    """One line of the events, as texts: who converts no number need not have any."""

    user: str
    ts: str
    pin: str
    action: str
    amount: str


class User(NamedTuple):
    """One line of the users."""

    user: str
    name: str
    country: str


def event_of(line: str) -> Event:
    """Return a line as an event."""
    user, ts, pin, action, amount = line.split("\t")
    return Event(user, int(ts), pin, action, int(amount))


def line_of(line: str) -> Line:
    """Return a line as texts."""
    return Line(*line.split("\t"))


def user_of(line: str) -> User:
    """Return a line as a user."""
    return User(*line.split("\t"))


def _events(inputs: Inputs) -> TypedPipe[Event]:
    return TypedPipe.from_(TextLine(inputs["events"])).map(event_of)


def _lines(inputs: Inputs) -> TypedPipe[Line]:
    return TypedPipe.from_(TextLine(inputs["events"])).map(line_of)


def _users(inputs: Inputs) -> TypedPipe[User]:
    return TypedPipe.from_(TextLine(inputs["users"])).map(user_of)


def sum_by_key(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(inputs).map(lambda event: (event.action, event.amount))
    run(sc, pairs.sum_by_key(), output, COUNTED)


def sum_by_user(sc: SparkContext, inputs: Inputs, output: str) -> None:
    pairs = _events(inputs).map(lambda event: (event.user, event.amount))
    run(sc, pairs.sum_by_key(), output, COUNTED)


def _counted(user: str, lines: Iterator[Line]) -> Iterator[int]:
    yield sum(1 for _ in lines)


def group_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    groups = _lines(inputs).group_by(lambda line: line.user)
    run(sc, groups.map_group(_counted), output, COUNTED)


def _sessions(user: str, events: Iterator[Event]) -> Iterator[int]:
    found, last = 0, 0
    for event in events:
        if event.ts - last > GAP_S:
            found += 1
        last = event.ts
    yield found


def secondary_sort_udf(sc: SparkContext, inputs: Inputs, output: str) -> None:
    groups = _events(inputs).group_by(lambda event: event.user).sort_by(lambda event: event.ts)
    run(sc, groups.map_group(_sessions), output, COUNTED)


def join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    users = _users(inputs).group_by(lambda user: user.user)
    joined = _lines(inputs).group_by(lambda line: line.user).join(users)
    rows = joined.values().map(lambda both: (*both[0], *both[1][1:]))
    run(sc, rows, output, (*TEXTS, str, str))


def broadcast_join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    users = _users(inputs).group_by(lambda user: user.user)
    lines = _lines(inputs).map(lambda line: (line.user, line))
    rows = lines.hash_join(users).values().map(lambda both: (*both[0], *both[1][1:]))
    run(sc, rows, output, (*TEXTS, str, str))


if __name__ == "__main__":
    serve(sys.modules[__name__])
