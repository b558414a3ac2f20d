"""The operations that typed pipes are lowered to. They travel to the tasks.

Functions and filters take one argument, the typed value, which the engine makes of the fields it
lies in (their `nesting`); what they call is the user's function itself, with nothing around it.
"""

from __future__ import annotations

import random
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.config import Settings
from cascade2spark.counters import MAPSIDE_REDUCE, cache_counter
from cascade2spark.fields import Fields
from cascade2spark.operations.base import BaseOperation, FlowProcess, Function
from cascade2spark.operations.callables import (
    Fold,
    FoldAggregator,
    Nesting,
    PlainFilter,
    RowFunction,
    Shape,
    nester,
)
from cascade2spark.origin import Origin
from cascade2spark.scalding.typed import steps
from cascade2spark.scalding.typed.calls import itself
from cascade2spark.scalding.typed.records import Record

__all__ = [
    "CompleteCall",
    "DrawNumber",
    "ExactFunction",
    "LocalSumFunction",
    "RecordFunction",
    "TallyFunction",
    "TypedFilter",
    "TypedFold",
    "TypedFunction",
    "print_value",
]

Row = tuple[Any, ...]


class TypedFunction(RowFunction):
    """A user's function of the typed value.

    Args:
        call: the function.
        nesting: how the value is made of the arguments.
        fields: of the results.
        many: it gives an iterable of results.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[Any], Any],
        nesting: Nesting,
        fields: Fields,
        *,
        many: bool = False,
        shape: Shape | None = None,
        origin: Origin | None = None,
        is_safe: bool = True,
        alike: str | None = None,
    ) -> None:
        super().__init__(fields)
        self.alike = alike
        self.name, self.call, self.nesting = name, call, nesting
        if shape is not None:
            self.shape = shape
        elif len(fields) == 1:
            self.shape = Shape.VALUES if many else Shape.VALUE
        else:
            self.shape = Shape.ROWS if many else Shape.ROW
        self.origin = origin
        self._is_safe = is_safe

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the user's function."""
        return self.call

    def is_safe(self) -> bool:
        """Tell whether the function may be called again."""
        return self._is_safe

    def __repr__(self) -> str:
        return self.name


class ExactFunction(TypedFunction):
    """A function that surely gives tuples of as many parts as there are fields."""

    is_exact = True


class RecordFunction(TypedFunction):
    """The values that objects of a class are made of."""

    is_exact = True

    def __init__(self, record: Record, fields: Fields, origin: Origin | None) -> None:
        super().__init__("fields", itself, 0, fields, shape=Shape.ROW, origin=origin)
        self.record = record

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the function that takes objects apart."""
        return self.record.parts()


class TypedFilter(PlainFilter):
    """A user's predicate of the typed value."""

    def __init__(
        self,
        name: str,
        call: Callable[[Any], Any],
        nesting: Nesting,
        *,
        keeps: bool,
        origin: Origin | None = None,
    ) -> None:
        BaseOperation.__init__(self)
        self.name, self.call, self.nesting, self.keeps = name, call, nesting, keeps
        self.fewest, self.most = 0, None
        self.origin = origin

    def __repr__(self) -> str:
        return self.name


class TypedFold(FoldAggregator):
    """A fold of the values of a key that may begin before the exchange.

    Args:
        nesting: how a value is made of the arguments.
    """

    def __init__(self, fold: steps.Fold, nesting: Nesting, fields: Fields) -> None:
        super().__init__(fields)
        self.fold, self.nesting = fold, nesting
        is_field = isinstance(nesting, int)
        self.alike = fold.alike if is_field or fold.alike == "size" else None

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        fold, nesting = self.fold, self.nesting
        result = fold.result or _itself
        if isinstance(nesting, int):
            return Fold(fold.zero, fold.add, result, fold.join, fold.line)
        return Fold(fold.zero, _nested_add(fold.add, nester(nesting)), result, fold.join)

    def is_algebraic(self) -> bool:
        """Tell whether states can be joined."""
        return self.fold.join is not None

    def __repr__(self) -> str:
        return self.fold.name


class DrawNumber(BaseOperation, Function):
    """A number for each row, drawn alike whenever a task runs."""

    def __init__(self, numbers: int, fields: Fields) -> None:
        super().__init__(fields)
        self.numbers = numbers

    def prepare(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Begin the draws."""
        operation_call.set_context(random.Random(123))

    def operate(self, flow_process: FlowProcess, function_call: Any) -> None:
        """Draw one number."""
        number = function_call.get_context().randrange(self.numbers)
        function_call.get_output_collector().add((number,))

    def __repr__(self) -> str:
        return "group_randomly"


@attrs.define(eq=False)
class _Sums:
    """What one task of `sum_by_local_keys` holds, and what it counted."""

    capacity: int
    held: OrderedDict[Any, tuple[Row, Any]] = attrs.field(factory=OrderedDict)
    rows: int = 0
    misses: int = 0
    evictions: int = 0


class LocalSumFunction(BaseOperation, Function):
    """Partial sums by key within a task: the oldest leave when more keys are held than may be.

    Args:
        capacity: most keys held; None for the flow's setting.
    """

    def __init__(
        self, plus: Callable[[Any, Any], Any], key: Nesting, fields: Fields, capacity: int | None
    ) -> None:
        super().__init__(fields)
        self.plus, self.key, self.capacity = plus, key, capacity

    def prepare(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Begin without sums."""
        operation_call.set_context(_Sums(self.capacity or _capacity_of(flow_process)))

    def operate(self, flow_process: FlowProcess, function_call: Any) -> None:
        """Add one value to the sum of its key."""
        sums: _Sums = function_call.get_context()
        held = sums.held
        *key, value = function_call.get_arguments().get_tuple()
        name = tuple(key)
        sums.rows += 1
        found = held.pop(name, None)
        if found is not None:
            held[name] = found[0], self.plus(found[1], value)
            return
        sums.misses += 1
        held[name] = name, value
        if len(held) > sums.capacity:
            sums.evictions += 1
            _, (oldest, total) = held.popitem(last=False)
            function_call.get_output_collector().add((*oldest, total))

    def flush(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Emit all sums that are left, also after the last row made one leave."""
        sums: _Sums = operation_call.get_context()
        if sums.rows:
            counted = {"Missed": sums.misses, "Flushed": sums.evictions}
            for what, amount in {**counted, "Hit": sums.rows - sums.misses}.items():
                flow_process.increment(*cache_counter(MAPSIDE_REDUCE, what), amount)
        while sums.held:
            _, (key, total) = sums.held.popitem(last=False)
            operation_call.get_output_collector().add((*key, total))

    def __repr__(self) -> str:
        return "sum_by_local_keys"


def _capacity_of(flow_process: FlowProcess) -> int:
    found = {name: flow_process.get_property(name) for name in _CAPACITY_NAMES}
    known = {name: value for name, value in found.items() if value is not None}
    return Settings.from_properties(known).aggregate_capacity


_CAPACITY_NAMES = (
    "cascade2spark.aggregate.capacity",
    "cascading.aggregateby.cache.capacity",
    "cascading.aggregateby.threshold",
)


class TallyFunction(BaseOperation, Function):
    """Adds to counters what a function says of each value, and hands the value on."""

    def __init__(self, call: Callable[[Any], Any], nesting: Nesting, fields: Fields) -> None:
        super().__init__(fields)
        self.call, self.value_of = call, nesting

    def prepare(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Bind how the value is made."""
        operation_call.set_context(nester(self.value_of))

    def operate(self, flow_process: FlowProcess, function_call: Any) -> None:
        """Count one value."""
        row = function_call.get_arguments().get_tuple()
        for (group, counter), amount in self.call(function_call.get_context()(row)):
            flow_process.increment(group, counter, amount)
        function_call.get_output_collector().add(tuple(row))

    def is_safe(self) -> bool:
        """Return False: counting twice would be wrong."""
        return False

    def __repr__(self) -> str:
        return "tally"


class CompleteCall(BaseOperation, Function):
    """Hands rows on, and calls a function when the task has seen all of them."""

    def __init__(self, call: Callable[[], Any], fields: Fields) -> None:
        super().__init__(fields)
        self.call = call

    def operate(self, flow_process: FlowProcess, function_call: Any) -> None:
        """Hand the row on."""
        function_call.get_output_collector().add(tuple(function_call.get_arguments().get_tuple()))

    def flush(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Call the function."""
        self.call()

    def is_safe(self) -> bool:
        """Return False: the function is called for its effect."""
        return False

    def __repr__(self) -> str:
        return "on_complete"


def print_value(prefix: str) -> Callable[[Any], bool]:
    """Return a predicate that holds for every value and prints it to standard error."""

    def show(value: Any) -> bool:
        print(f"{prefix}{value}", file=sys.stderr)
        return True

    return show


def _nested_add(
    add: Callable[[Any, Any], Any], value_of: Callable[[Row], Any]
) -> Callable[..., Any]:
    return lambda state, *values: add(state, value_of(values))


def _itself(state: Any) -> Any:
    return state
