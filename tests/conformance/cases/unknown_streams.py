"""Streams of unknown fields: section 1.5."""

from __future__ import annotations

from cascade2spark.errors import FieldNotFound, PlanError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.joiners import OuterJoin
from cascade2spark.operations import Count, Identity, Insert, RegexSplitter
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import FrameBuffer

case = Topic("unknown_streams")

TEXT = rows("a line", (1, "q r s"), (2, "t u"))
RAGGED = rows("line", "x 1", "y 2 3", "x 4 5 6")


def split(pipe):
    return Each(pipe, "line", RegexSplitter(" "))


@case(
    "section 1.5: ALL with an UNKNOWN part puts the raw tuples together",
    i=TEXT,
    expected=[(1, "q r s", "q", "r", "s"), (2, "t u", "t", "u")],
)
def all_with_unknown_results(i):
    return Each(i, "line", RegexSplitter(" "), Fields.ALL)


@case(
    "section 1.5: positions resolve against each tuple's own width; "
    "RegressionPipesPlatformTest.testVarWidth",
    i=RAGGED,
    expected=[("x", "1", "1"), ("y", "2", "3"), ("x", "4", "6")],
    covers=41,
)
def positions_from_both_ends(i):
    return Each(split(i), Fields(0, 1, -1), Identity(Fields("a", "b", "z")))


@case(
    "section 1.5: a position past the end fails that row",
    i=RAGGED,
    fails=Fails(TupleError),
    covers=41,
)
def a_position_past_the_end_fails(i):
    return Each(split(i), Fields(0, 2), Identity())


@case(
    "section 1.5: a position past the end fails that row, so a trap takes it",
    i=RAGGED,
    expected=[("y", "3"), ("x", "5")],
    traps={"i": [("x", "1")]},
    covers=41,
    differs="A row that lacks an argument",
)
def a_position_past_the_end_is_trapped(i):
    return Each(split(i), Fields(0, 2), Identity(Fields("a", "b")))


@case(
    "section 1.5: selecting a name plans and fails at run time",
    i=RAGGED,
    fails=Fails(TupleError, ("'word'",), cause=FieldNotFound),
    covers=43,
)
def a_name_fails_at_run_time(i):
    return Each(split(i), Fields("word"), Identity())


@case(
    "section 1.5: REPLACE on UNKNOWN incoming works by position; "
    "RegressionPipesPlatformTest.testUnknownReplace",
    i=RAGGED,
    expected=[("n", "1"), ("n", "2", "3"), ("n", "4", "5", "6")],
    covers=40,
)
def replace_by_position(i):
    return Each(split(i), Fields(0), Insert(Fields(0), "n"), Fields.REPLACE)


REPLACED = "section 1.5; Cascading 4.5 gives these rows: a position declared is a place of the row"


@case(
    REPLACED,
    i=RAGGED,
    expected=[("n", "1"), ("n", "2", "3"), ("n", "4", "5", "6")],
)
def replace_writes_to_the_place_that_is_declared(i):
    return Each(split(i), Fields(-1), Insert(Fields(0), "n"), Fields.REPLACE)


@case(
    REPLACED,
    i=RAGGED,
    expected=[("n", "m"), ("n", "m", "3"), ("n", "m", "5", "6")],
)
def replace_writes_to_the_places_that_are_declared(i):
    return Each(split(i), Fields(1, 0), Insert(Fields(0, 1), "n", "m"), Fields.REPLACE)


@case(
    REPLACED,
    i=rows("line", "x 1 5", "y 2 6"),
    expected=[("n", "1", "5"), ("n", "2", "6")],
)
def replace_writes_to_the_place_that_is_declared_among_nameless_fields(i):
    nameless = Each(i, "line", RegexSplitter(Fields.size(3), " "))
    return Each(nameless, Fields(-1), Insert(Fields(0), "n"), Fields.REPLACE)


@case(
    "section 1.5: with ARGS each result is for its own argument",
    i=RAGGED,
    expected=[("x", "1"), ("y", "2", "3"), ("x", "4", "5", "6")],
)
def replace_with_args_out_of_order(i):
    return Each(split(i), Fields(1, 0), Identity(), Fields.REPLACE)


@case(
    "section 1.5: REPLACE on UNKNOWN incoming works with ARGS; "
    "RegressionPipesPlatformTest.testUnknownReplace",
    i=RAGGED,
    expected=[("x", "1"), ("y", "2", "3"), ("x", "4", "5", "6")],
    covers=40,
    differs="All fields of an UNKNOWN stream",
)
def replace_with_args(i):
    return Each(split(i), Fields.ALL, Identity(), Fields.REPLACE)


@case(
    "section 1.5: GroupBy may key on positions",
    i=RAGGED,
    expected=[("x", 2), ("y", 1)],
    ordered=True,
)
def group_by_position(i):
    return Every(GroupBy(split(i), Fields(0)), Count())


@case(
    "section 1.5: keys from the end, with rows of differing width",
    i=rows("line", "p k1 x", "k1 y", "r s k2 x"),
    expected=[("k1", 2), ("k2", 1)],
)
def group_by_position_from_the_end(i):
    return Every(GroupBy(split(i), Fields(-2)), Count())


@case(
    "section 1.5 and 3.3; RegressionPipesPlatformTest.testGroupNoneSortUnknown",
    i=RAGGED,
    expected=[("x", "1"), ("y", "2", "3"), ("x", "4", "5", "6")],
    ordered=True,
    covers=23,
)
def group_none_sorted_by_position(i):
    return GroupBy(split(i), Fields.NONE, Fields(1))


@case(
    "section 1.5: joins by position; CoGroupFieldedPipesPlatformTest.testCoGroupWithUnknowns",
    lhs=rows("line", "1 a", "2 b"),
    rhs=rows("line", "1 A x", "3 C"),
    expected=[("1", "a", "1", "A", "x")],
    covers=10,
)
def co_group_by_position(lhs, rhs):
    return CoGroup(split(lhs), Fields(0), split(rhs), Fields(0))


@case(
    "section 1.5; BasicPipesPlatformTest.testCoGroupRelativeUnknown",
    lhs=rows("line", "a 1", "b 2"),
    rhs=rows("line", "A x 1", "C 3"),
    expected=[("a", "1", "A", "x", "1")],
    covers=10,
)
def co_group_by_position_from_the_end(lhs, rhs):
    return CoGroup(split(lhs), Fields(-1), split(rhs), Fields(-1))


@case(
    "section 1.5: field counts are not checked when a side is UNKNOWN",
    lhs=rows("line", "1 a", "2 b"),
    rhs=rows("line", "1 A"),
    expected=[("1", "a", "1", "A")],
    fields="n l m u",
    covers=10,
    differs="A join of two UNKNOWN streams",
)
def declared_fields_over_unknown_sides(lhs, rhs):
    return CoGroup(split(lhs), Fields(0), split(rhs), Fields(0), Fields("n", "l", "m", "u"))


@case(
    "section 1.5: HashJoin by position",
    lhs=rows("line", "1 a", "2 b"),
    rhs=rows("line", "1 A"),
    expected=[("1", "a", "1", "A")],
)
def hash_join_by_position(lhs, rhs):
    return HashJoin(split(lhs), Fields(0), split(rhs), Fields(0))


@case(
    "section 4: null-filling has the width of the missing side's value fields",
    lhs=rows("n l", ("1", "a")),
    rhs=rows("line", "1 A", "3 C"),
    expected=[("1", "a", "1", "A"), (None, None, "3", "C")],
    covers=10,
)
def outer_join_fills_the_known_side(lhs, rhs):
    return CoGroup(lhs, Fields("n"), split(rhs), Fields(0), OuterJoin())


@case(
    "section 2.5: UNKNOWN takes results of any width",
    i=rows("line", "a", "b c", ""),
    expected=[("a",), ("b", "c"), ("",)],
)
def results_of_any_width(i):
    return split(i)


@case(
    "section 1.2: VALUES are the current fields without the last grouping's; our own refusal",
    i=RAGGED,
    fails=Fails(PlanError, ("no group", "take Fields.ALL"), "plan"),
    differs="VALUES of an UNKNOWN stream without a group are refused.",
)
def values_without_a_group_are_refused(i):
    return Each(split(i), Fields.VALUES, Identity(Fields.UNKNOWN))


PLACES = rows(Fields.size(3), (5, "k", 1), (6, "k", 2), (7, "q", 3))


@case(
    "section 3.5: header and footer show the key and nulls; a key by position keeps its place",
    i=PLACES,
    expected=[
        (None, "k", None, "header"),
        (5, "k", 1, "row 1"),
        (6, "k", 2, "row 2"),
        (None, "k", None, "footer"),
        (None, "q", None, "header"),
        (7, "q", 3, "row 3"),
        (None, "q", None, "footer"),
    ],
    ordered=True,
    within=(1,),
    python_only=True,
)
def the_key_of_a_stream_of_positions_keeps_its_place(i):
    return Every(GroupBy(i, Fields(1)), Fields(2), FrameBuffer())


@case(
    "section 3.5: the same for several keys, and from the end",
    i=PLACES,
    expected=[
        (5, None, 1, "header"),
        (5, "k", 1, "row k"),
        (5, None, 1, "footer"),
        (6, None, 2, "header"),
        (6, "k", 2, "row k"),
        (6, None, 2, "footer"),
        (7, None, 3, "header"),
        (7, "q", 3, "row q"),
        (7, None, 3, "footer"),
    ],
    ordered=True,
    within=(0,),
    python_only=True,
)
def keys_of_a_stream_of_positions_keep_their_places(i):
    return Every(GroupBy(i, Fields(-1, 0)), Fields(1), FrameBuffer())
