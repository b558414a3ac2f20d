"""The typed API: rewrites, messages, and what becomes of the nodes."""

from __future__ import annotations

import attrs
import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields
from cascade2spark.pipes import CoGroup, Each, GroupBy, Pipe
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.scalding.flow_state import FlowState, state_of
from cascade2spark.scalding.typed import TypedPipe, ValuePipe
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.rewrites import (
    drop_empty,
    flatten_merges,
    rewritten,
    sink_filter_keys,
)
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.typed_case import Collected, collected

PAIRS = TypedPipe.from_([("a", 1), ("b", 2)])


def pipes_above(tail: Pipe, kind: type) -> list[Pipe]:
    seen, waiting = {}, [tail]
    while waiting:
        pipe = waiting.pop()
        seen[id(pipe)] = pipe
        waiting += pipe.previous
    return [pipe for pipe in seen.values() if type(pipe) is kind]


def run(*pipes):
    return collected(LocalFlowConnector(), *pipes)


@attrs.frozen(eq=False, repr=False)
class Table(Source):
    """Rows of named fields, to read or to write."""

    fields: Fields
    tap: MemoryTap

    @property
    def source_fields(self):
        return self.fields

    def read_tap(self, mode):
        return self.tap

    def write_tap(self, mode):
        return self.tap

    def __repr__(self):
        return "table"


def table(*rows, fields="name n"):
    names = Fields(*fields.split())
    return Table(names, MemoryTap(names, rows))


# -- nodes ---------------------------------------------------------------------------------------


def test_a_group_alone_is_no_step():
    tail = PAIRS.group().to_typed_pipe().pipe_for(Collected())
    assert pipes_above(tail, GroupBy) == []


def test_asking_for_reducers_brings_values_together():
    tail = PAIRS.group().with_reducers(2).to_typed_pipe().pipe_for(Collected())
    assert [pipe.partitions for pipe in pipes_above(tail, GroupBy)] == [2]


def test_a_chain_of_joins_is_one_exchange():
    tail = PAIRS.group().join(PAIRS).left_join(PAIRS).pipe_for(Collected())
    assert [len(pipe.previous) for pipe in pipes_above(tail, CoGroup)] == [3]


def test_reduces_before_a_join_are_in_its_exchange():
    tail = PAIRS.group().sum().join(PAIRS.group().to_list()).pipe_for(Collected())
    assert pipes_above(tail, GroupBy) == []


def test_a_join_takes_the_most_reducers_of_its_sides():
    joined = PAIRS.group().with_reducers(2).join(PAIRS.group().with_reducers(5))
    [pipe] = pipes_above(joined.pipe_for(Collected()), CoGroup)
    assert pipe.partitions == 5


def test_a_node_becomes_one_pipe_however_often_it_is_used():
    calls = []
    once = PAIRS.map(lambda pair: calls.append(pair) or pair).force_to_disk()
    run(once.keys(), once.values(), once + once)
    assert sorted(calls) == [("a", 1), ("b", 2)]


def test_writing_twice_plans_once():
    calls, state = [], FlowState()
    trapped = PAIRS.add_trap(Table(Fields.UNKNOWN, MemoryTap(Fields.ALL)))
    seen = trapped.map(lambda pair: calls.append(pair) or pair).map(str).force_to_disk()
    with state_of(state):
        seen.write(Collected())
        seen.write(Collected())
    state.connect(Mode(LocalFlowConnector()), "job").complete()
    assert len(calls) == 2


def test_pairs_of_a_function_are_two_fields():
    tail = PAIRS.map(lambda pair: pair).sum_by_key().pipe_for(Collected())
    declared = [pipe.operation.get_field_declaration() for pipe in pipes_above(tail, Each)]
    assert Fields("key", "value") in declared


@pytest.mark.parametrize("partitions", [None, 1])
def test_groups_by_an_ordering_come_in_it_called_by_their_first_keys(partitions):
    values = [("c", 1), ("B", 2), ("a", 3), ("A", 4), ("b", 5), ("C", 6)]
    grouped = TypedPipe.from_(values).group_with(str.lower)
    made = [grouped.sum(), grouped.to_list().map_values(sum), grouped.sorted().sum()]
    connector = LocalFlowConnector()
    if partitions is not None:
        connector = InProcessConnector({}, InProcessEngine(partitions, batch_rows=2, capacity=2))
    for got in collected(connector, *made):
        assert got == [("a", 7), ("B", 7), ("c", 7)]


# -- rewrites ------------------------------------------------------------------------------------


def test_filter_keys_sinks_below_a_reduce():
    found = sink_filter_keys(PAIRS.group().sum().to_typed_pipe().filter_keys(bool).node)
    assert isinstance(found, n.Reduced)
    assert isinstance(found.previous, n.Filter)


def test_filter_keys_sinks_to_all_sides_of_a_join():
    joined = PAIRS.group().join(PAIRS).to_typed_pipe().filter_keys(bool)
    found = rewritten(joined.node)
    assert [type(side) for side in found.inputs] == [n.Filter, n.Filter]


def test_filter_keys_stays_above_what_others_read():
    summed = PAIRS.group().sum().to_typed_pipe()
    both = summed.filter_keys(bool) + summed
    assert isinstance(rewritten(both.node).inputs[0], n.Filter)


def test_merges_are_one():
    merged = (PAIRS + PAIRS) + PAIRS
    found = flatten_merges(merged.node)
    assert found is not None
    assert len(found.inputs) == 3


def test_nothing_is_left_out_of_a_merge():
    assert drop_empty((PAIRS + TypedPipe.empty()).node) is PAIRS.node
    assert isinstance(drop_empty((TypedPipe.empty() + TypedPipe.empty()).node), n.Empty)


# -- sources and sinks ---------------------------------------------------------------------------


def test_rows_of_several_fields_are_tuples():
    [got] = run(TypedPipe.from_(table(("a", 1), ("b", 2))).map(lambda row: row))
    assert got == [("a", 1), ("b", 2)]


def test_rows_of_two_fields_are_pairs():
    [got] = run(TypedPipe.from_(table(("a", 1), ("a", 2))).sum_by_key())
    assert got == [("a", 3)]


def test_values_are_written_to_several_fields():
    sink = table()
    state = FlowState()
    with state_of(state):
        returned = PAIRS.sum_by_key().write(sink)
        assert returned.map(str) is not None
    state.connect(Mode(LocalFlowConnector()), "job").complete()
    assert sorted(sink.tap.rows) == [("a", 1), ("b", 2)]


def test_failing_rows_go_to_the_trap():
    trap = Table(Fields.UNKNOWN, MemoryTap(Fields.ALL))
    trapped = TypedPipe.from_(["1", "x"]).add_trap(trap).map(int)
    assert run(trapped) == [[1]]
    assert [row[0] for row in trap.tap.rows] == ["x"]


def test_a_trap_takes_the_value_as_it_passed_it():
    trap = Table(Fields.UNKNOWN, MemoryTap(Fields.ALL))
    trapped = TypedPipe.from_(["1", "0"]).add_trap(trap).map(int).map(lambda v: 1 // v)
    assert run(trapped.filter(bool)) == [[1]]
    assert trap.tap.rows == [("0",)]


def test_a_trap_ends_at_the_next_exchange():
    trap = Table(Fields.UNKNOWN, MemoryTap(Fields.ALL))
    trapped = PAIRS.add_trap(trap).map_values(str).group()
    with pytest.raises(RunError):
        run(trapped.map_group(lambda key, values: [1 // 0]))
    assert trap.tap.rows == []


def test_the_later_of_two_traps_takes_the_value():
    first, second = (Table(Fields.UNKNOWN, MemoryTap(Fields.ALL)) for _ in range(2))
    trapped = TypedPipe.from_(["1", "x", "0"]).add_trap(first).map(int)
    assert run(trapped.add_trap(second).map(lambda v: 1 // v)) == [[1]]
    assert (first.tap.rows, second.tap.rows) == ([("x",)], [(0,)])


def test_counters_are_counted_once():
    state, sink = FlowState(), Collected()
    with state_of(state):
        PAIRS.tally_by("seen", lambda pair: pair[0]).tally_all("all", "pairs").write(sink)
    flow = state.connect(Mode(LocalFlowConnector()), "job")
    flow.complete()
    stats = flow.get_stats()
    assert stats.get_counter_value("seen", "a") == 1
    assert stats.get_counter_value("all", "pairs") == 2


def test_on_complete_is_called_when_the_task_ends():
    calls = []
    run(PAIRS.on_complete(lambda: calls.append("done")))
    assert calls == ["done"]


def test_debug_prints_each_value(capsys):
    run(TypedPipe.from_([1]).debug("see "))
    assert "see 1" in capsys.readouterr().err


def test_a_sample_is_the_same_each_time():
    sampled = TypedPipe.from_(range(200)).sample(0.5)
    first, second = run(sampled)[0], run(sampled)[0]
    assert first == second
    assert 50 < len(first) < 150


# -- messages ------------------------------------------------------------------------------------


def message(build) -> str:
    with pytest.raises((BuildError, RunError)) as failure:
        run(build())
    return str(failure.value)


def test_sorting_too_late_names_both_lines():
    said = message(lambda: PAIRS.group().map_values(abs).sort_by(abs))
    assert said.startswith("sort_by cannot follow map_values")
    assert said.count("test_scalding_typed.py:") >= 2
    assert "call map_values before group" in said


def test_a_failing_function_names_its_line_and_the_value():
    said = message(lambda: TypedPipe.from_([1, 0]).map(lambda v: 1 // v))
    assert "test_scalding_typed.py" in said
    assert "(0,)" in said


def test_a_key_without_equality_is_shown_with_its_row():
    said = message(lambda: PAIRS.map(lambda pair: (object(), pair)).sum_by_key())
    assert "cannot be part of a key" in said
    assert "test_scalding_typed.py" in said


def test_no_source_and_no_values():
    assert "takes a source or an iterable" in message(lambda: TypedPipe.from_("words"))


def test_an_aggregator_over_the_wrong_type_names_the_value():
    assert "unhashable" in message(lambda: TypedPipe.from_([("a", [])]).group().to_set())


def test_no_number_of_reducers():
    assert "with_reducers takes a whole number" in message(lambda: PAIRS.group().with_reducers("2"))


def test_crossing_with_no_pipe():
    assert "cross takes a pipe or a ValuePipe" in message(lambda: PAIRS.cross([1]))
    assert run(PAIRS.cross(ValuePipe(1)).values()) == [[1, 1]]


def test_joining_with_no_pipe():
    assert "join takes a pipe of pairs" in message(lambda: PAIRS.group().join([1]))


def test_keyed_operators_need_pairs():
    wide = table(("a", 1, 2), fields="a b c")
    assert "needs pairs" in message(lambda: TypedPipe.from_(wide).sum_by_key())
