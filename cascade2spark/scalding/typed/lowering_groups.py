"""Lowering of groups: folds, sorts, and functions of the values of a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.bytecode.reads import values_read
from cascade2spark.counters import CACHE_COUNTERS, MAPSIDE_REDUCE
from cascade2spark.fields import Fields
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.buffers import groups_buffer
from cascade2spark.scalding.typed.calls import itself
from cascade2spark.scalding.typed.folds import whole_stream
from cascade2spark.scalding.typed.forms import (
    Lowered,
    Part,
    distinct_of,
    fresh_name,
    key_fields,
    leaves_of,
    nesting_of,
    partition_count,
    placed,
)
from cascade2spark.scalding.typed.lowering_base import known, lower_node
from cascade2spark.scalding.typed.moves import (
    grouped_fields,
    pair_of,
    picked_of,
    read_of,
    single_key,
    with_only,
    with_records,
)
from cascade2spark.scalding.typed.operations import (
    TypedFilter,
    TypedFold,
    TypedFunction,
)
from cascade2spark.scalding.typed.steps import Fold, ForEach, Step, Stream, run_steps

__all__ = ["row_steps"]


@lower_node.register
def _(node: n.Reduced, wants_pair: bool) -> Lowered:
    found = pair_of(known[node.previous], node)
    todo = node.steps
    if node.order is not None:
        found = single_key(found, node)
        if all(isinstance(step, ForEach) for step in todo):
            # Only what sees the group as a whole calls it by its first key.
            todo = (whole_stream("force_to_reducers"), *todo)
    if not todo and node.sorting is None and node.reducers is None:
        return found
    after = _last_of_group(todo)
    if after and isinstance(todo[0], Fold) and node.sorting is None:
        made = _folded(node, found, todo[0])
        rest = todo[1:after]
        if rest or todo[0].is_many:
            made = _row_step(made, node, "group", todo[0].name, _rest_of_group(todo[0], rest))
        return row_steps(made, node, todo[after:])
    return row_steps(_group_steps(node, found, todo[:after]), node, todo[after:])


def _last_of_group(todo: tuple[Step, ...]) -> int:
    """Return how many steps there are up to the last one that needs the values of a key."""
    after = len(todo)
    while after and isinstance(todo[after - 1], ForEach):
        after -= 1
    return after


def _rest_of_group(fold: Fold, rest: tuple[Step, ...]) -> Callable[[Any], Any]:
    """Return what steps make of the result of a fold: it is all that its key has."""
    is_many = fold.is_many

    def run(pair: Any) -> list[Any]:
        key, value = pair
        return list(run_steps(rest, key, iter(value if is_many else (value,))))

    return run


def _folded(node: n.Reduced, found: Lowered, fold: Fold) -> Lowered:
    """Return a group with one fold, which the engine begins before the exchange where it may."""
    found = grouped_fields(found, node, is_narrow=False)
    key, value = found.key, found.value
    keys, leaves = leaves_of(key), distinct_of(value)
    result = fresh_name("value", found.fields) if "value" in keys else "value"
    group = placed(
        GroupBy(
            found.pipe,
            key_fields(key, node.previous, node),
            partitions=partition_count(node.reducers),
        ),
        node,
    )
    group.get_config_def().set_property(CACHE_COUNTERS, MAPSIDE_REDUCE)
    call = TypedFold(fold, nesting_of(value, leaves), Fields(result))
    every = placed(Every(group, Fields(*leaves), call, Fields(*keys, result)), node)
    return Lowered(every, (*keys, result), (key, result))


def _group_steps(node: n.Reduced, found: Lowered, todo: tuple[Step, ...]) -> Lowered:
    sorting = node.sorting
    found = grouped_fields(found, node, is_narrow=False)
    sort: Fields | None = None
    if sorting is not None:
        found, sort = _sorted_by(node, found)
    first = todo[0] if todo else None
    reader = first.call if isinstance(first, Stream) and first.name == "map_group" else None
    if todo:
        found = with_records(found, node, reader)
    key, value = found.key, found.value
    read: Part = value
    if reader is not None:
        read = values_read(reader, value, 1)
        found = with_only(found, node, (*leaves_of(key), *(sort or ()), *leaves_of(read)))
    group = GroupBy(
        found.pipe,
        key_fields(key, node.previous, node),
        sort=sort,
        partitions=partition_count(node.reducers),
    )
    if not todo:
        if sort is None:
            return attrs.evolve(found, pipe=placed(group, node))
        todo = ()
    keys = leaves_of(key)
    result = "value" if "value" not in keys else fresh_name("value", found.fields)
    fields = Fields(*keys, result)
    is_row = type(read) is tuple and read == found.fields
    values = None if is_row else nesting_of(read, found.fields)
    call = groups_buffer(todo, nesting_of(key, keys), values, fields, node.origin)
    every = Every(placed(group, node), Fields.ALL, call, Fields.RESULTS)
    return Lowered(placed(every, node), (*keys, result), (key, result))


def _sorted_by(node: n.Reduced, found: Lowered) -> tuple[Lowered, Fields | None]:
    """Return the fields that say in what order the values of a key come."""
    names: tuple[str, ...]
    sorting = node.sorting
    assert sorting is not None
    key, value = found.key, found.value
    if sorting.compare is None and sorting.key is None:
        names = leaves_of(value)
    elif sorting.key is not None and (taken := picked_of(found, node, sorting.key, value)):
        found, names = taken[0], leaves_of(taken[1])
    else:
        name = fresh_name("sort", found.fields)
        read = read_of(found, sorting.key or itself, value)
        leaves = distinct_of(read)
        call = TypedFunction(
            "sort_by",
            sorting.key or itself,
            nesting_of(read, leaves),
            Fields(name),
            origin=node.origin,
        )
        fields = (*found.fields, name)
        each = Each(found.pipe, Fields(*leaves), call, Fields.ALL)
        found = attrs.evolve(found, pipe=placed(each, node), fields=fields)
        names = (name,)
    # Of one key all rows have one value in its fields: these have nothing to say here.
    names = tuple(name for name in dict.fromkeys(names) if name not in leaves_of(key))
    if not names:
        return found, None
    order = Fields(*names)
    if sorting.compare is not None:
        order.set_comparators(_Compared(sorting.compare, sorting.is_reversed))
    else:
        order.set_comparators(*[PythonOrder(sorting.is_reversed)] * len(names))
    return found, order


@attrs.frozen
class _Compared:
    """A comparator by a function of two values."""

    call: Callable[[Any, Any], int]
    is_reversed: bool

    def compare(self, left: Any, right: Any) -> int:
        return self.call(right, left) if self.is_reversed else self.call(left, right)


def row_steps(found: Lowered, node: n.Node, todo: tuple[Step, ...]) -> Lowered:
    """Return pairs after steps over single values."""
    for step in todo:
        assert isinstance(step, ForEach)
        found = _row_step(found, node, step.kind, step.name, step.call)
    return found


def _row_step(
    found: Lowered, node: n.Node, kind: str, name: str, call: Callable[[Any], Any]
) -> Lowered:
    """Return pairs after a step: `map` and `flat_map` of values, `filter` or `group` of pairs."""
    key, value = found.key, found.value
    keys = distinct_of(key)
    form = found.form if kind in ("filter", "group") else value
    if kind == "map" and (taken := picked_of(found, node, call, value)):
        return attrs.evolve(taken[0], form=(key, taken[1]))
    read = read_of(found, call, form)
    leaves = distinct_of(read)
    nesting = nesting_of(read, leaves)
    if kind == "filter":
        keeps = TypedFilter(name, call, nesting, keeps=True, origin=node.origin)
        return attrs.evolve(found, pipe=placed(Each(found.pipe, Fields(*leaves), keeps), node))
    result = fresh_name("value", found.fields)
    operation = TypedFunction(
        name, call, nesting, Fields(result), many=kind != "map", origin=node.origin
    )
    each = Each(found.pipe, Fields(*leaves), operation, Fields(*keys, result))
    return Lowered(placed(each, node), (*keys, result), (key, result))
