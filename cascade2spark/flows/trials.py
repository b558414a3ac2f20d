"""Running pipes, or one operation, on rows in memory: what `cascade2spark.testing` is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.flows.connecting import connect_flow
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.stats import FlowStats
from cascade2spark.operations.base import (
    Aggregator,
    AssertionLevel,
    Buffer,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import aggregator
from cascade2spark.pipes import Each, Every, GroupBy, Pipe, tails_of
from cascade2spark.taps.memory import MemoryTap

__all__ = ["AssemblyRun", "run_operation_alone", "run_pipes"]

Row = tuple[Any, ...]
Engines = Callable[[Any], Any]


@attrs.frozen
class AssemblyRun:
    """What came of running pipes.

    Attributes:
        rows: for each tail, by name, its rows.
        fields: for each tail, by name, its fields.
        trapped: for each trap, by name, its rows.
        stats: counters, and rows at every pipe.
    """

    rows: dict[str, list[Row]]
    fields: dict[str, Fields]
    trapped: dict[str, list[Row]]
    stats: FlowStats


def run_pipes(
    pipes: Any,
    sources: Mapping[str, Any],
    engines: Engines,
    *,
    traps: Iterable[str] = (),
    properties: Mapping[str, Any] | None = None,
) -> AssemblyRun:
    """Run tails over rows for every head; see `testing.run_assembly`."""
    definition = FlowDef().add_tails(pipes)
    for name, given in sources.items():
        definition.add_source(name, source_of(name, given))
    sinks = {tail.name: MemoryTap() for tail in definition.tails}
    caught = {name: MemoryTap() for name in traps}
    definition.add_sinks(sinks).add_traps(caught)
    flow = connect_flow(
        definition, {"cascade2spark.progress": "off", **(properties or {})}, engines
    )
    flow.complete()
    writes = {write.site.name: write for write in flow.planned.steps.writes}
    return AssemblyRun(
        rows={name: tap.rows for name, tap in sinks.items()},
        fields={name: writes[name].fields for name in sinks},
        trapped={name: tap.rows for name, tap in caught.items()},
        stats=flow.get_stats(),
    )


def source_of(name: str, given: Any) -> MemoryTap:
    """Return the tap of one head, given as (fields, rows) or as a MemoryTap."""
    if isinstance(given, MemoryTap):
        return given
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
        raise BuildError(
            f"the rows of head {name!r} are given with their fields",
            asked=repr(given)[:200],
            fix=f'write {{"{name}": (("field", …), [(value, …), …])}}',
        )
    return MemoryTap(given[0], given[1])


def pipe_and_head(given: Any) -> tuple[list[Pipe], str]:
    """Return the tails and the name of the one head of a pipe, or of what a callable builds."""
    built = given if isinstance(given, Pipe) else given(Pipe("in"))
    tails = tails_of(built) if isinstance(built, Pipe) else built
    flat = [tail for pipe in tails for tail in tails_of(pipe)]
    heads = list(dict.fromkeys(head.name for tail in flat for head in tail.get_heads()))
    if len(heads) != 1:
        raise BuildError(
            f"rows were given for one head, and the assembly has {len(heads)}",
            available=heads,
            fix="use rows_of(pipe, {head: (fields, rows), …})",
        )
    return flat, heads[0]


def run_operation_alone(
    operation: Any,
    rows: Iterable[Any],
    argument_fields: Any,
    engines: Engines,
    *,
    group: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Run one operation over rows; see `testing.run_operation`."""
    arguments, key = as_fields(argument_fields), dict(group or {})
    pipe = Pipe("in")
    selector: Any = arguments if arguments.is_defined() else Fields.ALL
    if isinstance(operation, (Aggregator, Buffer, GroupAssertion)):
        if key and not arguments.is_defined():
            raise BuildError("a group's key is named, so the arguments must be named as well")
        pipe = _over_group(operation, GroupBy(pipe, Fields(*key) if key else Fields.NONE), selector)
    elif isinstance(operation, ValueAssertion):
        pipe = Each(pipe, selector, AssertionLevel.STRICT, operation)
    else:
        pipe = Each(pipe, selector, operation)
    fields = Fields(*key).append(arguments) if key else arguments
    given = [(*key.values(), *row) for row in rows]
    try:
        ran = run_pipes(pipe, {"in": (fields, given)}, engines, properties=properties)
    except RunError as error:
        # A test of an operation expects what the operation raised.
        if type(error) is RunError and error.__cause__ is not None:
            raise error.__cause__ from None
        raise
    found = ran.rows[pipe.name]
    return [()] * len(found) if isinstance(operation, GroupAssertion) else found


def _over_group(operation: Any, group: Pipe, selector: Any) -> Pipe:
    if not isinstance(operation, GroupAssertion):
        return Every(group, selector, operation, Fields.RESULTS)
    # A group assertion cannot stand alone.
    counted = aggregator("rows", zero=0, step=lambda rows, *values: rows + 1)
    return Every(Every(group, counted), selector, AssertionLevel.STRICT, operation)
