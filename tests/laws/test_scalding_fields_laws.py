"""Laws of the fields API: joins that spread rows join, and combining changes nothing."""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.connectors import FlowConnector
from cascade2spark.flows.definition import FlowDef
from cascade2spark.joiners import InnerJoin, LeftJoin, RightJoin
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.fields import RichPipe
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import in_process, local

KEYS = st.sampled_from([None, 0, 1, 2, "a"])
ROWS = st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=12)
FEW = settings(max_examples=25)


def collected(connector: FlowConnector, pipe: RichPipe, **inputs: Any) -> list[Any]:
    definition, sink = FlowDef("law"), MemoryTap()
    for name, (fields, rows) in inputs.items():
        definition.add_source(name, MemoryTap(fields, rows))
    connector.connect(definition.add_tail_sink(pipe.pipe, sink)).complete()
    return list(sink.rows)


def joined(method: str, left: Any, right: Any, *more: Any, partitions: int = 0) -> Counter[Any]:
    run = in_process(partitions) if partitions else local()
    here, there = RichPipe(Pipe("here")), RichPipe(Pipe("there"))
    pipe = getattr(here, method)("k", "q", there, *more).project("k", "v", "q", "w")
    inputs = {"here": (("k", "v"), left), "there": (("q", "w"), right)}
    return Counter(map(repr, collected(run.connector(run.properties), pipe, **inputs)))


def paired(left: Any, right: Any) -> Counter[Any]:
    return Counter(repr((*one, *other)) for one in left for other in right if one[0] == other[0])


@given(ROWS, ROWS, st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))
@FEW
def test_a_block_join_is_the_join(left, right, more, copies, partitions) -> None:
    blocks = joined(
        "block_join_with_smaller", left, right, more, copies, InnerJoin(), partitions=partitions
    )
    assert blocks == paired(left, right)


@given(ROWS, ROWS, st.integers(1, 3))
@FEW
def test_a_block_join_that_keeps_a_side_is_that_join(left, right, more) -> None:
    kept = joined("block_join_with_smaller", left, right, more, 1, LeftJoin())
    assert kept == joined("left_join_with_smaller", left, right)
    kept = joined("block_join_with_smaller", left, right, 1, more, RightJoin())
    assert kept == joined("join_with_smaller", left, right, RightJoin())


@given(ROWS, ROWS, st.integers(0, 3))
@FEW
def test_all_inner_joins_are_one(left, right, partitions) -> None:
    wanted = paired(left, right)
    for method in (
        "join_with_smaller",
        "join_with_larger",
        "join_with_tiny",
        "skew_join_with_smaller",
        "skew_join_with_larger",
    ):
        assert joined(method, left, right, partitions=partitions) == wanted, method


@given(ROWS, ROWS)
@FEW
def test_left_joins_are_one(left, right) -> None:
    wanted = joined("left_join_with_smaller", left, right)
    assert joined("left_join_with_larger", left, right) == wanted
    assert joined("left_join_with_tiny", left, right) == wanted


REDUCTIONS = {
    "size": lambda g: g.size("size"),
    "count": lambda g: g.count("v", "count", lambda v: v > 4),
    "sum": lambda g: g.sum("v", "sum"),
    "number": lambda g: g.sum("v", "number", int),
    "times": lambda g: g.times("v", "times"),
    "dot": lambda g: g.dot("v", "v", "dot"),
    "average": lambda g: g.average("v", "average"),
    "max": lambda g: g.max("v", "max"),
    "least": lambda g: g.min("v", "least"),
    "pair": lambda g: g.max(("v", "k2"), ("pair", "of")),
    "reduce": lambda g: g.reduce("v", "reduce", operator.mul),
    "list": lambda g: g.map_list("v", "list", sorted),
    "all": lambda g: g.forall("v", "all", lambda v: v > 0),
    "take": lambda g: g.sorted_take("v", "take", 2),
    "top": lambda g: g.sorted_reverse_take("v", "top", 1),
    "bins": lambda g: g.histogram("v", "bins", 2),
    "about": lambda g: g.approximate_unique_count("v", "about"),
}


@given(
    st.lists(st.sampled_from(sorted(REDUCTIONS)), min_size=1, max_size=4, unique=True),
    ROWS,
    st.integers(1, 3),
    st.sampled_from(["rows", "columns"]),
)
@settings(max_examples=40)
def test_combining_changes_nothing(names, rows, partitions, form) -> None:
    def totals(is_combined: bool) -> RichPipe:
        def body(group: Any) -> None:
            for name in names:
                REDUCTIONS[name](group)
            if not is_combined:
                group.force_to_reducers()

        return RichPipe(Pipe("in")).insert("k2", "x").group_by("k", body)

    run = in_process(partitions, form=form)
    connector = run.connector(run.properties)
    found = collected(connector, totals(True), **{"in": (("k", "v"), rows)})
    wanted = collected(local().connector({}), totals(False), **{"in": (("k", "v"), rows)})
    assert Counter(map(repr, found)) == Counter(map(repr, wanted))
