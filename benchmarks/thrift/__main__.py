"""Run the jobs on thrift by every contestant, check that the answers agree, print the ratios.

    python -m benchmarks.thrift                          a tenth of the records: some minutes
    python -m benchmarks.thrift --scale 1 --floors       the figures to quote
    python -m benchmarks.thrift --job copy --form block

As in `python -m benchmarks`, each contestant gets a fresh application for each job and repeat, and
runs the job up to three times in it. The ratio is that of the best runs, by which Spark's JVM is
warm; that of the processor seconds, which other work of the machine changes less, stands beside it.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import HERE, setting
from benchmarks.answers import digest_of
from benchmarks.measure import Run, run_application
from benchmarks.peers import scala
from benchmarks.thrift.inputs import digest_of_structs, prepare

__all__: list[str] = []

RECORDS = 1_000_000
FEW = 1_000
FORMS = ("none", "block")
RUNS = 3
ENOUGH_S = 6.0  # no further run is asked for when the runs so far took this long together
PEERS = {"by_hand": "hand-written PySpark RDD", "scala": "Scala RDD with libthrift"}
# Job -> what it is, and how many times as long others must take for each form, None for any.
JOBS: dict[str, tuple[str, dict[tuple[str, str], float]]] = {
    "count": ("read and count", {("by_hand", "none"): 5, ("by_hand", "block"): 3.5}),
    "count_structs": ("count, each struct checked", {}),
    "rows": ("read all fields", {("by_hand", "none"): 1.8, ("by_hand", "block"): 1.8}),
    "three": ("read 3 of 21 as rows", {("by_hand", "none"): 3.7, ("by_hand", "block"): 3.7}),
    "three_sums": ("read 3 of 21 in a flow", {("by_hand", "none"): 3.7, ("by_hand", "block"): 3.7}),
    "copy": ("copy unread objects", {("by_hand", "none"): 6, ("by_hand", "block"): 6}),
    "write_bytes": ("write bytes", {("by_hand", "none"): 2.5, ("by_hand", "block"): 1.3}),
    "write": ("write structs", {("by_hand", "none"): 2.5, ("by_hand", "block"): 1.3}),
    "etl": (
        "the example",
        {(peer, form): floor for peer, floor in (("by_hand", 4), ("scala", 1)) for form in FORMS},
    ),
}
STRUCTS = {"copy": "Event", "write": "Event", "write_bytes": "Event", "etl": "Total"}


@click.command()
@click.option("--scale", default=0.1, show_default=True, help="1 is 1,000,000 records")
@click.option("--job", "jobs", multiple=True, type=click.Choice(list(JOBS)), help="default: all")
@click.option("--form", "forms", multiple=True, type=click.Choice(FORMS), help="default: both")
@click.option(
    "--contestant", "who", multiple=True, type=click.Choice(["ours", *PEERS]), help="default: all"
)
@click.option("--repeat", default=1, show_default=True, help="applications of each")
@click.option("--cores", default=4, show_default=True)
@click.option("--floors", is_flag=True, help="mark what is slower than promised")
@click.option("--workdir", default="/tmp/cascade2spark-bench/thrift", show_default=True)
def main(
    scale: float,
    jobs: tuple[str, ...],
    forms: tuple[str, ...],
    who: tuple[str, ...],
    repeat: int,
    cores: int,
    floors: bool,
    workdir: str,
) -> None:
    """Compare jobs on thrift side by side."""
    folder = Path(workdir)
    inputs, few = prepare(folder, round(RECORDS * scale), cores), prepare(folder, FEW, cores)
    figures: list[dict[str, Any]] = []
    record = {"records": round(RECORDS * scale), **setting(cores), "figures": figures}
    path = HERE / "results" / f"{time.strftime('%Y%m%d-%H%M%S')}-thrift.json"
    path.parent.mkdir(exist_ok=True)
    # The repeats lie apart, and contestants take turns: a busy minute hits all alike.
    asked = product(range(repeat), forms or FORMS, jobs or JOBS, who or ("ours", *PEERS))
    for again, form, job, name in asked:
        if name == "scala" and job != "etl":
            continue
        print(f"\r\033[K{again + 1} {job} {form} {name}", end="", file=sys.stderr)
        found = one(name, job, cores, inputs[form], few[form], folder)
        figures.append({"job": job, "form": form, "contestant": name, **found})
        path.write_text(json.dumps(record, indent=1) + "\n")  # what is known if a later one fails
    print("\r\033[K", end="", file=sys.stderr)
    table, is_equal = summed_up(record, with_floors=floors)
    Console(width=120).print(table)
    print(f"written to {path}")
    if not is_equal:
        sys.exit("the answers differ")


def one(
    name: str,
    job: str,
    cores: int,
    inputs: dict[str, str],
    few: dict[str, str],
    folder: Path,
) -> dict[str, Any]:
    """Run one job in an application of its own; return its seconds and the digest of its output."""
    output = folder / "out" / f"{job}-{name}"
    if name == "scala":
        source = Path(__file__).with_name("jobs.scala")
        command = scala.command(job, cores, inputs, few, output, folder, source, "etl")
    else:
        given = (json.dumps(inputs), json.dumps(few), str(output))
        command = [sys.executable, "-m", f"benchmarks.thrift.{name}", job, str(cores), *given]
    runs: list[Run] = run_application(command, {}, output, RUNS, ENOUGH_S)
    struct = STRUCTS.get(job)
    digest = digest_of(output) if struct is None else digest_of_structs(output, struct)
    spent = [[run.seconds, run.cpu_s, run.peak_mb] for run in runs]
    return {"seconds_cpu_mb": spent, "digest": digest}


def summed_up(record: dict[str, Any], *, with_floors: bool) -> tuple[Table, bool]:
    """Return the table of a record, and whether all answers are equal."""
    title = f"{record['records']:,} records, {record['cores']} cores: seconds of the best run"
    table = Table(title=title, title_justify="left")
    for column in ("job", "form", "ours", *PEERS.values(), "processor", "answers", "misses"):
        table.add_column(column, no_wrap=column == "job")
    found: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for figure in record["figures"]:
        of_job = found.setdefault((figure["job"], figure["form"]), {})
        of_job.setdefault(figure["contestant"], []).append(figure)
    all_equal = True
    for (job, form), by_name in found.items():
        best = {
            name: min(run[0] for figure in some for run in figure["seconds_cpu_mb"])
            for name, some in by_name.items()
        }
        digests = {figure["digest"] for some in by_name.values() for figure in some}
        all_equal = all_equal and len(digests) == 1
        title, floors = JOBS[job]
        ours = best.get("ours")
        cells, misses = [title, form, "" if ours is None else f"{ours:.2f}"], []
        used = {
            name: min(run[1] for figure in some for run in figure["seconds_cpu_mb"])
            for name, some in by_name.items()
        }
        costs = []
        for peer in PEERS:
            ratio = best[peer] / ours if ours and peer in best else None
            cells.append("" if ratio is None else f"{best[peer]:.2f} ({ratio:.1f}x)")
            if ratio is not None:
                costs.append(f"{used[peer] / used['ours']:.1f}x")
            floor = floors.get((peer, form))
            if ratio is not None and floor is not None and ratio < floor and with_floors:
                misses.append(f"{peer} {ratio:.1f}x, not {floor:g}x")
        answers = "equal" if len(digests) == 1 else "[red]differ[/red]"
        table.add_row(*cells, ", ".join(costs), answers, f"[red]{'; '.join(misses)}[/red]")
    return table, all_equal


if __name__ == "__main__":
    main()
