"""What an operation of one's own may rely on. Sections 2.5, 3.2, 3.5 and 5.1."""

from __future__ import annotations

from cascade2spark.errors import FieldNotFound, RunError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Aggregator,
    AssertionLevel,
    BaseOperation,
    Buffer,
    Count,
    ExtentBase,
    ExtremaValueBase,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.pipes import Each, Every, GroupBy, Merge, Pipe
from cascade2spark.tuples import Tuple, TupleEntry
from tests.conformance.case import Fails, Topic, rows

case = Topic("udf_contract")

N = rows("n", 3, 1, 2)
KV = rows("k v", ("a", 3), ("b", 1), ("a", 2), ("a", 5))


class Running(BaseOperation, Function):
    """A running total; the state is in the context."""

    def __init__(self, field):
        super().__init__(1, Fields(field))

    def prepare(self, flow_process, call):
        call.set_context({"total": 0})

    def operate(self, flow_process, call):
        context = call.get_context()
        context["total"] += call.get_arguments().get_long(0)
        call.get_output_collector().add(Tuple(context["total"]))

    def cleanup(self, flow_process, call):
        assert call.get_context() is not None
        assert call.get_output_collector() is None


@case(
    "section 5.1: state lives in the context, so one object may stand in two pipes",
    i=N,
    expected=[(3, 3, 3), (1, 4, 7), (2, 6, 13)],
    partitions=1,
    ordered=True,
    python_only=True,
)
def one_operation_in_two_pipes(i):
    once = Running("t")
    first = Each(i, "n", once, Fields.ALL)
    renamed = Each(first, "t", Running("u"), Fields.ALL)
    return renamed


@case(
    "section 5.1: a context for each pipe",
    i=N,
    expected=[3, 4, 6, 3, 4, 6],
    partitions=1,
    python_only=True,
)
def one_object_in_two_branches(i):
    running = Running("t")
    return Merge(Each(Pipe("l", i), "n", running), Each(Pipe("r", i), "n", running))


class Numbering(BaseOperation, Function):
    """Keeps its state in a member, as many did, and sets it in prepare."""

    def __init__(self):
        super().__init__(Fields("at"))
        self.seen = 100

    def prepare(self, flow_process, call):
        self.seen = 0

    def operate(self, flow_process, call):
        self.seen += 1
        call.get_output_collector().add((self.seen,))


@case(
    "section 5.1, and 2.6 of the usage counts: a member set in prepare",
    i=N,
    expected=[1, 2, 3],
    partitions=1,
    ordered=True,
    python_only=True,
)
def a_member_that_prepare_sets(i):
    return Each(i, "n", Numbering())


def scaled(factor):
    class Scaled(BaseOperation, Function):  # as an anonymous class of Java: it closes over a value
        def operate(self, flow_process, call):
            call.get_output_collector().add((call.get_arguments().get_object("n") * factor,))

    return Scaled(Fields("m"))


@case("section 5.1: anonymous classes", i=N, expected=[30, 10, 20], python_only=True)
def a_class_inside_a_function(i):
    return Each(i, "n", scaled(10))


class Between(BaseOperation, Filter):
    """Parameters come by the constructor."""

    def __init__(self, low, high):
        super().__init__(1)
        self.low, self.high = low, high

    def is_remove(self, flow_process, call):
        return not self.low <= call.get_arguments().get_integer("n") <= self.high


@case("section 3.2: a filter with parameters", i=N, expected=[1, 2], python_only=True)
def a_filter_with_parameters(i):
    return Each(i, "n", Between(1, 2))


class KeyAndTotal(BaseOperation, Aggregator):
    """Reads the group's key in every phase."""

    def __init__(self):
        super().__init__(1, Fields("seen", "total"))

    def start(self, flow_process, call):
        assert call.get_output_collector() is None
        assert call.get_arguments() is None
        call.set_context([call.get_group().get_string("k"), 0])

    def aggregate(self, flow_process, call):
        assert call.get_output_collector() is None
        context = call.get_context()
        assert context[0] == call.get_group().get_object(0)
        context[1] += call.get_arguments().get_integer("v")

    def complete(self, flow_process, call):
        assert call.get_arguments() is None
        call.get_output_collector().add(
            Tuple(call.get_group().get_string("k"), *call.get_context()[1:])
        )


@case(
    "section 5.1: the group is there in start, aggregate and complete, the collector in complete",
    i=KV,
    expected=[("a", "a", 10), ("b", "b", 1)],
    ordered=True,
    python_only=True,
)
def an_aggregator_reads_its_key(i):
    return Every(GroupBy(i, "k"), "v", KeyAndTotal())


class EmitsInAggregate(KeyAndTotal):
    def aggregate(self, flow_process, call):
        call.get_output_collector().add(("x", 1))


@case(
    "section 3.5: the collector is null before complete",
    i=KV,
    fails=Fails(RunError, ("NoneType", "in aggregate", "udf_contract.py")),
    python_only=True,
)
def emitting_in_aggregate_fails(i):
    return Every(GroupBy(i, "k"), "v", EmitsInAggregate())


class KeyBuffer(BaseOperation, Buffer):
    def operate(self, flow_process, call):
        key = call.get_group().get_string("k")
        largest = max(entry.get_integer("v") for entry in call.get_arguments_iterator())
        call.get_output_collector().add(
            TupleEntry(self.get_field_declaration(), Tuple(key, largest))
        )


@case(
    "section 5.1: a Buffer reads its key",
    i=KV,
    expected=[("a", 5), ("b", 1)],
    ordered=True,
    python_only=True,
)
def a_buffer_reads_its_key(i):
    return Every(GroupBy(i, "k"), "v", KeyBuffer(Fields("key", "max")), Fields.RESULTS)


class Reusing(BaseOperation, Function):
    """Emits one Tuple again and again, changed in between."""

    def operate(self, flow_process, call):
        result = Tuple.size(1)
        for step in range(2):
            result.set(0, call.get_arguments().get_integer(0) + step)
            call.get_output_collector().add(result)


@case(
    "section 2.2: an emitted tuple is only borrowed",
    i=rows("n", 1),
    expected=[1, 2],
    python_only=True,
)
def a_tuple_emitted_twice(i):
    return Each(i, "n", Reusing(Fields("m")))


class Misnamed(BaseOperation, Function):
    def operate(self, flow_process, call):
        call.get_output_collector().add(TupleEntry(Fields("other"), Tuple(1)))


@case(
    "section 2.5: an entry is selected by name from the declaration",
    i=N,
    fails=Fails(TupleError, ("an operation emitted an entry without a field", "'m'", "'other'")),
    python_only=True,
)
def an_entry_without_the_declared_field(i):
    return Each(i, "n", Misnamed(Fields("m")))


@case(
    "section 5.1: numArgs is the fewest arguments",
    i=rows("a b", (1, 2)),
    fails=Fails(Exception, ("Running", "1 argument"), "plan"),
    python_only=True,
)
def too_few_arguments(i):
    return Each(i, Fields.NONE, Running("t"))


class Failing(BaseOperation, Function):
    def operate(self, flow_process, call):
        raise KeyError("no such city")


@case(
    "section 3.2: the failure carries the pipe and the user's line; row and fields are ours",
    i=rows("a b", (1, "x")),
    fails=Fails(
        RunError,
        ("no such city", "'a', 'b'", "(1, 'x')", "Each 'i'", "Failing", "in operate", "built at"),
    ),
    python_only=True,
)
def a_failure_tells_where_and_what(i):
    return Each(i, Fields("a", "b"), Failing(Fields("m")))


@case(
    "section 5.1: a misspelt argument is an error at once",
    i=N,
    fails=Fails(FieldNotFound, ("asked for   'm'", "available   'n'", "Each 'i' Asks")),
    python_only=True,
)
def asking_for_a_field_that_is_no_argument(i):
    class Asks(BaseOperation, Function):
        def operate(self, flow_process, call):
            call.get_output_collector().add((call.get_arguments().get_object("m"),))

    return Each(i, "n", Asks(Fields("o")))


class Longest(ExtremaValueBase):
    def compare(self, held, value):
        return len(value) > len(held)


@case(
    "section 5.4: ExtremaValueBase is an extension point; nulls and ignored values are left out",
    i=rows(
        "k v", ("a", "xx"), ("a", None), ("a", "yyy"), ("b", None), ("a", "zzz"), ("a", "ignored")
    ),
    expected=[("a", "yyy"), ("b", None)],
    ordered=True,
    python_only=True,
)
def an_extreme_of_ones_own(i):
    return Every(GroupBy(i, "k"), "v", Longest(Fields("longest"), "ignored"))


class Middle(ExtentBase):
    """The second row of a group."""

    def start(self, flow_process, call):
        call.set_context([None, 0])

    def perform_operation(self, flow_process, call):
        context = call.get_context()
        context[1] += 1
        if context[1] == 2:
            context[0] = call.get_arguments().get_tuple_copy()


@case(
    "section 5.4: ExtentBase is an extension point; nothing is emitted when nothing was kept",
    i=rows("k v", ("a", 1), ("a", 9), ("b", 1), ("a", 2), ("a", 3)),
    expected=[("a", 2)],
    ordered=True,
    python_only=True,
)
def an_extent_of_ones_own(i):
    return Every(GroupBy(i, "k"), "v", Middle(Fields("second"), Tuple(9)))


@case(
    "section 5.1: a missing argument field is told with the pipe",
    i=N,
    fails=Fails(FieldNotFound, ("'m'", "'n'"), "plan"),
    python_only=True,
)
def a_missing_argument_field(i):
    return Every(GroupBy(i, "n"), "m", Count())


RETURNS = "section 5.1: these methods return nothing in Java; what one returns would be lost"


class Returning(BaseOperation, Function, Buffer):
    """Collects a row, and returns another."""

    def operate(self, flow_process, call):
        call.get_output_collector().add((1,))
        return [(2,)]


class ReturningTotal(BaseOperation, Aggregator):
    """Counts, and returns at one of its methods."""

    def __init__(self, where):
        super().__init__(Fields("total"))
        self.where = where

    def start(self, flow_process, call):
        call.set_context(0)
        return 0 if self.where == "start" else None

    def aggregate(self, flow_process, call):
        call.set_context(call.get_context() + 1)
        return 0 if self.where == "aggregate" else None

    def complete(self, flow_process, call):
        return (call.get_context(),)


class Truth(BaseOperation, ValueAssertion, GroupAssertion):
    """Tells what it should raise."""

    def start(self, flow_process, call):
        pass

    def aggregate(self, flow_process, call):
        pass

    def do_assert(self, flow_process, call):
        return False


@case(RETURNS, i=N, fails=Fails(TupleError, ("Returning.operate", "[(2,)]")), python_only=True)
def a_function_that_returns(i):
    return Each(i, "n", Returning("x"))


@case(
    RETURNS + "; what was collected before goes on, as before any failure",
    i=rows("n", 7),
    expected=[1],
    traps={"i": [7]},
    python_only=True,
)
def a_function_that_returns_is_trapped(i):
    return Each(i, "n", Returning("x"))


@case(RETURNS, i=KV, fails=Fails(TupleError, ("Returning.operate", "[(2,)]")), python_only=True)
def a_buffer_that_returns(i):
    return Every(GroupBy(i, "k"), "v", Returning("x"))


@case(RETURNS, i=KV, fails=Fails(TupleError, ("ReturningTotal.start",)), python_only=True)
def an_aggregator_that_returns_at_start(i):
    return Every(GroupBy(i, "k"), "v", ReturningTotal("start"))


@case(RETURNS, i=KV, fails=Fails(TupleError, ("ReturningTotal.aggregate",)), python_only=True)
def an_aggregator_that_returns_at_a_row(i):
    return Every(GroupBy(i, "k"), "v", ReturningTotal("aggregate"))


@case(RETURNS, i=KV, fails=Fails(TupleError, ("ReturningTotal.complete",)), python_only=True)
def an_aggregator_that_returns_its_rows(i):
    return Every(GroupBy(i, "k"), "v", ReturningTotal("complete"))


@case(RETURNS, i=N, fails=Fails(TupleError, ("Truth.do_assert", "False")), python_only=True)
def an_assertion_that_returns(i):
    return Each(i, AssertionLevel.STRICT, Truth())


@case(RETURNS, i=KV, fails=Fails(TupleError, ("Truth.do_assert", "False")), python_only=True)
def a_group_assertion_that_returns(i):
    return Every(Every(GroupBy(i, "k"), Count()), AssertionLevel.STRICT, Truth())
