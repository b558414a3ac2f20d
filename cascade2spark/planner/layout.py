"""Text that fits a terminal: tables whose columns give way, lists that are cut or wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import attrs

from cascade2spark.fields import Fields

__all__ = [
    "WIDTH",
    "Column",
    "all_names",
    "cut_end",
    "cut_names",
    "cut_start",
    "fitted_table",
    "shown_names",
    "table",
    "wrapped",
]

WIDTH = 100
_GAP = "  "
_MOST_NAMES = 5

Cut = Callable[[str, int], list[str]]


def cut_end(text: str, width: int) -> list[str]:
    """Return the beginning of a text that is too long."""
    return [text if len(text) <= width else text[: width - 1] + "…"]


def cut_start(text: str, width: int) -> list[str]:
    """Return the end of a text that is too long."""
    return [text if len(text) <= width else "…" + text[1 - width :]]


def cut_words(text: str, width: int) -> list[str]:
    """Return a text as several lines."""
    return textwrap.wrap(text, width) or [""]


def cut_names(text: str, width: int) -> list[str]:
    """Return the first of some names joined by commas, and how many there are: ``a, b … (12)``."""
    if len(text) <= width:
        return [text]
    names = text.split(", ")
    for count in range(len(names) - 1, 0, -1):
        shown = f"{', '.join(names[:count])} … ({len(names)})"
        if len(shown) <= width:
            return [shown]
    more = f"… ({len(names)})"
    return [names[0][: width - len(more)] + more] if len(names) > 1 else cut_end(text, width)


@attrs.frozen
class Column:
    """One column of a table that must fit.

    Args:
        title: its head.
        cut: makes lines of a cell that is wider than the column.
    """

    title: str
    cut: Cut = cut_words


def fitted_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], gives_way: Sequence[tuple[str, int]]
) -> list[str]:
    """Return rows as aligned lines of at most `WIDTH` characters, under their titles.

    Columns without any text are left out.

    Args:
        gives_way: titles of columns with the width that they go down to, in the order in which
            they do; a column may come twice.
    """
    places = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    if not places:
        return []
    widths = {
        place: max(len(columns[place].title), *(len(row[place]) for row in rows))
        for place in places
    }
    place_of = {columns[place].title: place for place in places}
    for title, least in gives_way:
        over = sum(widths.values()) + len(_GAP) * len(places) - WIDTH
        if over > 0 and title in place_of:
            place = place_of[title]
            widths[place] = min(widths[place], max(least, widths[place] - over))
    lines = [_line([columns[place].title for place in places], [widths[place] for place in places])]
    for row in rows:
        cells = [columns[place].cut(row[place], widths[place]) for place in places]
        for number in range(max(map(len, cells))):
            texts = [cell[number] if number < len(cell) else "" for cell in cells]
            lines.append(_line(texts, [widths[place] for place in places]))
    return lines


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as aligned lines of any width, columns without any text left out."""
    if not rows:
        return []
    places = [place for place in range(len(rows[0])) if any(row[place] for row in rows)]
    widths = [max(len(row[place]) for row in rows) for place in places]
    return [_line([row[place] for place in places], widths) for row in rows]


def wrapped(head: str, text: str, width: int = WIDTH) -> list[str]:
    """Return ``head text`` as lines; those after the first stand under the beginning of `text`."""
    inner = width - len(head)
    first, *rest = textwrap.wrap(text, inner, break_on_hyphens=False) or [""]
    return [(head + first).rstrip(), *(" " * len(head) + line for line in rest)]


def all_names(fields: Fields) -> str:
    """Return the names of fields, joined by commas."""
    if not fields.is_defined() and not len(fields):
        return fields.kind.name
    names = [str(name) for name in fields]
    return ", ".join([*names, "UNKNOWN"] if fields.is_unknown() else names)


def shown_names(fields: Fields) -> str:
    """Return the first few names of fields, and how many there are."""
    names = [str(name) for name in fields]
    if len(names) <= _MOST_NAMES:
        return all_names(fields)
    more = ", UNKNOWN" if fields.is_unknown() else ""
    return f"{', '.join(names[:_MOST_NAMES])} … ({len(names)}){more}"


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    cells = (f"{text:<{width}}" for text, width in zip(texts, widths, strict=True))
    return (_GAP + _GAP.join(cells)).rstrip()
