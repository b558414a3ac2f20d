"""The steps from complete output set aside to output in place; each may be done twice."""

from __future__ import annotations

import os

from cascade2spark.errors import TapError
from cascade2spark.files.records import CommitRecord, read_record
from cascade2spark.files.stores import CommitStore, delete_tree

__all__ = ["ATTEMPTS", "SUCCESS", "finish", "is_decided", "undo"]

ATTEMPTS = "_attempts"
SUCCESS = "_SUCCESS"


def is_decided(store: CommitStore, record: CommitRecord) -> bool:
    """Tell whether a commit is past the point from which it is finished, not undone."""
    if record.state != "ready" or record.decider is None:
        return record.state == "publishing"
    # The decider's record goes last, so one that is gone was undone.
    decider = read_record(store, record.decider)
    return decider is not None and decider.state == "publishing"


def finish(store: CommitStore, record: CommitRecord) -> None:
    """Put a decided commit's output, and that of the sinks it decides for, in place.

    Laws:
        1. Stopped at any step and called again, it ends as if never stopped.
    """
    for path in record.members:
        member = read_record(store, path)
        if member is not None:
            _publish(store, member)
            store.delete_file(path)
    _publish(store, record)
    store.delete_file(record.record_path)


def undo(store: CommitStore, record: CommitRecord) -> None:
    """Throw away what an undecided commit wrote; the target was never touched."""
    delete_tree(store, record.hidden_path)
    store.delete_file(record.record_path)


def _publish(store: CommitStore, record: CommitRecord) -> None:
    if record.single_file is not None:
        _publish_file(store, record, record.single_file)
    elif record.moves is not None:
        _publish_into(store, record, record.moves)
    else:
        _publish_folder(store, record)


def _publish_folder(store: CommitStore, record: CommitRecord) -> None:
    # The hidden folder exists exactly until it has become the target.
    if store.exists(record.hidden_path):
        if store.exists(record.target_path):
            _set_aside(store, record)
        store.rename(record.hidden_path, record.target_path)
    delete_tree(store, record.old_path)


def _publish_file(store: CommitStore, record: CommitRecord, name: str) -> None:
    made = os.path.join(record.hidden_path, name)
    if store.exists(made):
        if store.is_folder(record.target_path):
            _set_aside(store, record)
        move = store.rename if record.mode == "KEEP" else store.replace
        move(made, record.target_path)
    delete_tree(store, record.old_path)
    delete_tree(store, record.hidden_path)


def _publish_into(
    store: CommitStore, record: CommitRecord, moves: tuple[tuple[str, str], ...]
) -> None:
    pending = [(a, b) for a, b in moves if store.exists(os.path.join(record.hidden_path, a))]
    success = os.path.join(record.target_path, SUCCESS)
    if pending:
        # While files of two runs lie side by side the folder must not call itself complete.
        store.delete_file(success)
    for made, name in pending:
        target = os.path.join(record.target_path, name)
        if "/" in name:
            store.make_folders(os.path.dirname(target))
        store.rename(os.path.join(record.hidden_path, made), target)
    if store.is_folder(record.target_path) and not store.exists(success):
        store.write_file(success, b"")
    delete_tree(store, record.hidden_path)


def _set_aside(store: CommitStore, record: CommitRecord) -> None:
    if record.mode == "KEEP":
        raise TapError(
            f"{record.target_path} appeared while the job ran, and is kept",
            details={"new output": record.hidden_path},
        )
    store.rename(record.target_path, record.old_path)
