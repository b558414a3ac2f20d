"""Writing into a folder for each value: modes, failures, how many files are open, templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BuildError, TapError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import OutputCommit, PartPlace
from cascade2spark.schemes import Parquet, TextDelimited, TextLine
from cascade2spark.taps import (
    DelimitedPartition,
    Hfs,
    NamedPartition,
    PartitionTap,
    SinkMode,
    TemplateTap,
)
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles
from cascade2spark.tuples import TupleEntry
from tests.unit.partitioned_files import KV, by_key, files_in, write


def test_sink_modes(tmp_path: Path) -> None:
    path = tmp_path / "o"
    write(by_key(path), ("a", 1), ("b", 2))
    assert files_in(path) == {"a/part-00000-00000": "1\n", "b/part-00000-00000": "2\n"}
    with pytest.raises(TapError, match="exists already, and its sink mode is KEEP"):
        write(by_key(path), ("a", 3))
    write(by_key(path, SinkMode.UPDATE), ("a", 3))
    assert files_in(path)["a/part-00001-00000"] == "3\n" and len(files_in(path)) == 3
    write(by_key(path, SinkMode.REPLACE, keep_parent=True), ("c", 4))
    assert files_in(path)["c/part-00002-00000"] == "4\n" and len(files_in(path)) == 4
    assert by_key(path, keep_parent=True).delete_resource() and path.exists()
    write(by_key(path, SinkMode.REPLACE), ("z", 5))
    assert files_in(path) == {"z/part-00000-00000": "5\n"}


def test_a_failure_leaves_the_old_output(tmp_path: Path) -> None:
    path = tmp_path / "o"
    write(by_key(path), ("a", 1))
    with pytest.raises(TupleError, match="begins with"):
        write(by_key(path, SinkMode.REPLACE), ("b", 2), ("..", 3))
    assert files_in(path) == {"a/part-00000-00000": "1\n"}
    assert [one.name for one in tmp_path.iterdir()] == ["o"]


def new_files(folder: Path, limit: int, held_bytes: int, codec: str | None = None) -> Any:
    scheme = PartitionScheme(TextLine(), DelimitedPartition("k"), ("/o",), open_limit=limit)
    place = PartPlace(str(folder), codec, is_durable=False)

    def fail(error: Exception, row: Any) -> None:
        raise error

    return PartitionFiles(scheme, KV, place, 3, fail, held_bytes)


@pytest.mark.parametrize("held_bytes", [0, 10_000, 1 << 30])
def test_few_files_are_open_and_each_row_is_in_one(tmp_path: Path, held_bytes: int) -> None:
    files = new_files(tmp_path, 10, held_bytes)
    given = [(number * 7919 % 50, number) for number in range(1000)]
    taken = 0
    for start in range(0, 1000, 40):
        taken += files.write(given[start : start + 40])
        assert len(files._open) <= 10
    taken += files.finish()
    manifest = files.close()
    assert taken == manifest.rows == 1000
    names = [file.name for file in manifest.files]
    assert len(set(names)) == len(names)
    assert all(name.partition("/")[2].startswith("part-00003-") for name in names)
    found: dict[str, list[int]] = {}
    for file in manifest.files:
        lines = (tmp_path / file.written).read_text().split()
        found.setdefault(file.name.partition("/")[0], []).extend(map(int, lines))
    expected = {str(k): [v for key, v in given if key == k] for k in range(50)}
    assert found == expected
    assert len(names) == 50 if held_bytes == 1 << 30 else len(names) > 50


def test_an_aborted_attempt_leaves_no_file(tmp_path: Path) -> None:
    files = new_files(tmp_path, 2, 0)
    files.write([(number, number) for number in range(9)])
    assert list(tmp_path.iterdir()) != []
    files.abort()
    assert list(tmp_path.iterdir()) == []


def test_only_what_the_winning_attempt_wrote_is_published(tmp_path: Path) -> None:
    scheme = PartitionScheme(TextLine(), DelimitedPartition("k"), ("/o",), open_limit=2)
    commit = OutputCommit(tmp_path / "o")
    commit.prepare()
    attempts = [PartitionFiles(scheme, KV, commit.place, 0, print, 0) for _ in range(2)]
    for files in attempts:
        files.write([(number % 5, number) for number in range(20)])
    _, manifest = (files.close() for files in attempts)  # one of them is the driver's choice
    other = PartitionFiles(scheme, KV, commit.place, 1, print, 0)
    other.write([(0, 99)])
    commit.commit([manifest, other.close()])
    found = files_in(tmp_path / "o")
    lines = sorted(int(line) for text in found.values() for line in text.split())
    assert lines == [*range(20), 99]
    assert found["0/part-00001-00000"] == "99\n" and "0/part-00000-00000" in found
    assert [one.name for one in tmp_path.iterdir()] == ["o"]


def test_what_writers_hold_back_is_bounded(tmp_path: Path) -> None:
    scheme = PartitionScheme(Parquet(Fields("v", int)), DelimitedPartition("k"), ("/o",))
    place = PartPlace(str(tmp_path), is_durable=False, suffix=".parquet")
    files = PartitionFiles(scheme, KV, place, 0, print, 100_000)
    for _ in range(10):
        files.write([(number % 20, number) for number in range(1000)])
        assert files._in_files <= 100_000
    assert files.close().rows == 10_000
    assert files._in_files == 0


def test_compressors_that_are_large_are_fewer(tmp_path: Path) -> None:
    files = new_files(tmp_path, 300, 1 << 20, "xz")
    files.write([(number, number) for number in range(5)])
    files.close()
    assert files._limit == 1
    assert new_files(tmp_path, 300, 0, "gzip")._limit == 300


def test_a_tap_is_written_directly(tmp_path: Path) -> None:
    tap = PartitionTap(
        Hfs(TextDelimited(Fields.ALL, True, ","), tmp_path / "o"), NamedPartition("k")
    )
    with tap.open_for_write() as collector:
        collector.add(TupleEntry(KV, ("a", 1)))
        collector.add(("b", 2))
        assert not (tmp_path / "o").exists()
    assert files_in(tmp_path / "o") == {
        "k=a/part-00000-00000": "v\n1\n",
        "k=b/part-00000-00000": "v\n2\n",
    }
    with pytest.raises(TupleError, match="must be an entry"), tap.open_for_write() as collector:
        collector.add(("c", 3))
    with pytest.raises(Unsupported, match="cannot be a trap"):
        tap.open_trap_for_write()


def test_a_template_tap_only_writes(tmp_path: Path) -> None:
    tap = TemplateTap(Hfs(TextLine(), tmp_path / "o"), "%2$s/%1$s", SinkMode.REPLACE)
    assert not tap.is_source()
    write(tap, ("a", 1), (None, 2))
    assert files_in(tmp_path / "o") == {
        "1/a/part-00000-00000": "a\t1\n",
        "2/null/part-00000-00000": "null\t2\n",
    }
    with pytest.raises(Unsupported, match="can only be written"):
        tap.list_files()
    with pytest.raises(BuildError, match="path template"):
        TemplateTap(Hfs(TextLine(), tmp_path), "")


def test_a_template_writes_numbers_as_java_does(tmp_path: Path) -> None:
    tap = TemplateTap(Hfs(TextLine(), tmp_path / "o"), "%s-%02d", SinkMode.REPLACE)
    write(tap, ("a", 7))
    assert files_in(tmp_path / "o") == {"a-07/part-00000-00000": "a\t7\n"}
