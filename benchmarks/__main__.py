"""Run every job by every contestant, check that the answers agree, and print the ratios.

    make bench                                    all jobs, 3,000,000 rows
    make bench ARGS="--scale 0.1 --job word_count"

Each contestant runs each job in an application of its own, `--repeat` times; the best time counts.
All have the same master, partitions, memory and transport. Ratios are what to quote: the machine's
own speed and its other work are in every figure alike.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks import data, shell
from benchmarks.answers import digest_of
from benchmarks.jobs import JOBS

CONTESTANTS = ("ours", "pyspark", "scala", "dataframe")
RESULTS = Path(__file__).parent / "results"
MARK = "BENCH "


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="1 is 3,000,000 rows")
@click.option("--job", "jobs", multiple=True, type=click.Choice(sorted(JOBS)), help="default: all")
@click.option("--contestant", "who", multiple=True, type=click.Choice(CONTESTANTS))
@click.option("--keys", type=click.Choice(["skewed", "uniform"]), default="skewed")
@click.option("--cores", default=4, show_default=True)
@click.option("--repeat", default=3, show_default=True)
@click.option("--workdir", default="/tmp/cascade2spark-bench", show_default=True)
def main(
    scale: float,
    jobs: tuple[str, ...],
    who: tuple[str, ...],
    keys: str,
    cores: int,
    repeat: int,
    workdir: str,
) -> None:
    """Compare jobs side by side."""
    console = Console(width=110)
    folder = Path(workdir)
    inputs = data.prepare(folder, round(3_000_000 * scale), keys)
    rows: list[dict[str, Any]] = []
    for job in jobs or tuple(JOBS):
        for contestant in who or CONTESTANTS:
            console.print(f"[dim]{job} by {contestant} …[/dim]", end="\r")
            rows.append(run_one(job, contestant, inputs, folder, cores, repeat))
    agree(rows)
    console.print(table_of(rows))
    RESULTS.mkdir(exist_ok=True)
    record = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "machine": f"{platform.machine()}, {cores} cores used",
        "python": platform.python_version(),
        "scale": scale,
        "keys": keys,
        "rows": rows,
    }
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    console.print(f"written to {path}")
    if any(row["agrees"] is False for row in rows):
        sys.exit("the answers differ: see the table")


def run_one(
    job: str, contestant: str, inputs: dict[str, str], folder: Path, cores: int, repeat: int
) -> dict[str, Any]:
    """Run one job by one contestant in a fresh application; return its figures."""
    output = folder / "out" / f"{job}-{contestant}"
    if contestant == "scala":
        seconds, peak = shell.run(JOBS[job].scala, inputs, output, cores, repeat)
    else:
        module = "benchmarks.ours" if contestant == "ours" else f"benchmarks.peers.{contestant}"
        command = [sys.executable, "-m", module, job, json.dumps(inputs), str(output)]
        seconds, peak = timed([*command, str(cores), str(repeat)])
    return {
        "job": job,
        "contestant": contestant,
        "seconds": min(seconds),
        "all_seconds": seconds,
        "peak_mb": peak,
        "digest": digest_of(output),
        "agrees": None,
    }


def timed(command: list[str]) -> tuple[list[float], int]:
    """Run an application that prints its seconds; return them and its peak memory in MB."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not lines:
        raise SystemExit(f"{' '.join(command[:5])} failed:\n{done.stderr[-3000:]}")
    found = json.loads(lines[-1].removeprefix(MARK))
    return found["seconds"], found["peak_mb"]


def agree(rows: list[dict[str, Any]]) -> None:
    """Note for each row whether its answer is the one of the hand-written RDD job."""
    for row in rows:
        same = [other for other in rows if other["job"] == row["job"]]
        first = next((other for other in same if other["contestant"] == "pyspark"), same[0])
        row["agrees"] = row["digest"] == first["digest"]


def table_of(rows: list[dict[str, Any]]) -> Table:
    """Return seconds, and how many times faster ours is than each."""
    table = Table(title="seconds (how many times faster ours is)")
    table.add_column("job")
    names = [name for name in CONTESTANTS if any(row["contestant"] == name for row in rows)]
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("answers")
    for job in dict.fromkeys(row["job"] for row in rows):
        found = {row["contestant"]: row for row in rows if row["job"] == job}
        ours = found.get("ours", {}).get("seconds")
        cells = []
        for name in names:
            seconds = found[name]["seconds"]
            ratio = f" ({seconds / ours:.1f}x)" if ours and name != "ours" else ""
            cells.append(f"{seconds:.2f}{ratio}")
        same = all(row["agrees"] for row in found.values())
        table.add_row(job, *cells, "equal" if same else "[red]differ[/red]")
    return table


if __name__ == "__main__":
    main()
