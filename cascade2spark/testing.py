"""Running pipes and operations on a few rows in a unit test: one call, no JVM, milliseconds.

What is run is the same plan that runs on Spark, by the reference engine in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cascade2spark.flows.trials import (
    AssemblyRun,
    pipe_and_head,
    run_operation_alone,
    run_pipes,
)
from cascade2spark.local.engine import LocalEngine
from cascade2spark.name_hints import unknown_name as _unknown_name

__all__ = ["AssemblyRun", "rows_of", "run_assembly", "run_operation", "run_pipe"]

Row = tuple[Any, ...]


def run_pipe(
    pipe: Any,
    rows: Iterable[Any],
    fields: Any,
    *,
    properties: Mapping[str, Any] | None = None,
) -> Any:
    """Return the rows that leave an assembly with one head.

    Args:
        pipe: the tail, or several; or a callable that is given a head and builds it.
        rows: what enters, tuples of values.
        fields: the names of the values.
        properties: as for a connector.
    Returns:
        a list of tuples; for several tails a dict of such lists by the names of the tails.
    Raises:
        PlanError: the assembly cannot be planned.
        RunError: a row failed.
    Example:
        >>> from cascade2spark.operations.callables import function
        >>> double = function("twice")(lambda n: 2 * n)
        >>> run_pipe(lambda pipe: pipe.each("n", double), [(1,), (4,)], "n")
        [(2,), (8,)]
    """
    tails, head = pipe_and_head(pipe)
    return _shown(run_assembly(tails, {head: (fields, rows)}, properties=properties))


def rows_of(
    pipe: Any, sources: Mapping[str, Any], *, properties: Mapping[str, Any] | None = None
) -> Any:
    """Return the rows that leave an assembly with any number of heads.

    Args:
        pipe: the tail, or a list of several.
        sources: for each head, by name, its fields and its rows.
        properties: as for a connector.
    Returns:
        a list of tuples; for several tails a dict of such lists by the names of the tails.
    Example:
        >>> from cascade2spark.pipes import HashJoin, Pipe
        >>> joined = HashJoin(Pipe("visits"), "user", Pipe("names"), "id")
        >>> rows_of(joined, {
        ...     "visits": (("user", "url"), [(7, "/home")]),
        ...     "names": (("id", "name"), [(7, "Ada"), (8, "Bo")]),
        ... })
        [(7, '/home', 7, 'Ada')]
    """
    return _shown(run_assembly(pipe, sources, properties=properties))


def run_assembly(
    pipes: Any,
    sources: Mapping[str, Any],
    *,
    traps: Iterable[str] = (),
    properties: Mapping[str, Any] | None = None,
) -> AssemblyRun:
    """Run an assembly and return all that came of it: rows, fields, trapped rows, statistics.

    Args:
        pipes: the tail, or a list of several.
        sources: for each head, by name, its fields and its rows.
        traps: branch names that get a trap.
        properties: as for a connector.
    Example:
        >>> from cascade2spark.operations.callables import function
        >>> from cascade2spark.pipes import Each, Pipe
        >>> parsed = Each(Pipe("ages"), "text", function("age")(int))
        >>> ran = run_assembly(parsed, {"ages": ("text", [("41",), ("x",)])}, traps=["ages"])
        >>> ran.rows["ages"], ran.trapped["ages"]
        ([(41,)], [('x',)])
    """
    return run_pipes(pipes, sources, _local, traps=traps, properties=properties)


def run_operation(
    operation: Any,
    rows: Iterable[Any],
    argument_fields: Any,
    *,
    group: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Run one operation through its whole life, prepare to cleanup, and return its results.

    Args:
        operation: a Function, Filter, Aggregator, Buffer or assertion.
        rows: its arguments, tuples of values; for an Aggregator or Buffer the rows of one group.
        argument_fields: the names of the arguments.
        group: the names and values of the group's key. Default: a group without a key.
        properties: what the operation finds in its FlowProcess.
    Returns:
        the results alone; of a Filter or value assertion the rows that pass; of a group assertion
        one empty tuple if the group passes.
    Raises:
        Exception: what the operation raised.
    Source:
        cascading.CascadingTestCase.invokeFunction and its like
    Example:
        >>> from cascade2spark.operations.callables import keep_if
        >>> run_operation(keep_if(lambda n: n > 1), [(1,), (2,)], "n")
        [(2,)]
    """
    return run_operation_alone(
        operation, rows, argument_fields, _local, group=group, properties=properties
    )


def _local(settings: Any) -> LocalEngine:
    return LocalEngine()


def _shown(ran: AssemblyRun) -> Any:
    return next(iter(ran.rows.values())) if len(ran.rows) == 1 else ran.rows


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
