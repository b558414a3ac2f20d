"""Damaged thrift records: one clear error or one reading, whichever way they are read."""

from __future__ import annotations

import random
import time

import pytest

from cascade2spark.codecs.thrift import ThriftCodec
from cascade2spark.errors import BadRecord
from tests.fuzz.thrift_mutations import EVENT, PATHS, disagreements, event, generated, without_c

HUGE = b"\x7f\xff\xff\xff"
NEGATIVE = b"\xff\xff\xff\xff"

# Bytes of the binary protocol, and what the message must say.
HOSTILE = {
    "nothing": (b"", "Event"),
    "no end": (b"\x0a\0\1" + bytes(8), "too early"),
    "list of two billion": (b"\x0f\0\x09\x0c" + HUGE, "Event.items"),
    "list of minus one": (b"\x0f\0\x09\x0c" + NEGATIVE, "of -1 in a record"),
    "list of booleans nobody wants": (b"\x0f\0\x63\2" + HUGE, "2147483647"),
    "map of two billion": (b"\x0d\0\x0a\x0b\x0f" + HUGE, "Event.params"),
    "text of two billion": (b"\x0b\0\2" + HUGE, "Event.user"),
    "text of minus one": (b"\x0b\0\2" + NEGATIVE, "Event.user"),
    "a type there is not": (b"\x4d\0\x63\0", "there is no type 77"),
    "a thousand structs": (b"\x0c\0\x0f" + b"\x0f\0\2\x0c\0\0\0\1" * 1000, "nested deeper"),
    "a thousand unknown structs": (b"\x0c\0\x63" * 1000 + bytes(1001), "nested deeper"),
    "a thousand unknown lists": (b"\x0f\0\x63" + b"\x0f\0\0\0\1" * 1000, "nested deeper"),
    "bytes behind the end": (b"\x0a\0\1" + bytes(8) + b"\0behind", "6 bytes behind the end"),
}


def test_all_ways_to_read_agree_on_damaged_records() -> None:
    assert [] == disagreements(700, seed=7)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_bad_record(name: str) -> None:
    data, said = HOSTILE[name]
    begin = time.perf_counter()
    for codec in (ThriftCodec(EVENT), ThriftCodec(EVENT, fields=PATHS)):
        assert generated(codec)(data) is BadRecord
        for one in (codec, without_c(codec)):
            with pytest.raises(BadRecord) as caught:
                one.decode_row(data)
            assert said in str(caught.value)
            assert caught.value.payload == (data,)
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_a_record_cut_anywhere_is_bad(protocol) -> None:
    rng = random.Random(3)
    codec = ThriftCodec(EVENT, protocol)
    data = codec.encode(event(rng))
    pure = generated(codec)
    for end in range(len(data)):
        assert pure(data[:end]) is BadRecord
        with pytest.raises(BadRecord):
            codec.decode(data[:end])


def test_records_of_another_struct_never_crash() -> None:
    rng = random.Random(5)
    codec = ThriftCodec(EVENT)
    pure = generated(codec)
    for _ in range(300):
        data = rng.randbytes(rng.randrange(60))
        try:
            found = repr(codec.decode_row(data))
        except BadRecord:
            found = BadRecord
        assert pure(data) == found
