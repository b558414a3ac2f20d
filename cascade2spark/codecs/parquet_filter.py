"""Conditions on the columns of a Parquet file: which row groups may hold matches, which rows do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, TapError

__all__ = ["Condition", "as_conditions", "matching", "may_match"]

_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in")
_NAMES = {
    "==": "equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}


@attrs.frozen
class Condition:
    """What the value of one column must be.

    Null is equal to null alone, differs from everything else, and is neither less nor greater.
    """

    name: str
    operator: str
    value: Any


def as_conditions(given: Iterable[Any] | None) -> tuple[Condition, ...]:
    """Return conditions given as (name, operator, value), all of which have to hold.

    Raises:
        BuildError: one is not of that form.
    """
    found = []
    for one in given or ():
        is_triple = isinstance(one, (tuple, list)) and len(one) == 3 and isinstance(one[0], str)
        if not is_triple:
            raise BuildError(
                "a filter is a list of conditions, each a name, an operator and a value",
                asked=repr(one),
                fix='write Parquet(fields, filter=[("age", ">=", 18)])',
            )
        name, operator, value = one
        if operator not in _OPERATORS:
            raise BuildError(
                "unknown operator in a filter", asked=str(operator), available=list(_OPERATORS)
            )
        if operator == "in":
            value = tuple(value)
        elif value is None and operator not in ("==", "!="):
            raise BuildError("null can be equal, but not less or greater", asked=repr(one))
        found.append(Condition(name, operator, value))
    return tuple(found)


def may_match(conditions: Iterable[Condition], group: Any) -> bool:
    """Tell whether rows of a row group may meet all conditions, by its statistics."""
    told = {}
    for at in range(group.num_columns):
        column = group.column(at)
        if column.statistics is not None and column.statistics.has_min_max:
            told[column.path_in_schema] = column.statistics
    return all(
        one.name not in told or _may_hold(one, told[one.name].min, told[one.name].max)
        for one in conditions
    )


def matching(conditions: Iterable[Condition], batch: Any, path: str) -> Any:
    """Return the rows of a record batch that meet all conditions.

    Raises:
        TapError: a value cannot be compared with those of its column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for one in conditions:
        column = batch.column(one.name)
        try:
            batch = batch.filter(_mask(one, column, pa, pc))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as refused:
            raise TapError(
                f"the filter of {path} cannot compare {one.name!r}",
                asked=f"{one.name} {one.operator} {one.value!r}",
                details={"column": column.type, "because": refused},
            ) from refused
    return batch


def _mask(one: Condition, column: Any, pa: Any, pc: Any) -> Any:
    if one.operator == "in":
        return pc.is_in(column, value_set=pa.array(list(one.value), column.type))
    if one.value is None:
        return pc.is_null(column) if one.operator == "==" else pc.is_valid(column)
    value = pa.scalar(one.value, column.type)
    if one.operator == "!=":
        return pc.fill_null(pc.not_equal(column, value), True)
    return pc.call_function(_NAMES[one.operator], [column, value])


def _may_hold(one: Condition, least: Any, most: Any) -> bool:
    """Tell whether a value between two may meet a condition; in doubt it may."""
    value = one.value
    try:
        if one.operator == "in":
            return any(each is None or bool(least <= each <= most) for each in value)
        if value is None or one.operator == "!=":
            return True
        if one.operator == "==":
            return bool(least <= value <= most)
        if one.operator == "<":
            return bool(least < value)
        if one.operator == "<=":
            return bool(least <= value)
        return bool(most > value) if one.operator == ">" else bool(most >= value)
    except TypeError:  # not of the column's kind, which the rows tell
        return True
