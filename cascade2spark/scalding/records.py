"""Records: what a row of text columns is in the typed API, taken from a type.

A type is a type of a field, a tuple of types, or a class with annotated fields: a NamedTuple, a
dataclass, an attrs class. Classes and tuples may hold others; the columns are the leaves.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.types import as_type, double_, long_

__all__ = ["Leaf", "Record", "record_of"]

Row = tuple[Any, ...]

# What a column that cannot be null is where the data has none, as Java's primitives are.
_ZEROS: dict[Any, Any] = {int: 0, float: 0.0, bool: False}
_PRIMITIVES = {
    "int_": 0,
    "long_": 0,
    "short_": 0,
    "float_": 0.0,
    "double_": 0.0,
    "boolean_": False,
    "char_": "\0",
}
_FLAT = {
    (as_type(str), None): as_type(str),
    (as_type(int), 0): long_,
    (as_type(int), None): as_type(int),
    (as_type(float), 0.0): double_,
    (as_type(float), None): as_type(float),
}


@attrs.frozen
class Leaf:
    """One column.

    Attributes:
        name: dotted path of the fields that lead to it.
        kind: type of the field.
        null: what it is where the data has no value.
    """

    name: str
    kind: Any
    null: Any


@attrs.frozen
class Record:
    """Columns, and the way from a row of them to a value and back.

    Attributes:
        leaves: the columns, in order.
        build: makes a value of a row; None where the row is the value.
        flatten: makes a row of a value; None where the value is the row.
    """

    leaves: tuple[Leaf, ...]
    build: Callable[[Sequence[Any]], Any] | None = None
    flatten: Callable[[Any], Row] | None = None

    @property
    def flat_types(self) -> list[Any] | None:
        """The types to which columns are coerced to be the value, a tuple; None if it is more."""
        if self.build is not None or len(self.leaves) < 2:
            return None
        kinds = [_FLAT.get((leaf.kind, leaf.null)) for leaf in self.leaves]
        return None if None in kinds else kinds

    def value_of(self, row: Row) -> Any:
        """Return the value of a row; nulls become what their columns say."""
        if None in row:
            row = tuple(
                leaf.null if value is None else value
                for leaf, value in zip(self.leaves, row, strict=True)
            )
        return row if self.build is None else self.build(row)

    def row_of(self, value: Any) -> Row:
        """Return the row of a value."""
        if self.flatten is not None:
            return self.flatten(value)
        return value if type(value) is tuple else tuple(value)


def record_of(
    given: Any, *, empty_text: str | None = None, refuses_options: bool = False
) -> Record:
    """Return the record that a type stands for.

    Args:
        given: see the module.
        empty_text: what an empty column of text is.
        refuses_options: whether an optional text is refused, as it looks like an empty one.
    Raises:
        BuildError: something in it is no type of a column.
    """
    maker = _Maker(empty_text, refuses_options)
    node = maker.node(given, "")
    leaves = tuple(maker.leaves)
    if not leaves:
        raise BuildError("a record has one column or more", asked=repr(given))
    if isinstance(node, int):
        return Record(leaves, _only, _alone)
    is_flat = all(isinstance(part, int) for part in node.parts)
    if is_flat and node.make is tuple:
        return Record(leaves)
    if is_flat and issubclass(node.make, tuple):
        return Record(leaves, node.make._make)
    return Record(leaves, _Build(node), _Flatten(node))


@attrs.frozen
class _Node:
    """A class or a tuple: how its value is made, and its parts, columns by their numbers."""

    make: Any
    names: tuple[str, ...] | None
    parts: tuple[Any, ...]

    def value(self, row: Sequence[Any]) -> Any:
        values = [row[part] if isinstance(part, int) else part.value(row) for part in self.parts]
        if self.names is not None:
            return self.make(**dict(zip(self.names, values, strict=True)))
        return tuple(values) if self.make is tuple else self.make._make(values)

    def put(self, value: Any, row: list[Any]) -> None:
        given = value if self.names is None else [getattr(value, name) for name in self.names]
        for part, one in zip(self.parts, given, strict=True):
            if isinstance(part, int):
                row.append(one)
            else:
                part.put(one, row)


@attrs.frozen
class _Build:
    node: _Node

    def __call__(self, row: Sequence[Any]) -> Any:
        return self.node.value(row)


@attrs.frozen
class _Flatten:
    node: _Node

    def __call__(self, value: Any) -> Row:
        row: list[Any] = []
        self.node.put(value, row)
        return tuple(row)


class _Maker:
    def __init__(self, empty_text: str | None, refuses_options: bool) -> None:
        self.leaves: list[Leaf] = []
        self._empty_text = empty_text
        self._refuses_options = refuses_options

    def node(self, given: Any, name: str) -> Any:
        """Return the number of a column, or the node of something with parts."""
        if typing.get_origin(given) is tuple:
            given = typing.get_args(given)
        if isinstance(given, (tuple, list)):
            parts = tuple(
                self.node(part, f"{name}._{number}".lstrip("."))
                for number, part in enumerate(given, start=1)
            )
            return _Node(tuple, None, parts)
        fields = _fields_of(given)
        if fields is not None:
            parts = tuple(
                self.node(kind, f"{name}.{field}".lstrip(".")) for field, kind in fields.items()
            )
            names = None if issubclass(given, tuple) else tuple(fields)
            return _Node(given, names, parts)
        self.leaves.append(self._leaf(given, name or "_1"))
        return len(self.leaves) - 1

    def _leaf(self, given: Any, name: str) -> Leaf:
        inner = _optional_of(given)
        if inner is not None:
            if inner is str and self._refuses_options:
                raise BuildError(
                    "an optional text cannot be told from an empty one in a column",
                    asked=name,
                    fix="declare it as str",
                )
            return Leaf(name, as_type(inner), None)
        kind = as_type(given)
        null = self._empty_text if given is str else _ZEROS.get(given, _PRIMITIVES.get(str(kind)))
        return Leaf(name, kind, null)


def _fields_of(given: Any) -> dict[str, Any] | None:
    """Return the annotated fields of a class of records, by name; None for any other type."""
    if not isinstance(given, type):
        return None
    if issubclass(given, tuple) and hasattr(given, "_fields"):
        names = list(given._fields)
    elif attrs.has(given):
        names = [field.name for field in attrs.fields(given)]
    elif dataclasses.is_dataclass(given):
        names = [field.name for field in dataclasses.fields(given)]
    else:
        return None
    hints = typing.get_type_hints(given)
    missing = [name for name in names if name not in hints]
    if missing:
        raise BuildError(
            f"{given.__name__} does not say what its fields are", asked=missing, available=[*hints]
        )
    return {name: hints[name] for name in names}


def _optional_of(given: Any) -> Any:
    """Return X for an Optional[X], else None."""
    if typing.get_origin(given) not in (typing.Union, types.UnionType):
        return None
    inner = [part for part in typing.get_args(given) if part is not type(None)]
    return inner[0] if len(inner) == 1 else None


def _only(row: Sequence[Any]) -> Any:
    return row[0]


def _alone(value: Any) -> Row:
    return (value,)
