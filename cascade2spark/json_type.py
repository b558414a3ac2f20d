"""JSONCoercibleType: trees in rows, JSON text outside."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cascade2spark.coercions import Convert, refusal
from cascade2spark.json_trees import json_text, parse_json, tree_of
from cascade2spark.stock_types import (
    Boolean,
    CoercibleType,
    Object,
    String,
    Type,
    as_type,
    char_,
    conversion,
    unchanged,
)
from cascade2spark.value_text import plain_text

__all__ = ["JSONCoercibleType"]


@attrs.frozen(repr=False)
class JSONCoercibleType(CoercibleType):
    """A JSON tree in rows: dict, list, str, int, float, bool or None; and JSON text outside.

    Text that is JSON is parsed, any other text is a JSON string; a blank text is null. Numbers,
    booleans, mappings and lists are taken as they are. As text, a string has no quotes and anything
    else is JSON. Null stays null, for primitive types too. Whole numbers are exact at any size,
    others are floats; a Decimal stays one.

    A value of a field of this type is a tree already: a text in it is a string, not parsed again.

    Raises:
        CoercionError: (running) an object has a key twice, or the tree cannot become that type.
    Source:
        cascading.nested.json.JSONCoercibleType
    Example:
        >>> JSONCoercibleType.TYPE.canonical('{"a": [1, 2.50]}')
        {'a': [1, 2.5]}
        >>> JSONCoercibleType.TYPE.coerce({"a": [1, None]}, String)
        '{"a":[1,null]}'
    """

    name = "JSONCoercibleType"
    TYPE: ClassVar[JSONCoercibleType]

    def canonical(self, value: Any) -> Any:
        return parse_json(value) if value.__class__ is str else tree_of(value)

    def own(self, value: Any) -> Any:
        return value

    def coerce(self, value: Any, to: Any) -> Any:
        return self.writer(to)(value)

    def writer(self, to: Any) -> Convert:
        """Return the function that makes a tree one of type `to`; build it once."""
        target = as_type(to)
        if target is Object or isinstance(target, JSONCoercibleType):
            return unchanged
        return _tree_text if target is String else _tree_converter(target)

    def __repr__(self) -> str:
        return "JSONCoercibleType"


JSONCoercibleType.TYPE = JSONCoercibleType()


def _tree_text(tree: Any) -> str | None:
    if tree.__class__ is str:
        return tree
    return json_text(tree) if tree.__class__ in (dict, list) else plain_text(tree)


def _tree_converter(target: Type) -> Convert:
    """Return the function that makes a leaf of a tree a value of a type."""
    convert = conversion(target)
    is_truth = target.canonical_type is Boolean

    def of_tree(tree: Any) -> Any:
        if tree.__class__ is int or tree.__class__ is float:
            return False if is_truth else convert(tree)
        if tree is None:
            return None
        if is_truth:
            return tree is True or (tree.__class__ is str and convert(tree))
        if tree.__class__ in (dict, list) or (tree.__class__ is bool and target is not char_):
            raise refusal(json_text(tree), target.label, JSONCoercibleType.TYPE.label)
        return convert(tree)

    return of_tree
