"""The expression language's numbers: against javac, and against a naive model of Java's."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import OperationError
from cascade2spark.operations.expression_language import compile_expression
from cascade2spark.types import (
    Boolean,
    Double,
    Integer,
    Long,
    String,
    Type,
    boolean_,
    char_,
    double_,
    float_,
    int_,
    long_,
    short_,
    text_of,
)
from tests.unit.expression_runs import run

TESTS = Path(__file__).parents[1]
CASES = [
    json.loads(line)
    for line in (TESTS / "data" / "java_expressions.jsonl").read_text().splitlines()
]
NAMES = ["i", "j", "l", "m", "d", "e", "f", "h", "z", "c", "s", "t", "bi", "bl", "bd", "bz"]
KINDS = [int_, int_, long_, long_, double_, double_, float_, short_, boolean_, char_]
KINDS += [String, String, Integer, Long, Double, Boolean]
TYPES = dict(zip(NAMES, KINDS, strict=True))


def same_number(kind: str, expected: str, found: Any) -> bool:
    """Compare numbers as numbers: Java 17 prints more digits than it needs to."""
    wanted = float(expected.replace("Infinity", "inf"))
    if kind == "float":
        (wanted,) = struct.unpack("f", struct.pack("f", wanted))
    return wanted == found or (wanted != wanted and found != found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["expression"]))
def test_agrees_with_java(case: dict[str, Any]) -> None:
    parameters = [(name, TYPES[name]) for name in case["row"]]
    compiled = compile_expression(case["expression"], parameters)
    reals = (double_, float_, Double)
    values = [
        float(value) if value is not None and TYPES[name] in reals else value
        for name, value in case["row"].items()
    ]
    assert case["kind"] == compiled.tree.kind.name
    if case["result"] is None:
        with pytest.raises(OperationError):
            compiled.call(*values)
    elif case["kind"] in ("float", "double"):
        assert same_number(case["kind"], case["result"], compiled.call(*values))
    else:
        found = text_of(compiled.call(*values))
        escaped = ascii(found)[1:-1].replace("\\\\", "\\u005c").replace("\\'", "'")
        escaped = (
            escaped.replace("\\n", "\\u000a").replace("\\t", "\\u0009").replace("\\x", "\\u00")
        )
        assert case["result"] == ("<null>" if found is None else escaped)


# -- a naive model of Java's numbers ---------------------------------------------------------


def low_bits(number: int, bits: int) -> int:
    """Two's complement, by bytes."""
    size = bits // 8
    taken = (number % (1 << bits)).to_bytes(size, "big")
    return int.from_bytes(taken, "big", signed=True)


def model_divide(left: int, right: int) -> int:
    return math.trunc(left / right) if abs(left) < 2**50 else int(_exact_quotient(left, right))


def _exact_quotient(left: int, right: int) -> int:
    sign = -1 if (left < 0) != (right < 0) else 1
    return sign * (abs(left) // abs(right))


MODEL: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": model_divide,
    "%": lambda a, b: a - b * model_divide(a, b),
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
Formula = tuple[str, Callable[[dict[str, int], int], int]]


def formulas() -> st.SearchStrategy[Formula]:
    leaves: st.SearchStrategy[Formula] = st.sampled_from(
        [
            ("a", lambda row, bits: row["a"]),
            ("b", lambda row, bits: row["b"]),
            ("7", lambda row, bits: 7),
            ("(-3)", lambda row, bits: -3),
        ]
    )

    def joined(parts: tuple[Formula, str, Formula]) -> Formula:
        (left, evaluate_left), operator, (right, evaluate_right) = parts
        return f"({left} {operator} {right})", lambda row, bits: low_bits(
            MODEL[operator](evaluate_left(row, bits), evaluate_right(row, bits)), bits
        )

    return st.recursive(
        leaves,
        lambda inner: st.tuples(inner, st.sampled_from(sorted(MODEL)), inner).map(joined),
        max_leaves=8,
    )


@pytest.mark.parametrize(("kind", "bits"), [(int_, 32), (long_, 64)])
@given(data=st.data())
def test_whole_numbers_follow_the_model(kind: Type, bits: int, data: st.DataObject) -> None:
    text, evaluate = data.draw(formulas())
    numbers = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    row = {"a": data.draw(numbers | st.integers(-9, 9)), "b": data.draw(numbers)}
    typed = [("a", kind, row["a"]), ("b", kind, row["b"])]
    try:
        expected = evaluate(row, bits)
    except ZeroDivisionError:
        with pytest.raises(OperationError, match="/ by zero"):
            run(text, *typed)
    else:
        assert expected == run(text, *typed)


@given(st.floats(), st.floats())
def test_doubles_divide_without_raising(left: float, right: float) -> None:
    result = run("a / b", ("a", double_, left), ("b", double_, right))
    if right == 0:
        assert (result != result) == (left == 0 or left != left)
    else:
        assert result == left / right or result != result
