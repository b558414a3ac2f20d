"""Writables: the bytes of each class, what it refuses, and how classes are named."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.vints import FormatError, decode_lengths, encode_vint, read_vint
from cascade2spark.codecs.writable_containers import ArrayWritable, MapWritable
from cascade2spark.codecs.writable_types import writable_of
from cascade2spark.codecs.writables import (
    BooleanWritable,
    BytesWritable,
    ByteWritable,
    DoubleWritable,
    FloatWritable,
    IntWritable,
    LongWritable,
    NullWritable,
    RawWritable,
    ShortWritable,
    Text,
    VIntWritable,
    VLongWritable,
)
from cascade2spark.errors import BuildError


@pytest.mark.parametrize(
    ("writable", "values", "stored"),
    [
        (IntWritable(), [1, -1, 2**31 - 1], "00000001 ffffffff 7fffffff"),
        (LongWritable(), [1, -(2**63)], "0000000000000001 8000000000000000"),
        (ShortWritable(), [-2], "fffe"),
        (ByteWritable(), [-1, 127], "ff 7f"),
        (FloatWritable(), [1.5], "3fc00000"),
        (DoubleWritable(), [-0.5], "bfe0000000000000"),
        (BooleanWritable(), [True, False], "01 00"),
        (NullWritable(), [None, None], ""),
        (BytesWritable(), [b"", b"ab"], "00000000 000000026162"),
        (Text(), ["", "ü"], "00 02c3bc"),
        (VIntWritable(), [0, 127, 128, -112, -113, -(2**31)], "00 7f 8f80 90 8770 847fffffff"),
        (VLongWritable(), [2**63 - 1], "887fffffffffffffff"),
        (RawWritable("com.example.Event"), [b"", b"xy"], "7879"),
        (ArrayWritable(IntWritable()), [[], [1, 2]], "00000000 000000020000000100000002"),
        (MapWritable(), [{"k": 1}, {}], "00 00000001 8c016b 8500000001 00 00000000"),
    ],
)
def test_values_have_hadoops_bytes(writable, values, stored) -> None:
    encoded = writable.encode_all(values)
    assert bytes.fromhex(stored) == b"".join(encoded)
    assert [writable.encode(value) for value in values] == encoded
    assert values == writable.decode_all(encoded)
    assert values == writable.decode_run(b"".join(encoded), list(map(len, encoded)))
    assert values == [writable.decode(one) for one in encoded]


def test_maps_name_the_classes_that_have_no_number() -> None:
    value = {"a": 1.5, "b": {"c": None}, "d": 2**40, "e": b"x", "f": True, 2: 0.5}
    data = MapWritable().encode(value)
    assert 1 == data.count(b"org.apache.hadoop.io.DoubleWritable")
    assert value == MapWritable().decode(data)


@pytest.mark.parametrize(
    ("writable", "value", "message"),
    [
        (IntWritable(), 2**31, "IntWritable has no value for int 2147483648"),
        (LongWritable(), None, "LongWritable has no value for NoneType None"),
        (BooleanWritable(), 1, "BooleanWritable has no value for int 1"),
        (BytesWritable(), "text", "BytesWritable has no value for str 'text'"),
        (Text(), "\ud800", "Text has no value for str '\\ud800'"),
        (Text(), b"x", "Text has no value for bytes"),
        (NullWritable(), 0, "NullWritable has no value for int 0"),
        (VIntWritable(), -(2**31) - 1, "VIntWritable has no value for int -2147483649"),
        (FloatWritable(), 1e300, "FloatWritable has no value for float 1e+300"),
        (MapWritable(), {"a": object()}, "MapWritable has no value for object"),
        (ArrayWritable(Text()), "ab", "ArrayWritable has no value for str 'ab'"),
        (RawWritable("a.B"), "x", "B has no value for str 'x'"),
    ],
)
def test_values_of_another_class_are_refused_and_nothing_is_taken(writable, value, message) -> None:
    writer = SequenceFileWriter(NullWritable(), writable, compression="block")
    with pytest.raises(FormatError, match=f"^{message}$".replace("\\", r"\\").replace("+", r"\+")):
        writer.encode([None], [value])
    assert b"" == writer.finish()


def test_classes_have_short_and_full_names() -> None:
    assert LongWritable() == writable_of("LongWritable")
    assert Text() == writable_of("org.apache.hadoop.io.Text")
    assert RawWritable("com.example.Text") == writable_of("com.example.Text")


def test_invalid_utf8_is_read_as_hadoop_reads_it() -> None:
    assert "a\ufffdb" == Text().decode(b"\3a\xffb")
    assert ["a\ufffdb"] == Text().decode_all([b"\3a\xffb"])


@hypothesis.given(st.integers(-(2**63), 2**63 - 1))
def test_vints_are_read_back(number) -> None:
    data = encode_vint(number)
    assert (number, len(data)) == read_vint(data, 0)


@hypothesis.given(st.lists(st.integers(0, 2**31 - 1) | st.integers(0, 300)))
def test_lengths_are_read_at_once_as_one_by_one(lengths) -> None:
    data = b"".join(map(encode_vint, lengths))
    assert lengths == list(decode_lengths(data, len(lengths)))
    for count in (len(lengths) - 1, len(lengths) + 1):
        with pytest.raises(FormatError):
            decode_lengths(data, count)


def test_arrays_say_what_they_hold() -> None:
    nested = writable_of("ArrayWritable<ArrayWritable<IntWritable>>")
    assert ArrayWritable(ArrayWritable(IntWritable())) == nested
    assert [[1], []] == nested.decode(nested.encode([[1], []]))
    for name in ("ArrayWritable<Txt>", "org.apache.hadoop.io.ArrayWritable<com.example.Event>"):
        with pytest.raises(BuildError, match=r"(?s)does not store what it holds.*<Text>"):
            writable_of(name)
    # A file's own header does not say it.
    assert RawWritable("org.apache.hadoop.io.ArrayWritable") == writable_of(
        "org.apache.hadoop.io.ArrayWritable"
    )


def test_a_class_may_be_copied_from_java() -> None:
    assert writable_of("LongWritable") == writable_of("LongWritable.class")


def test_many_byte_strings_are_cut_apart_as_one_by_one() -> None:
    kind, values = BytesWritable(), [bytes(range(n % 7)) for n in range(100)]
    stored = kind.encode_all(values)
    whole, lengths = b"".join(stored), list(map(len, stored))
    assert values == kind.decode_run(whole, lengths) == kind.decode_all(stored)
    assert [b""] * 100 == kind.decode_run(bytes(400), bytes([4] * 100))
    moved = [lengths[0] + 1, lengths[1] - 1, *lengths[2:]]
    for data, sizes in (
        (whole, moved),
        (whole + b"x", [*lengths[:-1], lengths[-1] + 1]),
        (b"\xff" + whole[1:], lengths),
    ):
        with pytest.raises(FormatError, match="byte count"):
            kind.decode_run(data, sizes)
