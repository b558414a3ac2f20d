"""Text, sequence files and thrift as plain RDDs."""

from __future__ import annotations

import os

import pytest

from cascade2spark.codecs.thrift import ThriftCodec, record_class, thrift_struct
from cascade2spark.errors import BadRecord, BuildError, RunError, TapError
from cascade2spark.rdd import (
    read_sequence_file,
    read_text,
    read_thrift,
    write_sequence_file,
    write_text,
    write_thrift,
)
from cascade2spark.spark.session import cores_of
from cascade2spark.taps import SinkMode

IDL = """
struct Place { 1: string city }
struct Visit { 1: i64 ms, 2: string user, 3: Place place, 4: list<i32> pages }
"""
VISIT = thrift_struct(IDL, "Visit")
VISITS = [
    {"ms": n, "user": f"u{n % 3}", "place": {"city": "Bonn"}, "pages": [n, n + 1]}
    for n in range(40)
]


def test_pairs_come_back_and_spark_reads_them(sc, tmp_path) -> None:
    pairs = [(n, f"é{n}") for n in range(10)]
    rdd = sc.parallelize(pairs, 2)
    path = str(tmp_path / "pairs")
    classes = "LongWritable", "Text"
    assert 10 == write_sequence_file(rdd, path, *classes, compression="block")
    assert pairs == read_sequence_file(sc, path).collect()
    assert pairs == sorted(sc.sequenceFile("file://" + path).collect())
    with pytest.raises(TapError):
        write_sequence_file(rdd, path, *classes)
    assert 10 == write_sequence_file(rdd, path, *classes, mode="REPLACE", compression="record")
    assert pairs == read_sequence_file(sc, path).collect()


def test_thrift_comes_back_whole_or_in_part(sc, tmp_path) -> None:
    path = tmp_path / "visits"
    kind = record_class(VISIT)
    rdd = sc.parallelize(VISITS, 2)
    assert 40 == write_thrift(rdd, path, IDL, "Visit", value_class="ThriftWritable")
    found = read_thrift(sc, path, VISIT)
    assert VISITS == [one.as_dict() for one in found.collect()]
    assert [(0,), (1,)] == read_thrift(sc, path, VISIT, fields="ms").take(2)
    assert isinstance(found.first(), kind)
    few = read_thrift(sc, [path], IDL, "Visit", fields=["place.city", "ms"])
    assert [("Bonn", n) for n in range(40)] == few.collect()
    # Records travel through a shuffle as their bytes, and are written as these.
    by_user = found.keyBy(lambda one: one.user).groupByKey(2).flatMap(lambda pair: pair[1])
    assert 40 == write_thrift(by_user, tmp_path / "again", VISIT)
    again = read_thrift(sc, tmp_path / "again", VISIT).collect()
    assert VISITS == sorted((one.as_dict() for one in again), key=lambda one: one["ms"])
    tuples = sc.parallelize([("ann", 5), (None, 6)], 1)
    assert 2 == write_thrift(tuples, tmp_path / "rows", VISIT, fields=["user", "ms"])
    assert [("ann", 5), (None, 6)] == read_thrift(
        sc, tmp_path / "rows", VISIT, fields=["user", "ms"]
    ).collect()


def test_what_was_kept_is_written_back(sc, tmp_path) -> None:
    few = thrift_struct("struct Place {} struct Visit { 1: i64 ms, 2: string user }", "Visit")
    data = [ThriftCodec(VISIT).encode({**one, "user": "a"}) for one in VISITS]
    data = [one.replace(b"\0\0\0\1a", b"\0\0\0\1\xff") for one in data]
    rdd = sc.parallelize([(None, one) for one in data], 1)
    write_sequence_file(rdd, tmp_path / "in", "NullWritable", "BytesWritable")
    how = {"text": "surrogateescape", "unknown": "keep"}

    def changed(record):
        record.ms += 0  # it is an ordinary record now
        return record

    # By way of a shuffle, in which they are pickled.
    records = read_thrift(sc, tmp_path / "in", few, **how).map(changed).repartition(2)
    assert 40 == write_thrift(records, tmp_path / "out", few, **how)
    found = read_sequence_file(sc, tmp_path / "out").values().collect()
    assert sorted(data) == sorted(found)


def test_a_broken_record_stops_the_job_or_is_handed_over(sc, tmp_path) -> None:
    good = ThriftCodec(VISIT).encode(VISITS[1])
    path = str(tmp_path / "broken")
    rdd = sc.parallelize([(0, good), (1, good[:9]), (2, good)], 1)
    write_sequence_file(rdd, path, "LongWritable", "BytesWritable")
    with pytest.raises(Exception, match=r"(?s)no thrift struct Visit.*record +1 of the range") as e:
        read_thrift(sc, path, VISIT).collect()
    assert BadRecord.__name__ in str(e.value)
    seen = sc.accumulator(0)
    kept = read_thrift(sc, path, VISIT, fields=["ms"], on_bad=lambda error: seen.add(1))
    assert ([(1,), (1,)], 1) == (kept.collect(), seen.value)


def test_what_is_wrong_is_said(sc, tmp_path) -> None:
    rdd = sc.parallelize([{"ms": 1, "user": 5}], 1)
    with pytest.raises(RunError, match=r"(?s)a int where a string belongs.*Visit\.user"):
        write_thrift(rdd, tmp_path / "a", VISIT)
    with pytest.raises(RunError, match=r"(?s)of which fields.*fields=\[...\]"):
        write_thrift(sc.parallelize([(1, "a")], 1), tmp_path / "b", VISIT)
    with pytest.raises(RunError, match="no tuple of 2 values"):
        write_thrift(rdd, tmp_path / "b", VISIT, fields=["user", "ms"])
    with pytest.raises(RunError, match="no pair of key and value"):
        write_sequence_file(sc.parallelize([1], 1), tmp_path / "c", "LongWritable", "Text")
    with pytest.raises(RunError, match=r"(?s)no pair of key and value.*'ab', a str"):
        write_sequence_file(sc.parallelize(["ab"], 1), tmp_path / "c", "Text", "Text")
    with pytest.raises(BuildError, match="fields are names"):
        read_thrift(sc, tmp_path, VISIT, fields=5)
    with pytest.raises(BuildError, match="a function as its on_bad"):
        read_thrift(sc, tmp_path, VISIT, on_bad=5)
    with pytest.raises(BuildError, match="takes a path"):
        read_thrift(sc, [], VISIT)
    with pytest.raises(RunError, match="has no place in the file"):
        write_sequence_file(sc.parallelize([(1, 2)], 1), tmp_path / "d", "LongWritable", "Text")
    with pytest.raises(BuildError, match="unknown kind of compression"):
        write_sequence_file(rdd, tmp_path / "e", "LongWritable", "Text", compression="zip")
    with pytest.raises(BuildError, match=r"(?s)no such class.*nearest +'LongWritable'"):
        write_sequence_file(rdd, tmp_path / "e", "LongWriteable", "Text")
    with pytest.raises(BuildError, match="no such class"):
        read_sequence_file(sc, tmp_path, value_class="Texts")
    with pytest.raises(BuildError, match="'gzip' packs nothing"):
        write_thrift(rdd, tmp_path / "e", VISIT, codec="gzip")
    with pytest.raises(BuildError, match="no such mode"):
        write_thrift(rdd, tmp_path / "f", VISIT, mode="KEPT")
    with pytest.raises(BuildError, match="a SparkContext first"):
        read_thrift(rdd, tmp_path, VISIT)
    with pytest.raises(TapError):
        read_thrift(sc, tmp_path / "nowhere", VISIT)
    with pytest.raises(BuildError, match="nearest     'user'"):
        read_thrift(sc, tmp_path, VISIT, fields=["usr"])
    assert [] == [path.name for path in tmp_path.iterdir()]


def test_one_wave_of_tasks_reads_what_is_little(sc, tmp_path) -> None:
    for number in range(4 * cores_of(sc)):
        (tmp_path / str(number)).write_bytes((b"-" * 999 + b"\n") * (1_500 + number))
    assert read_text(sc, tmp_path).getNumPartitions() == cores_of(sc)
    assert read_text(sc, tmp_path, min_partitions=12).getNumPartitions() >= 12


def test_text_is_read_and_written(sc, tmp_path) -> None:
    lines = [f"line {n} £" for n in range(3_000)] + ["", "last"]
    rdd = sc.parallelize(lines, 3)
    assert 3_002 == write_text(rdd, tmp_path / "plain")
    assert 3_002 == write_text(rdd, tmp_path / "packed", compression="gzip")
    assert ["_SUCCESS", *(f"part-0000{n}.gz" for n in range(3))] == sorted(
        os.listdir(tmp_path / "packed")
    )
    for name in ("plain", "packed"):
        assert lines == read_text(sc, tmp_path / name).collect()
    # The JVM's reader lists the parts in any order.
    assert sorted(lines) == sorted(sc.textFile(str(tmp_path / "packed")).collect())
    cut = read_text(sc, str(tmp_path / "plain" / "part-*"), min_partitions=20)
    assert cut.getNumPartitions() >= 20 and cut.collect() == lines
    with pytest.raises(TapError, match="exists already"):
        write_text(rdd, tmp_path / "plain")
    write_text(
        rdd.map(str.upper), tmp_path / "plain", mode="REPLACE", charset="latin-1", header="H"
    )
    found = read_text(sc, tmp_path / "plain", charset="latin-1").collect()
    assert found.count("H") == 3 and "LINE 7 £" in found
    write_text(sc.parallelize(["more"], 1), tmp_path / "plain", mode=SinkMode.UPDATE)
    assert read_text(sc, tmp_path / "plain", charset="latin-1").collect()[-1] == "more"


def test_output_is_whole_or_not_there(sc, tmp_path) -> None:
    target = tmp_path / "out"
    write_text(sc.parallelize(["old"]), target)
    with pytest.raises(Exception, match="an element is no text") as refused:
        write_text(sc.parallelize(["a", 2], 2), target, mode="REPLACE")
    assert "2, a int" in str(refused.value) and "rdd.map(str)" in str(refused.value)
    with pytest.raises(Exception, match="division by zero"):
        write_text(sc.parallelize([0]).map(lambda n: str(1 / n)), target, mode="REPLACE")
    assert read_text(sc, target).collect() == ["old"]
    assert os.listdir(tmp_path) == ["out"]
