"""What the generator of fused operators knows: links (its operators), and rows as atoms.

A row on its way through the chain is a list of *atoms* (``row[2]``, ``v4``), a whole under a name,
or both, so that intermediate rows are built only where an operator needs them whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import attrs

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Nesting
from cascade2spark.operations.inline import Inline
from cascade2spark.selection import NO_COLUMN, Layout, Pick

__all__ = ["Atom", "Form", "Link", "display", "width_of"]


class Atom(NamedTuple):
    """A value as an expression: a local name, or one place of a tuple that has a name."""

    base: str
    place: int | None = None

    def __str__(self) -> str:
        return self.base if self.place is None else f"{self.base}[{self.place}]"


@attrs.frozen
class Link:
    """One operator as the generator sees it.

    Args:
        how: `project`; `value row values rows` (plain functions by shape); `same constant` (stock
            functions that give their arguments, or values that never change, which need no call);
            `keep remove` (plain filters); `function filter assertion` (driven through call
            objects).
        width: number of values of a result, None when they differ.
        keeps_last: the last incoming row is kept, for results made at flush.
        is_plain: a value that is a tuple of one is refused.
        nesting: the one argument of the callable, made of the argument values (see `Nesting`).
        is_exact: results are tuples of `width` for certain.
        is_blind: a filter that looks at no value.
        inline: the call as text.
    """

    how: str
    incoming: Fields | None
    outgoing: Fields
    arguments: Pick
    layout: Layout | None
    width: int | None
    is_trapped: bool = False
    keeps_last: bool = False
    is_plain: bool = False
    nesting: Nesting | None = None
    is_exact: bool = False
    is_blind: bool = False
    inline: Inline | None = None

    @property
    def nests(self) -> bool:
        """Whether the rest of the chain is nested in a loop over the operator's results."""
        return self.how in ("values", "rows", "function")

    @property
    def changes_count(self) -> bool:
        """Whether the number of rows that leave may differ from the number that enter."""
        return self.how not in ("project", "value", "row", "same", "constant", "assertion")


@attrs.frozen
class Form:
    """A row as the generated code has it: by atoms, as a whole under a name, or both."""

    atoms: tuple[Atom, ...] | None
    whole: str | None

    def atom(self, place: int) -> Atom:
        """Return the value at one place."""
        if place == NO_COLUMN:
            return Atom("None")
        if self.atoms is not None:
            return self.atoms[place]
        assert self.whole is not None
        return Atom(self.whole, place)


def width_of(fields: Fields) -> int | None:
    """Return the number of fields, None when rows may differ in it."""
    return None if fields.is_unknown() or fields.is_all() else len(fields)


def display(texts: Sequence[str]) -> str:
    """Return the tuple of some expressions as an expression."""
    return f"({', '.join(texts)},)" if texts else "()"
