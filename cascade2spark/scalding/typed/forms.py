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
from cascade2spark.operations import Identity
from cascade2spark.operations.callables import Nesting
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Each, Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import itself
from cascade2spark.scalding.typed.operations import TypedFunction

__all__ = [
    "PAIR",
    "Form",
    "Lowered",
    "branch_again",
    "branch_numbers",
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
    "placed",
    "renamed_form",
    "shape_of",
    "single_key",
    "trapped_branches",
    "with_fields",
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
    if shape_of(found.form) == shape_of(form):
        each = Each(found.pipe, Fields(*found.leaves), Identity(Fields(*wanted)), Fields.RESULTS)
        return Lowered(placed(each, node), wanted, form)
    if isinstance(form, str):
        call = TypedFunction(
            "tuple", itself, nesting_of(found.form, found.leaves), Fields(form), origin=node.origin
        )
    else:
        call = TypedFunction("pair", itself, 0, Fields(*wanted), origin=node.origin)
    each = Each(found.pipe, Fields(*found.leaves), call, Fields.RESULTS)
    return Lowered(placed(each, node), wanted, form)


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


def key_fields(form: Form) -> Fields:
    """Return the fields of a key, to be compared by Python's ``==``."""
    names = leaves_of(form)
    fields = Fields(*names)
    fields.set_comparators(*[PythonOrder()] * len(names))
    return fields


def partition_count(reducers: int | None) -> int | None:
    """Return the partitions asked for, None for the default."""
    return reducers if reducers is not None and reducers > 0 else None


def grouped_fields(found: Lowered, node: n.Node, *, is_narrow: bool = True) -> Lowered:
    """Return pairs whose fields are those of the key, then those of the value, none twice."""
    if found.pipe.name in trapped_branches:  # the trap ends here
        branch = placed(Pipe(f"{found.pipe.name} {next(branch_numbers)}", found.pipe), node)
        found = attrs.evolve(found, pipe=branch)
    value = found.form[1]
    if is_narrow and not isinstance(value, str):
        return narrowed_value(found, node)
    leaves = found.leaves
    if len(set(leaves)) < len(leaves):
        return with_fields(found, node, numbered_form(found.form))
    if found.fields == leaves:
        return found
    each = Each(found.pipe, Fields(*leaves), Identity(), Fields.RESULTS)
    return Lowered(placed(each, node), leaves, found.form)


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
    leaves = tuple(dict.fromkeys(leaves_of(part)))
    new = fresh_name(name, found.fields)
    call = TypedFunction("tuple", itself, nesting_of(part, leaves), Fields(new))
    other = tuple(dict.fromkeys(leaves_of(found.form[1 - place])))
    each = Each(found.pipe, Fields(*leaves), call, Fields(*other, new))
    form: Form = (new, found.form[1]) if place == 0 else (found.form[0], new)
    return Lowered(placed(each, node), (*other, new), form)


def narrowed_value(found: Lowered, node: n.Node) -> Lowered:
    return one_field(found, node, 1, "value")


def single_key(found: Lowered, node: n.Node) -> Lowered:
    """Return pairs whose key is one field, as sides of a join may spread theirs differently."""
    found = one_field(found, node, 0, "key")
    leaves = found.leaves
    if len(set(leaves)) < len(leaves):
        found = with_fields(found, node, numbered_form(found.form))
    return found


def branch_again(found: Lowered, node: n.Node) -> Pipe:
    """Return the same rows as a branch of its own, whose name no other one has."""
    branch = Pipe(f"{found.pipe.name} {next(branch_numbers)}", found.pipe)
    each = Each(placed(branch, node), Fields(*found.fields), Identity(), Fields.RESULTS)
    return placed(each, node)  # type: ignore[no-any-return]
