"""Paths of fields: what to read for them, and the row of their values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from cascade2spark.codecs.thrift_plain import Wanted
from cascade2spark.codecs.thrift_schema import ThriftStruct

__all__ = ["row_getter", "wanted_of"]

Row = tuple[Any, ...]


def row_getter(names: tuple[str, ...]) -> Callable[[Any], Row]:
    """Return the function that takes a row out of a record.

    Args:
        names: attributes, with points between them where they are nested.
    """
    if any(other != name and other.startswith(name + ".") for name in names for other in names):
        # A whole struct and a part of it: where the struct is absent, so is the part.
        split = [name.split(".") for name in names]
        return lambda made: tuple([functools.reduce(_part, parts, made) for parts in split])
    if not names:
        return lambda made: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda made: (get(made),)


def _part(made: Any, name: str) -> Any:
    return None if made is None else getattr(made, name)


def wanted_of(struct: ThriftStruct, paths: tuple[str, ...] | None) -> Wanted:
    """Return what is to be read for some paths of fields; None for None, which is all."""
    if paths is None:
        return None
    root: dict[int, Any] = {}
    for path in paths:
        inner: dict[int, Any] | None = root
        numbers = [field.id for field in struct.path(path)]
        for number in numbers[:-1]:
            # None is all of a struct: a path into it adds nothing.
            inner = None if inner is None else inner.setdefault(number, {})
        if inner is not None:
            inner[numbers[-1]] = None
    return root
