"""What the column forms of operations over single rows have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pyarrow as pa

from cascade2spark.batch.specs import EachSpec

__all__ = ["FilterKernel", "FunctionKernel", "Maker", "Results"]


@attrs.frozen(eq=False)
class Results:
    """What a function made of some rows.

    Args:
        columns: the result columns.
        parents: for each result row the row it comes from; None when there is one for each.
    """

    columns: list[pa.Array]
    parents: Any = None


# From the argument columns and the number of rows.
FunctionKernel = Callable[[list[pa.Array], int], Results]
# From the argument columns to which rows stay.
FilterKernel = Callable[[list[pa.Array]], pa.Array]
# From an operation and how it is fed to its kernel, None for what has no column form.
Maker = Callable[[Any, EachSpec], Any]
