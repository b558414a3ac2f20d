"""Overloads: every constructor order of Java's pipes, told apart by type alone."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin
from cascade2spark.operations.base import AssertionLevel, BaseOperation, DebugLevel, Filter
from cascade2spark.operations.callables import aggregator, function
from cascade2spark.overloads import is_fields_like
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe

length = function("length")(len)
count = aggregator("count", zero=0, step=lambda n: n + 1)
LEFT, RIGHT = Pipe("left"), Pipe("right")
NONE = Fields.NONE


class AnyFilter(BaseOperation, Filter):
    """Removes nothing."""

    def is_remove(self, flow_process: Any, call: Any) -> bool:
        return False


@pytest.mark.parametrize(
    ("name", "arguments", "output", "pipe"),
    [
        ("left", Fields.ALL, Fields.RESULTS, Each(LEFT, length)),
        ("left", Fields("a"), Fields.RESULTS, Each(LEFT, "a", length)),
        ("left", Fields("a"), Fields.ALL, Each(LEFT, Fields("a"), length, Fields.ALL)),
        ("left", Fields.ALL, Fields("a", "length"), Each(LEFT, length, ("a", "length"))),
        ("left", Fields(0), Fields.SWAP, Each(LEFT, 0, length, Fields.SWAP)),
        ("words", Fields("a"), Fields.RESULTS, Each("words", "a", length)),
        ("left", Fields("a"), Fields.ALL, LEFT.each("a", operation=length, output=Fields.ALL)),
        ("left", Fields("a"), None, LEFT.keep("a", bool)),
        ("left", Fields.ALL, None, LEFT.remove(bool)),
    ],
)
def test_each(name: Any, arguments: Any, output: Any, pipe: Each) -> None:
    assert (name, arguments, output) == (pipe.name, pipe.arguments, pipe.output)


def test_a_level_may_come_before_the_operation() -> None:
    assert DebugLevel.VERBOSE is Each(LEFT, DebugLevel.VERBOSE, AnyFilter()).level
    assert AssertionLevel.VALID is Each(LEFT, "a", AssertionLevel.VALID, AnyFilter()).level


def test_every_gives_all_by_default() -> None:
    pipe = Every(GroupBy(LEFT, "a"), Fields("b"), count)
    assert (Fields("b"), Fields.ALL) == (pipe.arguments, pipe.output)


@pytest.mark.parametrize(
    ("name", "group", "sort", "is_reverse", "pipe"),
    [
        ("left", Fields.ALL, None, False, GroupBy(LEFT)),
        ("left", Fields("a"), None, False, GroupBy(LEFT, "a")),
        ("left", Fields("a", "b"), None, False, GroupBy(LEFT, ("a", "b"))),
        ("left", Fields("a"), Fields("b"), False, GroupBy(LEFT, "a", "b")),
        ("left", Fields("a"), Fields("b"), True, GroupBy(LEFT, "a", "b", True)),
        ("left", Fields("a"), None, True, GroupBy(LEFT, Fields("a"), True)),
        ("by a", Fields("a"), Fields("b"), True, GroupBy("by a", LEFT, "a", "b", True)),
        ("left+right", Fields.FIRST, None, False, GroupBy([LEFT, RIGHT])),
        ("left+right", Fields("a"), None, False, GroupBy(LEFT, RIGHT, Fields("a"))),
        ("both", Fields("a"), Fields("b"), False, GroupBy("both", [LEFT, RIGHT], "a", "b")),
        ("left", Fields("a"), Fields("b"), True, LEFT.group_by("a", sort="b", reverse=True)),
        ("left", Fields.NONE, None, False, GroupBy(LEFT, Fields.NONE)),
    ],
)
def test_group_by(name: Any, group: Any, sort: Any, is_reverse: Any, pipe: GroupBy) -> None:
    assert (name, group, sort, is_reverse) == (pipe.name, pipe.group, pipe.sort, pipe.reverse)


AB = (Fields("a"), Fields("b"))


@pytest.mark.parametrize(
    ("name", "keys", "declared", "group", "joiner", "pipe"),
    [
        ("left*right", AB, None, None, InnerJoin, CoGroup(LEFT, "a", RIGHT, "b")),
        (
            "j", AB, Fields("x"), None, LeftJoin,
            CoGroup("j", LEFT, "a", RIGHT, "b", "x", LeftJoin()),
        ),
        ("left*right", AB, None, None, LeftJoin, CoGroup(LEFT, "a", RIGHT, "b", LeftJoin())),
        (
            "left*right", AB, Fields("x"), Fields("k", "l"), InnerJoin,
            CoGroup(LEFT, "a", RIGHT, "b", "x", ("k", "l")),
        ),
        ("left*right", AB, None, None, InnerJoin, CoGroup([LEFT, RIGHT], [AB[0], AB[1]])),
        ("left*right", AB, None, None, InnerJoin, CoGroup(pipes=[LEFT, RIGHT], keys=["a", "b"])),
        ("left*right", (Fields.FIRST,) * 2, None, None, InnerJoin, CoGroup(LEFT, RIGHT)),
        ("left", AB[:1], Fields("x", "y"), None, InnerJoin, CoGroup(LEFT, "a", 1, ("x", "y"))),
    ],
)  # fmt: skip
def test_co_group(name: Any, keys: Any, declared: Any, group: Any, joiner: Any, pipe: Any) -> None:
    assert (name, keys) == (pipe.name, pipe.keys)
    assert (declared, group, joiner) == (pipe.declared, pipe.result_group, type(pipe.joiner))


def test_hash_join_and_merge() -> None:
    joined = HashJoin("j", LEFT, "a", RIGHT, "b", Fields("x", "y"), LeftJoin())
    assert ("j", AB, Fields("x", "y")) == (joined.name, joined.keys, joined.declared)
    assert "left+right" == Merge(LEFT, RIGHT).name
    assert ("all", 2) == ((merged := Merge("all", [LEFT, RIGHT])).name, len(merged.previous))


def test_a_joiner_may_carry_the_declaration() -> None:
    assert Fields("x") == CoGroup(LEFT, "a", RIGHT, "b", InnerJoin(Fields("x"))).declared


@pytest.mark.parametrize(
    "build",
    [
        lambda: Each(LEFT),
        lambda: Each(length),
        lambda: Each(LEFT, "a", length, "b", "c"),
        lambda: Each(LEFT, length, length),
        lambda: GroupBy("only a name"),
        lambda: GroupBy(LEFT, "a", "b", "c"),
        lambda: GroupBy(LEFT, InnerJoin()),
        lambda: CoGroup(LEFT, "a", RIGHT, "b", object()),
        lambda: CoGroup([LEFT, RIGHT], [AB[0]]),
        lambda: Merge(LEFT, "a"),
    ],
)
def test_what_has_no_place_is_refused_with_the_accepted_forms(build: Any) -> None:
    with pytest.raises(BuildError, match=r"cannot be built: [\s\S]*accepted"):
        build()


def test_what_stands_for_fields() -> None:
    given = [Fields("a"), "a", 0, ("a", 1), ["a"], True, None, ("a", None), InnerJoin()]
    assert [True] * 5 + [False] * 4 == [is_fields_like(one) for one in given]
