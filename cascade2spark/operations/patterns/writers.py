"""Writing a pattern tree for Python's engines (`re`, else `regex`) and for RE2.

Both writers spell every set of characters out, so an engine's own ``\\w``, ``.`` and case
are never consulted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from cascade2spark.operations.patterns.charsets import (
    CharSet,
    Complement,
    Intersection,
    Property,
    Ranges,
    Union,
    complement,
)
from cascade2spark.operations.patterns.tree import (
    Anchor,
    Backreference,
    Choice,
    Grapheme,
    Group,
    Literal,
    Members,
    Node,
    Repeat,
    Sequence,
    can_be_empty,
)

__all__ = ["PythonPattern", "write_python", "write_re2"]

_LAST = 0x10FFFF
_ANCHORS = {
    "start": r"\A",
    "end": r"\Z",
    # The common case, the very end, is tried first: the rest is for a text with a line end.
    "end_terminated": r"(?:\Z|(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])\Z))",
    "end_unix": r"(?=\n?\Z)",
    "line_start": r"(?!\Z)(?:\A|(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n))",
    "line_start_unix": r"(?!\Z)(?:\A|(?<=\n))",
    "line_end": r"(?=[\r\x85\u2028\u2029]|\Z|(?<!\r)\n)",
    "line_end_unix": r"(?=\n|\Z)",
    "word": r"\b",
    "not_word": r"(?!\b)",
    "search_start": r"\G",
}
_OPENINGS = {
    "capture": "(",
    "plain": "(?:",
    "atomic": "(?>",
    "ahead": "(?=",
    "not_ahead": "(?!",
    "behind": "(?<=",
    "not_behind": "(?<!",
}
_FOLDS = {"": "", "ascii": "ai", "unicode": "i"}
_MOST_RE2_REPEATS = 1000


@attrs.frozen
class PythonPattern:
    """A pattern for Python, and whether only the `regex` package can run it."""

    text: str
    needs_regex: bool


def write_python(tree: Node) -> PythonPattern:
    """Return `tree` in the syntax that `re` and `regex` share."""
    writer = _PythonWriter()
    return PythonPattern(writer.write(tree), writer.needs_regex)


def write_re2(tree: Node) -> str | None:
    """Return `tree` for RE2, or None unless it certainly matches the same there.

    RE2 has no look-around or back references, sees empty matches and captures in loops in its own
    way, and allows a thousand repeats.
    """
    if can_be_empty(tree):
        return None
    try:
        return _write_re2(tree, is_in_loop=False)
    except _NotRe2:
        return None


class _NotRe2(Exception):
    """A piece that RE2 lacks, or might see differently."""


class _PythonWriter:
    def __init__(self) -> None:
        self.needs_regex = False

    def write(self, node: Node) -> str:
        match node:
            case Literal(text):
                return _escaped(text)
            case Members(members):
                return self.one_of(members)
            case Anchor(kind):
                self.needs_regex |= kind == "search_start"
                return _ANCHORS[kind]
            case Grapheme():
                self.needs_regex = True
                return r"\X"
            case Backreference(number, fold):
                return rf"(?{_FOLDS[fold]}:\{number})"
            case Sequence(items):
                return "".join(self._in_sequence(item) for item in items)
            case Choice(options):
                return "|".join(self.write(option) for option in options)
            case Group(kind, body, name):
                self.needs_regex |= kind == "atomic"
                opening = f"(?P<{name}>" if name else _OPENINGS[kind]
                return f"{opening}{self.write(body)})"
            case Repeat(body, least, most, manner):
                self.needs_regex |= manner == "+"
                return self._repeated(body) + _bounds(least, most) + manner
        raise AssertionError(node)

    def _in_sequence(self, node: Node) -> str:
        return f"(?:{self.write(node)})" if isinstance(node, Choice) else self.write(node)

    def _repeated(self, body: Node) -> str:
        text = self.write(body)
        is_single = isinstance(body, (Literal, Members, Grapheme)) or (
            isinstance(body, Group) and body.kind in ("capture", "plain", "atomic")
        )
        return text if is_single else f"(?:{text})"

    def one_of(self, members: CharSet) -> str:
        """Write a piece that matches exactly one character out of `members`."""
        inside = self._inside(members)
        if inside is not None:
            return inside
        match members:
            case Complement(body):
                return rf"(?:(?!{self.one_of(body)})[\x00-\U0010ffff])"
            case Intersection(left, right):
                return f"(?:(?={self.one_of(left)}){self.one_of(right)})"
            case Union(parts):
                return f"(?:{'|'.join(self.one_of(part) for part in parts)})"
        raise AssertionError(members)

    def _inside(self, members: CharSet) -> str | None:
        """Write `members` as one bracket expression, or None when it takes more than one."""
        if isinstance(members, Ranges):
            return _ranges(members, _python_code, r"(?!)")
        opening = "["
        if isinstance(members, Complement):
            opening, members = "[^", members.body
        parts = members.parts if isinstance(members, Union) else (members,)
        pieces = []
        for part in parts:
            match part:
                case Ranges(pairs):
                    pieces.append(_pairs(pairs, _python_code))
                case Property(name):
                    pieces.append(rf"\p{{{name}}}")
                case Complement(Property(name)):
                    pieces.append(rf"\P{{{name}}}")
                case _:
                    return None
            self.needs_regex |= not isinstance(part, Ranges)
        return f"{opening}{''.join(pieces)}]"


def _write_re2(node: Node, *, is_in_loop: bool) -> str:
    match node:
        case Literal(text):
            return _re2_literal(text)
        case Members(Ranges() as ranges):
            return _ranges(ranges, _re2_code, r"[^\x00-\x{10ffff}]")
        case Anchor("start" | "end" as kind):
            return r"\A" if kind == "start" else r"\z"
        case Sequence(items):
            return "".join(
                f"(?:{text})" if isinstance(item, Choice) else text
                for item in items
                for text in [_write_re2(item, is_in_loop=is_in_loop)]
            )
        case Choice(options):
            return "|".join(_write_re2(option, is_in_loop=is_in_loop) for option in options)
        case Group("capture" | "plain" as kind, body, _):
            if is_in_loop and kind == "capture":
                raise _NotRe2
            return f"{_OPENINGS[kind]}{_write_re2(body, is_in_loop=is_in_loop)})"
        case Repeat(body, least, most, manner):
            if can_be_empty(body) or manner == "+" or max(least, most or 0) > _MOST_RE2_REPEATS:
                raise _NotRe2
            text = _write_re2(body, is_in_loop=is_in_loop or most != 1)
            return f"(?:{text}){_bounds(least, most)}{manner}"
    raise _NotRe2


def _bounds(least: int, most: int | None) -> str:
    if most is None and least < 2:
        return "*+"[least]
    if (least, most) == (0, 1):
        return "?"
    if least == most:
        return f"{{{least}}}"
    return f"{{{least},{'' if most is None else most}}}"


def _ranges(ranges: Ranges, code_text: Callable[[int], str], nothing: str) -> str:
    pairs = ranges.pairs
    if not pairs:
        return nothing
    outside = complement(ranges)
    assert isinstance(outside, Ranges)
    if pairs[-1][1] == _LAST and outside.pairs:
        return f"[^{_pairs(outside.pairs, code_text)}]"
    return f"[{_pairs(pairs, code_text)}]"


def _pairs(pairs: tuple[tuple[int, int], ...], code_text: Callable[[int], str]) -> str:
    return "".join(
        code_text(low) if low == high else f"{code_text(low)}-{code_text(high)}"
        for low, high in pairs
    )


def _escaped(character: str) -> str:
    return _python_code(ord(character)) if character.isspace() else re.escape(character)


def _re2_literal(character: str) -> str:
    return character if character.isalnum() and character.isascii() else _re2_code(ord(character))


def _python_code(code: int) -> str:
    character = chr(code)
    if character.isascii() and character.isalnum():
        return character
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _re2_code(code: int) -> str:
    character = chr(code)
    if character.isascii() and character.isalnum():
        return character
    if 0xD800 <= code <= 0xDFFF:
        raise _NotRe2
    return f"\\x{{{code:x}}}"
