"""What strangers get wrong in jobs of Scalding is refused early, and messages say what it was."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cascade2spark.errors import BuildError, Cascade2SparkError, RunError, Unsupported
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


@pytest.mark.parametrize(
    "values", [(5, "a"), ("a", 5), (5, "a", 6), (1, True), (True, 1), (1.5, True), (1, None, True)]
)
def test_what_cannot_be_added_is_named(values) -> None:
    with pytest.raises(Cascade2SparkError) as raised:
        summed(*values)
    assert "There is no sum of" in str(raised.value)
    assert "test_scalding_misuse.py" in str(raised.value)


def made_elsewhere() -> Aggregator:
    return Aggregator.numeric_sum().join(Aggregator.size())


def cannot(value: object) -> object:
    raise LookupError(f"no {value}\nat all")


@pytest.mark.parametrize(
    ("aggregator", "cause", "said"),
    [
        (made_elsewhere(), ValueError, "could not convert string to float: 'x'"),
        (made_elsewhere().compose_prepare(str), ValueError, "made_elsewhere"),
        (Aggregator.min_by(abs), TypeError, "min_by, made at"),
        (Aggregator.prepare_monoid(cannot, int), LookupError, "sum aggregator failed"),
        (Aggregator.size().and_then_present(cannot), LookupError, "size, made at"),
    ],
)
def test_an_aggregator_that_fails_names_where_it_was_made(aggregator, cause, said) -> None:
    pairs = TypedPipe.from_([("k", "x"), ("k", "y")])
    rows = from_typed(pairs, "k", "v").group_by("k", lambda g: g.aggregate("v", "r", aggregator))
    for wrong in (pairs.group().aggregate(aggregator), rows.to_typed_pipe("k", "r")):
        with pytest.raises(RunError) as raised:
            values_of(wrong)
        text = str(raised.value)
        assert said in text
        assert isinstance(raised.value.cause, cause)
        [made] = re.findall(r"aggregator +\S.*made at .*test_scalding_misuse\.py:(\d+)", text)
        [built] = re.findall(r"built at +.*test_scalding_misuse\.py:(\d+)", text)
        assert int(made) < int(built)


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
    assert 2 <= said.count("test_scalding_misuse.py:") and "is written twice" in said


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


def listed_keys(pipe: TypedPipe) -> TypedPipe:
    return pipe.group_by(lambda word: [word])


UNHASHABLE = {
    "a group": lambda pipe: listed_keys(pipe).size(),
    "a sorted group": lambda pipe: listed_keys(pipe).sorted().to_list(),
    "a join": lambda pipe: listed_keys(pipe).join(pipe.with_key("a")),
    "a broadcast": lambda pipe: listed_keys(pipe).to_typed_pipe().hash_join(pipe.with_key("a")),
    "its right side": lambda pipe: pipe.with_key("a").hash_join(listed_keys(pipe)),
    "a cogroup": lambda pipe: listed_keys(pipe).cogroup(pipe.with_key("a"), lambda k, a, b: a),
    "a tuple": lambda pipe: pipe.group_by(lambda word: (word, {word})).size(),
}


@pytest.mark.parametrize("build", UNHASHABLE.values(), ids=UNHASHABLE)
def test_a_key_that_is_not_hashable_is_refused_with_both_places(build) -> None:
    pipe = build(TypedPipe.from_(["a", "b"]))
    with pytest.raises(Cascade2SparkError, match="it is not hashable") as raised:
        values_of(pipe)
    assert "made by     group_by at " in str(raised.value)
    assert re.search(r"key of +\w+ at \S*test_scalding_misuse.py:\d+", str(raised.value))
    assert 2 <= str(raised.value).count("test_scalding_misuse.py")


def test_what_is_sorted_need_not_be_hashable() -> None:
    lists = TypedPipe.from_([("k", [2]), ("k", [1])])
    assert [("k", [[1], [2]])] == values_of(lists.group().sorted().to_list())


NO_PAIRS = {
    "group": lambda: TypedPipe.from_([1, 2]).group().sum(),
    "map_values": lambda: TypedPipe.from_([1, 2]).map_values(str),
    "swap": lambda: TypedPipe.from_([(1, 2, 3)]).swap(),
    "hash_join": lambda: TypedPipe.from_([1]).hash_join(TypedPipe.from_([(1, 2)])),
}


@pytest.mark.parametrize("build", NO_PAIRS.values(), ids=NO_PAIRS)
def test_an_operator_of_pairs_says_that_it_wants_them(build) -> None:
    with pytest.raises(Cascade2SparkError, match="a keyed operator needs pairs") as raised:
        values_of(build())
    assert "test_scalding_misuse.py" in str(raised.value)
    assert "group_by(function)" in str(raised.value)


@pytest.mark.parametrize("path", ["words.txt", Path("words.txt")])
def test_a_path_is_no_pipe(path) -> None:
    with pytest.raises(BuildError) as raised:
        TypedPipe.from_(path)
    assert "TypedPipe.from_(TextLine('words.txt'))" in str(raised.value)


@pytest.mark.parametrize("given", ["sorted", "joined"])
def test_both_calls_are_named_where_a_broadcast_is_refused(given) -> None:
    pairs = TypedPipe.from_([("a", 1)])
    right = pairs.group().sorted() if given == "sorted" else pairs.group().join(pairs)
    with pytest.raises(BuildError, match="on its right side") as raised:
        pairs.hash_join(right)
    assert {"hash_join", "sorted" if given == "sorted" else "join"} == set(raised.value.details)


class Longer:
    """An order without a hash."""

    def compare(self, left: str, right: str) -> int:
        return len(left) - len(right)


ORDERED = TypedPipe.from_([("a", 1)]).group_with(str.lower)


@pytest.mark.parametrize(
    ("build", "texts"),
    [
        (lambda pairs: pairs.group_with(Longer()), ["also hashes", "add hash_code(key)"]),
        (lambda pairs: pairs.group_with("lower"), ["group_with takes a function"]),
        (lambda pairs: pairs.group_with(lambda a, b: 0), ["group_with hands 1 value"]),
        (
            lambda pairs: pairs.group().join(ORDERED.sum()),
            ["join: both sides", "left side   compares keys by ==", "right side  group_with at"],
        ),
        (
            lambda pairs: ORDERED.left_join(pairs.group_with(len)),
            ["left_join: both sides", "one and the same ordering"],
        ),
        (lambda pairs: ORDERED.outer_join(pairs.group()), ["outer_join: both sides"]),
        (lambda pairs: pairs.sketch(2).join(ORDERED), ["join: both sides"]),
        (
            lambda pairs: pairs.hash_join(ORDERED),
            ["hash_join compares keys by ==", "left.group_with(ordering).join(right)"],
        ),
        (lambda pairs: pairs.hash_left_join(ORDERED.size()), ["hash_left_join compares keys"]),
    ],
)
def test_orderings_that_cannot_be_used_are_refused(build, texts) -> None:
    with pytest.raises(BuildError) as raised:
        build(TypedPipe.from_([("a", 1)]))
    for text in (*texts, "test_scalding_misuse.py"):
        assert text in str(raised.value)


def test_an_ordering_that_fails_is_named() -> None:
    wrong = TypedPipe.from_([("a", 1), (2, 1)]).group_with(str.lower).size()
    with pytest.raises(Cascade2SparkError) as raised:
        values_of(wrong)
    assert "lower" in str(raised.value)
    assert "test_scalding_misuse.py" in str(raised.value)


HINTS = {
    "cascade2spark.scalding Job": "from cascade2spark.scalding.job import Job",
    "cascade2spark.scalding TypedPipe": "from cascade2spark.scalding.typed import TypedPipe",
    "cascade2spark.scalding Tsv": "from cascade2spark.scalding.sources import Tsv",
    "cascade2spark.scalding.typed Job": "from cascade2spark.scalding.job import Job",
    "cascade2spark.scalding.job TypedTsv": "from cascade2spark.scalding.sources import TypedTsv",
    "cascade2spark.scalding.fields RichPip": "from cascade2spark.scalding.fields import RichPipe",
    "cascade2spark.scalding.sources LzoThrift": "recompress the files",
    "cascade2spark.scalding.sources FixedPathParquetThrift": "TypedParquet",
    "cascade2spark.scalding.sources ParquetScroogeSource": "TypedParquet",
    "cascade2spark.scalding.sources DailySuffixTypedTsv": "daily_suffix(TypedTsv, ",
    "cascade2spark.scalding.sources HourlySuffixTsv": "hourly_suffix(Tsv, ",
    "cascade2spark.scalding.sources HourlySuffixLzoThrift": "hourly_suffix",
    "cascade2spark.scalding.sources HBaseSource": "an export of it",
}


@pytest.mark.parametrize(("asked", "hint"), HINTS.items(), ids=HINTS)
def test_an_import_that_is_not_there_says_what_to_write(asked, hint) -> None:
    module, name = asked.split()
    with pytest.raises(ImportError, match=name) as raised:
        exec(f"from {module} import {name}")
    assert hint in str(raised.value)
    with pytest.raises(AttributeError, match=name) as missing:
        getattr(importlib.import_module(module), name)
    assert hint in str(missing.value)
    assert not hasattr(importlib.import_module(module), name)
