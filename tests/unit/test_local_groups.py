"""Groups, their Everys, and joins on the reference engine."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.comparators import NullNotEquivalentComparator, StringInsensitive, comparator_of
from cascade2spark.errors import AssertionFailed, RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    Joiner,
    JoinerClosure,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations.base import Aggregator, BaseOperation, Buffer, GroupAssertion
from cascade2spark.operations.callables import aggregator, buffer, function
from tests.unit.local_plans import Plan

KV = Fields("k", "v")
ROWS = [("b", 1), ("a", 2), ("b", 3), (None, 4), ("a", 5)]

count = aggregator("n", zero=0, step=lambda n, *values: n + 1)
total = aggregator("sum", zero=0, step=lambda found, v: found + v)


class Times(BaseOperation, Aggregator):
    """Emits the size of the group as often as told."""

    def __init__(self, field: str, times: int) -> None:
        super().__init__(Fields(field))
        self.times = times

    def start(self, flow_process: Any, call: Any) -> None:
        assert call.get_arguments() is None
        assert call.get_output_collector() is None
        call.set_context(0)

    def aggregate(self, flow_process: Any, call: Any) -> None:
        assert call.get_output_collector() is None
        call.set_context(call.get_context() + 1)

    def complete(self, flow_process: Any, call: Any) -> None:
        assert call.get_arguments() is None
        for number in range(self.times):
            call.get_output_collector().add((f"{call.get_context()}.{number}",))


class Framed(BaseOperation, Buffer):
    """Emits before, with and after the rows of a group."""

    def __init__(self, retains: bool = False) -> None:
        super().__init__(Fields("what"))
        self.retains = retains

    def operate(self, flow_process: Any, call: Any) -> None:
        call.set_retain_values(self.retains)
        collector = call.get_output_collector()
        collector.add((f"head {call.get_group().get_object(0)}",))
        for entry in call.get_arguments_iterator():
            collector.add((f"row {entry.get_object('v')}",))
        collector.add(("foot",))
        assert call.get_joiner_closure() is None


def grouped(*everys: Any, rows: Any = ROWS, key: Any = "k", **parts: Any) -> list[Any]:
    plan = Plan()
    return plan.rows(plan.group(plan.read(KV, rows), key, *everys, **parts))


def test_groups_come_in_key_order_null_first_and_rows_as_they_arrived() -> None:
    expected = [(None, 4), ("a", 2), ("a", 5), ("b", 1), ("b", 3)]
    assert expected == grouped()


def test_a_secondary_sort_orders_the_rows_and_reverse_both() -> None:
    rows = [("b", 1), ("a", 2), (None, 4), ("b", None), ("a", 5)]
    ascending = [(None, 4), ("a", 2), ("a", 5), ("b", None), ("b", 1)]
    assert ascending == grouped(rows=rows, sort="v")
    assert ascending[::-1] == grouped(rows=rows, sort="v", reverse=True)


def test_a_comparator_decides_what_is_one_group_and_the_first_row_names_it() -> None:
    key = Fields("k")
    key.set_comparator("k", StringInsensitive())
    rows = [("B", 1), ("b", 2), ("A", 3)]
    assert [("A", 1), ("B", 2)] == grouped((count,), rows=rows, key=key)
    assert [("A", 3), ("B", 1), ("b", 2)] == grouped(rows=rows, key=key)


def test_each_null_row_is_a_group_where_null_equals_nothing() -> None:
    key = Fields("k")
    key.set_comparator("k", NullNotEquivalentComparator())
    rows = [(None, 1), ("a", 2), (None, 3), ("a", 4)]
    assert [(None, 1), (None, 1), ("a", 2)] == grouped((count,), rows=rows, key=key)


def test_whole_numbers_reals_and_booleans_are_different_keys() -> None:
    rows = [(1, 0), (1.0, 0), (True, 0), (1, 0)]
    assert 3 == len(grouped((count,), rows=rows))


def test_key_none_is_one_group_or_none_at_all() -> None:
    assert [(5,)] == grouped((count,), key=Fields.NONE)
    assert [] == grouped((count,), key=Fields.NONE, rows=[])


def test_a_chain_sees_each_row_and_passes_key_and_earlier_results() -> None:
    plan = Plan()
    rows = plan.read(Fields("v", "k", "j"), [(1, "x", "y"), (2, "x", "y")])
    group = plan.group(rows, ("j", "k"), (count, "v"), (total, "v"))
    assert [("y", "x", 2, 3)] == plan.rows(group)
    assert ["j", "k", "n", "sum"] == list(group.fields)


def test_results_multiply_and_none_suppresses_the_group() -> None:
    rows = [("x", 1), ("x", 2)]
    found = grouped((Times("a", 2),), (Times("b", 3),), rows=rows)
    assert [("x", f"2.{a}", f"2.{b}") for a in range(2) for b in range(3)] == found
    assert [] == grouped((Times("a", 2),), (Times("b", 0),), (Times("c", 2),), rows=rows)


def test_header_and_footer_have_the_key_and_nulls() -> None:
    found = grouped((Framed(),), rows=[("a", 1), ("a", 2), ("b", 3)])
    assert [
        ("a", None, "head a"),
        ("a", 1, "row 1"),
        ("a", 2, "row 2"),
        ("a", None, "foot"),
        ("b", None, "head b"),
        ("b", 3, "row 3"),
        ("b", None, "foot"),
    ] == found


def test_a_footer_may_retain_the_last_row() -> None:
    assert ("a", 2, "foot") == grouped((Framed(retains=True),), rows=[("a", 1), ("a", 2)])[-1]


def test_rows_a_buffer_leaves_are_skipped() -> None:
    @buffer("first")
    def first(key: Any, rows: Any) -> Any:
        yield next(rows)[1]

    assert [(4,), (2,), (1,)] == grouped((first, Fields.ALL, Fields.RESULTS))


def test_the_entries_of_a_buffer_are_one_that_is_reused() -> None:
    seen: list[Any] = []

    class Keeping(BaseOperation, Buffer):
        def operate(self, flow_process: Any, call: Any) -> None:
            seen.extend(call.get_arguments_iterator())

    grouped((Keeping(Fields("x")),), rows=[("a", 1), ("a", 2)])
    assert seen[0] is seen[1]


def test_a_group_assertion_lets_groups_pass_or_fails() -> None:
    class AtMost(BaseOperation, GroupAssertion):
        def __init__(self, most: int) -> None:
            super().__init__()
            self.most = most

        def start(self, flow_process: Any, call: Any) -> None:
            call.set_context(0)

        def aggregate(self, flow_process: Any, call: Any) -> None:
            call.set_context(call.get_context() + 1)

        def do_assert(self, flow_process: Any, call: Any) -> None:
            if call.get_context() > self.most:
                raise AssertionFailed("too many", row=tuple(call.get_group()))

    assert [("a", 2), ("b", 2)] == grouped((count,), (AtMost(2),), rows=[*ROWS[:3], ROWS[4]])
    with pytest.raises(AssertionFailed, match="too many"):
        grouped((AtMost(1),), (count,))


# -- joins ---------------------------------------------------------------------------------------

LEFT = [("a", 1), ("b", 2), (None, 3), ("a", 4)]
RIGHT = [("a", 10), ("c", 30), (None, 20), ("a", 40)]
JOINED = Fields("k", "v", "k2", "w")

BOTH = [
    (None, 3, None, 20),
    ("a", 1, "a", 10),
    ("a", 1, "a", 40),
    ("a", 4, "a", 10),
    ("a", 4, "a", 40),
]
ONLY_LEFT, ONLY_RIGHT = ("b", 2, None, None), (None, None, "c", 30)


def co_grouped(joiner: Joiner, *everys: Any, key: Any = "k", rows: Any = (LEFT, RIGHT)) -> Any:
    plan = Plan()
    left, right = plan.read(KV, rows[0]), plan.read(Fields("k", "w"), rows[1])
    group = plan.co_group([left, right], [key, key], JOINED, joiner, *everys, group=("k", "k2"))
    return plan.rows(group)


@pytest.mark.parametrize(
    ("joiner", "expected"),
    [
        (InnerJoin(), BOTH),
        (LeftJoin(), [*BOTH, ONLY_LEFT]),
        (RightJoin(), [*BOTH, ONLY_RIGHT]),
        (OuterJoin(), [*BOTH, ONLY_LEFT, ONLY_RIGHT]),
        (MixedJoin([MixedJoin.INNER, MixedJoin.OUTER]), [*BOTH, ONLY_LEFT]),
    ],
    ids=repr,
)
def test_joins_in_both_ways(joiner, expected) -> None:
    assert expected == co_grouped(joiner)
    plan = Plan()
    left, right = plan.read(KV, LEFT), plan.read(Fields("k", "w"), RIGHT)
    found = plan.rows(plan.hash_join([left, right], ["k", "k"], JOINED, joiner))
    # The streamed side keeps its order; what nothing met comes last.
    assert sorted(map(repr, expected)) == sorted(map(repr, found))
    streamed = [row[1] for row in found if row[1] is not None]
    assert sorted(streamed) == streamed


def test_a_group_tuple_has_nulls_for_a_side_that_is_missing() -> None:
    found = co_grouped(OuterJoin(), (count,))
    assert [(None, None, 1), ("a", "a", 4), ("b", None, 1), (None, "c", 1)] == found


def test_null_that_equals_nothing_joins_nothing() -> None:
    key = Fields("k")
    key.set_comparator("k", NullNotEquivalentComparator())
    assert BOTH[1:] == co_grouped(InnerJoin(), key=key)
    assert [(None, 3, None, None), (None, None, None, 20)] == co_grouped(OuterJoin(), key=key)[:2]
    plan = Plan()
    left, right = plan.read(KV, LEFT), plan.read(Fields("k", "w"), RIGHT)
    found = plan.rows(plan.hash_join([left, right], [key, key], JOINED, LeftJoin()))
    assert (None, 3, None, None) in found


def test_key_none_is_the_product_of_all_rows() -> None:
    found = co_grouped(InnerJoin(), key=Fields.NONE, rows=([("x", 1)], [("y", 2), ("z", 3)]))
    assert [("x", 1, "y", 2), ("x", 1, "z", 3)] == found


def test_left_join_of_three_fills_the_last_side_only() -> None:
    plan = Plan()
    one = plan.read("a", [(1,), (2,), (3,)])
    two = plan.read("b", [(1,), (2,)])
    three = plan.read("c", [(1,), (3,)])
    joined = plan.co_group(
        [one, two, three], ["a", "b", "c"], ("a", "b", "c"), LeftJoin(), group=("a", "b", "c")
    )
    assert [(1, 1, 1), (2, 2, None)] == plan.rows(joined)


def test_a_self_join_pairs_all_rows_of_a_group() -> None:
    plan = Plan()
    rows = plan.read(KV, [("a", 1), ("a", 2), ("b", 3)])
    joined = plan.co_group([rows], ["k", "k"], JOINED, group="k", is_self_join=True)
    pairs = [(row[1], row[3]) for row in plan.rows(joined)]
    assert [(1, 1), (1, 2), (2, 1), (2, 2), (3, 3)] == pairs
    plan = Plan()
    rows = plan.read(KV, [("a", 1), ("a", 2), ("b", 3)])
    assert pairs == [(r[1], r[3]) for r in plan.rows(plan.hash_join([rows], ["k", "k"], JOINED))]


def test_a_self_join_passes_its_key_once() -> None:
    plan = Plan()
    rows = plan.read(KV, [("a", 1), ("a", 2)])
    parts = (["k", "k"], JOINED, InnerJoin(), (count,))
    assert [("a", 4)] == plan.rows(plan.co_group([rows], *parts, group="k", is_self_join=True))


def test_null_that_equals_nothing_does_not_even_join_itself() -> None:
    key = Fields("k")
    key.set_comparator("k", NullNotEquivalentComparator())
    plan = Plan()
    rows = plan.read(KV, [(None, 1), ("a", 2)])
    joined = plan.co_group([rows], [key, key], JOINED, OuterJoin(), group="k", is_self_join=True)
    assert [(None, 1, None, None), (None, None, None, 1), ("a", 2, "a", 2)] == plan.rows(joined)


def test_a_buffer_join_hands_the_sides_to_the_buffer() -> None:
    class Sizes(BaseOperation, Buffer):
        def operate(self, flow_process: Any, call: Any) -> None:
            assert call.get_arguments_iterator() is None
            closure = call.get_joiner_closure()
            sizes = [len(list(closure.get_iterator(side))) for side in range(closure.size())]
            key = tuple(call.get_group())
            assert key == closure.get_group_tuple(key)
            call.get_output_collector().add((key[0] or key[1], *sizes))

    plan = Plan()
    left, right = plan.read(KV, LEFT), plan.read(Fields("k", "w"), RIGHT)
    buffered = (Sizes(Fields("k", "l", "r")), Fields.NONE, Fields.RESULTS)
    group = plan.co_group(
        [left, right], ["k", "k"], Fields.NONE, BufferJoin(), buffered, group=("k", "k2")
    )
    assert [(None, 1, 1), ("a", 2, 2), ("b", 1, 0), ("c", 0, 1)] == plan.rows(group)


def test_a_joiner_of_the_users_own() -> None:
    class Longest(Joiner):
        def get_iterator(self, closure: JoinerClosure) -> Any:
            sides = [list(closure.get_iterator(side)) for side in range(closure.size())]
            for left, right in zip(*sides, strict=False):
                yield left + right

    pairs = [(row[1], row[3]) for row in co_grouped(Longest())]
    assert [(3, 20), (1, 10), (4, 40)] == pairs


def test_a_joiner_that_gives_the_wrong_width_is_told_so() -> None:
    class Short(Joiner):
        def get_iterator(self, closure: JoinerClosure) -> Any:
            yield (1,)

    with pytest.raises(RunError, match="1 value"):
        co_grouped(Short())


def test_a_join_in_memory_of_a_branch_with_itself_waits_for_the_held_side() -> None:
    plan = Plan()
    source = plan.read(KV, [("a", 1), ("b", 2)])
    held = plan.each(source, function("k", "w")(lambda k, v: (k, v * 10)))
    joined = plan.hash_join([source, held], ["k", "k"], JOINED)
    assert [("a", 1, "a", 10), ("b", 2, "b", 20)] == plan.rows(joined)


def test_a_held_side_that_needs_the_streamed_one_runs_after_it() -> None:
    plan = Plan()
    source = plan.read(KV, [("b", 1), ("a", 2), ("b", 3)])
    sums = plan.group(source, "k", (total, "v"))
    joined = plan.hash_join([source, sums], ["k", "k"], JOINED)
    assert [("b", 1, "b", 4), ("a", 2, "a", 2), ("b", 3, "b", 4)] == plan.rows(joined)


def test_a_comparator_without_a_hash_does_in_memory_too() -> None:
    key = Fields("k")
    key.set_comparator(
        "k", comparator_of(lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
    )
    plan = Plan()
    left, right = plan.read(KV, [("A", 1), ("b", 2)]), plan.read(Fields("k", "w"), [("a", 3)])
    assert [("A", 1, "a", 3)] == plan.rows(plan.hash_join([left, right], [key, key], JOINED))
