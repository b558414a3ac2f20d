"""Files of other kinds than delimited text: Parquet, Avro, JSON lines, fixed widths, nothing.

The behaviour reference has a line on each in 7.3, and the Scalding reference in 5.1 for JsonLine;
fields by name, nulls and types are those of every scheme.
"""

from __future__ import annotations

from decimal import Decimal

from cascade2spark.errors import BadRecord, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, ExpressionFilter, FilterNull, Identity
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.schemes import Avro, FixedWidth, JsonLine, NullScheme, Parquet
from cascade2spark.types import Double, Integer, Long, String, int_
from tests.conformance.case import Fails, Topic, lines, rows
from tests.conformance.stored import stored

case = Topic("formats")

ABC = Fields("a", "b", "c").apply_types(String, Integer, Double)
ROWS = [("x", 1, 0.5), (None, None, None), ("é", -7, 1e300)]

# The scale of a column is that of Spark's own decimals.
_PADDED = Decimal("2.500000000000000000")

for kind in (Parquet, Avro):
    name = kind.__name__.lower()
    case.add(
        f"{name}_is_read_by_names",
        "section 7.3: a projection by field names",
        lambda i: Each(i, Identity()),
        i=stored(kind(ABC), *ROWS, reads=kind(Fields("c", "a"))),
        expected=[(c, a) for a, _, c in ROWS],
        fields="c a",
        ordered=True,
    )
    case.add(
        f"{name}_names_its_own_fields",
        "section 7.1: fields are known while planning",
        lambda i: Each(i, Identity()),
        i=stored(kind(ABC), *ROWS, reads=kind()),
        expected=ROWS,
        fields="a b c",
        ordered=True,
    )
    case.add(
        f"{name}_traps_a_value_that_cannot_become_its_type",
        "section 8.1: a record that cannot be read is trapped as it was read",
        lambda i: Each(i, Identity()),
        i=stored(
            kind(Fields("a", "b"), types=[String, Integer]),
            ("12", 3),
            ("x", 4),
            reads=kind(Fields("a", "b"), types=[Long, Integer]),
        ),
        expected=[(12, 3)],
        traps={"i": [("x", 4)]},
    )
    case.add(
        f"{name}_is_written_by_the_types_of_the_sink",
        "section 2.4: values are coerced to the sink's types",
        lambda i: Each(i, Identity()),
        i=rows("a b c d e", ("x", "1", 1, None, True), ("y", None, None, "2.5", None)),
        sinks=kind(Fields("a", "b", "c", "d", "e"), types=[str, int, float, Decimal, bool]),
        expected=[
            ("x", 1, 1.0, None, True),
            ("y", None, None, _PADDED, None),
        ],
        ordered=True,
    )
    case.add(
        f"{name}_traps_a_row_that_cannot_be_written",
        "section 8.1: a row a sink cannot write is trapped by the tail's trap",
        lambda i: Each(i, Identity()),
        i=rows("a b", ("x", 1), ("y", "one"), ("z", 3)),
        sinks=kind(Fields("a", "b"), types=[str, int]),
        expected=[("x", 1), ("z", 3)],
        traps={"i": [("y", "one")]},
    )

# What both do in the same way is stated once.
case.add(
    "parquet_reads_what_is_needed",
    "a column that nobody reads changes nothing",
    lambda i: Every(GroupBy(i, Fields("a")), Count()),
    i=stored(Parquet(ABC), *ROWS, *ROWS, reads=Parquet()),
    expected=[(None, 2), ("x", 2), ("é", 2)],
    ordered=True,
)
case.add(
    "parquet_values_take_declared_types",
    "section 2.4",
    lambda i: Each(i, Identity()),
    i=stored(
        Parquet(Fields("a", "b"), types=[String, Integer]),
        ("12", 3),
        (None, None),
        reads=Parquet(Fields("a", "b"), types=[Long, int_]),
    ),
    expected=[(12, 3), (None, 0)],
    ordered=True,
)
case.add(
    "parquet_fails_on_a_value_that_cannot_become_its_type",
    "section 8.1",
    lambda i: Each(i, Identity()),
    i=stored(
        Parquet(Fields("a"), types=[String]), ("x",), reads=Parquet(Fields("a"), types=[Long])
    ),
    fails=Fails(BadRecord, ("a value cannot become its type",), "run"),
)
case.add(
    "parquet_has_no_such_column",
    "section 7.3: fields are found by name",
    lambda i: Each(i, Identity()),
    i=stored(Parquet(ABC), *ROWS, reads=Parquet(Fields("a", "bb"))),
    fails=Fails(TapError, ("'bb'", "nearest     'b'"), "run"),
)
case.add(
    "parquet_selects_and_orders_what_it_writes",
    "section 7.1: a sink with declared fields selects them",
    lambda i: Each(i, Identity()),
    i=rows("a b c", ("x", 1, 0.5)),
    sinks=Parquet(Fields("c", "a"), types=[float, str]),
    expected=[(0.5, "x")],
)
case.add(
    "parquet_is_written_by_the_types_of_the_stream",
    "section 7.1: a sink of all fields learns the real ones, types included",
    lambda i: Each(i, Fields("b"), FilterNull()),
    i=rows(ABC, *ROWS),
    sinks=Parquet(),
    expected=[ROWS[0], ROWS[2]],
    ordered=True,
)
case.add(
    "parquet_needs_types",
    "what a column holds must be known before the first row",
    lambda i: Each(i, Identity()),
    i=rows("a", ("x",)),
    sinks=Parquet(),
    fails=Fails(PlanError, ("fields without a type", "'a'"), "plan"),
)
case.add(
    "parquet_fails_on_a_row_that_cannot_be_written",
    "section 8.1",
    lambda i: Each(i, Identity()),
    i=rows("a b", ("x", 1), ("y", "one")),
    sinks=Parquet(Fields("a", "b"), types=[str, int]),
    fails=Fails(RunError, ("cannot be written", "'one'"), "run"),
)
case.add(
    "parquet_without_rows",
    "a file without rows is a whole file",
    lambda i: Each(i, Fields("b"), ExpressionFilter("b < 100", Integer)),
    i=stored(Parquet(Fields("a", "b"), types=[String, Integer]), ("x", 1)),
    sinks=Parquet(),
    expected=[],
)

case.add(
    "parquet_rows_meet_a_filter",
    "scalding 5.1: a filter reaches row groups; null is neither less nor greater",
    lambda i: Each(i, Identity()),
    i=stored(Parquet(ABC), *ROWS, reads=Parquet(Fields("a"), filter=[("b", "<", 1)])),
    expected=[("é",)],
)

JSON = [
    '{"a": "x", "b": 1, "c": {"d": [1]}}',
    '{"b": 2.5}',
]
case.add(
    "json_lines_are_read_by_names",
    "scalding 5.1: one object a line, a missing key is null",
    lambda i: Each(i, Identity()),
    i=lines(JsonLine(Fields("b", "a", "c.d")), *JSON),
    expected=[(1, "x", [1]), (2.5, None, None)],
    fields="b a c.d",
    ordered=True,
)
case.add(
    "json_lines_have_types",
    "section 2.4",
    lambda i: Every(GroupBy(i, Fields("b")), Count()),
    i=lines(JsonLine(Fields("a", "b"), types=[String, Long]), '{"b": "7"}', '{"b": 7}'),
    expected=[(7, 2)],
)
case.add(
    "json_lines_that_are_none_are_trapped",
    "section 8.1: with the line as it is",
    lambda i: Each(i, Identity()),
    i=lines(JsonLine(Fields("a")), '{"a": 1}', "no json", "", '[{"a": 1}]'),
    expected=[(1,)],
    traps={"i": [("no json",), ("",), ('[{"a": 1}]',)]},
)
case.add(
    "json_lines_fail_without_a_trap",
    "scalding 5.1",
    lambda i: Each(i, Identity()),
    i=lines(JsonLine(Fields("a")), '{"a": 1'),
    fails=Fails(BadRecord, ("a line is not JSON", '{"a": 1'), "run"),
)
case.add(
    "json_lines_are_written",
    "scalding 5.1: the fields' names are the keys",
    lambda i: Each(i, Identity()),
    i=rows("b a", (1, "x"), (None, True), (0.5, 'q"')),
    sinks=JsonLine(),
    expected=lines(None, '{"b":1,"a":"x"}', '{"b":null,"a":true}', '{"b":0.5,"a":"q\\""}'),
    ordered=True,
)
case.add(
    "json_lines_write_some_fields",
    "section 7.1: a sink with declared fields selects them",
    lambda i: Each(i, Identity()),
    i=rows("b a", (1, "x")),
    sinks=JsonLine(Fields("a")),
    expected=lines(None, '{"a":"x"}'),
)
case.add(
    "json_lines_without_keys_cannot_be_read",
    "a key that nobody names is not looked for",
    lambda i: Each(i, Identity()),
    i=lines(JsonLine(), '{"a": 1}'),
    fails=Fails(Exception, ("by field names, and none are declared",), "plan"),
)

FIXED = FixedWidth(Fields("a", "b", "c"), [3, 4, 2], types=[str, int, str])
case.add(
    "fixed_widths_are_cut",
    "each field has its columns; blanks around a value are none of it, none at all is null",
    lambda i: Each(i, Identity()),
    i=lines(FIXED, "ann  12xy", "     -3  ", "é      z "),
    expected=[("ann", 12, "xy"), (None, -3, None), ("é", None, "z")],
    fields="a b c",
    ordered=True,
)
case.add(
    "fixed_widths_of_which_one_is_read",
    "a column that nobody reads changes nothing",
    lambda i: Each(i, Fields("c"), Identity()),
    i=lines(FIXED, "ann  12xy", "ann  12  "),
    expected=[("xy",), (None,)],
)
case.add(
    "fixed_widths_are_strict",
    "section 8.1: with the line as it is",
    lambda i: Each(i, Identity()),
    i=lines(FIXED, "ann  12xy", "ann", ""),
    expected=[("ann", 12, "xy")],
    traps={"i": [("ann",), ("",)]},
)
case.add(
    "fixed_widths_are_written",
    "numbers to the right, text to the left",
    lambda i: Each(i, Identity()),
    i=rows("a b c", ("ann", 12, "x"), (None, None, None)),
    sinks=FIXED,
    expected=lines(None, "ann  12x ", "         "),
    ordered=True,
)
case.add(
    "fixed_widths_are_not_cut_in_writing",
    "a value that has no room is trapped",
    lambda i: Each(i, Identity()),
    i=rows("a b c", ("anna", 12, "x"), ("bob", 12, "x")),
    sinks=FIXED,
    expected=lines(None, "bob  12x "),
    traps={"i": [("anna", 12, "x")]},
)
case.add(
    "nothing_is_written",
    "section 7.3: NullScheme writes nothing; what stands before it runs",
    lambda i: Each(i, Identity()),
    i=rows("a", ("x",), ("y",)),
    sinks=NullScheme(),
    expected=lines(None),
    counters={("StepCounters", "Tuples_Written"): 2},
)
case.add(
    "nothing_is_read",
    "section 7.3: NullScheme reads nothing",
    lambda i: Each(i, Identity()),
    i=lines(NullScheme(Fields("a")), "x", "y"),
    expected=[],
    fields="a",
)
