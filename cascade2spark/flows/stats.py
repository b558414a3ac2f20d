"""What is known of a run: status, time, counters, rows at every pipe and tap."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.counters import Counters, SliceCounters, StepCounters, counter_name
from cascade2spark.errors import shown_value
from cascade2spark.flows.status import CountedStats, Stats, Status
from cascade2spark.planner.steps import (
    CoGroup,
    Group,
    Read,
    RunResult,
    Site,
    Step,
    StepPlan,
)
from cascade2spark.value_text import size_text

__all__ = [
    "CascadeStats",
    "ExchangeStats",
    "FlowStats",
    "FlowStepStats",
    "KeyShare",
    "SiteStats",
    "Status",
]


# From here on a key is shown without being asked for, unless there is hardly anything to do.
_HEAVY_SHARE = 0.2
_FEW_ROWS = 10_000

_log = logging.getLogger("cascade2spark.settings")


@attrs.frozen
class SiteStats:
    """Rows at one pipe or tap.

    Attributes:
        form: `rows` or `columns`, None when the engine does not say.
        conversions: batches that changed form here, by direction.
        fallbacks: batches that became rows, or stayed rows, although columns were wanted, by
            reason.
    """

    site: Site
    rows_in: int
    rows_out: int
    form: str | None = None
    conversions: Mapping[str, int] = attrs.field(factory=dict)
    fallbacks: Mapping[str, int] = attrs.field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "pipe": self.site.label,
            "kind": self.site.kind,
            "name": self.site.name,
            "origin": None if self.site.origin is None else str(self.site.origin),
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "form": self.form,
            "conversions": dict(self.conversions),
            "fallbacks": dict(self.fallbacks),
        }


@attrs.frozen
class KeyShare:
    """One of the heaviest keys of an exchange.

    Attributes:
        key: its values; long texts are cut, and what is neither number, text nor date is its repr.
        share: its part of the rows of the exchange, from 0 to 1; within a tenth of itself when it
            is above 0.05.
    """

    key: tuple[Any, ...]
    share: float


@attrs.frozen
class ExchangeStats:
    """The rows that one input of a group or join sent to other tasks.

    Attributes:
        input: number of the input, from 0; several for a CoGroup.
        name: what the rows come from.
        rows: how many there were; after partial aggregation, if that was done.
        heaviest: the keys with most rows, heaviest first; at most ten.
    """

    input: int
    name: str
    rows: int
    heaviest: tuple[KeyShare, ...]


class FlowStepStats(Stats):
    """One step: its pipes and their rows."""

    def __init__(self, step: Step, flow_id: str) -> None:
        super().__init__(step.site.label, f"{flow_id}/{step.number}")
        self.number = step.number
        self.kind = type(step).__name__
        self.fired = step.fired
        self.sites: list[SiteStats] = []
        self.details: Mapping[str, Any] = {}
        self.engine_seconds: float | None = None
        self.exchanges: list[ExchangeStats] = []
        self._step_sites = step.sites or (step.site,)
        self._inputs = [before.site.label for before in step.inputs]

    def fill(self, result: RunResult) -> None:
        """Take what the engine reported."""
        self.engine_seconds = result.seconds.get(self.number)
        self.details = result.details.get(self.number, {})
        self.exchanges = [
            ExchangeStats(
                one["input"],
                self._inputs[one["input"]],
                one["rows"],
                tuple(KeyShare(**shares) for shares in one["heaviest"]),
            )
            for one in self.details.get("exchanges", ())
        ]
        self.sites = [
            SiteStats(
                site,
                result.rows_in.get(site.key, 0),
                result.rows_out.get(site.key, 0),
                result.forms.get(site.key, "rows"),
                result.conversions.get(site.key, {}),
                result.fallbacks.get(site.key, {}),
            )
            for site in self._step_sites
        ]

    def heavy_keys(self, least: float = _HEAVY_SHARE) -> list[tuple[str, str, str, str]]:
        """Return the keys that have at least a share of the rows of an exchange, as texts.

        Such a key takes one task that much of the time of all.
        """
        return [
            (
                self.name,
                ", ".join(map(shown_value, one.key)),
                f"{one.share:.0%} of {exchange.rows:,} rows",
                exchange.name,
            )
            for exchange in self.exchanges
            for one in exchange.heaviest
            if one.share >= least and exchange.rows >= _FEW_ROWS
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "number": self.number,
            "kind": self.kind,
            "name": self.name,
            "status": self.status.value,
            "seconds": self.engine_seconds,
            "rules": list(self.fired),
            "pipes": [site.to_dict() for site in self.sites],
            "details": {name: _plain(value) for name, value in self.details.items()},
        }

    def __repr__(self) -> str:
        return f"step {self.number} {self.kind} {self.name!r} {self.status.value}"


class FlowStats(CountedStats):
    """A flow's run: counters, and a child for each step."""

    def __init__(self, name: str, id_: str, plan: StepPlan, tags: Sequence[str] = ()) -> None:
        super().__init__(name, id_)
        self.tags = tuple(tags)
        self.steps = [FlowStepStats(step, id_) for step in plan.steps]
        self.ignored: Mapping[str, str] = {}
        self.unused_checkpoints: Mapping[str, str] = {}
        self._counters = Counters()
        self._derived = Counters()
        self._plan = plan

    @property
    def counters(self) -> Counters:
        """The counters, complete when the flow has ended."""
        return self._counters

    @property
    def derived(self) -> Counters:
        return self._derived

    def fill(self, result: RunResult) -> None:
        """Take what the engine reported of a run that succeeded."""
        self._counters = result.counters
        self._derived = derived_counters(self._plan, result)
        for step in self.steps:
            step.fill(result)
            if not step.is_finished():
                step.mark(Status.SUCCESSFUL)

    def fill_partly(self, result: RunResult) -> None:
        """Take what was counted in a run that failed or was stopped."""
        self._counters.merge(result.counters)
        self._derived.merge(derived_counters(self._plan, result))
        for step in self.steps:
            step.fill(result)

    def get_children(self) -> list[FlowStepStats]:
        """Return the statistics of the steps."""
        return list(self.steps)

    def get_flow_step_stats(self) -> list[FlowStepStats]:
        """Return the statistics of the steps."""
        return list(self.steps)

    def get_steps_count(self) -> int:
        """Return the number of steps."""
        return len(self.steps)

    def site_stats(self) -> list[SiteStats]:
        """Return the rows at every pipe and tap, each once, in planning order."""
        found = {site.site.key: site for step in self.steps for site in step.sites}
        return list(found.values())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "name": self.name,
            "id": self.id,
            "status": self.status.value,
            "seconds": self.seconds,
            "tags": list(self.tags),
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
            "counters": counters_as_dict(self._counters),
            "steps": [step.to_dict() for step in self.steps],
            "ignored_properties": dict(self.ignored),
        }

    def mark(self, status: Status, error: BaseException | None = None) -> None:
        """Note a new status; a flow that starts warns, once, of what was set without effect."""
        super().mark(status, error)
        if status is Status.STARTED and self.ignored:
            told = "".join(f"\n  {what}: {why}" for what, why in self.ignored.items())
            _log.warning("flow %r: set without effect%s", self.name, told)

    def table(self) -> str:
        """Return the rows at every pipe and tap, and the counters, as text."""
        lines = [f"flow {self.name!r} {self.status.value} in {self.seconds:.2f} s"]
        rows = [
            (
                site.site.label,
                f"{site.rows_in:,}",
                f"{site.rows_out:,}",
                site.form or "",
                _counts(site.conversions),
                _counts(site.fallbacks),
            )
            for site in self.site_stats()
        ]
        if rows:
            titles = ("pipe or tap", "rows in", "rows out", "form", "converted", "fell back")
            lines += columns(titles, rows)
        if self._counters:
            counted = [(g, n, f"{self._counters[g, n]:,}") for g, n in self._counters]
            lines += ["", *columns(("counters", "", "value"), counted)]
        heavy = [line for step in self.steps for line in step.heavy_keys()]
        if heavy:
            lines += ["", *columns(("heavy keys", "key", "share", "rows from"), heavy)]
        spilled = [
            (step.name, size_text(step.details["spilled_bytes"]))
            for step in self.steps
            if step.details.get("spilled_bytes")
        ]
        if spilled:
            lines += ["", *columns(("spilled to disk by", ""), spilled)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.table()


class CascadeStats(CountedStats):
    """A cascade's run: the sum of its flows."""

    def __init__(self, name: str, id_: str, flows: Iterable[FlowStats]) -> None:
        super().__init__(name, id_)
        self.flows = list(flows)

    @property
    def counters(self) -> Counters:
        """The counters of all flows added up."""
        found = Counters()
        for flow in self.flows:
            found.merge(flow.counters)
        return found

    @property
    def derived(self) -> Counters:
        found = Counters()
        for flow in self.flows:
            found.merge(flow.derived)
        return found

    def get_children(self) -> list[FlowStats]:
        """Return the statistics of the flows."""
        return list(self.flows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "name": self.name,
            "id": self.id,
            "status": self.status.value,
            "seconds": self.seconds,
            "flows": [flow.to_dict() for flow in self.flows],
        }

    def __repr__(self) -> str:
        rows = [
            (flow.name, flow.status.value, f"{flow.seconds:.2f}", written_of(flow))
            for flow in self.flows
        ]
        head = f"cascade {self.name!r} {self.status.value} in {self.seconds:.2f} s"
        return "\n".join([head, *columns(("flow", "status", "seconds", "rows written"), rows)])


def derived_counters(plan: StepPlan, result: RunResult) -> Counters:
    """Return the counters that follow from what an engine tells of a run."""
    rows_in, rows_out = result.rows_in, result.rows_out
    read = sum(rows_out.get(s.site.key, 0) for s in plan.steps if isinstance(s, Read))
    written = sum(rows_out.get(s.site.key, 0) for s in plan.writes)
    sent = sum(rows_in.get(s.site.key, 0) for s in plan.steps if isinstance(s, (Group, CoGroup)))
    took_ms = round(sum(result.seconds.values()) * 1000)
    return Counters(
        {
            counter_name(StepCounters.Process_Duration): took_ms,
            counter_name(SliceCounters.Process_Duration): took_ms,
            counter_name(SliceCounters.Tuples_Read): read + sent,
            counter_name(SliceCounters.Tuples_Written): written + sent,
        }
    )


def written_of(flow: FlowStats) -> str:
    """Return the rows a flow wrote, as text."""
    return f"{flow.get_counter_value(StepCounters.Tuples_Written):,}"


def counters_as_dict(counters: Counters) -> dict[str, dict[str, int]]:
    """Return counters by group and name."""
    found: dict[str, dict[str, int]] = {}
    for group, name in counters:
        found.setdefault(group, {})[name] = counters[group, name]
    return found


def columns(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of text in columns, numbers to the right; columns without text are left out."""
    kept = [place for place in range(len(titles)) if any(row[place] for row in rows)]
    widths = {at: max(len(titles[at]), *(len(row[at]) for row in rows)) for at in kept}
    is_number = {at: all(row[at][:1].isdigit() or not row[at] for row in rows) for at in kept}

    def line(cells: Sequence[str]) -> str:
        shown = [
            cells[at].rjust(widths[at]) if is_number[at] else cells[at].ljust(widths[at])
            for at in kept
        ]
        return ("  " + "  ".join(shown)).rstrip()

    return [line(titles), *map(line, rows)]


def _counts(amounts: Mapping[str, int]) -> str:
    return "; ".join(f"{what} ({count:,})" for what, count in amounts.items())


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
