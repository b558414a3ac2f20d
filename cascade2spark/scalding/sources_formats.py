"""Sources of other formats: JSON lines, sequence files, thrift, Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import attrs

from cascade2spark import schemes
from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.scalding.decoding import JSON_CODEC, KeyValueCodec
from cascade2spark.scalding.records import Record, record_of
from cascade2spark.scalding.sources_files import FileSource, as_paths
from cascade2spark.scalding.sources_text import TextLine

__all__ = [
    "CodecSource",
    "FormatSource",
    "JsonLine",
    "Parquet",
    "SequenceFile",
    "ThriftSequenceFile",
    "TypedJson",
    "TypedParquet",
    "WritableSequenceFile",
]


@attrs.frozen(repr=False)
class FormatSource(FileSource):
    """Files of any scheme of `cascade2spark.schemes`.

    Args:
        paths: see FileSource.
        stored: the scheme.
    Example:
        >>> from cascade2spark.schemes import FixedWidth
        >>> FormatSource("ages.txt", FixedWidth(("name", "age"), [4, 3])).source_fields
        Fields('name', 'age')
    """

    stored: schemes.Scheme = attrs.field(hash=False)

    def scheme(self) -> schemes.Scheme:
        return self.stored


def JsonLine(paths: Any, fields: Any = Fields.ALL, **options: Any) -> FormatSource:
    """Return lines that are JSON objects, by the names of their keys; see `schemes.JsonLine`."""
    return FormatSource(as_paths(paths), schemes.JsonLine(fields, **options))


def SequenceFile(paths: Any, fields: Any = Fields.ALL, **options: Any) -> FormatSource:
    """Return rows as Cascading stores them between flows; see `schemes.SequenceFile`."""
    return FormatSource(as_paths(paths), schemes.SequenceFile(fields, **options))


def WritableSequenceFile(
    paths: Any, fields: Any, key_type: Any = None, value_type: Any = None, **options: Any
) -> FormatSource:
    """Return pairs of Hadoop's Writables; see `schemes.WritableSequenceFile`."""
    scheme = schemes.WritableSequenceFile(
        fields, key_type=key_type, value_type=value_type, **options
    )
    return FormatSource(as_paths(paths), scheme)


def ThriftSequenceFile(paths: Any, struct: Any, name: Any = None, **options: Any) -> FormatSource:
    """Return thrift structs, in the typed API as records; see `schemes.ThriftSequenceFile`."""
    options.setdefault("as_object", True)
    return FormatSource(as_paths(paths), schemes.ThriftSequenceFile(struct, name, **options))


def Parquet(paths: Any, fields: Any = Fields.ALL, **options: Any) -> FormatSource:
    """Return columns of Parquet files by name; see `schemes.Parquet`."""
    return FormatSource(as_paths(paths), schemes.Parquet(fields, **options))


@attrs.frozen(repr=False)
class CodecSource(FileSource):
    """Values that a codec makes bytes of, in sequence files of BytesWritable.

    Args:
        paths: see FileSource.
        codec: how a value becomes bytes and back. Default: JSON.
        max_failures: how many values of a task may fail to be decoded; these are left out, and
            counted in the group ``Decoding Failures``.
    Source:
        com.twitter.scalding.commons.source.CodecSource
    Example:
        >>> CodecSource("events", KeyValueCodec(str.encode, bytes.decode)).to_row("a")
        (b'a',)
    """

    is_encoded = True

    codec: KeyValueCodec = JSON_CODEC
    max_failures: int = attrs.field(default=0, validator=attrs.validators.ge(0), kw_only=True)

    def scheme(self) -> schemes.Scheme:
        return schemes.WritableSequenceFile(Fields("value"), "BytesWritable")

    @property
    def tests_take_values(self) -> bool:
        return True

    def to_value(self, row: tuple[Any, ...]) -> Any:
        try:
            return self.codec.decode(row[0])
        except Exception as bad:
            raise OperationError("a stored value cannot be decoded", row=row) from bad

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return (self.codec.encode(value),)


@attrs.frozen(repr=False)
class TypedParquet(FileSource):
    """Parquet files as records of a class.

    Args:
        paths: see FileSource.
        types: a class with annotated fields; its leaves are the columns.
        filter: conditions ``(column, operator, value)`` that rows must all meet; row groups that
            cannot hold such rows are not read.
    Source:
        com.twitter.scalding.parquet.tuple.TypedParquet
    """

    types: Any
    filter: tuple[Any, ...] = attrs.field(default=(), converter=tuple)

    @cached_property
    def record(self) -> Record:
        """The columns, and how they become a value."""
        if not isinstance(self.types, type):
            raise BuildError("TypedParquet takes a class with annotated fields", asked=self.types)
        return record_of(self.types)

    def scheme(self) -> schemes.Parquet:
        leaves = self.record.leaves
        names, kinds = [leaf.name for leaf in leaves], [leaf.kind for leaf in leaves]
        return schemes.Parquet(names, types=kinds, filter=self.filter or None)

    def with_filter(self, *conditions: Any) -> TypedParquet:
        """Return the source with more conditions."""
        return attrs.evolve(self, filter=(*self.filter, *conditions))

    @property
    def tests_take_values(self) -> bool:
        return self.record.flatten is not None

    def to_value(self, row: tuple[Any, ...]) -> Any:
        return self.record.value_of(row)

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return self.record.row_of(value)


@attrs.frozen(repr=False)
class TypedJson(TextLine):
    """Lines that are JSON, each one value: a dict, or a record of a class.

    Args:
        paths: see FileSource.
        types: a class with annotated fields, whose records are written as objects of the same
            names; a key that is missing gives null. Default: what JSON says, as dicts and lists.
    Source:
        com.twitter.scalding.TypedJson
    """

    types: Any = attrs.field(default=None)

    @cached_property
    def record(self) -> Record | None:
        """The leaves of the class, by dotted names."""
        return None if self.types is None else record_of(self.types)

    @property
    def tests_take_values(self) -> bool:
        return True

    def to_value(self, row: tuple[Any, ...]) -> Any:
        try:
            found = json.loads(row[0])
        except ValueError as bad:
            raise OperationError("a line is not JSON", row=row) from bad
        record = self.record
        if record is None:
            return found
        return record.value_of(tuple(_at(found, leaf.name.split(".")) for leaf in record.leaves))

    def to_row(self, value: Any) -> tuple[Any, ...]:
        if self.record is not None:
            tree: dict[str, Any] = {}
            for leaf, part in zip(self.record.leaves, self.record.row_of(value), strict=True):
                _put(tree, leaf.name.split("."), part)
            value = tree
        return (json.dumps(value, ensure_ascii=False, separators=(",", ":")),)


def _at(tree: Any, names: Iterable[str]) -> Any:
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _put(tree: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
    tree[names[-1]] = value
