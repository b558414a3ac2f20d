"""Reading a Java pattern character by character: flags, blanks, quotes and escapes."""

from __future__ import annotations

import unicodedata

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.operations.patterns.classes import ANY_LINE_END
from cascade2spark.operations.source_marks import marked

__all__ = ["Flags", "Scanner"]

_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}


@attrs.frozen
class Flags:
    """The inline flags in force."""

    letters: frozenset[str] = frozenset()

    def has(self, letter: str) -> bool:
        return letter in self.letters

    @property
    def fold(self) -> str:
        if not self.has("i"):
            return ""
        return "unicode" if self.has("u") or self.has("U") else "ascii"


class Scanner:
    """A place in the text of a pattern, and the flags that are in force there."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.flags = Flags()

    def error(self, what: str, start: int, end: int | None = None) -> BuildError:
        return BuildError(
            f"not a regular expression: {what}",
            details={"pattern": marked(self.text, start, end)},
        )

    def peek(self) -> str:
        """The next character that counts, "" at the end; skips what (?x) ignores."""
        if self.flags.has("x"):
            while self.at < len(self.text):
                character = self.text[self.at]
                if character == "#":
                    while self.at < len(self.text) and not self._is_line_end(self.text[self.at]):
                        self.at += 1
                elif character in " \t\n\v\f\r":
                    self.at += 1
                else:
                    break
        return self.text[self.at : self.at + 1]

    def _is_line_end(self, character: str) -> bool:
        return character == "\n" or (not self.flags.has("d") and ord(character) in ANY_LINE_END)

    def take(self, expected: str) -> bool:
        if self.text.startswith(expected, self.at):
            self.at += len(expected)
            return True
        return False

    def digits(self) -> str:
        start = self.at
        while self.text[self.at : self.at + 1] in tuple("0123456789"):
            self.at += 1
        return self.text[start : self.at]

    def quoted(self) -> str:
        r"""Take ``Q…\E`` (or to the end) and return what is between."""
        self.at += 1
        end = self.text.find("\\E", self.at)
        body = self.text[self.at : end if end >= 0 else len(self.text)]
        self.at += len(body) + (2 if end >= 0 else 0)
        return body

    def character(self, start: int) -> str:
        """The one character that the escape at `self.at` stands for."""
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _CONTROLS and letter:
            return _CONTROLS[letter]
        match letter:
            case "":
                raise self.error("a backslash with nothing after it", start)
            case "0":
                return self._octal(start)
            case "x":
                return self._hexadecimal(start)
            case "u":
                return self._unicode(start)
            case "c":
                if self.at >= len(self.text):
                    raise self.error(r"\c needs a character", start)
                self.at += 1
                return chr(ord(self.text[self.at - 1]) ^ 64)
            case "N":
                return self._character_name(start)
        if letter.isascii() and letter.isalpha():
            raise self.error(f"\\{letter} means nothing", start, self.at)
        return letter

    def _octal(self, start: int) -> str:
        digits = ""
        while len(digits) < 3 and (digit := self.text[self.at : self.at + 1]) in tuple("01234567"):
            if len(digits) == 2 and digits[0] > "3":
                break
            digits += digit
            self.at += 1
        if not digits:
            raise self.error(r"\0 needs octal digits", start, self.at)
        return chr(int(digits, 8))

    def _hexadecimal(self, start: int) -> str:
        if self.take("{"):
            end = self.text.find("}", self.at)
            digits = self.text[self.at : max(end, self.at)]
            self.at = end + 1
            return self._code(digits, start)
        return self._code(self._exactly(2), start)

    def _unicode(self, start: int) -> str:
        first = self._code(self._exactly(4), start)
        if "\ud800" <= first <= "\udbff" and self.take("\\u"):
            second = self._code(self._exactly(4), start)
            if not "\udc00" <= second <= "\udfff":
                raise self.error("half a surrogate pair", start, self.at)
            return chr(0x10000 + ((ord(first) - 0xD800) << 10) + ord(second) - 0xDC00)
        return first

    def _exactly(self, count: int) -> str:
        digits = self.text[self.at : self.at + count]
        self.at += count
        return digits if len(digits) == count else ""

    def _code(self, digits: str, start: int) -> str:
        hexadecimal = set("0123456789abcdefABCDEF")
        if not digits or not set(digits) <= hexadecimal or int(digits, 16) > 0x10FFFF:
            raise self.error("not a hexadecimal character code", start, self.at)
        return chr(int(digits, 16))

    def _character_name(self, start: int) -> str:
        end = self.text.find("}", self.at)
        if not self.take("{") or end < 0:
            raise self.error(r"\N needs a character name in {…}", start, self.at)
        name = self.text[self.at : end]
        self.at = end + 1
        try:
            return unicodedata.lookup(name)
        except KeyError:
            raise self.error(f"there is no character {name!r}", start, self.at) from None
