"""Records of thrift by hundreds: one call of the C codec does what a call for each does."""

from __future__ import annotations

import pickle

import attrs
import pytest

from cascade2spark.codecs import thrift_batch, thrift_codec
from cascade2spark.codecs.thrift import ThriftCodec, thrift_struct
from cascade2spark.errors import BadRecord


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_records_are_read_and_written_by_one_call_as_one_by_one(protocol) -> None:
    codec, classes = ThriftCodec(MANY, protocol), thrift_codec._CLASSES
    records = [codec.decode(codec.encode(one)) for one in many_values()]
    data = [codec.encode(one) for one in records]
    read = thrift_batch.batch_decoder(MANY, None, protocol, classes.stored)
    write = thrift_batch.batch_encoder(MANY, protocol, classes.stored)
    assert records == read(data)
    assert data == write(records)
    assert data == codec.encoder()([*records[:3], codec.unread(data[3]), *records[4:]])
    few = attrs.evolve(codec, fields=["parts", "label"])
    assert [few.decode_row(one) for one in data] == few.row_decoder()(data)


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_one_call_refuses_records_that_do_not_end_where_their_bytes_end(protocol) -> None:
    codec, classes = ThriftCodec(MANY, protocol), thrift_codec._CLASSES
    data = [codec.encode(one) for one in many_values()]
    read = thrift_batch.batch_decoder(MANY, {}, protocol, classes.stored)
    check = thrift_batch.batch_checker(MANY, {2: None}, protocol, classes.view(MANY, {2: None}))
    assert [codec.decode(one).size for one in data] == [one.size for one in check(data)]
    one, other = data[4], data[5]
    for damaged in (
        [one[:-1], other],
        [one, other[:-1]],
        [one + b"\0", other],
        [one, other + b"\0"],
        [one[:-1], b"\0" + other],  # together they are as many bytes as they should be
        [one + other[:3], other[3:]],
        [b"", one + other],
        [one, b""],
    ):
        with pytest.raises(ValueError, match=r"refused|does not end"):
            read(damaged)
        with pytest.raises(ValueError, match=r"refused|does not end"):
            check(damaged)
        with pytest.raises(BadRecord):
            codec.row_decoder()(damaged)


def test_fields_that_are_looked_at_are_read_ahead_and_records_stay_bytes() -> None:
    codec = ThriftCodec(MANY)
    data = [codec.encode(one) for one in many_values()]
    read = codec.unread_decoder()
    first, second = read(data), read(data)
    assert not any(one.__dict__ for one in second)
    labels = [(one.label, one.size) for one in first]
    third = read(data)
    assert not any(one.__dict__ for one in third)  # two have places of their own
    looked = vars(thrift_codec._CLASSES.of(MANY)._unread)["label"]
    missed = looked.missed
    assert labels == [(one.label, one.size) for one in third]
    assert missed == looked.missed  # absent ones neither
    assert data == codec.encoder()(third)
    assert [codec.decode(one) for one in data] == third == first
    more = [(one.on, one.far) for one in read(data)]
    read(data)  # who looks twice at a record reads all of it, and then each is looked at again
    third = read(data)
    assert more == [(one.on, one.far) for one in third]
    assert labels == [(one.label, one.size) for one in third] and data == codec.encoder()(third)
    assert pickle.loads(pickle.dumps(third)) == third == first
    third = read(data)
    third[0].size = 12
    del third[1].label
    assert 12 == codec.decode(codec.encode(third[0])).size
    assert "none" == third[1].label
    assert not third[1].is_set("label")


MANY = thrift_struct(
    """
    struct Part { 1: i32 sku, 2: i16 count = 1, 3: list<string> names }
    union Value { 1: i64 number, 2: string text }
    struct Many {
      1: string label = "none", 2: i32 size, 3: list<Part> parts, 4: map<string, Value> values,
      5: Value value, 6: bool on, 7: set<double> marks, 8: binary token, 300: i64 far
    }
    """,
    "Many",
)


def many_values() -> list[dict]:
    return [
        {
            "label": "größer" * number,
            "size": number,
            "parts": [{"sku": number, "names": ["a"]}, {"sku": 1, "count": 5}][: number % 3],
            "values": {"x": {"number": number}, "y": {"text": "t"}},
            "value": {"text": str(number)},
            "on": number % 2 == 0,
            "marks": {0.5, float(number)},
            "token": bytes(range(number)),
            "far": -number,
        }
        if number % 4
        else {"size": number}
        for number in range(1, 150)
    ]
