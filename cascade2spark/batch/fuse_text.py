"""The source text of a chain of operators: what its two ways of writing it have in common.

Nothing of the user's goes into the text: it is made of integers and names of our own, and the
callables are put into its globals. There is no ``try`` but for traps: when something fails, the
line number tells the operator (`owners`) and the frame's locals give what it worked on
(`arguments`).
"""

from __future__ import annotations

import abc
from collections.abc import Sequence

from cascade2spark.batch.fuse_forms import Atom, Form, Link, display, width_of
from cascade2spark.operations.callables import Built, Nesting

__all__ = ["ChainText"]

# A display of subscripts beats joining tuples below this width.
_JOIN_WIDTH = 5


class ChainText(abc.ABC):
    """The function of the links from `start` on.

    Args:
        links: the whole chain.
        start: first link of this function; flushed rows enter in the middle.
    """

    def __init__(self, links: Sequence[Link], start: int) -> None:
        self.name = f"run_{start}"
        self.owners: dict[int, int] = {}
        self.arguments: dict[int, str] = {}
        # For each link the number of the counter that counts what left it; -1: what came in.
        self.counters: dict[int, int] = {start - 1: -1}
        self._links = links
        self._start = start
        self._lines = [f"def {self.name}(rows, counts):"]
        self._widths: dict[str, int] = {}

    @property
    def text(self) -> str:
        """The function, and what it calls in turn."""
        return "\n".join(self._lines) + "\n"

    def _incoming(self) -> Form:
        first = self._links[self._start]
        width = first.arguments.width if first.incoming is None else width_of(first.incoming)
        return self._named("row", width)

    @abc.abstractmethod
    def _line(self, text: str, owner: int | None = None) -> None:
        """Add a line; a failure in it is the owner's."""

    @abc.abstractmethod
    def _held(self, name: Atom, atom: Atom, number: int) -> Atom:
        """Give a value that is read several times a name: quicker than out of a row each time."""

    @abc.abstractmethod
    def _open_trap(self, number: int, link: Link) -> None:
        """Let the trap of an operator, if it has one, cover what follows."""

    # -- operators that need no call -----------------------------------------------------------

    def _project(self, number: int, link: Link, form: Form) -> Form:
        places = link.arguments.positions
        if link.arguments.is_all:
            return form
        if places is None:
            self._line(f"r{number} = pick{number}({self._whole(form, number)})", number)
            return self._named(f"r{number}", width_of(link.outgoing))
        return Form(tuple(form.atom(place) for place in places), None)

    def _same(self, number: int, link: Link, form: Form) -> Form:
        places = link.arguments.positions or ()
        results = Form(tuple(form.atom(place) for place in places), None)
        return self._laid(number, link, form, results)

    def _constant(self, number: int, link: Link, form: Form) -> Form:
        return self._laid(number, link, form, self._named(f"k{number}", link.width))

    # -- parts of an operator ------------------------------------------------------------------

    def _called(self, number: int, link: Link, form: Form, *, is_quick: bool = False) -> str:
        """Return the call of an operator on its arguments as an expression."""
        call = f"f{number}({self._begin(number, link, form)})"
        places = link.arguments.positions
        if link.inline is None or places is None:
            return call
        atoms = []
        for at, place in enumerate(places):
            atom = form.atom(place)
            if atom.place is not None and link.inline.reads_often(at, is_quick=is_quick):
                atom = self._held(Atom(f"a{number}_{at}"), atom, number)
            atoms.append(str(atom))
        return link.inline.written(number, atoms, call, is_quick=is_quick)

    def _begin(self, number: int, link: Link, form: Form) -> str:
        """Open the operator's trap and return its argument values as the text of a call."""
        places = link.arguments.positions
        if places is not None:
            atoms = tuple(form.atom(place) for place in places)
            is_whole = link.arguments.is_all and form.whole is not None
            self.arguments[number] = self._tuple(Form(atoms, form.whole if is_whole else None))
            self._open_trap(number, link)
            if _has_objects(link.nesting):
                return f"nest{number}({display(list(map(str, atoms)))})"
            if link.nesting is not None:
                return self._nested(link.nesting, atoms, form if is_whole else None)
            return "" if link.is_blind else ", ".join(map(str, atoms))
        whole = self._whole(form, number)
        self.arguments[number] = f"g{number}"
        # Until the arguments are cut, and when they cannot be, the whole row stands for them.
        self._line(f"g{number} = {whole}")
        self._open_trap(number, link)
        if not link.arguments.is_all:
            self._line(f"g{number} = pick{number}({whole})", number)
        if link.nesting is not None:
            return f"nest{number}(g{number})"
        return f"*g{number}"

    def _laid(self, number: int, link: Link, form: Form, results: Form) -> Form:
        """Return the outgoing row of a function, building it only when its places vary."""
        layout = link.layout
        assert layout is not None
        if layout.is_results:
            return results
        if layout.positions is not None and form.atoms is not None and results.atoms is not None:
            both = form.atoms + results.atoms
            atoms = tuple(both[place] for place in layout.positions)
            return Form(atoms, form.whole if layout.is_identity else None)
        left, right = self._whole(form, number), self._whole(results, number, "s")
        self._line(f"r{number} = build{number}({left}, {right})", number)
        return self._named(f"r{number}", width_of(link.outgoing))

    def _whole(self, form: Form, number: int, prefix: str = "w") -> str:
        if form.whole is not None:
            return form.whole
        self._line(f"{prefix}{number} = {self._tuple(form)}", number)
        return f"{prefix}{number}"

    def _named(self, name: str, width: int | None) -> Form:
        if width is None:
            return Form(None, name)
        self._widths[name] = width
        return Form(tuple(Atom(name, place) for place in range(width)), name)

    # -- tuples --------------------------------------------------------------------------------

    def _tuple(self, form: Form) -> str:
        """Return a tuple expression; wide tuples that go in whole are joined, not taken apart."""
        if form.whole is not None:
            return form.whole
        atoms = form.atoms or ()
        parts: list[str] = []
        loose: list[str] = []
        place = 0
        while place < len(atoms):
            base = atoms[place].base
            width = self._widths.get(base, 0)
            run = tuple(Atom(base, index) for index in range(width))
            if width >= _JOIN_WIDTH and atoms[place : place + width] == run:
                parts += [display(loose), base] if loose else [base]
                loose = []
                place += width
            else:
                loose.append(str(atoms[place]))
                place += 1
        if loose or not parts:
            parts.append(display(loose))
        return " + ".join(parts) if len(parts) <= 3 else display([str(atom) for atom in atoms])

    def _nested(self, nesting: Nesting, atoms: tuple[Atom, ...], form: Form | None) -> str:
        if isinstance(nesting, int):
            return str(atoms[nesting])
        if nesting is None:
            return "None"
        assert isinstance(nesting, tuple)
        if form is not None and nesting == tuple(range(len(atoms))):
            return self._tuple(form)
        return display([self._nested(one, atoms, None) for one in nesting])


def _has_objects(nesting: Nesting | None) -> bool:
    if isinstance(nesting, tuple):
        return any(map(_has_objects, nesting))
    return isinstance(nesting, Built)
