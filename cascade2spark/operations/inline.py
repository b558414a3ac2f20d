"""What an operation says of itself to a loop that is generated: its work as Python text of our own.

A call costs as much as the work of most stock operations. Text in place of the call is never made
of anything of the user's, and never fails: a value that it is not meant for goes through the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

__all__ = ["Inline", "unsure"]


@attrs.frozen
class Inline:
    """One call as an expression.

    In its texts ``{0}``, ``{1}`` … stand for the argument values, which may be read several times,
    ``{call}`` for the call itself, ``{q}`` begins the names that they may assign; any other name in
    braces is one of `names`.

    Args:
        text: gives exactly what the call gives.
        names: objects that the texts name.
        quick: gives that too, or raises anything at all: then the rows at hand are done again by
            `text`. None for no such text.
        always: arguments that `quick` looks at in every row; at others it looks in some.
    """

    text: str
    names: Mapping[str, Any] = attrs.field(factory=dict)
    quick: str | None = None
    always: frozenset[int] = frozenset()

    def reads_often(self, place: int, *, is_quick: bool) -> bool:
        """Tell whether a text reads an argument value several times, in a row that it looks at."""
        if not is_quick or self.quick is None:
            return self.text.count(f"{{{place}}}") > 1
        return place in self.always and self.quick.count(f"{{{place}}}") > 1

    def written(self, number: int, atoms: Sequence[str], call: str, *, is_quick: bool) -> str:
        """Return a text for the operator of a number.

        Args:
            atoms: the argument values as expressions.
            call: the call as an expression.
            is_quick: `quick`, where there is one.
        """
        text = self.quick if is_quick and self.quick is not None else self.text
        names = {name: f"i_{name}_{number}" for name in self.names}
        return text.format(*atoms, call=call, q=f"q{number}_", **names)

    def bound(self, number: int) -> dict[str, Any]:
        """Return the objects by the names that they have in the texts of `number`."""
        return {f"i_{name}_{number}": value for name, value in self.names.items()}


def unsure() -> Any:
    """Say that a quick text cannot tell."""
    raise ValueError("values that a quick expression is not meant for")
