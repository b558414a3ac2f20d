"""How long does planning 50 pipes take?

Plans a job of 70 pipes over files — parsing, filters of expressions, two joins, a merge, secondary
sort, aggregators, assemblies — from pipes to steps, all rewrites on, and its explanation. Target:
under 50 ms to plan. Nothing is read: planning looks at no data.

    python -m benchmarks.bench_planner
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascade2spark import CoGroup, Each, Every, Fields, GroupBy, HashJoin, Merge, Pipe, __version__
from cascade2spark.assemblies import AverageBy, Coerce, CountBy, Discard, Rename, Retain, SumBy
from cascade2spark.joiners import LeftJoin
from cascade2spark.operations import (
    Count,
    ExpressionFilter,
    ExpressionFunction,
    FilterNull,
    First,
    Insert,
    RegexFilter,
    Sum,
)
from cascade2spark.planner.assembly import pipes_in_order
from cascade2spark.planner.build import PlannedFlow, plan_flow
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs

__all__ = ["main", "pipes_of_a_job", "plan"]

TARGET_MS = 50
RESULTS = Path(__file__).parent / "results"
NAMES = ["user", "url", "ts", "ms", "size", "status", "agent", "lang"]


def pipes_of_a_job() -> list[Pipe]:
    """Return the tails of a job of 70 pipes, those inside assemblies counted."""
    branches: list[Pipe] = []
    for name in ("web", "app", "api"):
        pipe: Pipe = Each(Pipe(name), Fields("url"), RegexFilter("^/(?!static/)"))
        pipe = Each(pipe, Fields("user"), FilterNull())
        pipe = Each(pipe, Fields("status", "ms"), ExpressionFilter("status >= 500 || ms < 0", int))
        pipe = Each(pipe, Fields("ms"), ExpressionFunction("s", "ms / 1000.0", int), Fields.ALL)
        pipe = Coerce(pipe, Fields("size"), int)
        pipe = Rename(pipe, Fields("ts"), Fields("at"))
        pipe = Each(pipe, Insert(Fields("site"), name), Fields.ALL)
        branches.append(Discard(pipe, Fields("agent")))
    users: Pipe = Retain(Pipe("users"), Fields("id", "country"))
    users = Each(users, Fields("id"), FilterNull())
    pages: Pipe = Each(Pipe("pages"), Fields("path"), RegexFilter("^/"))
    pages = Retain(Rename(pages, Fields("path"), Fields("page")), Fields("page", "topic"))
    visits: Pipe = HashJoin(Merge("visits", *branches), "user", users, "id", LeftJoin())
    visits = CoGroup(visits, "url", pages, "page")
    visits = Discard(visits, Fields("id", "page"))
    first = Every(GroupBy(Pipe("first", visits), "user", "at"), First(Fields("url", "at")))
    rated = Every(GroupBy(Pipe("slow", visits), "topic"), "ms", Sum("total", int))
    rated = Every(rated, Count())
    rated = Each(rated, Fields("total", "count"), ExpressionFunction("mean", "total / count", int))
    tails: list[Pipe] = [first, rated]
    for key in ("country", "topic", "site", "lang"):
        tails.append(CountBy(Pipe(f"by {key}", visits), Fields(key), Fields("n")))
    tails.append(SumBy(Pipe("bytes", visits), Fields("site"), "size", "bytes", int))
    tails.append(AverageBy(Pipe("mean", visits), Fields("country"), "ms", "mean"))
    return tails


def plan(tails: list[Pipe]) -> PlannedFlow:
    """Plan the job over delimited files."""
    columns = {
        "users": Fields("id", "name", "country"),
        "pages": Fields("path", "topic"),
        **dict.fromkeys(("web", "app", "api"), Fields(*NAMES)),
    }
    ends = [tail for pipe in tails for tail in _ends(pipe)]
    return plan_flow(
        "visits",
        {name: Hfs(TextDelimited(fields), f"/data/{name}") for name, fields in columns.items()},
        {end.name: Hfs(TextDelimited(Fields.ALL), f"/out/{end.name}") for end in ends},
        ends,
    )


def _ends(pipe: Any) -> list[Pipe]:
    return list(pipe.get_tails()) if hasattr(pipe, "get_tails") else [pipe]


def _timed_ms(work: Callable[[], Any], runs: int = 50) -> list[float]:
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found


def main() -> None:
    """Print the times and write them to a file."""
    began = time.perf_counter()
    tails = pipes_of_a_job()
    planned = plan(tails)
    first_ms = (time.perf_counter() - began) * 1000
    pipes = len(pipes_in_order([end for tail in tails for end in _ends(tail)]))
    parts = {
        "build pipes": _timed_ms(pipes_of_a_job),
        "plan": _timed_ms(lambda: plan(tails)),
        "explain": _timed_ms(planned.explain),
    }
    print(f"cascade2spark {__version__}, Python {platform.python_version()}, {pipes} pipes")
    print(f"{'first build and plan':<22}{first_ms:8.1f} ms")
    for name, times in parts.items():
        spread = f"{min(times):.1f} to {max(times):.1f}"
        print(f"{name:<22}{statistics.median(times):8.1f} ms  ({spread}, {len(times)} runs)")
    median = statistics.median(parts["plan"])
    print(f"target for plan: {TARGET_MS} ms, {'held' if median < TARGET_MS else 'MISSED'}")
    record = {"pipes": pipes, "first_ms": first_ms, "python": platform.python_version()}
    record |= {f"{name} ms": statistics.median(times) for name, times in parts.items()}
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "planner.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")
    sys.exit(median >= TARGET_MS)


if __name__ == "__main__":
    main()
