"""Unknown fields that a record keeps, found wherever in it they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cascade2spark.codecs.thrift_classes import CODEC, raw_of
from cascade2spark.codecs.thrift_plain import UNKNOWN

__all__ = ["kept_protocol"]

_PLAIN = frozenset({int, float, str, bytes, bool, type(None)})


def kept_protocol(value: Any) -> str | None:
    """Return the protocol of the unknown fields that a record keeps; None when it keeps none."""
    if value.__class__ in _PLAIN:
        return None
    if isinstance(value, dict):
        return _in_any(value.keys()) or _in_any(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return _in_any(value)
    if hasattr(value, "struct") and raw_of(value) is not None:
        codec = getattr(value, CODEC)
        protocol: str = codec.protocol
        return protocol if codec.unknown == "keep" else None
    own = getattr(value, "__dict__", {})
    kept = own.get(UNKNOWN)
    return kept[0][0] if kept else _in_each(own.values())


def _in_any(values: Iterable[Any]) -> str | None:
    # Elements of a container are all of one kind.
    for one in values:
        return None if one.__class__ in _PLAIN else _in_each(values)
    return None


def _in_each(values: Iterable[Any]) -> str | None:
    for one in values:
        if one.__class__ not in _PLAIN and (found := kept_protocol(one)) is not None:
            return found
    return None
