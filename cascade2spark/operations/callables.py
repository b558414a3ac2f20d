"""Operations made from plain Python callables: the short way to write one, and the fast way.

An engine does not call these through call objects: it asks them once per task for the bare callable
(`bind`) and applies it to argument values directly. The class-style methods below are derived from
the same callable, so both ways give the same rows.

The shape of a callable's result is declared, never guessed from a value::

    function("word")                 one value            -> one row of one field; None is null
    function("a", "b")               a 2-tuple            -> one row
    function("word", many=True)      iterable of values   -> a row each; empty or None: no row
    function("a", "b", many=True)    iterable of 2-tuples -> a row each

A tuple of one where one value is declared is refused: it would be a value inside a value, which
prints like its element and equals nothing.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arities import accepted_arguments, check_takes
from cascade2spark.operations.base import (
    BaseOperation,
    Buffer,
    BufferCall,
    FlowProcess,
)
from cascade2spark.operations.row_operations import (
    STEP_LINE,
    Fold,
    FoldAggregator,
    RowFilter,
    RowFunction,
)
from cascade2spark.operations.shapes import (
    Built,
    Nesting,
    Shape,
    checked_row,
    nester,
    refuse_tuple_of_one,
    rows_of,
    shape_of,
    wrong_shape,
)
from cascade2spark.origin import Origin, origin_of_callable

__all__ = [
    "STEP_LINE",
    "Built",
    "Fold",
    "FoldAggregator",
    "Nesting",
    "PlainAggregator",
    "PlainBuffer",
    "PlainFilter",
    "PlainFunction",
    "RowFilter",
    "RowFunction",
    "RowsBuffer",
    "Shape",
    "aggregator",
    "buffer",
    "checked_row",
    "function",
    "keep_if",
    "nester",
    "refuse_tuple_of_one",
    "remove_if",
    "rows_of",
    "wrong_shape",
]

Row = tuple[Any, ...]


class PlainFunction(RowFunction):
    """A Function made from a Python callable by `function`."""

    is_plain = True

    def __init__(
        self, call: Callable[..., Any], fields: Fields, shape: Shape, *, safe: bool = True
    ) -> None:
        self.fewest, self.most = accepted_arguments("a function", call)
        super().__init__(self.fewest, fields)
        self.call = call
        self.shape = shape
        self.origin = origin_of_callable(call)
        self._safe = safe

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the callable itself."""
        return self.call

    def is_safe(self) -> bool:
        """Return what the user declared."""
        return self._safe

    def __call__(self, *values: Any) -> Any:
        """Call the wrapped callable, so that it can be tested by itself."""
        return self.call(*values)

    def __repr__(self) -> str:
        return f"function {_name_of(self.call)}"


class PlainFilter(RowFilter):
    """A Filter made from a Python predicate by `keep_if` or `remove_if`."""

    def __init__(self, call: Callable[..., Any], keeps: bool) -> None:
        self.fewest, self.most = accepted_arguments("a filter", call)
        super().__init__(self.fewest)
        self.call = call
        self.keeps = keeps
        self.origin = origin_of_callable(call)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return a callable that is true for rows to remove."""
        call = self.call
        return (lambda *values: not call(*values)) if self.keeps else call

    def __call__(self, *values: Any) -> Any:
        """Call the wrapped predicate, so that it can be tested by itself."""
        return self.call(*values)

    def __repr__(self) -> str:
        return f"{'keep_if' if self.keeps else 'remove_if'} {_name_of(self.call)}"


class PlainAggregator(FoldAggregator):
    """An Aggregator made from plain callables by `aggregator`."""

    is_plain = True

    def __init__(self, fields: Fields, fold: Fold, name: str, origin: Origin | None) -> None:
        fewest, most = accepted_arguments("the step of an aggregator", fold.step)
        self.fewest = max(fewest - 1, 0)  # the first is the state
        self.most = None if most is None else most - 1
        super().__init__(self.fewest, fields)
        self.shape = shape_of(fields, many=False)
        self.fold = fold
        self.name = name
        self.origin = origin

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold itself."""
        return self.fold

    def is_algebraic(self) -> bool:
        """Tell whether `merge` was given."""
        return self.fold.merge is not None

    def __repr__(self) -> str:
        return f"aggregator {self.name}"


class PlainBuffer(BaseOperation, Buffer):
    """A Buffer made from a generator of ``(key, rows)`` by `buffer`.

    `key` is the tuple of the group's values, `rows` a one-pass iterator of argument tuples.
    """

    def __init__(self, call: Callable[[Row, Iterator[Row]], Any], fields: Fields) -> None:
        super().__init__(fields)
        self.call = call
        self.shape = shape_of(fields, many=True)
        self.origin = origin_of_callable(call)

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Run the generator over one group and emit what it yields."""
        entries = buffer_call.get_arguments_iterator()
        rows = (tuple(entry.get_tuple()) for entry in entries)
        result = self.call(tuple(buffer_call.get_group().get_tuple()), rows)
        declared = buffer_call.get_declared_fields()
        for row in rows_of(self.shape, declared, result, self.origin, is_plain=True):
            buffer_call.get_output_collector().add(row)

    def __repr__(self) -> str:
        return f"buffer {_name_of(self.call)}"


class RowsBuffer(PlainBuffer):
    """A Buffer given by a callable that yields whole rows, which are handed on unchecked.

    Args:
        call: (the group's tuple, one-pass iterator of argument tuples) -> iterable of tuples; after
            a BufferJoin it gets the JoinerClosure in the iterator's place.
        fields: fields of the results.
    """

    def __init__(
        self, call: Callable[[Row, Any], Iterable[Row]], fields: Fields, origin: Origin | None
    ) -> None:
        BaseOperation.__init__(self, fields)
        self.call = call
        self.shape = Shape.ROWS
        self.origin = origin

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Run the callable over one group and emit what it yields."""
        given: Any = buffer_call.get_joiner_closure()
        if given is None:
            entries = buffer_call.get_arguments_iterator()
            given = (tuple(entry.get_tuple()) for entry in entries)
        for row in self.call(tuple(buffer_call.get_group().get_tuple()), given):
            buffer_call.get_output_collector().add(row)


def function(
    *fields: Any, many: bool = False, safe: bool = True
) -> Callable[[Callable[..., Any]], PlainFunction]:
    """Make a Function of a callable that takes the argument values.

    Args:
        fields: names of the results (or one Fields); one name: the callable returns that value,
            several: a tuple of them.
        many: the callable returns an iterable of such results. A generator function always does.
        safe: False when calling it twice for one row would do harm.
    Returns:
        A decorator.
    Raises:
        BuildError: no field is declared, or what is decorated cannot be called.
    Example:
        >>> @function("length")
        ... def length(word):
        ...     return len(word)
        >>> length("four")
        4
    """
    declared = _declared("function", fields)

    def decorate(call: Callable[..., Any]) -> PlainFunction:
        _check_callable("function", call)
        is_many = many or inspect.isgeneratorfunction(call)
        return PlainFunction(call, declared, shape_of(declared, is_many), safe=safe)

    return decorate


def keep_if(call: Callable[..., Any]) -> PlainFilter:
    """Make a Filter that keeps the rows for which the callable is true.

    Args:
        call: given the argument values of a row.
    Raises:
        BuildError: it cannot be called.
    Example:
        >>> keep_if(lambda distance: distance > 500)(800)
        True
    """
    _check_callable("keep_if", call)
    return PlainFilter(call, keeps=True)


def remove_if(call: Callable[..., Any]) -> PlainFilter:
    """Make a Filter that removes the rows for which the callable is true.

    Args:
        call: given the argument values of a row.
    Raises:
        BuildError: it cannot be called.
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(remove_if(lambda distance: distance > 500), [(800,), (90,)], "distance")
        [(90,)]
    """
    _check_callable("remove_if", call)
    return PlainFilter(call, keeps=False)


def aggregator(
    *fields: Any,
    zero: Any,
    step: Callable[..., Any] | None = None,
    finish: Callable[[Any], Any] | None = None,
    merge: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """Make an Aggregator of plain callables.

    Args:
        fields: names of the results (or one Fields).
        zero: start value of a group; a callable is called for each group, a list, dict or set
            is copied for each group.
        step: (state, *argument values) -> state. Left out, the call is a decorator of it.
        finish: state -> the value, or the tuple for several fields. Default: the state itself.
        merge: (state, state) -> state, earlier rows first; makes the aggregator algebraic, so
            that it runs before the exchange too.
    Example:
        >>> total = aggregator("total", zero=0, step=lambda total, v: total + v)
        >>> total
        aggregator total
    """
    declared = _declared("aggregator", fields)
    for name, given, values in (
        ("zero", zero, ()),
        ("finish", finish, ("state",)),
        ("merge", merge, ("state", "state")),
    ):
        if callable(given):
            check_takes(f"the {name} of an aggregator", given, values)

    def decorate(call: Callable[..., Any]) -> PlainAggregator:
        _check_callable("aggregator", call)
        check_takes("the step of an aggregator", call, ("state", "…"))
        fold = Fold(_starter(zero), call, finish or _same, merge)
        return PlainAggregator(
            declared, fold, ", ".join(map(str, declared)), origin_of_callable(call)
        )

    return decorate if step is None else decorate(step)


def buffer(*fields: Any) -> Callable[[Callable[[Row, Iterator[Row]], Any]], PlainBuffer]:
    """Make a Buffer of a generator function of ``(key, rows)``.

    Args:
        fields: names of the results (or one Fields); one name: values are yielded, several: tuples.
    Example:
        >>> @buffer("first")
        ... def first(key, rows):
        ...     yield next(rows)[0]
        >>> first
        buffer first
    """
    declared = _declared("buffer", fields)

    def decorate(call: Callable[[Row, Iterator[Row]], Any]) -> PlainBuffer:
        _check_callable("buffer", call)
        check_takes("a buffer", call, ("key", "rows"))
        return PlainBuffer(call, declared)

    return decorate


def _declared(owner: str, fields: tuple[Any, ...]) -> Fields:
    declared = as_fields(fields[0] if len(fields) == 1 else fields) if fields else Fields.NONE
    if declared.is_none():
        raise BuildError(
            f"@{owner} must name the fields of its results",
            asked=f"@{owner}()",
            fix=f'write @{owner}("name")',
        )
    return declared


def _check_callable(owner: str, call: Any) -> None:
    if not callable(call):
        raise BuildError(f"{owner} decorates a callable", asked=repr(call))
    if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
        raise BuildError(
            f"{owner} decorates a plain function, not an async def: nothing would await it",
            asked=_name_of(call),
            origin=origin_of_callable(call),
            fix="write def, and call asyncio.run() inside it",
        )


def _starter(zero: Any) -> Callable[[], Any]:
    if callable(zero):
        starter: Callable[[], Any] = zero
        return starter
    if isinstance(zero, (list, dict, set)):
        return lambda: copy.deepcopy(zero)
    return lambda: zero


def _same(state: Any) -> Any:
    return state


def _name_of(call: Any) -> str:
    name = getattr(call, "__qualname__", None) or type(call).__name__
    return name.replace("<locals>.", "")
