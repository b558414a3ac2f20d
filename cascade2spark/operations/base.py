"""The contract between an operation and whoever runs it.

Cascading's four kinds — `Function`, `Filter`, `Aggregator`, `Buffer` — and the two kinds of
assertion, each a mix-in beside `BaseOperation`, so that ``class Scrub(BaseOperation, Function)``
reads as it did in Java. An engine calls, per task and per pipe::

    prepare -> work -> flush (after complete input only) -> cleanup (always)

State belongs in ``call.set_context(...)``; one operation object may serve several pipes.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from cascade2spark.counters import Counters, counter_name
from cascade2spark.errors import BuildError, FieldNotFound, TupleError, Unsupported
from cascade2spark.fields import Fields, as_fields
from cascade2spark.selection import check_width
from cascade2spark.tuples import Tuple, TupleEntry

__all__ = [
    "Aggregator",
    "AggregatorCall",
    "AssertionLevel",
    "BaseOperation",
    "Buffer",
    "BufferCall",
    "DebugLevel",
    "Filter",
    "FilterCall",
    "FlowProcess",
    "Function",
    "FunctionCall",
    "GroupAssertion",
    "GroupAssertionCall",
    "OperationCall",
    "OutputCollector",
    "ValueAssertion",
    "ValueAssertionCall",
]

Row = tuple[Any, ...]

# What operations override, as Java spells it; the other names are the same in both.
_JAVA_NAMES = {
    "doAssert": "do_assert",
    "getFieldDeclaration": "get_field_declaration",
    "getNumArgs": "get_num_args",
    "isRemove": "is_remove",
    "isSafe": "is_safe",
}


class AssertionLevel(enum.IntEnum):
    """How strict an assertion is; the plan keeps those not stricter than its own level.

    Source:
        cascading.operation.AssertionLevel
    Example:
        >>> [level.name for level in AssertionLevel]
        ['NONE', 'VALID', 'STRICT']
    """

    NONE = 0
    VALID = 1
    STRICT = 2


class DebugLevel(enum.IntEnum):
    """How talkative a Debug pipe is; the plan keeps those not above its own level.

    Source:
        cascading.operation.DebugLevel
    Example:
        >>> [level.name for level in DebugLevel]
        ['NONE', 'DEFAULT', 'VERBOSE']
    """

    NONE = 0
    DEFAULT = 1
    VERBOSE = 2


class OutputCollector:
    """Takes the results of one operation: rows, `Tuple`s, lists or `TupleEntry`s.

    Args:
        declared: the operation's declared fields; UNKNOWN accepts any width.
        drain: called with the list of rows when `capacity` of them are held; the list is
            handed over, never reused.
        capacity: most rows held before `drain` is called, a count.
    Raises:
        TupleError: a result has another width than was declared.
    Source:
        cascading.tuple.TupleEntryCollector, as the calls give it
    Example:
        >>> rows = []
        >>> collector = OutputCollector(Fields("n"), rows.extend, capacity=1)
        >>> collector.add((3,))
        >>> rows
        [(3,)]
    """

    __slots__ = ("_capacity", "_declared", "_drain", "_width", "rows")

    def __init__(
        self,
        declared: Fields,
        drain: Callable[[list[Row]], None] | None = None,
        capacity: int = 1024,
    ) -> None:
        self._declared = declared
        self._width = None if declared.is_unknown() or declared.is_all() else declared.size()
        self._drain = drain
        self._capacity = capacity
        self.rows: list[Row] = []

    def add(self, result: Tuple | TupleEntry | Row | list[Any]) -> None:
        """Emit one row.

        Args:
            result: as many values as there are declared fields, in their order; an entry with
                other fields is selected by name.
        Raises:
            TupleError: wrong number of values, or an entry without a declared field.
        """
        if isinstance(result, TupleEntry):
            row = self._from_entry(result)
        elif isinstance(result, (Tuple, tuple, list)):
            row = tuple(result)
        else:
            raise TupleError(
                f"an operation emitted a value of type {type(result).__name__} "
                "where a row is expected",
                row=result,
                fields=self._declared,
            )
        if self._width is not None and len(row) != self._width:
            check_width(row, self._declared)
        self.rows.append(row)
        if self._drain is not None and len(self.rows) >= self._capacity:
            held, self.rows = self.rows, []
            self._drain(held)

    def take(self) -> list[Row]:
        """Return the rows held and forget them."""
        held, self.rows = self.rows, []
        return held

    def _from_entry(self, entry: TupleEntry) -> Row:
        fields = entry.get_fields()
        if self._width is None or fields.equals_fields(self._declared):
            return tuple(entry.get_tuple())
        try:
            return tuple(entry.select_tuple(self._declared))
        except FieldNotFound as missing:
            raise TupleError(
                "an operation emitted an entry without a field that it declares",
                asked=missing.asked,
                available=missing.available,
                row=tuple(entry.get_tuple()),
                fields=fields,
            ) from missing


class FlowProcess:
    """What a running operation may ask of its surroundings: properties, counters, its slice.

    Args:
        properties: the flow's properties, texts or plain values.
        counters: where increments go; a fresh one when None.
        slice_num: this task's partition number, from 0.
        num_slices: number of partitions of this task chain.
        flow_id: the flow run's id.
        task_id: what tells this task chain from the run's others, the same in each attempt at a
            task; empty where a task is tried once, in the driver's process.
    Source:
        cascading.flow.FlowProcess
    Example:
        >>> process = FlowProcess({"limit": "7"})
        >>> process.increment("jobs", "rows", 2)
        >>> process.get_integer_property("limit"), process.get_counter_value("jobs", "rows")
        (7, 2)
    """

    NULL: ClassVar[FlowProcess]

    def __init__(
        self,
        properties: dict[str, Any] | None = None,
        counters: Counters | None = None,
        slice_num: int = 0,
        num_slices: int = 1,
        flow_id: str = "",
        task_id: str = "",
    ) -> None:
        self._properties = dict(properties or {})
        self.counters = Counters() if counters is None else counters
        self._slice_num = slice_num
        self._num_slices = num_slices
        self._flow_id = flow_id
        self.task_id = task_id
        self.is_repeat = False
        self._opened = itertools.count()
        self.status = ""

    def with_properties(self, properties: Mapping[str, Any], *, counts: bool = True) -> FlowProcess:
        """Return what an operation sees that has properties of its own.

        Args:
            properties: come over the flow's.
            counts: into the same counters; False: what it counts, and writes beside the flow, is
                forgotten, because another step does the same work.
        """
        own = FlowProcess(
            {**self._properties, **properties},
            self.counters if counts else Counters(),
            self._slice_num,
            self._num_slices,
            self._flow_id,
            self.task_id,
        )
        own.is_repeat = not counts
        own._opened = self._opened
        return own

    def copy_with(self, properties: Mapping[str, Any]) -> FlowProcess:
        """Return one that sees these properties over its own, and counts into the same counters."""
        return self.with_properties(properties)

    def next_opened(self) -> int:
        """Return how many side files this task opened for writing before this one."""
        return next(self._opened)

    def increment(
        self, group: str | enum.Enum, name: str | int = 1, amount: int | None = None
    ) -> None:
        """Add to a counter: ``increment(Enum.MEMBER, n)`` or ``increment("group", "name", n)``."""
        if isinstance(group, enum.Enum) and isinstance(name, int):
            self.counters.increment(counter_name(group), name if amount is None else amount)
        elif isinstance(group, str) and isinstance(name, str):
            self.counters.increment((group, name), 1 if amount is None else amount)
        else:
            raise BuildError(
                "increment takes an enum member, or a group and a counter name",
                asked=f"{group!r}, {name!r}",
            )

    def get_counter_value(self, group: str | enum.Enum, name: str | None = None) -> int:
        """Return what this task has counted so far, 0 for an unknown counter."""
        return self.counters.value(group, name)

    def set_status(self, status: str) -> None:
        """Note a line of text about this task's progress."""
        self.status = status

    def keep_alive(self) -> None:
        """Do nothing: Spark needs no heart-beat from an operation."""

    def get_property(self, key: str, default: Any = None) -> Any:
        """Return a property of the flow, or `default`."""
        return self._properties.get(key, default)

    def get_string_property(self, key: str, default: str | None = None) -> str | None:
        """Return a property as text, or `default`."""
        value = self._properties.get(key)
        return default if value is None else str(value)

    def get_integer_property(self, key: str, default: int | None = None) -> int | None:
        """Return a property as a whole number, or `default`."""
        value = self._properties.get(key)
        return default if value is None else int(value)

    def get_boolean_property(self, key: str, default: bool = False) -> bool:
        """Return a property as a boolean: true only for the text ``true`` in any case."""
        value = self._properties.get(key)
        return default if value is None else str(value).lower() == "true"

    def get_property_keys(self) -> list[str]:
        """Return the names of all properties, sorted."""
        return sorted(self._properties)

    def get_num_process_slices(self) -> int:
        """Return the number of partitions of this task chain."""
        return self._num_slices

    def get_current_slice_num(self) -> int:
        """Return this task's partition number, from 0."""
        return self._slice_num

    def get_id(self) -> str:
        """Return the id of the flow run."""
        return self._flow_id

    def open_tap_for_read(self, tap: Any) -> Iterator[TupleEntry]:
        """Read another tap from inside an operation (a side file)."""
        entries: Iterator[TupleEntry] = _opener(tap, "open_for_read")(self)
        return entries

    def open_tap_for_write(self, tap: Any) -> Any:
        """Write another tap from inside an operation; close it in flush, or in cleanup.

        Close it in `flush` to write nothing when the task fails, as `flush` is not called then.
        """
        return _opener(tap, "open_for_write")(self)

    def open_trap_for_write(self, tap: Any) -> Any:
        """Write rows of any width to a trap from inside an operation; close it as above."""
        return _opener(tap, "open_trap_for_write")(self)


class _NullFlowProcess(FlowProcess):
    """What an operation is called with outside of any flow: nothing that it says is kept."""

    def increment(
        self, group: str | enum.Enum, name: str | int = 1, amount: int | None = None
    ) -> None:
        """Count nothing."""

    def set_status(self, status: str) -> None:
        """Note nothing."""

    def __reduce__(self) -> str:
        return "_NULL"  # there is one, in each process


FlowProcess.NULL = _NULL = _NullFlowProcess()


class OperationCall:
    """What every call carries: a context of the operation's own, and the resolved fields.

    Source:
        cascading.operation.OperationCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        self._argument_fields = argument_fields
        self._declared_fields = declared_fields
        self._context: Any = None

    def get_context(self) -> Any:
        """Return what `set_context` was given, None before."""
        return self._context

    def set_context(self, context: Any) -> None:
        """Keep any object for this pipe and this task."""
        self._context = context

    def get_argument_fields(self) -> Fields:
        """Return the resolved argument fields."""
        return self._argument_fields

    def get_declared_fields(self) -> Fields:
        """Return the resolved declared fields."""
        return self._declared_fields


class _ArgumentsCall(OperationCall):
    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.arguments: TupleEntry | None = None

    def get_arguments(self) -> TupleEntry:
        """Return the argument values of the current row, read-only and reused between rows."""
        return self.arguments  # type: ignore[return-value]  # None only outside operate, as in Java


class FunctionCall(_ArgumentsCall):
    """Handed to a Function.

    Source:
        cascading.operation.FunctionCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.output_collector: OutputCollector | None = None

    def get_output_collector(self) -> OutputCollector:
        """Return the collector; None in cleanup."""
        return self.output_collector  # type: ignore[return-value]  # None in cleanup, as in Java


class FilterCall(_ArgumentsCall):
    """Handed to a Filter.

    Source:
        cascading.operation.FilterCall
    """


class ValueAssertionCall(_ArgumentsCall):
    """Handed to a ValueAssertion.

    Source:
        cascading.operation.ValueAssertionCall
    """


class GroupAssertionCall(_ArgumentsCall):
    """Handed to a GroupAssertion.

    Source:
        cascading.operation.GroupAssertionCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | None = None

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group  # type: ignore[return-value]  # None only outside a group


class AggregatorCall(FunctionCall):
    """Handed to an Aggregator; the collector is None except in `complete`.

    Source:
        cascading.operation.AggregatorCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | None = None

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group  # type: ignore[return-value]  # None only outside a group


class BufferCall(OperationCall):
    """Handed to a Buffer, once per group.

    Source:
        cascading.operation.BufferCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | None = None
        self.arguments_iterator: Iterator[TupleEntry] | None = None
        self.output_collector: OutputCollector | None = None
        self.joiner_closure: Any = None
        self.retain_values = False

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group  # type: ignore[return-value]  # None only outside a group

    def get_arguments_iterator(self) -> Iterator[TupleEntry]:
        """Return the group's rows: one pass, one reused read-only entry."""
        return self.arguments_iterator  # type: ignore[return-value]  # None after a BufferJoin

    def get_output_collector(self) -> OutputCollector:
        """Return the collector."""
        return self.output_collector  # type: ignore[return-value]  # None in cleanup

    def get_joiner_closure(self) -> Any:
        """Return the sides of a CoGroup with BufferJoin, None after anything else."""
        return self.joiner_closure

    def set_retain_values(self, retain: bool) -> None:
        """Keep the last row's values for results emitted after the iterator ended."""
        self.retain_values = retain


class BaseOperation:
    """Base of every operation: how many arguments it needs and which fields it declares.

    Args:
        num_args: fewest argument fields, a count; ANY (the default) checks nothing.
        field_declaration: fields of the results. Default UNKNOWN, for filters and assertions ALL.
    Raises:
        BuildError: a filter or an assertion that declares fields; a subclass, where it is written,
            that defines a method under Java's name.
    Source:
        cascading.operation.BaseOperation
    Example:
        >>> class Tag(BaseOperation, Function):
        ...     def __init__(self):
        ...         super().__init__(1, "tag")
        >>> Tag().get_num_args(), Tag().get_field_declaration()
        (1, Fields('tag'))
    """

    ANY: ClassVar[int] = 2**31 - 1
    # Class-level defaults, here and in the mix-ins: a subclass may never call __init__.
    num_args: int = ANY
    field_declaration: Fields

    def __init__(self, *arguments: Any) -> None:
        self.num_args, declaration = _split_arguments(type(self).__name__, arguments)
        if declaration is not None:
            self.field_declaration = declaration
        if (
            isinstance(self, (Filter, ValueAssertion, GroupAssertion))
            and not self.field_declaration.is_all()
        ):
            raise BuildError(
                f"{type(self).__name__} passes rows through, so it must declare ALL",
                asked=str(self.field_declaration),
            )

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        for java, python in _JAVA_NAMES.items():
            if java in vars(cls) and python not in vars(cls):
                raise BuildError(
                    f"{cls.__name__} defines {java}, which nothing calls",
                    asked=java,
                    fix=f"name it {python}: Java's camelCase becomes snake_case",
                )

    def __repr__(self) -> str:
        return type(self).__name__

    def get_num_args(self) -> int:
        """Return the fewest argument fields needed, ANY when it does not matter."""
        return self.num_args

    def get_field_declaration(self) -> Fields:
        """Return the declared fields."""
        return self.field_declaration

    def is_safe(self) -> bool:
        """Tell whether the operation may be called again for the same row without harm."""
        return True

    def prepare(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Run once before the first row of a task, also when there is none."""

    def flush(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Run once after complete input; results may still be emitted."""

    def cleanup(self, flow_process: FlowProcess, operation_call: Any) -> None:
        """Run once at the end of a task that was prepared, also after a failure."""


class Function:
    """Turns one row into no, one or many result rows.

    Source:
        cascading.operation.Function
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Twice(BaseOperation, Function):
        ...     def operate(self, flow_process, call):
        ...         call.get_output_collector().add((call.get_arguments()["n"] * 2,))
        >>> run_operation(Twice(1, "twice"), [(1,), (4,)], "n")
        [(2,), (8,)]
    """

    field_declaration = Fields.UNKNOWN

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Read ``function_call.get_arguments()``, add results to its collector."""
        raise NotImplementedError(f"{type(self).__name__} must define operate")


class Filter:
    """Decides which rows go.

    Source:
        cascading.operation.Filter
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Small(BaseOperation, Filter):
        ...     def is_remove(self, flow_process, call):
        ...         return call.get_arguments()["n"] < 3
        >>> run_operation(Small(), [(1,), (4,)], "n")
        [(4,)]
    """

    field_declaration = Fields.ALL

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Return True to drop the current row."""
        raise NotImplementedError(f"{type(self).__name__} must define is_remove")


class Aggregator:
    """Sees the rows of a group one by one and emits when the group is complete.

    Source:
        cascading.operation.Aggregator
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Rows(BaseOperation, Aggregator):
        ...     start = lambda self, process, call: call.set_context(0)
        ...     aggregate = lambda self, process, call: call.set_context(call.get_context() + 1)
        ...     def complete(self, process, call):
        ...         call.get_output_collector().add((call.get_context(),))
        >>> run_operation(Rows(1, "rows"), [("a",), ("b",)], "x")
        [(2,)]
    """

    field_declaration = Fields.UNKNOWN

    def start(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Begin a group: reset the context."""
        raise NotImplementedError(f"{type(self).__name__} must define start")

    def aggregate(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Take one row of the group."""
        raise NotImplementedError(f"{type(self).__name__} must define aggregate")

    def complete(self, flow_process: FlowProcess, aggregator_call: AggregatorCall) -> None:
        """Emit the group's results."""
        raise NotImplementedError(f"{type(self).__name__} must define complete")


class Buffer:
    """Walks the rows of a group by itself and emits at any time.

    Source:
        cascading.operation.Buffer
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Gaps(BaseOperation, Buffer):
        ...     def operate(self, flow_process, call):
        ...         stamps = [entry["ts"] for entry in call.get_arguments_iterator()]
        ...         for left, right in zip(stamps, stamps[1:]):
        ...             call.get_output_collector().add((right - left,))
        >>> run_operation(Gaps(1, "gap"), [(3,), (5,), (9,)], "ts")
        [(2,), (4,)]
    """

    field_declaration = Fields.UNKNOWN

    def operate(self, flow_process: FlowProcess, buffer_call: BufferCall) -> None:
        """Iterate ``buffer_call.get_arguments_iterator()``, add results to its collector."""
        raise NotImplementedError(f"{type(self).__name__} must define operate")


class ValueAssertion:
    """Raises when a row is not as it must be.

    Source:
        cascading.operation.ValueAssertion
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Positive(BaseOperation, ValueAssertion):
        ...     def do_assert(self, flow_process, call):
        ...         assert call.get_arguments()["n"] > 0
        >>> run_operation(Positive(), [(4,)], "n")
        [(4,)]
    """

    field_declaration = Fields.ALL

    def do_assert(self, flow_process: FlowProcess, assertion_call: ValueAssertionCall) -> None:
        """Raise AssertionFailed when the current row is wrong."""
        raise NotImplementedError(f"{type(self).__name__} must define do_assert")


class GroupAssertion:
    """Raises when a group is not as it must be.

    Source:
        cascading.operation.GroupAssertion
    Example:
        >>> from cascade2spark.operations import BaseOperation, GroupAssertion
        >>> from cascade2spark.testing import run_operation
        >>> class NotEmpty(BaseOperation, GroupAssertion):
        ...     start = lambda self, flow_process, call: call.set_context(0)
        ...     aggregate = lambda self, flow_process, call: call.set_context(1)
        ...     def do_assert(self, flow_process, call):
        ...         assert call.get_context(), "an empty group"
        >>> run_operation(NotEmpty(), [(4,)], "n")
        [()]
    """

    field_declaration = Fields.ALL

    def start(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Begin a group."""
        raise NotImplementedError(f"{type(self).__name__} must define start")

    def aggregate(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Take one row of the group."""
        raise NotImplementedError(f"{type(self).__name__} must define aggregate")

    def do_assert(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Raise AssertionFailed when the finished group is wrong."""
        raise NotImplementedError(f"{type(self).__name__} must define do_assert")


def _opener(tap: Any, method: str) -> Callable[[FlowProcess], Any]:
    found: Callable[[FlowProcess], Any] | None = getattr(tap, method, None)
    if found is None:
        raise Unsupported(
            f"{type(tap).__name__} has no {method}, so an operation cannot use it", asked=repr(tap)
        )
    return found


def _split_arguments(owner: str, arguments: tuple[Any, ...]) -> tuple[int, Fields | None]:
    num_args, declaration = BaseOperation.ANY, None
    rest = list(arguments)
    if rest and isinstance(rest[0], int) and not isinstance(rest[0], bool):
        num_args = rest.pop(0)
    if rest and isinstance(rest[0], (Fields, str, tuple, list)):
        declaration = as_fields(rest.pop(0))
    if rest:
        raise BuildError(
            f"{owner} was given an argument that BaseOperation does not take",
            asked=repr(rest[0]),
            details={"accepted": "(), (num_args), (fields), (num_args, fields)"},
        )
    if num_args < 0:
        raise BuildError(f"{owner} cannot need a negative number of arguments", asked=num_args)
    return num_args, declaration
