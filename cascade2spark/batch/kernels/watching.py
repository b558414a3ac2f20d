"""Column forms of the filters that remember what they saw: Counter, Debug, Limit, Sample, Status.

What they remember lies with the row form of the same operation, so that batches of either form may
follow each other. None of them refuses a batch: what was counted, drawn or printed cannot be taken
back. A row of 65,536 in columns costs Sample 13 ns, Limit and Counter 2; turned into rows for the
row form 650, 270 and 330.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeGuard, cast

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, column_names, rows_of
from cascade2spark.batch.kernels.conversion import texts_of
from cascade2spark.batch.selected_rows import Selection
from cascade2spark.batch.specs import EachSpec, ProjectSpec, is_each
from cascade2spark.fields import Fields
from cascade2spark.operations.base import FilterCall, FlowProcess
from cascade2spark.operations.callables import RowFilter
from cascade2spark.operations.filters import Counter, Debug, Limit, Sample, Status
from cascade2spark.operations.java_random import ADDEND, MULTIPLIER, JavaRandom

__all__ = ["Watch", "can_watch", "watch_of"]

# From a batch, and what the row form was prepared with, to what stays of the batch.
AnyColumns: TypeAlias = "Columns | Selection"
WatchKernel = Callable[[AnyColumns, FlowProcess, FilterCall], AnyColumns]
Numbers = npt.NDArray[np.uint64]

_DRAWN_ROWS = 8_192
_SHOWN_ROWS = 1_500


@attrs.frozen(eq=False)
class Watch:
    """Both forms of one operation of one task, over one memory.

    Args:
        spec: what the row form runs.
        columns: the column form.
    """

    spec: EachSpec
    columns: WatchKernel


def can_watch(operator: EachSpec | ProjectSpec) -> TypeGuard[EachSpec]:
    """Tell whether an operation has a column form that remembers."""
    if not is_each(operator) or operator.kind != "filter" or operator.trap is not None:
        return False
    return type(operator.operation) in _MAKERS and operator.arguments.positions is not None


def watch_of(spec: EachSpec) -> Watch:
    """Return the forms of an operation of which `can_watch` is true."""
    return _MAKERS[type(spec.operation)](spec)


def _counter(spec: EachSpec) -> Watch:
    operation: Counter = spec.operation

    def count(columns: AnyColumns, process: FlowProcess, call: FilterCall) -> AnyColumns:
        if columns.num_rows:
            process.counters.increment(operation.counter, operation.increment * columns.num_rows)
        return columns

    return Watch(spec, count)


def _debug(spec: EachSpec) -> Watch:
    operation: Debug = spec.operation
    positions = spec.arguments.positions or ()
    is_plain = operation.print_tuple_every == 1 and not operation.print_fields

    def show(columns: AnyColumns, process: FlowProcess, call: FilterCall) -> AnyColumns:
        for start in range(0, columns.num_rows, _SHOWN_ROWS):
            part = columns.slice(start, _SHOWN_ROWS)
            lines = _shown(part, positions) if is_plain and positions else None
            if lines is not None:
                operation.write(*lines)
                call.set_context(call.get_context() + part.num_rows)
                continue
            entry = call.get_arguments()
            for row in rows_of(_chosen(part, positions)) if positions else [()] * part.num_rows:
                entry.bind(row)
                operation.is_remove(process, call)
        return columns

    return Watch(spec, show)


def _shown(columns: Columns, positions: tuple[int, ...]) -> tuple[list[str], str, str] | None:
    """Return the lines that Debug prints, and what stands around them.

    None where a value has no text but its own.
    """
    try:
        texts = [texts_of(columns.column(at), None) for at in positions]
    except NotColumns:
        return None
    if not any(text.null_count for text in texts):
        # A separator costs nothing, a piece of its own 30 ns.
        return pc.binary_join_element_wise(*texts, "','").to_pylist(), "['", "']"
    quoted = [
        pc.fill_null(pc.binary_join_element_wise("'", text, "'", ""), "null") for text in texts
    ]
    return pc.binary_join_element_wise(*quoted, ",").to_pylist(), "[", "]"


def _limit(spec: EachSpec) -> Watch:
    def take(columns: AnyColumns, process: FlowProcess, call: FilterCall) -> AnyColumns:
        left = call.get_context()
        call.set_context(left - columns.num_rows)
        return columns if columns.num_rows <= left else columns.slice(0, max(left, 0))

    return Watch(spec, take)


def _status(spec: EachSpec) -> Watch:
    operation: Status = spec.operation

    def tell(columns: AnyColumns, process: FlowProcess, call: FilterCall) -> AnyColumns:
        if columns.num_rows:
            operation.is_remove(process, call)
        return columns

    return Watch(spec, tell)


class _SharedSample(RowFilter):
    """A Sample that draws from a generator which the column form draws from too."""

    def __init__(self, sample: Sample, random: JavaRandom) -> None:
        super().__init__()
        self._sample, self._random = sample, random

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        return self._sample.drawing(self._random)


def _sample(spec: EachSpec) -> Watch:
    operation: Sample = spec.operation
    random, fraction = JavaRandom(operation.seed), operation.fraction

    def draw(columns: AnyColumns, process: FlowProcess, call: FilterCall) -> AnyColumns:
        parts = [
            _next_doubles(random, min(_DRAWN_ROWS, columns.num_rows - start)) < fraction
            for start in range(0, columns.num_rows, _DRAWN_ROWS)
        ]
        if not parts:
            return columns
        return Selection.of(columns).filter(pa.array(np.concatenate(parts)))

    shared = attrs.evolve(cast(Any, spec), operation=_SharedSample(operation, random))
    return Watch(shared, draw)


def _next_doubles(random: JavaRandom, count: int) -> npt.NDArray[np.float64]:
    """Return what as many calls of `next_double` give."""
    factors, addends = _steps()
    with np.errstate(over="ignore"):  # only the low 48 bits count
        states = factors[: 2 * count] * np.uint64(random.state) + addends[: 2 * count]
    states &= np.uint64((1 << 48) - 1)
    random.state = int(states[-1])
    high, low = states[0::2] >> np.uint64(22), states[1::2] >> np.uint64(21)
    return ((high << np.uint64(27)) + low) * 2.0**-53


@lru_cache(maxsize=1)
def _steps() -> tuple[Numbers, Numbers]:
    """Return by what a state is multiplied, and what is added, for each number of steps."""
    count = 2 * _DRAWN_ROWS
    factors = np.cumprod(np.full(count, MULTIPLIER, np.uint64), dtype=np.uint64)
    powers = np.concatenate([np.ones(1, np.uint64), factors[:-1]])
    return factors, np.cumsum(powers, dtype=np.uint64) * np.uint64(ADDEND)


def _chosen(columns: Columns, positions: tuple[int, ...]) -> Columns:
    chosen = [columns.column(at) for at in positions]
    return pa.record_batch(chosen, column_names(len(positions)))


_MAKERS: Mapping[type, Callable[[EachSpec], Watch]] = {
    Counter: _counter,
    Debug: _debug,
    Limit: _limit,
    Sample: _sample,
    Status: _status,
}
