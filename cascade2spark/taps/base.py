"""The tap contract: where data lies, how its records are stored, what happens to old data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import Enum
from typing import Any

from cascade2spark.config_def import ConfigDef
from cascade2spark.errors import BadRecord, BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.schemes import Scheme
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.taps.entries import Row, TupleEntryCollector, TupleEntryIterator

__all__ = ["SinkMode", "SourceTap", "Tap", "as_sink_mode"]

_BLOCK_BYTES = 1 << 20


class SinkMode(Enum):
    """What a sink does about existing output.

    KEEP refuses to run, REPLACE puts the new output in its place once that is complete, UPDATE adds
    to it.

    Source:
        cascading.tap.SinkMode
    Example:
        >>> [mode.name for mode in SinkMode]
        ['KEEP', 'REPLACE', 'UPDATE']
    """

    KEEP = "KEEP"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"


class Tap(ABC):
    """A place for data.

    Two taps are equal when class, scheme and identifier are; equal taps under several names are
    read as one source.

    Args:
        scheme: how records are stored; None for taps that hold rows as they are.
        identifier: the place, as the user named it.
        sink_mode: what happens to old data.
    Source:
        cascading.tap.Tap
    Example:
        >>> from cascade2spark.taps import MemoryTap, Tap
        >>> tap = MemoryTap("word", [("a",), ("b",)])
        >>> isinstance(tap, Tap), tap.get_source_fields()
        (True, Fields('word'))
    """

    counts_lines: bool = False
    """Whether lines are numbered (local taps), instead of having a byte offset."""

    def __init__(
        self, scheme: Scheme | None, identifier: str, sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        if scheme is not None and not isinstance(scheme, Scheme):
            raise BuildError(
                f"{type(self).__name__} needs a scheme, such as TextLine()", asked=repr(scheme)
            )
        self._scheme = scheme
        self._identifier = identifier
        self._sink_mode = as_sink_mode(sink_mode)
        self._origin = capture_origin(self)
        self._config_def = ConfigDef()
        self._node_config_def = ConfigDef()
        self._step_config_def = ConfigDef()

    # -- what it is ------------------------------------------------------------------------------

    @property
    def scheme(self) -> Scheme:
        """How records are stored.

        Raises:
            Unsupported: the tap holds rows as they are.
        """
        if self._scheme is None:
            raise Unsupported(f"{self} holds rows and has no scheme", origin=self._origin)
        return self._scheme

    @property
    def sink_mode(self) -> SinkMode:
        """What happens to old data."""
        return self._sink_mode

    @property
    def origin(self) -> Origin:
        """Where the tap was built."""
        return self._origin

    def locate(self, origin: Origin) -> None:
        """Say which line asked for the tap, where it was made by something else than that."""
        self._origin = origin

    @property
    def source_fields(self) -> Fields:
        """Fields as declared for reading; see `retrieve_source_fields`."""
        return self.scheme.source_fields

    @property
    def sink_fields(self) -> Fields:
        """Fields selected for writing."""
        return self.scheme.sink_fields

    def get_scheme(self) -> Scheme:
        """Return `scheme`."""
        return self.scheme

    def get_sink_mode(self) -> SinkMode:
        """Return `sink_mode`."""
        return self._sink_mode

    def get_source_fields(self) -> Fields:
        """Return `source_fields`."""
        return self.source_fields

    def get_sink_fields(self) -> Fields:
        """Return `sink_fields`."""
        return self.sink_fields

    def is_source(self) -> bool:
        """Tell whether it can be read."""
        return True

    def is_sink(self) -> bool:
        """Tell whether it can be written."""
        return True

    def is_keep(self) -> bool:
        """Tell whether the sink mode is KEEP."""
        return self._sink_mode is SinkMode.KEEP

    def is_replace(self) -> bool:
        """Tell whether the sink mode is REPLACE."""
        return self._sink_mode is SinkMode.REPLACE

    def is_update(self) -> bool:
        """Tell whether the sink mode is UPDATE."""
        return self._sink_mode is SinkMode.UPDATE

    def get_identifier(self) -> str:
        """Return the place as the user named it."""
        return self._identifier

    def get_full_identifier(self) -> str:
        """Return the place, absolute."""
        return self._identifier

    # -- properties ------------------------------------------------------------------------------

    def get_config_def(self) -> ConfigDef:
        """Return the properties of this tap alone.

        Of ours a trap takes those of `TrapProps`, a sink `cascade2spark.output.compression`; others
        are for whoever asks the tap for them.
        """
        return self._config_def

    def get_node_config_def(self) -> ConfigDef:
        """Return the properties for every operation in the tap's task chain."""
        return self._node_config_def

    def get_step_config_def(self) -> ConfigDef:
        """Return the properties for every operation in the tap's step."""
        return self._step_config_def

    # -- what is there ---------------------------------------------------------------------------

    def retrieve_source_fields(self) -> Fields:
        """Return the fields that reading gives, while planning; a header may be read for it."""
        return self.source_fields

    def list_files(self) -> tuple[FileInfo, ...]:
        """Return the files to read.

        Raises:
            TapError: something is missing.
            Unsupported: the tap has no files.
        """
        raise Unsupported(f"{self} has no files", origin=self._origin)

    @abstractmethod
    def resource_exists(self) -> bool:
        """Tell whether there is data, old output included."""

    @abstractmethod
    def create_resource(self) -> bool:
        """Make the place; False when it was there."""

    @abstractmethod
    def delete_resource(self) -> bool:
        """Delete the data; False when there was none."""

    @abstractmethod
    def get_modified_time(self) -> int:
        """Return when the data changed last, in milliseconds since 1970; 0 when there is none."""

    def present_sink_fields(self, fields: Fields) -> None:
        """Take note, while planning, of the fields that a flow will write here.

        Args:
            fields: as resolved; UNKNOWN where nobody knows them.
        Raises:
            PlanError: they cannot be written here.
        """
        return

    # -- opened by itself ------------------------------------------------------------------------

    def open_for_read(self, flow_process: Any = None) -> TupleEntryIterator:
        """Return the rows, read in this process.

        Args:
            flow_process: as Cascading's; not needed.
        Raises:
            TapError: there is no data; while iterating, a record cannot be parsed.
            Unsupported: the tap can only be written.
        """
        fields = self.retrieve_source_fields()
        return TupleEntryIterator(fields, self._rows_for(fields))

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        """Return a collector that writes rows here, beside what any flow writes.

        REPLACE begins anew, UPDATE adds; KEEP adds files to a folder and overwrites a single file,
        as the store itself does.

        Args:
            flow_process: an operation gives its own, by which tasks and attempts are told apart.
        Raises:
            Unsupported: the tap cannot be written in this way.
        """
        raise Unsupported(f"{self} can only be written by a flow", origin=self._origin)

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        """Return a collector for rows of any width, added to what is there unless REPLACE."""
        raise Unsupported(f"{self} cannot be a trap that is written directly", origin=self._origin)

    def _rows_for(self, fields: Fields) -> Iterator[Row]:
        """Return the rows, for fields that were retrieved; by default those of the files."""
        info = SourceInfo(fields, counts_lines=self.counts_lines, name=self._identifier)
        scheme = self.scheme
        blocks = (
            block
            for file in self.list_files()
            for split in scheme.splits(file, 0, info)
            for block in scheme.blocks(split, info, _BLOCK_BYTES)
        )
        return (row for rows in scheme.reader(info).rows(blocks, _refuse) for row in rows)

    # -- identity --------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tap):
            return NotImplemented
        same_place = type(self) is type(other) and self._identifier == other._identifier
        return same_place and self._scheme == other._scheme

    def __hash__(self) -> int:
        return hash((type(self), self._identifier))

    def __repr__(self) -> str:
        scheme = "" if self._scheme is None else f"{type(self._scheme).__name__}, "
        return f"{type(self).__name__}({scheme}{self._identifier!r})"


class SourceTap(Tap):
    """A tap that can only be read.

    Args:
        scheme, identifier, sink_mode: as of Tap.
    Source:
        cascading.tap.SourceTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import GlobHfs
        >>> GlobHfs(TextLine(), "logs/*").is_sink()
        False
    """

    def is_sink(self) -> bool:
        return False

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        raise Unsupported(f"{self} can only be read", origin=self._origin)

    def create_resource(self) -> bool:
        raise Unsupported(f"{self} can only be read", origin=self._origin)

    def delete_resource(self) -> bool:
        raise Unsupported(f"{self} can only be read", origin=self._origin)


def _refuse(error: BadRecord) -> None:
    raise error


def as_sink_mode(given: SinkMode | str) -> SinkMode:
    """Return a sink mode, given as one or by name."""
    try:
        return given if isinstance(given, SinkMode) else SinkMode[given.upper()]
    except (KeyError, AttributeError, TypeError):
        raise BuildError(
            "unknown sink mode", asked=str(given), available=[mode.name for mode in SinkMode]
        ) from None
