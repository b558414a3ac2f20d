"""Taps."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BuildError, TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import (
    DataFrameTap,
    Dfs,
    DirTap,
    FileTap,
    GlobHfs,
    Hfs,
    Lfs,
    MemoryTap,
    MultiSinkTap,
    MultiSourceTap,
    PartitionTap,
    PathTap,
    RDDTap,
    SinkMode,
)
from cascade2spark.testing import run_pipe


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x\n")
    return folder


def names(tap: Any, folder: Path) -> list[str]:
    return [os.path.relpath(info.path, folder) for info in tap.list_files()]


def test_a_folder_tap_reads_part_files(tmp_path: Path) -> None:
    make(tmp_path, "part-00001", "part-00000", "_SUCCESS")
    tap = Hfs(TextLine(), tmp_path)
    assert names(tap, tmp_path) == ["part-00000", "part-00001"]
    assert tap.get_identifier() == str(tmp_path)
    assert tap.get_full_identifier() == f"file:{tmp_path}"


def test_several_paths_are_read_in_order_and_not_written(tmp_path: Path) -> None:
    make(tmp_path, "a", "b")
    tap = Hfs(TextLine(), [tmp_path / "b", str(tmp_path / "a")])
    assert names(tap, tmp_path) == ["b", "a"]
    assert not tap.is_sink()
    with pytest.raises(BuildError, match="several paths can only be read"):
        tap.new_commit()


def test_equality_is_class_scheme_and_identifier(tmp_path: Path) -> None:
    tap = Hfs(TextLine(), "a")
    assert tap == Hfs(TextLine(), "a", SinkMode.REPLACE)
    assert len({tap, Hfs(TextLine(), Path("a"))}) == 1
    assert tap != Hfs(TextLine(), "b")
    assert tap != Hfs(TextLine("line"), "a")
    assert tap != Lfs(TextLine(), "a")
    assert DirTap(TextLine(), "a", "glob:*.x") != DirTap(TextLine(), "a")
    assert MemoryTap("a", []) != MemoryTap("a", [])
    assert pickle.loads(pickle.dumps(tap)) == tap


def test_the_origin_is_the_users_line() -> None:
    for tap in (Hfs(TextLine(), "a"), MemoryTap("a"), MultiSourceTap(Hfs(TextLine(), "a"))):
        assert tap.origin.file == __file__
        assert tap.origin.function == "test_the_origin_is_the_users_line"


def test_sink_modes() -> None:
    tap = Hfs(TextLine(), "a")
    assert tap.is_keep() and not tap.is_replace() and not tap.is_update()
    assert Hfs(TextLine(), "a", "replace").sink_mode is SinkMode.REPLACE  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="unknown sink mode"):
        Hfs(TextLine(), "a", "overwrite")  # type: ignore[arg-type]


def test_what_is_there(tmp_path: Path) -> None:
    tap = Hfs(TextLine(), tmp_path / "out")
    assert not tap.resource_exists() and tap.get_modified_time() == 0
    assert tap.create_resource() and not tap.create_resource()
    make(tmp_path / "out", "part-0")
    os.utime(tmp_path / "out" / "part-0", (7, 7))
    assert tap.resource_exists() and tap.get_modified_time() == 7000
    assert tap.delete_resource() and not tap.delete_resource()


def test_a_missing_source_names_the_tap_and_the_nearest(tmp_path: Path) -> None:
    make(tmp_path, "visits")
    with pytest.raises(TapError) as caught:
        Hfs(TextLine(), tmp_path / "visit").list_files()
    assert caught.value.nearest == str(tmp_path / "visits")
    assert caught.value.origin is not None and caught.value.origin.file == __file__


def test_lfs_and_dfs_take_their_own_paths_only() -> None:
    assert Lfs(TextLine(), "file:/a").is_always_local
    assert not Hfs(TextLine(), "a").is_always_local
    assert Dfs(TextLine(), "hdfs://n/a").path == "hdfs://n/a"
    assert Dfs(TextLine(), "a").path == "a"
    with pytest.raises(BuildError, match="local paths only"):
        Lfs(TextLine(), "s3://b/a")
    with pytest.raises(BuildError, match="hdfs paths only"):
        Dfs(TextLine(), "file:/a")


def test_a_path_reached_through_hadoop_is_refused_without_spark() -> None:
    with pytest.raises(Unsupported, match="needs a Spark context"):
        Hfs(TextLine(), "hdfs://n/a").list_files()


def test_a_file_tap_reads_and_writes_one_file(tmp_path: Path) -> None:
    make(tmp_path, "d/*")
    assert names(FileTap(TextLine(), tmp_path / "d" / "*"), tmp_path) == ["d/*"]
    with pytest.raises(TapError, match="is a folder, and FileTap reads files"):
        FileTap(TextLine(), tmp_path / "d").list_files()
    commit = FileTap(TextLine(), tmp_path / "out.txt").new_commit()
    commit.prepare()
    with commit.place.open_part(0) as writer:
        writer.write(b"a\n", 1)
        commit.commit([writer.close()])
    assert (tmp_path / "out.txt").read_bytes() == b"a\n"


def test_a_folder_sink_writes_parts_in_its_schemes_codec(tmp_path: Path) -> None:
    tap = Hfs(TextLine(compression="gzip"), tmp_path / "out", SinkMode.REPLACE)
    commit = tap.new_commit(run_id="r")
    commit.prepare()
    with commit.place.open_part(0) as writer:
        writer.write(b"a\n", 1)
        commit.commit([writer.close()])
    assert sorted(os.listdir(tmp_path / "out")) == ["_SUCCESS", "part-00000.gz"]


def test_a_dir_tap_reads_a_tree(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b.csv", "d/c.txt", "d/e/f.txt")
    every = ["a.txt", "b.csv", "d/c.txt", "d/e/f.txt"]
    assert names(DirTap(TextLine(), tmp_path), tmp_path) == every
    assert names(DirTap(TextLine(), tmp_path, "glob:*.{txt,q}"), tmp_path) == [
        "a.txt",
        "d/c.txt",
        "d/e/f.txt",
    ]
    assert names(DirTap(TextLine(), tmp_path, r"regex:.*\.csv", 1), tmp_path) == ["b.csv"]
    assert names(DirTap(TextLine(), tmp_path, 2), tmp_path) == ["a.txt", "b.csv", "d/c.txt"]
    assert names(DirTap(TextLine(), tmp_path / "a.txt"), tmp_path) == ["a.txt"]
    with pytest.raises(TapError, match="a pattern needs a folder"):
        DirTap(TextLine(), tmp_path / "a.txt", "glob:*").list_files()


@pytest.mark.parametrize(
    "arguments", [("*.txt",), ("regex:(",), (0,), (3.5,), ("glob:a", "glob:b")]
)
def test_a_dir_tap_refuses_arguments(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(BuildError):
        DirTap(TextLine(), "a", *arguments)


def test_a_glob_needs_a_file_with_content(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b.txt")
    (tmp_path / "c.csv").write_bytes(b"")
    tap = GlobHfs(TextLine(), tmp_path / "*.txt")
    assert names(tap, tmp_path) == ["a.txt", "b.txt"] and not tap.is_sink()
    kept = GlobHfs(TextLine(), tmp_path / "*.txt", lambda path: path.endswith("b.txt"))
    assert names(kept, tmp_path) == ["b.txt"]
    assert kept != tap
    os.utime(tmp_path / "a.txt", (4e9, 4e9))
    os.utime(tmp_path / "b.txt", (3, 3))
    assert (tap.get_modified_time(), kept.get_modified_time()) == (4_000_000_000_000, 3000)

    class Java:
        def accept(self, path: str) -> bool:
            return path.endswith("a.txt")

    assert names(GlobHfs(TextLine(), tmp_path / "*.txt", Java()), tmp_path) == ["a.txt"]
    with pytest.raises(BuildError, match="a filter of paths is a function"):
        GlobHfs(TextLine(), tmp_path / "*.txt", "b.txt")
    empty = GlobHfs(TextLine(), tmp_path / "*.csv")
    with pytest.raises(TapError, match="holds only empty files"):
        empty.list_files()
    assert not empty.resource_exists()
    with pytest.raises(TapError, match="no file matches"):
        GlobHfs(TextLine(), tmp_path / "*.q").list_files()


def test_several_taps_are_one_source(tmp_path: Path) -> None:
    make(tmp_path, "a", "b")
    os.utime(tmp_path / "a", (3, 3))
    os.utime(tmp_path / "b", (9, 9))
    parts = [FileTap(TextLine(), tmp_path / name) for name in "ab"]
    tap = MultiSourceTap(*reversed(parts))
    assert names(tap, tmp_path) == ["b", "a"]
    assert tap.retrieve_source_fields() == Fields("num", "line") and tap.counts_lines
    assert tap.get_modified_time() == 9000 and tap.resource_exists()
    assert not MultiSourceTap(*parts, FileTap(TextLine(), tmp_path / "c")).resource_exists()
    assert tap == MultiSourceTap(*reversed(parts)) and tap != MultiSourceTap(*parts)
    with pytest.raises(Unsupported, match="can only be read"):
        tap.delete_resource()


def test_several_taps_must_be_alike() -> None:
    for other in (Hfs(TextLine(), "b"), FileTap(TextLine("line"), "b")):
        with pytest.raises(BuildError, match="one class with equal schemes"):
            MultiSourceTap(FileTap(TextLine(), "a"), other)
    with pytest.raises(BuildError, match="one tap or more"):
        MultiSourceTap()


def test_several_sinks_take_the_union_of_fields() -> None:
    ab = Hfs(TextDelimited(Fields("a", "b")), "x")
    bc = Hfs(TextDelimited(Fields("b", "c")), "y")
    assert MultiSinkTap(ab, bc).sink_fields == Fields("a", "b", "c")
    assert MultiSinkTap(ab, Hfs(TextLine(), "z")).sink_fields.is_all()
    assert not MultiSinkTap(ab, bc).is_source()


def test_a_memory_tap_holds_rows() -> None:
    tap = MemoryTap(("a", "b"), [("x", 1), ["y", 2]])
    assert tap.rows == [("x", 1), ("y", 2)]
    assert tap.source_fields == Fields("a", "b") and tap.resource_exists()
    tap.write_rows([("z", 3)])
    assert tap.rows == [("z", 3)]
    adds = MemoryTap(Fields.ALL, [("x",)], SinkMode.UPDATE)
    adds.write_rows([("y", 1)])
    assert adds.rows == [("x",), ("y", 1)]
    assert adds.source_fields.is_unknown() and adds.sink_fields.is_all()
    with pytest.raises(Unsupported, match="has no scheme"):
        _ = tap.scheme


@pytest.mark.parametrize("row", ["xy", 5, ("x",), ("x", 1, 2)])
def test_a_memory_tap_checks_its_rows(row: Any) -> None:
    with pytest.raises(BuildError, match="a row"):
        MemoryTap(("a", "b"), [row])


def test_taps_around_spark_objects_only_hold_them() -> None:
    class Frame:
        columns = ("a", "b")

    frame = Frame()
    assert DataFrameTap(frame).df is frame
    assert DataFrameTap(frame).source_fields == Fields("a", "b")
    assert DataFrameTap().sink_fields.is_all() and not DataFrameTap().resource_exists()
    rdd = object()
    tap = RDDTap(rdd, ("x", "y"))
    assert tap.rdd is rdd and tap.source_fields == Fields("x", "y")
    assert tap.delete_resource() and tap.rdd is None


@pytest.mark.parametrize("arguments", [(TextLine(), []), (TextLine(), [3])])
def test_a_path_tap_needs_a_path(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(BuildError, match="needs a path"):
        Hfs(*arguments)
    assert issubclass(Hfs, PathTap)


@pytest.mark.parametrize(
    ("arguments", "given", "fix"),
    [
        (("in.csv",), "'in.csv'", "say how its records are stored: {}(TextLine(), 'in.csv')"),
        ((TextLine(),), "TextLine(…)", 'say where: {}(TextLine(…), "folder")'),
        ((TextLine, "a"), "TextLine, 'a'", "make one of the class: TextLine()"),
        (("TextLine", "a"), "'TextLine', 'a'", None),
        ((None, "a"), "None, 'a'", None),
    ],
)
@pytest.mark.parametrize("kind", [Hfs, Lfs, Dfs, FileTap, DirTap, GlobHfs])
def test_what_lacks_its_scheme_or_its_path_is_told(
    kind: Any, arguments: tuple[Any, ...], given: str, fix: str | None
) -> None:
    with pytest.raises(BuildError, match=f"{kind.__name__} takes the scheme first") as caught:
        kind(*arguments)
    error = caught.value
    assert error.details["given"] == f"{kind.__name__}({given})"
    assert error.fix == (fix and fix.format(kind.__name__))
    assert error.origin is not None and error.origin.file == __file__


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RDDTap("in.csv"), "RDDTap takes an RDD"),
        (lambda: DataFrameTap("in.csv"), "DataFrameTap takes a DataFrame"),
        (lambda: PartitionTap("in.csv"), "PartitionTap needs a tap of files as its parent"),
        (lambda: PartitionTap(Hfs(TextLine(), "in")), "PartitionTap takes the parent tap, then"),
    ],
)
def test_other_taps_say_what_they_lack(make: Any, said: str) -> None:
    with pytest.raises(BuildError, match=said) as caught:
        make()
    assert caught.value.origin is not None and caught.value.origin.file == __file__


@pytest.mark.parametrize("kind", [Hfs, Lfs, FileTap, DirTap, GlobHfs])
def test_scheme_and_path_in_the_wrong_order_are_told_apart(kind: Any) -> None:
    with pytest.raises(BuildError, match=f"{kind.__name__} takes the scheme first") as caught:
        kind("in.csv", TextLine())
    assert caught.value.origin is not None and caught.value.origin.file == __file__


def test_a_mapping_is_no_row() -> None:
    with pytest.raises(BuildError, match="a row is a tuple of values"):
        MemoryTap(["a", "b"], [{"a": 1, "b": 2}])
    with pytest.raises(BuildError, match="a row is a tuple of values"):
        run_pipe(Pipe("p"), [{"a": 1}], "a")
