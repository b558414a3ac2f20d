"""Whole messages of what can be wrong with things that add, against tests/errors/algebra.txt."""

from __future__ import annotations

from array import array
from collections import deque
from pathlib import Path

import attrs
import pytest

from cascade2spark.errors import Cascade2SparkError
from cascade2spark.scalding.algebra import (
    ANY,
    Aggregator,
    BloomFilterMonoid,
    BoolRing,
    CountMinMonoid,
    DecayedValue,
    EitherSemigroup,
    Fold,
    FunctionMonoid,
    HyperLogLogMonoid,
    IntRing,
    IntWrap,
    Largest,
    ListMonoid,
    MapMonoid,
    Max,
    MinHasher,
    MinHasher32,
    Moments,
    MonoidAggregator,
    MultiAggregator,
    PriorityQueueMonoid,
    QTree,
    QTreeSemigroup,
    SetMonoid,
    SpaceSaver,
    SpaceSaverSemigroup,
    TextMonoid,
    as_monoid,
    as_ring,
    as_semigroup,
    bits_for_error,
    semigroup_of,
)
from tests.planning import without_place

GOLDEN = Path(__file__).parents[1] / "errors" / "algebra.txt"
FEW = CountMinMonoid(0.1)


class Basket:
    """Nothing says how two add."""

    def append(self, value):
        """What lists can do too."""


class Floats:
    """Nothing says how two add."""


@attrs.frozen
class Visit:
    """A record with a field that does not add."""

    when: deque


@attrs.frozen(kw_only=True)
class Named:
    """A record that cannot be made from its fields in order."""

    count: int


CASES = {
    "no semigroup for a type like a list": lambda: semigroup_of(Basket),
    "no semigroup for a type named like another": lambda: ANY.plus(Floats(), Floats()),
    "no semigroup for a field of a record": lambda: semigroup_of(Visit),
    "no semigroup for one of several types": lambda: semigroup_of(int | str),
    "a number and a text": lambda: ANY.plus(1, "a"),
    "a truth value and a number": lambda: ANY.plus(True, 1),
    "a number and a text in a long sum": lambda: ANY.sum_option([1, 2, "a"]),
    "tuples of different lengths": lambda: ANY.sum_option([(1, 2), (3, 4), (5,)]),
    "a tuple and a list": lambda: semigroup_of((1, 2)).plus((1, 2), [1, 2]),
    "a text by the ring of numbers": lambda: IntRing().plus(1, "a"),
    "texts by the ring of numbers": lambda: IntRing().sum(["a", "b"]),
    "a text by wrapping numbers": lambda: IntWrap.sum([1, "a"]),
    "numbers by the ring of truth values": lambda: BoolRing().plus(1, 2),
    "numbers as texts": lambda: TextMonoid().sum(["a", 1]),
    "numbers as lists": lambda: ListMonoid().sum([[1], 2]),
    "a list as a set": lambda: SetMonoid().sum([{1}, [2]]),
    "a list as a map": lambda: MapMonoid(IntRing()).plus({"a": 1}, ["a"]),
    "numbers as either": lambda: EitherSemigroup(ANY, ANY).plus(1, 2),
    "numbers as functions": lambda: FunctionMonoid().plus(1, 2),
    "arrays of two types": lambda: ANY.plus(array("i", [1]), array("d", [1.0])),
    "a record that cannot be made": lambda: ANY.plus(Named(count=1), Named(count=2)),
    "a Max of things without order": lambda: Max(1).plus(Max("a")),
    "the largest of things without order": lambda: Largest().sum_option([1, "a"]),
    "the first of things without order": lambda: PriorityQueueMonoid(2).plus([1], ["a"]),
    "another class's value": lambda: semigroup_of(Moments).plus(Moments.of(1), 2),
    "a function as a semigroup": lambda: as_semigroup(max),
    "a class of semigroups as a semigroup": lambda: as_semigroup(IntRing),
    "a number as a semigroup": lambda: as_semigroup(5),
    "a monoid that has no zero": lambda: as_monoid(Max),
    "a ring that has no product": lambda: as_ring(str),
    "an aggregator without a semigroup": lambda: Aggregator(len, max),
    "an aggregator without a prepare": lambda: Aggregator(None, IntRing()),
    "a monoid aggregator without a zero": lambda: MonoidAggregator(len, Largest()),
    "the max of nothing": lambda: Aggregator.max().apply([]),
    "the max of things without order": lambda: Aggregator.max().apply([1, "a"]),
    "an aggregator of a text": lambda: Aggregator.size().apply("abc"),
    "an aggregator of a number": lambda: Aggregator.size().apply(5),
    "a join with a function": lambda: Aggregator.size().join(len),
    "either with no zero": lambda: Aggregator.size().either(Aggregator.max()),
    "several aggregators, one not called": lambda: MultiAggregator(Aggregator.size),
    "several aggregators, none given": lambda: MultiAggregator(),
    "the first none": lambda: Aggregator.sorted_take(0),
    "a sample of too much": lambda: Aggregator.random_sample(2),
    "a sample of none": lambda: Aggregator.reservoir_sample(0),
    "a percentile in percent": lambda: Aggregator.approximate_percentile(95),
    "a fold from a value": lambda: Fold(0, max),
    "a fold joined with an aggregator": lambda: Fold.size().join(Aggregator.size()),
    "too few bits": lambda: HyperLogLogMonoid(3),
    "too small an error": lambda: bits_for_error(0.0001),
    "sketches of other bits": lambda: HyperLogLogMonoid(5).plus(
        HyperLogLogMonoid(5).zero, HyperLogLogMonoid(6).zero
    ),
    "a sketch of a list": lambda: HyperLogLogMonoid().create([1]),
    "a number for a sketch": lambda: HyperLogLogMonoid().plus(1, 2),
    "an eps of all": lambda: CountMinMonoid(eps=1),
    "other parameters": lambda: FEW.plus(FEW.zero, CountMinMonoid(0.2).zero),
    "a Bloom filter of nothing": lambda: BloomFilterMonoid(0, 0.1),
    "a Bloom filter always wrong": lambda: BloomFilterMonoid(10, 1),
    "Bloom filters of other sizes": lambda: BloomFilterMonoid(10, 0.1).plus(
        BloomFilterMonoid(10, 0.1).zero, BloomFilterMonoid(20, 0.1).zero
    ),
    "a negative number in a QTree": lambda: QTree.of(-1),
    "a text in a QTree": lambda: QTree.of("a"),
    "QTrees of other levels": lambda: QTreeSemigroup().plus(QTree.of(1), QTree.of(1, level=0)),
    "bands of no equal length": lambda: MinHasher(10, 3),
    "a threshold of all": lambda: MinHasher32(1, 100),
    "signatures of other lengths": lambda: MinHasher(4, 2).plus((1, 2, 3, 4), (1, 2)),
    "too small a SpaceSaver": lambda: SpaceSaver.of(1, "a"),
    "SpaceSavers of other sizes": lambda: SpaceSaverSemigroup().plus(
        SpaceSaver.of(2, "a"), SpaceSaver.of(3, "a")
    ),
    "a half life of nothing": lambda: DecayedValue.build(1, 1, 0),
}


def goldens() -> dict[str, str]:
    blocks = GOLDEN.read_text().split("\n\n")
    return dict(block.strip().removeprefix("# ").split("\n", 1) for block in blocks)


def message_of(case: str) -> str:
    with pytest.raises(Cascade2SparkError) as caught:
        CASES[case]()
    return without_place(f"{type(caught.value).__name__}: {caught.value}")


@pytest.mark.parametrize("case", CASES)
def test_message(case) -> None:
    assert message_of(case) == goldens()[case]


def test_every_golden_has_its_case() -> None:
    assert list(goldens()) == list(CASES)
