"""The expression language, part by part and by message; its numbers have a file of their own."""

from __future__ import annotations

import math
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations.expression_language import compile_expression, guess_names
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    DateType,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    Type,
    boolean_,
    char_,
    double_,
    float_,
    int_,
    long_,
)
from tests.planning import without_place
from tests.unit.expression_runs import run

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "expected", "kind"),
    [
        ("1 / 2", 0, int_),
        ("1 / 2.0", 0.5, double_),
        ("7 % -3", 1, int_),
        ("1.0 / 0", math.inf, double_),
        ("2147483647 + 1", -2147483648, int_),
        ("-2147483648", -2147483648, int_),
        ("2147483647 + 1L", 2147483648, long_),
        ("0x7f + 010 + 0b11 + 1_000", 127 + 8 + 3 + 1000, int_),
        ("'a' + 1", 98, int_),
        ("(char) ('a' + 1)", "b", char_),
        ("(int) 3.99e20", 2147483647, int_),
        ("(byteless) ? 1 : 2", 1, int_),
        ("true ? 1 : 2L", 1, long_),
        ("false ? 1 : null", None, Integer),
        ("1 << 33", 2, int_),
        ("-8 >>> 28", 15, int_),
        ("1f / 3", 0.3333333432674408, float_),
        ("'a' + \"b\" + 1 + 2", "ab12", String),
        ('1 + 2 + "b"', "3b", String),
        ('"\\u0041\\t\\101"', "A\tA", String),
        ('"a" == "a"', True, boolean_),
        ("1 == 1.0", True, boolean_),
        ("Math.max(1, 2L)", 2, long_),
        ("java.lang.Math.abs(-2.5)", 2.5, double_),
        ("Math.round(-2.5)", -2, long_),
        ("Math.pow(0, -1)", math.inf, double_),
        ("Math.PI > 3 /* and a bit */", True, boolean_),
        ("Integer.MAX_VALUE", 2147483647, int_),
        ('new Double("1.5").intValue()', 1, int_),
        ('Integer.valueOf("12")', 12, Integer),
        ('"a,b,,".split(",").length', 2, int_),
        ('"a1b2".replaceAll("[0-9]", "<$0>")', "a<1>b<2>", String),
        ('"x\u0001 ".trim() + "|"', "x|", String),
        ('"\U0001f600x".length()', 3, int_),
        ("\"\U0001f600x\".indexOf('x')", 2, int_),
        ('"\U0001f600x".substring(2)', "x", String),
        ('"hello".hashCode()', 99162322, int_),
        ("(byte) 200 + (byte) -129", 71, int_),
        ("(byte) -7.9e10 + 0", 0, int_),
        ("(byte) '\u00e9' + 0", -23, int_),
        ("byteless ? (byte) 300 : 1", 44, int_),
        ('Byte.parseByte("-128") - Byte.MAX_VALUE', -255, int_),
        ("Long.hashCode(-5000000000L)", 705032702, int_),
        ("Double.hashCode(1e300)", -164130400, int_),
        ("Float.hashCode(-0.1f)", -1110651699, int_),
        ("Boolean.hashCode(byteless)", 1231, int_),
        ("Character.hashCode('\u00e9')", 233, int_),
        ("Character.valueOf('a').hashCode()", 97, int_),
        ('new BigDecimal("1.00").hashCode()', 3102, int_),
        ('"b".compareTo("abc")', 1, int_),
        ('String.format("%05.1f|%-4s|%,d", 2.25, "ab", 1234567)', "002.3|ab  |1,234,567", String),
        ('new BigDecimal("0.1").add(new BigDecimal("0.20")).toString()', "0.30", String),
    ],
)
def test_results_and_their_types(text: str, expected: Any, kind: Type) -> None:
    compiled = compile_expression(text, [("byteless", boolean_)])
    found = compiled.call(True)
    assert (expected, type(expected), kind) == (found, type(found), compiled.result_type)


@pytest.mark.parametrize(
    ("text", "kind", "given", "expected"),
    [
        ("(byte) a", int_, 200, -56),
        ("(byte) a", double_, 2147483647.9, -1),
        ("(char) (byte) a", int_, 353, "a"),
        ("a.byteValue()", Integer, -129, 127),
        ("a.hashCode()", Integer, -3, -3),
        ("a.hashCode()", Long, -1, 0),
        ("a.hashCode()", Long, 2**40, 256),
        ("a.hashCode()", Double, -0.1, 639631363),
        ("a.hashCode()", Double, math.nan, 2146959360),
        ("a.hashCode()", Float, 2.5, 1075838976),
        ("a.hashCode()", Float, math.nan, 2143289344),
        ("a.hashCode()", Boolean, False, 1237),
        ("((Character) a).hashCode()", Object, "a", 97),
        ("a.hashCode()", BigDecimal, Decimal("-3.14"), -9732),
        ("a.hashCode()", BigDecimal, Decimal("0.00"), 2),
        ("a.hashCode()", BigDecimal, Decimal("1E+3"), 28),
        ("a.hashCode()", BigDecimal, Decimal(-(2**63)), -2147483648),
        ("a.hashCode()", BigDecimal, Decimal("123456789012345678901234567890.5"), 1113278083),
        ("a.hashCode()", Object, "a", BuildError),
        ("a + 1", int_, None, 1),
        ("a + 1", int_, "41", 42),
        ("a + 1", int_, 3_000_000_000, -1294967295),
        ("a + 1", long_, 2**63 - 1, -(2**63)),
        ("a", float_, 0.1, 0.10000000149011612),
        ("a.length()", String, 12.0, 4),
        ("a == null", String, None, True),
        ("a != null && a.length() > 1", String, None, False),
        ('a + "x"', String, None, "nullx"),
        ('a + "x"', Double, 1e10, "1.0E10x"),
        ('a + "x"', Float, 0.1, "0.1x"),
        ("a == 3", Integer, 3, True),
        ("a.equals(3L)", Long, 3, True),
        ("a.equals(3)", Long, 3, False),
        ("a instanceof String ? ((String) a).length() : -1", Object, "abc", 3),
        ("a instanceof String ? ((String) a).length() : -1", Object, 5, -1),
        ("(a + 1) * 2", Object, 1, BuildError),
        ("a ? 1 : 2", Boolean, True, 1),
        ("$0 % 2 == 0", int_, 4, True),
    ],
)
def test_parameters_are_coerced_first(text: str, kind: Type, given: Any, expected: Any) -> None:
    name = "$0" if "$" in text else "a"
    if expected is BuildError:
        with pytest.raises(BuildError):
            run(text, (name, kind, given))
    else:
        assert expected == run(text, (name, kind, given))


def test_a_date_field_gives_its_text_or_its_moment() -> None:
    day = DateType("yyyy-MM-dd")
    shown = compile_expression('when + "!"', [("when", String)], {"when": day})
    assert "1970-01-02!" == shown.call(86_400_000)
    assert 2 == run("when / 43200000", ("when", day, "1970-01-02"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a.length()", String),
        ('a.equals("x")', String),
        ("a + 1", Integer),
        ("a == 1", Integer),
        ("a < 1", Integer),
        ("!a", Boolean),
        ("a ? 1 : 2", Boolean),
        ("a && true", Boolean),
        ("true ? a : 1", Integer),
        ("(double) a", Double),
        ("a.intValue()", Double),
        ("a.toString()", Object),
        ('a.contains("x")', String),
        ('"x".contains(a)', String),
        ("Integer.parseInt(a)", String),
        ("a.longValue()", Integer),
        ("a.intValue()", Short),
        ("a.doubleValue()", Float),
        ("(int) a", Short),
        ("(double) a", Float),
        ("+a", Short),
        ("a.compareTo(a)", String),
        ("a.compareTo(a)", Integer),
    ],
)
def test_null_fails_as_in_java_and_shows_the_row(text: str, kind: Type) -> None:
    with pytest.raises(OperationError) as caught:
        run(text, ("a", kind, None))
    assert (None,) == caught.value.row
    assert Fields("a") == caught.value.fields


def test_a_test_that_is_neither_true_nor_false_fails() -> None:
    compiled = compile_expression("a", [("a", Boolean)], is_test=True)
    for again in (compiled, pickle.loads(pickle.dumps(compiled))):
        assert again.call(True) is True
        with pytest.raises(OperationError):
            again.call(None)
    assert compile_expression("a", [("a", Boolean)]).call(None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("String.valueOf(a)", "0.1"),
        ("a.toString()", "0.1"),
        ('"" + a', "0.1"),
    ],
)
def test_a_float_has_the_digits_of_32_bits(text: str, expected: str) -> None:
    assert expected == run(text, ("a", Float, 0.1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Math.floorDiv(-7, 2)", -4),
        ("Math.floorDiv(-2147483648, -1)", -2147483648),
        ('Integer.parseInt("-7f", 16)', -127),
        ('Long.parseLong("zz", 36)', 1295),
        ("Integer.toString(-12, 2)", "-1100"),
        ("Integer.toString(12, 99)", "12"),
        ("Integer.toHexString(-1)", "ffffffff"),
        ("Integer.toOctalString(8)", "10"),
        ("Integer.toBinaryString(5)", "101"),
        ("Long.toHexString(-1L)", "f" * 16),
        ('String.join("-", "a", null, "b")', "a-null-b"),
        ('"\\u00a0 x\\t".strip()', "\u00a0 x"),
        ('"\\u00a0".isBlank()', False),
        ('" \\t".isBlank()', True),
    ],
)
def test_functions_of_classes(text: str, expected: object) -> None:
    assert expected == run(text)


@pytest.mark.parametrize("text", ["0x1f", "1_0", " 1", "", "+", "g", "-"])
def test_a_radix_takes_digits_only(text: str) -> None:
    with pytest.raises(OperationError):
        run("Integer.parseInt(a, 16)", ("a", String, text))


def test_short_circuits() -> None:
    assert run("n == 0 || 10 / n > 1", ("n", int_, 0)) is True
    assert run("n != 0 && 10 / n > 1", ("n", int_, 0)) is False
    with pytest.raises(OperationError):
        run("n == 0 | 10 / n > 1", ("n", int_, 0))


def test_guess_names() -> None:
    text = "tf * Math.log(java.lang.Math.abs($2) / (1 + df)) + tf + Integer.MAX_VALUE"
    assert ("tf", "$2", "df") == guess_names(text)


def test_names_used_leaves_out_the_others() -> None:
    compiled = compile_expression("b + 1", [("a", int_), ("b", int_)])
    assert ("b",) == compiled.names_used
    assert 3 == compiled.call(1, 2)


def test_a_compiled_expression_pickles() -> None:
    compiled = pickle.loads(pickle.dumps(compile_expression("a * 2", [("a", int_)])))
    assert 6 == compiled.call(3)


def test_long_chains_compile() -> None:
    assert "x" * 500 == run(" + ".join(["a"] * 500), ("a", String, "x"))
    assert run(" || ".join(["a == 1"] * 500), ("a", int_, 2)) is False


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.__class__",
        "a.getClass()",
        "System.exit(1)",
        'Runtime.getRuntime().exec("ls")',
        "(lambda: 1)()",
        "a if a else a",
        'exec("1")',
        '"".__class__',
        "a[0]",
        "p0 + error + failed",
    ],
)
def test_nothing_outside_the_row_is_reachable(text: str) -> None:
    with pytest.raises(BuildError):
        compile_expression(text, [("a", String)])


def broken(text: str) -> str:
    with pytest.raises(BuildError) as caught:
        guess_names(text)
        compile_expression(text, [("user_id", Long), ("name", String), ("n", int_)])
    return without_place(str(caught.value))


def test_messages() -> None:
    texts = [
        "userid + 1",
        "name.lenght()",
        'name.substring("a")',
        "n.intValue()",
        "name.length",
        "n +",
        "n = 3",
        "n == 1 ? 2",
        "(n + 1",
        "name.trim(",
        "name * 2",
        "name && n == 1",
        "!n",
        "n == null",
        "name == 1",
        "(int) name",
        "(String) n",
        "(Intger) n",
        'name.replaceAll("(a", "b")',
        "Math.rnadom()",
        "Integer.MAX",
        "Math",
        "new Date()",
        "return n;",
        "n # 2",
        "name + 'ab'",
        'name + "ab',
        "99999999999",
        "n + 2147483648",
        "user_id & 1.5",
        "name instanceof Foo",
        "n\n  + nme\n  + 1",
        "",
        "(" * 70 + "n" + ")" * 70,
    ]
    messages = "\n\n".join(broken(text) for text in texts) + "\n"
    assert (TESTS / "errors" / "expressions.txt").read_text() == messages


def test_a_failing_row_is_shown() -> None:
    compiled = compile_expression("n / (n - 1) + name.length()", [("n", int_), ("name", String)])
    with pytest.raises(OperationError) as caught:
        compiled.call(1, "x")
    expected = "\n".join(
        [
            "an expression failed: / by zero",
            "  fields      'n', 'name'",
            "  row         (1, 'x')",
            "  expression  n / (n - 1) + name.length()",
        ]
    )
    assert expected == without_place(str(caught.value))
