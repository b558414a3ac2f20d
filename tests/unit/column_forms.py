"""Operations over columns beside the same over rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Function
from tests.unit.batch_chains import operators, results

AB = Fields("a", "b")


def four(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values | st.none(), min_size=4, max_size=4)


def both_ways(operation: Any, on: Any, rows: list[Any], fields: Fields = AB) -> bool:
    """Compare; tell whether it went by columns."""
    is_function = isinstance(operation, Function)
    parts = (operation, on, Fields.ALL) if is_function else (operation, on)
    (operator,) = run = operators(fields, parts)
    kernel = each_kernel(operator)
    assert kernel is not None
    try:
        expected = results(run, rows)
    except Exception:  # whatever it is that rows fail with, columns leave it to them
        with pytest.raises(NotColumns):
            kernel(columns_of(rows, 2))
        return False
    try:
        made = rows_of(kernel(columns_of(rows, 2)))
    except NotColumns:
        return False
    assert list(map(repr, expected)) == list(map(repr, made))
    return True
