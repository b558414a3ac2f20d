"""Taps of files on any file system, as Hadoop reads and writes them: Hfs and its kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cascade2spark.errors import BuildError, TapError
from cascade2spark.files import FileInfo, list_files, route_of
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.paths import Path, PathTap

__all__ = ["Dfs", "GlobHfs", "Hfs", "Lfs"]


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
        self, scheme: Scheme, path: Path | Sequence[Path] = (), sink_mode: SinkMode = SinkMode.KEEP
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
        self, scheme: Scheme, path: Path | Sequence[Path] = (), sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        super().__init__(scheme, path, sink_mode)
        for one in self._paths:
            if re.match(r"[A-Za-z][\w+.-]+:", one) and not one.startswith("hdfs:"):
                raise BuildError("Dfs takes hdfs paths only", asked=one, origin=self._origin)


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
        self,
        scheme: Scheme,
        pattern: Path | tuple[()] = (),
        filter: Callable[[str], bool] | None = None,
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
