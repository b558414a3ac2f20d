"""Records and the codec that reads and writes them.

A record is an object with an attribute for each field. It may be *unread*: then it has only the
bytes it came from, is read when somebody looks at a field, and is written back as these bytes. Both
are in one file because each needs the other: a record is pickled and read late by a codec.
"""

from __future__ import annotations

import copy
import functools
import threading
import zlib
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Literal

import attrs

from cascade2spark.codecs.thrift_classes import (
    AHEAD,
    CODEC,
    LOOKED,
    RAW,
    UNREAD,
    RecordClasses,
    raw_of,
)
from cascade2spark.codecs.thrift_idl import thrift_struct
from cascade2spark.codecs.thrift_kept import kept_protocol
from cascade2spark.codecs.thrift_plain import UNKNOWN
from cascade2spark.codecs.thrift_schema import ThriftStruct
from cascade2spark.codecs.thrift_tools import Tools, checker_for, tools_for
from cascade2spark.codecs.thrift_unread import Makers, UnreadDecoder
from cascade2spark.codecs.thrift_wire import INPUTS
from cascade2spark.errors import BadRecord, BuildError, nearest_match

__all__ = ["ThriftCodec", "ThriftRecord", "as_plain", "record_class"]

_ATTRIBUTES = "#attributes"
_NEVER = object()

Row = tuple[Any, ...]


class ThriftRecord(metaclass=ABCMeta):
    """A struct's values: attributes by field, absent ones giving their default or None.

    Get a struct's class from `record_class`, or records from a codec. Two records are equal when
    they are of one struct and their set fields are equal. They pickle as their thrift bytes.

    Args:
        values: the fields that are set, by name.
    Source:
        org.apache.thrift.TBase
    Example:
        >>> from cascade2spark.schemes import record_class
        >>> event = record_class("struct Event { 1: i64 id }")(id=7)
        >>> isinstance(event, ThriftRecord), event.id
        (True, 7)
    """

    # What an unread record came from, what reads it, and what that gave; unset in all others.
    __slots__ = ("__dict__", "__weakref__", *UNREAD, *AHEAD)

    struct: ClassVar[ThriftStruct]
    _stored: ClassVar[type[ThriftRecord]]
    _unread: ClassVar[type[ThriftRecord]]

    def __init__(self, /, **values: Any) -> None:
        for name in values:
            self._check_name(name)
        if self.struct.kind == "union" and len(values) > 1:
            raise ValueError(f"a union has one value: {self.struct.name} was given {len(values)}")
        given = {
            field.attribute: _CLASSES.default(field)
            for field in self.struct.fields
            if field.default is not None
        }
        self.__dict__.update(given | values)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        # A class that a function took along to a worker is a copy of the one there.
        if "struct" in vars(cls) and getattr(other, "struct", None) == cls.struct:
            return True
        return NotImplemented

    def is_set(self, name: str) -> bool:
        """Tell whether a field has a value of its own, and not only its default."""
        attribute = self.struct.field(name).attribute
        return self._seen().get(attribute) is not None

    def as_dict(self) -> dict[str, Any]:
        """Return the set fields by name, with structs inside as dicts too."""
        values = self._seen()
        return {
            field.name: as_plain(values[field.attribute])
            for field in self.struct.fields
            if values.get(field.attribute) is not None
        }

    def _values(self) -> dict[str, Any]:
        """Return the values, to change them."""
        return self.__dict__

    def _seen(self) -> dict[str, Any]:
        """Return the values, which nobody changes."""
        return self.__dict__

    def _check_name(self, name: str) -> None:
        if name in getattr(self, _ATTRIBUTES):
            return
        names = [field.attribute for field in self.struct.fields]
        if name not in names and not name.startswith("__"):
            raise AttributeError(
                f"thrift {self.struct.kind} {self.struct.name} has no field {name!r}"
                + (f"; there is {near!r}" if (near := nearest_match(name, names)) else "")
            )

    def __setattr__(self, name: str, value: Any) -> None:
        self._check_name(name)
        values = self._values()
        if self.struct.kind == "union" and not name.startswith("__"):
            values.clear()  # as in Java, the new value takes the place of the old one
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        # What is made has all defaults, and is written as one that has: this one has not.
        object.__setattr__(self, "__class__", self._stored)
        object.__delattr__(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThriftRecord) or self.struct != other.struct:
            return NotImplemented
        if (data := raw_of(self)) is not None and (data, getattr(self, CODEC)) == (
            raw_of(other),
            getattr(other, CODEC, None),
        ):
            return True
        return _set_values(self) == _set_values(other)

    def __hash__(self) -> int:
        # The same in every process, unlike the hash of None or of a text.
        return zlib.crc32(repr(_stable(self)).encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        try:
            values = self._seen()
        except BadRecord as bad:  # nobody checked its bytes
            return f"<{bad.headline}>"
        shown = ", ".join(f"{name}={one!r}" for name, one in values.items() if name != UNKNOWN)
        return f"{self.struct.name}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        kept = kept_protocol(self)
        protocol, keeps = kept or "binary", kept is not None
        codec = _pickle_codec(self.struct, "replace", protocol, keeps)
        try:
            data = codec.encode(self)
        except BuildError:
            codec = _pickle_codec(self.struct, "surrogateescape", protocol, keeps)
            data = codec.encode(self)
        return _read_again, (codec, data)

    def __copy__(self) -> ThriftRecord:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> ThriftRecord:
        twin = type(self).__new__(type(self))
        for name, one in self.__dict__.items():
            twin.__dict__[name] = one if name == UNKNOWN else copy.deepcopy(one, memo)
        return twin


class _UnreadMixin(ThriftRecord):
    """A record that is bytes until a field is looked at.

    What cannot be changed, numbers and texts, is looked at without a change: the record stays
    bytes. So it does when it is compared, shown, or asked for `as_dict`. When a list or a struct
    is, or an attribute is set, it becomes an ordinary record. Attributes of its own are such
    values, read ahead.
    """

    __slots__ = ()
    _raw: bytes
    _codec: ThriftCodec
    _looked: ThriftRecord | None

    def _look(self, one: Callable[[bytes], Any], name: str) -> Any:
        """Return a field; `one` reads it alone."""
        looked = getattr(self, LOOKED, _NEVER)
        if looked is _NEVER:
            object.__setattr__(self, LOOKED, None)
            return getattr(one(self._raw), name)
        if looked is None:  # who looks twice looks again
            looked = self._codec.decode(self._raw)
            object.__setattr__(self, LOOKED, looked)
        return getattr(looked, name)

    def _seen(self) -> dict[str, Any]:
        looked: ThriftRecord | None = getattr(self, LOOKED, None)
        if looked is None:
            looked = self._codec.decode(self._raw)
            object.__setattr__(self, LOOKED, looked)
        return looked.__dict__

    def _values(self) -> dict[str, Any]:
        read = getattr(self, LOOKED, None) or self._codec.decode(self._raw)
        self.__dict__.clear()
        self.__dict__.update(read.__dict__)
        for name in (*UNREAD, *AHEAD):
            if hasattr(self, name):
                object.__delattr__(self, name)
        object.__setattr__(self, "__class__", self._stored)
        return self.__dict__

    def __delattr__(self, name: str) -> None:
        self._values()
        object.__delattr__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unread, (self._codec, self._raw)

    def __copy__(self) -> ThriftRecord:
        return _unread(self._codec, self._raw)

    def __deepcopy__(self, memo: dict[int, Any]) -> ThriftRecord:
        return _unread(self._codec, self._raw)


def _classes() -> RecordClasses:
    return _CLASSES


_CLASSES = RecordClasses(ThriftRecord, _UnreadMixin, _classes)


def record_class(
    struct: Any, name: str | None = None, *, include_dirs: Iterable[str] = ()
) -> type[ThriftRecord]:
    """Return the class of a struct's records, one in a process.

    Args:
        struct: as for `thrift_struct`: an IDL, a class of thriftpy2's, or a struct.
        name: which struct of the IDL.
        include_dirs: folders of files that the IDL includes.
    Example:
        >>> Point = record_class("struct Point { 1: double x, 2: double y = 2.5 }")
        >>> Point(x=1.0)
        Point(y=2.5, x=1.0)
    """
    found: type[ThriftRecord] = _CLASSES.of(thrift_struct(struct, name, include_dirs=include_dirs))
    return found


def _set_values(record: ThriftRecord) -> dict[str, Any]:
    return {name: one for name, one in record._seen().items() if one is not None}


def as_plain(value: Any) -> Any:
    """Return a value with the records in it as dicts."""
    if isinstance(value, ThriftRecord):
        return ThriftRecord.as_dict(value)
    if isinstance(value, dict):
        return {key: as_plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(one) for one in value]
    return set(value) if isinstance(value, set) else value


def _stable(value: Any) -> Any:
    """Return what equal values have in common and that looks the same in every process."""
    if isinstance(value, ThriftRecord):
        values = _set_values(value)
        return value.struct.name, sorted((name, _stable(one)) for name, one in values.items())
    if isinstance(value, dict):
        return sorted(repr((_stable(key), _stable(one))) for key, one in value.items())
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_stable(one)) for one in value)
    if isinstance(value, (list, tuple)):
        return [_stable(one) for one in value]
    return float(value) + 0.0 if isinstance(value, (int, float)) else value


def _as_paths(given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    return (given,) if isinstance(given, str) else tuple(given)


@attrs.frozen(cache_hash=True)
class ThriftCodec:
    """Reads and writes records of a struct; frozen and small to pickle.

    A record must end where its bytes end, whatever fields are wanted.

    Args:
        struct: the struct.
        protocol: binary or compact.
        fields: paths of the fields to read, such as ``user.address.city``; None reads all.
        text: invalid UTF-8 in a `string` becomes U+FFFD, as in Java (replace); makes the record bad
            (strict); or is kept as lone surrogates and written back (surrogateescape). The last two
            are read in Python, three times slower.
        unknown: fields that the IDL does not know are dropped, or kept and written back (keep; read
            in Python).
        trailing: bytes behind the end of a struct make the record bad (refuse), or are passed over
            (ignore), as the readers of thrift itself do.
    Raises:
        BuildError: an argument is none of these, or a path leads nowhere.
    Source:
        org.apache.thrift.TSerializer, TDeserializer
    Example:
        >>> from cascade2spark.schemes import record_class, thrift_struct
        >>> event = "struct Event { 1: i64 id }"
        >>> codec = ThriftCodec(thrift_struct(event), "compact")
        >>> codec.decode(codec.encode(record_class(event)(id=7))).id
        7
    """

    struct: ThriftStruct
    protocol: Literal["binary", "compact"] = "binary"
    fields: tuple[str, ...] | None = attrs.field(default=None, converter=_as_paths)
    text: Literal["replace", "strict", "surrogateescape"] = "replace"
    unknown: Literal["drop", "keep"] = "drop"
    trailing: Literal["refuse", "ignore"] = "refuse"

    def __attrs_post_init__(self) -> None:
        _check("protocol", self.protocol, list(INPUTS))
        _check("text", self.text, ["replace", "strict", "surrogateescape"])
        _check("unknown", self.unknown, ["drop", "keep"])
        _check("trailing", self.trailing, ["refuse", "ignore"])
        for path in self.fields or ():
            self.struct.path(path)

    def decode(self, data: bytes) -> Any:
        """Return a record; with `fields`, an object with only these attributes.

        Raises:
            BadRecord: the bytes are no such struct; with the field and the offset.
        """
        return _tools(self).decode(data)

    def unread(self, data: bytes) -> ThriftRecord:
        """Return a record that stays bytes until a field of it is looked at."""
        return _unread(self, data)

    def unread_decoder(self) -> Callable[[list[bytes]], list[ThriftRecord]]:
        """Return `unread` as a function for lists, of one thread, which refuses bad records."""
        names = {one.attribute: one.name for one in self.struct.fields}

        def makers_for(attributes: tuple[str, ...]) -> Makers:
            few = attrs.evolve(self, fields=[names[one] for one in attributes])
            kind = _CLASSES.unread(self, attributes)
            return Makers(kind, checker_for(few, _CLASSES), _tools(few).decode_many)

        return UnreadDecoder(_CLASSES.of(self.struct)._unread, makers_for)

    def field_decoder(self, attribute: str) -> Callable[[bytes], Any]:
        """Return what reads an object with one attribute, for many records of one thread."""
        (name,) = (one.name for one in self.struct.fields if one.attribute == attribute)
        return _tools(attrs.evolve(self, fields=(name,))).decode

    def decode_row(self, data: bytes) -> Row:
        """Return the values of `fields`, or of all fields of the struct, as a tuple."""
        return _tools(self).row(_tools(self).decode(data))

    def decode_rows(self, records: Iterable[bytes]) -> Iterator[Row]:
        """Yield the values of `fields`, or of all fields, of each record."""
        tools = _tools(self)
        return map(tools.row, map(tools.decode, records))

    def row_decoder(self) -> Callable[[list[bytes]], list[Row]]:
        """Return `decode_row` as a function for lists, of one thread."""
        return _tools(self).rows

    def encode(self, record: Any) -> bytes:
        """Return the bytes of a record, an object with its attributes, or a mapping by field name.

        Raises:
            BuildError: a value has no place in its field; with the field.
        """
        if isinstance(record, ThriftRecord) and (data := raw_of(record)) is not None:
            codec = getattr(record, CODEC)
            if codec.protocol == self.protocol and codec.struct == self.struct:
                return data
        return _tools(self).encode(record)

    def encode_row(self, row: Row) -> bytes:
        """Return the bytes of a row: values of `fields`, which are no paths, or of all fields."""
        return _tools(self).encode_row(row)

    def encoder(self) -> Callable[[Sequence[Any]], list[bytes]]:
        """Return `encode` as a function for lists, of one thread."""
        encode_many, unread = _tools(self).encode_many, _CLASSES.of(self.struct)._unread
        bytes_of = attrgetter(RAW)
        known: dict[type, bool] = {}

        def is_stored(kind: type) -> bool:
            """Tell whether the bytes that records of a class came from are what to write."""
            if kind not in known:
                codec = getattr(kind, CODEC) if unread in kind.__mro__ else None
                known[kind] = codec is not None and codec.protocol == self.protocol
            return known[kind]

        def write(records: Sequence[Any]) -> list[bytes]:
            if all(map(is_stored, set(map(type, records)))):
                return list(map(bytes_of, records))
            found = [bytes_of(one) if is_stored(type(one)) else None for one in records]
            left = [place for place, one in enumerate(found) if one is None]
            if not left:
                return found  # type: ignore[return-value]
            written = encode_many([records[place] for place in left])
            if len(left) == len(found):
                return written
            for place, one in zip(left, written, strict=True):
                found[place] = one
            return found  # type: ignore[return-value]

        return write

    def row_encoder(self) -> Callable[[Sequence[Row]], list[bytes]]:
        """Return `encode_row` as a function for lists, of one thread."""
        return _tools(self).encode_rows


def _check(what: str, given: object, allowed: list[str]) -> None:
    if given not in allowed:
        raise BuildError(
            f"there is no such {what} of a thrift codec", asked=given, available=allowed
        )


def _tools(codec: ThriftCodec) -> Tools:
    """Return the functions of a codec; a thread's own, for they hold the record they work on."""
    return _tools_of(codec, threading.get_ident())


@functools.lru_cache(maxsize=1024)
def _tools_of(codec: ThriftCodec, thread: int) -> Tools:
    return tools_for(codec, _CLASSES)


@functools.lru_cache(maxsize=4096)
def _pickle_codec(struct: ThriftStruct, text: Any, protocol: Any, keeps: bool) -> ThriftCodec:
    return ThriftCodec(struct, protocol, text=text, unknown="keep" if keeps else "drop")


def _read_again(codec: ThriftCodec, data: bytes) -> ThriftRecord:
    record: ThriftRecord = codec.decode(data)
    return record


def _unread(codec: ThriftCodec, data: bytes) -> ThriftRecord:
    kind = _CLASSES.unread(codec)
    record: ThriftRecord = kind.__new__(kind)
    object.__setattr__(record, RAW, data)
    return record
