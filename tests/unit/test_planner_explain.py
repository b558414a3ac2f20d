"""Explaining and drawing: stages, forms, escaping. Whole texts are in tests/plans."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from cascade2spark.assemblies import CountBy
from cascade2spark.config import Settings
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import aggregator
from cascade2spark.pipes import GroupBy, Merge, Pipe
from cascade2spark.planner.build import PlannedFlow, plan_flow
from cascade2spark.planner.drawing import draw_svg
from cascade2spark.taps import MemoryTap
from tests.planning import NamedTap, planned

total = aggregator("total", zero=0, step=lambda t, v: t + v)
ODD = 'a "quoted" <b>&\n\x00 \ud800 name'


def odd_flow() -> PlannedFlow:
    left, right = Pipe(ODD), Pipe("right")
    merged = Merge("m", left, right)
    sources = {ODD: (Fields("<k>", "&v"), []), "right": (Fields("<k>", "&v"), [])}
    return planned(GroupBy(merged, "<k>").every("&v", total), sources)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(BuildError, match="no such stage"):
        odd_flow().explain("stages")


def test_a_tap_is_shown_with_its_own_line_and_belongs_to_no_assembly() -> None:
    source = MemoryTap("word", [("a",)])
    sink = MemoryTap(Fields.UNKNOWN)
    flow = LocalFlowConnector().connect(source, sink, CountBy(Pipe("words"), "word", "n"))
    lines = flow.plan_text().split("\n")
    for tap, kind in ((source, "source 'words'"), (sink, "sink 'words'")):
        shown = next(line for line in lines if kind in line)
        assert shown.endswith(f"{Path(__file__).name}:{tap.origin.line}")
        assert "(of " not in shown
    assert any("(of CountBy)" in line for line in lines)


def test_forms_are_shown_when_an_engine_tells_them() -> None:
    flow = odd_flow()
    text = flow.explain(forms={0: "columns", 3: "rows"})
    assert "form" in text.split("\n")[1]
    assert "columns" in text
    assert "columns" not in flow.explain()


def test_the_svg_is_well_formed_and_takes_its_colour_from_the_page() -> None:
    svg = draw_svg(odd_flow())
    root = ElementTree.fromstring(svg.encode("utf-8"))
    boxes = root.findall("{http://www.w3.org/2000/svg}g")
    assert len(odd_flow().nodes) == len(boxes)
    assert "<b>" not in svg
    assert {"currentColor", "none"} == {
        part.get(name) for part in root.iter() for name in ("fill", "stroke") if part.get(name)
    }


def test_boxes_do_not_overlap_and_inputs_are_above() -> None:
    root = ElementTree.fromstring(draw_svg(odd_flow()).encode("utf-8"))
    boxes = [
        [float(rect.get(name) or 0) for name in ("x", "y", "width", "height")]
        for rect in root.iter("{http://www.w3.org/2000/svg}rect")
    ]
    for index, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[index + 1 :]:
            apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
            assert apart


def test_dot_files_quote_what_users_wrote(tmp_path: Path) -> None:
    flow = planned(Pipe('a "b" \\ c'), {'a "b" \\ c': (Fields("x"), [])})
    flow.write_dot(tmp_path / "dot" / "flow.dot")
    flow.write_steps_dot(tmp_path / "steps.dot")
    text = (tmp_path / "dot" / "flow.dot").read_text("utf-8")
    assert '\'a \\"b\\"' in text
    assert "n0 -> n1;" in text
    assert "Read" in (tmp_path / "steps.dot").read_text("utf-8")


def test_a_rule_that_does_not_exist_cannot_be_switched_off() -> None:
    settings = Settings.from_properties({"cascade2spark.rules.off": "prune"})
    with pytest.raises(BuildError, match="names a rule"):
        plan_flow("t", {"a": NamedTap("a", "x", [])}, {"a": NamedTap("b")}, [Pipe("a")],
                  settings=settings)  # fmt: skip


def test_long_paths_lose_their_middle() -> None:
    pipe = Pipe("in")
    for _ in range(30):
        pipe = pipe.keep("x", bool).checkpoint()
    flow = planned(pipe, {"in": (Fields("x"), [])})
    shown = str(flow.nodes[-1].path)
    assert shown.startswith("in > Each keep_if bool > ")
    assert "… 52 more" in shown
