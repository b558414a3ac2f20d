"""Which places of two columns hold the same value."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import LARGE_KINDS
from cascade2spark.batch.kernels.keys import normal_column

__all__ = ["same_values"]


def same_values(left: pa.Array, right: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell, place by place, whether two columns hold the same value, as `KeyOrder` says."""
    left, right = _comparable(left), _comparable(right)
    if left.type in LARGE_KINDS.values() or right.type in LARGE_KINDS.values():
        left, right = (one.cast(LARGE_KINDS.get(one.type, one.type)) for one in (left, right))
    has_nulls = bool(left.null_count or right.null_count)
    if left.type != right.type:
        same = np.zeros(len(left), dtype=bool)
    elif pa.types.is_floating(left.type):
        same = _words(left) == _words(right)
    elif pa.types.is_null(left.type):
        return np.ones(len(left), dtype=bool)
    else:
        equal = pc.equal(left, right)
        if has_nulls:
            equal = equal.fill_null(False)
        same = equal.to_numpy(zero_copy_only=False)
    if has_nulls:
        absent = left.is_null().to_numpy(zero_copy_only=False)
        other = right.is_null().to_numpy(zero_copy_only=False)
        same = np.where(absent | other, absent & other, same)
    return same


def _comparable(column: pa.Array) -> pa.Array:
    """Return a column as the one type of its kind."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _comparable(column.dictionary_decode())
    if pa.types.is_integer(kind) and not pa.types.is_int64(kind):
        return column.cast(pa.int64())
    if pa.types.is_floating(kind):
        return normal_column(column.cast(pa.float64()))
    return column


def _words(column: pa.Array) -> Any:
    return pc.fill_null(column, 0.0).to_numpy(zero_copy_only=False).view(np.uint64)
