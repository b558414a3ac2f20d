"""What every Fields is: a kind, elements, types and comparators; how they are looked up and shown.

`cascade2spark.fields.Fields` adds how users write one, and the algebra that makes new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Protocol

from cascade2spark.errors import BuildError, FieldNotFound
from cascade2spark.field_elements import Element, Gap, print_elements, type_label
from cascade2spark.types import Type

__all__ = [
    "Compares",
    "FieldList",
    "Kind",
    "index_of",
    "place_of",
    "shown_fields",
]


class Kind(Enum):
    """Which of the special sets a Fields is; DEFINED is none of them."""

    DEFINED = "DEFINED"
    ALL = "ALL"
    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    ARGS = "ARGS"
    RESULTS = "RESULTS"
    GROUP = "GROUP"
    VALUES = "VALUES"
    REPLACE = "REPLACE"
    SWAP = "SWAP"


class Compares(Protocol):
    """The one method a comparator must have."""

    def compare(self, left: Any, right: Any) -> int: ...


class FieldList:
    """The data of a Fields; immutable but for the comparators, which equality and hash ignore.

    Of an UNKNOWN stream, elements before gap[0] count from the start of a row, those from gap[1]
    on count from its end, and nobody can say where those between are.
    """

    __slots__ = ("_comparators", "_elements", "_gap", "_kind", "_types")

    def _set(
        self,
        kind: Kind,
        elements: tuple[Element, ...],
        types: tuple[Type, ...] | None,
        gap: Gap | None,
    ) -> None:
        self._kind = kind
        self._elements = elements
        self._types = types
        # Of an UNKNOWN: elements before gap[0] count from the start of a row, those from gap[1]
        # on count from its end, and nobody can say where those between are.
        self._gap = gap
        self._comparators: tuple[Compares | None, ...] | None = None

    # -- what it is ------------------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        """The special set this is, or Kind.DEFINED."""
        return self._kind

    @property
    def gap(self) -> Gap | None:
        """Where the unknown part of an UNKNOWN is, None for every other kind."""
        return self._gap

    def is_defined(self) -> bool:
        return self._kind is Kind.DEFINED

    def is_all(self) -> bool:
        return self._kind is Kind.ALL

    def is_unknown(self) -> bool:
        return self._kind is Kind.UNKNOWN

    def is_none(self) -> bool:
        return self._kind is Kind.NONE

    def is_arguments(self) -> bool:
        return self._kind is Kind.ARGS

    def is_results(self) -> bool:
        return self._kind is Kind.RESULTS

    def is_group(self) -> bool:
        return self._kind is Kind.GROUP

    def is_values(self) -> bool:
        return self._kind is Kind.VALUES

    def is_replace(self) -> bool:
        return self._kind is Kind.REPLACE

    def is_swap(self) -> bool:
        return self._kind is Kind.SWAP

    def is_substitution(self) -> bool:
        """Whether this stands for fields that only the place of use can tell."""
        return self._kind in (Kind.ALL, Kind.ARGS, Kind.GROUP, Kind.VALUES)

    def is_arg_selector(self) -> bool:
        """Whether this may select arguments."""
        return self._kind in (Kind.DEFINED, Kind.ALL, Kind.NONE, Kind.GROUP, Kind.VALUES)

    def is_declarator(self) -> bool:
        """Whether an operation may declare this."""
        return self._kind not in (Kind.RESULTS, Kind.REPLACE, Kind.SWAP)

    def is_out_selector(self) -> bool:
        """Whether this may select the outgoing fields of an Each."""
        return self._kind in (Kind.DEFINED, Kind.ALL, Kind.RESULTS, Kind.REPLACE, Kind.SWAP)

    def is_ordered(self) -> bool:
        """Whether every position equals its own index, so that this can describe a row."""
        if self._kind is Kind.UNKNOWN:
            return True
        return all(
            isinstance(element, str) or element == index
            for index, element in enumerate(self._elements)
        )

    def is_un_ordered(self) -> bool:
        return not self.is_ordered()

    def __len__(self) -> int:
        return len(self._elements)

    def __bool__(self) -> bool:
        return True  # a set has length 0 and must not look absent in `fields or default`

    def __iter__(self) -> Iterator[Element]:
        return iter(self._elements)

    def get(self, index: int) -> Element:
        """Return the element at `index`."""
        found = index_of(self, index)
        if found is None:
            raise self.not_found([index])
        return self._elements[found]

    def get_types(self) -> tuple[Type, ...] | None:
        """Return the types of all fields, None when there are none."""
        return self._types

    def has_types(self) -> bool:
        return self._types is not None

    def _position(self, element: Element, width: int | None = None) -> int:
        found = self.find(element, width)
        if found is None:
            raise self.not_found([element])
        return found

    def find(self, element: Element, width: int | None = None) -> int | None:
        """Return where in a row an element is, None when it is not there or cannot be told."""
        place = place_of(self, element) if isinstance(element, str) else element
        size = width if width is not None else None if self.is_unknown() else len(self)
        if place is None or size is None:
            known = place is not None and self._gap is not None and 0 <= place < self._gap[0]
            return place if known else None
        return (place if place >= 0 else place + size) if -size <= place < size else None

    def not_found(self, missing: Sequence[Element]) -> FieldNotFound:
        """Return the error that says what is missing and what is there."""
        which = "field" if all(isinstance(one, str) for one in missing) else "position"
        return FieldNotFound(
            f"no such {which}" if len(missing) == 1 else "no such fields",
            asked=missing[0] if len(missing) == 1 else list(missing),
            available=shown_fields(self),
        )

    def has_comparators(self) -> bool:
        return self._comparators is not None

    def get_comparators(self) -> tuple[Compares | None, ...]:
        """Return the comparator of each field, None where there is none."""
        return self._comparators or (None,) * len(self)

    def set_comparators(self, *comparators: Compares | None) -> None:
        """Set, in place, the comparator of every field; None leaves natural order."""
        if len(comparators) != len(self):
            raise BuildError(
                "Fields needs as many comparators as fields: "
                f"{len(comparators)} against {len(self)}",
                available=shown_fields(self),
            )
        for one in comparators:
            if one is not None and not callable(getattr(one, "compare", None)):
                raise BuildError(f"{one!r} is no comparator: it has no compare(left, right)")
        self._comparators = (
            tuple(comparators) if any(one is not None for one in comparators) else None
        )

    # -- equality, order, text -------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FieldList):
            return NotImplemented
        return self.equals_fields(other) and self._types == other._types

    def __hash__(self) -> int:
        return hash(self._elements)

    def equals_fields(self, other: FieldList) -> bool:
        """Return whether kind and elements are equal, whatever the types."""
        return (self._kind, self._elements, self._gap) == (
            other._kind,
            other._elements,
            other._gap,
        )

    def compare_to(self, other: FieldList) -> int:
        """Return -1, 0 or 1: by size, then element by element, positions before names."""
        left, right = _order(self), _order(other)
        return (left > right) - (left < right)

    def print_(self) -> str:
        """Return the elements and types in brackets, as Cascading's messages show them."""
        return f"[{self}]"

    def print_verbose(self) -> str:
        """Return print_() with the number of fields, ``?`` for a special set."""
        return f"[{{{len(self) if self.is_defined() else '?'}}}:{self}]"

    def __str__(self) -> str:
        if self._kind not in (Kind.DEFINED, Kind.UNKNOWN):
            return self._kind.name
        return print_elements(
            self._elements, self._types, None if self._gap is None else self._gap[1]
        )

    def __repr__(self) -> str:
        if not self._elements:
            return f"Fields.{self._kind.value}"
        shown = [_repr_of(self, index) for index in range(len(self))]
        if self._gap is not None:
            shown.insert(self._gap[1], "UNKNOWN")
        return f"Fields({', '.join(shown)})"


def place_of(fields: FieldList, name: str) -> int | None:
    """Return where in a row the named field is: from the start, or negative from the end.

    From the end only for a name behind the unknown part of an UNKNOWN stream. None when the name
    is not there, or nobody can say where.
    """
    if name not in fields._elements:
        return None
    index = fields._elements.index(name)
    if fields._gap is None or index < fields._gap[0]:
        return index
    return index - len(fields) if index >= fields._gap[1] else None


def shown_fields(fields: FieldList) -> list[Any]:
    """Return fields as the parts of an error show them: names and positions, or (name, type)."""
    types = fields.get_types()
    if types is None:
        return list(fields)
    return [(name, type_label(one)) for name, one in zip(fields, types, strict=True)]


def index_of(fields: FieldList, element: Element) -> int | None:
    """Return the index in the list of elements (not in a row), None when that cannot be told."""
    if isinstance(element, str):
        return fields._elements.index(element) if element in fields._elements else None
    size = len(fields)
    before, behind = fields._gap or (size, 0)
    if 0 <= element < before:
        return element
    return element + size if behind - size <= element < 0 else None


def _order(fields: FieldList) -> tuple[int, list[tuple[int, int, str]]]:
    return len(fields), [
        (1, 0, one) if isinstance(one, str) else (0, one, "") for one in fields._elements
    ]


def _repr_of(fields: FieldList, index: int) -> str:
    types = fields.get_types()
    name = repr(fields._elements[index])
    return name if types is None else f"{name}: {type_label(types[index])}"
