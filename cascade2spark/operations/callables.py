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
import enum
import inspect
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError, TupleError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.base import (
    Aggregator,
    AggregatorCall,
    BaseOperation,
    Buffer,
    BufferCall,
    Filter,
    FilterCall,
    FlowProcess,
    Function,
    FunctionCall,
)
from cascade2spark.operations.inline import Inline
from cascade2spark.origin import Origin, origin_of_callable
from cascade2spark.tuples import Tuple

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
    "function",
    "keep_if",
    "nester",
    "refuse_tuple_of_one",
    "remove_if",
    "rows_of",
    "wrong_shape",
]

Row = tuple[Any, ...]
# One step of a fold in generated code; see `Fold`.
STEP_LINE = "{state} = {step}({state}{values})"
# How the one argument of a callable is made of argument values: a place, an object, or a tuple.
# None stands for what is not there, and reads as None.
Nesting: TypeAlias = "int | Built | tuple[Nesting, ...] | None"


@attrs.frozen
class Built:
    """An object that is made of values.

    Args:
        record: `record.maker()` gives the function from a tuple of the values to the object.
        parts: where the values are.
    """

    record: Any
    parts: tuple[Nesting, ...]


def nester(nesting: Nesting) -> Callable[[Row], Any]:
    """Return the function from argument values to the one argument that a callable takes."""
    if isinstance(nesting, int):
        return itemgetter(nesting)
    is_flat = isinstance(nesting, tuple) and all(isinstance(one, int) for one in nesting)
    if is_flat and isinstance(nesting, tuple) and len(nesting) > 1:
        return itemgetter(*nesting)
    # Text of our own, of places only: a pair in a pair costs 70 ns, by calls 350.
    makers: dict[str, Any] = {"__builtins__": {}}
    found: Callable[[Row], Any] = eval(f"lambda values: {_nested_text(nesting, makers)}", makers)
    return found


def _nested_text(nesting: Nesting, makers: dict[str, Any]) -> str:
    if nesting is None or isinstance(nesting, int):
        return "None" if nesting is None else f"values[{nesting}]"
    if isinstance(nesting, Built):
        name = f"make{len(makers)}"
        makers[name] = nesting.record.maker()
        return f"{name}({_nested_text(nesting.parts, makers)})"
    return "".join(["(", *(f"{_nested_text(one, makers)}, " for one in nesting), ")"])


class Shape(enum.Enum):
    """What one call of a plain callable returns."""

    VALUE = "one value"
    ROW = "one tuple"
    VALUES = "an iterable of values"
    ROWS = "an iterable of tuples"

    @property
    def is_many(self) -> bool:
        """Tell whether one call may give no row or several."""
        return self in (Shape.VALUES, Shape.ROWS)


def shape_of(fields: Fields, many: bool) -> Shape:
    """Return the shape that `fields` and `many` declare."""
    if fields.is_defined() and fields.size() == 1:
        return Shape.VALUES if many else Shape.VALUE
    return Shape.ROWS if many else Shape.ROW


def rows_of(
    shape: Shape,
    declared: Fields,
    result: Any,
    origin: Origin | None,
    *,
    is_plain: bool = False,
) -> Iterator[Row]:
    """Yield the rows that one call's result stands for.

    Args:
        shape: what the callable declared.
        declared: fields of the results; UNKNOWN checks no width.
        result: what the callable returned.
        origin: where the callable was defined, for the message.
        is_plain: a user wrote the callable, so that a tuple of one is a slip, not a value.
    Raises:
        TupleError: the result does not have the declared shape.
    """
    if shape is Shape.VALUE:
        if is_plain and type(result) is tuple:
            refuse_tuple_of_one(result, declared, origin)
        yield (result,)
        return
    width = None if declared.is_unknown() or declared.is_all() else declared.size()
    if shape is Shape.ROW:
        yield checked_row(result, width, declared, origin)
        return
    if result is None:
        return
    if isinstance(result, (str, bytes)) or not isinstance(result, Iterable):
        raise wrong_shape(result, declared, origin, "an iterable of results")
    if shape is Shape.VALUES:
        for value in result:
            if is_plain and type(value) is tuple:
                refuse_tuple_of_one(value, declared, origin)
            yield (value,)
    else:
        for row in result:
            yield checked_row(row, width, declared, origin)


def checked_row(result: Any, width: int | None, declared: Fields, origin: Origin | None) -> Row:
    """Return `result` as a plain tuple of `width` values, or raise TupleError."""
    if not isinstance(result, (tuple, list, Tuple)):
        raise wrong_shape(result, declared, origin, "a tuple")
    row: Row = result if type(result) is tuple else tuple(result)
    if width is not None and len(row) != width:
        raise wrong_shape(result, declared, origin, f"a tuple of {width}")
    return row


def refuse_tuple_of_one(value: Any, declared: Fields, origin: Origin | None) -> None:
    """Raise TupleError for a tuple of one where one value is declared; any other is a value."""
    if type(value) is tuple and len(value) == 1:
        fix = "return the value itself"
        raise wrong_shape(value, declared, origin, "one value", fix)


def wrong_shape(
    result: Any, declared: Fields, origin: Origin | None, wanted: str, fix: str | None = None
) -> TupleError:
    """Return the error for a result that does not have the declared shape."""
    kind = type(result).__name__
    is_row = isinstance(result, (tuple, list, Tuple))
    what = f"a {kind} of {len(result)}" if is_row else f"a value of type {kind}"
    return TupleError(
        f"a function returned {what} where {wanted} is declared",
        details={"declared": declared, "returned": shown_value(result)},
        origin=origin,
        fix=fix,
    )


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


class PlainFunction(RowFunction):
    """A Function made from a Python callable by `function`."""

    is_plain = True

    def __init__(
        self, call: Callable[..., Any], fields: Fields, shape: Shape, *, safe: bool = True
    ) -> None:
        self.fewest, self.most = _accepted_arguments(call)
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
        self.fewest, self.most = _accepted_arguments(call)
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
        super().__init__(fields)
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

    def decorate(call: Callable[..., Any]) -> PlainAggregator:
        _check_callable("aggregator", call)
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


def _accepted_arguments(call: Callable[..., Any]) -> tuple[int, int | None]:
    """Return the fewest and the most positional values a callable takes (None: no limit)."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # built-ins without a signature
        return 0, None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    fewest = sum(p.default is p.empty for p in positional)
    unlimited = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return fewest, None if unlimited else len(positional)


def _starter(zero: Any) -> Callable[[], Any]:
    if callable(zero):
        starter: Callable[[], Any] = zero
        return starter
    if isinstance(zero, (list, dict, set)):
        return lambda: copy.deepcopy(zero)
    return lambda: zero


def _nesting_call(nesting: Nesting | None, call: Callable[..., Any]) -> Callable[..., Any]:
    if nesting is None:
        return call
    nest = nester(nesting)
    return lambda *values: call(nest(values))


def _same(state: Any) -> Any:
    return state


def _name_of(call: Any) -> str:
    name = getattr(call, "__qualname__", None) or type(call).__name__
    return name.replace("<locals>.", "")
