"""AggregateBy and its kin: group, and fold the rows of each key.

Every part is algebraic, so the planner runs it before the exchange too (rule partial_aggregation);
there is nothing to cache here, and `capacity` only bounds how many keys that may hold at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from cascade2spark.assemblies.forms import (
    CAPACITY,
    Aggregation,
    Form,
    Part,
    group_and_fields,
    one_of,
    parsed,
    refusal,
)
from cascade2spark.fields import Fields
from cascade2spark.operations.aggregators import Average, Count, sum_of_numbers
from cascade2spark.operations.callables import FoldAggregator
from cascade2spark.operations.composite import CoFunction, CompositeFunction
from cascade2spark.operations.extents import First
from cascade2spark.operations.extremes import MaxValue, MinValue
from cascade2spark.operations.folds import AverageOfValues, CountOfNulls, CountOfValues
from cascade2spark.operations.folds import Include as Rows
from cascade2spark.operations.partials import FoldFunctor, MergingAggregator
from cascade2spark.operations.passing import Identity
from cascade2spark.pipes import Each, Every, GroupBy, Pipe, SubAssembly
from cascade2spark.types import Double, Long, Type, as_type

__all__ = [
    "AggregateBy",
    "AverageBy",
    "CountBy",
    "FirstBy",
    "MaxBy",
    "MinBy",
    "SumBy",
]


class AggregateBy(Aggregation):
    """Several aggregations of one grouping, in one pass.

    Java's orders: ``AggregateBy([name], pipe | pipes, group, [capacity], parts…)``, parts being
    CountBy, SumBy and so on without pipe and group. The result has the group fields, then one
    result for each part, sorted by the group fields.

    A part of your own is a subclass that hands ``(values, functor, aggregator)`` to this
    constructor, after a pipe and the group where it stands alone. The functor, a CoFunction, folds
    the rows of a task in a cache; the aggregator joins what it gave.

    Args:
        given: in Java's order; several pipes are merged.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: something that has no place, or no part.
    Source:
        cascading.pipe.assembly.AggregateBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> both = lambda pipe: AggregateBy(pipe, "x", CountBy("rows"), SumBy("n", "total", int))
        >>> run_pipe(both, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 2, 6), ('b', 1, 2)]
    """

    class Cache(enum.Enum):
        """What is counted of the keys before the exchange."""

        Num_Keys_Flushed = "keys that left before the end of their task"
        Num_Keys_Hit = "rows whose key was held"
        Num_Keys_Missed = "rows whose key was not held"

    Functor: ClassVar[type[CoFunction]] = CoFunction
    Include: ClassVar[type[Rows]] = Rows
    cache_counters: ClassVar[str] = "AggregateBy.Cache"

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = parsed(self, given)
        if form.functors or form.aggregators:
            functors = len(form.functors)
            wanted = functors + bool(form.pipes)
            if not len(form.aggregators) == functors or len(form.fields) != wanted:
                raise refusal(self, given, "each functor needs its values and its aggregator")
            group, fields = group_and_fields(self, given, form, 1, functors)
            made = zip(fields, form.aggregators, form.functors, strict=True)
            self._start_parts(form, [Part(*one) for one in made], group, capacity)
            return
        if not form.pipes or len(form.fields) != 1 or not form.parts:
            raise refusal(self, given, "it takes pipes, the group fields and parts")
        parts = [part for one in form.parts for part in _parts_of(self, one)]
        self._wire(form, form.fields[0], parts, capacity or form.capacity)

    def _start_part(self, form: Form, part: Part, group: Fields | None, capacity: int) -> None:
        """Be a part of an AggregateBy, or an assembly of one part when there are pipes."""
        self._start_parts(form, [part], group, capacity)

    def _start_parts(
        self, form: Form, parts: Sequence[Part], group: Fields | None, capacity: int
    ) -> None:
        if form.pipes:
            assert group is not None
            self._wire(form, group, parts, capacity or form.capacity)
        else:
            super().__init__(name=type(self).__name__)
        self.parts = tuple(parts)

    def _wire(self, form: Form, group: Fields, parts: Sequence[Part], capacity: int) -> None:
        SubAssembly.__init__(self, *form.pipes, name=form.name)
        inputs, parts, sort = form.pipes, list(parts), _sort_of(parts)
        if any(part.functor is not None for part in parts):
            if sort is not None:
                shown = [part.functor or part.operation for part in parts]
                raise refusal(self, shown, "values with comparators need rows, not functors")
            inputs, parts = _composed(inputs, group, parts, capacity, self.cache_counters)
        elif (wanted := _wanted_fields(group, parts)) is not None:
            inputs = [Each(pipe, wanted, Identity(), Fields.RESULTS) for pipe in inputs]
        named = [] if form.name is None else [form.name]
        source = inputs[0] if len(inputs) == 1 else inputs
        grouped: Pipe = GroupBy(*named, source, group=group, sort=sort)
        if capacity:
            grouped.get_config_def().set_property(CAPACITY, capacity)
        for part in parts:
            grouped = Every(grouped, part.values, part.operation, Fields.ALL)
        self.set_tails(grouped)


class CountBy(AggregateBy):
    """Counts rows by key.

    Java's orders: ``CountBy([name], pipe | pipes, group, [values], count, [include], [capacity])``;
    as a part ``CountBy([values], count, [include])``.

    Args:
        values: which values make a row null; the group fields by default.
        count: name of the result.
        include: ALL rows (default), NO_NULLS leaves out those whose values are all null,
            ONLY_NULLS counts just those; a key without any has 0.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.CountBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: CountBy(pipe, "x", "rows")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 2), ('b', 1)]
    """

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = parsed(self, given)
        group, fields = group_and_fields(self, given, form, 1, 2)
        values = fields[0] if len(fields) == 2 else Fields.GROUP
        counting = _COUNTS[include or form.include or Rows.ALL]
        counted = counting(_typed(one_of(self, fields[-1]), Long))
        self._start_part(form, Part(values, counted), group, capacity)


class SumBy(AggregateBy):
    """Sums by key.

    Java's orders: ``SumBy([name], pipe | pipes, group, value, sum, type, [capacity])``; as a part
    ``SumBy(value, sum, type)``. A typed `sum` needs no type.

    Args:
        given: in the order above.
        type: type of the sum; whole numbers are exact.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.SumBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: SumBy(pipe, "x", "n", "total", int)
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 6), ('b', 2)]
    """

    def __init__(self, *given: Any, type: Any = None, capacity: int = 0) -> None:
        form = parsed(self, given)
        group, (value, result) = group_and_fields(self, given, form, 2, 2)
        wanted = type or form.type
        types = result.get_types()
        if wanted is None and types is None:
            raise refusal(self, given, "a sum needs a type")
        summed = as_type(wanted) if wanted is not None or types is None else types[0]
        part = Part(one_of(self, value), sum_of_numbers(one_of(self, result), summed))
        self._start_part(form, part, group, capacity)


class AverageBy(AggregateBy):
    """Averages by key, as doubles unless the result field has a type.

    Java's orders: ``AverageBy([name], pipe | pipes, group, value, average, [include],
    [capacity])``; as a part ``AverageBy(value, average, [include])``.

    Args:
        include: ALL (default) counts null as 0, NO_NULLS leaves it out.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.AverageBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: AverageBy(pipe, "x", "n", "mean")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 3.0), ('b', 2.0)]
    """

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = parsed(self, given)
        group, (value, result) = group_and_fields(self, given, form, 2, 2)
        chosen = include or form.include or Rows.ALL
        if chosen is Rows.ONLY_NULLS:
            raise refusal(self, given, "an average of nulls only is no number")
        averaging = Average if chosen is Rows.ALL else AverageOfValues
        averaged = averaging(_typed(one_of(self, result), Double))
        self._start_part(form, Part(one_of(self, value), averaged), group, capacity)


class _ExtremeBy(AggregateBy):
    choice: ClassVar[type[MaxValue] | type[MinValue]]

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = parsed(self, given)
        group, (value, result) = group_and_fields(self, given, form, 2, 2)
        part = Part(one_of(self, value), self.choice(one_of(self, result)))
        self._start_part(form, part, group, capacity)


class MinBy(_ExtremeBy):
    """The least value by key, nulls ignored.

    Java's orders: ``MinBy([name], pipe | pipes, group, value, min, [capacity])``; as a part
    ``MinBy(value, min)``.

    Args:
        given: in the order above.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.MinBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: MinBy(pipe, "x", "n", "least")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 1), ('b', 2)]
    """

    choice = MinValue


class MaxBy(_ExtremeBy):
    """The greatest value by key, nulls ignored.

    Java's orders: ``MaxBy([name], pipe | pipes, group, value, max, [capacity])``; as a part
    ``MaxBy(value, max)``.

    Args:
        given: in the order above.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.MaxBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: MaxBy(pipe, "x", "n", "most")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 5), ('b', 2)]
    """

    choice = MaxValue


class FirstBy(AggregateBy):
    """The first values by key, or the least ones when the value fields have comparators.

    Java's orders: ``FirstBy([name], pipe | pipes, group, values, [results], [capacity])``; as a
    part ``FirstBy(values, [results])``.

    Args:
        given: in the order above.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.FirstBy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: FirstBy(pipe, "x", "n", "first")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 1), ('b', 2)]
    """

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = parsed(self, given)
        group, fields = group_and_fields(self, given, form, 1, 2)
        values, results = fields[0], fields[-1]
        if len(values) != len(results) and results.is_defined():
            raise refusal(self, given, "as many results as values are needed")
        declared = Fields.ARGS if len(fields) == 1 else results
        self._start_part(form, Part(values, First(declared)), group, capacity)


_COUNTS: dict[Rows, Callable[[Fields], FoldAggregator]] = {
    Rows.ALL: Count,
    Rows.NO_NULLS: CountOfValues,
    Rows.ONLY_NULLS: CountOfNulls,
}


def _typed(result: Fields, type_: Type) -> Fields:
    """Return a result field with its own type, or else the one given."""
    return result if result.has_types() else result.apply_types(type_)


def _parts_of(owner: Aggregation, given: Aggregation) -> tuple[Part, ...]:
    if not given.parts or given.previous:
        raise refusal(owner, (given,), "a part has neither pipe nor group")
    return given.parts


def _composed(
    pipes: Sequence[Pipe], group: Fields, parts: Sequence[Part], capacity: int, counters: str
) -> tuple[list[Pipe], list[Part]]:
    """Return pipes that fold rows before the grouping, by functors, and parts that join them."""
    functors, joining = [], []
    for number, part in enumerate(parts):
        functor, operation = part.functor, part.operation
        if functor is None:
            functor = FoldFunctor(operation, Fields(f"_part_{number}"))
            operation = MergingAggregator(operation, part.values)
        functors.append(functor)
        joining.append(Part(functor.get_declared_fields(), operation))
    values = [group if part.values.is_group() else part.values for part in parts]
    wanted = Fields.merge(group, *values).un_apply_types()
    folding = CompositeFunction(group, values, functors, capacity)
    folding.counters = counters
    return [Each(pipe, wanted, folding, Fields.RESULTS) for pipe in pipes], joining


def _wanted_fields(group: Fields, parts: Sequence[Part]) -> Fields | None:
    """Return the fields that are read, or None where names alone cannot say which those are."""
    values = [part.values for part in parts if not part.values.is_group()]
    used = [group, *values]
    if any(not one.is_defined() or any(isinstance(name, int) for name in one) for one in used):
        return None
    return Fields.merge(*used).un_apply_types()


def _sort_of(parts: Sequence[Part]) -> Fields | None:
    """Return all value fields as the sort fields when one of them has a comparator."""
    values = [part.values for part in parts if part.values.is_defined()]
    if not any(one.has_comparators() for one in values):
        return None
    found: dict[Any, Any] = {}
    for one in values:
        for name, comparator in zip(one, one.get_comparators(), strict=True):
            found[name] = found.get(name) or comparator
    order = Fields(list(found))
    order.set_comparators(*found.values())
    return order
