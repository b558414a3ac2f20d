"""The fields API: how it is planned, what it says when it is used wrongly, jobs, histograms."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import attrs
import pytest

from cascade2spark.errors import BuildError, Cascade2SparkError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BaseJoiner, OuterJoin
from cascade2spark.operations import Count
from cascade2spark.pipes import Every, Pipe
from cascade2spark.scalding.fields import (
    GroupBuilder,
    Histogram,
    InvalidJoinMode,
    JoinMode,
    RichPipe,
    from_typed,
    read,
)
from cascade2spark.scalding.fields.base import default_mode, fields_of
from cascade2spark.scalding.job import Job, JobTest
from cascade2spark.scalding.sources import IterableSource, TextLine, Tsv, TypedTsv
from cascade2spark.testing import run_pipe
from tests.planning import planned

KV = ("k", "v")
ROWS = [("a", 1), ("b", 2), ("a", 3)]


def steps_of(pipe: RichPipe, fields: Any = KV) -> str:
    return planned(pipe.pipe, {"in": (fields, [])}).explain("steps")


def grouped(body: Any) -> RichPipe:
    return RichPipe(Pipe("in")).group_by("k", body)


# -- the planning rule ---------------------------------------------------------------------------


def test_word_count_is_combined_before_the_exchange() -> None:
    words = RichPipe(Pipe("in")).flat_map_to("line", "word", str.split)
    plan = steps_of(words.group_by("word", lambda group: group.size("n")), "line")
    assert "partial" in plan and "before the exchange" in plan


COMBINED = {
    "size": lambda g: g.size(),
    "sum": lambda g: g.sum("v"),
    "sum of numbers": lambda g: g.sum("v", "s", int),
    "times": lambda g: g.times("v"),
    "average": lambda g: g.average("v"),
    "size_ave_stdev": lambda g: g.size_ave_stdev("v", ("n", "m", "s")),
    "max and min": lambda g: g.max("v", "x").min("v"),
    "head and last": lambda g: g.head("v", "h").last("v"),
    "reduce": lambda g: g.reduce("v", max),
    "map_reduce_map": lambda g: g.map_reduce_map("v", "w", str, max),
    "to_list": lambda g: g.to_list("v"),
    "mk_string": lambda g: g.mk_string("v"),
    "pivot": lambda g: g.pivot(KV, ("a", "b")),
    "count and forall": lambda g: g.count("v", "c", bool).forall("v", "f", bool),
    "sorted_take": lambda g: g.sorted_take("v", "l", 2),
    "histogram": lambda g: g.histogram("v", "h"),
}


@pytest.mark.parametrize("body", COMBINED.values(), ids=COMBINED)
def test_reductions_are_combined(body) -> None:
    assert "before the exchange" in steps_of(grouped(body))


NOT_COMBINED = {
    "fold_left": lambda g: g.size("n").fold_left("v", "s", 0, lambda so_far, v: v),
    "sort_by": lambda g: g.size("n").sort_by("v"),
    "force_to_reducers": lambda g: g.size("n").max("v").force_to_reducers(),
    "every": lambda g: g.size("n").every(lambda pipe: Every(pipe, "v", Count(Fields("c")))),
    "take": lambda g: g.take(1),
}


@pytest.mark.parametrize("body", NOT_COMBINED.values(), ids=NOT_COMBINED)
def test_one_operation_of_the_other_kind_ends_combining_for_the_whole_body(body) -> None:
    assert "before the exchange" not in steps_of(grouped(body))


def test_a_threshold_bounds_the_keys_that_are_held() -> None:
    plan = steps_of(grouped(lambda g: g.size().spill_threshold(7)))
    assert "7" in plan[plan.index("before the exchange") :].splitlines()[0]


def test_only_what_the_body_uses_enters_the_exchange() -> None:
    pipe = RichPipe(Pipe("in")).group_by("k", lambda g: g.sort_by("s").max("v"))
    each = pipe.pipe.previous[0].previous[0]
    assert list(each.arguments) == ["k", "v", "s"]


def test_streams_take_whole_rows() -> None:
    pipe = RichPipe(Pipe("in")).group_by("k", lambda g: g.take(1))
    assert pipe.pipe.previous[0].previous[0].previous == ()


def test_a_skew_join_spreads_heavy_keys() -> None:
    left, right = RichPipe(Pipe("l")), RichPipe(Pipe("r"))
    assert left.skew_join_with_smaller("k", "q", right).pipe.skewed


def test_reducers_become_partitions() -> None:
    assert grouped(lambda g: g.pass_().reducers(3)).pipe.previous[0].partitions == 3
    joined = RichPipe(Pipe("l")).join_with_smaller("k", "q", RichPipe(Pipe("r")), reducers=2)
    assert joined.pipe.partitions == 2


# -- columns -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "mode"),
    [
        ("a", "a", Fields.REPLACE),
        (("a", "b"), ("b", "a"), Fields.REPLACE),
        (("a", "b"), "a", Fields.SWAP),
        ("a", ("a", "b"), Fields.SWAP),
        ("a", "b", Fields.ALL),
        ("*", "b", Fields.ALL),
        ((), "b", Fields.ALL),
        ("*", "*", Fields.REPLACE),
        ("a", Fields.ARGS, Fields.REPLACE),
    ],
)
def test_the_relation_of_fields_decides_the_columns(source, target, mode) -> None:
    assert default_mode("map", fields_of(source), fields_of(target)) == mode


# -- used wrongly --------------------------------------------------------------------------------


def word_count_of(word: str) -> RichPipe:
    return RichPipe(Pipe("in")).group_by(word, lambda group: group.size("n"))


def test_an_unknown_field_is_named_with_its_nearest_and_the_users_line() -> None:
    with pytest.raises(PlanError) as told:
        planned(word_count_of("wrod").pipe, {"in": ("word", [])})
    message = str(told.value)
    assert "'wrod'" in message and "nearest     'word'" in message
    assert "test_scalding_fields.py" in message and "in word_count_of" in message


def test_an_operation_in_a_body_is_placed_at_its_own_line() -> None:
    def body(group: GroupBuilder) -> None:
        group.size("n")
        group.max("vv")  # this line

    with pytest.raises(PlanError) as told:
        planned(grouped(body).pipe, {"in": (KV, [])})
    assert "'vv'" in str(told.value) and "nearest" in str(told.value)


class Mine(BaseJoiner):
    """A joiner of one's own."""


@attrs.frozen
class Point:
    x: int
    y: int


WRONG: dict[str, tuple[Any, str]] = {
    "too few values": (
        lambda p: p.map("a", "b", lambda one, two: 0),
        """
        map hands 1 value to a function that takes 2
          asked for   '<lambda>.<lambda>'
          fields      'a'
        """,
    ),
    "too many values": (
        lambda p: p.filter(("a", "b", "c"), lambda one, two=0: True),
        "filter hands 3 values to a function that takes 1 to 2",
    ),
    "too few after the state": (
        lambda p: p.group_by("k", lambda g: g.fold_left("v", "s", 0, lambda v: v)),
        "fold_left hands 2 values to a function that takes 1",
    ),
    "given first": (
        lambda p: p.using(dict).map("a", "b", lambda value: value),
        "given first 1",
    ),
    "no function": (lambda p: p.map("a", "b", "c"), "map needs a function, after the fields"),
    "a generator": (
        lambda p: p.map("a", "b", _generator),
        "map takes a function of one result, and was given a generator",
    ),
    "no body": (lambda p: p.group_by("a"), "group_by needs a function that is handed the group"),
    "another body": (
        lambda p: p.group_by("a", lambda g: p),
        "the function of a group returns something else than the group it was handed",
    ),
    "join keys": (
        lambda p: p.join_with_smaller("a", "a", RichPipe(Pipe("o")), OuterJoin()),
        """
        join_with_smaller: join keys must be disjoint unless the join is inner
          asked for   "OuterJoin by 'a' and 'a'"
          in both     'a'
        """,
    ),
    "no joiner": (
        lambda p: p.join_with_smaller("a", "b", RichPipe(Pipe("o")), OuterJoin),
        "write OuterJoin()",
    ),
    "join widths": (
        lambda p: p.join_with_tiny(("a", "b"), "c", RichPipe(Pipe("o"))),
        "join_with_tiny needs as many key fields on both sides",
    ),
    "no pipe": (lambda p: p.join_with_tiny("a", "c", "other"), "a pipe is needed"),
    "all keys": (
        lambda p: p.join_with_smaller("*", "c", RichPipe(Pipe("o"))),
        "join_with_smaller needs named fields",
    ),
    "no monoid": (
        lambda p: p.group_all(lambda g: g.sum("a", "b", lambda x, y: x)),
        "A semigroup or a type is needed",
    ),
    "no aggregator": (
        lambda p: p.group_all(lambda g: g.aggregate("a", "b", max)),
        "aggregate takes an Aggregator",
    ),
    "join mode": (
        lambda p: p.co_group_by("a", True, lambda g: g.co_group("b", p)),
        "a pipe of co_group_by joins in a mode",
    ),
    "raw every": (
        lambda p: p.group_by("a", lambda g: g.every(lambda pipe: Pipe("other", pipe))),
        "every takes a function from a pipe to an Every on it",
    ),
    "pivot of one field": (
        lambda p: p.group_by("a", lambda g: g.pivot("b", ("x", "y"))),
        "pivot needs 2 named fields",
    ),
    "reduce to more fields": (
        lambda p: p.group_by("a", lambda g: g.reduce("b", ("x", "y"), max)),
        "reduce makes one field of each that it reads",
    ),
    "pack": (
        lambda p: p.pack(("x", "why", "z"), "p", Point),
        """
        pack cannot make a Point of these fields
          asked for   'x', 'why', 'z'
        """,
    ),
    "unpack": (
        lambda p: p.unpack("p", "yy", Point),
        """
        unpack takes 'yy' of Point, which has none
          asked for   'yy'
          available   'x', 'y'
          nearest     'y'
        """,
    ),
    "unpack all": (
        lambda p: p.unpack("p", "*"),
        "unpack to all fields needs an attrs class, a dataclass or a named tuple",
    ),
    "using": (lambda p: p.using({"a": 1}), "using needs a function that makes the resource"),
    "each": (lambda p: p.each("a", "b", str), "each takes a Function, or what makes one"),
    "insert": (lambda p: p.insert(("a", "b"), (1,)), "Insert needs one value for each field"),
    "shard": (lambda p: p.shard(0), "group_randomly needs at least one group"),
    "histogram": (
        lambda p: p.group_all(lambda g: g.histogram("a", "h", 0)),
        "histogram needs a width of bins above 0",
    ),
    "write outside of a job": (
        lambda p: p.write(Tsv("out")),
        "write needs a Job that is being built",
    ),
}


def _generator(value: Any) -> Any:
    yield value


@pytest.mark.parametrize(("build", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_told_where_it_is_built(build, says) -> None:
    with pytest.raises(BuildError) as told:
        build(RichPipe(Pipe("in")))
    assert textwrap.dedent(says).strip() in str(told.value)


def test_a_joiner_of_ones_own_cannot_be_turned() -> None:
    with pytest.raises(InvalidJoinMode, match="cannot turn a joiner of your own") as told:
        RichPipe(Pipe("in")).join_with_larger("a", "b", RichPipe(Pipe("o")), Mine())
    assert "Mine" in str(told.value)


def test_a_failing_function_names_the_row_and_the_line() -> None:
    pipe = RichPipe(Pipe("in")).map("v", "w", lambda v: 1 // v)
    with pytest.raises(Cascade2SparkError) as told:
        run_pipe(pipe.pipe, [("a", 0)], KV)
    assert "ZeroDivisionError" in str(told.value) and "test_scalding_fields.py" in str(told.value)


# -- resources, chance ---------------------------------------------------------------------------


def test_a_resource_is_made_once_and_released_at_the_end() -> None:
    log: list[str] = []

    class Resource:
        def __init__(self) -> None:
            log.append("made")

        def release(self) -> None:
            log.append("released")

    pipe = (
        RichPipe(Pipe("in")).using(Resource).map("v", "w", lambda resource, v: log.append("used"))
    )
    run_pipe(pipe.pipe, ROWS, KV)
    assert log == ["made", "used", "used", "used", "released"]


def test_a_seed_repeats_what_chance_did() -> None:
    def drawn(seed: int) -> Any:
        pipe = RichPipe(Pipe("in")).sample_with_replacement(2.0, seed)
        return run_pipe(pipe.pipe, [(n,) for n in range(200)], "n")

    assert drawn(5) == drawn(5) != drawn(6)
    assert 300 < len(drawn(5)) < 500  # 400, with a deviation of 20


def test_shuffle_changes_the_order() -> None:
    pipe = RichPipe(Pipe("in")).shuffle(1, seed=3)
    rows = run_pipe(pipe.pipe, [(n,) for n in range(50)], "n")
    assert sorted(rows) == [(n,) for n in range(50)] != rows


def test_block_joins_spread_the_rows() -> None:
    pipe = RichPipe(Pipe("in"))
    joined = pipe.rename("n", "m").block_join_with_smaller("m", "n", pipe, 4, 3)
    rows = run_pipe(joined.pipe, [(n % 3,) for n in range(9)], "n")
    assert sorted(rows) == sorted((n % 3, n % 3) for n in range(9) for _ in range(3))


# -- jobs ----------------------------------------------------------------------------------------


class WordCount(Job):
    def build(self) -> None:
        (
            read(TextLine(self.args["input"]))
            .flat_map_to("line", "word", str.split)
            .group_by("word", lambda group: group.size("n"))
            .write(Tsv(self.args["output"], ("word", "n")))
        )


def test_a_job_reads_and_writes() -> None:
    test = JobTest(WordCount).arg("input", "in").arg("output", "out")
    test = test.source(TextLine("in"), ["a b", "a"])
    test.sink(Tsv("out", ("word", "n")), [("a", 2), ("b", 1)]).run().finish()


class Trapped(Job):
    def build(self) -> None:
        rows = read(Tsv("in", ("a", "b"))).map("a", "x", lambda a: a).add_trap(Tsv("bad"))
        rows.map("b", "n", int).discard("a", "b").write(Tsv("out", ("x", "n")))


def test_a_trap_takes_what_the_operation_saw() -> None:
    test = JobTest(Trapped).source(Tsv("in", ("a", "b")), [("k", "1"), ("l", "one")])
    test = test.sink(Tsv("out", ("x", "n")), [("k", 1)])
    test.sink(Tsv("bad"), ["one"]).run().finish()


def test_a_trap_covers_its_branch_behind_a_group_too() -> None:
    class Grouped(Job):
        def build(self) -> None:
            rows = read(Tsv("in", KV)).add_trap(Tsv("bad"))
            most = rows.group_by("k", lambda group: group.max("v", "most"))
            most.map("most", "n", int).discard("most").write(Tsv("out", ("k", "n")))

    test = JobTest(Grouped).source(Tsv("in", KV), [("a", "1"), ("b", "one")])
    test = test.sink(Tsv("out", ("k", "n")), [("a", 1)])
    test.sink(Tsv("bad"), ["one"]).run().finish()


def test_write_returns_the_pipe() -> None:
    class Twice(Job):
        def build(self) -> None:
            pipe = read(IterableSource([("a", 1)], KV)).write(Tsv("one", KV))
            pipe.project("v").write(Tsv("two", "v"))

    test = JobTest(Twice).sink(Tsv("one", KV), [("a", 1)])
    test.sink(Tsv("two", "v"), [1]).run().finish()


class ThereAndBack(Job):
    def build(self) -> None:
        pairs = read(IterableSource([("a", 1, 9), ("b", 2, 9), ("a", 3, 9)], ("k", "v", "x")))
        typed = pairs.filter("v", lambda v: v < 3).to_typed_pipe("k", "v").sum_by_key()
        rows = from_typed(typed.to_typed_pipe().map(lambda kv: (kv[0], kv[1] * 10)), "name", "n")
        rows.map("n", "m", str).write(Tsv("out", ("name", "n", "m")))
        pairs.to_typed_pipe("v").map(lambda v: -v).write(TypedTsv("values", int))


def test_a_pipe_goes_to_the_typed_api_and_back() -> None:
    test = JobTest(ThereAndBack).sink(
        Tsv("out", ("name", "n", "m")), [("a", 10, "10"), ("b", 20, "20")]
    )
    test.sink(TypedTsv("values", int), [-1, -2, -3]).run().finish()


# -- values --------------------------------------------------------------------------------------


def test_a_histogram_tells_about_its_bins() -> None:
    bins = Histogram({0.0: 1, 10.0: 2, 20.0: 1}, 10.0)
    assert (bins.size, bins.sum, bins.mean, bins.min, bins.max) == (4, 40.0, 10.0, 0.0, 20.0)
    assert bins.std_dev == math.sqrt(50)
    assert bins.cdf == {0.0: 0.25, 10.0: 0.75, 20.0: 1.0}
    assert bins.lorenz == {0.25: 0.0, 0.75: 0.5, 1.0: 1.0}
    assert (bins.q1, bins.median, bins.q3, bins.percentile(101)) == (0.0, 10.0, 10.0, -1.0)
    assert bins.coefficient_of_dispersion == 1.0


def test_modes_have_the_values_of_mixed_joins() -> None:
    assert JoinMode.INNER.value is True and JoinMode.OUTER.value is False
