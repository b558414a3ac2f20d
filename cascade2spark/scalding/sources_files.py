"""Sources that lie in files: their paths, and whether what is there is good enough to begin."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import as_path_text, matching_paths, path_kind, route_of
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.readable import Source
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.hadoop_files import Hfs
from cascade2spark.taps.local_files import FileTap

__all__ = [
    "FileSource",
    "InvalidSource",
    "Matching",
    "as_paths",
    "good_paths",
    "has_success_files",
]

Matching: TypeAlias = Callable[[str], list[str]]

REQUIRE_SUCCESS = "scalding.require_success_file"
_SUCCESS = "_SUCCESS"


class InvalidSource(TapError):
    """The input of a source is missing, or not complete (Scalding's InvalidSourceException)."""


def as_paths(given: Any) -> tuple[str, ...]:
    """Return one path, or several, as a tuple of texts."""
    many = [given] if isinstance(given, (str, os.PathLike)) else given
    if not isinstance(many, Iterable) or isinstance(many, bytes):
        raise BuildError("a source needs a path", asked=repr(given))
    paths = tuple(as_path_text(path) for path in many)
    if not paths:
        raise BuildError("a source needs a path", asked=repr(given))
    return paths


@attrs.frozen(repr=False)
class FileSource(Source):
    """A source at one path or several, which are read one after another; the last one is written.

    Args:
        paths: one path, with wildcards or without, or a list of them.
        sink_mode: what becomes of old output; it is replaced by default.
        needs_success_file: whether folders must hold a ``_SUCCESS``; see `good_paths`.
    """

    paths: tuple[str, ...] = attrs.field(converter=as_paths)
    sink_mode: SinkMode = attrs.field(default=SinkMode.REPLACE, kw_only=True)
    needs_success_file: bool = attrs.field(default=False, kw_only=True)

    @abstractmethod
    def scheme(self) -> Scheme:
        """Return how the records are stored."""

    @property
    def source_fields(self) -> Fields:
        return self.scheme().source_fields

    @property
    def sink_fields(self) -> Fields:
        return self.scheme().sink_fields

    def read_paths(self) -> tuple[str, ...]:
        """Return the paths to read, all that there may be."""
        return self.paths

    def write_path(self) -> str:
        """Return the path to write: the last one, without a ``/*`` at its end.

        Raises:
            BuildError: nothing is left of it, or it has wildcards.
        """
        path = self.paths[-1]
        if path in ("*", "/*"):
            raise BuildError(f"{self} cannot be written: the path is only a wildcard", asked=path)
        return path.removesuffix("/*")

    def read_tap(self, mode: Mode) -> Tap:
        return Hfs(self.scheme(), list(self.good_paths(mode)))

    def write_tap(self, mode: Mode) -> Tap:
        path, scheme = self.write_path(), self.scheme()
        # As Scalding's local mode does: text becomes one plain file.
        is_file = mode.is_local and scheme.can_join and not self.paths[-1].endswith(("/", "/*"))
        if is_file and route_of(path) == "local" and path_kind(path) != "folder":
            return FileTap(scheme, path, self.sink_mode)
        return Hfs(scheme, path, self.sink_mode)

    def good_paths(self, mode: Mode) -> tuple[str, ...]:
        """Return the paths to read in a mode, after a look at what is there.

        Raises:
            InvalidSource: a path is missing, or all of them where some may be.
        """
        needs_success = self.asks_for_success(mode)
        return good_paths(self, self.read_paths(), mode, needs_success=needs_success)

    def asks_for_success(self, mode: Mode) -> bool:
        """Tell whether folders must hold ``_SUCCESS``: it says so itself, or the mode's setting."""
        asked = str(mode.connector.properties.get(REQUIRE_SUCCESS, "")).lower() == "true"
        return self.needs_success_file or (asked and not mode.is_local)

    def is_valid(self, mode: Mode) -> bool:
        """Tell whether it can be read in a mode."""
        try:
            self.good_paths(mode)
        except InvalidSource:
            return False
        return True

    def __repr__(self) -> str:
        shown = self.paths[0] if len(self.paths) == 1 else list(self.paths)
        return f"{type(self).__name__}({shown!r})"


def good_paths(
    source: Source,
    paths: Sequence[str],
    mode: Mode,
    *,
    needs_success: bool,
    is_strict: bool | None = None,
) -> tuple[str, ...]:
    """Return the paths whose input is good.

    A path is good if it matches anything that is not hidden, by a name that begins with ``_`` or
    ``.``. Where success files are needed it must end in ``/*``, and each matched folder that holds
    anything that is not hidden must hold ``_SUCCESS`` too, of which there must be one at least.

    Args:
        source: for messages.
        paths: all paths.
        mode: where they are looked at.
        needs_success: whether success files are needed.
        is_strict: whether all must be good; else those that are will do. Default: as the mode says.
    Raises:
        InvalidSource: not all are good, or none is.
    """
    is_good = has_success_files if needs_success else _has_data
    good = [path for path in paths if is_good(path, mode.matching_paths)]
    bad = [path for path in paths if path not in good]
    if bad and (mode.is_strict if is_strict is None else is_strict):
        raise InvalidSource(
            f"data is missing from one or more paths of {source}",
            details={"missing": ", ".join(bad[:5]) + (" …" if len(bad) > 5 else "")},
        )
    if not good:
        raise InvalidSource(f"no path of {source} is good", asked=list(paths[:5]))
    return tuple(good)


def _has_data(path: str, matching: Matching) -> bool:
    return any(not _is_hidden(found) for found in matching(path))


def has_success_files(path: str, matching: Matching = matching_paths) -> bool:
    """Tell whether the folders that a path ending in ``/*`` matches are complete.

    Args:
        path: the path.
        matching: returns all that a path matches.
    Raises:
        BuildError: it does not end so.
    """
    if not path.endswith("/*"):
        raise BuildError("a path must end in /* where success files are looked for", asked=path)
    shown: set[str] = set()
    complete: set[str] = set()
    for found in matching(path):
        folder, _, name = found.rstrip("/").rpartition("/")
        if name == _SUCCESS:
            complete.add(folder)
        elif not _is_hidden(found):
            shown.add(folder)
    return bool(shown) and shown <= complete


def _is_hidden(path: str) -> bool:
    return path.rstrip("/").rpartition("/")[2].startswith(("_", "."))
