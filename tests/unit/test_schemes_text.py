"""TextLine."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BadRecord, BuildError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo, LineBlock, Split, split_file
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import Compress, Scheme, SourceInfo, TextDelimited, TextLine
from cascade2spark.taps import DirTap, FileTap, Hfs, MemoryTap
from cascade2spark.types import DateType, Float


def refuse(error: BadRecord) -> None:
    raise error


def read(
    scheme: Scheme, data: bytes, source: SourceInfo | None = None, bad: list[Any] | None = None
) -> list[tuple[Any, ...]]:
    reader = scheme.reader(source or SourceInfo(scheme.source_fields))
    blocks = [LineBlock(data, 0, "f.txt", True)] if data else []
    on_bad = refuse if bad is None else bad.append
    return [row for batch in reader.rows(blocks, on_bad) for row in batch]


def test_lines_have_a_byte_offset() -> None:
    assert read(TextLine(), "ä\r\nb\rc\n\nd".encode()) == [
        (0, "ä"),
        (4, "b"),
        (6, "c"),
        (8, ""),
        (9, "d"),
    ]


def test_lines_have_a_number_where_the_tap_counts() -> None:
    fields = Fields("num", "line")
    source = SourceInfo(fields, counts_lines=True)
    assert read(TextLine(), b"a\r\nb\n\nc", source) == [(0, "a"), (1, "b"), (2, ""), (3, "c")]


def test_numbers_go_on_over_blocks_and_begin_again_in_the_next_file() -> None:
    reader = TextLine().reader(SourceInfo(Fields("num", "line"), counts_lines=True))
    blocks = [
        LineBlock(b"a\nb\n", 0, "f", True),
        LineBlock(b"c\n", 4, "f"),
        LineBlock(b"d\n", 0, "g", True),
    ]
    rows = [row for batch in reader.rows(blocks, refuse) for row in batch]
    assert rows == [(0, "a"), (1, "b"), (2, "c"), (0, "d")]
    reader = TextLine().reader(SourceInfo(Fields("num", "line"), counts_lines=True))
    with pytest.raises(TapError, match="cannot be counted from the middle"):
        list(reader.rows([LineBlock(b"c\n", 4, "f")], refuse))


def test_only_a_wanted_line_number_keeps_a_file_in_one_piece() -> None:
    fields = Fields("num", "line")
    assert TextLine().can_split(SourceInfo(fields))
    assert not TextLine().can_split(SourceInfo(fields, counts_lines=True))
    assert TextLine().can_split(SourceInfo(fields, (1,), counts_lines=True))
    assert TextLine("line").can_split(SourceInfo(Fields("line"), counts_lines=True))
    assert not TextLine(charset="UTF-16").can_split(SourceInfo(fields))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((1,), [("a",), ("b",)]),
        ((0,), [(0,), (2,)]),
        ((1, 0), [("a", 0), ("b", 2)]),
        ((), [(), ()]),
    ],
)
def test_only_wanted_values_are_returned(wanted: tuple[int, ...], expected: list[Any]) -> None:
    source = SourceInfo(Fields("offset", "line"), wanted)
    assert read(TextLine(), b"a\nb\n", source) == expected


def test_ranges_of_a_file_have_the_offsets_of_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes("".join(f"zeile {number} ü\r\n" for number in range(5000)).encode())
    scheme = TextLine()
    source = SourceInfo(scheme.source_fields)
    reader = scheme.reader(source)

    def rows(target: int) -> list[tuple[Any, ...]]:
        splits: list[Split] = split_file(FileInfo(str(path), path.stat().st_size), target)
        return [
            row
            for split in splits
            for batch in reader.rows(scheme.blocks(split, source, 999), refuse)
            for row in batch
        ]

    assert rows(777) == rows(1 << 30)
    assert len(rows(777)) == 5000
    content = path.read_bytes()
    assert all(content[at:].startswith(line.encode()) for at, line in rows(777))


def test_batches_are_a_thousand_or_two() -> None:
    reader = TextLine("line").reader(SourceInfo(Fields("line")))
    sizes = [len(b) for b in reader.rows([LineBlock(b"abc\n" * 10_000, 0, "f", True)], refuse)]
    assert sum(sizes) == 10_000
    assert all(1000 <= size <= 2000 for size in sizes[:-1])


def test_undecodable_lines_are_reported_and_the_others_read() -> None:
    bad: list[BadRecord] = []
    assert read(TextLine(), b"a\nb\xff\xfe\nc\n", bad=bad) == [(0, "a"), (6, "c")]
    (error,) = bad
    assert error.payload == (b"b\xff\xfe",)
    assert error.details["file"] == "f.txt" and error.details["offset"] == 2
    source = SourceInfo(Fields("num", "line"), counts_lines=True)
    assert read(TextLine(), b"a\nb\xff\nc\n", source, bad) == [(0, "a"), (2, "c")]
    with pytest.raises(BadRecord, match=r"a line of f\.txt is not utf-8 text"):
        read(TextLine(), b"\xff\n")


def test_another_charset() -> None:
    assert read(TextLine("line", "ISO-8859-1"), b"\xe4\n") == [("ä",)]
    assert TextLine("line", "ISO-8859-1").writer(Fields("line")).encode([("ä",)]) == b"\xe4\n"


def test_utf_16_is_written_with_one_mark() -> None:
    writer = TextLine(charset="UTF-16").writer(Fields("a"))
    data = (writer.header() or b"") + writer.encode([("a",)]) + writer.encode([("b",)])
    assert data == "\ufeffa\nb\n".encode("utf-16-be")


def test_writing_joins_by_tab_with_the_word_null() -> None:
    writer = TextLine().writer(Fields("a", "b", "c"))
    assert writer.header() is None
    rows = [("x", 1, None), (None, True, 1e10), (2.0, False, "")]
    assert writer.encode(rows) == b"x\t1\tnull\nnull\ttrue\t1.0E10\n2.0\tfalse\t\n"


def test_writing_prints_values_not_types() -> None:
    fields = Fields(["when", "share"], [DateType("yyyy"), Float])
    assert TextLine().writer(fields).encode([(0, 0.10000000149011612)]) == b"0\t0.1\n"


def test_rows_of_unknown_fields_may_differ_in_width() -> None:
    assert TextLine().writer(Fields.UNKNOWN).encode([("a", 1), (None,), ()]) == b"a\t1\nnull\n\n"


def test_no_fields_write_empty_lines() -> None:
    assert TextLine().writer(Fields.NONE).encode([(), ()]) == b"\n\n"


def test_a_row_that_cannot_be_written_is_shown() -> None:
    writer = TextLine(charset="US-ASCII").writer(Fields("a"))
    with pytest.raises(RunError, match="cannot be written") as caught:
        writer.encode([("ok",), ("ä",)])
    assert caught.value.row == ("ä",)
    with pytest.raises(RunError, match="2 values cannot be written to 1 fields") as caught:
        writer.encode([("ok",), ("a", "b")])
    assert caught.value.row == ("a", "b")


def test_default_names_follow_the_tap(tmp_path: Path) -> None:
    scheme = TextLine()
    path = tmp_path / "f"
    assert Hfs(scheme, path).retrieve_source_fields() == Fields("offset", "line")
    assert FileTap(scheme, path).retrieve_source_fields() == Fields("num", "line")
    assert DirTap(scheme, path).retrieve_source_fields() == Fields("num", "line")
    own = TextLine(Fields("offset", "line"))
    assert FileTap(own, path).retrieve_source_fields() == Fields("offset", "line")


def test_javas_arguments_are_told_by_their_types() -> None:
    scheme = TextLine(Fields("n", "l"), Fields("x"), "ISO-8859-1", TextLine.Compress.ENABLE, 3)
    assert scheme.source_fields == Fields("n", "l")
    assert scheme.sink_fields == Fields("x")
    assert scheme.charset == "iso8859-1"
    assert (scheme.compression, scheme.num_sink_parts) == ("gzip", 3)
    assert TextLine(Compress.DISABLE).compression is None
    assert TextLine(5).num_sink_parts == 5
    assert TextLine("line").source_fields == Fields("line")
    assert TextLine().sink_fields == Fields.ALL
    assert TextLine("line", sink_fields="x").sink_fields == Fields("x")


@pytest.mark.parametrize("fields", [Fields("a", "b", "c"), Fields.ALL, Fields.NONE])
def test_only_one_or_two_fields_can_be_read(fields: Fields) -> None:
    with pytest.raises(BuildError, match="reads one field"):
        TextLine(fields)


def test_arguments_nothing_takes_are_refused() -> None:
    with pytest.raises(BuildError, match="unknown charset"):
        TextLine("line", "no such charset")
    with pytest.raises(BuildError, match="unknown charset") as caught:
        TextLine("num", "line")
    assert "field names go together: TextLine(('num', 'line'))" == caught.value.fix
    with pytest.raises(BuildError, match="argument 1"):
        TextLine(3.5)
    with pytest.raises(BuildError, match="source_fields twice"):
        TextLine("line", source_fields="x")
    with pytest.raises(BuildError, match="unknown compression"):
        TextLine(compression="rar")


def test_schemes_compare_by_value_and_pickle() -> None:
    assert TextLine("line") == TextLine(Fields("line"))
    assert TextLine("line") != TextLine("other")
    assert pickle.loads(pickle.dumps(TextLine("line"))) == TextLine("line")


@pytest.mark.parametrize("scheme", [TextLine(), TextDelimited(), TextDelimited(Fields("line"))])
def test_a_trap_gets_an_undecodable_line_as_it_was_read(scheme: Scheme) -> None:
    line = b'caf\xe9\tand "more"'
    width = Fields.UNKNOWN if scheme.sink_fields.is_all() else scheme.sink_fields
    writer = scheme.trap_writer(width)
    assert writer.encode([(line,), ("text",)]) == line + b"\ntext\n"


def test_what_a_trap_tells_stands_before_the_line() -> None:
    assert TextLine().trap_writer(Fields.UNKNOWN).encode([("why", b"\xe9")]) == b"why\t\xe9\n"


@pytest.mark.parametrize("row", [(b"\xe9\n",), (b"\xe9", "x"), (b"\xe9", b"\xe9")])
def test_bytes_that_are_no_line_stay_text_in_a_trap(row: tuple[Any, ...]) -> None:
    scheme = TextLine()
    unknown = Fields.UNKNOWN
    assert scheme.trap_writer(unknown).encode([row]) == scheme.writer(unknown).encode([row])


def test_trapped_lines_can_be_mended_and_read_again(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"good\ncaf\xe9\n")
    source, bad = Hfs(TextLine("line"), tmp_path / "in"), Hfs(TextLine(), tmp_path / "bad")
    sink = MemoryTap()
    LocalFlowConnector().connect("j", source, sink, bad, Pipe("j")).complete()
    assert sink.rows == [("good",)]
    (part,) = (tmp_path / "bad").glob("part-*")
    assert part.read_bytes() == b"caf\xe9\n"
