"""Args: the rules of the reference, section 4.1, one by one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.scalding.args import ArgHelp, Args, ArgsError, HelpAsked, Range, RangedArgs
from cascade2spark.scalding.job import Job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-a x", {"a": ("x",)}),
        ("--a x", {"a": ("x",)}),
        ("---a x", {"a": ("x",)}),
        ("--a -1 -2.1 -1e5 -1f", {"a": ("-1", "-2.1", "-1e5", "-1f")}),
        ("--a -Infinity -NaN -0x1p3 -.5", {"a": ("-Infinity", "-NaN", "-0x1p3", "-.5")}),
        ("--a -5,2", {"a": (), "5,2": ()}),
        ("--a -1_0", {"a": (), "1_0": ()}),
        ("--a -0x1f", {"a": (), "0x1f": ()}),
        ("--a 1 2 --b", {"a": ("1", "2"), "b": ()}),
        ("p0 p1 --f 1", {"": ("p0", "p1"), "f": ("1",)}),
        ("--a=b c", {"a=b": ("c",)}),
        ("--a 1 --a 2", {"a": ("1",)}),
        ("--a --a 2", {"a": ()}),
        ("p0 -- p1", {"": ("p0",)}),
        ("-- p1", {}),
        ("", {}),
    ],
)
def test_words_are_taken_apart(text, expected) -> None:
    assert Args.parse(text).m == expected


def test_blank_words_go_and_words_may_hold_blanks() -> None:
    assert Args.parse(["--a", " ", "", "x y"]).list("a") == ["x y"]


@given(
    st.dictionaries(
        st.from_regex(r"[a-z.=][a-z0-9.=-]{0,5}", fullmatch=True),
        st.lists(st.one_of(st.integers().map(str), st.from_regex(r"[a-z/*:]+", fullmatch=True))),
        max_size=4,
    ),
    st.lists(st.from_regex(r"[a-z]+", fullmatch=True), max_size=3),
)
def test_what_is_printed_is_read_back(keys, positional) -> None:
    args = Args({"": positional, **keys})
    assert Args.parse(str(args)) == args
    assert Args.parse(args.to_list()) == args


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda args: args["one"], "1"),
        (lambda args: args("one"), "1"),
        (lambda args: args[0], "p"),
        (lambda args: args.optional("none"), None),
        (lambda args: args.optional("empty"), None),
        (lambda args: args.optional(5), None),
        (lambda args: args.get_or_else("none", "d"), "d"),
        (lambda args: args.list("two"), ["1", "2"]),
        (lambda args: args.list("none"), []),
        (lambda args: args.positional(), ["p"]),
        (lambda args: args.boolean("false"), True),
        (lambda args: args.boolean("none"), False),
        (lambda args: args.int("one"), 1),
        (lambda args: args.int("none", 7), 7),
        (lambda args: args.int("empty", 7), 7),
        (lambda args: args.long("one", 7), 1),
        (lambda args: args.double("real"), -2.5),
        (lambda args: args.float("none", 0.5), 0.5),
    ],
)
def test_values_are_read(read, expected) -> None:
    given_args = Args.parse("p --one 1 --two 1 2 --empty --false false --real -2.5f")
    assert read(given_args) == expected


def test_numbers_that_only_java_writes_are_read() -> None:
    args = Args.parse("--a -Infinity --b NaN --c -0x1p3")
    assert args.double("a") == -math.inf and math.isnan(args.double("b")) and args.double("c") == -8


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda args: args["none"], "please provide a value for --none"),
        (lambda args: args["empty"], "please provide a value for --empty"),
        (lambda args: args["two"], "please only provide a single value for --two"),
        (lambda args: args.optional("two"), "please only provide a single value for --two"),
        (lambda args: args.get_or_else("two", "d"), "please only provide a single value for --two"),
        (lambda args: args[3], "please provide 4 arguments before any --key"),
        (lambda args: args.int("word"), "the value of --word is not a whole number"),
        (lambda args: args.int("word", 1), "the value of --word is not a whole number"),
        (lambda args: args.int("two", 1), "please only provide a single value for --two"),
        (lambda args: args.double("word"), "the value of --word is not a number"),
        (lambda args: args.restrict_to(["two", "word"]), "the job does not take --empty"),
        (lambda args: RangedArgs(args).range("none"), "one or two values for the range --none"),
        (lambda args: RangedArgs(args).range("word", int), "the values of --word are no range"),
        (lambda args: Range(2, 1), "a range begins after its end"),
    ],
)
def test_what_cannot_be_read_is_told(read, message) -> None:
    with pytest.raises(ArgsError) as told:
        read(Args.parse("p --two 1 2 --word x --empty"))
    assert message in told.value.headline


def test_a_missing_key_names_what_is_near() -> None:
    with pytest.raises(ArgsError) as told:
        Args.parse("--input a")["inptu"]
    assert "nearest     'input'" in str(told.value)


def test_restrict_to_lets_the_keys_of_the_tool_through() -> None:
    args = Args.parse("p --a 1 --tool.graph --local --hdfs --scalding.flowstats x")
    assert args.restrict_to({"a"}) is args


def test_a_range_of_one_value_has_equal_ends() -> None:
    args = RangedArgs(Args.parse("--a 3 --b 1 2"))
    assert args.range("a", int) == Range(3, 3)
    assert args.range("b", int) == Range(1, 2)
    assert args.range("c", int, Range(0, 9)) == Range(0, 9)


def test_adding_a_key_makes_other_args() -> None:
    args = Args.parse("--a 1")
    other = args + ("a", ["2", "3"])  # noqa: RUF005
    other += ("b", "x")
    assert str(other) == "--a 2 3 --b x"
    assert args.list("a") == ["1"]


class Told(Job):
    arguments = (ArgHelp("input", "what is read"), ArgHelp("fast", "skip checks", "flag"))


def test_help_shows_what_a_job_takes() -> None:
    with pytest.raises(HelpAsked) as told:
        Told("--help")
    assert str(told.value) == (
        "Told takes:\n  --input VALUE :: what is read\n  [--fast] :: skip checks"
    )
