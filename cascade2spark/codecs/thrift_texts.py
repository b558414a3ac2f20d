"""Finding a text where a list of texts belongs: to the C codec it is a list of its letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.codecs.thrift_schema import ThriftStruct, ThriftType

__all__ = ["text_finder", "texts_finder"]

Finder = Callable[[Any], bool]
_Known = dict[ThriftStruct, list[Finder | None]]


def text_finder(struct: ThriftStruct) -> Finder | None:
    """Return the function that tells whether a record has a text for a list, however deep.

    None: the struct holds no lists. What else is wrong with a value may raise TypeError.
    """
    return _of_struct(struct, {})


def texts_finder(struct: ThriftStruct) -> Callable[[list[Any]], bool] | None:
    """Return the same for many records at once, which all have attributes of their own."""
    lists, deep = _where(struct, {})
    if not lists and not deep:
        return None

    def find(records: list[Any]) -> bool:
        own = [record.__dict__ for record in records]
        if any(str in {values.get(name).__class__ for values in own} for name in lists):
            return True
        return any(
            look(value)
            for name, look in deep
            for value in [values.get(name) for values in own]
            if value is not None
        )

    return find


def _where(struct: ThriftStruct, known: _Known) -> tuple[list[str], list[tuple[str, Finder]]]:
    """Return the attributes that hold lists, and those that hold them deeper, with finders."""
    found = [(field.attribute, _of_type(field.type, known)) for field in struct.fields]
    lists = [name for name, find in found if find is _is_text]
    deep = [(name, find) for name, find in found if find is not None and find is not _is_text]
    return lists, deep


def _of_struct(struct: ThriftStruct, known: _Known) -> Finder | None:
    if struct in known:
        own = known[struct]
        # A struct that holds itself: what there is to look for is known when all fields are.
        return own[0] if own else lambda record: own[0] is not None and own[0](record)
    own = known[struct] = []
    lists, deep = _where(struct, known)
    if not lists and not deep:
        own.append(None)
        return None

    def find(record: Any) -> bool:
        values = getattr(record, "__dict__", None)
        if values is None:
            return False
        for name in lists:
            if values.get(name).__class__ is str:
                return True
        for name, look in deep:
            value = values.get(name)
            if value is not None and look(value):
                return True
        return False

    own.append(find)
    return find


def _of_type(kind: ThriftType, known: _Known) -> Finder | None:
    if kind.struct is not None:
        return _of_struct(kind.struct, known)
    if kind.element is None:
        return None
    inner = _of_type(kind.element, known)
    if kind.key is not None:
        return None if inner is None else lambda value: any(map(inner, value.values()))
    if inner is None:
        return _is_text
    return lambda value: value.__class__ is str or any(map(inner, value))


def _is_text(value: Any) -> bool:
    return value.__class__ is str
