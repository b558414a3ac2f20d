"""TextLine: reading lines, writing values. Section 7.3."""

from __future__ import annotations

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, Identity, RegexSplitGenerator
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.schemes import TextLine
from tests.conformance.case import Fails, Topic, lines, rows

case = Topic("text_line")


def text(scheme, *given):
    return lines(scheme, *given)


@case(
    "section 7.3: one field is the line",
    i=text(TextLine(Fields("line")), "a b", "", "c\td"),
    expected=["a b", "", "c\td"],
    ordered=True,
)
def one_field_is_the_line(i):
    return Each(i, Identity())


@case(
    "section 7.3: the default is (offset, line), byte offsets under Hfs",
    i=text(TextLine(), "ab", "é", "c"),
    expected=[(0, "ab"), (3, "é"), (6, "c")],
    fields="offset line",
    ordered=True,
    differs="Under `Hfs` the first of the two fields",
)
def default_fields_are_offset_and_line(i):
    return Each(i, Identity())


@case(
    "section 7.3: two fields are number and line",
    i=text(TextLine(Fields("n", "l")), "a", "b"),
    expected=[(0, "a"), (2, "b")],
    fields="n l",
    ordered=True,
    differs="Under `Hfs` the first of the two fields",
)
def two_fields_are_number_and_line(i):
    return Each(i, Identity())


@case("section 7.3: anything else is refused", i=rows("a", 1), fails=Fails(BuildError, (), "build"))
def three_fields_are_refused(i):
    TextLine(Fields("a", "b", "c"))
    return i


@case(
    "section 7.3: values joined by TAB, null is the word null",
    i=rows("a b c", (1, None, "x"), (None, "", 2.0)),
    sinks=TextLine(),
    expected=lines(None, "1\tnull\tx", "null\t\t2.0"),
    ordered=True,
)
def values_are_joined_by_tab(i):
    return Each(i, Identity())


@case(
    "section 7.3: sink fields are selected",
    i=rows("a b c", (1, 2, 3)),
    sinks=TextLine(Fields("line"), Fields("c", "a")),
    expected=lines(None, "3\t1"),
    covers=56,
)
def sink_fields_are_selected(i):
    return Each(i, Identity())


@case("section 7.3: an empty file has no lines", i=text(TextLine(Fields("line"))), expected=[])
def an_empty_file(i):
    return Each(i, Identity())


@case(
    "section 7.3: charset",
    i=text(TextLine(Fields("line")), "né", "日本"),
    sinks=TextLine(Fields("line")),
    expected=lines(None, "né", "日本"),
    ordered=True,
)
def text_beyond_ascii(i):
    return Each(i, Identity())


@case(
    "section 5.2 and 7.3: word count from text to text",
    i=text(TextLine(Fields("line")), "a b", "a"),
    sinks=TextLine(),
    expected=lines(None, "a\t2", "b\t1"),
    ordered=True,
)
def word_count(i):
    words = Each(i, "line", RegexSplitGenerator(Fields("word"), " "))
    return Every(GroupBy(words, "word"), Count())
