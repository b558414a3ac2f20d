"""Taps whose data are files: one file, a folder of part files, a folder tree, a glob."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from cascade2spark.errors import BuildError, PlanError, TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import (
    FileInfo,
    OutputCommit,
    OutputMode,
    as_path_text,
    check_no_unfinished_commit,
    compression_to_write,
    delete_path,
    expand_braces,
    extension_of,
    list_files,
    local_path,
    make_folders,
    modified_time,
    path_exists,
    path_kind,
    route_of,
)
from cascade2spark.origin import capture_origin
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, Tap, TupleEntryCollector
from cascade2spark.taps.writing import FileCollector

__all__ = ["Dfs", "DirTap", "FileTap", "GlobHfs", "Hfs", "Lfs", "PathTap"]

Path = str | os.PathLike[str]


class PathTap(Tap):
    """A tap at one or several paths.

    Args:
        scheme: how records are stored.
        path: a str, anything with `__fspath__`, or a list of these; several can only be read.
        sink_mode: what happens to old output.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.type.FileType
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> isinstance(Hfs(TextLine(), "logs"), PathTap)
        True
        >>> Hfs(TextLine(), ["logs/1", "logs/2"]).paths
        ('logs/1', 'logs/2')
    """

    is_always_local: bool = False
    """Whether a path without a scheme is local even if the cluster's default is another place."""
    is_single_file: bool = False
    """Whether output is one file, instead of a folder of part files."""
    expands_globs: bool = True
    is_recursive: bool = False

    def __init__(
        self, scheme: Scheme, path: Path | Sequence[Path], sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        if isinstance(path, Scheme):
            raise BuildError(
                f"{type(self).__name__} takes the scheme first, then the path",
                asked=f"{type(self).__name__}({scheme!r}, {path!r})",
                origin=capture_origin(),
            )
        is_list = isinstance(path, Iterable) and not isinstance(path, (str, os.PathLike))
        given: list[Any] = list(cast("Iterable[Any]", path)) if is_list else [path]
        if not given or not all(isinstance(one, (str, os.PathLike)) for one in given):
            raise BuildError(f"{type(self).__name__} needs a path", asked=repr(path))
        self._paths = tuple(as_path_text(one) for one in given)
        super().__init__(scheme, ",".join(self._paths), sink_mode)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths, as the user wrote them."""
        return self._paths

    @property
    def path(self) -> str:
        """The only path.

        Raises:
            BuildError: there are several, as when one means to write to the tap.
        """
        if len(self._paths) > 1:
            raise BuildError(
                f"{type(self).__name__} of several paths can only be read",
                available=list(self._paths),
                origin=self._origin,
            )
        return self._paths[0]

    def get_path(self) -> str:
        """Return `path`."""
        return self.path

    def is_sink(self) -> bool:
        return len(self._paths) == 1

    def get_full_identifier(self) -> str:
        return ",".join(
            f"file:{local_path(path)}" if route_of(path) == "local" else path
            for path in self._paths
        )

    def retrieve_source_fields(self) -> Fields:
        return self.scheme.retrieve_source_fields(self)

    def list_files(self) -> tuple[FileInfo, ...]:
        for path in self._paths:
            if route_of(path) == "local":
                check_no_unfinished_commit(path)
        return list_files(
            self._paths,
            recursive=self.is_recursive,
            globs=self.expands_globs,
            origin=self._origin,
        )

    def present_sink_fields(self, fields: Fields) -> None:
        self.scheme.writer(fields)

    def accepts_path(self, path: str) -> bool:
        """Tell whether a file that was found is one to read."""
        return True

    def output_compression(self, default: str | None = None) -> str | None:
        """Return the codec of the files that are written here.

        Args:
            default: what the properties say, for schemes that name no codec.
        Raises:
            PlanError: the name of a single file says that it is packed otherwise.
        """
        return self.scheme.part_compression(default)

    def resource_exists(self) -> bool:
        return all(path_exists(path) for path in self._paths)

    def create_resource(self) -> bool:
        return make_folders(self.path)

    def delete_resource(self) -> bool:
        return delete_path(self.path)

    def get_modified_time(self) -> int:
        times = [modified_time(path) or 0.0 for path in self._paths]
        return int(max(times) * 1000)

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._collector(flow_process, is_trap=False)

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._collector(flow_process, is_trap=True)

    def _collector(self, flow_process: Any, *, is_trap: bool) -> FileCollector:
        path = self.path
        if not self.is_sink() or route_of(path) != "local":
            raise Unsupported(f"{self} cannot be written directly", origin=self._origin)
        mode: OutputMode = self._sink_mode.value
        if mode == "KEEP":
            mode = "REPLACE" if self.is_single_file and not is_trap else "UPDATE"
        return FileCollector(
            local_path(path),
            self.scheme,
            self.sink_fields,
            mode,
            flow_process,
            is_trap=is_trap,
            is_file=self.is_single_file,
            compression=self.output_compression(),
            origin=self._origin,
        )

    def new_commit(self, *, run_id: str | None = None, header: bytes | None = None) -> OutputCommit:
        """Return the commit for one run's output here; `header` is the row writer's."""
        return OutputCommit(
            self.path,
            self._sink_mode.value,
            run_id=run_id,
            is_file=self.is_single_file,
            compression=self.output_compression(),
            header=header,
            suffix=self.scheme.part_suffix,
            can_join=self.scheme.can_join,
            origin=self._origin,
        )


class Hfs(PathTap):
    """A file, a glob, or a folder of part files, on any file system.

    On Spark a path without a scheme lies on the context's default file system. Names beginning with
    `_` or `.` are not read, and a folder inside the folder is an error.

    Args:
        scheme: how records are stored.
        path: a str, anything with `__fspath__`, or a list of these; several can only be read.
        sink_mode: what happens to old output; KEEP by default.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.hadoop.Hfs
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> tap = Hfs(TextLine(), "hdfs://host/logs", SinkMode.REPLACE)
        >>> tap.get_path(), tap.is_replace()
        ('hdfs://host/logs', True)
    """


class Lfs(Hfs):
    """Hfs on the local file system, whatever the cluster's default is.

    Args:
        scheme: how records are stored.
        path: a str, anything with `__fspath__`, or a list of these; several can only be read.
        sink_mode: what happens to old output; KEEP by default.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.hadoop.Lfs
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> Lfs(TextLine(), "logs").get_path()
        'logs'
    """

    is_always_local = True

    def __init__(
        self, scheme: Scheme, path: Path | Sequence[Path], sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        super().__init__(scheme, path, sink_mode)
        for one in self._paths:
            if route_of(one) != "local":
                raise BuildError("Lfs takes local paths only", asked=one, origin=self._origin)


class Dfs(Hfs):
    """Hfs on HDFS.

    Args:
        scheme: how records are stored.
        path: a str, anything with `__fspath__`, or a list of these; several can only be read.
        sink_mode: what happens to old output; KEEP by default.
    Raises:
        TapError: (planning, running) there is no data, or old output is in the way.
    Source:
        cascading.tap.hadoop.Dfs
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> Dfs(TextLine(), "hdfs://host/logs").get_path()
        'hdfs://host/logs'
    """

    def __init__(
        self, scheme: Scheme, path: Path | Sequence[Path], sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        super().__init__(scheme, path, sink_mode)
        for one in self._paths:
            if re.match(r"[A-Za-z][\w+.-]+:", one) and not one.startswith("hdfs:"):
                raise BuildError("Dfs takes hdfs paths only", asked=one, origin=self._origin)


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
        path: Path | Sequence[Path],
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
                raise BuildError("DirTap takes a pattern, a depth, a sink mode", asked=repr(args))
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


class GlobHfs(Hfs):
    """All files that a pattern matches when the flow runs; only a source.

    No match, or nothing but empty files, is an error, before anything is read.

    Args:
        scheme: how records are stored.
        pattern: a path with ``* ? [ {``.
        filter: keeps a path when it, or its method `accept`, returns true.
    Raises:
        TapError: (running) nothing matches.
    Source:
        cascading.tap.hadoop.GlobHfs
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> GlobHfs(TextLine(), "logs/*/part-*").is_sink()
        False
    """

    def __init__(
        self, scheme: Scheme, pattern: Path, filter: Callable[[str], bool] | None = None
    ) -> None:
        super().__init__(scheme, pattern)
        self._accept = filter
        accept = getattr(filter, "accept", filter)
        if accept is not None and not callable(accept):
            raise BuildError("a filter of paths is a function of a path", asked=repr(filter))
        self._accepts: Callable[[str], bool] | None = accept

    def is_sink(self) -> bool:
        return False

    def list_files(self) -> tuple[FileInfo, ...]:
        found = list_files(self._paths, accept=self.accepts_path, origin=self._origin)
        self.check_found([info.size for info in found])
        return found

    def accepts_path(self, path: str) -> bool:
        return self._accepts is None or bool(self._accepts(path))

    def check_found(self, sizes: Sequence[int]) -> None:
        """Raise TapError unless one of the files that match has content."""
        if not any(sizes):
            what = "holds only empty files" if sizes else "matches no file"
            raise TapError(f"{self.path} {what}", origin=self._origin)

    def get_modified_time(self) -> int:
        if not self.resource_exists():
            return 0
        return int(max(info.modified_s for info in self.list_files()) * 1000)

    def resource_exists(self) -> bool:
        try:
            return bool(self.list_files())
        except TapError:
            return False

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        return same and isinstance(other, GlobHfs) and self._accept == other._accept

    __hash__ = Tap.__hash__


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
