"""Tuples as user code sees them: Tuple, a list of values, and TupleEntry, its view by field name.

The engines carry rows as plain Python tuples; user code that asks by name sees them through one
`TupleEntry`, bound to one row after another. What an operation receives cannot be changed, and
entries are reused: keep a copy (`get_tuple_copy`), not the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cascade2spark.errors import BuildError, FieldNotFound, TupleError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.tuple_values import (
    BY_VALUE,
    Row,
    Tuple,
    TypedAccess,
    UnsupportedOperation,
    refuse_change,
)
from cascade2spark.types import Type, as_type, coercion

__all__ = ["Tuple", "TupleEntry", "UnsupportedOperation"]


class TupleEntry(TypedAccess):
    """A tuple and the fields that name its values.

    Typed getters coerce from the field's type, or by the value where the field has none; setters
    coerce to the field's type. A name may be a str, a position, or a Fields of one element.

    Args:
        fields: the names; a Tuple instead takes positions for names, an entry is copied.
        tuple_: the values, a Tuple (which is shared, not copied) or a plain row; nulls when None.
        is_unmodifiable: setters raise UnsupportedOperation.
    Source:
        cascading.tuple.TupleEntry
    Example:
        >>> TupleEntry(Fields("n"), Tuple("12")).get_integer("n")
        12
    """

    __slots__ = (
        "_coercions",
        "_fields",
        "_index",
        "_is_unmodifiable",
        "_selected",
        "_tuple",
        "_types",
        "_values",
    )

    def __init__(
        self, fields: Any = None, tuple_: Any = None, is_unmodifiable: bool = False
    ) -> None:
        if isinstance(tuple_, bool):  # Java's TupleEntry(fields, isUnmodifiable)
            tuple_, is_unmodifiable = None, tuple_
        if isinstance(fields, TupleEntry):
            fields, tuple_ = fields.get_fields(), fields.get_tuple_copy()
        elif isinstance(fields, Tuple):
            fields, tuple_ = Fields.size(len(fields)), fields
        self._fields: Fields = Fields.size(0) if fields is None else as_fields(fields)
        self._index = _index_of(self._fields)
        self._types = self._fields.get_types()
        self._is_unmodifiable = is_unmodifiable
        self._selected: dict[Any, tuple[int, ...] | None] = {}
        self._coercions: dict[tuple[Any, Type], Callable[[Any], Any]] = {}
        self._values: Any = ()
        self._tuple: Tuple | None = None
        self.set_tuple(Tuple.size(self._fields.size()) if tuple_ is None else tuple_)

    def bind(self, row: Row) -> None:
        """Show another row, without copying or checking it; only for entries that engines own."""
        self._values = row
        self._tuple = None

    # -- reading -----------------------------------------------------------------------------------

    def get_fields(self) -> Fields:
        return self._fields

    def size(self) -> int:
        """Return the number of values."""
        return len(self._values)

    def is_unmodifiable(self) -> bool:
        return self._is_unmodifiable

    def get_object(self, name: Any, type: Any = None) -> Any:
        """Return a value, as type `type` if one is given.

        Raises:
            FieldNotFound: there is no such field.
            TupleError: there is none in this row of an UNKNOWN stream.
            CoercionError: the value cannot become one of that type.
        """
        try:
            value = self._values[self._index[name]]
        except (KeyError, TypeError, IndexError):
            value = self._values[self._position(name)]
        return value if type is None else self._coercion(name, as_type(type))(value)

    __getitem__ = get_object

    def _read(self, where: Any, to: Type) -> Any:
        # Nanoseconds (4-core x86-64, CPython 3.11): get_string 160, 260 of a typed field;
        # get_object 35; bind 20.
        value = self.get_object(where)
        return (BY_VALUE[to] if self._types is None else self._coercion(where, to))(value)

    def get_tuple(self) -> Tuple:
        """Return the live tuple: changing it changes the entry. Unmodifiable if the entry is."""
        if self._tuple is None:
            self._tuple = Tuple.over(self._values, True)
        return self._tuple

    def get_tuple_copy(self) -> Tuple:
        """Return a modifiable copy of the tuple."""
        return Tuple.of_row(self._values)

    def select_tuple(self, selector: Any = None) -> Tuple:
        """Return the selected values as a tuple; the live tuple for ALL or None.

        Unmodifiable if the entry is.
        """
        chosen = self._chosen(selector)
        return self.get_tuple() if chosen is None else Tuple.over(chosen, self._is_unmodifiable)

    def select_tuple_copy(self, selector: Any = None) -> Tuple:
        """Return the selected values as a new tuple that can be changed."""
        chosen = self._chosen(selector)
        return self.get_tuple_copy() if chosen is None else Tuple.over(chosen, False)

    def select_entry(self, selector: Any = None) -> TupleEntry:
        """Return an entry of the selected fields; this one for ALL or None."""
        if selector is None or as_fields(selector).is_all():
            return self
        chosen = self.select_tuple(selector)
        return TupleEntry(self._fields.select(selector), chosen, self._is_unmodifiable)

    def select_entry_copy(self, selector: Any = None) -> TupleEntry:
        """Return a new entry of the selected fields that can be changed."""
        fields = self._fields if selector is None else self._fields.select(selector)
        return TupleEntry(fields, self.select_tuple_copy(selector))

    def select_into(self, selector: Any, tuple_: Tuple) -> Tuple:
        """Put the selected values at the end of `tuple_`, and return it."""
        tuple_.add_all(*self.select_tuple(selector))
        return tuple_

    def as_iterable_of(self, type: Any) -> Iterator[Any]:
        """Yield every value as one of type `type`."""
        to = as_type(type)
        for position, value in enumerate(self._values):
            yield coercion(to, self._types and self._types[position])(value)

    def as_pairwise_iterable(self) -> Iterator[tuple[str | int, Any]]:
        """Yield (name, value), or (position, value) where there is no name."""
        names: Iterable[str | int] = self._fields
        if self._fields.is_unknown() or self._fields.size() != len(self._values):
            names = range(len(self._values))
        yield from zip(names, self._values, strict=True)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    # -- changing ----------------------------------------------------------------------------------

    def set_raw(self, name: Any, value: Any) -> None:
        """Replace a value as it is, without coercion."""
        self._modifiable()[self._position(name)] = value

    def set_object(self, name: Any, value: Any) -> None:
        """Replace a value, coerced to the type of its field."""
        values, position = self._modifiable(), self._position(name)
        values[position] = coercion(self._types and self._types[position])(value)

    __setitem__ = set_object

    def _write(self, where: Any, value: Any, given: Type) -> None:
        self.set_object(where, coercion(given)(value))

    def set_tuple(self, *parts: Any) -> None:
        """Take another tuple, `set_tuple(tuple)`, or values for some fields, `(selector, tuple)`.

        Raises:
            BuildError: the tuple may only be read and this entry may be changed; copy it.
        """
        if len(parts) == 2:
            return self._set_selected(*parts)
        (given,) = parts
        if not isinstance(given, Tuple):
            return (
                self.bind(given) if self._is_unmodifiable else self.set_tuple(Tuple.of_row(given))
            )
        if given.is_unmodifiable() and not self._is_unmodifiable:
            raise BuildError(
                "a tuple that may only be read was set into an entry that may be changed",
                fix="set a copy of it: Tuple(tuple)",
            )
        self.bind(given.shared_values())
        if given.is_unmodifiable() is self._is_unmodifiable:
            self._tuple = given

    def _set_selected(self, selector: Any, tuple_: Iterable[Any]) -> None:
        values = self._modifiable()
        for position, value in zip(self._positions(as_fields(selector)), tuple_, strict=True):
            values[position] = coercion(self._types and self._types[position])(value)

    def set(self, entry: TupleEntry) -> None:
        """Replace the values of every field of `entry`, by name, coerced to this entry's types."""
        for position, name in enumerate(entry.get_fields()):
            declared = entry._types and entry._types[position]
            to = self._types and self._types[self._position(name)]
            self.set_raw(name, coercion(to, declared)(entry._values[position]))

    def append_new(self, entry: TupleEntry) -> TupleEntry:
        """Return a new entry of these fields and values and those of `entry`."""
        fields = self._fields.append(entry.get_fields())
        return TupleEntry(fields, Tuple.of_row((*self._values, *entry._values)))

    # -- equality and text -------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TupleEntry):
            return NotImplemented
        if self._fields != other._fields:
            return False
        if not self._fields.has_comparators():
            return self.get_tuple() == other.get_tuple()
        comparators = self._fields.get_comparators()
        return self.get_tuple().compare_to(other.get_tuple(), comparators) == 0

    def __hash__(self) -> int:
        return hash(self._fields)  # values may be equal by comparators alone

    def __repr__(self) -> str:
        return f"fields: {self._fields.print_()} tuple: {self.get_tuple().print_()}"

    # -- positions ---------------------------------------------------------------------------------

    def _position(self, name: Any) -> int:
        width = len(self._values)
        if self._fields.is_unknown() and isinstance(name, int) and -width <= name < width:
            return name % width
        found = self._index.get(name) if isinstance(name, (str, int)) else None
        if found is not None:
            if found < width:
                return found
            raise self._too_short(name)
        wanted = as_fields(name)
        positions = self._positions(wanted)
        if len(positions) != 1:
            raise TupleError(f"one field is wanted, not {wanted.print_()}", fields=self._fields)
        return positions[0]

    def _positions(self, wanted: Fields) -> tuple[int, ...]:
        if not self._fields.is_unknown():
            return self._fields.get_pos(wanted)
        try:
            return self._fields.get_pos(wanted, len(self._values))
        except FieldNotFound as error:
            raise TupleError(
                f"this row of an UNKNOWN stream has no {wanted.print_()}",
                asked=list(wanted),
                available=error.available,
                row=tuple(self._values),
            ) from error

    def _chosen(self, selector: Any) -> list[Any] | None:
        """Return the selected values, None for the whole tuple."""
        if selector is None:
            return None
        try:
            positions = self._selected[selector]
        except (KeyError, TypeError):
            wanted = as_fields(selector)
            positions = None if wanted.is_all() else self._positions(wanted)
            if isinstance(selector, (str, int, Fields)) and not self._fields.is_unknown():
                self._selected[selector] = positions
        values = self._values
        return None if positions is None else [values[position] for position in positions]

    def _coercion(self, name: Any, to: Type) -> Callable[[Any], Any]:
        try:
            return self._coercions[name, to]
        except (KeyError, TypeError):
            found = coercion(to, self._types and self._types[self._position(name)])
        if isinstance(name, (str, int)) and not self._fields.is_unknown():
            self._coercions[name, to] = found
        return found

    def _modifiable(self) -> list[Any]:
        if self._is_unmodifiable:
            raise refuse_change("this entry", self._values)
        values: list[Any] = self._values
        return values

    def _too_short(self, name: Any) -> TupleError:
        return TupleError(
            f"field {name!r} is beyond the end of a row of {len(self._values)} values",
            row=tuple(self._values),
            fields=self._fields,
        )


def _index_of(fields: Fields) -> dict[Any, int]:
    """Return positions by name and by number, from both ends; nothing for an UNKNOWN width."""
    index: dict[Any, int] = {}
    if fields.is_defined() and not fields.is_unknown():
        for position, name in enumerate(fields):
            index.update({name: position, position: position, position - len(fields): position})
    return index
