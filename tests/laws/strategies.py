"""Random small assemblies over random rows, of stock operations and a few of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import attrs
from hypothesis import strategies as st

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    Copy,
    CountBy,
    Discard,
    FirstBy,
    MaxBy,
    Rename,
    Retain,
    SumBy,
    Unique,
)
from cascade2spark.comparators import NullNotEquivalentComparator, reverse_order
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, OuterJoin, RightJoin
from cascade2spark.operations import (
    Average,
    Count,
    Counter,
    ExpressionFunction,
    FieldJoiner,
    FilterNotNull,
    FilterNull,
    First,
    FirstNBuffer,
    Identity,
    Insert,
    Last,
    MaxValue,
    MinValue,
    Not,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    Sum,
)
from cascade2spark.operations.callables import aggregator, buffer, function
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.assembly import label_of, pipes_in_order
from cascade2spark.types import Double, Long, String, int_

__all__ = ["NAMES", "Job", "assemblies", "described"]

Row = tuple[Any, ...]
NAMES = ("a", "b", "c")

VALUES = st.sampled_from(
    [None, 0, 1, 2, 3, -1, 1.0, 2.5, -0.0, float("nan"), True, False, "x", "1", "a b", ""]
)
# Few kinds, so that groups have several rows and numbers can be added up.
NUMBERS = st.sampled_from([None, 0, 1, 1, 2, 3])
# One kind in each column, so that rows have a column form.
KINDS = (
    st.sampled_from([None, "x", "y", "a b", "", "1", " 2", "2.5", "é", "true", "b a c"]),
    st.sampled_from([None, "1", "2", "3", "-4", "", "007"]),
    st.sampled_from([None, 0, 1, 2, 3, -1, 2**31, 2**62, -(2**63)]),
    st.sampled_from([None, 0.0, -0.0, 1.0, 2.5, 1e10, 1e-5, float("nan"), float("inf"), -3.0]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, b"", b"ab"]),
    st.sampled_from([None, date(2020, 1, 2), date(1969, 12, 31)]),
    st.none(),
    NUMBERS,
)
EVEN_ROWS = st.tuples(*[st.sampled_from(KINDS)] * 3).flatmap(
    lambda kinds: st.lists(st.tuples(*kinds), min_size=1, max_size=12)
)
ROWS = st.one_of(
    EVEN_ROWS,
    st.lists(st.tuples(NUMBERS, NUMBERS, VALUES), min_size=3, max_size=12),
    st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=2, max_size=8),
    st.lists(st.tuples(st.just("k"), NUMBERS, NUMBERS), min_size=5, max_size=20),
    st.just([]),
)


@attrs.frozen
class Job:
    """An assembly and its data.

    Args:
        tails: what has sinks.
        inputs: rows of `NAMES` by head name.
        traps: branch names that have a trap.
    """

    tails: tuple[Pipe, ...]
    inputs: dict[str, list[Row]]
    traps: tuple[str, ...]


def described(job: Job) -> str:
    """Return what each pipe of a job does, one a line, and its data."""
    pipes = pipes_in_order(job.tails)
    number = {id(pipe): place for place, pipe in enumerate(pipes)}
    lines = [
        f"{place} {label_of(pipe)} of {[number[id(one)] for one in pipe.previous]}"
        f" {_selectors(pipe)}"
        for place, pipe in enumerate(pipes)
    ]
    return "\n".join([*lines, f"traps {job.traps}", f"inputs {job.inputs}"])


def _selectors(pipe: Pipe) -> str:
    names = ("arguments", "output", "group", "sort", "reverse", "keys", "joiner")
    return ", ".join(f"{name}={getattr(pipe, name)}" for name in names if hasattr(pipe, name))


def _fails_on_two(value: Any) -> Any:
    if value == 2 and type(value) is int:
        raise ValueError("two")
    return value


def _states(left: list[Any], right: list[Any]) -> list[Any]:
    return left + right


# Functions of several values, most of which look at some of them only.
SEVERAL: dict[int, list[Callable[..., Any]]] = {
    1: [lambda *values: len(values), lambda value: value],
    2: [lambda left, right: left, lambda left, right: right is None, lambda *values: values[-1]],
    3: [lambda first, second, third: second, lambda first, *rest: rest[1]],
}


def _size(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    yield sum(1 for _ in rows)


def _lasts(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    last = None
    for row in rows:
        last = row[-1]
    yield last


def _leading(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    for row in rows:
        yield row[0]
        break


def _present(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    for row in rows:
        if row[0] is not None:
            yield row[-1]


def _texts(key: Any, rows: Iterator[Any]) -> list[Any]:
    return [repr(row) for row in rows][-2:]


BUFFERS = [_size, _lasts, _leading, _present, _texts]


class _Builder:
    """Adds one random piece after another; `fields` are the names of the pipe in hand.

    Args:
        draw: of hypothesis.
        is_ordered: whether the arrival order is the same on every engine: with one partition. What
            depends on it is left out otherwise.
        joins: whether streams may be joined, which makes many rows of many.
    """

    def __init__(self, draw: Callable[[Any], Any], is_ordered: bool, joins: bool = True) -> None:
        self.draw = draw
        self.is_ordered = is_ordered
        self.joins = joins
        self.count = 0
        self.heads: list[str] = []
        self.traps: list[str] = []

    def head(self) -> tuple[Pipe, list[str]]:
        self.heads.append(f"in{len(self.heads)}")
        return Pipe(self.heads[-1]), list(NAMES)

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def field(self, fields: Sequence[str]) -> str:
        return self.draw(st.sampled_from(list(fields)))

    def some(self, fields: Sequence[str], most: int = 2) -> list[str]:
        chosen = st.lists(st.sampled_from(list(fields)), min_size=1, max_size=most, unique=True)
        return self.draw(chosen)

    # -- rows ------------------------------------------------------------------------------------

    def function(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        result, on = self.name(), self.field(fields)
        operation = self.draw(
            st.sampled_from(
                [
                    Identity(Fields(result)),
                    Identity(Fields(result), Long),
                    Insert(Fields(result), 7),
                    FieldJoiner(Fields(result), "-"),
                    Identity(Fields(result), String),
                    RegexGenerator(Fields(result), r"\w"),
                    RegexParser(Fields(result), r"(\w)"),
                    RegexReplace(Fields(result), "[a-x]", "<$0>"),
                    RegexSplitGenerator(Fields(result), " "),
                    ExpressionFunction(Fields(result), f"{on} + 1", int_),
                    function(result)(_fails_on_two),
                ]
            )
        )
        output = self.draw(st.sampled_from([Fields.ALL, Fields.SWAP, Fields.RESULTS, None]))
        if output is None:
            return Each(pipe, on, operation, Fields(result, *fields[:1])), [result, *fields[:1]]
        kept = {"ALL": fields, "SWAP": [one for one in fields if one != on], "RESULTS": []}
        return Each(pipe, on, operation, output), [*kept[output.kind.name], result]

    def several(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        result, on = self.name(), self.some(fields, 3)
        operation = function(result)(self.draw(st.sampled_from(SEVERAL[len(on)])))
        if self.draw(st.booleans()):
            return Each(pipe, Fields(*on), operation, Fields.ALL), [*fields, result]
        rest = [one for one in fields if one not in on]
        return Each(pipe, Fields(*on), operation, Fields.SWAP), [*rest, result]

    def replace(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        on = self.field(fields)
        operation = self.draw(
            st.sampled_from(
                [Identity(Double), function(on)(_fails_on_two), Insert(Fields(on), None)]
            )
        )
        return Each(pipe, on, operation, Fields.REPLACE), fields

    def filter(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        operation = self.draw(
            st.sampled_from(
                [
                    FilterNull(),
                    FilterNotNull(),
                    RegexFilter("[1x]"),
                    RegexFilter("^$", True),
                    Not(RegexFilter(r"\d", False, True)),
                    Counter("law", "seen"),
                ]
            )
        )
        return Each(pipe, Fields(*self.some(fields)), operation), fields

    def shape(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        kind, new = self.draw(st.sampled_from(["retain", "discard", "rename", "copy"])), self.name()
        on = self.field(fields)
        rest = [one for one in fields if one != on]
        if kind == "retain":
            chosen = self.some(fields, 3)
            return Retain(pipe, Fields(*chosen)).get_tails()[0], chosen
        if kind == "discard" and rest:
            return Discard(pipe, Fields(on)).get_tails()[0], rest
        if kind == "copy":
            return Copy(pipe, Fields(on), Fields(new)).get_tails()[0], [*fields, new]
        return Rename(pipe, Fields(on), Fields(new)).get_tails()[0], [*rest, new]

    def branch(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        name = self.name()
        if self.draw(st.booleans()):
            self.traps.append(name)
        return Pipe(name, pipe), fields

    def checkpoint(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        return Checkpoint(pipe), fields

    # -- groups ----------------------------------------------------------------------------------

    def _key(self, fields: Sequence[str], is_sorted: bool) -> Fields:
        key = Fields(*self.some(fields))
        comparator = self.draw(st.sampled_from([None, None, None, "reverse", "lonely"]))
        if comparator == "reverse":
            key.set_comparator(next(iter(key)), reverse_order())
        # Nulls that equal nothing tie as groups; which of them comes first is left open.
        if comparator == "lonely" and self.is_ordered and not is_sorted:
            key.set_comparator(next(iter(key)), NullNotEquivalentComparator())
        return key

    def group(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        sort = Fields(*fields) if self.draw(st.booleans()) else None
        key = self._key(fields, sort is not None)
        group: Pipe = GroupBy(pipe, group=key, sort=sort, reverse=self.draw(st.booleans()))
        kind = self.draw(st.sampled_from(["every", "every", "every", "buffer", "rows"]))
        is_fixed = self.is_ordered or sort is not None
        if kind == "rows":
            return group, fields
        if kind == "buffer" and is_fixed:
            result = self.name()
            if self.draw(st.booleans()):
                made = buffer(result)(self.draw(st.sampled_from(BUFFERS)))
                every = Every(group, Fields(*self.some(fields, 3)), made, Fields(*key, result))
                return every, [*key, result]
            on, size = self.field(fields), self.draw(st.integers(1, 2))
            every = Every(group, on, FirstNBuffer(Fields(result), size), Fields(*key, result))
            return every, [*key, result]
        leaving = list(key)
        for _ in range(self.draw(st.integers(1, 3))):
            result = self.name()
            group = Every(group, self.field(fields), self._aggregator(result, is_fixed))
            leaving.append(result)
        return group, leaving

    def _aggregator(self, result: str, is_fixed: bool) -> Any:
        named = Fields(result)
        whenever = [
            Count(named),
            Sum(named),
            Sum(named, Long),
            Average(named),
            aggregator(result, zero=0, step=lambda n, v: n + (_fails_on_two(v) is None)),
        ]
        in_order = [
            First(named),
            Last(named),
            First(named, 2),
            MinValue(named),
            MaxValue(named),
            aggregator(result, zero=[], step=lambda s, v: [*s, v], finish=tuple, merge=_states),
        ]
        return self.draw(st.sampled_from(whenever + in_order if is_fixed else whenever))

    def aggregate_by(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        key = Fields(*self.some(fields))
        results = [self.name() for _ in range(self.draw(st.integers(1, 3)))]
        parts = []
        for result in results:
            on = Fields(self.field(fields))
            made = [
                lambda on, name: CountBy(on, name, self.draw(st.sampled_from(CountBy.Include))),
                lambda on, name: SumBy(on, name, Long),
                lambda on, name: AverageBy(on, name),
            ]
            if self.is_ordered:
                made += [FirstBy, MaxBy]
            parts.append(self.draw(st.sampled_from(made))(on, Fields(result)))
        assembly = AggregateBy(pipe, key, *parts)
        return assembly.get_tails()[0], [*key, *results]

    def unique(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        key = Fields(*(self.some(fields) if self.is_ordered else fields))
        return Unique(pipe, key).get_tails()[0], fields

    # -- several streams -------------------------------------------------------------------------

    def _other(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        """Return a branch of the stream in hand or another source, some pieces further on."""
        if self.draw(st.booleans()):
            start: tuple[Pipe, list[str]] = Pipe(self.name(), pipe), list(fields)
        else:
            start = self.head()
        return self.pieces(*start, most=2, is_inner=True)

    def join(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        other, other_fields = self._other(pipe, fields)
        lhs, rhs = Pipe(self.name(), pipe), Pipe(self.name(), other)
        joiner = self.draw(st.sampled_from([InnerJoin(), LeftJoin(), RightJoin(), OuterJoin()]))
        size = self.draw(st.integers(1, min(2, len(fields), len(other_fields))))
        keys = [Fields(*fields[:size]), Fields(*other_fields[:size])]
        if self.draw(st.integers(0, 3)) == 0:
            for key in keys:
                key.set_comparator(next(iter(key)), NullNotEquivalentComparator())
        joined = [self.name() for _ in range(len(fields) + len(other_fields))]
        # A plain rename of one stream on both sides is a self join, whose keys must be equal.
        lhs = Each(lhs, Identity())
        if self.draw(st.booleans()):
            return HashJoin([lhs, rhs], keys, Fields(*joined), joiner), joined
        group: Pipe = CoGroup([lhs, rhs], keys, Fields(*joined), joiner)
        if self.draw(st.booleans()):
            result = self.name()
            every = Every(group, joined[-1], Count(Fields(result)), Fields(result))
            return every, [result]
        return group, joined

    def merge(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        other, other_fields = self._other(pipe, fields)
        size = min(len(fields), len(other_fields))
        names = [self.name() for _ in range(size)]
        sides = [
            Each(Pipe(self.name(), one), Fields(*of[:size]), Identity(Fields(*names)))
            for one, of in ((pipe, fields), (other, other_fields))
        ]
        if self.draw(st.booleans()):
            return Merge(*sides), names
        counted = self.name()
        every = Every(GroupBy(sides, Fields(names[0])), Count(Fields(counted)))
        return every, [names[0], counted]

    def pieces(
        self, pipe: Pipe, fields: list[str], most: int, is_inner: bool = False
    ) -> tuple[Pipe, list[str]]:
        """Return the pipe after up to `most` random pieces."""
        kinds = [self.function, self.replace, self.filter, self.shape, self.group, self.branch]
        kinds += [self.aggregate_by, self.unique, self.checkpoint, self.several]
        if not is_inner:
            kinds += [self.join, self.join, self.merge] if self.joins else [self.merge]
        for _ in range(self.draw(st.integers(1, most))):
            pipe, fields = self.draw(st.sampled_from(kinds))(pipe, fields)
        return pipe, fields


@st.composite
def assemblies(draw: Callable[[Any], Any], is_ordered: bool, times: int = 1) -> Job:
    """Draw an assembly of up to two sinks, with its rows, so many times over."""
    builder = _Builder(draw, is_ordered, joins=times == 1)
    head, fields = builder.head()
    if draw(st.booleans()):
        builder.traps.append(head.name)
    pipe, fields = builder.pieces(head, fields, most=6)
    tails = [Pipe("out", pipe)]
    if draw(st.integers(0, 2)) == 0:
        again, _ = builder.pieces(Pipe(builder.name(), pipe), fields, most=2, is_inner=True)
        tails.append(Pipe("second", again))
    inputs = {name: draw(ROWS) * times for name in builder.heads}
    return Job(tuple(tails), inputs, tuple(builder.traps))
