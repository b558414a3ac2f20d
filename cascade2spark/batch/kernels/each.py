"""Column forms of operations over single rows, registered by class.

A kernel exists only where it gives exactly the rows that the operation gives; where that depends on
the values, it raises NotColumns and the batch is done as rows. A subclass of the user's has no
kernel: it may have overridden anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, array_of, column_names
from cascade2spark.batch.specs import EachSpec, ProjectSpec, is_each
from cascade2spark.operations.java_regex import compile_java, is_simple_separator, re2_pattern
from cascade2spark.operations.passing import Identity, Insert, NoOp
from cascade2spark.operations.regex_operations import RegexSplitGenerator, RegexSplitter

__all__ = ["EachKernel", "Results", "each_kernel"]

EachKernel = Callable[[Columns], Columns]


@attrs.frozen(eq=False)
class Results:
    """What a function made of some rows.

    Args:
        columns: the result columns.
        parents: for each result row the row it comes from; None when there is one for each.
    """

    columns: list[pa.Array]
    parents: Any = None


FunctionKernel = Callable[[list[pa.Array], int], Results]
FilterKernel = Callable[[list[pa.Array]], pa.Array]
Maker = Callable[[Any, EachSpec], Any]

_FUNCTIONS: dict[type, Maker] = {}
_FILTERS: dict[type, Maker] = {}


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


def function_kernel(*kinds: type) -> Callable[[Maker], Maker]:
    """Register the maker of a function's kernel; it returns None for what has no column form."""

    def register(maker: Maker) -> Maker:
        _FUNCTIONS.update(dict.fromkeys(kinds, maker))
        return maker

    return register


def filter_kernel(*kinds: type) -> Callable[[Maker], Maker]:
    """Register the maker of a filter's kernel, which tells which rows stay."""

    def register(maker: Maker) -> Maker:
        _FILTERS.update(dict.fromkeys(kinds, maker))
        return maker

    return register


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


@function_kernel(Identity)
def _identity(operation: Identity, spec: EachSpec) -> FunctionKernel | None:
    if operation.types:
        return None
    return lambda arguments, rows: Results(arguments)


@function_kernel(NoOp)
def _no_op(operation: NoOp, spec: EachSpec) -> FunctionKernel | None:
    return lambda arguments, rows: Results([])


@function_kernel(Insert)
def _insert(operation: Insert, spec: EachSpec) -> FunctionKernel | None:
    try:
        constants = [array_of([value]) for value in operation.values]
    except NotColumns:
        return None
    return lambda arguments, rows: Results([pa.repeat(constant[0], rows) for constant in constants])


@function_kernel(RegexSplitGenerator)
def _split_generator(operation: RegexSplitGenerator, spec: EachSpec) -> FunctionKernel | None:
    split = _splitter(operation.pattern)
    if split is None or len(spec.argument_fields) != 1:
        return None

    def generate(arguments: list[pa.Array], rows: int) -> Results:
        lists = split(_text(arguments[0]), None)
        offsets = lists.offsets.to_numpy().astype(np.int64)
        values = lists.values.slice(offsets[0], offsets[-1] - offsets[0])
        offsets -= offsets[0]
        counts = np.diff(offsets)
        if not rows:
            return Results([values], pa.array([], pa.int64()))
        sizes = pc.binary_length(values).to_numpy()
        last = offsets[1:] - 1
        if ((sizes[last] == 0) & (counts > 1)).any():
            # As Java does, parts at the end that are empty are dropped.
            places = np.arange(len(values))
            furthest = np.maximum.reduceat(np.where(sizes > 0, places, -1), offsets[:-1])
            kept = (places <= np.repeat(furthest, counts)) | np.repeat(counts == 1, counts)
            parents = np.repeat(np.arange(rows), counts)[kept]
            return Results([values.filter(pa.array(kept))], pa.array(parents))
        return Results([values], pa.array(np.repeat(np.arange(rows), counts)))

    return generate


@function_kernel(RegexSplitter)
def _field_splitter(operation: RegexSplitter, spec: EachSpec) -> FunctionKernel | None:
    declared = spec.declared
    split = _splitter(operation.pattern)
    if split is None or not declared.is_defined() or len(spec.argument_fields) != 1:
        return None
    width = len(declared)
    if width < 2 or declared.has_types():
        return None

    def parts(arguments: list[pa.Array], rows: int) -> Results:
        lists = split(_text(arguments[0]), width - 1)
        if rows and (np.diff(lists.offsets.to_numpy()) != width).any():
            raise NotColumns("texts with too few parts")
        values = lists.flatten()
        return Results(
            [values.take(pa.array(np.arange(at, rows * width, width))) for at in range(width)]
        )

    return parts


def _splitter(pattern: str) -> Callable[[pa.Array, int | None], Any] | None:
    """Return the split of a text column into lists; None for a pattern Arrow might read apart."""
    separator = is_simple_separator(pattern)
    if separator is not None:
        return lambda texts, most: pc.split_pattern(texts, separator, max_splits=most)
    expression = re2_pattern(pattern)
    if expression is None or compile_java(pattern).match(""):
        return None
    return lambda texts, most: pc.split_pattern_regex(texts, expression, max_splits=most)


def _text(column: pa.Array) -> pa.Array:
    """Return an argument as the text that a regular expression sees: null is empty."""
    if pa.types.is_null(column.type):
        return pa.array([""] * len(column), pa.string())
    if not pa.types.is_string(column.type):
        raise NotColumns(f"text of {column.type} values")
    return pc.fill_null(column, "") if column.null_count else column
