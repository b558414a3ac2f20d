"""Sequence files between Hadoop's own readers and writers and ours, both ways; flows over them."""

from __future__ import annotations

import random
import re

import pytest

from cascade2spark import Each, Every, Fields, GroupBy, Pipe, SparkFlowConnector
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.writable_containers import ArrayWritable, MapWritable
from cascade2spark.codecs.writables import (
    BooleanWritable,
    BytesWritable,
    DoubleWritable,
    FloatWritable,
    IntWritable,
    LongWritable,
    NullWritable,
    Text,
    VIntWritable,
    VLongWritable,
)
from cascade2spark.operations import Count, Identity
from cascade2spark.schemes import SequenceFile, WritableSequenceFile
from cascade2spark.taps import FileTap, Hfs, MemoryTap
from tests.unit.stored_files import older

PACKAGE = "org.apache.hadoop.io.compress."
# Hadoop writes zstd only with a native library.
CODECS = {
    "zlib": "DefaultCodec",
    "deflate": "DeflateCodec",
    "gzip": "GzipCodec",
    "bzip2": "BZip2Codec",
    "snappy": "SnappyCodec",
    "lz4": "Lz4Codec",
}
KINDS = [("none", "zlib"), *((kind, codec) for kind in ("record", "block") for codec in CODECS)]
FORMAT = "org.apache.hadoop.mapreduce.lib.output.SequenceFileOutputFormat"


def pairs():
    chance = random.Random(8)
    words = [chance.randbytes(3).hex() for _ in range(50)]
    texts = [" ".join(chance.choices(words, k=chance.randrange(30))) for _ in range(40)]
    # One value that takes several chunks of snappy and lz4, half of it hard to compress.
    texts[5] = "ab" * 90_000 + chance.randbytes(50_000).hex()
    return list(enumerate(texts))


def read(path):
    with open(path, "rb") as file:
        return list(SequenceFileReader(file, str(path)).records())


def test_what_we_write_hadoop_reads(sc, tmp_path) -> None:
    expected = []
    for number, (kind, codec) in enumerate(KINDS):
        keys = [1000 * number + key for key, _ in pairs()]
        values = [value for _, value in pairs()]
        expected += zip(keys, values, strict=True)
        options = {"sync_bytes": 2000, "block_bytes": 50_000}
        writer = SequenceFileWriter(
            LongWritable(), Text(), compression=kind, codec=codec, **options
        )
        data = writer.start() + writer.encode(keys, values) + writer.finish()
        (tmp_path / f"{kind}-{codec}").write_bytes(data)
    # The larger files are read in several splits.
    assert expected == sorted(sc.sequenceFile(str(tmp_path), minSplits=20).collect())


def test_what_hadoop_writes_we_read(sc, tmp_path) -> None:
    io = sc._jvm.org.apache.hadoop.io
    for kind, codec in KINDS:
        path = tmp_path / f"{kind}-{codec}"
        writer = hadoops_writer(sc, path, "IntWritable", "Text", kind, codec)
        for key, text in pairs():
            writer.append(io.IntWritable(key), io.Text(text))
        writer.close()
        assert pairs() == read(path), (kind, codec)


def hadoops_writer(sc, path, key_class, value_class, kind="none", codec="zlib"):
    """Return Hadoop's own writer of a file."""
    jvm, conf = sc._jvm, sc._jsc.hadoopConfiguration()
    hadoop = jvm.org.apache.hadoop
    of = [
        jvm.java.lang.Class.forName(f"org.apache.hadoop.io.{n}") for n in (key_class, value_class)
    ]
    packed = hadoop.io.compress.CompressionCodecFactory(conf).getCodecByClassName(
        PACKAGE + CODECS[codec]
    )
    files, kinds = hadoop.fs.FileSystem.getLocal(conf), hadoop.io.SequenceFile.CompressionType
    place = hadoop.fs.Path(str(path))
    return hadoop.io.SequenceFile.createWriter(
        files, conf, place, *of, getattr(kinds, kind.upper()), packed
    )


@pytest.mark.parametrize("kind", ["none", "record", "block"])
def test_a_range_has_the_records_that_hadoop_gives_it(sc, tmp_path, kind) -> None:
    keys = list(range(60))
    writer = SequenceFileWriter(
        IntWritable(), Text(), compression=kind, sync_bytes=150, block_bytes=100
    )
    data = writer.start() + writer.encode(keys, ["x" * (key % 19) for key in keys])
    path = tmp_path / "file"
    path.write_bytes(data + writer.finish())
    size = path.stat().st_size
    marks = [at.start() for at in re.finditer(re.escape(writer.header.sync), path.read_bytes())]
    chance = random.Random(4)
    places = [0, size, marks[0], marks[0] + 16, marks[0] + 17]  # the header's own is the first
    places += [mark + shift for mark in marks[1:4] for shift in (-5, -4, -3, 0, 16)]
    places += [size - 20, size - 1, *(chance.randrange(size) for _ in range(5))]
    for start, end in zip(places, chance.sample(places, len(places)), strict=True):
        start, end = min(start, end), max(start, end)
        with open(path, "rb") as file:
            ours = [key for key, _ in SequenceFileReader(file, start=start, end=end).records()]
        assert hadoops_keys(sc, path, start, end) == ours, (start, end)


def hadoops_keys(sc, path, start, end) -> list[int]:
    """Return the keys that Hadoop's own record reader gives a range."""
    hadoop = sc._jvm.org.apache.hadoop
    context = hadoop.mapreduce.task.TaskAttemptContextImpl(
        sc._jsc.hadoopConfiguration(), hadoop.mapreduce.TaskAttemptID()
    )
    split = hadoop.mapreduce.lib.input.FileSplit(
        hadoop.fs.Path(str(path)), start, end - start, None
    )
    reader = hadoop.mapreduce.lib.input.SequenceFileRecordReader()
    reader.initialize(split, context)
    keys = []
    while reader.nextKeyValue():
        keys.append(reader.getCurrentKey().get())
    reader.close()
    return keys


@pytest.mark.parametrize(
    ("key_type", "value_type", "rows"),
    [
        (IntWritable(), BytesWritable(), [(1, b"\0\xff"), (-1, b"")]),
        (Text(), DoubleWritable(), [("ü", 0.5), ("", -1e300)]),
        (NullWritable(), MapWritable(), [(None, {"a": 1, "b": 1.5}), (None, {"c": None})]),
    ],
)
def test_classes_are_hadoops_both_ways(sc, tmp_path, key_type, value_type, rows) -> None:
    writer = SequenceFileWriter(key_type, value_type)
    ours = tmp_path / "ours"
    data = writer.start() + writer.encode(*map(list, zip(*rows, strict=True))) + writer.finish()
    ours.write_bytes(data)
    assert rows == [(key, value) for key, value in sc.sequenceFile(str(ours)).collect()]
    theirs = str(tmp_path / "theirs")
    names = [key_type.class_name, value_type.class_name]
    sc.parallelize(rows, 1).saveAsNewAPIHadoopFile(theirs, FORMAT, *names)
    assert rows == read(theirs + "/part-r-00000")


@pytest.mark.parametrize(
    ("value_type", "values", "texts"),
    [
        (IntWritable(), [-1, 2**31 - 1], ["-1", "2147483647"]),
        (LongWritable(), [2**63 - 1], ["9223372036854775807"]),
        (FloatWritable(), [1.5, -0.0], ["1.5", "-0.0"]),
        (BooleanWritable(), [True, False], ["true", "false"]),
        (VIntWritable(), [-1, 128, -113, -(2**31)], ["-1", "128", "-113", "-2147483648"]),
        (VLongWritable(), [-(2**63), 1 << 40], ["-9223372036854775808", "1099511627776"]),
        (ArrayWritable(Text()), [["a", "é"], []], ["a é", ""]),
        (ArrayWritable(VIntWritable()), [[1, -500]], ["1 -500"]),
    ],
)
def test_values_are_those_of_hadoops_objects(sc, tmp_path, value_type, values, texts) -> None:
    io = sc._jvm.org.apache.hadoop.io
    short = value_type.class_name.rpartition(".")[2]
    element = getattr(value_type, "element", None)

    def made(value):
        if element is None:
            return getattr(io, short)(value)
        inner = getattr(io, type(element).__name__)
        array = sc._gateway.new_array(io.Writable, len(value))
        for place, one in enumerate(value):
            array[place] = inner(one)
        kind = sc._jvm.java.lang.Class.forName(element.class_name)
        return io.ArrayWritable(kind, array)

    theirs = hadoops_writer(sc, tmp_path / "theirs", "NullWritable", short)
    for value in values:
        theirs.append(io.NullWritable.get(), made(value))
    theirs.close()
    with open(tmp_path / "theirs", "rb") as file:
        found = SequenceFileReader(file, value_type=value_type).records()
        assert values == [value for _, value in found]

    ours = SequenceFileWriter(NullWritable(), value_type)
    data = ours.start() + ours.encode([None] * len(values), values) + ours.finish()
    (tmp_path / "ours").write_bytes(data)
    conf = sc._jsc.hadoopConfiguration()
    hadoop = sc._jvm.org.apache.hadoop
    place = hadoop.fs.Path(str(tmp_path / "ours"))
    reader = hadoop.io.SequenceFile.Reader(hadoop.fs.FileSystem.getLocal(conf), place, conf)
    shown, held = [], made(values[0])
    while reader.next(io.NullWritable.get(), held):
        shown.append(str(held) if element is None else " ".join(held.toStrings()))
    assert texts == shown


def test_hadoop_reads_older_versions_alike(sc, tmp_path) -> None:
    for version in (4, 5):
        for kind in ("none", "record", "block"):
            path = tmp_path / f"{version}-{kind}"
            path.write_bytes(older(version, kind))
            assert [(7, "x")] == read(path) == sc.sequenceFile(str(path)).collect()


def test_flows_read_and_write_them_in_ranges(sc, tmp_path) -> None:
    connect = SparkFlowConnector(sc, {"cascade2spark.split.bytes": 20_000}).connect
    rows = [(number, f"name {number % 7}") for number in range(4000)]
    fields = Fields("n", "name")
    first, second = str(tmp_path / "tuples"), str(tmp_path / "pairs")
    made = Hfs(SequenceFile(fields, compression="block"), first)
    connect(MemoryTap(fields, rows), made, Pipe("p")).complete()
    typed = Hfs(SequenceFile(fields, types=[int, str]), first)
    pair = FileTap(WritableSequenceFile(fields, "LongWritable", "Text"), second + "/part-00000")
    connect(typed, pair, Each("p", Identity())).complete()
    assert rows == sorted(sc.sequenceFile(second).collect())
    counts = MemoryTap(Fields("name", "count"))
    connect(pair, counts, Every(GroupBy(Pipe("p"), "name"), Count())).complete()
    assert {(f"name {n}", len(range(n, 4000, 7))) for n in range(7)} == set(counts.rows)
