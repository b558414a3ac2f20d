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
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import attrs

from cascade2spark.codecs import thrift_fast
from cascade2spark.codecs.thrift_classes import RecordClasses
from cascade2spark.codecs.thrift_generated import generated_decoder, generated_encoder
from cascade2spark.codecs.thrift_idl import thrift_struct
from cascade2spark.codecs.thrift_output import OUTPUTS
from cascade2spark.codecs.thrift_paths import row_getter, wanted_of
from cascade2spark.codecs.thrift_plain import UNKNOWN, Reader, Wanted, write_struct
from cascade2spark.codecs.thrift_schema import (
    ThriftStruct,
    attribute_name,
)
from cascade2spark.codecs.thrift_texts import text_finder
from cascade2spark.codecs.thrift_wire import INPUTS, ThriftFault
from cascade2spark.errors import BadRecord, BuildError, nearest_match, shown_value

__all__ = ["ThriftCodec", "ThriftRecord", "as_plain", "record_class"]

_RAW = "#raw"
_ATTRIBUTES = "#attributes"
_CODEC = "#codec"
_LOOKED = "#looked"  # a field of it was looked at, and then all of them: no list or struct yet
_SHOWN_BYTES = 60
_SHOWN_PARTS = 12  # of a path

Row = tuple[Any, ...]


class ThriftRecord(SimpleNamespace, metaclass=ABCMeta):
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
        super().__init__(**(given | values))

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        # A class that a function took along to a worker is a copy of the one there.
        if "struct" in vars(cls) and getattr(other, "struct", None) == cls.struct:
            return True
        return NotImplemented

    def is_set(self, name: str) -> bool:
        """Tell whether a field has a value of its own, and not only its default."""
        attribute = self.struct.field(name).attribute
        return self._values().get(attribute) is not None

    def as_dict(self) -> dict[str, Any]:
        """Return the set fields by name, with structs inside as dicts too."""
        values = self._values()
        return {
            field.name: as_plain(values[field.attribute])
            for field in self.struct.fields
            if values.get(field.attribute) is not None
        }

    def _values(self) -> dict[str, Any]:
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThriftRecord) or self.struct != other.struct:
            return NotImplemented
        mine, others = self.__dict__, other.__dict__
        if _RAW in mine and _RAW in others and mine[_RAW] == others[_RAW]:
            return bool(mine[_CODEC] == others[_CODEC])
        return _set_values(self) == _set_values(other)

    def __hash__(self) -> int:  # type: ignore[override]
        # The same in every process, unlike the hash of None or of a text.
        return zlib.crc32(repr(_stable(self)).encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        if _RAW in self.__dict__:
            return f"<unread {self.struct.name} of {len(self.__dict__[_RAW])} bytes>"
        shown = ", ".join(
            f"{name}={value!r}" for name, value in self.__dict__.items() if name != UNKNOWN
        )
        return f"{self.struct.name}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        keeps = UNKNOWN in self.__dict__
        protocol = self.__dict__[UNKNOWN][0][0] if keeps else "binary"
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
        twin.__dict__.pop(_LOOKED, None)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> ThriftRecord:
        twin = type(self).__new__(type(self))
        own = {name: one for name, one in self.__dict__.items() if name != _LOOKED}
        kept = {_RAW, _CODEC, UNKNOWN}
        twin.__dict__.update(
            {name: one if name in kept else copy.deepcopy(one, memo) for name, one in own.items()}
        )
        return twin


class _UnreadMixin(ThriftRecord):
    """A record that is bytes until a field is looked at.

    What cannot be changed, numbers and texts, is looked at without a change: the record stays
    bytes. When a list or a struct is, or an attribute is set, it becomes an ordinary record.
    """

    def _look(self, one: Callable[[bytes], Any], name: str) -> Any:
        """Return a field; `one` reads it alone."""
        own = self.__dict__
        if _LOOKED not in own:
            own[_LOOKED] = None
            return getattr(one(own[_RAW]), name)
        if own[_LOOKED] is None:  # who looks twice looks again
            own[_LOOKED] = own[_CODEC].decode(own[_RAW])
        return getattr(own[_LOOKED], name)

    def _values(self) -> dict[str, Any]:
        own = self.__dict__
        read = own.get(_LOOKED) or own[_CODEC].decode(own[_RAW])
        self.__dict__.clear()
        self.__dict__.update(read.__dict__)
        object.__setattr__(self, "__class__", self._stored)
        return self.__dict__

    def __reduce__(self) -> tuple[Any, ...]:
        return _unread, (self.__dict__[_CODEC], self.__dict__[_RAW])


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
    return {name: one for name, one in record._values().items() if one is not None}


def as_plain(value: Any) -> Any:
    """Return a value with the records in it as dicts."""
    if isinstance(value, ThriftRecord):
        return ThriftRecord.as_dict(value)
    if isinstance(value, dict):
        return {key: as_plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(one) for one in value]
    return value


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
    return None if given is None else tuple(given)


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

    def unread_decoder(self) -> Callable[[bytes], ThriftRecord]:
        """Return `unread` as a function for many records of one thread, which refuses bad ones."""
        check = _tools(attrs.evolve(self, fields=())).decode
        kind = _CLASSES.of(self.struct)._unread
        new = kind.__new__

        def make(data: bytes) -> ThriftRecord:
            check(data)
            record: ThriftRecord = new(kind)
            own = record.__dict__
            own[_RAW] = data
            own[_CODEC] = self
            return record

        return make

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

    def row_decoder(self) -> Callable[[bytes], Row]:
        """Return `decode_row` as a function, for many records of one thread."""
        tools = _tools(self)
        decode, row = tools.decode, tools.row
        return lambda data: row(decode(data))

    def encode(self, record: Any) -> bytes:
        """Return the bytes of a record, an object with its attributes, or a mapping by field name.

        Raises:
            BuildError: a value has no place in its field; with the field.
        """
        own = record.__dict__ if isinstance(record, ThriftRecord) else {}
        if _RAW in own:
            codec = own[_CODEC]
            if codec.protocol == self.protocol and codec.struct == self.struct:
                raw: bytes = own[_RAW]
                return raw
        return _tools(self).encode(record)

    def encode_row(self, row: Row) -> bytes:
        """Return the bytes of a row: values of `fields`, which are no paths, or of all fields."""
        return _tools(self).encode_row(row)

    def encoder(self) -> Callable[[Any], bytes]:
        """Return `encode` as a function, for many records of one thread."""
        encode, kind, known = _tools(self).encode, _CLASSES.of(self.struct)._unread, [self]

        def write(record: Any) -> bytes:
            if record.__class__ is not kind:
                return encode(record)
            own = record.__dict__
            if own[_CODEC] is not known[-1]:
                if own[_CODEC].protocol != self.protocol or own[_CODEC].struct != self.struct:
                    return encode(record)
                known[:] = [own[_CODEC]]
            raw: bytes = own[_RAW]
            return raw

        return write

    def row_encoder(self) -> Callable[[Row], bytes]:
        """Return `encode_row` as a function, for many rows of one thread."""
        return _tools(self).encode_row


def _check(what: str, given: object, allowed: list[str]) -> None:
    if given not in allowed:
        raise BuildError(
            f"there is no such {what} of a thrift codec", asked=given, available=allowed
        )


@attrs.frozen(eq=False)
class _Tools:
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    row: Callable[[Any], Row]
    encode_row: Callable[[Row], bytes]


def _tools(codec: ThriftCodec) -> _Tools:
    """Return the functions of a codec; a thread's own, for they hold the record they work on."""
    return _tools_of(codec, threading.get_ident())


@functools.lru_cache(maxsize=1024)
def _tools_of(codec: ThriftCodec, thread: int) -> _Tools:
    struct = codec.struct
    wanted = wanted_of(struct, codec.fields)
    names = tuple(
        ".".join(field.attribute for field in struct.path(path))
        for path in (struct.field_names if codec.fields is None else codec.fields)
    )
    is_plain = all("." not in name for name in names)
    stored = _CLASSES.of(struct)._stored

    encode, encode_made = _encoders(codec)

    def encode_row(row: Row) -> bytes:
        if not is_plain:
            raise BuildError("a nested field cannot be written", asked=list(codec.fields or ()))
        if len(row) != len(names):
            raise BuildError(f"{len(row)} values for {len(names)} fields of {struct.name}")
        made = stored()
        made.__dict__.update(zip(names, row, strict=True))
        return encode_made(made)

    return _Tools(_decoder(codec, wanted), encode, row_getter(names), encode_row)


def _decoder(codec: ThriftCodec, wanted: Wanted) -> Callable[[bytes], Any]:
    struct, source = codec.struct, INPUTS[codec.protocol]
    classes: dict[int, type] = {}

    def make(of: ThriftStruct, some: Wanted) -> Any:
        if some is None:
            return _CLASSES.of(of)._stored()
        if id(some) not in classes:
            classes[id(some)] = _CLASSES.view(of, some)
        return classes[id(some)]()

    # A text that is passed over cannot be told to be UTF-8.
    is_exact = codec.trailing == "refuse"
    reads_all = codec.text == "strict" and wanted is not None
    reader = Reader(make, codec.text, codec.unknown == "keep")

    def exact(fault: ThriftFault, data: bytes) -> ThriftFault:
        # Who passes over a field does not know where in it the damage is.
        try:
            reader.struct(source(data), struct)
        except ThriftFault as closer:
            return closer
        return fault

    def plainly(data: bytes) -> Any:
        record = source(data)
        try:
            if reads_all:
                reader.struct(source(data), struct)
            made = reader.struct(record, struct, wanted)
            if record.at != record.end and is_exact:
                left = record.end - record.at
                raise ThriftFault(f"{left} bytes behind the end of the struct", record.at)
        except ThriftFault as fault:
            raise _bad_record(codec, exact(fault, data), data) from None
        return made

    if codec.unknown == "keep" or reads_all:
        return plainly
    fast: Callable[[bytes], Any] | None = None
    if codec.text == "replace" and thrift_fast.is_fast(struct):
        fast = thrift_fast.fast_decoder(
            struct, wanted, codec.protocol, _CLASSES.stored, is_exact=is_exact
        )
    elif codec.protocol == "binary":
        fast = generated_decoder(struct, wanted, codec.text, _CLASSES.stored, is_exact=is_exact)
    if fast is None:
        return plainly
    quickly = fast

    def read(data: bytes) -> Any:
        try:
            return quickly(data)
        except ValueError:
            return plainly(bytes(data))

    return read


def _encoders(codec: ThriftCodec) -> tuple[Callable[[Any], bytes], Callable[[Any], bytes]]:
    """Return what writes any record, and one of the stored class with attributes of the struct."""
    struct, output = codec.struct, OUTPUTS[codec.protocol]
    text = "surrogateescape" if codec.text == "surrogateescape" else "strict"

    def plainly(record: Any) -> bytes:
        out = output()
        try:
            write_struct(out, struct, _seen(record), text)
        except ThriftFault as fault:
            raise _bad_value(codec, fault, record) from None
        return b"".join(out.parts)

    fast: Callable[[Any], bytes] | None = None
    if thrift_fast.is_fast(struct):
        fast = thrift_fast.fast_encoder(struct, codec.protocol, _CLASSES.stored)
    elif codec.protocol == "binary":
        fast = generated_encoder(struct)
    if fast is None or codec.unknown == "keep":
        return plainly, plainly
    quickly, stored = fast, _CLASSES.of(struct)._stored
    names = frozenset(struct.field_names)
    attributes = frozenset({UNKNOWN, *(field.attribute for field in struct.fields)})

    has_text = text_finder(struct)

    def write_made(record: Any) -> bytes:
        try:
            if has_text is None or not has_text(record):
                return quickly(record)
        except thrift_fast.Refused:
            pass
        return plainly(record)

    def write(record: Any) -> bytes:
        if record.__class__ is stored:
            known = attributes.issuperset(record.__dict__)
            return write_made(record) if known else plainly(record)
        if isinstance(record, Mapping):
            if not names.issuperset(record):
                return plainly(record)
            given = stored()
            given.__dict__.update({attribute_name(name): one for name, one in record.items()})
            try:
                return write_made(given)
            except BuildError:
                return plainly(record)  # it shows what was given
        if not hasattr(record, "__dict__"):
            return plainly(record)
        return write_made(record)

    return write, write_made


def _seen(record: Any) -> Any:
    if isinstance(record, ThriftRecord):
        record._values()
    return record


def _path_of(codec: ThriftCodec, fault: ThriftFault) -> str:
    parts = fault.path
    if len(parts) > _SHOWN_PARTS:
        parts = [*parts[: _SHOWN_PARTS - 4], "…", *parts[-3:]]
    return ".".join([codec.struct.name, *parts]).replace(".[", "[")


def _bad_record(codec: ThriftCodec, fault: ThriftFault, data: bytes) -> BadRecord:
    start = max((fault.at or 0) - _SHOWN_BYTES // 2, 0)
    some = data[start : start + _SHOWN_BYTES].hex(" ", -8)
    return BadRecord(
        f"bytes that are no thrift {codec.struct.kind} {codec.struct.name}: {fault.problem}",
        payload=(data,),
        details={
            "field": _path_of(codec, fault),
            "byte": f"{fault.at} of {len(data)}",
            "protocol": codec.protocol,
            "bytes": some + (f" from byte {start}" if start else ""),
        },
    )


def _bad_value(codec: ThriftCodec, fault: ThriftFault, record: Any) -> BuildError:
    return BuildError(
        f"a value that thrift {codec.struct.kind} {codec.struct.name} has no place for: "
        f"{fault.problem}",
        details={"field": _path_of(codec, fault), "record": shown_value(record)},
    )


@functools.lru_cache(maxsize=4096)
def _pickle_codec(struct: ThriftStruct, text: Any, protocol: Any, keeps: bool) -> ThriftCodec:
    return ThriftCodec(struct, protocol, text=text, unknown="keep" if keeps else "drop")


def _read_again(codec: ThriftCodec, data: bytes) -> ThriftRecord:
    record: ThriftRecord = codec.decode(data)
    return record


def _unread(codec: ThriftCodec, data: bytes) -> ThriftRecord:
    kind = _CLASSES.of(codec.struct)._unread
    record: ThriftRecord = kind.__new__(kind)
    record.__dict__.update({_RAW: data, _CODEC: codec})
    return record
