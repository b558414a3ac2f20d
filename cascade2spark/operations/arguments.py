"""What the stock operations share: sorting out what constructors are given, reading texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.types import Type, as_type, coercion, text_writer

__all__ = [
    "argument_text",
    "check_one_for_each",
    "coerced_parts",
    "is_fields",
    "is_type",
    "joined_text",
    "no_more",
    "of_first",
    "one_field",
    "split_declaration",
    "text_list",
    "type_at",
]


def is_fields(value: Any) -> bool:
    """Tell whether a value stands for fields and for nothing else that a constructor takes."""
    if isinstance(value, (tuple, list)):
        return bool(value) and all(isinstance(entry, (str, int)) for entry in value)
    return isinstance(value, Fields)


def is_type(value: Any) -> bool:
    """Tell whether a value stands for a type."""
    try:
        as_type(value)
    except BuildError:
        return False
    return True


def split_declaration(given: Sequence[Any], default: Fields) -> tuple[Fields, list[Any]]:
    """Return the declared fields and the other arguments.

    A text counts as a field name only when another text follows it: ``(pattern)`` has no fields,
    ``("word", pattern)`` has.
    """
    rest = list(given)
    is_named = len(rest) > 1 and isinstance(rest[0], str) and isinstance(rest[1], str)
    if rest and (is_fields(rest[0]) or is_named):
        return as_fields(rest[0]), rest[1:]
    return default, rest


def no_more(owner: str, rest: Sequence[Any], forms: str) -> None:
    """Refuse what is left of the arguments."""
    if rest:
        raise BuildError(
            f"{owner} does not take this argument",
            asked=rest[0],
            details={"accepted": forms},
        )


def one_field(owner: str, declared: Fields) -> Fields:
    """Return `declared`, which must be exactly one field."""
    if not declared.is_defined() or len(declared) != 1:
        raise BuildError(f"{owner} declares one field", asked=declared)
    return declared


def check_one_for_each(owner: str, arguments: Fields, declared: Fields) -> None:
    """Refuse a declaration that does not give each argument a name, of what passes them on."""
    known = all(fields.is_defined() or fields.is_none() for fields in (arguments, declared))
    if known and len(arguments) != len(declared):
        raise BuildError(
            f"{owner} passes on its arguments, and declares another number of fields",
            asked=list(declared),
            details={"arguments": ", ".join(map(repr, arguments))},
        )


def type_at(fields: Fields, position: int) -> Type | None:
    """Return the declared type of a field, None when there is none."""
    types = fields.get_types()
    return types[position] if types and position < len(types) else None


def argument_text(fields: Fields, position: int = 0) -> Callable[[Any], str]:
    """Return the function that gives the text of an argument, empty for null."""
    write = text_writer(type_at(fields, position))

    def read(value: Any) -> str:
        if value.__class__ is str:
            return value
        text = write(value)
        return "" if text is None else text

    return read


def text_list(fields: Fields) -> Callable[[Sequence[Any]], list[str]]:
    """Return the function that gives the texts of all arguments, empty for null."""
    width = len(fields) if fields.is_defined() else 0
    reads = [argument_text(fields, at) for at in range(width)]
    read = argument_text(fields, width)  # of what an UNKNOWN stream has beyond its known fields

    def texts(values: Sequence[Any]) -> list[str]:
        known = [one(value) for one, value in zip(reads, values, strict=False)]
        return known + [read(value) for value in values[width:]]

    return texts


def joined_text(fields: Fields, delim: str) -> Callable[[Sequence[Any]], str]:
    """Return the function that joins the texts of all arguments."""
    texts = text_list(fields)
    return lambda values: delim.join(texts(values))


def of_first(fields: Fields, call: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function of the first argument for however many there are.

    One that takes any number costs 30 ns more a call than one that takes one.
    """
    is_one = fields.is_defined() and len(fields) == 1
    return call if is_one else lambda value, *_: call(value)


def coerced_parts(declared: Fields, width: int | None = None) -> Callable[[Any], tuple[Any, ...]]:
    """Return what makes a row of texts, coerced to the declared types if there are any.

    Args:
        width: how many texts there are, if fewer than fields.
    """
    types = declared.get_types()
    if not types:
        return tuple
    coercions = [coercion(kind) for kind in types[:width]]
    return lambda parts: tuple(
        [coerce(part) for coerce, part in zip(coercions, parts, strict=True)]
    )
