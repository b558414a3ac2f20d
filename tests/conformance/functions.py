"""User operations, for cases that stock ones cannot express; importable, so that they travel."""

from __future__ import annotations

from cascade2spark.errors import OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Aggregator, BaseOperation, Buffer, Filter, Function
from cascade2spark.tuples import Tuple, TupleEntry

__all__ = [
    "BadFilter",
    "BadFunction",
    "CounterFunction",
    "EmitEntry",
    "EmitTwice",
    "FailingAggregator",
    "FailingBuffer",
    "FlushingFunction",
    "FrameBuffer",
    "HalfReadBuffer",
    "IdentityBuffer",
    "JoinerClosureBuffer",
    "Modifies",
    "RepeatAggregator",
    "SideEffect",
    "WrongWidth",
]


class RepeatAggregator(BaseOperation, Aggregator):
    """Emits `times` rows in complete: their numbers from 0."""

    def __init__(self, field, times):
        super().__init__(Fields(field))
        self.times = times

    def start(self, flow_process, call):
        call.set_context(0)

    def aggregate(self, flow_process, call):
        call.set_context(call.get_context() + 1)

    def complete(self, flow_process, call):
        for number in range(self.times):
            call.get_output_collector().add(Tuple(number))


class FailingAggregator(BaseOperation, Aggregator):
    """Counts rows, and fails in one of its three methods on the value `bad`."""

    def __init__(self, field, where, bad=None):
        super().__init__(1, Fields(field))
        self.where, self.bad = where, bad

    def start(self, flow_process, call):
        call.set_context(0)
        if self.where == "start" and call.get_group().get_object(0) == self.bad:
            raise ValueError("start fails")

    def aggregate(self, flow_process, call):
        if self.where == "aggregate" and call.get_arguments().get_object(0) == self.bad:
            raise ValueError("aggregate fails")
        call.set_context(call.get_context() + 1)

    def complete(self, flow_process, call):
        if self.where == "complete" and call.get_group().get_object(0) == self.bad:
            raise ValueError("complete fails")
        call.get_output_collector().add(Tuple(call.get_context()))


class FrameBuffer(BaseOperation, Buffer):
    """Emits a header before the rows of a group, each row, and a footer after them."""

    def __init__(self, field="what", retain=False, rows=True):
        super().__init__(Fields(field))
        self.retain, self.rows = retain, rows

    def operate(self, flow_process, call):
        call.set_retain_values(self.retain)
        collector = call.get_output_collector()
        collector.add(Tuple("header"))
        for entry in call.get_arguments_iterator():
            if self.rows:
                collector.add(Tuple(f"row {entry.get_string(0)}"))
        collector.add(Tuple("footer"))


class IdentityBuffer(BaseOperation, Buffer):
    """Emits every row it reads."""

    def __init__(self, fields=Fields.ARGS):
        super().__init__(fields)

    def operate(self, flow_process, call):
        for entry in call.get_arguments_iterator():
            call.get_output_collector().add(entry.get_tuple())


class HalfReadBuffer(BaseOperation, Buffer):
    """Reads at most `most` rows of each group and emits how many it read."""

    def __init__(self, field, most):
        super().__init__(Fields(field))
        self.most = most

    def operate(self, flow_process, call):
        read = 0
        iterator = call.get_arguments_iterator()
        while read < self.most and next(iterator, None) is not None:
            read += 1
        call.get_output_collector().add(Tuple(read))


class FailingBuffer(BaseOperation, Buffer):
    """Emits each value until it meets `bad`, on which it fails."""

    def __init__(self, field, bad):
        super().__init__(Fields(field))
        self.bad = bad

    def operate(self, flow_process, call):
        for entry in call.get_arguments_iterator():
            if entry.get_object(0) == self.bad:
                raise ValueError("buffer fails")
            call.get_output_collector().add(Tuple(entry.get_object(0)))


class JoinerClosureBuffer(BaseOperation, Buffer):
    """Joins by itself: the number of rows of each side, and the product of their last values."""

    def __init__(self, fields):
        super().__init__(Fields(*fields))

    def operate(self, flow_process, call):
        closure = call.get_joiner_closure()
        counts = [sum(1 for _ in closure.get_iterator(1)), closure.size()]
        for left in closure.get_iterator(0):
            for right in closure.get_iterator(1):
                call.get_output_collector().add(Tuple(tuple(left)[-1], tuple(right)[-1], *counts))


class BadFunction(BaseOperation, Function):
    """Passes its first argument, and fails on the value `bad`."""

    def __init__(self, fields, bad):
        super().__init__(Fields(fields))
        self.bad = bad

    def operate(self, flow_process, call):
        value = call.get_arguments().get_object(0)
        if value == self.bad:
            raise ValueError(f"cannot work on {value!r}")
        call.get_output_collector().add(Tuple(value))


class BadFilter(BaseOperation, Filter):
    """Keeps everything, and fails on the value `bad`."""

    def __init__(self, bad):
        super().__init__(1)
        self.bad = bad

    def is_remove(self, flow_process, call):
        if call.get_arguments().get_object(0) == self.bad:
            raise OperationError("this filter fails")
        return False


class EmitTwice(BaseOperation, Function):
    """Emits one reused result tuple twice for each row, and nothing for nulls."""

    def __init__(self, field):
        super().__init__(1, Fields(field))

    def prepare(self, flow_process, call):
        call.set_context(Tuple.size(1))

    def operate(self, flow_process, call):
        value = call.get_arguments().get_object(0)
        if value is None:
            return
        for number in range(2):
            call.get_context().set(0, value * 10 + number)
            call.get_output_collector().add(call.get_context())


class EmitEntry(BaseOperation, Function):
    """Emits an entry with more fields than it declares, in another order."""

    def __init__(self):
        super().__init__(Fields("x", "y"))

    def operate(self, flow_process, call):
        value = call.get_arguments().get_object(0)
        entry = TupleEntry(Fields("y", "q", "x"), Tuple(f"y{value}", None, f"x{value}"))
        call.get_output_collector().add(entry)


class WrongWidth(BaseOperation, Function):
    """Declares two fields and emits one value."""

    def __init__(self):
        super().__init__(Fields("x", "y"))

    def operate(self, flow_process, call):
        call.get_output_collector().add(Tuple(1))


class Modifies(BaseOperation, Function):
    """Tries to change its arguments."""

    def __init__(self):
        super().__init__(Fields("x"))

    def operate(self, flow_process, call):
        call.get_arguments().set_object(0, 9)
        call.get_output_collector().add(Tuple(1))


class CounterFunction(BaseOperation, Function):
    """Counts its rows, and the sum of its argument, in counters of the flow."""

    def __init__(self):
        super().__init__(1, Fields.ARGS)

    def operate(self, flow_process, call):
        flow_process.increment("mine", "rows", 1)
        flow_process.increment("mine", "sum", call.get_arguments().get_object(0))
        call.get_output_collector().add(call.get_arguments())


class FlushingFunction(BaseOperation, Function):
    """Holds rows back and emits their sum in flush, with the collector it kept."""

    def __init__(self, field):
        super().__init__(1, Fields(field))

    def prepare(self, flow_process, call):
        call.set_context([0, call.get_output_collector()])

    def operate(self, flow_process, call):
        context = call.get_context()
        context[0] += call.get_arguments().get_object(0)
        context[1] = call.get_output_collector()

    def flush(self, flow_process, call):
        total, collector = call.get_context()
        if collector is not None and total:
            collector.add(Tuple(total))


class SideEffect(BaseOperation, Function):
    """Not safe: counts every call."""

    def __init__(self):
        super().__init__(1, Fields.ARGS)

    def is_safe(self):
        return False

    def operate(self, flow_process, call):
        flow_process.increment("unsafe", "calls", 1)
        call.get_output_collector().add(call.get_arguments())
