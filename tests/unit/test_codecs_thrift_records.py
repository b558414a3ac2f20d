"""Thrift: records, which stay bytes until somebody looks; on their way through tasks."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from pyspark import cloudpickle

from cascade2spark.codecs import thrift_codec
from cascade2spark.codecs.thrift import ThriftCodec, record_class, thrift_struct
from cascade2spark.codecs.thrift_classes import raw_of
from cascade2spark.errors import BadRecord, BuildError
from tests.fuzz.thrift_mutations import EVENT, IDL


def test_names_are_checked() -> None:
    kind = record_class(EVENT)
    with pytest.raises(AttributeError, match="there is 'user'"):
        kind(usr=1)
    record = kind(id=1)
    with pytest.raises(AttributeError, match="there is 'user'"):
        record.usr = 1
    read = ThriftCodec(EVENT).decode(b"\0")
    read.usr = 1  # checked when it is written: see the class
    with pytest.raises(BuildError, match="no field 'usr'"):
        ThriftCodec(EVENT).encode(read)


def test_a_record_stays_bytes_until_somebody_looks() -> None:
    codec = ThriftCodec(EVENT)
    # Not as this codec writes it: the fields in another order, and one that is unknown.
    data = b"\x0b\0\2\0\0\0\1u\x08\0\x63\0\0\0\1\x0a\0\1" + bytes(7) + b"\5\0"
    record = codec.unread(data)
    assert isinstance(record, record_class(EVENT))
    assert data == raw_of(record)
    twin = pickle.loads(pickle.dumps(record))
    assert data == codec.encode(record) == codec.encode(twin)
    assert twin == record and data == raw_of(record)
    assert data == codec.encode(copy.deepcopy(record)) == codec.encode(copy.copy(record))
    assert (5, "u", 3) == (record.id, record.user, record.retries)
    assert data == raw_of(record) == codec.encode(record)  # nothing that can be changed
    assert "Event(user='u', id=5)" == repr(record) == str(record) == repr(codec.decode(data))
    assert {"id": 5, "user": "u", "retries": 3} == record.as_dict() | {"retries": record.retries}
    assert record.is_set("user") and not record.is_set("retries") and record != codec.decode(b"\0")
    assert record == codec.decode(data) == attrs.evolve(codec, text="strict").unread(data)
    assert hash(record) == hash(codec.decode(data)) and data == raw_of(record)
    for like in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert record == like and data == codec.encode(like) and "u" == like.user
    assert record.tags is None
    assert raw_of(record) is None and type(record) is type(codec.decode(data))
    assert "<bytes that are no thrift struct Event" in repr(codec.unread(b"\x0b"))
    assert twin == record and hash(twin) == hash(record)
    assert codec.encode(record) == codec.encode({"id": 5, "user": "u"})
    assert ThriftCodec(EVENT, "compact").encode(codec.unread(data)) == ThriftCodec(
        EVENT, "compact"
    ).encode(record)
    other = codec.unread(data)
    assert 5 == other.id
    other.id = 6
    assert (6, "u") == (other.id, other.user)
    assert 6 == codec.decode(codec.encode(other)).id


def test_what_can_be_changed_is_written_as_it_was_changed() -> None:
    codec = ThriftCodec(EVENT)
    data = codec.encode({"id": 1, "tags": ["a"], "items": [{"sku": 2}]})
    record = codec.unread(data)
    assert (1, None, 1) == (record.id, record.user, record.id)
    twin = copy.copy(record)
    record.items[0].sku = 3
    record.tags.append("b")
    assert {"id": 1, "tags": ["a", "b"], "items": [{"sku": 3}]} == codec.decode(
        codec.encode(record)
    ).as_dict()
    assert data == codec.encode(twin) and ["a"] == twin.tags


def test_a_text_is_no_list_however_deep() -> None:
    idl = """
    struct In { 1: list<string> names, 2: list<In> more }
    struct Out {
      1: list<list<string>> lists, 2: map<string, list<string>> by_name, 3: list<In> ins, 4: In one
      5: set<string> words
    }
    """
    codec, inner = ThriftCodec(thrift_struct(idl, "Out")), record_class(idl, "In")
    good = {
        "lists": [["a"], ["bc"]],
        "by_name": {"x": ["yz"]},
        "ins": [inner(names=["qq"], more=[inner(names=["z"])])],
        "one": inner(names=[]),
        "words": {"ab"},
    }
    assert ["qq"] == codec.decode(codec.encode(good)).ins[0].names
    for bad in (
        {"lists": [["a"], "bc"]},
        {"by_name": {"x": "yz"}},
        {"ins": [inner(names="qq")]},
        {"one": inner(more=[inner(more=[inner(names="zz")])])},
        {"words": "ab"},
    ):
        with pytest.raises(BuildError, match="a str where a"):
            codec.encode({**good, **bad})


def test_a_bad_record_is_found_when_it_is_looked_at() -> None:
    codec = ThriftCodec(EVENT)
    with pytest.raises(BadRecord):
        _ = codec.unread(b"\x0a").id


def test_unread_records_of_several_codecs_and_others_are_written_together() -> None:
    struct = thrift_struct("struct One { 1: i32 number }")
    binary, compact = ThriftCodec(struct), ThriftCodec(struct, "compact")
    ignoring = ThriftCodec(struct, trailing="ignore")
    one = ThriftCodec(struct).encode(record_class(struct)(number=1))
    same = [binary.unread(one), ignoring.unread(one + b"!")]
    write = binary.encoder()
    assert [one, one + b"!"] == write(same)
    assert [one + b"!", one + b"!"] == write([same[1], same[1]])
    other = compact.unread(compact.encode(record_class(struct)(number=1)))
    assert [one, one, one] == write([other, same[0], record_class(struct)(number=1)])
    assert [one] == write([other])
    assert [] == write([])
    assert [compact.encode(other)] == compact.encoder()([same[0]])


def test_unread_records_inside_of_others_are_written() -> None:
    item = EVENT.field("by_sku").type.element.struct
    codec = ThriftCodec(item)
    unread = codec.unread(codec.encode({"sku": 7}))
    for one in (ThriftCodec(EVENT), ThriftCodec(EVENT, unknown="keep")):
        assert {"items": [{"sku": 7}]} == one.decode(one.encode({"items": [unread]})).as_dict()


def test_equal_records_hash_alike_in_every_process() -> None:
    record = record_class(EVENT)(id=1, tags=["a"], words={"b", "c"}, params={"x": [1], "y": []})
    twin = record_class(EVENT)(id=1, tags=["a"], words={"c", "b"}, params={"y": [], "x": [1]})
    assert record == twin and hash(record) == hash(twin)
    assert record != record_class(EVENT)(id=2) and record != 5
    code = "import pickle,sys; print(hash(pickle.loads(sys.stdin.buffer.read())))"
    found = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(record), capture_output=True, check=True
    )
    assert hash(record) == int(found.stdout)


def test_a_struct_is_one_object_in_a_process_and_small_in_a_pickle_of_many() -> None:
    codec = ThriftCodec(EVENT)
    assert codec.struct is pickle.loads(pickle.dumps(codec)).struct
    one, many = (len(pickle.dumps([codec.decode(b"\0") for _ in range(n)])) for n in (1, 1000))
    assert many < one + 1000 * 40


def test_threads_do_not_share_what_a_codec_works_on() -> None:
    codec = ThriftCodec(EVENT)
    mine = thrift_codec._tools(codec)
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(thrift_codec._tools, codec).result()
    assert mine is thrift_codec._tools(ThriftCodec(EVENT)) is not others


def test_a_function_takes_a_records_class_along() -> None:
    kind = record_class(EVENT)
    codec = ThriftCodec(EVENT)

    def made_anew(number: int) -> tuple[bool, bytes]:
        record = kind(id=number, user="ü", tags=["a"])
        read = codec.decode(codec.encode(record))
        return read == record and isinstance(read, kind), codec.encode(read)

    code = "import pickle,sys; print(pickle.loads(sys.stdin.buffer.read())(5))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        input=cloudpickle.dumps(made_anew),
        capture_output=True,
        check=True,
    )
    assert str(made_anew(5)) == found.stdout.decode().strip()
    assert made_anew(5)[0]
    assert not isinstance(kind(), record_class(IDL, "Item"))
