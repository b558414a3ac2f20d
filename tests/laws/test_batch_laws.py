"""Laws of `batch/`: any plan gives what the reference engine gives, however it is batched.

Rows, trapped rows, counters and rows in and out of every pipe are compared; and whether the run
fails, and over which row, where one chain of operations is all there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import hypothesis.strategies as st
from hypothesis import given

from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.config import Settings
from cascade2spark.errors import AssertionFailed, Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.local import LocalEngine
from cascade2spark.operations.base import (
    Aggregator,
    BaseOperation,
    Buffer,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if, remove_if
from cascade2spark.planner.rules.fuse_each import fuse_each
from cascade2spark.planner.rules.partial_aggregation import partial_aggregation
from cascade2spark.planner.steps import Engine, RunContext, Step, StepPlan
from cascade2spark.tuples import Tuple
from tests.inprocess import InProcessEngine
from tests.unit.local_plans import Plan

ABC = Fields("a", "b", "c")
VALUES = st.sampled_from([None, 0, 1, 2, 3, 4, 5, 1.0, True, "x"])
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=12)
TRAPS = st.sampled_from([None, None, 0, 1])
SIZES = st.tuples(st.sampled_from([1, 3]), st.sampled_from([1, 2, 5]))


def _shown(value: Any) -> str:
    return repr(value)


def _refuse(value: Any, bad: Any) -> Any:
    """Fail on one value, so that every operation sometimes does."""
    if value == bad and type(value) is int:
        raise ValueError(f"not {bad}")
    return value


def _late_rows(a: Any) -> Any:
    yield a
    yield _refuse(a, 4)
    yield (a,)


class Spread(BaseOperation, Function):
    """Emits its argument up to three times and may fail in between; counts; emits at flush."""

    def __init__(self, name: str, flushes: bool) -> None:
        super().__init__(1, Fields(name))
        self.flushes = flushes

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        operation_call.set_context([0])

    def operate(self, flow_process: Any, function_call: Any) -> None:
        value = function_call.get_arguments().get_object(0)
        collector = function_call.get_output_collector()
        flow_process.increment("spread", "seen")
        function_call.get_context()[0] += 1
        if value is None:
            return
        collector.add(Tuple(value))
        _refuse(value, 3)
        collector.add((_shown(value),))
        _refuse(value, 5)

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        if self.flushes:
            operation_call.get_output_collector().add(("end",))


class Whole(BaseOperation, Filter):
    def is_remove(self, flow_process: Any, filter_call: Any) -> bool:
        flow_process.increment("whole", "asked")
        return _refuse(filter_call.get_arguments().get_object(0), 2) is None


class Below(BaseOperation, ValueAssertion):
    def do_assert(self, flow_process: Any, assertion_call: Any) -> None:
        if assertion_call.get_arguments().get_object(0) in (4, "x"):
            raise AssertionFailed("too high", row=tuple(assertion_call.get_arguments()))


# From the names of the three fields and a new name: operation, arguments, output.
EACHES: list[Callable[[Any, str], tuple[Any, Any, Any]]] = [
    lambda n, new: (function(n[0])(lambda a: _refuse(a, 1)), n[0], Fields.REPLACE),
    lambda n, new: (
        function(new)(lambda a, b: (_shown(a), b)),
        Fields(n[0], n[1]),
        Fields(n[2], new, n[0]),
    ),
    lambda n, new: (
        function(n[0], n[1])(lambda a, b: (b, _refuse(a, 3))),
        Fields(n[0], n[1]),
        Fields.REPLACE,
    ),
    lambda n, new: (
        function(new, n[0])(lambda a, c: (a, c)),
        Fields(n[0], n[2]),
        Fields.SWAP,
    ),
    lambda n, new: (function("a", "b", "c")(lambda *row: list(row)), Fields.ALL, Fields.RESULTS),
    lambda n, new: (
        function(n[1], n[2])(lambda b, c: (b,) if b == 5 else (c, b)),
        Fields(n[1], n[2]),
        Fields.REPLACE,
    ),
    lambda n, new: (
        function(new, many=True)(lambda b: None if b is None else [b, b]),
        n[1],
        Fields.SWAP,
    ),
    lambda n, new: (function(n[2])(_late_rows), n[2], Fields.REPLACE),
    lambda n, new: (
        function(new, f"{new}p", many=True)(lambda b: "no" if b == 2 else [(b, b)]),
        n[1],
        Fields(f"{new}p", n[0], n[1]),
    ),
    lambda n, new: (keep_if(lambda a: _refuse(a, 2) is not None), n[0], None),
    lambda n, new: (remove_if(lambda b, c: b == c), Fields(n[1], n[2]), None),
    lambda n, new: (Whole(), n[2], None),
    lambda n, new: (Below(), n[1], None),
    lambda n, new: (Spread(new, False), n[1], Fields.SWAP),
    lambda n, new: (Spread(new, True), n[1], Fields(n[2], new, n[0])),
]
STEPS = st.lists(st.tuples(st.integers(0, len(EACHES) - 1), TRAPS), max_size=6)


class Twice(BaseOperation, Aggregator):
    """Emits the number of rows and the last value; fails at start, on a row, or at the end."""

    def __init__(self, name: str, bad: int) -> None:
        super().__init__(1, Fields(name))
        self.bad = bad

    def start(self, flow_process: Any, aggregator_call: Any) -> None:
        aggregator_call.set_context([0, None])
        _refuse(aggregator_call.get_group().get_object(0), self.bad)

    def aggregate(self, flow_process: Any, aggregator_call: Any) -> None:
        value = aggregator_call.get_arguments().get_object(0)
        aggregator_call.get_context()[1] = _refuse(value, self.bad + 1)
        aggregator_call.get_context()[0] += 1

    def complete(self, flow_process: Any, aggregator_call: Any) -> None:
        count, last = aggregator_call.get_context()
        collector = aggregator_call.get_output_collector()
        collector.add((count,))
        _refuse(count, self.bad)
        if count > 1:
            collector.add((_shown(last),))


class Few(BaseOperation, GroupAssertion):
    def start(self, flow_process: Any, assertion_call: Any) -> None:
        assertion_call.set_context(0)

    def aggregate(self, flow_process: Any, assertion_call: Any) -> None:
        assertion_call.set_context(assertion_call.get_context() + 1)

    def do_assert(self, flow_process: Any, assertion_call: Any) -> None:
        if assertion_call.get_context() > 4:
            raise AssertionFailed("too many")


class Framed(BaseOperation, Buffer):
    """Header, every second row, footer; leaves a long group early; may fail on the way."""

    def __init__(self, retains: bool) -> None:
        super().__init__(Fields("n"))
        self.retains = retains

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        collector = buffer_call.get_output_collector()
        buffer_call.set_retain_values(self.retains)
        collector.add(("head",))
        for number, entry in enumerate(buffer_call.get_arguments_iterator()):
            _refuse(entry.get_object(0), 4)
            if number % 2 == 0:
                collector.add((_shown(entry.get_object(0)),))
            if number == 4:
                return
        collector.add(("foot",))


def _streamed(key: Any, rows: Any) -> Any:
    yield "head"
    for number, (value,) in enumerate(rows):
        yield _refuse(value, 5)
        if number == 3:
            return
    yield "foot"


def _text_sum(name: str) -> Any:
    return aggregator(
        name,
        zero="",
        step=lambda text, value: text + _shown(_refuse(value, 5)),
        merge=lambda left, right: left + right,
    )


def _kept(name: str) -> Any:
    return aggregator(name, zero=[], step=lambda held, value: [*held, value], finish=tuple)


NAMES = ["n", "m", "o"]
EVERYS: list[Callable[[str], Any]] = [
    _text_sum,
    _kept,
    lambda name: aggregator(name, zero=0, step=lambda n, _: n + 1, merge=lambda x, y: x + y),
    lambda name: Twice(name, 9),
    lambda name: Twice(name, 2),
    lambda name: Few(),
]
BUFFERS: list[Callable[[], Any]] = [
    lambda: Framed(True),
    lambda: Framed(False),
    lambda: buffer("n")(_streamed),
]


@attrs.frozen
class Outcome:
    """Everything that two engines must agree on."""

    rows: list[Any]
    trapped: list[Any]
    counters: dict[Any, int]
    entered: dict[int, int]
    left: dict[int, int]
    error: str | None = None


def run(engine: Engine, plan: StepPlan, ordered: bool = False) -> Outcome:
    """Run a plan on an engine. Rows are compared by their text, which tells 1 from True."""
    sinks: dict[int, list[Any]] = {step.number: [] for step in plan.writes}
    traps: dict[int, list[Any]] = {spec.number: [] for spec in plan.traps}
    error = None
    try:
        context = RunContext("run", Settings.from_properties(), {}, sinks, traps)
        result = engine.run(plan, context)
    except Cascade2SparkError as failure:
        return Outcome([], [], {}, {}, {}, f"{type(failure).__name__}: {failure}")
    arranged: Callable[[Any], list[Any]] = list if ordered else sorted
    return Outcome(
        [arranged(map(repr, sinks[number])) for number in sorted(sinks)],
        [sorted(map(repr, traps[number])) for number in sorted(traps)],
        dict(result.counters),
        {key: rows for key, rows in result.rows_in.items() if rows},
        {key: rows for key, rows in result.rows_out.items() if rows},
        error,
    )


def chain(plan: Plan, before: Step, steps: list[tuple[int, int | None]]) -> Step:
    for place, (number, trap) in enumerate(steps):
        names = tuple(before.fields)
        operation, arguments, output = EACHES[number](names, f"new{len(plan.steps)}_{place}")
        before = plan.each(before, operation, arguments, output or Fields.RESULTS, trap)
    return before


def renamed(plan: Plan, before: Step) -> Step:
    """Give the fields their first names again."""
    named = function("a", "b", "c")(lambda *row: (row[0], row[-1], len(row)))
    if len(before.fields) == 3:
        named = function("a", "b", "c")(lambda *row: row)
    return plan.each(before, named, Fields.ALL, Fields.RESULTS)


def agree(plan: Plan, sizes: tuple[int, int], capacity: int = 2, ordered: bool = False) -> None:
    """Check every form of a plan against the reference engine's run of its first form."""
    partitions, batch_rows = sizes
    engine = InProcessEngine(partitions, batch_rows, capacity)
    expected = run(LocalEngine(), plan.plan(), ordered)
    fused = fuse_each(plan.plan())
    for form in (plan.plan(), fused, partial_aggregation(fused)):
        found = run(engine, form, ordered)
        if expected.error is not None:
            assert found.error is not None
        elif partitions == 1:
            assert expected == found
        else:
            assert (expected.rows, expected.trapped) == (found.rows, found.trapped)


def with_no_flush(steps: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Leave out what emits once for each task."""
    return [(number, trap) for number, trap in steps if number != len(EACHES) - 1]


@given(ROWS, STEPS, st.sampled_from([1, 2, 5]))
def test_a_fused_chain_does_what_its_operations_do_one_by_one(rows, steps, batch_rows) -> None:
    plan = Plan("first", "second")
    plan.write(chain(plan, plan.read(ABC, rows), steps))
    expected = run(LocalEngine(), plan.plan(), ordered=True)
    found = run(InProcessEngine(1, batch_rows), fuse_each(plan.plan()), ordered=True)
    assert expected == found


@given(ROWS, STEPS, STEPS, STEPS, SIZES)
def test_forks_and_unions(rows, before, left, right, sizes) -> None:
    plan = Plan("first", "second")
    steps = [with_no_flush(part) if sizes[0] > 1 else part for part in (before, left, right)]
    fork = chain(plan, plan.read(ABC, rows), steps[0])
    one, two = (renamed(plan, chain(plan, fork, part)) for part in steps[1:])
    plan.write(plan.union(one, two))
    plan.write(one)
    # With forks, which of two failures comes first depends on the batches.
    agree(plan, sizes)


@given(
    ROWS,
    STEPS,
    st.lists(st.tuples(st.integers(0, len(EVERYS) - 1), TRAPS), max_size=3),
    STEPS,
    st.booleans(),
    SIZES,
    st.sampled_from([1, 2, 100]),
)
def test_groups_with_aggregators(rows, before, everys, after, sorts, sizes, capacity) -> None:
    plan = Plan("first", "second")
    before, after = (with_no_flush(part) if sizes[0] > 1 else part for part in (before, after))
    source = renamed(plan, chain(plan, plan.read(ABC, rows), before))
    chained = [
        (EVERYS[number](name), "b", Fields.ALL, trap)
        for (number, trap), name in zip(everys, NAMES, strict=False)
    ]
    if chained and all(isinstance(every[0], GroupAssertion) for every in chained):
        chained = []
    group = plan.group(source, "a", *chained, sort="c" if sorts else None)
    if chained:
        group = renamed(plan, group)
    plan.write(chain(plan, group, after))
    agree(plan, sizes, capacity)


@given(ROWS, st.integers(0, len(BUFFERS) - 1), TRAPS, STEPS, st.booleans(), SIZES)
def test_groups_with_a_buffer(rows, number, trap, after, is_reverse, sizes) -> None:
    plan = Plan("first", "second")
    source = plan.read(ABC, rows)
    every = (BUFFERS[number](), "c", Fields("a", "b", "n"), trap)
    group = plan.group(source, "a", every, sort="b", reverse=is_reverse)
    after = with_no_flush(after) if sizes[0] > 1 else after
    plan.write(chain(plan, renamed(plan, group), after))
    agree(plan, sizes)


JOINERS = [InnerJoin(), LeftJoin(), RightJoin(), OuterJoin()]


@given(ROWS, ROWS, ROWS, st.integers(0, 11), st.booleans(), st.booleans(), SIZES)
def test_joins(left, middle, right, number, is_lonely, is_counted, sizes) -> None:
    plan = Plan()
    key = Fields("a")
    if is_lonely:
        key.set_comparator("a", NullNotEquivalentComparator())
    inputs = [plan.read(ABC, rows) for rows in (left, middle, right)][: 2 + number % 2]
    joiner = JOINERS[number // 3]
    if number % 3 == 2 and len(inputs) == 3:
        joiner = MixedJoin([True, False, True])
    joined = Fields.size(3 * len(inputs))
    group = Fields(*(3 * place for place in range(len(inputs))))
    count = aggregator("n", zero=0, step=lambda n, _: n + 1)
    everys = [(count, 1, Fields.ALL)] if is_counted else []
    keys = [key] * len(inputs)
    plan.write(plan.co_group(inputs, keys, joined, joiner, *everys, group=group))
    agree(plan, sizes)
    memory = Plan()
    inputs = [memory.read(ABC, rows) for rows in (left, middle, right)][: len(inputs)]
    memory.write(memory.hash_join(inputs, keys, joined, joiner))
    agree(memory, sizes)


@given(ROWS, st.booleans(), st.sampled_from([1, 2]))
def test_self_joins(rows, is_lonely, batch_rows) -> None:
    plan = Plan()
    key = Fields("a")
    if is_lonely:
        key.set_comparator("a", NullNotEquivalentComparator())
    source = plan.read(ABC, rows)
    joined = Fields.size(6)
    parts = {"group": Fields(0), "is_self_join": True}
    count = (aggregator("n", zero=0, step=lambda n, _: n + 1), 1, Fields.ALL)
    plan.write(plan.co_group([source], [key, key], joined, OuterJoin(), **parts))
    plan.write(plan.co_group([source], [key, key], joined, OuterJoin(), count, **parts))
    plan.write(plan.hash_join([source], [key, key], joined, InnerJoin()))
    agree(plan, (1, batch_rows))
