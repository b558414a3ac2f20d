"""Generated functions, and the way from a traceback back to the operator that failed in one.

Text is generated from integers and names of our own only; what is the user's is put into the
functions' globals as objects.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import TracebackType
from typing import Any

__all__ = ["Generated"]

Row = tuple[Any, ...]
_numbers = itertools.count()


class Generated:
    """The generated functions of one stage in one task; they share their globals."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._name = f"<cascade2spark stage {next(_numbers)}>"
        self._parts: list[tuple[Mapping[int, int], Mapping[int, str]]] = []

    def add(self, text: str, owners: Mapping[int, int], arguments: Mapping[int, str]) -> None:
        """Define the functions of a text.

        Args:
            text: Python source.
            owners: operator number by line, from 1.
            arguments: by operator number the expression that gives what it worked on.
        """
        exec(compile(text, f"{self._name}{len(self._parts)}", "exec"), self.names)
        self._parts.append((owners, arguments))

    def failed_place(self, trace: TracebackType | None) -> tuple[int, Row | None] | None:
        """Return the number of the operator that failed and its arguments, None if none did."""
        found: tuple[int, Row | None] | None = None
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_globals is self.names:
                file = frame.f_code.co_filename
                owners, arguments = self._parts[int(file[len(self._name) :])]
                number = owners.get(trace.tb_lineno)
                found = None
                if number is not None:
                    found = number, _value_of(arguments.get(number), frame.f_locals)
            trace = trace.tb_next
        return found


def _value_of(text: str | None, values: dict[str, Any]) -> Row | None:
    try:
        row: Row = eval(text or "row", {"__builtins__": {}}, values)
        return row
    except Exception:  # a row too short for its fields: show it whole
        return values.get("row")
