"""What compiled expressions call on texts: Java's String methods, which count UTF-16 units.

Text without characters beyond U+FFFF, nearly all there is, is worked on as it is; any other is
taken apart into surrogates first.
"""

from __future__ import annotations

import functools
from typing import Any

from cascade2spark.errors import OperationError
from cascade2spark.java_numbers import parse_decimal, parse_double, parse_float, parse_whole
from cascade2spark.operations.java_regex import compile_java, replace_java, split_java

__all__ = [
    "TRIMMED",
    "char_at",
    "character",
    "compare_text",
    "equals_ignoring_case",
    "equals_text",
    "hash_of_text",
    "in_radix",
    "index_of",
    "is_blank",
    "item_of",
    "joined_by",
    "last_index_of",
    "length",
    "matcher",
    "matches",
    "parse_number",
    "parse_whole_number",
    "repeated",
    "replace_all",
    "replace_first",
    "replacer",
    "split",
    "splitter",
    "starts_at",
    "stripped",
    "substring",
]

TRIMMED = "".join(map(chr, range(0x21)))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# What Python strips, and Character.isWhitespace does not call a space.
_NO_SPACES = "\x85\xa0\u2007\u202f"


def _is_narrow(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"


def _wide(text: str) -> str:
    """Return `text` with surrogate pairs for characters beyond U+FFFF."""
    units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(map(chr, units))


def _narrow(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def length(text: str) -> int:
    return len(text) if _is_narrow(text) else len(_wide(text))


def char_at(text: str, index: int) -> str:
    units = text if _is_narrow(text) else _wide(text)
    if not 0 <= index < len(units):
        raise _outside(index, units)
    return units[index]


def substring(text: str, start: int, end: int | None = None) -> str:
    units = text if _is_narrow(text) else _wide(text)
    stop = len(units) if end is None else end
    if not 0 <= start <= stop <= len(units):
        raise OperationError(f"begin {start}, end {stop}, length {len(units)}")
    return units[start:stop] if units is text else _narrow(units[start:stop])


def index_of(text: str, wanted: str, start: int = 0) -> int:
    if _is_narrow(text):
        start = max(start, 0)
        return text.find(wanted, start) if start <= len(text) else _empty_at_end(text, wanted)
    units = _wide(text)
    return index_of(units, _wide(wanted), start)


def last_index_of(text: str, wanted: str, start: int | None = None) -> int:
    if _is_narrow(text):
        if start is None:
            return text.rfind(wanted)
        return text.rfind(wanted, 0, start + len(wanted)) if start >= 0 else -1
    return last_index_of(_wide(text), _wide(wanted), start)


def starts_at(text: str, prefix: str, offset: int) -> bool:
    if not _is_narrow(text):
        return starts_at(_wide(text), _wide(prefix), offset)
    return 0 <= offset <= len(text) and text.startswith(prefix, offset)


def character(code: int) -> str:
    """Return the text of a code point, or of a char as a number."""
    if not 0 <= code <= 0x10FFFF:
        raise OperationError(f"{code} is no character")
    return chr(code)


def equals_text(left: str, right: Any) -> bool:
    if left is None:
        raise OperationError("null where a value is needed")
    return bool(left == right)


def equals_ignoring_case(left: str, right: str | None) -> bool:
    if left is None:
        raise OperationError("null where a value is needed")
    return right is not None and len(left) == len(right) and _folded(left) == _folded(right)


def compare_text(left: str, right: str, *, is_folded: bool = False) -> int:
    """Java's compareTo: the difference of the first units that differ, else of the lengths."""
    if is_folded:
        left, right = _folded(left), _folded(right)
    if left == right and left is not None:
        return 0
    left = left if _is_narrow(left) else _wide(left)
    right = right if _is_narrow(right) else _wide(right)
    for one, other in zip(left, right, strict=False):
        if one != other:
            return ord(one) - ord(other)
    return len(left) - len(right)


def hash_of_text(text: str) -> int:
    """String.hashCode."""
    result = 0
    for unit in text if _is_narrow(text) else _wide(text):
        result = (result * 31 + ord(unit)) & 0xFFFFFFFF
    return result - 0x100000000 if result > 0x7FFFFFFF else result


def stripped(text: str) -> str:
    """String.strip: no-break spaces stay."""
    start, end = 0, len(text)
    while start < end and _is_space(text[start]):
        start += 1
    while end > start and _is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def is_blank(text: str) -> bool:
    """String.isBlank."""
    return not stripped(text)


def _is_space(character: str) -> bool:
    return character.isspace() and character not in _NO_SPACES


def repeated(text: str, count: int) -> str:
    if count < 0:
        raise OperationError(f"a text cannot be repeated {count} times")
    return text * count


def item_of(texts: list[str], index: int) -> str:
    if not 0 <= index < len(texts):
        raise OperationError(f"index {index} out of bounds for length {len(texts)}")
    return texts[index]


def matcher(pattern: str) -> Any:
    match = compile_java(pattern).fullmatch
    return lambda text: match(text) is not None


def matches(text: str, pattern: str) -> bool:
    return compile_java(pattern).fullmatch(text) is not None


def splitter(pattern: str) -> Any:
    parts = split_java(pattern)
    return lambda text, limit=0: parts(text, limit)


def split(text: str, pattern: str, limit: int = 0) -> list[str]:
    return split_java(pattern)(text, limit)


@functools.lru_cache(maxsize=512)
def replacer(pattern: str, replacement: str, *, is_all: bool = True) -> Any:
    return replace_java(pattern, replacement, is_all=is_all)


def replace_all(text: str, pattern: str, replacement: str) -> Any:
    return replacer(pattern, replacement)(text)


def replace_first(text: str, pattern: str, replacement: str) -> Any:
    return replacer(pattern, replacement, is_all=False)(text)


def parse_whole_number(text: str | None, bits: int, radix: int = 10) -> int:
    """Integer.parseInt and its like."""
    limit = 1 << (bits - 1)
    try:
        number = _in_base(text or "", radix) if radix != 10 else parse_whole(text or "")
    except ValueError:
        number = limit
    if not -limit <= number < limit:
        raise OperationError(f"not a number of {bits} bits: {text!r}")
    return number


def _in_base(text: str, radix: int) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    # Python's int() also takes prefixes, blanks and underscores.
    if not (2 <= radix <= 36 and digits) or any(
        _DIGITS.find(digit) not in range(radix) for digit in digits.lower()
    ):
        raise ValueError(text)
    return int(text, radix)


def in_radix(number: int, radix: int) -> str:
    """Integer.toString of a radix; one that there is not counts as 10."""
    radix = radix if 2 <= radix <= 36 else 10
    digits, rest = "", abs(number)
    while rest or not digits:
        rest, last = divmod(rest, radix)
        digits = _DIGITS[last] + digits
    return f"-{digits}" if number < 0 else digits


def joined_by(separator: str, texts: tuple[Any, ...]) -> str:
    """String.join."""
    return separator.join("null" if text is None else text for text in texts)


def parse_number(text: str, name: str) -> Any:
    """Double.parseDouble, Float.parseFloat and new BigDecimal."""
    parse = {"Double": parse_double, "Float": parse_float, "BigDecimal": parse_decimal}[name]
    try:
        return parse(text)
    except ValueError as error:
        raise OperationError(f"not a number: {text!r}") from error


def _empty_at_end(text: str, wanted: str) -> int:
    return -1 if wanted else len(text)


def _folded(text: str) -> str:
    """Java folds character by character, so the sharp s stays one."""
    return text.lower() if text.isascii() else "".join(map(_folded_character, text))


def _folded_character(character: str) -> str:
    upper = character.upper()
    lower = (upper if len(upper) == 1 else character).lower()
    return lower if len(lower) == 1 else character


def _outside(index: int, units: str) -> OperationError:
    return OperationError(f"index {index} is outside a text of length {len(units)}")
