"""A chain of operators as one comprehension: where each is an expression, and none has a trap.

Where an operator has a quick text (see `operations.inline`) there are two: what the quick one
refuses, at whatever row, the other does again from the first row on. None of them changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from cascade2spark.batch.fuse_forms import Atom, Form, Link
from cascade2spark.batch.fuse_text import ChainText

__all__ = ["FlatText", "NotFlat"]

# Rows that a quick text refuses are done twice: after so many batches none is tried.
_MOST_REFUSED = 8


class NotFlat(Exception):
    """A piece that takes a line of its own."""


class FlatText(ChainText):
    """The links from `start` on as a comprehension.

    Args:
        links: the whole chain.
        start: first link of this function; flushed rows enter in the middle.
    Raises:
        NotFlat: they do not all fit into expressions.
    """

    def __init__(self, links: Sequence[Link], start: int) -> None:
        super().__init__(links, start)
        used = links[start:]
        # Nothing would count the rows between two that change their number.
        if not all(map(_is_flat, used)) or sum(link.changes_count for link in used) > 1:
            raise NotFlat
        self._clauses: list[tuple[str, int]] = []
        self._write(has_quick=any(link.inline is not None and link.inline.quick for link in used))

    def _write(self, *, has_quick: bool) -> None:
        if has_quick:
            self._lines.append("    out = None")
            self._lines.append(f"    if refused[0] < {_MOST_REFUSED}:")
            self._lines.append("        try:")
            self._write_comprehension(12, is_quick=True)
            self._lines.append("        except Exception: refused[0] += 1")
            self._lines.append("    if out is None:")
        self._write_comprehension(8 if has_quick else 4, is_quick=False)
        last = len(self._links) - 1
        self._lines += [f"    counts[{last}] += len(out)", "    if out: yield out"]
        is_counted = False
        for number in range(self._start, last + 1):
            is_counted |= self._links[number].changes_count or number == last
            self.counters[number] = last if is_counted else self.counters[number - 1]

    def _write_comprehension(self, indent: int, *, is_quick: bool) -> None:
        last = len(self._links) - 1
        self._clauses = []
        form = self._incoming()
        for number in range(self._start, last + 1):
            form = self._clause(number, self._links[number], form, is_quick=is_quick)
        texts = [
            ("out = [", None),
            (f"    {self._tuple(form)}", last),
            ("    for row in rows", None),
        ]
        texts += [(f"    {text}", number) for text, number in self._clauses]
        for text, owner in (*texts, ("]", None)):
            self._lines.append(" " * indent + text)
            if owner is not None:
                self.owners[len(self._lines)] = owner

    def _clause(self, number: int, link: Link, form: Form, *, is_quick: bool) -> Form:
        """Add the clauses of one operator; return the row that leaves it."""
        if link.how in ("project", "same", "constant"):
            without_call: Form = getattr(self, f"_{link.how}")(number, link, form)
            return without_call
        text = self._called(number, link, form, is_quick=is_quick)
        if link.how in ("keep", "remove"):
            self._clauses.append((f"if {'not ' if link.how == 'remove' else ''}{text}", number))
            return form
        is_last = number == len(self._links) - 1
        if not (is_last and _is_handed_on(link)):
            name = f"{link.how[0]}{number}"
            # Not `for`: what it goes through may hold no assignment.
            self._clauses.append((f"if (({name} := {text}) or True)", number))
            text = name
        results = Form((Atom(text),), None)
        if link.how == "row":
            results = self._named(text, None if is_last else link.width)
        return self._laid(number, link, form, results)

    def _held(self, name: Atom, atom: Atom, number: int) -> Atom:
        # For CPython an assignment, and quicker than one in a condition.
        self._clauses.append((f"for {name} in ({atom},)", number))
        return name

    def _line(self, text: str, owner: int | None = None) -> None:
        raise NotFlat

    def _open_trap(self, number: int, link: Link) -> None:
        assert not link.is_trapped


def _is_flat(link: Link) -> bool:
    if link.is_trapped or link.keeps_last or link.nesting is not None:
        return False
    if link.how in ("project", "same", "constant"):
        return True
    is_certain = link.how != "row" or link.is_exact
    return link.inline is not None and link.how in ("value", "row", "keep", "remove") and is_certain


def _is_handed_on(link: Link) -> bool:
    """Tell whether the result is in the row that leaves; one that is not may still fail."""
    layout = link.layout
    if layout is None or layout.is_results or layout.positions is None:
        return True
    return any(place >= (layout.incoming_width or 0) for place in layout.positions)
