"""Column forms of operations over single rows, by class.

A kernel exists only where it gives exactly the rows that the operation gives; where that depends on
the values, it raises NotColumns and the batch is done as rows. A subclass of the user's has no
kernel: it may have overridden anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, column_names
from cascade2spark.batch.kernels import dates, passing, regexes
from cascade2spark.batch.kernels.expressions import expression_function
from cascade2spark.batch.kernels.filters import assertion_kernel, filter_kernel, set_value
from cascade2spark.batch.kernels.python_words import python_words
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Maker
from cascade2spark.batch.kernels.texts import field_formatter, field_joiner
from cascade2spark.batch.selected_rows import Selection
from cascade2spark.batch.specs import EachSpec, ProjectSpec, is_each
from cascade2spark.operations.date_operations import DateFormatter, DateParser
from cascade2spark.operations.expression_operations import ExpressionFunction
from cascade2spark.operations.logic import SetValue
from cascade2spark.operations.passing import Identity, Insert, NoOp
from cascade2spark.operations.regex_operations import (
    RegexGenerator,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.operations.regex_parser import RegexParser
from cascade2spark.operations.text_operations import FieldFormatter, FieldJoiner

__all__ = ["EachKernel", "each_kernel", "selected"]

# From columns, or some of their rows, to some of the rows of what is made of them.
EachKernel = Callable[["Columns | Selection"], Selection]

_FUNCTIONS: Mapping[type, Maker] = {
    DateFormatter: dates.date_formatter,
    DateParser: dates.date_parser,
    ExpressionFunction: expression_function,
    FieldFormatter: field_formatter,
    FieldJoiner: field_joiner,
    Identity: passing.identity,
    Insert: passing.insert,
    NoOp: passing.no_op,
    RegexGenerator: regexes.match_generator,
    RegexParser: regexes.regex_parser,
    RegexReplace: regexes.regex_replace,
    RegexSplitGenerator: regexes.split_generator,
    RegexSplitter: regexes.field_splitter,
    SetValue: set_value,
}


# By what functions of the user's are known to do; see `operations.callables.RowFunction`.
_ALIKE: Mapping[str | None, Maker] = {"words": lambda operation, spec: python_words}


def each_kernel(spec: EachSpec | ProjectSpec) -> EachKernel | None:
    """Return the function from incoming to outgoing columns, or None where only rows are exact."""
    if not is_each(spec):
        positions = cast(ProjectSpec, spec).pick.positions
        return None if positions is None else _projecting(positions)
    arguments = spec.arguments.positions
    if spec.trap is not None or arguments is None:
        return None
    if spec.kind == "filter":
        keeps = filter_kernel(spec.operation, spec)
        return None if keeps is None else _filtering(keeps, arguments)
    if spec.kind == "assertion":
        return _asserting(assertion_kernel(spec.operation, spec), arguments)
    maker = _function_maker(spec.operation) if spec.kind == "function" else None
    return None if maker is None else _applying(maker(spec.operation, spec), spec)


def _function_maker(operation: Any) -> Maker | None:
    return _FUNCTIONS.get(type(operation)) or _ALIKE.get(getattr(operation, "alike", None))


def selected(columns: Columns, positions: Sequence[int]) -> Columns:
    """Return some columns, in the order given."""
    if not positions:
        raise NotColumns("rows without values")
    return pa.record_batch([columns.column(at) for at in positions], column_names(len(positions)))


def _projecting(positions: Sequence[int]) -> EachKernel:
    def project(columns: Columns | Selection) -> Selection:
        if not positions:
            raise NotColumns("rows without values")
        return Selection.of(columns).select(positions)

    return project


def _applying(kernel: FunctionKernel | None, spec: EachSpec) -> EachKernel | None:
    layout = spec.layout
    if kernel is None or layout is None or layout.positions is None:
        return None
    width, positions, arguments = layout.incoming_width, layout.positions, spec.arguments.positions
    if width is None or arguments is None or not positions:
        return None

    def apply(columns: Columns | Selection) -> Selection:
        results = kernel([columns.column(at) for at in arguments], columns.num_rows)
        made = results.columns
        return Selection.of(columns).laid_out(positions, width, made, results.parents)

    return apply


def _filtering(kernel: FilterKernel, arguments: tuple[int, ...]) -> EachKernel:
    def apply(columns: Columns | Selection) -> Selection:
        mask = kernel([columns.column(at) for at in arguments])
        return Selection.of(columns).filter(mask)

    return apply


def _asserting(kernel: FilterKernel | None, arguments: tuple[int, ...]) -> EachKernel | None:
    if kernel is None:
        return None

    def apply(columns: Columns | Selection) -> Selection:
        if not pc.all(kernel([columns.column(at) for at in arguments]), min_count=0).as_py():
            raise NotColumns("an assertion that does not hold")  # the rows say for which
        return Selection.of(columns)

    return apply
