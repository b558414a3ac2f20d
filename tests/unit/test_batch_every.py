"""Everys over groups: what the laws do not show."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import RunError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Aggregator, BaseOperation, Buffer
from cascade2spark.operations.callables import aggregator, buffer
from cascade2spark.pipes import Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.unit.batch_chains import ABC, everys

A, N = Fields("a"), Fields("n")
GROUPS = [(("x",), [("x", 1, 2), ("x", 3, 4)]), (("y",), [("y", 5, 6)])]
COUNT = aggregator("n", zero=0, step=lambda n, _: n + 1)


def run(*parts: Any, groups: Any = None, **options: Any) -> list[Any]:
    task = options.pop("task", None) or TaskContext(**options)
    specs = everys(ABC, "a", *parts)
    batches = run_everys(EveryRun(specs, A), GROUPS if groups is None else groups, task)
    return [row for batch in batches for row in batch]


def test_folds_pass_the_key_and_earlier_results() -> None:
    total = aggregator("sum", zero=0, step=lambda n, b, c: n + b * c)
    found = run((COUNT, "b", Fields.ALL), (total, ("b", "c"), Fields("sum", "n", "a")))
    assert [(14, 2, "x"), (30, 1, "y")] == found


def test_a_fold_of_two_fields_checks_its_result() -> None:
    pair = aggregator("lo", "hi", zero=None, step=lambda s, b: (b, b) if b < 4 else (b,))
    assert [("x", 3, 3)] == run((pair, "b", Fields.ALL), groups=GROUPS[:1])
    with pytest.raises(TupleError, match="a tuple of 2"):
        run((pair, "b", Fields.ALL))


@pytest.mark.parametrize("output", [Fields.ALL, Fields("v")])
def test_a_fold_does_not_finish_with_a_tuple_of_one(output) -> None:
    last = aggregator("v", zero=None, step=lambda _, b: (b,))
    with pytest.raises(TupleError, match="a tuple of 1 where one value is declared") as caught:
        run((last, "b", output))
    assert "test_batch_every.py" in str(caught.value.origin)


def test_a_buffer_does_not_yield_a_row_of_one_for_a_value() -> None:
    @buffer("v")
    def passed(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
        yield from rows

    with pytest.raises(TupleError, match="a tuple of 1 where one value is declared") as caught:
        run((passed, "b", Fields.ALL))
    assert (1,) == caught.value.row
    assert "test_batch_every.py" in str(caught.value.origin)


@pytest.mark.parametrize("keys", [(b"x", bytearray(b"x")), (0.0, -0.0), ((1,), [1])])
def test_beside_a_result_of_a_buffer_stands_the_key_as_its_row_has_it(keys: Any) -> None:
    @buffer("v")
    def passed(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
        yield from (row[0] for row in rows)

    group = (keys[:1], [(key, number, 0) for number, key in enumerate(keys)])
    found = run((passed, "b", Fields("a", "v")), groups=[group])
    assert repr([(keys[0], 0), (keys[1], 1)]) == repr(found)


def test_a_failing_step_names_the_pipe_the_values_and_the_users_line() -> None:
    def step(total: int, b: int) -> int:
        return total + 1 // (b - 3)

    with pytest.raises(RunError, match="Every 2 failed: ZeroDivisionError") as caught:
        run((aggregator("n", zero=0, step=step), "b", Fields.ALL))
    assert ((3,), Fields("b")) == (caught.value.row, caught.value.fields)
    assert "1 // (b - 3)" in caught.value.details["raised at"]


def test_rows_pass_in_batches_where_there_is_no_every() -> None:
    batches = run_everys(EveryRun((), A), GROUPS, TaskContext(batch_rows=2))
    assert [2, 1] == [len(batch) for batch in batches]


def test_prepare_flush_and_cleanup_also_without_groups() -> None:
    log: list[str] = []
    assert [] == run((Noted(log), "b", Fields.ALL), groups=[])
    assert ["prepare", "flush", "cleanup"] == log


class Noted(BaseOperation, Aggregator):
    """Notes when it has what."""

    def __init__(self, log: list[str]) -> None:
        super().__init__(N)
        self.log = log

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        self.log.append("prepare")

    def start(self, flow_process: Any, aggregator_call: Any) -> None:
        self.note("start", aggregator_call)

    def aggregate(self, flow_process: Any, aggregator_call: Any) -> None:
        self.note("aggregate", aggregator_call)

    def complete(self, flow_process: Any, aggregator_call: Any) -> None:
        self.note("complete", aggregator_call)

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self.log.append("flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self.log.append("cleanup")

    def note(self, what: str, call: Any) -> None:
        has_arguments = "arguments" if call.get_arguments() is not None else "-"
        has_collector = "collector" if call.get_output_collector() is not None else "-"
        group = call.get_group().get_string("a")
        self.log.append(f"{what} {group} {has_arguments} {has_collector}")


def test_an_aggregator_has_arguments_and_collector_only_in_their_time() -> None:
    log: list[str] = []
    run((Noted(log), "b", Fields.ALL), groups=GROUPS[1:])
    told = ["start y - -", "aggregate y arguments -", "complete y - collector"]
    assert told == log[1:-2]


def test_an_untrapped_row_goes_to_the_nearest_trap_before_it_in_the_chain() -> None:
    def count(name: str) -> Any:
        return aggregator(name, zero=0, step=lambda n, _: n + 1)

    def refuse(total: int, b: int) -> int:
        return total + 1 // (b - 3)

    task = TaskContext()
    found = run(
        (count("n"), "b", Fields.ALL, 0),
        (count("m"), "c", Fields.ALL, 1),
        (aggregator("o", zero=0, step=refuse), "b", Fields.ALL),
        task=task,
    )
    # The counts before it have seen the row; the trap gets what its own operation was given.
    assert [("x", 2, 2, -1), ("y", 1, 1, 0)] == found
    assert {1: [(4,)]} == task.trapped


def test_a_generator_streams_a_group_that_no_memory_holds() -> None:
    def endless() -> Iterator[Any]:
        for number in range(10**9):
            yield ("x", number, 0)

    @buffer("n")
    def firsts(key: Any, rows: Any) -> Any:
        for (value,) in rows:
            yield value

    specs = everys(ABC, "a", (firsts, "b", Fields.RESULTS))
    batches = run_everys(EveryRun(specs, A), [(("x",), endless())], TaskContext(batch_rows=3))
    assert [(0,), (1,), (2,)] == next(batches)
    batches.close()  # type: ignore[attr-defined]


def test_a_buffer_that_leaves_early_sees_the_next_group_whole() -> None:
    first = buffer("n")(lambda key, rows: iter([next(rows)[0]]))
    task = TaskContext()
    groups = [(key, iter(rows)) for key, rows in GROUPS]
    assert [("x", 1, 2, 1), ("y", 5, 6, 5)] == run(
        (first, "b", Fields.ALL), groups=groups, task=task
    )
    # Skipped rows entered the pipe all the same.
    assert [3] == list(task.report.rows_in.values())


class Kept(BaseOperation, Buffer):
    """Emits at flush through the collector that it keeps."""

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        seen = [entry.get_object("b") for entry in buffer_call.get_arguments_iterator()]
        buffer_call.set_context((buffer_call.get_context() or 0) + sum(seen))

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        operation_call.get_output_collector().add((operation_call.get_context(),))


def test_a_buffer_may_emit_at_flush() -> None:
    assert [(9,)] == run((Kept(N), "b", Fields.RESULTS))


class Echo(BaseOperation, Buffer):
    """Emits a row for each row it reads, and then one more."""

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        collector = buffer_call.get_output_collector()
        for entry in buffer_call.get_arguments_iterator():
            collector.add((entry.get_object("b"),))
        collector.add((-1,))


def rows_of_key(key: str, rows: int) -> Iterator[Any]:
    return ((key, n, 0) for n in range(rows))


def echoed(rows: int, limit: int, **options: Any) -> tuple[Iterator[list[Any]], TaskContext]:
    specs = everys(ABC, "a", (Echo(N), "b", Fields.ALL, *options.pop("trap", ())))
    task = TaskContext(batch_rows=100, spill=SpillSpace(limit))
    groups = [((key,), rows_of_key(key, rows)) for key in "xy"]
    return run_everys(EveryRun(specs, A), groups, task, **options), task


@pytest.mark.parametrize("limit", [100, 10_000, 10**9])
def test_what_a_buffer_emits_may_be_more_than_memory(limit: int) -> None:
    batches, task = echoed(500, limit)
    rows = [row for batch in batches for row in batch]
    # Behind the last row it stands on the key and nulls.
    expected = [[*((key, n, 0, n) for n in range(500)), (key, None, None, -1)] for key in "xy"]
    assert expected[0] + expected[1] == rows
    assert [1_000, 1_002] == [*task.report.rows_in.values(), *task.report.rows_out.values()]
    assert (limit < 10**9) == bool(task.spill.spilled_bytes)


def test_memory_does_not_grow_with_what_a_buffer_emits() -> None:
    def peak(rows: int) -> int:
        batches, task = echoed(rows, 4 << 20)
        tracemalloc.start()
        count = sum(map(len, batches))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 2 * rows + 2 and task.spill.spilled_bytes
        task.spill.close()
        return found

    few, many = peak(10_000), peak(80_000)
    assert many < few + (400 << 10) < 1 << 20


@pytest.mark.parametrize("limit", [100, 10**9])
def test_rows_from_disk_are_trapped_with_what_was_given_for_them(limit: int) -> None:
    batches, task = echoed(300, limit, is_immediate=True, trap=(0,))
    kept = []
    for batch in batches:
        while True:  # a failure further down is thrown back
            (row,) = batch
            if row[-1] not in (7, -1):
                kept.append(row)
                break
            try:
                batch = batches.throw(ValueError("odd"))  # type: ignore[attr-defined]
            except StopIteration:
                break
    assert [("x", n, 0, n) for n in range(7)] == kept[:7]
    assert {0: [(7,), (7,)]} == task.trapped


def test_a_header_of_an_unknown_stream_is_as_wide_as_its_first_row() -> None:
    header = buffer("n")(lambda key, rows: iter(["head"]))
    specs = everys(Fields.UNKNOWN, 0, (header, 1, Fields.ALL))
    run_spec = EveryRun(specs, Fields(0))
    (batch,) = run_everys(run_spec, [(("x",), [("x", 1, 2)])], TaskContext())
    assert ("head",) == batch[0][-1:] and 4 == len(batch[0])


# -- the row that an error shows ------------------------------------------------------------------

NINES = [(n % 4, n, 9) for n in range(40)]


@buffer("r")
def in_loop(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    for row in rows:
        if row[0] == 22:
            raise ValueError("22")
    yield 1


@buffer("r")
def behind_loop(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    if max(row[0] for row in rows) == 38:
        raise ValueError("38")
    yield 1


@buffer("r")
def before_loop(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    if key == (2,):
        raise ValueError("2")
    yield 1


@buffer("r")
def no_generator(key: Any, rows: Iterator[Any]) -> Any:
    return [n // (22 - n) for n, *_ in rows]


@pytest.mark.parametrize("failing", [in_loop, behind_loop, before_loop, no_generator])
@pytest.mark.parametrize("arguments", [Fields("b"), Fields("b", "c", "a")])
@pytest.mark.parametrize("form", ["rows", "columns"])
@pytest.mark.parametrize(("times", "memory"), [(1, "256m"), (80, "256m"), (10, "1k")])
def test_an_error_shows_the_row_that_the_local_engine_shows(
    failing: Any, arguments: Fields, form: str, times: int, memory: str
) -> None:
    properties = {"cascade2spark.form": form, "cascade2spark.memory.bytes": memory}
    here = InProcessConnector(properties, InProcessEngine(1, 500))
    last: list[Any] = [(row[0], 0, 9) for row in NINES * times]
    shown = []
    for connector in (LocalFlowConnector(), here):
        group = GroupBy(Pipe("i"), Fields("a"), sort=Fields("b"))
        pipe = Every(group, arguments, failing, Fields("a", "r"))
        source = MemoryTap(ABC, NINES + last)
        with pytest.raises(RunError) as caught:
            connector.connect(source, MemoryTap(), pipe).complete()
        shown.append((caught.value.row, caught.value.fields, str(caught.value)))
    assert shown[0] == shown[1]


def framed(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    yield "head"
    for row in rows:
        yield repr(row)


def unframed(key: Any, rows: Iterator[Any]) -> Iterator[Any]:
    yield from map(repr, rows)


@pytest.mark.parametrize("arguments", [Fields(0), Fields(2), Fields(2, 1), Fields(0, 1, 2)])
@pytest.mark.parametrize("output", [Fields.ALL, Fields(0, "x"), Fields("x", 1), Fields("x", 2)])
@pytest.mark.parametrize(("key", "each"), [(0, framed), (1, unframed), (2, unframed)])
def test_what_has_only_positions_passes_a_buffer(
    arguments: Fields, output: Fields, key: int, each: Any
) -> None:
    rows = [(5, "k", 1), (6, "k", 2), (7, "q", 3)]
    found = []
    for connector in (
        LocalFlowConnector(),
        *(
            InProcessConnector({"cascade2spark.form": form}, InProcessEngine())
            for form in ("rows", "columns")
        ),
    ):
        sink = MemoryTap()
        group = GroupBy(Pipe("in"), Fields(key))
        tail = Every(group, arguments, buffer("x")(each), output)
        connector.connect(MemoryTap(Fields.size(3), rows), sink, tail).complete()
        found.append(sink.rows)
    assert found[0] == found[1] == found[2]
