"""Versioned stores: a folder for each version of some keys and values, the newest being read."""

from __future__ import annotations

import time
from typing import Any

import attrs

from cascade2spark.errors import OperationError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import delete_path, matching_paths
from cascade2spark.files.paths import file_system_of
from cascade2spark.flows.listeners import FlowListener
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.decoding import JSON_CODEC, KeyValueCodec
from cascade2spark.scalding.readable import Source
from cascade2spark.scalding.sources_files import InvalidSource, Matching
from cascade2spark.schemes import WritableSequenceFile
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.hadoop_files import Hfs

__all__ = ["VersionedKeyValSource", "stored_versions"]


@attrs.frozen(repr=False)
class VersionedKeyValSource(Source):
    """Pairs of keys and values in a folder of versions: the newest is read, a new one is written.

    A version counts when a file ``<version>.version`` beside its folder, or a ``_SUCCESS`` in it,
    says that it is complete. When a new one is, all but the newest are deleted.

    Args:
        path: the folder of the versions.
        source_version: the version to read. Default: the newest.
        sink_version: the version to write. Default: milliseconds since 1970.
        versions_to_keep: how many versions are left.
        max_failures: how many pairs of a task may fail to be decoded; these are left out.
        key_codec, value_codec: how both become bytes. Default: JSON.
    Source:
        com.twitter.scalding.commons.source.VersionedKeyValSource
    """

    # What is written is another version than what is read.
    is_versioned = True
    is_encoded = True

    path: str
    source_version: int | None = None
    sink_version: int | None = None
    versions_to_keep: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    max_failures: int = attrs.field(default=0, validator=attrs.validators.ge(0), kw_only=True)
    key_codec: KeyValueCodec = attrs.field(default=JSON_CODEC, kw_only=True)
    value_codec: KeyValueCodec = attrs.field(default=JSON_CODEC, kw_only=True)

    @property
    def source_fields(self) -> Fields:
        return Fields("key", "value")

    def versions(self, mode: Mode | None = None) -> list[int]:
        """Return the complete versions, the newest first.

        Args:
            mode: where they are looked for. Default: by this process itself.
        """
        return stored_versions(self.path, matching_paths if mode is None else mode.matching_paths)

    def read_tap(self, mode: Mode) -> Tap:
        found = self.versions(mode)
        version = self.source_version if self.source_version is not None else max(found, default=0)
        if version not in found:
            raise InvalidSource(
                f"{self} has no version {version}" if found else f"{self} has no version",
                asked=self.source_version,
                available=found,
            )
        return Hfs(_scheme(), f"{self.path}/{version}")

    def write_tap(self, mode: Mode) -> Tap:
        version = self.sink_version
        if version is None:
            version = max(int(time.time() * 1000), max(self.versions(mode), default=0) + 1)
        elif version in self.versions(mode):
            raise TapError(f"{self} has version {version} already")
        return _VersionTap(self.path, version, self.versions_to_keep)

    @property
    def tests_take_values(self) -> bool:
        return True

    def to_value(self, row: tuple[Any, ...]) -> Any:
        try:
            return self.key_codec.decode(row[0]), self.value_codec.decode(row[1])
        except Exception as bad:
            raise OperationError("a stored pair cannot be decoded", row=row) from bad

    def to_row(self, value: Any) -> tuple[Any, ...]:
        key, stored = value
        return self.key_codec.encode(key), self.value_codec.encode(stored)

    def __repr__(self) -> str:
        return f"VersionedKeyValSource({self.path!r})"


def stored_versions(path: str, matching: Matching = matching_paths) -> list[int]:
    """Return the complete versions of a store, the newest first.

    Args:
        path: the folder of the versions.
        matching: returns all that a path matches.
    """
    names = [found.rstrip("/").rpartition("/")[2] for found in matching(f"{path}/*")]
    numbers = [int(name) for name in names if name.isdecimal()]
    return sorted(
        (
            number
            for number in numbers
            if f"{number}.version" in names or matching(f"{path}/{number}/_SUCCESS")
        ),
        reverse=True,
    )


def _scheme() -> WritableSequenceFile:
    return WritableSequenceFile(Fields("key", "value"), "BytesWritable", "BytesWritable")


class _VersionTap(Hfs, FlowListener):
    """The folder of a new version, which is said to be complete when the flow has succeeded."""

    def __init__(self, root: str, version: int, keep: int) -> None:
        super().__init__(_scheme(), f"{root}/{version}", SinkMode.REPLACE)
        self._root, self._version, self._keep = root, version, keep

    def on_completed(self, flow: Any) -> None:
        if not flow.get_flow_stats().is_successful():
            return
        system, inner = file_system_of(f"{self._root}/{self._version}.version")
        system.touch(inner)
        for old in stored_versions(self._root)[self._keep :]:
            delete_path(f"{self._root}/{old}.version")
            delete_path(f"{self._root}/{old}")
