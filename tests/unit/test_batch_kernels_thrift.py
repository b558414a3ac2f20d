"""Thrift records read as columns hold what they hold read as rows."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.codecs.thrift import ThriftCodec, thrift_struct
from cascade2spark.errors import BadRecord
from cascade2spark.schemes import SourceInfo, ThriftSequenceFile
from cascade2spark.schemes.thrift import ThriftBlock
from tests.fuzz.thrift_mutations import EVENT, damaged, event

FLAT = ["id", "user", "kind", "mobile", "amount", "hour", "flag", "token", "retries"]
PATHS = [*FLAT, "tree.label", "value.number"]
CODEC = ThriftCodec(EVENT)


def block_of(values, keys=None, is_nullable=False):
    return ThriftBlock("x", 0, 0, values, keys, is_nullable, [])


def both(values, fields, wanted=None):
    """Return the rows of a block, read as columns and read as rows; None for what is refused."""
    scheme = ThriftSequenceFile(EVENT, fields=fields)
    info = SourceInfo(scheme.source_fields, wanted)
    bad = []
    rows = [
        row for rows in scheme.reader(info).rows([block_of(values)], bad.append) for row in rows
    ]
    try:
        columns = rows_of(reader_kernel(scheme, info)(block_of(values)))
    except NotColumns:
        columns = None
    return columns, None if bad else rows


@given(st.randoms(use_true_random=False), st.integers(1, 20))
@settings(max_examples=20)
def test_columns_are_the_rows(rng, count) -> None:
    values = [CODEC.encode(event(rng)) for _ in range(count)]
    columns, rows = both(values, PATHS)
    assert rows == columns and list(map(repr, rows)) == list(map(repr, columns))
    few, rows = both(values, PATHS, (9, 1))
    assert rows == few


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_damage_is_never_read_as_columns(rng) -> None:
    values = [CODEC.encode(event(rng)) for _ in range(3)]
    values[rng.randrange(3)] = damaged(values[0], rng)
    for fields in (PATHS, ["amount"]):
        columns, rows = both(values, fields)
        assert columns is None or list(map(repr, rows or ())) == list(map(repr, columns))


def test_a_container_of_thousands_and_a_record_unlike_the_others() -> None:
    odd = {"items": [{"sku": n} for n in range(3000)], "user": "x", "tags": ["t"] * 100}
    values = [CODEC.encode(event(random.Random(n))) for n in range(5)] + [CODEC.encode(odd)]
    columns, rows = both(values, PATHS)
    assert rows == columns


def test_a_large_block_is_walked_in_parts() -> None:
    values = [
        CODEC.encode({"id": n, **({"user": str(n)} if n < 4096 else {})}) for n in range(4100)
    ]
    columns, rows = both(values, ["id", "user", "mobile"])
    assert rows == columns and (4095, "4095", None) == rows[4095] and (4096, None, None) == rows[-4]


def test_records_of_another_order_and_repeated_fields() -> None:
    user, number = b"\x0b\0\2\0\0\0\1u", b"\x0a\0\1" + bytes(7) + b"\5"
    tree = b"\x0c\0\x0f\x0b\0\1\0\0\0\1t\0"
    values = [user + number + b"\0", number + user + number + b"\0", tree + tree[:3] + b"\0\0"]
    columns, rows = both(values, ["id", "user", "tree.label"])
    assert [(5, "u", None), (5, "u", None), (None, None, None)] == rows == columns


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\x0b\0\2\xff\xff\xff\xff\0",
        b"\x0b\0\2\x7f\xff\xff\xff\0",
        b"\x0f\0\x63\x0b\x7f\xff\xff\xff\0",
        b"\x0f\0\x63\x0b\xff\xff\xff\xff\0",
        b"\x4d\0\x63\0",
        b"\x0c\0\x63" * 200 + bytes(201),
        b"\x0b\0\2\0\0\0\1\xff\0",
    ],
)
def test_what_is_not_exact_as_columns_is_left_to_the_rows(data) -> None:
    assert both([CODEC.encode({"id": 1}), data], ["id", "user"])[0] is None


def test_keys_are_a_column() -> None:
    scheme = ThriftSequenceFile(EVENT, fields=["id"], key="offset")
    read = reader_kernel(scheme, SourceInfo(scheme.source_fields, (1, 0)))
    assert [(5, 7)] == rows_of(read(block_of([CODEC.encode({"id": 5})], [7])))


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"protocol": "compact"}, None),
        ({"text": "strict"}, None),
        ({"as_object": True}, None),
        ({"fields": ["id", "tags"]}, None),
        ({"fields": ["id"]}, ()),
    ],
)
def test_what_has_no_column_form_is_read_as_rows(more, wanted) -> None:
    scheme = ThriftSequenceFile(EVENT, **more)
    assert reader_kernel(scheme, SourceInfo(scheme.source_fields, wanted)) is None


def test_defaults_are_filled_in() -> None:
    struct = thrift_struct(
        'struct D { 1: string a = "x", 2: double b = 2, 3: bool c = true, 4: binary d = "y" }'
    )
    scheme = ThriftSequenceFile(struct)
    read = reader_kernel(scheme, SourceInfo(scheme.source_fields))
    (row,) = rows_of(read(block_of([b"\0"])))
    assert ("x", 2.0, True, b"y") == row == ThriftCodec(struct).decode_row(b"\0")


def test_defaults_of_fields_in_a_struct_are_left_to_the_rows() -> None:
    idl = 'struct In { 1: string a = "x", 2: i32 b } struct Out { 1: In i, 2: In j = {"a": "y"} }'
    struct = thrift_struct(idl, "Out")
    for path, is_read in (("i.a", False), ("j.b", False), ("i.b", True)):
        scheme = ThriftSequenceFile(struct, fields=[path])
        read = reader_kernel(scheme, SourceInfo(scheme.source_fields))
        assert is_read == (read is not None)


def test_empty_blocks() -> None:
    scheme = ThriftSequenceFile(EVENT, fields=FLAT)
    assert [] == rows_of(reader_kernel(scheme, SourceInfo(scheme.source_fields))(block_of([])))
    with pytest.raises(BadRecord):
        CODEC.decode(b"")
