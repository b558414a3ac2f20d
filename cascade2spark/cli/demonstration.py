"""What ``cascade2spark demo`` shows: data, plan, run, results, and where to go on."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cascade2spark.cli.connecting import configure_spark
from cascade2spark.cli.output import count, messages, results, rows_table, show_statistics
from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.demo.data import DataUnavailable, Prepared, prepare_flights, prepare_library
from cascade2spark.flows.flow import Flow
from cascade2spark.spark.session import acquire_context

__all__ = ["show_demo"]

_MOST_ROWS = 8
# Cut the flights into pieces, so that a machine with few cores has all of them at work.
_PROPERTIES = {"cascade2spark.split.bytes": "8m"}


@attrs.frozen
class Demonstration:
    """A job file that ships with the package.

    Args:
        module: the job.
        reports: folder of a sink -> what it holds.
        change: something in the file that is worth changing.
    """

    module: str
    reports: dict[str, str]
    change: str


_FLIGHTS = Demonstration(
    "cascade2spark.demo.flights",
    {
        "knock_on": "Planes that came in late: how late they left again, in minutes",
        "makers": "Who made the planes that left New York in 2013",
        "name_words": "Words in the names of the airports they went to, by flights",
    },
    "LATE_MINUTES, or the fields of a report",
)
_WORDS = Demonstration(
    "cascade2spark.demo.wordcount",
    {"words": "Words of Python's library, and the module that has each most often"},
    "WORD, the pattern of a word",
)


def show_demo(folder: Path, offline: bool, master: str | None) -> None:
    """Prepare the data, run the job on Spark, and show everything on the way.

    Args:
        folder: where data and results go.
        offline: do not try to fetch anything.
        master: Spark's master, None for ``local[*]``.
    """
    console = results()
    demonstration, data = _prepared(console, folder, offline)
    module = import_module(demonstration.module)
    out = folder / "out"
    job_file = _shown(Path(str(module.__file__)))
    started = time.perf_counter()
    configure_spark(master, {}, os.environ)
    # On stdout, since stderr goes elsewhere meanwhile; without a terminal it is not shown.
    with console.status("starting Spark ..."), _spark_talking_to(folder / "spark.log"):
        context = acquire_context()
    ready_s = time.perf_counter() - started

    _section(console, "Plan")
    connector = SparkFlowConnector(context, _PROPERTIES)
    flow = connector.connect(module.job(str(data.folder), str(out)))
    console.print(_short_plan(flow))
    console.print(f"\nWith fields and lines: {_command()} explain {job_file}", style="dim")

    _section(console, "Run")
    console.print(f"Spark {context.version} on {context.master}, ready after {ready_s:.1f} s")
    flow.complete()
    show_statistics(flow, console)

    _section(console, "Results")
    for name, title in demonstration.reports.items():
        header, rows, total = _rows_of(out / name)
        console.print(title, style="bold")
        console.print(rows_table(header, rows))
        console.print(f"{len(rows)} of {count(total, 'row')}, in {out / name}\n", style="dim")

    console.rule(Text("Next", style="bold"), align="left")
    arguments = "" if folder == Path("build/demo") else f" -- {data.folder} {out}"
    console.print(f"Change {demonstration.change} in {job_file}, then run it again:\n")
    console.print(f"  {_command()} run {job_file}{arguments}\n", style="bold")
    console.print("Smaller steps, one new thing each, are in examples/.")


def _prepared(console: Console, folder: Path, offline: bool) -> tuple[Demonstration, Prepared]:
    """Return the demonstration and its data: flights, or what every machine has."""
    console.rule(Text("Data", style="bold"), align="left")
    started = time.perf_counter()
    if not offline:
        try:
            with messages().status("fetching the flight records (8.7 MB) ..."):
                data = prepare_flights(folder / "flights")
            console.print(_told(data, "All flights that left New York in 2013", started))
            return _FLIGHTS, data
        except DataUnavailable as missing:
            reason = missing.details.get("pip says", missing.headline)
            told = str(reason).removeprefix("ERROR: ")
            console.print(f"The flight records cannot be fetched: {told}")
            console.print("Python's own library is the text instead.\n")
    data = prepare_library(folder / "python")
    console.print(_told(data, "The modules of Python's own library, as text", started))
    return _WORDS, data


def _told(data: Prepared, title: str, started: float) -> Text:
    seconds = time.perf_counter() - started
    how = f"made ready in {seconds:.1f} s" if data.is_fresh else "there from an earlier run"
    lines = [f"{title}, {how}:"]
    for name, rows in data.files.items():
        lines.append(f"  {_shown(data.folder / name):<40} {count(rows, 'row'):>14}")
    return Text("\n".join(lines))


def _rows_of(folder: Path) -> tuple[list[str], list[list[Any]], int]:
    """Return the header, the first rows, and the number of rows of a folder of part files."""
    header: list[str] = []
    first: list[list[Any]] = []
    total = 0
    for part in sorted(folder.glob("part-*")):
        with part.open(encoding="utf-8") as lines:
            header = _values(next(lines, "")) or header
            for line in lines:
                total += 1
                if len(first) < _MOST_ROWS:
                    first.append([_value(text) for text in _values(line)])
    return header, first, total


def _values(line: str) -> list[str]:
    return line.rstrip("\n").split("\t") if line else []


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _short_plan(flow: Flow) -> Table:
    """Return what each pipe becomes, and in which step; without what runs inside another's step."""
    title = flow.plan_text().partition("\n")[0]
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("step", justify="right", width=4, no_wrap=True)
    table.add_column("pipe", no_wrap=True)
    table.add_column("becomes", no_wrap=True)
    for row in flow.planned.rows():
        if row.step is None or (row.made_by is not None and not row.is_first):
            continue  # a mere name, or an inner pipe of an assembly, run with the step above
        pipe = re.sub(r"^((?:source|sink) '.*') .*$", r"\1", row.pipe)  # without the tap
        table.add_row(Text(str(row.step)), Text(pipe), Text(row.becomes if row.is_first else ""))
    return table


def _command() -> str:
    called = Path(sys.argv[0])
    return "python -m cascade2spark" if called.name == "__main__.py" else _shown(called)


@contextmanager
def _spark_talking_to(file: Path) -> Iterator[None]:
    """Let a JVM that is started inside write its stderr to a file: what it says is not for here."""
    kept = os.dup(2)
    try:
        with file.open("wb") as log:
            os.dup2(log.fileno(), 2)
        yield
    except Exception as failed:
        failed.add_note(f"What Java said is in {file}")
        raise
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _section(console: Console, title: str) -> None:
    console.print()
    console.rule(Text(title, style="bold"), align="left")


def _shown(path: Path) -> str:
    """Return a path the way one would type it here."""
    try:
        return os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)
    except OSError:
        return str(path)
