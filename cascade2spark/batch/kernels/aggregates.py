"""Column forms of algebraic aggregators: partial states before an exchange, merged after it.

A state is one or more columns beside the key. What the columns cannot hold exactly — a sum beyond
64 bits, a negative zero among extremes — raises NotColumns before anything is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.conversion import converted, is_within_int32
from cascade2spark.batch.kernels.keys import Codes, encode_keys
from cascade2spark.batch.specs import EverySpec
from cascade2spark.operations.aggregators import Average, Count, Sum
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.extremes import First, Last, MaxValue, MinValue
from cascade2spark.operations.folds import AverageOfValues, CountOfNulls, CountOfValues
from cascade2spark.types import Double, Integer, Long, Type, double_, int_, long_

__all__ = ["AggregateKernel", "aggregate_kernel"]

Arrays = list[pa.Array]
_LARGEST = (1 << 63) - 1


class AggregateKernel(Protocol):
    """One aggregator over columns."""

    @property
    def width(self) -> int:
        """Number of state columns."""
        ...

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the state of each group of some rows."""
        ...

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the state of each group of some rows, that of the first going on from `start`.

        Exactly what all the rows of that group at once would have given: real numbers are added
        up in the order of the rows.
        """
        ...

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the state of each group of some states."""
        ...

    def finish(self, states: Arrays) -> Arrays:
        """Return the results."""
        ...

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the state of the aggregator's fold for one group."""
        ...


def aggregate_kernel(spec: EverySpec) -> AggregateKernel | None:
    """Return the kernel of an aggregator, or None where only rows are exact."""
    maker = _MAKERS.get(type(spec.operation))
    return None if maker is None or spec.trap is not None else maker(spec.operation, spec)


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
        return [pa.array(np.bincount(of_rows, minlength=codes.groups).astype(np.int64))]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the states, `start` merged into the first."""
        return _resumed(self, codes, arguments, start)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of the counts."""
        return [_whole_sums(codes, states[0])]

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
    """

    result: Type
    width = 1

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the sum of each group, null where there is no value."""
        return [_sums(codes, self._numbers(arguments[0]))]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the sums; a real one is added to from the first row on."""
        column = self._numbers(arguments[0])
        if not pa.types.is_floating(column.type):
            return _resumed(self, codes, arguments, start)
        return [_sums(_with_row(codes), pa.concat_arrays([start[0], column]))]

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of the sums."""
        return [_sums(codes, states[0])]

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
        return [pa.array(totals), _whole_sums(codes, states[1])]

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
            column = converted(column, Double)
        if not (pa.types.is_floating(column.type) or pa.types.is_int64(column.type)):
            raise NotColumns(f"an average of {column.type}")
        numbers = pc.fill_null(column.cast(pa.float64(), safe=False), 0.0).to_numpy()
        of_rows = counted = codes.of_rows
        if column.null_count and not self.counts_nulls:
            counted = of_rows[column.is_valid().to_numpy(zero_copy_only=False)]
        counts = np.bincount(counted, minlength=codes.groups).astype(np.int64)
        if count:
            counts[0] += count
            numbers, of_rows = np.concatenate([[total], numbers]), _with_row(codes).of_rows
        totals = np.bincount(of_rows, numbers, minlength=codes.groups)
        return [pa.array(totals), pa.array(counts)]


@attrs.frozen
class ExtremeKernel:
    """The least or greatest value that is not null."""

    is_greatest: bool
    width = 1

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the extreme of each group, null where there is no value."""
        return [self._extremes(codes, arguments[0])]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the states, `start` merged into the first."""
        return _resumed(self, codes, arguments, start)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the extremes of the extremes."""
        return [self._extremes(codes, states[0])]

    def finish(self, states: Arrays) -> Arrays:
        """Return the extremes."""
        return states

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the extreme."""
        return values[0]

    def _extremes(self, codes: Codes, column: pa.Array) -> pa.Array:
        if pa.types.is_null(column.type):
            return pa.nulls(codes.groups)
        if pa.types.is_floating(column.type):
            numbers = pc.drop_null(column).to_numpy()
            if (np.signbit(numbers) & (numbers == 0)).any():
                raise NotColumns("a negative zero among extremes")
            return self._number_extremes(codes, column, -np.inf if self.is_greatest else np.nan)
        if pa.types.is_int64(column.type):
            limits = np.iinfo(np.int64)
            start = limits.min if self.is_greatest else limits.max
            return self._number_extremes(codes, column, start)
        # Ranks stand for the values, whatever their type: null 0, then in key order.
        ranked = encode_keys([column], len(column), is_sorted=True)
        has_null = int(column.null_count > 0)
        ranks, of_rows = ranked.of_rows, codes.of_rows
        if has_null:
            present = ranks > 0
            ranks, of_rows = ranks[present], of_rows[present]
        start = -1 if self.is_greatest else ranked.groups
        best = np.full(codes.groups, start, dtype=np.int64)
        (np.maximum if self.is_greatest else np.minimum).at(best, of_rows, ranks)
        return ranked.keys[0].take(pa.array(best, mask=best == start))

    def _number_extremes(self, codes: Codes, column: pa.Array, start: Any) -> pa.Array:
        """Compare numbers as they are: 3 ns a row against 13 by their ranks."""
        numbers, of_rows = pc.drop_null(column).to_numpy(), codes.of_rows
        if column.null_count:
            of_rows = of_rows[column.is_valid().to_numpy(zero_copy_only=False)]
        best = np.full(codes.groups, start, dtype=numbers.dtype)
        # NaN is larger than any number: the maximum keeps it, and `fmin` any number instead of it.
        (np.maximum if self.is_greatest else np.fmin).at(best, of_rows, numbers)
        seen = np.bincount(of_rows, minlength=codes.groups) if column.null_count else None
        return pa.array(best, mask=None if seen is None else seen == 0)


@attrs.frozen
class EndKernel:
    """The first row of each group, or the last.

    Args:
        width: number of values in a row.
        is_last: the last one.
    """

    width: int
    is_last: bool = False

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the values of one row of each group."""
        rows = np.arange(len(codes.of_rows))
        places = np.empty(codes.groups, dtype=np.int64)
        # What is written later stays: the last row, or from the end on the first.
        step = 1 if self.is_last else -1
        places[codes.of_rows[::step]] = rows[::step]
        wanted = pa.array(places)
        return [column.take(wanted) for column in arguments]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the rows, `start` before those of the first group."""
        return _resumed(self, codes, arguments, start)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the first of the first rows, or the last of the last."""
        return self.partial(codes, states)

    def finish(self, states: Arrays) -> Arrays:
        """Return the rows."""
        return states

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the rows taken: one."""
        return (tuple(values),) if self.is_last else [tuple(values)]


def _resumed(kernel: AggregateKernel, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
    """Merge the state of the first group into another one before it."""
    states = kernel.partial(codes, arguments)
    both = [
        pa.concat_arrays([one, state.slice(0, 1)]) for one, state in zip(start, states, strict=True)
    ]
    firsts = kernel.merge(Codes(np.zeros(2, dtype=np.int64), 1, ()), both)
    return [
        pa.concat_arrays([first, state.slice(1)])
        for first, state in zip(firsts, states, strict=True)
    ]


def _with_row(codes: Codes) -> Codes:
    """Return the codes of rows with one more before them, of the first group."""
    return Codes(np.concatenate([[0], codes.of_rows]), codes.groups, codes.keys)


def _sums(codes: Codes, column: pa.Array) -> pa.Array:
    if pa.types.is_null(column.type):
        return pa.nulls(codes.groups)
    if pa.types.is_int64(column.type):
        sums = _whole_sums(codes, column)
    elif pa.types.is_floating(column.type):
        numbers = pc.fill_null(column, 0.0).to_numpy()
        sums = pa.array(np.bincount(codes.of_rows, numbers, minlength=codes.groups))
    else:
        raise NotColumns(f"a sum of {column.type}")
    if not column.null_count:
        return sums
    present = column.is_valid().to_numpy(zero_copy_only=False)
    counts = np.bincount(codes.of_rows[present], minlength=codes.groups)
    return pc.if_else(pa.array(counts > 0), sums, pa.scalar(None, sums.type))


def _whole_sums(codes: Codes, column: pa.Array) -> pa.Array:
    numbers = pc.fill_null(column, 0).to_numpy() if column.null_count else column.to_numpy()
    largest = max(abs(int(numbers.max())), abs(int(numbers.min()))) if len(numbers) else 0
    if largest * len(numbers) > _LARGEST:
        raise NotColumns("sums that may pass 64 bits")
    if largest * len(numbers) < 1 << 53:
        # Doubles hold such sums exactly, and adding them up is the quicker loop.
        sums = np.bincount(codes.of_rows, numbers, minlength=codes.groups).astype(np.int64)
    else:
        sums = np.zeros(codes.groups, dtype=np.int64)
        np.add.at(sums, codes.of_rows, numbers)
    return pa.array(sums)


def is_sum_type(kind: Type | None) -> bool:
    """Tell whether sums of a type have a column form."""
    return kind in (Long, long_, Integer, int_, Double, double_)


def _count(operation: Any, spec: EverySpec) -> AggregateKernel | None:
    return CountKernel()


def _count_of_values(operation: CountOfValues, spec: EverySpec) -> AggregateKernel | None:
    return CountKernel("ONLY_NULLS" if operation.counts_nulls else "NO_NULLS")


def _sum(operation: Sum, spec: EverySpec) -> AggregateKernel | None:
    return SumKernel(operation.type) if _adds(spec) and is_sum_type(operation.type) else None


def _average(operation: Any, spec: EverySpec) -> AggregateKernel | None:
    if not _adds(spec) or type_at(spec.declared, 0) not in (None, Double):
        return None
    return AverageKernel(counts_nulls=isinstance(operation, Average))


def _adds(spec: EverySpec) -> bool:
    """Tell whether an argument is added up by its value alone: not by a type of its own."""
    kind = type_at(spec.argument_fields, 0)
    return kind is None or type(kind) is type(Double)


def _extreme(operation: MinValue | MaxValue, spec: EverySpec) -> AggregateKernel | None:
    return None if operation.ignore else ExtremeKernel(isinstance(operation, MaxValue))


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
    MaxValue: _extreme,
    MinValue: _extreme,
    Sum: _sum,
}
