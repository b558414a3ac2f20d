"""Several taps as one."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.taps.base import SinkMode, SourceTap, Tap, TupleEntryIterator

__all__ = ["MultiSinkTap", "MultiSourceTap"]


class MultiSourceTap(SourceTap):
    """Taps read one after another as one source.

    It exists if all of them do, and changed when the newest did.

    Args:
        taps: of the same class, with equal schemes.
    Source:
        cascading.tap.MultiSourceTap
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
        super().__init__(first._scheme, ",".join(tap.get_identifier() for tap in taps))

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


class MultiSinkTap(Tap):
    """Every row to every tap, each of which selects its own sink fields.

    Args:
        taps: the sinks; each keeps its own sink mode.
    Source:
        cascading.tap.MultiSinkTap
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
        return Fields.ALL if any(part.is_all() for part in parts) else Fields.merge(*parts)

    def is_source(self) -> bool:
        return False

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


def _check_taps(self: Tap, taps: tuple[Tap, ...]) -> None:
    if not taps or not all(isinstance(tap, Tap) for tap in taps):
        raise BuildError(f"{type(self).__name__} needs one tap or more", asked=repr(taps))
