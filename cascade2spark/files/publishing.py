"""The steps from complete output set aside to output in place; each may be done twice."""

from __future__ import annotations

import os

import attrs

from cascade2spark.errors import TapError
from cascade2spark.files.records import CommitRecord, read_record, write_record
from cascade2spark.files.stores import CommitStore, delete_tree

__all__ = [
    "ATTEMPTS",
    "SUCCESS",
    "blocked_target",
    "discard",
    "finish",
    "is_decided",
    "is_unpublished",
    "undo",
]

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
        if member is not None and member.state == "ready":  # else it is being discarded
            _publish(store, member)
            store.delete_file(path)
    _publish(store, record)
    store.delete_file(record.record_path)


def blocked_target(store: CommitStore, record: CommitRecord) -> str | None:
    """Return the target of a decided commit that is KEEP and was taken by others meanwhile.

    Args:
        record: the record that decides; the sinks it decides for are looked at too.
    """
    for one in [*_members(store, record), record]:
        is_own = not store.exists(_complete_output(one))
        if one.mode == "KEEP" and not is_own and store.exists(one.target_path):
            return one.target_path
    return None


def is_unpublished(store: CommitStore, record: CommitRecord) -> bool:
    """Tell whether nothing of a decided commit is in place, nor of the sinks it decides for."""
    members = _members(store, record)
    is_whole = len(members) == len(record.members)
    return is_whole and all(_is_untouched(store, one) for one in [*members, record])


def discard(store: CommitStore, record: CommitRecord) -> None:
    """Throw away what a decided commit has not yet begun to put in place, and finish the rest.

    Laws:
        1. Stopped at any step, `finish` or `undo` of what is left publishes nothing in part.
    """
    if is_unpublished(store, record):
        # One step takes the decision back, for all sinks.
        undecided = attrs.evolve(record, state="writing", members=())
        write_record(store, undecided)
        for member in _members(store, record):
            undo(store, member)
        undo(store, undecided)
        return
    for one in [*_members(store, record), record]:
        if _is_untouched(store, one):
            # First it says that it is no longer to be finished: deleting takes many steps.
            write_record(store, attrs.evolve(one, state="writing", decider=None, members=()))
            undo(store, one)
        else:
            _publish(store, one)
            store.delete_file(one.record_path)


def undo(store: CommitStore, record: CommitRecord) -> None:
    """Throw away what an undecided commit wrote; the target was never touched."""
    delete_tree(store, record.hidden_path)
    store.delete_file(record.record_path)


def _members(store: CommitStore, record: CommitRecord) -> list[CommitRecord]:
    """Return the records of the other sinks that are not published yet."""
    found = [read_record(store, path) for path in record.members]
    return [member for member in found if member is not None and member.state == "ready"]


def _complete_output(record: CommitRecord) -> str:
    """Return what exists exactly until it has been moved to the target, unless it is added."""
    if record.single_file is None:
        return record.hidden_path
    return os.path.join(record.hidden_path, record.single_file)


def _is_untouched(store: CommitStore, record: CommitRecord) -> bool:
    """Tell whether publishing has not changed the target yet."""
    if not store.exists(_complete_output(record)) or store.exists(record.old_path):
        return False
    if not record.moves:
        return True
    made = [os.path.join(record.hidden_path, name) for name, _ in record.moves]
    # The mark goes before the first file is added.
    has_mark = store.exists(os.path.join(record.target_path, SUCCESS))
    return has_mark and all(map(store.exists, made))


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
        if store.is_folder(record.target_path) or (
            record.mode == "KEEP" and store.exists(record.target_path)
        ):
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
            fix="to throw the new output away: "
            f"cascade2spark doctor --recover --force {record.target_path}",
        )
    store.rename(record.target_path, record.old_path)
