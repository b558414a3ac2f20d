"""Which parts of a tuple a function reads, and what it is called with."""

from __future__ import annotations

import functools

import pytest

from cascade2spark.bytecode.reads import (
    arguments_read,
    attributes_read,
    parts_read,
    values_read,
)
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.scalding.sources import TypedTsv
from cascade2spark.scalding.typed import TypedPipe
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.typed_case import Collected, collected, shown

FORM = ("a", "b", ("c", "d"), "e")


def some_unpacked(row):
    first, _, (_third, _fourth), fifth = row
    return first or fifth


def flat_unpacked(row):
    third, _fourth = row[2]
    return third + row[0]


def stored(row):
    row = row[1:]
    return row[0]


def captured(row):
    return [row[at] for at in (0, 1)]


def used_later(row):
    pair = row[2]
    return pair[0], row[-1]


def stepwise(row):
    for number in range(row[1]):
        yield number, row[0]


def looking(row):
    return row[0], locals()


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        ((None, "b", None, None), lambda row: row[1] + 1),
        (("a", None, None, "e"), lambda row: row[0] if row[-1] else None),
        ((None, None, (None, "d"), None), lambda row: row[2][1].lower()),
        ((None, None, ("c", "d"), None), lambda row: len(row[2])),
        (("a", None, ("c", None), None), flat_unpacked),
        (("a", "b", None, None), stepwise),
        ((None, None, ("c", "d"), "e"), used_later),
        (FORM, some_unpacked),
        (FORM, stored),
        (FORM, captured),
        (FORM, looking),
        (FORM, lambda row: row[7]),
        (FORM, lambda row: row[:1]),
        (FORM, lambda row: (row, row[0])),
        (FORM, lambda row: len(row)),
        (FORM, lambda row: max(row)),
        (FORM, lambda row: 1),
        (FORM, lambda *row: row[0]),
        (FORM, lambda row, at=0: row[0]),
        (FORM, lambda row: [part for part in row if part != row[0]]),
        (FORM, lambda row: lambda: row[0]),
        (FORM, len),
    ],
)
def test_the_parts_that_a_function_reads_are_known(expected, call) -> None:
    assert expected == parts_read(call, FORM)


def looped(key, values):
    for value in values:
        if value[1] > 2:
            yield value[0]


def unpacked(key, values):
    last = None
    for _, at, _rest, _ in values:
        last = at
    yield last


def begun(key, values):
    yield next(values)[0]


def kept(key, values):
    held = [(value, key) for value in values]
    return [held[0][0], len(held)]


def looped_twice(key, values):
    found = []
    for value in values:
        found.append(value[0])
    for value in values:
        found.append(value)
    return found


def handed_on(key, values):
    for value in values:
        yield value, key


def nested(key, values):
    return [(lambda: value[0])() for value in values]


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        (("a", "b", None, None), looped),
        ((None, "b", None, None), unpacked),
        ((None, None, None, None), lambda key, values: [sum(1 for _ in values)]),
        ((None, None, (None, "d"), None), lambda key, values: {value[2][1] for value in values}),
        (("a", None, None, "e"), lambda key, values: ((one[0], key) for one in values if one[3])),
        (FORM, begun),
        (FORM, kept),
        (FORM, looped_twice),
        (FORM, handed_on),
        (FORM, nested),
        (FORM, lambda key, values: [list(values)]),
        (FORM, lambda key, values: [len(one) for one in values]),
        (FORM, lambda key, values: [one[0] + x for x in (1, 2) for one in values]),
        (FORM, lambda *given: given),
        (FORM, zip),
    ],
)
def test_the_parts_that_a_function_reads_of_many_values_are_known(expected, call) -> None:
    assert expected == values_read(call, FORM, 1)


def stored_only(user, at, page):
    at = page
    return at


def deleted(user, at, page):
    del user


def closed_over(user, at, page):
    return lambda: at


def shown_in_a_debugger(user, at, page):
    import pdb

    pdb.set_trace()


class Base:
    def made(self, at, page):
        return super().__repr__()


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        ({1}, lambda user, at, page: at),
        ({0, 2}, lambda user, at, page: user if page else None),
        ({2}, lambda user, at, page=3, *rest: page),
        ({1, 2}, lambda user, *rest: 1),
        (set(), lambda user, at, page, more=1, *, named=2, **others: more + named),
        ({2}, lambda user, at, page: [at + 1 for at in page]),
        ({1, 2}, stored_only),
        ({0}, deleted),
        ({1}, closed_over),
        ({0, 1, 2}, shown_in_a_debugger),
        ({0, 1, 2}, Base.made),
        ({0, 1, 2}, lambda user, at, page: eval("at")),
        ({0, 1, 2}, lambda user, at, page: page.query("at > @at")),
        ({0, 1, 2}, Base().made),
        ({0, 1, 2}, max),
        ({0, 1, 2}, print),
        ({0, 1, 2}, functools.partial(lambda user, at, page: at)),
    ],
)
def test_the_arguments_that_a_function_reads_are_known(expected, call) -> None:
    assert expected == arguments_read(call, 3)


def test_arguments_are_counted_from_the_first_that_is_asked_for() -> None:
    assert {1} == arguments_read(lambda state, user, at: state + at, 2, first=1)
    assert {1} == arguments_read(lambda state, *values: state, 2, first=1) - {0}


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        (("at",), lambda key, values: [sum(value.at for value in values)]),
        (("user", "at"), lambda key, values: {value.at: value.user for value in values}),
        ((), lambda key, values: [sum(1 for _ in values)]),
        (None, lambda key, values: [value.label for value in values]),
        (None, lambda key, values: [value.at.label(value) for value in values]),
        (None, lambda key, values: list(values)),
        (None, lambda key, values: [user for user, _ in values]),
        (None, begun),
    ],
)
def test_the_attributes_that_a_function_reads_are_known(expected, call) -> None:
    assert expected == attributes_read(call, ("user", "at"), 1)


ENGINES = [
    LocalFlowConnector({}),
    InProcessConnector({"cascade2spark.form": "rows"}, InProcessEngine(partitions=2)),
    InProcessConnector({"cascade2spark.form": "columns"}, InProcessEngine(partitions=2)),
]


@pytest.fixture
def rows(tmp_path) -> TypedPipe:
    (tmp_path / "in.tsv").write_text("ann\t3\tx\nbob\t1\ty\nann\t2\t\n\t4\tz\n")
    return TypedPipe.from_(TypedTsv(str(tmp_path / "in.tsv"), (str, int, str)))


def whole(call):
    """Return a function that does the same, and is given all of a value."""
    return lambda *values: call(*values)


JOBS = {
    "map": lambda rows, of: rows.map(of(lambda row: row[1] * 2)),
    "flat_map": lambda rows, of: rows.flat_map(of(lambda row: [row[1]] * row[1])),
    "filter": lambda rows, of: rows.filter(of(lambda row: row[1] > 1)).filter_not(
        of(lambda row: row[0] is None)
    ),
    "group_by": lambda rows, of: rows.group_by(of(lambda row: str(row[0]))).to_list(),
    "sort_by": lambda rows, of: (
        rows.group_by(of(lambda row: str(row[0]))).sort_by(of(lambda row: -row[1])).to_list()
    ),
    "map_group": lambda rows, of: rows.group_by(lambda row: row[0]).map_group(
        of(lambda key, values: [sum(value[1] for value in values)])
    ),
    "map_group that counts": lambda rows, of: (
        rows.group_by(lambda row: (row[2], row[0]))
        .sort_by(lambda row: row[1])
        .map_group(of(lambda key, values: [(key, sum(1 for _ in values))]))
    ),
    "map_group of a sorted group": lambda rows, of: (
        rows.group_by(lambda row: row[0])
        .sort_by(lambda row: -row[1])
        .map_group(of(lambda key, values: (at for _, at, _ in values)))
        .take(1)
    ),
    "map_values": lambda rows, of: (
        rows.map(lambda row: (row[0], row)).map_values(of(lambda row: row[1] + 1)).sum_by_key()
    ),
    "filter_keys": lambda rows, of: (
        rows.map(lambda row: ((row[0], row[2]), row[1]))
        .filter_keys(of(lambda key: key[0] == "ann"))
        .sum_by_key()
    ),
    "join": lambda rows, of: (
        rows.group_by(lambda row: row[0])
        .join(rows.map(lambda row: (row[0], row[1:])))
        .map_values(of(lambda both: both[0][1] - both[1][0]))
        .filter(of(lambda pair: pair[1] >= 0))
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_values_are_those_of_functions_that_are_given_all(name, rows) -> None:
    (expected,) = collected(ENGINES[0], JOBS[name](rows, whole))
    for connector in ENGINES:
        (found,) = collected(connector, JOBS[name](rows, lambda call: call))
        assert shown(expected) == shown(found)


def test_columns_that_nobody_reads_are_not_read(rows) -> None:
    sums = rows.map(lambda row: (str(row[0]), row[1] % 3)).sum_by_key()
    tail = sums.pipe_for(Collected())
    selected = []
    while tail.previous:
        selected.append(str(getattr(tail, "arguments", "")))
        (tail,) = tail.previous
    assert "'value_0', 'value_1'" in selected


def test_a_trap_takes_the_whole_value(rows) -> None:
    taken = Collected()
    failing = rows.add_trap(taken).fork().map(lambda row: 1 // (row[1] - 1))
    assert [0, 0, 1] == sorted(collected(ENGINES[0], failing)[0])
    assert [("bob", 1, "y")] == taken.tap.rows
