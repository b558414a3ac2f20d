"""Tuple, a mutable list of values without names, and the typed getters it shares with entries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from cascade2spark.comparators import comparator_of
from cascade2spark.errors import CoercionError, RunError, TupleError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.kinds import declare_sequence, is_same, kind_of, value_group_key, value_key
from cascade2spark.types import (
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Short,
    String,
    Type,
    boolean_,
    char_,
    coercion,
    double_,
    float_,
    int_,
    long_,
    short_,
    text_of,
)

__all__ = ["BY_VALUE", "Row", "Tuple", "TypedAccess", "UnsupportedOperation", "refuse_change"]

Row = tuple[Any, ...]

# What a getter does with a value of an untyped field.
BY_VALUE: dict[Type, Callable[[Any], Any]] = {
    to: coercion(to) for to in (String, int_, long_, short_, float_, double_, boolean_, char_)
}


class UnsupportedOperation(TupleError):
    """A tuple or entry that may only be read was asked to change."""


class TypedAccess(ABC):
    """Getters and setters by type, over one way to read and one to write.

    The getters of numbers and booleans return Java's primitives: null is read as 0 or False.
    """

    __slots__ = ()

    @abstractmethod
    def _read(self, where: Any, to: Type) -> Any: ...

    @abstractmethod
    def _write(self, where: Any, value: Any, given: Type) -> None: ...

    def get_string(self, where: Any) -> str | None:
        """Return the text of a value, None for null."""
        text: str | None = self._read(where, String)
        return text

    def get_integer(self, where: Any) -> int:
        return int(self._read(where, int_))

    def get_long(self, where: Any) -> int:
        return int(self._read(where, long_))

    def get_short(self, where: Any) -> int:
        return int(self._read(where, short_))

    def get_float(self, where: Any) -> float:
        return float(self._read(where, float_))

    def get_double(self, where: Any) -> float:
        return float(self._read(where, double_))

    def get_boolean(self, where: Any) -> bool:
        return bool(self._read(where, boolean_))

    def get_char(self, where: Any) -> str:
        """Return the first letter of the text, NUL for null."""
        return str(self._read(where, char_))

    def set_string(self, where: Any, value: str | None) -> None:
        self._write(where, value, String)

    def set_integer(self, where: Any, value: int | None) -> None:
        self._write(where, value, Integer)

    def set_long(self, where: Any, value: int | None) -> None:
        self._write(where, value, Long)

    def set_short(self, where: Any, value: int | None) -> None:
        self._write(where, value, Short)

    def set_float(self, where: Any, value: float | None) -> None:
        self._write(where, value, Float)

    def set_double(self, where: Any, value: float | None) -> None:
        self._write(where, value, Double)

    def set_boolean(self, where: Any, value: bool | None) -> None:
        self._write(where, value, Boolean)


class _Size:
    """`Tuple.size(n)` makes n nulls, `tuple.size()` counts: Java has both under one name."""

    @overload
    def __get__(self, instance: None, owner: type[Tuple]) -> Callable[..., Tuple]: ...
    @overload
    def __get__(self, instance: Tuple, owner: type[Tuple]) -> Callable[[], int]: ...
    def __get__(self, instance: Tuple | None, owner: type[Tuple]) -> Callable[..., Any]:
        return _of_size if instance is None else instance.__len__


class Tuple(TypedAccess):
    """A list of values without names; null is None, nested tuples are values.

    Equality is by kind: 1, 1.0 and True differ. Comparison puts shorter tuples first, then null,
    and raises on values of different kinds.

    Args:
        values: the values; one single Tuple is copied.
    Source:
        cascading.tuple.Tuple
    Example:
        >>> Tuple("a", None, 1.0).print_()
        "['a', null, '1.0']"
    """

    __slots__ = ("_is_unmodifiable", "_values")

    size = _Size()

    _values: list[Any]

    def __init__(self, *values: Any) -> None:
        is_copy = len(values) == 1 and isinstance(values[0], Tuple)
        self._values = list(values[0] if is_copy else values)
        self._is_unmodifiable = False

    @classmethod
    def of_row(cls, row: Iterable[Any]) -> Tuple:
        """Return a tuple of the values of a plain row."""
        return cls.over(list(row), False)

    @classmethod
    def over(cls, values: Any, is_unmodifiable: bool) -> Tuple:
        """Return a tuple that holds `values` itself: a list, or a row if it is unmodifiable."""
        made = cls.__new__(cls)
        made._values = values
        made._is_unmodifiable = is_unmodifiable
        return made

    def to_row(self) -> Row:
        """Return the values as a plain row, nested tuples as well."""
        return tuple(one.to_row() if isinstance(one, Tuple) else one for one in self._values)

    # -- reading -----------------------------------------------------------------------------------

    def get_object(self, position: int) -> Any:
        """Return one value; negative positions count from the end.

        Raises:
            TupleError: the position is beyond the end.
        """
        try:
            return self._values[position]
        except IndexError:
            raise self._beyond(position) from None

    def get(self, positions: Any = None, selector: Any = None) -> Any:
        """Return the value at a position, or a new Tuple of the values at several.

        Args:
            positions: a position; several; none at all, for a copy of the whole; or, before a
                selector, the Fields that name the values.
            selector: Fields to select.
        """
        if isinstance(positions, int):
            return self.get_object(positions)
        if selector is not None:
            positions = as_fields(positions).get_pos(as_fields(selector), len(self))
        if not positions:
            return Tuple.of_row(self._values)
        return Tuple.of_row([self.get_object(position) for position in positions])

    def _read(self, where: Any, to: Type) -> Any:
        return BY_VALUE[to](self.get_object(where))

    def is_empty(self) -> bool:
        return not self._values

    def shared_values(self) -> Any:
        """Return what holds the values, not a copy: changing it changes the tuple."""
        return self._values

    def elements(self) -> list[Any]:
        """Return the values as a new list."""
        return list(self._values)

    def is_unmodifiable(self) -> bool:
        return self._is_unmodifiable

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __getitem__(self, position: int) -> Any:
        return self._values[position]  # IndexError, so that Python's own protocols work

    # -- changing ----------------------------------------------------------------------------------

    def set(self, position: int, value: Any) -> None:
        """Replace one value; nothing is coerced.

        Raises:
            TupleError: the position is beyond the end.
            UnsupportedOperation: the tuple may only be read.
        """
        values = self._modifiable()
        try:
            values[position] = value
        except IndexError:
            raise self._beyond(position) from None

    __setitem__ = set

    def _write(self, where: Any, value: Any, given: Type) -> None:
        self.set(where, coercion(given)(value))

    def set_all(self, *tuples: Iterable[Any]) -> None:
        """Overwrite the values from the left with those of one tuple after another."""
        for position, value in enumerate(value for one in tuples for value in one):
            self.set(position, value)

    def set_all_values(self, *values: Any) -> None:
        """Overwrite the values from the left."""
        self.set_all(values)

    def put(self, declarator: Fields, fields: Fields, tuple_: Iterable[Any]) -> None:
        """Replace the values of `fields`, of a tuple named by `declarator`, with those given."""
        for position, value in zip(declarator.get_pos(fields), tuple_, strict=True):
            self.set(position, value)

    def add(self, value: Any) -> None:
        """Put one value at the end."""
        self._modifiable().append(value)

    def add_all(self, *values: Any) -> None:
        """Put values at the end; of one single Tuple its values."""
        is_tuple = len(values) == 1 and isinstance(values[0], Tuple)
        self._modifiable().extend(values[0] if is_tuple else values)

    def append(self, *tuples: Iterable[Any]) -> Tuple:
        """Return a new tuple of these values and those of the others."""
        return Tuple.of_row([*self._values, *(value for one in tuples for value in one)])

    def remove(self, *positions: int) -> Tuple:
        """Remove the values at positions and return them, in the order asked."""
        values = self._modifiable()
        removed = Tuple.of_row([self.get_object(position) for position in positions])
        gone = {range(len(values))[position] for position in positions}
        values[:] = [value for place, value in enumerate(values) if place not in gone]
        return removed

    def leave(self, *positions: int) -> Tuple:
        """Keep just the values at positions, in that order, and return the others."""
        values = self._modifiable()
        kept = [self.get_object(position) for position in positions]
        here = {range(len(values))[position] for position in positions}
        others = [value for place, value in enumerate(values) if place not in here]
        values[:] = kept
        return Tuple.of_row(others)

    def clear(self) -> None:
        self._modifiable().clear()

    def _modifiable(self) -> list[Any]:
        if self._is_unmodifiable:
            raise refuse_change("this tuple", self._values)
        return self._values

    def _beyond(self, position: int) -> TupleError:
        if not self._values:
            return TupleError(f"position {position} of a tuple of zero length")
        return TupleError(
            f"position {position} is beyond the end of a tuple of {len(self._values)} values",
            row=tuple(self._values),
        )

    # -- order, equality, text ---------------------------------------------------------------------

    def compare_to(self, other: Any, comparators: Sequence[Any] | None = None) -> int:
        """Return less than, equal to or more than 0.

        Args:
            other: another Tuple; null and anything else are not equal to this.
            comparators: one per position, or None there; each receives raw values, nulls too.
        Raises:
            CoercionError: two values are of different kinds (Java's ClassCastException).
        """
        if not isinstance(other, Tuple):
            return 1 if other is None else -1
        if len(self) != len(other):
            return len(self) - len(other)
        given = list(comparators or ())
        given += [None] * (len(self) - len(given))
        for left, right, one in zip(self._values, other._values, given, strict=False):
            found = (
                _compare(left, right) if one is None else comparator_of(one).compare(left, right)
            )
            if found:
                return found
        return 0

    def __lt__(self, other: Tuple) -> bool:
        return self.compare_to(other) < 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tuple):
            return NotImplemented
        return len(self) == len(other) and all(map(_is_equal, self._values, other._values))

    def __hash__(self) -> int:
        return hash(tuple(map(_hashable, self._values)))

    def to_string(self, delimiter: str = "\t") -> str:
        """Return the texts of the values, joined; null is ``null``."""
        texts = map(text_of, self._values)
        return delimiter.join("null" if text is None else text for text in texts)

    def print_(self) -> str:
        """Return the values quoted, and null bare: ``['a', null]``."""
        texts = map(text_of, self._values)
        return "[" + ", ".join("null" if text is None else f"'{text}'" for text in texts) + "]"

    def __str__(self) -> str:
        return self.to_string()

    def __repr__(self) -> str:
        return f"Tuple({', '.join(map(repr, self._values))})"


declare_sequence(Tuple)


def _of_size(count: int, value: Any = None) -> Tuple:
    return Tuple.of_row([value] * count)


def refuse_change(what: str, values: Any) -> UnsupportedOperation:
    return UnsupportedOperation(
        f"{what} may only be read: it is reused for every row",
        row=tuple(values),
        fix="change a copy: get_tuple_copy(), select_tuple_copy(...) or Tuple(tuple)",
    )


def _compare(left: Any, right: Any) -> int:
    if left is not None and right is not None and kind_of(left) is not kind_of(right):
        raise CoercionError(
            f"a value of type {type(left).__name__} cannot be compared with one of type "
            f"{type(right).__name__}",
            details={"left": repr(left), "right": repr(right)},
        )
    one, other = value_key(left), value_key(right)
    return (one > other) - (one < other)


def _is_equal(left: Any, right: Any) -> bool:
    try:
        return is_same(left, right)
    except RunError:  # a value of no kind that keys know
        return bool(left == right)


def _hashable(value: Any) -> Any:
    try:
        return value_group_key(value)
    except RunError:
        return value
