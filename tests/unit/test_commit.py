"""OutputCommit: whole output or none, whatever dies when."""

from __future__ import annotations

import errno
import gzip
import os
import pickle
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import attrs
import pytest

from cascade2spark.errors import BuildError, TapError, Unsupported
from cascade2spark.files import (
    LocalStore,
    Manifest,
    OutputCommit,
    check_no_unfinished_commit,
    list_files,
    prepare_all,
    publish_all,
    recover,
)
from cascade2spark.files.records import Owner, find_records, read_record, write_record
from cascade2spark.origin import Origin

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


def run(target: Path, mode: str, store: LocalStore, **settings: object) -> None:
    commit = OutputCommit(target, mode, store=store, **settings)  # type: ignore[arg-type]
    commit.prepare()
    commit.commit(write_parts(commit))


def run_two(first: Path, second: Path, store: LocalStore, mode: str = "REPLACE") -> None:
    commits = [OutputCommit(target, mode, store=store) for target in (first, second)]  # type: ignore[arg-type]
    prepare_all(commits)
    for commit in commits:
        commit.ready(write_parts(commit))
    publish_all(commits)


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


def test_several_sinks_are_published_all_or_none(tmp_path: Path) -> None:
    for step in range(200):
        folders = [tmp_path / f"{step}-{side}" for side in "ab"]
        targets = [folder / "out" for folder in folders]
        for folder, target in zip(folders, targets, strict=True):
            folder.mkdir()
            write_old(target)
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
        folders = [tmp_path / f"{step}-{side}" for side in "ab"]
        targets = [folder / "out" for folder in folders]
        for folder, target in zip(folders, targets, strict=True):
            folder.mkdir()
            write_old(target)
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
        ended = in_child(lambda pair=pair, store=store: run_two(*pair, store, "KEEP"))  # type: ignore[misc]
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


def test_abort_leaves_no_trace(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "deep" / "out")
    commit.prepare()
    write_parts(commit)
    commit.abort()
    commit.abort()
    assert os.listdir(tmp_path / "deep") == []


def test_losers_never_reach_the_output(tmp_path: Path) -> None:
    run(tmp_path / "out", "KEEP", LocalStore())
    assert tree(tmp_path / "out") == NEW


@pytest.mark.parametrize("damage", ["missing", "shorter"])
def test_a_part_that_is_not_what_its_task_wrote_stops_the_commit(
    tmp_path: Path, damage: str
) -> None:
    write_old(tmp_path / "out")
    commit = OutputCommit(tmp_path / "out", "REPLACE")
    commit.prepare()
    manifests = write_parts(commit)
    path = Path(commit.place.folder, manifests[1].files[0].written)
    path.unlink() if damage == "missing" else path.write_bytes(b"n")
    with pytest.raises(TapError, match="part-00001"):
        commit.commit(manifests)
    assert tree(tmp_path) == {f"out/{name}": data for name, data in OLD.items()}


def test_two_manifests_for_one_partition_are_refused(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "out")
    commit.prepare()
    (manifest, _) = write_parts(commit)
    with pytest.raises(TapError, match="two manifests"):
        commit.commit([manifest, manifest])


def test_a_header_stands_only_in_files_with_rows(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "out", header=b"h\n")
    commit.prepare()
    with commit.place.open_part(0) as full, commit.place.open_part(1) as empty:
        full.write(b"x\n", 1)
        manifests = [empty.close(), full.close()]
    commit.commit(manifests)
    assert tree(tmp_path / "out") == {"part-00000": b"h\nx\n", "part-00001": b"", "_SUCCESS": b""}


@pytest.mark.parametrize(("rows", "expected"), [(1, b"h\nx\n"), (0, b"")])
def test_one_file_has_one_header(tmp_path: Path, rows: int, expected: bytes) -> None:
    target = tmp_path / "out.txt"
    for mode in ("KEEP", "UPDATE"):
        commit = OutputCommit(target, mode, is_file=True, header=b"h\n")  # type: ignore[arg-type]
        commit.prepare()
        with commit.place.open_part(0) as empty, commit.place.open_part(1) as full:
            full.write(b"x\n" * rows, rows)
            manifests = [full.close(), empty.close()]
        commit.commit(manifests)
        assert target.read_bytes() == expected
        expected += b"x\n" * rows


def test_parts_are_compressed_whole(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "out", compression="gzip", header=b"h\n")
    commit.prepare()
    with commit.place.open_part(0) as writer:
        writer.write(b"x\n", 1)
        writer.write(b"y\n", 1)
        commit.commit([writer.close()])
    assert gzip.decompress((tmp_path / "out" / "part-00000.gz").read_bytes()) == b"h\nx\ny\n"


@pytest.mark.parametrize("sizes", [[3 << 20] * 5, [9 << 20, 1], [1 << 10] * 5_000])
def test_the_disk_is_told_early_of_large_parts(tmp_path: Path, sizes: list[int]) -> None:
    commit = OutputCommit(str(tmp_path / "out"))
    commit.prepare()
    given = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    with commit.place.open_part(0) as file:
        for one in given:
            file.write(one, 1)
        commit.commit([file.close()])
    assert b"".join(given) == (tmp_path / "out" / "part-00000").read_bytes()


def test_update_numbers_on_in_subfolders_too(tmp_path: Path) -> None:
    for _ in range(2):
        commit = OutputCommit(tmp_path / "out", "UPDATE")
        commit.prepare()
        with commit.place.open_part(0, subfolder="year=2020") as writer:
            writer.write(b"x\n", 1)
            commit.commit([writer.close()])
    assert set(tree(tmp_path / "out")) == {
        "year=2020/part-00000",
        "year=2020/part-00001",
        "_SUCCESS",
    }


def test_a_failed_attempt_deletes_its_file(tmp_path: Path) -> None:
    commit = OutputCommit(tmp_path / "out")
    commit.prepare()
    with pytest.raises(KeyError), commit.place.open_part(0) as writer:
        writer.write(b"x\n", 1)
        raise KeyError
    assert os.listdir(commit.place.folder) == []


def test_hidden_work_is_not_listed_as_input(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    commit = OutputCommit(tmp_path / "out")
    commit.prepare()
    assert [os.path.basename(info.path) for info in list_files(tmp_path)] == ["a.txt"]


def test_what_travels_to_tasks_pickles(tmp_path: Path) -> None:
    place = OutputCommit(tmp_path / "out", compression="gzip", header=b"h").place
    assert pickle.loads(pickle.dumps(place)) == place


def test_a_target_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    target = tmp_path / "file" / "out"
    origin = Origin("job.py", 3, "<module>")
    for prepare in (OutputCommit.prepare, lambda commit: prepare_all([commit])):
        with pytest.raises(TapError) as caught:
            prepare(OutputCommit(target, origin=origin))
        assert caught.value.headline.startswith(f"cannot write {target}: ")
        assert caught.value.origin == origin


@pytest.mark.parametrize("is_file", [True, False])
def test_update_refuses_the_other_kind_of_output(tmp_path: Path, is_file: bool) -> None:
    target = tmp_path / "out"
    target.mkdir() if is_file else target.write_bytes(b"")
    with pytest.raises(TapError, match="and the sink writes"):
        OutputCommit(target, "UPDATE", is_file=is_file).prepare()


def test_replace_swaps_a_folder_for_a_file_and_back(tmp_path: Path) -> None:
    run(tmp_path / "out", "KEEP", LocalStore())
    run(tmp_path / "out", "REPLACE", LocalStore(), is_file=True)
    assert (tmp_path / "out").read_bytes() == b"new 0\nnew 1\n"
    run(tmp_path / "out", "REPLACE", LocalStore())
    assert tree(tmp_path / "out") == NEW
    assert os.listdir(tmp_path) == ["out"]


def test_only_places_with_a_rename_are_taken() -> None:
    with pytest.raises(Unsupported, match="s3://bucket/out"):
        OutputCommit("s3://bucket/out")
    with pytest.raises(BuildError, match="unknown compression"):
        OutputCommit("out", compression="rar")
