"""No tap of a flow is written around, into or over another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import PlanError
from cascade2spark.flows.definition import FlowDef
from cascade2spark.pipes import Checkpoint, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import DirTap, FileTap, Hfs, MultiSinkTap, MultiSourceTap, SinkMode

REPLACE = SinkMode.REPLACE


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work" / "here"
    for name in ("dd", "data/a", "data/b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "in.csv").write_text("1\n")
    (folder / "link").symlink_to("dd")
    monkeypatch.chdir(folder)


def tap(path: str, mode: SinkMode = SinkMode.KEEP) -> Hfs:
    return Hfs(TextLine("line"), path, mode)


def flow(source: Any, sink: Any, **more: Any) -> FlowDef:
    definition = FlowDef.flow_def().add_source("a", source)
    pipe = Checkpoint("kept", Pipe("a"))
    tail = Pipe("a", pipe)
    definition.add_tail_sink(tail, sink)
    if "other" in more:
        definition.add_tail_sink(Pipe("other", tail), more["other"])
    if "trap" in more:
        definition.add_trap("a", more["trap"])
    if "checkpoint" in more:
        definition.add_checkpoint("kept", more["checkpoint"])
    return definition


REFUSED: dict[str, tuple[Callable[[], FlowDef], str]] = {
    "around a source": (
        lambda: flow(tap("dd/in.csv"), tap("dd", REPLACE)),
        "sink 'a' would be written around source 'a'",
    ),
    "inside a source": (lambda: flow(tap("dd"), tap("dd/out")), "sink 'a' would be written inside"),
    "around a source by a link": (
        lambda: flow(tap("link/in.csv"), tap("dd", REPLACE)),
        "sink 'a' would be written around source 'a'",
    ),
    "around one source of several": (
        lambda: flow(MultiSourceTap(tap("data/a"), tap("dd/in.csv")), tap("file:dd", REPLACE)),
        "sink 'a' would be written around source 'a'",
    ),
    "around a list of paths": (
        lambda: flow(Hfs(TextLine("line"), ["data/a", "dd/in.csv"]), tap("dd", REPLACE)),
        "sink 'a' would be written around source 'a'",
    ),
    "around a pattern": (
        lambda: flow(tap("data/*/in.csv"), tap("data", REPLACE)),
        "sink 'a' would be written over source 'a'",
    ),
    "where a pattern reads": (
        lambda: flow(tap("data/{a,out}*"), tap("data/out")),
        "sink 'a' would be written inside source 'a'",
    ),
    "below a folder tree": (
        lambda: flow(DirTap(TextLine("line"), "data"), tap("data/b/out")),
        "sink 'a' would be written inside source 'a'",
    ),
    "over a source": (
        lambda: flow(tap("dd"), Hfs(TextDelimited("line"), "dd", REPLACE)),
        "sink 'a' would be written over source 'a'",
    ),
    "two sinks": (
        lambda: flow(tap("dd"), tap("ns"), other=tap("ns/inner")),
        "sink 'a' would be written around sink 'other'",
    ),
    "two sinks in one": (
        lambda: flow(tap("dd"), MultiSinkTap(tap("ns"), tap("ns/inner"))),
        "sink 'a' would be written around sink 'a'",
    ),
    "around a trap": (
        lambda: flow(tap("dd"), tap("ns"), trap=tap("ns/bad")),
        "sink 'a' would be written around trap 'a'",
    ),
    "a trap inside a source": (
        lambda: flow(tap("dd"), tap("ns"), trap=tap("dd/bad")),
        "trap 'a' would be written inside source 'a'",
    ),
    "around a checkpoint": (
        lambda: flow(
            tap("dd"), tap("ns"), checkpoint=Hfs(TextDelimited(skip_header=True), "ns/kept")
        ),
        "sink 'a' would be written around checkpoint 'kept'",
    ),
    "the working folder": (
        lambda: flow(tap("/elsewhere"), tap(".", REPLACE)),
        "sink 'a' would replace the working folder",
    ),
    "above the working folder": (
        lambda: flow(tap("/elsewhere"), tap("..", REPLACE)),
        "sink 'a' would replace a folder that holds the working folder",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_destroy_data_is_refused(case: str) -> None:
    build, said = REFUSED[case]
    definition = build()
    with pytest.raises(PlanError) as caught:
        LocalFlowConnector().connect(definition)
    assert said in caught.value.headline
    assert len(caught.value.errors) == 1


def test_both_taps_and_their_lines_are_named() -> None:
    with pytest.raises(PlanError) as caught:
        LocalFlowConnector().connect(flow(tap("dd/in.csv"), tap("dd", REPLACE)))
    assert set(caught.value.details) == {"sink", "source"}
    assert all(f"{Path(__file__).name}:" in text for text in caught.value.details.values())
    assert caught.value.origin is not None


ALLOWED: dict[str, Callable[[], FlowDef]] = {
    "beside a source": lambda: flow(tap("dd/in.csv"), tap("dd/out")),
    "beside what a pattern matches": lambda: flow(tap("dd/*.csv"), tap("dd/out", REPLACE)),
    "a name that begins alike": lambda: flow(tap("dd"), tap("dd2", REPLACE)),
    "sources in each other": lambda: flow(
        MultiSourceTap(tap("data/a"), tap("data/a/in.csv")), tap("out")
    ),
    "a file in the working folder": lambda: flow(
        tap("dd"), FileTap(TextLine("line"), "out.txt", REPLACE)
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_taps_beside_each_other_are_fine(case: str) -> None:
    assert LocalFlowConnector().connect(ALLOWED[case]()).planned.steps.writes
