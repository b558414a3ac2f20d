"""TextDelimited: quotes, nulls, counts, types, headers. Section 7.3."""

from __future__ import annotations

from cascade2spark.errors import PlanError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.pipes import Each, GroupBy
from cascade2spark.schemes import TextDelimited
from cascade2spark.types import Double, Integer, int_
from tests.conformance.case import Fails, Topic, lines, rows

case = Topic("text_delimited")

AB = Fields("a", "b")


def reads(
    name, scheme, given, expected, fields=None, source="section 7.3, reading", covers=55, **more
):
    case.add(
        name,
        source,
        lambda i: Each(i, Identity()),
        i=lines(scheme, *given),
        expected=expected,
        fields=fields,
        ordered=True,
        covers=covers,
        **more,
    )


def fails(name, scheme, given, error, source="section 7.3, reading"):
    case.add(
        name,
        source,
        lambda i: Each(i, Identity()),
        i=lines(scheme, *given),
        fails=error,
        covers=55,
    )


def writes(name, scheme, given, expected, source="section 7.3, writing", **more):
    case.add(
        name,
        source,
        lambda i: Each(i, Identity()),
        i=given,
        sinks=scheme,
        expected=lines(None, *expected),
        ordered=True,
        covers=55,
        **more,
    )


reads("tab_by_default", TextDelimited(AB), ["1\t2", "3\t4"], [("1", "2"), ("3", "4")], "a b")
reads("a_delimiter", TextDelimited(AB, "|"), ["1|2"], [("1", "2")])
reads("a_delimiter_of_regex_characters", TextDelimited(AB, ".*"), ["1.*2"], [("1", "2")])
reads(
    "empty_values_are_null",
    TextDelimited(AB, ","),
    [",", "x,", ",y"],
    [(None, None), ("x", None), (None, "y")],
)

QUOTED = "TextDelimitedPlatformTest.testQuotedText"
reads(
    "quotes",
    TextDelimited(Fields("a", "b", "c"), ",", '"'),
    ["foo,bar,baz", '"foo","bar",baz', 'foo,"b,r",baz', 'foo,"b""r",baz', '"",,x', '"a"",b",c,d'],
    [
        ("foo", "bar", "baz"),
        ("foo", "bar", "baz"),
        ("foo", "b,r", "baz"),
        ("foo", 'b"r', "baz"),
        (None, None, "x"),
        ('a",b', "c", "d"),
    ],
    source=QUOTED,
)
reads(
    "quotes_undeclared",
    TextDelimited(Fields.ALL, ",", '"'),
    ['foo,"b,r",baz', '"x"', "a,b,,"],
    [("foo", "b,r", "baz"), ("x",), ("a", "b")],
    source="TextDelimitedPlatformTest.testQuotedTextAll; trailing empty ones dropped",
)
reads(
    "undeclared_has_the_values_of_each_line",
    TextDelimited(Fields.ALL, ","),
    ["a", "a,b", "a,,c"],
    [("a",), ("a", "b"), ("a", None, "c")],
)

fails(
    "strict_refuses_another_count",
    TextDelimited(AB, ","),
    ["1,2", "1,2,3"],
    Fails(TapError, ("1,2,3",)),
    source="TextDelimitedPlatformTest.testStrict",
)
fails(
    "strict_refuses_too_few",
    TextDelimited(AB, ","),
    ["1"],
    Fails(TapError, ("1",)),
    source="TextDelimitedPlatformTest.testStrict",
)
reads(
    "strict_is_trapped_with_the_raw_line",
    TextDelimited(AB, ","),
    ["1,2", "1,2,3", "4", "5,6"],
    [("1", "2"), ("5", "6")],
    source="TextDelimitedPlatformTest.testStrict; section 8.1: the raw line",
    traps={"i": ["1,2,3", "4"]},
    covers=(55, 59),
)
reads(
    "not_strict_fills_and_drops",
    TextDelimited(AB, ",", strict=False),
    ["1,2,3", "4"],
    [("1", "2"), ("4", None)],
    source="TextDelimitedPlatformTest.testStrict",
)

TYPED = Fields(["a", "b"], [str, Integer])
reads("types", TextDelimited(TYPED, ","), ["x,1", ",", "y,-3"], [("x", 1), (None, None), ("y", -3)])
reads("types_by_argument", TextDelimited(AB, ",", types=[str, Double]), ["x,1.5"], [("x", 1.5)])
reads(
    "an_empty_primitive_is_zero",
    TextDelimited(Fields(["a", "b"], [str, int_]), ","),
    ["x,"],
    [("x", 0)],
)
reads(
    "safe_coercion_gives_null_even_for_a_primitive",
    TextDelimited(Fields(["a", "b"], [str, int_]), ","),
    ["x,no"],
    [("x", None)],
)
fails(
    "unsafe_coercion_fails",
    TextDelimited(TYPED, ",", safe=False),
    ["x,no"],
    Fails(TapError, ("x,no",)),
)
reads(
    "unsafe_coercion_is_trapped_with_the_raw_line",
    TextDelimited(TYPED, ",", safe=False),
    ["x,no", "y,2"],
    [("y", 2)],
    traps={"i": ["x,no"]},
    covers=(55, 59),
)
case.add(
    "a_column_nobody_reads_is_still_checked",
    "design, section 6: a column is skipped only if parsing it cannot fail",
    lambda i: Each(i, "a", Identity()),
    i=lines(TextDelimited(TYPED, ",", safe=False), "x,no", "y,2"),
    expected=["y"],
    traps={"i": ["x,no"]},
    covers=(55, 59),
)
case.add(
    "the_column_count_is_checked_when_columns_are_skipped",
    "design, section 6: the column count is still checked",
    lambda i: Each(i, "b", Identity()),
    i=lines(TextDelimited(AB, ","), "1,2", "3,4,5", "6"),
    expected=["2"],
    traps={"i": ["3,4,5", "6"]},
    covers=(55, 59),
)

reads(
    "a_header_is_skipped",
    TextDelimited(AB, True, ","),
    ["a,b", "1,2"],
    [("1", "2")],
    source="TextDelimitedPlatformTest.testHeader",
)
reads(
    "a_header_names_undeclared_fields",
    TextDelimited(Fields.ALL, True, ","),
    ["p,q", "1,2"],
    [("1", "2")],
    "p q",
    source="TextDelimitedPlatformTest.testHeaderFieldsAll",
)
fails(
    "a_header_of_an_empty_file_is_refused",
    TextDelimited(Fields.ALL, True, ","),
    [],
    Fails(PlanError, ("header",), "plan", cause=TapError),
    source="section 7.3: file must exist and be non-empty at plan time",
)

writes(
    "null_is_empty",
    TextDelimited(Fields.ALL, ","),
    rows("a b", (None, 1), ("x", None)),
    [",1", "x,"],
)
writes(
    "values_that_hold_the_delimiter_are_quoted",
    TextDelimited(Fields.ALL, ",", '"'),
    rows("a b", ("x,y", 'd"e'), ('p,"q', "z")),
    ['"x,y",d""e', '"p,""q",z'],
    source="section 7.3, writing: quoted only if it contains the delimiter",
)
writes(
    "text_of_values",
    TextDelimited(Fields.ALL, ","),
    rows("a b c", (True, 1.0, 1e10)),
    ["true,1.0,1.0E10"],
    source="design, section 3: the text of a value is Java's",
)
writes(
    "a_header_is_written",
    TextDelimited(Fields.ALL, True, ","),
    rows("a b", (1, 2), (3, 4)),
    ["a,b", "1,2", "3,4"],
    source="TextDelimitedPlatformTest.testHeader; the resolved field names",
    partitions=1,
)
writes(
    "no_header_without_rows",
    TextDelimited(Fields.ALL, True, ","),
    rows("a b"),
    [],
    source="section 7.3: only when at least one row is written",
)
writes(
    "declared_sink_fields_are_selected",
    TextDelimited(Fields("c", "a"), ","),
    rows("a b c", (1, 2, 3)),
    ["3,1"],
    source="section 7.1: reordering and dropping is legal; TapPlatformTest.testSinkDeclaredFields",
)


@case(
    "section 7.3: written and read back, through a group",
    i=lines(TextDelimited(TYPED, ","), "b,1", "a,10", "a,9"),
    sinks=TextDelimited(Fields.ALL, True, "\t"),
    expected=lines(None, "a\tb", "a\t9", "a\t10", "b\t1"),
    ordered=True,
    partitions=1,
    covers=55,
)
def read_sorted_and_written(i):
    return GroupBy(i, "a", "b")
