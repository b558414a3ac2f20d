"""Column forms of filters and of what is made of them: And, Or, Xor, Not, SetValue, assertions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, cast

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns, array_of
from cascade2spark.batch.kernels.expressions import expression_check, expression_filter
from cascade2spark.batch.kernels.regexes import regex_filter, search_texts
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Maker, Results
from cascade2spark.batch.kernels.texts import argument_texts, joined_texts
from cascade2spark.batch.specs import EachSpec
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.operations.assertions import (
    AssertMatches,
    AssertMatchesAll,
    AssertNotNull,
    AssertNull,
    AssertSizeEquals,
    AssertSizeLessThan,
    AssertSizeMoreThan,
)
from cascade2spark.operations.expression_operations import AssertExpression, ExpressionFilter
from cascade2spark.operations.filters import FilterNotNull, FilterNull
from cascade2spark.operations.logic import And, Not, Or, SetValue, Xor
from cascade2spark.operations.regex_operations import RegexFilter
from cascade2spark.selection import Pick, pick_for

__all__ = ["assertion_kernel", "filter_kernel", "set_value"]


@attrs.frozen
class _MemberSpec:
    """How a member of a filter is fed, as far as makers ask.

    Args:
        argument_fields: the fields that it is given.
        arguments: where they stand among the arguments of the filter.
    """

    argument_fields: Fields
    arguments: Pick
    declared: Fields = Fields.NONE


def filter_kernel(operation: Any, spec: EachSpec) -> FilterKernel | None:
    """Return which rows a filter keeps, None where only rows will do."""
    maker = _FILTERS.get(type(operation))
    return None if maker is None or not spec.arguments.positions else maker(operation, spec)


def assertion_kernel(operation: Any, spec: EachSpec) -> FilterKernel | None:
    """Return for which rows an assertion holds, None where only rows will do."""
    maker = _ASSERTIONS.get(type(operation))
    return None if maker is None or not spec.arguments.positions else maker(operation, spec)


def set_value(operation: SetValue, spec: EachSpec) -> FunctionKernel | None:
    """Return one of two values, by what a filter keeps."""
    members = _members(operation, spec)
    try:
        values = array_of(operation.values)
    except NotColumns:
        return None
    if members is None:
        return None
    (keeps,) = members
    # The first value is that of the rows that stay.
    return lambda arguments, rows: Results(
        [values.take(pc.invert(keeps(arguments)).cast(pa.int8()))]
    )


def _null_filter(operation: FilterNull, spec: EachSpec) -> FilterKernel:
    return lambda arguments: reduce(pc.and_, [column.is_valid() for column in arguments])


def _not_null_filter(operation: FilterNotNull, spec: EachSpec) -> FilterKernel:
    return lambda arguments: reduce(pc.and_, [column.is_null() for column in arguments])


def _members(operation: Any, spec: EachSpec) -> list[FilterKernel] | None:
    """Return the kernels of a filter's members, each on its own of the filter's arguments."""
    fields, found = spec.argument_fields, []
    if not fields.is_defined():
        return None
    for selector, member in operation.members:
        try:
            pick = pick_for(selector, fields)
            chosen = fields if pick.is_all else fields.select(selector)
        except Cascade2SparkError:
            return None  # the rows say so when they prepare
        places = tuple(range(len(fields))) if pick.is_all else pick.positions
        if not places:
            return None
        narrowed = _MemberSpec(chosen, Pick(places, len(fields)))
        kernel = filter_kernel(member, cast(EachSpec, narrowed))
        if kernel is None:
            return None
        found.append(_on_places(kernel, places))
    return found


def _on_places(kernel: FilterKernel, places: tuple[int, ...]) -> FilterKernel:
    return lambda arguments: kernel([arguments[place] for place in places])


def _combined(combine: Callable[..., pa.Array], used: int | None = None) -> Maker:
    """Return the maker of a filter that keeps what its first `used` members make it keep."""

    def maker(operation: Any, spec: EachSpec) -> FilterKernel | None:
        members = _members(operation, spec)
        if members is None:
            return None
        asked = members[:used]
        return lambda arguments: reduce(combine, [keeps(arguments) for keeps in asked])

    return maker


def _not(operation: Not, spec: EachSpec) -> FilterKernel | None:
    members = _members(operation, spec)
    return None if members is None else lambda arguments: pc.invert(members[0](arguments))


_FILTERS: Mapping[type, Maker] = {
    # And removes what all its members remove, so it keeps what any of them keeps.
    And: _combined(pc.or_),
    Or: _combined(pc.and_),
    Xor: _combined(pc.equal, used=2),
    Not: _not,
    ExpressionFilter: expression_filter,
    FilterNotNull: _not_null_filter,
    FilterNull: _null_filter,
    RegexFilter: regex_filter,
}


def _matches(operation: AssertMatches, spec: EachSpec) -> FilterKernel | None:
    joined, search = joined_texts(spec, operation.delim), search_texts(operation.pattern)
    if joined is None:
        return None
    if operation.negate:
        return lambda arguments: pc.invert(search(joined(arguments)))
    return lambda arguments: search(joined(arguments))


def _matches_all(operation: AssertMatchesAll, spec: EachSpec) -> FilterKernel | None:
    texts, search = argument_texts(spec), search_texts(operation.pattern)
    if texts is None:
        return None

    def holds(arguments: list[pa.Array]) -> pa.Array:
        found = [search(text) for text in texts(arguments)]
        return reduce(pc.and_, map(pc.invert, found) if operation.negate else found)

    return holds


def _has_size(operation: Any, spec: EachSpec) -> FilterKernel | None:
    is_right = operation.is_right(len(spec.argument_fields))
    return lambda arguments: pa.repeat(is_right, len(arguments[0]))


_ASSERTIONS: Mapping[type, Maker] = {
    AssertExpression: expression_check,
    AssertMatches: _matches,
    AssertMatchesAll: _matches_all,
    AssertNotNull: _null_filter,
    AssertNull: _not_null_filter,
    AssertSizeEquals: _has_size,
    AssertSizeLessThan: _has_size,
    AssertSizeMoreThan: _has_size,
}
