"""Joins."""

from __future__ import annotations

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import LeftJoin, OuterJoin, RightJoin
from cascade2spark.scalding.fields import (
    InnerJoinMode,
    InvalidJoinMode,
    OuterJoinMode,
    SkewReplicationA,
    SkewReplicationB,
)
from cascade2spark.types import Long, long_
from tests.conformance.case import Fails, rows
from tests.scalding.fields_case import KV, case

LEFT = rows("id x", (1, "a"), (2, "b"), (2, "c"), (None, "n"))
RIGHT = rows("key y", (2, "B"), (2, "C"), (3, "D"), (None, "N"))
SAME = rows("id y", (2, "B"), (3, "D"), (None, "N"))
INNER = [
    (2, "b", 2, "B"),
    (2, "b", 2, "C"),
    (2, "c", 2, "B"),
    (2, "c", 2, "C"),
    (None, "n", None, "N"),
]

case(
    "join_with_smaller",
    "3.5: inner; 3.6: null equals null in joins",
    lambda i, j: i.join_with_smaller("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
    fields="id x key y",
)
case(
    "join_with_smaller_by_one_name",
    "3.5: the right copies are dropped; 10 row 38",
    lambda i, j: i.join_with_smaller("id", "id", j),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
    fields="id x y",
)
case(
    "join_with_smaller_by_two_names_of_which_one_is_shared",
    "3.5: key names may overlap for inner joins",
    lambda i, j: i.join_with_smaller(("a", "b"), ("b", "c"), j),
    i=rows("a b x", (1, 2, "x"), (1, 3, "y")),
    j=rows("b c y", (1, 2, "Y")),
    expected=[(1, 2, "x", 2, "Y")],
    fields="a b x c y",
)
case(
    "join_with_larger",
    "3.5: swaps sides",
    lambda i, j: i.join_with_larger("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=[(key, y, id_, x) for id_, x, key, y in INNER],
    fields="key y id x",
)
case(
    "join_with_larger_flips_left",
    "3.5: flips Left/Right",
    lambda i, j: i.join_with_larger("id", "key", j, LeftJoin()),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(None, None, 1, "a"), (2, "B", 2, "b")],
)
case(
    "left_join_with_smaller",
    "3.5: this pipe stays whole, missing columns null",
    lambda i, j: i.left_join_with_smaller("id", "key", j),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B")],
)
case(
    "left_join_with_larger",
    "3.5: this pipe stays whole",
    lambda i, j: i.left_join_with_larger("id", "key", j).project("id", "x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None), (2, "b", "B")],
)
case(
    "outer_join_with_smaller",
    "3.5: joiner",
    lambda i, j: i.join_with_smaller("id", "key", j, OuterJoin(), reducers=2),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B"), (None, None, 3, "C")],
)
case(
    "outer_join_by_one_name",
    "3.5: join keys must be disjoint",
    lambda i, j: i.join_with_smaller("id", "id", j, OuterJoin()),
    i=LEFT,
    j=SAME,
    fails=Fails(BuildError, ("join keys must be disjoint", "OuterJoin", "'id'"), at="build"),
)
case(
    "join_of_names_that_clash",
    "3.5: non-key name clashes are planner errors",
    lambda i, j: i.join_with_smaller("id", "key", j),
    i=rows("id x", (1, "a")),
    j=rows("key x", (1, "b")),
    fails=Fails(PlanError, ("'x'",), at="plan"),
)
case(
    "join_of_a_pipe_with_itself",
    "10 row 10: self joins",
    lambda i: i.join_with_smaller("k", "k", i.rename("v", "w")),
    i=KV,
    expected=[("a", 1, 1), ("a", 1, 3), ("a", 3, 1), ("a", 3, 3), ("b", 2, 2)],
)
case(
    "join_of_int_and_double_keys",
    "3.6: Int and Double do not match",
    lambda i, j: i.join_with_smaller("a", "b", j),
    i=rows("a", 1, 2),
    j=rows("b", 1.0, 2),
    expected=[(2, 2)],
)
case(
    "join_of_int_and_long_columns",
    "3.6: joining an int column with a long column works; 10 row 37",
    lambda i, j: i.join_with_smaller("a", "b", j),
    i=rows(Fields("a", long_), 1, 2),
    j=rows(Fields("b", Long), 2),
    expected=[(2, 2)],
)
case(
    "join_with_tiny",
    "3.5: HashJoin",
    lambda i, j: i.join_with_tiny("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
)
case(
    "join_with_tiny_by_one_name",
    "3.5: TinyCollisionJoinTest",
    lambda i, j: i.join_with_tiny("id", "id", j),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
    fields="id x y",
)
case(
    "left_join_with_tiny",
    "3.5: left variant",
    lambda i, j: i.left_join_with_tiny("id", "key", j),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B")],
)
case(
    "left_join_with_tiny_by_one_name",
    "3.5: left variant needs disjoint key names",
    lambda i, j: i.left_join_with_tiny("id", "id", j),
    i=LEFT,
    j=SAME,
    fails=Fails(BuildError, ("join keys must be disjoint",), at="build"),
)
case(
    "cross_with_tiny",
    "3.5: full product",
    lambda i, j: i.cross_with_tiny(j),
    i=rows("a", 1, 2),
    j=rows("b", "x", "y"),
    expected=[(1, "x"), (1, "y"), (2, "x"), (2, "y")],
    fields="a b",
)
case(
    "cross_with_tiny_of_its_own_total",
    "10 row 17: its own total keeps n",
    lambda i: i.cross_with_tiny(i.group_all(lambda g: g.size("n"))),
    i=rows("a", 1, 2),
    expected=[(1, 2), (2, 2)],
)
case(
    "cross_with_smaller",
    "3.5: full product over many reducers",
    lambda i, j: i.cross_with_smaller(j, replication=3),
    i=rows("a", 1, 2, 3),
    j=rows("b", "x", "y"),
    expected=[(1, "x"), (1, "y"), (2, "x"), (2, "y"), (3, "x"), (3, "y")],
    fields="a b",
)
case(
    "block_join_with_smaller",
    "3.5: every matching pair meets exactly once",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 3, 2),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
    fields="id x key y",
)
case(
    "block_join_left",
    "3.5: Left only with leftReplication = 1; 10 row 39",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 3, 1, LeftJoin()).project("x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[("a", None), ("b", "B")],
)
case(
    "block_join_right",
    "3.5: Right only with rightReplication = 1",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 1, 3, RightJoin()).project("x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[("b", "B"), (None, "C")],
)
for _name, _joiner, _right, _left in (
    ("left", LeftJoin, 1, 2),
    ("right", RightJoin, 2, 1),
    ("outer", OuterJoin, 1, 1),
):
    case(
        f"block_join_{_name}_that_would_repeat_rows",
        "3.5: InvalidJoinModeException; 10 row 39",
        lambda i, j, kind=_joiner, right=_right, left=_left: i.block_join_with_smaller(
            "id", "key", j, right, left, kind()
        ),
        i=LEFT,
        j=RIGHT,
        fails=Fails(InvalidJoinMode, ("block_join_with_smaller cannot use",), at="build"),
    )
case(
    "block_join_of_no_replication",
    "3.5: replications must be > 0",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 0),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("at least 1 as its right_replication",), at="build"),
)
case(
    "skew_join_with_smaller",
    "3.5: result equals the inner join; 10 row 40",
    lambda i, j: i.skew_join_with_smaller("id", "key", j, 0.5, 3, SkewReplicationA(2)),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
)
case(
    "skew_join_by_one_name",
    "10 row 40: CollidingKeySkewJoinTest",
    lambda i, j: i.skew_join_with_smaller("id", "id", j, replicator=SkewReplicationB()),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
)
case(
    "skew_join_with_larger",
    "3.5: sides swapped",
    lambda i, j: i.skew_join_with_larger("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=[(key, y, id_, x) for id_, x, key, y in INNER],
)
case(
    "skew_join_rate",
    "3.5: 0 < sampleRate < 1 else assert",
    lambda i, j: i.skew_join_with_smaller("id", "key", j, 1.0),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("rate between 0 and 1",), at="build"),
)
case(
    "co_group_by_star",
    "3.5: n-way star join, each pipe inner or outer",
    lambda i, j, k: i.co_group_by(
        "id", lambda g: g.co_group("jd", j).co_group("kd", k, OuterJoinMode)
    ),
    i=rows("id x", (1, "a"), (2, "b"), (3, "c")),
    j=rows("jd y", (1, "A"), (2, "B")),
    k=rows("kd z", (1, "!"), (4, "?")),
    expected=[(1, "a", 1, "A", 1, "!"), (2, "b", 2, "B", None, None)],
    fields="id x jd y kd z",
)
case(
    "co_group_by_outer_with_a_body",
    "3.5: the body may aggregate",
    lambda i, j: i.co_group_by(
        "id", OuterJoinMode, lambda g: g.co_group("jd", j, InnerJoinMode).size("n").max("y", "m")
    ).project("jd", "n", "m"),
    i=rows("id x", (1, "a"), (1, "b")),
    j=rows("jd y", (1, 5), (2, 6)),
    expected=[(1, 2, 5), (2, 1, 6)],
)
case(
    "co_group_by_of_nothing_else",
    "3.5: coGroupBy joins at least one other",
    lambda i: i.co_group_by("k", lambda g: g.size()),
    i=KV,
    fails=Fails(BuildError, ("co_group_by joins nothing",), at="build"),
)
case(
    "co_group_by_takes_no_sort",
    "3.5: no sortBy inside",
    lambda i, j: i.co_group_by("id", lambda g: g.co_group("key", j).sort_by("x")),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("co_group_by takes no sort_by",), at="build"),
)
