"""Laws of the typed API: what a job means does not depend on how it is run or written."""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from cascade2spark.scalding.algebra import Aggregator
from cascade2spark.scalding.typed import TypedPipe
from tests.conformance.engines import ALL_RULES_OFF, InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.typed_case import collected, shown

KEYS = st.sampled_from(["a", "b", "", None, 0, 1, 1.0, True, -1, 2.5, ("a", 1), (1.0, None)])
PAIRS = st.lists(st.tuples(KEYS, st.integers(-3, 3)), max_size=12)
few = settings(max_examples=15, deadline=None)


def in_process(partitions: int = 3, capacity: int = 2, rules_off: str = "") -> FlowConnector:
    engine = InProcessEngine(partitions, batch_rows=3, capacity=capacity)
    return InProcessConnector({"cascade2spark.rules.off": rules_off}, engine)


def groups(pairs: list[tuple[Any, int]]) -> dict[Any, list[int]]:
    """Python's own dict decides what one key is."""
    found: dict[Any, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


@few
@given(PAIRS, st.integers(1, 4), st.integers(1, 4))
def test_combining_before_the_exchange_changes_nothing(
    pairs: list[tuple[Any, int]], partitions: int, capacity: int
) -> None:
    pipe = TypedPipe.from_(pairs)
    both = Aggregator.size().join(Aggregator.max())
    wanted = shown([(sum(vs), len(vs), max(vs)) for vs in groups(pairs).values()])
    for rules_off in ("", ALL_RULES_OFF):
        sums = pipe.group().sum().join(pipe.group().aggregate(both))
        rows = sums.values().map(lambda row: (row[0], *row[1]))
        [got] = collected(in_process(partitions, capacity, rules_off), rows)
        assert shown(got) == wanted


@few
@given(PAIRS, PAIRS)
def test_joins_are_products_of_groups(
    left: list[tuple[Any, int]], right: list[tuple[Any, int]]
) -> None:
    ours, theirs = groups(left), groups(right)
    inner = [(v, w) for k, vs in ours.items() for v in vs for w in theirs.get(k, [])]
    lonely = [(v, None) for k, vs in ours.items() if k not in theirs for v in vs]
    others = [(None, w) for k, ws in theirs.items() if k not in ours for w in ws]
    a, b = TypedPipe.from_(left), TypedPipe.from_(right)
    got = collected(
        in_process(),
        a.group().join(b).values(),
        a.group().left_join(b).values(),
        a.group().right_join(b).values(),
        a.group().outer_join(b).values(),
        a.hash_join(b).values(),
        a.hash_left_join(b).values(),
        a.sketch(2).join(b).values(),
    )
    wanted = [inner, inner + lonely, inner + others, inner + lonely + others]
    wanted += [inner, inner + lonely, inner]
    assert [*map(shown, got)] == [*map(shown, wanted)]


@few
@given(PAIRS, st.integers(1, 3))
def test_sorted_take_is_sort_then_take(pairs: list[tuple[Any, int]], count: int) -> None:
    pipe = TypedPipe.from_(pairs)
    taken, sorted_, reverse, reversed_ = collected(
        in_process(),
        pipe.group().sorted_take(count).values(),
        pipe.group().sorted().take(count).to_list().values(),
        pipe.group().sort_with_take(count, operator.gt).values(),
        pipe.group().sorted().reverse().take(count).to_list().values(),
    )
    assert shown(taken) == shown(sorted_)
    assert shown(reverse) == shown(reversed_)


@few
@given(PAIRS, PAIRS)
def test_both_engines_give_the_same(a: list[tuple[Any, int]], b: list[tuple[Any, int]]) -> None:
    left, right = TypedPipe.from_(a), TypedPipe.from_(b)
    jobs = [
        left.group().sort_by(lambda v: -v).map_group(lambda k, vs: [sum(vs)]),
        left.group().outer_join(right).left_join(left.group().max()).values(),
        (left + right).group().map_values(abs).filter(lambda pair: pair[1] > 1).size(),
        left.group().cogroup(right, lambda k, vs, ws: [sorted(vs) + sorted(ws)]),
        left.keys().map(repr).distinct(),
        left.sum_by_local_keys().sum_by_key(),
    ]
    wanted = collected(LocalFlowConnector(), *jobs)
    assert [*map(shown, collected(in_process(), *jobs))] == [*map(shown, wanted)]


@few
@given(PAIRS, PAIRS)
def test_a_union_is_a_bag(a: list[tuple[Any, int]], b: list[tuple[Any, int]]) -> None:
    left, right = TypedPipe.from_(a), TypedPipe.from_(b)
    [got] = collected(in_process(), (left + right + left).map(repr))
    assert Counter(got) == Counter(map(repr, [*a, *b, *a]))
