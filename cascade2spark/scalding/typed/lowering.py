"""From nodes to ordinary pipes: `lowered`.

A lowered node is a pipe and its *form*: which fields the typed value lies in. A value of one field
is that field's, a tuple of forms a tuple: ``("key", ("left", "right"))`` is the pair of a key and a
pair. So joins, keys and values are taken apart and put together without a call, and the pairs that
a function returns become two fields at once. A node is lowered once; the pipe stays with it.

This file is longer than others: a function for each kind of node, and the forms they share.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from functools import singledispatch
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, Joiner, LeftJoin, MixedJoin
from cascade2spark.operations import Identity, Sample
from cascade2spark.operations.callables import Nesting, Shape
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.scalding.base import Source, source_pipe, trap_pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.literals import IterableSource
from cascade2spark.scalding.typed.operations import (
    CompleteCall,
    DrawNumber,
    LocalSumFunction,
    TallyFunction,
    TypedFilter,
    TypedFold,
    TypedFunction,
    groups_buffer,
    join_buffer,
    print_value,
)
from cascade2spark.scalding.typed.steps import Fold, ForEach, JoinTree, Side, Step, run_steps

__all__ = ["Form", "Lowered", "lowered", "pair_of", "with_fields", "written_pipe"]

Form: TypeAlias = "str | tuple[Form, ...]"
PAIR: Form = ("key", "value")
_CAPACITY = 100_000
_numbers = itertools.count()
# Names of branches with a trap; each is given once.
_trapped: set[str] = set()


@attrs.frozen(eq=False)
class Lowered:
    """A pipe and the fields that its typed value lies in.

    Args:
        fields: all fields of the pipe in their order.
        form: which of them make the value, and how.
    """

    pipe: Pipe
    fields: tuple[str, ...]
    form: Form

    @property
    def leaves(self) -> tuple[str, ...]:
        """The fields of the value, from left to right."""
        return leaves_of(self.form)

    @property
    def key(self) -> Form:
        """Where the first part of pairs lies."""
        return self.form[0]

    @property
    def value(self) -> Form:
        """Where the second part of pairs lies."""
        return self.form[1]


# By identity; a pipe knows nothing of the node it was made for.
_known: weakref.WeakKeyDictionary[n.Node, Lowered] = weakref.WeakKeyDictionary()


def lowered(node: n.Node, *, as_pair: bool = False) -> Lowered:
    """Return the pipe of a node.

    Args:
        as_pair: its values are pairs, and are wanted in a field for each part.
    """
    waiting: list[tuple[n.Node, bool]] = [(node, as_pair)]
    while waiting:
        top, wants_pair = waiting[-1]
        if top in _known:
            waiting.pop()
            continue
        missing = [(one, _wants_pair(top, wants_pair)) for one in top.inputs if one not in _known]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        _known[top] = _lower(top, wants_pair)
    found = _known[node]
    return pair_of(found, node) if as_pair else found


def with_fields(found: Lowered, node: n.Node, form: Form) -> Lowered:
    """Return the same values with their parts in the fields of another form of one structure."""
    wanted = leaves_of(form)
    if found.fields == wanted and found.form == form:
        return found
    if _shape(found.form) == _shape(form):
        each = Each(found.pipe, Fields(*found.leaves), Identity(Fields(*wanted)), Fields.RESULTS)
        return Lowered(_placed(each, node), wanted, form)
    if isinstance(form, str):
        call = TypedFunction(
            "tuple", _itself, _nesting(found.form, found.leaves), Fields(form), origin=node.origin
        )
    else:
        call = TypedFunction("pair", _itself, 0, Fields(*wanted), origin=node.origin)
    each = Each(found.pipe, Fields(*found.leaves), call, Fields.RESULTS)
    return Lowered(_placed(each, node), wanted, form)


def written_pipe(found: Lowered, node: n.Node, sink: Source) -> Pipe:
    """Return a pipe of the rows that a sink takes."""
    fields = sink.typed_sink_fields
    is_plain = type(sink).to_row is Source.to_row
    if (is_plain or sink.flat_fields is not None) and fields.is_defined():
        names = tuple(fields)
        if len(names) == 1:
            return with_fields(found, node, str(names[0])).pipe
        if _shape(found.form) == (0,) * len(names):
            untyped = Identity(Fields(*names))  # a sink's types do not change what is written
            each = Each(found.pipe, Fields(*found.leaves), untyped, Fields.RESULTS)
            return _placed(each, node)  # type: ignore[no-any-return]
    declared = fields if fields.is_defined() else Fields.UNKNOWN
    call = TypedFunction(
        "to_row",
        sink.to_row,
        _nesting(found.form, found.leaves),
        declared,
        shape=Shape.ROW,
        origin=node.origin,
    )
    return _placed(Each(found.pipe, Fields(*found.leaves), call, Fields.RESULTS), node)  # type: ignore[no-any-return]


def pair_of(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values with a form of two parts."""
    form = found.form
    if isinstance(form, str):
        return with_fields(found, node, PAIR)
    if len(form) != 2:
        raise BuildError(
            f"a keyed operator needs pairs, and the values here are tuples of {len(form)}",
            details={"fields": ", ".join(found.leaves)},
            origin=node.origin,
            fix="make pairs of them before: map(lambda row: (row[0], row[1:]))",
        )
    return found


def leaves_of(form: Form) -> tuple[str, ...]:
    """Return the fields of a form from left to right."""
    if isinstance(form, str):
        return (form,)
    return tuple(leaf for part in form for leaf in leaves_of(part))


# -- one node ------------------------------------------------------------------------------------

_PAIRED = (n.Keyed, n.MapValues, n.FlatMapValues, n.LocalSum, n.HashJoined, n.Reduced, n.Joined)
_PASSING = (n.Fork, n.Forced, n.Written, n.Debugged, n.OnComplete, n.Merged, n.Trapped, n.Filter)


def _wants_pair(node: n.Node, is_wanted: bool) -> bool:
    """Tell whether the inputs of a node are pairs, as far as the node tells."""
    if isinstance(node, n.Keyed):
        return False
    if isinstance(node, (*_PAIRED, n.Part)):
        return True
    if isinstance(node, n.Filter) and node.of_key:
        return True
    return is_wanted and isinstance(node, _PASSING)


@singledispatch
def _lower(node: n.Node, wants_pair: bool) -> Lowered:
    raise Unsupported(f"typed pipes know no {type(node).__name__}", origin=node.origin)


@_lower.register
def _(node: n.Read, wants_pair: bool) -> Lowered:
    source = node.source
    head = _placed(source_pipe(source), node)
    fields, known = source.typed_source_fields, source.source_fields
    is_named = known.is_defined() and all(isinstance(name, str) for name in known)
    if is_named and fields.is_defined() and type(source).to_value is Source.to_value:
        names = tuple(map(str, fields))
        return Lowered(head, tuple(map(str, known)), names[0] if len(names) == 1 else names)
    value = Fields("value")
    if not fields.is_defined():
        each = Each(head, Fields.ALL, _RowValue(source, value), Fields.RESULTS)
        return Lowered(_placed(each, node), ("value",), "value")
    flat = source.flat_fields
    if flat is not None:
        names = tuple(f"value_{number}" for number in range(len(fields)))
        typed = Identity(Fields(list(names), list(flat.get_types() or ())))
        each = Each(head, fields, typed, Fields.RESULTS)
        return Lowered(_placed(each, node), names, names)
    call = TypedFunction("to_value", source.to_value, tuple(range(len(fields))), value)
    each = Each(head, fields, call, Fields.RESULTS)
    return Lowered(_placed(each, node), ("value",), "value")


@_lower.register
def _(node: n.Map, wants_pair: bool) -> Lowered:
    return _called(node, "map", node.call, wants_pair)


@_lower.register
def _(node: n.FlatMap, wants_pair: bool) -> Lowered:
    return _called(node, "flat_map", node.call, wants_pair, many=True)


@_lower.register
def _(node: n.Chained, wants_pair: bool) -> Lowered:
    return _called(node, "chain", _chain(node.links), wants_pair, many=True)


def _chain(links: tuple[tuple[str, Callable[[Any], Any]], ...]) -> Callable[[Any], list[Any]]:
    def run(value: Any) -> list[Any]:
        values = [value]
        for kind, call in links:
            if kind == "map":
                values = [call(one) for one in values]
            elif kind == "flat_map":
                values = [made for one in values for made in call(one) or ()]
            else:
                values = [one for one in values if bool(call(one)) is (kind == "keep")]
        return values

    return run


@_lower.register
def _(node: n.Filter, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    form = found.form
    if node.of_key:
        found = pair_of(found, node)
        form = found.form[0]
    name = "filter_keys" if node.of_key else "filter" if node.keeps else "filter_not"
    leaves = leaves_of(form)
    call = TypedFilter(
        name, node.call, _nesting(form, leaves), keeps=node.keeps, origin=node.origin
    )
    each = Each(found.pipe, Fields(*leaves), call)
    return Lowered(_placed(each, node), found.fields, found.form)


@_lower.register
def _(node: n.Keyed, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    key = _fresh("key", found.fields)
    call = TypedFunction(
        "group_by", node.call, _nesting(found.form, found.leaves), Fields(key), origin=node.origin
    )
    fields = (key, *dict.fromkeys(found.leaves))
    each = Each(found.pipe, Fields(*dict.fromkeys(found.leaves)), call, Fields(*fields))
    return Lowered(_placed(each, node), fields, (key, found.form))


@_lower.register
def _(node: n.MapValues, wants_pair: bool) -> Lowered:
    return _of_values(node, "map_values", node.call)


@_lower.register
def _(node: n.FlatMapValues, wants_pair: bool) -> Lowered:
    return _of_values(node, "flat_map_values", node.call, many=True)


@_lower.register
def _(node: n.Part, wants_pair: bool) -> Lowered:
    found = pair_of(_known[node.previous], node)
    key, value = found.key, found.value
    form: Form = {"keys": key, "values": value, "swap": (value, key)}[node.which]
    return attrs.evolve(found, form=form)


@_lower.register
def _(node: n.Merged, wants_pair: bool) -> Lowered:
    parts = [_known[part] for part in node.parts]
    shapes = {_shape(part.form) for part in parts}
    if wants_pair:
        parts = [pair_of(part, node) for part in parts]
        parts = [_narrowed(part, node, PAIR) for part in parts]
    elif shapes == {_shape(PAIR)}:
        parts = [_narrowed(part, node, PAIR) for part in parts]
    else:
        parts = [_narrowed(part, node, "value") for part in parts]
    pipes: list[Pipe] = []
    for part in parts:
        # The same pipe twice is no merge; a pipe of its own is.
        taken = any(part.pipe is other for other in pipes)
        pipes.append(_again(part, node) if taken else part.pipe)
    return Lowered(_placed(Merge(*pipes), node), parts[0].fields, parts[0].form)


@_lower.register
def _(node: n.LocalSum, wants_pair: bool) -> Lowered:
    found = _grouped(pair_of(_known[node.previous], node), node)
    key, value = found.key, found.value
    keys = leaves_of(key)
    assert node.plus is not None and isinstance(value, str)
    call = LocalSumFunction(
        node.plus, _nesting(key, keys), Fields(*keys, value), node.capacity or _CAPACITY
    )
    each = Each(found.pipe, Fields(*keys, value), call, Fields.RESULTS)
    return Lowered(_placed(each, node), (*keys, value), found.form)


@_lower.register
def _(node: n.Sampled, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    sampled = Each(found.pipe, Fields(*found.fields), Sample(node.seed, node.fraction))
    return attrs.evolve(found, pipe=_placed(sampled, node))


@_lower.register
def _(node: n.Numbered, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    key = _fresh("key", found.fields)
    names = Fields(*found.fields)
    draw = DrawNumber(node.numbers, Fields(key))
    each = Each(found.pipe, names, draw, Fields(key, *found.fields))
    return Lowered(_placed(each, node), (key, *found.fields), (key, found.form))


@_lower.register
def _(node: n.Empty, wants_pair: bool) -> Lowered:
    head = _placed(source_pipe(IterableSource(())), node)
    found = Lowered(head, ("value",), "value")
    return pair_of(found, node) if wants_pair else found


@_lower.register
def _(node: n.Fork, wants_pair: bool) -> Lowered:
    return _known[node.previous]


@_lower.register
def _(node: n.Written, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    if found.pipe.name in _trapped:
        return found  # another name would end what the trap covers
    return attrs.evolve(found, pipe=_placed(Pipe(node.text, found.pipe), node))


@_lower.register
def _(node: n.Forced, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    return attrs.evolve(found, pipe=_placed(Checkpoint(found.pipe), node))


@_lower.register
def _(node: n.Trapped, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    trapped = _placed(trap_pipe(node.trap, found.pipe), node)
    _trapped.add(trapped.name)
    return attrs.evolve(found, pipe=trapped)


@_lower.register
def _(node: n.Debugged, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    leaves = found.leaves
    call = TypedFilter("debug", print_value(node.prefix), _nesting(found.form, leaves), keeps=True)
    return attrs.evolve(found, pipe=_placed(Each(found.pipe, Fields(*leaves), call), node))


@_lower.register
def _(node: n.OnComplete, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    names = Fields(*found.fields)
    each = Each(found.pipe, names, CompleteCall(node.call, names), Fields.RESULTS)
    return attrs.evolve(found, pipe=_placed(each, node))


@_lower.register
def _(node: n.Tallied, wants_pair: bool) -> Lowered:
    found = _known[node.previous]
    names = Fields(*found.fields)
    call = TallyFunction(node.call, _nesting(found.form, found.fields), names)
    each = Each(found.pipe, names, call, Fields.RESULTS)
    return attrs.evolve(found, pipe=_placed(each, node))


@_lower.register
def _(node: n.HashJoined, wants_pair: bool) -> Lowered:
    left = pair_of(_known[node.left], node)
    right = pair_of(_known[node.right], node)
    if not node.is_inner:
        right = _with_value(right, node)
    left, right = _with_single_key(left, node), _with_single_key(right, node)
    return _hash_joined(node, left, right, left.form[0], right.form[0], right.form[1])


@_lower.register
def _(node: n.Cross, wants_pair: bool) -> Lowered:
    left, right = _known[node.left], _known[node.right]
    if not node.is_inner:
        right = _narrowed(right, node, "value")
    names, renamed = _apart(left.fields, right.fields)
    joiner = InnerJoin() if node.is_inner else LeftJoin()
    pipes = [left.pipe, _again(right, node)]
    join = HashJoin(
        pipes=pipes, keys=[Fields.NONE, Fields.NONE], declared=Fields(*names), joiner=joiner
    )
    form: Form = (left.form, _renamed(right.form, renamed))
    return Lowered(_placed(join, node), names, form)


def _hash_joined(
    node: n.HashJoined, left: Lowered, right: Lowered, left_key: Form, right_key: Form, value: Form
) -> Lowered:
    names, renamed = _apart(left.fields, right.fields)
    join = HashJoin(
        pipes=[left.pipe, _again(right, node)],
        keys=[_key_fields(left_key), _key_fields(right_key)],
        declared=Fields(*names),
        joiner=InnerJoin() if node.is_inner else LeftJoin(),
    )
    form: Form = (left_key, (left.form[1], _renamed(value, renamed)))
    return Lowered(_placed(join, node), names, form)


@_lower.register
def _(node: n.Reduced, wants_pair: bool) -> Lowered:
    found = pair_of(_known[node.previous], node)
    todo = node.steps
    if not todo and node.sorting is None and node.reducers is None:
        return found
    after = _last_of_group(todo)
    if after and isinstance(todo[0], Fold) and node.sorting is None:
        made = _folded(node, found, todo[0])
        rest = todo[1:after]
        if rest or todo[0].is_many:
            made = _row_step(made, node, "group", todo[0].name, _rest_of_group(todo[0], rest))
        return _row_steps(made, node, todo[after:])
    return _row_steps(_group_steps(node, found, todo[:after]), node, todo[after:])


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
    found = _grouped(found, node, is_narrow=False)
    key, value = found.key, found.value
    keys, leaves = leaves_of(key), leaves_of(value)
    result = _fresh("value", found.fields) if "value" in keys else "value"
    group = _placed(GroupBy(found.pipe, _key_fields(key), partitions=_count(node.reducers)), node)
    call = TypedFold(fold, _nesting(value, leaves), Fields(result))
    every = _placed(Every(group, Fields(*leaves), call, Fields(*keys, result)), node)
    return Lowered(every, (*keys, result), (key, result))


def _group_steps(node: n.Reduced, found: Lowered, todo: tuple[Step, ...]) -> Lowered:
    sorting = node.sorting
    found = _grouped(found, node, is_narrow=False)
    sort: Fields | None = None
    key, value = found.key, found.value
    if sorting is not None:
        found, sort = _sorted_by(node, found)
    group = GroupBy(found.pipe, _key_fields(key), sort=sort, partitions=_count(node.reducers))
    if not todo:
        if sort is None:
            return attrs.evolve(found, pipe=_placed(group, node))
        todo = ()
    keys = leaves_of(key)
    result = "value" if "value" not in keys else _fresh("value", found.fields)
    fields = Fields(*keys, result)
    call = groups_buffer(
        todo,
        _nesting(key, keys),
        len(keys),
        _nesting(value, found.fields),
        fields,
        node.origin,
    )
    every = Every(_placed(group, node), Fields.ALL, call, Fields.RESULTS)
    return Lowered(_placed(every, node), (*keys, result), (key, result))


def _sorted_by(node: n.Reduced, found: Lowered) -> tuple[Lowered, Fields]:
    sorting = node.sorting
    assert sorting is not None
    key, value = found.key, found.value
    if sorting.compare is None and sorting.key is None:
        names: tuple[str, ...] = leaves_of(value)
        if not isinstance(value, str) and _shape(value) != (0,) * len(value):
            found = _narrowed_value(found, node)
            names = leaves_of(found.form[1])
    else:
        name = _fresh("sort", found.fields)
        leaves = leaves_of(value)
        call = TypedFunction(
            "sort_by",
            sorting.key or _itself,
            _nesting(value, leaves),
            Fields(name),
            origin=node.origin,
        )
        fields = (*leaves_of(key), name, *leaves)
        each = Each(found.pipe, Fields(*leaves), call, Fields(*fields))
        found = Lowered(_placed(each, node), fields, found.form)
        names = (name,)
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


def _row_steps(found: Lowered, node: n.Node, todo: tuple[Step, ...]) -> Lowered:
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
    keys = leaves_of(key)
    form = found.form if kind in ("filter", "group") else value
    leaves = leaves_of(form)
    nesting = _nesting(form, leaves)
    if kind == "filter":
        keeps = TypedFilter(name, call, nesting, keeps=True, origin=node.origin)
        return attrs.evolve(found, pipe=_placed(Each(found.pipe, Fields(*leaves), keeps), node))
    result = _fresh("value", found.fields)
    operation = TypedFunction(
        name, call, nesting, Fields(result), many=kind != "map", origin=node.origin
    )
    each = Each(found.pipe, Fields(*leaves), operation, Fields(*keys, result))
    return Lowered(_placed(each, node), (*keys, result), (key, result))


@_lower.register
def _(node: n.Joined, wants_pair: bool) -> Lowered:
    sides = [pair_of(_known[side], node) for side in node.sides]
    flags = _flags(node.tree)
    after = node.tree.steps
    if flags is not None and all(isinstance(step, ForEach) for step in after):
        return _row_steps(_stock_join(node, sides, flags), node, after)
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


def _stock_join(node: n.Joined, sides: list[Lowered], flags: list[bool]) -> Lowered:
    sides = [_with_single_key(side, node) for side in sides]
    sides = [
        side if must else _with_value(side, node) for side, must in zip(sides, flags, strict=True)
    ]
    names: tuple[str, ...] = ()
    forms: list[Form] = []
    pipes: list[Pipe] = []
    for side in sides:
        names, renamed = _apart(names, side.fields)
        forms.append(_renamed(side.form, renamed))
        pipes.append(_again(side, node) if pipes else side.pipe)
    join = CoGroup(
        pipes=pipes,
        keys=[_key_fields(side.form[0]) for side in sides],
        declared=Fields(*names),
        joiner=_joiner(flags),
        skewed=node.is_spread,
        partitions=_count(node.reducers),
    )
    value: Form = forms[0][1]
    for form in forms[1:]:
        value = (value, form[1])
    found = Lowered(_placed(join, node), names, (forms[0][0], value))
    must = next((at for at, flag in enumerate(flags) if flag), None)
    if must is not None:
        return attrs.evolve(found, form=(forms[must][0], value))
    key = _fresh("key", names)
    either = [form[0] for form in forms]
    call = TypedFunction("key", _first_key, tuple(range(len(either))), Fields(key))
    each = Each(found.pipe, Fields(*leaves_of(tuple(either))), call, Fields(*names, key))
    return Lowered(_placed(each, node), (*names, key), (key, value))


def _joiner(flags: list[bool]) -> Joiner:
    if all(flags):
        return InnerJoin()
    return LeftJoin() if flags == [True, False] else MixedJoin(flags)


def _buffer_join(node: n.Joined, sides: list[Lowered]) -> Lowered:
    sides = [_with_single_key(_grouped(side, node, is_narrow=False), node) for side in sides]
    pipes = [side.pipe if not at else _again(side, node) for at, side in enumerate(sides)]
    group = Fields(*(f"key{at}" for at in range(len(sides))))
    join = CoGroup(
        pipes=pipes,
        keys=[_key_fields(side.form[0]) for side in sides],
        result_group=group,
        joiner=BufferJoin(),
        partitions=_count(node.reducers),
    )
    call = join_buffer(
        node.tree,
        0,
        1,
        tuple(_nesting(side.form[1], side.fields) for side in sides),
        Fields("key", "value"),
        node.origin,
    )
    every = Every(_placed(join, node), Fields.ALL, call, Fields.RESULTS)
    return Lowered(_placed(every, node), ("key", "value"), PAIR)


# -- parts ---------------------------------------------------------------------------------------


def _called(
    node: n.Map | n.FlatMap | n.Chained, name: str, call: Any, wants_pair: bool, many: bool = False
) -> Lowered:
    found = _known[node.previous]
    form: Form = PAIR if wants_pair else "value"
    fields = leaves_of(form)
    leaves = found.leaves
    operation = TypedFunction(
        name, call, _nesting(found.form, leaves), Fields(*fields), many=many, origin=node.origin
    )
    each = Each(found.pipe, Fields(*leaves), operation, Fields.RESULTS)
    return Lowered(_placed(each, node), fields, form)


def _of_values(node: Any, name: str, call: Any, many: bool = False) -> Lowered:
    found = pair_of(_known[node.previous], node)
    key, value = found.key, found.value
    keys, leaves = tuple(dict.fromkeys(leaves_of(key))), leaves_of(value)
    result = _fresh("value", found.fields)
    operation = TypedFunction(
        name, call, _nesting(value, leaves), Fields(result), many=many, origin=node.origin
    )
    fields = (*keys, result)
    each = Each(found.pipe, Fields(*dict.fromkeys(leaves)), operation, Fields(*fields))
    return Lowered(_placed(each, node), fields, (key, result))


def _grouped(found: Lowered, node: n.Node, *, is_narrow: bool = True) -> Lowered:
    """Return pairs whose fields are those of the key, then those of the value, none twice."""
    if found.pipe.name in _trapped:  # the trap ends here
        branch = _placed(Pipe(f"{found.pipe.name} {next(_numbers)}", found.pipe), node)
        found = attrs.evolve(found, pipe=branch)
    value = found.form[1]
    if is_narrow and not isinstance(value, str):
        return _narrowed_value(found, node)
    leaves = found.leaves
    if len(set(leaves)) < len(leaves):
        return with_fields(found, node, _numbered(found.form))
    if found.fields == leaves:
        return found
    each = Each(found.pipe, Fields(*leaves), Identity(), Fields.RESULTS)
    return Lowered(_placed(each, node), leaves, found.form)


def _narrowed(found: Lowered, node: n.Node, form: Form) -> Lowered:
    """Return values in the fields of a form, each part of which may stand for more."""
    if isinstance(form, str) or _shape(found.form) == _shape(form):
        return with_fields(found, node, form)
    for place, (part, name) in enumerate(zip(found.form, form, strict=True)):
        if not isinstance(part, str):
            found = _one_field(found, node, place, f"{name}_{place}")
    return with_fields(found, node, form)


def _one_field(found: Lowered, node: n.Node, place: int, name: str) -> Lowered:
    """Return pairs of which one part lies in one field."""
    part = found.form[place]
    if isinstance(part, str):
        return found
    leaves = tuple(dict.fromkeys(leaves_of(part)))
    new = _fresh(name, found.fields)
    call = TypedFunction("tuple", _itself, _nesting(part, leaves), Fields(new))
    other = tuple(dict.fromkeys(leaves_of(found.form[1 - place])))
    each = Each(found.pipe, Fields(*leaves), call, Fields(*other, new))
    form: Form = (new, found.form[1]) if place == 0 else (found.form[0], new)
    return Lowered(_placed(each, node), (*other, new), form)


def _narrowed_value(found: Lowered, node: n.Node) -> Lowered:
    return _one_field(found, node, 1, "value")


def _with_value(found: Lowered, node: n.Node) -> Lowered:
    """Return pairs whose value is one field, so that its absence is one None."""
    return _narrowed_value(found, node)


def _with_single_key(found: Lowered, node: n.Node) -> Lowered:
    """Return pairs whose key is one field, as sides of a join may spread theirs differently."""
    found = _one_field(found, node, 0, "key")
    leaves = found.leaves
    if len(set(leaves)) < len(leaves):
        found = with_fields(found, node, _numbered(found.form))
    return found


def _again(found: Lowered, node: n.Node) -> Pipe:
    """Return the same rows as a branch of its own, whose name no other one has."""
    branch = Pipe(f"{found.pipe.name} {next(_numbers)}", found.pipe)
    each = Each(_placed(branch, node), Fields(*found.fields), Identity(), Fields.RESULTS)
    return _placed(each, node)  # type: ignore[no-any-return]


def _key_fields(form: Form) -> Fields:
    names = leaves_of(form)
    fields = Fields(*names)
    fields.set_comparators(*[PythonOrder()] * len(names))
    return fields


def _count(reducers: int | None) -> int | None:
    return reducers if reducers is not None and reducers > 0 else None


def _apart(taken: tuple[str, ...], more: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return all names, those of `more` changed where they are taken, and how."""
    names = list(taken)
    renamed: dict[str, str] = {}
    for name in more:
        renamed[name] = _fresh(name, tuple(names))
        names.append(renamed[name])
    return tuple(names), renamed


def _renamed(form: Form, names: dict[str, str]) -> Form:
    if isinstance(form, str):
        return names[form]
    return tuple(_renamed(part, names) for part in form)


def _numbered(form: Form) -> Form:
    numbers = iter(range(1_000_000))

    def fill(part: Form) -> Form:
        if isinstance(part, str):
            return f"f{next(numbers)}"
        return tuple(map(fill, part))

    return fill(form)


def _shape(form: Form) -> Any:
    return 0 if isinstance(form, str) else tuple(map(_shape, form))


def _nesting(form: Form, fields: tuple[str, ...]) -> Nesting:
    if isinstance(form, str):
        return fields.index(form)
    return tuple(_nesting(part, fields) for part in form)


def _fresh(name: str, taken: tuple[str, ...]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def _placed(pipe: Any, node: n.Node) -> Any:
    """Have errors of a pipe name the line that built the node."""
    object.__setattr__(pipe, "origin", node.origin)
    return pipe


def _itself(value: Any) -> Any:
    return value


def _first_key(keys: tuple[Any, ...]) -> Any:
    return next((key for key in keys if key is not None), None)


class _RowValue(TypedFunction):
    """The value of a row whose fields only the data tells."""

    def __init__(self, source: Source, fields: Fields) -> None:
        super().__init__("to_value", source.to_value, 0, fields)
        self.nesting = None
        self.source = source

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the source's function of the whole row."""
        to_value = self.source.to_value
        return lambda *row: to_value(row)
