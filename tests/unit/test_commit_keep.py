"""OutputCommit: KEEP refuses, also output that appears while the job runs."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from cascade2spark.errors import TapError
from cascade2spark.files import LocalStore, OutputCommit, prepare_all, recover
from tests.unit.small_commits import (
    NEW,
    OLD,
    DyingStore,
    in_child,
    run,
    run_two,
    tree,
    write_old,
    write_parts,
)


def test_keep_refuses_before_anything_is_made(tmp_path: Path) -> None:
    write_old(tmp_path / "out")
    with pytest.raises(TapError, match="exists already, and its sink mode is KEEP"):
        OutputCommit(tmp_path / "out").prepare()
    assert tree(tmp_path) == {f"out/{name}": data for name, data in OLD.items()}


def test_all_sinks_are_checked_before_any_is_touched(tmp_path: Path) -> None:
    write_old(tmp_path / "b")
    commits = [OutputCommit(tmp_path / "a"), OutputCommit(tmp_path / "b")]
    with pytest.raises(TapError, match="KEEP"):
        prepare_all(commits)
    assert os.listdir(tmp_path) == ["b"]


def test_keep_refuses_output_that_appeared_meanwhile(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "out")
    commit.prepare()
    manifests = write_parts(commit)
    write_old(tmp_path / "out")
    with pytest.raises(TapError, match="KEEP"):
        commit.commit(manifests)
    assert os.listdir(tmp_path) == ["out"]
    assert tree(tmp_path / "out") == OLD


class Overtaken(DyingStore):
    """Lets another job's output appear in the very moment a target is published."""

    def __init__(self, target: Path, dies_at: int = -1) -> None:
        super().__init__(dies_at)
        self.target = target

    def rename(self, source: str, target: str) -> None:
        if target == str(self.target) and not self.target.exists():
            write_old(self.target)
        super().rename(source, target)


def test_who_loses_a_race_for_keep_undoes_itself(tmp_path: Path) -> None:
    with pytest.raises(TapError, match="appeared while the job ran, and is kept") as caught:
        run(tmp_path / "out", "KEEP", Overtaken(tmp_path / "out"))
    assert caught.value.details == {"so": "nothing of this run was published"}
    assert os.listdir(tmp_path) == ["out"]
    assert tree(tmp_path / "out") == OLD


@pytest.mark.parametrize("other_first", [False, True])
def test_a_loser_killed_at_any_step_is_undone(tmp_path: Path, other_first: bool) -> None:
    for step in range(200):
        other, taken = tmp_path / str(step) / "a", tmp_path / str(step) / "b"
        other.parent.mkdir()
        # What is given first is published last.
        pair = (taken, other) if other_first else (other, taken)
        store = Overtaken(taken, dies_at=step)
        ended = in_child(partial(run_two, *pair, store, "KEEP"))
        is_taken = taken.exists() and tree(taken) == OLD
        if ended == 1 and not other_first:  # it lived, and raised
            assert os.listdir(taken.parent) == ["b"]
        for target in pair:
            recover(target, force=True)
        left = sorted(os.listdir(taken.parent))
        if not is_taken:
            assert left == [] or [tree(target) for target in pair] == [NEW, NEW]
        elif other_first:
            assert left == ["a", "b"]
            assert (tree(other), tree(taken)) == (NEW, OLD)
        else:
            assert left == ["b"]
            assert tree(taken) == OLD
        if ended == 1:
            return
    pytest.fail("the run never came to its end")


def test_a_loser_that_died_is_thrown_away(tmp_path: Path) -> None:
    target = tmp_path / "out"

    class Dies(LocalStore):
        def rename(self, source: str, to: str) -> None:
            if to == str(target):
                os.kill(os.getpid(), signal.SIGKILL)
            super().rename(source, to)

    in_child(lambda: run(target, "KEEP", Dies(), run_id="r1"))
    write_old(target)
    report = recover(target)
    assert report.discarded == ("r1",)
    assert "thrown away, as other output was there before: r1" in str(report)
    assert os.listdir(tmp_path) == ["out"]
    assert tree(target) == OLD
    assert str(recover(target)).endswith("nothing to recover")


def test_what_a_loser_has_published_stays_and_the_rest_can_be_thrown_away(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    with pytest.raises(TapError, match="the output is complete, but") as caught:
        run_two(second, first, Overtaken(second), "KEEP")  # `a` goes first: `b` decides
    assert f"doctor --recover --force {second}" in (caught.value.fix or "")
    assert (tree(first), tree(second)) == (NEW, OLD)
    with pytest.raises(TapError, match="is kept") as again:
        recover(second)
    assert "--recover --force" in (again.value.fix or "")
    assert len(recover(second, force=True).discarded) == 1
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    assert (tree(first), tree(second)) == (NEW, OLD)


def test_one_file_loses_a_race_too(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"

    class Late(LocalStore):
        def rename(self, source: str, to: str) -> None:
            if to == str(target):
                target.write_text("theirs")
            super().rename(source, to)

    with pytest.raises(TapError, match="appeared while the job ran"):
        run(target, "KEEP", Late(), is_file=True)
    assert os.listdir(tmp_path) == ["out.txt"]
    assert target.read_text() == "theirs"
