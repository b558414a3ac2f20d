"""Small outputs that are committed, and a store that dies on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cascade2spark.files import (
    LocalStore,
    Manifest,
    OutputCommit,
    OutputMode,
    prepare_all,
    publish_all,
)

T = TypeVar("T")
OLD = {"part-00000": b"old 0\n", "part-00001": b"old 1\n", "_SUCCESS": b""}
NEW = {"part-00000": b"new 0\n", "part-00001": b"new 1\n", "_SUCCESS": b""}
BOTH = {**OLD, "part-00002": b"new 0\n", "part-00003": b"new 1\n"}


class DyingStore(LocalStore):
    """Kills its process before the change with a given number."""

    def __init__(self, dies_at: int) -> None:
        self.dies_at = dies_at
        self.count = 0

    def change(self, action: str, path: str, call: Callable[[], T]) -> T:
        if self.count == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1
        return super().change(action, path, call)


def in_child(work: Callable[[], object]) -> int:
    """Run work in a child process; its exit code, or minus the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_old(target: Path) -> None:
    target.mkdir()
    for name, data in OLD.items():
        (target / name).write_bytes(data)


def write_parts(commit: OutputCommit, word: str = "new", parts: int = 2) -> list[Manifest]:
    manifests = []
    for part in range(parts):
        with commit.place.open_part(part, "lost") as lost:
            lost.write(b"half a ro", 1)
            lost.close()
        with commit.place.open_part(part, "won") as writer:
            writer.write(f"{word} {part}\n".encode(), 1)
            manifests.append(writer.close())
    return manifests


def run(target: Path, mode: OutputMode, store: LocalStore, **settings: Any) -> None:
    commit = OutputCommit(target, mode, store=store, **settings)
    commit.prepare()
    commit.commit(write_parts(commit))


def run_two(first: Path, second: Path, store: LocalStore, mode: OutputMode = "REPLACE") -> None:
    commits = [OutputCommit(target, mode, store=store) for target in (first, second)]
    prepare_all(commits)
    for commit in commits:
        commit.ready(write_parts(commit))
    publish_all(commits)
