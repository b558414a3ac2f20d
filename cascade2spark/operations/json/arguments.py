"""What the constructors of the JSON operations share, and how they read their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.json_trees import json_parser
from cascade2spark.operations.arguments import is_fields, no_more, type_at
from cascade2spark.operations.json.pointers import Pointer
from cascade2spark.types import JSONCoercibleType, Object, String, Type, coercion

__all__ = [
    "FieldPointers",
    "drop_json_type",
    "field_pointers",
    "joined_fields",
    "result_field",
    "taken_flag",
    "tree_reader",
    "tree_writer",
    "with_json_types",
    "writers_of",
]

_TREES = (dict, list)


@attrs.frozen
class FieldPointers:
    """Declared fields, a pointer for each, and whether finding nothing is an error."""

    fields: Fields
    pointers: tuple[Pointer, ...]
    fail_on_missing: bool


def drop_json_type(given: Sequence[Any]) -> list[Any]:
    """Return the arguments without a JSONCoercibleType in front, which Java's forms may have."""
    rest = list(given)
    return rest[1:] if rest and isinstance(rest[0], JSONCoercibleType) else rest


def field_pointers(
    owner: str, given: Sequence[Any], fail_on_missing: bool | None, forms: str
) -> FieldPointers:
    """Sort out ``(mapping[, fail])`` or ``(fields, [fail,] pointers…)``."""
    rest: list[Any] = list(given)
    if rest and isinstance(rest[0], Mapping):
        mapping: Mapping[Any, Any] = rest.pop(0)
        fields = joined_fields(owner, list(mapping))
        texts = list(mapping.values())
        fail = taken_flag(rest)
        no_more(owner, rest, forms)
    elif rest and (isinstance(rest[0], (str, Fields)) or is_fields(rest[0])):
        fields = as_fields(rest.pop(0))
        fail = taken_flag(rest)
        texts = list(rest[0]) if len(rest) == 1 and isinstance(rest[0], (list, tuple)) else rest
    else:
        raise BuildError(
            f"{owner} needs fields and their pointers",
            asked=rest[0] if rest else None,
            details={"accepted": forms},
        )
    if not fields.is_defined() or len(fields) != len(texts) or not texts:
        raise BuildError(
            f"{owner} needs one pointer for each declared field",
            asked=texts,
            available=list(fields),
        )
    return FieldPointers(
        with_json_types(fields),
        tuple(Pointer(text) for text in texts),
        bool(fail_on_missing if fail is None else fail),
    )


def taken_flag(rest: list[Any]) -> bool | None:
    """Return the boolean in front of the arguments, taken off them; None without one."""
    return rest.pop(0) if rest and isinstance(rest[0], bool) else None


def joined_fields(owner: str, given: Sequence[Any]) -> Fields:
    """Return fields of one element each as one; where some have no type they are JSON."""
    single = [as_fields(one) for one in given]
    for one in single:
        if not one.is_defined() or len(one) != 1:
            raise BuildError(f"{owner} takes one field for each pointer", asked=one)
    names = [one.get(0) for one in single]
    if all(one.get_types() is None for one in single):
        return Fields(names) if names else Fields.NONE
    return Fields(names, [type_at(one, 0) or JSONCoercibleType.TYPE for one in single])


def with_json_types(fields: Fields) -> Fields:
    """Return the fields, as JSON where they have no types."""
    if not fields.is_defined() or fields.get_types() or fields.is_none():
        return fields
    return fields.apply_types(*[JSONCoercibleType.TYPE] * len(fields))


def result_field(owner: str, fields: Any) -> Fields:
    """Return the one field that an operation puts its tree into."""
    declared = as_fields(fields)
    if not declared.is_defined() or len(declared) != 1:
        raise BuildError(f"{owner} declares one field, for the tree", asked=declared)
    return with_json_types(declared)


def tree_reader(fields: Fields, position: int = 0) -> Callable[[Any], Any]:
    """Return the function that gives an argument as a tree.

    A text is parsed, but in a field of type JSON only if it holds an object or a list: what else
    there is in such a field are the strings of trees.
    """
    declared = type_at(fields, position) if position < len(fields) else None
    convert, parse = coercion(JSONCoercibleType.TYPE, declared), json_parser()
    is_text = declared is None or declared is String

    def read(value: Any) -> Any:
        if value.__class__ is str and is_text:
            return parse(value)
        return value if value.__class__ in _TREES else convert(value)

    def read_typed(value: Any) -> Any:
        if value.__class__ is str and value.lstrip()[:1] in ("{", "["):
            return parse(value)
        return value

    return read_typed if isinstance(declared, JSONCoercibleType) else read


def writers_of(declared: Fields) -> list[Callable[[Any], Any] | None]:
    """Return, for each declared field, what gives a tree in its type; None for the tree itself."""
    return [_writer_of(type_at(declared, at)) for at in range(len(declared))]


def tree_writer(declared: Fields) -> Callable[[Any], Any]:
    """Return what gives a tree in the type of the one declared field."""
    return _writer_of(type_at(declared, 0)) or _same


def _writer_of(type_: Type | None) -> Callable[[Any], Any] | None:
    is_tree = type_ is None or type_ is Object or isinstance(type_, JSONCoercibleType)
    return None if is_tree else JSONCoercibleType.TYPE.writer(type_)


def _same(tree: Any) -> Any:
    return tree
