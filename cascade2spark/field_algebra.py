"""The algebra of Fields: joining, merging, renaming, taking away, resolving; unknown stretches too.

These compute over `FieldList`; `cascade2spark.fields.Fields` makes new instances of the answers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.field_elements import Element, Gap, first_duplicate, renumbered
from cascade2spark.field_list import FieldList, Kind, index_of
from cascade2spark.types import Type

__all__ = [
    "Parts",
    "append_parts",
    "chosen_parts",
    "joined_parts",
    "joined_types",
    "masked_elements",
    "merged_parts",
    "names_by",
    "remaining_parts",
    "renamed_parts",
]


@attrs.frozen
class Parts:
    """What a new Fields is to be made of; see FieldList for the gap."""

    kind: Kind
    elements: tuple[Element, ...] = ()
    types: tuple[Type, ...] | None = None
    gap: Gap | None = None


def append_parts(left: FieldList, right: FieldList, renumber: bool) -> Parts:
    """Return `right` put behind `left`; neither is NONE.

    Raises:
        BuildError: a name is on both sides, or a side is a set other than UNKNOWN.
    """
    both = {"left": left.print_(), "right": right.print_()}
    for side in (left, right):
        if side.kind not in (Kind.DEFINED, Kind.NONE, Kind.UNKNOWN):
            raise BuildError(f"{side!r} cannot be appended", details=both)
    joined = joined_parts((left, right))
    elements = renumbered(joined.elements, joined.gap) if renumber else joined.elements
    shared = first_duplicate(elements)
    if shared is not None:
        raise BuildError(f"cannot append: {shared!r} is on both sides", details=both)
    return attrs.evolve(joined, elements=elements)


def joined_parts(lists: Sequence[FieldList]) -> Parts:
    """Return several lists put one after the other, with no check for elements that collide."""
    first: int | None = None
    last = 0
    elements: tuple[Element, ...] = ()
    for one in lists:
        if one.gap is not None:
            first = len(elements) + one.gap[0] if first is None else first
            last = len(elements) + one.gap[1]
        elements += tuple(one)
    if first is None:
        return Parts(Kind.DEFINED, elements, joined_types(lists))
    return Parts(Kind.UNKNOWN, elements, joined_types(lists), (first, last))


def joined_types(lists: Sequence[FieldList]) -> tuple[Type, ...] | None:
    """Return the types of several lists put one after the other; None if one is untyped."""
    joined: tuple[Type, ...] = ()
    for one in lists:
        types = one.get_types()
        if types is None and not one.is_none():
            return None
        joined += types or ()
    return joined or None


def masked_elements(elements: Sequence[Element]) -> tuple[Element, ...]:
    """Return the same with all but the last occurrence of a name turned into its position."""
    masked = list(elements)
    later = set()
    for index in range(len(masked) - 1, -1, -1):
        element = masked[index]
        if element in later:
            masked[index] = index
        elif isinstance(element, str):
            later.add(element)
    return tuple(masked)


def merged_parts(lists: Sequence[FieldList]) -> Parts:
    """Return the union in order of first occurrence; typed only if all are.

    Raises:
        BuildError: one of the lists is a special set.
    """
    found: dict[Element, Type | None] = {}
    for one in lists:
        if not one.is_defined() and not one.is_none():
            raise BuildError(f"{one!r} cannot be merged: only listed fields can")
        for element, type_ in zip(one, one.get_types() or (None,) * len(one), strict=True):
            found.setdefault(element, type_)
    types = tuple(type_ for type_ in found.values() if type_ is not None)
    return Parts(Kind.DEFINED, tuple(found), types if len(types) == len(found) else None)


def renamed_parts(
    fields: FieldList, old: FieldList, positions: Sequence[int], new: FieldList
) -> Parts:
    """Return `fields` with those of `old`, at their positions, under the names of `new`.

    Raises:
        BuildError: the counts differ.
    """
    if len(positions) != len(new):
        raise BuildError(
            f"rename needs as many new names as fields: {len(new)} against {len(positions)}",
            details={"from": old.print_(), "to": new.print_()},
        )
    elements, types, new_types = list(fields), fields.get_types(), new.get_types()
    for position, element in zip(positions, new, strict=True):
        elements[position] = element
    if types is not None and new_types is not None:
        changed = list(types)
        for position, type_ in zip(positions, new_types, strict=True):
            changed[position] = type_
        types = tuple(changed)
    return Parts(fields.kind, tuple(elements), types)


def names_by(fields: FieldList, call: Callable[..., Element]) -> list[Element]:
    """Return the names that a function of (name), or of (name, type), gives to fields."""
    required = [
        one
        for one in inspect.signature(call).parameters.values()
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) and one.default is one.empty
    ]
    if len(required) <= 1:
        return [call(element) for element in fields]
    types = fields.get_types() or (None,) * len(fields)
    return [call(*pair) for pair in zip(fields, types, strict=True)]


def chosen_parts(wanted: FieldList, whole: FieldList, lists: Sequence[FieldList]) -> Parts:
    """Return what `wanted` selects from `whole`, which is `lists` joined.

    Raises:
        FieldNotFound: a name or position is not there, and nothing is UNKNOWN.
        BuildError: a name is selected twice, or is in two of the lists.
    """
    elements, missing = [], []
    indexes = [index_of(whole, element) for element in wanted]
    available = tuple(whole)
    for element, index in zip(wanted, indexes, strict=True):
        if isinstance(element, str) and sum(element in tuple(one) for one in lists) > 1:
            raise BuildError(
                f"{element!r} is there twice, so it cannot be selected by name",
                asked=list(wanted),
                details={"in": " and ".join(one.print_() for one in lists)},
            )
        if index is None and not whole.is_unknown():
            missing.append(element)
        found = element if index is None else available[index]
        elements.append(found if isinstance(found, str) else element)
    if missing:
        raise whole.not_found(missing)
    twice = first_duplicate([one for one in elements if isinstance(one, str)])
    if twice is not None:
        raise BuildError(f"{twice!r} is selected twice", asked=list(wanted))
    types = whole.get_types()
    known = [index for index in indexes if index is not None]
    typed = types is not None and len(known) == len(indexes)
    chosen = tuple(types[index] for index in known) if typed and types is not None else None
    return Parts(Kind.DEFINED, tuple(elements), chosen)


def remaining_parts(fields: FieldList, away: FieldList) -> Parts:
    """Take fields from an UNKNOWN: what remains known is what surely kept its place."""
    if not away.is_defined() or fields.gap is None:
        return Parts(Kind.UNKNOWN, gap=(0, 0))
    before, behind = fields.gap
    gone = set()
    for element in away:
        index = index_of(fields, element)
        if index is not None:
            gone.add(index)
        elif isinstance(element, int) and element >= 0:
            behind = len(fields)  # it may have been one of the last ones
        elif isinstance(element, int):
            before = 0  # it may have been one of the first ones
    head = [index for index in range(before) if index not in gone]
    kept = head + [index for index in range(behind, len(fields)) if index not in gone]
    gap = (len(head), len(head))
    elements, types = tuple(fields), fields.get_types()
    return Parts(
        Kind.UNKNOWN,
        renumbered(tuple(elements[index] for index in kept), gap),
        tuple(types[index] for index in kept) if types is not None and kept else None,
        gap,
    )
