"""Making a flow of what a FlowDef says, and a cascade of flows; what the connectors call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.argument_checks import check_count
from cascade2spark.config import Settings
from cascade2spark.errors import CascadeError, Unsupported
from cascade2spark.flows.cascade import Cascade, CascadeDef
from cascade2spark.flows.cascade_order import check_flows_differ, dependencies_of, flows_in_order
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.flows.outputs import split_multi_sinks
from cascade2spark.flows.restarts import restart_of
from cascade2spark.origin import capture_origin
from cascade2spark.planner.build import plan_flow

__all__ = ["connect_cascade", "connect_flow"]

_CONCURRENT = "cascading.cascade.maxconcurrentflows"


def connect_flow(definition: FlowDef, properties: Mapping[str, Any], engine: Any) -> Flow:
    """Plan what a FlowDef says and return the flow.

    Args:
        definition: the FlowDef.
        properties: the connector's; the FlowDef's own come over them.
        engine: a callable that makes an Engine of the settings.
    Raises:
        PlanError: the assembly cannot be planned; it lists everything that is wrong.
        BuildError: a property has a wrong name or value.
    """
    merged = {**properties, **definition.properties}
    settings = Settings.from_properties(merged)
    if definition.assertion_level is not None:
        settings = attrs.evolve(settings, assertion_level=definition.assertion_level.name.lower())
    if definition.debug_level is not None:
        settings = attrs.evolve(settings, debug_level=definition.debug_level.name.lower())
    planned = plan_flow(
        definition.flow_name(),
        definition.sources,
        definition.sinks,
        definition.planned_tails(merged),
        definition.traps,
        definition.checkpoints,
        settings,
        properties=merged,
        is_restartable=definition.name is not None and definition.run_id is not None,
    )
    planned = attrs.evolve(planned, steps=split_multi_sinks(planned.steps))
    ready = engine(settings)
    _ship_code(ready, definition)
    if hasattr(ready, "check"):
        ready.check(planned.steps)
    restart = restart_of(definition, planned.steps, settings, merged, ready)
    if restart is not None:
        planned = attrs.evolve(planned, steps=restart.plan)
    return Flow(definition, planned, ready, settings, merged, restart)


def connect_cascade(given: Sequence[Any], properties: Mapping[str, Any]) -> Cascade:
    """Return the cascade of ``(cascade_def)`` or ``([name], flows…)``."""
    if len(given) == 1 and isinstance(given[0], CascadeDef):
        definition = given[0]
    else:
        rest = list(given)
        definition = CascadeDef()
        if rest and isinstance(rest[0], str):
            definition.set_name(rest.pop(0))
        definition.add_flows(*rest)
    if not definition.flows:
        raise CascadeError("a cascade needs at least one flow", origin=capture_origin())
    flows = definition.flows
    check_flows_differ(flows)
    waits = dependencies_of(flows)
    ordered = flows_in_order(flows, waits)
    most = definition.max_concurrent_flows
    if most is None:
        asked = str(properties.get(_CONCURRENT) or 0).strip()
        # A property may be a text, as in a file of properties.
        most = check_count(_CONCURRENT, int(asked) if asked.isdecimal() else asked)
    name = definition.name or "+".join(flow.name for flow in flows)
    return Cascade(name, ordered, waits, most, definition.tags)


def _ship_code(engine: Any, definition: FlowDef) -> None:
    if not definition.class_path:
        return
    if not hasattr(engine, "add_code"):
        raise Unsupported(
            f"the {engine.name} engine cannot ship code",
            asked=definition.class_path,
            origin=definition.origin,
        )
    engine.add_code(tuple(definition.class_path))
