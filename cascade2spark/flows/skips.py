"""Whether a cascade may leave a flow out."""

from __future__ import annotations

from typing import Any, Protocol

from cascade2spark.errors import TapError

__all__ = ["FlowSkipIfSinkExists", "FlowSkipIfSinkNotStale", "FlowSkipStrategy"]


class FlowSkipStrategy(Protocol):
    """Asked before each flow of a cascade."""

    def skip_flow(self, flow: Any) -> bool:
        """Return True to leave the flow out."""
        ...


class FlowSkipIfSinkNotStale:
    """Skips a flow whose sinks all exist and are no older than any of its sources.

    A sink that is replaced or added to counts as missing.
    """

    def skip_flow(self, flow: Any) -> bool:
        """Tell whether the output is up to date."""
        sinks = _kept_sinks(flow)
        if sinks is None or not sinks:
            return False
        missing = [tap for tap in flow.get_sources().values() if not tap.resource_exists()]
        if missing:
            raise TapError(
                f"a source of flow {flow.get_name()!r} does not exist",
                asked=repr(missing[0]),
                origin=missing[0].origin,
            )
        newest = max(tap.get_modified_time() for tap in flow.get_sources().values())
        oldest = min(sink.get_modified_time() for sink in sinks)
        return bool(oldest >= newest)


class FlowSkipIfSinkExists:
    """Skips a flow whose sinks all exist, however old. One that is replaced counts as missing."""

    def skip_flow(self, flow: Any) -> bool:
        """Tell whether there is output."""
        return bool(_kept_sinks(flow))


def _kept_sinks(flow: Any) -> list[Any] | None:
    """Return the sinks if all exist and are kept, else None."""
    sinks = list(flow.get_sinks().values())
    if all(sink.is_keep() and sink.resource_exists() for sink in sinks):
        return sinks
    return None
