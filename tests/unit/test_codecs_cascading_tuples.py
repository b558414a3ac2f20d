"""Cascading's tuples as bytes: read as it wrote them, written as it writes them, damage told."""

from __future__ import annotations

import io
import math
from decimal import Decimal
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from cascade2spark.codecs import cascading_tuples as tuples
from cascade2spark.codecs.cascading_tuples import CascadingTuple
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.vints import FormatError
from cascade2spark.codecs.writables import RawWritable
from cascade2spark.tuples import Tuple

DATA = Path(__file__).parents[1] / "data"


def read_golden(kind: str, **options) -> list[tuple]:
    """Return the records of a file that Cascading wrote."""
    data = (DATA / f"cascading_tuples_{kind}.seq").read_bytes()
    return list(SequenceFileReader(io.BytesIO(data), "tuples.seq", **options).records())


def goldens() -> list[tuple]:
    return [
        (),
        (None,),
        ("a", "", "grüß 中 😀", "x" * 200),
        (1, -1, 127, 128, -112, -113, 2**31 - 1, -(2**31)),
        (1, -1, 300, 2**63 - 1, -(2**63)),
        (1.5, -0.0, math.nan),
        (1.5, -0.0, math.nan, math.inf),
        (True, False),
        (7, -7),
        ("n", (1, "two", ()), None),
        tuple(range(130)),
        (b"\1\2\3", "t", 5),
        (b"\xc8\1",),
        (Decimal("-12.50"), Decimal("1E+3"), Decimal("123456789012345678901234567890")),
        ("a\0b",),
        (((1,), ("x",)),),
        ((3, (1, 2)),),
    ]


@pytest.mark.parametrize("kind", ["none", "record", "block"])
def test_tuples_that_cascading_wrote_are_read(kind) -> None:
    read = read_golden(kind)
    assert [()] * 17 == [key for key, _ in read]
    assert list(map(repr, goldens())) == [repr(value) for _, value in read]


def test_tuples_are_written_as_cascading_wrote_them() -> None:
    raw = [value for _, value in read_golden("none", value_type=RawWritable(""))]
    tokens = {3: tuples.INT, 5: tuples.FLOAT, 8: tuples.SHORT, 10: tuples.INT}
    for index in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 14):
        row = goldens()[index]
        declared = (tokens[index],) * len(row) if index in tokens else ()
        assert raw[index] == CascadingTuple(declared).encode(row)


def test_tuples_of_bytes_and_tuples_are_read_back() -> None:
    row = ((b"x", bytearray(b"y")), [1, "two", ()], None)
    assert ((b"x", b"y"), (1, "two", ()), None) == CascadingTuple().decode(
        CascadingTuple().encode(row)
    )


@hypothesis.given(
    st.lists(st.none() | st.booleans() | st.text() | st.floats(allow_nan=False) | st.binary()),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-130, 130)),
    st.lists(st.integers(-(2**31), 2**31 - 1)),
)
def test_tuples_of_any_values_are_read_back_and_no_beginning_of_one(values, longs, ints) -> None:
    row = (*values, *longs)
    stored = CascadingTuple().encode(row)
    assert row == CascadingTuple().decode(stored)
    typed = CascadingTuple((tuples.INT,) * len(ints)).encode(tuple(ints))
    assert tuple(ints) == CascadingTuple().decode(typed)
    for data in (stored, typed):
        for size in range(len(data)):
            with pytest.raises(FormatError):
                CascadingTuple().decode(data[:size])


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("05 00", "a tuple of 5 values in 1 bytes"),
        ("01 0b", "token 11, which is not known"),
        ("01 8f80 00", "token 128, which is not known"),
        ("01 01 00000005 61", "5 bytes are said to follow where 1 do"),
        ("01 05 8f", "the data ends inside a number"),
        ("01 04 8cffffffff", "4294967295 does not fit 32 bits"),
        ("01 00 00", "Tuple of 2 bytes in 3 bytes"),
        ("01 20 00000001 61", "a value of class 'a', of which nothing is known"),
        ("01 7d 00000001 05 7fffffff", "a BigDecimal of scale"),
        ("01 08" * 20_000 + "00", "nested too deeply"),
    ],
)
def test_damaged_tuples_are_told(stored, words) -> None:
    with pytest.raises(FormatError, match=words):
        CascadingTuple().decode(bytes.fromhex(stored))


@pytest.mark.parametrize(
    ("tokens", "row", "words"),
    [
        ((), "text", "a tuple is needed, not str"),
        ((tuples.INT,), (2**31,), "int 2147483648 is no Integer"),
        ((tuples.STRING,), (5,), "int 5 is no String"),
        ((), (2**63,), "int 9223372036854775808 is no Long"),
        ((), ({},), "a tuple cannot store a dict"),
        ((), (Decimal("NaN"),), r"Decimal Decimal\('NaN'\) is no BigDecimal"),
        ((tuples.INT,), (1, 2), "a tuple of 2 values where 1 are declared"),
    ],
)
def test_rows_that_no_tuple_can_store_are_refused(tokens, row, words) -> None:
    with pytest.raises(FormatError, match=f"^{words}$"):
        CascadingTuple(tokens).encode(row)


def test_tuples_of_the_library_are_stored_as_plain_ones() -> None:
    nested = (Tuple(1, "a"), [Tuple(2)], Tuple())
    plain = ((1, "a"), ((2,),), ())
    assert CascadingTuple().encode(plain) == CascadingTuple().encode(nested)
    assert CascadingTuple().encode((1, "a")) == CascadingTuple().encode(Tuple(1, "a"))
