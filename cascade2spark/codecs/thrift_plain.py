"""Structs read and written value by value, for what the fast codecs leave: the reference.

It keeps unknown fields, takes every policy for text, and knows where it is when something is
wrong. 45 µs for a record of 21 fields, where the C codec takes 4 and generated Python 12.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from cascade2spark.codecs.thrift_output import Output
from cascade2spark.codecs.thrift_schema import (
    BOOL,
    DOUBLE,
    STRING,
    ThriftField,
    ThriftStruct,
    ThriftType,
)
from cascade2spark.codecs.thrift_wire import STRUCT_DEPTH, Input, ThriftFault, check_depth

__all__ = ["UNKNOWN", "Reader", "Wanted", "write_struct"]

# Where a record keeps the bytes of fields its IDL does not know; no thrift name looks like this.
UNKNOWN = "#unknown"

# Fields to read, by number, each with what is wanted inside of it; None is everything.
Wanted = Mapping[int, Any] | None

Make = Callable[[ThriftStruct, Wanted], Any]


class _OtherType(Exception):
    """Elements have another type than the IDL says."""


@attrs.frozen(eq=False)
class Reader:
    """Reads structs.

    A field, or elements, of another type than the IDL says read as absent, as a reader of an older
    IDL would have it. So whether a record is well-formed does not depend on the fields wanted.

    Args:
        make: (struct, wanted) -> an object to set attributes on, without values.
        text: what `bytes.decode` does with invalid UTF-8.
        keeps_unknown: collect the bytes of unknown fields under UNKNOWN.
    """

    make: Make
    text: str = "replace"
    keeps_unknown: bool = False

    def struct(
        self, source: Input, struct: ThriftStruct, wanted: Wanted = None, depth: int = 0
    ) -> Any:
        """Return one struct.

        Raises:
            ThriftFault: with the path inside of `struct`.
        """
        check_depth(depth, source.at)
        made = self.make(struct, wanted)
        values = made.__dict__
        unknown: list[tuple[str, int, int, bytes]] = []
        last = 0
        while True:
            wire, last = source.field(last)
            if not wire:
                break
            start = source.at
            field = struct.by_id.get(last)
            try:
                if field is None or wire != field.type.wire:
                    raise _OtherType
                if wanted is None or last in wanted:
                    inner = None if wanted is None else wanted[last]
                    values[field.attribute] = self._value(source, field.type, inner, depth)
                else:
                    source.skip(wire, depth)
            except _OtherType:
                source.at = start
                passed = _passed(source, wire, last, field, depth)
                if self.keeps_unknown:
                    unknown.append(passed)
            except ThriftFault as fault:
                raise fault if field is None else fault.within(field.name) from None
        if unknown:
            values[UNKNOWN] = tuple(unknown)
        return made

    def _value(self, source: Input, kind: ThriftType, wanted: Wanted, depth: int) -> Any:
        name = kind.kind
        if name == "string":
            return self._text(source)
        if name == "binary":
            return source.blob()
        if kind.struct is not None:
            return self.struct(source, kind.struct, wanted, depth + STRUCT_DEPTH)
        if kind.element is None:
            return source.read(kind.wire)()
        depth += 1
        check_depth(depth, source.at)
        return self._map(source, kind, depth) if kind.key else self._list(source, kind, depth)

    def _text(self, source: Input) -> str:
        start = source.at
        blob = source.blob()
        try:
            return blob.decode("utf-8", self.text)
        except UnicodeDecodeError as bad:
            raise ThriftFault(f"text that is not UTF-8: {bad.reason}", start) from None

    def _list(self, source: Input, kind: ThriftType, depth: int) -> Any:
        assert kind.element is not None
        wire, count = source.list_head()
        if count and wire != kind.element.wire:
            raise _OtherType
        found: Any = []
        for place in range(count):
            try:
                found.append(self._value(source, kind.element, None, depth))
            except ThriftFault as fault:
                raise fault.within(f"[{place}]") from None
        return set(map(_hashable, found)) if kind.kind == "set" else found

    def _map(self, source: Input, kind: ThriftType, depth: int) -> Any:
        assert kind.key is not None and kind.element is not None
        key_wire, wire, count = source.map_head()
        if count and (key_wire, wire) != (kind.key.wire, kind.element.wire):
            raise _OtherType
        found = {}
        for place in range(count):
            try:
                key = _hashable(self._value(source, kind.key, None, depth))
                found[key] = self._value(source, kind.element, None, depth)
            except ThriftFault as fault:
                raise fault.within(f"[{place}]") from None
        return found


def _passed(
    source: Input, wire: int, number: int, field: ThriftField | None, depth: int
) -> tuple[str, int, int, bytes]:
    """Return a field that the IDL does not know, or has under this number with another type."""
    start = source.at
    try:
        if wire == BOOL:  # in the compact protocol it has no bytes of its own
            return source.protocol, wire, number, b"\1" if source.boolean() else b"\0"
        source.skip(wire, depth)
    except ThriftFault as fault:
        raise fault if field is None else fault.within(field.name) from None
    return source.protocol, wire, number, source.data[start : source.at]


def _hashable(value: Any) -> Any:
    """Return an element of a set, or a key, that is a container itself as one that can be."""
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, dict):
        return frozenset((key, _hashable(one)) for key, one in value.items())
    return value


def write_struct(
    out: Output, struct: ThriftStruct, value: Any, text: str = "strict", depth: int = 0
) -> None:
    """Write a struct: an object with the attributes of its fields, or a mapping by field name.

    What is absent or None is not written.

    Args:
        text: what `str.encode` does with surrogates.
    Raises:
        ThriftFault: a value has no place in its field, or a union has not one value.
    """
    check_depth(depth)
    last = count = 0
    written = set()
    own = value if isinstance(value, Mapping) else _values_of(value)
    read = _getter(struct, value, own)
    for field in struct.fields:
        content = read(field)
        if content is None:
            continue
        count += 1
        written.add(field.id)
        out.field(field.type.wire, field.id, last, bool(content))
        last = field.id
        try:
            _write_value(out, field.type, content, text, depth, in_field=True)
        except ThriftFault as fault:
            raise fault.within(field.name) from None
    unknown = () if own is None else own.get(UNKNOWN, ())
    for protocol, wire, number, content in unknown:
        if number in written:  # it had another type
            continue
        if protocol != out.protocol:
            raise ThriftFault(f"unknown fields kept from the {protocol} protocol")
        out.field(wire, number, last, content == b"\1")
        last = number
        if wire == BOOL:
            out.boolean(content == b"\1", in_field=True)
        else:
            out.parts.append(content)
    if struct.kind == "union" and count > 1:
        raise ThriftFault(f"the union {struct.name} has {count} values, not one")
    out.stop()


def _values_of(value: Any) -> Mapping[str, Any] | None:
    """Return the attributes of an object; of a record that is bytes still, what is in them."""
    if hasattr(value, "struct") and hasattr(value, "_seen"):
        seen: Mapping[str, Any] = value._seen()
        return seen
    return getattr(value, "__dict__", None)


def _getter(
    struct: ThriftStruct, value: Any, own: Mapping[str, Any] | None
) -> Callable[[ThriftField], Any]:
    if isinstance(value, Mapping):
        strange = [name for name in value if name not in struct.by_name]
        if strange:
            raise ThriftFault(f"{struct.name} has no field {strange[0]!r}")
        return lambda field: value.get(field.name)
    if own is None or isinstance(value, type):
        raise ThriftFault(f"a {type(value).__name__} where a struct {struct.name} belongs")
    if hasattr(value, "struct"):
        known = {UNKNOWN, *(field.attribute for field in struct.fields)}
        strange = [name for name in own if name not in known]
        if strange:
            raise ThriftFault(f"{struct.name} has no field {strange[0]!r}")
    if struct.fields and not any(hasattr(value, field.attribute) for field in struct.fields):
        raise ThriftFault(f"a {type(value).__name__} where a struct {struct.name} belongs")
    return lambda field: own.get(field.attribute)


def _write_value(
    out: Output, kind: ThriftType, value: Any, text: str, depth: int, in_field: bool
) -> None:
    if value is None:
        raise ThriftFault("None in a container")
    if kind.wire == STRING:
        out.blob(_blob(kind, value, text))
    elif kind.struct is not None:
        write_struct(out, kind.struct, value, text, depth + STRUCT_DEPTH)
    elif kind.key is not None and kind.element is not None:
        entries = _entries(value)
        check_depth(depth + 1)
        out.map_head(kind.key.wire, kind.element.wire, len(entries))
        for place, (key, one) in enumerate(entries):
            _write_inner(out, kind.key, key, text, depth + 1, place)
            _write_inner(out, kind.element, one, text, depth + 1, place)
    elif kind.element is not None:
        if not isinstance(value, (list, tuple, set, frozenset)):
            raise ThriftFault(f"a {type(value).__name__} where a {kind.kind} belongs")
        check_depth(depth + 1)
        out.list_head(kind.element.wire, len(value))
        for place, one in enumerate(value):
            _write_inner(out, kind.element, one, text, depth + 1, place)
    elif kind.wire == BOOL:
        out.boolean(bool(value), in_field)
    elif kind.wire == DOUBLE:
        if not hasattr(value, "__float__"):
            raise ThriftFault(f"a {type(value).__name__} where a double belongs")
        out.double(float(value))
    else:
        out.number(kind.wire, value)


def _entries(value: Any) -> Collection[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    # What `_hashable` makes of a map.
    if isinstance(value, frozenset) and all(type(one) is tuple and len(one) == 2 for one in value):
        return value
    raise ThriftFault(f"a {type(value).__name__} where a map belongs")


def _write_inner(
    out: Output, kind: ThriftType, value: Any, text: str, depth: int, place: int
) -> None:
    try:
        _write_value(out, kind, value, text, depth, in_field=False)
    except ThriftFault as fault:
        raise fault.within(f"[{place}]") from None


def _blob(kind: ThriftType, value: Any, text: str) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode("utf-8", text)
        except UnicodeEncodeError:
            raise ThriftFault("text with a lone surrogate") from None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise ThriftFault(f"a {type(value).__name__} where a {kind.kind} belongs")
