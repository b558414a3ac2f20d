"""Reading Java's pattern syntax, as java.util.regex.Pattern of Java 17 reads it."""

from __future__ import annotations

from cascade2spark.errors import BuildError
from cascade2spark.operations.patterns.charsets import (
    ALL,
    CharSet,
    Ranges,
    complement,
    fold_variants,
    folded,
    intersection,
    ranges_of,
    union,
)
from cascade2spark.operations.patterns.classes import ANY_LINE_END, escape_class, property_class
from cascade2spark.operations.patterns.scanner import Flags, Scanner
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
)

__all__ = ["parse_pattern"]

_ANCHORS = {"A": "start", "z": "end", "b": "word", "B": "not_word", "G": "search_start"}
_LINE_END = Choice(
    (Sequence((Literal("\r"), Literal("\n"))), Members(escape_class("v", is_unicode=False)))
)
_LOOKS = {"=": "ahead", "!": "not_ahead", ">": "atomic", ":": "plain"}
_BEHIND = {"=": "behind", "!": "not_behind"}
_MOST_REPEATS = 2**31 - 1


def parse_pattern(pattern: str) -> Node:
    """Return the tree of a Java pattern.

    Raises:
        BuildError: Java would refuse it, or it says what cannot be honoured; marks the place.
            Or it is no text.
    """
    if not isinstance(pattern, str):
        raise BuildError("a pattern is a text in Java's syntax", asked=repr(pattern))
    return _Parser(pattern).parse()


class _Parser(Scanner):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.groups = 0
        self.closed: set[int] = set()
        self.names: dict[str, int] = {}

    def parse(self) -> Node:
        tree = self._choice()
        if self.at < len(self.text):
            raise self.error("a closing bracket without an opening one", self.at)
        return tree

    # -- structure --------------------------------------------------------------------------

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self.peek() == "|":
            self.at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while (character := self.peek()) and character not in "|)":
            if character in "*+?":
                raise self.error(f"nothing for {character!r} to repeat", self.at)
            if character == "{":
                # Java repeats the empty text here, so a{2}{3} means a{2}.
                items.extend(self._repeated([Sequence(())]))
                continue
            atom = self._atom(character)
            items.extend(self._repeated(atom))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeated(self, atom: list[Node]) -> list[Node]:
        """Apply the quantifier that follows, if any, to the last node of `atom`."""
        start = self.at
        character = self.peek()
        if not atom or not character or character not in "*+?{":
            return atom
        least, most = 0, None
        if character == "{":
            least, most = self._bounds()
        else:
            self.at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        if most is not None and least > most:
            raise self.error("the repetition ends below its start", start, self.at)
        manner = self.peek()
        if manner and manner in "?+":
            self.at += 1
        else:
            manner = ""
        return [*atom[:-1], Repeat(atom[-1], least, most, manner)]

    def _bounds(self) -> tuple[int, int | None]:
        start = self.at
        self.at += 1
        least = self.digits()
        if not least:
            raise self.error("a repetition needs a number after '{'", start, self.at)
        most: str | None = least
        if self.take(","):
            most = self.digits() or None
        if not self.take("}"):
            raise self.error("a repetition that is not closed", start, self.at)
        if max(int(least), int(most or 0)) > _MOST_REPEATS:
            raise self.error("a repetition beyond Java's int", start, self.at)
        return int(least), None if most is None else int(most)

    def _atom(self, character: str) -> list[Node]:
        start = self.at
        self.at += 1
        match character:
            case "(":
                return self._group(start)
            case "[":
                return [Members(self._class(start))]
            case ".":
                return [Members(self._dot())]
            case "^":
                kind = "line_start" if self.flags.has("m") else "start"
                return [Anchor(kind + ("_unix" if self._is_unix_line(kind) else ""))]
            case "$":
                kind = "line_end" if self.flags.has("m") else "end_terminated"
                return [Anchor(self._end_kind(kind))]
            case "\\":
                return self._escape(start)
            case _:
                return [self._literal(character)]

    def _is_unix_line(self, kind: str) -> bool:
        return kind == "line_start" and self.flags.has("d")

    def _end_kind(self, kind: str) -> str:
        if not self.flags.has("d"):
            return kind
        return "line_end_unix" if kind == "line_end" else "end_unix"

    def _dot(self) -> CharSet:
        if self.flags.has("s"):
            return ALL
        return complement(ranges_of([(10, 10)]) if self.flags.has("d") else ANY_LINE_END)

    def _literal(self, character: str) -> Node:
        variants = fold_variants(ord(character), self.flags.fold)
        if len(variants) == 1:
            return Literal(character)
        return Members(ranges_of((code, code) for code in variants))

    # -- groups -----------------------------------------------------------------------------

    def _group(self, start: int) -> list[Node]:
        before = self.flags
        if not self.take("?"):
            return [self._closed(start, "capture", before)]
        character = self.text[self.at : self.at + 1]
        if character and character in _LOOKS:
            self.at += 1
            return [self._closed(start, _LOOKS[character], before)]
        if character == "<":
            following = self.text[self.at + 1 : self.at + 2]
            if following and following in _BEHIND:
                self.at += 2
                return [self._closed(start, _BEHIND[following], before)]
            self.at += 1
            return [self._closed(start, "capture", before, self._new_name())]
        self._inline_flags(start)
        if self.take(")"):
            return []
        if not self.take(":"):
            raise self.error("an unknown kind of group", start, self.at + 1)
        return [self._closed(start, "plain", before)]

    def _closed(self, start: int, kind: str, before: Flags, name: str | None = None) -> Node:
        number = 0
        if kind == "capture":
            self.groups += 1
            number = self.groups
            if name is not None:
                self.names[name] = number
        body = self._choice()
        if self.peek() != ")":
            raise self.error("a group that is not closed", start)
        self.at += 1
        self.flags = before
        if number:
            self.closed.add(number)
        return Group(kind, body, name)

    def _new_name(self) -> str:
        start = self.at
        name = self._name(start)
        if name in self.names:
            raise self.error(f"the group name {name!r} is taken", start, self.at - 1)
        return name

    def _name(self, start: int) -> str:
        end = self.text.find(">", start)
        name = self.text[start : max(end, start)]
        if not (name.isascii() and name.isalnum() and name[0].isalpha()):
            raise self.error("a group name has letters and digits, a letter first", start)
        self.at = end + 1
        return name

    def _inline_flags(self, start: int) -> None:
        letters = set(self.flags.letters)
        is_added = True
        while (letter := self.text[self.at : self.at + 1]) and letter not in ":)":
            if letter == "-" and is_added:
                is_added = False
            elif letter in "idmsuxU":
                (letters.add if is_added else letters.discard)(letter)
            else:
                raise self.error("an unknown kind of group or flag", start, self.at + 1)
            self.at += 1
        if not letter:
            raise self.error("a group that is not closed", start)
        self.flags = Flags(frozenset(letters))

    # -- escapes ----------------------------------------------------------------------------

    def _escape(self, start: int) -> list[Node]:
        letter = self.text[self.at : self.at + 1]
        if letter == "Q":
            return [self._literal(character) for character in self.quoted()]
        if letter and letter in "dDwWsShHvV":
            self.at += 1
            return [Members(escape_class(letter, is_unicode=self.flags.has("U")))]
        if letter and letter in "123456789":
            return [self._numbered_reference()]
        match letter:
            case "Z":
                self.at += 1
                return [Anchor(self._end_kind("end_terminated"))]
            case "A" | "z" | "b" | "B" | "G":
                self.at += 1
                if letter == "b" and self.text.startswith("{g}", self.at):
                    raise self.error(r"\b{g} is not supported", start, self.at + 3)
                return [Anchor(_ANCHORS[letter])]
            case "R":
                self.at += 1
                return [Group("plain", _LINE_END)]
            case "X":
                self.at += 1
                return [Grapheme()]
            case "k":
                return [self._named_reference(start)]
            case "p" | "P":
                return [Members(self._property(start))]
            case _:
                return [self._literal(self.character(start))]

    def _numbered_reference(self) -> Node:
        number = int(self.text[self.at])
        self.at += 1
        while (digit := self.text[self.at : self.at + 1]).isdigit() and digit.isascii():
            if number * 10 + int(digit) > self.groups:
                break
            number = number * 10 + int(digit)
            self.at += 1
        # A group that is not closed by now never holds anything at its first use: no match, as in
        # Java, except inside a loop that comes round again.
        if number not in self.closed:
            return Members(Ranges(()))
        return Backreference(number, self.flags.fold)

    def _named_reference(self, start: int) -> Node:
        self.at += 1
        if not self.take("<"):
            raise self.error(r"\k needs a group name in <…>", start, self.at)
        name = self._name(self.at)
        if name not in self.names:
            raise self.error(f"there is no group {name!r} before this", start, self.at)
        number = self.names[name]
        if number not in self.closed:
            return Members(Ranges(()))
        return Backreference(number, self.flags.fold)

    def _property(self, start: int) -> CharSet:
        is_outside = self.text[self.at] == "P"
        self.at += 1
        if self.take("{"):
            end = self.text.find("}", self.at)
            if end < 0:
                raise self.error("a property name that is not closed", start)
            name = self.text[self.at : end]
            self.at = end + 1
        else:
            name = self.text[self.at : self.at + 1]
            self.at += 1
        members = property_class(name, is_unicode=self.flags.has("U"), fold=self.flags.fold)
        if members is None:
            raise self.error(f"there is no character property {name!r}", start, self.at)
        return complement(members) if is_outside else members

    # -- character classes ------------------------------------------------------------------

    def _class(self, start: int) -> CharSet:
        """Read a class after its ``[``: members and nested classes, then ``&&`` parts."""
        is_outside = self.take("^")
        whole = self._class_part(start)
        while self.take("&&"):
            if self.peek() in ("]", "&", ""):
                raise self.error("'&&' with nothing after it", self.at - 2, self.at)
            part = self._class_part(start)
            if part is None:
                raise self.error("'&&' with nothing after it", self.at - 2, self.at)
            whole = part if whole is None else intersection(whole, part)
        if not self.take("]") or whole is None:
            raise self.error("a character class that is not closed", start)
        return complement(whole) if is_outside else whole

    def _class_part(self, start: int) -> CharSet | None:
        """The union of members up to ``&&`` or ``]`` (which is a member where nothing precedes)."""
        part: CharSet | None = None
        while character := self.peek():
            if self.text.startswith("&&", self.at) or (character == "]" and part is not None):
                return part
            if character == "[":
                self.at += 1
                member = self._class(self.at - 1)
            else:
                member = self._class_member(start)
            part = member if part is None else union(part, member)
        return part

    def _class_member(self, start: int) -> CharSet:
        place = self.at
        first = self._class_character(start)
        if not isinstance(first, str):
            return first
        low = high = first
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]", "["):
            mark = self.at
            self.at += 1
            if self.text.startswith("&&", self.at):
                self.at = mark
            else:
                last = self._class_character(start)
                if not isinstance(last, str) or last < low:
                    raise self.error("not a character range", place, self.at)
                high = last
        return folded(ranges_of([(ord(low), ord(high))]), self.flags.fold)

    def _class_character(self, start: int) -> str | CharSet:
        """One character, or the set that an escape stands for."""
        character = self.peek()
        if not character:
            raise self.error("a character class that is not closed", start)
        place = self.at
        self.at += 1
        if character != "\\":
            return character
        letter = self.text[self.at : self.at + 1]
        if letter == "Q":
            body = self.quoted()
            return folded(ranges_of((ord(c), ord(c)) for c in body), self.flags.fold)
        if letter and letter in "dDwWsShHvV":
            self.at += 1
            return escape_class(letter, is_unicode=self.flags.has("U"))
        if letter in ("p", "P"):
            return self._property(place)
        if letter and letter in "123456789":
            raise self.error("a class cannot hold a back reference", place, self.at + 1)
        return self.character(place)
