"""Fields: ordered names and positions, their types, the special sets, and the algebra over them.

How an operation's outgoing fields follow from its selectors is in `field_resolution`. What the
methods compute is in `field_algebra`; Cascading's `Fields` has as many as there are here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, overload

from cascade2spark.errors import BuildError, FieldNotFound
from cascade2spark.field_algebra import (
    Parts,
    append_parts,
    chosen_parts,
    joined_parts,
    joined_types,
    masked_elements,
    merged_parts,
    names_by,
    remaining_parts,
    renamed_parts,
)
from cascade2spark.field_elements import (
    Element,
    Gap,
    check_elements,
    is_element,
    is_type,
    parse_elements,
    renumbered,
)
from cascade2spark.field_list import (
    Compares,
    FieldList,
    Kind,
    index_of,
    place_of,
    shown_fields,
)
from cascade2spark.types import Type

__all__ = ["Fields", "Kind", "as_fields", "place_of", "shown_fields"]


class _Size:
    """`Fields.size(n)` makes n positions, `fields.size()` counts: Java has both under one name."""

    @overload
    def __get__(self, instance: None, owner: type[Fields]) -> Callable[..., Fields]: ...
    @overload
    def __get__(self, instance: Fields, owner: type[Fields]) -> Callable[[], int]: ...
    def __get__(self, instance: Fields | None, owner: type[Fields]) -> Callable[..., Any]:
        return _positions if instance is None else instance.__len__


class Fields(FieldList):
    """An ordered list of field names and positions, with or without types; or a special set.

    Immutable but for the comparators, which equality and hash ignore. A Fields is ordered when
    every position equals its own index; an unordered one can only select. An UNKNOWN Fields may
    know names before and after its unknown part.

    Args:
        values: names and positions, a type after each or after none; or a list of elements and
            a list of types; or types alone, for positions. Nothing at all is the NONE set.
    Raises:
        BuildError: an element twice, something that is no element, types for some fields only.
    Source:
        cascading.tuple.Fields
    Example:
        >>> Fields("a", "b").append(Fields("c", int))
        Fields('a', 'b', 'c')
        >>> Fields("a", "b", "c").select(Fields(-1, "a")).print_()
        "['c', 'a']"
    """

    ALL: ClassVar[Fields]
    UNKNOWN: ClassVar[Fields]
    NONE: ClassVar[Fields]
    ARGS: ClassVar[Fields]
    RESULTS: ClassVar[Fields]
    GROUP: ClassVar[Fields]
    VALUES: ClassVar[Fields]
    REPLACE: ClassVar[Fields]
    SWAP: ClassVar[Fields]
    FIRST: ClassVar[Fields]
    LAST: ClassVar[Fields]

    size: ClassVar[_Size] = _Size()

    __slots__ = ()

    def __init__(self, *values: Any) -> None:
        elements, types = parse_elements(values)
        check_elements(elements)
        self._set(Kind.DEFINED if elements else Kind.NONE, elements, types, None)

    # -- elements, positions, types --------------------------------------------------------------

    def __contains__(self, selector: object) -> bool:
        return self.contains(selector)

    def contains(self, selector: Any) -> bool:
        """Return whether every element of `selector` resolves here."""
        try:
            self.get_pos(as_fields(selector))
        except FieldNotFound:
            return False
        return True

    @overload
    def get_pos(self, selector: Element, width: int | None = None) -> int: ...
    @overload
    def get_pos(
        self, selector: FieldList | Sequence[Any] | type | Type, width: int | None = None
    ) -> tuple[int, ...]: ...
    def get_pos(self, selector: Any, width: int | None = None) -> Any:
        """Return the position of one element (an int), or of each element of a Fields (a tuple).

        Args:
            selector: a name, a position (negative from the end), or anything that makes a Fields.
            width: the width of the row at hand; an UNKNOWN Fields needs it to count from the end.
        Raises:
            FieldNotFound: a name or position is not there.
        """
        if is_element(selector):
            return self._position(selector, width)
        wanted = as_fields(selector)
        if wanted.is_all():
            return tuple(range(len(self) if width is None else width))
        if not wanted.is_defined() and not wanted.is_none():
            raise BuildError(f"{wanted!r} has no positions", available=shown_fields(self))
        missing = [name for name in wanted if self.find(name, width) is None]
        if missing:
            raise self.not_found(missing)
        return tuple(self._position(element, width) for element in wanted)

    def get_type(self, selector: Element) -> Type | None:
        """Return the type of one field, None when the Fields is untyped."""
        found = index_of(self, selector)
        if found is None:
            raise self.not_found([selector])
        return None if self._types is None else self._types[found]

    # -- algebra ---------------------------------------------------------------------------------

    def select(self, selector: Any) -> Fields:
        """Return the chosen fields; a position becomes the name that is there.

        An UNKNOWN Fields gives the selector back: whether it resolves is seen at run time.

        Raises:
            FieldNotFound: a name or position is not there.
            BuildError: this Fields is itself only a selector, or `selector` is no selector.
        """
        wanted = as_fields(selector)
        if wanted.is_all():
            return self
        if wanted.is_none():
            return Fields.NONE
        if not wanted.is_defined():
            raise BuildError(f"{wanted!r} cannot select from a list of fields")
        if self.is_unknown():
            return wanted
        if not self.is_ordered():
            raise BuildError(f"{self!r} is a selector itself: nothing can be selected from it")
        positions = self.get_pos(wanted)
        types = None if self._types is None else tuple(self._types[one] for one in positions)
        # Not checked for an element chosen twice: (0, "a") is a legal argument selector.
        return _make(Kind.DEFINED, tuple(self._elements[one] for one in positions), types)

    def append(self, fields: Any) -> Fields:
        """Return these fields followed by `fields`, whose positions are renumbered.

        The result is typed only if both sides are.

        Raises:
            BuildError: a name is on both sides, or a side is a set other than NONE and UNKNOWN.
        """
        return self._append(as_fields(fields), renumber=True)

    def append_selector(self, fields: Any) -> Fields:
        """Append, leaving positions as they are: for building selectors."""
        return self._append(as_fields(fields), renumber=False)

    def _append(self, other: Fields, renumber: bool) -> Fields:
        if other.is_none() and self._kind in (Kind.DEFINED, Kind.NONE, Kind.UNKNOWN):
            return self
        if self.is_none() and other._kind in (Kind.DEFINED, Kind.UNKNOWN):
            return other
        return _made(append_parts(self, other, renumber))

    def subtract(self, fields: Any) -> Fields:
        """Return what is left without the selected fields; NONE when nothing is.

        Raises:
            FieldNotFound: something to be taken away is not there.
        """
        away = as_fields(fields)
        if away.is_all() or (away.is_unknown() and self.is_unknown()):
            return Fields.NONE
        if away.is_none():
            return self
        if self.is_unknown():
            return _made(remaining_parts(self, away))
        gone = set(self.get_pos(away))
        kept = [index for index in range(len(self)) if index not in gone]
        if not kept:
            return Fields.NONE
        types = None if self._types is None else tuple(self._types[index] for index in kept)
        return _make(Kind.DEFINED, tuple(self._elements[index] for index in kept), types)

    def rename(self, from_: Any, to: Any = None) -> Fields:
        """Return the same fields with some names changed, in place.

        Args:
            from_: the fields to rename, names or positions; or a function of (name) or of
                (name, type) that gives each new name.
            to: the new names, as many; their types count only when both sides are typed.
        Raises:
            FieldNotFound: a field to rename is not there.
            BuildError: the counts differ, a new name is taken, or this is a special set.
        """
        if not self.is_defined():
            raise BuildError(f"{self!r} cannot be renamed: only listed fields can")
        if callable(from_) and not is_type(from_):
            return self._like(Fields(names_by(self, from_))._elements, self._types)
        old = as_fields(from_)
        parts = renamed_parts(self, old, self.get_pos(old), as_fields(to))
        check_elements(parts.elements)
        return self._like(parts.elements, parts.types)

    def project(self, fields: Any) -> Fields:
        """Return `fields` with its positions replaced by the names found here at the same index."""
        other = as_fields(fields)
        if not other.is_defined():
            return other
        elements = tuple(
            element if isinstance(element, str) else _name_at(self, index)
            for index, element in enumerate(other._elements)
        )
        return _make(Kind.DEFINED, elements, other._types)

    @staticmethod
    def join(*fields: Any) -> Fields:
        """Return all fields in one list, positions untouched.

        Args:
            fields: what to join; a leading True lets a name come again, and turns all but its
                last occurrence into positions.
        Raises:
            BuildError: an element comes twice, or one of the fields is a special set.
        """
        masked = bool(fields) and fields[0] is True
        parts = [as_fields(one) for one in fields if not isinstance(one, bool)]
        for part in parts:
            if not part.is_defined() and not part.is_none():
                raise BuildError(f"{part!r} cannot be joined: only listed fields can")
        elements = tuple(element for part in parts for element in part)
        if masked:
            elements = masked_elements(elements)
        check_elements(elements)
        return _make(Kind.DEFINED, elements, joined_types(parts)) if elements else Fields.NONE

    @staticmethod
    def mask(fields: Any, mask: Any) -> Fields:
        """Return `fields` with every name that `mask` has too replaced by its position."""
        masked, names = as_fields(fields), set(as_fields(mask)._elements)
        elements = tuple(
            index if isinstance(element, str) and element in names else element
            for index, element in enumerate(masked._elements)
        )
        return masked._like(elements, masked._types)

    @staticmethod
    def merge(*fields: Any) -> Fields:
        """Return the union in order of first occurrence; typed only if all are."""
        parts = merged_parts([as_fields(one) for one in fields])
        return _made(parts) if parts.elements else Fields.NONE

    @staticmethod
    def as_declaration(fields: Any) -> Fields:
        """Return a selector as a declaration: names stay, positions become 0, 1, 2 …

        A special set other than NONE becomes UNKNOWN.
        """
        given = as_fields(fields)
        if given.is_none() or given.is_unknown():
            return given
        if not given.is_defined():
            return Fields.UNKNOWN
        if given.is_ordered():
            return given
        return given._like(renumbered(given._elements, None), given._types)

    @staticmethod
    def resolve(selector: Any, *fields: Any) -> Fields:
        """Return what `selector` chooses from several lists of fields as if they were one.

        Names are looked up in all lists; positions count across them, negative from the end.
        Names that are not there are left alone when one of the lists is UNKNOWN.

        Raises:
            FieldNotFound: a name or position is not there.
            BuildError: a name is chosen twice, or is in two of the lists.
        """
        wanted, parts = as_fields(selector), [as_fields(one) for one in fields]
        if wanted.is_all():
            whole = Fields.NONE
            for part in parts:
                whole = whole.append(part)
            return whole
        if not wanted.is_defined():
            raise BuildError(f"{wanted!r} cannot select from a list of fields")
        return _made(chosen_parts(wanted, _made(joined_parts(parts)), parts))

    # -- types and comparators -------------------------------------------------------------------

    def apply_types(self, *types: Any) -> Fields:
        """Return the same fields with these types, one for each; without any, untyped."""
        given = types[0] if len(types) == 1 and isinstance(types[0], (list, tuple)) else types
        if not given:
            return self.un_apply_types()
        return self._like(self._elements, parse_elements((self._elements, tuple(given)))[1])

    def apply_type(self, name: Element, type_: Any) -> Fields:
        """Return the same fields with the type of one changed; all or none must be typed."""
        position = self.get_pos(name)
        if self._types is None and len(self) > 1:
            raise BuildError(
                f"{self!r} has no types: {name!r} alone cannot be given one",
                details={"types": "all fields have one, or none"},
            )
        types: list[Any] = list(self._types or (None,))
        types[position] = type_
        return self.apply_types(*types)

    def apply_type_to_all(self, type_: Any) -> Fields:
        """Return the same fields, all of this type."""
        return self.apply_types(*[type_] * len(self))

    def un_apply_types(self) -> Fields:
        """Return the same fields without types."""
        return self._like(self._elements, None)

    def set_comparator(self, name: Any, comparator: Compares) -> None:
        """Set, in place, how values of one field compare when this Fields is a key or sort key."""
        wanted = as_fields(name)
        if len(wanted) != 1 or wanted not in self:
            raise BuildError(
                "a comparator is set on one field that is there",
                asked=list(wanted),
                available=shown_fields(self),
            )
        comparators = list(self.get_comparators())
        comparators[self.get_pos(wanted)[0]] = comparator
        self.set_comparators(*comparators)

    def set_comparators(self, *comparators: Compares | None) -> None:
        """Set, in place, the comparator of every field; None leaves natural order."""
        if self is Fields.FIRST or self is Fields.LAST:
            raise BuildError(
                f"{self!r} is shared by everyone, so it takes no comparator",
                fix=f"make your own: Fields({self._elements[0]})",
            )
        super().set_comparators(*comparators)

    def _like(self, elements: tuple[Element, ...], types: tuple[Type, ...] | None) -> Fields:
        """Return a Fields with other elements or types and the same comparators."""
        made = _make(self._kind, elements, types, self._gap)
        made._comparators = self._comparators
        return made

    @staticmethod
    def offset_selector(count: int, start: int) -> Fields:
        """Return the positions start, start + 1 … (`count` of them)."""
        return Fields(list(range(start, start + count)))


def as_fields(value: Any) -> Fields:
    """Return `value` as Fields: itself, a name, a position, a type, or a list of these.

    Raises:
        BuildError: it is none of them.
    """
    if isinstance(value, Fields):
        return value
    if isinstance(value, (list, tuple)):
        return Fields(*value)
    return Fields(value)


def _make(
    kind: Kind,
    elements: tuple[Element, ...] = (),
    types: tuple[Type, ...] | None = None,
    gap: Gap | None = None,
) -> Fields:
    """Return a Fields of parts that are known to be good."""
    made = Fields.__new__(Fields)
    made._set(kind, elements, types, gap)
    return made


def _made(parts: Parts) -> Fields:
    return _make(parts.kind, parts.elements, parts.types, parts.gap)


def _positions(count: int, type_: Any = None) -> Fields:
    """Return the positions 0 to count - 1, all of one type if it is given; NONE for 0."""
    if count < 0:
        raise BuildError(f"a Fields cannot have {count} positions")
    if type_ is None:
        return Fields(list(range(count)))
    return Fields(list(range(count))).apply_type_to_all(type_)


def _name_at(fields: Fields, index: int) -> Element:
    found = fields._elements[index] if index < len(fields) else index
    return found if isinstance(found, str) else index


for _kind in Kind:
    if _kind is not Kind.DEFINED:
        setattr(Fields, _kind.value, _make(_kind, gap=(0, 0) if _kind is Kind.UNKNOWN else None))
Fields.FIRST = Fields(0)
Fields.LAST = Fields(-1)
