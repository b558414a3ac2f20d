"""SequenceFile and WritableSequenceFile: ranges, projection, what they refuse."""

from __future__ import annotations

import pickle

import pytest

from cascade2spark.codecs.writable_containers import ArrayWritable
from cascade2spark.codecs.writables import LongWritable, Text
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BadRecord, BuildError, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo, Split
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import Scheme, SequenceFile, SourceInfo, WritableSequenceFile
from cascade2spark.taps import Hfs, MemoryTap
from cascade2spark.types import Double, Float, Integer, Long, Object, Short, String
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.unit.stored_files import read, stored

AB = Fields("a", "b")
ROWS = [(number, f"text {number}") for number in range(3000)]
SCHEMES = [
    SequenceFile(AB),
    SequenceFile(AB, compression="block"),
    SequenceFile(Fields("a", "b").apply_types(Long, String), compression="record"),
    WritableSequenceFile(AB, "LongWritable", "Text"),
    WritableSequenceFile(AB, "IntWritable", "Text", compression="block", codec="bzip2"),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("target", [0, 7_000, 41])
def test_ranges_give_each_row_once(scheme, target, tmp_path) -> None:
    rows = ROWS if target != 41 else ROWS[:60]
    path = stored(scheme, rows, tmp_path / "part-00000", batch=500)
    assert rows == read(scheme, path, target=target)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_wanted_positions_are_given(scheme, tmp_path) -> None:
    path = stored(scheme, ROWS, tmp_path / "part-00000", batch=500)
    assert [(text, number) for number, text in ROWS] == read(scheme, path, (1, 0))
    assert [(text,) for _, text in ROWS] == read(scheme, path, (1,))
    assert [()] * len(ROWS) == read(scheme, path, ())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_without_rows_is_whole(scheme, tmp_path) -> None:
    path = tmp_path / "part-00000"
    path.write_bytes(scheme.empty_file(scheme.sink_fields))
    assert [] == read(scheme, path)


@pytest.mark.parametrize(
    "connector", [LocalFlowConnector(), InProcessConnector({}, InProcessEngine(2))]
)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_without_a_header_is_refused(scheme, connector, tmp_path) -> None:
    """As Hadoop does: its reader ends with an EOFException."""
    stored(scheme, ROWS, tmp_path / "part-00000")
    (tmp_path / "_SUCCESS").write_bytes(b"")
    (tmp_path / ".part-00001.crc").write_bytes(b"")
    source = Hfs(scheme, tmp_path)
    connector.connect(source, MemoryTap(), Pipe("p")).complete()
    path = tmp_path / "part-00001"
    path.write_bytes(b"")
    with pytest.raises(TapError) as caught:
        connector.connect(source, MemoryTap(), Pipe("p")).complete()
    assert f"{path} is not a sequence file" == caught.value.headline
    assert "no bytes" == caught.value.details["begins with"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_schemes_are_plain_data(scheme) -> None:
    assert scheme == pickle.loads(pickle.dumps(scheme))
    assert ("seq", "", False) == (scheme.extension, scheme.part_suffix, scheme.can_join)


def test_fields_have_the_types_of_the_classes() -> None:
    names = {
        "LongWritable": Long,
        "VIntWritable": Integer,
        "ByteWritable": Short,
        "FloatWritable": Float,
        "DoubleWritable": Double,
        "Text": String,
        "BytesWritable": Object,
        "com.example.Event": Object,
        "com.example.Line as Text": String,
    }
    for name, expected in names.items():
        assert (expected,) == WritableSequenceFile(Fields("v"), name).source_fields.get_types()
    own = WritableSequenceFile(Fields("v").apply_types(String), "LongWritable")
    assert (String,) == own.source_fields.get_types()


def test_classes_are_given_as_in_java() -> None:
    same = [
        WritableSequenceFile(AB, "LongWritable", "Text"),
        WritableSequenceFile(AB, LongWritable, Text),
        WritableSequenceFile(AB, LongWritable(), "org.apache.hadoop.io.Text"),
        WritableSequenceFile(AB, key_type="LongWritable", value_type="Text"),
    ]
    assert [same[0]] * 4 == same
    assert WritableSequenceFile("v", "Text") == WritableSequenceFile("v", None, "Text")
    array = WritableSequenceFile("v", "ArrayWritable<Text>")
    assert ArrayWritable(Text()) == array.value_type


def test_small_types_are_checked_by_value(tmp_path) -> None:
    path = stored(SequenceFile(AB), [(2**31, 1), (5, 2)], tmp_path / "part-00000")
    # A whole number wraps as in Java; see `coercion`.
    found = read(SequenceFile(AB, types=[int, Integer]), path)
    assert [(2**31, 1), (5, 2)] == found
    assert [(-(2**31), 1), (5, 2)] == read(SequenceFile(AB, types=[Integer, Integer]), path)


def test_a_bad_row_is_named_and_nothing_of_the_batch_is_taken(tmp_path) -> None:
    scheme = WritableSequenceFile(AB, "LongWritable", "Text", compression="block")
    writer = scheme.writer(scheme.sink_fields)
    with pytest.raises(RunError, match="sequence file: str 'x' cannot become Long") as raised:
        writer.encode([(1, "a"), ("x", "b")])
    assert ("x", "b") == raised.value.row
    with pytest.raises(RunError, match="a row of 1 values"):
        writer.encode([(1,)])
    path = tmp_path / "part-00000"
    path.write_bytes(writer.start() + writer.encode([(2, "c")]) + writer.finish())
    assert [(2, "c")] == read(scheme, path)


def test_damage_is_told_before_the_rows_behind_it(tmp_path) -> None:
    scheme = WritableSequenceFile(AB, "LongWritable", "Text")
    path = stored(scheme, ROWS[:10], tmp_path / "part-00000")
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    bad: list[BadRecord] = []
    assert ROWS[:9] == read(scheme, path, bad=bad)
    assert 1 == len(bad) and str(path) in bad[0].headline
    with pytest.raises(BadRecord, match="cannot be read"):
        read(scheme, path)


def test_traps_take_rows_of_any_width(tmp_path) -> None:
    scheme = SequenceFile(Fields.ALL)
    rows = [(1,), ("a", None), ()]
    path = stored(scheme, rows, tmp_path / "part-00000", Fields.UNKNOWN)
    assert rows == read(scheme, path)


def test_the_beginning_of_a_file_has_rows(tmp_path) -> None:
    path = stored(SCHEMES[1], ROWS, tmp_path / "part-00000", batch=500)
    source = SourceInfo(AB)
    split = Split(str(path), 0, 2000, FileInfo(str(path), path.stat().st_size).size)
    blocks = SCHEMES[1].blocks(split, source, 999)
    assert sum(map(len, SCHEMES[1].reader(source).rows(blocks, print)))


def writer_of(scheme: Scheme, *names: str):
    return lambda: scheme.writer(Fields(*names))


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (BuildError, "needs a key type, a value type", lambda: WritableSequenceFile(AB)),
        (BuildError, "needs 1 fields", lambda: WritableSequenceFile(AB, "Text")),
        (BuildError, "needs 1 fields", lambda: WritableSequenceFile(Fields.ALL, "Text")),
        (
            BuildError,
            "takes a value type, or a key type",
            lambda: WritableSequenceFile("a", "Text", value_type="Text"),
        ),
        (
            BuildError,
            "(?s)names of Hadoop's classes.*nearest +'LongWritable'",
            lambda: WritableSequenceFile("a", "LongWriteable"),
        ),
        (BuildError, "names of Hadoop's classes", lambda: WritableSequenceFile("a", int)),
        (BuildError, "names of Hadoop's classes", lambda: WritableSequenceFile("a", ArrayWritable)),
        (
            BuildError,
            "(?s)names of Hadoop's classes.*nearest +'ArrayWritable<Text>'",
            lambda: WritableSequenceFile("a", "ArrayWritable"),
        ),
        (
            BuildError,
            "unknown Hadoop codec",
            lambda: SequenceFile(AB, compression="block", codec="z"),
        ),
        (BuildError, "unknown kind of compression", lambda: SequenceFile(AB, compression="zlib")),
        (BuildError, "2 types were given", lambda: SequenceFile("a", types=[int, str])),
        (PlanError, "writes 2 fields", writer_of(SCHEMES[3], "a")),
    ],
)
def test_what_does_not_go_together_is_refused(error, words, make) -> None:
    with pytest.raises(error, match=words):
        make()
