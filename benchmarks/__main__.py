"""Run every job by every contestant, check that the answers agree, and print the ratios.

    make bench                                             a tenth of the rows: about five minutes
    make bench ARGS="--job all --keys both --scale 1 --repeat 3 --floors"   the figures to quote
    make bench ARGS="--job word_count --contestant ours --contestant scala"

Every job runs in fresh applications, one for each contestant and repeat. Ratios are what to quote:
the machine's own speed and its other work are in every figure alike.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks import chart, data, report
from benchmarks.answers import digest_of
from benchmarks.contestants import CONTESTANTS, Task, run_task
from benchmarks.jobs import JOBS

HERE = Path(__file__).parent
FEW_ROWS = 1_000
ASKED_FOR = ("typed", "objects")


@click.command()
@click.option("--scale", default=0.1, show_default=True, help="1 is 3,000,000 rows")
@click.option(
    "--job",
    "jobs",
    multiple=True,
    type=click.Choice(["all", *JOBS]),
    help="default: all but the variants of others",
)
@click.option(
    "--contestant",
    "who",
    multiple=True,
    type=click.Choice(list(CONTESTANTS)),
    help="default: all but typed and objects",
)
@click.option("--keys", type=click.Choice(["skewed", "uniform", "both"]), default="skewed")
@click.option("--repeat", default=1, show_default=True, help="applications of each")
@click.option("--cores", default=4, show_default=True)
@click.option("--floors", is_flag=True, help="mark what is slower, or larger, than promised")
@click.option("--picture", type=click.Path(path_type=Path), help="also draw the ratios as SVG")
@click.option("--workdir", default="/tmp/cascade2spark-bench", show_default=True)
def main(
    scale: float,
    jobs: tuple[str, ...],
    who: tuple[str, ...],
    keys: str,
    repeat: int,
    cores: int,
    floors: bool,
    picture: Path | None,
    workdir: str,
) -> None:
    """Compare jobs side by side."""
    console = Console(width=max(150, Console().width))
    names = able(who or tuple(name for name in CONTESTANTS if name not in ASKED_FOR), console)
    chosen = jobs_named(jobs)
    kinds = ("skewed", "uniform") if keys == "both" else (keys,)
    figures: list[dict[str, Any]] = []
    for kind in kinds:
        figures += compare(chosen, names, kind, scale, cores, repeat, Path(workdir))
    report.mark_answers(figures)
    record = {"scale": scale, "repeat": repeat, **setting(cores), "figures": figures}
    path = HERE / "results" / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    console.print(*report.tables(record, with_floors=floors))
    console.print(f"written to {path}")
    if picture is not None:
        picture.write_text(chart.svg_of(record))
    errors = {
        app["error"] for figure in figures for app in figure["applications"] if "error" in app
    }
    console.print(*errors, sep="\n", markup=False, highlight=False)
    if errors or any(figure["agrees"] is False for figure in figures):
        sys.exit("not all answers are there, or they differ: see the tables")


def jobs_named(names: tuple[str, ...]) -> list[str]:
    """Return the jobs to run, in the order of the list."""
    if not names:
        return [name for name, job in JOBS.items() if not job.is_variant]
    return [name for name in JOBS if name in names or "all" in names]


def able(names: tuple[str, ...], console: Console) -> list[str]:
    """Return the contestants that can take part here; say why others cannot."""
    found = []
    for name in names:
        missing = CONTESTANTS[name].missing()
        if missing is None:
            found.append(name)
        else:
            console.print(f"without {name}: {missing}")
    return found


def setting(cores: int) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": cores,
        "load_before": round(os.getloadavg()[0], 2),
    }


def compare(
    jobs: list[str],
    names: list[str],
    keys: str,
    scale: float,
    cores: int,
    repeat: int,
    folder: Path,
) -> list[dict[str, Any]]:
    """Run jobs by contestants; the repeats lie apart, so that a busy minute hits all alike."""
    inputs = data.prepare(folder, round(data.ROWS * scale), keys)
    few = data.prepare(folder, FEW_ROWS, keys)
    figures: dict[tuple[str, str], dict[str, Any]] = {}
    for again in range(repeat):
        for job in jobs:
            for name in names:
                print(f"\r\033[K{keys} {again + 1}/{repeat} {job} by {name}", end="", flush=True)
                output = folder / "out" / f"{job}-{name}"
                task = Task(job, cores, inputs, few, output, folder)
                figure = {"job": job, "contestant": name, "keys": keys, "applications": []}
                figures.setdefault((job, name), figure)["applications"].append(one(name, task))
    print("\r\033[K", end="")
    return [summed_up(figure) for figure in figures.values()]


def one(name: str, task: Task) -> dict[str, Any]:
    """Run one job in an application of its own; return its runs and the digest of its output."""
    try:
        runs = run_task(name, task)
    except RuntimeError as failure:
        return {"error": str(failure), "runs": [], "digest": None}
    shown = [[run.seconds, run.cpu_s, run.peak_mb, run.workers_mb] for run in runs]
    return {"runs": shown, "digest": digest_of(task.output)}


def summed_up(figure: dict[str, Any]) -> dict[str, Any]:
    """Add what the tables show to the runs of all applications.

    `first` is the best of the first runs in fresh applications, with the processor seconds and the
    memory of that very run; `best` is the best of all runs.
    """
    firsts = [app["runs"][0] for app in figure["applications"] if app["runs"]]
    digests = {app["digest"] for app in figure["applications"]}
    if not firsts:
        return {**figure, "first": None, "digest": None}
    first, cpu_s, peak_mb, workers_mb = min(firsts)
    best = min(run[0] for app in figure["applications"] for run in app["runs"])
    return {
        **figure,
        "first": first,
        "best": best,
        "cpu_s": cpu_s,
        "peak_mb": peak_mb,
        "workers_mb": workers_mb,
        "digest": digests.pop() if len(digests) == 1 else "differs between runs",
    }


if __name__ == "__main__":
    main()
