"""Sources with a folder for each value of some columns."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.records import Record, record_of
from cascade2spark.scalding.sources_files import FileSource
from cascade2spark.scalding.sources_text import DelimitedSource
from cascade2spark.schemes import Scheme, SequenceFile, TextDelimited, TextLine
from cascade2spark.taps.base import Tap
from cascade2spark.taps.hadoop_files import Hfs
from cascade2spark.taps.partition import Partition
from cascade2spark.taps.partitioned import PartitionTap, TemplateTap
from cascade2spark.tuples import TupleEntry
from cascade2spark.types import text_of

__all__ = [
    "PartitionedCsv",
    "PartitionedOsv",
    "PartitionedPsv",
    "PartitionedSequenceFile",
    "PartitionedTextLine",
    "PartitionedTsv",
    "TemplatedSequenceFile",
    "TemplatedTsv",
    "WordsPartition",
]


class WordsPartition(Partition):
    """Folders by a template with a ``%s`` for each value, which can be read again.

    Args:
        template: such as ``%s/%s`` or ``day=%s``.
        fields: the partition fields.
    Raises:
        BuildError: the template has another number of places.
    """

    def __init__(self, template: str, fields: Any) -> None:
        self.template, self.fields = template, as_fields(fields)
        places = template.count("%s")
        if places != len(self.fields):
            raise BuildError(
                f"the template has {places} places for {len(self.fields)} partition values",
                asked=template,
            )
        parts = map(re.escape, template.strip("/").split("%s"))
        self._pattern = re.compile("([^/]*)".join(parts))

    def get_path_depth(self) -> int:
        return self.template.strip("/").count("/") + 1

    def get_partition_fields(self) -> Fields:
        return self.fields

    def to_tuple(self, partition: str, tuple_entry: TupleEntry) -> None:
        found = self._pattern.fullmatch(partition)
        if found is None:
            raise ValueError(f"{partition!r} is no folder of {self.template!r}")
        for name, text in zip(self.fields, found.groups(), strict=True):
            tuple_entry.set_object(name, text)

    def to_partition(self, tuple_entry: TupleEntry) -> str:
        texts = tuple("null" if value is None else text_of(value) for value in tuple_entry)
        return (self.template % texts).strip("/")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordsPartition):
            return NotImplemented
        return (self.template, self.fields) == (other.template, other.fields)

    def __hash__(self) -> int:
        return hash(self.template)


@attrs.frozen(repr=False)
class _Partitioned(FileSource):
    """Files in a folder for each value: typed values are pairs of the folder's and the file's.

    Args:
        paths: the folder that holds all of it.
        template: the folders, with a ``%s`` for each partition value.
        partition_types: a type, a tuple of types or a class, of the partition values.
        types: the same of the files' values, where the format asks for them.
    Raises:
        BuildError: the template has another number of places than there are partition values.
    """

    template: str
    partition_types: Any = attrs.field(default=str)
    types: Any = attrs.field(default=str)

    def __attrs_post_init__(self) -> None:
        self.partition  # noqa: B018  a wrong template is told here

    @cached_property
    def folder_record(self) -> Record:
        """The partition values."""
        return record_of(self.partition_types)

    @cached_property
    def file_record(self) -> Record:
        """The values in the files."""
        return record_of(self.types)

    @cached_property
    def partition(self) -> WordsPartition:
        """How values and folders go together."""
        leaves = self.folder_record.leaves
        names = [f"partition_{number}" for number in range(len(leaves))]
        return WordsPartition(self.template, Fields(names, [leaf.kind for leaf in leaves]))

    @property
    def columns(self) -> Fields:
        """The columns of the files."""
        leaves = self.file_record.leaves
        names = [f"value_{number}" for number in range(len(leaves))]
        return Fields(names, [leaf.kind for leaf in leaves])

    @property
    def source_fields(self) -> Fields:
        return self.columns.append(self.partition.fields)

    @property
    def sink_fields(self) -> Fields:
        return self.source_fields

    def read_tap(self, mode: Mode) -> Tap:
        return PartitionTap(Hfs(self.scheme(), list(self.good_paths(mode))), self.partition)

    def write_tap(self, mode: Mode) -> Tap:
        return PartitionTap(Hfs(self.scheme(), self.write_path(), self.sink_mode), self.partition)

    @property
    def tests_take_values(self) -> bool:
        return True

    def to_value(self, row: tuple[Any, ...]) -> Any:
        width = len(self.file_record.leaves)
        return self.folder_record.value_of(row[width:]), self.file_record.value_of(row[:width])

    def to_row(self, value: Any) -> tuple[Any, ...]:
        folder, inside = value
        return (*self.file_record.row_of(inside), *self.folder_record.row_of(folder))


@attrs.frozen(repr=False)
class PartitionedTsv(_Partitioned):
    """Typed columns with TABs between them, in a folder for each value of P: pairs ``(P, T)``.

    Args:
        paths, template, partition_types, types: the folder of all, the template of folders such as
            ``%s/%s``, and the types of both parts.
    Example:
        >>> by_day = PartitionedTsv("visits", "day=%s", str, (str, int))
        >>> by_day.to_row(("2011-01-02", ("ada", 3)))
        ('ada', 3, '2011-01-02')
    """

    def scheme(self) -> Scheme:
        return TextDelimited(fields=self.columns, delimiter="\t")


@attrs.frozen(repr=False)
class PartitionedCsv(_Partitioned):
    """As PartitionedTsv, with commas, and double quotes around values that hold one."""

    def scheme(self) -> Scheme:
        return TextDelimited(fields=self.columns, delimiter=",", quote='"')


@attrs.frozen(repr=False)
class PartitionedPsv(_Partitioned):
    """As PartitionedTsv, with ``|``."""

    def scheme(self) -> Scheme:
        return TextDelimited(fields=self.columns, delimiter="|")


@attrs.frozen(repr=False)
class PartitionedOsv(_Partitioned):
    """As PartitionedTsv, with the character U+0001."""

    def scheme(self) -> Scheme:
        return TextDelimited(fields=self.columns, delimiter="\u0001")


@attrs.frozen(repr=False)
class PartitionedSequenceFile(_Partitioned):
    """As PartitionedTsv, with rows as Cascading stores them."""

    def scheme(self) -> Scheme:
        return SequenceFile(self.columns)


@attrs.frozen(repr=False)
class PartitionedTextLine(_Partitioned):
    """Lines in a folder for each value of P: written ``(P, str)``, read ``(P, (offset, str))``."""

    @property
    def columns(self) -> Fields:
        return Fields("offset", "line")

    def scheme(self) -> Scheme:
        return TextLine(source_fields=Fields("offset", "line"), sink_fields=Fields("line"))

    @property
    def sink_fields(self) -> Fields:
        return Fields("line").append(self.partition.fields)

    @property
    def tests_take_values(self) -> bool:
        return False  # what is read has offsets, what is written has none

    def to_value(self, row: tuple[Any, ...]) -> Any:
        return self.folder_record.value_of(row[2:]), row[:2]


@attrs.frozen(repr=False)
class TemplatedTsv(DelimitedSource):
    """Columns with TABs between them, in folders by a template of some of them; write only.

    The fields that make the folder stay in the files.

    Args:
        paths: the folder that holds all of it.
        fields: the columns that are written. Default: all.
        template: the folders, a format of Java's such as ``%s/%s``.
        path_fields: whose values the format takes. Default: all that are written.
    Source:
        com.twitter.scalding.TemplatedTsv
    """

    template: str = attrs.field(kw_only=True)
    path_fields: Fields = attrs.field(default=Fields.ALL, converter=as_fields, kw_only=True)

    def write_tap(self, mode: Mode) -> Tap:
        return _templated(self, self.template, self.path_fields)

    def read_tap(self, mode: Mode) -> Tap:
        raise BuildError(f"{self} can only be written")


@attrs.frozen(repr=False)
class TemplatedSequenceFile(FileSource):
    """As TemplatedTsv, with rows as Cascading stores them."""

    fields: Fields = attrs.field(default=Fields.ALL, converter=as_fields)
    template: str = attrs.field(kw_only=True)
    path_fields: Fields = attrs.field(default=Fields.ALL, converter=as_fields, kw_only=True)

    def scheme(self) -> Scheme:
        return SequenceFile(self.fields)

    def write_tap(self, mode: Mode) -> Tap:
        return _templated(self, self.template, self.path_fields)

    def read_tap(self, mode: Mode) -> Tap:
        raise BuildError(f"{self} can only be written")


def _templated(source: FileSource, template: str, path_fields: Fields) -> Tap:
    parent = Hfs(source.scheme(), source.write_path(), source.sink_mode)
    if path_fields.is_defined():
        return TemplateTap(parent, template, path_fields)
    return TemplateTap(parent, template)
