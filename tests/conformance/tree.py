"""An input that lies in a folder tree, read by a tap of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from tests.conformance.case import Rows

__all__ = ["Tree"]


@attrs.frozen(kw_only=True)
class Tree(Rows):
    """Files in a folder; its rows are what reading them gives.

    Args:
        files: lines by path below the folder.
        make: returns the tap, given the folder.
    """

    files: Mapping[str, tuple[str, ...]]
    make: Callable[[str], Any]

    def tap_at(self, folder: Path) -> Any:
        """Write the files and return the tap."""
        for name, lines in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return self.make(str(folder))
