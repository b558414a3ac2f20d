"""The reference engine on plans built by hand: tasks, order, lifecycle, counters."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.counters import StepCounters
from cascade2spark.errors import FlowError, RunError, TapError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import PartPlace
from cascade2spark.local import LocalEngine
from cascade2spark.operations.base import BaseOperation, Filter, Function
from cascade2spark.operations.callables import aggregator, function, keep_if, remove_if
from cascade2spark.planner.steps import Step
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import FileTap, MemoryTap, RDDTap
from tests.unit.local_plans import Plan

count = aggregator("n", zero=0, step=lambda n, *values: n + 1)


class Noted(BaseOperation, Function):
    """Passes rows and writes down what is called."""

    def __init__(self, notes: list[str], name: str, fails_at: str = "") -> None:
        super().__init__(Fields.ARGS)
        self.notes, self.name, self.fails_at = notes, name, fails_at

    def note(self, what: str) -> None:
        self.notes.append(f"{self.name} {what}")
        if what == self.fails_at:
            raise ValueError(f"{self.name} cannot {what}")

    def prepare(self, flow_process: Any, call: Any) -> None:
        self.note("prepare")

    def operate(self, flow_process: Any, call: Any) -> None:
        self.note(f"row {call.get_arguments().get_object(0)}")
        call.get_output_collector().add(call.get_arguments())

    def flush(self, flow_process: Any, call: Any) -> None:
        self.note("flush")

    def cleanup(self, flow_process: Any, call: Any) -> None:
        assert call.get_output_collector() is None
        self.note("cleanup")


class Late(BaseOperation, Function):
    """Emits nothing but what it held, at the end."""

    def __init__(self) -> None:
        super().__init__(Fields("late"))

    def prepare(self, flow_process: Any, call: Any) -> None:
        call.set_context([])

    def operate(self, flow_process: Any, call: Any) -> None:
        call.get_context().append(tuple(call.get_arguments()))

    def flush(self, flow_process: Any, call: Any) -> None:
        for row in call.get_context():
            call.get_output_collector().add(row)


def test_word_count() -> None:
    plan = Plan()
    lines = plan.read("line", [("b a",), ("a",), (" ",)])
    words = plan.each(lines, function("word", many=True)(str.split))
    assert [("a", 2), ("b", 1)] == plan.rows(plan.group(words, "word", (count,)))


def test_rows_in_and_out_are_counted_at_every_pipe() -> None:
    plan = Plan()
    lines = plan.read("line", [("b a",), ("a",)])
    words = plan.each(lines, function("word", many=True)(str.split))
    kept = plan.each(words, keep_if(lambda word: word == "a"))
    sink = plan.write(plan.group(kept, "word", (count,)))
    result = plan.run()
    at = {step.number: step.site.key for step in plan.steps}
    every = plan.steps[3].everys[0].site.key
    pairs = [(result.rows_in.get(key), result.rows_out.get(key)) for key in at.values()]
    assert [(2, 2), (2, 3), (3, 2), (2, 2), (1, 1)] == pairs
    assert (2, 1) == (result.rows_in[every], result.rows_out[every])
    assert [("a", 2)] == plan.sinks[sink.number]
    assert 2 == result.counters.value(StepCounters.Tuples_Read)
    assert 1 == result.counters.value(StepCounters.Tuples_Written)


def test_an_operation_lives_from_prepare_to_cleanup_also_without_rows() -> None:
    notes: list[str] = []
    plan = Plan()
    assert [] == plan.rows(plan.each(plan.read("a", []), Noted(notes, "f")))
    assert ["f prepare", "f flush", "f cleanup"] == notes


def test_rows_go_depth_first_and_flush_head_to_tail() -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(1,), (2,)]), Noted(notes, "f"))
    plan.rows(plan.each(first, Noted(notes, "g")))
    expected = ["prepare", "row 1", "row 2", "flush", "cleanup"]
    assert [f"{name} {what}" for what in expected for name in "fg"] == notes


@pytest.mark.parametrize("fails_at", ["prepare", "row 2", "flush"])
def test_whatever_fails_all_that_was_prepared_is_cleaned_up_once(fails_at) -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(1,), (2,)]), Noted(notes, "f"))
    second = plan.each(first, Noted(notes, "g", fails_at))
    with pytest.raises(RunError, match=f"g cannot {fails_at}"):
        plan.rows(second)
    assert ["f cleanup", "g cleanup"] == [note for note in notes if note.endswith("cleanup")]
    assert fails_at == "flush" or "g flush" not in notes


def test_a_failing_cleanup_fails_the_run_after_all_were_cleaned_up() -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(1,)]), Noted(notes, "f", "cleanup"))
    with pytest.raises(RunError, match="f cannot cleanup"):
        plan.rows(plan.each(first, Noted(notes, "g")))
    assert "g cleanup" in notes


def test_a_failing_cleanup_does_not_hide_the_error_before_it() -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(1,)]), Noted(notes, "f", "cleanup"))
    with pytest.raises(RunError, match="g cannot row 1"):
        plan.rows(plan.each(first, Noted(notes, "g", "row 1")))


def test_flush_may_emit() -> None:
    plan = Plan()
    late = plan.each(plan.read("a", [(1,), (2,)]), Late())
    assert [(1,), (2,)] == plan.rows(plan.each(late, function("b")(lambda a: a)))


def test_a_result_is_laid_out_with_its_row() -> None:
    plan = Plan()
    rows = plan.read(Fields("a", "b"), [(1, 2)])
    double = function("c")(lambda a: a * 2)
    assert [(1, 2, 2)] == plan.rows(plan.each(rows, double, "a", Fields.ALL))
    plan = Plan()
    rows = plan.read(Fields("a", "b"), [(1, 2)])
    assert [(2, 2)] == plan.rows(plan.each(rows, double, "a", Fields.SWAP))


def test_a_fork_sends_each_row_both_ways_and_runs_what_is_before_it_once() -> None:
    notes: list[str] = []
    plan = Plan()
    shared = plan.each(plan.read("a", [(1,), (2,)]), Noted(notes, "f"))
    low = plan.write(plan.each(shared, keep_if(lambda a: a < 2)))
    high = plan.write(plan.each(shared, remove_if(lambda a: a < 2)))
    plan.run()
    assert ([(1,)], [(2,)]) == (plan.sinks[low.number], plan.sinks[high.number])
    assert ["f prepare", "f row 1", "f row 2", "f flush", "f cleanup"] == notes


def test_a_union_has_all_rows_of_its_first_input_first_also_after_a_fork() -> None:
    plan = Plan()
    source = plan.read("a", [(1,), (2,)])
    left = plan.each(source, function("a")(lambda a: a * 10))
    right = plan.each(source, function("a")(lambda a: -a))
    inner = plan.union(right, left)
    other = plan.read("a", [(5,)])
    assert [(5,), (-1,), (-2,), (10,), (20,)] == plan.rows(plan.union(other, inner))


def test_rows_of_equal_keys_come_in_the_order_of_the_union() -> None:
    plan = Plan()
    source = plan.read(Fields("k", "v"), [("x", 1), ("x", 2)])
    left = plan.each(source, function("k", "v")(lambda k, v: (k, v * 10)))
    merged = plan.union(left, plan.persist(source))
    assert [("x", 10), ("x", 20), ("x", 1), ("x", 2)] == plan.rows(plan.group(merged, "k"))


def test_a_checkpoint_is_complete_before_anything_after_it_runs() -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(1,), (2,)]), Noted(notes, "f"))
    second = plan.each(plan.persist(first, "kept"), Noted(notes, "g"))
    assert [(1,), (2,)] == plan.rows(second)
    assert notes.index("f cleanup") < notes.index("g prepare")


def test_a_group_starts_a_task_of_its_own() -> None:
    notes: list[str] = []
    plan = Plan()
    first = plan.each(plan.read("a", [(2,), (1,)]), Noted(notes, "f"))
    plan.rows(plan.each(plan.group(first, "a"), Noted(notes, "g")))
    assert ["f row 2", "f row 1", "g row 1", "g row 2"] == [n for n in notes if " row " in n]
    assert notes.index("f cleanup") < notes.index("g prepare")


def test_a_result_of_the_wrong_width_names_the_pipe() -> None:
    class Wrong(BaseOperation, Function):
        def operate(self, flow_process: Any, call: Any) -> None:
            call.get_output_collector().add((1, 2, 3))

    plan = Plan()
    bad = plan.each(plan.read("a", [(7,)]), Wrong(Fields("x", "y")), label="Each 'logs' Wrong")
    with pytest.raises(TupleError, match="declares 2 fields but gave 3 values") as caught:
        plan.rows(bad)
    assert "Each 'logs' Wrong" == caught.value.details["in"]


def test_an_error_of_the_users_names_pipe_row_fields_and_line() -> None:
    def parse(text: str) -> int:
        return int(text)  # the failing line

    plan = Plan()
    parsed = plan.each(
        plan.read(Fields("k", "text"), [("a", "1"), ("b", "no")]),
        function("number")(parse),
        "text",
        label="Each 'logs' parse",
    )
    with pytest.raises(RunError) as caught:
        plan.rows(parsed)
    error = caught.value
    assert "Each 'logs' parse failed: ValueError: invalid literal" in error.headline
    assert (("no",), Fields("text")) == (error.row, error.fields)
    assert "test_local_engine.py" in error.details["raised at"]
    assert "return int(text)  # the failing line" in error.details["raised at"]
    assert isinstance(error.__cause__, ValueError)


def test_an_error_is_told_once_however_many_pipes_it_passes_on_its_way_up() -> None:
    plan = Plan()
    first = plan.each(plan.read("a", [(1,)]), function("a")(lambda a: a), label="first")
    last = plan.each(first, function("b")(lambda a: a / 0), label="last")
    with pytest.raises(RunError) as caught:
        plan.rows(last)
    assert caught.value.headline.startswith("last failed: ZeroDivisionError")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_columns_nobody_reads_are_not_read() -> None:
    plan = Plan()
    tap = MemoryTap(("a", "b", "c"), [(1, 2, 3)])
    assert [(3, 1)] == plan.rows(plan.read_tap(tap, ("c", "a"), columns=(2, 0)))


def test_a_stopped_run_ends_with_a_flow_error() -> None:
    plan = Plan()
    with pytest.raises(FlowError, match="stopped"):
        plan.rows(plan.read("a", [(1,)]), is_stopped=lambda: True)


def test_progress_tells_when_a_task_begins_and_ends() -> None:
    told: list[tuple[int, str, float | None]] = []
    plan = Plan()
    plan.rows(
        plan.group(plan.read("a", [(1,)]), "a"),
        on_progress=lambda step, text, part: told.append((step, text, part)),
    )
    assert [(0, "running", None), (0, "done", 1.0), (1, "running", None), (1, "done", 1.0)] == told


def test_a_sample_runs_just_what_it_needs_and_writes_nothing() -> None:
    plan = Plan()
    source = plan.read("a", [(3,), (1,), (2,)])
    grouped = plan.group(source, "a")
    plan.write(plan.each(grouped, function("b")(lambda a: 1 / 0)))
    found = LocalEngine().sample(plan.plan(), grouped.number, 2, plan.context())
    assert [(1,), (2,)] == list(found)


def test_an_rdd_tap_is_refused_by_name() -> None:
    plan = Plan()
    with pytest.raises(Unsupported, match="RDDTap"):
        plan.rows(plan.read_tap(RDDTap(object(), "a"), "a"))
    plan = Plan()
    plan.write(plan.read("a", [(1,)]), RDDTap(fields="a"))
    with pytest.raises(Unsupported, match="RDDTap"):
        plan.run()


def test_a_step_of_another_kind_is_refused_by_name() -> None:
    class Strange(Step):
        pass

    plan = Plan()
    plan.add(Strange, (), "a")
    with pytest.raises(Unsupported, match="Strange"):
        plan.run()


def test_files_are_read_and_a_part_file_is_written(tmp_path) -> None:
    (tmp_path / "in.tsv").write_text("a\t1\nb\t2\n")
    source = FileTap(TextDelimited(("word", "n"), types=(str, int)), str(tmp_path / "in.tsv"))
    (tmp_path / "attempts").mkdir()
    plan = Plan()
    rows = plan.read_tap(source, Fields("word", "n").apply_types(str, int))
    sink = FileTap(TextLine(), str(tmp_path / "out"))
    number = plan.write(rows, sink, PartPlace(str(tmp_path / "attempts"))).number
    (manifest,) = plan.run().manifests[number]
    (file,) = manifest.files
    assert ("part-00000", 2) == (file.name, file.rows)
    assert "a\t1\nb\t2\n" == (tmp_path / "attempts" / file.written).read_text()


def test_a_source_that_is_not_there_stops_the_run() -> None:
    plan = Plan()
    with pytest.raises(TapError, match="nowhere"):
        plan.rows(plan.read_tap(FileTap(TextLine(), "/nowhere/at/all"), ("num", "line")))


def test_operations_see_properties_and_count() -> None:
    class Counting(BaseOperation, Filter):
        def is_remove(self, flow_process: Any, call: Any) -> bool:
            flow_process.increment("mine", flow_process.get_property("name"), 2)
            assert (0, 1) == (
                flow_process.get_current_slice_num(),
                flow_process.get_num_process_slices(),
            )
            return False

    plan = Plan()
    plan.rows(plan.each(plan.read("a", [(1,), (2,)]), Counting()), properties={"name": "seen"})
    assert plan.result is not None
    assert 4 == plan.result.counters.value("mine", "seen")
