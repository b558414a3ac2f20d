"""Sources: what is read and written, format by format (sections 5.1 to 5.5)."""

from __future__ import annotations

from typing import NamedTuple

import attrs
import pytest

from cascade2spark.errors import BuildError, Cascade2SparkError, TapError
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.dates import UTC, DateRange
from cascade2spark.scalding.job import Job, JobTest
from cascade2spark.scalding.sources import (
    Csv,
    EmptySource,
    IterableSource,
    JsonLine,
    MultipleTsvFiles,
    NullSource,
    OffsetTextLine,
    Osv,
    Parquet,
    PartitionedCsv,
    PartitionedTextLine,
    PartitionedTsv,
    SequenceFile,
    TemplatedTsv,
    TextLine,
    ThriftSequenceFile,
    Tsv,
    TypedCsv,
    TypedJson,
    TypedOsv,
    TypedParquet,
    TypedPsv,
    TypedText,
    TypedTsv,
    VersionedKeyValSource,
    WritableSequenceFile,
    daily_suffix,
)
from cascade2spark.scalding.typed import TypedPipe
from cascade2spark.schemes import record_class
from cascade2spark.taps import MemoryTap
from tests.unit.small_sources import LOCAL, put, text_of, values, write


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rows(source, mode=LOCAL):
    """Return the rows of a source as plain pipes read them."""
    tap = MemoryTap()
    head = Pipe("in")
    mode.connector.connect(source.read_tap(mode), tap, head).complete()
    return tap.rows


@attrs.frozen
class Place:
    city: str
    zip: int


@attrs.frozen
class Person:
    name: str
    place: Place
    age: int | None


class Pair(NamedTuple):
    key: str
    count: int


ADA = Person("ada", Place("rome", 5), None)


@pytest.mark.parametrize(
    ("sink", "given", "stored"),
    [
        (TextLine("out"), ["a b", "c"], "a b\nc\n"),
        (TypedTsv("out", (str, int)), [("a", 1), (None, 2)], "a\t1\n\t2\n"),
        (TypedTsv("out", str), ["a", "b"], "a\nb\n"),
        (TypedCsv("out", (str, float)), [("a,b", 1.5)], '"a,b",1.5\n'),
        (TypedPsv("out", (str, bool)), [("a", True)], "a|true\n"),
        (TypedOsv("out", (str, int)), [("a", 1)], "a\x011\n"),
        (TypedTsv("out", Pair), [Pair("a", 1)], "a\t1\n"),
        (
            TypedTsv("out", Pair, write_header=True, skip_header=True),
            [Pair("a", 1)],
            "key\tcount\na\t1\n",
        ),
        (TypedText.csv("out", Person), [ADA], "ada,rome,5,\n"),
        (TypedText.tsv("out", (str, (int, float))), [("a", (1, 2.0))], "a\t1\t2.0\n"),
        (TypedText.osv("out", (int, str)), [(1, "")], "1\x01\n"),
        (TypedJson("out"), [{"a": [1, None]}], '{"a":[1,null]}\n'),
        (
            TypedJson("out", Person),
            [ADA],
            '{"name":"ada","place":{"city":"rome","zip":5},"age":null}\n',
        ),
    ],
)
def test_text_is_written_and_read_back(sink, given, stored) -> None:
    write(given, sink)
    assert text_of("out") == stored
    assert values(sink) == given


@pytest.mark.parametrize(
    ("sink", "given"),
    [
        (SequenceFile("out", ("name", "n")), [("a", 1), ("b", 2)]),
        (WritableSequenceFile("out", ("k", "v"), "LongWritable", "Text"), [(1, "a"), (2, "b")]),
        (Parquet("out", ("name", "n"), types=[str, int]), [("a", 1), ("b", None)]),
        (TypedParquet("out", Pair), [Pair("a", 1), Pair("b", 2)]),
        (JsonLine("out", ("name", "n")), [("a", 1), ("b", None)]),
        (PartitionedTsv("out", "%s/%s", (str, int), (str, int)), [(("x", 1), ("a", 2))]),
        (PartitionedCsv("out", "day=%s", str, Pair), [("mo", Pair("a", 1)), ("tu", Pair("b", 2))]),
    ],
)
def test_other_formats_are_written_and_read_back(sink, given) -> None:
    write(given, sink)
    assert sorted(values(sink)) == given


def test_a_filter_of_parquet_leaves_rows_out() -> None:
    source = TypedParquet("out", Pair)
    write([Pair("a", 1), Pair("b", 2)], source)
    assert values(source.with_filter(("count", ">", 1))) == [Pair("b", 2)]


def test_thrift_structs_are_records() -> None:
    idl = "struct Visit { 1: string user, 2: i64 ms }"
    source = ThriftSequenceFile("out", idl)
    visit = record_class(idl)
    write([visit(user="ada", ms=3)], source)
    assert [(one.user, one.ms) for one in values(source)] == [("ada", 3)]


def test_partitions_of_lines_are_read_with_offsets() -> None:
    lines = PartitionedTextLine("out", "%s", str)
    write([("x", "a"), ("y", "b"), ("x", "c")], lines)
    assert sorted(values(lines)) == [("x", (0, "a")), ("x", (2, "c")), ("y", (0, "b"))]


def test_a_template_with_the_wrong_number_of_places_is_told() -> None:
    with pytest.raises(BuildError, match="2 places for 1 partition"):
        PartitionedTsv("out", "%s/%s", str, str)


def test_templates_are_written_only() -> None:
    sink = TemplatedTsv("out", ("day", "n"), template="%s", path_fields="day")
    write([("mo", 1), ("tu", 2)], sink)
    assert text_of("out/mo") == "mo\t1\n"
    with pytest.raises(BuildError, match="only be written"):
        values(sink)


# -- delimited text, exactly ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (TypedTsv("in", (str, int)), "a\tx\n\t\n", [("a", 0), (None, 0)]),
        (TypedTsv("in", (float, bool)), "\t\n", [(0.0, False)]),
        (TypedText.tsv("in", (str, int | None)), "\t\n", [("", None)]),
        (TypedText.tsv("in", (int | None, float | None)), "x\t1\n", [(None, 1.0)]),
        (TypedTsv("in", (str, int), strict=False), "a\n", [("a", 0)]),
        (TypedCsv("in", (str, str)), '"a,b",c\n', [("a,b", "c")]),
    ],
)
def test_nulls_of_typed_columns(source, text, expected) -> None:
    put("in", text)
    assert values(source) == expected


def test_rows_of_text_by_name() -> None:
    put("in", "a\t1\n\tx\n")
    assert rows(Tsv("in", ("s", "n"))) == [("a", "1"), (None, "x")]
    assert rows(Tsv("in")) == [("a", "1"), (None, "x")]
    put("in", "a\x011\n")
    assert rows(Osv("in", ("s", "n"))) == [("a", "1")]
    put("in", 's,n\n"a,b",1\n')
    assert rows(Csv("in", ("s", "n"), skip_header=True)) == [("a,b", "1")]


def test_the_header_of_each_file_is_skipped() -> None:
    put("a", "n\n1\n")
    put("b", "n\n2\n")
    assert rows(MultipleTsvFiles(["a", "b"], "n", skip_header=True)) == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("source", "text", "facts"),
    [
        (TypedTsv("in", (str, int)), "a\n", ["wrong number of values", "expected", "2"]),
        (TypedTsv("in", (str, int), safe=False), "a\tx\n", ["cannot become its type"]),
        (TypedJson("in"), "{\n", ["a line is not JSON"]),
    ],
)
def test_lines_that_cannot_be_read_are_told(source, text, facts) -> None:
    put("in", text)
    with pytest.raises(Cascade2SparkError) as told:
        values(source)
    assert all(fact in str(told.value) for fact in facts)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TypedText.tsv("in", (str | None,)), "optional text cannot be told"),
        (lambda: TypedTsv("in", (str, int), "name"), "2 columns and 1 names"),
        (lambda: TypedTsv("in", ()), "one column or more"),
        (lambda: TypedTsv("in", dict), "not a type of a field"),
        (lambda: Csv("in", ";"), "takes the fields after the path"),
        (lambda: Tsv([]), "needs a path"),
        (lambda: Tsv(3), "needs a path"),
        (lambda: IterableSource("abc"), "are a list"),
        (lambda: IterableSource([(1,), (1, 2)]), "differ in width"),
        (lambda: IterableSource([(1, 2)], "a"), "rows of 2 values were given for 1 fields"),
        (lambda: TypedParquet("in", (int,)).scheme(), "takes a class"),
        (lambda: TextLine("/*").write_path(), "only a wildcard"),
        (lambda: TextLine("*").write_path(), "only a wildcard"),
    ],
)
def test_misuse_is_told(make, message) -> None:
    with pytest.raises(BuildError, match=message):
        make()


def test_lines_with_their_offsets() -> None:
    put("in", "ab\nc\n")
    assert values(OffsetTextLine("in")) == [(0, "ab"), (3, "c")]
    assert rows(TextLine("in")) == [(0, "ab"), (3, "c")]


@pytest.mark.parametrize("source", [IterableSource([1]), EmptySource("n")])
def test_sources_without_files_cannot_be_written(source) -> None:
    with pytest.raises(TapError, match="can only be read"):
        write([1], source)


def test_rows_in_the_plan() -> None:
    assert values(IterableSource([("a", 1), ("b", 2)], ("s", "n"))) == [("a", 1), ("b", 2)]
    assert values(IterableSource(["a", "b"])) == ["a", "b"]
    assert values(EmptySource("n")) == []
    assert values(NullSource()) == []


def test_a_null_sink_runs_what_stands_before_it() -> None:
    seen = []
    pipe = TypedPipe.from_([1, 2]).map(lambda n: seen.append(n) or n)
    pipe.write_execution(NullSource()).wait_for(mode=LOCAL)
    assert seen == [1, 2]


def test_conversions_of_values() -> None:
    numbers = TypedTsv("out", int)
    write(["a", "bb"], numbers.contra_map(len))
    assert values(numbers.and_then(str)) == ["1", "2"]
    with pytest.raises(TapError, match="only be read"):
        write(["a"], numbers.and_then(str))
    with pytest.raises(TapError, match="only be written"):
        values(numbers.contra_map(len))


NULL = TypedTsv("null", str)
DAY = DateRange.parse("2011-12-01", tz=UTC)


@pytest.mark.parametrize(
    ("source", "given"),
    [
        (TypedText.csv("in", Person), [ADA]),
        (TypedTsv("in", Pair), [Pair("a", 1)]),
        (TypedTsv("in", str), ["a"]),
        (TypedJson("in", Pair), [Pair("a", 1)]),
        (PartitionedTsv("in", "%s", str, str), [("x", "a")]),
        (VersionedKeyValSource("in"), [("a", 1)]),
        (VersionedKeyValSource("in").and_then(tuple), [("a", 1)]),
        (TextLine("in"), ["a"]),
        (OffsetTextLine("in"), [(3, "a")]),
        (daily_suffix(TypedJson, "in", DAY), [{"a": 1}]),
    ],
)
def test_a_test_gives_values_to_any_source(source, given) -> None:
    class Reads(Job):
        def build(self):
            TypedPipe.from_(source).map(repr).write(NULL)

    JobTest(Reads).source(source, given).sink(NULL, list(map(repr, given))).run()
