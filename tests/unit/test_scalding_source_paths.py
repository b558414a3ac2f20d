"""Which paths a source reads and writes, and when input is good: globs, dates, versions."""

from __future__ import annotations

import pytest

from cascade2spark.errors import BuildError, TapError
from cascade2spark.scalding.algebra import FunctionSemigroup
from cascade2spark.scalding.dates import UTC, DateRange
from cascade2spark.scalding.flow_state import FlowState, source_pipe
from cascade2spark.scalding.job import Job, JobTest
from cascade2spark.scalding.sources import (
    InvalidSource,
    MultipleTextLineFiles,
    OptionalSource,
    TextLine,
    TypedTsv,
    VersionedKeyValSource,
    daily_suffix,
    hourly_suffix,
    incremented,
    most_recent_good,
    write_incremental,
)
from cascade2spark.scalding.typed import TypedPipe
from cascade2spark.taps import SinkMode
from tests.unit.small_sources import LENIENT, LOCAL, put, text_of, values, write


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- paths and goodness ---------------------------------------------------------------------------


def test_several_paths_are_read_and_the_last_is_written() -> None:
    put("a", "1\n")
    put("b", "2\n")
    both = MultipleTextLineFiles("a", "b")
    assert values(both) == ["1", "2"]
    write(["3"], both)
    assert (text_of("a"), text_of("b")) == ("1\n", "3\n")
    assert TextLine("logs/*").write_path() == "logs"


def test_missing_input_is_told_or_left_out() -> None:
    put("a", "1\n")
    with pytest.raises(InvalidSource, match="data is missing") as told:
        values(TextLine(["a", "b", "c"]))
    assert "b, c" in str(told.value)
    assert values(TextLine(["a", "b"]), LENIENT) == ["1"]
    with pytest.raises(InvalidSource, match="is good"):
        values(TextLine(["b", "c"]), LENIENT)
    assert values(OptionalSource(TextLine("b"))) == []
    assert values(OptionalSource(TextLine("a"))) == ["1"]


@pytest.mark.parametrize(
    ("files", "path", "is_good", "is_complete"),
    [
        (["d/_SUCCESS"], "d/", True, None),
        (["d/_SUCCESS"], "d/*", False, False),
        (["d/part"], "d/*", True, False),
        (["d/part", "d/_SUCCESS"], "d/*", True, True),
        (["d/1/p", "d/1/_SUCCESS", "d/2/p"], "d/*/*", True, False),
        (["d/1/p", "d/1/_SUCCESS", "d/2/_x"], "d/*/*", True, True),
        (["d/1/.p"], "d/*/*", False, False),
        ([], "d/*", False, False),
    ],
)
def test_when_input_is_good(files, path, is_good, is_complete) -> None:
    for name in files:
        put(name)
    assert TextLine(path).is_valid(LOCAL) == is_good
    complete = TextLine(path, needs_success_file=True)
    if is_complete is None:
        with pytest.raises(BuildError, match="must end in"):
            complete.is_valid(LOCAL)
    else:
        assert complete.is_valid(LOCAL) == is_complete


def test_old_output_is_replaced_by_default() -> None:
    write(["1"], TextLine("out"))
    write(["2"], TextLine("out"))
    assert text_of("out") == "2\n"
    with pytest.raises(TapError, match="exists"):
        write(["3"], TextLine("out", sink_mode=SinkMode.KEEP))


def test_a_job_cannot_read_what_it_writes() -> None:
    put("a")
    state = FlowState()
    state.add(source_pipe(TextLine("a")), TextLine("a"))
    with pytest.raises(BuildError, match="reads TextLine\\('a'\\) and writes it"):
        state.flow_def(LOCAL, "job")
    with pytest.raises(BuildError, match="written twice"):
        state.add(source_pipe(TextLine("b")), TextLine("a"))


# -- dates ----------------------------------------------------------------------------------------

DAYS = DateRange.parse("2011-11-30", "2011-12-02", tz=UTC)


def test_days_of_a_range_are_read_and_its_end_is_written() -> None:
    for day, text in [("11/29", "no"), ("11/30", "a"), ("12/01", "b"), ("12/02", "c")]:
        put(f"logs/2011/{day}/part", f"{text}\n")
    logs = daily_suffix(TextLine, "logs", DAYS)
    assert values(logs) == ["a", "b", "c"]
    assert values(most_recent_good(TextLine, "logs", DAYS)) == ["c"]
    write(["d"], logs)
    assert text_of("logs/2011/12/02") == "d\n"


def test_each_step_must_be_there() -> None:
    put("logs/2011/11/30/part", "a\n")
    put("logs/2011/12/02/_SUCCESS", "")
    logs = daily_suffix(TextLine, "logs", DAYS)
    with pytest.raises(InvalidSource, match="data is missing") as told:
        values(logs)
    assert "logs/2011/12/01/*, logs/2011/12/02/*" in str(told.value)
    assert values(logs, LENIENT) == ["a"]
    assert values(most_recent_good(TextLine, "logs", DAYS)) == ["a"]
    with pytest.raises(InvalidSource, match="no path of"):
        values(most_recent_good(TextLine, "other", DAYS))


def test_hours_have_options_of_their_format() -> None:
    hour = DateRange.parse("2011-12-01T05", tz=UTC)
    source = hourly_suffix(TypedTsv, "logs", hour, (str, int))
    write([("a", 1)], source)
    assert text_of("logs/2011/12/01/05") == "a\t1\n"
    assert source == hourly_suffix(TypedTsv, "logs", hour, (str, int))
    assert len(source.source_fields) == 2


# -- versions -------------------------------------------------------------------------------------


def test_versions_are_kept_and_the_newest_is_read() -> None:
    for version in (10, 11, 12, 13):
        write([("a", version)], VersionedKeyValSource("store", sink_version=version))
    store = VersionedKeyValSource("store")
    assert store.versions() == [13, 12, 11]
    assert values(store) == [("a", 13)]
    assert values(VersionedKeyValSource("store", source_version=11)) == [("a", 11)]
    with pytest.raises(InvalidSource) as told:
        values(VersionedKeyValSource("store", source_version=10))
    assert "no version 10" in str(told.value) and "available   13, 12, 11" in str(told.value)
    with pytest.raises(InvalidSource, match="has no version"):
        values(VersionedKeyValSource("nothing"))
    with pytest.raises(TapError, match="has version 13 already"):
        write([("a", 1)], VersionedKeyValSource("store", sink_version=13))


def test_a_store_is_read_and_written_by_one_job() -> None:
    store = VersionedKeyValSource("store")
    write([("a", 1)], store)
    TypedPipe.from_(store).map(lambda kv: (kv[0], kv[1] + 1)).write_execution(store).wait_for(
        mode=LOCAL
    )
    assert values(store) == [("a", 2)]
    assert len(store.versions()) == 2


def test_new_pairs_are_added_to_the_newest_version() -> None:
    store = VersionedKeyValSource("store")
    for pairs in ([("a", "1"), ("b", "2"), ("a", "3")], [("a", "4"), ("c", "5")]):
        incremented(TypedPipe.from_(pairs), store).write_execution(store).wait_for(mode=LOCAL)
    assert sorted(values(store)) == [("a", "134"), ("b", "2"), ("c", "5")]
    assert len(store.versions()) == 2


LARGER = FunctionSemigroup(max)


class AddsUp(Job):
    def build(self):
        write_incremental(TypedPipe.from_([("a", 2)]), VersionedKeyValSource("store"), LARGER)


def test_a_job_adds_to_a_store() -> None:
    store = VersionedKeyValSource("store")
    for _ in range(2):
        assert AddsUp().run(LOCAL)
    assert values(store) == [("a", 2)]
    test = JobTest(AddsUp).source(OptionalSource(store), [("a", 5)])
    test.sink(store, [("a", 5)]).run()
