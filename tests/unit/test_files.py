"""Listing, splitting, and reading byte ranges as whole lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import re
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.errors import BadRecord, TapError, Unsupported
from cascade2spark.files import (
    FileInfo,
    LineBlock,
    Split,
    as_path_text,
    can_split_charset,
    compress,
    delete_path,
    is_driver_only,
    line_offsets,
    list_files,
    local_path,
    modified_time,
    pack_splits,
    path_exists,
    read_line_blocks,
    route_of,
    split_file,
    split_lines,
    split_text_lines,
    wave_bytes,
)

BOM = b"\xef\xbb\xbf"
line_bytes = st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", b""]), max_size=24).map(
    b"".join
)


def whole(path: Path) -> Split:
    (split,) = split_file(FileInfo(str(path), path.stat().st_size), 0)
    return split


def read(path: Path, split: Split | None = None, **settings: object) -> list[LineBlock]:
    return list(read_line_blocks(split or whole(path), **settings))  # type: ignore[arg-type]


def expected_lines(data: bytes) -> list[bytes]:
    lines = re.split(rb"\r\n|\r|\n", data)
    return lines if lines[-1] else lines[:-1]


# -- routes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("data/a.txt", "local"),
        ("/data/a.txt", "local"),
        ("file:/data/a", "local"),
        ("file:///data/a", "local"),
        ("a:b", "local"),
        ("s3://bucket/a", "fsspec"),
        ("s3a://bucket/a", "fsspec"),
        ("memory://a", "fsspec"),
        ("hdfs://name/a", "hadoop"),
        ("hdfs:/a", "hadoop"),
        ("gs://bucket/a", "hadoop"),
        ("abfss://box@account/a", "hadoop"),
        ("https://host/a", "hadoop"),
    ],
)
def test_route_is_told_by_the_scheme(path: str, route: str) -> None:
    assert route_of(path) == route


def test_paths_may_be_text_or_path_objects() -> None:
    assert as_path_text(Path("a") / "b") == "a/b"
    assert local_path("file:///x/y") == local_path("file:/x/y") == "/x/y"
    assert local_path("x") == os.path.join(os.getcwd(), "x")
    assert is_driver_only("memory://x") and not is_driver_only("x")


def test_a_hadoop_path_is_refused_without_spark() -> None:
    with pytest.raises(Unsupported, match="hdfs://n/a is reached through Hadoop's file system"):
        list_files("hdfs://n/a")


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(protocol: str, **options: object) -> object:
        raise ImportError("Install s3fs")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(TapError) as caught:
        list_files("s3a://bucket/a")
    assert caught.value.fix == 'pip install "cascade2spark[s3]"'


# -- listing -------------------------------------------------------------------------------------


def make_tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def names(infos: tuple[FileInfo, ...], folder: Path) -> list[str]:
    return [os.path.relpath(info.path, folder) for info in infos]


def test_a_folder_gives_its_visible_files_by_name(tmp_path: Path) -> None:
    make_tree(tmp_path, "b", "a", "_SUCCESS", ".a.crc", "_logs/x")
    found = list_files(tmp_path)
    assert names(found, tmp_path) == ["a", "b"]
    assert [info.size for info in found] == [1, 1]
    assert found[0].modified_s == pytest.approx(os.path.getmtime(tmp_path / "a"))


def test_a_file_named_outright_is_read_though_hidden(tmp_path: Path) -> None:
    make_tree(tmp_path, "_a")
    assert names(list_files(tmp_path / "_a"), tmp_path) == ["_a"]


def test_a_folder_in_a_folder_is_read_or_refused_never_skipped(tmp_path: Path) -> None:
    make_tree(tmp_path, "b", "a/y", "a/x/z", "a/_t/q")
    assert names(list_files(tmp_path, recursive=True), tmp_path) == ["a/x/z", "a/y", "b"]
    assert names(list_files(tmp_path, recursive=True, depth=1), tmp_path) == ["a/y", "b"]
    with pytest.raises(TapError, match="holds a folder"):
        list_files(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("part-*", ["part-0", "part-1"]),
        ("part-?", ["part-0", "part-1"]),
        ("part-[^0]", ["part-1"]),
        ("{part-1,day=1}", ["part-1", "day=1/x"]),
        ("day={1,{2,3}}", ["day=1/x", "day=2/x"]),
        ("day=*", ["day=1/x", "day=2/x"]),
    ],
)
def test_globs_match_as_in_hadoop(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    make_tree(tmp_path, "part-0", "part-1", "_part-2", "day=1/x", "day=2/x")
    assert sorted(names(list_files(f"{tmp_path}/{pattern}"), tmp_path)) == sorted(expected)


def test_a_path_that_exists_is_no_glob(tmp_path: Path) -> None:
    make_tree(tmp_path, "[a]", "a")
    assert names(list_files(tmp_path / "[a]"), tmp_path) == ["[a]"]


def test_several_paths_keep_their_order(tmp_path: Path) -> None:
    make_tree(tmp_path, "b", "a")
    assert names(list_files([tmp_path / "b", tmp_path / "a"]), tmp_path) == ["b", "a"]


def test_a_missing_path_names_the_nearest_existing_one(tmp_path: Path) -> None:
    make_tree(tmp_path, "visits/2020.tsv")
    with pytest.raises(TapError, match="nothing exists at") as caught:
        list_files(tmp_path / "vists" / "2020.tsv")
    assert caught.value.nearest == str(tmp_path / "visits")
    with pytest.raises(TapError) as caught:
        list_files(tmp_path / "visits" / "2021.tsv")
    assert caught.value.nearest == str(tmp_path / "visits" / "2020.tsv")
    with pytest.raises(TapError, match="no file matches"):
        list_files(f"{tmp_path}/*.csv")


def test_memory_files_are_listed_and_read() -> None:
    system = fsspec.filesystem("memory")
    system.pipe("/unit/a.txt", b"x\ny\n")
    (info,) = list_files("memory://unit/a.txt")
    (split,) = split_file(info, 100)
    assert [block.data for block in read_line_blocks(split)] == [b"x\ny\n"]
    system.rm("/unit", recursive=True)


def test_what_is_there_and_when(tmp_path: Path) -> None:
    make_tree(tmp_path, "d/a", "d/b")
    os.utime(tmp_path / "d/a", (5, 5))
    os.utime(tmp_path / "d/b", (9, 9))
    assert modified_time(tmp_path / "d") == 9
    assert modified_time(tmp_path / "none") is None
    assert path_exists(f"{tmp_path}/d/*") and not path_exists(f"{tmp_path}/e*")
    assert delete_path(tmp_path / "d") and not delete_path(tmp_path / "d")
    assert not path_exists(tmp_path / "d")


# -- splits --------------------------------------------------------------------------------------


@given(size=st.integers(0, 500), target=st.integers(1, 100))
def test_splits_cover_the_file_once(size: int, target: int) -> None:
    splits = split_file(FileInfo("f", size), target)
    assert [split.start for split in splits] == [0, *(split.end for split in splits[:-1])]
    assert splits[-1].end == size
    assert all(split.length <= target * 1.1 for split in splits)
    assert all(split.length == target for split in splits[:-1])


def test_a_small_tail_joins_the_last_split() -> None:
    assert [split.length for split in split_file(FileInfo("f", 210), 100)] == [100, 110]
    assert [split.length for split in split_file(FileInfo("f", 211), 100)] == [100, 100, 11]


@pytest.mark.parametrize("name", ["logs/a.lzo", "a.snappy", "a.LZ4", "part-00000.lzo_deflate"])
def test_what_hadoop_alone_unpacks_is_no_text(name: str) -> None:
    with pytest.raises(Unsupported, match=r"(?s)which is not read as text.*unpack it first"):
        split_file(FileInfo(name, 900), 100)


def test_compressed_and_uncuttable_files_are_one_split() -> None:
    assert len(split_file(FileInfo("f.gz", 900), 100)) == 1
    assert split_file(FileInfo("f.GZ", 900), 100)[0].compression == "gzip"
    assert len(split_file(FileInfo("f", 900), 100, can_split=False)) == 1


@given(
    sizes=st.lists(st.integers(0, 50), max_size=20),
    target=st.integers(1, 100),
    most=st.none() | st.integers(1, 4),
)
def test_packs_keep_order_and_stay_small(sizes: list[int], target: int, most: int | None) -> None:
    splits = [Split(str(at), 0, size, size) for at, size in enumerate(sizes)]
    packs = pack_splits(splits, target, most)
    assert [split for pack in packs for split in pack] == splits
    assert all(pack and len(pack) <= (most or 99) for pack in packs)
    most_bytes = 1.03 * target  # a few bytes too many make no pack of their own
    assert all(len(pack) == 1 or sum(s.length for s in pack) <= most_bytes for pack in packs)
    for pack, following in pairwise(packs):
        is_full = sum(split.length for split in (*pack, following[0])) > most_bytes
        assert is_full or len(pack) == most


@pytest.mark.parametrize(
    ("total", "tasks_at_once", "most", "share"),
    [(112, 4, 32, 28), (128, 4, 32, 32), (129, 4, 32, 17), (10, 4, 32, 3), (0, 4, 32, 0)],
)
def test_tasks_fill_whole_waves(total: int, tasks_at_once: int, most: int, share: int) -> None:
    assert wave_bytes(total, tasks_at_once, most) == share


def test_splits_pickle() -> None:
    split = Split("f.gz", 0, 9, 9, "gzip")
    assert pickle.loads(pickle.dumps(split)) == split


# -- lines ---------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(data=line_bytes, cuts=st.lists(st.integers(0, 60), max_size=4), block=st.integers(1, 9))
def test_every_cut_gives_each_line_once(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int], block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.txt"
    path.write_bytes(data)
    size = len(data)
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < size), size]
    lines: list[bytes] = []
    position = 0
    starts = {0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", data))}
    for start, end in pairwise(edges):
        for found in read_line_blocks(Split(str(path), start, end, size), block_bytes=block):
            assert found.offset == position
            assert found.starts_file == (found.offset == 0)
            assert found.data
            position += len(found.data)
            own = line_offsets(found)
            assert all(start <= offset < end and offset in starts for offset in own)
            pieces = split_lines(found.data)
            assert len(own) == len(pieces)
            lines.extend(pieces)
    assert position == size
    assert lines == expected_lines(data)


@given(line_bytes)
def test_lines_end_at_three_signs_only(data: bytes) -> None:
    assert split_lines(data) == expected_lines(data)
    assert split_text_lines(data.decode()) == [line.decode() for line in expected_lines(data)]


def test_other_signs_end_no_line() -> None:
    text = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029b"
    assert split_text_lines(text) == [text]


def test_long_lines_make_long_blocks(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100_000 + b"\r" + b"y" * 70_000)
    assert [len(block.data) for block in read(path, block_bytes=1000)] == [100_001, 70_000]
    parts = [Split(str(path), at, min(at + 999, 170_001), 170_001) for at in range(0, 170_001, 999)]
    assert [len(b.data) for part in parts for b in read(path, part)] == [100_001, 70_000]


def test_crlf_across_the_edge_buffer_is_one_line_end(tmp_path: Path) -> None:
    path = tmp_path / "f"
    data = b"x" * (64 << 10) + b"\r\nrest"
    for shift in (-2, -1, 0, 1, 2):
        path.write_bytes(data[max(0, shift) :] if shift >= 0 else b"x" * -shift + data)
        size = path.stat().st_size
        parts = [Split(str(path), 0, 1, size), Split(str(path), 1, size, size)]
        found = [block.data for part in parts for block in read(path, part)]
        assert [split_lines(block)[0][-4:] for block in found] == [b"xxxx", b"rest"]


def test_a_byte_order_mark_is_left_out_of_the_first_range_only(tmp_path: Path) -> None:
    path = tmp_path / "f"
    data = BOM + b"a\n" + BOM + b"b\n"
    path.write_bytes(data)
    for cut in range(1, len(data)):
        parts = [Split(str(path), 0, cut, len(data)), Split(str(path), cut, len(data), len(data))]
        blocks = [block for part in parts for block in read(path, part)]
        assert b"".join(block.data for block in blocks) == data[3:]
        assert [offset for block in blocks for offset in line_offsets(block)] == [0, 5]
    assert b"".join(block.data for block in read(path, charset="latin-1")) == data


def test_only_a_mark_is_an_empty_file(tmp_path: Path) -> None:
    for data in (b"", BOM):
        (tmp_path / "f").write_bytes(data)
        assert read(tmp_path / "f") == []


@pytest.mark.parametrize(
    ("extension", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".deflate", zlib.compress),
    ],
)
def test_compressed_files(tmp_path: Path, extension: str, pack: Callable[[bytes], bytes]) -> None:
    data = b"".join(b"line %d\r\n" % number for number in range(30_000))
    path = tmp_path / f"f{extension}"
    # Several members, as when files are laid end to end; cut inside a line end.
    cut = data.index(b"\r", 1000) + 1
    path.write_bytes(pack(BOM + data[:cut]) + pack(b"") + pack(data[cut:]))
    blocks = read(path, block_bytes=10_000)
    assert b"".join(block.data for block in blocks) == data
    assert blocks[0].offset == 3 and blocks[0].starts_file
    assert all(block.data.endswith(b"\r\n") for block in blocks)

    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TapError, match="ends in the middle of its data") as caught:
        read(path)
    assert str(path) in caught.value.headline and "byte" in str(caught.value.details["offset"])

    broken = bytearray(pack(data))
    broken[len(broken) // 2 : len(broken) // 2 + 8] = b"\xff" * 8
    path.write_bytes(broken)
    with pytest.raises(TapError, match=r"is damaged|ends in the middle"):
        read(path)


@pytest.mark.parametrize("codec", ["gzip", "bz2", "xz", "deflate"])
def test_compress_writes_what_is_read(tmp_path: Path, codec: str) -> None:
    extension = {"gzip": "gz", "xz": "xz", "bz2": "bz2", "deflate": "deflate"}[codec]
    path = tmp_path / f"f.{extension}"
    path.write_bytes(compress(b"a\n", codec) + compress(b"b\n", codec))
    assert b"".join(block.data for block in read(path)) == b"a\nb\n"


def test_zero_padding_after_a_member_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(b"a\n") + b"\0" * 512)
    assert [block.data for block in read(path)] == [b"a\n"]


def test_zstd(tmp_path: Path) -> None:
    path = tmp_path / "f.zst"
    try:
        packed = compress(b"a\r\nb", "zstd")
    except TapError as missing:
        assert missing.fix == 'pip install "cascade2spark[codecs]"'
        path.write_bytes(b"x")
        with pytest.raises(TapError, match="zstd"):
            read(path)
        return
    path.write_bytes(packed + packed)
    assert b"".join(block.data for block in read(path)) == b"a\r\nba\r\nb"
    path.write_bytes(packed[:-2])
    with pytest.raises(TapError, match="ends in the middle"):
        read(path)


@pytest.mark.parametrize("charset", ["UTF-16", "UTF-16LE", "UTF-32", "UTF-16BE"])
def test_wide_charsets_are_read_whole_as_utf_8(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "f"
    text = "ä\u0a0d\r\nb\n€"  # U+0A0D holds the bytes of both line ends
    path.write_bytes(text.encode(charset))
    assert not can_split_charset(charset)
    (split,) = split_file(FileInfo(str(path), path.stat().st_size), 2, can_split=False)
    blocks = read(path, split, charset=charset, block_bytes=4)
    assert b"".join(block.data for block in blocks).decode() == text


def test_utf_16_without_a_mark_is_big_endian(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes("ab\n".encode("utf-16-be"))
    assert [block.data for block in read(tmp_path / "f", charset="UTF-16")] == [b"ab\n"]


def test_bytes_that_are_no_text_of_a_wide_charset_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes("a\n".encode("utf-16") + b"\x00\xdc")
    with pytest.raises(BadRecord, match="not utf-16") as caught:
        read(path, charset="UTF-16")
    assert caught.value.payload == (b"\x00\xdc",)


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "US-ASCII", "windows-1252", "GBK"])
def test_charsets_with_ascii_line_ends_can_be_cut(charset: str) -> None:
    assert can_split_charset(charset)


@pytest.mark.parametrize("charset", ["utf-7", "iso2022_jp", "cp037", "hz"])
def test_other_charsets_cannot(charset: str) -> None:
    assert not can_split_charset(charset)


def test_a_file_that_shrank_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a\n")
    with pytest.raises(TapError, match="became shorter"):
        read(tmp_path / "f", Split(str(tmp_path / "f"), 0, 9, 9))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapError, match=f"cannot read {tmp_path}/f"):
        read(tmp_path / "f", Split(str(tmp_path / "f"), 0, 9, 9))
