"""Filters on nulls and on numbers of rows, and those that only watch: Debug, Counter, Status.

Filters say which rows go. What counts rows is not safe: the rows it sees may not change.
"""

from __future__ import annotations

import enum
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from cascade2spark.argument_checks import check_count, check_number
from cascade2spark.counters import counter_name
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.arguments import no_more
from cascade2spark.operations.base import BaseOperation, Filter, FilterCall, FlowProcess
from cascade2spark.operations.callables import RowFilter
from cascade2spark.operations.java_random import ADDEND, MASK, MULTIPLIER, JavaRandom
from cascade2spark.types import text_of

__all__ = ["Counter", "Debug", "FilterNotNull", "FilterNull", "Limit", "Sample", "Status"]


class FilterNull(RowFilter):
    """Remove the rows in which any argument is null.

    Args:
        arguments: none; as every filter it takes the arguments of its Each.
    Source:
        cascading.operation.filter.FilterNull
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(FilterNull(), [("a", 1), ("b", None)], ("x", "n"))
        [('a', 1)]
    """

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        if argument_fields.is_defined() and len(argument_fields) == 1:
            return lambda value: value is None
        # By class: a value's own == is not asked, and it takes half the time of any().
        null = type(None)
        return lambda *values: null in map(type, values)


class FilterNotNull(RowFilter):
    """Remove the rows in which any argument is not null; rows with nothing but nulls stay.

    Args:
        arguments: none; as every filter it takes the arguments of its Each.
    Source:
        cascading.operation.filter.FilterNotNull
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(FilterNotNull(), [("a", 1), (None, None)], ("x", "n"))
        [(None, None)]
    """

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        if argument_fields.is_defined() and len(argument_fields) == 1:
            return lambda value: value is not None
        return lambda *values: any(value is not None for value in values)


class Sample(RowFilter):
    """Keep about this part of the rows, chosen by Java's Random.

    Every task starts a generator of its own with the same seed.

    Args:
        seed: seed of the generator. Default: the time of construction.
        fraction: part of the rows to keep, from 0 to 1.
    Raises:
        BuildError: the fraction is no number from 0 to 1, or the seed no whole number.
    Source:
        cascading.operation.filter.Sample
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Sample(7, 0.5), [(n,) for n in range(9)], "n")
        [(2,), (5,), (6,), (8,)]
    """

    is_blind = True

    def __init__(self, *given: float) -> None:
        super().__init__()
        if len(given) not in (1, 2):
            raise BuildError("Sample takes a fraction, or a seed and a fraction", asked=len(given))
        seed = given[0] if len(given) == 2 else time.time_ns() // 1_000_000
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise BuildError("Sample takes its seed as a whole number, first", asked=seed)
        self.seed = seed
        self.fraction = check_number("Sample", given[-1], 0, 1)

    def is_safe(self) -> bool:
        """Return False: each row moves the generator on."""
        return False

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        return self.drawing(JavaRandom(self.seed))

    def drawing(self, random: JavaRandom) -> Callable[..., bool]:
        """Return the same test over a generator that others draw from too."""
        fraction = self.fraction

        def is_left_out(*values: Any) -> bool:
            # JavaRandom.next_double, written out: a call less for each row.
            high = (random.state * MULTIPLIER + ADDEND) & MASK
            random.state = low = (high * MULTIPLIER + ADDEND) & MASK
            return (((high >> 22) << 27) + (low >> 21)) * 2.0**-53 >= fraction

        return is_left_out


class Limit(BaseOperation, Filter):
    """Keep the first rows of each task, n in all when every task has enough of them.

    n is shared out evenly, the first tasks taking one more where it does not divide; a task with
    fewer rows leaves its share unused. All rows are still read.

    Args:
        limit: number of rows, a count.
    Raises:
        BuildError: it is no whole number, or less than 0.
    Source:
        cascading.operation.filter.Limit
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Limit(2), [("a",), ("b",), ("c",)], "x")
        [('a',), ('b',)]
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = check_count("Limit", limit)

    def is_safe(self) -> bool:
        """Return False: it counts rows."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Work out this task's share."""
        tasks = max(1, flow_process.get_num_process_slices())
        share, rest = divmod(self.limit, tasks)
        operation_call.set_context(share + (flow_process.get_current_slice_num() < rest))

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Take one off the share while there is some."""
        left = filter_call.get_context()
        filter_call.set_context(left - 1)
        return bool(left <= 0)


class Debug(BaseOperation, Filter):
    """Print every row, and at the end how many there were; no row is removed.

    Args:
        output: where to print. Default standard error; ``Debug.Output.STDOUT`` is the other.
        prefix: stands before each line.
        print_fields: print the names of the fields too, before every tenth row.
    Raises:
        BuildError: arguments in none of the orders accepted.
    Source:
        cascading.operation.Debug
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Debug(Debug.Output.STDOUT, "seen", True), [("a", 1)], ("x", "n"))
        seen: 'x', 'n'
        seen: ['a','1']
        seen: tuples count: 1
        [('a', 1)]
    """

    class Output(enum.Enum):
        """Where Debug prints."""

        STDOUT = "stdout"
        STDERR = "stderr"

    def __init__(self, *given: Any, print_fields: bool = False) -> None:
        super().__init__()
        rest = list(given)
        self.output = rest.pop(0) if rest and isinstance(rest[0], Debug.Output) else None
        self.prefix = rest.pop(0) if rest and isinstance(rest[0], str) else None
        self.print_fields = rest.pop(0) if rest and isinstance(rest[0], bool) else print_fields
        no_more("Debug", rest, "([output,] [prefix,] [print_fields])")
        self.print_tuple_every = 1
        self.print_fields_every = 10
        self._template = -1, ""  # of the width seen last

    def set_print_tuple_every(self, rows: int) -> None:
        """Print only every so many rows; 0 prints none."""
        self.print_tuple_every = rows

    def set_print_fields_every(self, rows: int) -> None:
        """Print the names of the fields before every so many rows."""
        self.print_fields_every = rows

    def get_print_tuple_every(self) -> int:
        """Return how often a row is printed."""
        return self.print_tuple_every

    def get_print_fields_every(self) -> int:
        """Return how often the names are printed."""
        return self.print_fields_every

    def is_safe(self) -> bool:
        """Return False: what it prints is what was seen at its place."""
        return False

    def prepare(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Begin to count."""
        operation_call.set_context(0)

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Print one row when its turn has come."""
        seen = filter_call.get_context()
        arguments = filter_call.get_arguments()
        if self.print_fields and seen % max(1, self.print_fields_every) == 0:
            self.write([str(arguments.get_fields())])
        if self.print_tuple_every and seen % self.print_tuple_every == 0:
            row = (*arguments,)
            # Texts and whole numbers stand as they are: one template takes a third of the time.
            if _AS_THEY_ARE.issuperset(map(type, row)):
                width, template = self._template
                if width != len(row):
                    template = _template(self.prefix, len(row))
                    self._template = len(row), template
                self._stream().write(template % row)
            else:
                self.write([f"[{','.join(map(_quoted, row))}]"])
        filter_call.set_context(seen + 1)
        return False

    def cleanup(self, flow_process: FlowProcess, operation_call: FilterCall) -> None:
        """Print how many rows there were."""
        self.write([f"tuples count: {operation_call.get_context() or 0}"])

    def write(self, lines: Sequence[str], before: str = "", after: str = "") -> None:
        """Print lines, each behind the prefix, as one text.

        Args:
            lines: at least one.
            before, after: put around each.
        """
        start = f"{self.prefix}: {before}" if self.prefix else before
        self._stream().write(f"{start}{f'{after}{_END}{start}'.join(lines)}{after}\n")

    def _stream(self) -> TextIO:
        return sys.stdout if self.output is _STDOUT else sys.stderr


class Counter(BaseOperation, Filter):
    """Add to a counter for every row; no row is removed.

    Args:
        counter: a member of an enum; or two arguments, group and name.
        increment: what to add. Default 1.
    Raises:
        BuildError: arguments in none of the orders accepted.
    Source:
        cascading.operation.state.Counter
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Counter("jobs", "rows"), [("a",), ("b",)], "x")
        [('a',), ('b',)]
    """

    def __init__(self, *given: Any, increment: int = 1) -> None:
        super().__init__()
        rest = list(given)
        forms = "(enum member[, increment]), (group, name[, increment])"
        if rest and isinstance(rest[0], enum.Enum):
            self.counter = counter_name(rest.pop(0))
        elif len(rest) > 1 and isinstance(rest[0], str) and isinstance(rest[1], str):
            self.counter = (rest.pop(0), rest.pop(0))
        else:
            raise BuildError("Counter needs a counter", details={"accepted": forms})
        self.increment: int = rest.pop(0) if rest else increment
        no_more("Counter", rest, forms)

    def is_safe(self) -> bool:
        """Return False: each row may be counted once only."""
        return False

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Count one row."""
        flow_process.counters.increment(self.counter, self.increment)
        return False


class Status(BaseOperation, Filter):
    """Set the status of the task once, when its first row comes; no row is removed.

    Args:
        status: the text.
    Source:
        cascading.operation.state.Status
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Status("reading"), [("a",)], "x")
        [('a',)]
    """

    def __init__(self, status: str) -> None:
        super().__init__()
        self.status = status

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        """Set the status at the first row."""
        if filter_call.get_context() is None:
            filter_call.set_context(self.status)
            flow_process.set_status(self.status)
        return False


_END = "\n"
_AS_THEY_ARE = frozenset({str, int})
_STDOUT = Debug.Output.STDOUT  # looking it up there takes longer than writing a short line


def _template(prefix: str | None, width: int) -> str:
    start = f"{prefix}: ".replace("%", "%%") if prefix else ""
    places = ",".join(["'%s'"] * width)
    return f"{start}[{places}]\n"


def _quoted(value: Any) -> str:
    return "null" if value is None else f"'{text_of(value)}'"
