"""The two halves of a stock aggregator: the part within a task, and the joining of parts."""

from __future__ import annotations

import enum
from typing import Any

from cascade2spark.fields import Fields
from cascade2spark.operations.base import FlowProcess
from cascade2spark.operations.callables import Fold, FoldAggregator
from cascade2spark.operations.composite import CoFunction
from cascade2spark.tuples import TupleEntry

__all__ = ["FoldFunctor", "MergingAggregator"]


class _State(enum.Enum):
    """No part yet; a member, since those travel by name and are the same in every process."""

    NONE_YET = enum.auto()


_NONE_YET = _State.NONE_YET


class FoldFunctor(CoFunction):
    """A fold as one folding of a CompositeFunction.

    Args:
        operation: an algebraic aggregator of one result.
        state: name of the field that carries the state; None to give finished results, under the
            names of the aggregator.
    """

    def __init__(self, operation: FoldAggregator, state: Fields | None = None) -> None:
        self.operation = operation
        self.state = state
        self._bound: Fold | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bound": None}

    def get_declared_fields(self) -> Fields:
        """Return the state's field, or those of the aggregator."""
        return self.operation.get_field_declaration() if self.state is None else self.state

    def aggregate(self, flow_process: FlowProcess, args: TupleEntry, context: Any) -> Any:
        """Step over one row."""
        fold = self._bound
        if fold is None:
            declared = self.operation.get_field_declaration()
            fold = self._bound = self.operation.bind(args.get_fields(), declared)
        state = fold.zero() if context is None else context[0]
        return (fold.step(state, *args.get_tuple()),)

    def complete(self, flow_process: FlowProcess, context: Any) -> Any:
        """Return the state, or the finished result."""
        if self.state is not None:
            return context
        assert self._bound is not None  # a context comes out of aggregate
        return (self._bound.finish(context[0]),)


class MergingAggregator(FoldAggregator):
    """Joins the states that FoldFunctor made, and finishes them.

    Args:
        operation: the aggregator that they are states of.
        values: the fields that it took.
    """

    def __init__(self, operation: FoldAggregator, values: Fields) -> None:
        declared = operation.get_field_declaration()
        super().__init__(1, values if declared.is_arguments() else declared)
        self.operation = operation
        self.values = values
        self.shape = operation.shape

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the joining of states."""
        fold = self.operation.bind(self.values, declared)
        merge = fold.merge
        assert merge is not None

        def step(state: Any, part: Any) -> Any:
            return part if state is _NONE_YET else merge(state, part)

        return Fold(lambda: _NONE_YET, step, fold.finish)
