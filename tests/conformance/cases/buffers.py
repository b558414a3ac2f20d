"""Buffers: what each emitted result is put together with. Section 3.5."""

from __future__ import annotations

from cascade2spark.errors import PlanError, RunError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin
from cascade2spark.operations import Count
from cascade2spark.operations.callables import buffer
from cascade2spark.pipes import CoGroup, Every, GroupBy
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import (
    FrameBuffer,
    HalfReadBuffer,
    IdentityBuffer,
    JoinerClosureBuffer,
)

case = Topic("buffers")

EVENTS = rows("k t v", ("a", 3, "x"), ("b", 5, None), ("a", 1, "y"))


@buffer("sum")
def sum_of_times(key, rows):
    found = 0
    for _key, at, _value in rows:
        found += at
    yield found


@buffer("n")
def size(key, rows):
    yield sum(1 for _ in rows)


@buffer("late")
def late(key, rows):
    for _, at, _ in rows:
        if at > 1:
            yield at


@buffer("half")
def halved(key, rows):
    for _key, at, _value in rows:
        yield at / 0


KV = rows("k v", ("a", 1), ("b", 5), ("a", 2))
FRAMES = [
    ("a", None, "header"),
    ("a", 1, "row 1"),
    ("a", 2, "row 2"),
    ("a", None, "footer"),
    ("b", None, "header"),
    ("b", 5, "row 5"),
    ("b", None, "footer"),
]


@case(
    "BufferPipesPlatformTest.testSimpleBuffer: header and footer show the key and nulls",
    i=KV,
    expected=FRAMES,
    fields="k v what",
    ordered=True,
    within=(0,),
    covers=31,
    python_only=True,
)
def header_and_footer_show_the_key_and_nulls(i):
    return Every(GroupBy(i, "k"), "v", FrameBuffer())


@case(
    "section 3.5: set_retain_values keeps the last row's values for footers",
    i=KV,
    expected=[("a", None, "header"), ("a", 2, "footer"), ("b", None, "header"), ("b", 5, "footer")],
    ordered=True,
    within=(0,),
    covers=31,
    python_only=True,
)
def retained_values_show_in_footers(i):
    return Every(GroupBy(i, "k"), "v", FrameBuffer(retain=True, rows=False))


@case(
    "section 3.5: the key may stand anywhere in the row",
    i=rows("v k", (1, "a"), (2, "a")),
    expected=[(None, "a", "header"), (1, "a", "row 1"), (2, "a", "row 2"), (None, "a", "footer")],
    fields="v k what",
    ordered=True,
    within=(1,),
    covers=31,
    python_only=True,
)
def the_pass_through_row_has_the_incoming_order(i):
    return Every(GroupBy(i, "k"), "v", FrameBuffer())


@case(
    "BufferPipesPlatformTest.testSimpleBuffer2: RESULTS",
    i=KV,
    expected=[frame[2] for frame in FRAMES],
    fields="what",
    covers=32,
    python_only=True,
)
def results_only(i):
    return Every(GroupBy(i, "k"), "v", FrameBuffer(), Fields.RESULTS)


@case(
    "BufferPipesPlatformTest.testSimpleBuffer3: an explicit output selector",
    i=KV,
    expected=[(frame[2], frame[0]) for frame in FRAMES],
    fields="what k",
    covers=32,
    python_only=True,
)
def explicit_output(i):
    return Every(GroupBy(i, "k"), "v", FrameBuffer(), Fields("what", "k"))


@case(
    "BufferPipesPlatformTest.testIdentityBuffer: VALUES and REPLACE",
    i=KV,
    expected=[("a", 1), ("a", 2), ("b", 5)],
    fields="k v",
    ordered=True,
    within=(0,),
    covers=33,
    python_only=True,
)
def values_and_replace(i):
    return Every(GroupBy(i, "k"), Fields.VALUES, IdentityBuffer(), Fields.REPLACE)


@case(
    "section 3.5: SWAP of a Buffer's arguments",
    i=KV,
    expected=[("a", 1), ("a", 2), ("b", 5)],
    fields="k w",
    ordered=True,
    within=(0,),
    python_only=True,
)
def swap_of_the_arguments(i):
    return Every(GroupBy(i, "k"), "v", IdentityBuffer(Fields("w")), Fields.SWAP)


@case(
    "section 3.5: leftover rows are skipped by the engine",
    i=rows("k v", *[(k, n) for k in "abc" for n in range(5)]),
    expected=[("a", 2), ("b", 2), ("c", 2)],
    fields="k n",
    ordered=True,
    python_only=True,
)
def half_read_groups(i):
    return Every(GroupBy(i, "k"), "v", HalfReadBuffer("n", 2), Fields("k", "n"))


@case(
    "section 3.5: leftover rows are skipped by the engine, unread groups too",
    i=KV,
    expected=[("a", 0), ("b", 0)],
    ordered=True,
    python_only=True,
)
def unread_groups(i):
    return Every(GroupBy(i, "k"), "v", HalfReadBuffer("n", 0), Fields("k", "n"))


@buffer("first", "rows")
def summary(key, values):
    held = list(values)
    yield held[0][0], len(held)


@case(
    "design, section 3: a buffer of (key, rows)",
    i=KV,
    expected=[("a", 1, 2), ("b", 5, 1)],
    ordered=True,
    python_only=True,
)
def a_buffer_made_from_a_generator(i):
    return Every(GroupBy(i, "k"), "v", summary, Fields("k", "first", "rows"))


@case("section 3.5: a Buffer over one group of everything", i=KV, expected=[3], python_only=True)
def a_buffer_over_group_none(i):
    return Every(GroupBy(i, Fields.NONE), "v", HalfReadBuffer("n", 9), Fields.RESULTS)


LHS = rows("k x", (1, "a"), (1, "b"), (2, "c"))
RHS = rows("j y", (1, "A"), (1, "B"), (3, "D"))


@case(
    "BufferPipesPlatformTest.testJoinerClosure",
    lhs=LHS,
    rhs=RHS,
    expected=[("a", "A", 2, 2), ("a", "B", 2, 2), ("b", "A", 2, 2), ("b", "B", 2, 2)],
    covers=34,
    python_only=True,
)
def joiner_closure(lhs, rhs):
    joined = CoGroup(lhs, "k", rhs, "j", BufferJoin())
    return Every(joined, JoinerClosureBuffer(("x", "y", "n", "sides")), Fields.RESULTS)


@case(
    "BufferPipesPlatformTest.testJoinerClosureFail",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(PlanError, ("NONE",), "plan"),
    covers=34,
)
def an_aggregator_after_buffer_join_is_refused(lhs, rhs):
    return Every(CoGroup(lhs, "k", rhs, "j", BufferJoin()), Count())


@case(
    "section 3.6: declared NONE is BufferJoin mode",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(PlanError, ("NONE",), "plan"),
    covers=34,
)
def an_aggregator_after_declared_none_is_refused(lhs, rhs):
    return Every(CoGroup(lhs, "k", rhs, "j", Fields.NONE), Count())


@buffer("w")
def rows_for_values(key, rows):
    yield from rows


@case(
    "one field is declared, so that what is yielded is one value: a row of one is not",
    # One group, so that it is known which row fails first, on any number of partitions.
    i=rows("k v", ("a", 1), ("a", 2)),
    fails=Fails(
        TupleError, ("a tuple of 1 where one value is declared", "(1,)", "rows_for_values")
    ),
    python_only=True,
)
def a_row_of_one_is_not_a_value(i):
    return Every(GroupBy(i, "k"), "v", rows_for_values)


for _name, _output, _expected, _operation in (
    ("key", Fields("k", "sum"), [("a", 4), ("b", 5)], sum_of_times),
    ("results", Fields.RESULTS, [4, 5], sum_of_times),
    ("size", Fields("k", "n"), [("a", 2), ("b", 1)], size),
    ("read", Fields("late", "t"), [(3, 3), (5, 5)], late),
    ("unread", Fields("k", "late", "v"), [("a", 3, "x"), ("b", 5, None)], late),
    ("all", Fields.ALL, [("a", 3, "x", 3), ("b", 5, None, 5)], late),
):
    case.add(
        f"what_a_function_does_not_look_at_passes_as_it_is_{_name}",
        "section 3.5: a Buffer's results are put together with the row it stands on",
        lambda i, operation=_operation, output=_output: Every(
            GroupBy(i, "k", "t"), Fields.ALL, operation, output
        ),
        i=EVENTS,
        expected=_expected,
        covers=32,
        python_only=True,
    )


@case(
    "design, section 2: an error shows the row that was given",
    i=rows("k t v", ("a", 3, "x")),
    fails=Fails(RunError, ("halved",), cause=ZeroDivisionError),
    python_only=True,
)
def a_function_that_fails_on_what_it_reads_says_so(i):
    return Every(GroupBy(i, "k"), Fields.ALL, halved, Fields("k", "half"))


@case(
    "section 8.1: a trap takes the arguments whole, whatever the function looks at",
    i=rows("k t v", ("a", 3, "x"), ("b", 5, None)),
    expected=[],
    traps={"i": [("a", 3, "x"), ("b", 5, None)]},
    python_only=True,
)
def a_trapped_row_is_whole(i):
    return Every(GroupBy(i, "k"), Fields.ALL, halved, Fields("k", "half"))
