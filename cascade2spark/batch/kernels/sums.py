"""Sums of groups, exactly: what may pass 64 bits is refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.keys import Codes
from cascade2spark.batch.kernels.places import number_array

__all__ = ["sums_of", "whole_sums"]

_LARGEST = (1 << 63) - 1


def sums_of(codes: Codes, column: pa.Array) -> pa.Array:
    """Return the sum of the values of each group, null where there is none.

    Raises:
        NotColumns: a sum may not fit 64 bits, or the values are no numbers.
    """
    if pa.types.is_null(column.type):
        return pa.nulls(codes.groups)
    if pa.types.is_int64(column.type):
        sums = whole_sums(codes, column)
    elif pa.types.is_floating(column.type):
        numbers = pc.fill_null(column, 0.0).to_numpy()
        sums = number_array(np.bincount(codes.of_rows, numbers, minlength=codes.groups))
    else:
        raise NotColumns(f"a sum of {column.type}")
    if not column.null_count:
        return sums
    present = column.is_valid().to_numpy(zero_copy_only=False)
    counts = np.bincount(codes.of_rows[present], minlength=codes.groups)
    return pc.if_else(pa.array(counts > 0), sums, pa.scalar(None, sums.type))


def whole_sums(codes: Codes, column: pa.Array) -> pa.Array:
    """Return the sum of the whole numbers of each group; null counts as 0.

    Raises:
        NotColumns: a sum may not fit 64 bits.
    """
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
    return number_array(sums)
