"""Rows and columns are one thing: every kind of step, over values that have a column form and not.

Most columns are of one kind, and now and then a single value is not: then one batch, one map task
or one side of a join has no column form, and the others have. All that a run tells is compared —
rows in order, trapped rows, counters, and the rows in and out of every pipe — over rows and over
columns, and with one partition with the reference engine too. Memory is so short that all spills.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cascade2spark.assemblies import AggregateBy, AverageBy, CountBy, FirstBy, MaxBy, SumBy, Unique
from cascade2spark.comparators import (
    NullNotEquivalentComparator,
    StringInsensitive,
    comparing,
    reverse_order,
)
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    Joiner,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations import (
    Average,
    Count,
    Counter,
    ExpressionFilter,
    FieldJoiner,
    FilterNotNull,
    FilterNull,
    First,
    FirstNBuffer,
    Identity,
    Insert,
    Last,
    Limit,
    MaxValue,
    MinValue,
    Not,
    RegexFilter,
    RegexReplace,
    RegexSplitGenerator,
    Sample,
    SetValue,
    Sum,
)
from cascade2spark.operations.base import AssertionLevel, BaseOperation, Buffer
from cascade2spark.operations.callables import aggregator, buffer, function
from cascade2spark.operations.group_assertions import AssertGroupSizeLessThan
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.types import Double, Long, String
from tests.laws.running import ALL_OFF, agree, batched, told
from tests.laws.strategies import NAMES, Job

UTC = datetime.UTC
TEXTS = [None, "", "x", "X", "é", "é", "😀", "\U0010ffff", "￿", "a b", "1", "2.5", " 1"]
INTS = [None, 0, 1, 2, 2, -1, 2**31, 2**63 - 1, -(2**63)]
REALS = [None, 0.0, -0.0, 1.0, 2.5, float("nan"), float("inf"), -3.5, 1e300]
STAMPS = [None, datetime.datetime(2020, 1, 2, 3), datetime.datetime(1969, 12, 31, 23, 59, 59, 999)]
# With an exact column form, and without.
CLEAN = [
    TEXTS,
    INTS,
    REALS,
    [None, True, False],
    [None, b"", b"ab", b"\xff"],
    [None, datetime.date(2020, 1, 2), datetime.date(1, 1, 1)],
    [None],
    [0, 1, 2, 3],
]
ROUGH = [
    [None, Decimal("1.0"), Decimal("1.00"), Decimal("-0"), Decimal(10) ** 30],
    STAMPS,
    [None, datetime.datetime(2020, 1, 2, tzinfo=UTC)],
    [None, datetime.time(1, 2)],
    [bytearray(b"ab"), bytearray(b""), b"ab"],
    [None, 1 << 70, -(1 << 70), 1 << 63, 1],
    ["\ud800", "a\udfff", "x"],
    [(1, None), (1, "x"), (), [1, 2], [(1.0, -0.0)], {"a": [1]}, {}],
    [None, 1, 1.0, True, "1", Decimal(1), b"1"],
]
ODD = [one for kind in ROUGH for one in kind] + [1, 1.0, "x", True]
COLUMN = st.sampled_from([*CLEAN, *CLEAN, *ROUGH])
KEYS = st.sampled_from([TEXTS[:5], [0, 1, 2], REALS[:6], [None, True, False], *CLEAN, *ROUGH])
# Few enough that groups have several rows and sides meet.
NUMBERS = st.sampled_from([[0, 1, 2, None], [0.5, 2.5, None, -0.0]])

FORMS = ("rows", "columns")
RULES_OFF = st.sampled_from(["", "", ALL_OFF])
SIZES = st.tuples(
    st.sampled_from([1, 2, 4, 100]),
    st.sampled_from([1, 2, 100]),
    st.sampled_from(["100", "1k", "10k", "256m"]),
)
PARTITIONS = st.sampled_from([1, 1, 3])
law = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def tables(draw: Any, key: Any = KEYS, value: Any = COLUMN, most: int = 14) -> list[Any]:
    """Draw rows of three fields: a key, another, and a value; now and then with an odd value."""
    kinds = [draw(key), draw(KEYS), draw(value)]
    least = draw(st.sampled_from([0, 4, most // 2]))
    cells = st.tuples(*map(st.sampled_from, kinds))
    rows = draw(st.lists(cells, min_size=least, max_size=most))
    if rows and draw(st.integers(0, 2)) == 0:
        at, place = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, 2))
        row = list(rows[at])
        row[place] = draw(st.sampled_from(ODD))
        rows[at] = tuple(row)
    return rows


def check(data: Any, tail: Pipe | list[Pipe], is_ordered: bool = True, **inputs: list[Any]) -> None:
    """Compare all forms of a job; the reference engine takes part where there is one partition.

    Args:
        is_ordered: the reference engine gives rows in the same order with one partition.
    """
    tails = tail if isinstance(tail, list) else [tail]
    heads = sorted({head.name for one in tails for head in one.get_heads()})
    traps = data.draw(st.sampled_from([(), (), tuple(heads)]))
    job = Job(tuple(tails), {name: inputs[name] for name in heads}, traps)
    rules_off, sizes, partitions = data.draw(RULES_OFF), data.draw(SIZES), data.draw(PARTITIONS)
    by_rows = told(job, batched(rules_off, partitions, sizes, "rows"))
    assert by_rows != "PlanError"
    assert by_rows == told(job, batched(rules_off, partitions, sizes, "columns"))
    if partitions == 1 and is_ordered:
        agree(job, rules_off, 1, sizes, "columns")


def fails_on_two(value: Any) -> Any:
    """Fail on one value, so that there is something to trap."""
    if value == 2 and type(value) is int:
        raise ValueError("two")
    return value


def shown(*values: Any) -> str:
    return repr(values)


# -- read, write, map ------------------------------------------------------------------------------

ABD = Fields("a", "b", "d")
EACHES: list[Callable[[Pipe], Pipe]] = [
    lambda pipe: Each(pipe, "c", Identity(Fields("d")), Fields("d", "b", "a")),
    lambda pipe: Each(pipe, "c", Identity(Fields("c"), String), Fields.REPLACE),
    lambda pipe: Each(pipe, "b", Identity(Fields("b"), String), Fields.REPLACE),
    lambda pipe: Each(pipe, Fields("a", "c"), FieldJoiner(Fields("d"), "-"), ABD),
    lambda pipe: Each(pipe, Fields.NONE, Insert(Fields("d"), "😀"), Fields("b", "d", "a")),
    lambda pipe: Each(pipe, "c", RegexReplace(Fields("c"), "[a-x1]", "<$0>"), Fields.REPLACE),
    lambda pipe: Each(pipe, "c", RegexSplitGenerator(Fields("d"), " "), ABD),
    lambda pipe: Each(pipe, "a", SetValue(Fields("a"), FilterNull()), Fields.REPLACE),
    lambda pipe: Each(pipe, Fields("a", "c"), FilterNull()),
    lambda pipe: Each(pipe, Fields("a", "c"), Not(FilterNull())),
    lambda pipe: Each(pipe, Fields("a", "c"), FilterNotNull()),
    lambda pipe: Each(pipe, "c", RegexFilter("[1a]")),
    lambda pipe: Each(pipe, Fields("a", "c"), function("d")(shown), ABD),
    lambda pipe: Each(pipe, "c", function("d")(lambda c: (c, 1)), Fields("d", "b", "a")),
    lambda pipe: Each(pipe, "b", Counter("law", "seen")),
    lambda pipe: Each(pipe, "b", Limit(2)),
    lambda pipe: Each(pipe, "b", Sample(3, 0.6)),
]
FAILING: list[Callable[[Pipe], Pipe]] = [
    lambda pipe: Each(pipe, "c", Identity(Fields("c"), Long), Fields.REPLACE),
    lambda pipe: Each(pipe, "a", Identity(Fields("a"), Double), Fields.REPLACE),
    lambda pipe: Each(pipe, "c", ExpressionFilter("c > 1", Double)),
    lambda pipe: Each(pipe, "c", function("c")(fails_on_two), Fields.REPLACE),
]
COUNTING = EACHES[-2:]
RUNS = st.lists(st.sampled_from([*EACHES, *EACHES, *FAILING]), max_size=4)


def through(pipe: Pipe, run: list[Callable[[Pipe], Pipe]]) -> Pipe:
    for each in run:
        pipe = each(pipe)
        pipe = Each(pipe, Fields.ALL, Identity(Fields(*NAMES)), Fields.RESULTS)
    return pipe


@law
@given(st.data(), tables(), RUNS)
def test_reading_mapping_and_writing(data: Any, rows: list[Any], run: Any) -> None:
    check(data, through(Pipe("in"), run), **{"in": rows})


@law
@given(st.data(), tables(), tables(), RUNS, RUNS)
def test_unions(data: Any, rows: list[Any], others: list[Any], run: Any, after: Any) -> None:
    # What counts rows does so in each task, and a union is several of them.
    after = [each for each in after if each not in COUNTING]
    left, right = through(Pipe("in"), run), Each(Pipe("other"), Identity())
    check(data, through(Merge(left, right), after), **{"in": rows, "other": others})


# -- groups ----------------------------------------------------------------------------------------


class Framed(BaseOperation, Buffer):
    """Gives the first values of a group, then how many there were, and may stop early."""

    def __init__(self, name: str, stops: bool) -> None:
        super().__init__(Fields(name))
        self.stops = stops

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        flow_process.increment("law", "seen")
        count = 0
        for entry in buffer_call.get_arguments_iterator():
            count += 1
            buffer_call.get_output_collector().add((repr(fails_on_two(entry.get_object(0))),))
            if self.stops and count == 2:
                return
        buffer_call.get_output_collector().add((count,))


@buffer("x")
def listed(key: Any, rows: Any) -> Any:
    yield [key, *rows]


def _joined(left: list[Any], right: list[Any]) -> list[Any]:
    return left + right


AGGREGATORS: list[Callable[[str], Any]] = [
    lambda name: Count(Fields(name)),
    lambda name: Sum(Fields(name)),
    lambda name: Sum(Fields(name), Long),
    lambda name: Average(Fields(name)),
    lambda name: First(Fields(name)),
    lambda name: Last(Fields(name)),
    lambda name: MinValue(Fields(name)),
    lambda name: MaxValue(Fields(name)),
    lambda name: aggregator(name, zero=0, step=lambda n, v: n + (fails_on_two(v) is None)),
    lambda name: aggregator(name, zero=[], step=lambda s, v: [*s, v], finish=tuple, merge=_joined),
]
BUFFERS: list[Callable[[], Any]] = [
    lambda: FirstNBuffer(Fields("x"), 2),
    lambda: Framed("x", False),
    lambda: Framed("x", True),
    lambda: listed,
]
COMPARATORS = st.sampled_from(
    [None, None, None, reverse_order(), StringInsensitive(), comparing(repr)]
)


@st.composite
def groups(draw: Any, pipe: Pipe) -> Pipe:
    """Draw a GroupBy."""
    key = Fields(*draw(st.sampled_from([("a",), ("b",), ("a", "b")])))
    sort = draw(st.sampled_from([None, None, Fields("c"), Fields("b", "c")]))
    comparator = draw(COMPARATORS)
    if comparator is not None:
        key.set_comparator(next(iter(key)), comparator)
    elif sort is None and draw(st.integers(0, 5)) == 0:
        key.set_comparator(next(iter(key)), NullNotEquivalentComparator())
    if sort is not None and (by := draw(COMPARATORS)) is not None:
        sort.set_comparator(next(iter(sort)), by)
    return GroupBy(pipe, group=key, sort=sort, reverse=draw(st.booleans()))


def check_group(data: Any, pipe: Pipe, **inputs: Any) -> None:
    """Group a pipe, and have each kind of Every over it."""
    group: Pipe = data.draw(groups(pipe))
    kind = data.draw(st.sampled_from(["nothing", "buffer", "aggregators", "aggregators"]))
    if kind == "buffer":
        made = data.draw(st.sampled_from(BUFFERS))()
        group = Every(group, "c", made, Fields("x"))
    elif kind == "aggregators":
        if data.draw(st.integers(0, 3)) == 0:
            small = AssertGroupSizeLessThan(5)
            group = Every(group, Fields("c"), AssertionLevel.STRICT, small)
        for number, make in enumerate(
            data.draw(st.lists(st.sampled_from(AGGREGATORS), min_size=1, max_size=3))
        ):
            group = Every(group, data.draw(st.sampled_from(NAMES)), make(f"x{number}"))
    check(data, group, **inputs)


@law
@given(st.data(), st.one_of(tables(), tables(value=NUMBERS, most=30)))
def test_groups(data: Any, rows: list[Any]) -> None:
    pipe = through(Pipe("in"), data.draw(st.lists(st.sampled_from(EACHES), max_size=1)))
    check_group(data, pipe, **{"in": rows})


@pytest.mark.parametrize("looks", [("1.0", "1.00"), (-0.0, 0.0)])
def test_a_sorted_group_is_called_by_its_first_row_to_arrive(looks: Any) -> None:
    first, second = map(Decimal, looks) if isinstance(looks[0], str) else looks
    group = GroupBy(Pipe("in"), Fields("a"), Fields("c"), True)
    job = Job((Every(group, "c", Count(Fields("x"))),), {"in": [(first, 0, 0), (second, 0, 1)]}, ())
    engines = [LocalFlowConnector(), *[batched("", 1, (1, 1, "1k"), f) for f in FORMS]]
    assert [[repr((first, 2))]] * 3 == [told(job, engine)[0]["in"] for engine in engines]


@law
@given(st.data(), tables(value=NUMBERS), tables(value=NUMBERS))
def test_groups_of_several_streams(data: Any, rows: list[Any], others: list[Any]) -> None:
    check_group(data, Merge(Pipe("in"), Pipe("other")), **{"in": rows, "other": others})


@law
@given(st.data(), tables(value=NUMBERS, most=30))
def test_partial_aggregation(data: Any, rows: list[Any]) -> None:
    makes: list[Callable[[Fields], Any]] = [
        lambda name: CountBy(Fields("c"), name, data.draw(st.sampled_from(CountBy.Include))),
        lambda name: SumBy(Fields("c"), name, Long),
        lambda name: SumBy(Fields("c"), name, Double),
        lambda name: AverageBy(Fields("c"), name),
        lambda name: FirstBy(Fields("b"), name),
        lambda name: MaxBy(Fields("c"), name),
    ]
    chosen = data.draw(st.lists(st.sampled_from(makes), min_size=1, max_size=3))
    parts = [make(Fields(f"x{number}")) for number, make in enumerate(chosen)]
    check(data, AggregateBy(Pipe("in"), Fields("a"), *parts).get_tails()[0], **{"in": rows})


@law
@given(st.data(), tables())
def test_unique(data: Any, rows: list[Any]) -> None:
    check(data, Unique(Pipe("in"), Fields("a", "b")).get_tails()[0], **{"in": rows})


# -- joins -----------------------------------------------------------------------------------------


class Sides(BaseOperation, Buffer):
    """Reads each side of a group by itself, the last one twice."""

    def __init__(self) -> None:
        super().__init__(Fields("side", "row"))

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        closure = buffer_call.get_joiner_closure()
        for number in [*range(closure.size()), closure.size() - 1]:
            for row in closure.get_iterator(number):
                buffer_call.get_output_collector().add((number, repr(row)))


def joiners(sides: int) -> list[Joiner]:
    mixed = [MixedJoin([True, False, True][:sides]), MixedJoin([False, True, True][:sides])]
    return [InnerJoin(), LeftJoin(), RightJoin(), OuterJoin(), *mixed]


@st.composite
def sides(draw: Any) -> tuple[list[Pipe], list[Fields], dict[str, list[Any]]]:
    """Draw two or three sides with keys of one kind or of several; sometimes of one stream."""
    count = draw(st.sampled_from([2, 2, 3]))
    common = st.just(draw(KEYS)) if draw(st.booleans()) else KEYS
    inputs = {f"in{number}": draw(tables(common, most=8)) for number in range(count)}
    pipes: list[Pipe] = [Pipe(name) for name in inputs]
    keys = [Fields("a") for _ in pipes]
    comparator = draw(st.sampled_from([None, None, None, reverse_order(), comparing(repr)]))
    if comparator is None and draw(st.integers(0, 4)) == 0:
        comparator = NullNotEquivalentComparator()
    for key in keys:
        if comparator is not None:
            key.set_comparator("a", comparator)
    return pipes, keys, inputs


@law
@given(st.data(), sides())
def test_joins_in_groups(data: Any, drawn: Any) -> None:
    pipes, keys, inputs = drawn
    fields = Fields(*[f"{name}{number}" for number in range(len(pipes)) for name in NAMES])
    kind = data.draw(st.sampled_from(["nothing", "nothing", "aggregator", "buffer", "sides"]))
    if kind == "sides":
        group: Pipe = CoGroup(pipes, keys, fields, BufferJoin())
        check(data, Every(group, Sides(), Fields("side", "row")), **inputs)
        return
    group = CoGroup(pipes, keys, fields, data.draw(st.sampled_from(joiners(len(pipes)))))
    if kind == "aggregator":
        group = Every(group, "c1", data.draw(st.sampled_from(AGGREGATORS))("x"))
    elif kind == "buffer":
        group = Every(group, "c1", data.draw(st.sampled_from(BUFFERS))(), Fields("x"))
    check(data, group, **inputs)


@law
@given(st.data(), sides(), RUNS)
def test_joins_with_held_sides(data: Any, drawn: Any, run: Any) -> None:
    pipes, keys, inputs = drawn
    fields = Fields(*[f"{name}{number}" for number in range(len(pipes)) for name in NAMES])
    joiner = data.draw(st.sampled_from(joiners(len(pipes))))
    pipes = [through(pipes[0], run), *pipes[1:]]
    check(data, HashJoin(pipes, keys, fields, joiner), **inputs)


@law
@given(st.data(), tables(most=8), st.sampled_from([CoGroup, HashJoin]))
def test_self_joins(data: Any, rows: list[Any], kind: Any) -> None:
    fields = Fields(*[f"{name}{number}" for number in range(2) for name in NAMES])
    check(data, kind(Pipe("in"), Fields("a"), 1, fields), **{"in": rows})


# -- persists --------------------------------------------------------------------------------------


@law
@given(st.data(), tables(value=NUMBERS), RUNS, RUNS)
def test_persists(data: Any, rows: list[Any], before: Any, after: Any) -> None:
    kept = Checkpoint(through(Pipe("in"), before))
    first = Pipe("first", through(kept, after))
    second = Pipe("second", data.draw(groups(kept)))
    check(data, [first, second], **{"in": rows})


@law
@given(st.data(), tables(value=NUMBERS), RUNS, st.sampled_from([CoGroup, HashJoin]))
def test_a_stream_joined_with_an_aggregate_of_itself(
    data: Any, rows: list[Any], run: Any, kind: Any
) -> None:
    pipe = through(Pipe("in"), run)
    if data.draw(st.booleans()):
        pipe = Checkpoint(pipe)
    counted = Every(GroupBy(Pipe("counted", pipe), Fields("a")), "c", Count(Fields("x")))
    renamed = Each(counted, Fields("a", "x"), Identity(Fields("key", "x")))
    joiner = data.draw(st.sampled_from([InnerJoin(), LeftJoin()]))
    keys = [Fields("a"), Fields("key")]
    joined = kind([Pipe("own", pipe), renamed], keys, joiner=joiner)
    check(data, joined, **{"in": rows})
