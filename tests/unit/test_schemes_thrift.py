"""ThriftSequenceFile, on the local engine and by its parts."""

from __future__ import annotations

import io
import pickle
import struct
import tempfile
from decimal import Decimal

import pytest

from cascade2spark import Fields, FlowDef, LocalFlowConnector, Pipe, function
from cascade2spark.assemblies import Retain
from cascade2spark.codecs.cascading_tuples import CascadingTuple
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.thrift import ThriftCodec, record_class, thrift_struct
from cascade2spark.codecs.thrift_classes import raw_of
from cascade2spark.codecs.writables import (
    NULL,
    BytesWritable,
    IntWritable,
    LongWritable,
    RawWritable,
    Text,
)
from cascade2spark.errors import BuildError, PlanError, RunError, TapError
from cascade2spark.files import Split
from cascade2spark.operations import Last
from cascade2spark.schemes import SourceInfo, TextDelimited, ThriftSequenceFile
from cascade2spark.taps import FileTap, GlobHfs, Hfs, MemoryTap

IDL = """
enum Kind { CLICK = 1 }
struct Place { 1: string city, 2: i16 floor }
struct Visit {
  1: i64 ms, 2: string user, 3: Place place, 4: list<i32> pages, 5: bool paid, 6: Kind kind = 1
  7: binary token, 8: double price, 9: byte flag
}
"""
VISIT = thrift_struct(IDL, "Visit")
CODEC = ThriftCodec(VISIT)
PLACE = record_class(VISIT.field("place").type.struct)
GOOD = CODEC.encode({"ms": 5, "user": "ann", "place": {"city": "Bonn"}, "pages": [1, 2]})


def rows_in(data: bytes, scheme, wanted=None, on_bad=None):
    source = SourceInfo(scheme.source_fields, wanted)
    blocks = list(scheme_blocks(scheme, data, source))
    return [row for rows in scheme.reader(source).rows(blocks, on_bad) for row in rows]


def scheme_blocks(scheme, data: bytes, source):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield from scheme.blocks(Split(file.name, 0, len(data), len(data)), source, 1 << 20)


def stored(values, key_type=NULL, value_class=None, keys=None) -> bytes:
    kind = BytesWritable() if value_class is None else BytesWritable(value_class)
    writer = SequenceFileWriter(key_type, kind)
    body = writer.encode(keys or [None] * len(values), values)
    return writer.start() + body + writer.finish()


def test_fields_are_those_of_the_idl_with_their_types() -> None:
    expected = (
        "'ms', 'user', 'place', 'pages', 'paid', 'kind', 'token', 'price', 'flag' | "
        "Long, String, Object, Object, Boolean, Integer, Object, Double, Integer"
    )
    assert expected == ThriftSequenceFile(IDL, "Visit").source_fields.print_().strip("[]")


def test_rows_hold_values_defaults_and_null() -> None:
    scheme = ThriftSequenceFile(VISIT)
    expected = (5, "ann", PLACE(city="Bonn"), [1, 2], None, 1, None, None, None)
    assert [expected] == rows_in(stored([GOOD]), scheme)


def test_only_wanted_positions_are_read_in_their_order() -> None:
    scheme = ThriftSequenceFile(
        VISIT, fields={"town": "place.city", "who": "user", "ms": "ms"}, key="offset"
    )
    data = stored([GOOD, GOOD], LongWritable(), keys=[7, 8])
    assert [(7, "Bonn", "ann", 5), (8, "Bonn", "ann", 5)] == rows_in(data, scheme)
    assert [("ann", 7), ("ann", 8)] == rows_in(data, scheme, (2, 0))
    assert [(5,), (5,)] == rows_in(data, scheme, (3,))
    assert [(), ()] == rows_in(data, scheme, ())


def test_classes_that_store_a_length_are_read_and_null_is_a_row_of_nulls() -> None:
    for name in (
        "com.example.VisitWritable",
        "com.twitter.elephantbird.mapreduce.io.ThriftWritable",
    ):
        data = stored([GOOD, b""], value_class=name)
        scheme = ThriftSequenceFile(VISIT, fields=["ms", "user"])
        assert [(5, "ann"), (None, None)] == rows_in(data, scheme)
        (one, none) = rows_in(data, ThriftSequenceFile(VISIT, as_object=True))
        assert ("ann", None) == (one[0].user, none[0])


def test_bad_records_are_handed_over_with_their_place() -> None:
    data = stored([GOOD, GOOD[:9], GOOD, b""])
    for scheme in (
        ThriftSequenceFile(VISIT, fields=["user"]),
        ThriftSequenceFile(VISIT, as_object=True),
    ):
        bad = []
        assert 2 == len(rows_in(data, scheme, None, bad.append))
        assert [(GOOD[:9],), (b"",)] == [error.payload for error in bad]
        assert "1 of the range" in bad[0].details["record"]
        assert "Visit.ms" == bad[0].details["field"]


@pytest.mark.parametrize("compression", ["none", "record", "block"])
def test_the_place_of_a_bad_record_is_where_it_begins(tmp_path, compression) -> None:
    writer = SequenceFileWriter(
        LongWritable(), BytesWritable(), compression=compression, sync_bytes=300, block_bytes=500
    )
    values = [GOOD] * 700
    for at in (3, 400, 699):
        values[at] = GOOD[:-3]
    body = writer.encode(list(range(700)), values)
    (tmp_path / "f").write_bytes(writer.start() + body + writer.finish())
    scheme = ThriftSequenceFile(VISIT, fields=["ms"], key="offset")
    source, size = SourceInfo(scheme.source_fields), (tmp_path / "f").stat().st_size
    data = (tmp_path / "f").read_bytes()
    found = []
    for cut in ((0, size // 2), (size // 2, size)):
        bad: list = []
        blocks = scheme.blocks(Split(str(tmp_path / "f"), *cut, size), source, 1 << 20)
        assert sum(map(len, scheme.reader(source).rows(blocks, bad.append))) > 100
        found += [error.details for error in bad]
    assert {"Visit.pages[1]"} == {details["field"] for details in found}
    if compression == "block":
        marks = [int(details["offset"].split()[-1]) for details in found]
        assert all(writer.header.sync == data[mark + 4 : mark + 20] for mark in marks)
        assert "3 records into the block at " in found[0]["offset"]
    else:
        keys = [int.from_bytes(data[one["offset"] + 8 : one["offset"] + 16]) for one in found]
        assert [3, 400, 699] == keys


def test_a_damaged_file_is_told_from_its_records() -> None:
    data = stored([GOOD] * 3)
    bad = []
    rows = rows_in(data[:-5], ThriftSequenceFile(VISIT, fields=["user"]), None, bad.append)
    assert ([("ann",)] * 2, 1) == (rows, len(bad))


def test_keys_that_are_no_numbers_are_refused() -> None:
    scheme = ThriftSequenceFile(VISIT, fields=["ms"], key="offset")
    assert [(7, 5)] == rows_in(stored([GOOD], IntWritable(), keys=[7]), scheme)
    for data in (stored([GOOD], Text(), keys=["a"]), stored([GOOD])):
        with pytest.raises(TapError, match=r"(?s)keys of .* are no numbers.*leave out key="):
            rows_in(data, scheme)
        assert [(5,)] == rows_in(data, scheme, (1,))  # where nobody reads them they are no matter


def test_files_of_other_values_are_refused() -> None:
    writer = SequenceFileWriter(NULL, Text())
    data = writer.start() + writer.encode([None], ["a"]) + writer.finish()
    with pytest.raises(TapError, match=r"(?s)no thrift structs.*io\.Text"):
        rows_in(data, ThriftSequenceFile(VISIT))
    with pytest.raises(TapError, match="is not a sequence file"):
        rows_in(b"plain text", ThriftSequenceFile(VISIT))
    with pytest.raises(TapError, match="is not a sequence file"):
        rows_in(b"", ThriftSequenceFile(VISIT))


def test_rows_are_written_by_name_and_coerced_where_they_must_be() -> None:
    scheme = ThriftSequenceFile(VISIT, value_class="ThriftWritable", compression="record")
    writer = scheme.writer(Fields("paid", "user", "ms", "kind"))
    rows = [("false", 5, "7", 3.7), (True, "x", 1, None), (None, None, None, None)]
    data = writer.start() + writer.encode(rows) + writer.finish()
    header = SequenceFileReader(io.BytesIO(data), "x").header
    assert header.value_class.endswith("elephantbird.mapreduce.io.ThriftWritable")
    found = rows_in(data, ThriftSequenceFile(VISIT, fields=["paid", "user", "ms", "kind"]))
    assert [(False, "5", 7, 3), (True, "x", 1, 1), (None, None, None, 1)] == found


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("flag", 128), ("flag", 2**40), ("kind", 2**31), ("kind", 1e30)),
        *(("ms", 2**70), ("ms", -(2**63) - 1), ("ms", float("nan")), ("ms", Decimal("Infinity"))),
        *(("kind", Decimal(2**31)), ("ms", "99999999999999999999"), ("pages", [2**31])),
    ],
)
def test_a_number_that_does_not_fit_is_refused_wherever_it_is(name, number) -> None:
    writer = ThriftSequenceFile(VISIT).writer(Fields("user", name))
    with pytest.raises(RunError, match=rf"(?s)has no place for.*Visit\.{name}"):
        writer.encode([("ann", number)])
    with pytest.raises(BuildError, match="has no place for"):
        CODEC.encode({name: number})
    assert writer.encode([("ann", [1] if name == "pages" else Decimal(-3))])


def test_a_row_that_cannot_be_written_is_a_run_error() -> None:
    writer = ThriftSequenceFile(VISIT).writer(Fields("ms", "pages"))
    with pytest.raises(RunError, match=r"(?s)fields.*row +\(1, 'abc'\).*Visit\.pages"):
        writer.encode([(1, "abc")])
    whole = ThriftSequenceFile(VISIT, as_object=True).writer(Fields("record"))
    for wrong in (None, 5):
        with pytest.raises(RunError, match="has no place for"):
            whole.encode([(wrong,)])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"fields": ["usr"]}, "nearest     'user'"),
        ({"fields": []}, "was given no fields"),
        ({"fields": 5}, "fields are names"),
        ({"fields": ["ms", "ms"]}, "a field is named twice"),
        ({"fields": {"a": "ms"}, "as_object": True}, "the name of one field"),
        ({"key": 5}, "key is the name of a field"),
        ({"fields": ["ms"], "key": "ms"}, "the key needs a name that no field has"),
        ({"fields": ["a", "b"], "as_object": True}, "the name of one field"),
        ({"unknown": "keep"}, "read whole records: as_object=True"),
        ({"protocol": "json"}, "no such protocol"),
        ({"compression": "zip"}, "unknown kind of compression"),
        ({"value_class": "Thrifty"}, "need a full class name"),
        ({"value_class": BytesWritable()}, "need a full class name"),
        ({"value_class": "org.apache.hadoop.io.Text"}, "values of this class are no structs"),
        ({"value_class": "cascading.tuple.Tuple"}, "values of this class are no structs"),
        ({"compression": "block", "codec": "lzo"}, "LZO is neither read nor written"),
        ({"codec": "gzip"}, "packs nothing"),
    ],
)
def test_what_is_wrong_with_a_scheme_is_said(more, said) -> None:
    with pytest.raises(BuildError) as caught:
        ThriftSequenceFile(VISIT, **more)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("more", "fields", "said"),
    [
        ({}, Fields.UNKNOWN, "needs to know its fields"),
        ({}, Fields("usr"), "nearest     'user'"),
        ({"fields": ["place.city"]}, Fields("place.city"), "cannot be written by itself"),
        ({"key": "offset"}, Fields("user"), "the key of a sequence file is missing"),
        ({"as_object": True}, Fields("a", "b"), "one field holds the whole struct"),
    ],
)
def test_what_cannot_be_written_is_said_while_planning(more, fields, said) -> None:
    with pytest.raises(PlanError) as caught:
        ThriftSequenceFile(VISIT, **more).writer(fields)
    assert said in str(caught.value)


def test_a_scheme_is_a_value() -> None:
    scheme = ThriftSequenceFile(IDL, "Visit", fields=["ms"])
    assert scheme == ThriftSequenceFile(VISIT, fields=["ms"]) == pickle.loads(pickle.dumps(scheme))
    assert hash(scheme) == hash(pickle.loads(pickle.dumps(scheme)))
    assert scheme != ThriftSequenceFile(VISIT, fields=["ms"], protocol="compact")


def test_a_flow_reads_only_what_it_needs_and_traps_what_is_broken(tmp_path, capsys) -> None:
    (tmp_path / "in").write_bytes(stored([GOOD, GOOD[:20]]))
    scheme = ThriftSequenceFile(IDL, "Visit", fields=["ms", "user", "place.city"])
    pipe = Retain(Pipe("visits"), Fields("place.city"))
    out, trap = tmp_path / "out", tmp_path / "trap"
    flow = LocalFlowConnector().connect(
        FlowDef()
        .add_source("visits", FileTap(scheme, tmp_path / "in"))
        .add_tail_sink(pipe, FileTap(TextDelimited(Fields("place.city")), out))
        .add_trap("visits", FileTap(TextDelimited(Fields.ALL), trap))
    )
    flow.explain()
    assert "reads only place.city" in " ".join(capsys.readouterr().out.split())
    flow.complete()
    assert "Bonn\n" == out.read_text()
    assert GOOD[:20].hex(" ") == trap.read_text().strip()


def test_records_nobody_looks_at_are_written_as_they_were(tmp_path) -> None:
    strange = b"\x08\0\x63\0\0\0\1" + GOOD  # a field that the IDL does not know
    (tmp_path / "in").write_bytes(stored([strange, GOOD]))
    pipe = Pipe("copy")
    whole = ThriftSequenceFile(VISIT, as_object=True)
    LocalFlowConnector().connect(
        FileTap(whole, tmp_path / "in"), FileTap(whole, tmp_path / "out"), pipe
    ).complete()
    reader = SequenceFileReader(io.BytesIO((tmp_path / "out").read_bytes()), "out")
    assert [strange, GOOD] == [value for _, value in reader.records()]
    sink = MemoryTap(Fields("record"))
    LocalFlowConnector().connect(FileTap(whole, tmp_path / "in"), sink, pipe).complete()
    assert [5, 5] == [record.ms for (record,) in sink.rows]


def test_objects_stay_bytes_until_somebody_changes_them(tmp_path) -> None:
    values = [CODEC.encode({"ms": n, "user": f"u{n % 3}", "pages": [n]}) for n in range(30)]
    (tmp_path / "in").write_bytes(stored(values))
    source = FileTap(ThriftSequenceFile(VISIT, as_object=True), tmp_path / "in")
    records = Pipe("visits")
    by_user = records.each("record", function("user")(lambda record: record.user), Fields.ALL)
    for pipe, count in (
        (records, 30),
        (records.keep("record", lambda record: record.user == "u1"), 10),
        (by_user.group_by("user").every("record", Last(), Fields("record")), 3),
    ):
        sink = MemoryTap(Fields("record"))
        LocalFlowConnector().connect(source, sink, pipe).complete()
        assert count == len([record for (record,) in sink.rows if raw_of(record) is not None])
    changed = records.each("record", function("record")(one_page_more), Fields.REPLACE)
    sink = MemoryTap(Fields("record"))
    LocalFlowConnector().connect(source, sink, changed).complete()
    assert [[n, 1] for n in range(30)] == [record.pages for (record,) in sink.rows]


def test_the_text_of_a_record_does_not_depend_on_who_looked(tmp_path) -> None:
    (tmp_path / "in").write_bytes(stored([GOOD]))
    source = FileTap(ThriftSequenceFile(VISIT, as_object=True), tmp_path / "in")
    text = "Visit(ms=5, user='ann', place=Place(city='Bonn'), pages=[1, 2])\n"
    for name, looks in (("unread", lambda record: 1 // 0), ("read", lambda record: record.pages.x)):
        failing = Pipe("visits").each("record", function("x")(looks))
        out, trap = (FileTap(TextDelimited(Fields.ALL), tmp_path / (name + n)) for n in "ot")
        flow_def = FlowDef().add_source("visits", source).add_tail_sink(failing, out)
        LocalFlowConnector().connect(flow_def.add_trap("visits", trap)).complete()
        assert text == (tmp_path / (name + "t")).read_text()
    plain = FileTap(TextDelimited(Fields.ALL), tmp_path / "plain")
    LocalFlowConnector().connect(source, plain, Pipe("visits")).complete()
    assert text == (tmp_path / "plain").read_text()


def one_page_more(record):
    record.pages.append(1)
    return record


def test_globs_take_files_of_several_folders(tmp_path) -> None:
    scheme = ThriftSequenceFile(VISIT, fields=["ms"])
    for day in ("01", "02", "03"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "part-00000").write_bytes(stored([CODEC.encode({"ms": int(day)})]))
    for tap in (
        GlobHfs(scheme, f"{tmp_path}/0[12]/part-*"),
        Hfs(scheme, f"{tmp_path}/{{01,02}}"),
    ):
        sink = MemoryTap(Fields("ms"))
        LocalFlowConnector().connect(tap, sink, Pipe("days")).complete()
        assert [(1,), (2,)] == sorted(sink.rows)


def test_the_bytes_in_cascadings_own_tuples_are_read() -> None:
    kind = CascadingTuple()
    writer = SequenceFileWriter(kind, kind)
    body = writer.encode([(), (), ()], [(GOOD,), ("key", GOOD), (GOOD, GOOD)])
    bad = []
    data = writer.start() + body + writer.finish()
    assert [("ann",)] * 2 == rows_in(
        data, ThriftSequenceFile(VISIT, fields=["user"]), None, bad.append
    )
    assert 1 == len(bad)
    # As elephant-bird's own objects in a tuple: class and serialised bytes.
    name = b"com.twitter.elephantbird.mapreduce.io.ThriftWritable"
    held = b"\1\x20" + struct.pack(">i", len(name)) + name + struct.pack(">i", len(GOOD)) + GOOD
    raw = SequenceFileWriter(RawWritable(kind.class_name), RawWritable(kind.class_name))
    data = raw.start() + raw.encode([b"\0"], [held]) + raw.finish()
    assert [("ann",)] == rows_in(data, ThriftSequenceFile(VISIT, fields=["user"]))


@pytest.mark.parametrize("options", [{}, {"text": "strict"}, {"text": "surrogateescape"}])
def test_bytes_behind_a_struct_are_refused_or_ignored(options) -> None:
    data = stored([GOOD + b"more", GOOD])
    found: list = []
    fields = ["ms", "user"]
    assert [(5, "ann")] == rows_in(
        data, ThriftSequenceFile(VISIT, fields=fields, **options), on_bad=found.append
    )
    assert 1 == len(found) and "behind the end" in str(found[0])
    lenient = ThriftSequenceFile(VISIT, fields=fields, trailing="ignore", **options)
    assert [(5, "ann")] * 2 == rows_in(data, lenient)
    whole = ThriftSequenceFile(VISIT, as_object=True, trailing="ignore", **options)
    assert ["ann", "ann"] == [record.user for (record,) in rows_in(data, whole)]
    with pytest.raises(BuildError, match="no such trailing"):
        ThriftSequenceFile(VISIT, trailing="drop")


def test_a_record_larger_than_allowed_is_bad() -> None:
    data = stored([GOOD, CODEC.encode({"ms": 6, "user": "u" * (3 << 20)}), GOOD])
    found: list = []
    scheme = ThriftSequenceFile(VISIT, fields=["ms"], most_bytes=2 << 20)
    tail = rows_in(data, scheme, on_bad=found.append)
    assert (5,) == tail[0] and (6,) not in tail
    assert [(5,), (6,), (5,)] == rows_in(data, ThriftSequenceFile(VISIT, fields=["ms"]))
    assert "allowed are 2097152" in str(found[0])
    with pytest.raises(BuildError, match="from 1 up"):
        ThriftSequenceFile(VISIT, most_bytes=0)
