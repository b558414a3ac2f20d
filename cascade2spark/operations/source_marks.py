"""Showing a place inside a short source text: the line, and a caret under the place."""

from __future__ import annotations

__all__ = ["marked"]

_VISIBLE = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def marked(text: str, start: int, end: int | None = None) -> str:
    """Return the line of `text` that holds `start`, with carets under it up to `end`.

    Control characters are drawn as their symbols, so that the caret stands where it belongs.
    """
    start = min(max(start, 0), len(text))
    first = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    last = len(text) if stop < 0 else stop
    width = max(1, min(end if end is not None else start + 1, last) - start)
    shown = text[first:last].translate(_VISIBLE)
    return f"{shown}\n{' ' * (start - first)}{'^' * width}"
