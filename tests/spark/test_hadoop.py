"""Text that goes through Hadoop's file system: the rows of the direct way, line by line."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BadRecord, TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import Split, line_offsets, read_line_blocks, split_lines
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.spark.hadoop import hadoop_blocks
from cascade2spark.taps import (
    DelimitedPartition,
    GlobHfs,
    Hfs,
    MemoryTap,
    MultiSourceTap,
    PartitionTap,
)
from tests.spark.running import on_spark, run


@pytest.fixture
def mount(sc: Any, tmp_path: Path) -> Iterator[str]:
    """Mount the test's folder where only Hadoop finds it; Hadoop keeps mounts by their name."""
    name = f"m{uuid.uuid4().hex[:8]}"
    link = f"fs.viewfs.mounttable.{name}.link./data"
    sc._jsc.hadoopConfiguration().set(link, f"file://{tmp_path}")
    yield f"viewfs://{name}/data"
    sc._jsc.hadoopConfiguration().unset(link)


def rows_of(sc: Any, scheme: Any, path: str, **traps: Any) -> list[Any]:
    sink = MemoryTap()
    run(on_spark(sc), {"p": Hfs(scheme, path)}, {"p": sink}, Pipe("p"), traps=traps)
    return sink.rows


def test_lines_and_offsets_are_those_of_the_direct_way(sc: Any, mount: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("eins\nzwei é\r\n\ndrei\rvier\r\n\r\nfünf".encode())
    (tmp_path / "b").write_bytes(b"\xef\xbb\xbfmark\nx\n")
    (tmp_path / "c").write_bytes(b"")
    direct = rows_of(sc, TextLine(), str(tmp_path))
    assert [0, 5, 14, 15, 20, 26, 28] == [offset for offset, _ in direct[:7]]
    assert direct == rows_of(sc, TextLine(), mount)


def test_each_file_has_its_header(sc: Any, mount: str, tmp_path: Path) -> None:
    for name in "ab":
        lines = "".join(f"{name}{n}\t{n}\n" for n in range(12_000))
        (tmp_path / name).write_text("k\tv\n" + lines)
    scheme = TextDelimited(Fields("k", "v").apply_types(str, int), True, "\t")
    found = rows_of(sc, scheme, mount)
    assert [(f"{name}{n}", n) for name in "ab" for n in range(12_000)] == found


def test_bytes_that_java_replaces_are_bad_records(sc: Any, mount: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"good\nb\xffd\nalso good\n")
    with pytest.raises(BadRecord, match="not UTF-8") as failed:
        rows_of(sc, TextLine(Fields("line")), f"{mount}/a")
    assert "5" in str(failed.value) and "test_hadoop.py" in str(failed.value)
    trap = MemoryTap()
    rows = rows_of(sc, TextLine(Fields("line")), f"{mount}/a", p=trap)
    assert [("good",), ("also good",)] == rows
    assert 1 == len(trap.rows)


def test_the_default_file_system_decides_for_paths_without_a_scheme(
    sc: Any, mount: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x\n")
    configuration = sc._jsc.hadoopConfiguration()
    before = configuration.get("fs.defaultFS")
    configuration.set("fs.defaultFS", mount.removesuffix("data"))
    try:
        tap = Hfs(TextLine(Fields("line")), "/data/a")
        sink = MemoryTap()
        run(on_spark(sc), {"p": tap}, {"p": sink}, Pipe("p"))
        with pytest.raises(Unsupported, match="utf-16 cannot"):
            rows_of(sc, TextLine(Fields("line"), charset="UTF-16"), "/data/a")
        with pytest.raises(Unsupported, match="cannot be written through Hadoop"):
            # It would land on this machine's disk, where nobody looks for it.
            target = Hfs(TextLine(), str(tmp_path / "out"))
            run(on_spark(sc), {"p": MemoryTap(Fields("a"), [(1,)])}, {"p": target}, Pipe("p"))
    finally:
        configuration.set("fs.defaultFS", before)
    assert [("x",)] == sink.rows
    assert ["a"] == [path.name for path in tmp_path.iterdir()]


def test_blocks_hold_the_lines_of_the_file_at_their_places(tmp_path: Path) -> None:
    data = b"a\nbc\r\n\n\xc3\xa9\n" * 9000
    (tmp_path / "f").write_bytes(data)
    (block,) = read_line_blocks(Split(str(tmp_path / "f"), 0, len(data), len(data)))
    places = line_offsets(block)
    lines = [line.decode() for line in split_lines(data)]
    blocks = list(hadoop_blocks(zip(places, lines, strict=True), "f", lambda error: None))
    assert lines == [line.decode() for one in blocks for line in split_lines(one.data)]
    assert places == [place for one in blocks for place in line_offsets(one)]
    assert [True, *[False] * (len(blocks) - 1)] == [one.starts_file for one in blocks]
    assert len(blocks) < 10


def test_what_is_not_there_is_told(sc: Any, mount: str, tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(TapError, match="no file or folder"):
        rows_of(sc, TextLine(Fields("line")), f"{mount}/none")
    with pytest.raises(TapError, match="holds a folder"):
        rows_of(sc, TextLine(Fields("line")), f"{mount}/folder")


def test_a_glob_leaves_out_what_its_filter_does(sc: Any, mount: str, tmp_path: Path) -> None:
    for name in ("a1", "a2"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "b1").write_text("")
    line, sink = TextLine(Fields("line")), MemoryTap()
    kept = GlobHfs(line, f"{mount}/a*", lambda path: path.endswith("2"))
    for tap in (kept, MultiSourceTap(kept)):
        run(on_spark(sc), {"p": tap}, {"p": sink}, Pipe("p"))
        assert [("a2",)] == sink.rows
    for pattern, says in (("b*", "holds only empty files"), ("c*", "no file or folder")):
        with pytest.raises(TapError, match=says):
            run(on_spark(sc), {"p": GlobHfs(line, f"{mount}/{pattern}")}, {"p": sink}, Pipe("p"))


def test_partitions_are_refused_by_name(sc: Any, mount: str) -> None:
    tap = PartitionTap(Hfs(TextLine(Fields("line")), mount), DelimitedPartition("k"))
    with pytest.raises(Unsupported, match="A PartitionTap cannot be read through Hadoop"):
        run(on_spark(sc), {"p": tap}, {"p": MemoryTap()}, Pipe("p"))
