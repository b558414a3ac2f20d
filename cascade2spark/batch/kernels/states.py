"""What every kernel of an aggregator does with the states of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from cascade2spark.batch.kernels.keys import Codes

__all__ = ["AggregateKernel", "Arrays", "resumed", "with_row"]

Arrays = list[pa.Array]


class AggregateKernel(Protocol):
    """One aggregator over columns."""

    @property
    def width(self) -> int:
        """Number of state columns."""
        ...

    def partial(self, codes: Codes, arguments: Arrays) -> Arrays:
        """Return the state of each group of some rows."""
        ...

    def resume(self, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
        """Return the state of each group of some rows, that of the first going on from `start`.

        Exactly what all the rows of that group at once would have given: real numbers are added
        up in the order of the rows.
        """
        ...

    def merge(self, codes: Codes, states: Arrays) -> Arrays:
        """Return the state of each group of some states."""
        ...

    def finish(self, states: Arrays) -> Arrays:
        """Return the results."""
        ...

    def row_state(self, values: Sequence[Any]) -> Any:
        """Return the state of the aggregator's fold for one group."""
        ...


def resumed(kernel: AggregateKernel, codes: Codes, arguments: Arrays, start: Arrays) -> Arrays:
    """Merge the state of the first group into another one before it."""
    states = kernel.partial(codes, arguments)
    both = [
        pa.concat_arrays([one, state.slice(0, 1)]) for one, state in zip(start, states, strict=True)
    ]
    firsts = kernel.merge(Codes(np.zeros(2, dtype=np.int64), 1, ()), both)
    return [
        pa.concat_arrays([first, state.slice(1)])
        for first, state in zip(firsts, states, strict=True)
    ]


def with_row(codes: Codes) -> Codes:
    """Return the codes of rows with one more before them, of the first group."""
    return Codes(np.concatenate([[0], codes.of_rows]), codes.groups, codes.keys)
