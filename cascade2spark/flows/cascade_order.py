"""In which order the flows of a cascade run: what each reads and writes decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cascade2spark.errors import CascadeError
from cascade2spark.flows.flow import Flow
from cascade2spark.origin import capture_origin
from cascade2spark.taps.base import Tap

__all__ = [
    "check_flows_differ",
    "dependencies_of",
    "flows_in_order",
    "identifiers_of",
    "sinks_of",
    "sources_of",
]


def check_flows_differ(flows: Sequence[Flow]) -> None:
    """Refuse two flows of one name, or with one sink."""
    by_name: dict[str, Flow] = {}
    by_sink: dict[str, Flow] = {}
    for flow in flows:
        if by_name.setdefault(flow.name, flow) is not flow:
            raise CascadeError(
                "two flows of a cascade have one name", asked=flow.name, origin=capture_origin()
            )
        for sink in sinks_of(flow):
            other = by_sink.setdefault(sink, flow)
            if other is not flow:
                raise CascadeError(
                    "two flows of a cascade write to one place",
                    asked=sink,
                    details={"flows": f"{other.name!r}, {flow.name!r}"},
                    origin=capture_origin(),
                )


def dependencies_of(flows: Sequence[Flow]) -> dict[str, set[str]]:
    """Return for each flow the names of those that write what it reads."""
    writers = {sink: flow.name for flow in flows for sink in sinks_of(flow)}
    waits: dict[str, set[str]] = {}
    for flow in flows:
        waits[flow.name] = {writers[name] for name in sources_of(flow) if name in writers}
        if flow.name in waits[flow.name]:
            own = sorted(set(sources_of(flow)) & set(sinks_of(flow)))
            raise CascadeError(
                f"flow {flow.name!r} reads its own output", asked=own, origin=capture_origin()
            )
    return waits


def flows_in_order(flows: Sequence[Flow], waits: Mapping[str, set[str]]) -> list[Flow]:
    """Return the flows, each after those it waits for."""
    ordered: dict[str, Flow] = {}
    while len(ordered) < len(flows):
        ready = [
            flow
            for flow in flows
            if flow.name not in ordered and waits[flow.name] <= ordered.keys()
        ]
        if not ready:
            left = [flow.name for flow in flows if flow.name not in ordered]
            missing = [f"{name!r} for {', '.join(map(repr, sorted(waits[name])))}" for name in left]
            raise CascadeError(
                "the flows of a cascade wait for each other",
                asked=left,
                details={"waits": "; ".join(missing)},
                origin=capture_origin(),
            )
        ordered.update((flow.name, flow) for flow in ready)
    return list(ordered.values())


def identifiers_of(tap: Tap) -> list[str]:
    """Return the places of a tap: those of its parts, for a tap of several."""
    parts: Callable[[], Sequence[Tap]] | None = getattr(tap, "get_child_taps", None)
    if parts is None:
        return [tap.get_full_identifier()]
    return [name for part in parts() for name in identifiers_of(part)]


def sources_of(flow: Flow) -> list[str]:
    """Return the places that a flow reads."""
    return [name for tap in flow.get_sources().values() for name in identifiers_of(tap)]


def sinks_of(flow: Flow) -> list[str]:
    """Return the places that a flow writes: sinks and checkpoints."""
    taps = [*flow.get_sinks().values(), *flow.get_checkpoints().values()]
    return [name for tap in taps for name in identifiers_of(tap)]
