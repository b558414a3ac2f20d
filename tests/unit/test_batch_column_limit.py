"""No column of a batch is larger than the limit, wherever batches are made; rows stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cascade2spark.batch import batches
from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    Row,
    columns_of,
    in_parts,
    rows_of,
)
from cascade2spark.batch.column_aggregate import joined
from cascade2spark.batch.column_hash_join import ColumnHashJoin
from cascade2spark.batch.column_run import ColumnRun
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns, sorted_selections
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.forms import with_columns
from cascade2spark.batch.join_tables import MemoryTable
from cascade2spark.batch.kernels import expression_calls, regexes
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.thrift import _gathered
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import gathered
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock
from cascade2spark.joiners import InnerJoin
from cascade2spark.operations import (
    ExpressionFunction,
    FieldFormatter,
    FieldJoiner,
    RegexGenerator,
    RegexReplace,
    RegexSplitGenerator,
)
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Site
from cascade2spark.schemes import TextLine
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.selection import Pick
from tests.unit.batch_chains import operators
from tests.unit.hash_joins import join_of, pushed

LIMIT = 200
AB = Fields("a", "b")
ROWS: list[Row] = [(f"a-{number} " * 3, "bb " * (number % 5)) for number in range(30)]
SITE = Site(5, "Tap", "x", "Tap 'x'")

OPERATIONS = {
    "joined texts": FieldJoiner(Fields("r"), "-----"),
    "formatted": FieldFormatter(Fields("r"), "%s --- %s"),
    "replaced": RegexReplace(Fields("r"), "a", "longer", True),
    "replaced once": RegexReplace(Fields("r"), "(a)", "$1$1$1", False),
    "replaced by Java": RegexReplace(Fields("r"), "a(?=-)", "longer", True),
    "split": RegexSplitGenerator(Fields("r"), "\\s+"),
    "split at a sign": RegexSplitGenerator(Fields("r"), "-"),
    "matches": RegexGenerator(Fields("r"), "[a-z]"),
    "expression": ExpressionFunction(Fields("r"), "a + b + a", str),
    "replace": ExpressionFunction(Fields("r"), 'a.replace("a", "longer")', str),
    "replaceAll": ExpressionFunction(Fields("r"), 'a.replaceAll("[a-z]", "longer")', str),
}


def operated(operation: Any) -> Iterator[Batch]:
    """Yield what becomes of the rows and their result, as columns go."""
    on = AB if isinstance(operation, (FieldJoiner, FieldFormatter, ExpressionFunction)) else "a"
    run = operators(AB, (operation, on, Fields.ALL))
    stage = ColumnRun(run).open(TaskContext(), is_immediate=False)
    yield from stage.columns(columns_of(ROWS, 2))


def from_rows() -> Iterator[Batch]:
    return with_columns([ROWS], AB, SITE, TaskContext())


def in_order() -> Iterator[Batch]:
    order = ColumnOrder.of(Pick((1,), 2), KeyOrder(1))
    assert order is not None
    yield from sorted_columns([columns_of(ROWS, 2)] * 2, order, SpillSpace())


def selected() -> Iterator[Batch]:
    order = ColumnOrder.of(Pick((1,), 2), KeyOrder(1))
    assert order is not None
    yield from map(gathered, sorted_selections([columns_of(ROWS, 2)] * 2, order, SpillSpace()))


def merged() -> Iterator[Batch]:
    order = ColumnOrder.of(Pick((1,), 2), KeyOrder(1))
    assert order is not None
    yield from sorted_columns([columns_of(ROWS, 2)] * 20, order, SpillSpace(1))


def held() -> Iterator[Batch]:
    batch = columns_of(ROWS, 2)
    yield from MemoryTable([batch, batch], batch.schema.types).batches()


def hash_joined() -> Iterator[Batch]:
    rows = [(*row, 1) for row in ROWS]
    spec = join_of(InnerJoin(), [[rows, columns_of(rows, 3)]], (1,))
    yield from pushed(ColumnHashJoin(spec), [columns_of(rows, 3)])[2]


PLACES: dict[str, Callable[[], Iterator[Batch]]] = {
    "rows to columns": from_rows,
    "a sort": in_order,
    "a sort that copies nothing": selected,
    "a merge of runs": merged,
    "a held side": held,
    "a join with held sides": hash_joined,
    **{name: lambda one=one: operated(one) for name, one in OPERATIONS.items()},  # type: ignore[misc]
}


@pytest.mark.parametrize("place", PLACES)
def test_batches_are_cut(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(PLACES[place]())
    expected = [row for one in whole for row in (one if isinstance(one, list) else rows_of(one))]
    assert LIMIT < max(column.nbytes for one in whole for column in arrays(one))
    monkeypatch.setattr(batches, "MOST_COLUMN_BYTES", LIMIT)
    cut = list(PLACES[place]())
    assert len(cut) > len(whole)
    assert expected == [
        row for one in cut for row in (one if isinstance(one, list) else rows_of(one))
    ]
    assert all(column.nbytes <= LIMIT for one in cut for column in arrays(one) if len(column) > 1)
    assert {str(one.schema) for one in columns(cut)} == {str(one.schema) for one in columns(whole)}


def columns(made: list[Batch]) -> list[Columns]:
    return [one for one in made if not isinstance(one, list)]


def arrays(batch: Batch) -> list[pa.Array]:
    return [] if isinstance(batch, list) else batch.columns


# -- what cannot be cut there ----------------------------------------------------------------------


def read_lines() -> object:
    kernel = reader_kernel(TextLine(), SourceInfo(TextLine().source_fields, None))
    assert kernel is not None
    return kernel(LineBlock(b"some lines\n" * 30, 0, "x", True))


REFUSALS: dict[str, Callable[[], object]] = {
    "a block of lines": read_lines,
    "parts of thrift": lambda: _gathered([pa.array(["x" * 150])] * 2),
    "parts of aggregates": lambda: joined([columns_of([("x" * 150,)], 1)] * 2),
    "an expression's texts": lambda: expression_calls._replaced("x", "y" * 200)(pa.array(["x"])),
    "texts of a pattern": lambda: regexes.replaced_texts(pa.array(["x" * 40]), "x", "y" * 10),
}


@pytest.mark.parametrize("place", REFUSALS)
def test_what_would_be_too_large_is_done_as_rows(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    REFUSALS[place]()
    monkeypatch.setattr(batches, "MOST_COLUMN_BYTES", LIMIT)
    with pytest.raises(NotColumns, match="too large"):
        REFUSALS[place]()


# -- what Arrow refuses ----------------------------------------------------------------------------


def test_what_arrow_cannot_hold_is_made_in_halves() -> None:
    source = columns_of([(number,) for number in range(9)], 1)

    def make(start: int, stop: int) -> Columns:
        if stop - start > 2:
            raise pa.ArrowCapacityError("array cannot contain more")
        return source.slice(start, stop - start)

    made = list(in_parts(make, 0, 9))
    assert source.to_pylist() == [row for one in made for row in one.to_pylist()]
    assert [2, 2, 2, 1, 2] == [one.num_rows for one in made]


def test_a_single_row_that_arrow_cannot_hold_is_refused() -> None:
    def make(start: int, stop: int) -> Columns:
        raise pa.ArrowInvalid("offset overflow")

    with pytest.raises(pa.ArrowInvalid, match="offset overflow"):
        list(in_parts(make, 0, 4))


def test_keys_in_large_columns_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_COLUMN_BYTES", 8)
    table = ColumnTable([columns_of([("a", b"x"), ("b", b"y"), ("a", b"x")], 2)], 2, (0, 1))
    assert [pa.large_string(), pa.large_binary()] == [column.type for column in table.columns]
    keys = columns_of([("a", b"x"), ("a", b"y"), ("b", b"y")], 2).columns
    assert [2, 0, 1] == np.asarray(table.find(keys, table.hashes(keys, 3)).counts).tolist()
