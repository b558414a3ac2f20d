"""Forms: which fields of a pipe a typed value lies in, and how values move between them.

A value of one field is that field's, a tuple of forms a tuple: ``("key", ("left", "right"))`` is
the pair of a key and a pair. So joins, keys and values are taken apart and put together without a
call.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity, Insert
from cascade2spark.operations.callables import Nesting
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Each, Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import as_pair, itself
from cascade2spark.scalding.typed.operations import TypedFunction
from cascade2spark.scalding.typed.picks import Constant, Picked, picked

__all__ = [
    "PAIR",
    "Form",
    "Lowered",
    "branch_again",
    "branch_numbers",
    "distinct_of",
    "fresh_name",
    "grouped_fields",
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
    "renamed_form",
    "shape_of",
    "single_key",
    "trapped_branches",
    "with_fields",
    "with_own_fields",
    "without_others",
]

Form: TypeAlias = "str | tuple[Form, ...]"
PAIR: Form = ("key", "value")
branch_numbers = itertools.count()
# Names of branches with a trap; each is given once.
trapped_branches: set[str] = set()


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
        call = TypedFunction(
            "pair", as_pair if is_pair else itself, 0, Fields(*wanted), origin=node.origin
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
        if isinstance(part, str):
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
    return Lowered(placed(each, node), (*found.fields, name), found.form), name


def with_own_fields(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values with a field of its own for each part: what stands twice is copied."""
    leaves = found.leaves
    if len(set(leaves)) == len(leaves):
        return found
    pipe, fields, seen = found.pipe, found.fields, set[str]()

    def own(part: Form) -> Form:
        nonlocal pipe, fields
        if not isinstance(part, str):
            return tuple(map(own, part))
        if part not in seen:
            seen.add(part)
            return part
        name = fresh_name(part, fields)
        pipe = placed(Each(pipe, Fields(part), Identity(Fields(name)), Fields.ALL), node)
        fields = (*fields, name)
        return name

    form = own(found.form)
    return Lowered(pipe, fields, form)


def without_others(found: Lowered, node: n.Node) -> Lowered:
    """Return the same values in a pipe that has no other fields, each once."""
    leaves = found.distinct
    if found.fields == leaves:
        return found
    each = Each(found.pipe, Fields(*leaves), Identity(), Fields.RESULTS)
    return Lowered(placed(each, node), leaves, found.form)


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


def distinct_of(form: Form) -> tuple[str, ...]:
    """Return the fields of a form, each once."""
    return tuple(dict.fromkeys(leaves_of(form)))


def shape_of(form: Form) -> Any:
    """Return the structure of a form, whatever its fields are called."""
    return 0 if isinstance(form, str) else tuple(map(shape_of, form))


def nesting_of(form: Form, fields: tuple[str, ...]) -> Nesting:
    """Return how a value of a form is made of the values of fields."""
    if isinstance(form, str):
        return fields.index(form)
    return tuple(nesting_of(part, fields) for part in form)


def fresh_name(name: str, taken: tuple[str, ...]) -> str:
    """Return a name like one given that no field has."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def renamed_form(form: Form, names: dict[str, str]) -> Form:
    """Return a form with other names for its fields."""
    if isinstance(form, str):
        return names[form]
    return tuple(renamed_form(part, names) for part in form)


def numbered_form(form: Form) -> Form:
    """Return the same structure with a field of its own for each part."""
    numbers = iter(range(1_000_000))

    def fill(part: Form) -> Form:
        if isinstance(part, str):
            return f"f{next(numbers)}"
        return tuple(map(fill, part))

    return fill(form)


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
    return Lowered(placed(each, node), (*other, new), form)


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
