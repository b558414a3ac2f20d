"""What strangers get wrong in jobs of Scalding is refused early, and messages say what it was."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from cascade2spark.errors import BuildError, Cascade2SparkError, Unsupported
from cascade2spark.scalding.algebra import Aggregator
from cascade2spark.scalding.fields import from_typed
from cascade2spark.scalding.job import Args, Execution, Job, JobTest, Mode, UtcDateRangeJob
from cascade2spark.scalding.sources import Tsv, TypedTsv
from cascade2spark.scalding.typed import TypedPipe


def summed(*values: object) -> object:
    [(_, total)] = values_of(TypedPipe.from_([("k", value) for value in values]).sum_by_key())
    return total


def values_of(pipe: TypedPipe) -> list:
    return pipe.to_iterable_execution().wait_for()


class Copy(Job):
    def build(self) -> None:
        TypedPipe.from_(TypedTsv("in", (str, int))).write(TypedTsv("out", (str, int)))


def test_none_adds_nothing_wherever_it_stands() -> None:
    assert [11, 11, 5, 3.5] == [
        summed(5, None, 6),
        summed(None, 5, 6),
        summed(5, None),
        summed(1.5, None, 2),
    ]
    assert summed(None) is None


@pytest.mark.parametrize("values", [(5, "a"), ("a", 5), (5, "a", 6)])
def test_what_cannot_be_added_is_named(values) -> None:
    with pytest.raises(Cascade2SparkError) as raised:
        summed(*values)
    assert "There is no sum of" in str(raised.value)
    assert "test_scalding_misuse.py" in str(raised.value)


def test_what_an_aggregator_cannot_prepare_is_shown() -> None:
    wrong = TypedPipe.from_([("k", "x")]).group().aggregate(Aggregator.numeric_sum())
    with pytest.raises(Cascade2SparkError, match="could not convert string to float: 'x'"):
        values_of(wrong)


def test_a_test_with_rows_of_another_width_is_refused() -> None:
    test = JobTest(Copy).source(TypedTsv("in", (str, int)), [("a", 1, 3)])
    with pytest.raises(BuildError) as raised:
        test.sink(TypedTsv("out", (str, int)), []).run()
    assert "a row of 3 values where 2 are read" in str(raised.value)
    assert "('a', 1, 3)" in str(raised.value)


@pytest.mark.parametrize("name", ["map", "flat_map"])
def test_an_execution_goes_on_with_a_function_only(name) -> None:
    with pytest.raises(BuildError, match=f"^{name} of an Execution takes a function"):
        getattr(Execution.value(1), name)(3)


class Daily(UtcDateRangeJob):
    def build(self) -> None:
        TypedPipe.from_([("a", 1)]).write(TypedTsv("out", (str, int)))


@pytest.mark.parametrize("args", ["", "--date soon"])
def test_a_job_of_dates_does_not_run_without_one(args, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Cascade2SparkError, match="date"):
        Daily(args).run(Mode.local())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["Matrix", "Matrix2"])
def test_matrices_are_refused_by_name_with_what_to_write(name) -> None:
    scalding = importlib.import_module("cascade2spark.scalding")
    with pytest.raises(Unsupported) as raised:
        getattr(scalding, name)
    assert name in str(raised.value) and "a product is a join and a sum" in str(raised.value)
    assert not hasattr(scalding, "Vector")


PAIRS = TypedPipe.from_([("a", 1)])


@pytest.mark.parametrize(
    "build, count",
    [
        (lambda: PAIRS.map(lambda key, value: key), "map hands 1 value"),
        (lambda: PAIRS.group().map_group(lambda values: values), "map_group hands 2 values"),
        (lambda: PAIRS.group().reduce(lambda one: one), "reduce hands 2 values"),
        (lambda: PAIRS.hash_cogroup(PAIRS, lambda key, value: []), "hash_cogroup hands 3 values"),
        (lambda: PAIRS.on_complete(lambda task: None), "on_complete hands 0 values"),
    ],
)
def test_a_function_of_another_number_of_values_is_refused_when_the_pipe_is_built(
    build, count
) -> None:
    with pytest.raises(BuildError) as raised:
        build()
    said = str(raised.value)
    assert said.startswith(f"{count} to a function that takes others")
    assert "<lambda>(" in said and "test_scalding_misuse.py" in said
    assert ("unpack it" in said) is said.startswith("map hands")


class Twice(Job):
    def build(self) -> None:
        PAIRS.write(TypedTsv("out", (str, int)))
        PAIRS.write(TypedTsv("out", (str, int)))


def test_what_is_written_twice_is_refused_with_both_places() -> None:
    with pytest.raises(BuildError) as raised:
        Twice()
    said = str(raised.value)
    assert 2 == said.count("test_scalding_misuse.py:") and "is written twice" in said


class Onto(Job):
    def build(self) -> None:
        TypedPipe.from_(TypedTsv("out", (str, int))).write(TypedTsv("out", (str, int)))


def test_what_is_read_is_not_written_over() -> None:
    with pytest.raises(BuildError) as raised:
        Onto().run(Mode.local())
    said = str(raised.value)
    assert "and writes it as well" in said and "test_scalding_misuse.py:" in said


class Lacking(Job):
    def build(self) -> None:
        from_typed(PAIRS, "a", "b").write(Tsv("out", ("missing",)))


class Misnamed(Job):
    def build(self) -> None:
        PAIRS.write("out")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "build",
    [
        lambda: Lacking().state.connect(Mode.local(), "job"),
        Misnamed,
        lambda: PAIRS.group().with_reducers("3"),
        lambda: from_typed(PAIRS, "a", "b").group_by("a", lambda group: group.reducers("3")),
    ],
)
def test_what_is_refused_names_the_line_of_the_job(build: Callable[[], object]) -> None:
    with pytest.raises(Cascade2SparkError) as raised:
        build()
    assert "test_scalding_misuse.py:" in str(raised.value)


def test_arguments_of_a_job_are_not_words() -> None:
    with pytest.raises(BuildError, match="parse"):
        Args(["--input", "a"])  # type: ignore[arg-type]
