"""What does a row cost in a chain of functions?

    python -m benchmarks.bench_each_chain

Rows of five fields go through six plain functions and filters, fused into one generated function,
and through the same steps written by hand as one loop; both must give the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Pipe
from cascade2spark.planner.build import plan_flow
from cascade2spark.planner.steps import Map
from cascade2spark.taps import MemoryTap

__all__: list[str] = []

_ROWS = 300_000
_BATCH = 1_500
Row = tuple[Any, ...]


def chain() -> Pipe:
    """Return six steps over (user, ts, pin, action, amount)."""
    pipe: Pipe = Pipe("events")
    pipe = pipe.each("action", function("kind")(str.upper), Fields.ALL)
    pipe = pipe.keep("kind", lambda kind: kind != "SHARE")
    pipe = pipe.each("amount", function("cents")(lambda amount: amount * 100), Fields.ALL)
    pipe = pipe.each("ts", function("day")(lambda stamp: stamp // 86_400), Fields.ALL)
    pipe = pipe.remove("cents", lambda cents: cents > 900_000)
    return pipe.each(("day", "cents"), function("d", "c")(lambda d, c: (d % 7, c + d)), Fields.SWAP)


def by_hand(rows: list[Row]) -> list[Row]:
    """Do the same in one loop."""
    made = []
    for user, stamp, pin, action, amount in rows:
        kind = action.upper()
        if kind == "SHARE":
            continue
        cents = amount * 100
        day = stamp // 86_400
        if cents > 900_000:
            continue
        made.append((user, stamp, pin, action, amount, kind, day % 7, cents + day))
    return made


def fused() -> Callable[[list[Row]], list[Row]]:
    """Return the library's own chain as a function over one batch."""
    source = MemoryTap(Fields("user", "ts", "pin", "action", "amount"), [])
    tail = chain()
    plan = plan_flow("chain", {"events": source}, {"events": MemoryTap()}, [tail])
    [step] = [step for step in plan.steps.steps if isinstance(step, Map)]
    run = EachRun(step.operators, TaskContext())
    run.prepare()
    return lambda rows: [row for batch in run.rows(rows) for row in batch]


def best_ns(work: Callable[[list[Row]], list[Row]], batches: list[list[Row]]) -> float:
    """Return nanoseconds a row, the best of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        for batch in batches:
            work(batch)
        times.append(time.perf_counter() - began)
    return min(times) / _ROWS * 1e9


def main() -> None:
    """Print both figures and their ratio."""
    actions = ("view", "click", "save", "share")
    rows: list[Row] = [
        (f"u{n % 997}", 1_600_000_000 + n * 37, f"p{n}", actions[n % 4], n % 10_000)
        for n in range(_ROWS)
    ]
    batches = [rows[start : start + _BATCH] for start in range(0, _ROWS, _BATCH)]
    work = fused()
    assert [row for batch in batches for row in work(batch)] == by_hand(rows)
    ours, hand = best_ns(work, batches), best_ns(by_hand, batches)
    print(f"fused {ours:.0f} ns a row, by hand {hand:.0f} ns a row: {ours / hand:.2f} times")


if __name__ == "__main__":
    main()
