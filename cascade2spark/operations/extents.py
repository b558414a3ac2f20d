"""Aggregators that give rows from one end of a group: First and Last; and FirstNBuffer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.kinds import is_same
from cascade2spark.operations.arguments import check_one_for_each, is_fields, no_more
from cascade2spark.operations.base import (
    Aggregator,
    AggregatorCall,
    BaseOperation,
    Buffer,
    BufferCall,
    FlowProcess,
)
from cascade2spark.operations.callables import STEP_LINE, Fold, FoldAggregator, Shape
from cascade2spark.tuples import Tuple

__all__ = ["ExtentBase", "First", "FirstNBuffer", "Last"]

Row = tuple[Any, ...]


class _Extent(FoldAggregator):
    """Rows from one end of a group, in the group's order."""

    shape = Shape.ROWS

    def __init__(self, fields: Fields, ignore: Iterable[Any]) -> None:
        super().__init__(fields)
        self.ignore = tuple(_row(one) for one in ignore)

    def is_algebraic(self) -> bool:
        """Return True: parts of a group are joined in the group's order."""
        return True

    def is_ignored(self, row: Row) -> bool:
        """Tell whether a row is one of those to leave out."""
        return any(len(row) == len(one) and all(map(is_same, row, one)) for one in self.ignore)


class First(_Extent):
    """Give the first rows of a group, in the group's order; nothing when all are left out.

    Args:
        fields: names of the results. Default: those of the arguments.
        first_n: number of rows, a count. Default 1.
        ignore: rows to leave out, as tuples; not together with `first_n`.
    Source:
        cascading.operation.aggregator.First
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(First(), [("a", 1), ("b", 2)], ("x", "n"))
        [('a', 1)]
        >>> run_operation(First(2), [("a",), ("b",), ("c",)], "x")
        [('a',), ('b',)]
    """

    def __init__(self, *given: Any) -> None:
        fields, rest = _fields_first(given)
        self.first_n = rest.pop(0) if rest and isinstance(rest[0], int) else 1
        if self.first_n < 1:
            raise BuildError("First needs at least one row", asked=self.first_n)
        super().__init__(fields, rest)

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the collection of the first rows."""
        check_one_for_each("First", argument_fields, declared)
        size, ignore, is_ignored = self.first_n, self.ignore, self.is_ignored

        def step(rows: list[Row], *values: Any) -> list[Row]:
            if len(rows) < size and not (ignore and is_ignored(values)):
                rows.append(values)
            return rows

        # One row is what most want: whether there is any costs less to ask than how many.
        wants_more = "not {state}" if size == 1 else f"len({{state}}) < {size}"
        line = f"if {wants_more}: {STEP_LINE}"
        is_settled = size == 1 and not ignore
        return Fold(list, step, _same, lambda left, right: [*left, *right][:size], line, is_settled)


class Last(_Extent):
    """Give the last row of a group, in the group's order; nothing when all are left out.

    Args:
        fields: names of the results. Default: those of the arguments.
        ignore: rows to leave out, as tuples.
    Source:
        cascading.operation.aggregator.Last
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Last(), [("a", 1), ("b", 2)], ("x", "n"))
        [('b', 2)]
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*_fields_first(given))

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the last row."""
        check_one_for_each("Last", argument_fields, declared)
        ignore, is_ignored = self.ignore, self.is_ignored

        def step(rows: tuple[Row, ...], *values: Any) -> tuple[Row, ...]:
            return rows if ignore and is_ignored(values) else (values,)

        return Fold(tuple, step, _same, lambda left, right: right or left)


class ExtentBase(BaseOperation, Aggregator):
    """Base of aggregators that pick rows of a group, one row being the result.

    A subclass keeps a row as the context's first item in `perform_operation`, which is called for
    each row that is not to be ignored; `get_result` gives what is emitted, unless that is None.

    Args:
        num_args: fewest arguments, a count; may be left out.
        fields: names of the results. Default: those of the arguments.
        ignore: rows to leave out, as tuples.
    Source:
        cascading.operation.aggregator.ExtentBase
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Longest(ExtentBase):
        ...     def perform_operation(self, flow_process, call):
        ...         entry, (held, *_) = call.get_arguments(), call.get_context()
        ...         if held is None or len(entry["x"]) > len(held[0]):
        ...             call.get_context()[0] = entry.get_tuple_copy()
        >>> run_operation(Longest("longest"), [("a",), ("abc",), ("b",)], "x")
        [('abc',)]
    """

    def __init__(self, *given: Any) -> None:
        rest = list(given)
        num_args = [rest.pop(0)] if rest and isinstance(rest[0], int) else []
        fields, ignore = _fields_first(rest)
        super().__init__(*num_args, fields)
        self.ignore = tuple(_row(one) for one in ignore)

    def prepare(self, flow_process: FlowProcess, operation_call: AggregatorCall) -> None:
        """Make the context: a list of one row, None at first."""
        operation_call.set_context([None])

    def start(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Forget the row of the group before."""
        aggregator_call.get_context()[0] = None

    def aggregate(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Look at one row, unless it is to be ignored."""
        row = tuple(aggregator_call.get_arguments().get_tuple())
        if not any(len(row) == len(one) and all(map(is_same, row, one)) for one in self.ignore):
            self.perform_operation(flow_process, aggregator_call)

    def complete(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Emit the row that was kept, if any."""
        result = self.get_result(aggregator_call)
        if result is not None:
            aggregator_call.get_output_collector().add(result)

    def perform_operation(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Look at one row: keep a copy of it in the context, or not."""
        raise NotImplementedError(f"{type(self).__name__} must define perform_operation")

    def get_result(self, aggregator_call: AggregatorCall) -> Any:
        """Return the row to emit, None for no row."""
        return aggregator_call.get_context()[0]


class FirstNBuffer(BaseOperation, Buffer):
    """Give the first rows of a group and read no further.

    Args:
        fields: names of the results. Default: those of the arguments.
        first_n: number of rows, a count. Default 1.
    Raises:
        BuildError: arguments in none of the orders accepted.
    Source:
        cascading.operation.buffer.FirstNBuffer
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(FirstNBuffer(2), [("a",), ("b",), ("c",)], "x")
        [('a',), ('b',)]
    """

    def __init__(self, *given: Any) -> None:
        fields, rest = _fields_first(given)
        self.first_n = check_count("FirstNBuffer", rest.pop(0)) if rest else 1
        no_more("FirstNBuffer", rest, "(), (n), (fields), (fields, n)")
        super().__init__(fields)

    def check_fields(self, argument_fields: Fields, declared: Fields) -> None:
        """Refuse, while planning, another number of declared fields than of arguments."""
        check_one_for_each("FirstNBuffer", argument_fields, declared)

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Emit the first rows of one group."""
        collector = buffer_call.get_output_collector()
        for entry in islice(buffer_call.get_arguments_iterator(), self.first_n):
            collector.add(tuple(entry.get_tuple()))


def _fields_first(given: Sequence[Any]) -> tuple[Fields, list[Any]]:
    rest = list(given)
    if rest and (isinstance(rest[0], str) or is_fields(rest[0])):
        return as_fields(rest[0]), rest[1:]
    return Fields.ARGS, rest


def _row(value: Any) -> Row:
    return tuple(value) if isinstance(value, (Tuple, tuple, list)) else (value,)


def _same(state: Any) -> Any:
    return state
