"""JSON trees: plain Python values, what text they are read from, and what text they give.

A tree is made of dict with text keys, list, str, int, float, bool and None. Whole numbers are exact
whatever their size; numbers with a point or an exponent are read as floats, as Java's doubles. A
Decimal that a job puts into a tree stays one, and is written with all its digits.

``types.JSONCoercibleType`` is the public door.
"""

from __future__ import annotations

import base64
import json
import numbers
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from json.encoder import encode_basestring
from json.scanner import make_scanner
from typing import Any, NoReturn

from cascade2spark.errors import CoercionError, shown_value
from cascade2spark.value_text import plain_text

__all__ = ["copy_tree", "json_parser", "json_text", "parse_json", "tree_of"]

_BLANKS = " \t\n\r"
# Floats that Java prints in another way than Python, or something in a string that looks so.
_MAY_DIFFER = re.compile(r"[0-9]{8}\.|[0-9]e[-+]?[0-9]|[^0-9]0\.00|NaN|Infinity").search


class _DuplicateKey(Exception):
    """One object of a text has a key twice."""


def parse_json(text: str) -> Any:
    """Return the tree that a text holds; None for a blank text, the text itself if it is not JSON.

    ``NaN`` and ``Infinity`` are not JSON, nor is a value with something behind it.

    Raises:
        CoercionError: an object has a key twice, or the text is JSON that no machine should read:
            nested too deep, a number of thousands of digits.
    """
    return _OWN.parse(text)


def json_parser() -> Callable[[str], Any]:
    """Return a `parse_json` of one's own, which two threads may not use at the same time."""
    # A hook on the pairs of each object would see keys that come twice, and nearly double the time
    # (4-core x86-64, CPython 3.11). So the keys that were kept are counted, and compared with the
    # places in the text that look like the end of a key; when in doubt the text is read again.
    keys = 0

    def count(found: dict[str, Any]) -> dict[str, Any]:
        nonlocal keys
        keys += len(found)
        return found

    scan = _scanner(object_hook=count)

    def parse(text: str) -> Any:
        nonlocal keys
        keys = 0
        try:
            value, end = scan(text, 0)
        except (StopIteration, json.JSONDecodeError):
            return text if text[:1] not in _BLANKS else _parse_stripped(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(text, error) from None
        if end == len(text) and (keys == text.count(":") or keys == _ends_of_keys(text)):
            return value
        return _parse_stripped(text)

    return parse


def json_text(tree: Any) -> str:
    """Return a tree as JSON in one line, without blanks and with Java's digits.

    NaN and the infinities, which JSON has no numbers for, become texts.
    """
    try:
        text = _ENCODE(tree)
    except (TypeError, ValueError):
        return _written(tree_of(tree))
    return text if _MAY_DIFFER(text) is None else _written(tree)


def copy_tree(tree: Any) -> Any:
    """Return a copy of a tree that shares nothing that can be changed."""
    if tree.__class__ is dict:
        return {key: copy_tree(value) for key, value in tree.items()}
    if tree.__class__ is list:
        return [copy_tree(value) for value in tree]
    return tree


def tree_of(value: Any) -> Any:
    """Return a copy of any Python value as a tree: a text stays a text.

    Keys of mappings become texts, tuples and sets lists, bytes base64, dates and times ISO 8601.

    Raises:
        CoercionError: there is no JSON for it.
    """
    kind = value.__class__
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {
            key if key.__class__ is str else _key_text(key): tree_of(one)
            for key, one in value.items()
        }
    if kind is list or kind is tuple:
        return [tree_of(one) for one in value]
    return _other_tree(value)


_PLAIN = frozenset({str, int, float, bool, type(None), Decimal})


def _other_tree(value: Any) -> Any:
    if isinstance(value, (str, bool)):
        return str(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (date, time)):
        return plain_text(value)
    if isinstance(value, Mapping):
        return {_key_text(key): tree_of(value[key]) for key in value}
    if isinstance(value, Iterable):
        return [tree_of(one) for one in value]
    raise CoercionError(
        f"a value of type {type(value).__name__} has no form in JSON",
        details={"value": shown_value(value)},
    )


def _key_text(key: Any) -> str:
    return plain_text(key) or ("null" if key is None else "")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_number(name: str) -> NoReturn:
    raise json.JSONDecodeError("not a JSON number", name, 0)


# The decoder's scanner by itself: decode() looks for blanks around every text.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _ends_of_keys(text: str) -> int | None:
    """Return at how many places a key may end, None when blanks may hide some."""
    is_loose = "\n" in text or "\t" in text or "\r" in text or " :" in text
    return None if is_loose else text.count('":')


def _scanner(**hooks: Any) -> Callable[[str, int], tuple[Any, int]]:
    """Return the decoder's scanner by itself: decode() looks for blanks around every text."""
    decoder: Any = json.JSONDecoder(parse_constant=_no_number, **hooks)
    return make_scanner(decoder)


_SCAN_CHECKED = _scanner(object_pairs_hook=_object)


class _Own(threading.local):
    """A parser for each thread."""

    def __init__(self) -> None:
        self.parse = json_parser()


_OWN = _Own()


def _parse_stripped(text: str) -> Any:
    """Parse a text with blanks around it, or with keys that may come twice."""
    stripped = text.strip(_BLANKS)
    if not stripped:
        return None
    try:
        value, end = _SCAN_CHECKED(stripped, 0)
    except (StopIteration, json.JSONDecodeError):
        return text
    except (_DuplicateKey, ValueError, RecursionError) as error:
        raise _unreadable(text, error) from None
    return value if end == len(stripped) else text


def _unreadable(text: str, error: Exception) -> CoercionError:
    if isinstance(error, _DuplicateKey):
        what = f"a JSON text has the key {str(error)!r} twice in one object"
    elif isinstance(error, RecursionError):
        what = "a JSON text is nested too deep"
    else:
        what = "a JSON text has a number that is too long"
    return CoercionError(what, details={"text": shown_value(text)})


def _written(tree: Any) -> str:
    """Write a tree whose numbers need Java's digits."""
    kind = tree.__class__
    if kind is dict:
        shown = (f"{_quoted(key)}:{_written(value)}" for key, value in tree.items())
        return "{" + ",".join(shown) + "}"
    if kind is list:
        return "[" + ",".join([_written(value) for value in tree]) + "]"
    if kind is str:
        return _quoted(tree)
    if tree is None:
        return "null"
    text = plain_text(tree)
    if kind in (int, bool):
        return str(text)
    is_number = kind in (float, Decimal) and tree - tree == 0
    return str(text) if is_number else _quoted(str(text))


def _quoted(text: Any) -> str:
    return encode_basestring(text if text.__class__ is str else _key_text(text))
