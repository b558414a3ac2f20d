"""Which key orders columns can be compared by, and when the types of several inputs allow it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from cascade2spark.batch.batches import NotColumns
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.ordering_python import PythonKeyOrder

__all__ = ["has_column_keys", "is_exact_kind", "refuse_mixed_keys"]

_PLAIN = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}
_EXACT = frozenset({*_PLAIN, *_PLAIN.values(), pa.int64(), pa.bool_(), pa.null()})


def has_column_keys(order: AnyKeyOrder) -> bool:
    """Tell whether keys can be compared as columns, as long as their types are alike."""
    return order.is_directional or isinstance(order, PythonKeyOrder)


def is_exact_kind(kind: pa.DataType) -> bool:
    """Tell whether values of a column that are one key are the same; -0.0 and 0.0 are not."""
    return kind in _EXACT


def refuse_mixed_keys(order: AnyKeyOrder, inputs: Iterable[Sequence[pa.DataType]]) -> None:
    """Refuse keys of several types where values of different types may be one key: 1, 1.0, True.

    Args:
        order: by which keys are compared; where it keeps kinds apart, nothing is refused.
        inputs: for each input of a join the types of its key.
    Raises:
        NotColumns: the types of a field of the key differ.
    """
    if not isinstance(order, PythonKeyOrder):
        return
    for types in zip(*inputs, strict=True):
        kinds = {_PLAIN.get(kind, kind) for kind in types if not pa.types.is_null(kind)}
        if len(kinds) > 1:
            raise NotColumns("keys of different types: " + ", ".join(sorted(map(str, kinds))))
