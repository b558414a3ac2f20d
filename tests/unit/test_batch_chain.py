"""The tree of stages: order, forks, lifecycle, and traps that lie in another stage."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import OperatorRun, Passage
from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.operations.logic import Stop
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Site
from cascade2spark.selection import Pick
from tests.unit.batch_chains import ABC, Gather, chain_of, everys, operators

ALL, RESULTS = Fields.ALL, Fields.RESULTS


class Noted(BaseOperation, Function):
    """Notes all that happens to it; fails on a value or in a phase."""

    def __init__(self, log: list[str], name: str, fails_at: Any = None) -> None:
        super().__init__(Fields("x"))
        self.log, self.name, self.fails_at = log, name, fails_at

    def note(self, what: Any) -> None:
        self.log.append(f"{self.name} {what}")
        if what == self.fails_at:
            raise ValueError(what)

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        self.note("prepare")

    def operate(self, flow_process: Any, function_call: Any) -> None:
        self.note(function_call.get_arguments().get_object(0))
        function_call.get_output_collector().add((function_call.get_arguments().get_object(0),))

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self.note("flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        assert operation_call.get_output_collector() is None
        self.note("cleanup")


def two(log: list[str], f: Any = None, g: Any = None) -> ChainSpec:
    first = operators(Fields("x"), (Noted(log, "f", f), "x", RESULTS))
    second = operators(Fields("x"), (Noted(log, "g", g), "x", RESULTS))
    return chain_of(first, second)


def run(spec: ChainSpec, *batches: list[Any], **options: Any) -> list[Any]:
    return [item for _, item in run_chain(spec, batches, TaskContext(), **options)]


def test_every_operation_lives_from_prepare_to_cleanup_head_to_tail() -> None:
    log: list[str] = []
    assert [(1,), (2,), "2 rows"] == run(two(log), [(1,), (2,)])
    assert ["f prepare", "g prepare", "f 1", "f 2", "g 1", "g 2"] == log[:6]
    assert ["f flush", "g flush", "f cleanup", "g cleanup"] == log[6:]


def test_without_rows_too() -> None:
    log: list[str] = []
    assert ["0 rows"] == run(two(log))
    assert ["f prepare", "g prepare", "f flush", "g flush", "f cleanup", "g cleanup"] == log


@pytest.mark.parametrize("fails", ["prepare", 1, "flush", "cleanup"])
@pytest.mark.parametrize("which", [0, 1])
def test_whatever_fails_everything_prepared_is_cleaned_up_once(fails, which) -> None:
    log: list[str] = []
    spec = two(log, *((fails, None) if which == 0 else (None, fails)))
    with pytest.raises(RunError, match=str(fails)):
        run(spec, [(1,), (2,)])
    prepared = [note for note in log if note.endswith("prepare")]
    assert len(prepared) == sum(note.endswith("cleanup") for note in log)
    assert ("g flush" in log) == (fails == "cleanup" or (fails == "flush" and which == 1))


def test_a_consumer_that_stops_early_cleans_up_without_flush() -> None:
    log: list[str] = []
    leaf = Gather()
    spec = chain_of(operators(Fields("x"), (Noted(log, "f"), "x", RESULTS)), leaf=leaf)
    closed: list[str] = []

    def batches() -> Iterator[list[Any]]:
        try:
            yield [(1,)]
            yield [(2,)]
        finally:
            closed.append("input")

    items = run_chain(spec, batches(), TaskContext())
    assert (0, (1,)) == next(items)
    items.close()
    assert ["f prepare", "f 1", "f cleanup"] == log
    assert ([True], ["input"]) == (leaf.closed, closed)


def test_an_error_of_the_input_cleans_up_and_stays_the_error() -> None:
    log: list[str] = []

    def broken() -> Iterator[list[Any]]:
        yield [(1,)]
        raise OSError("lost")

    with pytest.raises(OSError, match="lost"):
        list(run_chain(two(log, f="cleanup"), broken(), TaskContext()))
    assert ["f cleanup", "g cleanup"] == log[-2:]


def test_a_fork_hands_the_same_list_to_each_branch() -> None:
    left, right = Gather(), Gather()
    spec = ChainSpec(
        (
            ChainNode(-1, OperatorRun(operators(ABC, (keep_if(bool), "a")))),
            ChainNode(0, leaf=left),
            ChainNode(0, OperatorRun(operators(ABC, (keep_if(bool), "b")))),
            ChainNode(2, leaf=right),
        )
    )
    found = list(run_chain(spec, [[(1, 0, 0), (1, 1, 0), (0, 1, 0)]], TaskContext()))
    assert [(1, 0, 0), (1, 1, 0)] == left.batches[0]
    assert [(0, (1, 0, 0)), (0, (1, 1, 0)), (1, (1, 1, 0))] == found[:3]
    assert [(0, "2 rows"), (1, "1 rows")] == found[3:]


def test_a_chain_of_a_leaf_alone() -> None:
    assert [(1,), "1 rows"] == run(ChainSpec((ChainNode(-1, leaf=Gather()),)), [(1,)])


def test_a_passage_counts() -> None:
    task = TaskContext()
    nodes = (ChainNode(-1, Passage(Site(7, "Merge", "m", "Merge"))), ChainNode(0, leaf=Gather()))
    list(run_chain(ChainSpec(nodes), [[(1,), (2,)]], task))
    assert ({7: 2}, {7: 2}) == (task.report.rows_in, task.report.rows_out)


@pytest.mark.parametrize(
    "nodes",
    [
        (ChainNode(0, leaf=Gather()),),
        (ChainNode(-1, leaf=Gather()), ChainNode(0, leaf=Gather())),
        (ChainNode(-1),),
    ],
)
def test_a_tree_that_is_none_is_refused(nodes) -> None:
    with pytest.raises(BuildError, match="of a chain"):
        ChainSpec(nodes)


def test_a_spec_can_be_pickled() -> None:
    spec = ChainSpec((ChainNode(-1, OperatorRun(operators(ABC, (keep_if(bool), "a")))),))
    again = pickle.loads(pickle.dumps(spec))
    nodes = (*again.nodes, ChainNode(0, leaf=Gather()))
    assert [(1, 0, 0), "1 rows"] == run(ChainSpec(nodes), [(1, 0, 0), (0, 0, 0)])


# -- traps that lie in another stage -------------------------------------------------------------


def refused(value: Any) -> Any:
    if value == 2:
        raise ValueError("two")
    return value


def trapping() -> Any:
    """A run that trebles its row, with a trap."""
    treble = function("d", many=True)(lambda a: [a, a + 1, a + 2])
    return operators(ABC, (treble, "a", Fields("d"), 0))


def test_a_failure_in_a_later_stage_meets_the_trap_before_it() -> None:
    fails = operators(Fields("d"), (function("e")(refused), "d", RESULTS))
    task = TaskContext()
    found = list(run_chain(chain_of(trapping(), fails), [[(1, 0, 0), (5, 0, 0)]], task))
    # The rows before the failing one went on, the rest of its row is dropped.
    assert [(1,), (5,), (6,), (7,), "4 rows"] == [item for _, item in found]
    assert {0: [(1,)]} == task.trapped


def test_a_leaf_that_fails_is_not_a_rows_fault() -> None:
    fails = operators(Fields("d"), (function("e")(refused), "d", RESULTS))
    task = TaskContext()
    with pytest.raises(OSError, match="disk full"):
        list(run_chain(chain_of(trapping(), fails, leaf=Gather(6)), [[(5, 0, 0)]], task))
    assert {} == task.trapped


def test_a_fold_that_fails_before_the_exchange_meets_no_trap() -> None:
    # Where it runs is our choice: behind the exchange, no trap of the rows' branch would see it.
    total = aggregator("n", zero=0, step=lambda n, d: n + 1 // (d - 2), merge=lambda x, y: x + y)
    (every,) = everys(Fields("d"), "d", (total, "d", ALL))
    fails = operators(Fields("d"), (function("e")(refused), "d", RESULTS))
    nodes = [
        ChainNode(-1, stage=OperatorRun(trapping())),
        ChainNode(0, stage=PartialAggregate(Pick((0,), width=1), KeyOrder(1), (every,))),
        ChainNode(1, leaf=Gather()),
        ChainNode(0, stage=OperatorRun(fails)),  # so that rows are handed on one by one
        ChainNode(3, leaf=Gather()),
    ]
    task = TaskContext()
    with pytest.raises(RunError, match="ZeroDivisionError"):
        list(run_chain(ChainSpec(tuple(nodes)), [[(1, 0, 0)]], task))
    assert {} == task.trapped


COUNT = aggregator("n", zero=0, step=lambda n, _: n + 1)
BUFFER = buffer("n")(lambda key, rows: iter([1, 2, 3]))


@pytest.mark.parametrize(
    ("every", "arguments", "found", "recorded"),
    [(COUNT, "b", [(1,), "1 rows"], ("y",)), (BUFFER, "b", [(1,), (1,), "2 rows"], None)],
)
def test_an_every_with_a_trap_takes_what_fails_after_it(every, arguments, found, recorded) -> None:
    specs = everys(ABC, "a", (every, arguments, Fields("n"), 0))
    fails = operators(Fields("n"), (function("e")(refused), "n", RESULTS))
    task = TaskContext()
    groups = [(("x",), [("x", 1, 1)]), (("y",), [("y", 2, 1), ("y", 3, 1)])]
    batches = run_everys(EveryRun(specs, Fields("a")), groups, task, is_immediate=True)
    items = run_chain(chain_of(fails), batches, task, has_traps_above=True)
    assert found == [item for _, item in items]
    # The key of the failing group; the buffer had not asked for a row yet.
    assert {0: [recorded] if recorded else [("x",), ("y",)]} == task.trapped


def reading(read: list[int]) -> Any:
    """Yield batches of one row, and note which were asked for."""
    try:
        for number in range(9):
            read.append(number)
            yield [(number, 0, 0)]
    finally:
        read.append(-1)


STOPPING = [(Stop(keep_if(lambda n: n < 2)), "a", ALL)]


def test_a_stop_filter_ends_the_reading_and_the_rest_of_the_task_goes_on() -> None:
    read: list[int] = []
    spec = chain_of(operators(ABC, *STOPPING))
    items = [item for _, item in run_chain(spec, reading(read), TaskContext(), may_end_early=True)]
    assert [(0, 0, 0), (1, 0, 0), "2 rows"] == items
    assert [0, 1, 2, -1] == read


@pytest.mark.parametrize("is_source", [True, False])
def test_a_stop_filter_on_one_branch_or_behind_a_group_ends_nothing(is_source: bool) -> None:
    read: list[int] = []
    nodes = [
        ChainNode(-1, stage=OperatorRun(operators(ABC, *STOPPING))),
        ChainNode(0, leaf=Gather()),
        *([ChainNode(-1, leaf=Gather())] if is_source else []),
    ]
    spec = ChainSpec(tuple(nodes))
    list(run_chain(spec, reading(read), TaskContext(), may_end_early=is_source))
    assert [*range(9), -1] == read
