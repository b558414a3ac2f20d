"""The script language: against javac, statement by statement, by message."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations import ScriptFunction
from cascade2spark.operations.script_language import compile_script, guess_script_names
from cascade2spark.types import (
    Integer,
    Long,
    Object,
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
from tests.planning import without_place

TESTS = Path(__file__).parents[1]
CASES = [
    json.loads(line) for line in (TESTS / "data" / "java_scripts.jsonl").read_text().splitlines()
]
NAMES = ["i", "j", "l", "d", "f", "h", "z", "c", "s", "t", "bi"]
KINDS = [int_, int_, long_, double_, float_, short_, boolean_, char_, String, String, Integer]
TYPES: dict[str, Type] = dict(zip(NAMES, KINDS, strict=True))
RESULTS: dict[str, Any] = {
    "int": int_,
    "long": long_,
    "double": double_,
    "boolean": boolean_,
    "short": short_,
    "char": char_,
    "Integer": Integer,
    "String": String,
    "Object": Object,
}
ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
CLASSES = {
    "Integer": int,
    "Long": int,
    "Short": int,
    "Double": float,
    "Boolean": bool,
    "String": str,
    "Character": str,
}


def compiled(case: dict[str, Any]) -> Any:
    parameters = [(name, TYPES[name]) for name in case["row"]]
    return compile_script(case["script"], parameters, RESULTS[case["result"]])


def values_of(case: dict[str, Any]) -> list[Any]:
    reals = (double_, float_)
    return [float(value) if TYPES[name] in reals else value for name, value in case["row"].items()]


def shown(value: Any) -> str:
    text = text_of(value)
    return "null" if text is None else text


def same(expected: str, found: str) -> bool:
    """Java 17 prints more digits of a double than it needs to: numbers compare as numbers."""
    left, right = expected.split("|"), found.split("|")
    return len(left) == len(right) and all(map(_same_part, left, right))


def _same_part(left: str, right: str) -> bool:
    if left == right:
        return True
    try:
        one, other = float(left), float(right)
    except ValueError:
        return False
    return one == other or struct.pack("f", one) == struct.pack("f", other)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "refused" not in case], ids=lambda case: case["script"][:40]
)
def test_agrees_with_java(case: dict[str, Any]) -> None:
    call = compiled(case)
    if case["kind"] is None:
        with pytest.raises(OperationError):
            call(*values_of(case))
        return
    found = call(*values_of(case))
    expected = ESCAPE.sub(lambda match: chr(int(match[1], 16)), case["value"])
    assert same(expected, shown(found)), (expected, found)
    assert case["kind"] == "null" or type(found) is CLASSES[case["kind"]]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "refused" in case], ids=lambda case: case["script"][:40]
)
def test_refuses_what_java_refuses(case: dict[str, Any]) -> None:
    with pytest.raises(BuildError, match="a script cannot be compiled"):
        compiled(case)


def run(text: str, result: Any, *typed: tuple[str, Type, Any]) -> Any:
    call = compile_script(text, [(name, kind) for name, kind, _ in typed], result)
    return call(*(value for _, _, value in typed))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return new Tuple(a, n + 1, null);", ("x,y", 4, None)),
        ("return new cascading.tuple.Tuple();", ()),
        ("Tuple t = new Tuple(a); t.addAll(n, 'q'); t.set(0, 2.5); return t;", (2.5, 3, "q")),
        ("Tuple t = new Tuple(n); t.add(t.size()); t.add(t.getString(0)); return t;", (3, 1, "3")),
        ("return new Tuple(new Tuple(1, 2), new StringBuilder(a).reverse());", ((1, 2), "y,x")),
    ],
)
def test_tuples(text: str, expected: tuple[Any, ...]) -> None:
    assert expected == run(text, "Tuple", ("a", String, "x,y"), ("n", int_, 3))


def test_a_tuple_has_no_value_beyond_its_end() -> None:
    with pytest.raises(OperationError, match="there is no value at 2 of a tuple of 1"):
        run("return new Tuple(new Tuple(1).getObject(2));", "Tuple")


def test_null_is_zero_for_a_primitive_parameter_only() -> None:
    assert 1 == run("n++; return n;", Object, ("n", int_, None))
    with pytest.raises(OperationError, match="null where a value is needed"):
        run("n++; return n;", Object, ("n", Integer, None))


def test_a_failing_row_is_shown_as_it_came() -> None:
    with pytest.raises(OperationError) as caught:
        run("n = 0; return 1 / n;", int_, ("n", int_, 7))
    assert (7,) == caught.value.row
    assert "a script failed: / by zero" in str(caught.value)


def test_a_thrown_exception_fails_the_row() -> None:
    with pytest.raises(OperationError, match="a script failed: IllegalStateException: no x"):
        run('throw new IllegalStateException("no " + s);', String, ("s", String, "x"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("int k = a; return k + $1;", ("a", "$1")),
        ("{ int k = 1; } return k;", ("k",)),
        ("for (int i = 0; i < n; i++) {} return i;", ("n", "i")),
        ('for (String p : s.split(",")) n = p; return Math.max(n, m);', ("s", "n", "m")),
        ("String Math = s; return Math.length();", ("s",)),
        ("x += y; return Integer.parseInt(z);", ("x", "y", "z")),
    ],
)
def test_guessed_names(text: str, names: tuple[str, ...]) -> None:
    assert names == guess_script_names(text)


def test_a_variable_may_have_the_name_of_a_field_that_is_no_parameter() -> None:
    assert 5 == run("int a = n + 1; a++; return a;", int_, ("a", Object, "x"), ("n", int_, 3))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os'); return 1;",
        "System.exit(1); return 1;",
        'Runtime.getRuntime().exec("ls"); return 1;',
        'new java.io.File("x").delete(); return 1;',
        "Thread t = null; return 1;",
        "return a.getClass();",
        "v0 = 1; return failed;",
    ],
)
def test_nothing_outside_the_row_is_reachable(text: str) -> None:
    with pytest.raises(BuildError):
        compile_script(text, [("a", String)], Object)


def test_deep_nesting_is_refused_and_long_scripts_are_not() -> None:
    with pytest.raises(BuildError, match="nested too deeply"):
        run("{" * 20 + "return 1;" + "}" * 20, int_)
    many = "".join(f"if (n == {k}) return {k}; else " for k in range(300)) + "return -1;"
    assert 299 == run(many, int_, ("n", int_, 299))
    assert 900 == run("int k = 0;" + "k += 3;" * 300 + "return k;", int_)


def broken(text: str, result: Any) -> str:
    with pytest.raises(BuildError) as caught:
        guess_script_names(text)
        compile_script(text, [("name", String), ("n", int_), ("total", Long)], result)
    return without_place(str(caught.value))


def test_messages() -> None:
    texts = [
        "",
        "return n",
        "return nn;",
        "int x = total;\nreturn x;",
        'int x = "1"; return x;',
        "String x = n; return x;",
        "Sting x = name; return x;",
        "int x; return x;",
        "int x = 1; int x = 2; return x;",
        "final int x = 1;\nx = 2;\nreturn x;",
        "if (n > 1) return 1;",
        "if (n > 1)\n  return 1;\nreturn 2;\nn++;",
        "n == 1; return n;",
        "if (n = 1) return 1; return 2;",
        "while (name) n++; return n;",
        "switch (n) { case 1: return 1; }",
        "try { return 1; } catch (Exception e) { return 2; }",
        "List<String> x = null; return 1;",
        "int[] x = new int[3]; return 1;",
        "return new ArrayList<String>();",
        "import java.util.*; return 1;",
        "private int f() { return 1; }",
        "outer: for (;;) break;",
        "for (int x : n) return 1; return 2;",
        "break; return 1;",
        "if (n > 1) { return 1;",
        "return x -> x;",
        "throw name;",
        "synchronized (name) { return 1; }",
        "name.foo(); return 1;",
        "return 1L;",
        "return name;",
        "return;",
    ]
    messages = [broken(text, int_) for text in texts]
    messages += [broken("return name;", "Tuple"), broken('return "x";', boolean_)]
    messages += [broken("return n;", boolean_)]
    text = "\n\n".join(messages) + "\n"
    assert (TESTS / "errors" / "scripts.txt").read_text() == text


def test_the_types_of_a_script_are_one_for_each_argument() -> None:
    script = ScriptFunction("s", "return a;", Long, [Long])
    with pytest.raises(BuildError, match="ScriptFunction needs one type for each argument"):
        script.bind(Fields("a", "b"), Fields("s"))


def test_a_type_alone_is_that_of_the_result_of_a_function() -> None:
    typed = Fields(["a"], [int_])
    with pytest.raises(BuildError, match="the script returns a String, this is an int"):
        ScriptFunction("s", "return a;", String).bind(typed, Fields("s"))
    assert ScriptFunction("s", "return a + 1;", int_).bind(typed, Fields("s"))(1) == 2
