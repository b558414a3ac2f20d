"""The helpers that users test their jobs with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cascade2spark.counters import StepCounters
from cascade2spark.errors import AssertionFailed, BuildError, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    Aggregator,
    BaseOperation,
    Buffer,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import aggregator, function, keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from cascade2spark.testing import rows_of, run_assembly, run_operation, run_pipe

number = function("number")(int)


def doubled(pipe: Pipe) -> Pipe:
    return Each(pipe, "n", function("n")(lambda n: n * 2))


def test_a_pipe_or_what_builds_it_runs_on_rows() -> None:
    assert [(2,), (4,)] == run_pipe(doubled, [(1,), (2,)], "n")
    assert [(2,), (4,)] == run_pipe(doubled(Pipe("numbers")), [(1,), (2,)], "n")
    assert [] == run_pipe(doubled, [], "n")


def test_several_tails_give_a_dict() -> None:
    def split(pipe: Pipe) -> list[Pipe]:
        low = Each(Pipe("low", pipe), keep_if(lambda n: n < 2))
        return [low, Each(Pipe("high", pipe), keep_if(lambda n: n >= 2))]

    assert {"low": [(1,)], "high": [(2,)]} == run_pipe(split, [(1,), (2,)], "n")


def test_several_heads_are_given_by_name() -> None:
    joined = CoGroup(Pipe("a"), "k", Pipe("b"), "k", Fields("k", "v", "k2", "w"))
    sources = {"a": (("k", "v"), [(1, "x")]), "b": MemoryTap(("k", "w"), [(1, "y")])}
    assert [(1, "x", 1, "y")] == rows_of(joined, sources)
    with pytest.raises(BuildError, match="has 2"):
        run_pipe(joined, [(1, "x")], ("k", "v"))


@pytest.mark.parametrize("given", [[(1,)], "n", ("n", [(1,)], 3)])
def test_rows_without_their_fields_are_refused_with_the_form(given) -> None:
    with pytest.raises(BuildError, match='"in": '):
        rows_of(Pipe("in"), {"in": given})


def test_what_cannot_be_planned_or_run_raises() -> None:
    with pytest.raises(PlanError):
        run_pipe(doubled, [(1,)], "m")
    with pytest.raises(RunError, match="invalid literal"):
        run_pipe(lambda pipe: Each(pipe, number), [("x",)], "text")


def test_an_assembly_tells_rows_fields_traps_and_counts() -> None:
    ran = run_assembly(
        Each(Pipe("texts"), number), {"texts": ("text", [("1",), ("x",)])}, traps=["texts"]
    )
    assert {"texts": [(1,)]} == ran.rows
    assert {"texts": [("x",)]} == ran.trapped
    assert {"texts": Fields("number")} == ran.fields
    assert 1 == ran.stats.get_counter_value(StepCounters.Tuples_Trapped)


def test_properties_are_those_of_a_connector() -> None:
    class Show(BaseOperation, Function):
        def operate(self, flow_process: Any, call: Any) -> None:
            call.get_output_collector().add((flow_process.get_property("mine"),))

    shown = run_pipe(
        lambda pipe: Each(pipe, Show(Fields("x"))), [(1,)], "n", properties={"mine": "yes"}
    )
    assert [("yes",)] == shown


class Life(BaseOperation, Function):
    """Emits its life, the last of it in flush."""

    def __init__(self) -> None:
        super().__init__(1, Fields("what"))
        self.cleaned = 0

    def prepare(self, flow_process: Any, call: Any) -> None:
        call.set_context(["prepared"])

    def operate(self, flow_process: Any, call: Any) -> None:
        call.get_context().append(call.get_arguments().get_object("n"))

    def flush(self, flow_process: Any, call: Any) -> None:
        for what in call.get_context():
            call.get_output_collector().add((what,))

    def cleanup(self, flow_process: Any, call: Any) -> None:
        self.cleaned += 1


def test_an_operation_is_driven_through_its_whole_life() -> None:
    life = Life()
    assert [("prepared",), (1,), (2,)] == run_operation(life, [(1,), (2,)], "n")
    assert 1 == life.cleaned


def test_an_operation_raises_what_it_raises() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        run_operation(number, [("x",)], "text")
    assert not isinstance(caught.value, RunError)


def test_aggregators_and_buffers_get_one_group() -> None:
    class Key(BaseOperation, Buffer):
        def operate(self, flow_process: Any, call: Any) -> None:
            values = [entry.get_object("v") for entry in call.get_arguments_iterator()]
            call.get_output_collector().add((call.get_group().get_object("k"), sum(values)))

    class Last(BaseOperation, Aggregator):
        def start(self, flow_process: Any, call: Any) -> None:
            call.set_context(call.get_group().size())

        def aggregate(self, flow_process: Any, call: Any) -> None:
            call.set_context((call.get_context(), call.get_arguments().get_object(0)))

        def complete(self, flow_process: Any, call: Any) -> None:
            call.get_output_collector().add((call.get_context(),))

    found = run_operation(Key(Fields("k", "sum")), [(1,), (2,)], "v", group={"k": "x"})
    assert [("x", 3)] == found
    assert [((0, 7),)] == run_operation(Last(Fields("x")), [(7,)], "v")


def test_assertions_pass_or_raise() -> None:
    class Positive(BaseOperation, ValueAssertion):
        def do_assert(self, flow_process: Any, call: Any) -> None:
            if call.get_arguments().get_object(0) <= 0:
                raise AssertionFailed("not positive")

    class Some(BaseOperation, GroupAssertion):
        def start(self, flow_process: Any, call: Any) -> None:
            call.set_context(0)

        def aggregate(self, flow_process: Any, call: Any) -> None:
            call.set_context(call.get_context() + call.get_arguments().get_object(0))

        def do_assert(self, flow_process: Any, call: Any) -> None:
            if call.get_context() > 5:
                raise AssertionFailed("too much")

    assert [(1,)] == run_operation(Positive(), [(1,)], "n")
    assert [()] == run_operation(Some(), [(1,), (2,)], "n")
    with pytest.raises(AssertionFailed, match="not positive"):
        run_operation(Positive(), [(0,)], "n")
    with pytest.raises(AssertionFailed, match="too much"):
        run_operation(Some(), [(4,), (2,)], "n")


def test_a_word_count_takes_well_under_a_second_with_import_and_loads_no_spark() -> None:
    code = """
import sys, time
begun = time.perf_counter()
from cascade2spark.operations.callables import aggregator, function
from cascade2spark.testing import run_pipe
count = aggregator("n", zero=0, step=lambda n, word: n + 1)
split = function("word", many=True)(str.split)
rows = run_pipe(
    lambda pipe: pipe.each(split).group_by("word").every("word", count), [("b a b",)], "line"
)
assert rows == [("a", 1), ("b", 2)], rows
print(time.perf_counter() - begun, sorted({"pyspark", "pyarrow", "numpy"} & set(sys.modules)))
"""
    done = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    told = [one.stdout.split(None, 1) for one in done]
    assert min(float(seconds) for seconds, _ in told) < 1.0
    assert "[]" == told[0][1].strip()


def test_the_same_helpers_serve_chained_everys() -> None:
    count = aggregator("n", zero=0, step=lambda n, *values: n + 1)
    found = run_pipe(
        lambda pipe: Every(
            Every(GroupBy(pipe, "k"), "v", count), "v", aggregator("top", zero=0, step=max)
        ),
        [("a", 1), ("a", 3)],
        ("k", "v"),
    )
    assert [("a", 2, 3)] == found
