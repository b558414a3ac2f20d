"""Finishing or undoing the commits of runs that died."""

from __future__ import annotations

import os

import attrs

from cascade2spark.errors import TapError
from cascade2spark.files.paths import local_path, route_of
from cascade2spark.files.publishing import (
    blocked_target,
    discard,
    finish,
    is_decided,
    is_unpublished,
    undo,
)
from cascade2spark.files.records import CommitRecord, find_records, read_record
from cascade2spark.files.stores import LOCAL, CommitStore

__all__ = ["RecoveryReport", "check_no_unfinished_commit", "recover"]

# A record is written in one go: one that cannot be read and is older than this never will be.
_HALF_WRITTEN_AGE_S = 60.0


@attrs.frozen
class RecoveryReport:
    """What was done about the runs found beside a path; run ids, in order of name."""

    path: str
    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    discarded: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"{what} {', '.join(runs)}"
            for what, runs in (
                ("finished", self.finished),
                ("undone", self.undone),
                ("thrown away, as other output was there before:", self.discarded),
                ("still running, left alone:", self.running),
            )
            if runs
        ]
        return f"{self.path}: {'; '.join(parts) or 'nothing to recover'}"


def recover(
    path: str | os.PathLike[str], *, store: CommitStore = LOCAL, force: bool = False
) -> RecoveryReport:
    """Finish or undo every commit to `path` whose process is dead, and the run's other sinks.

    Args:
        path: the output of a job, whether it exists or not.
        store: the file system.
        force: also recover runs whose process may be alive, such as those of another machine; and
            throw away what a KEEP sink cannot publish because other output took its place.
    Returns:
        what was done. Calling again finds nothing.
    Raises:
        TapError: some sinks of a run are published, and another's place was taken; not if forced.
    Laws:
        1. Afterwards the path holds the old output or the new one, whole.
        2. A run whose process is alive is not touched, unless forced.
    """
    target = local_path(path) if route_of(path) == "local" else os.fspath(path)
    finished: list[str] = []
    undone: list[str] = []
    running: list[str] = []
    discarded: list[str] = []
    for found in find_records(store, target):
        record = read_record(store, found)
        if record is None:
            if store.age_s(found) > _HALF_WRITTEN_AGE_S:
                store.delete_file(found)
            continue
        if _deciding(store, record).owner.is_alive() and not force:
            running.append(record.run)
        elif found.endswith(".new"):
            # Never took effect; the run's own record, if there is one, says what to do.
            store.delete_file(found)
            undone.append(record.run)
        elif is_decided(store, record):
            decider = _deciding(store, record)
            is_blocked = blocked_target(store, decider) is not None
            if is_blocked and (force or is_unpublished(store, decider)):
                discard(store, decider)
                discarded.append(record.run)
            else:
                finish(store, decider)
                finished.append(record.run)
        else:
            _undo_all(store, record, force)
            undone.append(record.run)
    seen = dict.fromkeys(undone)
    for run in (*finished, *discarded):
        seen.pop(run, None)
    return RecoveryReport(
        target,
        tuple(finished),
        tuple(seen),
        tuple(dict.fromkeys(running)),
        tuple(dict.fromkeys(discarded)),
    )


def check_no_unfinished_commit(path: str, store: CommitStore = LOCAL) -> None:
    """Raise TapError if a commit to a local path was decided and not finished.

    Only then may the path hold files of two runs, or nothing for a moment.
    """
    target = local_path(path)
    if store.exists(os.path.join(target, "_SUCCESS")):
        return
    for found in find_records(store, target):
        record = read_record(store, found)
        if record is not None and not found.endswith(".new") and is_decided(store, record):
            raise TapError(
                f"a commit to {target} is not finished",
                details={"run": record.run, "record": found},
                fix=f"cascade2spark doctor --recover {target}",
            )


def _undo_all(store: CommitStore, record: CommitRecord, force: bool) -> None:
    """Undo an undecided commit, and what the other sinks of its run left."""
    for path in record.siblings:
        other = read_record(store, path)
        if other is not None and (
            is_decided(store, other)  # published, or on its way
            or (_deciding(store, other).owner.is_alive() and not force)
        ):
            continue
        store.delete_file(path + ".new")
        if other is not None:
            undo(store, other)
    undo(store, record)


def _deciding(store: CommitStore, record: CommitRecord) -> CommitRecord:
    """Return the record that decides for a sink: all sinks of a flow are finished together."""
    if record.state != "ready" or record.decider is None:
        return record
    return read_record(store, record.decider) or record
