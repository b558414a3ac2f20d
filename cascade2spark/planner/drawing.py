"""The plan as a picture: DOT for Graphviz, and an SVG of our own that needs no other program.

The SVG uses the page's own text colour, so that it can be read on light and on dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import attrs

from cascade2spark.planner.layout import shown_names
from cascade2spark.planner.nodes import GroupByNode, JoinNode, Node
from cascade2spark.planner.overview import rdd_calls
from cascade2spark.planner.planned import Planned
from cascade2spark.planner.steps import CoGroup, Group, Step

__all__ = ["draw_svg", "write_dot"]

_LINE_HEIGHT, _CHAR_WIDTH, _PADDING = 16, 7.2, 10
_GAP_ACROSS, _GAP_DOWN = 24, 36
_MOST_CHARS = 44


@attrs.define(eq=False)
class _Box:
    """One node of the picture."""

    number: int
    lines: tuple[str, ...]
    inputs: tuple[int, ...]
    is_exchange: bool
    title: str
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return max(len(line) for line in self.lines) * _CHAR_WIDTH + 2 * _PADDING

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE_HEIGHT + _PADDING


def write_dot(planned: Planned, steps: bool = False) -> str:
    """Return the pipes and taps, or the steps, as a graph in DOT."""
    boxes = _step_boxes(planned) if steps else _node_boxes(planned)
    lines = [f"digraph {_dot_text(planned.name)} {{", "  node [shape=box];"]
    for box in boxes:
        style = ", style=bold" if box.is_exchange else ""
        label = _dot_text("\n".join(box.lines))
        lines.append(f"  n{box.number} [label={label}{style}];")
    for box in boxes:
        lines += [f"  n{before} -> n{box.number};" for before in dict.fromkeys(box.inputs)]
    return "\n".join([*lines, "}", ""])


def draw_svg(planned: Planned) -> str:
    """Return the pipes and taps as an SVG element, sources on top."""
    boxes = _node_boxes(planned)
    width, height = _place_boxes(boxes)
    by_number = {box.number: box for box in boxes}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        'style="max-width:100%;height:auto;color:inherit" '
        'font-family="ui-monospace, monospace" font-size="12" fill="none" stroke="currentColor">',
        f"<title>flow {_xml(planned.name)}</title>",
    ]
    for box in boxes:
        parts += [_edge(by_number[before], box) for before in dict.fromkeys(box.inputs)]
    parts += [_drawn(box) for box in boxes]
    return "".join([*parts, "</svg>"])


def _node_boxes(planned: Planned) -> list[_Box]:
    step_of = {site.key: step for step in planned.steps.steps for site in step.sites}
    boxes = []
    for node in planned.nodes:
        step = step_of.get(node.number)
        calls = () if step is None else (rdd_calls(step),)
        title = "\n".join([str(node.path), *calls, str(node.origin)])
        is_exchange = isinstance(node, (GroupByNode, JoinNode))
        boxes.append(_box(node.number, node.label, node, node.inputs, is_exchange, title))
    return boxes


def _step_boxes(planned: Planned) -> list[_Box]:
    boxes = []
    for step in planned.steps.steps:
        labels = [site.label for site in step.sites or (step.site,)]
        label = f"{type(step).__name__}: {', '.join(labels)}"
        is_exchange = isinstance(step, (Group, CoGroup))
        boxes.append(_box(step.number, label, step, step.inputs, is_exchange, rdd_calls(step)))
    return boxes


def _box(
    number: int,
    label: str,
    shown: Node | Step,
    inputs: Sequence[Any],
    is_exchange: bool,
    title: str,
) -> _Box:
    lines = (_cut(label), _cut(shown_names(shown.fields)))
    return _Box(number, lines, tuple(one.number for one in inputs), is_exchange, title)


def _place_boxes(boxes: Sequence[_Box]) -> tuple[float, float]:
    """Give every box its place, a layer below its lowest input; return the picture's size."""
    layer_of: dict[int, int] = {}
    layers: list[list[_Box]] = []
    for box in boxes:
        layer = max((layer_of[before] + 1 for before in box.inputs), default=0)
        layer_of[box.number] = layer
        while len(layers) <= layer:
            layers.append([])
        layers[layer].append(box)
    widths = [sum(box.width for box in row) + _GAP_ACROSS * (len(row) - 1) for row in layers]
    whole = max(widths, default=0.0) + 2 * _PADDING
    y = float(_PADDING)
    for row, width in zip(layers, widths, strict=True):
        x = (whole - width) / 2
        for box in row:
            box.x, box.y = x, y
            x += box.width + _GAP_ACROSS
        y += max(box.height for box in row) + _GAP_DOWN
    return whole, max(y - _GAP_DOWN, 0.0) + _PADDING


def _drawn(box: _Box) -> str:
    weight = "2.5" if box.is_exchange else "1"
    middle = box.x + box.width / 2
    texts = "".join(
        f'<text x="{middle:.1f}" y="{box.y + _LINE_HEIGHT * (at + 1):.1f}" text-anchor="middle" '
        f'stroke="none" fill="currentColor"{_faint(at)}>{_xml(line)}</text>'
        for at, line in enumerate(box.lines)
    )
    return (
        f"<g><title>{_xml(box.title)}</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="5" stroke-width="{weight}"/>{texts}</g>'
    )


def _edge(before: _Box, after: _Box) -> str:
    x1, y1 = before.x + before.width / 2, before.y + before.height
    x2, y2 = after.x + after.width / 2, after.y
    bend = (y1 + y2) / 2
    return (
        f'<path d="M{x1:.1f},{y1:.1f} C{x1:.1f},{bend:.1f} {x2:.1f},{bend:.1f} {x2:.1f},{y2:.1f}"/>'
        f'<circle cx="{x2:.1f}" cy="{y2:.1f}" r="3" fill="currentColor" stroke="none"/>'
    )


def _faint(line: int) -> str:
    return ' opacity="0.7"' if line else ""


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…"


def _xml(text: str) -> str:
    """Return text for XML: escaped, and without the characters that XML cannot hold."""
    kept = "".join(
        char if char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff") else "�"
        for char in text
    )
    return escape(kept, quote=True)


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
