"""The few operations on a file system that a commit is made of, and their local form."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from cascade2spark.errors import TapError

__all__ = ["LOCAL", "CommitStore", "LocalStore", "delete_tree"]

T = TypeVar("T")
_COPY_BYTES = 4 << 20


class CommitStore(Protocol):
    """A file system whose rename of a folder is atomic: local disks, HDFS.

    Changes are durable when the call returns. Every method raises TapError naming the path.
    """

    def exists(self, path: str) -> bool: ...
    def is_folder(self, path: str) -> bool: ...
    def names(self, folder: str) -> list[str]: ...
    def size(self, path: str) -> int: ...
    def age_s(self, path: str) -> float:
        """Seconds since a file was written; 0 when it is gone."""
        ...

    def read_file(self, path: str) -> bytes: ...
    def make_folders(self, path: str) -> None: ...
    def write_file(self, path: str, data: bytes) -> None: ...
    def concatenate(self, sources: Sequence[str], target: str, before: bytes) -> None: ...
    def rename(self, source: str, target: str) -> None:
        """Move a file or folder; the target must not exist."""
        ...

    def replace(self, source: str, target: str) -> None:
        """Move a file over another in one step."""
        ...

    def delete_file(self, path: str) -> None:
        """Delete a file; no error when it is gone."""
        ...

    def delete_folder(self, path: str) -> None:
        """Delete an empty folder; no error when it is gone."""
        ...


class LocalStore:
    """Local disks, and network disks mounted as such."""

    def change(self, action: str, path: str, call: Callable[[], T]) -> T:
        """Carry out one change: the only door to the disk, so that faults can be tried at each.

        Args:
            action: what is done, for messages: "cannot <action> <path>".
            path: to what.
            call: does it.
        Raises:
            TapError: the disk is full, read-only, gone, or in the way.
        """
        try:
            return call()
        except OSError as failed:
            raise _tap_error(action, path, failed) from failed

    def exists(self, path: str) -> bool:
        return os.path.lexists(path)

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path) and not os.path.islink(path)

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as failed:
            raise _tap_error("list", folder, failed) from failed

    def size(self, path: str) -> int:
        try:
            return os.stat(path).st_size
        except OSError as failed:
            raise _tap_error("read", path, failed) from failed

    def age_s(self, path: str) -> float:
        try:
            return time.time() - os.stat(path).st_mtime
        except FileNotFoundError:
            return 0.0

    def read_file(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as failed:
            raise _tap_error("read", path, failed) from failed

    def make_folders(self, path: str) -> None:
        self.change("make folder", path, lambda: os.makedirs(path, exist_ok=True))

    def write_file(self, path: str, data: bytes) -> None:
        def write() -> None:
            with open(path, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(os.path.dirname(path))

        self.change("write", path, write)

    def concatenate(self, sources: Sequence[str], target: str, before: bytes) -> None:
        def write() -> None:
            with open(target, "wb") as joined:
                joined.write(before)
                for source in sources:
                    with open(source, "rb") as part:
                        shutil.copyfileobj(part, joined, _COPY_BYTES)
                joined.flush()
                os.fsync(joined.fileno())

        self.change("write", target, write)

    def rename(self, source: str, target: str) -> None:
        def move() -> None:
            # rename(2) would put a file over a file, or a folder over an empty one, in silence.
            if os.path.lexists(target):
                raise FileExistsError(17, "something is there already")
            os.rename(source, target)
            _sync_folder(os.path.dirname(target))

        self.change(f"move {source} to", target, move)

    def replace(self, source: str, target: str) -> None:
        def move() -> None:
            os.replace(source, target)
            _sync_folder(os.path.dirname(target))

        self.change(f"move {source} to", target, move)

    def delete_file(self, path: str) -> None:
        self.change("delete", path, lambda: _ignoring_missing(os.unlink, path))

    def delete_folder(self, path: str) -> None:
        self.change("delete", path, lambda: _ignoring_missing(os.rmdir, path))


LOCAL = LocalStore()


def delete_tree(store: CommitStore, path: str) -> None:
    """Delete a file, or a folder with all it holds; no error when it is gone."""
    if not store.is_folder(path):
        if store.exists(path):
            store.delete_file(path)
        return
    # A task attempt that lost may still be creating files: empty the folder again if it does.
    for is_last in (False, False, True):
        for name in store.names(path):
            delete_tree(store, os.path.join(path, name))
        try:
            store.delete_folder(path)
            return
        except TapError:
            if is_last:
                raise


def _ignoring_missing(delete: Callable[[str], None], path: str) -> None:
    try:
        delete(path)
    except FileNotFoundError:
        return


def _sync_folder(folder: str) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tap_error(action: str, path: str, failed: OSError) -> TapError:
    return TapError(f"cannot {action} {path}: {failed.strerror or failed}")
