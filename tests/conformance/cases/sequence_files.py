"""SequenceFile and WritableSequenceFile. Section 7.3; the runtime reference has the bytes in 1.

Cascading's own flows read back what its SequenceFile wrote: the values, and their Java types as far
as Python tells them apart. A bad record is what Hadoop's reader would fail on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cascade2spark.errors import BadRecord, BuildError, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, ExpressionFilter, Identity
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.schemes import SequenceFile, WritableSequenceFile
from cascade2spark.types import Double, Integer, Long, String, int_
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.stored import stored

case = Topic("sequence_files")

ABC = Fields("a", "b", "c")
ROWS = [("x", 1, 0.5), (None, None, None), ("é", -(2**40), -1e300)]


def copy(i: Any) -> Any:
    return Each(i, Identity())


for compression in ("none", "block"):
    case.add(
        f"tuples_come_back_{compression}",
        "section 7.3: binary tuples",
        copy,
        i=stored(SequenceFile(ABC, compression=compression), *ROWS),
        sinks=SequenceFile(
            ABC, compression=compression, codec="zlib" if compression == "none" else "gzip"
        ),
        expected=ROWS,
        ordered=True,
    )

case.add(
    "pairs_come_back",
    "section 7.3: two Writable columns",
    copy,
    i=stored(
        WritableSequenceFile(Fields("k", "v"), "LongWritable", "Text", compression="record"),
        (1, "x"),
        (-(2**60), ""),
        (3, "é" * 300),
    ),
    sinks=WritableSequenceFile(Fields("k", "v"), "LongWritable", "Text"),
    expected=[(1, "x"), (-(2**60), ""), (3, "é" * 300)],
    ordered=True,
)
case.add(
    "tuples_hold_values_of_any_kind",
    "TupleOutputStream: tokens of every kind of element",
    copy,
    i=rows("a b c d e", (True, Decimal("2.50"), b"\xff\0", (1, ("x", None)), None)),
    sinks=SequenceFile(Fields("a", "b", "c", "d", "e")),
    expected=[(True, Decimal("2.50"), b"\xff\0", (1, ("x", None)), None)],
)
case.add(
    "undeclared_fields_are_what_is_there",
    "section 7.1: UNKNOWN fields of a source",
    lambda i: Each(i, Fields(-1), ExpressionFilter("$0 == null", float)),
    i=stored(SequenceFile(ABC), *ROWS, reads=SequenceFile(Fields.UNKNOWN)),
    expected=[ROWS[0], ROWS[2]],
    ordered=True,
)
case.add(
    "declared_types_are_applied",
    "section 2.4: values are coerced to the source's types",
    copy,
    i=stored(
        SequenceFile(ABC),
        ("12", 3, None),
        (None, None, 2.5),
        reads=SequenceFile(ABC, types=[Long, int_, String]),
    ),
    expected=[(12, 3, None), (None, 0, "2.5")],
    ordered=True,
)
case.add(
    "what_is_written_has_the_type_of_its_field",
    "section 2.4: values are coerced to the sink's types",
    copy,
    i=rows("a b c", ("1", 2, "3"), (None, None, None)),
    sinks=SequenceFile(ABC, types=[Integer, String, Double]),
    expected=[(1, "2", 3.0), (None, None, None)],
    ordered=True,
)
case.add(
    "sink_fields_are_selected",
    "section 7.1: a sink with declared fields selects them",
    copy,
    i=rows("a b c", ("x", 1, 0.5)),
    sinks=WritableSequenceFile(Fields("c", "a"), "DoubleWritable", "Text"),
    expected=[(0.5, "x")],
)
case.add(
    "a_field_that_nobody_reads_changes_nothing",
    "section 7.3",
    lambda i: Every(GroupBy(i, Fields("a")), Count()),
    i=stored(SequenceFile(ABC), *ROWS, *ROWS),
    expected=[(None, 2), ("x", 2), ("é", 2)],
    ordered=True,
)
case.add(
    "one_writable_is_the_value",
    "section 7.3: one Writable column, a NullWritable for the side that is absent",
    copy,
    i=stored(WritableSequenceFile(Fields("v"), "BytesWritable"), (b"\0\xff",), (b"",)),
    sinks=WritableSequenceFile(Fields("v"), key_type="BytesWritable"),
    expected=[(b"\0\xff",), (b"",)],
    ordered=True,
)
case.add(
    "maps_and_arrays_are_pythons_own",
    "the Writables of section 1.2 of the runtime reference",
    copy,
    i=stored(
        WritableSequenceFile(Fields("k", "v"), "MapWritable", "ArrayWritable<IntWritable>"),
        ({"a": 1, "b": None}, [1, 2]),
        ({}, []),
    ),
    expected=[({"a": 1, "b": None}, [1, 2]), ({}, [])],
    ordered=True,
)
case.add(
    "values_are_coerced_to_the_writable",
    "section 2.4",
    copy,
    i=rows("k v", ("7", 5), (8, None)),
    sinks=WritableSequenceFile(Fields("k", "v"), "IntWritable", "Text"),
    traps={"i": [(8, None)]},
    expected=[(7, "5")],
)
case.add(
    "a_row_that_cannot_be_written_fails",
    "section 8.1; a null is no Writable",
    copy,
    i=rows("v", None),
    sinks=WritableSequenceFile(Fields("v"), "LongWritable"),
    fails=Fails(RunError, ("LongWritable has no value for NoneType", "(None,)"), "run"),
)
case.add(
    "a_row_of_another_width_is_trapped",
    "section 8.1: a record that cannot be read is trapped as it was read",
    copy,
    i=stored(SequenceFile(Fields.ALL), (1, 2), (3,), (4, 5), reads=SequenceFile(Fields("a", "b"))),
    expected=[(1, 2), (4, 5)],
    traps={"i": [(3,)]},
)
case.add(
    "a_value_that_cannot_become_its_type_fails",
    "section 8.1",
    copy,
    i=stored(
        SequenceFile(Fields("a", "b")),
        ("12", 1),
        ("x", 2),
        reads=SequenceFile(Fields("a", "b"), types=[Long, Long]),
    ),
    fails=Fails(BadRecord, ("a value cannot become its type",), "run"),
)
case.add(
    "a_value_that_cannot_become_its_type_fails_though_nobody_reads_it",
    "section 8.1: which columns are needed does not decide what fails",
    lambda i: Each(i, Fields("b"), Identity()),
    i=stored(
        SequenceFile(Fields("a", "b")),
        ("x", 2),
        reads=SequenceFile(Fields("a", "b"), types=[Long, Long]),
    ),
    fails=Fails(BadRecord, ("a value cannot become its type",), "run"),
)

# The bytes of a Text that says it has 5 bytes and has 2, between good ones.
BROKEN = stored(
    WritableSequenceFile(Fields("v"), "my.Line"),
    (b"\2ok",),
    (b"\5ab",),
    (b"\3end",),
    reads=WritableSequenceFile(Fields("v"), "my.Line as Text"),
)
case.add(
    "a_damaged_record_is_trapped_as_it_is_stored",
    "section 8.1; Hadoop's reader fails on it",
    copy,
    i=BROKEN,
    expected=[("ok",), ("end",)],
    traps={"i": [(b"\5ab",)]},
)
case.add(
    "a_damaged_record_fails_with_its_place",
    "section 8.1",
    copy,
    i=BROKEN,
    fails=Fails(BadRecord, ("a text of 5 bytes", "offset", "record number"), "run"),
)
case.add(
    "files_of_other_classes_are_refused",
    "Hadoop's reader: wrong value class",
    copy,
    i=stored(
        WritableSequenceFile(Fields("v"), "Text"),
        ("x",),
        reads=WritableSequenceFile(Fields("v"), "LongWritable"),
    ),
    fails=Fails(
        TapError, ("org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text"), "run"
    ),
)
case.add(
    "tuples_are_not_read_from_other_files",
    "Hadoop's reader: wrong key class",
    copy,
    i=stored(WritableSequenceFile(Fields("v"), "Text"), ("x",), reads=SequenceFile(Fields("v"))),
    fails=Fails(TapError, ("does not hold Cascading's tuples", "WritableSequenceFile("), "run"),
)


@case(
    "WritableSequenceFile's constructor: one or two fields",
    i=rows("a", 1),
    fails=Fails(BuildError, ("needs 2 fields",), "build"),
)
def fields_and_types_must_match(i):
    WritableSequenceFile(Fields("a"), "LongWritable", "Text")
    return i


case.add(
    "fields_that_do_not_fit_fail_while_planning",
    "section 7.1: a sink's fields must be there",
    copy,
    i=rows("a", "x"),
    sinks=WritableSequenceFile(Fields("b"), "Text"),
    fails=Fails(PlanError, ("'b'",), "plan"),
)
