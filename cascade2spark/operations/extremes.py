"""Aggregators that pick values or rows: MinValue, MaxValue, First, Last; and FirstNBuffer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.kinds import is_same
from cascade2spark.operations.arguments import (
    check_one_for_each,
    is_fields,
    no_more,
    one_field,
    type_at,
)
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
from cascade2spark.types import Double, coercion

__all__ = [
    "ExtentBase",
    "ExtremaValueBase",
    "First",
    "FirstNBuffer",
    "Last",
    "Max",
    "MaxValue",
    "Min",
    "MinValue",
]

Row = tuple[Any, ...]
Choose = Callable[[Any, Any], Any]


class ExtremaValueBase(FoldAggregator):
    """Base of aggregators that give one extreme value of one argument; nulls are ignored.

    A subclass says in `compare` when a value takes the place of the one that is held, and may have
    a `default_name` for its result. It runs behind the exchange alone, unless its `is_algebraic`
    says that the extreme of the parts' extremes is that of the whole.

    Args:
        fields: name of the result.
        ignore: values to leave out.
    Source:
        cascading.operation.aggregator.ExtremaValueBase
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Longest(ExtremaValueBase):
        ...     def compare(self, held, value):
        ...         return len(value) > len(held)
        >>> run_operation(Longest("longest"), [("a",), ("abc",), (None,)], "x")
        [('abc',)]
    """

    default_name = "extreme"

    def __init__(self, fields: Any = None, *ignore: Any) -> None:
        declared = Fields(self.default_name) if fields is None else as_fields(fields)
        super().__init__(1, one_field(type(self).__name__, declared))
        self.ignore = ignore

    def compare(self, held: Any, value: Any) -> bool:
        """Tell whether `value` takes the place of the one that is held; neither is null."""
        raise NotImplementedError(f"{type(self).__name__} must define compare")

    def choose(self, best: Any, value: Any) -> Any:
        """Return the better of two values that are not null, `best` on a tie."""
        return value if self.compare(best, value) else best

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the choice of the better value."""
        choose, ignore = self.choose, self.ignore

        def step(best: Any, value: Any, *_: Any) -> Any:
            if value is None:
                return best
            if ignore and any(is_same(value, one) for one in ignore):
                return best
            return value if best is None else choose(best, value)

        def merge(left: Any, right: Any) -> Any:
            return left if right is None else step(left, right)

        return Fold(_nothing, step, _same, merge)


class _NaturalExtreme(ExtremaValueBase):
    """The extreme by the natural order, in parts too."""

    def is_algebraic(self) -> bool:
        """Return True: the extreme of the parts' extremes is that of the whole."""
        return True


class MaxValue(_NaturalExtreme):
    """Give the largest value of one argument; the first one where several are equal.

    Values keep their type, so texts compare as texts; NaN is larger than any number. Null when
    there are only nulls.

    Args:
        fields: name of the result. Default ``max``.
        ignore: values to leave out.
    Raises:
        OperationError: (running) the values are of different kinds.
    Source:
        cascading.operation.aggregator.MaxValue
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(MaxValue(), [(3,), (None,), (11,)], "n")
        [(11,)]
    """

    default_name = "max"

    def choose(self, best: Any, value: Any) -> Any:
        """Return the larger of two values."""
        if best.__class__ is not value.__class__:
            _check_kinds(best, value)
        return value if value > best or (value != value and best == best) else best


class MinValue(_NaturalExtreme):
    """Give the smallest value of one argument; see MaxValue.

    Args:
        fields: name of the result. Default ``min``.
        ignore: values to leave out.
    Raises:
        OperationError: (running) the values are of different kinds.
    Source:
        cascading.operation.aggregator.MinValue
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(MinValue("least"), [(3,), (None,), (11,)], "n")
        [(3,)]
    """

    default_name = "min"

    def choose(self, best: Any, value: Any) -> Any:
        """Return the smaller of two values."""
        if best.__class__ is not value.__class__:
            _check_kinds(best, value)
        return value if value < best or (best != best and value == value) else best


class _Double(_NaturalExtreme):
    """The extreme of one argument as a double, as in Cascading before version 3."""

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the choice among doubles."""
        fold = super().bind(argument_fields, declared)
        number = coercion(Double, type_at(argument_fields, 0))
        result = coercion(type_at(declared, 0) or Double)
        return Fold(
            fold.zero, lambda best, value, *_: fold.step(best, number(value)), result, fold.merge
        )


class Max(_Double, MaxValue):
    """Give the largest value of one argument as a double, or as the type of a typed field.

    Args:
        fields: name of the result. Default ``max``, a double.
        ignore: values to leave out.
    Raises:
        CoercionError: (running) a value cannot become a double.
    Source:
        cascading.operation.aggregator.Max, gone since Cascading 3
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Max(), [(3,), ("11",)], "n")
        [(11.0,)]
    """


class Min(_Double, MinValue):
    """Give the smallest value of one argument as a double, or as the type of a typed field.

    Args:
        fields: name of the result. Default ``min``, a double.
        ignore: values to leave out.
    Raises:
        CoercionError: (running) a value cannot become a double.
    Source:
        cascading.operation.aggregator.Min, gone since Cascading 3
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Min(), [(3,), ("11",)], "n")
        [(3.0,)]
    """


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


def _check_kinds(best: Any, value: Any) -> None:
    """Java refuses to compare values of two classes; Python would call 1 and True equal."""
    has_boolean = isinstance(best, bool) or isinstance(value, bool)
    if has_boolean or not (isinstance(value, type(best)) or isinstance(best, type(value))):
        raise OperationError(
            f"values of type {type(best).__name__} and {type(value).__name__} cannot be compared",
            details={"values": f"{shown_value(best)} and {shown_value(value)}"},
        )


def _same(state: Any) -> Any:
    return state


def _nothing() -> None:
    return None
