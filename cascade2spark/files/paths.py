"""Paths: what a user wrote, which file system it names, and where that file system is reached."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

import fsspec
import fsspec.core
from fsspec.core import split_protocol

from cascade2spark.errors import TapError, Unsupported
from cascade2spark.files.s3 import s3_access
from cascade2spark.origin import capture_origin

__all__ = [
    "Route",
    "as_path_text",
    "file_system_of",
    "is_driver_only",
    "is_hidden_name",
    "join_path",
    "local_path",
    "name_of",
    "parent_of",
    "reaching",
    "route_of",
    "without_hadoop",
]

Route = Literal["local", "fsspec", "hadoop"]

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]+):")
_LOCAL = frozenset({"", "file", "local"})
_S3 = frozenset({"s3", "s3a", "s3n"})
# Libraries below fsspec whose errors are not OSErrors: no credentials, no connection.
_STORE_LIBRARIES = frozenset({"botocore", "aiobotocore", "aiohttp", "gcsfs", "azure"})
# Whether fsspec reaches what Hadoop's file systems reach in a flow.
_IS_DIRECT = ContextVar("is_direct", default=False)


def as_path_text(path: str | os.PathLike[str]) -> str:
    """Return a path as text, as the user wrote it; a str, or anything with `__fspath__`."""
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TapError("a path must be text", asked=repr(path))
    if not text:
        raise TapError("a path is empty", origin=capture_origin())
    return text


def route_of(path: str | os.PathLike[str]) -> Route:
    """Return who reads a path: plain files, fsspec in the task, or Hadoop's file system.

    A path without a scheme is local here; the Spark engine resolves it first, against
    `fs.defaultFS`.
    """
    scheme = _scheme_of(as_path_text(path))
    if scheme in _LOCAL:
        return "local"
    is_direct = scheme in _S3 or scheme == "memory" or _IS_DIRECT.get()
    return "fsspec" if is_direct else "hadoop"


@contextmanager
def without_hadoop() -> Iterator[None]:
    """Reach every file system through fsspec inside the block: for who looks into files.

    A flow does not: what fsspec has packages for, settings and rights are Hadoop's on a cluster.
    """
    token = _IS_DIRECT.set(True)
    try:
        yield
    finally:
        _IS_DIRECT.reset(token)


def is_driver_only(path: str | os.PathLike[str]) -> bool:
    """Tell whether only the process that wrote the data can see it, as with `memory://`."""
    return _scheme_of(as_path_text(path)) == "memory"


def is_hidden_name(name: str) -> bool:
    """Tell whether Hadoop's readers skip a name inside a folder (it begins with `_` or `.`)."""
    return name.startswith(("_", "."))


def local_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute operating-system path of a local path or `file:` URI.

    Percent signs are left alone, as Hadoop's Path does with text.
    """
    text = as_path_text(path)
    match = _SCHEME.match(text)
    if match:
        text = text[match.end() :]
        if text.startswith("//"):
            text = "/" + text.lstrip("/")
    return os.path.abspath(text or "/")


def file_system_of(path: str | os.PathLike[str]) -> tuple[Any, str]:
    """Return the fsspec file system that holds a path, and the path in that system's own form.

    Raises:
        Unsupported: the path is reached through Hadoop, which needs a Spark context.
        TapError: the scheme needs a package that is not installed.
    """
    text = as_path_text(path)
    route = route_of(text)
    if route == "local":
        return fsspec.filesystem("file"), local_path(text)
    if route == "hadoop":
        raise Unsupported(
            f"{text} is reached through Hadoop's file system, which needs a Spark context",
            fix="run the job with SparkFlowConnector, or copy the data to a local folder",
        )
    scheme = _scheme_of(text)
    if scheme not in _S3:
        return _fsspec_of(text, scheme)
    bucket = text[len(scheme) + 1 :].lstrip("/").partition("/")[0]
    if not bucket:
        raise TapError("a path names no bucket", asked=text)
    options = s3_access().of(bucket).options()
    try:
        system = fsspec.filesystem("s3", **options)
    except ImportError as missing:
        raise TapError(
            f"reading {text} needs a package that is not installed",
            details={"missing": missing},
            fix='pip install "cascade2spark[s3]"',
        ) from missing
    return system, system._strip_protocol("s3" + text[len(scheme) :])


def _fsspec_of(text: str, scheme: str) -> tuple[Any, str]:
    try:
        system, inner = fsspec.core.url_to_fs(text)
    except (ImportError, OSError) as missing:
        raise TapError(
            f"reading {text} needs a package that is not installed",
            details={"missing": str(missing).partition("\n")[0]},
            fix="read it through WebHDFS: webhdfs://host:9870/path" if scheme == "hdfs" else None,
        ) from missing
    except ValueError as unknown:
        raise TapError(f"nothing is known of file systems called {scheme}", asked=text) from unknown
    return system, inner


@contextmanager
def reaching(path: str | os.PathLike[str], doing: str = "reach") -> Iterator[None]:
    """Turn what a file system raises inside the block into a TapError that names the path.

    Args:
        path: as the user wrote it.
        doing: what was tried, a verb.
    """
    try:
        yield
    except Exception as failed:
        if isinstance(failed, ValueError) and "range requests" in str(failed):
            raise TapError(
                f"the server of {path} gives no parts of files", fix="download the file first"
            ) from failed
        library = type(failed).__module__.partition(".")[0]
        if not isinstance(failed, OSError) and library not in _STORE_LIBRARIES:
            raise
        reason = getattr(failed, "strerror", None) or failed
        is_s3 = _scheme_of(as_path_text(path)) in _S3
        fix = f"see which settings are used: cascade2spark doctor {path}" if is_s3 else None
        raise TapError(f"cannot {doing} {path}: {reason}", fix=fix) from failed


def parent_of(path: str) -> str:
    """Return the folder that holds a path."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def name_of(path: str) -> str:
    """Return the last component of a path."""
    return path.rstrip("/").rpartition("/")[2]


def join_path(folder: str, name: str) -> str:
    """Return the path of a name inside a folder."""
    return f"{folder.rstrip('/')}/{name}"


def _scheme_of(text: str) -> str:
    # One letter before a colon is a drive, not a scheme.
    match = _SCHEME.match(text)
    if match:
        return match.group(1).lower()
    return (split_protocol(text)[0] or "").lower()
