"""The column form of sums as Python's ``+`` makes them: numbers of one type, and none missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pyarrow as pa

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.keys import Codes, has_negative_zero
from cascade2spark.batch.kernels.states import Arrays, resumed
from cascade2spark.batch.kernels.sums import sums_of

__all__ = ["NumberSumKernel"]


@attrs.frozen
class NumberSumKernel:
    """Adds values up as they are: whole numbers exactly, real ones as they come.

    Whatever ``+`` may do with other values — join texts, refuse None — is left to it.
    """

    width = 1

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the sum of each group."""
        (column,) = arguments
        if column.null_count or not _is_number(column.type):
            raise NotColumns(f"a sum of {column.type}")
        if has_negative_zero(column):
            raise NotColumns("a sum of negative zeros")
        return [sums_of(codes, column)]

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the states, `start` merged into the first."""
        return resumed(self, codes, arguments, start)

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the sums of the sums."""
        return [sums_of(codes, states[0])]

    def finish(self, states: Arrays) -> Arrays:
        """Return the sums."""
        return states

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the sum."""
        return values[0]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_int64(kind) or pa.types.is_float64(kind))
