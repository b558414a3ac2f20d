"""Assertions on single rows: they raise AssertionFailed with the row that is not as it must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import AssertionFailed
from cascade2spark.fields import Fields
from cascade2spark.kinds import is_same
from cascade2spark.operations.arguments import joined_text, no_more, text_list
from cascade2spark.operations.base import (
    BaseOperation,
    FlowProcess,
    ValueAssertion,
    ValueAssertionCall,
)
from cascade2spark.operations.java_regex import compile_java

__all__ = [
    "AssertEquals",
    "AssertEqualsAll",
    "AssertMatches",
    "AssertMatchesAll",
    "AssertNotEquals",
    "AssertNotNull",
    "AssertNull",
    "AssertSizeEquals",
    "AssertSizeLessThan",
    "AssertSizeMoreThan",
    "RowAssertion",
]

Check = Callable[..., str | None]


class RowAssertion(BaseOperation, ValueAssertion):
    """Assertion given by a callable of the argument values that says what is wrong, or None."""

    def bind(self, argument_fields: Fields) -> Check:
        """Return the callable that one task applies to the argument values of each row."""
        raise NotImplementedError(f"{type(self).__name__} must define bind")

    def prepare(self, flow_process: FlowProcess, operation_call: ValueAssertionCall) -> None:
        """Bind the callable for this task."""
        operation_call.set_context(self.bind(operation_call.get_argument_fields()))

    def do_assert(self, flow_process: FlowProcess, assertion_call: ValueAssertionCall) -> None:
        """Apply the callable to one row and raise what it says."""
        row = tuple(assertion_call.get_arguments().get_tuple())
        wrong = assertion_call.get_context()(*row)
        if wrong is not None:
            raise AssertionFailed(
                f"{type(self).__name__} does not hold: {wrong}",
                row=row,
                fields=assertion_call.get_argument_fields(),
            )


class AssertNotNull(RowAssertion):
    """Fail when any argument is null.

    Args:
        arguments: none; it looks at the arguments of its Each.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertNotNull
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertNotNull(), [("a",)], "x")
        [('a',)]
    """

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        return lambda *values: _first_at(
            argument_fields, [value is None for value in values], "null"
        )


class AssertNull(RowAssertion):
    """Fail when any argument is not null.

    Args:
        arguments: none; it looks at the arguments of its Each.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertNull
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertNull(), [(None,)], "x")
        [(None,)]
    """

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        return lambda *values: _first_at(
            argument_fields, [value is not None for value in values], "not null"
        )


class AssertEquals(RowAssertion):
    """Fail unless the arguments are exactly these values, of the same kinds.

    Args:
        values: one for each argument; 1, 1.0 and True are three values.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertEquals
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertEquals("a", 1), [("a", 1)], ("x", "n"))
        [('a', 1)]
    """

    def __init__(self, *values: Any) -> None:
        super().__init__()
        self.values = values

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        wanted = self.values
        wrong = f"the values are not {wanted!r}"
        return lambda *values: None if _is_same_row(values, wanted) else wrong


class AssertNotEquals(RowAssertion):
    """Fail when the arguments are exactly these values, of the same kinds.

    Args:
        values: one for each argument, as of AssertEquals.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertNotEquals
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertNotEquals("a", 1), [("a", 1.0)], ("x", "n"))
        [('a', 1.0)]
    """

    def __init__(self, *values: Any) -> None:
        super().__init__()
        self.values = values

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        unwanted = self.values
        wrong = f"the values are {unwanted!r}"
        return lambda *values: wrong if _is_same_row(values, unwanted) else None


class AssertEqualsAll(RowAssertion):
    """Fail unless every argument is this value, of the same kind.

    Args:
        value: what each argument must be; 1, 1.0 and True are three values.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertEqualsAll
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertEqualsAll(0), [(0, 0)], ("a", "b"))
        [(0, 0)]
    """

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        wanted = self.value
        wrong = f"not {wanted!r}"
        return lambda *values: _first_at(
            argument_fields, [not is_same(value, wanted) for value in values], wrong
        )


class AssertMatches(RowAssertion):
    """Fail unless a pattern is found in the arguments, joined to one text; null is empty.

    Args:
        pattern: what to look for, anywhere in the text.
        negate: fail when it is found instead. Default False.
        delim: what joins the values. Default a tab.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertMatches
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertMatches("^[a-z]+$"), [("abc",)], "x")
        [('abc',)]
    """

    def __init__(self, pattern: str, *given: Any, negate: bool = False, delim: str = "\t") -> None:
        super().__init__()
        rest = list(given)
        self.pattern = pattern
        self.negate = rest.pop(0) if rest and isinstance(rest[0], bool) else negate
        self.delim = rest.pop(0) if rest and isinstance(rest[0], str) else delim
        no_more("AssertMatches", rest, "(pattern[, negate][, delim])")
        compile_java(pattern)

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        search, negate = compile_java(self.pattern).search, self.negate
        joined = joined_text(argument_fields, self.delim)
        wrong = f"the text {'matches' if negate else 'does not match'} {self.pattern!r}"
        return lambda *values: wrong if (search(joined(values)) is None) is not negate else None


class AssertMatchesAll(RowAssertion):
    """Fail unless a pattern is found in each argument; null is the empty text.

    Args:
        pattern: what to look for, anywhere in a value.
        negate: fail when it is found instead. Default False.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertMatchesAll
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertMatchesAll("^[a-z]+$"), [("abc", "de")], ("a", "b"))
        [('abc', 'de')]
    """

    def __init__(self, pattern: str, negate: bool = False) -> None:
        super().__init__()
        self.pattern = pattern
        self.negate = negate
        compile_java(pattern)

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""
        search, negate = compile_java(self.pattern).search, self.negate
        texts = text_list(argument_fields)
        wrong = f"{'' if negate else 'not '}matched by {self.pattern!r}"
        return lambda *values: _first_at(
            argument_fields,
            [(search(text) is None) is not negate for text in texts(values)],
            wrong,
        )


class _AssertSize(RowAssertion):
    """Fail unless the number of argument values stands in a relation to `size`."""

    relation = ""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = check_count(type(self).__name__, size)

    def is_right(self, width: int) -> bool:
        """Tell whether this many values are right."""
        raise NotImplementedError

    def bind(self, argument_fields: Fields) -> Check:
        """Return the check of one row."""

        def check(*values: Any) -> str | None:
            if self.is_right(len(values)):
                return None
            return f"there are {len(values)} values, not {self.relation}{self.size}"

        return check


class AssertSizeEquals(_AssertSize):
    """Fail unless a row has exactly this many values.

    Args:
        size: number of values, a count.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertSizeEquals
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertSizeEquals(2), [("a", 1)], ("x", "n"))
        [('a', 1)]
    """

    def is_right(self, width: int) -> bool:
        """Tell whether this many values are right."""
        return width == self.size


class AssertSizeLessThan(_AssertSize):
    """Fail unless a row has fewer values than this.

    Args:
        size: number of values, a count.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertSizeLessThan
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertSizeLessThan(3), [("a", 1)], ("x", "n"))
        [('a', 1)]
    """

    relation = "fewer than "

    def is_right(self, width: int) -> bool:
        """Tell whether this many values are right."""
        return width < self.size


class AssertSizeMoreThan(_AssertSize):
    """Fail unless a row has more values than this.

    Args:
        size: number of values, a count.
    Raises:
        AssertionFailed: (running) a row is not so; with the row.
    Source:
        cascading.operation.assertion.AssertSizeMoreThan
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertSizeMoreThan(1), [("a", 1)], ("x", "n"))
        [('a', 1)]
    """

    relation = "more than "

    def is_right(self, width: int) -> bool:
        """Tell whether this many values are right."""
        return width > self.size


def _is_same_row(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return len(left) == len(right) and all(map(is_same, left, right))


def _first_at(fields: Fields, wrong: list[bool], what: str) -> str | None:
    """Return what is wrong with the first wrong value, None when all are right."""
    if True not in wrong:
        return None
    place = wrong.index(True)
    known = fields.is_defined() and place < len(fields)
    name = repr(fields.get(place)) if known else str(place)
    return f"field {name} is {what}"
