"""Which forms a plan shows before it runs; nothing here starts Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from cascade2spark.config import Settings
from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.flow import Flow
from cascade2spark.operations import Count, Identity
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
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
        (True, "auto", ["columns", "columns", "rows", "columns", "columns", "columns"]),
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
    assert flow.engine._context is None


def test_what_was_planned_is_what_ran(tmp_path: Path, sc: object) -> None:
    flow = flow_over_files(tmp_path, is_python=True)
    planned = flow.engine.forms(flow.planned.steps, Settings.from_properties())
    flow.complete()
    ran = [site for step in flow.stats.steps for site in step.sites if site.form == "columns"]
    assert ran
    assert [] == [site.site.label for site in ran if planned[site.site.key] != "columns"]
