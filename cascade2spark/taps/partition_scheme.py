"""The scheme of a PartitionTap: that of its files, with the values of their folders behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs

from cascade2spark.errors import PlanError, TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo, Split
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    Scheme,
    SourceFiles,
    SourceInfo,
)
from cascade2spark.taps.partition import Partition, TemplatePartition, values_in
from cascade2spark.types import Object, String

__all__ = ["PartitionBlock", "PartitionScheme", "ReadPlan"]


@attrs.frozen
class PartitionBlock:
    """A block of one file, and the values of the folder it lies in.

    Attributes:
        folder: below the tap's own; tells blocks apart whose values are equal in Python.
    """

    block: Any
    folder: str
    values: Row


@attrs.frozen
class ReadPlan:
    """Which values of a row come from the file and which from its folder.

    Attributes:
        inner: what the reader of the file is asked for.
        order: for each value of the outgoing row its place in the file's values followed by the
            folder's; None when that is how they come.
        folder: places of the folder's values among those of all partition fields.
    """

    inner: SourceInfo
    folder: tuple[int, ...]
    order: tuple[int, ...] | None


@attrs.frozen
class PartitionScheme(Scheme):
    """Reads and writes the files of a PartitionTap.

    Args:
        inner: how the records of a file are stored.
        partition: how folders and values go together.
        roots: the folders that hold the partitions, as files below them are listed.
        keeps_fields: the partition fields are written into the files too.
        open_limit: most files that one task holds open.
    """

    inner: Scheme
    partition: Partition
    roots: tuple[str, ...] = attrs.field(eq=False)
    keeps_fields: bool = False
    open_limit: int = attrs.field(default=300, eq=False)

    # -- fields ----------------------------------------------------------------------------------

    @property
    def added_fields(self) -> Fields:
        """The partition fields that the files do not hold themselves."""
        fields, held = self.partition.get_partition_fields(), self.inner.source_fields
        if not held.is_defined() or fields.is_none():
            return fields
        added = [name for name in fields if name not in held]
        return fields.select(Fields(*added)) if added else Fields.NONE

    @property
    def source_fields(self) -> Fields:
        return self._with_added(self.inner.source_fields)

    @property
    def sink_fields(self) -> Fields:
        fields = self.inner.sink_fields
        is_whole = fields.is_all() or self.partition.get_partition_fields().is_none()
        return fields if is_whole else _union(fields, self.partition.get_partition_fields())

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        fields = self.inner.retrieve_source_fields(tap)
        twice = [name for name in self.added_fields if fields.is_defined() and name in fields]
        if twice:
            raise TapError(
                f"the files of {tap.get_identifier()} hold a column of a partition field's name",
                asked=twice[0],
                fix="declare the fields of the scheme, or name the partition field otherwise",
            )
        return self._with_added(fields)

    def check_sink_fields(self, fields: Fields) -> None:
        """Refuse fields that leave nothing to write, or that lack a partition field.

        Raises:
            PlanError: they do.
        """
        wanted = self.partition.get_partition_fields()
        if not fields.is_defined():
            raise PlanError(
                "a PartitionTap needs rows whose fields are known",
                asked=wanted.print_(),
                fix="declare the fields of the function before it",
            )
        missing = [name for name in wanted if name not in fields]
        if missing:
            raise PlanError(
                "a partition field does not reach the sink",
                asked=missing[0],
                available=list(fields),
            )
        if self.file_fields(fields).is_none():
            raise PlanError(
                "every field goes into the path, and none is left for the files",
                asked=wanted.print_(),
            )

    def file_fields(self, fields: Fields) -> Fields:
        """Return what the files hold of rows of these fields."""
        declared = self.inner.sink_fields
        if declared.is_defined():
            return fields.select(declared)
        if self.keeps_fields:
            return fields
        return fields.subtract(self.partition.get_partition_fields())

    def partition_for(self, fields: Fields) -> Partition:
        """Return the partition, bound to the fields that are written where it names none."""
        partition = self.partition
        return partition.bound(fields) if isinstance(partition, TemplatePartition) else partition

    def _with_added(self, fields: Fields) -> Fields:
        added = self.added_fields
        if not fields.is_defined() or not len(added):
            return fields
        return _union(fields, added)

    # -- reading ---------------------------------------------------------------------------------

    def can_split(self, source: SourceInfo) -> bool:
        return self.inner.can_split(self.read_plan(source).inner)

    def splits(self, file: FileInfo, target_bytes: int, source: SourceInfo) -> list[Split]:
        return self.inner.splits(file, target_bytes, self.read_plan(source).inner)

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[Any]:
        folder = self.folder_of(split.path)
        values = self.values_of(folder)
        for block in self.inner.blocks(split, self.read_plan(source).inner, block_bytes):
            yield PartitionBlock(block, folder, values)

    def reader(self, source: SourceInfo) -> RowReader[PartitionBlock]:
        return _PartitionReader(self, source)

    def folder_of(self, path: str) -> str:
        """Return the partition path of a file.

        The file itself may bear the name of its partition, as the single files do that Cascading's
        local mode writes.

        Raises:
            TapError: the file lies at another depth.
        """
        depth = self.partition.get_path_depth()
        for root in self.roots:
            if path.startswith(f"{root}/"):
                names = path[len(root) + 1 :].split("/")
                if len(names) in (depth, depth + 1):
                    return "/".join(names[:depth])
                where = "above" if len(names) <= depth else "below"
                raise TapError(
                    f"{path} lies {where} the folders of {self.partition!r}",
                    details={"levels": f"{len(names) - 1} instead of {depth}"},
                )
        raise TapError(f"{path} lies outside of the tap's folder", available=list(self.roots))

    def values_of(self, folder: str) -> Row:
        """Return the values of all partition fields for a partition path."""
        return values_in(self.partition, folder, self.roots[0])

    def read_plan(self, source: SourceInfo) -> ReadPlan:
        """Return how the wanted values are put together."""
        names = list(self.partition.get_partition_fields())
        added = list(self.added_fields)
        if not source.fields.is_defined():
            places = tuple(names.index(name) for name in added)
            return ReadPlan(attrs.evolve(source, wanted=None), places, None)
        declared = self.inner.source_fields
        width = len(source.fields) - len(added)
        held = declared if declared.is_defined() else source.fields.select(Fields(*range(width)))
        wanted = range(len(source.fields)) if source.wanted is None else source.wanted
        from_file = tuple(place for place in wanted if place < width)
        from_folder = tuple(place for place in wanted if place >= width)
        is_whole = source.wanted is None or from_file == tuple(range(width))
        inner = attrs.evolve(source, fields=held, wanted=None if is_whole else from_file)
        came = (*from_file, *from_folder)
        order = tuple(came.index(place) for place in wanted) if came != tuple(wanted) else None
        places = tuple(names.index(added[place - width]) for place in from_folder)
        return ReadPlan(inner, places, order)

    # -- writing ---------------------------------------------------------------------------------

    def writer(self, fields: Fields) -> RowWriter:
        """Return the writer of the rows of one file."""
        return self.inner.writer(self.file_fields(fields))

    def trap_writer(self, fields: Fields) -> RowWriter:
        raise Unsupported(
            "a PartitionTap cannot be a trap: trapped rows may lack the partition fields",
            fix="trap into the parent tap's scheme and a folder of its own",
        )

    def empty_file(self, fields: Fields) -> bytes:
        return self.inner.empty_file(self.file_fields(fields))

    @property
    def part_suffix(self) -> str:
        return self.inner.part_suffix

    @property
    def can_join(self) -> bool:
        return self.inner.can_join

    def part_compression(self, default: str | None = None) -> str | None:
        return self.inner.part_compression(default)

    @property
    def num_sink_parts(self) -> int:
        return self.inner.num_sink_parts

    @property
    def extension(self) -> str:
        return self.inner.extension


class _PartitionReader(RowReader[PartitionBlock]):
    def __init__(self, scheme: PartitionScheme, source: SourceInfo) -> None:
        self._plan = scheme.read_plan(source)
        self._inner = scheme.inner.reader(self._plan.inner)

    def rows(self, blocks: Iterable[PartitionBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        plan = self._plan
        for _, own in groupby(blocks, attrgetter("folder")):
            first = next(own)
            rest = (first.values[place] for place in plan.folder)
            added, order = tuple(rest), plan.order
            inner = (one.block for group in ([first], own) for one in group)
            for batch in self._inner.rows(inner, on_bad):
                whole = [row + added for row in batch] if added else batch
                if order is not None:
                    whole = [tuple([row[place] for place in order]) for row in whole]
                yield whole


def _union(fields: Fields, others: Fields) -> Fields:
    """Return two lists as one, typed if either is."""
    left, right = fields.get_types(), others.get_types()
    if left and not right:
        others = others.apply_types(*[String] * len(others))
    elif right and not left:
        fields = fields.apply_types(*[Object] * len(fields))
    return Fields.merge(fields, others)
