"""AggregateBy and its kin, and Unique: group, and fold the rows of each key.

Every part is algebraic, so the planner runs it before the exchange too (rule partial_aggregation);
there is nothing to cache here, and `capacity` only bounds how many keys that may hold at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.field_elements import is_type
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.aggregators import Average, Count, Sum
from cascade2spark.operations.callables import FoldAggregator, remove_if
from cascade2spark.operations.extremes import First, MaxValue, MinValue
from cascade2spark.operations.folds import AverageOfValues, CountOfNulls, CountOfValues
from cascade2spark.operations.folds import Include as Rows
from cascade2spark.operations.passing import Identity
from cascade2spark.overloads import is_fields_like
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
    "Unique",
]

_CAPACITY = "cascade2spark.aggregate.capacity"


@attrs.frozen
class _Part:
    """One aggregation: which values, and what is done with them."""

    values: Fields
    operation: FoldAggregator


@attrs.define
class _Form:
    """The arguments of an assembly, sorted out by their types."""

    name: str | None
    pipes: list[Pipe]
    fields: list[Fields]
    parts: list[AggregateBy]
    include: Rows | None = None
    type: Any = None
    capacity: int = 0


class AggregateBy(SubAssembly):
    """Several aggregations of one grouping, in one pass.

    Java's orders: ``AggregateBy([name], pipe | pipes, group, [capacity], parts…)``, parts being
    CountBy, SumBy and so on without pipe and group. The result has the group fields, then one
    result for each part, sorted by the group fields.

    Args:
        given: in Java's order; several pipes are merged.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: something that has no place, or no part.
    Source:
        Cascading AggregateBy.
    """

    Include: ClassVar[type[Rows]] = Rows
    part: _Part | None = None

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = _parsed(self, given)
        if not form.pipes or len(form.fields) != 1 or not form.parts:
            raise _refusal(self, given, "it takes pipes, the group fields and parts")
        parts = [part for one in form.parts for part in _parts_of(self, one)]
        self._wire(form, form.fields[0], parts, capacity or form.capacity)

    def _start_part(self, form: _Form, part: _Part, group: Fields | None, capacity: int) -> None:
        """Be a part of an AggregateBy, or an assembly of one part when there are pipes."""
        self.part = part
        if form.pipes:
            assert group is not None
            self._wire(form, group, [part], capacity or form.capacity)
        else:
            super().__init__(name=type(self).__name__)
            self.part = part

    def _wire(self, form: _Form, group: Fields, parts: Sequence[_Part], capacity: int) -> None:
        super().__init__(*form.pipes, name=form.name)
        wanted = _wanted_fields(group, parts)
        inputs = form.pipes
        if wanted is not None:
            inputs = [Each(pipe, wanted, Identity(), Fields.RESULTS) for pipe in inputs]
        named = [] if form.name is None else [form.name]
        source = inputs[0] if len(inputs) == 1 else inputs
        grouped: Pipe = GroupBy(*named, source, group=group, sort=_sort_of(parts))
        if capacity:
            grouped.get_config_def().set_property(_CAPACITY, capacity)
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
    Source:
        Cascading CountBy.
    """

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = _parsed(self, given)
        group, fields = _group_and_fields(self, given, form, 1, 2)
        values = fields[0] if len(fields) == 2 else Fields.GROUP
        counting = _COUNTS[include or form.include or Rows.ALL]
        counted = counting(_typed(_one(self, fields[-1]), Long))
        self._start_part(form, _Part(values, counted), group, capacity)


class SumBy(AggregateBy):
    """Sums by key.

    Java's orders: ``SumBy([name], pipe | pipes, group, value, sum, type, [capacity])``; as a part
    ``SumBy(value, sum, type)``. A typed `sum` needs no type.

    Source:
        Cascading SumBy.
    """

    def __init__(self, *given: Any, type: Any = None, capacity: int = 0) -> None:
        form = _parsed(self, given)
        group, (value, result) = _group_and_fields(self, given, form, 2, 2)
        wanted = type or form.type
        types = result.get_types()
        if wanted is None and types is None:
            raise _refusal(self, given, "a sum needs a type")
        summed = as_type(wanted) if wanted is not None or types is None else types[0]
        part = _Part(_one(self, value), Sum(_one(self, result), summed))
        self._start_part(form, part, group, capacity)


class AverageBy(AggregateBy):
    """Averages by key, as doubles unless the result field has a type.

    Java's orders: ``AverageBy([name], pipe | pipes, group, value, average, [include],
    [capacity])``; as a part ``AverageBy(value, average, [include])``.

    Args:
        include: ALL (default) counts null as 0, NO_NULLS leaves it out.
    Source:
        Cascading AverageBy.
    """

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = _parsed(self, given)
        group, (value, result) = _group_and_fields(self, given, form, 2, 2)
        chosen = include or form.include or Rows.ALL
        if chosen is Rows.ONLY_NULLS:
            raise _refusal(self, given, "an average of nulls only is no number")
        averaging = Average if chosen is Rows.ALL else AverageOfValues
        averaged = averaging(_typed(_one(self, result), Double))
        self._start_part(form, _Part(_one(self, value), averaged), group, capacity)


class _ExtremeBy(AggregateBy):
    choice: ClassVar[type[MaxValue] | type[MinValue]]

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = _parsed(self, given)
        group, (value, result) = _group_and_fields(self, given, form, 2, 2)
        part = _Part(_one(self, value), self.choice(_one(self, result)))
        self._start_part(form, part, group, capacity)


class MinBy(_ExtremeBy):
    """The least value by key, nulls ignored: ``MinBy([name], pipe | pipes, group, value, min)``.

    Source:
        Cascading MinBy.
    """

    choice = MinValue


class MaxBy(_ExtremeBy):
    """The greatest value by key, nulls ignored: ``MaxBy([name], pipe | pipes, group, value, max)``.

    Source:
        Cascading MaxBy.
    """

    choice = MaxValue


class FirstBy(AggregateBy):
    """The first values by key, or the least ones when the value fields have comparators.

    Java's orders: ``FirstBy([name], pipe | pipes, group, values, [results], [capacity])``; as a
    part ``FirstBy(values, [results])``.

    Source:
        Cascading FirstBy.
    """

    def __init__(self, *given: Any, capacity: int = 0) -> None:
        form = _parsed(self, given)
        group, fields = _group_and_fields(self, given, form, 1, 2)
        values, results = fields[0], fields[-1]
        if len(values) != len(results) and results.is_defined():
            raise _refusal(self, given, "as many results as values are needed")
        declared = Fields.ARGS if len(fields) == 1 else results
        self._start_part(form, _Part(values, First(declared)), group, capacity)


class Unique(SubAssembly):
    """The first row of each key, whole, sorted by the key.

    Java's orders: ``Unique([name], pipe | pipes, fields, [include], [capacity])``.

    Args:
        include: NO_NULLS drops rows whose unique fields are all null.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Source:
        Cascading Unique.
    """

    Include: ClassVar[type[Rows]] = Rows

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = _parsed(self, given)
        if not form.pipes or len(form.fields) != 1 or form.parts or form.type is not None:
            raise _refusal(self, given, "it takes pipes and the unique fields")
        super().__init__(*form.pipes, name=form.name)
        unique, inputs = form.fields[0], form.pipes
        if (include or form.include) is Rows.NO_NULLS:
            inputs = [Each(pipe, unique, remove_if(_are_all_null)) for pipe in inputs]
        named = [] if form.name is None else [form.name]
        grouped = GroupBy(*named, inputs[0] if len(inputs) == 1 else inputs, group=unique)
        if capacity or form.capacity:
            grouped.get_config_def().set_property(_CAPACITY, capacity or form.capacity)
        self.set_tails(Every(grouped, Fields.ALL, First(), Fields.RESULTS))


_COUNTS: dict[Rows, Callable[[Fields], FoldAggregator]] = {
    Rows.ALL: Count,
    Rows.NO_NULLS: CountOfValues,
    Rows.ONLY_NULLS: CountOfNulls,
}


def _typed(result: Fields, type_: Type) -> Fields:
    """Return a result field with its own type, or else the one given."""
    return result if result.has_types() else result.apply_types(type_)


def _are_all_null(*values: Any) -> bool:
    return all(value is None for value in values)


def _parsed(owner: SubAssembly, given: Sequence[Any]) -> _Form:
    """Sort arguments by type; a whole number after the first fields is the capacity."""
    rest = list(given)
    form = _Form(None, [], [], [])
    if len(rest) > 1 and isinstance(rest[0], str) and _pipes_of(rest[1]):
        form.name = rest.pop(0)
    if rest and _pipes_of(rest[0]):
        form.pipes = _pipes_of(rest.pop(0))
    for argument in rest:
        is_count = isinstance(argument, int) and not isinstance(argument, bool)
        if isinstance(argument, AggregateBy):
            form.parts.append(argument)
        elif isinstance(argument, Rows) and form.include is None:
            form.include = argument
        elif is_type(argument) and form.type is None:
            form.type = argument
        elif is_count and form.fields:
            form.capacity = argument
        elif is_fields_like(argument):
            form.fields.append(as_fields(argument))
        elif isinstance(argument, (list, tuple)) and all(
            isinstance(one, AggregateBy) for one in argument
        ):
            form.parts += argument
        else:
            raise _refusal(owner, given, f"{argument!r} has no place")
    return form


def _pipes_of(value: Any) -> list[Pipe]:
    if isinstance(value, AggregateBy) and value.part is not None and not value.previous:
        return []  # a part is a pipe only in name
    if isinstance(value, Pipe):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(_pipes_of(one) for one in value):
        return list(value)
    return []


def _group_and_fields(
    owner: SubAssembly, given: Sequence[Any], form: _Form, fewest: int, most: int
) -> tuple[Fields | None, list[Fields]]:
    fields = list(form.fields)
    group = fields.pop(0) if form.pipes and fields else None
    if form.parts or not fewest <= len(fields) <= most:
        raise _refusal(owner, given, "the fields do not fit")
    return group, fields


def _parts_of(owner: SubAssembly, given: AggregateBy) -> list[_Part]:
    if given.part is None or given.previous:
        raise _refusal(owner, (given,), "a part has neither pipe nor group")
    return [given.part]


def _one(owner: SubAssembly, fields: Fields) -> Fields:
    if len(fields) != 1:
        raise BuildError(f"{type(owner).__name__} takes one field here", asked=str(fields))
    return fields


def _wanted_fields(group: Fields, parts: Sequence[_Part]) -> Fields | None:
    """Return the fields that are read, or None where names alone cannot say which those are."""
    values = [part.values for part in parts if not part.values.is_group()]
    used = [group, *values]
    if any(not one.is_defined() or any(isinstance(name, int) for name in one) for one in used):
        return None
    return Fields.merge(*used).un_apply_types()


def _sort_of(parts: Sequence[_Part]) -> Fields | None:
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


def _refusal(owner: SubAssembly, given: Sequence[Any], why: str) -> BuildError:
    shown = ", ".join(repr(one) for one in given)
    accepted = (type(owner).__doc__ or "").partition("Java's orders: ")[2].partition(".")[0]
    details = {"accepted": " ".join(accepted.replace("``", "").split())} if accepted else None
    return BuildError(
        f"{type(owner).__name__} cannot be built: {why}", asked=shown, details=details
    )
