"""Cutting files into byte ranges for tasks, and packing small files together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from cascade2spark.files.compression import compression_of
from cascade2spark.files.listing import FileInfo

__all__ = ["Split", "cut_file", "pack_splits", "split_file", "split_files", "wave_bytes"]

# Hadoop lets the last split grow by a tenth, so that no task is made for a few bytes.
_SLOP = 1.1
# Files of one job are about equal: a few bytes too many make no task of their own.
_PACK_SLOP = 1.03


@attrs.frozen
class Split:
    """The bytes [start, end) of one file, the share of one task or a part of it.

    Attributes:
        path: a path a task can open.
        start: first byte.
        end: byte after the last; a line that starts before it is read to its end.
        size: size of the whole file when it was listed.
        compression: name of the codec, None for plain bytes; a compressed file is never cut.
    """

    path: str
    start: int
    end: int
    size: int
    compression: str | None = None

    @property
    def length(self) -> int:
        """Bytes of this range."""
        return self.end - self.start

    @property
    def is_whole_file(self) -> bool:
        """Tell whether the range is the whole file."""
        return self.start == 0 and self.end == self.size


def split_file(info: FileInfo, target_bytes: int, *, can_split: bool = True) -> list[Split]:
    """Return the ranges of a file of lines, whose extension may name a codec; then it is one."""
    codec = compression_of(info.path)
    if codec is not None:
        return [Split(info.path, 0, info.size, info.size, codec)]
    return cut_file(info, target_bytes if can_split else 0)


def cut_file(info: FileInfo, target_bytes: int) -> list[Split]:
    """Return the ranges of one file, each about `target_bytes`, 0 for one range.

    Laws:
        1. The ranges are disjoint, in order, and cover the file; an empty file has an empty one.
        2. No range is longer than 1.1 times the target.
    """
    if target_bytes <= 0:
        return [Split(info.path, 0, info.size, info.size)]
    ranges: list[Split] = []
    start = 0
    while (info.size - start) / target_bytes > _SLOP:
        ranges.append(Split(info.path, start, start + target_bytes, info.size))
        start += target_bytes
    if start < info.size or not ranges:
        ranges.append(Split(info.path, start, info.size, info.size))
    return ranges


def wave_bytes(total_bytes: int, tasks_at_once: int, most_bytes: int) -> int:
    """Return what each task reads where all begin and end together, in as few waves as can be.

    Args:
        total_bytes: of all files.
        tasks_at_once: a count.
        most_bytes: what one task reads at most.
    """
    waves = max(-(-total_bytes // (tasks_at_once * most_bytes)), 1)
    return -(-total_bytes // (tasks_at_once * waves))


def split_files(
    files: Iterable[FileInfo], target_bytes: int, *, can_split: bool = True
) -> list[Split]:
    """Return the ranges of several files, in order."""
    return [part for info in files for part in split_file(info, target_bytes, can_split=can_split)]


def pack_splits(
    splits: Sequence[Split], target_bytes: int, most: int | None = None
) -> list[tuple[Split, ...]]:
    """Return neighbouring ranges put together until a pack holds `target_bytes`.

    Args:
        splits: ranges, whose order is kept.
        target_bytes: a pack is closed before the range that would carry it far past this.
        most: most ranges in one pack; None is no limit.
    Laws:
        1. Laying the packs end to end gives back `splits`.  2. No pack is empty.
    """
    packs: list[tuple[Split, ...]] = []
    held: list[Split] = []
    most_bytes = target_bytes * _PACK_SLOP
    held_bytes = 0
    for part in splits:
        is_full = held_bytes + part.length > most_bytes or len(held) == most
        if held and is_full:
            packs.append(tuple(held))
            held, held_bytes = [], 0
        held.append(part)
        held_bytes += part.length
    if held:
        packs.append(tuple(held))
    return packs
