"""The record of a commit under way: who runs it, how far it is, what is left to do.

A record is a small JSON file beside the target, `.<name>.<run>.commit`, replaced in one step.
While it says `writing`, nothing was published and everything of the run can be thrown away. `ready`
is the same, but for a sink that is published together with others: then the record it points to
decides. Once it says `publishing`, the output is complete and whoever finds the record may finish.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any, Literal

import attrs

from cascade2spark.files.stores import CommitStore

__all__ = ["CommitRecord", "Owner", "State", "find_records", "read_record", "write_record"]

State = Literal["writing", "ready", "publishing"]
_SUFFIX = ".commit"


@attrs.frozen
class Owner:
    """The process that runs a commit, told apart from a later one with the same number."""

    host: str
    boot: str
    namespace: str
    pid: int
    started: str

    @classmethod
    def of_this_process(cls) -> Owner:
        """Return the owner that this process is."""
        pid = os.getpid()
        return cls(socket.gethostname(), _boot_id(), _namespace(), pid, _start_of(pid) or "")

    @classmethod
    def nobody(cls) -> Owner:
        """Return the owner of a commit that its process gave up."""
        return cls(socket.gethostname(), _boot_id(), _namespace(), 0, "given up")

    def is_alive(self) -> bool:
        """Tell whether the process may still run; True when this machine cannot know."""
        if self.host != socket.gethostname() or self.namespace != _namespace():
            return True
        if self.boot != _boot_id():
            return False
        started = _start_of(self.pid)
        return started is not None and started == self.started


@attrs.frozen
class CommitRecord:
    """One commit under way.

    Attributes:
        folder: folder of the target; not stored, a record is found beside its target.
        target: name of the target.
        run: id of the run; with the name it gives the names of everything set aside.
        mode: KEEP, REPLACE or UPDATE.
        state: see the module.
        owner: the process at work.
        single_file: name below the hidden folder of the one file to publish; None for a folder.
        moves: for UPDATE of a folder: (name below the hidden folder, name below the target).
        decider: path of the record that decides for a sink that is `ready`.
        members: paths of the records of the other sinks this one decides for.
        siblings: paths of the records of the other sinks of the run, whoever decides.
    """

    folder: str
    target: str
    run: str
    mode: str
    state: State
    owner: Owner
    single_file: str | None = None
    moves: tuple[tuple[str, str], ...] | None = None
    decider: str | None = None
    members: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()

    @property
    def target_path(self) -> str:
        """Path of the output."""
        return os.path.join(self.folder, self.target)

    @property
    def hidden_path(self) -> str:
        """Folder the tasks write below."""
        return os.path.join(self.folder, f".{self.target}.{self.run}")

    @property
    def old_path(self) -> str:
        """Where old output stands aside while the new one takes its place."""
        return self.hidden_path + ".old"

    @property
    def record_path(self) -> str:
        """Path of this record."""
        return self.hidden_path + _SUFFIX


def write_record(store: CommitStore, record: CommitRecord) -> None:
    """Write a record, or put it in the place of its earlier state, in one step."""
    content = attrs.asdict(record, filter=lambda field, _: field.name != "folder")
    beside = record.record_path + ".new"
    store.write_file(beside, json.dumps(content, indent=1).encode())
    store.replace(beside, record.record_path)


def read_record(store: CommitStore, path: str) -> CommitRecord | None:
    """Return the record in a file; None when it is gone, or was never written to its end."""
    if not store.exists(path):
        return None
    try:
        content: dict[str, Any] = json.loads(store.read_file(path))
        content["owner"] = Owner(**content["owner"])
        moves = content["moves"]
        content["moves"] = None if moves is None else tuple((a, b) for a, b in moves)
        content["members"] = tuple(content["members"])
        content["siblings"] = tuple(content.get("siblings", ()))
        return CommitRecord(folder=os.path.dirname(path), **content)
    except (ValueError, TypeError, KeyError):
        return None


def find_records(store: CommitStore, target_path: str) -> list[str]:
    """Return the paths of all records, half-written ones too, of commits to a target."""
    folder, name = os.path.split(target_path)
    start = f".{name}."
    found = []
    for entry in store.names(folder):
        run = entry.removeprefix(start).removesuffix(".new").removesuffix(_SUFFIX)
        is_record = entry.startswith(start) and entry.endswith((_SUFFIX, _SUFFIX + ".new"))
        # A run id has no dots, so `.a.b.<run>.commit` is not taken for a record of `a`.
        if is_record and run and "." not in run:
            found.append(os.path.join(folder, entry))
    return found


def _start_of(pid: int) -> str | None:
    """Return when a process started, as text; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            # The name in brackets may hold spaces and brackets itself.
            after_name = file.read().rpartition(")")[2].split()
    except OSError:
        return _presence_of(pid)
    return None if after_name[0] in "ZX" else after_name[19]


def _presence_of(pid: int) -> str | None:
    if os.path.isdir("/proc/self"):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


def _boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
