"""The source text of one function that runs a whole chain of operators over a list of rows.

Nothing of the user's goes into the text: it is made of integers and names of our own, and the
callables are put into its globals. A row on its way through the chain is known to the generator as
a list of *atoms* (``row[2]``, ``v4``), so that intermediate rows are built only where an operator
needs them whole. There is no ``try`` but for traps: when something fails, the line number tells
the operator (`owners`) and the frame's locals give what it worked on (`arguments`).

Where every operator is an expression (see `operations.inline`) the loop is a comprehension; both
are written here, from the same operators, forms and atoms, which is why this is one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import attrs

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Built, Nesting
from cascade2spark.operations.inline import Inline
from cascade2spark.selection import Layout, Pick

__all__ = ["Link", "RunSource"]

# CPython refuses more than 20 nested blocks; deeper chains go on in another function.
_MOST_BLOCKS = 14
# A display of subscripts beats joining tuples below this width.
_JOIN_WIDTH = 5
# Rows that a quick text refuses are done twice: after so many batches none is tried.
_MOST_REFUSED = 8


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
class _Form:
    """A row as the generated code has it: by atoms, as a whole under a name, or both."""

    atoms: tuple[Atom, ...] | None
    whole: str | None

    def atom(self, place: int) -> Atom:
        if self.atoms is not None:
            return self.atoms[place]
        assert self.whole is not None
        return Atom(self.whole, place)


@attrs.define
class _Block:
    """An open block: a loop, or the try of a trapped operator."""

    trapped: int | None = None  # None for a loop
    is_flat: bool = False  # ends where the next trapped operator begins
    after: tuple[tuple[str, int], ...] = ()  # lines that follow the block


class _NotFlat(Exception):
    """A piece that takes a line of its own."""


class RunSource:
    """Source of the links from `start` on.

    Args:
        links: the whole chain.
        start: first link of this function; flushed rows enter in the middle.
        is_immediate: each row is yielded the moment it is made, so that an error that the consumer
            throws back in meets the traps of this chain.
        limit: most rows held before they are yielded, where one row may give many.
    """

    def __init__(
        self, links: Sequence[Link], start: int, *, is_immediate: bool, limit: int
    ) -> None:
        self.name = f"run_{start}"
        self.owners: dict[int, int] = {}
        self.arguments: dict[int, str] = {}
        # For each link the number of the counter that counts what left it; -1: what came in.
        self.counters: dict[int, int] = {start - 1: -1}
        self._links = links
        self._start = start
        self._is_immediate = is_immediate
        self._limit = limit
        self._lines: list[str] = []
        self._indent = 1
        self._blocks: list[_Block] = []
        self._is_tail = self._is_flat = False
        self._widths: dict[str, int] = {}
        self._tails: list[tuple[int, _Form]] = []
        self._locals: set[int] = set()
        self._clauses: list[tuple[str, int]] = []
        self.text = self._write()

    def _write(self) -> str:
        last = len(self._links) - 1
        first = self._links[self._start]
        width = first.arguments.width if first.incoming is None else _width(first.incoming)
        self._lines.append(f"def {self.name}(rows, counts):")
        if self._write_flat(width):
            return "\n".join(self._lines) + "\n"
        zeros = len(self._lines)
        self._lines.append("")  # counters, known at the end
        if not self._is_immediate:
            self._line("out = []")
        self._line("for row in rows:")
        self._indent += 1
        self._chain(self._start, self._named("row", width))
        self._indent = 1
        for number in sorted(self._locals):
            self._line(f"counts[{number}] += c{number}")
        if not self._is_immediate:
            self._line(f"counts[{last}] += len(out)")
            self._line("if out: yield out")
        names = " = ".join(f"c{number}" for number in sorted(self._locals))
        self._lines[zeros] = f"    {names} = 0" if names else ""
        while self._tails:
            self._write_tail(*self._tails.pop(0))
        return "\n".join(self._lines) + "\n"

    def _write_tail(self, number: int, form: _Form) -> None:
        self._is_tail, self._indent, self._blocks = True, 1, []
        self._lines.append(f"def {self.name}_{number}({self._parameters(form)}):")
        self._chain(number, form)

    # -- the chain -----------------------------------------------------------------------------

    def _chain(self, number: int, form: _Form) -> None:
        for place in range(number, len(self._links)):
            link = self._links[place]
            if (link.nests or link.is_trapped) and len(self._blocks) >= _MOST_BLOCKS:
                self._call_tail(place, form)
                break
            form = getattr(self, f"_{link.how}")(place, link, form)
            self._count(place, link)
        else:
            self._emit(form)
        self._close_all()

    def _call_tail(self, number: int, form: _Form) -> None:
        call = f"{self.name}_{number}({self._parameters(form)})"
        self._line(f"yield from {call}" if self._is_immediate else call)
        self._tails.append((number, form))

    def _emit(self, form: _Form) -> None:
        last = len(self._links) - 1
        if self._is_immediate:
            # Two lines: an error thrown in at the yield is not this operator's.
            self._line(f"o = {self._tuple(form)}", last)
            self._line(f"counts[{last}] += 1")
            self._line("yield [o]")
            return
        # Spelled out, adding to a list is an instruction of its own and not a call.
        self._line(f"out.append({self._tuple(form)})", last)
        if not self._is_tail and any(link.nests for link in self._links[self._start :]):
            self._line(f"if len(out) >= {self._limit}:")
            self._indent += 1
            for text in (f"counts[{last}] += len(out)", "yield out", "out = []"):
                self._line(text)
            self._indent -= 1

    def _count(self, number: int, link: Link) -> None:
        if number == len(self._links) - 1:
            self.counters[number] = number
        elif link.changes_count or self._is_covered() or self._start:
            self.counters[number] = number
            if self._is_tail or self._is_immediate:  # locals are lost when an error passes
                self._line(f"counts[{number}] += 1")
            else:
                self._locals.add(number)
                self._line(f"c{number} += 1")
        else:
            self.counters[number] = self.counters[number - 1]

    # -- one operator --------------------------------------------------------------------------

    def _project(self, number: int, link: Link, form: _Form) -> _Form:
        places = link.arguments.positions
        if link.arguments.is_all:
            return form
        if places is None:
            self._line(f"r{number} = pick{number}({self._whole(form, number)})", number)
            return self._named(f"r{number}", _width(link.outgoing))
        return _Form(tuple(form.atom(place) for place in places), None)

    def _value(self, number: int, link: Link, form: _Form) -> _Form:
        self._line(f"v{number} = {self._called(number, link, form)}", number)
        self._check_value(number, link)
        return self._laid(number, link, form, _Form((Atom(f"v{number}"),), None))

    def _row(self, number: int, link: Link, form: _Form) -> _Form:
        self._line(f"t{number} = {self._called(number, link, form)}", number)
        self._check_row(number, link)
        return self._laid(number, link, form, self._named(f"t{number}", link.width))

    def _same(self, number: int, link: Link, form: _Form) -> _Form:
        places = link.arguments.positions or ()
        results = _Form(tuple(form.atom(place) for place in places), None)
        return self._laid(number, link, form, results)

    def _constant(self, number: int, link: Link, form: _Form) -> _Form:
        return self._laid(number, link, form, self._named(f"k{number}", link.width))

    def _values(self, number: int, link: Link, form: _Form) -> _Form:
        self._many(number, link, form, "v")
        self._check_value(number, link)
        return self._laid(number, link, form, _Form((Atom(f"v{number}"),), None))

    def _rows(self, number: int, link: Link, form: _Form) -> _Form:
        self._many(number, link, form, "t")
        self._check_row(number, link)
        return self._laid(number, link, form, self._named(f"t{number}", link.width))

    def _keep(self, number: int, link: Link, form: _Form) -> _Form:
        self._line(f"if not {self._called(number, link, form)}: {self._drop()}", number)
        return form

    def _remove(self, number: int, link: Link, form: _Form) -> _Form:
        self._line(f"if {self._called(number, link, form)}: {self._drop()}", number)
        return form

    def _filter(self, number: int, link: Link, form: _Form) -> _Form:
        self._show(number, link, form)
        self._line(f"if f{number}(process{number}, call{number}): {self._drop()}", number)
        return form

    def _assertion(self, number: int, link: Link, form: _Form) -> _Form:
        self._show(number, link, form)
        self._line(f"z = f{number}(process{number}, call{number})", number)
        self._line(f"if z is not None: void{number}(z)", number)
        return form

    def _function(self, number: int, link: Link, form: _Form) -> _Form:
        self._show(number, link, form)
        if link.keeps_last:
            self._line(f"last[{number}] = {self._tuple(form)}")
        # What was emitted before a failure goes on first: it may meet a trap, or fail itself.
        self._line(f"x{number} = None")
        self._line("try:")
        self._line(f"    z = f{number}(process{number}, call{number})", number)
        self._line(f"    if z is not None: void{number}(z)", number)
        self._line("except Exception as e:")
        self._line(f"    x{number} = e")
        after = ((f"if x{number} is not None: raise x{number}", number),)
        self._loop(f"for t{number} in take{number}():", number, after)
        return self._laid(number, link, form, self._named(f"t{number}", link.width))

    # -- without a loop ------------------------------------------------------------------------

    def _write_flat(self, width: int | None) -> bool:
        """Write the function as one comprehension, if every operator is an expression.

        Where an operator has a quick text there are two: what the quick one refuses, at whatever
        row, the other does again from the first row on. None of them changes anything.
        """
        links = self._links[self._start :]
        if self._is_immediate or not all(map(_is_flat, links)):
            return False
        if sum(link.changes_count for link in links) > 1:
            return False  # nothing would count the rows between the two
        first = len(self._lines)
        has_quick = any(link.inline is not None and link.inline.quick for link in links)
        try:
            self._is_flat = True
            if has_quick:
                self._lines.append("    out = None")
                self._lines.append(f"    if refused[0] < {_MOST_REFUSED}:")
                self._lines.append("        try:")
                self._write_comprehension(width, 12, is_quick=True)
                self._lines.append("        except Exception: refused[0] += 1")
                self._lines.append("    if out is None:")
            self._write_comprehension(width, 8 if has_quick else 4, is_quick=False)
        except _NotFlat:
            del self._lines[first:]
            self._is_flat = False
            return False
        last = len(self._links) - 1
        self._lines += [f"    counts[{last}] += len(out)", "    if out: yield out"]
        is_counted = False
        for number in range(self._start, last + 1):
            is_counted |= self._links[number].changes_count or number == last
            self.counters[number] = last if is_counted else self.counters[number - 1]
        return True

    def _write_comprehension(self, width: int | None, indent: int, *, is_quick: bool) -> None:
        last = len(self._links) - 1
        form = self._named("row", width)
        clauses = self._clauses = []
        for number in range(self._start, last + 1):
            link = self._links[number]
            if link.how in ("project", "same", "constant"):
                form = getattr(self, f"_{link.how}")(number, link, form)
                continue
            text = self._called(number, link, form, is_quick=is_quick)
            if link.how in ("keep", "remove"):
                clauses.append((f"if {'not ' if link.how == 'remove' else ''}{text}", number))
                continue
            name = f"{link.how[0]}{number}"
            if number < last:
                # Not `for`: what it goes through may hold no assignment.
                clauses.append((f"if (({name} := {text}) or True)", number))
                text = name
            results = _Form((Atom(text),), None)
            if link.how == "row":
                results = self._named(text, link.width if number < last else None)
            form = self._laid(number, link, form, results)
        texts = [
            ("out = [", None),
            (f"    {self._tuple(form)}", last),
            ("    for row in rows", None),
        ]
        texts += [(f"    {text}", number) for text, number in clauses]
        for text, owner in (*texts, ("]", None)):
            self._lines.append(" " * indent + text)
            if owner is not None:
                self.owners[len(self._lines)] = owner

    # -- parts of an operator ------------------------------------------------------------------

    def _called(self, number: int, link: Link, form: _Form, *, is_quick: bool = False) -> str:
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

    def _held(self, name: Atom, atom: Atom, number: int) -> Atom:
        """Give a value that is read several times a name: quicker than out of a row each time."""
        if self._is_flat:
            # For CPython an assignment, and quicker than one in a condition.
            self._clauses.append((f"for {name} in ({atom},)", number))
        else:
            self._line(f"{name} = {atom}", number)
        return name

    def _begin(self, number: int, link: Link, form: _Form) -> str:
        """Open the operator's trap and return its argument values as the text of a call."""
        places = link.arguments.positions
        if places is not None:
            atoms = tuple(form.atom(place) for place in places)
            is_whole = link.arguments.is_all and form.whole is not None
            self.arguments[number] = self._tuple(_Form(atoms, form.whole if is_whole else None))
            self._open_trap(number, link)
            if _has_objects(link.nesting):
                return f"nest{number}({_display(list(map(str, atoms)))})"
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

    def _show(self, number: int, link: Link, form: _Form) -> None:
        """Put the argument view of a call object over the row."""
        self._begin(number, link, form)
        self._line(f"show{number}({self.arguments[number]})", number)

    def _many(self, number: int, link: Link, form: _Form, name: str) -> None:
        self._line(f"m{number} = {self._called(number, link, form)}", number)
        self._line(
            f"if m{number}.__class__ is not list: m{number} = many{number}(m{number})", number
        )
        self._loop(f"for {name}{number} in m{number}:", number)

    def _check_value(self, number: int, link: Link) -> None:
        if link.is_plain:
            # A pattern costs half of what asking for the type does: one flag tells a sequence.
            self._line(f"match v{number}:")
            self._line(f"    case [_]: one{number}(v{number})", number)

    def _check_row(self, number: int, link: Link) -> None:
        if link.is_exact:
            return
        name = f"t{number}"
        wrong = f"{name}.__class__ is not tuple"
        if link.width is not None:
            wrong += f" or len({name}) != {link.width}"
        self._line(f"if {wrong}: {name} = fix{number}({name})", number)

    def _laid(self, number: int, link: Link, form: _Form, results: _Form) -> _Form:
        """Return the outgoing row of a function, building it only when its places vary."""
        layout = link.layout
        assert layout is not None
        if layout.is_results:
            return results
        if layout.positions is not None and form.atoms is not None and results.atoms is not None:
            both = form.atoms + results.atoms
            atoms = tuple(both[place] for place in layout.positions)
            return _Form(atoms, form.whole if layout.is_identity else None)
        left, right = self._whole(form, number), self._whole(results, number, "s")
        self._line(f"r{number} = build{number}({left}, {right})", number)
        return self._named(f"r{number}", _width(link.outgoing))

    def _whole(self, form: _Form, number: int, prefix: str = "w") -> str:
        if form.whole is not None:
            return form.whole
        self._line(f"{prefix}{number} = {self._tuple(form)}", number)
        return f"{prefix}{number}"

    def _named(self, name: str, width: int | None) -> _Form:
        if width is None:
            return _Form(None, name)
        self._widths[name] = width
        return _Form(tuple(Atom(name, place) for place in range(width)), name)

    # -- text ----------------------------------------------------------------------------------

    def _tuple(self, form: _Form) -> str:
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
                parts += [_display(loose), base] if loose else [base]
                loose = []
                place += width
            else:
                loose.append(str(atoms[place]))
                place += 1
        if loose or not parts:
            parts.append(_display(loose))
        return " + ".join(parts) if len(parts) <= 3 else _display([str(atom) for atom in atoms])

    def _nested(self, nesting: Nesting, atoms: tuple[Atom, ...], form: _Form | None) -> str:
        if isinstance(nesting, int):
            return str(atoms[nesting])
        if nesting is None:
            return "None"
        assert isinstance(nesting, tuple)
        if form is not None and nesting == tuple(range(len(atoms))):
            return self._tuple(form)
        return _display([self._nested(one, atoms, None) for one in nesting])

    def _line(self, text: str, owner: int | None = None) -> None:
        if self._is_flat:
            raise _NotFlat
        self._lines.append("    " * self._indent + text)
        if owner is not None:
            self.owners[len(self._lines)] = owner

    def _is_covered(self) -> bool:
        """Tell whether a failure here may meet a trap, in this function or above it."""
        is_below = self._is_tail or self._is_immediate
        return is_below or any(block.trapped is not None for block in self._blocks)

    def _drop(self) -> str:
        in_loop = not self._is_tail or any(block.trapped is None for block in self._blocks)
        return "continue" if in_loop else "return"

    def _loop(self, text: str, number: int, after: tuple[tuple[str, int], ...] = ()) -> None:
        self._line(text, number)
        self._indent += 1
        self._blocks.append(_Block(after=after))

    def _open_trap(self, number: int, link: Link) -> None:
        if not link.is_trapped:
            return
        if self._blocks and self._blocks[-1].is_flat:
            # The operators up to here are covered; what follows is covered by this one.
            self._close()
            self._line(f"    {self._drop()}")
        self._line("try:")
        self._indent += 1
        self._blocks.append(_Block(trapped=number, is_flat=not link.nests))

    def _parameters(self, form: _Form) -> str:
        """Return the names that the rest of the chain needs."""
        names = dict.fromkeys(["counts"] if self._is_immediate else ["counts", "out"])
        if form.whole is not None:
            names[form.whole] = None
        names.update(dict.fromkeys(atom.base for atom in form.atoms or ()))
        return ", ".join(names)

    def _close(self) -> None:
        block = self._blocks.pop()
        self._indent -= 1
        if block.trapped is not None:
            self._line("except Exception as e:")
            self._line(f"    trap{block.trapped}(e, {self.arguments[block.trapped]})")
        for text, owner in block.after:
            self._line(text, owner)

    def _close_all(self) -> None:
        while self._blocks:
            self._close()


def _is_flat(link: Link) -> bool:
    if link.is_trapped or link.keeps_last or link.nesting is not None:
        return False
    if link.how in ("project", "same", "constant"):
        return True
    is_certain = link.how != "row" or link.is_exact
    return link.inline is not None and link.how in ("value", "row", "keep", "remove") and is_certain


def _width(fields: Fields) -> int | None:
    return None if fields.is_unknown() or fields.is_all() else len(fields)


def _display(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)},)" if texts else "()"


def _has_objects(nesting: Nesting | None) -> bool:
    if isinstance(nesting, tuple):
        return any(map(_has_objects, nesting))
    return isinstance(nesting, Built)
