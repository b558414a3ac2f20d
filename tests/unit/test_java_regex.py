"""Java's regular expressions: against java.util.regex itself, and the laws around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.compute as compute
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError
from cascade2spark.operations.java_regex import (
    bytes_of_run,
    bytes_of_sign,
    compile_java,
    finder_of,
    is_simple_separator,
    re2_pattern,
    replace_java,
    replacement_of,
    split_java,
)
from tests.planning import without_place

DATA = Path(__file__).parents[1] / "data"
MESSAGES = Path(__file__).parents[1] / "errors" / "regular_expressions.txt"
CASES = [json.loads(line) for line in (DATA / "java_regex.jsonl").read_text().splitlines()]
MOST_FOUND = 50


def as_here(pattern: str, text: str) -> dict[str, Any]:
    split = split_java(pattern)
    return {
        "found": [[m.group(), *m.groups()] for m in finder_of(pattern)(text)][:MOST_FOUND],
        "split": split(text, 0),
        "split_all": split(text, -1),
        "split_2": split(text, 2),
        "replaced": replace_java(pattern, "<$0>")(text),
        "first": replace_java(pattern, "-", is_all=False)(text),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["pattern"]))
def test_agrees_with_java(case: dict[str, Any]) -> None:
    pattern, text = case["pattern"], case["text"]
    expected = {key: case[key] for key in case.keys() - {"pattern", "text"}}
    if "error" in expected:
        with pytest.raises(BuildError):
            compile_java(pattern)
    else:
        assert expected == as_here(pattern, text)


IN_RE2 = [c for c in CASES if "error" not in c and re2_pattern(c["pattern"]) is not None]


@pytest.mark.parametrize("case", IN_RE2, ids=lambda case: ascii(case["pattern"]))
def test_re2_pattern_finds_the_same(case: dict[str, Any]) -> None:
    translated = re2_pattern(case["pattern"])
    found = compute.replace_substring_regex(case["text"], translated, r"<\0>").as_py()
    assert case["replaced"] == found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\s+", r"(?:[\x{9}-\x{d}\x{20}])+"),
        ("abc|d", "abc|d"),
        ("(?i)ab", "[Aa][Bb]"),
        (r"^\d{3}", r"\A(?:[0-9]){3}"),
        (r"\bx", None),
        ("x$", None),
        ("x*", None),
        ("(?=x)y", None),
        ("(a|b)+", None),
        (r"(a)\1", None),
        ("a++", None),
        (r"\p{L}", None),
        ("a{1001}", None),
    ],
)
def test_re2_pattern(pattern: str, expected: str | None) -> None:
    assert expected == re2_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (",", ","),
        (r"\|", "|"),
        (r"\t", "\t"),
        (r"\Q.*\E", ".*"),
        ("(?:, )", ", "),
        ("", None),
        (".", None),
        ("(,)", None),
        ("(?i)a", None),
        ("(?i),", ","),
        (",+", None),
        ("a|b", None),
    ],
)
def test_is_simple_separator(pattern: str, expected: str | None) -> None:
    assert expected == is_simple_separator(pattern)


@given(st.text(alphabet="ab, "), st.integers(-1, 4))
def test_a_literal_separator_splits_as_the_same_separator_in_a_class(text: str, limit: int) -> None:
    assert split_java(",")(text, limit) == split_java("[,]")(text, limit)
    assert split_java(",")(text, limit) == split_java("(,)")(text, limit)


@given(st.text(alphabet="ab,", max_size=12), st.sampled_from([",", "a+", "a*", "b|", "(?=a)"]))
def test_matches_and_parts_give_back_the_text(text: str, pattern: str) -> None:
    assert text == replace_java(pattern, "$0")(text)
    assert text == "".join(split_java(f"(?={pattern})")(text, -1))


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("[$1]", "[a]"),
        ("$0$0", "abab"),
        ("${second}$1", "ba"),
        (r"\$1", "$1"),
        (r"\\", "\\"),
        (r"\g<1>", "g<1>"),
        ("$11", "a1"),
        ("$3.", "."),
        ("{x}", "{x}"),
    ],
)
def test_replacement(replacement: str, expected: str) -> None:
    assert expected == replace_java("(a)(?<second>b)(c)?", replacement)("ab")


def test_empty_matches_are_replaced_as_in_java() -> None:
    assert "-a-b--d-" == replace_java("x*", "-")("abxd")
    assert "-a-" == replace_java("|a", "-")("a")


def broken_pattern(pattern: str) -> str:
    with pytest.raises(BuildError) as caught:
        compile_java(pattern)
    return without_place(str(caught.value))


def broken_replacement(replacement: str) -> str:
    with pytest.raises(BuildError) as caught:
        replacement_of(replacement, compile_java("(?<word>a)b"))
    return without_place(str(caught.value))


def test_messages() -> None:
    patterns = [
        "foo(bar",
        "foo)",
        "a**",
        "[a-z",
        r"\p{Alpah}",
        "a{2",
        "a{3,2}",
        "(?P<x>a)",
        r"x\y",
        "[z-a]",
        r"\k<user>",
        "(?<user_id>a)",
        "\tfoo(\n?bar",
        r"\b{g}",
        r"\Ga*",
        "\\",
    ]
    messages = [broken_pattern(pattern) for pattern in patterns]
    messages += [broken_replacement(text) for text in ["$2", "${wrod}", "cost $", "a\\"]]
    assert MESSAGES.read_text() == "\n\n".join(messages) + "\n"


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        (r"\s+", b" \t\n", b"a_\x80\xff"),
        (r"\S+", b"a_\x80\xff", b" \t\n"),
        ("[^,;]++", b"a \xc3", b",;"),
        ("[a-c]+", b"abc", b"dA\xc3"),
    ],
)
def test_which_bytes_a_run_is_made_of(pattern: str, inside: bytes, outside: bytes) -> None:
    found = bytes_of_run(pattern)
    assert found is not None and len(found) == 256
    assert {1} == {found[code] for code in inside}
    assert {0} == {found[code] for code in outside}


def test_which_bytes_a_sign_is() -> None:
    found = bytes_of_sign(r"[ \[\](),.]")
    assert found is not None and set(b" [](),.") == {at for at in range(256) if found[at]}
    assert bytes_of_sign(r"\|") == bytes(at == ord("|") for at in range(256))
    assert [None] * 5 == [bytes_of_sign(one) for one in ("[^,]", "[,é]", "[,;]+", "ab", "é")]


@pytest.mark.parametrize(
    "pattern", ["[aé]+", "[^é]+", r"\s", r"\s+?", r"\s*", r"\s{2,}", "(a)+", "a+b"]
)
def test_what_bytes_do_not_tell_apart_is_no_run_of_bytes(pattern: str) -> None:
    assert bytes_of_run(pattern) is None
