"""Which forms a plan shows before it runs; nothing here starts Spark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark.assemblies import Rename, Retain, SumBy
from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.flow import Flow
from cascade2spark.operations import (
    BaseOperation,
    Count,
    Debug,
    First,
    Function,
    Identity,
    RegexFilter,
)
from cascade2spark.operations.callables import buffer, function
from cascade2spark.pipes import (
    Checkpoint,
    CoGroup,
    Each,
    Every,
    GroupBy,
    HashJoin,
    Merge,
    Pipe,
)
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode


def flow_over_files(folder: Path, is_python: bool, form: str = "auto") -> Flow:
    """Return a projection, group and count, over files; with a Python function before the group."""
    (folder / "in.tsv").write_text("a\t1\nb\t2\n")
    fields = Fields(["k", "n"], [str, int])
    pipe: Pipe = Each(Pipe("in"), "k", Identity(Fields("k")), Fields.SWAP)
    if is_python:
        pipe = Each(pipe, "k", function("k")(str.upper), Fields.RESULTS)
    pipe = Every(GroupBy(pipe, "k"), Count())
    return SparkFlowConnector(properties={"cascade2spark.form": form}).connect(
        Hfs(TextDelimited(fields), str(folder / "in.tsv")),
        Hfs(TextDelimited(Fields.ALL), str(folder / "out"), SinkMode.REPLACE),
        pipe,
    )


def forms_of(flow: Flow) -> list[str]:
    forms = flow.engine.forms(flow.planned.steps, flow.settings)
    return [forms[node.number] for node in flow.planned.nodes]


@pytest.mark.parametrize(
    ("is_python", "form", "expected"),
    [
        (False, "auto", ["columns", "columns", "columns", "columns", "columns"]),
        (True, "auto", ["columns", "columns", "rows", "rows", "rows", "rows"]),
        (False, "rows", ["rows"] * 5),
    ],
)
def test_forms_are_known_before_running(
    tmp_path: Path, is_python: bool, form: str, expected: list[str]
) -> None:
    assert expected == forms_of(flow_over_files(tmp_path, is_python, form))


def test_forms_are_shown_and_no_spark_is_started(tmp_path: Path) -> None:
    flow = flow_over_files(tmp_path, is_python=True)
    lines = flow.plan_text().splitlines()
    assert "form" in lines[1].split()
    assert "columns" in lines[2]
    steps = flow.plan_text("steps").splitlines()
    assert "        form     columns" in steps
    assert any(line.startswith("        form     columns, rows from Each") for line in steps)
    assert flow.engine._context is None


KN = Fields(["k", "n"], [str, int])
UPPER = function("k")(str.upper)


@buffer("last")
def last_of(key: Any, rows: Any) -> Any:
    last = None
    for (number,) in rows:
        last = number
    yield last


def kept(pipe: Pipe) -> Pipe:
    return Each(pipe, "k", RegexFilter("[a-e]"))


def sums(pipe: Pipe) -> Pipe:
    summed = SumBy(Pipe("sums", pipe), Fields("k"), Fields("n"), Fields("total", int))
    return Rename(summed, Fields("k"), Fields("key")).get_tails()[0]


def with_own_sums(kind: Any, pipe: Pipe) -> Pipe:
    """Return a stream joined with an aggregate of itself."""
    joined = kind(Pipe("own", pipe), Fields("k"), sums(pipe), Fields("key"))
    return Retain(joined, Fields("k", "n", "total")).get_tails()[0]


def merged(pipe: Pipe) -> Pipe:
    inserted = Each(Pipe("other", pipe), "n", Identity(Fields("n")), Fields.REPLACE)
    return Merge("both", pipe, inserted)


def grouped(pipe: Pipe, every: Any = None, on: str = "n") -> Pipe:
    group = GroupBy(pipe, Fields("k"), Fields("n"))
    return group if every is None else Every(group, on, every)


def in_python(pipe: Pipe) -> Pipe:
    return Each(pipe, "k", UPPER, Fields.REPLACE)


def repartitioned(pipe: Pipe) -> Pipe:
    return Every(GroupBy(Checkpoint(kept(pipe)), "n"), Count())


def checkpointed(pipe: Pipe) -> Pipe:
    return kept(Checkpoint(kept(pipe)))


def rows_checkpointed(pipe: Pipe) -> Pipe:
    return Checkpoint(in_python(pipe))


def rows_behind_checkpoint(pipe: Pipe) -> Pipe:
    return in_python(Checkpoint(pipe))


# What runs as rows where it is left to the planner; what is not named runs as columns.
SHAPES: list[tuple[str, Any, str]] = [
    ("a run", kept, ""),
    ("a watched run", lambda pipe: kept(Each(kept(pipe), Debug())), ""),
    ("a group", grouped, ""),
    ("a group of stock aggregators", lambda pipe: grouped(pipe, First(Fields("first"))), ""),
    ("a group and a buffer", lambda pipe: grouped(kept(pipe), last_of), "Every sink"),
    ("a group of rows", lambda pipe: grouped(in_python(pipe)), "Each"),
    ("an aggregate of rows", lambda pipe: sums(in_python(pipe)), "Each GroupBy Every sink"),
    ("a checkpoint", checkpointed, ""),
    ("a checkpoint before a group", repartitioned, ""),
    (
        "a checkpoint of rows",
        lambda pipe: Checkpoint(in_python(pipe)),
        "Each Checkpoint sink",
    ),
    (
        "a checkpoint before rows",
        lambda pipe: in_python(Checkpoint(pipe)),
        "Each sink",
    ),
    ("a merge", merged, ""),
    ("a merge behind a checkpoint", lambda pipe: merged(Checkpoint(kept(pipe))), ""),
    ("a group joined with itself", lambda pipe: with_own_sums(CoGroup, kept(pipe)), ""),
    ("a fork joined with itself", lambda pipe: with_own_sums(HashJoin, kept(pipe)), ""),
    ("a group of a checkpoint joined", lambda pipe: with_own_sums(CoGroup, Checkpoint(pipe)), ""),
]


RUNS = [(shape, form) for shape in SHAPES for form in ("auto", "columns")]
RUNS += [(shape, "rows") for shape in SHAPES[-3:]]


@pytest.mark.parametrize(
    ("shape", "form"), RUNS, ids=[f"{shape[0]}, {form}" for shape, form in RUNS]
)
def test_what_was_planned_is_what_ran(
    tmp_path: Path, sc: Any, shape: tuple[str, Any, str], form: str
) -> None:
    _, build, as_rows = shape
    lines = [f"{'abcdefg'[n % 7]}\t{n % 5}\n" for n in range(40)]
    (tmp_path / "in.tsv").write_text("".join(lines))
    connector = SparkFlowConnector(
        sc, {"cascade2spark.form": form, "cascade2spark.progress": "off"}
    )
    flow = connector.connect(
        Hfs(TextDelimited(KN), str(tmp_path / "in.tsv")),
        Hfs(TextDelimited(Fields.ALL), str(tmp_path / "out"), SinkMode.REPLACE),
        Pipe("out", build(Pipe("events"))),
    )
    planned = flow.engine.forms(flow.planned.steps, flow.settings)
    flow.complete()
    sites = flow.get_stats().site_stats()
    assert {one.site.label: planned[one.site.key] for one in sites} == {
        one.site.label: one.form for one in sites
    }
    assert [] == [(one.site.label, one.fallbacks) for one in sites if one.fallbacks]
    if form == "rows":
        assert {"rows"} == {one.form for one in sites}
        assert [] == [(one.site.label, one.conversions) for one in sites if one.conversions]
    if form == "auto":
        found = {one.site.kind for one in sites if one.form == "rows"}
        assert set(as_rows.split()) == found


class Loud(BaseOperation, Function):
    """A function of the user's, as a class."""

    def __init__(self) -> None:
        super().__init__(1, Fields("k"))

    def operate(self, flow_process: Any, call: Any) -> None:
        call.get_output_collector().add((call.get_arguments()["k"].upper(),))


def changes_of(pipe: Pipe, form: str) -> list[str]:
    """Return the lines of the plan that tell of forms, for a pipe over files."""
    source = Hfs(TextDelimited(KN, True, "\t"), "in.tsv")
    sink = Hfs(TextDelimited(Fields.ALL), "out", SinkMode.REPLACE)
    flow = SparkFlowConnector(properties={"cascade2spark.form": form}).connect(source, sink, pipe)
    return [line.strip() for line in flow.plan_text().splitlines() if line.startswith("  form: ")]


@pytest.mark.parametrize(
    ("pipe", "form", "expected"),
    [
        (Retain(Pipe("in"), Fields("k")), "auto", []),
        (
            Each(Pipe("in"), Fields("k"), UPPER, Fields.REPLACE),
            "auto",
            ["1 conversion planned", "Each 'in' function str.upper: a Python function takes rows"],
        ),
        (
            Each(Pipe("in"), Fields("k"), Loud(), Fields.REPLACE),
            "auto",
            ["1 conversion planned", "Each 'in' Loud: the class Loud takes rows"],
        ),
        (
            Every(
                GroupBy(Each(Pipe("in"), Fields("k"), UPPER, Fields.REPLACE), Fields("k")), last_of
            ),
            "auto",
            [
                "3 conversions planned",
                "Each 'in' function str.upper: a Python function takes rows",
                "GroupBy 'in': rows are packed into columns",
                "Every 'in' buffer last_of: a Python function takes rows",
            ],
        ),
        (
            Pipe("in"),
            "rows",
            ["source 'in' Hfs in.tsv: cascade2spark.form is 'rows'"],
        ),
    ],
)
def test_the_plan_says_where_and_why_forms_change(
    tmp_path: Path, monkeypatch: Any, pipe: Pipe, form: str, expected: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.tsv").write_text("k\tn\na\t1\n")
    assert [f"form: {line}" for line in expected] == changes_of(pipe, form)
