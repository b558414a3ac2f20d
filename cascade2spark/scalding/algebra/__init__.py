"""What can be added, and how: semigroups, aggregators and folds, in the manner of Algebird."""

from cascade2spark.scalding.algebra.aggregator import (
    Aggregator,
    MonoidAggregator,
)
from cascade2spark.scalding.algebra.any_values import ANY
from cascade2spark.scalding.algebra.approximate import Approximate, ApproximateBoolean
from cascade2spark.scalding.algebra.averages import (
    AveragedValue,
    DecayedValue,
    DecayedValueMonoid,
    Moments,
)
from cascade2spark.scalding.algebra.base import (
    NOTHING,
    FunctionSemigroup,
    Group,
    Monoid,
    Ring,
    Semigroup,
    identity,
)
from cascade2spark.scalding.algebra.bloom import BloomFilter, BloomFilterMonoid
from cascade2spark.scalding.algebra.collecting import PriorityQueueMonoid, TopK, TopKMonoid
from cascade2spark.scalding.algebra.containers import (
    ArrayMonoid,
    EitherSemigroup,
    FunctionMonoid,
    Left,
    ListMonoid,
    MapGroup,
    MapMonoid,
    OptionMonoid,
    Right,
    SetMonoid,
    TextMonoid,
)
from cascade2spark.scalding.algebra.count_min import CountMinMonoid, CountMinSketch
from cascade2spark.scalding.algebra.extremes import (
    First,
    FirstSemigroup,
    Largest,
    Last,
    LastSemigroup,
    Max,
    MaxMonoid,
    Min,
    MinMonoid,
    Smallest,
)
from cascade2spark.scalding.algebra.fold import Fold
from cascade2spark.scalding.algebra.hyper_log_log import HLL, HyperLogLogMonoid, bits_for_error
from cascade2spark.scalding.algebra.min_hash import MinHasher, MinHasher16, MinHasher32
from cascade2spark.scalding.algebra.multi_aggregator import MultiAggregator
from cascade2spark.scalding.algebra.numeric import (
    AndVal,
    AndValMonoid,
    BoolRing,
    DecimalRing,
    FloatRing,
    FractionRing,
    IntRing,
    IntWrap,
    LongWrap,
    OrVal,
    OrValMonoid,
)
from cascade2spark.scalding.algebra.products import RecordSemigroup, TupleSemigroup
from cascade2spark.scalding.algebra.q_tree import QTree, QTreeSemigroup
from cascade2spark.scalding.algebra.resolving import (
    as_monoid,
    as_ring,
    as_semigroup,
    semigroup_of,
)
from cascade2spark.scalding.algebra.sketch_aggregators import (
    AveragedValueAggregator,
    BloomFilterAggregator,
    CountMinAggregator,
    HyperLogLogAggregator,
    MinHashAggregator,
    MomentsAggregator,
    QTreeAggregator,
    QTreeAggregatorLowerBound,
    SpaceSaverAggregator,
)
from cascade2spark.scalding.algebra.sketch_map import SketchMap, SketchMapMonoid
from cascade2spark.scalding.algebra.space_saver import SpaceSaver, SpaceSaverSemigroup
from cascade2spark.scalding.import_hints import unknown_name

__all__ = [
    "ANY",
    "HLL",
    "NOTHING",
    "Aggregator",
    "AndVal",
    "AndValMonoid",
    "Approximate",
    "ApproximateBoolean",
    "ArrayMonoid",
    "AveragedValue",
    "AveragedValueAggregator",
    "BloomFilter",
    "BloomFilterAggregator",
    "BloomFilterMonoid",
    "BoolRing",
    "CountMinAggregator",
    "CountMinMonoid",
    "CountMinSketch",
    "DecayedValue",
    "DecayedValueMonoid",
    "DecimalRing",
    "EitherSemigroup",
    "First",
    "FirstSemigroup",
    "FloatRing",
    "Fold",
    "FractionRing",
    "FunctionMonoid",
    "FunctionSemigroup",
    "Group",
    "HyperLogLogAggregator",
    "HyperLogLogMonoid",
    "IntRing",
    "IntWrap",
    "Largest",
    "Last",
    "LastSemigroup",
    "Left",
    "ListMonoid",
    "LongWrap",
    "MapGroup",
    "MapMonoid",
    "Max",
    "MaxMonoid",
    "Min",
    "MinHashAggregator",
    "MinHasher",
    "MinHasher16",
    "MinHasher32",
    "MinMonoid",
    "Moments",
    "MomentsAggregator",
    "Monoid",
    "MonoidAggregator",
    "MultiAggregator",
    "OptionMonoid",
    "OrVal",
    "OrValMonoid",
    "PriorityQueueMonoid",
    "QTree",
    "QTreeAggregator",
    "QTreeAggregatorLowerBound",
    "QTreeSemigroup",
    "RecordSemigroup",
    "Right",
    "Ring",
    "Semigroup",
    "SetMonoid",
    "SketchMap",
    "SketchMapMonoid",
    "Smallest",
    "SpaceSaver",
    "SpaceSaverAggregator",
    "SpaceSaverSemigroup",
    "TextMonoid",
    "TopK",
    "TopKMonoid",
    "TupleSemigroup",
    "as_monoid",
    "as_ring",
    "as_semigroup",
    "bits_for_error",
    "identity",
    "semigroup_of",
]


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
