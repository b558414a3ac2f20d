"""How the values of typed pipes move between fields: picked, packed, taken apart, left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.bytecode.picks import Constant, Picked, picked
from cascade2spark.bytecode.reads import attributes_read, parts_read
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity, Insert
from cascade2spark.pipes import Each, Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import as_pair, itself
from cascade2spark.scalding.typed.forms import (
    PAIR,
    Form,
    Lowered,
    Part,
    Whole,
    branch_numbers,
    distinct_of,
    fresh_name,
    has_objects,
    leaves_of,
    nesting_of,
    placed,
    shape_of,
    trapped_branches,
    with_leaves,
)
from cascade2spark.scalding.typed.operations import RecordFunction, TypedFunction

__all__ = [
    "branch_again",
    "grouped_fields",
    "narrowed",
    "narrowed_value",
    "one_field",
    "pair_of",
    "picked_of",
    "read_of",
    "single_key",
    "with_fields",
    "with_only",
    "with_own_fields",
    "with_records",
    "without_others",
]


def with_fields(found: Lowered, node: n.Node, form: Form) -> Lowered:
    """Return the same values with their parts in the fields of another form of one structure."""
    wanted = leaves_of(form)
    if found.fields == wanted and found.form == form:
        return found
    found = with_own_fields(found, node)
    if shape_of(found.form) == shape_of(form):
        each = Each(found.pipe, Fields(*found.leaves), Identity(Fields(*wanted)), Fields.RESULTS)
        return Lowered(placed(each, node), wanted, form)
    if isinstance(form, str):
        call = TypedFunction(
            "tuple", itself, nesting_of(found.form, found.leaves), Fields(form), origin=node.origin
        )
    else:
        is_pair = shape_of(form) == (0, 0)
        nesting = nesting_of(found.form, found.leaves)
        call = TypedFunction(
            "pair", as_pair if is_pair else itself, nesting, Fields(*wanted), origin=node.origin
        )
    each = Each(found.pipe, Fields(*found.leaves), call, Fields.RESULTS)
    return Lowered(placed(each, node), wanted, form)


def picked_of(found: Lowered, node: n.Node, call: Any, form: Form) -> tuple[Lowered, Form] | None:
    """Return where the results of a function lie, if it only takes the values of a form apart.

    Constants of the function become fields.
    """
    made = picked(call, form)
    if made is None:
        return None

    def fill(part: Picked) -> Form:
        nonlocal found
        if isinstance(part, (str, Whole)):
            return part
        if isinstance(part, tuple):
            return tuple(map(fill, part))
        found, name = _with_constant(found, node, part)
        return name

    form = fill(made)
    return found, form


def _with_constant(found: Lowered, node: n.Node, constant: Constant) -> tuple[Lowered, str]:
    name = fresh_name("constant", found.fields)
    insert = Insert(Fields(name), constant.value)
    each = Each(found.pipe, Fields.NONE, insert, Fields.ALL)
    fields = (*found.fields, name)
    return attrs.evolve(found, pipe=placed(each, node), fields=fields), name


def read_of(found: Lowered, call: Any, form: Form) -> Part:
    """Return the parts of a form that a function reads; all of them where a trap may take them."""
    if found.pipe.name in trapped_branches:
        return form
    read: Part = parts_read(call, form)
    return read


def with_own_fields(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values with a field of its own for each part: what stands twice is copied."""
    leaves = found.leaves
    if len(set(leaves)) == len(leaves):
        return found
    pipe, fields, seen = found.pipe, found.fields, set[str]()

    def own(part: str) -> str:
        nonlocal pipe, fields
        if part not in seen:
            seen.add(part)
            return part
        name = fresh_name(part, fields)
        pipe = placed(Each(pipe, Fields(part), Identity(Fields(name)), Fields.ALL), node)
        fields = (*fields, name)
        return name

    form = with_leaves(found.form, own)
    return Lowered(pipe, fields, form, found.records)


def without_others(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values in a pipe that has no other fields, each once."""
    return with_only(found, node, found.leaves)


def with_only(found: Lowered, node: n.Node, fields: Iterable[Any]) -> Lowered:
    """Return the same rows with some fields only."""
    leaves = tuple(dict.fromkeys(map(str, fields)))
    if found.fields == leaves:
        return found
    each = Each(found.pipe, Fields(*leaves), Identity(), Fields.RESULTS)
    return attrs.evolve(found, pipe=placed(each, node), fields=leaves)


def with_records(found: Lowered, node: n.Node, reader: Any = None) -> Lowered:
    """Return pairs in whose values objects of known classes lie in fields of their own.

    Nothing else may be asked of these fields: an object may turn out to be another one.

    Args:
        reader: the function of a key and the iterator of its values that is all that reads them.
    """
    for leaf in distinct_of(found.value):
        record = found.records.get(leaf)
        if record is None or leaf in leaves_of(found.key):
            continue
        if reader is not None and found.value == leaf:
            read = attributes_read(reader, record.names, 1)
            record = record if read is None else record.keeping(read)
        others = tuple(name for name in found.fields if name != leaf)
        names = tuple(fresh_name(f"{leaf}_{name}", others) for name in record.kept)
        call = RecordFunction(record, Fields(*names), node.origin)
        each = Each(found.pipe, Fields(leaf), call, Fields(*others, *names))
        whole = Whole.of(record, names)
        value = _replaced(found.value, leaf, whole)
        found = Lowered(placed(each, node), (*others, *names), (found.key, value), found.records)
    return found


def _replaced(form: Form, leaf: str, by: Form) -> Form:
    if isinstance(form, (str, Whole)):
        return by if form == leaf else form
    return tuple(_replaced(part, leaf, by) for part in form)


def pair_of(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values with a form of two parts."""
    form = found.form
    if isinstance(form, (str, Whole)):
        return with_fields(found, node, PAIR)
    if len(form) != 2:
        raise BuildError(
            f"a keyed operator needs pairs, and the values here are tuples of {len(form)}",
            details={"fields": ", ".join(found.leaves)},
            origin=node.origin,
            fix="make pairs of them before: map(lambda row: (row[0], row[1:]))",
        )
    return found


def grouped_fields(found: Lowered, node: n.Node, *, is_narrow: bool = True) -> Lowered:
    """Return pairs whose fields are those of the key and the value and no others, each once.

    A field may be of the key and of the value, but stands once in the key.
    """
    if found.pipe.name in trapped_branches:  # the trap ends here
        branch = placed(Pipe(f"{found.pipe.name} {next(branch_numbers)}", found.pipe), node)
        found = attrs.evolve(found, pipe=branch)
    value = found.form[1]
    if is_narrow and not isinstance(value, str):
        return narrowed_value(found, node)
    if has_objects(found.key):
        found = one_field(found, node, 0, "key")
    keys = leaves_of(found.key)
    if len(set(keys)) < len(keys):
        found = with_own_fields(found, node)
    return without_others(found, node)


def narrowed(found: Lowered, node: n.Node, form: Form) -> Lowered:
    """Return values in the fields of a form, each part of which may stand for more."""
    if isinstance(form, str) or shape_of(found.form) == shape_of(form):
        return with_fields(found, node, form)
    for place, (part, name) in enumerate(zip(found.form, form, strict=True)):
        if not isinstance(part, str):
            found = one_field(found, node, place, f"{name}_{place}")
    return with_fields(found, node, form)


def one_field(found: Lowered, node: n.Node, place: int, name: str) -> Lowered:
    """Return pairs of which one part lies in one field."""
    part = found.form[place]
    if isinstance(part, str):
        return found
    leaves = distinct_of(part)
    new = fresh_name(name, found.fields)
    call = TypedFunction("tuple", itself, nesting_of(part, leaves), Fields(new))
    other = distinct_of(found.form[1 - place])
    each = Each(found.pipe, Fields(*leaves), call, Fields(*other, new))
    form: Form = (new, found.form[1]) if place == 0 else (found.form[0], new)
    return Lowered(placed(each, node), (*other, new), form, found.records)


def narrowed_value(found: Lowered, node: n.Node) -> Lowered:
    return one_field(found, node, 1, "value")


def single_key(found: Lowered, node: n.Node) -> Lowered:
    """Return pairs whose key is one field, as sides of a join may spread theirs differently."""
    return without_others(one_field(found, node, 0, "key"), node)


def branch_again(found: Lowered, node: n.Node) -> Pipe:
    """Return the same rows as a branch of its own, whose name no other one has."""
    branch = Pipe(f"{found.pipe.name} {next(branch_numbers)}", found.pipe)
    each = Each(placed(branch, node), Fields(*found.fields), Identity(), Fields.RESULTS)
    return placed(each, node)
