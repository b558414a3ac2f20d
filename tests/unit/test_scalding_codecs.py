"""Sources whose values are bytes that a codec makes, broken ones among them."""

from __future__ import annotations

import pytest

from cascade2spark import schemes
from cascade2spark.errors import OperationError
from cascade2spark.scalding.dates import UTC, DateRange
from cascade2spark.scalding.job import Job, JobTest, Mode, StatKey, run_jobs
from cascade2spark.scalding.sources import (
    CodecSource,
    FormatSource,
    IterableSource,
    KeyValueCodec,
    OptionalSource,
    Tsv,
    TypedText,
    VersionedKeyValSource,
    daily_suffix,
)
from cascade2spark.scalding.typed import TypedPipe

QUIET = Mode.local({"cascade2spark.progress": "off"})
TEXTS = KeyValueCodec(str.encode, bytes.decode)
BYTES = KeyValueCodec(bytes, bytes)


def values_of(source):
    return TypedPipe.from_(source).to_iterable_execution().get_counters().wait_for(mode=QUIET)


def test_a_codec_makes_bytes_of_values(tmp_path) -> None:
    stored = CodecSource(str(tmp_path / "texts"), TEXTS)
    TypedPipe.from_(["a", "é"]).write_execution(stored).wait_for(mode=QUIET)
    assert ["a", "é"] == values_of(stored)[0]
    raw = FormatSource(
        str(tmp_path / "texts"), schemes.WritableSequenceFile("value", "BytesWritable")
    )
    assert [b"a", "é".encode()] == values_of(raw)[0]


@pytest.mark.parametrize("wrap", [lambda source: source, OptionalSource])
def test_as_many_broken_values_as_may_be_are_left_out(tmp_path, wrap) -> None:
    path = str(tmp_path / "mixed")
    raw = TypedPipe.from_([b"1", b"no", b"[2]", b"{"])
    raw.write_execution(CodecSource(path, BYTES)).wait_for(mode=QUIET)
    tolerant = wrap(CodecSource(path, max_failures=2))
    for _ in range(2):  # each run begins to count anew
        values, counters = values_of(tolerant)
        assert [1, [2]] == values
        assert 2 == counters[StatKey(str(tolerant), "Decoding Failures")]
    with pytest.raises(OperationError, match="a stored value cannot be decoded") as caught:
        values_of(wrap(CodecSource(path, max_failures=1)))
    assert "b'{'" in str(caught.value)


def test_broken_pairs_of_a_version_are_left_out(tmp_path) -> None:
    path = str(tmp_path / "store")
    broken = VersionedKeyValSource(path, value_codec=BYTES)
    pairs = TypedPipe.from_([("a", b"1"), ("b", b"x")])
    pairs.write_execution(broken).wait_for(mode=QUIET)
    assert [("a", 1)] == values_of(VersionedKeyValSource(path, max_failures=1))[0]
    with pytest.raises(OperationError, match="a stored pair cannot be decoded"):
        values_of(VersionedKeyValSource(path))


def test_the_fields_api_reads_and_writes_values_of_a_codec(tmp_path) -> None:
    store, lines = VersionedKeyValSource(str(tmp_path / "store")), Tsv(str(tmp_path / "out"))

    class Fill(Job):
        def build(self):
            rows = IterableSource([("a", 1), ("b", 2)], ("key", "value")).read()
            rows.write(store)

    class Dump(Job):
        def build(self):
            store.read().map("value", "value", lambda value: value + 1).write(lines)

    run_jobs(Fill(), QUIET)
    run_jobs(Dump(), QUIET)
    assert "a\t2\nb\t3\n" == (tmp_path / "out").read_text()
    JobTest(Dump).source(store, [("z", 9)]).sink(lines, [("z", 10)]).run()


def test_days_of_delimited_texts_are_read_as_records(tmp_path) -> None:
    days = DateRange.parse("2011-12-01", "2011-12-02", tz=UTC)
    for number in (1, 2):
        folder = tmp_path / f"2011/12/0{number}"
        folder.mkdir(parents=True)
        (folder / "part-00000").write_text(f"a\t{number}\n")
    stored = daily_suffix(TypedText.tsv, str(tmp_path), days, (str, int))
    assert [("a", 1), ("a", 2)] == sorted(values_of(stored)[0])
    assert stored == daily_suffix(TypedText.tsv, str(tmp_path), days, (str, int))
