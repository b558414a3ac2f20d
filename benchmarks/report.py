"""Tables of a record of figures: seconds, ratios, memory, and what misses its floor."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from benchmarks.jobs import FLOOR_MEMORY, JOBS

__all__ = ["by_job", "mark_answers", "misses", "ratio", "tables"]

Figure = dict[str, Any]


def mark_answers(figures: list[Figure]) -> None:
    """Note for each figure whether its answer is the one of the hand-written RDD job."""
    for found in by_job(figures).values():
        judge = found.get("pyspark") or next(iter(found.values()))
        for figure in found.values():
            figure["agrees"] = None if figure["first"] is None else _is_same(figure, judge)


def _is_same(figure: Figure, judge: Figure) -> bool:
    return bool(figure["digest"] == judge["digest"])


def by_job(figures: list[Figure]) -> dict[tuple[str, str], dict[str, Figure]]:
    """Return the figures of each kind of keys and job, by contestant."""
    found: dict[tuple[str, str], dict[str, Figure]] = {}
    for figure in figures:
        found.setdefault((figure["keys"], figure["job"]), {})[figure["contestant"]] = figure
    return found


def ratio(found: dict[str, Figure], peer: str, what: str = "first") -> float | None:
    """Return how many times as much as ours a peer takes, None when one of the two is missing."""
    ours, theirs = found.get("ours", {}).get(what), found.get(peer, {}).get(what)
    return theirs / ours if ours and theirs else None


def misses(job: str, found: dict[str, Figure]) -> list[str]:
    """Say which promises about one job are not kept."""
    said = []
    for peer in found:
        floor, reached = JOBS[job].floor(peer), ratio(found, peer)
        if floor is not None and reached is not None and reached < floor:
            said.append(f"{peer} {reached:.1f}x, not {floor:g}x")
    less_memory = ratio(found, "pyspark", "peak_mb")
    if less_memory is not None and 1 / less_memory > FLOOR_MEMORY:
        said.append(f"memory {1 / less_memory:.1f} times")
    return said


def tables(record: dict[str, Any], *, with_floors: bool) -> list[Table]:
    """Return one table of times and one of memory for each kind of keys."""
    figures = record["figures"]
    rows = round(3_000_000 * record["scale"])
    made = []
    for keys in dict.fromkeys(figure["keys"] for figure in figures):
        chosen = [figure for figure in figures if figure["keys"] == keys]
        names = list(dict.fromkeys(figure["contestant"] for figure in chosen))
        title = f"{rows:,} rows, {keys} keys, {record['cores']} cores"
        made.append(_times(title, names, by_job(chosen), with_floors))
        made.append(_costs(title, names, by_job(chosen)))
    return made


def _times(
    title: str,
    names: list[str],
    jobs: dict[tuple[str, str], dict[str, Figure]],
    with_floors: bool,
) -> Table:
    shown = "seconds of the first run in a fresh application (times ours)"
    table = _table(f"{title}: {shown}", names)
    table.add_column("answers")
    if with_floors:
        table.add_column("misses")
    for (_, job), found in jobs.items():
        cells = [_time_cell(found, name) for name in names]
        differing = [name for name, figure in found.items() if figure["agrees"] is False]
        cells.append(f"[red]differ: {', '.join(differing)}[/red]" if differing else "equal")
        if with_floors:
            cells.append(f"[red]{'; '.join(misses(job, found))}[/red]")
        table.add_row(job, *cells)
    return table


def _time_cell(found: dict[str, Figure], name: str) -> str:
    if name not in found:
        return ""
    figure = found[name]
    if figure["first"] is None:
        return "[red]failed[/red]"
    reached = ratio(found, name)
    times = f" ({reached:.1f}x)" if reached and name != "ours" else ""
    return f"{figure['first']:.2f}{times}"


def _costs(title: str, names: list[str], jobs: dict[tuple[str, str], dict[str, Figure]]) -> Table:
    table = _table(f"{title}: processor seconds and peak megabytes of it; best run", names)
    for (_, job), found in jobs.items():
        cells = []
        for name in names:
            figure = found.get(name, {})
            is_there = figure.get("first") is not None
            cells.append(_cost_cell(figure) if is_there else "")
        table.add_row(job, *cells)
    return table


def _cost_cell(figure: Figure) -> str:
    return f"{figure['cpu_s']:.1f} {figure['peak_mb']:,}; {figure['best']:.2f}"


def _table(title: str, names: list[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("job", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    return table
