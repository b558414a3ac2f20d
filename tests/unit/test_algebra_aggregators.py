"""Aggregators and folds: what each answers, also for no values; the laws are in tests/laws."""

from __future__ import annotations

import pickle

import pytest
from pyspark import cloudpickle

from cascade2spark.errors import OperationError
from cascade2spark.scalding.algebra import (
    Aggregator,
    Fold,
    IntWrap,
    Left,
    MonoidAggregator,
    MultiAggregator,
    Right,
)

WORDS = ["pear", "fig", "apple", "kiwi", "fig"]


def is_long(word):
    return len(word) > 3


@pytest.mark.parametrize(
    ("expected", "of_nothing", "aggregator"),
    [
        (5, 0, Aggregator.size()),
        (3, 0, Aggregator.count(is_long)),
        (True, False, Aggregator.exists(is_long)),
        (False, True, Aggregator.forall(is_long)),
        (["apple", "fig"], [], Aggregator.sorted_take(2)),
        (["fig", "fig", "pear"], [], Aggregator.sort_by_take(3, len)),
        (["pear", "kiwi"], [], Aggregator.sorted_reverse_take(2)),
        (["apple", "pear"], [], Aggregator.sort_by_reverse_take(2, len)),
        (["apple", "fig"], [], Aggregator.immutable_sorted_take(2)),
        (WORDS, [], Aggregator.to_list()),
        (set(WORDS), set(), Aggregator.to_set()),
        (4, 0, Aggregator.unique_count()),
        (4, 0, Aggregator.approximate_unique_count()),
        (19.0, 0.0, Aggregator.numeric_sum().compose_prepare(len)),
        ("".join(WORDS), "", Aggregator.from_monoid(str)),
        (19, 0, Aggregator.prepare_monoid(len, IntWrap)),
        (7, 7, Aggregator.const(7)),
        (["pear", "apple", "kiwi"], [], Aggregator.to_list().filter_before(is_long)),
        ((5, set(WORDS)), (0, set()), Aggregator.size().join(Aggregator.to_set())),
        ("5", "0", Aggregator.size().and_then_present(str)),
        (
            {"n": 5, "all": WORDS},
            {"n": 0, "all": []},
            MultiAggregator({"n": Aggregator.size(), "all": Aggregator.to_list()}),
        ),
    ],
)
def test_aggregators_with_a_zero(expected, of_nothing, aggregator) -> None:
    assert expected == aggregator(WORDS) == aggregator.apply_option(WORDS)
    assert of_nothing == aggregator.apply([])
    assert aggregator.apply_option([]) is None
    assert isinstance(aggregator, MonoidAggregator)
    shipped = pickle.loads(cloudpickle.dumps(aggregator))
    assert expected == shipped.apply(iter(WORDS))


@pytest.mark.parametrize(
    ("expected", "aggregator"),
    [
        ("pear", Aggregator.head()),
        ("fig", Aggregator.last()),
        ("pear", Aggregator.max()),
        ("apple", Aggregator.max_by(len)),
        ("pear", Aggregator.max_by(is_long)),  # of equal ones the first
        ("apple", Aggregator.min()),
        ("fig", Aggregator.min_by(len)),
        ("pear", Aggregator.min_by(lambda word: 0)),
        ("pear", Aggregator.from_reduce(max)),
        ("".join(WORDS), Aggregator.from_semigroup()),
        (19, Aggregator.prepare_semigroup(len, int)),
        ((5, "pear"), Aggregator.size().join(Aggregator.max())),
    ],
)
def test_aggregators_without_a_zero(expected, aggregator) -> None:
    assert expected == aggregator.apply(WORDS)
    assert aggregator.apply_option([]) is None
    assert not isinstance(aggregator, MonoidAggregator)
    with pytest.raises(OperationError, match="of no values has no answer"):
        aggregator.apply([])
    assert expected == aggregator.lift().apply(WORDS)
    assert aggregator.lift().apply([]) is None


def test_none_is_a_value_like_others() -> None:
    assert Aggregator.head().apply([None, 1]) is None
    assert Aggregator.head().lift().apply([None, 1]) is None
    assert [None, 1] == Aggregator.to_list().apply([None, 1])
    assert 2 == Aggregator.size().apply([None, None])


def test_what_is_put_before_a_monoid_aggregator() -> None:
    sizes = Aggregator.size()
    assert 2 == sizes.collect_before({"fig": 1}.get).apply(WORDS)
    assert 3 == sizes.sum_before().apply([["a"], [], ["b", "c"]])
    assert (2, [1]) == sizes.either(Aggregator.to_list()).apply([Left(5), Right(1), Left(6)])


def test_an_append_of_ones_own_is_used() -> None:
    used = []

    def append(total, word):
        used.append(word)
        return total + len(word)

    aggregator = Aggregator.append_semigroup(len, append, int)
    assert 12 == aggregator.append_all(aggregator.prepare("pear"), ["fig", "apple"])
    assert ["fig", "apple"] == used
    composed = aggregator.compose_prepare(str.strip)
    assert 4 == composed.append(3, " a ") and ["fig", "apple"] == used


def test_sorted_takes_change_no_operand() -> None:
    monoid = Aggregator.sorted_take(2).monoid
    left, right = [1, 5], [3]
    assert [1, 3] == monoid.plus(left, right)
    assert ([1, 5], [3]) == (left, right)


def test_samples_repeat_and_are_of_the_values() -> None:
    values = range(1000)
    for aggregator in (Aggregator.random_sample(0.3), Aggregator.reservoir_sample(300)):
        shipped = cloudpickle.dumps(aggregator)
        sample = pickle.loads(shipped).apply(values)
        assert sample == pickle.loads(shipped).apply(values)
        assert 250 <= len(sample) <= 350 and set(sample) <= set(values)
        # Both ends are drawn from alike; 50 is more than five standard deviations.
        assert abs(sum(value < 500 for value in sample) - len(sample) / 2) < 50
    assert 300 == len(sample)
    assert {1, 2} == set(Aggregator.reservoir_sample(5).apply([1, 2]))
    other = Aggregator.reservoir_sample(300, seed=1).apply(values)
    assert sorted(other) != sorted(sample)
    assert [] == Aggregator.random_sample(0).apply(values)
    assert list(values) == Aggregator.random_sample(1).apply(values)


def test_tasks_that_start_alike_do_not_sample_the_same_places() -> None:
    shipped = cloudpickle.dumps(Aggregator.random_sample(0.5))
    one, two = (pickle.loads(shipped).apply(range(n, n + 1000)) for n in (0, 1000))
    shared = {n + 1000 for n in one} & set(two)
    assert 150 < len(shared) < 350


@pytest.mark.parametrize(
    ("expected", "of_nothing", "fold"),
    [
        ("pear", None, Fold.first()),
        ("fig", None, Fold.last()),
        ("pear", None, Fold.max()),
        ("apple", None, Fold.min()),
        ("".join(WORDS), "", Fold.sum(str)),
        ("".join(WORDS), None, Fold.sum()),
        (720, 1, Fold.product().contramap(len).map(lambda n: n)),
        (5, 0, Fold.size()),
        (3, 0, Fold.count(is_long)),
        (False, True, Fold.forall(is_long)),
        (True, False, Fold.exists(is_long)),
        (WORDS, [], Fold.seq()),
        (set(WORDS), set(), Fold.container(set)),
        (7, 7, Fold.const(7)),
        ("<pfakf", "<", Fold.fold_left("<", lambda state, word: state + word[0])),
        (6, 1, Fold.fold(lambda state, word: state + word[0], "<", len)),
        ([5, "pear"], [0, None], Fold.sequence([Fold.size(), Fold.first()])),
    ],
)
def test_folds(expected, of_nothing, fold) -> None:
    assert expected == fold.over_traversable(WORDS) == fold.over_iterator(iter(WORDS))
    assert of_nothing == fold.over_empty()


def test_of_equal_values_a_fold_keeps_the_earlier() -> None:
    for fold in (Fold.max(), Fold.min()):
        assert "1" == repr(fold.over_traversable([1, 1.0]))


def test_a_mutable_fold_starts_afresh_each_time() -> None:
    fold = Fold.fold_mutable(lambda found, value: found.append(value) or found, list)
    assert [1, 2] == fold.over_traversable([1, 2])
    assert [3] == fold.over_singleton(3)
