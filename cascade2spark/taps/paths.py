"""PathTap: what all taps have in common whose data are files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, cast

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import (
    FileInfo,
    OutputCommit,
    OutputMode,
    as_path_text,
    check_no_unfinished_commit,
    delete_path,
    list_files,
    local_path,
    make_folders,
    modified_time,
    path_exists,
    route_of,
)
from cascade2spark.origin import capture_origin
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.entries import TupleEntryCollector
from cascade2spark.taps.writing import FileCollector

__all__ = ["Path", "PathTap"]

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
        >>> from cascade2spark.taps import Hfs
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
        self, scheme: Scheme, path: Path | Sequence[Path] = (), sink_mode: SinkMode = SinkMode.KEEP
    ) -> None:
        _check_scheme_and_path(type(self).__name__, scheme, path)
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


def _check_scheme_and_path(name: str, scheme: object, path: object) -> None:
    """Refuse a path without a scheme, a scheme without a path, and the two the wrong way round."""
    is_missing = path == ()
    if isinstance(scheme, Scheme) and not (isinstance(path, Scheme) or is_missing):
        return
    given = [scheme] if is_missing else [scheme, path]
    fix = None
    if isinstance(scheme, type) and issubclass(scheme, Scheme):
        fix = f"make one of the class: {scheme.__name__}()"
    elif is_missing and isinstance(scheme, (str, os.PathLike)):
        fix = f"say how its records are stored: {name}(TextLine(), {os.fspath(scheme)!r})"
    elif is_missing and isinstance(scheme, Scheme):
        fix = f'say where: {name}({type(scheme).__name__}(…), "folder")'
    raise BuildError(
        f"{name} takes the scheme first, then the path",
        details={"given": f"{name}({', '.join(map(_short, given))})"},
        origin=capture_origin(),
        fix=fix,
    )


def _short(value: object) -> str:
    if isinstance(value, Scheme):
        return f"{type(value).__name__}(…)"
    return value.__name__ if isinstance(value, type) else repr(value)
