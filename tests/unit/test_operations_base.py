"""The operation contract: constructors, call objects, the collector, the flow process."""

from __future__ import annotations

import enum
import pickle
from typing import Any

import pytest

from cascade2spark.counters import Counters
from cascade2spark.errors import BuildError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    Aggregator,
    AggregatorCall,
    AssertionLevel,
    BaseOperation,
    Buffer,
    BufferCall,
    DebugLevel,
    Filter,
    FlowProcess,
    Function,
    FunctionCall,
    GroupAssertion,
    OutputCollector,
    ValueAssertion,
)
from cascade2spark.tuples import Tuple, TupleEntry

AB = Fields("a", "b")


class Seen(enum.Enum):
    Rows = 1


# -- BaseOperation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "num_args", "declared"),
    [
        ((), BaseOperation.ANY, Fields.UNKNOWN),
        ((2,), 2, Fields.UNKNOWN),
        ((AB,), BaseOperation.ANY, AB),
        ((2, AB), 2, AB),
        ((1, "a"), 1, Fields("a")),
        ((("a", "b"),), BaseOperation.ANY, AB),
    ],
)
def test_the_constructor_takes_arguments_and_declaration_in_javas_orders(
    given, num_args, declared
) -> None:
    class Scrub(BaseOperation, Function):
        pass

    made = Scrub(*given)
    assert (num_args, declared) == (made.get_num_args(), made.get_field_declaration())


@pytest.mark.parametrize("given", [(-1,), (2.5,), (AB, 2), (True,), (1, AB, "more")])
def test_other_arguments_are_refused(given) -> None:
    with pytest.raises(BuildError):
        BaseOperation(*given)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Function, Fields.UNKNOWN),
        (Aggregator, Fields.UNKNOWN),
        (Buffer, Fields.UNKNOWN),
        (Filter, Fields.ALL),
        (ValueAssertion, Fields.ALL),
        (GroupAssertion, Fields.ALL),
    ],
)
def test_a_class_that_never_calls_init_has_its_kinds_declaration(kind, expected) -> None:
    class Mine(BaseOperation, kind):
        def __init__(self) -> None:
            self.mine = 1

    assert (expected, BaseOperation.ANY) == (Mine().get_field_declaration(), Mine().get_num_args())


@pytest.mark.parametrize("kind", [Filter, ValueAssertion, GroupAssertion])
def test_what_passes_rows_through_must_declare_all(kind) -> None:
    class Mine(BaseOperation, kind):
        pass

    with pytest.raises(BuildError, match="must declare ALL"):
        Mine(Fields("a"))
    assert Fields.ALL == Mine(1).get_field_declaration()


def test_an_operation_is_safe_and_its_life_empty_unless_it_says_otherwise() -> None:
    operation = BaseOperation()
    assert operation.is_safe()
    for method in (operation.prepare, operation.flush, operation.cleanup):
        method(FlowProcess.NULL, None)


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        (Function, ["operate"]),
        (Filter, ["is_remove"]),
        (Aggregator, ["start", "aggregate", "complete"]),
        (Buffer, ["operate"]),
        (ValueAssertion, ["do_assert"]),
        (GroupAssertion, ["start", "aggregate", "do_assert"]),
    ],
)
def test_a_forgotten_method_is_named_with_its_class(kind, methods) -> None:
    class Mine(BaseOperation, kind):
        pass

    for method in methods:
        with pytest.raises(NotImplementedError, match=f"Mine must define {method}"):
            getattr(Mine(), method)(FlowProcess.NULL, None)


def test_levels_are_ordered() -> None:
    assert AssertionLevel.NONE < AssertionLevel.VALID < AssertionLevel.STRICT
    assert DebugLevel.NONE < DebugLevel.DEFAULT < DebugLevel.VERBOSE


# -- the collector -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [(1, 2), [1, 2], Tuple(1, 2), TupleEntry(AB, (1, 2)), TupleEntry(Fields("b", "a"), (2, 1))],
    ids=repr,
)
def test_a_result_may_be_a_tuple_a_list_or_an_entry_which_is_selected_by_name(result) -> None:
    collector = OutputCollector(AB)
    collector.add(result)
    assert [(1, 2)] == collector.rows
    assert type(collector.rows[0]) is tuple


def test_a_collected_row_does_not_change_with_the_tuple_it_came_from() -> None:
    collector, reused = OutputCollector(AB), Tuple(1, 2)
    collector.add(reused)
    reused.set(0, 9)
    assert [(1, 2)] == collector.take()


@pytest.mark.parametrize("result", [(1,), (1, 2, 3), TupleEntry(Fields("a", "c"), (1, 2))])
def test_a_result_of_another_shape_is_refused(result) -> None:
    collector = OutputCollector(AB)
    with pytest.raises(TupleError):
        collector.add(result)
    assert [] == collector.rows


@pytest.mark.parametrize("result", ["ab", {"a": 1, "b": 2}, None, 7])
def test_what_is_no_row_is_refused_by_its_class(result) -> None:
    with pytest.raises(TupleError, match=type(result).__name__):
        OutputCollector(AB).add(result)


def test_unknown_fields_take_any_width() -> None:
    collector = OutputCollector(Fields.UNKNOWN)
    for row in ((), (1,), (1, 2)):
        collector.add(row)
    assert [(), (1,), (1, 2)] == collector.take()
    assert [] == collector.take()


def test_rows_are_drained_when_the_capacity_is_reached() -> None:
    drained: list[list[Any]] = []
    collector = OutputCollector(Fields("a"), drained.append, capacity=2)
    for value in range(5):
        collector.add((value,))
    assert [[(0,), (1,)], [(2,), (3,)]] == drained
    assert [(4,)] == collector.take()


# -- call objects --------------------------------------------------------------------------------


def test_a_call_keeps_the_operations_own_context_and_knows_the_fields() -> None:
    call = FunctionCall(AB, Fields("c"))
    assert call.get_context() is None
    call.set_context([1])
    assert [1] == call.get_context()
    assert (AB, Fields("c")) == (call.get_argument_fields(), call.get_declared_fields())
    assert call.get_output_collector() is None


def test_group_calls_begin_empty() -> None:
    aggregating, buffering = AggregatorCall(AB, AB), BufferCall(AB, AB)
    assert aggregating.get_group() is None
    assert aggregating.get_arguments() is None
    assert (None, None) == (buffering.get_joiner_closure(), buffering.get_arguments_iterator())
    assert not buffering.retain_values
    buffering.set_retain_values(True)
    assert buffering.retain_values


# -- the flow process ----------------------------------------------------------------------------


def test_counters_are_named_by_an_enum_or_by_two_texts() -> None:
    process = FlowProcess()
    process.increment(Seen.Rows)
    process.increment(Seen.Rows, 4)
    process.increment(Seen.Rows, amount=5)
    process.increment("group", "name")
    process.increment("group", "name", -3)
    assert (10, -2) == (
        process.get_counter_value(Seen.Rows),
        process.get_counter_value("group", "name"),
    )
    assert 0 == process.get_counter_value("no", "such")


@pytest.mark.parametrize("given", [("group",), ("group", 3), (Seen.Rows, "name")])
def test_half_a_counter_name_is_refused(given) -> None:
    with pytest.raises(BuildError, match="increment takes"):
        FlowProcess().increment(*given)


def test_a_counter_counts_in_whole_numbers() -> None:
    class Three:
        def __index__(self) -> int:
            return 3

    process = FlowProcess()
    process.increment("group", "name", Three())
    process.increment(Seen.Rows, amount=Three())
    counted = (process.get_counter_value("group", "name"), process.get_counter_value(Seen.Rows))
    assert (3, 3) == counted
    for given in (("group", "name", 1.5), ("group", "name", "1"), (Seen.Rows, 1, 0.5)):
        with pytest.raises(BuildError, match="a counter counts in whole numbers"):
            process.increment(*given)


def test_properties_come_as_the_kind_that_was_asked_for() -> None:
    process = FlowProcess({"n": "12", "yes": "TRUE", "no": "yes", "flag": True, "none": None})
    assert 12 == process.get_integer_property("n")
    assert "12" == process.get_string_property("n")
    assert [True, False, True, False] == [
        process.get_boolean_property(key) for key in ("yes", "no", "flag", "missing")
    ]
    assert 5 == process.get_integer_property("missing", 5)
    assert "x" == process.get_string_property("none", "x")
    assert process.get_property("missing") is None
    assert ["flag", "n", "no", "none", "yes"] == process.get_property_keys()


def test_a_process_knows_its_slice_and_its_flow() -> None:
    process = FlowProcess({}, Counters(), 3, 8, "run")
    assert (3, 8, "run") == (
        process.get_current_slice_num(),
        process.get_num_process_slices(),
        process.get_id(),
    )
    process.set_status("half")
    process.keep_alive()
    assert "half" == process.status


def test_a_side_file_is_opened_by_its_tap_or_refused_by_name() -> None:
    class Side:
        def open_for_read(self, flow_process: Any) -> Any:
            return iter([flow_process.get_id()])

    process = FlowProcess(flow_id="run")
    assert ["run"] == list(process.open_tap_for_read(Side()))
    with pytest.raises(Unsupported, match="Side has no open_for_write"):
        process.open_tap_for_write(Side())


def test_what_travels_to_workers_can_be_pickled() -> None:
    assert Fields("a") == pickle.loads(pickle.dumps(BaseOperation(Fields("a")))).field_declaration


def test_the_null_process_keeps_nothing_and_is_one() -> None:
    null = FlowProcess.NULL
    null.increment("g", "n", 5)
    null.set_status("busy")
    assert 0 == null.get_counter_value("g", "n")
    assert "" == null.status
    assert null is pickle.loads(pickle.dumps(null))


def test_a_copy_sees_other_properties_and_counts_into_the_same_counters() -> None:
    process = FlowProcess({"a": 1, "b": 2}, flow_id="f")
    copied = process.copy_with({"b": 3})
    copied.increment("g", "n", 5)
    assert (1, 3, "f") == (copied.get_property("a"), copied.get_property("b"), copied.get_id())
    assert 2 == process.get_property("b")
    assert 5 == process.get_counter_value("g", "n")
