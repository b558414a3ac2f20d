"""Column forms of the methods and functions of expressions, by their signatures.

A text that is not ASCII goes through the function that rows go through, where Java counts or folds
otherwise than Arrow does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns, TooLarge, is_within_column
from cascade2spark.batch.kernels.conversion import by_value, cut_to_whole, is_ascii, numbers_of
from cascade2spark.batch.kernels.conversion import texts_of as _column_texts
from cascade2spark.batch.kernels.regexes import re2_replacement, replaced_texts
from cascade2spark.batch.kernels.vectors import NoKernel, Vector, absent_of, either, wrapped
from cascade2spark.operations.expressions import runtime, text_runtime
from cascade2spark.operations.expressions.typed import Constant, Function, Invoke, TypedNode
from cascade2spark.operations.java_regex import re2_pattern
from cascade2spark.types import Double, Integer, Long, Type

__all__ = ["Call", "call_of"]

Vectors = Sequence[Vector]
_EQUALS = "boolean equals(String, String)"
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "  # the ASCII ones of Python's strip
_RealMaker = Callable[[Any], Any]


@attrs.frozen
class Call:
    """The column form of one call.

    Args:
        run: gives the results, from the vectors of the arguments taken and the number of rows.
        width: number of leading arguments that are taken; the others are constants known to `run`.
    """

    run: Callable[[Vectors, int], Vector]
    width: int

    def taken(self, node: Invoke) -> tuple[TypedNode, ...]:
        """Return the arguments to calculate."""
        return node.arguments[: self.width]


def call_of(node: Invoke) -> Call:
    """Return the column form of a call.

    Raises:
        NoKernel: there is none.
    """
    signature = signature_of(node.function)
    if signature == _EQUALS and isinstance(node.arguments[1], Constant):
        # A text for every row to compare with would cost more than the comparing.
        wanted = _constant(node.arguments[1])
        return Call(_on_text(lambda texts: pc.equal(texts, wanted)), 1)
    if signature in _TEXT_CALLS:
        make = _TEXT_CALLS[signature]
        return Call(_on_text(make(*map(_constant, node.arguments[1:]))), 1)
    if signature in _NUMBER_CALLS:
        return Call(_on_values(_NUMBER_CALLS[signature]), len(node.arguments))
    if signature in _CALLS:
        return Call(_CALLS[signature], len(node.arguments))
    if signature in _PARSERS:
        return Call(_parser(_PARSERS[signature]), 1)
    raise NoKernel


def signature_of(function: Function) -> str:
    """Return a function as the tables of methods write it, without its Python."""
    return f"{function.gives} {function.name}({', '.join(map(str, function.takes))})"


def _constant(node: TypedNode) -> Any:
    if not isinstance(node, Constant) or node.value is None:
        raise NoKernel
    return node.value


# -- texts -----------------------------------------------------------------------------------------

# From texts without null to their results, an Arrow array of texts, numbers or booleans.
TextCall = Callable[[pa.Array], pa.Array]


def _on_text(call: TextCall) -> Callable[[Vectors, int], Vector]:
    def run(vectors: Vectors, rows: int) -> Vector:
        (text,) = vectors
        absent = absent_of(text)
        texts = text.data if absent is None else pc.fill_null(text.data, "")
        made = call(texts)
        failed = either(text.failed, absent)
        if made.null_count:  # what has no result, as an index outside the text
            failed = either(failed, made.is_null().to_numpy(zero_copy_only=False))
            made = pc.fill_null(made, "" if pa.types.is_string(made.type) else 0)
        if pa.types.is_string(made.type):
            return Vector(made, None, failed)
        numbers = made.to_numpy(zero_copy_only=False)
        is_whole = numbers.dtype != np.bool_
        return Vector(numbers.astype(np.int64) if is_whole else numbers, None, failed)

    return run


def _ascii_or(call: TextCall, kind: pa.DataType, one: Callable[..., Any]) -> TextCall:
    """Return a call for ASCII, and the rows' own function for other texts."""
    return lambda texts: call(texts) if is_ascii(texts) else by_value(one, kind, texts)


def _lengths() -> TextCall:
    return _ascii_or(pc.binary_length, pa.int64(), text_runtime.length)


def _part(start: int, end: int | None = None) -> TextCall:
    if start < 0 or (end is not None and end < start):
        raise NoKernel

    def part(texts: pa.Array) -> pa.Array:
        cut = pc.utf8_slice_codeunits(texts, start, end)
        reaches = pc.greater_equal(pc.binary_length(texts), start if end is None else end)
        return pc.if_else(reaches, cut, pa.scalar(None, pa.string()))

    def one(text: str) -> str:
        return text_runtime.substring(text, start, end)

    return _ascii_or(part, pa.string(), one)


def _index(wanted: str) -> TextCall:
    def one(text: str) -> int:
        return text_runtime.index_of(text, wanted)

    return _ascii_or(lambda texts: pc.find_substring(texts, wanted), pa.int64(), one)


def _last_index(wanted: str) -> TextCall:
    def one(text: str) -> int:
        return text_runtime.last_index_of(text, wanted)

    return lambda texts: by_value(one, pa.int64(), texts)


def _replaced(wanted: str, put: str) -> TextCall:
    if not wanted:
        raise NoKernel
    growth = max(len(put.encode()) // len(wanted.encode()) + 1, 1)

    def replaced(texts: pa.Array) -> pa.Array:
        # Arrow does not notice when it counts beyond 31 bits.
        if not is_within_column(texts.nbytes * growth):
            raise TooLarge("replacements that are too large")
        return pc.replace_substring(texts, wanted, put)

    return replaced


def _replaced_all(pattern: str, replacement: str) -> TextCall:
    expression, template = re2_pattern(pattern), re2_replacement(replacement, pattern)
    if expression is None or template is None:
        raise NoKernel
    return lambda texts: replaced_texts(texts, expression, template)


def _matches(pattern: str) -> TextCall:
    expression = re2_pattern(pattern)
    if expression is None:
        raise NoKernel
    return lambda texts: pc.match_substring_regex(texts, rf"\A(?:{expression})\z")


def _is_blank(texts: pa.Array) -> pa.Array:
    return pc.equal(pc.binary_length(pc.ascii_trim(texts, _SPACES)), 0)


_TEXT_CALLS: dict[str, Callable[..., TextCall]] = {
    "int length(String)": _lengths,
    "boolean isEmpty(String)": lambda: lambda texts: pc.equal(pc.binary_length(texts), 0),
    "boolean isBlank(String)": lambda: _ascii_or(
        _is_blank, pa.bool_(), lambda text: not text.strip()
    ),
    "String trim(String)": lambda: lambda texts: pc.ascii_trim(texts, text_runtime.TRIMMED),
    "String strip(String)": lambda: _ascii_or(
        lambda texts: pc.ascii_trim(texts, _SPACES), pa.string(), str.strip
    ),
    "String toLowerCase(String)": lambda: _ascii_or(pc.ascii_lower, pa.string(), str.lower),
    "String toUpperCase(String)": lambda: _ascii_or(pc.ascii_upper, pa.string(), str.upper),
    "String substring(String, int)": _part,
    "String substring(String, int, int)": _part,
    "int indexOf(String, String)": _index,
    "int indexOf(String, char)": _index,
    "int lastIndexOf(String, String)": _last_index,
    "int lastIndexOf(String, char)": _last_index,
    "boolean contains(String, String)": lambda part: lambda texts: pc.match_substring(texts, part),
    "boolean startsWith(String, String)": lambda part: lambda texts: pc.starts_with(texts, part),
    "boolean endsWith(String, String)": lambda part: lambda texts: pc.ends_with(texts, part),
    "String replace(String, String, String)": _replaced,
    "String replace(String, char, char)": _replaced,
    "String replaceAll(String, String, String)": _replaced_all,
    "boolean matches(String, String)": _matches,
    "String intern(String)": lambda: lambda texts: texts,
    "String toString(String)": lambda: lambda texts: texts,
}


def _concatenated(vectors: Vectors, rows: int) -> Vector:
    absent = either(*map(absent_of, vectors))
    data = pc.binary_join_element_wise(*(pc.fill_null(one.data, "") for one in vectors), "")
    return Vector(data, None, either(*(one.failed for one in vectors), absent))


def _text_equals(vectors: Vectors, rows: int) -> Vector:
    return _equals(vectors, pc.equal)


def _equals_ignoring_case(vectors: Vectors, rows: int) -> Vector:
    if not all(is_ascii(one.data) for one in vectors):
        raise NotColumns("texts whose case is not that of ASCII")
    return _equals(vectors, lambda *sides: pc.equal(*map(pc.ascii_lower, sides)))


def _equals(vectors: Vectors, same: Callable[..., pa.Array]) -> Vector:
    left, right = vectors
    equal = pc.fill_null(same(left.data, right.data), False).to_numpy(zero_copy_only=False)
    return Vector(equal, None, either(left.failed, right.failed, absent_of(left)))


def _text_order(vectors: Vectors, rows: int) -> Vector:
    absent = either(*map(absent_of, vectors))
    sides = [pc.fill_null(one.data, "") for one in vectors]
    order = by_value(text_runtime.compare_text, pa.int64(), *sides)
    return Vector(order.to_numpy(), None, either(*(one.failed for one in vectors), absent))


def _parser(kind: Type) -> Callable[[Vectors, int], Vector]:
    def run(vectors: Vectors, rows: int) -> Vector:
        (text,) = vectors
        is_text = pc.fill_null(pc.not_equal(text.data, ""), False)
        texts = pc.if_else(is_text, text.data, "0")
        numbers = numbers_of(texts, kind).to_numpy(zero_copy_only=False)
        missing = ~is_text.to_numpy(zero_copy_only=False)
        return Vector(numbers, None, either(text.failed, missing if missing.any() else None))

    return run


_PARSERS: dict[str, Type] = {
    "int parseInt(String)": Integer,
    "Integer valueOf(String)": Integer,
    "Integer Integer(String)": Integer,
    "long parseLong(String)": Long,
    "Long valueOf(String)": Long,
    "Long Long(String)": Long,
    "double parseDouble(String)": Double,
    "Double valueOf(String)": Double,
    "Double Double(String)": Double,
}


def _written(vectors: Vectors, rows: int) -> Vector:
    (value,) = vectors
    return Vector(
        _column_texts(pa.array(value.data), None), None, either(value.failed, value.absent)
    )


def _box_equals(vectors: Vectors, rows: int) -> Vector:
    left, right = vectors
    equal = left.data == right.data
    if right.absent is not None:
        equal = equal & ~right.absent
    return Vector(equal, None, either(left.failed, right.failed, left.absent))


def _floor_mod(vectors: Vectors, rows: int) -> Vector:
    left, right = vectors
    is_zero = right.data == 0
    failed = either(left.failed, right.failed, is_zero if is_zero.any() else None)
    return Vector(np.mod(left.data, np.where(is_zero, 1, right.data)), None, failed)


def _same(vectors: Vectors, rows: int) -> Vector:
    return vectors[0]


_CALLS: dict[str, Callable[[Vectors, int], Vector]] = {
    "String concat(String, String)": _concatenated,
    _EQUALS: _text_equals,
    "boolean equalsIgnoreCase(String, String)": _equals_ignoring_case,
    "int compareTo(String, String)": _text_order,
    "int floorMod(int, int)": _floor_mod,
    "long floorMod(long, long)": _floor_mod,
    **{f"boolean equals({box}, {box})": _box_equals for box in ("Short", "Integer", "Long")},
    **{
        f"String {name}({kind})": _written
        for name, kinds in (
            ("toString", "int long double boolean Short Integer Long Double Boolean"),
            ("valueOf", "int long double boolean"),
        )
        for kind in kinds.split()
    },
    "Integer valueOf(int)": _same,
    "Integer Integer(int)": _same,
    "Long valueOf(long)": _same,
    "Long Long(long)": _same,
    "Double valueOf(double)": _same,
    "Double Double(double)": _same,
    "Boolean valueOf(boolean)": _same,
    "Boolean Boolean(boolean)": _same,
}


# -- numbers ---------------------------------------------------------------------------------------


def _on_values(calculate: Callable[..., Any]) -> Callable[[Vectors, int], Vector]:
    """Return the call of a function of numbers that is defined for all of them; null fails."""

    def run(vectors: Vectors, rows: int) -> Vector:
        failed = either(*(one.failed for one in vectors), *map(absent_of, vectors))
        return Vector(calculate(*(one.data for one in vectors)), None, failed)

    return run


def _greatest(left: Any, right: Any) -> Any:
    # Of two zeros the positive one; NaN wins.
    are_zero = (left == 0) & (right == 0)
    return np.where(are_zero, left + right, np.maximum(left, right))


def _least(left: Any, right: Any) -> Any:
    are_zero = (left == 0) & (right == 0)
    return np.where(are_zero, -(-left + -right), np.minimum(left, right))


def _rounded(bits: int) -> _RealMaker:
    def rounded(numbers: Any) -> Any:
        below = np.floor(numbers)
        return cut_to_whole(np.where(numbers - below >= 0.5, below + 1.0, below), bits)

    return rounded


def _sign(numbers: Any) -> Any:
    is_itself = (numbers == 0) | np.isnan(numbers)
    return np.where(is_itself, numbers, np.copysign(1.0, numbers))


def _one_by_one(call: Callable[..., float]) -> Callable[..., Any]:
    """Return the rows' own function over columns, where numpy's may differ in the last bit."""

    def calculate(*columns: Any) -> Any:
        return np.array(list(map(call, *(column.tolist() for column in columns))), np.float64)

    return calculate


def _compared(left: Any, right: Any) -> Any:
    return (left > right).astype(np.int64) - (left < right)


_NUMBER_CALLS: dict[str, Callable[..., Any]] = {
    "int abs(int)": lambda numbers: wrapped(np.abs(numbers), 32),
    "long abs(long)": np.abs,
    "float abs(float)": np.abs,
    "double abs(double)": np.abs,
    "int max(int, int)": np.maximum,
    "long max(long, long)": np.maximum,
    "float max(float, float)": _greatest,
    "double max(double, double)": _greatest,
    "int min(int, int)": np.minimum,
    "long min(long, long)": np.minimum,
    "float min(float, float)": _least,
    "double min(double, double)": _least,
    "double sqrt(double)": np.sqrt,
    "double pow(double, double)": _one_by_one(runtime.power),
    "double exp(double)": _one_by_one(runtime.to_power_of_e),
    "double log(double)": _one_by_one(runtime.natural_log),
    "double log10(double)": _one_by_one(functools.partial(runtime.natural_log, base=10)),
    "double cbrt(double)": _one_by_one(runtime.cube_root),
    "double floor(double)": np.floor,
    "double ceil(double)": np.ceil,
    "double rint(double)": np.rint,
    "long round(double)": _rounded(64),
    "int round(float)": _rounded(32),
    "double signum(double)": _sign,
    "boolean isNaN(double)": np.isnan,
    "boolean isNaN(Double)": np.isnan,
    "boolean isNaN(Float)": np.isnan,
    "boolean isInfinite(double)": np.isinf,
    "boolean isInfinite(Double)": np.isinf,
    "int compare(int, int)": _compared,
    "int compare(long, long)": _compared,
    "int compareTo(Integer, Integer)": _compared,
    "int compareTo(Long, Long)": _compared,
    "boolean booleanValue(Boolean)": np.asarray,
}
