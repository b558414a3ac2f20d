"""Thrift structs in sequence files, as rows and as records.

Cascading itself has no thrift; what is read and written is what elephant-bird's ThriftWritable and
the thrift IDL say: absent fields are their default or null, enums are numbers.
"""

from __future__ import annotations

from typing import Any

from cascade2spark.codecs.thrift import ThriftRecord, record_class, thrift_struct
from cascade2spark.errors import BadRecord, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, ExpressionFilter, Identity
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.schemes import ThriftSequenceFile, WritableSequenceFile
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.stored import stored

case = Topic("thrift")

VISIT = thrift_struct(
    """
    enum Kind { CLICK = 1, VIEW = 2 }
    struct Place { 1: string city, 2: i16 floor }
    struct Visit {
      1: i64 ms, 2: string user, 3: Place place, 4: list<string> tags, 5: Kind kind = 2,
      6: double price, 7: bool paid, 8: binary token, 9: map<string, i32> counts
    }
    """,
    "Visit",
)
PLACE = record_class(VISIT.field("place").type.struct)
RECORD = record_class(VISIT)
FLAT = Fields("ms", "user", "price", "paid", "kind", "token")
ROWS = [
    (5, "ann", 1.5, True, 1, b"\xff\0"),
    (-(2**62), "Zoë", -0.0, False, 7, b""),
    (7, "", None, None, None, None),
    (5, None, 1e300, True, 1, b"x"),
]
READ = [(*row[:4], 2 if row[4] is None else row[4], row[5]) for row in ROWS]


def flat(**more: Any) -> ThriftSequenceFile:
    return ThriftSequenceFile(VISIT, fields=list(FLAT), **more)


for protocol, compression in (("binary", "none"), ("compact", "block")):
    case.add(
        f"fields_come_back_{protocol}_{compression}",
        "thrift's protocols; an absent field with a default reads as it",
        lambda i: Each(i, Identity()),
        i=stored(flat(protocol=protocol, compression=compression), *ROWS),
        sinks=flat(protocol=protocol, compression=compression),
        expected=READ,
        ordered=True,
    )

case.add(
    "only_what_is_needed_is_read",
    "a field that nobody reads changes nothing",
    lambda i: Every(GroupBy(i, Fields("user")), Count()),
    i=stored(flat(), *ROWS, *ROWS),
    expected=[(None, 2), ("", 2), ("Zoë", 2), ("ann", 2)],
    ordered=True,
)
case.add(
    "nested_fields_are_read_by_path",
    "a struct inside that is absent has absent fields",
    lambda i: Each(i, Fields("city"), ExpressionFilter("city == null", str)),
    i=stored(
        ThriftSequenceFile(VISIT, fields=["ms", "place"]),
        (1, PLACE(city="Bonn", floor=2)),
        (2, None),
        (3, PLACE(city="Oslo")),
        reads=ThriftSequenceFile(
            VISIT, fields={"floor": "place.floor", "city": "place.city", "ms": "ms"}
        ),
    ),
    expected=[(2, "Bonn", 1), (None, "Oslo", 3)],
    fields="floor city ms",
    ordered=True,
)
case.add(
    "containers_are_pythons_own",
    "thrift's list and map",
    lambda i: Each(i, Identity()),
    i=stored(
        ThriftSequenceFile(VISIT, fields=["tags", "counts"]), (["a", "b"], {"x": 1}), ([], {})
    ),
    expected=[(["a", "b"], {"x": 1}), ([], {})],
    ordered=True,
)
case.add(
    "rows_are_coerced_to_the_struct",
    "section 2.4: values are coerced to the sink's types",
    lambda i: Each(i, Identity()),
    i=rows("paid user ms kind", ("false", 5, "7", 3.7), (None, None, None, 1)),
    sinks=ThriftSequenceFile(VISIT, fields=["paid", "user", "ms", "kind"]),
    expected=[(False, "5", 7, 3), (None, None, None, 1)],
    ordered=True,
)
case.add(
    "a_row_that_cannot_be_written_is_trapped",
    "section 8.1: a row a sink cannot write is trapped by the tail's trap",
    lambda i: Each(i, Identity()),
    i=rows("user ms", ("a", 1), ("b", "one"), ("c", 3)),
    sinks=ThriftSequenceFile(VISIT, fields=["user", "ms"]),
    expected=[("a", 1), ("c", 3)],
    traps={"i": [("b", "one")]},
)
case.add(
    "a_number_that_does_not_fit_is_trapped",
    "what writes thrift refuses it, in every language",
    lambda i: Each(i, Identity()),
    i=rows("kind ms", (1, 2**63 - 1), (2**31, 1), (1, 2.0**64), (-(2**31), -(2**63))),
    sinks=ThriftSequenceFile(VISIT, fields=["kind", "ms"]),
    expected=[(1, 2**63 - 1), (-(2**31), -(2**63))],
    traps={"i": [(2**31, 1), (1, 2.0**64)]},
)
case.add(
    "a_row_that_cannot_be_written_fails",
    "section 8.1",
    lambda i: Each(i, Identity()),
    i=rows("user ms", ("b", "one")),
    sinks=ThriftSequenceFile(VISIT, fields=["user", "ms"]),
    fails=Fails(RunError, ("Visit.ms", "('b', 'one')"), "run"),
)
case.add(
    "a_field_that_the_struct_has_not_fails",
    "fields are found by name",
    lambda i: Each(i, Identity()),
    i=rows("usr", ("a",)),
    sinks=ThriftSequenceFile(VISIT),
    fails=Fails(PlanError, ("'usr'", "nearest     'user'"), "plan"),
)

BYTES = WritableSequenceFile(Fields("value"), "BytesWritable")


def broken(reads: ThriftSequenceFile) -> Any:
    """Return a file of a good record, one that is cut off, and another good one."""
    good = b"\x0a\0\1" + bytes(7) + b"\5" + b"\0"
    return stored(BYTES, (good,), (good[:6],), (good,), reads=reads)


case.add(
    "a_broken_record_is_trapped_as_it_was_read",
    "section 8.1; elephant-bird goes on behind a bad record",
    lambda i: Each(i, Identity()),
    i=broken(ThriftSequenceFile(VISIT, fields=["ms", "kind"])),
    expected=[(5, 2), (5, 2)],
    traps={"i": [(b"\x0a\0\1\0\0\0",)]},
)
case.add(
    "a_broken_record_fails_whatever_is_read_of_it",
    "section 8.1: which columns are needed does not decide what fails",
    lambda i: Each(i, Fields("user"), Identity()),
    i=broken(ThriftSequenceFile(VISIT, fields=["ms", "user"])),
    fails=Fails(BadRecord, ("no thrift struct Visit", "Visit.ms", "byte"), "run"),
)


@function("user", "city")
def user_and_city(record: ThriftRecord) -> tuple[Any, Any]:
    return record.user, record.place.city if record.place else None


case.add(
    "records_are_objects",
    "a struct as one value, as elephant-bird gives it",
    lambda i: Each(i, Fields("record"), user_and_city),
    i=stored(
        ThriftSequenceFile(VISIT, as_object=True),
        (RECORD(ms=1, user="ann", place=PLACE(city="Bonn")),),
        (RECORD(ms=2),),
    ),
    expected=[("ann", "Bonn"), (None, None)],
    fields="user city",
    ordered=True,
    python_only=True,
)
case.add(
    "records_travel_and_are_written",
    "a struct as one value, as elephant-bird gives it",
    lambda i: Each(
        Every(
            GroupBy(Each(i, Fields("record"), user_and_city, Fields.ALL), Fields("user")), Count()
        ),
        Fields("user", "count"),
        Identity(),
    ),
    i=stored(
        ThriftSequenceFile(VISIT, as_object=True), *[(RECORD(ms=n, user="ann"),) for n in range(9)]
    ),
    expected=[("ann", 9)],
    python_only=True,
)
