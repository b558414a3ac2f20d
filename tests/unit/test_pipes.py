"""Pipes: names, identity, what is refused while building, assemblies."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, MixedJoin
from cascade2spark.operations.base import AssertionLevel, BaseOperation, ValueAssertion
from cascade2spark.operations.callables import aggregator, function
from cascade2spark.pipes import (
    Checkpoint,
    CoGroup,
    ConfigDef,
    Each,
    Every,
    GroupBy,
    HashJoin,
    Merge,
    Pipe,
    SubAssembly,
    pipes,
)

length = function("length")(len)
count = aggregator("count", zero=0, step=lambda n: n + 1)


class Holds(BaseOperation, ValueAssertion):
    """Always holds."""


class Split(SubAssembly):
    """Two tails."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.limit = 3
        self.set_tails(Pipe("one", pipe), Pipe("two", pipe))


class Shout(SubAssembly):
    """One tail."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.set_tails(Pipe("loud", Each(pipe, length)))


def test_names_are_inherited_until_they_are_given_anew() -> None:
    pipe = Each(Pipe("logs"), length)
    renamed = Pipe("words", pipe)
    names = [one.get_name() for one in (pipe, renamed, Pipe(renamed))]
    assert ["logs", "words", "words"] == names


def test_a_pipe_is_equal_to_itself_only_and_cannot_change() -> None:
    pipe = Pipe("logs")
    assert pipe != Pipe("logs")
    assert len({pipe, pipe, Pipe("logs")}) == 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        pipe.name = "other"  # type: ignore[misc]


def test_the_origin_is_the_line_that_built_the_pipe() -> None:
    origin = Each(Pipe("logs"), length).origin
    assert origin.file == __file__
    assert origin.function == "test_the_origin_is_the_line_that_built_the_pipe"


def test_heads_are_found_once_and_from_the_left() -> None:
    left, right = Pipe("left"), Pipe("right")
    joined = CoGroup(Each(left, length), 0, Pipe("again", right), 0)
    merged = Merge(joined, Pipe("l", left))
    assert ["left", "right"] == [head.name for head in merged.get_heads()]


def test_fluent_methods_build_what_the_classes_build() -> None:
    pipe = Pipe("a")
    built = [
        pipe.each("x", length),
        pipe.group_by("x"),
        pipe.group_by("x").every("y", count),
        pipe.co_group("x", Pipe("b"), "y"),
        pipe.hash_join("x", Pipe("b"), "y"),
        pipe.merge(Pipe("b")),
        pipe.checkpoint("c"),
        pipe.named("n"),
    ]
    kinds = [Each, GroupBy, Every, CoGroup, HashJoin, Merge, Checkpoint, Pipe]
    assert kinds == [type(one) for one in built]
    assert "loud" == pipe.then(Shout).name


@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("needs a name", lambda pipe: Pipe()),
        ("takes a name, a pipe, or both", lambda pipe: Pipe("a", pipe, pipe)),
        ("needs a Function", lambda pipe: Each(pipe, count)),
        ("needs a Function", lambda pipe: Each(pipe, len)),
        ("pass an instance", lambda pipe: Each(pipe, Holds)),
        ("needs the level", lambda pipe: Each(pipe, Holds())),
        ("needs the level", lambda pipe: Each(pipe, AssertionLevel.NONE, Holds())),
        ("ARGS cannot be the argument", lambda pipe: Each(pipe, Fields.ARGS, length)),
        ("NONE cannot be the output", lambda pipe: Each(pipe, length, Fields.NONE)),
        (
            "RESULTS cannot be the declaration",
            lambda pipe: Each(pipe, function(Fields.RESULTS)(len)),
        ),
        ("needs an Aggregator", lambda pipe: Every(GroupBy(pipe, "a"), length)),
        ("needs a group to work on", lambda pipe: Every("name", count)),
        ("at least 1", lambda pipe: GroupBy(pipe, "a", partitions=0)),
        ("keys of different sizes", lambda pipe: CoGroup(pipe, "a", Pipe("b"), ("c", "d"))),
        ("at least two sides", lambda pipe: CoGroup(pipe, "a")),
        (
            "has 2 sides, MixedJoin joins 3",
            lambda pipe: CoGroup(pipe, "a", Pipe("b"), "c", MixedJoin([True, False, True])),
        ),
        ("branches of one name", lambda pipe: HashJoin(pipe, "a", Each(pipe, length), "b")),
        ("with itself on different keys", lambda pipe: CoGroup(pipe, "a", pipe, "b")),
        (
            "must name 2",
            lambda pipe: CoGroup(pipe, "a", Pipe("b"), "c", Fields("x", "y"), Fields("k")),
        ),
        (
            "cannot use BufferJoin",
            lambda pipe: HashJoin(pipe, "a", Pipe("b"), "c", BufferJoin()),
        ),
        ("merges the same pipe with itself", lambda pipe: Merge(pipe, Pipe("again", pipe))),
        ("optional name and one pipe", lambda pipe: Checkpoint("name")),
        ("has 2 tails", lambda pipe: Pipe("more", Split(pipe))),
    ],
)
def test_what_is_refused_while_building(said: str, build: Any) -> None:
    with pytest.raises(BuildError, match=said):
        build(Pipe("logs"))


def test_one_pipe_on_both_sides_is_a_self_join() -> None:
    pipe = Pipe("a")
    assert CoGroup(pipe, "k", Pipe("again", pipe), "k").is_self_join()
    assert CoGroup(pipe, "k", 1, Fields("x", "y"), Fields("k")).is_self_join()
    assert not CoGroup(pipe, "k", Pipe("b"), "k").is_self_join()


def test_an_assembly_stands_for_its_one_tail() -> None:
    grown = Each(Shout(Pipe("a")), length)
    assert ("loud", "Shout") == (grown.name, grown.previous[0].made_by)
    assert grown.made_by is None


def test_an_assembly_with_several_tails_names_them_and_keeps_attributes() -> None:
    split = Split(Pipe("a"))
    assert (["one", "two"], "one+two", 3) == (split.get_tail_names(), split.name, split.limit)


def test_an_assembly_says_what_is_missing_or_twice() -> None:
    class Unfinished(SubAssembly):
        def __init__(self, pipe: Pipe) -> None:
            super().__init__(pipe)

    class Twice(Shout):
        def __init__(self, pipe: Pipe) -> None:
            super().__init__(pipe)
            self.set_tails(pipe)

    with pytest.raises(BuildError, match="before its tails are set"):
        Each(Unfinished(Pipe("a")), length)
    with pytest.raises(BuildError, match="already has its tails"):
        Twice(Pipe("a"))
    with pytest.raises(BuildError, match="already has its previous"):
        Shout(Pipe("a")).set_previous(Pipe("b"))


def test_properties_of_a_pipe_are_applied_in_order() -> None:
    config = ConfigDef().set_property("a", 1).set_property("DEFAULT", "a", 2)
    config.set_property("UPDATE", "list", "x").set_property("UPDATE", "list", "y")
    assert {"a": 1, "list": "x,y", "own": 0} == config.apply_to({"own": 0})
    with pytest.raises(BuildError, match="one of three"):
        config.set_property("APPEND", "a", 1)


def test_pipes_makes_a_list() -> None:
    left, right = Pipe("a"), Pipe("b")
    assert [left, right] == pipes(left, right)
