"""The character classes that a Java pattern can name: ``\\d``, ``\\p{Punct}`` and their like."""

from __future__ import annotations

from functools import reduce

import regex

from cascade2spark.operations.patterns.charsets import (
    ALL,
    CharSet,
    Property,
    Ranges,
    complement,
    intersection,
    ranges_of,
    union,
)

__all__ = ["ANY_LINE_END", "escape_class", "property_class"]

ANY_LINE_END = ranges_of([(0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029)])


def _chars(text: str) -> Ranges:
    """Ranges out of ``a-z0-9``; a hyphen always makes a range."""
    pairs = []
    place = 0
    while place < len(text):
        is_range = text[place + 1 : place + 2] == "-"
        pairs.append((ord(text[place]), ord(text[place + 2] if is_range else text[place])))
        place += 3 if is_range else 1
    return ranges_of(pairs)


def _all_of(*names: str) -> CharSet:
    parts: list[CharSet] = [Property(name) for name in names]
    return reduce(union, parts)


_DIGIT = _chars("0-9")
_WORD = _chars("0-9A-Z_a-z")
_SPACE = _chars("\t-\r ")
_HORIZONTAL = _chars("\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000")
_VERTICAL = _chars("\n-\r\x85\u2028\u2029")

_ESCAPES: dict[str, CharSet] = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "h": _HORIZONTAL,
    "v": _VERTICAL,
}
_UNICODE_ESCAPES: dict[str, CharSet] = {
    "d": Property("Nd"),
    "w": _all_of("Alphabetic", "Mn", "Me", "Mc", "Nd", "Pc", "Join_Control"),
    "s": Property("White_Space"),
    "h": _HORIZONTAL,
    "v": _VERTICAL,
}

_POSIX: dict[str, CharSet] = {
    "ASCII": _chars("\x00-\x7f"),
    "Alnum": _chars("0-9A-Za-z"),
    "Alpha": _chars("A-Za-z"),
    "Blank": _chars("\t "),
    "Cntrl": _chars("\x00-\x1f\x7f"),
    "Digit": _DIGIT,
    "Graph": _chars("!-~"),
    "Lower": _chars("a-z"),
    "Print": _chars(" -~"),
    "Punct": _chars("!-/:-@[-`{-~"),
    "Space": _SPACE,
    "Upper": _chars("A-Z"),
    "XDigit": _chars("0-9A-Fa-f"),
}
_NO_GRAPH = _all_of("White_Space", "Cc", "Cs", "Cn")
_UNICODE_BLANK = union(Property("Zs"), _chars("\t"))
_BINARY: dict[str, CharSet] = {
    "ALPHABETIC": Property("Alphabetic"),
    "LETTER": Property("L"),
    "IDEOGRAPHIC": Property("Ideographic"),
    "LOWERCASE": Property("Lowercase"),
    "UPPERCASE": Property("Uppercase"),
    "TITLECASE": Property("Lt"),
    "WHITE_SPACE": Property("White_Space"),
    "WHITESPACE": Property("White_Space"),
    "CONTROL": Property("Cc"),
    "PUNCTUATION": Property("P"),
    "HEX_DIGIT": union(Property("Nd"), Property("Hex_Digit")),
    "HEXDIGIT": union(Property("Nd"), Property("Hex_Digit")),
    "ASSIGNED": complement(Property("Cn")),
    "NONCHARACTER_CODE_POINT": Property("Noncharacter_Code_Point"),
    "NONCHARACTERCODEPOINT": Property("Noncharacter_Code_Point"),
    "DIGIT": Property("Nd"),
    "ALNUM": _all_of("Alphabetic", "Nd"),
    "BLANK": _UNICODE_BLANK,
    "GRAPH": complement(_NO_GRAPH),
    "PRINT": intersection(union(complement(_NO_GRAPH), _UNICODE_BLANK), complement(Property("Cc"))),
    "WORD": _UNICODE_ESCAPES["w"],
    "JOIN_CONTROL": Property("Join_Control"),
    "JOINCONTROL": Property("Join_Control"),
}
_UNICODE_POSIX: dict[str, CharSet] = {
    "ASCII": _POSIX["ASCII"],
    "Alnum": _BINARY["ALNUM"],
    "Alpha": Property("Alphabetic"),
    "Blank": _UNICODE_BLANK,
    "Cntrl": Property("Cc"),
    "Digit": Property("Nd"),
    "Graph": _BINARY["GRAPH"],
    "Lower": Property("Lowercase"),
    "Print": _BINARY["PRINT"],
    "Punct": Property("P"),
    "Space": Property("White_Space"),
    "Upper": Property("Uppercase"),
    "XDigit": _BINARY["HEX_DIGIT"],
}
_NO_BREAK_SPACES = _chars("\xa0\u2007\u202f")
_JAVA: dict[str, CharSet] = {
    "LowerCase": Property("Lowercase"),
    "UpperCase": Property("Uppercase"),
    "Alphabetic": Property("Alphabetic"),
    "Ideographic": Property("Ideographic"),
    "TitleCase": Property("Lt"),
    "Digit": Property("Nd"),
    "Defined": complement(Property("Cn")),
    "Letter": Property("L"),
    "LetterOrDigit": _all_of("L", "Nd"),
    "SpaceChar": Property("Z"),
    "Whitespace": union(
        intersection(Property("Z"), complement(_NO_BREAK_SPACES)), _chars("\t-\r\x1c-\x1f")
    ),
    "ISOControl": Property("Cc"),
}
_ANY_CASE = _all_of("Lu", "Ll", "Lt")
_ANY_CASE_PROPERTY = _all_of("Lowercase", "Uppercase", "Lt")
_CASED_NAMES = {"LOWERCASE", "UPPERCASE", "TITLECASE"}
_CATEGORIES = frozenset(
    f"{major}{minor}"
    for major, minors in {
        "C": "ncfos",
        "L": "ultmo",
        "M": "nec",
        "N": "dlo",
        "Z": "slp",
        "P": "dsecoif",
        "S": "mcko",
    }.items()
    for minor in ("", *minors)
)
_SPECIAL: dict[str, CharSet] = {
    "LC": _ANY_CASE,
    "LD": _all_of("L", "Nd"),
    "L1": _chars("\x00-\xff"),
    "all": ALL,
}


def escape_class(letter: str, *, is_unicode: bool) -> CharSet:
    """Return the class of ``\\d \\D \\w \\W \\s \\S \\h \\H \\v \\V``."""
    table = _UNICODE_ESCAPES if is_unicode else _ESCAPES
    members = table[letter.lower()]
    return complement(members) if letter.isupper() else members


def property_class(name: str, *, is_unicode: bool, fold: str) -> CharSet | None:
    """Return the class of ``\\p{name}``, or None when there is no such class."""
    if "=" in name:
        key, value = name.split("=", 1)
        match key.lower():
            case "sc" | "script":
                return _asked_of_regex(f"script={value}")
            case "blk" | "block":
                return _asked_of_regex(f"block={value}")
            case "gc" | "general_category":
                return _category(value, fold)
            case _:
                return None
    if name.startswith("In"):
        return _asked_of_regex(f"block={name[2:]}")
    if name.startswith("Is"):
        return _property(name[2:], fold) or _asked_of_regex(f"script={name[2:]}")
    if name.startswith("java"):
        if fold and name[4:].upper() in _CASED_NAMES:
            return _ANY_CASE_PROPERTY
        return _JAVA.get(name[4:])
    if name in _POSIX:
        table = _UNICODE_POSIX if is_unicode else _POSIX
        if fold and name in ("Lower", "Upper"):
            return union(table["Lower"], table["Upper"])
        return table[name]
    return _category(name, fold)


def _property(name: str, fold: str) -> CharSet | None:
    if fold and name.upper() in _CASED_NAMES:
        return _ANY_CASE_PROPERTY
    return _BINARY.get(name.upper()) or _category(name, fold)


def _category(name: str, fold: str) -> CharSet | None:
    if fold and name in ("Lu", "Ll", "Lt"):
        return _ANY_CASE
    return Property(name) if name in _CATEGORIES else _SPECIAL.get(name)


def _asked_of_regex(name: str) -> CharSet | None:
    try:
        regex.compile(rf"\p{{{name}}}")
    except regex.error:
        return None
    return Property(name)
