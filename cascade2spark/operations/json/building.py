"""Putting values of fields into JSON trees: BuildSpec says where, `Builder` does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError, FieldNotFound, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.json_trees import copy_tree, tree_of
from cascade2spark.operations.arguments import is_type, type_at
from cascade2spark.operations.json.pointers import Pointer
from cascade2spark.types import String, Type, as_type, coercion

__all__ = ["BuildSpec", "Builder"]

Row = tuple[Any, ...]


@attrs.frozen
class Put:
    """One value and its place.

    Args:
        source: the field, None for a constant.
        constant: the constant, as a tree.
        type: what the value of the field is coerced to, None for the default of the spec.
        place: where it goes, from `into` on.
        adds: appended to a list at the place, instead of being the value there.
    """

    source: Fields | None
    constant: Any
    type: Type | None
    place: Pointer
    adds: bool


class BuildSpec:
    """Which values of fields, or constants, are put where in a tree.

    Every method adds to the spec and returns it. A value is coerced to the type before it goes into
    the tree. That is String where none is given, so that a number becomes a text: name the number's
    type, or ``JSONCoercibleType.TYPE`` for trees and for texts that are to be parsed. Null is not
    put anywhere.

    Args:
        into: pointer to the object that the places begin in. Default: the root.
        default_type: of values for which none is given. Default String.
    Source:
        cascading.nested.core.BuildSpec
    Example:
        >>> BuildSpec("/who").put_into("name", "/name").add_into("tag", "/tags")
        BuildSpec('/who', 'name' -> '/name', 'tag' +> '/tags')
    """

    def __init__(self, *given: Any, into: str = "", default_type: Any = String) -> None:
        rest = list(given)
        self._into = Pointer(rest.pop(0) if rest and isinstance(rest[0], str) else into)
        if self._into.text:
            self._into.single("BuildSpec")
        self._default = as_type(rest.pop(0) if rest else default_type)
        if rest:
            raise BuildError(
                "BuildSpec does not take this argument",
                asked=rest[0],
                details={"accepted": "(), (into), (type), (into, type)"},
            )
        self._puts: list[Put] = []

    def get_into(self) -> str:
        """Return the pointer to the object that the places begin in."""
        return self._into.text

    @property
    def into(self) -> Pointer:
        return self._into

    @property
    def default_type(self) -> Type:
        return self._default

    @property
    def puts(self) -> tuple[Put, ...]:
        """What is put, in order."""
        return tuple(self._puts)

    def with_default_type(self, type: Any) -> BuildSpec:
        """Coerce values to this type where none is given."""
        self._default = as_type(type)
        return self

    def put_into(self, source: Any, *given: Any, literal: bool = False) -> BuildSpec:
        """Put a value at a place: ``(field, pointer)``, ``(field, type, pointer)``.

        Args:
            source: a field by name or position. Anything else — a float, a boolean, a list, a
                mapping — is a constant.
            given: the pointer, after a type or alone.
            literal: a text or number is a constant too.
        """
        return self._add("put_into", source, given, adds=False, literal=literal)

    def add_into(self, source: Any, *given: Any) -> BuildSpec:
        """Append a value to the list at a place; arguments are those of `put_into`."""
        return self._add("add_into", source, given, adds=True, literal=False)

    def _add(
        self, owner: str, source: Any, given: Sequence[Any], *, adds: bool, literal: bool
    ) -> BuildSpec:
        *types, pointer = given or [None]
        is_field = isinstance(source, (str, int, Fields)) and not isinstance(source, bool)
        is_constant = literal or not is_field
        if len(types) > 1 or not isinstance(pointer, str) or not all(map(is_type, types)):
            raise BuildError(
                f"BuildSpec.{owner} does not take these arguments",
                asked=[shown_value(one) for one in (source, *given)],
                details={"accepted": "(field, pointer), (field, type, pointer)"},
            )
        if is_constant and (types or adds):
            raise BuildError(f"BuildSpec.{owner} takes a field here", asked=shown_value(source))
        fields = None if is_constant else as_fields(source)
        if fields is not None and (not fields.is_defined() or len(fields) != 1):
            raise BuildError(f"BuildSpec.{owner} takes one field", asked=fields)
        place = Pointer(pointer).single(f"BuildSpec.{owner}")
        constant = tree_of(source) if is_constant else None
        kind = as_type(types[0]) if types else None
        self._puts.append(Put(fields, constant, kind, place, adds))
        return self

    def __repr__(self) -> str:
        shown = [
            f"{_source_of(put)} {'+>' if put.adds else '->'} {put.place.text!r}"
            for put in self._puts
        ]
        return f"BuildSpec({', '.join([repr(self._into.text), *shown])})"


class Builder:
    """Builds by some specs, for one task.

    Args:
        argument_fields: the resolved arguments.
    Raises:
        FieldNotFound: an argument that a spec names is not there.
    """

    def __init__(self, specs: Sequence[BuildSpec], argument_fields: Fields) -> None:
        # Cascading puts the constants of all specs first, which is seen in the order of the keys.
        constants = [(spec.into, _steps_of(spec, argument_fields, True)) for spec in specs]
        fields = [(spec.into, _steps_of(spec, argument_fields, False)) for spec in specs]
        self._parts = [part for part in constants if part[1]] + fields

    def build(self, tree: Any, values: Row) -> None:
        """Put the values of one row into a tree that may be changed.

        Raises:
            OperationError: something else is at a place, or above it.
        """
        for into, steps in self._parts:
            place = into.object_at(tree)
            for read, put in steps:
                value = read(values)
                if value is not None:
                    put(place, value)


def _steps_of(
    spec: BuildSpec, fields: Fields, are_constants: bool
) -> list[tuple[Callable[[Row], Any], Callable[[Any, Any], None]]]:
    return [
        (
            _reader(put, spec.default_type, fields),
            put.place.add_to if put.adds else put.place.set_at,
        )
        for put in spec.puts
        if (put.source is None) is are_constants
    ]


def _reader(put: Put, default_type: Type, fields: Fields) -> Callable[[Row], Any]:
    """Return what gives the value to put, as a tree of its own, from the arguments of a row."""
    if put.source is None:
        return lambda _: copy_tree(put.constant)
    name = put.source.get(0)
    if not fields.contains(put.source):
        raise FieldNotFound(
            "a BuildSpec puts a field that is not among the arguments",
            asked=name,
            available=[str(one) for one in fields],
        )
    at = fields.get_pos(name)
    convert = coercion(put.type or default_type, type_at(fields, at))
    return lambda values: tree_of(convert(values[at]))


def _source_of(put: Put) -> str:
    return repr(put.source.get(0)) if put.source is not None else f"={shown_value(put.constant)}"
