"""Where anything that runs stands, since when, and what it counted."""

from __future__ import annotations

import enum
import time

from cascade2spark.counters import Counters

__all__ = ["CountedStats", "Stats", "Status"]


class Status(enum.Enum):
    """Where a flow, step or cascade stands."""

    PENDING = "PENDING"
    SKIPPED = "SKIPPED"
    STARTED = "STARTED"
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


_ENDS = (Status.SKIPPED, Status.SUCCESSFUL, Status.STOPPED, Status.FAILED)


class Stats:
    """Status and time of anything that runs."""

    def __init__(self, name: str, id_: str) -> None:
        self.name = name
        self.id = id_
        self.status = Status.PENDING
        self.error: BaseException | None = None
        self.history: list[tuple[Status, float]] = [(Status.PENDING, time.time())]
        self._started_s: float | None = None
        self._ended_s: float | None = None

    def mark(self, status: Status, error: BaseException | None = None) -> None:
        """Note a new status; the first one after PENDING starts the clock, an end stops it."""
        if self._ended_s is not None:
            return
        self.status = status
        self.error = error or self.error
        self.history.append((status, time.time()))
        if self._started_s is None:
            self._started_s = time.perf_counter()
        if status in _ENDS:
            self._ended_s = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Time from start to end, or to now."""
        if self._started_s is None:
            return 0.0
        return (self._ended_s or time.perf_counter()) - self._started_s

    def get_name(self) -> str:
        """Return the name."""
        return self.name

    def get_id(self) -> str:
        """Return the id of the run."""
        return self.id

    def get_status(self) -> Status:
        """Return the status."""
        return self.status

    def get_duration(self) -> int:
        """Return the time from start to end, or to now, in milliseconds."""
        return round(self.seconds * 1000)

    def get_throwable(self) -> BaseException | None:
        """Return what it failed with."""
        return self.error

    def is_pending(self) -> bool:
        """Tell whether it has not begun."""
        return self.status is Status.PENDING

    def is_skipped(self) -> bool:
        """Tell whether it was left out."""
        return self.status is Status.SKIPPED

    def is_successful(self) -> bool:
        """Tell whether it ended well; skipped counts as well."""
        return self.status in (Status.SUCCESSFUL, Status.SKIPPED)

    def is_failed(self) -> bool:
        """Tell whether it failed."""
        return self.status is Status.FAILED

    def is_stopped(self) -> bool:
        """Tell whether it was stopped."""
        return self.status is Status.STOPPED

    def is_running(self) -> bool:
        """Tell whether it is at work."""
        return self.status in (Status.STARTED, Status.SUBMITTED, Status.RUNNING)

    def is_finished(self) -> bool:
        """Tell whether it has ended, in any way."""
        return self.status in _ENDS


class CountedStats(Stats):
    """Counters by Cascading's questions."""

    @property
    def counters(self) -> Counters:
        """The counters."""
        raise NotImplementedError

    @property
    def derived(self) -> Counters:
        """Cascading's counters of time, and of what went through exchanges: found afterwards."""
        raise NotImplementedError

    def get_counter_value(self, group: str | enum.Enum, name: str | None = None) -> int:
        """Return a counter, given by an enum member or by group and name; 0 for an unknown one."""
        return self._all().value(group, name)

    def get_counter_groups(self) -> list[str]:
        """Return the groups of counters, sorted."""
        return self._all().groups()

    def get_counters_for(self, group: str | type[enum.Enum]) -> list[str]:
        """Return the names of the counters of a group, sorted."""
        wanted = group if isinstance(group, str) else group.__qualname__
        return [name for found, name in self._all() if found == wanted]

    def _all(self) -> Counters:
        return Counters({**self.derived, **self.counters})
