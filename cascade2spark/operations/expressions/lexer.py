"""Cutting the text of an expression into tokens, by Java's rules."""

from __future__ import annotations

import re
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.java_numbers import parse_double, parse_float
from cascade2spark.operations.expressions.kinds import (
    BOOLEAN,
    CHAR,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    TEXT,
    Kind,
)
from cascade2spark.operations.source_marks import marked

__all__ = ["ScriptText", "Token", "problem", "tokens_of"]

_SPACE = re.compile(r"(?:[ \t\r\n\f]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
_NUMBER = re.compile(
    r"0[xX][0-9a-fA-F_]+[lL]?|0[bB][01_]+[lL]?"
    r"|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[lLfFdD]?"
)
_OPERATORS = sorted(
    [
        *("||", "&&", "==", "!=", "<=", ">=", "<<", ">>", ">>>", "++", "--", "->", "::"),
        *("+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", ">>>="),
        *"+-*/%<>!~&|^?:.,()[]={};@",
    ],
    key=len,
    reverse=True,
)
_WORDS: dict[str, tuple[Kind, Any]] = {
    "true": (BOOLEAN, True),
    "false": (BOOLEAN, False),
    "null": (NULL, None),
}
_ESCAPES = {
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "f": "\f",
    "r": "\r",
    "s": " ",
    '"': '"',
    "'": "'",
    "\\": "\\",
}
_OCTAL = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?")
_UNICODE = re.compile(r"u+([0-9a-fA-F]{4})")


@attrs.frozen
class Token:
    """A piece of an expression.

    Attributes:
        sort: ``name``, ``literal``, ``operator`` or ``end``.
        text: as written.
        start: offset of its first character.
        end: offset after its last character.
        kind: kind of a literal.
        value: value of a literal; a whole number is not yet checked against its width.
    """

    sort: str
    text: str
    start: int
    end: int
    kind: Kind | None = None
    value: Any = None


class ScriptText(str):
    """The text of a script, so that messages call it one."""


def problem(what: str, source: str, start: int, end: int, **parts: Any) -> BuildError:
    """Return the error for a place in an expression, or in a script."""
    article, noun = ("a", "script") if isinstance(source, ScriptText) else ("an", "expression")
    details = {noun: marked(source, start, end)}
    return BuildError(f"{article} {noun} cannot be compiled: {what}", details=details, **parts)


def tokens_of(source: str) -> list[Token]:
    """Return the tokens of an expression, the last of sort ``end``.

    Raises:
        BuildError: a character or literal that Java does not have; marks the place.
    """
    tokens: list[Token] = []
    at = 0
    while True:
        if space := _SPACE.match(source, at):
            at = space.end()
        if at == len(source):
            return [*tokens, Token("end", "", at, at)]
        token = _token_at(source, at)
        tokens.append(token)
        at = token.end


def _token_at(source: str, at: int) -> Token:
    character = source[at]
    if character in "\"'":
        return _quoted(source, at)
    if found := _NAME.match(source, at):
        word = found.group()
        if word in _WORDS:
            kind, value = _WORDS[word]
            return Token("literal", word, at, found.end(), kind, value)
        return Token("name", word, at, found.end())
    if (character.isdigit() or character == ".") and (found := _NUMBER.match(source, at)):
        return _number(source, at, found.group())
    for operator in _OPERATORS:
        if source.startswith(operator, at):
            return Token("operator", operator, at, at + len(operator))
    raise problem(f"{character!r} has no meaning here", source, at, at + 1)


def _number(source: str, at: int, text: str) -> Token:
    end = at + len(text)
    if _NAME.match(source, end) or "_" in (text[-1], text.rstrip("lLfFdD")[-1:]):
        raise problem("a number and a name need a space between them", source, at, end + 1)
    digits = text.replace("_", "")
    suffix = digits[-1].lower()
    is_hexadecimal = digits[:2].lower() == "0x"
    if not is_hexadecimal and (suffix in "fd" or any(c in digits for c in ".eE")):
        number = digits.rstrip("fFdD")
        is_float = suffix == "f"
        value = parse_float(number) if is_float else parse_double(number)
        return Token("literal", text, at, end, FLOAT if is_float else DOUBLE, value)
    kind = LONG if suffix == "l" else INT
    return Token("literal", text, at, end, kind, _whole(source, at, end, digits.rstrip("lL"), kind))


def _whole(source: str, at: int, end: int, digits: str, kind: Kind) -> int:
    base = {"0x": 16, "0b": 2}.get(digits[:2].lower(), 0)
    if not base and len(digits) > 1 and digits[0] == "0":
        base = 8
    try:
        value = int(digits[2:] if base in (2, 16) else digits, base or 10)
    except ValueError:
        raise problem("not a number", source, at, end) from None
    limit = 1 << (kind.bits or 0)
    if not base:
        if value > limit >> 1:  # one too many is allowed: a minus may stand before it
            raise problem(f"the number is too large for {kind}", source, at, end)
        return value
    if value >= limit:
        raise problem(f"the number is too large for {kind}", source, at, end)
    return value - limit if value >= limit >> 1 else value


def _quoted(source: str, at: int) -> Token:
    quote = source[at]
    pieces: list[str] = []
    end = at + 1
    while True:
        character = source[end : end + 1]
        if character in ("", "\n"):
            raise problem("a text that is not closed", source, at, end)
        end += 1
        if character == quote:
            break
        if character == "\\":
            character, end = _escape(source, end)
        pieces.append(character)
    value = "".join(pieces)
    # Java's strings are UTF-16: two escaped halves are one character.
    value = value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if quote == '"':
        return Token("literal", source[at:end], at, end, TEXT, value)
    if len(value) != 1 or value > "\uffff":
        raise problem("single quotes hold one character; a text has double quotes", source, at, end)
    return Token("literal", source[at:end], at, end, CHAR, value)


def _escape(source: str, at: int) -> tuple[str, int]:
    """Return the character that the escape whose letter is at `at` stands for, and its end."""
    letter = source[at : at + 1]
    if letter in _ESCAPES and letter:
        return _ESCAPES[letter], at + 1
    if found := _OCTAL.match(source, at):
        return chr(int(found.group(), 8)), found.end()
    if found := _UNICODE.match(source, at):
        return chr(int(found.group(1), 16)), found.end()
    raise problem(f"\\{letter} means nothing in a text", source, at - 1, at + 1)
