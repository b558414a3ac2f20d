"""Blocks read as columns give the rows that the scheme's own reader gives, or are not read so."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark import types
from cascade2spark.batch.batches import NotColumns, rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock, Split, read_line_blocks
from cascade2spark.schemes import Scheme, TextDelimited, TextLine
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.types import BigDecimal, Object, String

# What Java, Python and Arrow each read a little differently.
NUMBERS = [
    *("1", "-1", "+1", "007", "-0", "0", " 1", "1 ", "1_0", "0x1F", "0X1f", "1e3", "1E+3", "1L"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "2147483648"),
    *("1.5", "-0.0", ".5", "5.", "+1.5", "1e400", "-1e400", "4.9e-324", "1e-400", "1.5f", "1.5d"),
    *("NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "INF", "infinity", "0x1p3", "1e", "e1"),
    *("true", "null", "", "\u0661", "1\u00a0", "--1", "1.5.1", "١٢"),
]
WORDS = [
    "a",
    "b c",
    "",
    "é",
    "😀",
    "\x00",
    "\u2028",
    "\x85",
    "\x0b",
    "\ufeff",
    '"',
    '"x"',
    "\\",
    "'",
]
CELLS = st.sampled_from([*NUMBERS, *WORDS]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=4
)
LINES = st.lists(CELLS, min_size=1, max_size=4).map("\t".join)
EVEN = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width).map("\t".join), max_size=5
    )
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\n", "\r\n", "\r"])
TYPES = st.sampled_from([None, str, int, float, "int_", "long_", "double_", "Integer", Object])


@st.composite
def file_bytes(draw: st.DrawFn) -> bytes:
    """Return a file: even lines or ragged, one kind of line end or several, odd bytes, a mark."""
    lines = draw(EVEN | st.lists(LINES, max_size=5))
    one_end = draw(ENDS)
    has_odd_ends = draw(st.booleans()) and draw(st.booleans())
    data = b"".join((line + (draw(ENDS) if has_odd_ends else one_end)).encode() for line in lines)
    if draw(st.booleans()):
        data = data.removesuffix(b"\n")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from([b"\xff", b"\xe9", b"\xed\xa0\x80"])) + data[at:]
    return (codecs.BOM_UTF8 if draw(st.integers(0, 4)) == 0 else b"") + data


def blocks_of(data: bytes, folder: Path, block_bytes: int = 1 << 20) -> list[LineBlock]:
    path = folder / "data"
    path.write_bytes(data)
    split = Split(str(path), 0, len(data), len(data))
    return list(read_line_blocks(split, block_bytes=block_bytes))


def fields_of(kinds: list[Any]) -> Fields:
    fields = Fields(*(f"f{at}" for at in range(len(kinds))))
    if kinds == [None] * len(kinds):
        return fields
    named = [getattr(types, kind) if isinstance(kind, str) else kind for kind in kinds]
    return fields.apply_types(*(String if kind is None else kind for kind in named))


def by_rows(scheme: Scheme, info: SourceInfo, block: LineBlock) -> tuple[list[Any], list[Any]]:
    bad: list[BadRecord] = []
    rows = [row for some in scheme.reader(info).rows([block], bad.append) for row in some]
    return rows, [error.payload for error in bad]


def assert_same(scheme: Scheme, info: SourceInfo, blocks: list[LineBlock]) -> int:
    """Compare the two ways block by block; return how many blocks were read as columns."""
    kernel = reader_kernel(scheme, info)
    if kernel is None:
        return 0
    count = 0
    for block in blocks:
        try:
            columns = kernel(block)
        except NotColumns:
            continue
        count += 1
        rows, bad = by_rows(scheme, info, block)
        # repr tells 1 from 1.0, -0.0 from 0.0, and calls one NaN the other.
        assert (list(map(repr, rows)), bad) == (list(map(repr, rows_of(columns))), [])
    return count


@given(
    data=file_bytes(),
    kinds=st.lists(TYPES, min_size=1, max_size=3),
    wanted=st.none() | st.lists(st.integers(0, 2), unique=True, min_size=1),
    has_header=st.booleans(),
    strict=st.booleans(),
    safe=st.booleans(),
    block_bytes=st.sampled_from([4, 1 << 20]),
)
@example(  # a byte order mark
    data=b"\xef\xbb\xbfa\n",
    kinds=[None],
    wanted=None,
    has_header=False,
    strict=False,
    safe=False,
    block_bytes=1 << 20,
)
def test_delimited_text(
    data: bytes,
    kinds: list[Any],
    wanted: list[int] | None,
    has_header: bool,
    strict: bool,
    safe: bool,
    block_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fields = fields_of(kinds)
    scheme = TextDelimited(fields, has_header, "\t", strict=strict, safe=safe)
    kept = None if wanted is None else tuple(at for at in wanted if at < len(fields)) or None
    info = SourceInfo(fields, kept, name="data")
    assert_same(scheme, info, blocks_of(data, tmp_path_factory.getbasetemp(), block_bytes))


@given(
    data=file_bytes(),
    wanted=st.sampled_from([None, (0,), (1,), (1, 0)]),
    block_bytes=st.sampled_from([4, 1 << 20]),
)
@example(data=b"\n", wanted=None, block_bytes=1 << 20)
@example(data=b"\n\n", wanted=(1,), block_bytes=1 << 20)
@example(data=b"a\n\nb", wanted=None, block_bytes=1 << 20)
def test_lines(
    data: bytes,
    wanted: tuple[int, ...] | None,
    block_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    scheme = TextLine()
    info = SourceInfo(scheme.source_fields, wanted, name="data")
    assert_same(scheme, info, blocks_of(data, tmp_path_factory.getbasetemp(), block_bytes))


def test_plain_text_does_become_columns() -> None:
    fields = Fields("a", "b", "c").apply_types(str, int, float)
    scheme = TextDelimited(fields, True, "\t")
    blocks = [LineBlock(b"a\tb\tc\nx\t1\t0.5\n\t\t\n", 0, "p", True), LineBlock(b"y\t2\t1e3", 20)]
    assert 2 == assert_same(scheme, SourceInfo(fields), blocks)
    assert 2 == assert_same(TextLine(), SourceInfo(Fields("offset", "line")), blocks)


def test_lines_know_their_places() -> None:
    kernel = reader_kernel(TextLine(), SourceInfo(Fields("offset", "line")))
    assert kernel is not None
    assert [(100, "a"), (102, ""), (103, "é")] == rows_of(kernel(LineBlock("a\n\né".encode(), 100)))
    # Behind a byte order mark the first line begins at 0.
    assert [(0, "a"), (5, "b")] == rows_of(kernel(LineBlock(b"a\nb\n", 3, "p", True)))


def test_a_column_that_cannot_fail_is_not_looked_at_but_lines_are_still_counted() -> None:
    fields = Fields("a", "b").apply_types(str, int)
    kernel = reader_kernel(TextDelimited(fields, False, ",", safe=True), SourceInfo(fields, (0,)))
    assert kernel is not None
    assert [("x",)] == rows_of(kernel(LineBlock(b"x,not a number\n", 0)))
    with pytest.raises(NotColumns, match="widths"):
        kernel(LineBlock(b"x,1\ny\n", 0))


def test_a_dropped_column_that_may_fail_is_checked() -> None:
    fields = Fields("a", "b").apply_types(str, int)
    kernel = reader_kernel(TextDelimited(fields, False, ",", safe=False), SourceInfo(fields, (0,)))
    assert kernel is not None
    with pytest.raises(NotColumns, match="spelling"):
        kernel(LineBlock(b"x,one\n", 0))


@pytest.mark.parametrize(
    "scheme",
    [
        TextDelimited(Fields("a"), False, ",", '"'),
        TextDelimited(Fields("a"), False, "||"),
        TextDelimited(Fields("a").apply_types(BigDecimal), False, ","),
        TextDelimited(Fields("a"), False, ",", charset="ISO-8859-1"),
        TextLine(charset="UTF-16"),
    ],
    ids=["quoted", "long delimiter", "decimals", "latin", "utf-16"],
)
def test_schemes_that_are_only_read_as_rows(scheme: Scheme) -> None:
    assert reader_kernel(scheme, SourceInfo(scheme.source_fields)) is None


def test_bytes_that_an_ascii_file_cannot_have_are_left_to_the_rows() -> None:
    scheme = TextLine(charset="US-ASCII")
    kernel = reader_kernel(scheme, SourceInfo(Fields("line")))
    assert kernel is not None
    with pytest.raises(NotColumns):
        kernel(LineBlock("é\n".encode(), 0))
