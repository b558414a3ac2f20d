"""Several taps as one."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.taps.base import SinkMode, SourceTap, Tap
from cascade2spark.taps.entries import Row, TupleEntryCollector, TupleEntryIterator
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.tuples import TupleEntry

__all__ = ["MultiSinkTap", "MultiSourceTap"]


class MultiSourceTap(SourceTap):
    """Taps read one after another as one source.

    It exists if all of them do, and changed when the newest did.

    Args:
        taps: of the same class, with equal schemes.
    Raises:
        BuildError: no tap, or taps of several classes or schemes.
    Source:
        cascading.tap.MultiSourceTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> both = MultiSourceTap(Hfs(TextLine(), "monday"), Hfs(TextLine(), "tuesday"))
        >>> both.is_sink()
        False
    """

    def __init__(self, *taps: Tap) -> None:
        _check_taps(self, taps)
        first = taps[0]
        for tap in taps[1:]:
            if type(tap) is not type(first) or tap._scheme != first._scheme:
                raise BuildError(
                    "MultiSourceTap needs taps of one class with equal schemes",
                    details={"first": first, "other": tap},
                    origin=tap.origin,
                )
        self.counts_lines = first.counts_lines
        self._taps = taps
        super().__init__(_joint_scheme(taps), ",".join(tap.get_identifier() for tap in taps))

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The taps, in the order they are read."""
        return self._taps

    def get_child_taps(self) -> tuple[Tap, ...]:
        """Return `taps`."""
        return self._taps

    @property
    def source_fields(self) -> Fields:
        return self._taps[0].source_fields

    def retrieve_source_fields(self) -> Fields:
        return self._taps[0].retrieve_source_fields()

    def list_files(self) -> tuple[FileInfo, ...]:
        return tuple(info for tap in self._taps for info in tap.list_files())

    def resource_exists(self) -> bool:
        return all(tap.resource_exists() for tap in self._taps)

    def get_modified_time(self) -> int:
        return max(tap.get_modified_time() for tap in self._taps)


def _joint_scheme(taps: tuple[Tap, ...]) -> Any:
    """Return the scheme for the files of all taps."""
    schemes = [tap._scheme for tap in taps]
    first = schemes[0]
    if not isinstance(first, PartitionScheme):
        return first
    roots = [root for one in schemes if isinstance(one, PartitionScheme) for root in one.roots]
    # Of folders inside each other the inner one tells where its partitions begin.
    return attrs.evolve(first, roots=tuple(sorted(roots, key=len, reverse=True)))


class MultiSinkTap(Tap):
    """Every row to every tap, each of which selects its own sink fields.

    Args:
        taps: the sinks; each keeps its own sink mode.
    Raises:
        BuildError: no tap.
    Source:
        cascading.tap.MultiSinkTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from cascade2spark.taps import Hfs
        >>> both = MultiSinkTap(Hfs(TextLine(), "here"), Hfs(TextLine(), "there"))
        >>> both.is_source()
        False
    """

    def __init__(self, *taps: Tap) -> None:
        _check_taps(self, taps)
        identifier = ",".join(tap.get_identifier() for tap in taps)
        modes = {tap.sink_mode for tap in taps}
        super().__init__(None, identifier, modes.pop() if len(modes) == 1 else SinkMode.KEEP)
        self._taps = taps

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The sinks."""
        return self._taps

    def get_child_taps(self) -> tuple[Tap, ...]:
        """Return `taps`."""
        return self._taps

    @property
    def sink_fields(self) -> Fields:
        parts = [tap.sink_fields for tap in self._taps]
        # A position counts in the whole row, not among the fields that the sinks name.
        is_whole = any(
            part.is_all() or not all(isinstance(name, str) for name in part) for part in parts
        )
        return Fields.ALL if is_whole else Fields.merge(*parts)

    def present_sink_fields(self, fields: Fields) -> None:
        for tap in self._taps:
            own = tap.sink_fields
            is_known = fields.is_defined() and own.is_defined()
            tap.present_sink_fields(fields.select(own) if is_known else fields)

    def is_source(self) -> bool:
        return False

    def is_sink(self) -> bool:
        return all(tap.is_sink() for tap in self._taps)

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return _Collectors(self.sink_fields, self._taps, "open_for_write", flow_process)

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return _Collectors(Fields.UNKNOWN, self._taps, "open_trap_for_write", flow_process)

    def open_for_read(self, flow_process: Any = None) -> TupleEntryIterator:
        raise Unsupported(f"{self} can only be written", origin=self._origin)

    def resource_exists(self) -> bool:
        return all(tap.resource_exists() for tap in self._taps)

    def create_resource(self) -> bool:
        made = [tap.create_resource() for tap in self._taps]
        return all(made)

    def delete_resource(self) -> bool:
        deleted = [tap.delete_resource() for tap in self._taps]
        return all(deleted)

    def get_modified_time(self) -> int:
        return max(tap.get_modified_time() for tap in self._taps)


class _Collectors(TupleEntryCollector):
    """Gives every row to the collector of each tap; what is shown is shown one after another."""

    def __init__(
        self, fields: Fields, taps: tuple[Tap, ...], method: str, flow_process: Any
    ) -> None:
        super().__init__(fields)
        self._collectors: list[TupleEntryCollector] = []
        try:
            for tap in taps:
                self._collectors.append(getattr(tap, method)(flow_process))
        except BaseException:
            self._discard()
            raise

    def add(self, result: Any) -> None:
        row = self._row_of(result)
        if self._declared is not None and not isinstance(result, TupleEntry):
            result = TupleEntry(self._declared, row)  # each selects its own by name
        for collector in self._collectors:
            collector.add(result)

    def _write(self, rows: list[Row]) -> None:
        """Nothing is held here."""

    def _finish(self) -> None:
        for collector in self._collectors:
            collector.close()

    def _discard(self) -> None:
        for collector in self._collectors:
            collector.abort()


def _check_taps(self: Tap, taps: tuple[Tap, ...]) -> None:
    if not taps or not all(isinstance(tap, Tap) for tap in taps):
        raise BuildError(f"{type(self).__name__} needs one tap or more", asked=list(taps))
