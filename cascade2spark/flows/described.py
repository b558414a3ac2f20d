"""What a flow can be asked and told that does not depend on its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.skips import FlowSkipIfSinkNotStale, FlowSkipStrategy
from cascade2spark.flows.stats import FlowStats, FlowStepStats
from cascade2spark.taps.base import Tap
from cascade2spark.taps.entries import TupleEntryCollector, TupleEntryIterator

__all__ = ["DescribedFlow", "FlowStepStrategy"]

_PRIORITIES = range(1, 11)
_DEFAULT_PRIORITY = 5


class FlowStepStrategy:
    """Cascading's hook by which a job set the configuration of single steps.

    Here it is kept and never called: steps have no configuration of their own. What a pipe should
    see is set by its ``get_config_def()``, and partitions by the pipe itself.
    """

    def apply(self, flow: Any, predecessors: Sequence[Any], step: Any) -> None:
        """Do nothing."""


class DescribedFlow:
    """Names, taps, properties and hooks of a flow."""

    name: str
    id: str
    definition: FlowDef
    properties: Mapping[str, Any]
    stats: FlowStats

    def __init__(self) -> None:
        self.skip_strategy: FlowSkipStrategy = FlowSkipIfSinkNotStale()
        self._step_strategy: Any = None
        self._priority = _DEFAULT_PRIORITY

    # -- names and properties --------------------------------------------------------------------

    def get_name(self) -> str:
        """Return the name."""
        return self.name

    def get_id(self) -> str:
        """Return the id."""
        return self.id

    def get_run_id(self) -> str | None:
        """Return the run id that was set on the FlowDef."""
        return self.definition.run_id

    def get_tags(self) -> str:
        """Return the tags, joined by commas."""
        return self.definition.get_tags()

    def get_flow_descriptor(self) -> dict[str, str]:
        """Return the descriptions that were added to the FlowDef, by key."""
        return dict(self.definition.descriptions)

    def get_class_path(self) -> list[str]:
        """Return the paths of the code that is shipped."""
        return list(self.definition.class_path)

    def get_property(self, key: str) -> Any:
        """Return one property of the flow."""
        return self.properties.get(key)

    def get_flow_steps(self) -> list[FlowStepStats]:
        """Return the steps, each with its number, kind, name and statistics."""
        return list(self.stats.steps)

    # -- taps ------------------------------------------------------------------------------------

    def get_sources(self) -> dict[str, Tap]:
        """Return the sources by name."""
        return dict(self.definition.sources)

    def get_sinks(self) -> dict[str, Tap]:
        """Return the sinks by name."""
        return dict(self.definition.sinks)

    def get_traps(self) -> dict[str, Tap]:
        """Return the traps by name."""
        return dict(self.definition.traps)

    def get_checkpoints(self) -> dict[str, Tap]:
        """Return the checkpoint taps by name."""
        return dict(self.definition.checkpoints)

    def get_source_names(self) -> list[str]:
        """Return the names of the sources."""
        return list(self.definition.sources)

    def get_sink_names(self) -> list[str]:
        """Return the names of the sinks."""
        return list(self.definition.sinks)

    def get_trap_names(self) -> list[str]:
        """Return the names of the traps."""
        return list(self.definition.traps)

    def get_checkpoint_names(self) -> list[str]:
        """Return the names of the checkpoints that have a tap."""
        return list(self.definition.checkpoints)

    def get_source(self, name: str | None = None) -> Tap:
        """Return a source; without a name the first."""
        return _chosen("source", self.definition.sources, name)

    def get_sink(self, name: str | None = None) -> Tap:
        """Return a sink; without a name the first."""
        return _chosen("sink", self.definition.sinks, name)

    def get_trap(self, name: str | None = None) -> Tap:
        """Return a trap; without a name the first."""
        return _chosen("trap", self.definition.traps, name)

    def open_source(self, name: str | None = None) -> TupleEntryIterator:
        """Return the rows of a source; without a name of the first."""
        return self.get_source(name).open_for_read()

    def open_sink(self, name: str | None = None) -> TupleEntryIterator:
        """Return the rows of a sink, as they are now; without a name of the first."""
        return self.get_sink(name).open_for_read()

    def open_trap(self, name: str | None = None) -> TupleEntryIterator:
        """Return the rows of a trap, as they are now; without a name of the first."""
        return self.get_trap(name).open_for_read()

    def open_tap_for_read(self, tap: Tap) -> TupleEntryIterator:
        """Return the rows of any tap."""
        return tap.open_for_read()

    def open_tap_for_write(self, tap: Tap) -> TupleEntryCollector:
        """Return a collector of rows for any tap."""
        return tap.open_for_write()

    # -- hooks -----------------------------------------------------------------------------------

    def get_flow_skip_strategy(self) -> FlowSkipStrategy:
        """Return what a cascade asks whether to skip this flow."""
        return self.skip_strategy

    def set_flow_skip_strategy(self, strategy: FlowSkipStrategy) -> FlowSkipStrategy:
        """Set what a cascade asks whether to skip this flow; return the one before."""
        before, self.skip_strategy = self.skip_strategy, strategy
        return before

    def is_skip_flow(self) -> bool:
        """Ask the skip strategy; `complete` by itself never does."""
        return self.skip_strategy.skip_flow(self)

    def set_flow_step_strategy(self, strategy: Any) -> None:
        """Keep a `FlowStepStrategy`, without effect, as the flow's statistics will say."""
        self._step_strategy = strategy
        self._ignore("the flow step strategy", "steps have no configuration of their own")

    def get_flow_step_strategy(self) -> Any:
        """Return the strategy that was set."""
        return self._step_strategy

    def set_submit_priority(self, priority: int) -> None:
        """Keep a priority from 1, the first, to 10, without effect, as the statistics will say.

        Raises:
            BuildError: it is none of these.
        """
        if priority not in _PRIORITIES:
            raise BuildError("a submit priority is a whole number from 1 to 10", asked=priority)
        self._priority = priority
        self._ignore("the submit priority", "Spark schedules the work: set spark.scheduler.pool")

    def get_submit_priority(self) -> int:
        """Return the priority. Default 5."""
        return self._priority

    def _ignore(self, what: str, why: str) -> None:
        self.stats.ignored = {**self.stats.ignored, what: why}


def _chosen(role: str, taps: Mapping[str, Tap], name: str | None) -> Tap:
    if name is None and taps:
        return next(iter(taps.values()))
    if name is None or name not in taps:
        raise BuildError(f"the flow has no {role} of this name", asked=name, available=list(taps))
    return taps[name]
