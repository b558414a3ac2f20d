"""Sequence files as bytes: what is written is read, by any ranges, of all kinds and codecs."""

from __future__ import annotations

import io
import math
import random
import struct
import sys
import tracemalloc
from importlib import import_module
from itertools import pairwise

import hypothesis
import pytest
from hypothesis import strategies as st

from cascade2spark.codecs import hadoop_codecs
from cascade2spark.codecs.hadoop_codecs import HADOOP_CODECS, hadoop_codec
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.vints import FormatError, encode_vint
from cascade2spark.codecs.writables import (
    BytesWritable,
    IntWritable,
    LongWritable,
    NullWritable,
    RawWritable,
    Text,
    VIntWritable,
    VLongWritable,
)
from cascade2spark.errors import BadRecord, BuildError, TapError, Unsupported
from tests.unit.stored_files import older

SYNC = bytes(range(100, 116))
CODECS = [codec.name for codec in HADOOP_CODECS]
KINDS = [("none", "zlib"), *((kind, codec) for kind in ("record", "block") for codec in CODECS)]


def written(key_type, value_type, keys, values, *, at_once=100, **options) -> bytes:
    """Return a file, written some records at a time, with markers and blocks close together."""
    options = {"sync_bytes": 150, "block_bytes": 120, "sync": SYNC} | options
    writer = SequenceFileWriter(key_type, value_type, **options)
    parts = [writer.start()]
    for start in range(0, len(keys), at_once):
        some = slice(start, start + at_once)
        parts.append(writer.encode(keys[some], values[some]))
    return b"".join([*parts, writer.finish()])


def reader(data: bytes, **options) -> SequenceFileReader:
    return SequenceFileReader(io.BytesIO(data), "events.seq", **options)


def sample(count=60):
    chance = random.Random(5)
    return list(range(count)), [chance.randbytes(chance.randrange(40)) for _ in range(count)]


@pytest.mark.parametrize(("compression", "codec"), KINDS)
def test_what_is_written_is_read(compression, codec) -> None:
    keys, values = sample()
    values[7] = bytes(300_000) + values[8]  # several chunks of the codecs that have them
    options = {"compression": compression, "codec": codec, "metadata": {"by": "us"}}
    data = written(LongWritable(), BytesWritable(), keys, values, at_once=7, **options)
    read = reader(data)
    assert list(zip(keys, values, strict=True)) == list(read.records())
    assert len(keys) == read.count()
    assert {"by": "us"} == read.header.metadata
    assert values == [value for chunk in read.chunks(keys=False) for value in chunk.values]
    assert keys == [key for chunk in read.chunks(values=False) for key in chunk.keys]


@pytest.mark.parametrize(
    ("key_type", "value_type"),
    [
        (LongWritable(), BytesWritable()),
        (NullWritable(), BytesWritable()),
        (Text(), Text()),
        (VIntWritable(), VLongWritable()),
    ],
)
@pytest.mark.parametrize("compression", ["none", "record", "block"])
def test_every_cut_gives_each_record_once(key_type, value_type, compression) -> None:
    numbers, values = sample(14)
    keys = {"NullWritable": [None] * 14, "Text": [str(n) for n in numbers]}.get(
        type(key_type).__name__, numbers
    )
    values = {"Text": [v.hex() for v in values], "VLongWritable": numbers}.get(
        type(value_type).__name__, values
    )
    data = written(
        key_type, value_type, keys, values, compression=compression, block_bytes=8, sync_bytes=60
    )
    expected = list(zip(keys, values, strict=True))
    counts = []
    for cut in range(len(data) + 1):
        parts = reader(data, end=cut), reader(data, start=cut)
        assert expected == [pair for part in parts for pair in part.records()]
        counts.append(parts[0].count())
    assert counts[0] == 0 and counts[-1] == 14 and sorted(counts) == counts
    assert len(set(counts)) > 3


@hypothesis.settings(max_examples=60)
@hypothesis.given(
    st.lists(st.binary(max_size=60), max_size=60),
    st.lists(st.integers(0, 5000)),
    st.sampled_from(["none", "record", "block"]),
    st.sampled_from([1, 7, 64, 1000]),
)
def test_any_cuts_give_each_record_once(values, cuts, compression, piece_bytes) -> None:
    texts = [value.hex() for value in values]
    data = written(NullWritable(), Text(), [None] * len(texts), texts, compression=compression)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    found = [
        value
        for start, end in pairwise(places)
        for _, value in reader(data, start=start, end=end, piece_bytes=piece_bytes).records()
    ]
    assert texts == found


def test_a_class_of_ones_own_is_read_and_written_as_what_it_stores() -> None:
    own = BytesWritable("com.example.EventWritable")
    data = written(NullWritable(), own, [None], [b"abc"])
    assert [(None, b"\0\0\0\3abc")] == list(reader(data).records())
    assert [(None, b"abc")] == list(reader(data, value_type=BytesWritable()).records())


@pytest.mark.parametrize(
    "name", ["com.x as Text", "ArrayWritable<com.x>", "Text", "own.Text.class"]
)
def test_the_class_that_a_file_names_is_a_name_alone(name) -> None:
    writer = SequenceFileWriter(NullWritable(), RawWritable(name))
    data = writer.start() + writer.encode([None], [b"\1x"])
    assert [(None, b"\1x")] == list(SequenceFileReader(io.BytesIO(data), "x").records())


def test_markers_come_once_the_bytes_between_them_are_enough() -> None:
    keys, values = sample(200)
    data = written(LongWritable(), BytesWritable(), keys, values, at_once=9, sync_bytes=300)
    mark = b"\xff" * 4 + SYNC
    places = [len(part) for part in data.split(mark)]
    # A marker stands before a record, which with head, key and value has at most 60 bytes.
    assert all(300 <= size < 360 for size in places[1:-1]) and len(places) > 10


def test_the_sync_marker_is_random_by_default() -> None:
    first, second = (SequenceFileWriter(Text(), Text()).header.sync for _ in range(2))
    assert first != second and len(first) == 16


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("kind", ["none", "record", "block"])
def test_older_versions_are_read(version, kind) -> None:
    data = older(version, kind)
    read = reader(data)
    assert [(7, "x")] == list(read.records())
    assert (version, kind, {}) == (
        *(read.header.version, read.header.compression),
        read.header.metadata,
    )
    assert 1 == sum(reader(data, start=at, end=at + 1).count() for at in range(len(data)))


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", TapError, "events.seq is not a sequence file"),
        (b"PAR1....", TapError, "begins with +50 41 52 31"),
        (b"SEQ", TapError, "the header of events.seq is damaged or cut off"),
        (b"SEQ\3" + bytes(50), TapError, "of a version that cannot be read"),
        (b"SEQ\7" + bytes(50), TapError, "of a version that cannot be read"),
        (b"SEQ\6\5ab", TapError, "a text of 5 bytes where 2 are left"),
        (b"SEQ\6\1a\1b\0\1" + bytes(40), TapError, "blocks without compression"),
        (b"SEQ\6\1a\1b\2\0" + bytes(40), TapError, "flags of the compression"),
        (b"SEQ\6\1a\1b\0\0" + b"\xff" * 40, TapError, "-1 pairs of metadata"),
        (b"SEQ\5\1a\1b\1\0\1c" + SYNC, Unsupported, "compressed by a codec that cannot be read"),
        (
            b"SEQ\5\1a\1b\1\0\x23com.hadoop.compression.lzo.LzoCodec" + SYNC,
            Unsupported,
            "(?s)'com.hadoop.compression.lzo.LzoCodec'.*codecs +zlib.*copy the files once where",
        ),
    ],
)
def test_other_files_are_refused(data, error, words) -> None:
    with pytest.raises(error, match=words):
        reader(data)


def test_wrong_choices_are_refused() -> None:
    with pytest.raises(BuildError, match="unknown Hadoop codec") as raised:
        SequenceFileWriter(Text(), Text(), compression="block", codec="snapy")
    assert "snappy" == raised.value.nearest
    with pytest.raises(BuildError, match=r"(?s)LZO is neither read nor written.*LZO jar"):
        SequenceFileWriter(Text(), Text(), compression="block", codec="lzo")
    with pytest.raises(BuildError, match=r"(?s)'gzip' packs nothing.*\"block\""):
        SequenceFileWriter(Text(), Text(), codec="gzip")
    with pytest.raises(BuildError, match="unknown kind of compression"):
        SequenceFileWriter(Text(), Text(), compression="blocks")
    with pytest.raises(BuildError, match="1 keys for 2 values"):
        SequenceFileWriter(Text(), Text()).encode(["a"], ["b", "c"])


def test_a_codec_without_its_package_names_the_extra(monkeypatch) -> None:
    packed = {codec: hadoop_codec(codec).compress(b"abc") for codec in ("snappy", "lz4", "zstd")}
    # A package of topology has the name of the codec's.
    for absent in ({"snappy": None, "lz4.block": None, "zstandard": None}, {"snappy": math}):
        for name, module in absent.items():
            monkeypatch.setitem(sys.modules, name, module)
            codec = {"lz4.block": "lz4", "zstandard": "zstd"}.get(name, name)
            with pytest.raises(TapError, match=r'pip install "cascade2spark\[codecs\]"'):
                hadoop_codec(codec).compress(b"abc")
            with pytest.raises(TapError, match=r'pip install "cascade2spark\[codecs\]"'):
                hadoop_codec(codec).decompress(packed[codec], 3)


def test_a_block_that_claims_two_billion_records_takes_no_memory() -> None:
    data = bytearray(written(LongWritable(), BytesWritable(), [1], [b"a"], compression="block"))
    at = data.index(b"\xff" * 4 + SYNC) + 20
    data[at : at + 1] = encode_vint(2**31 - 1)
    tracemalloc.start()
    for wanted in ({"keys": False}, {"values": False}, {"keys": False, "values": False}, {}):
        bad: list[BadRecord] = []
        assert not any(chunk.count for chunk in reader(data, on_bad=bad.append).chunks(**wanted))
        assert "1 lengths for 2147483647 records" in str(bad[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20


def to_damage(compression="none"):
    """Return the bytes of a file of 60 records, to be changed, and the records."""
    keys, values = sample()
    data = written(LongWritable(), BytesWritable(), keys, values, compression=compression)
    return bytearray(data), list(zip(keys, values, strict=True))


def read_on(data: bytes, **options):
    """Return the records of a damaged file and the bad ones."""
    bad: list[BadRecord] = []
    records = list(reader(bytes(data), on_bad=bad.append, **options).records())
    return records, bad


def test_a_record_whose_value_does_not_fit_is_left_out_alone() -> None:
    data, records = to_damage()
    begin = reader(bytes(data)).header.size_bytes
    data[begin + 19] ^= 1  # the count of bytes of the first value
    found, bad = read_on(data)
    assert records[1:] == found
    assert ["a record of events.seq cannot be read"] == [str(b).split(":")[0] for b in bad]
    assert {"offset": begin, "record number": 0} == bad[0].details
    assert (bytes(data[begin : begin + 20 + len(records[0][1])]),) == bad[0].payload
    with pytest.raises(BadRecord):
        list(reader(bytes(data)).records())


@pytest.mark.parametrize("length", [-2, 0, 2**31 - 1, 10_000])
def test_after_a_wrong_length_reading_goes_on_at_the_next_marker(length) -> None:
    data, records = to_damage()
    begin = reader(bytes(data)).header.size_bytes
    struct.pack_into(">i", data, begin, length)
    found, bad = read_on(data)
    assert 1 == len(bad) and 0 < len(found) < 60
    assert records[-len(found) :] == found
    assert "gives itself" in bad[0].headline


def test_a_wrong_marker_is_found() -> None:
    data, records = to_damage()
    at = data.index(b"\xff" * 4 + SYNC)
    data[at + 10] ^= 1
    found, bad = read_on(data)
    assert "a sync marker that is not the file's" in bad[0].headline
    assert set(found) < set(records) and len(found) > 30


@pytest.mark.parametrize("compression", ["none", "record", "block"])
def test_a_cut_off_file_gives_its_whole_records_and_one_error(compression) -> None:
    data, records = to_damage(compression)
    begin = reader(bytes(data)).header.size_bytes
    clean = 0
    for size in range(begin, len(data)):
        found, bad = read_on(data[:size])
        assert records[: len(found)] == found and len(bad) <= 1
        clean += not bad
    # Only a cut where the records begin or behind a record, marker or block can look like an end.
    markers = data.count(b"\xff" * 4 + SYNC)
    assert (markers if compression == "block" else 60 + markers) == clean


@pytest.mark.parametrize("name", ["zlib", "gzip"])
def test_zlib_and_its_faster_kin_read_each_other_and_refuse_the_same(monkeypatch, name) -> None:
    codec = hadoop_codec(name)
    raw = b"abc" * 5_000 + random.Random(1).randbytes(500)
    made = []
    for library in ("zlib", "zlib_ng.zlib_ng"):
        monkeypatch.setattr(hadoop_codecs, "_zlib", lambda name=library: import_module(name))
        made.append(codec.compress(raw))
        for packed in made:
            assert raw == codec.decompress(packed, len(raw))
            for most, given in ((len(raw) - 1, packed), (1 << 20, packed[:-1]), (99, b"abc")):
                with pytest.raises(FormatError):
                    codec.decompress(given, most)
    monkeypatch.undo()
    assert hadoop_codecs._zlib() is import_module("zlib_ng.zlib_ng")


@pytest.mark.parametrize("codec", CODECS)
def test_damage_in_a_block_costs_that_block(codec) -> None:
    keys, values = sample()
    options = {"compression": "block", "codec": codec}
    data = bytearray(written(LongWritable(), BytesWritable(), keys, values, **options))
    mark = b"\xff" * 4 + SYNC
    begin = data.index(mark)
    data[begin + 22 : begin + 26] = b"\x7f" * 4  # what the packed lengths of the keys begin with
    found, bad = read_on(data)
    assert 1 == len(bad) and "a block of" in bad[0].headline
    assert list(zip(keys, values, strict=True))[-len(found) :] == found
    lost = int(bad[0].headline.split("a block of ")[1].split()[0])
    assert 60 == len(found) + lost


@pytest.mark.parametrize("codec", CODECS)
def test_what_unpacks_to_too_much_is_refused_early(codec) -> None:
    packed = hadoop_codec(codec).compress(bytes(8_000_000))
    with pytest.raises(FormatError, match="more bytes than are allowed"):
        hadoop_codec(codec).decompress(packed, 100_000)
    assert b"" == hadoop_codec(codec).decompress(hadoop_codec(codec).compress(b""), 0)
    assert b"" == hadoop_codec(codec).decompress(b"", 0)
    for size in (1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(FormatError):
            hadoop_codec(codec).decompress(packed[:size], 9_000_000)


@pytest.mark.parametrize("compression", ["none", "record", "block"])
def test_records_above_the_bound_are_refused(compression) -> None:
    values = [b"a", bytes(3_000_000), b"b"]
    data = written(IntWritable(), BytesWritable(), [1, 2, 3], values, compression=compression)
    found, bad = read_on(data, most_bytes=2_000_000)
    assert (3, b"b") in found and (2, values[1]) not in found
    assert 1 == len(bad)
