"""The toolkit for plain RDDs against plain Python: same results, whatever Spark does to tasks."""

from __future__ import annotations

import inspect
import os
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

import cascade2spark.rdd as toolkit
from cascade2spark.errors import BuildError, FlowError, TapError, Unsupported
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.rdd import (
    TaskCounters,
    aggregate_by,
    co_group,
    group_sorted,
    hash_join,
    map_partitions_with,
    read_text,
    write_text,
)

NAN = float("nan")
EVENTS = [(("ann", "bob", None, "cy")[n % 4], n * 7 % 11, f"page {n % 5}") for n in range(60)]
# One key in several classes, and values that no column holds.
MIXED = [
    (1, "a"),
    (True, "b"),
    (2, [3]),
    (1.0, "c"),
    (None, {}),
    (NAN, 1),
    (Decimal(1), 2),
    (NAN, 2),
]


def listed(key: Any, values: Any) -> Any:
    return [(key, list(values))]


def grouped(elements: list[Any], key: Any, sort: Any = None, reverse: bool = False) -> list[Any]:
    """What group_sorted with `listed` gives, in plain Python: values in the order promised."""
    held: dict[Any, list[Any]] = {}
    for element, name in zip(elements, python_group_keys(list(map(key, elements))), strict=True):
        held.setdefault(name, []).append(element)
    if sort is not None:
        order = PythonKeyOrder(1, reverse).sort_key()
        held = {name: sorted(v, key=lambda e: order((sort(e),))) for name, v in held.items()}
    firsts = {name: key(next(e for e in elements if e in v)) for name, v in held.items()}
    return [(firsts[name], values) for name, values in held.items()]


def in_order(groups: list[Any]) -> str:
    """Groups of any keys in one order, as text, so that NaN is equal to itself."""
    order = PythonKeyOrder(1).sort_key()
    return repr(sorted(groups, key=lambda group: order((group[0],))))


def key_of(element: Any) -> Any:
    return element[0]


def sort_of(element: Any) -> Any:
    return element[1]


@pytest.mark.parametrize(("key", "sort", "reverse"), [(0, 1, False), (key_of, sort_of, True)])
def test_groups_come_sorted(sc, key, sort, reverse) -> None:
    rdd = sc.parallelize(EVENTS, 3)
    found = group_sorted(rdd, listed, key=key, sort=sort, reverse=reverse, partitions=2)
    assert in_order(grouped(EVENTS, key_of, sort_of, reverse)) == in_order(found.collect())
    places = [list(map(PythonKeyOrder(1).sort_key(), part)) for part in found.glom().collect()]
    assert all(part == sorted(part) for part in places)


@pytest.mark.parametrize("key", [0, key_of])
def test_values_stay_in_the_order_of_the_rdd_and_equal_keys_are_one(sc, key) -> None:
    found = group_sorted(sc.parallelize(MIXED, 2), listed, key=key, partitions=3).collect()
    assert in_order(grouped(MIXED, key_of)) == in_order(found)
    assert (1, [(1, "a"), (True, "b"), (1.0, "c"), (Decimal(1), 2)]) in found


def test_a_key_may_be_several_positions_and_elements_anything(sc) -> None:
    rdd = sc.parallelize(EVENTS, 2)
    pairs = dict(
        group_sorted(rdd, lambda key, rows: [(key, len(list(rows)))], key=(0, 2)).collect()
    )
    assert pairs == {
        pair: sum(event[::2] == pair for event in EVENTS) for pair in {e[::2] for e in EVENTS}
    }
    words = sc.parallelize(["tide", "sea", "tea", "harbour"], 2)
    found = group_sorted(words, listed, key=len, sort=lambda word: word).collect()
    assert sorted(found) == [(3, ["sea", "tea"]), (4, ["tide"]), (7, ["harbour"])]
    empties = group_sorted(sc.parallelize([(), ()], 2), listed, key=len, partitions=1).collect()
    assert empties == [(0, [(), ()])]


@pytest.mark.parametrize("empty", [lambda sc: sc.emptyRDD(), lambda sc: sc.parallelize([], 2)])
def test_nothing_gives_nothing(sc, empty, tmp_path) -> None:
    rdd = empty(sc)
    pairs = sc.parallelize([("a", 1)], 1)
    assert [] == group_sorted(rdd, listed, key=0, partitions=2).collect()
    assert [] == co_group([rdd, rdd], lambda key, sides: [key], keys=0, partitions=1).collect()
    assert [] == aggregate_by(rdd, key=0, zero=0, step=max, merge=max, partitions=1).collect()
    assert [] == hash_join(rdd, pairs).collect() == hash_join(pairs, rdd).collect()
    assert 0 == write_text(rdd, tmp_path / "out")
    assert (tmp_path / "out" / "_SUCCESS").exists()


def test_groups_may_be_left_half_read(sc) -> None:
    found = group_sorted(
        sc.parallelize(EVENTS, 3), lambda key, rows: [next(rows)], key=0, sort=1, partitions=2
    )
    assert sorted(found.collect(), key=repr) == sorted(
        (values[0] for _, values in grouped(EVENTS, key_of, sort_of)), key=repr
    )
    nothing = group_sorted(sc.parallelize(EVENTS, 1), lambda key, rows: None, key=0, partitions=1)
    assert [] == nothing.collect()


@pytest.mark.parametrize("keys", [0, [0, key_of]])
def test_sides_come_together_by_key(sc, keys) -> None:
    left = [(1, "a"), (2, "b"), (1, "c"), (None, "n")]
    right = [(1.0, "x"), (3, "y"), (None, "m")]

    def seen(key: Any, sides: Any) -> Any:
        first, second = sides
        yield key, list(first), list(second), list(second)

    found = co_group([sc.parallelize(left, 2), sc.parallelize(right, 2)], seen, keys=keys).collect()
    assert sorted(found, key=repr) == [
        (1, [(1, "a"), (1, "c")], [(1.0, "x")], [(1.0, "x")]),
        (2, [(2, "b")], [], []),
        (3, [], [(3, "y")], [(3, "y")]),
        (None, [(None, "n")], [(None, "m")], [(None, "m")]),
    ]


@pytest.mark.parametrize("how", ["inner", "left"])
def test_pairs_meet_those_that_are_held(sc, how) -> None:
    large = [(1, "a"), ("k", "b"), (None, "c"), (9, "d"), (1, "e"), (NAN, "f")]
    small = [(1.0, "x"), (True, "y"), (None, ["z"]), ("k", None), (float("nan"), "v")]
    wanted = []
    names = python_group_keys([key for key, _ in small])
    for key, value in large:
        (name,) = python_group_keys([key])
        partners = [right for other, (_, right) in zip(names, small, strict=True) if other == name]
        wanted += [(key, (value, right)) for right in partners or ([None] if how == "left" else [])]
    joined = hash_join(sc.parallelize(large, 3), sc.parallelize(small, 2), how)
    assert repr(wanted) == repr(joined.collect()) == repr(joined.collect())
    twice = hash_join(joined, sc.parallelize([(1, "w")], 1))
    assert [(1, (("a", "x"), "w")), (1, (("a", "y"), "w"))] == twice.collect()[:2]


@pytest.mark.parametrize("how", ["inner", "left"])
@pytest.mark.parametrize("several", [[], [(2, "again")]])
def test_keys_of_any_class_find_their_partners(sc, how, several) -> None:
    keys = [1.0, "1", (NAN, "t"), [1], {1}, frozenset({1}), Decimal("sNaN"), None, b"x", 7]
    large = [[key, number] for number, key in enumerate(keys)] + [(1, "tuple"), (2, "two")]
    small = [(True, "one"), ((NAN, "t"), "tuple"), ([1], "list"), ({1}, "set"), (NAN, "nan")]
    small += [(None, "none"), (bytearray(b"x"), "bytes"), *several]
    got = hash_join(sc.parallelize(large, 1), sc.parallelize(small, 2), how).collect()
    named = ["one", None, "tuple", "list", "set", "set", "nan", "none", "bytes", None, "one"]
    wanted = [(number, name) for number, name in zip([*range(10), "tuple"], named, strict=True)]
    wanted += [("two", "again" if several else None)]
    assert [pair for pair in wanted if how == "left" or pair[1]] == [pair for _, pair in got]


def test_a_held_side_may_lie_in_one_partition(sc) -> None:
    large = sc.parallelize([(1, "left")], 1)
    small = sc.parallelize([(0, "x" * 1000)] * 8 + [(1, "right")], 9).coalesce(4).union(large)
    size = 8 * 1000 + 2000
    assert [(1, ("left", "right")), (1, ("left", "left"))] == (
        hash_join(large, small, max_bytes=size).collect()
    )


def test_a_hash_join_refuses_what_it_cannot_do(sc) -> None:
    pairs = sc.parallelize([(1, "x" * 1000)])
    with pytest.raises(Unsupported, match="right join") as refused:
        hash_join(pairs, pairs, "right")
    assert "use co_group" in str(refused.value)
    with pytest.raises(BuildError, match="no such join"):
        hash_join(pairs, pairs, "iner")
    with pytest.raises(FlowError, match="too large to hold") as large:
        hash_join(pairs, pairs, max_bytes=100)
    assert "max_bytes" in str(large.value)


def test_states_are_folded_and_merged(sc) -> None:
    total = aggregate_by(
        sc.parallelize(MIXED[:4] + EVENTS, 3),
        key=lambda element: element[0],
        zero=[],
        step=lambda state, element: [*state, element[1]],
        merge=lambda left, right: left + right,
        finish=tuple,
        partitions=2,
    )
    wanted = [(k, tuple(e[1] for e in v)) for k, v in grouped(MIXED[:4] + EVENTS, key_of)]
    assert in_order(wanted) == in_order(total.collect())
    counts = aggregate_by(
        sc.parallelize(EVENTS, 3), key=(0, 2), zero=0, step=lambda n, _: n + 1, merge=int.__add__
    )
    assert sum(dict(counts.collect()).values()) == len(EVENTS)


@attrs.frozen
class Failing:
    """Fails in the first attempt of each task."""

    folder: str

    def __call__(self, index: int, elements: Any) -> Any:
        for number, element in enumerate(elements):
            if number == 3 and not os.path.exists(f"{self.folder}/{index}"):
                Path(self.folder, str(index)).touch()
                raise OSError("the first attempt fails")
            yield element


def test_recomputed_and_retried_results_are_the_same(sc, tmp_path) -> None:
    found = group_sorted(sc.parallelize(EVENTS, 3), listed, key=0, sort=1, partitions=2).cache()
    first = found.collect()
    assert first == found.collect()
    found.unpersist(blocking=True)
    assert first == found.collect()
    # local[2] tries once: the second action is the second attempt, as after a lost executor.
    shaky = sc.parallelize(EVENTS, 3).mapPartitionsWithIndex(Failing(str(tmp_path)))
    counters = TaskCounters(sc)

    def seen(elements: Any, count: Any) -> Any:
        for element in elements:
            count("seen")
            yield element

    counted = counters.map_partitions(shaky, seen)
    regrouped = group_sorted(counted, listed, key=0, sort=1, partitions=2)
    assert failures_of(regrouped) in (1, 2, 3)
    assert first == regrouped.collect() == regrouped.collect()
    assert counted.count() == 60
    assert counters.as_dict() == {"seen": 60} and counters.is_complete


def failures_of(rdd: Any) -> int:
    """Collect until that succeeds, and return how often it failed as it was meant to."""
    for failures in range(4):
        try:
            rdd.collect()
            return failures
        except (Py4JJavaError, PySparkException) as error:  # the latter once a session was there
            assert "the first attempt fails" in str(error)
    return 4


def broken_key(element: Any) -> Any:
    if element[1] == 5:
        raise LookupError("no key for 5")
    return element[0]


def test_failures_say_what_and_where(sc) -> None:
    with pytest.raises(Exception, match="the key function of group_sorted failed") as failed:
        group_sorted(sc.parallelize(EVENTS, 2), listed, key=broken_key).collect()
    assert "LookupError: no key for 5" in str(failed.value)
    assert "element     ('" in str(failed.value)
    assert "in broken_key: raise LookupError" in str(failed.value)
    assert "test_rdd_toolkit.py" in str(failed.value)
    with pytest.raises(Exception, match="the iterator of a group's values") as sent:
        group_sorted(sc.parallelize(EVENTS, 2), lambda key, rows: [(key, rows)], key=0).collect()
    assert "list(values)" in str(sent.value)


def folded(rdd: Any, zero: Any) -> Any:
    def step(state: Any, element: Any) -> Any:
        state[0].append(element[1])
        return state

    return aggregate_by(rdd, key=0, zero=zero, step=step, merge=lambda left, right: left)


@pytest.mark.parametrize("zero", [([],), [[]], {0: []}, lambda: ([],)])
def test_each_key_has_a_zero_of_its_own(sc, zero) -> None:
    found = folded(sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 1), zero)
    assert {key: state[0] for key, state in found.collect()} == {"a": [1, 3], "b": [2]}


def test_arguments_of_the_wrong_kind_are_refused_at_once(sc) -> None:
    rdd = sc.parallelize(EVENTS)
    wrong = [
        ("takes an RDD", lambda: group_sorted(EVENTS, listed, key=0)),
        ("takes a function as its second argument", lambda: group_sorted(rdd, 5, key=0)),
        ("a position in a tuple", lambda: group_sorted(rdd, listed, key="user")),
        ("a position in a tuple", lambda: group_sorted(rdd, listed, key=True)),
        ("a position in a tuple", lambda: group_sorted(rdd, listed, key=())),
        ("reverse needs sort", lambda: group_sorted(rdd, listed, key=0, reverse=True)),
        ("whole number from 1", lambda: group_sorted(rdd, listed, key=0, partitions=0)),
        ("takes a list of RDDs", lambda: co_group(rdd, listed, keys=0)),
        ("one key for all RDDs", lambda: co_group([rdd, rdd], listed, keys=[0])),
        (
            "takes a function as its step",
            lambda: aggregate_by(rdd, key=0, zero=0, step=1, merge=max),
        ),
        ("takes a function as its setup", lambda: map_partitions_with(rdd, listed, setup=None)),
        ("fn, of group_sorted cannot be called", lambda: group_sorted(rdd, len, key=0)),
        ("key of group_sorted cannot be called", lambda: group_sorted(rdd, listed, key=listed)),
        ("takes True or False as reverse", lambda: group_sorted(rdd, listed, key=0, reverse=1)),
        ("fn, of co_group cannot be called", lambda: co_group([rdd], lambda k, a, b: [], keys=0)),
        ("for several RDDs, a list", lambda: co_group([rdd], listed, keys=(key_of, sort_of))),
        ("takes a list of RDDs", lambda: co_group([], listed, keys=0)),
        ("zero of aggregate_by cannot be", lambda: folded(rdd, lambda key: 0)),
        ("cannot copy its zero", lambda: folded(rdd, (n for n in ()))),
        ("setup of map_partitions_with", lambda: map_partitions_with(rdd, listed, setup=len)),
        ("knows no such view", lambda: TaskCounters(sc).as_dict("lats")),
        ("takes a SparkContext", lambda: TaskCounters(rdd)),
        ("takes a SparkContext", lambda: read_text(rdd, "x")),
        ("read_text takes a path", lambda: read_text(sc, 5)),
        ("write_text takes a path", lambda: write_text(rdd, None)),
        ("are given by their names", lambda: toolkit.write_sequence_file(rdd, "x", int, "Text")),
        ("no such mode", lambda: write_text(rdd, "x", mode="replace")),
    ]
    for message, call in wrong:
        with pytest.raises(BuildError, match=message):
            call()
    with pytest.raises(TapError, match="nowhere"):
        read_text(sc, "nowhere")


def examples() -> dict[str, str]:
    found = {}
    for name in toolkit.__all__:
        text = inspect.getdoc(getattr(toolkit, name)) or ""
        _, _, example = text.partition("Example:\n")
        found[name] = textwrap.dedent(example.partition("\n\n")[0])
    return found


@pytest.mark.parametrize("name", toolkit.__all__)
def test_the_example_of_each_function_runs(sc, name, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"sc": sc, "os": os, **{one: getattr(toolkit, one) for one in toolkit.__all__}}
    checked = 0
    lines = [line for line in examples()[name].splitlines() if line]
    for number, line in enumerate(lines):
        code, _, result = line.partition("# ")
        if not code.strip():
            continue
        if not result and number + 1 < len(lines) and lines[number + 1].startswith("# "):
            result = lines[number + 1][2:]
        if result:
            assert eval(result, names) == eval(code, names)
            checked += 1
        else:
            exec(code, names)
    assert checked
