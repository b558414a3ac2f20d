"""The classes of records: a struct has one to make, one to read into, and one for unread bytes.

Descriptors stand for absent fields, so that reading a record sets only what the record has.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from operator import attrgetter
from threading import get_ident
from typing import Any

from cascade2spark.codecs.thrift_plain import Wanted
from cascade2spark.codecs.thrift_schema import ThriftField, ThriftStruct, ThriftType

__all__ = ["AHEAD", "CODEC", "LOOKED", "RAW", "UNREAD", "LookedFlat", "RecordClasses", "raw_of"]

_MOST_READERS = 256
# What an unread record has; no field has these names.
RAW = "_raw"  # its bytes
CODEC = "_codec"  # what reads them: its class has that
LOOKED = "_looked"  # a field of it was looked at, and then all of them: no list or struct yet
UNREAD = (RAW, LOOKED)
AHEAD = ("_first", "_second")  # values that were read ahead; there may be more of these
_ATTRIBUTES = "#attributes"  # names that no field can have begin with this sign


def raw_of(record: Any) -> bytes | None:
    """Return the bytes of a record that is unread, None of any other."""
    return getattr(record, RAW, None)


class RecordClasses:
    """The classes of all structs, made once in a process.

    Args:
        record: base of all records.
        unread: base of those that are bytes still; a subclass of it.
        found: an importable function that returns this very object, wherever it is unpickled.
    """

    def __init__(self, record: type, unread: type, found: Callable[[], RecordClasses]) -> None:
        self._found = found
        self.record = record
        self._unread = unread
        self._made: dict[ThriftStruct, Any] = {}
        self._unread_by: dict[Any, Any] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return self._found, ()

    def of(self, struct: ThriftStruct) -> Any:
        """Return the class of a struct's records."""
        if struct not in self._made:
            # Of two threads that make one, both take the first.
            return self._made.setdefault(struct, self._new(struct))
        return self._made[struct]

    def stored(self, struct: ThriftStruct, wanted: Wanted) -> type:
        """Return the class to read into: a record's, or one with some fields only."""
        if wanted is not None:
            return self.view(struct, wanted)
        found: type = self.of(struct)._stored
        return found

    def unread(self, codec: Any, ahead: tuple[str, ...] = ()) -> Any:
        """Return the class of the records that a codec leaves unread, one in a process.

        Args:
            ahead: attributes that these have of their own. The first ones have places for which a
                record needs no dict.
        """
        key = codec, ahead
        if key not in self._unread_by:
            base = self.of(codec.struct)._unread
            own: dict[str, Any] = {"__module__": self.record.__module__, CODEC: codec}
            for name, place in zip(ahead, AHEAD, strict=False):
                own[name] = getattr(self.record, place)
            return self._unread_by.setdefault(key, type(codec.struct.name, (base,), own))
        return self._unread_by[key]

    def view(self, struct: ThriftStruct, wanted: Mapping[int, Any]) -> type:
        """Return a class for some fields of a struct, with everything absent None, however deep."""
        members: dict[str, Any] = {}
        for number, inner in wanted.items():
            field = struct.by_id[number]
            if inner is not None and field.type.struct is not None:
                make = functools.partial(self._absent_part, inner)
                has_own = field.default is not None
                members[field.attribute] = (
                    _Default(field.attribute, make, field) if has_own else make(field)
                )
            else:
                members[field.attribute] = self._absent(field)
        return type(struct.name, (), members)

    def _absent_part(self, wanted: Mapping[int, Any], field: ThriftField) -> Any:
        """Return what a view has for an absent struct: parts of its default, else None everywhere.

        The defaults inside of it are those of structs that are there.
        """
        assert field.type.struct is not None
        return self._part_of(field.type.struct, wanted, self.default(field))

    def _part_of(self, struct: ThriftStruct, wanted: Mapping[int, Any], record: Any) -> Any:
        made = self.view(struct, wanted)()
        for number, inner in wanted.items():
            field = struct.by_id[number]
            value = None if record is None else getattr(record, field.attribute)
            if inner is not None and field.type.struct is not None:
                value = self._part_of(field.type.struct, inner, value)
            made.__dict__[field.attribute] = value
        return made

    def default(self, field: ThriftField) -> Any:
        """Return a fresh default of a field."""
        return None if field.default is None else self._of_literal(field.type, field.default)

    def _absent(self, field: ThriftField) -> Any:
        is_plain = field.default is None or isinstance(field.default, (int, float, str, bytes))
        return self.default(field) if is_plain else _Default(field.attribute, self.default, field)

    def _new(self, struct: ThriftStruct) -> Any:
        module = {"__module__": self.record.__module__}
        attributes = frozenset(field.attribute for field in struct.fields)
        members: dict[str, Any] = {"struct": struct, _ATTRIBUTES: attributes, **module}
        for field in struct.fields:
            members[field.attribute] = self._absent(field)
            if field.default is not None:
                members["#" + field.attribute] = _set_of(field.attribute, struct.kind)
        made: Any = type(struct.name, (self.record,), members)
        # Records that are read are made and filled by C: no constructor and no checks of ours,
        # which would make it 20 µs instead of 3. Wrong names are found when one is written.
        # A class that sets attributes its own way is given them as arguments, as unions are.
        filled: dict[str, Any] = {**module, "__init__": _fill}
        if struct.kind != "union":
            for name in ("__init__", "__setattr__", "__delattr__"):
                filled[name] = getattr(object, name)
        for field in struct.fields:
            if field.default is not None:
                filled["#" + field.attribute] = _Set(field.attribute)
        made._stored = type(struct.name, (made,), filled)
        looked: dict[str, Any] = {}
        for field in struct.fields:
            is_flat = field.type.struct is None and field.type.element is None
            looked[field.attribute] = (LookedFlat if is_flat else _Looked)(field.attribute)
            if field.default is not None:
                looked["#" + field.attribute] = _LookedSet(field.attribute)
        # They are made by calling it without arguments, in C.
        looked["__init__"] = object.__init__
        made._unread = type(struct.name, (self._unread, made), {**module, **looked})
        return made

    def _of_literal(self, kind: ThriftType, value: Any) -> Any:
        """Return a value of a type as the IDL writes it: a set as a list, a struct as a dict."""
        make = self._of_literal
        if kind.struct is not None and isinstance(value, dict):
            fields = [kind.struct.by_name[name] for name in value]
            return self.of(kind.struct)(
                **{field.attribute: make(field.type, value[field.name]) for field in fields}
            )
        if kind.key is not None and kind.element is not None:
            return {make(kind.key, key): make(kind.element, one) for key, one in value.items()}
        if kind.element is not None:
            found = [make(kind.element, one) for one in value]
            return set(found) if kind.kind == "set" else found
        if kind.kind == "binary" and isinstance(value, str):
            return value.encode()
        convert = {"double": float, "bool": bool}.get(kind.kind)
        return value if convert is None else convert(value)


class _Looked:
    """An attribute of an unread record: reads all of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, record: Any, owner: type) -> Any:
        if record is None:
            return self
        record._values()
        return getattr(record, self._name)


class LookedFlat(_Looked):
    """The same for a value that cannot be changed: reads it alone at first.

    Attributes:
        missed: how often it was looked at and not read ahead.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.missed = 0
        self._readers: dict[tuple[Any, int], Callable[[bytes], Any]] = {}

    def __get__(self, record: Any, owner: type) -> Any:
        if record is None:
            return self
        self.missed += 1
        key = record._codec, get_ident()
        read = self._readers.get(key)
        if read is None:
            if len(self._readers) > _MOST_READERS:
                self._readers.clear()  # of threads that ended, among others
            read = self._readers[key] = key[0].field_decoder(self._name)
        return record._look(read, self._name)


class _LookedSet(_Looked):
    """The same for what `_Set` stands for."""

    def __get__(self, record: Any, owner: type) -> Any:
        return None if record is None else record._seen().get(self._name)


class _Default:
    """An absent field with a default that can be changed: each record gets its own."""

    def __init__(
        self, attribute: str, make: Callable[[ThriftField], Any], field: ThriftField
    ) -> None:
        self._attribute = attribute
        self._make = make
        self._field = field

    def __get__(self, record: Any, owner: type) -> Any:
        value = self._make(self._field)
        if record is not None:
            record.__dict__[self._attribute] = value
        return value


def _fill(record: Any, /, **values: Any) -> None:
    record.__dict__.update(values)


def _set_of(attribute: str, kind: str) -> Any:
    """Return what the C codec reads of a field with a default in a record that somebody made.

    Such a record has a value of its own for each: it is looked at without a call of Python's. But
    a union has one value.
    """
    return _Set(attribute) if kind == "union" else property(attrgetter(attribute))


class _Set:
    """What the C codec reads of a field with a default: the value that was set, or None."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute

    def __get__(self, record: Any, owner: type) -> Any:
        return None if record is None else record.__dict__.get(self._attribute)
