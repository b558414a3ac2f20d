"""CompositeFunction: several foldings of the rows of a task by key, in a cache of bounded size."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.base import BaseOperation, FlowProcess, Function, FunctionCall
from cascade2spark.operations.caches import Cache, cache_named
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import pick_for
from cascade2spark.tuples import TupleEntry

__all__ = ["CoFunction", "CompositeFunction"]

_CAPACITIES = (
    "cascading.function.composite.cache.capacity",
    "cascade2spark.aggregate.capacity",
    "cascading.aggregateby.cache.capacity",
    "cascading.aggregateby.threshold",
)
_CACHE = "cascading.aggregateby.cachefactory.classname"
_COUNTERS = ("Num_Keys_Flushed", "Num_Keys_Hit", "Num_Keys_Missed")
_DEFAULT_CAPACITY = 10_000


class CoFunction:
    """One folding of a CompositeFunction: what becomes of the rows of a key.

    The context is whatever `aggregate` returned last, None for the first row of a key; it may
    travel nowhere but to `complete`.

    Source:
        cascading.operation.CompositeFunction.CoFunction, AggregateBy.Functor
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Total(CoFunction):
        ...     get_declared_fields = lambda self: Fields("total")
        ...     aggregate = lambda self, process, entry, held: (held or 0) + entry["n"]
        ...     complete = lambda self, process, held: (held,)
        >>> run_operation(CompositeFunction("x", "n", Total()), [("a", 1), ("a", 3)], ("x", "n"))
        [('a', 4)]
    """

    def __repr__(self) -> str:
        return type(self).__name__

    def get_declared_fields(self) -> Fields:
        """Return the fields of what `complete` gives."""
        raise NotImplementedError(f"{type(self).__name__} must define get_declared_fields")

    def aggregate(self, flow_process: FlowProcess, args: TupleEntry, context: Any) -> Any:
        """Take one row; return the new context."""
        raise NotImplementedError(f"{type(self).__name__} must define aggregate")

    def complete(self, flow_process: FlowProcess, context: Any) -> Any:
        """Return the row that a context stands for, as a Tuple, a tuple or a list."""
        raise NotImplementedError(f"{type(self).__name__} must define complete")


@attrs.define
class _Work:
    """What one task holds; an entry of the cache is the key, then a context for each function."""

    process: FlowProcess
    cache: Cache
    key: Callable[[Any], Any]
    name: Callable[[Any], Any]
    views: list[tuple[Callable[[Any], Any], TupleEntry]]
    collector: Any = None
    counted: dict[str, int] = attrs.Factory(lambda: dict.fromkeys(_COUNTERS, 0))


class CompositeFunction(BaseOperation, Function):
    """Fold the rows of each key, as far as a cache holds the key, by several functions at once.

    Gives a row for each key of a task, and one more each time that a key had to leave the cache and
    came again. This is what AggregateBy does in Cascading before its GroupBy.

    Args:
        grouping_fields: the key, of the arguments.
        argument_fields: for each function the arguments that it takes; one selector for one.
        co_functions: the functions; one for one.
        capacity: most keys held, a count. Default, or 0: the property
            ``cascading.function.composite.cache.capacity``, or else 10,000. The property
            ``cascading.aggregateby.cachefactory.classname`` chooses another kind of cache.
    Raises:
        BuildError: not as many selectors as functions.
    Source:
        cascading.operation.CompositeFunction
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Rows(CoFunction):
        ...     get_declared_fields = lambda self: Fields("rows")
        ...     aggregate = lambda self, process, entry, held: (held or 0) + 1
        ...     complete = lambda self, process, held: (held,)
        >>> run_operation(CompositeFunction("x", "x", Rows()), [("a",), ("b",), ("a",)], "x")
        [('b', 1), ('a', 2)]
    """

    class Cache(enum.Enum):
        """What is counted of the keys of a task."""

        Num_Keys_Flushed = "keys that left before the end of their task"
        Num_Keys_Hit = "rows whose key was held"
        Num_Keys_Missed = "rows whose key was not held"

    CoFunction: ClassVar[type[CoFunction]] = CoFunction

    def __init__(
        self, grouping_fields: Any, argument_fields: Any, co_functions: Any, capacity: int = 0
    ) -> None:
        functions = co_functions if isinstance(co_functions, (list, tuple)) else [co_functions]
        is_many = isinstance(argument_fields, list)
        selectors = [as_fields(one) for one in (argument_fields if is_many else [argument_fields])]
        if len(selectors) != len(functions) or not functions:
            raise BuildError(
                "CompositeFunction needs argument fields for each of its functions",
                asked=f"{len(selectors)} selectors, {len(functions)} functions",
            )
        for one in functions:
            if not isinstance(one, CoFunction):
                raise BuildError(
                    "CompositeFunction takes functions that are CoFunctions", asked=repr(one)
                )
        self.grouping_fields = as_fields(grouping_fields)
        self.argument_fields = tuple(selectors)
        self.co_functions = tuple(functions)
        self.capacity = capacity
        # Group of the counters; an assembly made of this counts under its own name.
        self.counters = "CompositeFunction.Cache"
        results = [as_fields(one.get_declared_fields()) for one in functions]
        super().__init__(Fields.join(self.grouping_fields.un_apply_types(), *results))

    def prepare(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Make the cache of this task."""
        given = operation_call.get_argument_fields()
        order = KeyOrder.of(self.grouping_fields)
        found = [flow_process.get_integer_property(name) for name in _CAPACITIES]
        capacity = self.capacity or next(filter(None, found), _DEFAULT_CAPACITY)
        kind = cache_named(flow_process.get_property(_CACHE))
        work = _Work(
            process=flow_process,
            cache=kind(capacity, lambda entry: self._flushed(work, entry)),
            key=pick_for(self.grouping_fields, given).of(),
            # Without a hash no key is ever met again: each row is a part of its own.
            name=order.group_key() if order.has_group_key else lambda key: object(),
            views=[_view(selector, given) for selector in self.argument_fields],
        )
        operation_call.set_context(work)

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Take one row."""
        work: _Work = function_call.get_context()
        work.collector = function_call.get_output_collector()
        row = tuple(function_call.get_arguments().get_tuple())
        key = work.key(row)
        name = work.name(key)
        entry = work.cache.get(name)
        is_held = entry is not None
        contexts = entry[1:] if is_held else [None] * len(self.co_functions)
        made = []
        for one, context, (pick, view) in zip(self.co_functions, contexts, work.views, strict=True):
            view.bind(pick(row))
            made.append(one.aggregate(flow_process, view, context))
        if is_held:
            entry[1:] = made
            work.counted["Num_Keys_Hit"] += 1
        else:
            work.counted["Num_Keys_Missed"] += 1
            work.cache.put(name, [key, *made])

    def flush(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Emit what is left, and count."""
        work: _Work = operation_call.get_context()
        work.collector = operation_call.get_output_collector()
        for entry in work.cache.drain():
            self._emit(work, entry)
        for name, amount in work.counted.items():
            flow_process.increment(self.counters, name, amount)

    def _flushed(self, work: _Work, entry: list[Any]) -> None:
        work.counted["Num_Keys_Flushed"] += 1
        self._emit(work, entry)

    def _emit(self, work: _Work, entry: list[Any]) -> None:
        row = tuple(entry[0])
        for one, context in zip(self.co_functions, entry[1:], strict=True):
            row += tuple(one.complete(work.process, context))
        work.collector.add(row)


def _view(selector: Fields, given: Fields) -> tuple[Callable[[Any], Any], TupleEntry]:
    """Return what cuts the arguments of a function out of a row, and the entry that shows them."""
    chosen = given.select(selector) if given.is_defined() and not selector.is_all() else selector
    shown = given if chosen.is_all() else chosen
    return pick_for(selector, given).of(), TupleEntry(shown, is_unmodifiable=True)
