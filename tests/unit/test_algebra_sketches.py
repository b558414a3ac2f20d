"""Sketches and statistics keep the bounds they state; inputs are seeded."""

from __future__ import annotations

import math
import pickle
import random
import statistics
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.errors import Unsupported
from cascade2spark.scalding.algebra import (
    Aggregator,
    Approximate,
    AveragedValue,
    AveragedValueAggregator,
    BloomFilterAggregator,
    BloomFilterMonoid,
    CountMinAggregator,
    CountMinMonoid,
    DecayedValue,
    DecayedValueMonoid,
    HyperLogLogAggregator,
    HyperLogLogMonoid,
    MinHashAggregator,
    MinHasher,
    MinHasher16,
    MinHasher32,
    Moments,
    MomentsAggregator,
    QTree,
    QTreeAggregator,
    QTreeAggregatorLowerBound,
    QTreeSemigroup,
    SketchMapMonoid,
    SpaceSaver,
    SpaceSaverAggregator,
    SpaceSaverSemigroup,
    bits_for_error,
)
from cascade2spark.scalding.algebra.hashing import bytes_of


def skewed(count, keys, seed=1):
    """Return `count` numbers below `keys`, small ones often."""
    source = random.Random(seed)
    return [int(keys * source.random() ** 4) for _ in range(count)]


def in_parts(values, count=7):
    return [values[part::count] for part in range(count)]


# -- HyperLogLog -------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [6, 9, 12])
@pytest.mark.parametrize("count", [0, 1, 90, 3000, 20_000])
def test_a_hyper_log_log_keeps_its_error(bits, count) -> None:
    monoid = HyperLogLogMonoid(bits)
    values = [f"user {number}" for number in range(count)]
    found = monoid.sum(monoid.build(part) for part in in_parts(values * 2))
    assert abs(found.estimated_size - count) <= 4 * 1.04 / 2 ** (bits / 2) * count + 0.5
    assert monoid.size_of(found).bounds_contain(count)
    assert found == monoid.build(values) == pickle.loads(pickle.dumps(found))


def test_sizes_of_unions_and_intersections() -> None:
    monoid = HyperLogLogMonoid(14)
    one, two = monoid.build(range(6000)), monoid.build(range(4000, 10_000))
    assert abs(monoid.plus(one, two).estimated_size - 10_000) < 300
    assert abs(monoid.estimate_intersection_size([one, two]) - 2000) < 300
    assert 0.0 == monoid.estimate_intersection_size([])


def test_bits_for_an_error() -> None:
    assert [12, 14, 4] == [bits_for_error(0.0163), bits_for_error(0.01), bits_for_error(0.5)]


def test_unique_values_are_counted_exactly_up_to_a_hundred() -> None:
    aggregator = Aggregator.approximate_unique_count()
    assert 100 == aggregator.apply([*range(100), *range(100)])
    assert abs(aggregator.apply(range(30_000)) - 30_000) <= 4 * 0.0115 * 30_000
    text_and_number = aggregator.apply(["1", 1, 1.0, True, b"1", None, (1, "a")])
    assert 5 == text_and_number


# -- Count-Min ---------------------------------------------------------------------------------


@pytest.mark.parametrize("eps", [0.002, 0.02])
def test_a_count_min_sketch_keeps_its_error(eps) -> None:
    monoid = CountMinMonoid(eps, delta=0.01, seed=3)
    keys = skewed(20_000, 3000)
    truth = Counter(keys)
    found = monoid.sum(monoid.build(part) for part in in_parts(keys))
    assert not found.is_exact and len(keys) == found.total_count
    estimates = {key: found.frequency(key).estimate for key in range(3000)}
    assert all(estimates[key] >= truth[key] for key in estimates)
    wrong = [key for key in estimates if estimates[key] > truth[key] + eps * len(keys)]
    assert len(wrong) <= 0.01 * len(estimates)
    assert all(found.frequency(key).min <= truth[key] for key in estimates if key not in wrong)
    assert found == monoid.build(keys) == pickle.loads(pickle.dumps(found))


def test_few_keys_are_counted_exactly() -> None:
    monoid = CountMinMonoid(1e-5)
    keys = skewed(2000, 500)
    found = monoid.build(key.to_bytes(2, "big") for key in keys)
    assert found.is_exact
    truth = Counter(keys)
    for key in range(500):
        assert Approximate.exact(truth[key]) == found.frequency(key.to_bytes(2, "big"))
    assert (271829, 5) == (monoid.width, monoid.depth)


def test_a_table_and_exact_counts_add() -> None:
    monoid = CountMinMonoid(0.01, 0.01)
    large, small = monoid.build(range(500)), monoid.create(7, count=3)
    assert not large.is_exact and small.is_exact
    assert monoid.plus(large, small) == monoid.plus(small, large) == large.plus(small)
    assert monoid.plus(large, small).frequency(7).estimate >= 4
    assert 500 == large.total_count and 503 == monoid.plus(large, small).total_count


# -- Bloom filter ------------------------------------------------------------------------------


@pytest.mark.parametrize(("entries", "fp_prob"), [(200, 0.1), (2000, 0.01)])
def test_a_bloom_filter_keeps_its_error(entries, fp_prob) -> None:
    monoid = BloomFilterMonoid(entries, fp_prob)
    values = [f"in {number}" for number in range(entries)]
    found = monoid.sum(monoid.build(part) for part in in_parts(values))
    assert all(found.contains(value) for value in values)
    wrong = sum(bool(found.contains(f"out {number}")) for number in range(5000))
    assert wrong <= 1.5 * fp_prob * 5000
    assert abs(found.contains(values[0]).with_prob - (1 - fp_prob)) < fp_prob
    assert found.size.bounds_contain(entries)
    assert found == monoid.build(values) == pickle.loads(pickle.dumps(found))


def test_the_size_of_a_bloom_filter() -> None:
    monoid = BloomFilterMonoid(1000, 0.01)
    assert (9586, 7) == (monoid.width, monoid.hashes)
    assert 1.0 == monoid.zero.contains("a").with_prob and not monoid.zero.contains("a")
    assert Approximate(0.0, 0.0, 0.0, 0.9973) == monoid.zero.size


# -- QTree -------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [3, 6, 9])
def test_bounds_of_quantiles_enclose_and_are_near(k) -> None:
    source = random.Random(5)
    values = [source.lognormvariate(3, 2) for _ in range(4000)]
    semigroup = QTreeSemigroup(k)
    trees = [semigroup.sum_option(map(QTree.of, part)) for part in in_parts(values)]
    tree = semigroup.sum_option(trees)
    values.sort()
    halvings = 16 + math.ceil(math.log2(values[-1] + 1))
    most = 2 * halvings * len(values) / 2**k
    assert len(values) == tree.count and len(tree.counts) <= 6 * 2**k
    assert tree.lower_bound <= values[0] and values[-1] < tree.upper_bound
    for p in (0, 0.01, 0.25, 0.5, 0.9, 0.99, 1):
        low, high = tree.quantile_bounds(p)
        truth = values[min(math.floor(len(values) * p), len(values) - 1)]
        assert low <= truth <= high
        assert sum(low <= value < truth for value in values) <= most
        assert sum(truth < value < high for value in values) <= most


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60), st.floats(0, 1))
@settings(max_examples=60)
def test_bounds_enclose_any_quantile_even_when_very_compressed(values, p) -> None:
    tree = QTreeSemigroup(1).sum_option(map(QTree.of, values))
    for value in values[:5]:
        tree = QTreeSemigroup(1).plus(tree, QTree.of(value))
    every = sorted(values + values[:5])
    low, high = tree.quantile_bounds(p)
    assert low <= every[min(math.floor(len(every) * p), len(every) - 1)] <= high


def test_a_few_values_have_exact_percentiles() -> None:
    values = [10.0, 40.0, 20.0, 30.0]
    low, high = Aggregator.approximate_percentile_bounds(0.5).apply(values)
    assert (30.0, 30.0 + 2**-16) == (low, high)
    assert abs(30.0 - Aggregator.approximate_percentile(0.5).apply(values)) <= 2**-16
    assert (low, high) == QTreeAggregator(0.5).apply(values)
    assert 40.0 == QTreeAggregatorLowerBound(1).apply(values)
    assert (8.0, 16.0) == QTree.of(10.0, level=3).quantile_bounds(0)


# -- MinHash -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hasher", [MinHasher32(0.5, 2048), MinHasher16(0.5, 1024)])
def test_signatures_estimate_similarity(hasher) -> None:
    for shared in (0, 500, 900, 1000):
        one = hasher.build(range(1000))
        two = hasher.build(range(1000 - shared, 2000 - shared))
        truth = shared / (2000 - shared)
        error = 4 * math.sqrt(max(truth * (1 - truth), 0.001) / hasher.num_hashes)
        by_chance = 2000 / 2**17 if hasher.bits == 16 else 0.0
        assert abs(hasher.similarity(one, two) - truth) <= error + by_chance
        share = any(a == b for a, b in zip(hasher.buckets(one), hasher.buckets(two), strict=True))
        assert share == (shared >= 900)


def test_bands_follow_the_threshold() -> None:
    hasher = MinHasher32(0.5, 4096)
    assert hasher.num_hashes <= 1024 and hasher.num_hashes == hasher.num_bands * hasher.rows
    assert abs(hasher.estimated_threshold - 0.5) < 0.05
    assert hasher.probability_of_inclusion(0.7) > 0.99 > 0.1 > hasher.probability_of_inclusion(0.3)
    assert 8 == len(MinHasher(16, 8).buckets(MinHasher(16, 8).zero))


# -- SpaceSaver --------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 7])
def test_a_space_saver_keeps_its_bounds(parts) -> None:
    items = skewed(10_000, 1000)
    truth = Counter(items)
    semigroup = SpaceSaverSemigroup()
    found = semigroup.sum_option(
        semigroup.sum_option(SpaceSaver.of(50, item) for item in part)
        for part in in_parts(items, parts)
    )
    assert len(found.counters) <= 50
    assert all(found.frequency(item).bounds_contain(truth[item]) for item in range(1000))
    # For one stream the error is at most n / capacity; merged, that of all parts.
    assert found.floor <= len(items) / 50
    best = [item for item, _ in truth.most_common(3)]
    assert best == [item for item, _, _ in found.top_k(3)]
    sure = [item for item, _, is_sure in found.most_frequent(300) if is_sure]
    assert sure and all(truth[item] >= 300 for item in sure)
    assert {item for item in truth if truth[item] >= 300} <= {
        item for item, _, _ in found.most_frequent(300)
    }


# -- SketchMap ---------------------------------------------------------------------------------


def test_a_sketch_map_keeps_its_error() -> None:
    monoid = SketchMapMonoid(width=136, depth=5, heavy_hitters_count=5)
    keys = skewed(6000, 600)
    truth: Counter[int] = Counter()
    for key in keys:
        truth[key] += key % 3
    found = monoid.sum(monoid.build((key, key % 3) for key in part) for part in in_parts(keys))
    assert truth.total() == found.total_value
    estimates = {key: monoid.frequency(found, key) for key in range(600)}
    assert all(estimates[key] >= truth[key] for key in estimates)
    most = math.e / 136 * truth.total()
    assert sum(estimates[k] > truth[k] + most for k in estimates) <= math.exp(-5) * 600
    best = sorted(estimates, key=lambda key: -estimates[key])[:5]
    assert best == [key for key, _ in monoid.heavy_hitters(found)]
    assert monoid.build((key, key % 3) for key in keys).cells == found.cells


def test_a_sketch_map_of_other_values() -> None:
    monoid = SketchMapMonoid(50, 3, 1, tuple[int, int], key=lambda pair: pair[1])
    found = monoid.plus(monoid.create("a", (9, 1)), monoid.build([("b", (1, 2)), ("a", (1, 3))]))
    assert [("a", (10, 4))] == monoid.heavy_hitters(found)
    assert ((0, 0), (11, 6)) == (monoid.frequency(found, "c"), found.total_value)
    assert monoid.zero == monoid.sum([])


# -- statistics --------------------------------------------------------------------------------

NUMBERS = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]


def test_moments_are_those_of_a_population() -> None:
    found = MomentsAggregator().apply(NUMBERS)
    assert (8, 5.0) == (found.count, found.mean)
    assert math.isclose(statistics.pvariance(NUMBERS), found.variance)
    assert math.isclose(statistics.pstdev(NUMBERS), found.stddev)
    assert math.isclose(0.65625, found.skewness)
    assert math.isclose(-0.21875, found.kurtosis)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.integers(1, 29))
@settings(max_examples=40)
def test_moments_of_parts_add(numbers, place) -> None:
    one = MomentsAggregator().apply(numbers[:place])
    two = MomentsAggregator().apply(numbers[place:])
    found = one.plus(two)
    mean = statistics.fmean(numbers)
    assert math.isclose(mean, found.mean, rel_tol=1e-9, abs_tol=1e-9)
    for power, moment in ((2, found.m2), (3, found.m3), (4, found.m4)):
        truth = math.fsum((number - mean) ** power for number in numbers)
        scale = math.fsum(abs(number - mean) ** power for number in numbers)
        assert abs(truth - moment) <= 1e-9 * scale + 1e-9


def test_moments_of_too_little_are_no_numbers() -> None:
    assert math.isnan(Moments().variance) and math.isnan(Moments.of(1).skewness)
    assert 0.0 == Moments.of(1).variance
    assert Moments() == MomentsAggregator().apply([])


def test_averages_are_weighted_and_can_be_taken_back() -> None:
    assert 5.0 == AveragedValueAggregator().apply(NUMBERS)
    assert AveragedValue(4, 7.0) == AveragedValue(1, 4.0).plus(AveragedValue(3, 8.0))
    less = AveragedValue(4, 7.0).plus(AveragedValue(1, 4.0).negate())
    assert 3 == less.count and math.isclose(8.0, less.value)


def test_a_decayed_value_halves() -> None:
    value = DecayedValue.build(8.0, time=100, half_life=10)
    assert math.isclose(4.0, value.value_as_of(110, 10))
    later = DecayedValue.build(1.0, time=130, half_life=10)
    assert math.isclose(2.0, value.plus(later).value)
    assert value.plus(later) == later.plus(value)
    assert DecayedValueMonoid(1.5).zero == DecayedValueMonoid(1.5).plus(
        value, DecayedValue.build(0.0, 200, 10)
    )


# -- all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "aggregator"),
    [
        (lambda found: round(found.estimated_size), HyperLogLogAggregator(10)),
        (lambda found: found.frequency("a").estimate, CountMinAggregator(0.1)),
        (lambda found: bool(found.contains("b")) + 1, BloomFilterAggregator(100, 0.01)),
        (lambda found: len(set(found)) // 4, MinHashAggregator(MinHasher(8, 4))),
        (lambda found: int(found.frequency("a").estimate), SpaceSaverAggregator(2)),
    ],
)
def test_aggregators_of_sketches(answer, aggregator) -> None:
    shipped = pickle.loads(pickle.dumps(aggregator))
    assert 2 == answer(shipped.apply(["a", "b", "a"]))


def test_equal_numbers_have_equal_bytes_and_others_do_not() -> None:
    assert bytes_of(1) == bytes_of(1.0) == bytes_of(True)
    assert bytes_of(0.0) == bytes_of(-0.0)
    different = [1, "1", None, (1,), (1, 1), ("1", "1"), ("11",), 1.5, -1, b"", "nan"]
    assert len(different) == len({bytes_of(value) for value in different})


@pytest.mark.parametrize("make", [HyperLogLogMonoid, CountMinMonoid])
def test_without_the_library_the_error_names_the_extra(make, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "datasketches", None)
    with pytest.raises(Unsupported, match="datasketches") as caught:
        make()
    assert 'pip install "cascade2spark[sketches]"' == caught.value.fix
