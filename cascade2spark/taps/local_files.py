"""Taps of files on this machine, as Cascading's local platform reads and writes them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Sequence

from cascade2spark.errors import BuildError, PlanError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import (
    FileInfo,
    check_no_unfinished_commit,
    compression_to_write,
    expand_braces,
    extension_of,
    list_files,
    local_path,
    make_folders,
    path_kind,
)
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode
from cascade2spark.taps.paths import Path, PathTap

__all__ = ["DirTap", "FileTap"]


class FileTap(PathTap):
    """One local file, read and written as such; lines are numbered from 0.

    Output of several partitions is put together in order; UPDATE appends to the file.

    Args:
        scheme: how records are stored.
        path: a str, anything with `__fspath__`, or a list of these; several can only be read.
        sink_mode: what happens to old output; KEEP by default.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.local.FileTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> from tempfile import mkdtemp
        >>> tap = FileTap(TextLine("line"), mkdtemp() + "/a.txt", SinkMode.REPLACE)
        >>> with tap.open_for_write() as out:
        ...     out.add(("hello",))
        >>> [entry["line"] for entry in tap.open_for_read()]
        ['hello']
    """

    counts_lines = True
    is_always_local = True
    is_single_file = True
    expands_globs = False

    def present_sink_fields(self, fields: Fields) -> None:
        super().present_sink_fields(fields)
        self.output_compression()

    def output_compression(self, default: str | None = None) -> str | None:
        # By its name the file will be read, whatever the settings are.
        told = compression_to_write(self.path)
        asked = self.scheme.part_compression(told)
        if asked is None or asked == told:
            return asked
        told_in_words = "plain" if told is None else f"{told}-compressed"
        base = self.path if told is None else self.path.rpartition(".")[0]
        raise PlanError(
            f"the name of a file to be written with {asked} says that it is {told_in_words}",
            asked=self.path,
            details={"because": "a file is read by its ending, here as in Hadoop"},
            origin=self._origin,
            fix=f"name it {base}{extension_of(asked)}, or leave out compression=",
        )

    def list_files(self) -> tuple[FileInfo, ...]:
        for path in self._paths:
            if path_kind(path) == "folder":
                raise TapError(
                    f"{path} is a folder, and FileTap reads files",
                    origin=self._origin,
                    fix="use DirTap",
                )
        return super().list_files()

    def create_resource(self) -> bool:
        return make_folders(os.path.dirname(local_path(self.path)))


class DirTap(PathTap):
    """A local folder with all folders below it, or one file; lines are numbered from 0.

    Args:
        scheme: how records are stored.
        path: the folder; a file is read as such.
        args: as in Java: a pattern, the depth, the sink mode, each told by its type.
        pattern: ``glob:…`` or ``regex:…`` for the files to read; it must match the name, the path
            below the folder, or the whole path.
        depth: levels of folders to read, 1 being the files directly inside.
        sink_mode: what happens to old output, a folder of part files.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.local.DirTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> DirTap(TextLine(), "logs", "glob:*.txt", 1).get_path()
        'logs'
    """

    counts_lines = True
    is_always_local = True
    expands_globs = False
    is_recursive = True

    def __init__(
        self,
        scheme: Scheme,
        path: Path | Sequence[Path] = (),
        *args: str | int | SinkMode,
        pattern: str | None = None,
        depth: int | None = None,
        sink_mode: SinkMode | None = None,
    ) -> None:
        for argument in args:
            if isinstance(argument, SinkMode) and sink_mode is None:
                sink_mode = argument
            elif isinstance(argument, str) and pattern is None:
                pattern = argument
            elif isinstance(argument, int) and depth is None:
                depth = argument
            else:
                raise BuildError("DirTap takes a pattern, a depth, a sink mode", asked=list(args))
        if depth is not None and depth < 1:
            raise BuildError("a depth is 1 or more", asked=depth)
        super().__init__(scheme, path, sink_mode or SinkMode.KEEP)
        self._matches = None if pattern is None else _path_matcher(pattern)
        self._depth = depth
        if pattern is not None:
            self._identifier += f"?{pattern}"

    def list_files(self) -> tuple[FileInfo, ...]:
        found: list[FileInfo] = []
        for path in self._paths:
            check_no_unfinished_commit(path)
            if self._matches is not None and path_kind(path) == "file":
                raise TapError(
                    f"{path} is a file, and a pattern needs a folder", origin=self._origin
                )
            levels = None if self._depth is None else self._depth - 1
            found.extend(
                info
                for info in list_files(
                    path, recursive=True, depth=levels, globs=False, origin=self._origin
                )
                if self._matches is None or self._matches(info.path, local_path(path))
            )
        return tuple(found)


def _path_matcher(pattern: str) -> Callable[[str, str], bool]:
    kind, colon, text = pattern.partition(":")
    if not colon or kind not in ("glob", "regex") or not text:
        raise BuildError("a pattern begins with glob: or regex:", asked=pattern)
    if kind == "glob":
        # Alternatives in braces are no part of Python's patterns.
        parts = [fnmatch.translate(one) for one in expand_braces(text)]
        compiled = re.compile("|".join(f"(?:{part})" for part in parts))
    else:
        try:
            compiled = re.compile(text)
        except re.error as bad:
            raise BuildError(f"a pattern is no regular expression: {bad}", asked=text) from bad

    def matches(path: str, folder: str) -> bool:
        below = os.path.relpath(path, folder)
        candidates = (os.path.basename(path), below, path)
        return any(compiled.fullmatch(candidate) for candidate in candidates)

    return matches
