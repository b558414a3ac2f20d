"""Text in columns of fixed width."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.errors import BuildError, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock
from cascade2spark.schemes import FixedWidth, SourceInfo
from cascade2spark.types import DateType
from tests.unit.stored_files import refuse

ABC = Fields("a", "b", "c")


def scheme_of(**more: Any) -> FixedWidth:
    return FixedWidth(ABC, [3, 4, 2], types=more.pop("types", [str, int, str]), **more)


def read(
    scheme: FixedWidth,
    text: str | bytes,
    wanted: tuple[int, ...] | None = None,
    bad: list[Any] | None = None,
) -> list[tuple[Any, ...]]:
    data = text.encode(scheme.charset) if isinstance(text, str) else text
    reader = scheme.reader(SourceInfo(scheme.source_fields, wanted))
    on_bad = refuse if bad is None else bad.append
    return [row for rows in reader.rows([LineBlock(data, 0, "f", True)], on_bad) for row in rows]


def read_columns(scheme: FixedWidth, text: str, wanted: Any = None) -> list[tuple[Any, ...]]:
    kernel = reader_kernel(scheme, SourceInfo(scheme.source_fields, wanted))
    assert kernel is not None
    return rows_of(kernel(LineBlock(text.encode(), 0, "f", True)))


LINES = "ann  12xy\n     -3  \n é  7   z\n"
ROWS = [("ann", 12, "xy"), (None, -3, None), ("é", 7, "z")]


@pytest.mark.parametrize("wanted", [None, (0,), (2, 1), (1,)])
def test_lines_are_cut_at_the_widths(wanted: Any) -> None:
    expected = ROWS if wanted is None else [tuple(row[at] for at in wanted) for row in ROWS]
    if wanted is not None:
        lines = LINES
        assert read(scheme_of(), "ann  12xy\r\n", wanted) == expected[:1]
    lines = "ann  12xy\n     -3  \n é 7    z\n"
    rows = [("ann", 12, "xy"), (None, -3, None), ("é", 7, "z")]
    expected = rows if wanted is None else [tuple(row[at] for at in wanted) for row in rows]
    assert read(scheme_of(), lines, wanted) == expected
    assert read_columns(scheme_of(), lines, wanted) == expected


def test_blanks_may_be_part_of_values() -> None:
    scheme = FixedWidth(Fields("a", "b"), [3, 2], trim=False)
    assert read(scheme, "a   b\n") == [("a  ", " b")] == read_columns(scheme, "a   b\n")


@pytest.mark.parametrize("line", ["ann  12x", "ann  12xyz", ""])
def test_a_line_of_another_length_is_bad_when_strict(line: str) -> None:
    bad: list[Any] = []
    assert read(scheme_of(), f"ann  12xy\n{line}\n", None, bad) == ROWS[:1]
    (error,) = bad
    assert error.payload == (line,)
    assert str(error).splitlines() == [
        "a line has the wrong number of characters",
        "  file        f",
        "  offset      10",
        f"  line        {line!r}",
        "  expected    9",
        f"  found       {len(line)}",
    ]
    with pytest.raises(NotColumns, match="different widths"):
        read_columns(scheme_of(), f"ann  12xy\n{line}\n")


def test_lines_are_filled_and_cut_when_not_strict() -> None:
    scheme = scheme_of(strict=False)
    assert read(scheme, "ann\nann  12xyz\n\n") == [
        ("ann", None, None),
        ("ann", 12, "xy"),
        (None, None, None),
    ]
    assert reader_kernel(scheme, SourceInfo(ABC)) is None


@pytest.mark.parametrize("wanted", [None, (0,)])
def test_a_value_that_cannot_become_its_type(wanted: Any) -> None:
    line = "ann12.5xy\n"
    kept = ("ann", None, "xy") if wanted is None else ("ann",)
    assert read(scheme_of(), line, wanted) == [kept]
    bad: list[Any] = []
    assert read(scheme_of(safe=False), line, wanted, bad) == []
    assert bad[0].payload == ("ann12.5xy",)
    assert bad[0].headline.startswith("a value cannot become its type")
    with pytest.raises(NotColumns):
        read_columns(scheme_of(safe=False), line, wanted)


def test_bytes_that_are_no_text() -> None:
    bad: list[Any] = []
    assert read(scheme_of(), b"ann  12xy\n\xff\xff\n", None, bad) == ROWS[:1]
    assert bad[0].payload == (b"\xff\xff",)


def test_numbers_stand_to_the_right() -> None:
    fields = Fields("a", "b", "c").apply_types(str, int, DateType("yy"))
    writer = FixedWidth(fields, [3, 4, 2]).writer(fields)
    assert writer.encode([("é", 12, 0), (None, None, None)]) == "é    1270\n         \n".encode()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("long", 1, "x"), "'long' has 4 characters, 'a' has room for 3"),
        (("x", 12345, "x"), "'12345' has 5 characters, 'b' has room for 4"),
        (("x\n", 1, "x"), "'a' holds a line end"),
    ],
)
def test_nothing_is_cut_in_writing(row: tuple[Any, ...], message: str) -> None:
    with pytest.raises(RunError, match=f"a row cannot be written: .*{message}") as caught:
        scheme_of().writer(ABC).encode([row])
    assert caught.value.row == row
    with pytest.raises(RunError, match="a row of 2 values cannot be written to 3 fields"):
        scheme_of().writer(ABC).encode([("x", 1)])


def test_what_cannot_be_built() -> None:
    with pytest.raises(BuildError, match="needs a width for each field, and has 2 widths"):
        FixedWidth(ABC, [1, 2])
    with pytest.raises(BuildError, match="a width is a number of characters, 1 or more"):
        FixedWidth(ABC, [1, 0, 2])
    with pytest.raises(BuildError, match="needs a width for each field"):
        FixedWidth(Fields.ALL, [])
    with pytest.raises(PlanError, match="FixedWidth cannot write utf-16, only read it"):
        scheme_of(charset="UTF-16").writer(ABC)


def test_other_charsets() -> None:
    scheme = scheme_of(charset="ISO-8859-1")
    assert scheme.writer(ABC).encode([("é", 1, "x")]) == b"\xe9     1x \n"
    assert read(scheme, b"\xe9     1x \n") == [("é", 1, "x")]
    assert reader_kernel(scheme, SourceInfo(ABC)) is None


def test_it_is_frozen_data(tmp_path: Path) -> None:
    scheme = scheme_of()
    assert pickle.loads(pickle.dumps(scheme)) == scheme == scheme_of()
    assert hash(scheme) == hash(scheme_of())
    assert scheme != scheme_of(trim=False)


TEXT = st.text(st.sampled_from("xyé0"), min_size=1, max_size=3)


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | st.integers(-999, 9999)), max_size=9))
@settings(max_examples=30)
def test_law_what_is_written_is_read_as_rows_and_as_columns(rows: list[Any]) -> None:
    scheme = FixedWidth(Fields("a", "b"), [3, 4], types=[str, int])
    text = scheme.writer(scheme.fields).encode(rows).decode()
    if text:
        assert read(scheme, text) == rows == read_columns(scheme, text)
