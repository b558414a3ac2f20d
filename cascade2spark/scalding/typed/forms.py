"""Forms: which fields of a pipe a typed value lies in, and how values move between them.

A value of one field is that field's, a tuple of forms a tuple: ``("key", ("left", "right"))`` is
the pair of a key and a pair. So joins, keys and values are taken apart and put together without a
call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity, Insert
from cascade2spark.operations.callables import Built, Nesting
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Each, Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import as_pair, itself
from cascade2spark.scalding.typed.operations import RecordFunction, TypedFunction
from cascade2spark.scalding.typed.picks import Constant, Picked, picked
from cascade2spark.scalding.typed.reads import attributes_read, parts_read
from cascade2spark.scalding.typed.records import Record

__all__ = [
    "PAIR",
    "Form",
    "Lowered",
    "Part",
    "Whole",
    "branch_again",
    "branch_numbers",
    "distinct_of",
    "fresh_name",
    "grouped_fields",
    "has_objects",
    "key_fields",
    "leaves_of",
    "names_apart",
    "narrowed",
    "narrowed_value",
    "nesting_of",
    "numbered_form",
    "one_field",
    "pair_of",
    "partition_count",
    "picked_of",
    "placed",
    "read_of",
    "renamed_form",
    "shape_of",
    "single_key",
    "trapped_branches",
    "with_fields",
    "with_only",
    "with_own_fields",
    "with_records",
    "without_others",
]

Form: TypeAlias = "str | tuple[Form, ...]"
# A form of which some parts are not wanted.
Part: TypeAlias = "Form | tuple[Part, ...] | None"
PAIR: Form = ("key", "value")
branch_numbers = itertools.count()
# Names of branches with a trap; each is given once.
trapped_branches: set[str] = set()


class Whole(tuple[str, ...]):
    """The form of objects that lie in fields: taken whole, or not at all."""

    record: Record

    @classmethod
    def of(cls, record: Record, fields: Iterable[str]) -> Whole:
        """Return the form of objects of a class whose values lie in some fields."""
        made = cls(fields)
        made.record = record
        return made


@attrs.frozen(eq=False)
class Lowered:
    """A pipe and the fields that its typed value lies in.

    Args:
        fields: all fields of the pipe in their order.
        form: which of them make the value, and how.
        records: what the objects in a field are made of, as far as it is known.
    """

    pipe: Pipe
    fields: tuple[str, ...]
    form: Form
    records: Mapping[str, Record] = attrs.field(factory=dict)

    @property
    def leaves(self) -> tuple[str, ...]:
        """The fields of the value, from left to right."""
        return leaves_of(self.form)

    @property
    def distinct(self) -> tuple[str, ...]:
        """The fields of the value, each once."""
        return distinct_of(self.form)

    @property
    def key(self) -> Form:
        """Where the first part of pairs lies."""
        return self.form[0]

    @property
    def value(self) -> Form:
        """Where the second part of pairs lies."""
        return self.form[1]


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

    form = _with_leaves(found.form, own)
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


def leaves_of(form: Part) -> tuple[str, ...]:
    """Return the fields of a form from left to right."""
    if form is None:
        return ()
    if isinstance(form, str):
        return (form,)
    return tuple(leaf for part in form for leaf in leaves_of(part))


def distinct_of(form: Part) -> tuple[str, ...]:
    """Return the fields of a form, each once."""
    return tuple(dict.fromkeys(leaves_of(form)))


def has_objects(form: Form) -> bool:
    """Tell whether a part of a form is an object in fields of its own."""
    return isinstance(form, Whole) or (isinstance(form, tuple) and any(map(has_objects, form)))


def shape_of(form: Form) -> Any:
    """Return the structure of a form, whatever its fields are called."""
    if isinstance(form, Whole):
        return form.record, len(form)
    return 0 if isinstance(form, str) else tuple(map(shape_of, form))


def nesting_of(form: Part, fields: tuple[str, ...]) -> Nesting:
    """Return how a value of a form is made of the values of fields."""
    if form is None:
        return None
    if isinstance(form, str):
        return fields.index(form)
    if not isinstance(form, Whole):
        return tuple(nesting_of(part, fields) for part in form)
    places = dict(zip(form.record.kept, map(fields.index, form), strict=True))
    return Built(form.record, tuple(map(places.get, form.record.names)))


def fresh_name(name: str, taken: tuple[str, ...]) -> str:
    """Return a name like one given that no field has."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def renamed_form(form: Form, names: dict[str, str]) -> Form:
    """Return a form with other names for its fields."""
    return _with_leaves(form, names.__getitem__)


def _with_leaves(form: Form, named: Callable[[str], str]) -> Form:
    if isinstance(form, str):
        return named(form)
    parts = [_with_leaves(part, named) for part in form]
    return Whole.of(form.record, map(str, parts)) if isinstance(form, Whole) else tuple(parts)


def numbered_form(form: Form) -> Form:
    """Return the same structure with a field of its own for each part."""
    numbers = iter(range(1_000_000))
    return _with_leaves(form, lambda _: f"f{next(numbers)}")


def names_apart(
    taken: tuple[str, ...], more: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return all names, those of `more` changed where they are taken, and how."""
    names = list(taken)
    renamed: dict[str, str] = {}
    for name in more:
        renamed[name] = fresh_name(name, tuple(names))
        names.append(renamed[name])
    return tuple(names), renamed


def placed(pipe: Any, node: n.Node) -> Any:
    """Have errors of a pipe name the line that built the node."""
    object.__setattr__(pipe, "origin", node.origin)
    return pipe


def key_fields(form: Form, made: n.Node) -> Fields:
    """Return the fields of a key, to be compared by Python's ``==``.

    Args:
        form: where the key lies.
        made: what makes the keys; the nearest node that calls a function is named in messages.
    """
    names = leaves_of(form)
    fields = Fields(*names)
    fields.set_comparators(*[PythonOrder(hashable_from=_maker(made))] * len(names))
    return fields


def _maker(node: n.Node) -> str:
    while isinstance(node, _KEEPS_KEYS):
        node = node.previous
    name = _MAKERS.get(type(node)) or type(node).__name__.lower()
    return f"{name} at {node.origin}"


_KEEPS_KEYS = (
    *(n.Filter, n.MapValues, n.FlatMapValues, n.LocalSum, n.Sampled, n.Fork, n.Forced, n.Written),
    *(n.Debugged, n.OnComplete, n.Trapped, n.Reduced, n.Part, n.Tallied),
)
_MAKERS = {
    n.Keyed: "group_by",
    n.FlatMap: "flat_map",
    n.Merged: "+",
    n.Read: "from_",
    n.HashJoined: "hash_join",
    n.Joined: "join",
}


def partition_count(reducers: int | None) -> int | None:
    """Return the partitions asked for, None for the default."""
    return reducers if reducers is not None and reducers > 0 else None


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
    return placed(each, node)  # type: ignore[no-any-return]
