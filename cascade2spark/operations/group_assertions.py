"""Assertions on the size of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.errors import AssertionFailed, BuildError
from cascade2spark.operations.arguments import joined_text
from cascade2spark.operations.base import (
    BaseOperation,
    FlowProcess,
    GroupAssertion,
    GroupAssertionCall,
)
from cascade2spark.operations.java_regex import compile_java

__all__ = ["AssertGroupSizeEquals", "AssertGroupSizeLessThan", "AssertGroupSizeMoreThan"]


class _AssertGroupSize(BaseOperation, GroupAssertion):
    """Fail unless the number of rows in a group stands in a relation to `size`.

    Args:
        pattern: only groups whose key, joined by tabs, matches it as a whole are looked at.
        size: number of rows, a count.
    """

    relation = ""

    def __init__(self, *given: Any) -> None:
        super().__init__()
        *pattern, size = given or (None,)
        is_form = not pattern or (len(pattern) == 1 and isinstance(pattern[0], str))
        if not is_form or not isinstance(size, int):
            raise BuildError(
                f"{type(self).__name__} takes a size, or a pattern of keys and a size",
                asked=list(map(repr, given)),
            )
        self.pattern: str | None = pattern[0] if pattern else None
        self.size: int = size
        if self.pattern is not None:
            compile_java(self.pattern)

    def is_right(self, rows: int) -> bool:
        """Tell whether this many rows are right."""
        raise NotImplementedError

    def start(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Begin to count."""
        assertion_call.set_context(0)

    def aggregate(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Count one row."""
        assertion_call.set_context(assertion_call.get_context() + 1)

    def do_assert(self, flow_process: FlowProcess, assertion_call: GroupAssertionCall) -> None:
        """Look at the finished group."""
        rows = assertion_call.get_context()
        if self.is_right(rows):
            return
        group = assertion_call.get_group()
        key = tuple(group.get_tuple())
        if self.pattern is not None:
            joined: Callable[[Any], str] = joined_text(group.get_fields(), "\t")
            if compile_java(self.pattern).fullmatch(joined(key)) is None:
                return
        raise AssertionFailed(
            f"{type(self).__name__} does not hold: "
            f"a group has {rows} rows, not {self.relation}{self.size}",
            row=key,
            fields=group.get_fields(),
        )


class AssertGroupSizeEquals(_AssertGroupSize):
    """Fail unless a group has exactly this many rows.

    Args:
        pattern: only groups whose key it matches are looked at; may be left out.
        size: number of rows, a count.
    Raises:
        AssertionFailed: (running) a group is not so; with its key and size.
    Source:
        cascading.operation.assertion.AssertGroupSizeEquals
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertGroupSizeEquals(2), [("a",), ("b",)], "x")
        [()]
    """

    def is_right(self, rows: int) -> bool:
        """Tell whether this many rows are right."""
        return rows == self.size


class AssertGroupSizeLessThan(_AssertGroupSize):
    """Fail unless a group has fewer rows than this.

    Args:
        pattern: only groups whose key it matches are looked at; may be left out.
        size: number of rows, a count.
    Raises:
        AssertionFailed: (running) a group is not so; with its key and size.
    Source:
        cascading.operation.assertion.AssertGroupSizeLessThan
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertGroupSizeLessThan(3), [("a",), ("b",)], "x")
        [()]
    """

    relation = "fewer than "

    def is_right(self, rows: int) -> bool:
        """Tell whether this many rows are right."""
        return rows < self.size


class AssertGroupSizeMoreThan(_AssertGroupSize):
    """Fail unless a group has more rows than this.

    Args:
        pattern: only groups whose key it matches are looked at; may be left out.
        size: number of rows, a count.
    Raises:
        AssertionFailed: (running) a group is not so; with its key and size.
    Source:
        cascading.operation.assertion.AssertGroupSizeMoreThan
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertGroupSizeMoreThan(1), [("a",), ("b",)], "x")
        [()]
    """

    relation = "more than "

    def is_right(self, rows: int) -> bool:
        """Tell whether this many rows are right."""
        return rows > self.size
