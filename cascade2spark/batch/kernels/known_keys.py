"""The keys of partial results that are held: numbered once, and not at each joining again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from cascade2spark.batch.kernels.keys import Codes, Numbers, encode_keys
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.kernels.short_texts import ShortKeys

__all__ = ["KnownKeys"]


class KnownKeys:
    """The groups of batches whose partial results are held; one for what is held at a time.

    Keys of other than short texts are not numbered: they are told apart when parts are joined.

    Args:
        is_first_only: rows of a group beyond its first one change nothing.
    """

    def __init__(self, *, is_first_only: bool) -> None:
        self._is_first_only = is_first_only
        self._keys = ShortKeys()
        # Of the rows of each part held; None once a part's rows have none.
        self._parts: list[Numbers] | None = []
        self._met: Numbers | None = None

    def codes(self, columns: Sequence[pa.Array | pa.ChunkedArray], rows: int) -> Codes | None:
        """Return the groups of a batch, None where none of its rows changes anything."""
        known = len(self._keys)
        self._met = None
        is_one = len(columns) == 1 and isinstance(columns[0], pa.Array)
        of_rows = self._keys.numbers(columns[0]) if is_one else None
        if of_rows is None:
            return encode_keys(columns, rows, is_sorted=False)
        groups = len(self._keys)
        if self._is_first_only and groups == known:
            return None
        is_met = np.zeros(groups, dtype=bool)
        is_met[of_rows] = True
        self._met = np.flatnonzero(is_met)
        if len(self._met) == groups:
            return Codes(of_rows, groups, (self._keys.texts,))
        places = np.cumsum(is_met) - 1
        texts = self._keys.texts.take(place_array(self._met))
        return Codes(places[of_rows], len(self._met), (texts,))

    def hold(self) -> None:
        """Note that the partial results of the last batch are held."""
        if self._met is None:
            self._parts = None
        elif self._parts is not None:
            self._parts.append(self._met)

    def lose(self) -> None:
        """Note that the last batch has no part that is held."""
        self._parts = None

    def of_parts(self) -> Codes | None:
        """Return the groups of the rows of all parts held, None where they are not numbered."""
        if not self._parts:
            return None
        return Codes(np.concatenate(self._parts), len(self._keys), (self._keys.texts,))

    def joined(self) -> None:
        """Note that the parts held were made one, with a row for each group."""
        if self._parts is not None:
            self._parts = [np.arange(len(self._keys))]
