"""The pipes that have an operation: Each, for rows, and Every, for groups."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    Aggregator,
    AssertionLevel,
    Buffer,
    DebugLevel,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.overloads import parse_operator
from cascade2spark.pipe_checks import (
    check_level,
    check_methods,
    check_selectors,
    refuse_operation,
)
from cascade2spark.pipes.pipe import Pipe, kinds, single_tail

__all__ = ["Each", "Every"]


@attrs.frozen(eq=False, init=False, repr=False)
class _Operator(Pipe):
    """A pipe with an operation: what Each and Every share."""

    arguments: Fields = attrs.field(init=False)
    operation: Any = attrs.field(init=False)
    output: Fields | None = attrs.field(init=False)
    level: AssertionLevel | DebugLevel | None = attrs.field(init=False)

    kinds: ClassVar[tuple[type, ...]] = ()

    def __init__(
        self,
        *given: Any,
        arguments: Any = None,
        operation: Any = None,
        output: Any = None,
    ) -> None:
        form = parse_operator(type(self).__name__, given, Pipe, arguments, operation, output)
        previous = [] if form.pipe is None else [single_tail(form.pipe)]
        set_once = object.__setattr__
        set_once(self, "arguments", Fields.ALL if form.arguments is None else form.arguments)
        set_once(self, "operation", form.operation)
        set_once(self, "output", form.output)
        set_once(self, "level", form.level)
        self._start(form.name or previous[0].name, previous)

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"


@attrs.frozen(eq=False, init=False, repr=False)
class Each(_Operator):
    """Applies a Function, Filter or value assertion to each row.

    Java's orders: ``Each([name|pipe], [arguments], [level], operation, [output])``.

    Args:
        arguments: fields handed to the operation. Default ALL.
        operation: a Function, Filter or ValueAssertion; plain callables need a decorator.
        output: which fields leave, of the incoming ones and the results. Default RESULTS for a
            Function: the other fields are gone; filters and assertions pass the row as it is.
    Raises:
        BuildError: a selector that cannot stand there, or something that is no operation.
    Source:
        Cascading Each.
    Example:
        >>> from cascade2spark.operations import RegexSplitter
        >>> from cascade2spark.testing import run_pipe
        >>> split = RegexSplitter(Fields("k", "v"), "=")
        >>> run_pipe(lambda pipe: Each(pipe, Fields("line"), split), [("a=1",)], "line")
        [('a', '1')]
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        operation = self.operation
        if not isinstance(operation, (Function, Filter, ValueAssertion)):
            refuse_operation(self, "Each", "a Function, Filter or ValueAssertion")
        if isinstance(operation, ValueAssertion):
            check_level(self, AssertionLevel.NONE)
        check_selectors(self)
        check_methods(self, (Function, Filter, ValueAssertion))
        if self.output is None and isinstance(operation, Function):
            object.__setattr__(self, "output", Fields.RESULTS)


@attrs.frozen(eq=False, init=False, repr=False)
class Every(_Operator):
    """Applies an Aggregator, Buffer or group assertion to each group.

    Java's orders: ``Every(pipe, [arguments], [level], operation, [output])``. The output default is
    ALL: the group fields (Aggregator) or the incoming fields (Buffer), then the results.

    Raises:
        BuildError: something that is no aggregator, buffer or group assertion.
    Source:
        Cascading Every.
    Example:
        >>> from cascade2spark import GroupBy
        >>> from cascade2spark.operations import Count
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Every(GroupBy(pipe, "k"), Count()), [("a",), ("a",)], "k")
        [('a', 2)]
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        operation = self.operation
        is_assertion = isinstance(operation, GroupAssertion)
        if not isinstance(operation, (Aggregator, Buffer, GroupAssertion)):
            refuse_operation(self, "Every", "an Aggregator, Buffer or GroupAssertion")
        if not self.previous:
            raise BuildError("Every needs a group to work on", asked=repr(self))
        if is_assertion:
            check_level(self, AssertionLevel.NONE)
        check_methods(self, (Aggregator, Buffer, GroupAssertion))
        if self.output is None and not is_assertion:
            object.__setattr__(self, "output", Fields.ALL)


kinds.each, kinds.every = Each, Every
