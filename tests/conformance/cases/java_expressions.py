"""What expressions give in Java, as jobs write them. Section 5.2, expression family.

A case is a chain of functions over one set of rows; each adds a column.
"""

from __future__ import annotations

import math
from typing import Any

import attrs

from cascade2spark.errors import AssertionFailed, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    AssertExpression,
    ExpressionFilter,
    ExpressionFunction,
    Identity,
)
from cascade2spark.operations.base import AssertionLevel
from cascade2spark.pipes import Each, Pipe
from cascade2spark.types import (
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Short,
    String,
    boolean_,
    double_,
    int_,
    long_,
)
from tests.conformance.case import Fails, Rows, Topic, rows

case = Topic("java_expressions")


@attrs.frozen
class Columns:
    """Adds a column for each expression, and keeps these.

    Args:
        arguments: of every expression.
        expressions: their texts.
        types: one type of all parameters, or names and types.
    """

    arguments: Fields
    expressions: tuple[str, ...]
    types: tuple[Any, ...]

    def __call__(self, i: Pipe) -> Pipe:
        names = [f"column {number}" for number in range(len(self.expressions))]
        for name, expression in zip(names, self.expressions, strict=True):
            operation = ExpressionFunction(Fields(name), expression, *self.types)
            i = Each(i, self.arguments, operation, Fields.ALL)
        return Each(i, Fields(*names), Identity())


def give(
    name: str, given: Rows, types: tuple[Any, ...], columns: dict[str, list[Any]], differs: str = ""
) -> None:
    """Add a case of these expressions with what each gives for the rows."""
    build = Columns(given.fields, tuple(columns), types)
    case.add(
        name,
        "the Java language and its library",
        lambda i: build(i),
        i=given,
        expected=list(zip(*columns.values(), strict=True)),
        ordered=True,
        **({"differs": differs} if differs else {}),
    )


WRAPS = {
    "a * a + 1": [2, 1, -2147479014],
    "a + 1L": [2147483648, -2147483647, 46342],
    "-a - 1": [-(2**31), 2147483647, -46342],
    "Math.abs(a)": [2147483647, -(2**31), 46341],
    "(short) a": [-1, 0, -19195],
    "a > 0 ? a * 2 : a - 1": [-2, 2147483647, 92682],
}
give("ints_wrap", rows("a", 2147483647, -2147483648, 46341), (int_,), WRAPS)

LONGS = {
    "(int) a": [1, -2, 0],
    "a / 1000 * 1000": [4294967000, 8589934000, 0],
    "-a >>> 60": [15, 15, 0],
    "a * 1.0f": [4294967296.0, 8589934592.0, 0.0],
}
give("longs_are_cut", rows("a", 2**32 + 1, str(2**33 - 2), None), (long_,), LONGS)

BITS = {
    "(a << 33) + (a >> 1) + (a >>> 30)": [17, -15],
    "(a & 3) | (a ^ 1)": [7, -7],
    "~a": [-8, 6],
    "1 / 2 * 2.0 + 'a' % 10": [7.0, 7.0],
    "0x1F + 010 + 1_000": [1039, 1039],
    "a + 'b'": [105, 91],
}
give("bits_and_literals", rows("a", 7, -7), (int_,), BITS)

MIXED = {
    "a / b + c": [5.5, -5.5, 0.0],
    "(double) a / b": [3.5, -3.5, 0.0],
    "a % b + c % 2": [1.5, -1.5, 0.0],
    "(int) (c * 1e10) / 2": [1073741823, -1073741824, 0],
    "a > 0 ? a : c": [7.0, -2.5, 0.0],
    "Math.max(a, b) + Math.abs(c)": [9.5, 4.5, 3.0],
    "Math.round(c)": [3, -2, 0],
    "Math.floor(c) + Math.pow(b, 2) + Math.sqrt(4)": [8.0, 3.0, 11.0],
    "c / 0": [math.inf, -math.inf, math.nan],
    "a > 1 && b < 2 || c != 0": [True, True, False],
}
JOINED = {
    'a + ":" + b + ":" + c': ["7:2:2.5", "-7:2:-2.5", "0:3:0.0"],
    'a + b + "" + a + b': ["972", "-5-72", "303"],
    'a > 0 ? "up" : a < 0 ? "down" : "flat"': ["up", "down", "flat"],
}
ABC = rows("a b c", (7, 2, 2.5), (-7, 2, -2.5), (None, 3, None))
TYPES = (["a", "b", "c"], [int_, long_, double_])
give("kinds_mix", ABC, TYPES, MIXED)
give("numbers_join_texts", ABC, TYPES, JOINED)
give("positions", ABC, (double_,), {"$2 - $0": [-4.5, 4.5, 0.0], "$0 * 2": [14.0, -14.0, 0.0]})

BOXES = {
    "a + b": [9, -5],
    "a.doubleValue() / 2": [3.5, -3.5],
    "a > 0 ? a : null": [7, None],
    "a.equals(b)": [False, False],
}
give("boxes_unbox", rows("a b", (7, 2), (-7, 2)), (["a", "b"], [Integer, Long]), BOXES)
FLOATS = {
    "a * 2": [0.5, 5.0],
    "a + 0.1f": [0.3499999940395355, 2.5999999046325684],
    "Math.round(a)": [0, 3],
    '"" + a / 3': ["0.083333336", "0.8333333"],
}
give("floats", rows("a", "0.25", 2.5), (Float,), FLOATS)
BYTES = {"(byte) a + 0": [-56, 127], "(byte) (a * 3) * 2": [176, 250]}
give("bytes_are_eight_bits", rows("a", 200, -129), (int_,), BYTES)
give("longs_have_hash_codes", rows("a", -1, 2**40), (Long,), {"a.hashCode()": [0, 256]})
give("doubles_have_hash_codes", rows("a", 2.5), (Double,), {"a.hashCode()": [1074003968]})
give("booleans_have_hash_codes", rows("a", True), (Boolean,), {"a.hashCode()": [1231]})
give("shorts_are_added_as_ints", rows("a", 30000), (Short,), {"a + a": [60000]})
TRUTH = {"!a || b": [False, True, False], "a ? 1 : 0": [1, 0, 1]}
give("null_is_false", rows("a b", (True, None), (None, None), ("true", "no")), (boolean_,), TRUTH)

WORDS = {
    "a.trim().equalsIgnoreCase(b)": [True, False, False],
    'a.replaceAll("-", "").length() + b.indexOf(\'-\')': [5, 4, 3],
    'a.split("-")[0] + b.lastIndexOf("-")': ["  Ada -1", "x1", "caf\u00e9-1"],
    'a.compareTo("b") < 0 ? -1 : 1': [-1, 1, 1],
    "a.charAt(0) + 1": [33, 121, 100],
    'a.charAt(1) + "1"': [" 1", "-1", "a1"],
    "'a' + 'b' + b": ["195ada", "195X-Y", "195Cafe"],
    "a.substring(0, Math.min(3, a.length())).toUpperCase()": ["  A", "X-Y", "CAF"],
}
TEXTS = (["a", "b"], [String, String])
give(
    "methods_of_texts",
    rows("a b", ("  Ada ", "ada"), ("x-y-z", "X-Y"), ("caf\u00e9", "Cafe")),
    TEXTS,
    WORDS,
)
NULLS = {
    'a + "!"': ["12!", "!", "null!"],
    'a == null || a.isEmpty() ? "none" : a': ["12", "none", "none"],
    'a != null && a.matches("[0-9]+")': [True, False, False],
    "a instanceof String": [True, True, False],
}
give("null_texts", rows("a", "12", "", None), (String,), NULLS)
give(
    "numbers_are_parsed",
    rows("a b", ("42", "1.5"), ("-7", "1e3")),
    TEXTS,
    {
        "Integer.parseInt(a) + Double.parseDouble(b)": [43.5, 993.0],
        "Long.parseLong(a) % 5": [2, -2],
    },
)

TRAPPED = (
    ("a", "a.substring(1)", String),
    ("a", "10 / (a.length() - 2)", String),
    ("a", 'a.split(",")[1]', String),
    ("a", 'Integer.parseInt(a.split(",")[1])', String),
    ("b", "b + 1", int_),
    ("b", "b + 1", Integer),
)


def trapping(i: Pipe) -> Pipe:
    for number, (name, expression, type_) in enumerate(TRAPPED):
        operation = ExpressionFunction(Fields(f"column {number}"), expression, type_)
        i = Each(i, name, operation, Fields.ALL)
    return Each(i, Fields("column 3", "column 5"), Identity())


case.add(
    "what_fails_is_trapped",
    "the Java language and its library; sections 5.2 and 8.1",
    trapping,
    i=rows(
        "a b",
        ("", "1"),
        (None, "1"),
        ("ab", "1"),
        ("abc", "1"),
        ("q,r", "1"),
        ("p,7", "no"),
        ("p,8", None),
        ("p,9", "2"),
    ),
    expected=[(9, 3)],
    traps={"i": ["", None, "ab", "abc", "q,r", "no", None]},
)
for number, (kind, expression) in enumerate(
    [
        (Integer, "a.longValue()"),
        (Short, "a.intValue() + 0"),
        (Short, "(int) a"),
        (Float, "(double) a"),
        (Float, "a.doubleValue()"),
        (String, "a.compareTo(a)"),
    ]
):
    case.add(
        f"null_cannot_be_widened_{number}",
        "the Java language: unboxing null fails; sections 5.2 and 8.1",
        lambda i, kind=kind, expression=expression: Each(
            i, ExpressionFunction(Fields("x"), expression, kind), Fields("a")
        ),
        i=rows("a", "1", None),
        expected=["1"],
        traps={"i": [None]},
    )
case.add(
    "a_filter_of_null_fails",
    "section 5.3; unboxing null fails",
    lambda i: Each(i, ExpressionFilter("a", Boolean)),
    i=rows("a", True, None, False),
    expected=[False],
    traps={"i": [None]},
)
give(
    "floats_as_texts",
    rows("a", 0.1),
    (Float,),
    {"String.valueOf(a)": ["0.1"], "a.toString()": ["0.1"], '"" + a': ["0.1"]},
)
give(
    "numbers_of_a_radix",
    rows("a", -1, 12),
    (int_,),
    {
        "Integer.toHexString(a)": ["ffffffff", "c"],
        "Integer.toBinaryString(a)": ["1" * 32, "1100"],
        "Integer.toString(a, 3)": ["-1", "110"],
        'Integer.parseInt("-1f", 16) + a': [-32, -19],
        "Math.floorDiv(a, 5)": [-1, 2],
    },
)
case.add(
    "a_filter_over_two_types",
    "section 5.3: true removes; null is 0",
    lambda i: Each(
        i,
        ("b", "a"),
        ExpressionFilter('a >= 2 && !"keep".equals(b)', ["a", "b"], [int_, String]),
    ),
    i=rows("a b", (1, "x"), (2, "x"), (3, "keep"), (None, None)),
    expected=[(1, "x"), (3, "keep"), (None, None)],
)
HOLDS = AssertExpression(Fields.ALL, "a > 0 && b.length() == 1", ["a", "b"], [int_, String])
case.add(
    "an_assertion_of_names_and_types_passes",
    "section 5.5",
    lambda i: Each(i, AssertionLevel.STRICT, HOLDS),
    i=rows("a b", (1, "x")),
    expected=[(1, "x")],
)
case.add(
    "an_assertion_of_a_null_fails",
    "section 5.5; null to a primitive is 0",
    lambda i: Each(i, Fields("a"), AssertionLevel.STRICT, AssertExpression("a > 0", long_)),
    i=rows("a", 1, None),
    fails=Fails(AssertionFailed, ("a > 0",)),
)

EQUAL = "`==` in an expression compares values."
give("equal_texts", rows("a b", ("x", "x")), TEXTS, {"a == b": [True]}, EQUAL)
give("equal_boxes", rows("a b", (1000, 1000)), (Integer,), {"a == b": [True]}, EQUAL)
case.add(
    "chance_is_refused",
    "a row that is computed again must give the same result",
    lambda i: Each(i, "a", ExpressionFunction(Fields("s"), "Math.random() < a", int_)),
    i=rows("a", 1),
    fails=Fails(PlanError, ("random",), "plan"),
    differs="There is no `Math.random` in expressions.",
)
