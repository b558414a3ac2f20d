"""Column forms of operations over single rows, by class.

A kernel exists only where it gives exactly the rows that the operation gives; where that depends on
the values, it raises NotColumns and the batch is done as rows. A subclass of the user's has no
kernel: it may have overridden anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import pyarrow as pa

from cascade2spark.batch.batches import Columns, NotColumns, column_names
from cascade2spark.batch.kernels import passing, regexes
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Maker
from cascade2spark.batch.specs import EachSpec, ProjectSpec, is_each
from cascade2spark.operations.filters import FilterNotNull, FilterNull
from cascade2spark.operations.passing import Identity, Insert, NoOp
from cascade2spark.operations.regex_operations import (
    RegexFilter,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)

__all__ = ["EachKernel", "each_kernel"]

EachKernel = Callable[[Columns], Columns]

_FUNCTIONS: Mapping[type, Maker] = {
    Identity: passing.identity,
    Insert: passing.insert,
    NoOp: passing.no_op,
    RegexParser: regexes.regex_parser,
    RegexReplace: regexes.regex_replace,
    RegexSplitGenerator: regexes.split_generator,
    RegexSplitter: regexes.field_splitter,
}
_FILTERS: Mapping[type, Maker] = {
    FilterNotNull: passing.not_null_filter,
    FilterNull: passing.null_filter,
    RegexFilter: regexes.regex_filter,
}


def each_kernel(spec: EachSpec | ProjectSpec) -> EachKernel | None:
    """Return the function from incoming to outgoing columns, or None where only rows are exact."""
    if not is_each(spec):
        positions = cast(ProjectSpec, spec).pick.positions
        return None if positions is None else lambda columns: selected(columns, positions)
    if spec.trap is not None or spec.arguments.positions is None:
        return None
    kind = type(spec.operation)
    if spec.kind == "filter" and kind in _FILTERS:
        return _filtering(_FILTERS[kind](spec.operation, spec), spec.arguments.positions)
    if spec.kind == "function" and kind in _FUNCTIONS:
        return _applying(_FUNCTIONS[kind](spec.operation, spec), spec)
    return None


def selected(columns: Columns, positions: Sequence[int]) -> Columns:
    """Return some columns, in the order given."""
    if not positions:
        raise NotColumns("rows without values")
    return pa.record_batch([columns.column(at) for at in positions], column_names(len(positions)))


def _applying(kernel: FunctionKernel | None, spec: EachSpec) -> EachKernel | None:
    layout = spec.layout
    if kernel is None or layout is None or layout.positions is None:
        return None
    width, positions, arguments = layout.incoming_width, layout.positions, spec.arguments.positions
    if width is None or arguments is None or not positions:
        return None

    def apply(columns: Columns) -> Columns:
        results = kernel([columns.column(at) for at in arguments], columns.num_rows)
        found = []
        for at in positions:
            if at >= width:
                found.append(results.columns[at - width])
            elif results.parents is None:
                found.append(columns.column(at))
            else:
                found.append(columns.column(at).take(results.parents))
        return pa.record_batch(found, column_names(len(positions)))

    return apply


def _filtering(kernel: FilterKernel | None, arguments: tuple[int, ...]) -> EachKernel | None:
    if kernel is None:
        return None

    def apply(columns: Columns) -> Columns:
        kept: Columns = columns.filter(kernel([columns.column(at) for at in arguments]))
        return kept

    return apply
