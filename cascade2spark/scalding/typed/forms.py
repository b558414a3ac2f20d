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

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Built, Nesting
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.records import Record

__all__ = [
    "PAIR",
    "Form",
    "Lowered",
    "Part",
    "Whole",
    "branch_numbers",
    "distinct_of",
    "fresh_name",
    "has_objects",
    "key_fields",
    "leaves_of",
    "names_apart",
    "nesting_of",
    "numbered_form",
    "partition_count",
    "placed",
    "renamed_form",
    "shape_of",
    "trapped_branches",
    "with_leaves",
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
    return with_leaves(form, names.__getitem__)


def with_leaves(form: Form, named: Callable[[str], str]) -> Form:
    """Return a form with what a function makes of the name of each field, from left to right."""
    if isinstance(form, str):
        return named(form)
    parts = [with_leaves(part, named) for part in form]
    return Whole.of(form.record, map(str, parts)) if isinstance(form, Whole) else tuple(parts)


def numbered_form(form: Form) -> Form:
    """Return the same structure with a field of its own for each part."""
    numbers = iter(range(1_000_000))
    return with_leaves(form, lambda _: f"f{next(numbers)}")


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


def placed(pipe: Pipe, node: n.Node) -> Pipe:
    """Have errors of a pipe name the line that built the node."""
    object.__setattr__(pipe, "origin", node.origin)
    return pipe


def key_fields(form: Form, made: n.Node, node: n.Node) -> Fields:
    """Return the fields of a key, to be compared by Python's ``==``.

    Args:
        form: where the key lies.
        made: what makes the keys; the nearest node that calls a function is named in messages.
        node: what groups or joins by them, which is named as well.
    """
    names = leaves_of(form)
    fields = Fields(*names)
    if isinstance(node, (n.Reduced, n.Joined)) and node.order is not None:
        fields.set_comparators(*[node.order] * len(names))
        return fields
    places = _maker(made), f"{_user(node)} at {node.origin}"
    fields.set_comparators(*[PythonOrder(hashable_from=places)] * len(names))
    return fields


def _user(node: n.Node) -> str:
    if isinstance(node, n.Reduced):
        return node.steps[0].name if node.steps else "group"
    return _MAKERS.get(type(node), "group")


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
