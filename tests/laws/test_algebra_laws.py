"""Laws of everything that can be added: exactly for exact types, to 1e-9 for floats."""

from __future__ import annotations

import math
import pickle
from array import array
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from pyspark import cloudpickle

from cascade2spark.scalding.algebra import (
    ANY,
    Aggregator,
    AndVal,
    AndValMonoid,
    AveragedValue,
    AveragedValueAggregator,
    BloomFilterMonoid,
    CountMinMonoid,
    DecayedValue,
    EitherSemigroup,
    First,
    FirstSemigroup,
    Fold,
    FunctionMonoid,
    FunctionSemigroup,
    Group,
    HyperLogLogMonoid,
    IntWrap,
    Largest,
    Last,
    LastSemigroup,
    Left,
    LongWrap,
    Max,
    MaxMonoid,
    Min,
    MinHasher,
    MinMonoid,
    Moments,
    Monoid,
    MultiAggregator,
    OrVal,
    OrValMonoid,
    PriorityQueueMonoid,
    Right,
    Ring,
    Smallest,
    TopKMonoid,
    semigroup_of,
)
from cascade2spark.scalding.algebra.hyper_log_log import UniqueCountMonoid


@attrs.frozen
class Visit:
    """A record of two fields that add."""

    count: int
    pages: dict[str, int]


class Point(NamedTuple):
    """A named tuple."""

    x: int
    y: int


INTS = st.integers(-(2**70), 2**70)
SMALL = st.integers(-3, 3)
FLOATS = st.floats(-1e6, 1e6)
TEXTS = st.text("abc", max_size=3)
# Maps that were never added may hold zeros, which a sum drops: no identity there, as in Scala.
MAPS = st.dictionaries(TEXTS, st.integers(1, 9) | st.integers(-9, -1), max_size=4)
OPTIONS = st.none() | INTS
EITHERS = st.builds(Left, SMALL) | st.builds(Right, TEXTS)
BLOOM = BloomFilterMonoid(20, 0.1)
COUNTS = CountMinMonoid(0.05, 0.1, 7)
HASHER = MinHasher(12, 4)
QUEUE = PriorityQueueMonoid(3)
LARGE_QUEUE = PriorityQueueMonoid(3, abs, True)
HLL = HyperLogLogMonoid(6)
UNIQUE = UniqueCountMonoid(3, 5)
KEYS = st.lists(st.integers(0, 60), max_size=40)

EXACT: dict[str, tuple[Any, Any]] = {
    "int": (semigroup_of(int), INTS),
    "IntWrap": (IntWrap, st.integers(-(2**31), 2**31 - 1)),
    "LongWrap": (LongWrap, st.integers(-(2**63), 2**63 - 1)),
    "Fraction": (semigroup_of(Fraction), st.fractions()),
    "Decimal": (semigroup_of(Decimal), st.integers(-999, 999).map(lambda n: Decimal(n) / 100)),
    "bool": (semigroup_of(bool), st.booleans()),
    "OrVal": (semigroup_of(OrVal), st.builds(OrVal, st.booleans())),
    "AndVal": (semigroup_of(AndVal), st.builds(AndVal, st.booleans())),
    "or": (OrValMonoid(), st.booleans()),
    "and": (AndValMonoid(), st.booleans()),
    "str": (semigroup_of(str), TEXTS),
    "bytes": (semigroup_of(bytes), st.binary(max_size=3)),
    "list": (semigroup_of(list), st.lists(SMALL, max_size=3)),
    "set": (semigroup_of(set), st.sets(SMALL)),
    "frozenset": (semigroup_of(frozenset), st.frozensets(SMALL)),
    "map": (semigroup_of(dict[str, int]), MAPS),
    "map of maps": (
        semigroup_of(dict[str, dict[str, int]]),
        st.dictionaries(TEXTS, MAPS.filter(bool), max_size=3),
    ),
    "map of Max": (semigroup_of(dict[str, Max]), st.dictionaries(TEXTS, st.builds(Max, SMALL))),
    "option": (semigroup_of(int | None), OPTIONS),
    "tuple": (semigroup_of(tuple[int, str, bool]), st.tuples(INTS, TEXTS, st.booleans())),
    "tuple of rings": (semigroup_of((1, True)), st.tuples(INTS, st.booleans())),
    "tuple of options": (ANY, st.tuples(OPTIONS, st.none() | TEXTS)),
    "unit": (semigroup_of(()), st.just(())),
    "record": (semigroup_of(Visit), st.builds(Visit, INTS, MAPS)),
    "named tuple": (semigroup_of(Point), st.builds(Point, INTS, INTS)),
    "array": (
        semigroup_of(array("q")),
        st.lists(SMALL, max_size=4).map(lambda items: array("q", items)),
    ),
    "either": (EitherSemigroup(semigroup_of(int), semigroup_of(str)), EITHERS),
    "any int": (ANY, OPTIONS),
    "any map": (ANY, st.none() | MAPS),
    "any either": (ANY, EITHERS),
    "Max": (semigroup_of(Max), st.builds(Max, SMALL)),
    "Min": (semigroup_of(Min), st.builds(Min, SMALL)),
    "First": (semigroup_of(First), st.builds(First, SMALL)),
    "Last": (semigroup_of(Last), st.builds(Last, SMALL)),
    "MaxMonoid": (MaxMonoid(-(2**31)), st.builds(Max, SMALL)),
    "MinMonoid": (MinMonoid(math.inf), st.builds(Min, SMALL)),
    "Largest": (Largest(abs), SMALL),
    "Smallest": (Smallest(abs), SMALL),
    "FirstSemigroup": (FirstSemigroup(), OPTIONS),
    "LastSemigroup": (LastSemigroup(), OPTIONS),
    "function of two": (FunctionSemigroup(math.gcd), INTS),
    "PriorityQueue": (QUEUE, st.lists(SMALL).map(QUEUE.build)),
    "PriorityQueue by key": (LARGE_QUEUE, st.lists(SMALL).map(LARGE_QUEUE.build)),
    "TopK": (TopKMonoid(3), st.lists(SMALL).map(lambda items: TopKMonoid(3).build(*items))),
    "Bloom filter": (BLOOM, KEYS.map(BLOOM.build)),
    "Count-Min sketch": (COUNTS, KEYS.map(COUNTS.build)),
    "MinHash": (HASHER, KEYS.map(HASHER.build)),
    "HyperLogLog": (HLL, KEYS.map(HLL.build)),
    "unique count": (UNIQUE, KEYS.map(frozenset).map(lambda keys: UNIQUE.sum([keys, keys]))),
}
FLOATING: dict[str, tuple[Any, Any]] = {
    "float": (semigroup_of(float), FLOATS),
    "any numbers": (ANY, st.integers(-9, 9) | FLOATS),
    "map of float": (
        semigroup_of(dict[str, float]),
        st.dictionaries(TEXTS, st.floats(0.5, 1e3), max_size=3),
    ),
    "Moments": (
        semigroup_of(Moments),
        st.lists(st.integers(-50, 50), max_size=5).map(
            lambda items: semigroup_of(Moments).sum(map(Moments.of, items))
        ),
    ),
    "AveragedValue": (
        semigroup_of(AveragedValue),
        st.builds(AveragedValue, st.integers(1, 9), FLOATS),
    ),
    "DecayedValue": (
        semigroup_of(DecayedValue),
        st.builds(DecayedValue.build, st.floats(0.1, 1e3), st.floats(0, 50), st.just(10.0)),
    ),
}
ALL = {**EXACT, **FLOATING}
MOST = settings(max_examples=settings.default.max_examples // 10)


def seen(value: Any) -> Any:
    """What of a sketch must agree: its answer, where its inside depends on how it was made."""
    return round(value.estimated_size, 6) if hasattr(value, "estimated_size") else value


def same(name: str, left: Any, right: Any) -> bool:
    if name in EXACT:
        return bool(seen(left) == seen(right)) and type(left) is type(right)
    return close(left, right)


def close(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(close(left[k], right[k]) for k in left)
    if attrs.has(type(left)):
        return close(list(attrs.astuple(left)), list(attrs.astuple(right)))
    if isinstance(left, list):
        return (
            all(map(close, left, right, strict=True))
            if False
            else all(close(a, b) for a, b in zip(left, right, strict=True))
        )
    if left is None or right is None:
        return left is right
    return left == right or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)


def those(kind: type) -> list[str]:
    return [name for name, (structure, _) in ALL.items() if isinstance(structure, kind)]


@pytest.mark.parametrize("name", ALL)
@MOST
@given(data=st.data())
def test_plus_is_associative_and_what_a_sum_does_and_changes_no_value(name, data) -> None:
    structure, values = ALL[name]
    items = data.draw(st.lists(values, min_size=3, max_size=6))
    before = [repr(item) for item in items]
    total = items[-1]
    for item in reversed(items[:-1]):
        total = structure.plus(item, total)
    assert same(name, total, reduce(structure.plus, items))
    assert same(name, total, structure.sum_option(iter(items)))
    assert before == [repr(item) for item in items]


@pytest.mark.parametrize("name", those(Monoid))
@MOST
@given(data=st.data())
def test_zero_changes_nothing(name, data) -> None:
    structure, values = ALL[name]
    value = data.draw(values)
    assert same(name, value, structure.plus(structure.zero, value))
    assert same(name, value, structure.plus(value, structure.zero))
    assert not structure.is_non_zero(structure.zero)


@pytest.mark.parametrize("name", those(Group))
@MOST
@given(data=st.data())
def test_minus_undoes_plus(name, data) -> None:
    structure, values = ALL[name]
    a, b = data.draw(values), data.draw(values)
    assert not structure.is_non_zero(structure.minus(a, a)) or name == "AveragedValue"
    if name != "AveragedValue":  # a mean of nothing has lost what it was
        assert same(name, a, structure.plus(structure.minus(a, b), b))


@pytest.mark.parametrize("name", those(Ring))
@MOST
@given(data=st.data())
def test_times_distributes_and_one_changes_nothing(name, data) -> None:
    ring, values = ALL[name]
    a, b, c = (data.draw(values) for _ in "abc")
    both = ring.plus(ring.times(a, b), ring.times(a, c))
    if name in EXACT:
        assert ring.times(a, ring.plus(b, c)) == both
        assert ring.times(ring.times(a, b), c) == ring.times(a, ring.times(b, c))
    else:
        assert math.isclose(ring.times(a, b + c), both, rel_tol=1e-9, abs_tol=1e-3)
    assert ring.times(a, ring.one) == a == ring.times(ring.one, a)


@pytest.mark.parametrize("name", ALL)
def test_a_structure_travels_and_is_equal_to_its_like(name) -> None:
    structure = ALL[name][0]
    back = pickle.loads(cloudpickle.dumps(structure))
    assert back == structure and hash(back) == hash(structure)
    assert back != FunctionMonoid()


@given(st.lists(st.sampled_from([str.upper, str.strip, lambda text: text + " a"]), min_size=1))
@MOST
def test_functions_compose_left_first(functions) -> None:
    text = " b"
    for function in functions:
        text = function(text)
    assert text == FunctionMonoid().sum(functions)(" b")
    assert text == ANY.sum_option(functions)(" b")


def rounded(number: float) -> float:
    return round(number, 9)


WORDS = st.lists(st.sampled_from(["a", "b", "cc", "dd", "eee", ""]), max_size=12)
AGGREGATORS = {
    "size": Aggregator.size(),
    "count": Aggregator.count(bool),
    "exists": Aggregator.exists(bool),
    "forall": Aggregator.forall(bool),
    "head": Aggregator.head(),
    "last": Aggregator.last(),
    "max": Aggregator.max(),
    "max_by": Aggregator.max_by(len),
    "min": Aggregator.min(),
    "min_by": Aggregator.min_by(len),
    "sorted_take": Aggregator.sorted_take(2),
    "sort_by_take": Aggregator.sort_by_take(2, len),
    "sorted_reverse_take": Aggregator.sorted_reverse_take(2),
    "sort_by_reverse_take": Aggregator.sort_by_reverse_take(2, len),
    "to_list": Aggregator.to_list(),
    "to_set": Aggregator.to_set(),
    "unique_count": Aggregator.unique_count(),
    "approximate_unique_count": Aggregator.approximate_unique_count(),
    "numeric_sum": Aggregator.numeric_sum().compose_prepare(len),
    "percentile": Aggregator.approximate_percentile(0.5).compose_prepare(len),
    "mean": AveragedValueAggregator().compose_prepare(len).and_then_present(rounded),
    "sum": Aggregator.from_semigroup(),
    "from_monoid": Aggregator.from_monoid(str),
    "from_reduce": Aggregator.from_reduce(max),
    "append_monoid": Aggregator.append_monoid(lambda total, word: total + len(word), int),
    "append_semigroup": Aggregator.append_semigroup(
        lambda word: [len(word)], lambda total, word: [*total, len(word)], list, len
    ),
    "const": Aggregator.const(7),
    "filtered": Aggregator.to_list().filter_before(lambda word: len(word) > 1),
    "multiple": MultiAggregator(Aggregator.size(), Aggregator.max()),
}


@pytest.mark.parametrize("name", AGGREGATORS)
@MOST
@given(parts=st.lists(WORDS, max_size=4))
def test_an_answer_does_not_depend_on_the_split(name, parts) -> None:
    aggregator = AGGREGATORS[name]
    words = [word for part in parts for word in part]
    sums = [aggregator.reduce(map(aggregator.prepare, part)) for part in parts if part]
    whole = aggregator.apply_option(words)
    assert whole == (aggregator.present(aggregator.reduce(sums)) if sums else None)
    assert whole == aggregator.to_fold().over_traversable(words)
    assert whole == aggregator.lift().apply(words)
    if words:
        first = aggregator.prepare(words[0])
        assert whole == aggregator.present(aggregator.append_all(first, words[1:]))


@pytest.mark.parametrize("other", ["max", "percentile"])
@pytest.mark.parametrize("name", AGGREGATORS)
@settings(max_examples=5)
@given(words=WORDS.filter(bool))
def test_a_join_answers_the_pair_and_a_zip_pairs(name, other, words) -> None:
    one, two = AGGREGATORS[name], AGGREGATORS[other]
    assert (one.apply(words), two.apply(words)) == one.join(two).apply(words)
    pairs = [(word, word[::-1] + "z") for word in words]
    expected = one.apply(words), two.apply([right for _, right in pairs])
    assert expected == one.zip(two).apply(pairs)


FOLDS = {
    "fold_left": Fold.fold_left(0, lambda total, word: total * 2 + len(word)),
    "mutable": Fold.fold_mutable(lambda found, word: found.add(word) or found, set, frozenset),
    "seq": Fold.seq(),
    "first": Fold.first(),
    "last": Fold.last(),
    "max": Fold.max(),
    "min": Fold.min(),
    "sum": Fold.sum(str),
    "size": Fold.size(),
    "count": Fold.count(bool),
    "container": Fold.container(tuple),
}


@pytest.mark.parametrize("name", FOLDS)
@MOST
@given(words=WORDS)
def test_folds_combine(name, words) -> None:
    fold = FOLDS[name]
    answer = fold.over_traversable(words)
    length = Fold.size()
    assert (answer, len(words)) == fold.join(length).over_iterator(iter(words))
    assert (len(words), answer) == length.join(fold).over_traversable(words)
    assert [answer, answer] == Fold.sequence([fold, fold]).over_traversable(words)
    assert repr(answer) == fold.map(repr).over_traversable(words)
    assert answer == fold.contramap(str.lower).over_traversable([word.upper() for word in words])
