"""The tasks of the RDD toolkit without Spark: laws against plain Python, spills, errors."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.blocks import read_header
from cascade2spark.errors import RunError, Unsupported
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.rdd import aggregating
from cascade2spark.rdd.aggregating import _Folding, _Merging
from cascade2spark.rdd.exchange import Sending
from cascade2spark.rdd.grouping import _CoGrouping
from cascade2spark.rdd.joining import _Packing
from cascade2spark.rdd.keys import as_cut
from cascade2spark.rdd.tasks import check_context, check_rdd
from tests.rdd_tasks import call_with, grouped, sent, shape_of

ORDER = PythonKeyOrder(1).sort_key()


def first(element: Any) -> Any:
    return element[0]


def second(element: Any) -> Any:
    return element[1]


def oracle(elements: list[Any], reverse: bool | None) -> dict[Any, list[Any]]:
    held: dict[Any, list[Any]] = {}
    for element, name in zip(elements, python_group_keys(list(map(first, elements))), strict=True):
        held.setdefault(name, []).append(element)
    if reverse is not None:
        place = PythonKeyOrder(1, reverse).sort_key()
        held = {name: sorted(v, key=lambda e: place((e[1],))) for name, v in held.items()}
    return held


plain = st.none() | st.integers(0, 3) | st.integers() | st.text(max_size=2)
odd = st.sampled_from([1.0, 0.0, -0.0, float("nan"), (1, "a")])
mixed = plain | st.booleans() | odd
same_class = st.sampled_from(
    [st.integers(-2, 2), st.text("ab"), st.floats(width=16), st.booleans()]
)
columns = st.tuples(same_class, same_class).flatmap(
    lambda kinds: st.lists(st.tuples(st.none() | kinds[0], st.none() | kinds[1], st.integers(0, 9)))
)
rows = st.lists(st.tuples(mixed, mixed, st.integers(0, 9))) | columns


@settings(max_examples=150)
@given(
    st.lists(rows, min_size=1, max_size=3),
    st.sampled_from([(0, 1), (first, second), (0, second), (0, None), (first, None)]),
    st.booleans(),
    st.sampled_from([1 << 24, 300]),
)
def test_groups_are_those_of_plain_python(parts, cuts, reverse, memory) -> None:
    shape = shape_of(*cuts)
    reverse = reverse and cuts[1] is not None
    found = grouped(parts, shape, reverse=reverse, memory=memory)
    elements = [element for part in parts for element in part]
    wanted = oracle(elements, None if cuts[1] is None else reverse)
    assert len(found) == len(wanted)
    firsts = {name: next(e[0] for e in elements if any(e is v for v in values))
              for name, values in wanted.items()}  # fmt: skip
    assert sorted(map(repr, wanted.values())) == sorted(repr(values) for _, values in found)
    assert sorted(map(repr, firsts.values())) == sorted(repr(key) for key, _ in found)


@settings(max_examples=60)
@given(st.lists(rows, min_size=2, max_size=3), st.sampled_from([1 << 24, 300]))
def test_sides_meet_as_in_plain_python(sides, memory) -> None:
    call, shapes = call_with(memory), (shape_of(0),) * len(sides)
    blocks = defaultdict(list)
    for source, elements in enumerate(sides):
        for partition, pairs in sent(Sending(call, shapes[source], 2, source), [elements]).items():
            blocks[partition] += pairs

    def both(key: Any, given: Any) -> Any:
        yield [list(given[0]), *(list(side) for side in given[1:])]

    work = _CoGrouping(call, both, shapes)
    found = [result for pairs in blocks.values() for result in work(pairs)]
    tables = [oracle(elements, None) for elements in sides]
    names = dict.fromkeys(name for table in tables for name in table)
    wanted = [[table.get(name, []) for table in tables] for name in names]
    assert sorted(map(repr, wanted)) == sorted(map(repr, found))


@settings(max_examples=60)
@given(st.lists(rows, min_size=1, max_size=3), st.sampled_from([1 << 24, 300]))
def test_states_are_those_of_one_fold(parts, memory) -> None:
    call = call_with(memory)
    cut = as_cut("t", "key", first)
    folding = _Folding(call, cut, [], lambda state, e: [*state, e[2]], 2)
    blocks = sent(folding, parts)
    merging = _Merging(call, lambda left, right: left + right, tuple)
    found = [pair for pairs in blocks.values() for pair in merging(pairs)]
    wanted = oracle([element for part in parts for element in part], None)
    assert sorted(repr(tuple(e[2] for e in values)) for values in wanted.values()) == sorted(
        repr(state) for _, state in found
    )


def test_tuples_of_plain_values_travel_as_columns_and_others_as_rows() -> None:
    parts = [[("a", n, 1.5) for n in range(50)]]
    for shape in (shape_of(0, 1), shape_of(first)):
        for made, is_columns in ((parts, True), ([[("a", [n]) for n in range(50)]], False)):
            pairs = sent(Sending(call_with(), shape, 2), made)
            assert {is_columns} == {
                read_header(block).is_columns for blocks in pairs.values() for _, block in blocks
            }


def test_keys_come_in_order_and_values_are_dead_after_their_group() -> None:
    kept = []

    def keep(key: Any, values: Any) -> Any:
        kept.append(values)
        yield key

    found = grouped([[(n % 5, n) for n in range(40)]], shape_of(0), keep, partitions=1)
    assert found == [0, 1, 2, 3, 4]
    with pytest.raises(RunError, match="after its function was done"):
        next(kept[0])


def test_a_group_larger_than_memory_streams_and_may_be_left() -> None:
    parts = [[("a", n, "x" * 40) for n in range(3000)], [("b", 1, "y")]]
    for key in (0, first):
        found = grouped(parts, shape_of(key, 1), lambda k, v: [next(v)[:2]], memory=3000)
        assert sorted(found) == [("a", 0), ("b", 1)]


class Visit(NamedTuple):
    second: float
    page: str


def test_named_tuples_stay_what_they_are_on_disk() -> None:
    parts = [[Visit(n % 3 / 2, f"/{n}") for n in range(400)], [Visit(-0.0, "/z")]]
    expected = grouped(parts, shape_of(0, 1), partitions=1)
    assert {type(row) for _, rows in expected for row in rows} == {Visit}
    assert repr(expected) == repr(grouped(parts, shape_of(0, 1), memory=3000, partitions=1))


def test_more_keys_than_a_task_holds_leave_early(monkeypatch) -> None:
    monkeypatch.setattr(aggregating, "_MOST_KEYS", 10)
    call, cut = call_with(), as_cut("t", "key", 0)
    blocks = sent(
        _Folding(call, cut, 0, lambda n, _: n + 1, 2), [[(n % 1500,) for n in range(4000)]]
    )
    assert sum(read_header(b).rows for pairs in blocks.values() for _, b in pairs) > 3000
    merging = _Merging(call, int.__add__, None)
    found = dict(pair for pairs in blocks.values() for pair in merging(pairs))
    assert len(found) == 1500 and sum(found.values()) == 4000


def test_states_that_grow_leave_early() -> None:
    folding = _Folding(call_with(1 << 20), as_cut("t", "key", 0), list, _appended, 1)
    blocks = sent(folding, [[(n % 3, "x" * 100) for n in range(60_000)]])
    assert sum(read_header(block).rows for _, block in blocks[0]) > 3


def _appended(state: list[Any], element: Any) -> list[Any]:
    state.append(element)
    return state


def broken(element: Any) -> Any:
    if element[1] == 5:
        raise LookupError("no key for 5")
    return element[0]


ROWS = [("a", n) for n in range(9)]
FAILURES = {
    "the key function of toolkit failed: LookupError: no key for 5": lambda: grouped(
        [ROWS], shape_of(broken)
    ),
    "the sort function of toolkit failed: LookupError": lambda: grouped(
        [ROWS], shape_of(0, broken)
    ),
    "zero or step of toolkit failed: LookupError": lambda: sent(
        _Folding(call_with(), as_cut("t", "key", 0), 0, lambda _, e: broken(e), 2), [ROWS]
    ),
}


@pytest.mark.parametrize("message", FAILURES)
def test_a_function_that_fails_is_named_with_the_element(message) -> None:
    with pytest.raises(RunError, match=message) as failed:
        FAILURES[message]()
    text = str(failed.value)
    assert "element     ('a', 5)" in text
    assert "test_rdd_tasks.py" in text and "in broken: raise LookupError" in text
    assert "built at    job.py:7 in main" in text


REFUSALS = {
    "fn returned no iterable": (
        lambda: grouped([ROWS], shape_of(0), lambda k, v: 5),
        "key         'a'",
    ),
    "fn returned no iterable of": (
        lambda: grouped([ROWS], shape_of(0), lambda k, v: "ab"),
        "a str",
    ),
    "fn of toolkit failed: ZeroDivisionError": (
        lambda: grouped([ROWS], shape_of(0), lambda k, v: [1 / 0]),
        "key         'a'",
    ),
    "a position was given": (lambda: grouped([["abc"]], shape_of(0)), "'abc', a str"),
    "the key of toolkit failed: IndexError": (lambda: grouped([[("a",)]], shape_of(2)), "('a',)"),
    "a value of class object cannot be part of a key": (
        lambda: grouped([ROWS], shape_of(lambda e: object())),
        "make the key of plain values",
    ),
    "a value of class type cannot be part": (
        lambda: grouped([[("a", int)]], shape_of(0, 1)),
        "('a', <class 'int'>)",
    ),
    "a value cannot be sent": (
        lambda: grouped([[("a", (n for n in ()))]], shape_of(0)),
        "a generator",
    ),
    "no \\(key, value\\) pair": (
        lambda: list(_Packing(call_with(), 9)(0, [(1, 2, 3)])),
        "(1, 2, 3)",
    ),
    "merge of toolkit failed: TypeError": (
        lambda: list(
            _Merging(call_with(), lambda left: left, None)(
                (0, block)
                for pairs in sent(
                    _Folding(call_with(), as_cut("t", "key", 0), 0, lambda n, _: n, 2), [ROWS, ROWS]
                ).values()
                for _, block in pairs
            )
        ),
        "key         'a'",
    ),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_cannot_be_done_is_refused_with_what_was_there(message) -> None:
    attempt, shown = REFUSALS[message]
    with pytest.raises(RunError, match=message) as failed:
        attempt()
    assert shown in str(failed.value)
    assert "job.py:7" in str(failed.value)


def test_an_error_of_the_rdd_before_stays_as_it_is() -> None:
    def upstream() -> Any:
        yield ("a", 1)
        raise KeyError("upstream")

    with pytest.raises(KeyError, match="upstream"):
        list(Sending(call_with(), shape_of(0), 2)(0, upstream()))


def test_a_session_of_spark_connect_is_refused_by_name() -> None:
    # What it is told by is the module of its class: the package itself needs grpc.
    session = type("SparkSession", (), {"__module__": "pyspark.sql.connect.session"})()
    for check in (check_rdd, check_context):
        arguments = ("t", "first argument", session) if check is check_rdd else ("t", session)
        with pytest.raises(Unsupported, match="Spark Connect does not have"):
            check(*arguments)
