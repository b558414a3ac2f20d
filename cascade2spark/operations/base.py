"""The contract between an operation and whoever runs it.

Cascading's four kinds — `Function`, `Filter`, `Aggregator`, `Buffer` — and the two kinds of
assertion, each a mix-in beside `BaseOperation`, so that ``class Scrub(BaseOperation, Function)``
reads as it did in Java. An engine calls, per task and per pipe::

    prepare -> work -> flush (after complete input only) -> cleanup (always)

State belongs in ``call.set_context(...)``; one operation object may serve several pipes.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.flow_process import FlowProcess
from cascade2spark.operation_calls import (
    AggregatorCall,
    BufferCall,
    FilterCall,
    FunctionCall,
    GroupAssertionCall,
    OperationCall,
    OutputCollector,
    ValueAssertionCall,
)

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
