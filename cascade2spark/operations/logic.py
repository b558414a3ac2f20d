"""Filters made of filters: And, Or, Xor, Not, Stop; and SetValue, a function of one.

They combine removals: `And` removes a row when all its members would. Every member is prepared,
asked, flushed and cleaned up as if it stood in a pipe of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import one_field
from cascade2spark.operations.base import (
    BaseOperation,
    Filter,
    FilterCall,
    FlowProcess,
    Function,
    FunctionCall,
)
from cascade2spark.selection import pick_for
from cascade2spark.tuples import TupleEntry

__all__ = ["And", "Not", "Or", "SetValue", "Stop", "Xor"]

Row = tuple[Any, ...]
Member = tuple[Fields, Any]


class _Asked:
    """One member at work in one task.

    Args:
        member: the selector of its arguments, and the filter.
        arguments: the fields that the selector selects from.
    """

    def __init__(self, member: Member, arguments: Fields) -> None:
        selector, self._filter = member
        pick = pick_for(selector, arguments)
        fields = arguments if pick.is_all else arguments.select(selector)
        self._pick = pick.of()
        self._call = FilterCall(fields, fields)
        self._call.arguments = self._entry = TupleEntry(fields, (), True)
        self._process = FlowProcess.NULL
        self._is_prepared = False
        self.is_done = False

    def prepare(self, flow_process: FlowProcess) -> None:
        self._process = flow_process
        self._is_prepared = True
        self._filter.prepare(flow_process, self._call)

    def __call__(self, values: Row) -> bool:
        self._entry.bind(self._pick(values))
        return bool(self._filter.is_remove(self._process, self._call))

    def flush(self) -> None:
        self._filter.flush(self._process, self._call)

    def cleanup(self) -> None:
        if self._is_prepared:
            self._filter.cleanup(self._process, self._call)


class _Logic(BaseOperation, Filter):
    """A filter that asks members.

    Args:
        members: filters; or selectors and filters by turns, the selectors being of this filter's
            arguments; or a list of selectors and a list of filters.
    """

    fewest = 2
    most: int | None = None

    def __init__(self, *members: Any) -> None:
        super().__init__()
        self.members = _members(type(self).__name__, members)
        found = len(self.members)
        if found < self.fewest or found > (self.most or found):
            wanted = "one filter" if self.most == 1 else f"at least {self.fewest} filters"
            raise BuildError(
                f"{type(self).__name__} needs {wanted}",
                asked=[type(filter_).__name__ for _, filter_ in self.members] or "none",
            )

    def removes(self, asked: Sequence[_Asked], values: Row) -> bool:
        """Return what this filter makes of its members' answers."""
        raise NotImplementedError

    def is_safe(self) -> bool:
        """Tell whether every member is."""
        return all(filter_.is_safe() for _, filter_ in self.members)

    def prepare(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Prepare the members."""
        fields = operation_call.get_argument_fields()
        asked = [_Asked(member, fields) for member in self.members]
        operation_call.set_context(asked)
        for member in asked:
            member.prepare(flow_process)

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Ask the members as far as needed."""
        row = tuple(filter_call.get_arguments().get_tuple())
        return self.removes(filter_call.get_context(), row)

    def flush(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Flush the members."""
        for member in operation_call.get_context():
            member.flush()

    def cleanup(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Clean up the members that were prepared."""
        for member in operation_call.get_context() or ():
            member.cleanup()


class And(_Logic):
    """Remove a row when every member removes it.

    Args:
        members: filters; or selectors and filters by turns; or a list of each.
    Raises:
        BuildError: fewer than two members, or one that is not a filter.
    Source:
        cascading.operation.filter.And
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import RegexFilter
        >>> both = And(RegexFilter("a"), RegexFilter("b"))
        >>> run_operation(both, [("abc",), ("axe",), ("xyz",)], "x")
        [('abc',), ('axe',)]
    """

    def removes(self, asked: Sequence[_Asked], values: Row) -> bool:
        """Ask until one keeps the row."""
        return all(member(values) for member in asked)


class Or(_Logic):
    """Remove a row when any member removes it; arguments as of And.

    Args:
        members: as of And.
    Raises:
        BuildError: fewer than two members, or one that is not a filter.
    Source:
        cascading.operation.filter.Or
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import RegexFilter
        >>> either = Or(RegexFilter("a"), RegexFilter("b"))
        >>> run_operation(either, [("abc",), ("axe",), ("xyz",)], "x")
        [('abc',)]
    """

    def removes(self, asked: Sequence[_Asked], values: Row) -> bool:
        """Ask until one removes the row."""
        return any(member(values) for member in asked)


class Xor(_Logic):
    """Remove a row when exactly one of the first two members removes it; arguments as of And.

    Args:
        members: as of And; two are asked.
    Raises:
        BuildError: fewer than two members, or one that is not a filter.
    Source:
        cascading.operation.filter.Xor
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import RegexFilter
        >>> one = Xor(RegexFilter("a"), RegexFilter("b"))
        >>> run_operation(one, [("abc",), ("axe",), ("xyz",)], "x")
        [('abc',), ('xyz',)]
    """

    def removes(self, asked: Sequence[_Asked], values: Row) -> bool:
        """Ask the first two."""
        return asked[0](values) is not asked[1](values)


class Not(_Logic):
    """Remove a row when the member keeps it.

    Args:
        members: the filter, alone or behind the selector of its arguments.
    Raises:
        BuildError: no filter, or several.
    Source:
        cascading.operation.filter.Not
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import FilterNull
        >>> run_operation(Not(FilterNull()), [("a",), (None,)], "x")
        [(None,)]
    """

    fewest = most = 1

    def removes(self, asked: Sequence[_Asked], values: Row) -> bool:
        """Ask the one member."""
        return not asked[0](values)


class Stop(_Logic):
    """From the first row on that the member removes, remove every row of the task.

    Where every row of a source passes the filter before the stream splits or is grouped, the task
    reads no further: after that row on the local engine, after the batch it is in on Spark.
    Elsewhere the rest is read and dropped.

    Args:
        members: the filter, alone or behind the selector of its arguments.
    Raises:
        BuildError: no filter, or several.
    Source:
        cascading.operation.filter.Stop
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import FilterNull
        >>> run_operation(Stop(FilterNull()), [("a",), (None,), ("b",)], "x")
        [('a',)]
    """

    fewest = most = 1

    def is_safe(self) -> bool:
        """Return False: what becomes of a row depends on those before it."""
        return False

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Ask the member until it has removed a row."""
        member = filter_call.get_context()[0]
        if not member.is_done:
            member.is_done = member(tuple(filter_call.get_arguments().get_tuple()))
        return bool(member.is_done)

    def is_finished(self, filter_call: FilterCall) -> bool:
        """Tell whether every later row of the task will be removed."""
        asked = filter_call.get_context()
        return bool(asked and asked[0].is_done)


class SetValue(BaseOperation, Function):
    """Give one of two values: the first where the filter would keep the row.

    Args:
        field: name of the result.
        filter: the filter to ask.
        first: given where it keeps the row. Default true.
        second: given where it removes it. Default false.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.function.SetValue
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> from cascade2spark.operations import FilterNull
        >>> known = SetValue("known", FilterNull(), "yes", "no")
        >>> run_operation(known, [("a",), (None,)], "x")
        [('yes',), ('no',)]
    """

    def __init__(self, field: Any, filter: Any, first: Any = True, second: Any = False) -> None:
        super().__init__(one_field("SetValue", as_fields(field)))
        self.members = _members("SetValue", (filter,))
        self.values = (first, second)

    def is_safe(self) -> bool:
        """Tell whether the filter is."""
        return bool(self.members[0][1].is_safe())

    def prepare(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Prepare the filter."""
        asked = _Asked(self.members[0], operation_call.get_argument_fields())
        operation_call.set_context(asked)
        asked.prepare(flow_process)

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        """Ask the filter and give the value."""
        removes = function_call.get_context()(tuple(function_call.get_arguments().get_tuple()))
        function_call.get_output_collector().add((self.values[removes],))

    def flush(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Flush the filter."""
        operation_call.get_context().flush()

    def cleanup(self, flow_process: FlowProcess, operation_call: FunctionCall) -> None:
        """Clean up the filter if it was prepared."""
        if operation_call.get_context() is not None:
            operation_call.get_context().cleanup()


def _members(owner: str, given: Sequence[Any]) -> tuple[Member, ...]:
    """Return (selector, filter) of each member."""
    filters: list[Any] = list(given)
    selectors: list[Any] = [Fields.ALL] * len(filters)
    if len(given) == 2 and all(isinstance(one, (list, tuple)) for one in given):
        selectors, filters = list(given[0]), list(given[1])
    elif given and len(given) % 2 == 0 and not isinstance(given[0], Filter):
        selectors, filters = list(given[::2]), list(given[1::2])
    elif len(given) == 1 and isinstance(given[0], (list, tuple)):
        filters = list(given[0])
        selectors = [Fields.ALL] * len(filters)
    wrong = [one for one in filters if not isinstance(one, Filter)]
    if wrong or len(selectors) != len(filters):
        raise BuildError(
            f"{owner} is made of filters, each with a selector of its own or none of them",
            asked=wrong[0] if wrong else f"{len(selectors)} selectors",
            details={"accepted": "(filters…), (selector, filter, …), ([selectors], [filters])"},
        )
    chosen = tuple(as_fields(selector) for selector in selectors)
    for selector in chosen:
        if not selector.is_all() and not selector.is_defined():
            raise BuildError(f"{owner} selects ALL or defined fields", asked=selector)
    return tuple(zip(chosen, filters, strict=True))
