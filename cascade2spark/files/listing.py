"""Which files a tap's paths stand for, taken on the driver: names, sizes, times."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from cascade2spark.errors import TapError, nearest_match
from cascade2spark.files.paths import (
    file_system_of,
    is_hidden_name,
    join_path,
    name_of,
    parent_of,
    reaching,
    route_of,
)
from cascade2spark.origin import Origin

__all__ = [
    "FileInfo",
    "delete_path",
    "expand_braces",
    "has_glob",
    "list_files",
    "make_folders",
    "matching_paths",
    "modified_time",
    "path_exists",
    "path_kind",
]

_GLOB_CHARACTERS = re.compile(r"[*?\[{]")
Accept = Callable[[str], bool]


@attrs.frozen
class FileInfo:
    """One file to read: a path a task can open, its size in bytes, and its time of change."""

    path: str
    size: int
    modified_s: float = 0.0


def has_glob(path: str) -> bool:
    """Tell whether a path holds a glob character."""
    return _GLOB_CHARACTERS.search(path) is not None


def list_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    recursive: bool = False,
    depth: int | None = None,
    globs: bool = True,
    accept: Accept | None = None,
    origin: Origin | None = None,
) -> tuple[FileInfo, ...]:
    """Return the files that one or several paths stand for, in a fixed order.

    Paths keep the order they were given in; what one path stands for is sorted by name. Inside
    folders, names beginning with `_` or `.` are skipped; a file or folder named outright never is.

    Args:
        paths: a file, a folder, a glob, or several of these.
        recursive: read folders inside folders; without it such a folder is an error, because
            leaving it out would lose data without a word.
        depth: most levels below the named folder that are entered, when recursive.
        globs: whether `* ? [ {` mean a pattern. A path that exists literally is taken literally.
        accept: kept are only files for whose path this says yes.
        origin: where the tap was built, for messages.
    Raises:
        TapError: a path does not exist, a glob matches nothing, or a folder holds a folder.
    """
    asked = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found: list[FileInfo] = []
    for path in asked:
        system, inner = file_system_of(path)
        levels = (depth if depth is not None else -1) if recursive else 0
        with reaching(path):
            for root in _roots(system, inner, globs, origin):
                found.extend(_files_below(system, root, levels, recursive, origin))
    if accept is not None:
        found = [info for info in found if accept(info.path)]
    return tuple(found)


def path_exists(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file, a folder, or any match of a glob exists."""
    system, inner = file_system_of(path)
    with reaching(path):
        if system.exists(inner):
            return True
        return has_glob(inner) and any(True for _ in _glob_matches(system, inner))


def matching_paths(path: str | os.PathLike[str]) -> list[str]:
    """Return all that a path or a glob matches, sorted, hidden names as well."""
    system, inner = file_system_of(path)
    with reaching(path):
        if not has_glob(inner) or system.exists(inner):
            return [inner] if system.exists(inner) else []
        found: set[str] = set()
        for single in expand_braces(inner):
            # Hadoop negates a class by ^ and Python's matcher by !.
            found.update(system.glob(single.replace("[^", "[!")))
        return sorted(found)


def path_kind(path: str | os.PathLike[str]) -> str | None:
    """Return "file", "folder", or None when nothing is there."""
    system, inner = file_system_of(path)
    with reaching(path):
        if not system.exists(inner):
            return None
        return "folder" if system.isdir(inner) else "file"


def make_folders(path: str | os.PathLike[str]) -> bool:
    """Make a folder and those above it; False when it was there."""
    system, inner = file_system_of(path)
    with reaching(path, "make folder"):
        if system.exists(inner):
            return False
        system.makedirs(inner, exist_ok=True)
    return True


def modified_time(path: str | os.PathLike[str]) -> float | None:
    """Return seconds since 1970 of the newest file at a path, or None when there is nothing.

    For a folder: the newest file directly inside it, and the folder's own time when it is empty.
    """
    system, inner = file_system_of(path)
    newest: list[float] = []
    with reaching(path):
        roots = [inner] if system.exists(inner) else list(_glob_matches(system, inner))
        for root in roots:
            info = _info(system, root)
            inside = _entries(system, root) if info["type"] == "directory" else []
            times = [_seconds(entry) for entry in inside if entry["type"] == "file"]
            newest.append(max(times, default=_seconds(info)))
    return max(newest, default=None)


def delete_path(path: str | os.PathLike[str]) -> bool:
    """Delete a file or a folder with all it holds; False when there was nothing."""
    system, inner = file_system_of(path)
    with reaching(path, "delete"):
        if not system.exists(inner):
            return False
        system.rm(inner, recursive=True)
    return True


def _roots(system: Any, inner: str, globs: bool, origin: Origin | None) -> list[dict[str, Any]]:
    if system.exists(inner):
        return [_info(system, inner)]
    if globs and has_glob(inner):
        matches = sorted(_glob_matches(system, inner))
        if matches:
            return [_info(system, match) for match in matches]
        _check_bucket(system, inner, origin)
        raise TapError(
            f"no file matches {_outer(system, inner)}",
            nearest=_nearest(system, _folder_before_glob(inner)),
            origin=origin,
        )
    _check_bucket(system, inner, origin)
    raise TapError(
        f"nothing exists at {_outer(system, inner)}",
        nearest=_nearest(system, inner),
        origin=origin,
    )


def _check_bucket(system: Any, inner: str, origin: Origin | None) -> None:
    """Refuse a missing bucket by name; listing all buckets for a near match is often forbidden."""
    if _protocol_of(system) == "s3" and not system.exists(inner.partition("/")[0]):
        raise TapError(
            f"no bucket is named {inner.partition('/')[0]}",
            asked=_outer(system, inner),
            origin=origin,
        )


def _files_below(
    system: Any, info: Mapping[str, Any], levels: int, recursive: bool, origin: Origin | None
) -> Iterator[FileInfo]:
    if info["type"] != "directory":
        yield FileInfo(_outer(system, info["name"]), int(info["size"] or 0), _seconds(info))
        return
    # Depth first, by name: a stack, because a folder tree may be deep.
    stack = [(entry, 1) for entry in reversed(_visible(system, info["name"]))]
    while stack:
        entry, level = stack.pop()
        if entry["type"] != "directory":
            yield FileInfo(_outer(system, entry["name"]), int(entry["size"] or 0), _seconds(entry))
        elif not recursive:
            raise TapError(
                f"{info['name']} holds a folder, and folders inside it are not read",
                asked=info["name"],
                details={"folder": entry["name"]},
                origin=origin,
                fix="name the folder's files with a glob, or use a tap that reads folder trees",
            )
        elif levels < 0 or level <= levels:
            inside = reversed(_visible(system, entry["name"]))
            stack.extend((child, level + 1) for child in inside)


def _visible(system: Any, folder: str) -> list[dict[str, Any]]:
    shown = [e for e in _entries(system, folder) if not is_hidden_name(name_of(e["name"]))]
    return sorted(shown, key=lambda entry: name_of(entry["name"]))


def _entries(system: Any, folder: str) -> list[dict[str, Any]]:
    # Object stores list the folder's own marker among its entries.
    listed = system.ls(folder, detail=True)
    return [e for e in listed if e["name"].rstrip("/") != folder.rstrip("/")]


def _info(system: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = system.info(path)
    return found


def _glob_matches(system: Any, pattern: str) -> Iterator[str]:
    seen: set[str] = set()
    for single in expand_braces(pattern):
        if not has_glob(single):
            matches = [single] if system.exists(single) else []
        else:
            # Hadoop negates a class by ^ and Python's matcher by !.
            matches = system.glob(single.replace("[^", "[!"))
        for match in matches:
            wanted_hidden = is_hidden_name(name_of(single))
            if match not in seen and (wanted_hidden or not is_hidden_name(name_of(match))):
                seen.add(match)
                yield match


def expand_braces(pattern: str) -> list[str]:
    """Return the patterns that `{a,b}` alternatives, nested ones too, stand for."""
    opened = pattern.find("{")
    if opened < 0:
        return [pattern]
    depth, start, choices = 0, opened + 1, []
    for at in range(opened, len(pattern)):
        sign = pattern[at]
        depth += (sign == "{") - (sign == "}")
        if (depth == 1 and sign == ",") or depth == 0:
            choices.append(pattern[start:at])
            start = at + 1
        if depth == 0:
            tails = expand_braces(pattern[at + 1 :])
            heads = itertools.chain.from_iterable(map(expand_braces, choices))
            return [pattern[:opened] + h + t for h, t in itertools.product(heads, tails)]
    return [pattern]  # never closed: an ordinary character


def _folder_before_glob(pattern: str) -> str:
    found = _GLOB_CHARACTERS.search(pattern)
    return pattern[: found.start()] if found else pattern


def _nearest(system: Any, path: str) -> str | None:
    """Return the existing path most like a missing one: its first missing component corrected."""
    missing = path.rstrip("/")
    while parent_of(missing) != missing and not system.exists(parent_of(missing)):
        missing = parent_of(missing)
    folder = parent_of(missing)
    if folder == "/" and _protocol_of(system) == "s3":
        return None
    try:
        names = [name_of(entry["name"]) for entry in _entries(system, folder)]
    except (OSError, ValueError):
        return None
    close = nearest_match(name_of(missing), names)
    return _outer(system, join_path(folder, close)) if close else None


def _outer(system: Any, inner: str) -> str:
    is_local = route_of(inner) == "local" and _protocol_of(system) == "file"
    return inner if is_local else _full(system, inner)


def _protocol_of(system: Any) -> str:
    names = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    return next((name for name in ("file", "s3") if name in names), names[0])


def _full(system: Any, inner: str) -> str:
    text: str = system.unstrip_protocol(inner)
    return text


def _seconds(info: Mapping[str, Any]) -> float:
    for key in ("mtime", "LastModified", "modified", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, (int, float)):
            return float(value)
    return 0.0
