"""Objects that cross an exchange in fields of their own, and those that cannot."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, NamedTuple

import attrs
import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.scalding.typed import TypedPipe
from cascade2spark.scalding.typed.records import record_of
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.typed_case import collected, shown

ENGINES = [
    LocalFlowConnector({}),
    InProcessConnector({"cascade2spark.form": "rows"}, InProcessEngine(partitions=2)),
    InProcessConnector({"cascade2spark.form": "columns"}, InProcessEngine(partitions=2)),
]


class Visit(NamedTuple):
    user: str
    at: int
    page: Any = None

    def hour(self) -> int:
        return self.at // 10


class Later(Visit):
    pass


@dataclasses.dataclass(frozen=True)
class Person:
    user: str
    town: str

    @cached_property
    def label(self) -> str:
        return f"{self.user} of {self.town}"


@dataclasses.dataclass
class Counted:
    user: str
    count: int


class Odd(NamedTuple):
    left: int
    right: int

    def __getitem__(self, at: Any) -> Any:
        return "odd"


@dataclasses.dataclass
class Derived(Counted):
    more: int = 0


@dataclasses.dataclass(slots=True, frozen=True)
class Slotted:
    user: str
    count: int


@attrs.define
class Defined:
    user: str
    count: int


@attrs.frozen(slots=False)
class Frozen:
    user: str
    count: int


@attrs.define
class Stated:
    user: str
    count: int

    def __getstate__(self) -> tuple:
        return (self.user, self.count)

    def __setstate__(self, state: tuple) -> None:
        self.user, self.count = state


@pytest.mark.parametrize(
    ("expected", "kind"),
    [
        (("user", "at", "page"), Visit),
        (("user", "town"), Person),
        (("user", "count"), Counted),
        (None, Odd),
        (None, Later),
        (None, Derived),
        (("user", "count"), Slotted),
        (("user", "count"), Defined),
        (("user", "count"), Frozen),
        (None, Stated),
        (None, tuple),
        (None, "Visit | None"),
        (None, "nowhere.Known"),
    ],
    ids=str,
)
def test_classes_are_known_by_what_they_are_made_of(expected, kind) -> None:
    def made(line):
        return line

    made.__annotations__["return"] = kind
    found = record_of(made)
    assert expected == (found and found.names)


def counted_of(line):
    user, count = line.split()
    return Counted(user, int(count))


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        (Visit, lambda line: Visit(*line.split())),
        (Person, lambda line: Person(line[:3], town=line[4:])),
        (Counted, counted_of),
        (Visit, Visit._make),
        (Person, Person),
        (None, lambda line: line.split()),
        (None, lambda line: (Visit, line)),
        (None, str.split),
        (None, len),
    ],
)
def test_classes_are_known_by_the_call_that_makes_their_objects(expected, call) -> None:
    found = record_of(call)
    assert expected is (found and found.kind)


def test_what_is_not_read_is_not_kept() -> None:
    record = record_of(Visit).keeping(("at",))
    assert (7,) == record.parts()(Visit("ann", 7))
    assert Visit(None, 7, None) == record.maker()((None, 7, None))
    [other] = record.parts()("other")
    assert "other" == record.maker()((None, other, None))
    assert ("ann",) == record.keeping(()).parts()(Visit("ann", 7))


def test_the_classes_of_several_objects_are_known() -> None:
    def made(line) -> list[Visit]: ...

    assert Visit is record_of(made, many=True).kind
    assert record_of(lambda line: [Visit(line)], many=True) is None


def test_objects_stay_columns_on_their_way(monkeypatch) -> None:
    connector = ENGINES[2]
    flows = []
    connect = connector.connect
    monkeypatch.setattr(
        connector, "connect", lambda *given: flows.append(connect(*given)) or flows[-1]
    )
    pipe = TypedPipe.from_(VISITS).map(visit_of).map(lambda one: (one.user, one))
    collected(connector, pipe.group().sort_by(lambda one: one.at).to_list())
    sites = [site for step in flows[-1].get_flow_stats().steps for site in step.sites]
    assert ["columns"] == [site.form for site in sites if site.site.kind == "GroupBy"]
    assert not [site for site in sites if site.fallbacks]


@pytest.mark.parametrize(
    "value",
    [
        Visit("ann", 1),
        Person("ann", "Ulm"),
        Counted("ann", 2),
        Slotted("ann", 2),
        Defined("ann", 2),
        Frozen("ann", 2),
        Later("ann", 1),
        ("ann", 1, None),
        None,
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(value) -> None:
    for kind in (Visit, Person, Slotted, Defined, Frozen):
        record = record_of(kind)
        found = record.maker()(record.parts()(value))
        assert (type(value), value) == (type(found), found)


def test_what_an_object_holds_besides_its_fields_is_kept() -> None:
    def told(line) -> Person: ...

    record, person = record_of(told), Person("ann", "Ulm")
    assert "ann of Ulm" == person.label
    found = record.maker()(record.parts()(person))
    assert person.__dict__ == found.__dict__


def test_an_object_with_an_empty_slot_travels_as_it_is() -> None:
    record, empty = record_of(Defined), object.__new__(Defined)
    assert empty is record.maker()(record.parts()(empty))


VISITS = ["ann 13", "bob 5", "ann 7", "cid 9", "bob 5", "ann 21"]
PEOPLE = ["ann Ulm", "bob Bonn", "dan Kiel"]


def visit_of(line: str) -> Visit:
    user, at = line.split()
    return Visit(user, int(at))


def wrongly_annotated(line: str) -> Visit:
    user, at = line.split()
    if user == "bob":
        return (user, int(at), "no visit")
    return Later(user, int(at)) if user == "cid" else Visit(user, int(at), [at])


def person_of(line: str) -> Person:
    return Person(*line.split())


def plain(call):
    def made(line):
        value = call(line)
        return value

    return made


JOBS = {
    "grouped": lambda v, p: v.group_by(lambda one: one[0]).map_group(
        lambda user, visits: [(type(one).__name__, tuple(one)) for one in visits]
    ),
    "sorted": lambda v, p: (
        v.group_by(lambda one: one[0])
        .sort_by(lambda one: one[1])
        .reverse()
        .map_group(lambda user, visits: [list(visits)])
    ),
    "sorted as they are": lambda v, p: (
        v.map(lambda one: (one[0], one[1])).group().sorted().to_list()
    ),
    "read in part": lambda v, p: v.group_by(lambda one: one[0]).map_group(
        lambda user, visits: (
            [sum(visit.at for visit in visits if visit.user)]
            if user != "bob" and user != "cid"
            else []
        )
    ),
    "held": lambda v, p: (
        v.map(lambda one: (one[0], one))
        .hash_join(p.group_by(lambda one: one.user))
        .map(lambda pair: (type(pair[1][0]).__name__, pair[1][0][1], pair[1][1].label))
    ),
    "held, if there is one": lambda v, p: v.map(lambda one: (one[0], one)).hash_left_join(
        p.group_by(lambda one: one.user)
    ),
    "read one": lambda v, p: p.group_by(lambda one: one.user).map_group(
        lambda user, people: sorted(person.town for person in people)
    ),
    "counted": lambda v, p: p.group_by(lambda one: one.town).map_group(
        lambda town, people: [sum(1 for _ in people)]
    ),
    "keyed by a pair": lambda v, p: (
        v.map(lambda one: (one[0], one)).group().sort_by(lambda one: one[1]).to_list()
    ),
    "joined": lambda v, p: (
        v.group_by(lambda one: one[0])
        .join(p.group_by(lambda one: one.user))
        .values()
        .map(lambda both: (type(both[0]).__name__, both[0][1], both[1].label))
    ),
    "joined, then grouped": lambda v, p: (
        v.group_by(lambda one: one[0])
        .join(p.group_by(lambda one: one.user))
        .values()
        .swap()
        .map(lambda both: (both[0].town, both[1]))
        .group()
        .to_list()
        .map_values(sorted)
    ),
    "joined on the left": lambda v, p: v.group_by(lambda one: one[0]).left_join(
        p.group_by(lambda one: one.user)
    ),
    "cogrouped": lambda v, p: v.group_by(lambda one: one[0]).cogroup(
        p.group_by(lambda one: one.user),
        lambda user, visits, people: [(sorted(visits), sorted(one.town for one in people))],
    ),
    "as keys": lambda v, p: (v + v).map(lambda one: (one[0], tuple(one))).distinct(),
}


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("visits", [visit_of, wrongly_annotated], ids=["right", "wrong"])
def test_jobs_see_the_objects_that_functions_return(name, visits) -> None:
    build = JOBS[name]
    expected = None
    for connector in ENGINES:
        for v, p in ((visits, person_of), (plain(visits), plain(person_of))):
            visited, people = TypedPipe.from_(VISITS).map(v), TypedPipe.from_(PEOPLE).map(p)
            if name == "as keys" and visits is wrongly_annotated:
                visited = visited.filter(lambda one: len(one) == 3 and one[2] is None)
            (found,) = collected(connector, build(visited, people))
            expected = expected or shown(found)
            assert expected == shown(found)
