"""The coercion table and the text of values. Section 2.4; design, section 3."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan

from cascade2spark.assemblies import Coerce
from cascade2spark.errors import CoercionError
from cascade2spark.fields import Fields
from cascade2spark.operations import FieldJoiner, Identity
from cascade2spark.pipes import Each
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    DateType,
    Double,
    Float,
    Integer,
    Long,
    Short,
    String,
    boolean_,
    char_,
    double_,
    int_,
    long_,
    short_,
)
from tests.conformance.case import Fails, Topic, lines, rows

case = Topic("coercion")

TABLE = "section 2.4, coercion table"
NUMBER_ERROR = Fails(CoercionError)
WHOLE = (int_, long_, short_, Integer, Long, Short)

# value -> {type: what becomes of it}
TYPES = (int_, Long, double_, Double, boolean_, Boolean, String)
ROWS = {
    "null": (None, (0, None, 0.0, None, False, None, None)),
    "empty_text": ("", (0, None, 0.0, None, False, None, "")),
    "fraction": (1.9, (1, 1, 1.9, 1.9, False, False, "1.9")),
    "negative_fraction": (-1.9, (-1, -1, -1.9, -1.9, False, False, "-1.9")),
    "true": (True, (1, 1, 1.0, 1.0, True, True, "true")),
    "whole": (7, (7, 7, 7.0, 7.0, False, False, "7")),
    "whole_text": ("12", (12, 12, 12.0, 12.0, False, False, "12")),
}
for name, (value, results) in ROWS.items():
    case.add(
        f"of_{name}",
        TABLE + "; TupleEntryTest.testCoerceOnSet, testSetCanonicalNull",
        lambda i: Each(i, Identity(*TYPES)),
        i=rows(Fields.size(len(TYPES)), (value,) * len(TYPES)),
        expected=[results],
        covers=47,
    )


def one(name, value, to, expected):
    more = {"fails": expected} if isinstance(expected, Fails) else {"expected": [(expected,)]}
    case.add(name, TABLE, lambda i: Each(i, Identity(to)), i=rows("v", (value,)), covers=47, **more)


for type_ in (int_, Long):
    one(f"blanks_are_no_{type_}", " 12 ", type_, NUMBER_ERROR)
    one(f"fraction_text_is_no_{type_}", "1.5", type_, NUMBER_ERROR)
    one(f"word_is_no_{type_}", "true", type_, NUMBER_ERROR)
one("blanks_are_trimmed_for_double", " 12 ", Double, 12.0)
one("fraction_text_is_a_double", "1.5", double_, 1.5)
one("word_is_no_double", "true", Double, NUMBER_ERROR)
one("a_large_number_wraps_as_int", 3_000_000_000, int_, -1294967296)
one("a_large_number_wraps_as_integer", 3_000_000_000, Integer, -1294967296)
one("a_large_number_wraps_as_short", 3_000_000_000, short_, 24064)
one("a_large_number_is_a_long", 3_000_000_000, long_, 3_000_000_000)
one("a_large_number_as_double", 3_000_000_000, double_, 3.0e9)
one("true_text_in_any_case", "TRUE", boolean_, True)
one("other_text_is_false", "yes", Boolean, False)
one("char_is_the_first_character", "xyz", char_, "x")
one("char_of_null_is_nul", None, char_, "\0")
one("char_of_empty_text_fails", "", char_, Fails(CoercionError))
one("decimal_of_text", "1.50", BigDecimal, Decimal("1.50"))
one("decimal_of_empty_text_is_null", "", BigDecimal, None)
one("decimal_of_word_fails", "abc", BigDecimal, Fails(CoercionError))
one("object_passes_through", (1, "x"), object, (1, "x"))
one("date_text_is_epoch_millis", "1970-01-02", DateType("yyyy-MM-dd"), 86_400_000)
one("date_null_stays_null", None, DateType("yyyy-MM-dd"), None)
one("date_of_other_text_fails", "soon", DateType("yyyy-MM-dd"), Fails(CoercionError))


TEXTS = (
    (1, "1"),
    (True, "true"),
    (1.0, "1.0"),
    (1e10, "1.0E10"),
    (1e7, "1.0E7"),
    (9999999.0, "9999999.0"),
    (0.001, "0.001"),
    (0.0001, "1.0E-4"),
    (-0.0, "-0.0"),
    (nan, "NaN"),
    (-inf, "-Infinity"),
    (0.1 + 0.2, "0.30000000000000004"),
    (Decimal("1.50"), "1.50"),
    (Decimal("1E+3"), "1E+3"),
    ("text", "text"),
    (2**70, str(2**70)),
)


@case(
    "design, section 3: the text of a value is Java's; Java's Double.toString",
    i=rows("v", *[(value,) for value, _ in TEXTS]),
    expected=[text for _, text in TEXTS],
    ordered=True,
)
def text_of_values(i):
    return Each(i, FieldJoiner(Fields("t"), ""))


@case(
    "section 7.3: TextLine writes the same text, null as the word null",
    i=rows("v", *[(value,) for value, _ in TEXTS], None),
    sinks=TextLine(Fields("line")),
    expected=lines(None, *[text for _, text in TEXTS], "null"),
    ordered=True,
)
def text_of_values_in_a_sink(i):
    return Each(i, Identity())


case.add(
    "a_float_without_a_type_has_the_text_of_a_double",
    "section 2.4; our own: a Python float does not know that it was made of 32 bits",
    lambda i: Coerce(Coerce(i, Fields("a"), Float), Fields("a"), String),
    i=rows("a", "0.5", "0.1"),
    expected=["0.5", "0.10000000149011612"],
    ordered=True,
    differs="A Float that no field declares is written as a double.",
)
case.add(
    "a_declared_float_has_the_text_of_32_bits",
    "section 2.4",
    lambda i: Coerce(Coerce(i, Fields("a", Float)), Fields("a", String)),
    i=rows(Fields("a", Double), 0.5, 0.1),
    expected=["0.5", "0.1"],
    ordered=True,
)
case.add(
    "a_declared_float_is_a_decimal_of_its_digits",
    "section 2.4: BigDecimal parses text",
    lambda i: Coerce(Coerce(i, Fields("a", Float)), Fields("a", BigDecimal)),
    i=rows(Fields("a", Double), 0.5, 0.1, None),
    expected=[Decimal("0.5"), Decimal("0.1"), None],
    ordered=True,
)
case.add(
    "a_sink_declares_a_float",
    "section 2.4",
    lambda i: Coerce(i, Fields("a"), Float),
    i=rows("a", "0.5", "0.1"),
    sinks=TextDelimited(Fields("a", Float)),
    expected=lines(None, "0.5", "0.1"),
    ordered=True,
)
