"""Column forms of algebraic aggregators: partial states before an exchange, merged after it.

A state is one or more columns beside the key. What the columns cannot hold exactly — a sum beyond
64 bits, a negative zero among extremes — raises NotColumns before anything is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.conversion import converted, is_within_int32
from cascade2spark.batch.kernels.extremes import EndKernel, ExtremeKernel, LeastKernel
from cascade2spark.batch.kernels.keys import Codes
from cascade2spark.batch.kernels.number_sums import NumberSumKernel
from cascade2spark.batch.kernels.places import number_array
from cascade2spark.batch.kernels.states import AggregateKernel, Arrays, resumed, with_row
from cascade2spark.batch.kernels.sums import sums_of, whole_sums
from cascade2spark.batch.specs import EverySpec
from cascade2spark.operations.aggregators import Average, Count, Sum
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.extents import First, Last
from cascade2spark.operations.extremes import Max, MaxValue, Min, MinValue
from cascade2spark.operations.folds import (
    AverageOfValues,
    CountOfNulls,
    CountOfValues,
    LeastValue,
)
from cascade2spark.types import Double, Integer, Long, Type, double_, int_, long_

__all__ = ["AggregateKernel", "aggregate_kernel"]


def aggregate_kernel(spec: EverySpec) -> AggregateKernel | None:
    """Return the kernel of an aggregator, or None where only rows are exact."""
    operation = spec.operation
    maker = _MAKERS.get(type(operation)) or _ALIKE.get(getattr(operation, "alike", None))
    return None if maker is None or spec.trap is not None else maker(operation, spec)


@attrs.frozen
class CountKernel:
    """Counts rows: all, those with a value, or those without.

    Args:
        counts: `ALL`, `NO_NULLS` or `ONLY_NULLS`; a row is null when all its arguments are.
    """

    counts: str = "ALL"
    width = 1

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the number of rows of each group."""
        of_rows = codes.of_rows
        if self.counts != "ALL":
            absent = np.ones(len(of_rows), dtype=bool)
            for column in arguments:
                absent &= column.is_null().to_numpy(zero_copy_only=False)
            of_rows = of_rows[absent if self.counts == "ONLY_NULLS" else ~absent]
        return [number_array(np.bincount(of_rows, minlength=codes.groups).astype(np.int64))]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the states, `start` merged into the first."""
        return resumed(self, codes, arguments, start)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of the counts."""
        return [whole_sums(codes, states[0])]

    def finish(self, states: Arrays) -> Arrays:
        """Return the counts."""
        return states

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the count."""
        return values[0]


@attrs.frozen
class SumKernel:
    """Adds numbers that are not null; whole numbers exactly.

    Args:
        result: type of the sum.
        skips_empty: an empty text is no number, instead of 0.
    """

    result: Type
    skips_empty: bool = False
    width = 1

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the sum of each group, null where there is no value."""
        return [sums_of(codes, self._numbers(arguments[0]))]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the sums; a real one is added to from the first row on."""
        column = self._numbers(arguments[0])
        if not pa.types.is_floating(column.type):
            return resumed(self, codes, arguments, start)
        return [sums_of(with_row(codes), pa.concat_arrays([start[0], column]))]

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of the sums."""
        return [sums_of(codes, states[0])]

    def finish(self, states: Arrays) -> Arrays:
        """Return the sums in the declared type; no value is null, or 0 for a primitive."""
        sums = states[0]
        if pa.types.is_null(sums.type):
            sums = sums.cast(pa.int64())
        if self.result in (Double, double_):
            sums = sums.cast(pa.float64(), safe=False)
        elif not pa.types.is_int64(sums.type):
            raise NotColumns("sums of real numbers as whole numbers")
        elif self.result in (Integer, int_) and not is_within_int32(sums):
            raise NotColumns("sums beyond 32 bits")
        return [pc.fill_null(sums, 0) if self.result.is_primitive else sums]

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the sum."""
        return values[0]

    def _numbers(self, column: pa.Array) -> pa.Array:
        is_real = self.result in (Double, double_)
        if pa.types.is_string(column.type):
            column = column if self.skips_empty else _zero_for_empty(column)
            return converted(column, Double if is_real else Long)
        if is_real and pa.types.is_int64(column.type):
            return column.cast(pa.float64(), safe=False)
        if not is_real and pa.types.is_floating(column.type):
            raise NotColumns("a whole sum of real numbers")
        return column


@attrs.frozen
class AverageKernel:
    """The mean of numbers, as (sum, count).

    Args:
        counts_nulls: null counts as 0.
    """

    counts_nulls: bool
    width = 2

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the sum and the number of values of each group."""
        return self._states(codes, arguments[0])

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return both; the sum is added to from the first row on."""
        (total,), (count,) = start[0].to_pylist(), start[1].to_pylist()
        return self._states(codes, arguments[0], total, count)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of both."""
        totals = np.bincount(codes.of_rows, states[0].to_numpy(), minlength=codes.groups)
        return [number_array(totals), whole_sums(codes, states[1])]

    def finish(self, states: Arrays) -> Arrays:
        """Return the means, null where nothing was counted."""
        counts = pc.if_else(pc.equal(states[1], 0), pa.scalar(None, pa.int64()), states[1])
        return [pc.divide(states[0], counts.cast(pa.float64()))]

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the pair."""
        return tuple(values)

    def _states(self, codes: Codes, column: pa.Array, total: float = 0.0, count: int = 0) -> Arrays:
        if pa.types.is_null(column.type):
            column = column.cast(pa.float64())
        elif pa.types.is_string(column.type):
            column = converted(_zero_for_empty(column), Double)
        if not (pa.types.is_floating(column.type) or pa.types.is_int64(column.type)):
            raise NotColumns(f"an average of {column.type}")
        numbers = pc.fill_null(column.cast(pa.float64(), safe=False), 0.0).to_numpy()
        of_rows = counted = codes.of_rows
        if column.null_count and not self.counts_nulls:
            counted = of_rows[column.is_valid().to_numpy(zero_copy_only=False)]
        counts = np.bincount(counted, minlength=codes.groups).astype(np.int64)
        if count:
            counts[0] += count
            numbers, of_rows = np.concatenate([[total], numbers]), with_row(codes).of_rows
        totals = np.bincount(of_rows, numbers, minlength=codes.groups)
        return [number_array(totals), number_array(counts)]


def _zero_for_empty(texts: pa.Array) -> pa.Array:
    is_empty = pc.equal(texts, "")
    return pc.if_else(is_empty, "0", texts) if pc.any(is_empty).as_py() else texts


def is_sum_type(kind: Type | None) -> bool:
    """Tell whether sums of a type have a column form."""
    return kind in (Long, long_, Integer, int_, Double, double_)


def _count(operation: Any, spec: EverySpec) -> AggregateKernel | None:
    return CountKernel()


def _count_of_values(operation: CountOfValues, spec: EverySpec) -> AggregateKernel | None:
    return CountKernel("ONLY_NULLS" if operation.counts_nulls else "NO_NULLS")


def _sum(operation: Sum, spec: EverySpec) -> AggregateKernel | None:
    if not (_adds(spec) and is_sum_type(operation.type)):
        return None
    return SumKernel(operation.type, operation.skips_empty)


def _average(operation: Any, spec: EverySpec) -> AggregateKernel | None:
    if not _adds(spec) or type_at(spec.declared, 0) not in (None, Double):
        return None
    return AverageKernel(counts_nulls=isinstance(operation, Average))


def _adds(spec: EverySpec) -> bool:
    """Tell whether an argument is added up by its value alone: not by a type of its own."""
    kind = type_at(spec.argument_fields, 0)
    return kind is None or type(kind) is type(Double)


def _extreme(operation: MinValue | MaxValue, spec: EverySpec) -> AggregateKernel | None:
    if operation.ignore:
        return None
    is_greatest = isinstance(operation, MaxValue)
    if not isinstance(operation, (Max, Min)):
        return ExtremeKernel(is_greatest)
    if not _adds(spec) or type_at(spec.declared, 0) not in (None, Double):
        return None
    return ExtremeKernel(is_greatest, is_real=True)


def _least(operation: LeastValue, spec: EverySpec) -> AggregateKernel | None:
    return LeastKernel(is_greatest=False)


def _end(operation: First | Last, spec: EverySpec) -> AggregateKernel | None:
    width = len(spec.argument_fields) if spec.argument_fields.is_defined() else 0
    if operation.ignore or not width or len(spec.declared) != width:
        return None
    if isinstance(operation, Last):
        return EndKernel(width, is_last=True)
    return EndKernel(width) if operation.first_n == 1 else None


_MAKERS: Mapping[type, Callable[[Any, EverySpec], AggregateKernel | None]] = {
    Average: _average,
    AverageOfValues: _average,
    Count: _count,
    CountOfNulls: _count_of_values,
    CountOfValues: _count_of_values,
    First: _end,
    Last: _end,
    LeastValue: _least,
    Max: _extreme,
    MaxValue: _extreme,
    Min: _extreme,
    MinValue: _extreme,
    Sum: _sum,
}

# By what folds that are made at run time say they do; see `operations.callables.FoldAggregator`.
_ALIKE: Mapping[str | None, Callable[[Any, EverySpec], AggregateKernel | None]] = {
    "size": _count,
    "sum": lambda operation, spec: NumberSumKernel(),
}
