"""``cat --idl``: thrift structs in sequence files."""

from __future__ import annotations

import json

import fsspec
import pytest
from click.testing import CliRunner

from cascade2spark.cli import main
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.thrift import ThriftCodec, record_class, thrift_struct
from cascade2spark.codecs.writables import NULL, BytesWritable, LongWritable

IDL = """
struct Place { 1: string city }
struct Visit { 1: i64 ms, 2: string user, 3: Place place, 4: binary token, 5: list<Place> seen }
"""
VISITS = [
    {"ms": 5, "user": "Zoë", "place": {"city": "Bonn"}, "token": b"\xff", "seen": [{"city": "a"}]},
    {"ms": 6},
]
SHOWN = [{**VISITS[0], "token": {"base64": "/w=="}}, {"ms": 6}]


@pytest.fixture
def idl(tmp_path):
    (tmp_path / "visits.thrift").write_text(IDL)
    return tmp_path / "visits.thrift"


def written(path, extra=(), key_type=NULL, keys=None, value_class=None, protocol="binary"):
    codec = ThriftCodec(thrift_struct(IDL, "Visit"), protocol)
    values = [*map(codec.encode, VISITS), *extra]
    kind = BytesWritable() if value_class is None else BytesWritable(value_class)
    writer = SequenceFileWriter(key_type, kind)
    body = writer.encode(keys or [None] * len(values), values)
    path.write_bytes(writer.start() + body + writer.finish())
    return path


def call(*words):
    return CliRunner().invoke(main, ["cat", *map(str, words)])


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_structs_are_objects(idl, tmp_path, protocol) -> None:
    path = written(tmp_path / "data", protocol=protocol)
    found = call(path, "--idl", idl, "--struct", "Visit", "--protocol", protocol)
    assert SHOWN == [json.loads(line) for line in found.stdout.splitlines()]


def test_some_fields_with_the_key(idl, tmp_path) -> None:
    path = written(tmp_path / "data", [b""], LongWritable(), [7, 8, 9], "com.example.Visit")
    some = call(path, "--idl", idl, "--struct", "Visit", "--fields", "user,place.city,seen")
    expected = [
        {"key": 7, "user": "Zoë", "place.city": "Bonn", "seen": [{"city": "a"}]},
        {"key": 8, "user": None, "place.city": None, "seen": None},
        {"key": 9, "user": None, "place.city": None, "seen": None},
    ]
    assert expected == [json.loads(line) for line in some.stdout.splitlines()]
    tabs = call(
        path, "--idl", idl, "--struct", "Visit", "--fields", "ms", "--format", "tsv", "--head", 2
    )
    assert "7\t5\n8\t6\n" == tabs.stdout


def test_a_line_of_values_has_a_place_for_each_field(idl, tmp_path) -> None:
    path = written(tmp_path / "data", [b""], value_class="com.example.Visit")
    tabs = call(path, "--idl", idl, "--struct", "Visit", "--format", "tsv")
    first = '5\tZoë\t{"city": "Bonn"}\t{"base64": "/w=="}\t[{"city": "a"}]'
    assert [first, "6" + "\t" * 4, "\t" * 4] == tabs.stdout.splitlines()


def test_a_field_named_key_is_not_the_key(tmp_path) -> None:
    text = "struct A { 1: string key, 2: i32 n, 3: set<string> words }"
    codec = ThriftCodec(thrift_struct(text))
    writer = SequenceFileWriter(LongWritable(), BytesWritable())
    body = writer.encode([7], [codec.encode({"key": "k", "n": 1, "words": set("cbad")})])
    (tmp_path / "data").write_bytes(writer.start() + body + writer.finish())
    found = call(tmp_path / "data", "--idl", text)
    assert {"_key": 7, "key": "k", "n": 1, "words": list("abcd")} == json.loads(found.stdout)


def test_structs_in_sets_and_keys_are_objects_too(tmp_path) -> None:
    text = "struct P { 1: i32 n } struct A { 1: set<P> s, 2: map<P, list<P>> m }"
    codec = ThriftCodec(thrift_struct(text, "A"))
    point = record_class(text, "P")
    data = codec.encode({"s": {point(n=1)}, "m": {point(n=2): [point(n=3)]}})
    writer = SequenceFileWriter(NULL, BytesWritable())
    (tmp_path / "data").write_bytes(writer.start() + writer.encode([None], [data]))
    found = call(tmp_path / "data", "--idl", text, "--struct", "A")
    assert {"s": [{"n": 1}], "m": {'{"n": 2}': [{"n": 3}]}} == json.loads(found.stdout)


def test_files_and_idls_of_other_stores(idl, tmp_path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/cli/visits.thrift", IDL.encode())
    store.pipe("/cli/data/part-00000", written(tmp_path / "data").read_bytes())
    words = ["--idl", "memory://cli/visits.thrift", "--struct", "Visit", "--fields", "ms"]
    found = call("memory://cli/data", *words)
    assert [{"ms": 5}, {"ms": 6}] == [json.loads(line) for line in found.stdout.splitlines()]


def test_a_bad_record_is_told_or_left_out(idl, tmp_path) -> None:
    path = written(tmp_path / "data", [b"\x0a\0\1"])
    failed = call(path, "--idl", idl, "--struct", "Visit")
    assert 1 == failed.exit_code
    assert "Visit.ms" in failed.stderr and "record      2" in failed.stderr
    skipped = call(path, "--idl", idl, "--struct", "Visit", "--skip-bad")
    assert (1, 2) == (skipped.exit_code, len(skipped.stdout.splitlines()))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--struct", "Visit"], 2, "--struct and --fields need --idl"),
        (["--idl", "{idl}"], 3, "several structs: name one"),
        (["--idl", "{idl}", "--struct", "Visits"], 3, "nearest     'Visit'"),
        (["--idl", "{idl}", "--struct", "Visit", "--fields", "usr"], 3, "nearest     'user'"),
        (["--idl", "nowhere.thrift"], 3, "there is no IDL file"),
    ],
)
def test_what_is_wrong_is_said(idl, tmp_path, words, code, said) -> None:
    path = written(tmp_path / "data")
    found = call(path, *[word.format(idl=idl) for word in words])
    assert code == found.exit_code and said in found.stderr
    assert "built at" not in found.stderr  # no line of the user's
