r"""Java's regular expressions on Python strings.

A pattern is read by Java's rules (Java 17) and written anew for Python's `re`, or for the `regex`
package where `re` cannot say it: Unicode properties, possessive and atomic pieces, look-behind of
varying width, ``\G``, ``\X``. What differs between the worlds and is kept as in Java: ``\d \w \s``
and case are ASCII only unless asked otherwise, ``\b`` is not; ``.`` and ``$`` know five line ends;
an empty match is taken where Java takes it.

Refused by name: ``\b{g}``, and ``\G`` where the match can be empty. Not as in Java 17: a combining
mark after its letter is no part of a word for ``\b``, and what a group holds once the optional or
possessive piece around it gave up (Java leaves the try visible, here it is null).
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import regex

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.operations.patterns.charsets import Ranges
from cascade2spark.operations.patterns.parser import parse_pattern
from cascade2spark.operations.patterns.tree import (
    Anchor,
    Choice,
    Group,
    Literal,
    Members,
    Node,
    Repeat,
    Sequence,
    can_be_empty,
    has_optional_group,
)
from cascade2spark.operations.patterns.writers import write_python, write_re2
from cascade2spark.operations.source_marks import marked
from cascade2spark.origin import capture_origin

__all__ = [
    "alike_bytes",
    "bytes_of_run",
    "bytes_of_sign",
    "check_pattern",
    "compile_java",
    "finder_of",
    "is_simple_separator",
    "matches_of",
    "re2_parser",
    "re2_pattern",
    "replace_java",
    "replacement_of",
    "split_java",
]

Pattern = re.Pattern[str]
Match = re.Match[str]
_KEPT_PATTERNS = 512
_ANCHORS_OF_WORDS = ("word", "not_word", "search_start")
_FIRST_WIDE = 0x80  # the first character, and the first byte, that is not ASCII


def compile_java(pattern: str) -> Pattern:
    """Return the compiled form of a Java pattern; groups keep their numbers and names.

    Raises:
        BuildError: not a Java pattern, or one that cannot be honoured; shows the place.
    """
    return _compiled(check_pattern(pattern))


def check_pattern(pattern: Any) -> str:
    """Return a pattern, which is a text."""
    if not isinstance(pattern, str):
        raise BuildError(
            "a pattern is a text in Java's syntax",
            asked=[shown_value(pattern)],
            origin=capture_origin(),
        )
    return pattern


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def _compiled(pattern: str) -> Pattern:
    tree = _tree(pattern)
    written = write_python(tree)
    if r"\G" in written.text and can_be_empty(tree):
        # After an empty match Java moves on by one and leaves \G behind; no engine here can.
        raise BuildError(
            r"\G in a regular expression that can match the empty text is not supported",
            details={"pattern": pattern},
        )
    if not written.needs_regex:
        try:
            return re.compile(written.text)
        except (re.error, OverflowError):
            pass  # look-behind of varying width: the other engine has it
    try:
        compiled: Pattern = regex.compile(written.text)
    except regex.error as cause:
        raise BuildError(
            "a regular expression that is legal in Java but cannot be run here",
            details={"pattern": pattern, "reason": str(cause)},
        ) from cause
    return compiled


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def finder_of(pattern: str) -> Callable[[str], Iterator[Match]]:
    """Return a function that yields the matches in a text one after the other, as Java's `find`."""
    compiled = compile_java(pattern)
    if not can_be_empty(_tree(pattern)):
        return compiled.finditer
    search = compiled.search

    # finditer tries a longer match where it just took an empty one; Java moves on.
    def find(text: str) -> Iterator[Match]:
        start = 0
        while start <= len(text) and (found := search(text, start)) is not None:
            yield found
            start = found.end() + (found.start() == found.end())

    return find


def matches_of(pattern: str) -> Callable[[str], list[str]]:
    """Return a function that lists the texts of all matches, as Java's `find` has them."""
    compiled = compile_java(pattern)
    if compiled.groups == 0 and not can_be_empty(_tree(pattern)):
        return compiled.findall  # made in C: a third of the time of match objects
    find = finder_of(pattern)
    return lambda text: [found.group() for found in find(text)]


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def split_java(pattern: str) -> Callable[[str, int], list[str]]:
    """Return Java's ``Pattern.split`` as a function of (text, limit).

    A positive limit is the most parts; 0 drops empty parts at the end; a negative limit keeps all.
    An empty match at the very beginning makes no part.
    """
    separator = is_simple_separator(pattern)
    if separator is not None:
        return functools.partial(_split_at, separator)
    compiled = compile_java(pattern)
    if compiled.groups == 0 and not can_be_empty(_tree(pattern)):
        return functools.partial(_split_plain, compiled)
    return functools.partial(_split_found, finder_of(pattern))


def replacement_of(text: str, pattern: Pattern) -> str:
    r"""Return a Java replacement (``$1``, ``${name}``, ``\$``) as a template for `pattern.sub`.

    Raises:
        BuildError: the replacement is malformed, or names a group that the pattern lacks.
    """
    pieces: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "\\":
            if at == len(text):
                raise _bad_replacement("a backslash with nothing after it", text, at - 1)
            pieces.append(_template_text(text[at]))
            at += 1
        elif character == "$":
            group, at = _group_reference(text, at, pattern)
            pieces.append(f"\\g<{group}>")
        else:
            pieces.append(_template_text(character))
    return "".join(pieces)


def replace_java(pattern: str, replacement: str, *, is_all: bool = True) -> Callable[[str], str]:
    """Return Java's ``replaceAll`` (or ``replaceFirst``) as a function of the text."""
    compiled = compile_java(pattern)
    template = replacement_of(replacement, compiled)
    if not is_all or not can_be_empty(_tree(pattern)):
        sub, count = compiled.sub, 0 if is_all else 1
        return lambda text: sub(template, text, count)
    find = finder_of(pattern)

    def replace(text: str) -> str:
        pieces = []
        end = 0
        for found in find(text):
            pieces += [text[end : found.start()], found.expand(template)]
            end = found.end()
        return "".join([*pieces, text[end:]])

    return replace


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def is_simple_separator(pattern: str) -> str | None:
    r"""Return the text that the pattern stands for when it is only that (``\|``), else None."""
    return _literal_text(_tree(pattern))


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def re2_pattern(pattern: str) -> str | None:
    """Return a pattern for RE2 (Arrow's kernels) that certainly means the same, else None."""
    return write_re2(_tree(pattern))


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def re2_parser(pattern: str) -> str | None:
    """Return a pattern for RE2 whose groups are named ``g0`` (the match), ``g1`` …, else None.

    RE2 does not tell a group that took no part from one that is empty: there may be none.
    """
    tree = _tree(pattern)
    written = None if has_optional_group(tree) else write_re2(tree)
    if written is None:
        return None
    numbers = itertools.count(1)
    # Signs are written as codes: a bare bracket opens a group.
    named = re.sub(r"\((?!\?)", lambda _: f"(?P<g{next(numbers)}>", written)
    return f"(?P<g0>{named})"


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def bytes_of_run(pattern: str) -> bytes | None:
    r"""Return which bytes of UTF-8 the matches of a pattern such as ``\s+`` are made of, else None.

    Such a match is as many characters of one set as there are. Bytes tell them apart where the set
    has all characters beyond ASCII, or none. There is a 1 at each byte that belongs to a match.
    """
    match _tree(pattern):
        case Repeat(Members(Ranges(pairs) as members), 1, None, "" | "+"):
            low, high = pairs[-1] if pairs else (0, 0)
            has_all = low <= _FIRST_WIDE and high == sys.maxunicode
            if has_all or high < _FIRST_WIDE:
                ascii_bytes = bytes(code in members for code in range(_FIRST_WIDE))
                return ascii_bytes + bytes([has_all]) * (256 - _FIRST_WIDE)
    return None


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def bytes_of_sign(pattern: str) -> bytes | None:
    """Return which bytes a pattern matches that is one of some ASCII characters, else None.

    There is a 1 at each such byte.
    """
    match _tree(pattern):
        case Members(Ranges(pairs) as members) if pairs and pairs[-1][1] < _FIRST_WIDE:
            return bytes(code in members for code in range(256))
    sign = is_simple_separator(pattern)
    if sign is None or len(sign) > 1 or not sign.isascii():
        return None
    return bytes(code == ord(sign) for code in range(256))


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def alike_bytes(pattern: str) -> bytes | None:
    r"""Return for each byte the first one that a pattern does not tell from it, else None.

    To ``^\d+-`` all digits are alike, and all letters: of two texts that are the same but for such
    characters both match, or neither does, and at the same places. Bytes beyond ASCII stay.
    """
    told_apart: list[Callable[[int], bool]] = []
    if not _tells_apart(_tree(pattern), told_apart):
        return None
    first: dict[tuple[bool, ...], int] = {}
    codes = range(_FIRST_WIDE)
    alike = [first.setdefault(tuple([tell(code) for tell in told_apart]), code) for code in codes]
    return bytes([*alike, *range(_FIRST_WIDE, 256)])


def _tells_apart(node: Node, found: list[Callable[[int], bool]]) -> bool:
    """Collect the sets of characters that a tree knows; False where it knows more than sets."""
    match node:
        case Literal(text):
            found.append(frozenset({ord(text)}).__contains__)
            return True
        case Members(Ranges() as members):
            found.append(members.__contains__)
            return True
        case Anchor(kind) if kind not in _ANCHORS_OF_WORDS:
            found += [frozenset({ord(sign)}).__contains__ for sign in "\r\n"]
            return True
        case Sequence(parts) | Choice(parts):
            return all(_tells_apart(part, found) for part in parts)
        case Group(_, body, _) | Repeat(body, _, _, _):
            return _tells_apart(body, found)
    return False


@functools.lru_cache(maxsize=_KEPT_PATTERNS)
def _tree(pattern: str) -> Node:
    return parse_pattern(pattern)


def _literal_text(node: Node) -> str | None:
    match node:
        case Literal(text):
            return text
        case Group("plain", body, _):
            return _literal_text(body)
        case Sequence(items) if items:
            parts = [_literal_text(item) for item in items]
            return None if None in parts else "".join(part for part in parts if part)
    return None


def _split_at(separator: str, text: str, limit: int) -> list[str]:
    if limit > 0:
        return text.split(separator, limit - 1)
    parts = text.split(separator)
    return parts if limit < 0 or parts[-1] else _without_empty_end(parts)


def _split_plain(compiled: Pattern, text: str, limit: int) -> list[str]:
    if limit == 1:  # for `re`, 0 splits would mean all
        return [text]
    parts: list[Any] = compiled.split(text, limit - 1 if limit > 0 else 0)
    return parts if limit or parts[-1] else _without_empty_end(parts)


def _split_found(find: Callable[[str], Iterator[Match]], text: str, limit: int) -> list[str]:
    parts: list[str] = []
    at = 0
    for found in find(text):
        if limit > 0 and len(parts) == limit - 1:
            break
        if found.end() == 0:
            continue
        parts.append(text[at : found.start()])
        at = found.end()
    parts.append(text[at:])
    return parts if limit or parts[-1] else _without_empty_end(parts)


def _without_empty_end(parts: list[str]) -> list[str]:
    if len(parts) == 1:  # nothing matched: Java gives the text itself, empty or not
        return parts
    end = len(parts)
    while end and not parts[end - 1]:
        end -= 1
    return parts[:end]


def _group_reference(text: str, at: int, pattern: Pattern) -> tuple[int | str, int]:
    """Read what follows a ``$``: as many digits as still name a group, or ``{name}``."""
    if text.startswith("{", at):
        end = text.find("}", at)
        name = text[at + 1 : end] if end > 0 else ""
        if name not in pattern.groupindex:
            raise _bad_replacement(
                f"the pattern has no group named {name!r}", text, at - 1, end + 1
            )
        return name, end + 1
    digits = text[at : at + 1]
    if not (digits.isascii() and digits.isdigit()):
        raise _bad_replacement(
            "'$' needs a group number or {name}; '\\$' is the sign", text, at - 1
        )
    number = int(digits)
    at += 1
    if number > pattern.groups:
        raise _bad_replacement(f"the pattern has no group {number}", text, at - 2, at)
    while (digit := text[at : at + 1]).isdigit() and digit.isascii():
        if number * 10 + int(digit) > pattern.groups:
            break
        number = number * 10 + int(digit)
        at += 1
    return number, at


def _template_text(character: str) -> str:
    return "\\\\" if character == "\\" else character


def _bad_replacement(what: str, text: str, start: int, end: int | None = None) -> BuildError:
    return BuildError(
        f"not a replacement for a regular expression: {what}",
        details={"replacement": marked(text, start, end)},
    )
