"""The stock functions. Section 5.2."""

from __future__ import annotations

from cascade2spark.errors import BuildError, OperationError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Base10HashFunction,
    Base64HashFunction,
    Base64URLHashFunction,
    DateFormatter,
    DateParser,
    FieldFormatter,
    FieldJoiner,
    FilterNull,
    Identity,
    Insert,
    NoOp,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
    SetValue,
    UnGroup,
)
from cascade2spark.pipes import Each
from cascade2spark.types import Integer, Long, String, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("functions")

ABC = rows("a b c", (1, "x", None), (2, None, "z"))


def works(name, operation, expected, fields=None, *, on=Fields.ALL, i=ABC, out=None, **more):
    source = more.pop("source", "section 5.2")
    tail = () if out is None else (out,)
    case.add(
        name,
        source,
        lambda i: Each(i, on, operation, *tail),
        i=i,
        expected=expected,
        fields=fields,
        **more,
    )


def fails(name, operation, error, *, on=Fields.ALL, i=ABC, source="section 5.2", **more):
    case.add(name, source, lambda i: Each(i, on, operation), i=i, fails=error, **more)


works("identity_passes_arguments", Identity(), [(1, "x"), (2, None)], "a b", on=("a", "b"))
works("identity_renames", Identity(Fields("p", "q")), [(1, "x"), (2, None)], "p q", on=("a", "b"))
works(
    "identity_coerces_to_types",
    Identity(Fields("p", "q"), Integer, String),
    [(1, "2"), (None, None), (0, "")],
    on=("a", "b"),
    i=rows("a b", ("1", 2), (None, None), (0, "")),
    covers=47,
)
works(
    "identity_coerces_null_to_zero_for_primitives",
    Identity(int_, int_),
    [(1, 0), (0, 0)],
    on=("a", "b"),
    i=rows("a b", ("1", None), ("", None)),
    covers=47,
)
works("insert_ignores_its_arguments", Insert(Fields("p", "q"), 7, None), [(7, None)] * 2, "p q")
works("no_op_emits_an_empty_tuple", NoOp(), [(1, None), (2, "z")], "a c", on="b", out=Fields.SWAP)
works(
    "set_value_says_true_for_what_the_filter_keeps",
    SetValue(Fields("v"), FilterNull()),
    [True, False],
    "v",
    on="b",
)
works(
    "set_value_with_values",
    SetValue(Fields("v"), RegexFilter("^x"), "yes", "no"),
    ["yes", "no"],
    "v",
    on="b",
)

PEOPLE = rows("k a b c", ("r1", 1, 2, 3), ("r2", 4, None, 6))
works(
    "un_group_by_selectors",
    UnGroup(Fields("k", "v"), Fields("k"), [Fields("a"), Fields("b"), Fields("c")]),
    [("r1", 1), ("r1", 2), ("r1", 3), ("r2", 4), ("r2", None), ("r2", 6)],
    "k v",
    i=PEOPLE,
    source="FieldedPipesPlatformTest.testUnGroup",
    covers=51,
    ordered=True,
)
works(
    "un_group_without_a_declaration",
    UnGroup(Fields("k"), [Fields("a"), Fields("c")]),
    [("r1", 1), ("r1", 3), ("r2", 4), ("r2", 6)],
    i=PEOPLE,
    source="FieldedPipesPlatformTest.testUnGroupAnon",
    covers=51,
    ordered=True,
)
works(
    "un_group_by_size",
    UnGroup(Fields("k", "v"), Fields("k"), 1),
    [("r1", 1), ("r1", 2), ("r1", 3), ("r2", 4), ("r2", None), ("r2", 6)],
    "k v",
    i=PEOPLE,
    source="FieldedPipesPlatformTest.testUnGroupBySize",
    covers=51,
    ordered=True,
)
works(
    "un_group_by_size_of_two",
    UnGroup(Fields("k", "p", "q"), Fields("k"), 2),
    [("r", 1, 2), ("r", 3, 4)],
    "k p q",
    i=rows("k a b c d", ("r", 1, 2, 3, 4)),
    source="FieldedPipesPlatformTest.testUnGroupBySize",
    covers=51,
    ordered=True,
)
fails(
    "un_group_with_a_partial_last_chunk_fails",
    UnGroup(Fields("k", "p", "q"), Fields("k"), 2),
    Fails(RunError),
    i=PEOPLE,
    covers=51,
)
works(
    "un_group_keeps_the_whole_sets_before_a_partial_one",
    UnGroup(Fields("k", "p", "q"), Fields("k"), 2),
    [("r", 1, 2), ("s", 5, 6)],
    "k p q",
    i=rows("k a b c", ("r", 1, 2, 3), ("s", 5, 6, 7)),
    source="sections 5.2 and 8.1: a partial last chunk fails; rows emitted before it stay",
    traps={"i": [("r", 1, 2, 3), ("s", 5, 6, 7)]},
    ordered=True,
)
case.add(
    "un_group_by_a_size_of_none",
    "section 5.2: chunks of n; our own check",
    lambda i: Each(i, UnGroup(Fields("k", "p"), Fields("k"), 0)),
    i=PEOPLE,
    fails=Fails(BuildError, ("positive size",), "build"),
)
works(
    "more_groups_than_arguments_fail_under_args",
    RegexParser(Fields.ARGS, "([a-z])([0-9])"),
    [],
    i=rows("t", "a1", "b2"),
    source="section 5.2: more groups than declared fields -> error",
    traps={"i": ["a1", "b2"]},
)
case.add(
    "numbered_groups_need_declared_fields",
    "section 5.2: as many fields as groups",
    lambda i: Each(i, RegexParser(Fields.ARGS, "([a-z])([0-9])", [2, 1])),
    i=rows("t", "a1"),
    fails=Fails(BuildError, ("2 groups",), "build"),
)
case.add(
    "un_group_needs_two_selectors",
    "section 5.2: at least 2 selectors of equal size",
    lambda i: Each(i, UnGroup(Fields("k", "v"), Fields("k"), [Fields("a")])),
    i=PEOPLE,
    fails=Fails(BuildError, (), "build"),
    covers=51,
)

works("joined_by_tab", FieldJoiner(Fields("j")), ["1\tx\t", "2\t\tz"], "j")
works("joined_by_a_delimiter", FieldJoiner(Fields("j"), "-"), ["1-x-", "2--z"], "j")
works("joined_declares_joined", FieldJoiner(","), ["1,x,", "2,,z"], "joined")
works(
    "joined_text_is_javas",
    FieldJoiner(","),
    ["true,1.0,1.0E10,0.1"],
    i=rows("a b c d", (True, 1.0, 1e10, 0.1)),
    source="section 5.2; design, section 3: the text of a value is Java's",
)
works(
    "formatted",
    FieldFormatter(Fields("f"), "%2$s/%1$05d"),
    ["x/00007", "null/00012"],
    "f",
    on=("a", "b"),
    i=rows("a b", (7, "x"), (12, None)),
    source="section 5.2: null prints null",
)
works(
    "formatted_declares_formatted", FieldFormatter("<%s>"), ["<x>"], "formatted", i=rows("b", "x")
)

DAY = 86_400_000
works(
    "date_parser_gives_epoch_millis_in_utc",
    DateParser("yyyy-MM-dd HH:mm"),
    [DAY, None, 90 * 60_000],
    "ts",
    i=rows("t", "1970-01-02 00:00", None, "1970-01-01 01:30"),
)
works(
    "date_parser_under_another_name",
    DateParser(Fields("when"), "dd/MMM/yyyy"),
    [DAY],
    "when",
    i=rows("t", "02/Jan/1970"),
)
works(
    "calendar_fields_before_gregory_and_of_far_years",
    DateParser(Fields("y", "m", "d"), [1, 2, 5], "yyyy-MM-dd"),
    [(1582, 9, 4), (20, 0, 1), (1, 0, 1), (2021, 1, 3), (10000, 11, 31)],
    "y m d",
    i=rows("t", "1582-10-04", "20-1-1", "0001-01-01", "-2020-02-03", "10000-12-31"),
    source="section 5.2: fields of Java's Calendar, which is Julian before 15 October 1582",
    ordered=True,
)
works(
    "a_null_has_no_calendar_fields",
    DateParser(Fields("y", "m"), [1, 2], "yyyy-MM"),
    [(2020, 1), (None, None)],
    "y m",
    i=rows("t", "2020-02", None),
    source="section 5.2: null -> null",
    differs="`DateParser` into calendar fields gives nulls for a null.",
    ordered=True,
)
works(
    "dates_of_blanks_and_weekdays",
    DateParser("yyyyMMdd"),
    [1_582_934_400_000, -55_795_651_200_000],
    "ts",
    i=rows("t", "20200229", " 2020-02-29"),
    source="section 5.2; java.text.SimpleDateFormat: blanks count to a number's width",
)
works(
    "a_weekday_without_a_day_is_the_first_of_its_month",
    DateParser("EEE MMM yyyy"),
    [1_580_515_200_000],
    "ts",
    i=rows("t", "Sat Feb 2020"),
    source="section 5.2; java.util.Calendar",
)
fails(
    "date_parser_refuses_other_text",
    DateParser("yyyy-MM-dd"),
    Fails(OperationError, ("soon",)),
    i=rows("t", "soon"),
)
works(
    "date_formatter",
    DateFormatter("yyyy-MM-dd HH:mm:ss"),
    ["1970-01-02 00:00:00", "1970-01-01 00:00:00", "1970-01-01 00:00:01"],
    "datetime",
    i=rows("ts", DAY, None, "1000"),
    source="section 5.2: null counts as 0, numeric text is accepted",
)
works(
    "date_formatter_under_another_name",
    DateFormatter(Fields("day"), "yyyyMMdd"),
    ["19700102"],
    "day",
    i=rows("ts", DAY),
)
works(
    "sha1_of_text_in_base_64",
    Base64HashFunction(Fields("h")),
    ["qZk+NkcGgWq6PiVxeFDCbJzQ2J0", "2jmj7l5rSw0yVb/vlWAYkK/YBwk"],
    "h",
    i=rows("t", "abc", None),
    source="section 5.2: unpadded Base64 of SHA-1 (RFC 3174 gives the digest of abc); null is ''",
)
works(
    "several_hash_arguments_are_put_together_without_nulls",
    Base64HashFunction(Fields("h")),
    ["qZk+NkcGgWq6PiVxeFDCbJzQ2J0"],
    on=("a", "b", "c"),
    i=rows("a b c", ("a", None, "bc")),
)
works(
    "a_hash_is_cut",
    Base64HashFunction(Fields("h"), "SHA-1", 5),
    ["qZk+N"],
    i=rows("t", "abc"),
)
works(
    "md5_in_base_10",
    Base10HashFunction(Fields("h"), "MD5"),
    [str(0x0CC175B9C0F1B6A831C399E269772661)],
    i=rows("t", "a"),
    source="section 5.2: decimal; RFC 1321 gives the MD5 of a",
)

for name, operation, results in (
    (
        "sha1_in_utf_16",
        Base64HashFunction(Fields("h"), "SHA-1", 50, "UTF-16"),
        [
            "䥗獯桄教呬䥚桙煁㥒䕊呍ち汯�",
            "㉪浪㝬㕲卷べ噢⽶汗䅙歋⽙䉷�",
            "ㅳ呱㝅㔹灓偃䝨㉲佚㕁灪⭯煪�",
        ],
    ),
    (
        "md5_in_utf_16_le",
        Base64URLHashFunction(Fields("h"), "MD5", 50, "UTF-16LE"),
        ["桺穒㑺䝄彳漲㤴䅟煂䐳兆", "䈱䴲夲䄸杳灔䅧奭倷䍨杦", "穵灒瘷椰兓杚㍔湓䵌眲睮"],
    ),
    (
        "md5_in_utf_32",
        Base64HashFunction(Fields("h"), "MD5", 50, "UTF-32"),
        ["������", "������", "������"],
    ),
    (
        "md5_in_utf_16_and_base_10",
        Base10HashFunction(Fields("h"), "MD5", 50, "UTF-16"),
        [
            "284672808050291679948776543146407903448",
            "281949768489412648962353822266799178366",
            "201661503664577621279259495634077817567",
        ],
    ),
):
    works(
        name,
        operation,
        results,
        i=rows("t", "abc", None, "né€\U0001f600"),
        source="section 5.2; Cascading 4.5 reads the bytes of Base64 in the charset of the text",
    )

# More arguments than needed are fine: operations of one argument read the first.
for name, operation, value, result in (
    ("regex_parser", RegexParser(Fields("r"), r"\d"), "a1", "1"),
    ("regex_splitter", RegexSplitter(Fields("r"), ","), "a", "a"),
    ("regex_split_generator", RegexSplitGenerator(Fields("r"), ","), "a", "a"),
    ("regex_generator", RegexGenerator(Fields("r"), r"\d"), "a1", "1"),
    ("regex_replace", RegexReplace(Fields("r"), "a", "b"), "a1", "b1"),
    ("date_parser", DateParser(Fields("r"), "yyyy"), "1970", 0),
    ("date_formatter", DateFormatter(Fields("r"), "yyyy"), 0, "1970"),
):
    works(
        f"more_arguments_for_{name}",
        operation,
        [result],
        "r",
        i=rows("v w", (value, "more")),
        source="section 1.4, step 1: more arguments than needed is fine",
    )
works(
    "typed_declarations_of_dates",
    DateParser(Fields("ts", Long), "yyyy"),
    [0],
    i=rows("t", "1970"),
)
