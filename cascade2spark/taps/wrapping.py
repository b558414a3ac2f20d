"""Taps around another tap: all of it is handed on, so that a subclass changes what it means to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cascade2spark.config_def import ConfigDef
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.entries import TupleEntryCollector, TupleEntryIterator
from cascade2spark.taps.multi import MultiSourceTap
from cascade2spark.taps.paths import PathTap

__all__ = ["AdaptorTap", "DecoratorTap", "DistCacheTap", "engine_tap"]


class DecoratorTap(Tap):
    """A tap that hands everything on to another one; the base for changing a part of it.

    Args:
        args: the tap; or something to keep with it, and the tap.
    Source:
        cascading.tap.DecoratorTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> tap = DecoratorTap("about the tap", Hfs(TextLine(), "logs"))
        >>> tap.get_original()
        Hfs(TextLine, 'logs')
    """

    def __init__(self, *args: Any) -> None:
        if len(args) not in (1, 2) or not isinstance(args[-1], Tap):
            raise BuildError(f"{type(self).__name__} takes a tap", asked=list(args))
        self._original: Tap = args[-1]
        self._meta_info: Any = args[0] if len(args) == 2 else None
        original = self._original
        super().__init__(original._scheme, original.get_identifier(), original.sink_mode)

    def get_original(self) -> Tap:
        """Return the tap inside."""
        return self._original

    def get_meta_info(self) -> Any:
        """Return what was given to be kept with the tap."""
        return self._meta_info

    def get_child_taps(self) -> tuple[Tap, ...]:
        """Return the tap inside."""
        return (self._original,)

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The tap inside."""
        return (self._original,)

    @property
    def counts_lines(self) -> bool:  # type: ignore[override]  # a plain attribute elsewhere
        """As the tap inside."""
        return self._original.counts_lines

    @property
    def scheme(self) -> Scheme:
        return self._original.scheme

    @property
    def sink_mode(self) -> SinkMode:
        return self._original.sink_mode

    @property
    def source_fields(self) -> Fields:
        return self._original.source_fields

    @property
    def sink_fields(self) -> Fields:
        return self._original.sink_fields

    def get_sink_mode(self) -> SinkMode:
        return self.sink_mode

    def is_keep(self) -> bool:
        return self.sink_mode is SinkMode.KEEP

    def is_replace(self) -> bool:
        return self.sink_mode is SinkMode.REPLACE

    def is_update(self) -> bool:
        return self.sink_mode is SinkMode.UPDATE

    def get_config_def(self) -> ConfigDef:
        return self._original.get_config_def()

    def get_node_config_def(self) -> ConfigDef:
        return self._original.get_node_config_def()

    def get_step_config_def(self) -> ConfigDef:
        return self._original.get_step_config_def()

    def is_source(self) -> bool:
        return self._original.is_source()

    def is_sink(self) -> bool:
        return self._original.is_sink()

    def get_identifier(self) -> str:
        return self._original.get_identifier()

    def get_full_identifier(self) -> str:
        return self._original.get_full_identifier()

    def retrieve_source_fields(self) -> Fields:
        return self._original.retrieve_source_fields()

    def present_sink_fields(self, fields: Fields) -> None:
        self._original.present_sink_fields(fields)

    def list_files(self) -> tuple[FileInfo, ...]:
        return self._original.list_files()

    def resource_exists(self) -> bool:
        return self._original.resource_exists()

    def create_resource(self) -> bool:
        return self._original.create_resource()

    def delete_resource(self) -> bool:
        return self._original.delete_resource()

    def get_modified_time(self) -> int:
        return self._original.get_modified_time()

    def open_for_read(self, flow_process: Any = None) -> TupleEntryIterator:
        return self._original.open_for_read(flow_process)

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._original.open_for_write(flow_process)

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._original.open_trap_for_write(flow_process)

    def _rows_for(self, fields: Fields) -> Iterator[tuple[Any, ...]]:
        return self._original._rows_for(fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DecoratorTap):
            return NotImplemented
        same = type(self) is type(other) and self._original == other._original
        return same and self._meta_info == other._meta_info

    def __hash__(self) -> int:
        return hash((type(self), self._original))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._original!r})"


class AdaptorTap(DecoratorTap):
    """A tap whose process and properties are converted before it sees them.

    Args:
        original: the tap.
        process_convertor: given the FlowProcess with which an operation opens the tap, returns the
            one that the tap gets; None hands it on.
        config_convertor: as Cascading's; properties are the same here, so it is only kept.
    Source:
        cascading.tap.AdaptorTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> AdaptorTap(Hfs(TextLine(), "logs")).get_original()
        Hfs(TextLine, 'logs')
    """

    def __init__(
        self,
        original: Tap,
        process_convertor: Callable[[Any], Any] | None = None,
        config_convertor: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(original)
        self._process_convertor = process_convertor
        self._config_convertor = config_convertor

    def open_for_read(self, flow_process: Any = None) -> TupleEntryIterator:
        return super().open_for_read(self._converted(flow_process))

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return super().open_for_write(self._converted(flow_process))

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return super().open_trap_for_write(self._converted(flow_process))

    def _converted(self, flow_process: Any) -> Any:
        if self._process_convertor is None or flow_process is None:
            return flow_process
        return self._process_convertor(flow_process)


class DistCacheTap(DecoratorTap):
    """A tap on a small file for a side of a HashJoin; there is nothing that it has to do here.

    Every side of a HashJoin but the first is broadcast, whatever its tap.

    Args:
        parent: the tap on the file.
    Source:
        cascading.tap.hadoop.DistCacheTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> DistCacheTap(Hfs(TextLine(), "countries")).get_original()
        Hfs(TextLine, 'countries')
    """

    def __init__(self, parent: Tap) -> None:
        super().__init__(parent)


class _WrappedFiles(PathTap):
    """A wrapped tap of files, as engines see it: it asks the outermost tap for everything."""

    def __init__(self, outer: DecoratorTap, inner: Tap) -> None:
        paths = _paths_of(inner)
        super().__init__(outer.scheme, list(paths), outer.sink_mode)
        self._outer, self._inner = outer, inner
        self._origin = outer.origin
        self.counts_lines = outer.counts_lines
        self.is_always_local = getattr(inner, "is_always_local", False)
        self.is_single_file = getattr(inner, "is_single_file", False)

    def retrieve_source_fields(self) -> Fields:
        return self._outer.retrieve_source_fields()

    def list_files(self) -> tuple[FileInfo, ...]:
        return self._outer.list_files()

    def accepts_path(self, path: str) -> bool:
        return self._inner.accepts_path(path) if isinstance(self._inner, PathTap) else True

    def resource_exists(self) -> bool:
        return self._outer.resource_exists()

    def delete_resource(self) -> bool:
        return self._outer.delete_resource()

    def get_config_def(self) -> ConfigDef:
        return self._outer.get_config_def()

    @property
    def source_fields(self) -> Fields:
        return self._outer.source_fields

    @property
    def sink_fields(self) -> Fields:
        return self._outer.sink_fields

    def __repr__(self) -> str:
        return repr(self._outer)


def engine_tap(tap: Tap) -> Tap:
    """Return what an engine reads and writes for a tap: itself, unless it wraps another one.

    Around files it is a tap of files that asks the outermost; whatever holds rows is the innermost.
    """
    inner = tap
    while isinstance(inner, DecoratorTap):
        inner = inner.get_original()
    if inner is tap:
        return tap
    if isinstance(inner, (PathTap, MultiSourceTap)):
        assert isinstance(tap, DecoratorTap)
        return _WrappedFiles(tap, inner)
    return inner


def _paths_of(tap: Tap) -> tuple[str, ...]:
    if isinstance(tap, MultiSourceTap):
        return tuple(path for part in tap.taps for path in _paths_of(part))
    while isinstance(tap, DecoratorTap):
        tap = tap.get_original()
    assert isinstance(tap, PathTap)
    return tap.paths
