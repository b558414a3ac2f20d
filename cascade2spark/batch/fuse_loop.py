"""A chain of operators as a loop over rows: any chain, with its traps and what it gives many of."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cascade2spark.batch.fuse_forms import Atom, Form, Link
from cascade2spark.batch.fuse_text import ChainText

__all__ = ["LoopText"]

# CPython refuses more than 20 nested blocks; deeper chains go on in another function.
_MOST_BLOCKS = 14


@attrs.define
class _Block:
    """An open block: a loop, or the try of a trapped operator."""

    trapped: int | None = None  # None for a loop
    is_flat: bool = False  # ends where the next trapped operator begins
    after: tuple[tuple[str, int], ...] = ()  # lines that follow the block


class LoopText(ChainText):
    """The links from `start` on as a loop.

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
        super().__init__(links, start)
        self._is_immediate = is_immediate
        self._limit = limit
        self._indent = 1
        self._blocks: list[_Block] = []
        self._is_tail = False
        self._tails: list[tuple[int, Form]] = []
        self._locals: set[int] = set()
        self._write()

    def _write(self) -> None:
        last = len(self._links) - 1
        zeros = len(self._lines)
        self._lines.append("")  # counters, known at the end
        if not self._is_immediate:
            self._line("out = []")
        self._line("for row in rows:")
        self._indent += 1
        self._chain(self._start, self._incoming())
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

    def _write_tail(self, number: int, form: Form) -> None:
        self._is_tail, self._indent, self._blocks = True, 1, []
        self._lines.append(f"def {self.name}_{number}({self._parameters(form)}):")
        self._chain(number, form)

    # -- the chain -----------------------------------------------------------------------------

    def _chain(self, number: int, form: Form) -> None:
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

    def _call_tail(self, number: int, form: Form) -> None:
        call = f"{self.name}_{number}({self._parameters(form)})"
        self._line(f"yield from {call}" if self._is_immediate else call)
        self._tails.append((number, form))

    def _emit(self, form: Form) -> None:
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

    def _value(self, number: int, link: Link, form: Form) -> Form:
        self._line(f"v{number} = {self._called(number, link, form)}", number)
        self._check_value(number, link)
        return self._laid(number, link, form, Form((Atom(f"v{number}"),), None))

    def _row(self, number: int, link: Link, form: Form) -> Form:
        self._line(f"t{number} = {self._called(number, link, form)}", number)
        self._check_row(number, link)
        return self._laid(number, link, form, self._named(f"t{number}", link.width))

    def _values(self, number: int, link: Link, form: Form) -> Form:
        self._many(number, link, form, "v")
        self._check_value(number, link)
        return self._laid(number, link, form, Form((Atom(f"v{number}"),), None))

    def _rows(self, number: int, link: Link, form: Form) -> Form:
        self._many(number, link, form, "t")
        self._check_row(number, link)
        return self._laid(number, link, form, self._named(f"t{number}", link.width))

    def _keep(self, number: int, link: Link, form: Form) -> Form:
        self._line(f"if not {self._called(number, link, form)}: {self._drop()}", number)
        return form

    def _remove(self, number: int, link: Link, form: Form) -> Form:
        self._line(f"if {self._called(number, link, form)}: {self._drop()}", number)
        return form

    def _filter(self, number: int, link: Link, form: Form) -> Form:
        self._show(number, link, form)
        self._line(f"if f{number}(process{number}, call{number}): {self._drop()}", number)
        return form

    def _assertion(self, number: int, link: Link, form: Form) -> Form:
        self._show(number, link, form)
        self._line(f"z = f{number}(process{number}, call{number})", number)
        self._line(f"if z is not None: void{number}(z)", number)
        return form

    def _function(self, number: int, link: Link, form: Form) -> Form:
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

    # -- parts of an operator ------------------------------------------------------------------

    def _held(self, name: Atom, atom: Atom, number: int) -> Atom:
        self._line(f"{name} = {atom}", number)
        return name

    def _show(self, number: int, link: Link, form: Form) -> None:
        """Put the argument view of a call object over the row."""
        self._begin(number, link, form)
        self._line(f"show{number}({self.arguments[number]})", number)

    def _many(self, number: int, link: Link, form: Form, name: str) -> None:
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

    # -- lines and blocks ----------------------------------------------------------------------

    def _line(self, text: str, owner: int | None = None) -> None:
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

    def _parameters(self, form: Form) -> str:
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
