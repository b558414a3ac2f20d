"""The aggregations of one task: CountByLocally and its kin. Nothing crosses an exchange."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import ClassVar

from cascade2spark.assemblies.aggregating import AverageBy, CountBy, MaxBy, MinBy, SumBy
from cascade2spark.assemblies.forms import Aggregation, Form, Part, refusal
from cascade2spark.fields import Fields
from cascade2spark.operations.composite import CompositeFunction
from cascade2spark.operations.partials import FoldFunctor
from cascade2spark.pipes import Each, Merge, Pipe, SubAssembly

__all__ = [
    "AggregateByLocally",
    "AverageByLocally",
    "CountByLocally",
    "MaxByLocally",
    "MinByLocally",
    "SumByLocally",
]


class AggregateByLocally(Aggregation):
    """Base of the aggregations of one task: nothing joins the results of several.

    Args:
        previous: the pipes to go on from.
        name: name of the assembly.
    Source:
        cascading.pipe.assembly.AggregateByLocally
    Example:
        >>> issubclass(CountByLocally, AggregateByLocally)
        True
    """

    class Cache(enum.Enum):
        """What is counted of the keys of a task."""

        Num_Keys_Flushed = "keys that left before the end of their task"
        Num_Keys_Hit = "rows whose key was held"
        Num_Keys_Missed = "rows whose key was not held"

    cache_counters: ClassVar[str] = "AggregateByLocally.Cache"

    def _wire(self, form: Form, group: Fields, parts: Sequence[Part], capacity: int) -> None:
        SubAssembly.__init__(self, *form.pipes, name=form.name)
        values = [group if part.values.is_group() else part.values for part in parts]
        wanted = Fields.merge(group, *values).un_apply_types()
        functors = [part.functor or FoldFunctor(part.operation) for part in parts]
        folding = CompositeFunction(group, values, functors, capacity)
        folding.counters = self.cache_counters
        named = [] if form.name is None else [form.name]
        source: Pipe = form.pipes[0] if len(form.pipes) == 1 else Merge(*named, *form.pipes)
        if named and len(form.pipes) == 1:
            source = Pipe(form.name, source)
        self.set_tails(Each(source, wanted, folding, Fields.RESULTS))

    def _start_parts(
        self, form: Form, parts: Sequence[Part], group: Fields | None, capacity: int
    ) -> None:
        if not form.pipes or group is None:
            raise refusal(self, (), "it is no part of another: it needs pipes and the group fields")
        self._wire(form, group, parts, capacity or form.capacity)


class CountByLocally(AggregateByLocally, CountBy):  # type: ignore[misc]  # its own Cache
    """Counts rows by key within each task: a row for each key of a task, and of each eviction.

    For keys that are in one task only, or for results that another aggregation joins. The orders
    of arguments are those of CountBy with pipes; the order of the rows is that of a cache.

    Java's orders: ``CountByLocally([name], pipe | pipes, group, [values], count, [include],
    [capacity])``.

    Args:
        capacity: most keys held, a count; 0 means the flow's setting, or else 10,000.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.CountByLocally
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: CountByLocally(pipe, "x", "rows")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('b', 1), ('a', 2)]
    """


class SumByLocally(AggregateByLocally, SumBy):  # type: ignore[misc]  # its own Cache
    """Sums by key within each task; see CountByLocally.

    Java's orders: ``SumByLocally([name], pipe | pipes, group, value, sum, type, [capacity])``.

    Args:
        given: in the order above.
        type: type of the sum; whole numbers are exact.
        capacity: most keys held, a count; 0 means the flow's setting, or else 10,000.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.SumByLocally
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: SumByLocally(pipe, "x", "n", "total", int)
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('b', 2), ('a', 6)]
    """


class AverageByLocally(AggregateByLocally, AverageBy):  # type: ignore[misc]  # its own Cache
    """Averages by key within each task; see CountByLocally.

    Java's orders: ``AverageByLocally([name], pipe | pipes, group, value, average, [include],
    [capacity])``.

    Args:
        given: in the order above.
        include: ALL (default) counts null as 0, NO_NULLS leaves it out.
        capacity: most keys held, a count; 0 means the flow's setting, or else 10,000.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.AverageByLocally
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: AverageByLocally(pipe, "x", "n", "mean")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('b', 2.0), ('a', 3.0)]
    """


class MinByLocally(AggregateByLocally, MinBy):  # type: ignore[misc]  # its own Cache
    """The least value by key within each task; see CountByLocally.

    Java's orders: ``MinByLocally([name], pipe | pipes, group, value, min, [capacity])``.

    Args:
        given: in the order above.
        capacity: most keys held, a count; 0 means the flow's setting, or else 10,000.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.MinByLocally
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: MinByLocally(pipe, "x", "n", "least")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('b', 2), ('a', 1)]
    """


class MaxByLocally(AggregateByLocally, MaxBy):  # type: ignore[misc]  # its own Cache
    """The greatest value by key within each task; see CountByLocally.

    Java's orders: ``MaxByLocally([name], pipe | pipes, group, value, max, [capacity])``.

    Args:
        given: in the order above.
        capacity: most keys held, a count; 0 means the flow's setting, or else 10,000.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.MaxByLocally
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: MaxByLocally(pipe, "x", "n", "most")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('b', 2), ('a', 5)]
    """
