"""Unique: the first row of each key."""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from cascade2spark.assemblies.forms import CAPACITY, parsed, refusal
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import remove_if
from cascade2spark.operations.extents import First
from cascade2spark.operations.folds import Include as Rows
from cascade2spark.pipes import Each, Every, GroupBy, SubAssembly

__all__ = ["Unique"]


class Unique(SubAssembly):
    """The first row of each key, whole, sorted by the key.

    Java's orders: ``Unique([name], pipe | pipes, fields, [include], [capacity])``.

    Args:
        include: NO_NULLS drops rows whose unique fields are all null.
        capacity: most keys held before the exchange, a count; 0 means the flow's setting.
    Raises:
        BuildError: arguments that are not in this order.
    Source:
        cascading.pipe.assembly.Unique
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> made = lambda pipe: Unique(pipe, "x")
        >>> run_pipe(made, [("a", 1), ("b", 2), ("a", 5)], ("x", "n"))
        [('a', 1), ('b', 2)]
    """

    class Cache(enum.Enum):
        """What is counted of the keys before the exchange."""

        Num_Keys_Flushed = "keys that left before the end of their task"
        Num_Keys_Hit = "rows whose key was held"
        Num_Keys_Missed = "rows whose key was not held"

    Include: ClassVar[type[Rows]] = Rows
    cache_counters: ClassVar[str] = "Unique.Cache"

    def __init__(self, *given: Any, include: Rows | None = None, capacity: int = 0) -> None:
        form = parsed(self, given)
        if not form.pipes or len(form.fields) != 1 or form.parts or form.type is not None:
            raise refusal(self, given, "it takes pipes and the unique fields")
        super().__init__(*form.pipes, name=form.name)
        unique, inputs = form.fields[0], form.pipes
        if (include or form.include) is Rows.NO_NULLS:
            inputs = [Each(pipe, unique, remove_if(_are_all_null)) for pipe in inputs]
        named = [] if form.name is None else [form.name]
        grouped = GroupBy(*named, inputs[0] if len(inputs) == 1 else inputs, group=unique)
        if capacity or form.capacity:
            grouped.get_config_def().set_property(CAPACITY, capacity or form.capacity)
        self.set_tails(Every(grouped, Fields.ALL, First(), Fields.RESULTS))


def _are_all_null(*values: Any) -> bool:
    return all(value is None for value in values)
