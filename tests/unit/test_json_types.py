"""JSONCoercibleType: what is read from text, what becomes of a tree, and its text."""

from __future__ import annotations

import json
import pickle
import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from cascade2spark.errors import CoercionError
from cascade2spark.json_trees import copy_tree, json_text, parse_json, tree_of
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    DateType,
    Double,
    Integer,
    JSONCoercibleType,
    Long,
    Object,
    String,
    char_,
    coercion,
    int_,
    long_,
    text_of,
)
from tests.unit.test_json_pointers import TREES

JSON = JSONCoercibleType.TYPE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None), ("  \n", None), ("null", None), ("abc", "abc"), ("12", 12), (" 12 ", 12),
        ("01", "01"), ("-", "-"), ("1.50", 1.5), ("1e400", float("inf")), ("NaN", "NaN"),
        ('"q"', "q"), ('{"a":1} x', '{"a":1} x'), ("[1,2", "[1,2"), ("[NaN]", "[NaN]"),
        ("[1,]", "[1,]"), ("true", True),
        ('{"a" : {"a":":"},\n"b":["\\":"]}', {"a": {"a": ":"}, "b": ['":']}),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)  # fmt: skip
def test_text_is_parsed_if_it_is_json(text: str, expected: Any) -> None:
    found = JSON.canonical(text)
    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}', '{"a":1,"a" :1}', '{"a" : 1, "a" : 2}', '[{"x":{"a":1,"b":2,"a":3}}]',
        '{"a":"x:y","a":1}', '{"a":1,"\\u0061":2}', '{"k":"\\":","a":1,"a":2}', '{"a":1,\n"a"\n:1}',
    ],
)  # fmt: skip
def test_a_key_twice_in_one_object_is_refused(text: str) -> None:
    with pytest.raises(CoercionError) as caught:
        parse_json(text)
    assert "a JSON text has the key 'a' twice in one object" == caught.value.headline


def test_texts_that_no_machine_should_read_are_refused() -> None:
    with pytest.raises(CoercionError, match="nested too deep"):
        parse_json("[" * 100_000)
    with pytest.raises(CoercionError, match="a number that is too long"):
        parse_json("9" * 5000)


@settings(max_examples=60)
@given(TREES)
def test_what_is_written_is_read_again(tree: Any) -> None:
    text = json_text(tree)
    assert tree == json.loads(text)
    assert [tree] == parse_json(f" [{text}]")
    assert copy_tree(tree) == tree == tree_of(tree)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("x", "x"), ("", ""), (None, None), (True, "true"), (1e10, "1.0E10"), (7, "7"),
        ({"a": [1, "é\"\n", None, False]}, '{"a":[1,"é\\"\\n",null,false]}'),
        ([1e10, 0.0005, -0.0, 12345678.5, 1.5], "[1.0E10,5.0E-4,-0.0,1.23456785E7,1.5]"),
        ([float("nan"), float("inf")], '["NaN","Infinity"]'),
        ({"d": Decimal("1.10"), "s": "1e5 Infinity"}, '{"d":1.10,"s":"1e5 Infinity"}'),
    ],
)  # fmt: skip
def test_the_text_of_a_tree_is_json_with_javas_digits(tree: Any, expected: Any) -> None:
    assert expected == JSON.coerce(tree, String) == text_of(tree, JSON)


@pytest.mark.parametrize(
    ("tree", "to", "expected"),
    [
        (5, int_, 5), (2**33, Integer, 0), (1.9, Long, 1), ("12", Long, 12), ("", long_, 0),
        ("", Long, None), (None, int_, None), (None, Double, None), (3, Double, 3.0),
        ("1.50", BigDecimal, Decimal("1.50")), (True, Boolean, True), ("TRUE", Boolean, True),
        (1, Boolean, False), ([1], Boolean, False), ("xy", char_, "x"), ([1], Object, [1]),
        ("1970-01-02", DateType("yyyy-MM-dd"), 86_400_000), ({"a": 1}, JSON, {"a": 1}),
    ],
)  # fmt: skip
def test_a_tree_becomes_a_value_of_another_type(tree: Any, to: Any, expected: Any) -> None:
    for found in (JSON.coerce(tree, to), coercion(to, JSON)(tree)):
        assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    ("tree", "to"), [({}, Long), ([1], Double), (True, int_), ("x", Long), ([], BigDecimal)]
)
def test_a_tree_that_cannot_become_a_value_is_refused(tree: Any, to: Any) -> None:
    with pytest.raises(CoercionError, match=f"cannot become {to.label}"):
        JSON.coerce(tree, to)


def test_python_values_become_trees_of_their_own() -> None:
    given = {1: ("a", {2}), None: b"\1", "d": date(2020, 1, 2), "n": [Decimal("1.10")]}
    expected = {"1": ["a", [2]], "null": "AQ==", "d": "2020-01-02", "n": [Decimal("1.10")]}
    found = JSON.canonical(given)
    assert expected == found and found["n"] is not given["n"]
    with pytest.raises(CoercionError, match="a value of type object has no form in JSON"):
        JSON.canonical(object())


def test_a_value_of_a_json_field_is_not_parsed_again() -> None:
    assert 12 == coercion(JSON)("12") == coercion(JSON, String)("12")
    assert "12" == coercion(JSON, JSON)("12")


def test_the_type_is_one_everywhere() -> None:
    assert JSON == JSONCoercibleType() == pickle.loads(pickle.dumps(JSON))
    assert JSON.get_canonical_type() is Object


def test_threads_read_for_themselves() -> None:
    text, failures = json.dumps({"a": {"b": 1, "c": [{"d": 2}] * 50}}), []

    def read() -> None:
        for _ in range(200):
            if parse_json(text)["a"]["b"] != 1:
                failures.append(text)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failures
