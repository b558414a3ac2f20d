"""The pages of the docs, and the fenced blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

import cascade2spark

ROOT = Path(cascade2spark.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
PORTING = DOCS / "how-to" / "port-a-cascading-job.md"

FENCE = re.compile(r"^```(\S*)([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")


@attrs.frozen
class Block:
    """One fenced block; `line` is that of its first line of text."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The file name it is saved under."""
        return next((word[5:] for word in self.words if word.startswith("file=")), None)


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            found[1],
            tuple(found[2].split()),
            found[3],
            text.count("\n", 0, found.start()) + 2,
        )
        for found in FENCE.finditer(text)
    ]
