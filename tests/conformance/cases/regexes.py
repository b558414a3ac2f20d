"""The regex functions and filters: search, groups, splits. Sections 5.2 and 5.3."""

from __future__ import annotations

from cascade2spark.errors import BuildError, OperationError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.pipes import Each
from cascade2spark.types import Integer, boolean_, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("regexes")


def works(name, operation, given, expected, fields=None, source="section 5.2", covers=52, **more):
    case.add(
        name,
        source,
        lambda i: Each(i, "line", operation),
        i=rows("line", *given),
        expected=expected,
        fields=fields,
        ordered=True,
        covers=covers,
        **more,
    )


def fails(name, operation, given, error, source="section 5.2"):
    case.add(
        name,
        source,
        lambda i: Each(i, "line", operation),
        i=rows("line", *given),
        fails=error,
        covers=52,
    )


DECLARED = "RegexesTest.testParserDeclared"
works(
    "parser_groups_into_declared_fields",
    RegexParser(Fields("k", "v"), r"(\w+)=(\w+)"),
    ["a=1", "x b=2 c=3"],
    [("a", "1"), ("b", "2")],
    "k v",
    DECLARED,
)
works(
    "parser_without_groups_gives_the_match",
    RegexParser(Fields("n"), r"\d+"),
    ["ab12c3"],
    ["12"],
    "n",
    DECLARED,
)
works(
    "parser_picks_and_orders_groups",
    RegexParser(Fields("v", "k"), r"(\w+)(=)(\w+)", [3, 1]),
    ["a=1"],
    [("1", "a")],
    "v k",
    DECLARED,
)
works(
    "parser_optional_group_not_taken_is_null",
    RegexParser(Fields("k", "v"), r"(\w+)(?:=(\w+))?"),
    ["a", "b=2"],
    [("a", None), ("b", "2")],
)
works(
    "parser_fewer_groups_than_fields_leaves_nulls",
    RegexParser(Fields("k", "v"), r"(\w+)"),
    ["a"],
    [("a", None)],
)
works(
    "parser_beyond_the_groups_is_null_whatever_the_type",
    RegexParser(Fields(["n", "m", "o"], [int_, int_, boolean_]), r"(\d+)(x)?"),
    ["a12", "7"],
    [(12, 0, None), (7, 0, None)],
    source="section 1.6; Cascading 4.5 gives these values: it coerces what it sets, no more",
)
works(
    "parser_without_groups_sets_one_field",
    RegexParser(Fields(["n", "m"], [int_, int_]), r"\d+"),
    ["a12", "7"],
    [(12, None), (7, None)],
    source="section 1.6; Cascading 4.5 gives these values",
)
works(
    "parser_unknown_has_as_many_values_as_groups",
    RegexParser(r"(\w)(\w)?"),
    ["ab", "c"],
    [("a", "b"), ("c", None)],
    None,
    "RegexesTest.testParserUnknown",
)
works(
    "parser_typed_declaration",
    RegexParser(Fields(["k", "n"], [str, Integer]), r"(\w+)=(\d*)"),
    ["a=12", "b="],
    [("a", 12), ("b", None)],
    None,
    "RegexesTest.testParserDeclared: typed; section 1.6: regex functions coerce into types",
)
fails(
    "parser_without_a_match_fails",
    RegexParser(Fields("k"), r"(\d)"),
    ["abc"],
    Fails(OperationError, ("abc",)),
)
fails(
    "parser_of_null_is_of_empty_text",
    RegexParser(Fields("k"), r"(\d)"),
    [None],
    Fails(OperationError),
)
case.add(
    "parser_more_groups_than_fields_is_refused",
    "section 5.2: an error for every row there; style, section 5.6: fail at the earliest stage",
    lambda i: Each(i, "line", RegexParser(Fields("k"), r"(\w)(\w)")),
    i=rows("line", "ab"),
    fails=Fails(BuildError, ("2", "'k'"), "build"),
    covers=52,
)

works(
    "splitter_declared_keeps_the_rest_in_the_last",
    RegexSplitter(Fields("a", "b"), " "),
    ["a b c", "x y"],
    [("a", "b c"), ("x", "y")],
    "a b",
    "RegexesTest.testSplitter",
)
works("splitter_splits_on_tab", RegexSplitter(Fields("a", "b")), ["a\tb"], [("a", "b")], "a b")
works(
    "splitter_unknown_keeps_trailing_empties",
    RegexSplitter(","),
    ["a,,b,,", ","],
    [("a", "", "b", "", ""), ("", "")],
)
works(
    "splitter_declared_keeps_empties",
    RegexSplitter(Fields("a", "b", "c"), ","),
    [",,", "x,,"],
    [("", "", ""), ("x", "", "")],
)
works(
    "splitter_typed_declaration",
    RegexSplitter(Fields(["a", "n"], [str, int_]), ","),
    ["x,1", "y,"],
    [("x", 1), ("y", 0)],
    None,
    "section 5.2: honours declared types; 2.4: empty text is 0 for a primitive",
)
fails(
    "splitter_of_too_few_parts_fails",
    RegexSplitter(Fields("a", "b"), ","),
    ["alone"],
    Fails(RunError, ("alone",)),
)

works(
    "split_generator_a_row_per_part",
    RegexSplitGenerator(Fields("w"), " "),
    ["a b  c", "d  "],
    ["a", "b", "", "c", "d"],
    "w",
    "section 5.2: inner empties kept, trailing empties dropped",
)
works(
    "split_generator_of_empty_text_gives_one_empty_row",
    RegexSplitGenerator(Fields("w"), " "),
    ["", None],
    ["", ""],
    "w",
)
works(
    "split_generator_declares_position_zero",
    RegexSplitGenerator(" "),
    ["a b"],
    ["a", "b"],
    Fields(0),
)
works(
    "split_generator_leading_empties_are_kept",
    RegexSplitGenerator(Fields("w"), ","),
    [",a"],
    ["", "a"],
)

works(
    "generator_a_row_per_match",
    RegexGenerator(Fields("n"), r"\d+"),
    ["a1b22", "none", "3"],
    ["1", "22", "3"],
    "n",
)
works(
    "generator_words",
    RegexGenerator(Fields("w"), r"(?<!\pL)(?=\pL)[^ ]*(?<=\pL)(?!\pL)"),
    ["The rain, in Späin"],
    ["The", "rain", "in", "Späin"],
    None,
    "section 5.2: Java Pattern; the word count example of the guide",
)

works(
    "replace_all",
    RegexReplace(Fields("t"), r"(\w)=(\w)", "$2:$1"),
    ["a=1 b=2", None],
    ["1:a 2:b", ""],
    "t",
)
works(
    "replace_first",
    RegexReplace(Fields("t"), r"\s+", " ", False),
    ["a  b  c"],
    ["a b  c"],
    "t",
)

case.add(
    "a_pattern_that_is_none_is_refused",
    "section 5.2: Java Pattern, compiled when constructing",
    lambda i: Each(i, RegexParser(Fields("a"), "(")),
    i=rows("line", "a"),
    fails=Fails(BuildError, ("(",), "build"),
    covers=52,
)


def filtered(name, operation, expected, source="section 5.3"):
    case.add(
        name,
        source,
        lambda i: Each(i, ("a", "b"), operation),
        i=rows("a b", ("x1", "y"), ("x", "y"), (None, "1"), (2, None)),
        expected=expected,
        ordered=True,
        covers=52,
    )


filtered("filter_keeps_what_is_found", RegexFilter(r"\d"), [("x1", "y"), (None, "1"), (2, None)])
filtered("filter_removes_what_is_found", RegexFilter(r"\d", True), [("x", "y")])
filtered("filter_joins_by_tab_and_null_is_empty", RegexFilter("^\t1$"), [(None, "1")])
filtered("filter_with_a_delimiter", RegexFilter("x,y", False, False, ","), [("x", "y")])
filtered(
    "filter_match_each_removes_if_any_value_fails",
    RegexFilter(r"^(\w+)?$", False, True),
    [("x1", "y"), ("x", "y"), (None, "1"), (2, None)],
)
filtered("filter_match_each", RegexFilter("[xy]", False, True), [("x1", "y"), ("x", "y")])
filtered("filter_match_each_removing", RegexFilter(r"\d", True, True), [("x", "y")])
