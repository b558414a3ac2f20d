"""What a Fields is made of: reading what users write into elements and types, and printing them.

An element is a name (str) or a position (int, negative from the end). `Fields` in
`cascade2spark.fields` is the class that holds them; nothing here knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.types import Type, as_type

__all__ = [
    "Element",
    "Gap",
    "check_elements",
    "first_duplicate",
    "is_element",
    "is_type",
    "parse_elements",
    "print_elements",
    "renumbered",
    "type_label",
]

Element = str | int
Gap = tuple[int, int]  # see FieldList

_FORMS = {
    "accepted": "Fields('a', 'b')\n"
    "Fields(0, 1)\n"
    "Fields('a', int)\n"
    "Fields('a', int, 'b', str)\n"
    "Fields(['a', 'b'], [int, str])\n"
    "Fields(int, str)"
}


def is_type(value: object) -> bool:
    """Return whether `value` can stand where a type is expected: one of ours or a Python class."""
    return isinstance(value, (type, Type))


def is_element(value: object) -> TypeGuard[Element]:
    """Return whether `value` is a name or a position; True and False are not positions."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def type_label(field_type: Type | None) -> str:
    """Return the short name of a type for messages."""
    return "Object" if field_type is None else field_type.name


def parse_elements(
    values: Sequence[Any],
) -> tuple[tuple[Element, ...], tuple[Type, ...] | None]:
    """Return the elements and types written as `values`, the arguments of Fields(...).

    Raises:
        BuildError: a value is no name, position or type; or types are given for some elements only.
    """
    if values and isinstance(values[0], (list, tuple)):
        if len(values) == 1:
            return parse_elements(values[0])
        if len(values) == 2 and _is_list_of_types(values[1]):
            return _typed(list(values[0]), values[1])
    if values and all(_is_pair(value) for value in values):
        return _typed([name for name, _ in values], [type_ for _, type_ in values])
    if values and all(is_type(value) for value in values):
        return _typed(list(range(len(values))), values)
    return _parse_mixed(values)


def check_elements(elements: Sequence[Element]) -> None:
    """Refuse an element that is there twice."""
    twice = first_duplicate(elements)
    if twice is not None:
        raise BuildError(f"Fields has the element {twice!r} twice", asked=list(elements))


def renumbered(elements: tuple[Element, ...], gap: Gap | None) -> tuple[Element, ...]:
    """Return the elements with each position set to where it is now."""
    behind = len(elements) if gap is None else gap[1]
    return tuple(
        element
        if isinstance(element, str)
        else (index if index < behind else index - len(elements))
        for index, element in enumerate(elements)
    )


def first_duplicate(elements: Sequence[Element]) -> Element | None:
    """Return the first element that was there before, None when there is none."""
    seen: set[Element] = set()
    for element in elements:
        if element in seen:
            return element
        seen.add(element)
    return None


def print_elements(
    elements: Sequence[Element], types: Sequence[Type] | None, unknown_at: int | None = None
) -> str:
    """Return Java's text: quoted names, runs of positions as ``0:2``, types after a bar."""
    shown: list[str] = []
    for first, last in _runs(elements, unknown_at):
        if unknown_at == first:
            shown.append("UNKNOWN")
        one = elements[first]
        shown.append(repr(one) if first == last else f"{one}:{elements[last]}")
    if unknown_at == len(elements):
        shown.append("UNKNOWN")
    text = ", ".join(shown)
    if types:
        text += " | " + ", ".join(type_label(one) for one in types)
    return text


def _runs(elements: Sequence[Element], unknown_at: int | None) -> Iterable[tuple[int, int]]:
    """Yield (first, last) index of each run of consecutive positions; a name is a run of one."""
    first = 0
    for index in range(1, len(elements) + 1):
        if index < len(elements) and index != unknown_at:
            before, here = elements[index - 1], elements[index]
            if isinstance(before, int) and isinstance(here, int) and here == before + 1:
                continue
        yield first, index - 1
        first = index


def _parse_mixed(values: Sequence[Any]) -> tuple[tuple[Element, ...], tuple[Type, ...] | None]:
    """Read elements, each of which may be followed by its type."""
    elements: list[Element] = []
    types: dict[int, Any] = {}
    for value in values:
        if is_element(value):
            elements.append(value)
        elif is_type(value) and elements and len(elements) - 1 not in types:
            types[len(elements) - 1] = value
        elif is_type(value):
            raise BuildError(
                f"Fields was given the type {_shown(value)} with no field before it to belong to",
                details={"given": ", ".join(map(_shown, values)), **_FORMS},
            )
        else:
            raise _no_element(value)
    if not types:
        return tuple(elements), None
    if len(types) < len(elements):
        raise BuildError(
            f"Fields was given types for {len(types)} of {len(elements)} fields: all or none",
            details={"given": ", ".join(map(_shown, values)), **_FORMS},
        )
    return _typed(elements, list(types.values()))


def _typed(
    elements: Sequence[Any], types: Sequence[Any]
) -> tuple[tuple[Element, ...], tuple[Type, ...]]:
    for element in elements:
        if not is_element(element):
            raise _no_element(element)
    if len(elements) != len(types):
        raise BuildError(
            f"Fields needs as many types as fields: {len(types)} against {len(elements)}",
            asked=list(elements),
            details={"types": ", ".join(_shown(one) for one in types)},
        )
    for one in types:
        if not is_type(one):
            raise BuildError(f"{shown_value(one)} is not a type", details={"in": "Fields"})
    return tuple(elements), tuple(as_type(one) for one in types)


def _no_element(value: object) -> BuildError:
    return BuildError(
        f"{shown_value(value)} is neither a field name, nor a position, nor a type", details=_FORMS
    )


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and is_element(value[0]) and is_type(value[1])
    )


def _is_list_of_types(value: object) -> bool:
    if not isinstance(value, (list, tuple)):
        return False
    return bool(value) and not any(is_element(one) or isinstance(one, tuple) for one in value)


def _shown(value: object) -> str:
    if isinstance(value, Type):
        return type_label(value)
    return value.__name__ if isinstance(value, type) else repr(value)
