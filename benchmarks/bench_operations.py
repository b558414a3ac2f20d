"""What does a row cost in the fifteen operations that jobs use most?

    python -m benchmarks.bench_operations [NAME ...]

Each operation runs over the same rows in three ways: written by hand as one Python loop, as the
library runs it on rows (its price beside functions of one's own), and as it runs it on columns. All
must give the same answers. A figure is the best of several rounds in which the three take turns, so
that a busy moment hits them alike. On rows an operation may take 1.3 times as long as the loop; on
columns it is to be three times as fast.

A task meets every row once. So each batch is made anew before it is worked on, while the clock
stands still: rows out of a line of text, as a reader makes them, so that no two texts are one
object and none has its hash kept with it; columns out of copied bytes. What is made is dropped
before the next batch, as in a task. Each turn begins with some milliseconds that are not counted: a
task is under way. The process is prepared as workers are, for all three alike.

Count, Sum and First are measured before the exchange, where they meet every row, next to a dict.
ExpressionFilter on columns tells which rows stay, and leaves the copying to who needs a copy: so it
has a second line, with the exchange behind it, which cuts up by user what stays.
"""

from __future__ import annotations

import contextlib
import io
import json
import platform
import sys
import time
from collections.abc import Callable, Iterable
from itertools import cycle
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from benchmarks import operation_loops as loops
from benchmarks.operation_loops import FIELDS, FORMAT, ROWS, Held, Lines, Row, made_rows
from cascade2spark import Each, Every, Fields, GroupBy, Pipe, __version__
from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.column_aggregate import ColumnAggregate
from cascade2spark.batch.column_run import ColumnRun
from cascade2spark.batch.column_watch import ColumnWatch
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.kernels.watching import can_watch
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import gathered
from cascade2spark.batch.split import split_batch
from cascade2spark.config import Settings
from cascade2spark.operations import (
    Count,
    DateParser,
    Debug,
    ExpressionFilter,
    ExpressionFunction,
    First,
    Identity,
    Insert,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexSplitGenerator,
    RegexSplitter,
    Sample,
    Sum,
)
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.build import plan_flow
from cascade2spark.planner.steps import Group, Map
from cascade2spark.selection import Pick
from cascade2spark.spark.worker_process import settle
from cascade2spark.taps import MemoryTap

__all__ = ["main"]

ROW_BATCH = 1_500
COLUMN_BATCH = 30_000
ROUNDS = 15
WARM_SECONDS = 0.003
MOST_OF_ROWS = 1.3
LEAST_OF_COLUMNS = 3.0
RESULTS = Path(__file__).parent / "results"

# -- the library's ---------------------------------------------------------------------------------


@attrs.frozen
class Case:
    """One operation.

    Args:
        by_hand: the loop that does the same: from rows to rows, or from rows into a dict.
        pipe: what has the operation.
        fields: what both see.
        is_grouping: the loop fills a dict.
        is_split: what the operation makes is cut up for an exchange.
    """

    name: str
    by_hand: Callable[..., Any]
    pipe: Callable[[Pipe], Pipe]
    fields: Fields = FIELDS
    is_grouping: bool = False
    is_split: bool = False

    def narrowed(self, rows: list[Row]) -> list[Row]:
        """Return the rows with the fields of this case only."""
        if self.fields is FIELDS:
            return rows
        places = [FIELDS.get_pos(name) for name in self.fields]
        return [tuple(row[place] for place in places) for row in rows]


def each(*arguments: Any) -> Callable[[Pipe], Pipe]:
    return lambda pipe: Each(pipe, *arguments)


def every(*arguments: Any) -> Callable[[Pipe], Pipe]:
    return lambda pipe: Every(GroupBy(pipe, "user"), *arguments)


ALL, RESULTS_ONLY = Fields.ALL, Fields.RESULTS
NOT_DEAR_VIEWS = each(
    ("amount", "action"),
    ExpressionFilter('amount > 5000 && action.equals("view")', ["amount", "action"], [int, str]),
)
CASES = (
    Case("Count", loops.count, every(Count()), FIELDS.select(Fields("user")), is_grouping=True),
    Case("ExpressionFilter", loops.expression_filter, NOT_DEAR_VIEWS),
    Case("  with its exchange", loops.expression_filter, NOT_DEAR_VIEWS, is_split=True),
    Case(
        "ExpressionFunction",
        loops.expression_function,
        each(
            ("amount", "ts"),
            ExpressionFunction(Fields("x", int), "amount * 100 + ts % 60", int),
            ALL,
        ),
    ),
    Case("Insert", loops.insert, each(Insert(("site", "rank"), "web", 1), ALL)),
    Case("Identity", loops.identity, each(("user", "amount"), Identity(Fields("who", "much")))),
    Case(
        "RegexSplitGenerator",
        loops.split_generator,
        each("text", RegexSplitGenerator(Fields("word"), " "), RESULTS_ONLY),
    ),
    Case(
        "RegexParser",
        loops.parser,
        each("stamp", RegexParser(Fields("day", "hour"), loops.DAY_AND_HOUR.pattern), RESULTS_ONLY),
    ),
    Case(
        "RegexSplitter",
        loops.splitter,
        each("csv", RegexSplitter(Fields("u", "n", "what"), ","), RESULTS_ONLY),
    ),
    Case("Debug", loops.debug, each(Debug())),
    Case("RegexFilter", loops.regex_filter, each("url", RegexFilter(loops.PATH.pattern))),
    Case(
        "RegexGenerator",
        loops.generator,
        each("text", RegexGenerator(Fields("word"), loops.WORD.pattern), RESULTS_ONLY),
    ),
    Case(
        "First",
        loops.first,
        every("action", First(Fields("first"))),
        FIELDS.select(Fields("user", "action")),
        is_grouping=True,
    ),
    Case(
        "DateParser",
        loops.date_parser,
        each("stamp", DateParser(Fields("ms"), FORMAT), RESULTS_ONLY),
    ),
    Case(
        "Sum",
        loops.total,
        every("amount", Sum(Fields("total"), int)),
        FIELDS.select(Fields("user", "amount")),
        is_grouping=True,
    ),
    Case("Sample", loops.sample, each(Sample(7, 0.5))),
)


# Rows keep all their fields, as they do in the loops.
SETTINGS = Settings.from_properties({"cascade2spark.rules.off": "prune_columns"})


def step_of(case: Case) -> Any:
    """Return the step that holds the operation."""
    tail = case.pipe(Pipe("rows"))
    source = MemoryTap(case.fields, [])
    plan = plan_flow("bench", {"rows": source}, {"rows": MemoryTap()}, [tail], settings=SETTINGS)
    return next(step for step in plan.steps.steps if isinstance(step, Map | Group))


def opened(case: Case, *, by_columns: bool) -> Any:
    """Return the stage of one task, not yet prepared."""
    step, task = step_of(case), TaskContext()
    if isinstance(step, Group):
        spec = PartialAggregate(step.key, step.key_order, step.everys)
        return (ColumnAggregate(spec) if by_columns else spec).open(task, is_immediate=False)
    if by_columns:
        [operator] = step.operators
        stage = ColumnWatch(operator) if can_watch(operator) else ColumnRun((operator,))
        return stage.open(task, is_immediate=False)
    return EachRun(step.operators, task)


def parted(batch: Any) -> list[tuple[int, Any]]:
    """Return what the exchange makes of a batch: its rows by partition."""
    return list(split_batch(batch, Pick((0,)), KeyOrder(1), loops.PARTITIONS))


def answer_of(case: Case, batches: Iterable[Any], *, by_columns: bool) -> list[Any]:
    """Return what the library makes of batches: rows, or columns."""
    stage = opened(case, by_columns=by_columns)
    stage.prepare()
    take = stage.columns if by_columns else stage.rows
    made = [found for batch in batches for found in take(batch)]
    made += list(stage.flush())
    stage.cleanup()
    if case.is_split:
        parts = [part for found in made for part in parted(found)]
        made = [part for _, part in sorted(parts, key=lambda part: part[0])]
    return [row for found in made for row in as_rows(found)]


def as_rows(batch: Any) -> list[Row]:
    """Return a batch of any form as rows."""
    return batch if isinstance(batch, list) else rows_of(gathered(batch))


# -- measuring -------------------------------------------------------------------------------------


@attrs.frozen
class Figures:
    """Nanoseconds a row in the three ways."""

    hand: float
    rows: float
    columns: float

    @property
    def of_rows(self) -> float:
        """How many times as long as the loop the row form takes."""
        return self.rows / self.hand

    @property
    def of_columns(self) -> float:
        """How many times as long as the column form the loop takes."""
        return self.hand / self.columns


def unwrapped(rows: list[Row]) -> list[Row]:
    """Return partial results with First's state, a list of rows in the row form, as its value."""
    return [
        (row[0], row[1][0][0]) if len(row) == 2 and isinstance(row[1], list) else row
        for row in rows
    ]


def check(case: Case, rows: list[Row], batches: list[Any], columns: list[Any]) -> None:
    """Fail unless the three ways give the same answers."""
    with contextlib.redirect_stderr(io.StringIO()):
        held: Held = {}
        made = case.by_hand(rows, held) if case.is_grouping else case.by_hand(rows)
        by_rows = unwrapped(answer_of(case, batches, by_columns=False))
        by_columns = answer_of(case, columns, by_columns=True)
    wanted = list(held.items()) if case.is_grouping else made
    if case.is_split:  # Python's hash, and ours
        assert sorted(wanted) == sorted(by_rows), case.name
        wanted = by_rows
    assert wanted == by_rows == by_columns, case.name


def anew(batch: Any) -> Any:
    """Return the rows of lines, or columns in memory of their own."""
    if isinstance(batch, Lines):
        return batch.read()
    return pa.ipc.read_record_batch(batch.serialize(), batch.schema)


def seconds_by_hand(case: Case, batches: list[Lines]) -> float:
    """Return the seconds of the loop; what it makes is dropped batch by batch, as in a task."""
    held: Held = {}

    def work(rows: list[Row]) -> None:
        if case.is_grouping:
            case.by_hand(rows, held)
        elif case.is_split:
            loops.split_by_user(case.by_hand(rows))
        else:
            case.by_hand(rows)

    warm(work, batches)
    held.clear()
    seconds = sum([clocked(work, lines.read()) for lines in batches])
    return seconds + clocked(list, held.items())


def warm(work: Callable[[Any], Any], batches: list[Any]) -> None:
    """Work until memory and caches are as in a task that is under way."""
    seconds = 0.0
    for batch in cycle(batches):
        seconds += clocked(work, anew(batch))
        if seconds > WARM_SECONDS:
            return


def clocked(work: Callable[[Any], Any], given: Any) -> float:
    """Return the seconds of some work, until what it made is dropped."""
    began = time.perf_counter()
    work(given)
    return time.perf_counter() - began


def drained(case: Case, made: Iterable[Any]) -> None:
    """Take what a stage makes, and drop it."""
    for batch in made:
        if case.is_split:
            parted(batch)


def seconds_of(case: Case, batches: list[Any], *, by_columns: bool) -> float:
    """Return the seconds of the library over prepared operations."""
    stage = opened(case, by_columns=by_columns)
    stage.prepare()

    def work(batch: Any) -> None:
        drained(case, stage.columns(batch) if by_columns else stage.rows(batch))

    warm(work, batches)
    seconds = sum([clocked(work, anew(batch)) for batch in batches])
    seconds += clocked(lambda _: drained(case, stage.flush()), None)
    stage.cleanup()
    return seconds


def measured(case: Case, all_rows: list[Row]) -> Figures:
    """Check the answers and return the best times."""
    rows = case.narrowed(all_rows)
    batches = [rows[at : at + ROW_BATCH] for at in range(0, len(rows), ROW_BATCH)]
    width = len(case.fields)
    slices = [rows[at : at + COLUMN_BATCH] for at in range(0, len(rows), COLUMN_BATCH)]
    columns = [columns_of(part, width) for part in slices]
    check(case, rows, batches, columns)
    lines = [Lines.of(case.fields, part) for part in batches]
    best = [float("inf")] * 3
    for _ in range(ROUNDS):
        with contextlib.redirect_stderr(io.StringIO()):
            times = (
                seconds_by_hand(case, lines),
                seconds_of(case, lines, by_columns=False),
                seconds_of(case, columns, by_columns=True),
            )
        best = [min(pair) for pair in zip(best, times, strict=True)]
    return Figures(*(seconds / len(rows) * 1e9 for seconds in best))


def shown(case: Case, found: Figures) -> str:
    """Return a line of the table; what misses its target is marked."""
    misses = "" if found.of_rows <= MOST_OF_ROWS else " !"
    slow = "" if found.of_columns >= LEAST_OF_COLUMNS else " !"
    columns = f"{found.of_columns:.1f}{slow}"
    return (
        f"{case.name:<22}{found.hand:8.0f}{found.rows:8.0f}{found.columns:9.0f}"
        f"   {found.of_rows:.2f}{misses:<4}{columns}"
    )


def main() -> None:
    """Print the table and add the figures to a file."""
    asked = set(sys.argv[1:])
    settle()
    rows = made_rows()
    print(f"cascade2spark {__version__}, Python {platform.python_version()}, {ROWS:,} rows")
    print("nanoseconds a row       hand    rows  columns   rows / hand, hand / columns")
    record: dict[str, Any] = {"rows": ROWS, "python": platform.python_version()}
    for case in CASES:
        if not asked or case.name.strip() in asked:
            found = measured(case, rows)
            print(shown(case, found), flush=True)
            record[case.name.strip()] = attrs.asdict(found)
    if not asked:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / "operations.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
