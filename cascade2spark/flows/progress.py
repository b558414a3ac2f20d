"""Showing how far a flow is: a live display on a terminal, else a line for each step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from cascade2spark.flows.stats import FlowStats

__all__ = ["progress_of"]


class Silence:
    """No progress."""

    def __enter__(self) -> Callable[[int, str, float | None], None]:
        return lambda number, text, part: None

    def __exit__(self, *error: object) -> None:
        """Nothing to put away."""


class Lines:
    """One line on stderr for each step that has ended."""

    def __init__(self, stats: FlowStats) -> None:
        self._stats = stats
        self._told: set[int] = set()

    def __enter__(self) -> Callable[[int, str, float | None], None]:
        return self._tell

    def _tell(self, number: int, text: str, part: float | None) -> None:
        if part == 1.0 and number not in self._told:
            self._told.add(number)
            step = self._stats.steps[number]
            where = f"{self._stats.name}: step {number + 1} of {len(self._stats.steps)}"
            print(f"{where}, {step.name}: {text}", file=sys.stderr)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = "failed" if kind else "done"
        print(f"{self._stats.name}: {ended} in {self._stats.seconds:.1f} s", file=sys.stderr)


class Bars:
    """A bar for each step at work, on a terminal; they vanish when the flow ends."""

    def __init__(self, stats: FlowStats) -> None:
        # Loaded late: a job that shows no progress should not wait for it.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._stats = stats
        self._bars: dict[int, Any] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> Callable[[int, str, float | None], None]:
        self._progress.start()
        return self._tell

    def _tell(self, number: int, text: str, part: float | None) -> None:
        if number not in self._bars:
            name = self._stats.steps[number].name
            self._bars[number] = self._progress.add_task(name, total=None, what=text)
        bar = self._bars[number]
        if part is None:
            self._progress.update(bar, what=text)
        else:
            self._progress.update(bar, what=text, total=1.0, completed=part)

    def __exit__(self, *error: object) -> None:
        self._progress.stop()


def progress_of(choice: str, stats: FlowStats) -> Silence | Lines | Bars:
    """Return the display that the setting ``cascade2spark.progress`` asks for.

    Args:
        choice: `off`; `on`: bars on a terminal, lines elsewhere; `auto`: bars on a terminal only.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if choice == "off" or (choice == "auto" and not is_terminal):
        return Silence()
    return Bars(stats) if is_terminal else Lines(stats)
