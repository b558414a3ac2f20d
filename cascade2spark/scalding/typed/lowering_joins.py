"""Lowering of joins: with what every task holds, by stock joiners, and by a Buffer."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, Joiner, LeftJoin, MixedJoin
from cascade2spark.pipes import CoGroup, Each, Every, HashJoin, Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.buffers import join_buffer
from cascade2spark.scalding.typed.forms import (
    PAIR,
    Form,
    Lowered,
    distinct_of,
    fresh_name,
    has_objects,
    key_fields,
    leaves_of,
    names_apart,
    nesting_of,
    partition_count,
    placed,
    renamed_form,
    shape_of,
)
from cascade2spark.scalding.typed.lowering_base import known, lower_node
from cascade2spark.scalding.typed.lowering_groups import row_steps
from cascade2spark.scalding.typed.moves import (
    branch_again,
    grouped_fields,
    narrowed,
    narrowed_value,
    pair_of,
    single_key,
    with_records,
    without_others,
)
from cascade2spark.scalding.typed.operations import (
    TypedFunction,
)
from cascade2spark.scalding.typed.steps import ForEach, JoinTree, Side

__all__: list[str] = []


@lower_node.register
def _(node: n.HashJoined, wants_pair: bool) -> Lowered:
    left = pair_of(known[node.left], node)
    right = pair_of(known[node.right], node)
    # Every task unpacks what is held: plain values in a fraction of the time of objects.
    right = with_records(right, node) if node.is_inner else narrowed_value(right, node)
    left, right = _with_keys_alike(node, [left, right])
    return _hash_joined(node, left, right, left.form[0], right.form[0], right.form[1])


@lower_node.register
def _(node: n.Cross, wants_pair: bool) -> Lowered:
    left = without_others(known[node.left], node)
    right = without_others(known[node.right], node)
    if not node.is_inner:
        right = narrowed(right, node, "value")
    names, renamed = names_apart(left.fields, right.fields)
    joiner = InnerJoin() if node.is_inner else LeftJoin()
    pipes = [left.pipe, branch_again(right, node)]
    join = HashJoin(
        pipes=pipes, keys=[Fields.NONE, Fields.NONE], declared=Fields(*names), joiner=joiner
    )
    form: Form = (left.form, renamed_form(right.form, renamed))
    return Lowered(placed(join, node), names, form)


def _hash_joined(
    node: n.HashJoined, left: Lowered, right: Lowered, left_key: Form, right_key: Form, value: Form
) -> Lowered:
    names, renamed = names_apart(left.fields, right.fields)
    join = HashJoin(
        pipes=[left.pipe, branch_again(right, node)],
        keys=[key_fields(left_key, node.left, node), key_fields(right_key, node.right, node)],
        declared=Fields(*names),
        joiner=InnerJoin() if node.is_inner else LeftJoin(),
    )
    form: Form = (left_key, (left.form[1], renamed_form(value, renamed)))
    return Lowered(placed(join, node), names, form)


@lower_node.register
def _(node: n.Joined, wants_pair: bool) -> Lowered:
    sides = [pair_of(known[side], node) for side in node.sides]
    flags = _flags(node.tree)
    after = node.tree.steps
    is_plain = all(isinstance(step, ForEach) for step in after)
    if flags is not None and is_plain and node.order is None:
        return row_steps(_stock_join(node, sides, flags), node, after)
    return _buffer_join(node, sides)


def _flags(tree: JoinTree) -> list[bool] | None:
    """Return which sides must have values, when a stock joiner can do the whole join."""
    if isinstance(tree, Side):
        return None if tree.steps else [True]
    left, right = tree.left, tree.right
    if tree.call is not None or not isinstance(right, Side) or right.steps:
        return None
    if isinstance(left, Side):
        if left.steps:
            return None
        return [tree.kind in ("inner", "left"), tree.kind in ("inner", "right")]
    flags = None if left.steps else _flags(left)
    if flags is None or tree.kind not in ("inner", "left") or not any(flags):
        return None  # a part that is missing as a whole is more than its sides missing
    return [*flags, tree.kind == "inner"]


def _with_keys_alike(node: n.Node, sides: list[Lowered]) -> list[Lowered]:
    """Return sides of a join with keys in as many fields each, and no fields that nobody reads.

    Where they spread their keys differently, each key is one field.
    """
    forms = [side.form[0] for side in sides]
    are_apart = all(
        len(distinct_of(form)) == len(leaves_of(form)) and not has_objects(form) for form in forms
    )
    if are_apart and {shape_of(form) for form in forms} == {shape_of(forms[0])}:
        return [without_others(side, node) for side in sides]
    return [single_key(side, node) for side in sides]


def _stock_join(node: n.Joined, sides: list[Lowered], flags: list[bool]) -> Lowered:
    sides = [
        with_records(side, node) if must else narrowed_value(side, node)
        for side, must in zip(sides, flags, strict=True)
    ]
    sides = (
        _with_keys_alike(node, sides) if any(flags) else [single_key(side, node) for side in sides]
    )
    names: tuple[str, ...] = ()
    forms: list[Form] = []
    pipes: list[Pipe] = []
    for side in sides:
        names, renamed = names_apart(names, side.fields)
        forms.append(renamed_form(side.form, renamed))
        pipes.append(branch_again(side, node) if pipes else side.pipe)
    join = CoGroup(
        pipes=pipes,
        keys=_keys_of(node, sides),
        declared=Fields(*names),
        joiner=_joiner(flags),
        skewed=node.is_spread,
        partitions=partition_count(node.reducers),
    )
    value: Form = forms[0][1]
    for form in forms[1:]:
        value = (value, form[1])
    found = Lowered(placed(join, node), names, (forms[0][0], value))
    must = next((at for at, flag in enumerate(flags) if flag), None)
    if must is not None:
        return attrs.evolve(found, form=(forms[must][0], value))
    key = fresh_name("key", names)
    either = [form[0] for form in forms]
    call = TypedFunction("key", _first_key, tuple(range(len(either))), Fields(key))
    each = Each(found.pipe, Fields(*leaves_of(tuple(either))), call, Fields(*names, key))
    return Lowered(placed(each, node), (*names, key), (key, value))


def _keys_of(node: n.Joined, sides: list[Lowered]) -> list[Fields]:
    makers = zip(sides, node.sides, strict=True)
    return [key_fields(side.form[0], made, node) for side, made in makers]


def _joiner(flags: list[bool]) -> Joiner:
    if all(flags):
        return InnerJoin()
    return LeftJoin() if flags == [True, False] else MixedJoin(flags)


def _buffer_join(node: n.Joined, sides: list[Lowered]) -> Lowered:
    sides = [_ready_to_join(side, node) for side in sides]
    pipes = [side.pipe if not at else branch_again(side, node) for at, side in enumerate(sides)]
    group = Fields(*(f"key{at}" for at in range(len(sides))))
    join = CoGroup(
        pipes=pipes,
        keys=_keys_of(node, sides),
        result_group=group,
        joiner=BufferJoin(),
        partitions=partition_count(node.reducers),
    )
    call = join_buffer(
        node.tree,
        0,
        1,
        tuple(nesting_of(side.form[1], side.fields) for side in sides),
        Fields("key", "value"),
        node.origin,
    )
    every = Every(placed(join, node), Fields.ALL, call, Fields.RESULTS)
    return Lowered(placed(every, node), ("key", "value"), PAIR)


def _ready_to_join(side: Lowered, node: n.Node) -> Lowered:
    return with_records(single_key(grouped_fields(side, node, is_narrow=False), node), node)


def _first_key(keys: tuple[Any, ...]) -> Any:
    return next((key for key in keys if key is not None), None)
