"""Draws the ratios of a record as bars, in SVG that is readable on light and on dark pages.

python -m benchmarks.chart benchmarks/results/<record>.json benchmarks/ratios.svg
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from benchmarks.report import by_job, ratio

__all__ = ["svg_of"]

# Bars in the order of the legend; colours that differ in lightness too.
PEERS = {
    "pyspark": ("hand-written PySpark", "#4e79a7"),
    "scala": ("hand-written Scala", "#f28e2b"),
    "dataframe": ("DataFrame", "#59a14f"),
}
LEAST, MOST = 0.25, 64.0
WIDTH, LEFT, TOP = 860, 190, 64
BAR, GAP = 9, 12

_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
text {{ font: 12px system-ui, sans-serif; fill: #24292f; }}
.quiet {{ fill: #57606a; font-size: 11px; }}
line {{ stroke: #57606a; stroke-opacity: 0.25; }}
.one {{ stroke-opacity: 1; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }}
.quiet {{ fill: #9da7b1; }}
line {{ stroke: #9da7b1; }}
}}
</style>
"""


def svg_of(record: dict[str, Any]) -> str:
    """Return the picture of a record: for each job the worse ratio of the kinds of keys."""
    ratios = _worst_ratios(record)
    peers = [peer for peer in PEERS if any(peer in found for found in ratios.values())]
    group = len(peers) * BAR + GAP
    bottom = TOP + len(ratios) * group
    rows = f"{round(3_000_000 * record['scale']):,}"
    kinds = " and ".join(dict.fromkeys(figure["keys"] for figure in record["figures"]))
    title = f"How many times as long the others take, {rows} rows, {kinds} keys"
    lines = [_HEAD.format(width=WIDTH, height=bottom + 28, title=title)]
    lines.append(f'<text x="8" y="20" font-weight="bold">{title}</text>')
    lines += _legend(peers)
    lines += _scale(bottom)
    for at, (job, found) in enumerate(ratios.items()):
        top = TOP + at * group + GAP / 2
        middle = top + len(peers) * BAR / 2 + 4
        lines.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{job}</text>')
        for place, peer in enumerate(peers):
            if peer in found:
                lines += _bar(found[peer], top + place * BAR, PEERS[peer][1])
    return "\n".join([*lines, "</svg>"]) + "\n"


def _worst_ratios(record: dict[str, Any]) -> dict[str, dict[str, float]]:
    worst: dict[str, dict[str, float]] = {}
    for (_, job), found in by_job(record["figures"]).items():
        for peer in PEERS:
            reached = ratio(found, peer)
            if reached is not None:
                kept = worst.setdefault(job, {})
                kept[peer] = min(reached, kept.get(peer, reached))
    return worst


def _x(value: float) -> float:
    """Return the place of a ratio on a logarithmic scale."""
    inside = min(max(value, LEAST), MOST)
    return LEFT + (WIDTH - LEFT - 60) * math.log(inside / LEAST) / math.log(MOST / LEAST)


def _bar(value: float, top: float, colour: str) -> list[str]:
    """Return a bar from 1 to a ratio, and the ratio."""
    left, right = sorted((_x(1), _x(value)))
    box = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{BAR - 1}"'
    end = _x(value) + 5 if value >= 1 else _x(1) + 5
    label = f'<text class="quiet" x="{end:.1f}" y="{top + BAR - 1:.1f}">{value:.1f}</text>'
    return [f'<rect {box} fill="{colour}"/>', label]


def _legend(peers: list[str]) -> list[str]:
    lines, left = [], float(LEFT)
    for peer in peers:
        name, colour = PEERS[peer]
        lines.append(f'<rect x="{left}" y="31" width="10" height="10" fill="{colour}"/>')
        lines.append(f'<text x="{left + 15}" y="40">{name}</text>')
        left += 30 + 7 * len(name)
    return lines


def _scale(bottom: float) -> list[str]:
    lines = []
    value = LEAST
    while value <= MOST:
        mark = ' class="one"' if value == 1 else ""
        place = f"{_x(value):.1f}"
        lines.append(f'<line{mark} x1="{place}" x2="{place}" y1="{TOP - 8}" y2="{bottom}"/>')
        name = f'<text class="quiet" x="{place}" y="{bottom + 16}" text-anchor="middle">'
        lines.append(f"{name}{value:g}x</text>")
        value *= 2
    return lines


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(svg_of(json.loads(Path(sys.argv[1]).read_text())))
