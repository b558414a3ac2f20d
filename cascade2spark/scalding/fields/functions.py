"""Operations behind the pipes of the fields API that keep something for a task."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    BaseOperation,
    Buffer,
    BufferCall,
    Filter,
    FilterCall,
    FlowProcess,
    Function,
    FunctionCall,
)
from cascade2spark.operations.callables import Fold, FoldAggregator, RowFilter, Shape, rows_of
from cascade2spark.origin import origin_of_callable
from cascade2spark.types import as_type, coercion

__all__ = [
    "Converts",
    "Drawing",
    "Unsplit",
    "UsingBuffer",
    "UsingFilter",
    "UsingFunction",
    "WhileBuffer",
    "check_resource",
]

Row = tuple[Any, ...]


class UsingFunction(BaseOperation, Function):
    """A function of a resource that each task makes once, and of the values.

    Args:
        make: makes the resource; at the end its `release` or `close` is called.
        call: (resource, *values) -> result.
        fields: of the results.
        shape: what one call returns.
    """

    def __init__(
        self, make: Callable[[], Any], call: Callable[..., Any], fields: Fields, shape: Shape
    ) -> None:
        super().__init__(fields)
        self.make, self.call, self.shape = make, call, shape
        self.origin = origin_of_callable(call)

    def is_safe(self) -> bool:
        """Return False: a resource may change with every call."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Make the resource."""
        operation_call.set_context(self.make())

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Apply the function to one row."""
        values = function_call.get_arguments().get_tuple()
        result = self.call(function_call.get_context(), *values)
        declared = function_call.get_declared_fields()
        for row in rows_of(self.shape, declared, result, self.origin, is_plain=True):
            function_call.get_output_collector().add(row)

    def cleanup(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Release the resource."""
        _release(operation_call.get_context())


class UsingFilter(BaseOperation, Filter):
    """Calls a function of a task's resource for what it does; every row stays."""

    def __init__(self, make: Callable[[], Any], call: Callable[..., Any]) -> None:
        super().__init__()
        self.make, self.call = make, call

    def is_safe(self) -> bool:
        """Return False: it is called for what it does."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Make the resource."""
        operation_call.set_context(self.make())

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Call the function, and keep the row."""
        self.call(filter_call.get_context(), *filter_call.get_arguments().get_tuple())
        return False

    def cleanup(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Release the resource."""
        _release(operation_call.get_context())


class UsingBuffer(BaseOperation, Buffer):
    """A function of a task's resource and the rows of a group."""

    def __init__(
        self,
        make: Callable[[], Any],
        call: Callable[[Any, Iterator[Any]], Iterable[Any]],
        fields: Fields,
        argument: Callable[[Row], Any],
    ) -> None:
        super().__init__(fields)
        self.make, self.call, self.argument = make, call, argument
        is_one = fields.is_defined() and len(fields) == 1
        self.shape = Shape.VALUES if is_one else Shape.ROWS
        self.origin = origin_of_callable(call)

    def prepare(self, flow_process: FlowProcess, operation_call: BufferCall) -> None:
        """Make the resource."""
        operation_call.set_context(self.make())

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Apply the function to one group."""
        argument = self.argument
        entries = buffer_call.get_arguments_iterator()
        values = (argument(tuple(entry.get_tuple())) for entry in entries)
        result = self.call(buffer_call.get_context(), values)
        declared = buffer_call.get_declared_fields()
        for row in rows_of(self.shape, declared, result, self.origin, is_plain=True):
            buffer_call.get_output_collector().add(row)

    def cleanup(self, flow_process: FlowProcess, operation_call: BufferCall) -> None:
        """Release the resource."""
        _release(operation_call.get_context())


class WhileBuffer(BaseOperation, Buffer):
    """The rows of a group up to, or from, the first that does not fulfil a predicate.

    Args:
        fields: what the predicate is given of each row.
        predicate: of their values.
        is_taken: the rows before stay, else those from there on.
    """

    def __init__(self, fields: Fields, predicate: Callable[..., Any], is_taken: bool) -> None:
        super().__init__(Fields.ARGS)
        self.fields, self.predicate, self.is_taken = fields, predicate, is_taken
        self.origin = origin_of_callable(predicate)

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Go through one group."""
        given = buffer_call.get_argument_fields()
        places = range(len(given)) if self.fields.is_all() else given.get_pos(self.fields)
        predicate = self.predicate

        def holds(row: Row) -> bool:
            return bool(predicate(*[row[place] for place in places]))

        rows = (tuple(entry.get_tuple()) for entry in buffer_call.get_arguments_iterator())
        chosen = itertools.takewhile if self.is_taken else itertools.dropwhile
        for row in chosen(holds, rows):
            buffer_call.get_output_collector().add(row)


class Drawing(BaseOperation, Function):
    """Rows made of a row by a task's generator of random numbers.

    Args:
        fields: of the results.
        seed: the tasks' generators start from it and their number; drawn here if None.
        draw: (generator, values) -> rows.
    """

    def __init__(
        self,
        fields: Fields,
        seed: int | None,
        draw: Callable[[random.Random, Row], Iterable[Row]],
    ) -> None:
        super().__init__(fields)
        self.seed = random.SystemRandom().getrandbits(48) if seed is None else seed
        self.draw = draw

    def is_safe(self) -> bool:
        """Return False: each row moves the generator on."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Start the generator: alike in a repeated task, unlike in another one."""
        number = flow_process.get_current_slice_num()
        operation_call.set_context(random.Random(f"{self.seed} {number}"))

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Draw for one row."""
        values = tuple(function_call.get_arguments().get_tuple())
        for row in self.draw(function_call.get_context(), values):
            function_call.get_output_collector().add(row)


class Converts(RowFilter):
    """Keeps every row, and fails on one whose values are not of the types."""

    def __init__(self, types: Sequence[Any]) -> None:
        super().__init__(len(types))
        self.types = tuple(as_type(kind) for kind in types)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the conversion of all values, which is never true."""
        convert = [coercion(kind) for kind in self.types]

        def is_removed(*values: Any) -> bool:
            for one, value in zip(convert, values, strict=True):
                one(value)
            return False

        return is_removed

    def __repr__(self) -> str:
        return f"verify {', '.join(kind.name for kind in self.types)}"


class Unsplit(FoldAggregator):
    """An aggregator as it is, but for working on parts of a group."""

    def __init__(self, inner: FoldAggregator) -> None:
        super().__init__(inner.get_num_args(), inner.get_field_declaration())
        self.inner = inner
        self.shape, self.origin, self.is_plain = inner.shape, inner.origin, inner.is_plain

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold of the aggregator."""
        return self.inner.bind(argument_fields, declared)

    def __repr__(self) -> str:
        return repr(self.inner)


def check_resource(make: Any) -> None:
    """Refuse what cannot make a resource in a task."""
    if not callable(make):
        raise BuildError(
            "using needs a function that makes the resource in each task",
            asked=repr(make),
            fix="write using(lambda: ...)",
        )


def _release(resource: Any) -> None:
    for name in ("release", "close"):
        end = getattr(resource, name, None)
        if callable(end):
            end()
            return
