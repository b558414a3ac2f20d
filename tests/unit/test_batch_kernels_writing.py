"""Columns written as bytes are the bytes that the scheme's own writer makes of the rows."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.schemes import Scheme, TextDelimited, TextLine
from cascade2spark.types import DateType, boolean_, double_, int_, long_

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    [
        "a,b",
        '"',
        'say "x"',
        "two\nlines",
        "a\rb",
        "\0",
        ",",
        "",
        "null",
        "é",
        "1",
        "true",
        "2001-02-03",
    ]
)
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)
REAL = st.floats() | st.sampled_from([0.0, -0.0, 1e10, 1e-5, 1.0, float("nan"), float("inf")])
DATES = st.dates()
KINDS: list[st.SearchStrategy[Any]] = [
    TEXTS,
    WHOLE,
    REAL,
    st.booleans(),
    st.binary(max_size=3),
    DATES,
]
COLUMNS = st.sampled_from([*KINDS, st.none()]).flatmap(
    lambda values: st.lists(values | st.none(), min_size=4, max_size=4)
)
TYPES = st.sampled_from(
    [None, str, int, float, bool, object, int_, long_, double_, boolean_, DateType("yyyy-MM-dd")]
)


def bytes_by_rows(scheme: Scheme, fields: Fields, rows: list[Any]) -> bytes | str:
    try:
        return scheme.writer(fields).encode(rows)
    except RunError:
        return "cannot be written"


def bytes_by_columns(scheme: Scheme, fields: Fields, rows: list[Any]) -> bytes | None:
    """Return the bytes, None where only rows will do."""
    kernel = writer_kernel(scheme, fields, scheme.writer(fields))
    try:
        return None if kernel is None else kernel(columns_of(rows, len(fields)))
    except NotColumns:
        return None


@given(
    st.lists(COLUMNS, min_size=1, max_size=3),
    st.lists(TYPES, min_size=3, max_size=3),
    st.integers(0, 4),
    st.sampled_from([",", "\t", "||", "", "\0", '"', "a"]),
    st.sampled_from([None, '"', "'"]),
    st.sampled_from(["UTF-8", "US-ASCII"]),
)
def test_delimited_text(
    columns: list[list[Any]],
    kinds: list[Any],
    count: int,
    delimiter: str,
    quote: str | None,
    charset: str,
) -> None:
    fields = Fields(*(f"f{at}" for at in range(len(columns))))
    if None not in kinds[: len(columns)]:
        fields = fields.apply_types(*kinds[: len(columns)])
    rows = list(zip(*columns, strict=True))[:count]
    quote = None if quote == delimiter else quote
    scheme = TextDelimited(fields, False, delimiter or ",", quote, charset=charset)
    made = bytes_by_columns(scheme, fields, rows)
    assert made is None or made == bytes_by_rows(scheme, fields, rows)


@given(st.lists(COLUMNS, min_size=1, max_size=3), st.sampled_from(["UTF-8", "US-ASCII"]))
def test_lines(columns: list[list[Any]], charset: str) -> None:
    fields = Fields(*(f"f{at}" for at in range(len(columns))))
    rows = list(zip(*columns, strict=True))
    scheme = TextLine(charset=charset)
    made = bytes_by_columns(scheme, fields, rows)
    assert made is None or made == bytes_by_rows(scheme, fields, rows)


def test_plain_columns_are_written_as_columns() -> None:
    rows = [("x", 1, 1.0, True, None), (None, -2, 1e10, False, None)]
    fields = Fields("a", "b", "c", "d", "e")
    assert b"x,1,1.0,true,\n,-2,1.0E10,false,\n" == bytes_by_columns(
        TextDelimited(fields, False, ","), fields, rows
    )
    assert b"x\t1\t1.0\ttrue\tnull\nnull\t-2\t1.0E10\tfalse\tnull\n" == bytes_by_columns(
        TextLine(), fields, rows
    )


def test_a_date_is_written_by_its_type() -> None:
    fields = Fields("day").apply_types(DateType("yyyy/MM/dd"))
    rows = [(datetime.date(2001, 2, 3),), (None,)]
    made = bytes_by_columns(TextDelimited(fields, False, ","), fields, rows)
    assert made == bytes_by_rows(TextDelimited(fields, False, ","), fields, rows)
    assert made == b"2001/02/03\n\n"


@pytest.mark.parametrize("text", ['a "b"', "two\nlines", "a,b", "a\rb", "'"])
def test_a_text_that_arrows_writer_refuses_is_joined(text: str) -> None:
    fields, scheme = Fields("a", "b"), TextDelimited(Fields("a", "b"), False, ",")
    rows = [("x", 1), (text, 2)]
    assert bytes_by_columns(scheme, fields, rows) == bytes_by_rows(scheme, fields, rows)


@pytest.mark.parametrize("sign", [",", '"'])
def test_a_value_that_needs_quotes_is_left_to_the_rows(sign: str) -> None:
    scheme = TextDelimited(Fields("a"), False, ",", '"')
    kernel = writer_kernel(scheme, Fields("a"), scheme.writer(Fields("a")))
    assert kernel is not None
    with pytest.raises(NotColumns, match="quotes"):
        kernel(columns_of([(f"x{sign}y",)], 1))


def test_rows_of_another_width_are_left_to_the_rows() -> None:
    fields = Fields("a", "b")
    kernel = writer_kernel(TextLine(), fields, TextLine().writer(fields))
    assert kernel is not None
    with pytest.raises(NotColumns, match="width"):
        kernel(columns_of([("x",)], 1))
