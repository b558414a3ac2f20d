"""Taps with a folder for each value: paths, reading, misuse."""

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
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations.callables import keep_if, remove_if
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import SourceInfo, TextDelimited, TextLine
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
)
from cascade2spark.taps.partition import folder_maker, values_in
from cascade2spark.tuples import TupleEntry
from cascade2spark.types import DateType
from tests.unit.partitioned_files import KV, by_key, files_in, put, rows, write

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
