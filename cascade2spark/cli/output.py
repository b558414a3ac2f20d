"""How results, messages and errors look: results to stdout, all else to stderr.

Rich leaves out colours where there is no terminal or NO_COLOR is set.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cascade2spark.cli.exits import JobFileError
from cascade2spark.counters import SliceCounters, StepCounters
from cascade2spark.doctor import Finding
from cascade2spark.errors import BuildError, Cascade2SparkError
from cascade2spark.flows.flow import Flow
from cascade2spark.origin import Origin, failing_line

__all__ = [
    "count",
    "findings_table",
    "messages",
    "results",
    "rows_table",
    "show_error",
    "show_statistics",
]

# Where there is no terminal nothing limits a line, and a cut name helps nobody.
_WIDTH_WITHOUT_TERMINAL = 200
_LONG_NUMBER = 10_000


def results() -> Console:
    """Return the console for what was asked for: stdout."""
    return _console(stderr=False)


def messages() -> Console:
    """Return the console for everything else: stderr."""
    return _console(stderr=True)


def show_error(error: BaseException) -> None:
    """Print what ended the command: the kind, the headline, and the parts below it."""
    shown = error.__cause__ if isinstance(error, JobFileError) and error.__cause__ else error
    if isinstance(error, KeyboardInterrupt):
        messages().print("interrupted", style="bold red")
        return
    if isinstance(shown, BuildError) and _is_clicks(shown.origin):
        shown.origin = None  # nobody's job: the command itself asked for it
    headline, _, parts = str(shown).partition("\n")
    # An error of ours names its line itself, and of a job's file the place is known.
    is_placed = isinstance(shown, Cascade2SparkError) or isinstance(error, JobFileError)
    line_of_user = None if is_placed else failing_line(shown)
    if line_of_user is not None:
        parts = "\n".join([*parts.splitlines(), f"  raised at   {line_of_user}"])
    line = Text.assemble((type(shown).__name__, "bold red"), f": {headline}")
    where = Text(f"\n  raised in   {error}") if isinstance(error, JobFileError) else Text("")
    messages().print(Text.assemble(line, where, f"\n{parts}" if parts else ""), soft_wrap=True)


def _is_clicks(origin: Origin | None) -> bool:
    return origin is not None and origin.file.startswith(os.path.dirname(click.__file__))


def rows_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a table of values: numbers to the right, null as an empty cell."""
    kept = [list(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    columns = []
    for position, name in enumerate(names):
        values = [row[position] for row in kept]
        numbers = [value for value in values if _is_number(value)]
        is_number = bool(numbers) and len(numbers) == sum(value is not None for value in values)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        # Years read better without a comma, and a column has one way of writing.
        comma = "," if any(abs(number) >= _LONG_NUMBER for number in numbers) else ""
        columns.append([Text(_cell(value, comma)) for value in values])
    for cells in zip(*columns, strict=True):
        table.add_row(*cells)
    return table


def show_statistics(flow: Flow, console: Console | None = None) -> None:
    """Print what a finished flow did: seconds, rows at each tap, and the job's own counters."""
    statistics = flow.get_flow_stats()
    status = statistics.get_status().value.lower()
    table = Table(box=None, show_header=False, pad_edge=False)
    for place in range(4):
        table.add_column(justify="right" if place == 2 else "left", overflow="fold")
    for row in [*_tap_rows(flow), *_trap_rows(flow), *_counter_rows(flow)]:
        table.add_row(*(Text(cell) for cell in row))
    title = f"flow {flow.get_name()!r}: {status} in {statistics.seconds:.1f} s"
    (console or results()).print(Text(title, style="bold"), table, sep="\n")


def _tap_rows(flow: Flow) -> list[list[str]]:
    """Return kind, name, rows and place of each source, checkpoint and sink."""
    taps = {
        "source": flow.get_sources(),
        "checkpoint": flow.get_checkpoints(),
        "sink": flow.get_sinks(),
    }
    rows = []
    for site in flow.get_flow_stats().site_stats():
        kind, name = site.site.kind, site.site.name
        if name in taps.get(kind, ()):
            number = site.rows_out if kind == "source" else site.rows_in
            rows.append([kind, name, count(number, "row"), taps[kind][name].get_identifier()])
    return sorted(rows, key=lambda row: list(taps).index(row[0]))


def _trap_rows(flow: Flow) -> list[list[str]]:
    trapped = flow.get_flow_stats().get_counter_value(StepCounters.Tuples_Trapped)
    names = ", ".join(flow.get_traps())
    places = ", ".join(tap.get_identifier() for tap in flow.get_traps().values())
    return [["trap", names, count(trapped, "row"), places]] if trapped else []


def _counter_rows(flow: Flow) -> list[list[str]]:
    """Return the counters that the job's operations increment."""
    statistics = flow.get_flow_stats()
    return [
        ["counter", name, f"{statistics.get_counter_value(group, name):,}", group]
        for group in statistics.get_counter_groups()
        if group not in (StepCounters.__qualname__, SliceCounters.__qualname__)
        for name in statistics.get_counters_for(group)
    ]


def findings_table(findings: Iterable[Finding]) -> Table:
    """Return a table of findings: a mark, what was looked at, what is there and what to do."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text("ok", style="green") if finding.is_ok else Text("problem", style="bold red")
        told = Text(finding.found)
        if finding.fix is not None:
            told.append(f"\nfix: {finding.fix}", style="yellow")
        table.add_row(mark, Text(finding.name), told)
    return table


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Example:
        >>> count(1, "problem"), count(1200, "row")
        ('1 problem', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: Any, comma: str) -> str:
    if value is None:
        return ""
    if _is_number(value):
        return format(value, f"{comma}.1f" if isinstance(value, float) else comma)
    return str(value)


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console
