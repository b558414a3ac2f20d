"""OutputCommit: old output or new, whatever dies when, and what is done with what the dead left."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from cascade2spark.errors import TapError
from cascade2spark.files import LocalStore, OutputCommit, check_no_unfinished_commit, recover
from cascade2spark.files.records import Owner, find_records, read_record, write_record
from tests.unit.small_commits import (
    BOTH,
    NEW,
    OLD,
    DyingStore,
    T,
    in_child,
    run,
    run_two,
    tree,
    write_old,
    write_parts,
)


class FullStore(LocalStore):
    """Refuses every change from a given number on, as a full disk does."""

    def __init__(self, full_at: int, is_forever: bool = True) -> None:
        self.full_at = full_at
        self.is_forever = is_forever
        self.count = 0

    def change(self, action: str, path: str, call: Callable[[], T]) -> T:
        def full() -> T:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.count += 1
        is_full = self.count > self.full_at if self.is_forever else self.count == self.full_at + 1
        return super().change(action, path, full if is_full and action != "delete" else call)


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [("KEEP", None, NEW), ("REPLACE", OLD, NEW), ("REPLACE", None, NEW), ("UPDATE", OLD, BOTH)],
)
def test_killed_at_any_step_leaves_old_or_new_output(
    tmp_path: Path, mode: str, before: dict[str, bytes] | None, after: dict[str, bytes]
) -> None:
    seen = set()
    for step in range(200):
        folder = tmp_path / str(step)
        folder.mkdir()
        target = folder / "out"
        if before is not None:
            write_old(target)
        code = in_child(lambda target=target, step=step: run(target, mode, DyingStore(step)))
        found = tree(target) if target.exists() else None
        if found not in (before, after):
            # A mixture: it must not call itself complete, and our own reader refuses it.
            assert found is None or "_SUCCESS" not in found
            with pytest.raises(TapError, match="not finished"):
                check_no_unfinished_commit(str(target))
        report = recover(target)
        recovered = tree(target) if target.exists() else None
        assert recovered in (before, after)
        assert os.listdir(folder) in ([], ["out"])
        assert recover(target) == attrs.evolve(report, finished=(), undone=())
        seen.add(recovered == after)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    else:
        pytest.fail("the run never came to its end")
    assert seen == {True, False} or before == after
    assert step > 10


def test_killed_while_recovering_is_recovered(tmp_path: Path) -> None:
    # Every step of a commit, and every step of the recovery after it.
    for step in range(100):
        is_run_complete = False
        for again in range(100):
            folder = tmp_path / f"{step}-{again}"
            folder.mkdir()
            target = folder / "out"
            write_old(target)
            code = in_child(lambda t=target, s=step: run(t, "UPDATE", DyingStore(s)))
            is_run_complete = code == 0
            code = in_child(lambda t=target, a=again: recover(t, store=DyingStore(a)))
            recover(target)
            assert tree(target) in (OLD, BOTH)
            assert os.listdir(folder) == ["out"]
            if code == 0:
                break
        if is_run_complete:
            return
    pytest.fail("the run never came to its end")


def two_old_outputs(tmp_path: Path, step: int) -> tuple[list[Path], list[Path]]:
    """Return the folders, and what lies in them."""
    folders = [tmp_path / f"{step}-{side}" for side in "ab"]
    targets = [folder / "out" for folder in folders]
    for folder, target in zip(folders, targets, strict=True):
        folder.mkdir()
        write_old(target)
    return folders, targets


def test_several_sinks_are_published_all_or_none(tmp_path: Path) -> None:
    for step in range(200):
        folders, targets = two_old_outputs(tmp_path, step)
        code = in_child(lambda t=targets, s=step: run_two(*t, DyingStore(s)))
        # Whichever sink is looked at first, both end alike.
        for target in targets if step % 2 else reversed(targets):
            recover(target)
        found = [tree(target) for target in targets]
        assert found in ([OLD, OLD], [NEW, NEW])
        assert [os.listdir(folder) for folder in folders] == [["out"], ["out"]]
        if code == 0:
            assert found == [NEW, NEW]
            return
    pytest.fail("the run never came to its end")


def test_recovering_one_sink_recovers_the_others(tmp_path: Path) -> None:
    for step in range(200):
        folders, targets = two_old_outputs(tmp_path, step)
        code = in_child(lambda t=targets, s=step: run_two(*t, DyingStore(s)))
        left = [any(name.endswith(".commit") for name in os.listdir(one)) for one in folders]
        if any(left):
            recover(targets[left.index(True)])
            assert [os.listdir(folder) for folder in folders] == [["out"], ["out"]]
            assert [tree(target) for target in targets] in ([OLD, OLD], [NEW, NEW])
        if code == 0:
            return
    pytest.fail("the run never came to its end")


@pytest.mark.parametrize("mode", ["REPLACE", "UPDATE"])
def test_a_single_file_is_old_or_new(tmp_path: Path, mode: str) -> None:
    after = b"new 0\nnew 1\n" if mode == "REPLACE" else b"old\nnew 0\nnew 1\n"
    for step in range(100):
        target = tmp_path / str(step) / "out.txt"
        target.parent.mkdir()
        target.write_bytes(b"old\n")
        code = in_child(
            lambda t=target, s=step: run(t, mode, DyingStore(s), is_file=True, header=None)
        )
        assert target.read_bytes() in (b"old\n", after)
        recover(target)
        assert target.read_bytes() in (b"old\n", after)
        assert os.listdir(target.parent) == ["out.txt"]
        if code == 0:
            assert target.read_bytes() == after
            return
    pytest.fail("the run never came to its end")


@pytest.mark.parametrize("is_forever", [True, False])
@pytest.mark.parametrize("mode", ["REPLACE", "UPDATE"])
def test_a_full_disk_leaves_nothing_half_published(
    tmp_path: Path, mode: str, is_forever: bool
) -> None:
    for step in range(200):
        folder = tmp_path / str(step)
        folder.mkdir()
        write_old(folder / "out")
        try:
            run(folder / "out", mode, FullStore(step, is_forever))
        except TapError as failed:
            assert "No space left on device" in failed.headline
            assert str(folder) in failed.headline
            recover(folder / "out", force=True)
            assert tree(folder / "out") in (OLD, NEW, BOTH)
            assert os.listdir(folder) == ["out"]
            continue
        if is_forever or step > 60:
            assert tree(folder / "out") == (NEW if mode == "REPLACE" else BOTH)
            return
    pytest.fail("the run never came to its end")


def test_a_commit_that_stopped_after_its_decision_is_given_up(tmp_path: Path) -> None:
    # The process lives on, and yet another one may finish its work at once.
    write_old(tmp_path / "out")

    class NoRename(LocalStore):
        def rename(self, source: str, target: str) -> None:
            if target.endswith(".old"):
                raise TapError(f"cannot move {source}: Permission denied")
            super().rename(source, target)

    with pytest.raises(TapError, match="the output is complete") as caught:
        run(tmp_path / "out", "REPLACE", NoRename(), run_id="r1")
    assert "doctor --recover" in (caught.value.fix or "")
    assert tree(tmp_path / "out") == OLD
    assert recover(tmp_path / "out").finished == ("r1",)
    assert tree(tmp_path / "out") == NEW


def test_a_live_run_is_not_swept(tmp_path: Path) -> None:
    live = OutputCommit(tmp_path / "out", "REPLACE", run_id="live")
    live.prepare()
    manifests = write_parts(live)
    assert recover(tmp_path / "out").running == ("live",)
    run(tmp_path / "out", "REPLACE", LocalStore())
    live.commit(manifests)
    assert tree(tmp_path / "out") == NEW
    assert os.listdir(tmp_path) == ["out"]


def test_a_run_of_another_machine_is_left_alone_unless_forced(tmp_path: Path) -> None:
    target = str(tmp_path / "out")
    in_child(lambda: OutputCommit(target, run_id="far").prepare())
    (path,) = find_records(LocalStore(), target)
    record = read_record(LocalStore(), path)
    assert record is not None
    owner = attrs.evolve(record.owner, host="not-" + socket.gethostname())
    write_record(LocalStore(), attrs.evolve(record, owner=owner))
    assert recover(target).running == ("far",)
    assert recover(target, force=True).undone == ("far",)
    assert os.listdir(tmp_path) == []


def test_a_reused_process_number_is_not_the_owner() -> None:
    mine = Owner.of_this_process()
    assert mine.is_alive()
    assert not attrs.evolve(mine, started="1").is_alive()
    assert not attrs.evolve(mine, boot="another").is_alive()


def test_a_record_of_a_longer_name_is_not_taken(tmp_path: Path) -> None:
    in_child(lambda: OutputCommit(tmp_path / "out.b", run_id="r").prepare())
    assert find_records(LocalStore(), str(tmp_path / "out")) == []
    assert recover(tmp_path / "out").undone == ()
    assert recover(tmp_path / "out.b").undone == ("r",)


def test_the_next_run_sweeps_what_a_dead_one_left(tmp_path: Path) -> None:
    in_child(lambda: write_parts_and_die(tmp_path / "out"))
    assert len(os.listdir(tmp_path)) == 2
    run(tmp_path / "out", "KEEP", LocalStore())
    assert os.listdir(tmp_path) == ["out"]


def write_parts_and_die(target: Path) -> None:
    commit = OutputCommit(target)
    commit.prepare()
    write_parts(commit)
