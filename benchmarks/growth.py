"""Does the time grow as the rows do, and what do more partitions cost?

    python -m benchmarks.growth
    python -m benchmarks.growth --scale 1 --keys uniform --contestant ours

Runs jobs on one, three and ten times the rows: ten times may take eleven times as long at most.
Then on 8, 200 and 1,000 partitions: the time may be half as much again as with 8, and what as many
tasks cost when they have nothing to do, measured by the same job over a single row.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import attrs
import click
from rich.console import Console
from rich.table import Table

from benchmarks import data
from benchmarks.contestants import CONTESTANTS, Task, run_task
from benchmarks.jobs import JOBS
from benchmarks.measure import Run

JOBS_THAT_GROW = ("secondary_sort_udf", "join", "sum_by_user")
SIZES = (1, 3, 10)
MOST_TIMES = 11.0
PARTITIONS = (8, 200, 1000)
MOST_OF_PARTITIONS = 1.5


@click.command()
@click.option("--scale", default=0.3, show_default=True, help="rows at 1x; 1 is 3,000,000")
@click.option("--job", "jobs", multiple=True, type=click.Choice(list(JOBS)), help="default: three")
@click.option("--contestant", default="ours", type=click.Choice(list(CONTESTANTS)))
@click.option("--keys", type=click.Choice(["skewed", "uniform"]), default="skewed")
@click.option("--cores", default=4, show_default=True)
@click.option("--rows/--no-rows", default=True, help="whether to try more rows")
@click.option("--partitions/--no-partitions", default=True, help="whether to try more partitions")
@click.option("--workdir", default="/tmp/cascade2spark-bench", show_default=True)
def main(
    scale: float,
    jobs: tuple[str, ...],
    contestant: str,
    keys: str,
    cores: int,
    rows: bool,
    partitions: bool,
    workdir: str,
) -> None:
    """Measure growth by rows and by partitions."""
    folder = Path(workdir)
    chosen = jobs or JOBS_THAT_GROW
    least = round(data.ROWS * scale)
    console = Console(width=110)
    record: dict[str, Any] = {"contestant": contestant, "keys": keys, "rows": least}

    def best(job: str, size: int, number: int) -> Run:
        """Return the best run of a job over so many rows on so many partitions."""
        inputs = data.prepare(folder, size, keys)
        few = data.prepare(folder, 1_000, keys)
        task = Task(job, cores, inputs, few, folder / "out" / f"{job}-growth", folder)
        return min(
            run_task(contestant, task, BENCH_PARTITIONS=str(number)),
            key=lambda run: run.seconds,
        )

    if rows:
        record["by_rows"] = {
            job: {size: best(job, least * size, PARTITIONS[0]) for size in SIZES} for job in chosen
        }
        console.print(table_of_rows(record["by_rows"], least))
    if partitions:
        record["by_partitions"] = {
            job: {n: (best(job, least, n), best(job, 1, n)) for n in PARTITIONS} for job in chosen
        }
        console.print(table_of_partitions(record["by_partitions"], least))
    path = Path(__file__).parent / "results" / f"growth-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1, default=attrs.asdict) + "\n")
    console.print(f"written to {path}")


def table_of_rows(found: dict[str, dict[int, Run]], least: int) -> Table:
    """Return seconds and the memory of the Python processes for each number of rows."""
    table = Table(title=f"seconds and megabytes of Python processes, {least:,} rows at 1x")
    table.add_column("job")
    for size in SIZES:
        table.add_column(f"{size}x", justify="right")
    table.add_column(f"{SIZES[-1]}x takes", justify="right")
    for job, runs in found.items():
        times = runs[SIZES[-1]].seconds / runs[1].seconds
        cells = [f"{runs[size].seconds:.2f} s {runs[size].workers_mb:,}" for size in SIZES]
        table.add_row(job, *cells, _marked(f"{times:.1f} times", times <= MOST_TIMES))
    return table


def table_of_partitions(found: dict[str, dict[int, tuple[Run, Run]]], least: int) -> Table:
    """Return seconds for each number of partitions, and what empty tasks alone take."""
    table = Table(title=f"seconds by partitions, {least:,} rows (over one row)")
    table.add_column("job")
    for number in PARTITIONS:
        table.add_column(f"{number} partitions", justify="right")
    for job, runs in found.items():
        full, empty = runs[PARTITIONS[0]]
        cells = []
        for number in PARTITIONS:
            run, nothing = runs[number]
            most = MOST_OF_PARTITIONS * full.seconds + nothing.seconds - empty.seconds
            text = f"{run.seconds:.2f} ({nothing.seconds:.2f})"
            cells.append(_marked(text, run.seconds <= most))
        table.add_row(job, *cells)
    return table


def _marked(text: str, is_kept: bool) -> str:
    return text if is_kept else f"[red]{text}[/red]"


if __name__ == "__main__":
    main()
