"""The functions of a codec: the fastest that reads or writes exactly, and the reference behind it.

What a fast one refuses, the reference reads or writes again, or says why it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol

import attrs

from cascade2spark.codecs import thrift_batch, thrift_fast
from cascade2spark.codecs.thrift_classes import RecordClasses
from cascade2spark.codecs.thrift_generated import generated_decoder, generated_encoder
from cascade2spark.codecs.thrift_output import OUTPUTS
from cascade2spark.codecs.thrift_paths import row_getter, wanted_of
from cascade2spark.codecs.thrift_plain import UNKNOWN, Reader, Wanted, write_struct
from cascade2spark.codecs.thrift_schema import ThriftStruct
from cascade2spark.codecs.thrift_texts import text_finder, texts_finder
from cascade2spark.codecs.thrift_wire import INPUTS, ThriftFault
from cascade2spark.errors import BadRecord, BuildError, shown_value

__all__ = ["Settings", "Tools", "checker_for", "tools_for"]

_SHOWN_BYTES = 60
_SHOWN_PARTS = 12  # of a path

# The attributes that an object has of its own.
_OWN = attrgetter("__dict__")

Row = tuple[Any, ...]
Decode = Callable[[bytes], Any]
Encode = Callable[[Any], bytes]


class Settings(Protocol):
    """What a codec is asked for: `ThriftCodec` tells."""

    @property
    def struct(self) -> ThriftStruct: ...
    @property
    def protocol(self) -> str: ...
    @property
    def fields(self) -> tuple[str, ...] | None: ...
    @property
    def text(self) -> str: ...
    @property
    def unknown(self) -> str: ...
    @property
    def trailing(self) -> str: ...


@attrs.frozen(eq=False)
class Tools:
    """What a codec does, for one thread: each holds the record it works on.

    Attributes:
        decode: reads a record.
        decode_many: reads records; BadRecord does not say which is bad.
        encode: writes any record.
        encode_many: writes records that are no unread ones.
        row: the values of the codec's fields, of what `decode` gives.
        rows: reads records as rows.
        encode_row: writes such a row.
        encode_rows: writes rows.
    """

    decode: Decode
    decode_many: Callable[[list[bytes]], list[Any]]
    encode: Encode
    encode_many: Callable[[list[Any]], list[bytes]]
    row: Callable[[Any], Row]
    rows: Callable[[list[bytes]], list[Row]]
    encode_row: Callable[[Row], bytes]
    encode_rows: Callable[[Sequence[Row]], list[bytes]]


def tools_for(codec: Settings, classes: RecordClasses) -> Tools:
    """Return the functions of a codec."""
    struct = codec.struct
    paths = struct.field_names if codec.fields is None else codec.fields
    names = tuple(".".join(one.attribute for one in struct.path(path)) for path in paths)
    is_plain = all("." not in name for name in names)
    stored, row = classes.of(struct)._stored, row_getter(names)
    wanted = wanted_of(struct, codec.fields)
    decode = _decoder(codec, wanted, classes)
    # A row needs no record, only what a getter looks into.
    of_row = wanted_of(struct, paths)
    decode_row = decode if codec.fields is not None else _decoder(codec, of_row, classes)
    encode, encode_made, encode_many = _encoders(codec, classes)

    def made_of(row: Row) -> Any:
        if not is_plain:
            raise BuildError("a nested field cannot be written", asked=list(codec.fields or ()))
        if len(row) != len(names):
            raise BuildError(f"{len(row)} values for {len(names)} fields of {struct.name}")
        made = stored()
        made.__dict__.update(zip(names, row, strict=True))
        return made

    read_rows = _many(codec, of_row, classes, decode_row)
    return Tools(
        decode,
        _many(codec, wanted, classes, decode),
        encode,
        encode_many,
        row,
        lambda values: list(map(row, read_rows(values))),
        lambda row: encode_made(made_of(row)),
        lambda rows: encode_many(list(map(made_of, rows))),
    )


def _many(
    codec: Settings, wanted: Wanted, classes: RecordClasses, decode: Decode
) -> Callable[[list[bytes]], list[Any]]:
    """Return what reads records by few calls, where these read what `decode` does."""
    if not _is_fast(codec) or codec.trailing == "ignore":
        return lambda values: list(map(decode, values))
    quickly = thrift_batch.batch_decoder(codec.struct, wanted, codec.protocol, classes.stored)

    def read(values: list[bytes]) -> list[Any]:
        found: list[Any] = []
        for some in thrift_batch.batches(values):
            try:
                found += quickly(some) if len(some) > 1 else map(decode, some)
            except ValueError:
                found += map(decode, some)
        return found

    return read


def checker_for(
    codec: Settings, classes: RecordClasses
) -> Callable[[list[bytes]], list[Any]] | None:
    """Return what reads the codec's fields, flat ones, of whole records; None without C."""
    if not _is_fast(codec) or codec.trailing == "ignore":
        return None
    wanted = wanted_of(codec.struct, codec.fields)
    assert wanted is not None
    kind = classes.view(codec.struct, wanted)
    return thrift_batch.batch_checker(codec.struct, wanted, codec.protocol, kind)


def _is_fast(codec: Settings) -> bool:
    """Tell whether the C codec reads as a codec says."""
    return codec.unknown != "keep" and codec.text == "replace" and thrift_fast.is_fast(codec.struct)


def _decoder(codec: Settings, wanted: Wanted, classes: RecordClasses) -> Decode:
    struct, is_exact = codec.struct, codec.trailing == "refuse"
    plainly = _plain_decoder(codec, wanted, classes)
    fast: Callable[[bytes], Any] | None = None
    if codec.unknown == "keep" or _reads_all(codec, wanted):
        return plainly
    if _is_fast(codec):
        fast = thrift_fast.fast_decoder(
            struct, wanted, codec.protocol, classes.stored, is_exact=is_exact
        )
    elif codec.protocol == "binary":
        fast = generated_decoder(struct, wanted, codec.text, classes.stored, is_exact=is_exact)
    if fast is None:
        return plainly
    quickly = fast

    def read(data: bytes) -> Any:
        try:
            return quickly(data)
        except ValueError:
            return plainly(bytes(data))

    return read


def _reads_all(codec: Settings, wanted: Wanted) -> bool:
    """Tell whether all is read though some is wanted: what is passed over is no text for sure."""
    return codec.text == "strict" and wanted is not None


def _plain_decoder(codec: Settings, wanted: Wanted, classes: RecordClasses) -> Decode:
    """Return the reference, which also says what is wrong with a record."""
    struct, source = codec.struct, INPUTS[codec.protocol]
    views: dict[int, type] = {}

    def make(of: ThriftStruct, some: Wanted) -> Any:
        if some is None:
            return classes.of(of)._stored()
        if id(some) not in views:
            views[id(some)] = classes.view(of, some)
        return views[id(some)]()

    is_exact, reads_all = codec.trailing == "refuse", _reads_all(codec, wanted)
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

    return plainly


def _encoders(
    codec: Settings, classes: RecordClasses
) -> tuple[Encode, Encode, Callable[[list[Any]], list[bytes]]]:
    """Return what writes any record, one of the stored class with fields alone, and many."""
    struct, plainly = codec.struct, _plain_encoder(codec)
    fast: Encode | None = None
    if thrift_fast.is_fast(struct):
        fast = thrift_fast.fast_encoder(struct, codec.protocol, classes.stored)
    elif codec.protocol == "binary" and not thrift_fast.holds_itself(struct):
        fast = generated_encoder(struct)  # which does not look how deep it is
    if fast is None or codec.unknown == "keep":
        return plainly, plainly, lambda records: list(map(plainly, records))
    attributes = frozenset({UNKNOWN, *(field.attribute for field in struct.fields)})
    write, write_made = _quick_encoders(struct, classes, attributes, fast, plainly)
    if not thrift_fast.is_fast(struct):
        return write, write_made, lambda records: list(map(write, records))
    return write, write_made, _many_encoder(codec, classes, attributes, write)


def _plain_encoder(codec: Settings) -> Encode:
    """Return the reference, which also says what is wrong with a value."""
    struct, output = codec.struct, OUTPUTS[codec.protocol]
    text = "surrogateescape" if codec.text == "surrogateescape" else "strict"

    def plainly(record: Any) -> bytes:
        out = output()
        try:
            write_struct(out, struct, record, text)
        except ThriftFault as fault:
            raise _bad_value(codec, fault, record) from None
        return b"".join(out.parts)

    return plainly


def _quick_encoders(
    struct: ThriftStruct,
    classes: RecordClasses,
    attributes: frozenset[str],
    quickly: Encode,
    plainly: Encode,
) -> tuple[Encode, Encode]:
    """Return what writes any record, and one of the stored class with fields alone."""
    stored = classes.of(struct)._stored
    names, by_name = frozenset(struct.field_names), struct.by_name
    has_text, refused = text_finder(struct), thrift_fast.refused_values()

    def write_made(record: Any) -> bytes:
        try:
            if has_text is None or not has_text(record):
                return quickly(record)
        except refused:
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
            given.__dict__.update({by_name[name].attribute: one for name, one in record.items()})
            try:
                return write_made(given)
            except BuildError:
                return plainly(record)  # it shows what was given
        if not hasattr(record, "__dict__"):
            return plainly(record)
        return write_made(record)

    return write, write_made


def _many_encoder(
    codec: Settings, classes: RecordClasses, attributes: frozenset[str], write: Encode
) -> Callable[[list[Any]], list[bytes]]:
    """Return what writes records by few calls, where these write what `write` does."""
    struct = codec.struct
    stored, have_text = classes.of(struct)._stored, texts_finder(struct)
    refused = thrift_fast.refused_values()
    at_once = thrift_batch.batch_encoder(struct, codec.protocol, classes.stored)

    def write_some(records: list[Any]) -> list[bytes]:
        kinds = set(map(type, records))
        if not all(issubclass(kind, classes.record) for kind in kinds):
            return list(map(write, records))
        if stored in kinds:
            named = map(_OWN, records)
            if not attributes.issuperset(chain.from_iterable(named)):
                return list(map(write, records))
        try:
            if have_text is None or not have_text(records):
                return at_once(records)
        except refused:
            pass
        return list(map(write, records))  # finds out which

    def write_many(records: list[Any]) -> list[bytes]:
        found: list[bytes] = []
        for start in range(0, len(records), thrift_batch.MOST):
            found += write_some(records[start : start + thrift_batch.MOST])
        return found

    return write_many


def _path_of(codec: Settings, fault: ThriftFault) -> str:
    parts = fault.path
    if len(parts) > _SHOWN_PARTS:
        parts = [*parts[: _SHOWN_PARTS - 4], "…", *parts[-3:]]
    return ".".join([codec.struct.name, *parts]).replace(".[", "[")


def _bad_record(codec: Settings, fault: ThriftFault, data: bytes) -> BadRecord:
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


def _bad_value(codec: Settings, fault: ThriftFault, record: Any) -> BuildError:
    return BuildError(
        f"a value that thrift {codec.struct.kind} {codec.struct.name} has no place for: "
        f"{fault.problem}",
        details={"field": _path_of(codec, fault), "record": shown_value(record)},
    )
