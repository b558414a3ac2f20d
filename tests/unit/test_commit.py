"""OutputCommit: what a run that lives publishes, and what it refuses."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path

import pytest

from cascade2spark.errors import BuildError, TapError, Unsupported
from cascade2spark.files import LocalStore, OutputCommit, OutputMode, list_files, prepare_all
from cascade2spark.origin import Origin
from tests.unit.small_commits import NEW, OLD, run, tree, write_old, write_parts


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
    modes: list[OutputMode] = ["KEEP", "UPDATE"]
    for mode in modes:
        commit = OutputCommit(target, mode, is_file=True, header=b"h\n")
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
