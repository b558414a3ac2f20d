"""Taps with a folder for each value: paths, reading, writing, misuse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BuildError, PlanError, TapError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import OutputCommit, PartPlace
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations.callables import keep_if, remove_if
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import Parquet, SourceInfo, TextDelimited, TextLine
from cascade2spark.taps import (
    DelimitedPartition,
    DirTap,
    FileTap,
    GlobHfs,
    Hfs,
    MemoryTap,
    MultiSourceTap,
    NamedPartition,
    Partition,
    PartitionTap,
    SinkMode,
    TemplateTap,
)
from cascade2spark.taps.partition import folder_maker, values_in
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles
from cascade2spark.tuples import TupleEntry
from cascade2spark.types import DateType

KV = Fields("k", "v")


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "_SUCCESS"
    }


def rows(tap: Any) -> list[tuple[Any, ...]]:
    with tap.open_for_read() as entries:
        return [tuple(entry) for entry in entries]


def write(tap: Any, *given: tuple[Any, ...]) -> None:
    source = MemoryTap(KV, given)
    flow = FlowDef().add_source("p", source).add_tail_sink(Pipe("q", Pipe("p")), tap)
    LocalFlowConnector().connect(flow).complete()


def by_key(path: Path, mode: SinkMode = SinkMode.KEEP, **options: Any) -> PartitionTap:
    return PartitionTap(Hfs(TextLine(), path, mode), DelimitedPartition("k"), **options)


# -- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partition", "row", "path"),
    [
        (DelimitedPartition(("a", "b")), ("x", 1), "x/1"),
        (DelimitedPartition(("a", "b"), "-"), (None, True), "null-true"),
        (DelimitedPartition("a", "/", "/end"), (1.5,), "1.5/end"),
        (DelimitedPartition("a", "-", "end"), ("x",), "x-end"),
        (NamedPartition(("a", "b")), ("", "y"), "a=/b=y"),
        (DelimitedPartition(Fields("d", DateType("yyyy-MM-dd"))), (86_400_000,), "1970-01-02"),
    ],
)
def test_values_make_a_path_and_come_back(partition: Any, row: Any, path: str) -> None:
    assert folder_maker(partition)(row) == path
    assert partition.get_path_depth() == path.count("/") + 1
    read = values_in(partition, path, "/f")
    assert folder_maker(partition)(read) == path


def test_equal_values_of_different_kinds_have_their_own_folders() -> None:
    folder_of = folder_maker(DelimitedPartition("a"))
    assert [folder_of((one,)) for one in (1, True, 1.0, 1, "1")] == ["1", "true", "1.0", "1", "1"]


@settings(max_examples=60)
@given(st.tuples(st.text(max_size=5), st.text(alphabet="ab/._-=", max_size=5)))
def test_a_path_is_refused_or_stays_inside_and_comes_back(row: tuple[str, str]) -> None:
    for partition in (DelimitedPartition(("a", "b"), "-"), NamedPartition(("a", "b"))):
        try:
            path = folder_maker(partition)(row)
        except TupleError as refused:
            assert refused.row == row
            continue
        assert (Path("/root") / path).resolve().is_relative_to("/root")
        assert not any(name.startswith(("_", ".")) for name in path.split("/"))
        assert values_in(partition, path, "/root") == row


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a/b", "holds the delimiter '/'"),
        ("..", "begins with '.'"),
        ("_x", "begins with '_', and readers skip such folders"),
        ("", "would be empty"),
        ("a\nb", "no line end"),
        ("\ud800", "surrogate"),
        ("x" * 256, "would have 256 bytes"),
    ],
)
def test_values_that_make_no_folder_are_refused(value: str, says: str) -> None:
    with pytest.raises(TupleError, match=says):
        folder_maker(DelimitedPartition("a"))((value,))


def test_null_comes_back_as_text_or_as_null_of_another_type() -> None:
    assert values_in(DelimitedPartition("a"), "null", "/f") == ("null",)
    assert values_in(DelimitedPartition(Fields("a", int)), "null", "/f") == (None,)


class ByYear(Partition):
    """A partition as users write them."""

    def get_path_depth(self) -> int:
        return 2

    def get_partition_fields(self) -> Fields:
        return Fields("k").apply_types(int)

    def to_partition(self, tuple_entry: TupleEntry) -> str:
        year = tuple_entry.get_integer("k")
        return f"{year // 10}x/{year % 10}"

    def to_tuple(self, partition: str, tuple_entry: TupleEntry) -> None:
        decade, year = partition.split("x/")
        tuple_entry.set_object("k", decade + year)


def test_a_partition_of_ones_own_writes_and_reads(tmp_path: Path) -> None:
    tap = PartitionTap(Hfs(TextDelimited("v"), tmp_path / "o"), ByYear())
    write(tap, (1984, "a"), (2001, "b"))
    assert sorted(files_in(tmp_path / "o")) == [
        "198x/4/part-00000-00000",
        "200x/1/part-00000-00000",
    ]
    assert rows(tap) == [("a", 1984), ("b", 2001)]
    with pytest.raises(TupleError, match="made no path: ZeroDivisionError"):
        folder_maker(Failing())((1,))


class Failing(ByYear):
    def to_partition(self, tuple_entry: TupleEntry) -> str:
        return str(1 // 0)


def test_partitions_refuse_what_cannot_work() -> None:
    for make, says in (
        (lambda: DelimitedPartition(Fields.ALL), "needs its fields by name"),
        (lambda: DelimitedPartition(Fields(0)), "needs its fields by name"),
        (lambda: DelimitedPartition("a", ""), "not empty"),
        (lambda: DelimitedPartition("a", "/", "/_tmp"), "every partition path would be wrong"),
        (lambda: NamedPartition(Fields("a=b")), "no folder may have"),
    ):
        with pytest.raises(BuildError, match=says):
            make()


# -- reading -------------------------------------------------------------------------------------


def test_files_named_like_their_partition_are_read(tmp_path: Path) -> None:
    put(tmp_path, a="x\n", b__part="y\n")
    assert rows(PartitionTap(FileTap(TextLine("line"), tmp_path), DelimitedPartition("k"))) == [
        ("x", "a"),
        ("y", "b"),
    ]


def test_a_file_at_another_depth_is_no_silent_loss(tmp_path: Path) -> None:
    put(tmp_path, a__b__c__part="x\n")
    tap = PartitionTap(Hfs(TextLine(), tmp_path), DelimitedPartition("k"))
    with pytest.raises(TapError, match="lies below the folders") as caught:
        tap.list_files()
    assert caught.value.origin.file == __file__
    put(tmp_path / "other", part="x\n")
    deep = PartitionTap(Hfs(TextLine(), tmp_path / "other"), DelimitedPartition(("a", "b")))
    with pytest.raises(TapError, match="lies above the folders"):
        deep.list_files()


def test_a_folder_that_is_none_of_the_partitions_is_named(tmp_path: Path) -> None:
    put(tmp_path, a__part="x\n")
    for partition, says in (
        (DelimitedPartition(Fields("k", int)), "'a' cannot become Long"),
        (NamedPartition("k"), "does not begin with 'k='"),
        (DelimitedPartition("k", "-", "end"), "does not end with '-end'"),
        (DelimitedPartition(("k", "l"), "-"), "has 1 values instead of 2"),
    ):
        with pytest.raises(TapError, match="is no folder of") as caught:
            PartitionTap(Hfs(TextLine(), tmp_path), partition).list_files()
        assert str(tmp_path / "a") in str(caught.value)
        assert says in str(caught.value)


def test_filters_leave_out_folders(tmp_path: Path) -> None:
    put(tmp_path, a__part="x\n", b__part="y\n", c__part="z\n")
    tap = by_key(tmp_path).add_source_partition_filter("k", remove_if(lambda k: k == "b"))
    tap.add_source_partition_filter(Fields.ALL, keep_if(lambda k: k > "a"))
    assert tap.get_child_partition_identifiers() == ["c"]
    assert tap.get_child_partition_identifiers(None, True) == [f"{tmp_path}/c"]
    assert tap != by_key(tmp_path) and by_key(tmp_path) == by_key(tmp_path)
    with pytest.raises(BuildError, match="a partition filter is a Filter"):
        tap.add_source_partition_filter("k", lambda k: True)
    with pytest.raises(PlanError):
        tap.add_source_partition_filter("v", keep_if(bool))
    tap.add_source_partition_filter("k", keep_if(lambda k: k / 2))
    with pytest.raises(TapError, match="a partition filter failed: TypeError"):
        tap.list_files()


def test_several_partitioned_sources_know_their_folders(tmp_path: Path) -> None:
    outer = put(tmp_path / "x", a__part="1\n")
    inner = put(tmp_path / "x2" / "y", b__part="2\n")
    parent = [Hfs(TextLine("line"), path) for path in (outer, inner)]
    tap = MultiSourceTap(*[PartitionTap(one, DelimitedPartition("k")) for one in parent])
    assert rows(tap) == [("1", "a"), ("2", "b")]
    with pytest.raises(BuildError, match="equal schemes"):
        MultiSourceTap(
            *[PartitionTap(one, NamedPartition(n)) for one, n in zip(parent, "kl", strict=True)]
        )


def test_a_header_with_a_partition_field_is_refused(tmp_path: Path) -> None:
    put(tmp_path, a__part="k,v\n1,2\n")
    headed = TextDelimited(Fields.ALL, True, ",")
    tap = PartitionTap(Hfs(headed, tmp_path), DelimitedPartition("k"))
    with pytest.raises(TapError, match="hold a column of a partition field's name"):
        tap.retrieve_source_fields()
    declared = TextDelimited(KV, True, ",")
    assert rows(PartitionTap(Hfs(declared, tmp_path), DelimitedPartition("k"))) == [("1", "2")]


def test_the_time_is_that_of_the_newest_file_at_any_depth(tmp_path: Path) -> None:
    put(tmp_path, a__part="x\n")
    os.utime(tmp_path / "a" / "part", (4e9, 4e9))
    assert by_key(tmp_path).get_modified_time() == 4_000_000_000_000
    assert by_key(tmp_path / "none").get_modified_time() == 0


@pytest.mark.parametrize("wanted", [None, (0, 1, 2, 3), (2,), (3, 0), (1, 2), (2, 3), (1,)])
@pytest.mark.parametrize("folder", ["x/7", "null/null", "x/-1"])
def test_columns_are_the_rows(tmp_path: Path, wanted: tuple[int, ...] | None, folder: str) -> None:
    put(tmp_path / folder, part="a\t1\nb\t\n")
    scheme = TextDelimited(Fields("s", "n").apply_types(str, int))
    tap = PartitionTap(
        Hfs(scheme, tmp_path), DelimitedPartition(Fields("k", "i").apply_types(str, int))
    )
    info = SourceInfo(tap.retrieve_source_fields(), wanted)
    (file,) = tap.list_files()
    (split,) = tap.scheme.splits(file, 0, info)
    blocks = list(tap.scheme.blocks(split, info, 1 << 20))
    kernel = reader_kernel(tap.scheme, info)
    assert kernel is not None
    (by_row,) = tap.scheme.reader(info).rows(blocks, print)
    assert rows_of(kernel(blocks[0])) == by_row
    k, i = folder.split("/")
    number = None if i == "null" else int(i)
    whole = [("a", 1, k, number), ("b", None, k, number)]
    assert by_row == [tuple(row[at] for at in wanted or range(4)) for row in whole]


# -- writing -------------------------------------------------------------------------------------


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


# -- misuse --------------------------------------------------------------------------------------


def test_what_cannot_be_partitioned_is_refused(tmp_path: Path) -> None:
    partition, parent = DelimitedPartition("k"), Hfs(TextLine(), tmp_path)
    for arguments, says in (
        ((parent, "k"), "takes the parent tap, then a partition"),
        ((TextLine(), partition), "needs a tap of files as its parent"),
        ((MemoryTap(), partition), "needs a tap of files as its parent"),
        ((PartitionTap(parent, partition), partition), "needs a tap of files"),
        ((GlobHfs(TextLine(), "a*"), partition), "not a pattern"),
        ((parent, partition, "REPLACE"), "takes a sink mode"),
        ((parent, partition, 0), "at least 1"),
    ):
        with pytest.raises(BuildError, match=says):
            PartitionTap(*arguments)
    positional = PartitionTap(parent, partition, SinkMode.UPDATE, True, 7)
    assert positional.sink_mode is SinkMode.UPDATE and positional.scheme.open_limit == 7
    with pytest.raises(PlanError, match="a FileTap is one file, and partitions are folders"):
        write(PartitionTap(FileTap(TextLine(), tmp_path / "f"), partition))
    with pytest.raises(Unsupported, match="cannot be written directly"):
        PartitionTap(FileTap(TextLine(), tmp_path / "f"), partition).open_for_write()
    unnamed = FlowDef().add_source("p", MemoryTap(Fields.UNKNOWN, []))
    with pytest.raises(PlanError, match="needs rows whose fields are known"):
        LocalFlowConnector().connect(unnamed.add_tail_sink(Pipe("p"), by_key(tmp_path / "o")))
    assert PartitionTap(DirTap(TextLine(), tmp_path), partition).is_sink()


def test_a_partitioned_trap_is_refused_before_anything_runs(tmp_path: Path) -> None:
    flow = FlowDef().add_source("p", MemoryTap(KV, [])).add_trap("p", by_key(tmp_path / "t"))
    flow.add_tail_sink(Pipe("p"), MemoryTap())
    with pytest.raises(Unsupported, match="cannot be a trap"):
        LocalFlowConnector().connect(flow).complete()


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
