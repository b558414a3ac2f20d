"""Assemblies: constructor orders, outgoing fields, and rows on the local engine."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    Coerce,
    Copy,
    CountBy,
    Discard,
    FirstBy,
    Include,
    MaxBy,
    MinBy,
    Rename,
    Retain,
    SumBy,
    Unique,
)
from cascade2spark.comparators import reverse_order
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.pipes import Pipe, SubAssembly
from cascade2spark.planner.steps import Group
from cascade2spark.types import Integer, Long, int_
from tests.planning import planned, rows_of, run

ABC = {"in": (Fields("a", "b", "c"), [(1, "2", "x"), (3, "4", "y")])}
KV = Fields("k", "v")
PAIRS = [("b", 1), ("a", None), ("a", 2), ("b", None), ("a", 5), ("c", None)]


def shaped(assembly: Any, *arguments: Any) -> tuple[list[Any], list[Any]]:
    flow = planned(Pipe("in").then(assembly, *arguments), ABC)
    return list(flow.nodes[-1].fields), run(flow.steps).rows["in"]


@pytest.mark.parametrize(
    ("names", "rows", "assembly", "arguments"),
    [
        (["c", "a"], [("x", 1), ("y", 3)], Retain, [("c", "a")]),
        (["c", "a"], [("x", 1), ("y", 3)], Retain, ["c", "a"]),
        (["a", "c"], [(1, "x"), (3, "y")], Discard, ["b"]),
        (["b", "c", "z"], [("2", "x", 1), ("4", "y", 3)], Rename, ["a", "z"]),
        (["x", "y", "z"], [(1, "2", "x"), (3, "4", "y")], Rename, [Fields.ALL, ("x", "y", "z")]),
        (["a", "b", "c", "z"], [(1, "2", "x", 1), (3, "4", "y", 3)], Copy, ["a", "z"]),
        (["a", "b", "c"], [(1, 2, "x"), (3, 4, "y")], Coerce, ["b", int]),
        (["a", "b", "c"], [("1", 2, "x"), ("3", 4, "y")], Coerce, [str, int, str]),
        (["a", "b", "c"], [(1, 2, "x"), (3, 4, "y")], Coerce, [Fields("b", int)]),
    ],
)
def test_shaping(names: Any, rows: Any, assembly: Any, arguments: Any) -> None:
    assert (names, rows) == shaped(assembly, *arguments)


def test_only_typed_fields_make_types_known_to_the_plan() -> None:
    typed = {"in": (Fields(["a", "b"], [str, str]), [("1", "2")])}
    known = planned(Pipe("in").then(Coerce, Fields("b", int)), typed)
    lost = planned(Pipe("in").then(Coerce, "b", int), typed)
    assert Fields(["a", "b"], [str, int]).get_types() == known.nodes[-1].fields.get_types()
    assert None is lost.nodes[-1].fields.get_types()


@pytest.mark.parametrize(
    "build",
    [
        lambda pipe: Rename(pipe, ("a", "b"), "x"),
        lambda pipe: Rename(pipe, "a", Fields.ALL),
        lambda pipe: Copy(pipe, "a", ("x", "y")),
        lambda pipe: Coerce(pipe, "a"),
        lambda pipe: Coerce(pipe, ("a", "b"), int),
        lambda pipe: Coerce(pipe),
        lambda pipe: Coerce(pipe, int, "a"),
        lambda pipe: Retain(pipe),
        lambda pipe: SumBy(pipe, "k", "v", "sum"),
        lambda pipe: SumBy(pipe, "k", "v", ("a", "b"), int),
        lambda pipe: CountBy(pipe, "k"),
        lambda pipe: AverageBy(pipe, "k", "v", "a", Include.ONLY_NULLS),
        lambda pipe: FirstBy(pipe, "k", "v", ("a", "b")),
        lambda pipe: AggregateBy(pipe, "k"),
        lambda pipe: AggregateBy(pipe, "k", CountBy(pipe, "k", "n")),
        lambda pipe: Unique(pipe),
        lambda pipe: Unique(pipe, "k", object()),
    ],
)
def test_what_does_not_fit_is_refused_while_building(build: Any) -> None:
    with pytest.raises(BuildError):
        build(Pipe("in"))


def by_key(assembly: Any, *arguments: Any, rows: Any = PAIRS, **named: Any) -> list[Any]:
    return rows_of(Pipe("in").then(assembly, "k", *arguments, **named), {"in": (KV, rows)})


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ([("a", 3), ("b", 2), ("c", 1)], [CountBy, "n"]),
        ([("a", 3), ("b", 2), ("c", 1)], [CountBy, "v", "n"]),
        ([("a", 2), ("b", 1), ("c", 0)], [CountBy, "v", "n", Include.NO_NULLS]),
        ([("a", 1), ("b", 1), ("c", 1)], [CountBy, "v", "n", Include.ONLY_NULLS]),
        ([("a", 7), ("b", 1), ("c", None)], [SumBy, "v", "n", Long]),
        ([("a", 7), ("b", 1), ("c", 0)], [SumBy, "v", "n", int_]),
        ([("a", 7.0), ("b", 1.0), ("c", None)], [SumBy, "v", Fields("n", float)]),
        ([("a", 7 / 3), ("b", 0.5), ("c", 0.0)], [AverageBy, "v", "n"]),
        ([("a", 3.5), ("b", 1.0), ("c", None)], [AverageBy, "v", "n", Include.NO_NULLS]),
        ([("a", 3), ("b", 1), ("c", None)], [AverageBy, "v", Fields("n", int), Include.NO_NULLS]),
        ([("a", 2), ("b", 1), ("c", None)], [MinBy, "v", "n"]),
        ([("a", 5), ("b", 1), ("c", None)], [MaxBy, "v", "n"]),
        ([("a", None), ("b", 1), ("c", None)], [FirstBy, "v"]),
        ([("a", None), ("b", 1), ("c", None)], [FirstBy, "v", "n"]),
    ],
)
def test_aggregation_by_key(expected: Any, arguments: Any) -> None:
    assert expected == by_key(*arguments)


def test_result_is_named_and_the_types_of_sums_are_known() -> None:
    flow = planned(Pipe("in").then(SumBy, "k", "v", "sum", Long), {"in": (KV, PAIRS)})
    assert ["k", "sum"] == list(flow.nodes[-1].fields)


def test_whole_numbers_are_summed_exactly() -> None:
    large = 2**60 + 1
    assert [("a", 2 * large)] == by_key(SumBy, "v", "n", Long, rows=[("a", large)] * 2)


def test_a_sum_that_its_type_cannot_hold_is_an_error() -> None:
    pipe = Pipe("in").then(SumBy, "k", "v", "n", Integer)
    outcome = run(planned(pipe, {"in": (KV, [("a", 2**31 - 1), ("a", 1)])}).steps)
    assert "a sum does not fit Integer" in str(outcome.error)


def test_texts_are_summed_as_numbers() -> None:
    assert [("a", 3.5)] == by_key(SumBy, "v", "n", float, rows=[("a", "1.5"), ("a", 2)])


def test_parts_share_one_pass() -> None:
    pipe = AggregateBy(
        Pipe("in"), Fields("k"), 500, SumBy("v", "sum", Long), CountBy("n"), MaxBy("v", "max")
    )
    flow = planned(pipe, {"in": (KV, PAIRS)})
    (group,) = (step for step in flow.steps.steps if isinstance(step, Group))
    assert group.is_partial
    assert group.capacity == 500
    assert [("a", 7, 3, 5), ("b", 1, 2, 1), ("c", None, 1, None)] == run(flow.steps).rows["in"]


def test_several_pipes_are_merged() -> None:
    sources = {"in": (KV, [("a", 1)]), "more": (Fields("v", "k"), [(2, "a")])}
    pipe = SumBy("all", [Pipe("in"), Pipe("more")], "k", "v", "sum", Long)
    assert [("a", 3)] == rows_of(pipe, sources)


def test_first_is_the_least_where_the_values_have_a_comparator() -> None:
    values = Fields("v")
    values.set_comparators(reverse_order())
    assert [("a", 5), ("b", 1), ("c", None)] == by_key(FirstBy, values)


def test_unique_gives_whole_first_rows_in_key_order() -> None:
    assert [("a", None), ("b", 1), ("c", None)] == rows_of(
        Pipe("in").then(Unique, "k"), {"in": (KV, PAIRS)}
    )


def test_unique_without_nulls_drops_rows_whose_key_is_null() -> None:
    rows = [(None, 1), ("a", 2), ("a", 3)]
    pipe = Unique(Pipe("in"), Fields("k"), Unique.Include.NO_NULLS, 100)
    assert [("a", 2)] == rows_of(pipe, {"in": (KV, rows)})


def test_unique_of_merged_pipes_has_the_name_it_is_given() -> None:
    pipe = Unique("distinct", [Pipe("in"), Pipe("more")], "k")
    assert ["distinct"] == pipe.get_tail_names()
    sources = {"in": (KV, [("b", 1)]), "more": (KV, [("a", 2), ("b", 3)])}
    assert [("a", 2), ("b", 1)] == rows_of(pipe, sources)


def test_explain_says_which_assembly_built_a_pipe() -> None:
    flow = planned(Pipe("in").then(Unique, "k"), {"in": (KV, PAIRS)})
    assert "GroupBy 'in' (of Unique)" in flow.explain()
    assert flow.nodes[-1].path.first == ("in", "Unique")


def test_the_outermost_assembly_counts() -> None:
    class Distinct(SubAssembly):
        def __init__(self, pipe: Pipe) -> None:
            super().__init__(pipe)
            self.inner = Unique(pipe, "k")
            self.set_tails(self.inner)

    (tail,) = Distinct(Pipe("in")).get_tails()
    assert tail.made_by == "Distinct"
    assert tail.previous[0].previous[0].made_by is None
