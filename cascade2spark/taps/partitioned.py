"""Taps that keep one folder for each value of some fields."""

from __future__ import annotations

import re
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError, PlanError, TapError, Unsupported
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import FileInfo, OutputMode, local_path, route_of
from cascade2spark.files.paths import file_system_of
from cascade2spark.operations.base import Filter, FilterCall, FlowProcess
from cascade2spark.origin import capture_origin
from cascade2spark.selection import pick_for
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.hadoop_files import GlobHfs
from cascade2spark.taps.local_files import FileTap
from cascade2spark.taps.partition import Partition, TemplatePartition
from cascade2spark.taps.partition_collector import PartitionCollector
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.paths import PathTap
from cascade2spark.tuples import TupleEntry

__all__ = ["PartitionTap", "TemplateTap"]

_OPEN_LIMIT = 300


class PartitionTap(PathTap):
    """One folder for each value of the partition fields, each with the files of another tap.

    Written, the partition fields become the folder and the other fields go into its files, unless
    the parent's scheme names them. Read, the values of the folder come behind the parent's fields,
    as text or as the partition fields' types say.

    Args:
        parent: the tap of the folder that holds the partitions.
        partition: how values and folders go together.
        args: as in Java: a sink mode, whether the parent is kept, the open limit, each told by its
            type.
        sink_mode: what happens to old output; the parent's by default.
        keep_parent: never delete the folder: REPLACE then adds to what is there.
        open_limit: most files that one task holds open; beyond it a tenth is closed, and a
            folder whose file was closed gets another one.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        cascading.tap.hadoop.PartitionTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import DelimitedPartition, Hfs
        >>> tap = PartitionTap(Hfs(TextLine("line"), "logs"), DelimitedPartition("day"))
        >>> tap.source_fields
        Fields('line', 'day')
    """

    expands_globs = False

    def __init__(
        self,
        parent: PathTap,
        partition: Partition | None = None,
        *args: SinkMode | bool | int,
        sink_mode: SinkMode | None = None,
        keep_parent: bool = False,
        open_limit: int = _OPEN_LIMIT,
    ) -> None:
        name = type(self).__name__
        for argument in args:
            if isinstance(argument, SinkMode):
                sink_mode = argument
            elif isinstance(argument, bool):
                keep_parent = argument
            elif isinstance(argument, int):
                open_limit = argument
            else:
                raise BuildError(
                    f"{name} takes a sink mode, whether to keep the parent, an open limit",
                    asked=list(args),
                    origin=capture_origin(),
                )
        _check_parent(name, parent)
        if not isinstance(partition, Partition):
            raise BuildError(
                f"{name} takes the parent tap, then a partition",
                asked=repr(partition),
                origin=capture_origin(),
                fix='give it one: DelimitedPartition(Fields("day"))',
            )
        open_limit = check_count(f"{name}(open_limit=…)", open_limit, 1)
        mode = parent.sink_mode if sink_mode is None else sink_mode
        self._parent = parent
        self._partition = partition
        self._keeps_parent = keep_parent
        self._filters: list[tuple[Fields, Filter]] = []
        self.counts_lines = parent.counts_lines
        self.is_always_local = parent.is_always_local
        self.is_recursive = True
        roots = tuple(_root_of(path) for path in parent.paths)
        scheme = PartitionScheme(
            parent.scheme, partition, roots, self._keeps_fields, open_limit=open_limit
        )
        if keep_parent and mode is SinkMode.REPLACE:
            mode = SinkMode.UPDATE
        super().__init__(scheme, parent.paths, mode)

    _keeps_fields = False

    @property
    def parent(self) -> PathTap:
        """The tap of the folder that holds the partitions."""
        return self._parent

    @property
    def partition(self) -> Partition:
        """How values and folders go together."""
        return self._partition

    def get_parent(self) -> PathTap:
        """Return `parent`."""
        return self._parent

    def get_partition(self) -> Partition:
        """Return `partition`."""
        return self._partition

    def is_sink(self) -> bool:
        return super().is_sink() and self._parent.is_sink()

    # -- reading ---------------------------------------------------------------------------------

    def add_source_partition_filter(self, argument_selector: Any, filter: Any) -> PartitionTap:
        """Leave out the partitions that a filter removes; none of their files is opened.

        Args:
            argument_selector: the partition fields that the filter sees.
            filter: a Filter, such as ``remove_if(...)`` gives; it is called in the driver.
        """
        if not isinstance(filter, Filter):
            raise BuildError(
                "a partition filter is a Filter",
                asked=repr(filter),
                origin=capture_origin(),
                fix="wrap the function: keep_if(function) or remove_if(function)",
            )
        chosen = self._partition.get_partition_fields().select(as_fields(argument_selector))
        self._filters.append((chosen, filter))
        return self

    def list_files(self) -> tuple[FileInfo, ...]:
        listed = self._parent.list_files() if self._parent.is_recursive else super().list_files()
        files: dict[str, list[FileInfo]] = {}
        scheme = self._partition_scheme
        try:
            for info in listed:
                files.setdefault(scheme.folder_of(info.path), []).append(info)
            values = {folder: scheme.values_of(folder) for folder in files}
        except (TapError, Unsupported) as error:
            error.locate(self._origin)
            raise
        for chosen, removes in self._filters:
            values = self._kept(values, chosen, removes)
        return tuple(info for folder in values for info in files[folder])

    def get_child_partition_identifiers(
        self, flow_process: Any = None, is_fully_qualified: bool = False
    ) -> list[str]:
        """Return the folders that are read, below the tap's own unless fully qualified."""
        scheme = self._partition_scheme
        folders = dict.fromkeys(scheme.folder_of(info.path) for info in self.list_files())
        return [f"{scheme.roots[0]}/{one}" if is_fully_qualified else one for one in folders]

    def get_modified_time(self) -> int:
        if not self.resource_exists():
            return 0
        times = [info.modified_s for info in self.list_files()]
        return max(int(max(times, default=0.0) * 1000), super().get_modified_time())

    def _kept(self, values: dict[str, Any], chosen: Fields, removes: Any) -> dict[str, Any]:
        fields = self._partition.get_partition_fields()
        cut = pick_for(chosen, fields).of()
        process, call = FlowProcess(), FilterCall(chosen, Fields.ALL)
        call.arguments = TupleEntry(chosen, is_unmodifiable=True)
        kept = {}
        removes.prepare(process, call)
        try:
            for folder, row in values.items():
                call.arguments.bind(cut(row))
                try:
                    if not removes.is_remove(process, call):
                        kept[folder] = row
                except Exception as error:
                    raise TapError(
                        f"a partition filter failed: {type(error).__name__}: {error}",
                        details={"filter": repr(removes), "partition": folder},
                        origin=self._origin,
                    ) from error
        finally:
            removes.cleanup(process, call)
        return kept

    # -- writing ---------------------------------------------------------------------------------

    def present_sink_fields(self, fields: Fields) -> None:
        if self._parent.is_single_file:
            raise PlanError(
                f"a {type(self._parent).__name__} is one file, and partitions are folders",
                fix="make the parent a DirTap or Hfs: a partition is a folder of part files",
            )
        self._partition_scheme.check_sink_fields(fields)
        super().present_sink_fields(fields)

    def open_for_write(self, flow_process: Any = None) -> PartitionCollector:
        is_folder = self.is_sink() and not self._parent.is_single_file
        if not is_folder or route_of(self.path) != "local":
            raise Unsupported(f"{self} cannot be written directly", origin=self._origin)
        if flow_process is not None and flow_process.task_id:
            raise Unsupported(
                f"a task of Spark cannot write to {self} directly",
                origin=self._origin,
                fix="make it the sink of a branch of its own",
            )
        mode: OutputMode = "REPLACE" if self.is_replace() else "UPDATE"
        return PartitionCollector(local_path(self.path), self._partition_scheme, mode, self._origin)

    def open_trap_for_write(self, flow_process: Any = None) -> PartitionCollector:
        raise Unsupported(
            f"{self} cannot be a trap: trapped rows may lack the partition fields",
            origin=self._origin,
        )

    def delete_resource(self) -> bool:
        return True if self._keeps_parent else self._parent.delete_resource()

    @property
    def _partition_scheme(self) -> PartitionScheme:
        scheme = self._scheme
        assert isinstance(scheme, PartitionScheme)
        return scheme

    # -- identity --------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        if same is not True or not isinstance(other, PartitionTap):
            return same
        return self._parent == other._parent and self._filters == other._filters

    __hash__ = Tap.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parent!r}, {self._partition!r})"


class TemplateTap(PartitionTap):
    """A folder for each text that a format gives; the older, write-only name of PartitionTap.

    Unlike there, the fields of the path stay in the files unless the parent's scheme leaves them
    out.

    Args:
        parent: the tap of the folder that holds the others.
        path_template: a format such as ``%s-%s``; a slash makes folders in folders.
        args: as in Java: the path fields, a sink mode, whether the parent is kept, the open limit,
            each told by its type.
        path_fields: the values for the template; all fields that are written by default.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        cascading.tap.hadoop.TemplateTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> tap = TemplateTap(Hfs(TextLine("line"), "logs"), "%s-%s", Fields("year", "month"))
        >>> tap.is_source()
        False
    """

    _keeps_fields = True

    def __init__(
        self,
        parent: PathTap,
        path_template: str = "",
        *args: Any,
        path_fields: Any = None,
        sink_mode: SinkMode | None = None,
        keep_parent: bool = False,
        open_limit: int = _OPEN_LIMIT,
    ) -> None:
        others = []
        for argument in args:
            if isinstance(argument, (Fields, str)):
                path_fields = argument
            else:
                others.append(argument)
        super().__init__(
            parent,
            TemplatePartition(path_template, path_fields),
            *others,
            sink_mode=sink_mode,
            keep_parent=keep_parent,
            open_limit=open_limit,
        )

    def is_source(self) -> bool:
        return False

    def list_files(self) -> tuple[FileInfo, ...]:
        raise Unsupported(
            f"{self} can only be written",
            origin=self._origin,
            fix="read it by PartitionTap, or by a DirTap or a glob",
        )

    def get_modified_time(self) -> int:
        return self._parent.get_modified_time()


def _check_parent(name: str, parent: Any) -> None:
    if isinstance(parent, PartitionTap) or not isinstance(parent, PathTap):
        raise BuildError(
            f"{name} needs a tap of files as its parent",
            asked=repr(parent),
            origin=capture_origin(),
            fix='give it one: Hfs(TextDelimited(), "folder")',
        )
    if isinstance(parent, GlobHfs):
        raise BuildError(
            f"{name} takes the folder that holds the partitions, not a pattern",
            asked=repr(parent),
            origin=capture_origin(),
            fix="choose partitions by add_source_partition_filter",
        )
    if isinstance(parent, FileTap) and len(parent.paths) > 1:
        raise BuildError(f"{name} takes one folder", asked=repr(parent), origin=capture_origin())


def _root_of(path: str) -> str:
    """Return a folder's path as the files below it are listed."""
    if route_of(path) == "local":
        return local_path(path).rstrip("/")
    if route_of(path) == "hadoop":
        return path.rstrip("/")
    if path.startswith("memory:"):
        system, inner = file_system_of(path)
        return str(system.unstrip_protocol(inner)).rstrip("/")
    return re.sub(r"^s3[an]?:/+", "s3://", path).rstrip("/")
