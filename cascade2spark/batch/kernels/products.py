"""Products of sides, group by group, as row numbers: what every join over columns is made of.

Nothing is joined here: a `Product` only says which row of which side stands where in the output.
What a side's rows are, and how its groups were found, is the caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cascade2spark.errors import FlowError

__all__ = ["Places", "Product"]

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# Of one side: a place for each output row, and where nulls stand instead; None for nowhere.
Places = tuple[Numbers, "Mask | None"]

_LARGEST = 1 << 62


class Product:
    """The output rows of a join, by their position.

    The rows of a side must lie group by group in an order of the side's own (sorted, or a
    permutation of its rows): those of group ``g`` at the places ``starts[g]`` up to
    ``starts[g] + counts[g]``. Groups may share places, so that a group can as well be one row of
    the first side, with the rows it meets on the others.

    Args:
        counts: for each side, its number of rows in each group.
        starts: for each side, the place of the first one; any number where there is none.
        required: for each side, whether a group without rows of it has no output; else one row
            of nulls stands in.
    Attributes:
        rows: number of output rows.
        group_ends: the position behind the last output row of each group.
    Raises:
        FlowError: there are more rows than 62 bits can number.
    Laws:
        The output rows of a group are those of `Joining.rows`, in that order: the first side
        varies slowest, the last one fastest; groups come in order. A group without any row has
        no output.
    Example:
        >>> product = Product([[1, 2], [2, 0]], [[0, 1], [0, 0]], (True, False))
        >>> product.rows, product.group_ends.tolist()
        (4, [2, 4])
        >>> [places.tolist() for places, _ in product.places(0, 4)]
        [[0, 0, 1, 2], [0, 1, 0, 0]]
        >>> product.places(1, 3)[1][1].tolist()
        [False, True]
    """

    def __init__(
        self,
        counts: Sequence[npt.ArrayLike],
        starts: Sequence[npt.ArrayLike],
        required: Sequence[bool],
    ) -> None:
        self._counts = [np.asarray(numbers, dtype=np.int64) for numbers in counts]
        self._starts = [np.asarray(numbers, dtype=np.int64) for numbers in starts]
        # What an empty side counts as: one row of nulls.
        self._factors = [np.maximum(numbers, 1) for numbers in self._counts]
        # Whether some group has nulls for a side: most joins have none, and need no masks.
        self._has_nulls = [
            not must and not numbers.all()
            for numbers, must in zip(self._counts, required, strict=True)
        ]
        sizes = _sizes(self._factors, self._counts, required)
        self.group_ends: Numbers = np.cumsum(sizes)
        self._begins: Numbers = self.group_ends - sizes
        self.rows = int(self.group_ends[-1]) if len(sizes) else 0

    def places(self, start: int, stop: int) -> list[Places]:
        """Return, for each side, the places of the output rows at positions ``start <= p < stop``.

        Where the mask is true the row is missing, and its place means nothing.
        """
        groups = self._groups(start, stop)
        if groups is None:
            return [(np.zeros(0, dtype=np.int64), None) for _ in self._counts]
        first, of_rows = groups
        last = first if of_rows is None else int(of_rows[-1])
        within: Numbers = np.arange(start, stop, dtype=np.int64)
        within -= _at(self._begins, first, of_rows)
        found = []
        for side in range(len(self._counts) - 1, -1, -1):
            among, within = self._split(side, first, last, of_rows, within)
            among += _at(self._starts[side], first, of_rows)
            absent = self._absent(side, first, of_rows, len(among))
            found.append((among, absent))
        return found[::-1]

    def _absent(self, side: int, first: int, of_rows: Numbers | None, size: int) -> Mask | None:
        if not self._has_nulls[side]:
            return None
        counts = self._counts[side]
        if of_rows is None:
            return None if counts[first] else np.ones(size, dtype=bool)
        absent = counts[of_rows] == 0
        return absent if absent.any() else None

    def _groups(self, start: int, stop: int) -> tuple[int, Numbers | None] | None:
        """Return the group of each position, or only that of the first if it is that of all."""
        if start >= stop:
            return None
        first = int(np.searchsorted(self.group_ends, start, side="right"))
        if stop <= self.group_ends[first]:
            return first, None
        last = int(np.searchsorted(self.group_ends, stop - 1, side="right"))
        ends = np.minimum(self.group_ends[first : last + 1], stop)
        lengths = np.diff(ends, prepend=start)
        return first, np.repeat(np.arange(first, last + 1), lengths)

    def _split(
        self, side: int, first: int, last: int, of_rows: Numbers | None, within: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Return the number of the side's row within its group, and the position among the rest."""
        if side == 0:
            return within, within
        factors = self._factors[side]
        if factors[first : last + 1].max() == 1:
            return np.zeros(len(within), dtype=np.int64), within
        factor = _at(factors, first, of_rows)
        rest = within // factor
        return within - rest * factor, rest


def _at(numbers: Numbers, first: int, of_rows: Numbers | None) -> Numbers | np.int64:
    # Dividing by one number instead of many takes a fifth of the time: heavy groups profit.
    found: Numbers | np.int64 = numbers[first] if of_rows is None else numbers[of_rows]
    return found


def _sizes(
    factors: Sequence[Numbers], counts: Sequence[Numbers], required: Sequence[bool]
) -> Numbers:
    """Return the number of output rows of each group."""
    is_any = np.zeros(len(factors[0]), dtype=bool)
    is_left = np.ones(len(factors[0]), dtype=bool)
    for numbers, must in zip(counts, required, strict=True):
        is_any |= numbers > 0
        if must:
            is_left &= numbers > 0
    sizes: Numbers = (is_left & is_any).astype(np.int64)
    most = len(sizes)  # a Python number, which does not wrap
    for factor in factors:
        most *= int(factor.max(initial=1))
        if most > _LARGEST and (sizes > _LARGEST // factor).any():
            raise _too_many()
        sizes = sizes * factor
    if most > _LARGEST and sizes.sum(dtype=np.float64) > _LARGEST:
        raise _too_many()
    return sizes


def _too_many() -> FlowError:
    return FlowError(
        "a join has more rows than can be numbered: over 4,600,000,000,000,000,000 in one task",
        fix="join on more fields, or leave out the keys that most rows share",
    )
