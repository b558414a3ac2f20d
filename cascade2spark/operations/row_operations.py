"""Operations given by a callable of the argument values: bases of the stock and the plain ones.

An engine asks them once per task for the bare callable and applies it to values directly; the
class-style methods are derived from the same callable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    Aggregator,
    AggregatorCall,
    BaseOperation,
    Filter,
    FilterCall,
    FlowProcess,
    Function,
    FunctionCall,
)
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.shapes import Nesting, Shape, nester, rows_of
from cascade2spark.origin import Origin

__all__ = ["STEP_LINE", "Fold", "FoldAggregator", "RowFilter", "RowFunction"]

# One step of a fold in generated code; see `Fold`.
STEP_LINE = "{state} = {step}({state}{values})"


class RowFunction(BaseOperation, Function):
    """Function given by a callable of the argument values.

    Subclasses set `shape` and define `bind`; everything else follows. `is_plain` tells that the
    callable is a user's, whose values are checked. With a `nesting` the callable takes one argument
    that is made of the argument values, which must be as many as they are declared. A class that
    says `is_exact` itself gives tuples of the declared width only, and nobody checks them then.
    `alike` names what the callable does where an engine may do that its own way: ``words`` is
    ``str.split`` without a separator.
    """

    shape: Shape = Shape.VALUE
    origin: Origin | None = None
    is_plain = False
    is_exact = False
    nesting: Nesting | None = None
    alike: str | None = None

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the callable that one task applies to the argument values of each row.

        Args:
            argument_fields: the resolved arguments; the callable gets one value for each.
            declared: the resolved declared fields, which fix the width of the results.
        """
        raise NotImplementedError(f"{type(self).__name__} must define bind")

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the work of what `bind` returns as text for a generated loop, None for a call.

        Asked of the class that says it itself only: what derives from it may do otherwise.
        """
        return None

    def prepare(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Bind the callable for this task."""
        call = self.bind(operation_call.get_argument_fields(), operation_call.get_declared_fields())
        operation_call.set_context(_nesting_call(self.nesting, call))

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Apply the callable to one row and emit its results."""
        result = function_call.get_context()(*function_call.get_arguments().get_tuple())
        declared = function_call.get_declared_fields()
        for row in rows_of(self.shape, declared, result, self.origin, is_plain=self.is_plain):
            function_call.get_output_collector().add(row)


class RowFilter(BaseOperation, Filter):
    """Filter given by a callable of the argument values; True removes the row.

    A class that says `is_blind` itself looks at no value: its callable may be called without any.
    """

    origin: Origin | None = None
    is_blind = False
    nesting: Nesting | None = None

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the callable that one task applies to the argument values of each row."""
        raise NotImplementedError(f"{type(self).__name__} must define bind")

    def inline(self, argument_fields: Fields) -> Inline | None:
        """Return the work of what `bind` returns as text; see `RowFunction.inline`."""
        return None

    def prepare(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Bind the callable for this task."""
        call = self.bind(operation_call.get_argument_fields())
        operation_call.set_context(_nesting_call(self.nesting, call))

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Apply the callable to one row."""
        return bool(filter_call.get_context()(*filter_call.get_arguments().get_tuple()))


@attrs.frozen
class Fold:
    """One aggregation: start value, step over the values of a row, result, and how two states join.

    `merge` makes it algebraic: states of parts of a group may be made before the exchange and
    joined after it. A state must then be picklable; a plain value travels fastest.

    `line` is the step as Python text of our own, for loops over many rows: ``{state}``, ``{step}``
    (that function), ``{values}`` (all values, each behind a comma) and ``{value}`` (the first).

    A fold that `is_settled` has its state after the first row: all further steps change nothing.
    """

    zero: Callable[[], Any]
    step: Callable[..., Any]
    finish: Callable[[Any], Any]
    merge: Callable[[Any, Any], Any] | None = None
    line: str = STEP_LINE
    is_settled: bool = False


class FoldAggregator(BaseOperation, Aggregator):
    """Aggregator given by a `Fold`; subclasses set `shape` and define `bind`.

    `alike` names what the fold does where an engine may do that its own way: ``sum`` adds plain
    numbers up by Python's ``+``, ``size`` counts rows.
    """

    shape: Shape = Shape.VALUE
    origin: Origin | None = None
    is_plain = False
    alike: str | None = None

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold that one task runs over each group."""
        raise NotImplementedError(f"{type(self).__name__} must define bind")

    def is_algebraic(self) -> bool:
        """Tell whether parts of a group may be aggregated apart and joined, in input order."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: AggregatorCall) -> None:
        """Bind the fold for this task."""
        fold = self.bind(operation_call.get_argument_fields(), operation_call.get_declared_fields())
        operation_call.set_context([fold, None])

    def start(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Begin a group."""
        context = aggregator_call.get_context()
        context[1] = context[0].zero()

    def aggregate(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Step over one row."""
        context = aggregator_call.get_context()
        context[1] = context[0].step(context[1], *aggregator_call.get_arguments().get_tuple())

    def complete(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Emit the finished state."""
        fold, state = aggregator_call.get_context()
        declared, result = aggregator_call.get_declared_fields(), fold.finish(state)
        for row in rows_of(self.shape, declared, result, self.origin, is_plain=self.is_plain):
            aggregator_call.get_output_collector().add(row)


def _nesting_call(nesting: Nesting | None, call: Callable[..., Any]) -> Callable[..., Any]:
    if nesting is None:
        return call
    nest = nester(nesting)
    return lambda *values: call(nest(values))
