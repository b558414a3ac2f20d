"""Lowering of what looks at one value at a time, of sources, and of hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.bytecode.picks import ends_with_argument, made_shape, splits_words
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity, Sample
from cascade2spark.pipes import Checkpoint, Each, Merge, Pipe
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.decoding import TolerantDecoder
from cascade2spark.scalding.flow_state import source_pipe, trap_pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import itself
from cascade2spark.scalding.typed.forms import (
    PAIR,
    Form,
    Lowered,
    distinct_of,
    fresh_name,
    leaves_of,
    nesting_of,
    numbered_form,
    placed,
    shape_of,
    trapped_branches,
)
from cascade2spark.scalding.typed.literals import IterableSource
from cascade2spark.scalding.typed.lowering_base import known, lower_node
from cascade2spark.scalding.typed.moves import (
    branch_again,
    grouped_fields,
    narrowed,
    pair_of,
    picked_of,
    read_of,
    with_fields,
    without_others,
)
from cascade2spark.scalding.typed.operations import (
    CompleteCall,
    DrawNumber,
    ExactFunction,
    LocalSumFunction,
    TallyFunction,
    TypedFilter,
    TypedFunction,
    print_value,
)
from cascade2spark.scalding.typed.records import record_of

__all__: list[str] = []


@lower_node.register
def _(node: n.Read, wants_pair: bool) -> Lowered:
    source = node.source
    head = placed(source_pipe(source), node)
    fields, named = source.typed_source_fields, source.source_fields
    is_named = named.is_defined() and all(isinstance(name, str) for name in named)
    if is_named and fields.is_defined() and type(source).to_value is Source.to_value:
        names = tuple(map(str, fields))
        return Lowered(head, tuple(map(str, named)), names[0] if len(names) == 1 else names)
    value = Fields("value")
    if not fields.is_defined():
        each = Each(head, Fields.ALL, _RowValue(source, value), Fields.RESULTS)
        return Lowered(placed(each, node), ("value",), "value")
    flat = source.flat_fields
    if flat is not None:
        names = tuple(f"value_{number}" for number in range(len(fields)))
        typed = Identity(Fields(list(names), list(flat.get_types() or ())))
        each = Each(head, fields, typed, Fields.RESULTS)
        return Lowered(placed(each, node), names, names)
    is_tolerant = source.max_failures > 0
    make = TolerantDecoder(source) if is_tolerant else source.to_value
    places = tuple(range(len(fields)))
    call = TypedFunction("to_value", make, places, value, many=is_tolerant)
    each = Each(head, fields, call, Fields.RESULTS)
    return Lowered(placed(each, node), ("value",), "value")


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


@lower_node.register
def _(node: n.Map, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    taken = picked_of(found, node, node.call, found.form)
    if taken is not None:
        return attrs.evolve(taken[0], form=taken[1])
    return _called(node, "map", node.call, wants_pair)


@lower_node.register
def _(node: n.FlatMap, wants_pair: bool) -> Lowered:
    alike = "words" if splits_words(node.call) and not wants_pair else None
    return _called(node, "flat_map", node.call, wants_pair, many=True, alike=alike)


@lower_node.register
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


def _called(
    node: n.Map | n.FlatMap | n.Chained,
    name: str,
    call: Any,
    wants_pair: bool,
    many: bool = False,
    alike: str | None = None,
) -> Lowered:
    found = known[node.previous]
    read = read_of(found, call, found.form)
    leaves = distinct_of(read)
    nesting = nesting_of(read, leaves)
    shape = 0 if many else made_shape(call)
    if isinstance(shape, tuple) and len(shape) > 1 and (len(shape) == 2 or not wants_pair):
        names = ("key", "value") if len(shape) == 2 else _names("value", len(shape))
        exact = ExactFunction(name, call, nesting, Fields(*names), origin=node.origin)
        each = Each(found.pipe, Fields(*leaves), exact, Fields.RESULTS)
        given = found.records.get(leaves[0]) if ends_with_argument(call) else None
        records = {} if given is None or found.form != leaves[0] else {names[-1]: given}
        return _taken_apart(Lowered(placed(each, node), names, names, records), node, shape)
    form: Form = PAIR if wants_pair else "value"
    fields = leaves_of(form)
    operation = TypedFunction(
        name, call, nesting, Fields(*fields), many=many, origin=node.origin, alike=alike
    )
    each = Each(found.pipe, Fields(*leaves), operation, Fields.RESULTS)
    is_chain = isinstance(node, n.Chained) or form != "value"
    record = None if is_chain else record_of(call, many=many)
    records = {} if record is None else {"value": record}
    return Lowered(placed(each, node), fields, form, records)


def _taken_apart(found: Lowered, node: n.Node, shape: tuple[Any, ...]) -> Lowered:
    """Return tuples whose last part is a tuple too, with a field for each of its parts."""
    inner = shape[-1]
    if not isinstance(inner, tuple) or len(inner) < 2:
        return found
    *kept, last = found.fields
    names = _names(last, len(inner))
    exact = ExactFunction("parts", itself, 0, Fields(*names), origin=node.origin)
    each = Each(found.pipe, Fields(last), exact, Fields(*kept, *names))
    return Lowered(placed(each, node), (*kept, *names), (*kept, names))


def _names(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{number}" for number in range(count))


@lower_node.register
def _(node: n.Filter, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    form = found.form
    if node.of_key:
        found = pair_of(found, node)
        form = found.form[0]
    name = "filter_keys" if node.of_key else "filter" if node.keeps else "filter_not"
    read = read_of(found, node.call, form)
    leaves = distinct_of(read)
    call = TypedFilter(
        name, node.call, nesting_of(read, leaves), keeps=node.keeps, origin=node.origin
    )
    each = Each(found.pipe, Fields(*leaves), call)
    return attrs.evolve(found, pipe=placed(each, node))


@lower_node.register
def _(node: n.Keyed, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    taken = picked_of(found, node, node.call, found.form)
    if taken is not None:
        return attrs.evolve(taken[0], form=(taken[1], found.form))
    key = fresh_name("key", found.fields)
    leaves, read = found.distinct, read_of(found, node.call, found.form)
    wanted = distinct_of(read)
    call = TypedFunction(
        "group_by", node.call, nesting_of(read, wanted), Fields(key), origin=node.origin
    )
    each = Each(found.pipe, Fields(*wanted), call, Fields(key, *leaves))
    return Lowered(placed(each, node), (key, *leaves), (key, found.form), found.records)


@lower_node.register
def _(node: n.MapValues, wants_pair: bool) -> Lowered:
    found = pair_of(known[node.previous], node)
    taken = picked_of(found, node, node.call, found.value)
    if taken is not None:
        return attrs.evolve(taken[0], form=(found.key, taken[1]))
    return _of_values(node, "map_values", node.call)


@lower_node.register
def _(node: n.FlatMapValues, wants_pair: bool) -> Lowered:
    return _of_values(node, "flat_map_values", node.call, many=True)


def _of_values(node: Any, name: str, call: Any, many: bool = False) -> Lowered:
    found = pair_of(known[node.previous], node)
    key, value = found.key, found.value
    keys, read = distinct_of(key), read_of(found, call, value)
    leaves = distinct_of(read)
    result = fresh_name("value", found.fields)
    operation = TypedFunction(
        name, call, nesting_of(read, leaves), Fields(result), many=many, origin=node.origin
    )
    fields = (*keys, result)
    each = Each(found.pipe, Fields(*leaves), operation, Fields(*fields))
    return Lowered(placed(each, node), fields, (key, result))


@lower_node.register
def _(node: n.Part, wants_pair: bool) -> Lowered:
    found = pair_of(known[node.previous], node)
    key, value = found.key, found.value
    form: Form = {"keys": key, "values": value, "swap": (value, key)}[node.which]
    return attrs.evolve(found, form=form)


@lower_node.register
def _(node: n.Merged, wants_pair: bool) -> Lowered:
    parts = [known[part] for part in node.parts]
    shapes = {shape_of(part.form) for part in parts}
    if wants_pair and len(shapes) > 1:
        parts = [pair_of(part, node) for part in parts]
        parts = [narrowed(part, node, PAIR) for part in parts]
    elif len(shapes) == 1:
        form = parts[0].form
        same = numbered_form(form) if isinstance(form, tuple) else "value"
        parts = [with_fields(part, node, same) for part in parts]
    else:
        parts = [narrowed(part, node, "value") for part in parts]
    pipes: list[Pipe] = []
    for part in parts:
        # The same pipe twice is no merge; a pipe of its own is.
        taken = any(part.pipe is other for other in pipes)
        pipes.append(branch_again(part, node) if taken else part.pipe)
    return Lowered(placed(Merge(*pipes), node), parts[0].fields, parts[0].form)


@lower_node.register
def _(node: n.LocalSum, wants_pair: bool) -> Lowered:
    found = grouped_fields(pair_of(known[node.previous], node), node)
    key, value = found.key, found.value
    keys = leaves_of(key)
    assert node.plus is not None and isinstance(value, str)
    call = LocalSumFunction(node.plus, nesting_of(key, keys), Fields(*keys, value), node.capacity)
    each = Each(found.pipe, Fields(*keys, value), call, Fields.RESULTS)
    return Lowered(placed(each, node), (*keys, value), found.form)


@lower_node.register
def _(node: n.Sampled, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    sampled = Each(found.pipe, Fields(*found.fields), Sample(node.seed, node.fraction))
    return attrs.evolve(found, pipe=placed(sampled, node))


@lower_node.register
def _(node: n.Numbered, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    key = fresh_name("key", found.fields)
    names = Fields(*found.fields)
    draw = DrawNumber(node.numbers, Fields(key))
    each = Each(found.pipe, names, draw, Fields(key, *found.fields))
    return Lowered(placed(each, node), (key, *found.fields), (key, found.form))


@lower_node.register
def _(node: n.Empty, wants_pair: bool) -> Lowered:
    head = placed(source_pipe(IterableSource(())), node)
    found = Lowered(head, ("value",), "value")
    return pair_of(found, node) if wants_pair else found


@lower_node.register
def _(node: n.Fork, wants_pair: bool) -> Lowered:
    return known[node.previous]


@lower_node.register
def _(node: n.Written, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    if found.pipe.name in trapped_branches:
        return found  # another name would end what the trap covers
    return attrs.evolve(found, pipe=placed(Pipe(node.text, found.pipe), node))


@lower_node.register
def _(node: n.Forced, wants_pair: bool) -> Lowered:
    found = without_others(known[node.previous], node)
    return attrs.evolve(found, pipe=placed(Checkpoint(found.pipe), node))


@lower_node.register
def _(node: n.Trapped, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    trapped = placed(trap_pipe(node.trap, found.pipe), node)
    trapped_branches.add(trapped.name)
    return attrs.evolve(found, pipe=trapped)


@lower_node.register
def _(node: n.Debugged, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    leaves = found.distinct
    call = TypedFilter(
        "debug", print_value(node.prefix), nesting_of(found.form, leaves), keeps=True
    )
    return attrs.evolve(found, pipe=placed(Each(found.pipe, Fields(*leaves), call), node))


@lower_node.register
def _(node: n.OnComplete, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    names = Fields(*found.fields)
    each = Each(found.pipe, names, CompleteCall(node.call, names), Fields.RESULTS)
    return attrs.evolve(found, pipe=placed(each, node))


@lower_node.register
def _(node: n.Tallied, wants_pair: bool) -> Lowered:
    found = known[node.previous]
    names = Fields(*found.fields)
    call = TallyFunction(node.call, nesting_of(found.form, found.fields), names)
    each = Each(found.pipe, names, call, Fields.RESULTS)
    return attrs.evolve(found, pipe=placed(each, node))
