"""Bloom filters: whether a value was seen; never a wrong no, rarely a wrong yes."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.scalding.algebra.approximate import Approximate, ApproximateBoolean
from cascade2spark.scalding.algebra.base import Monoid, chunks_of, refused, summed_in_chunks
from cascade2spark.scalding.algebra.collecting import check_at_least
from cascade2spark.scalding.algebra.hashing import bytes_of

__all__ = ["BloomFilter", "BloomFilterMonoid"]

# Few positions are held one by one: each takes about as much room as so many bits.
_BITS_PER_POSITION = 512


@attrs.frozen
class BloomFilter:
    """A set of values that may say yes wrongly; made by `BloomFilterMonoid`.

    Args:
        hashes: positions per value.
        width: the number of bits.
        positions: the bits that are set while they are few; None then for `bits`.
        bits: all bits as a number; None while they are few.
    """

    hashes: int
    width: int
    positions: frozenset[int] | None
    bits: int | None = attrs.field(default=None, repr=False)

    @property
    def density(self) -> float:
        """The part of the bits that is set."""
        count = len(self.positions) if self.positions is not None else (self.bits or 0).bit_count()
        return count / self.width

    def maybe_contains(self, value: Any) -> bool:
        """Whether the value may be in; a no is certain."""
        wanted = positions_of(bytes_of(value), self.hashes, self.width)
        if self.positions is not None:
            return all(place in self.positions for place in wanted)
        bits = self.bits or 0
        return all(bits >> place & 1 for place in wanted)

    def contains(self, value: Any) -> ApproximateBoolean:
        """Return whether the value is in, with how likely that is right."""
        if not self.maybe_contains(value):
            return ApproximateBoolean(False, 1.0)
        return ApproximateBoolean(True, 1 - self.density**self.hashes)

    @property
    def size(self) -> Approximate:
        """The estimated number of values, with bounds of three standard errors."""
        free = 1 - self.density
        if free == 0:
            return Approximate(self.width / self.hashes, math.inf, math.inf, 1.0)
        estimate = -self.width * math.log(free) / self.hashes
        # Variance of the number of values by the bits left free (Swamidass and Baldi, 2007).
        load = self.hashes * estimate / self.width
        error = math.sqrt(self.width * (math.exp(load) - 1 - load)) / self.hashes if load else 0.0
        return Approximate(max(0.0, estimate - 3 * error), estimate, estimate + 3 * error, 0.9973)

    def plus(self, other: BloomFilter) -> BloomFilter:
        """Return the filter of the values of both."""
        return _united((self, other))


@attrs.frozen
class BloomFilterMonoid(Monoid):
    """Bloom filters of one size; the sum holds the values of both, and loses nothing.

    Width ceil(-n ln p / (ln 2)**2) bits, (width // n) ln 2 hashes, rounded up. While at most
    `entries` values are in, a value that is not is called in with a probability of about `fp_prob`.

    Args:
        entries: how many different values are expected.
        fp_prob: the probability of a wrong yes.
    Source:
        The sizes are Algebird's.
    Example:
        >>> seen = BloomFilterMonoid(1000, 0.01).build(["a", "b"])
        >>> bool(seen.contains("a")), bool(seen.contains("z"))
        (True, False)
    """

    entries: int
    fp_prob: float

    def __attrs_post_init__(self) -> None:
        check_at_least("The number of entries of a Bloom filter", self.entries, 1)
        if not 0 < self.fp_prob < 1:
            raise BuildError(
                "The probability of a false positive must lie between 0 and 1", asked=self.fp_prob
            )

    @property
    def width(self) -> int:
        """The number of bits."""
        return math.ceil(-self.entries * math.log(self.fp_prob) / math.log(2) ** 2)

    @property
    def hashes(self) -> int:
        """The number of bits per value."""
        return max(1, math.ceil(self.width // self.entries * math.log(2)))

    @property
    def zero(self) -> BloomFilter:
        return BloomFilter(self.hashes, self.width, frozenset())

    def create(self, *values: Any) -> BloomFilter:
        """Return the filter of some values: bytes, text, numbers, None, tuples of such."""
        return self.build(values)

    def build(self, values: Iterable[Any]) -> BloomFilter:
        """Return the filter of any number of values."""
        shape = self.hashes, self.width
        total = self.zero
        for chunk in chunks_of(values):
            places = (positions_of(bytes_of(value), *shape) for value in chunk)
            total = _united([total], set(itertools.chain.from_iterable(places)))
        return total

    def plus(self, left: Any, right: Any) -> BloomFilter:
        return self._sum_chunk([left, right])

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, values: list[Any]) -> BloomFilter:
        for value in values:
            if not isinstance(value, BloomFilter):
                raise refused(self, value)
        return _united(values)


def positions_of(data: bytes, hashes: int, width: int) -> list[int]:
    """Return the bits of a value: two hashes combined stand for many (Kirsch, Mitzenmacher)."""
    digest = hashlib.blake2b(data, digest_size=16).digest()
    first = int.from_bytes(digest[:8], "big")
    step = int.from_bytes(digest[8:], "big") | 1
    return [(first + number * step) % width for number in range(hashes)]


def _united(every: Sequence[BloomFilter], more: Iterable[int] = ()) -> BloomFilter:
    """Return the filter of all, and of more positions.

    It holds positions exactly as long as these are few, so that equal sets are equal objects.
    """
    shape = every[0].hashes, every[0].width
    for one in every:
        if (one.hashes, one.width) != shape:
            raise OperationError(
                f"A Bloom filter of {shape[1]} bits and {shape[0]} hashes cannot take in one of "
                f"{one.width} bits and {one.hashes} hashes",
                fix="make both with the same number of entries and probability",
            )
    places = set(more).union(*(one.positions for one in every if one.positions is not None))
    dense = [one.bits for one in every if one.bits is not None]
    if not dense and len(places) * _BITS_PER_POSITION <= shape[1]:
        return BloomFilter(*shape, frozenset(places))
    row = bytearray(shape[1] // 8 + 1)
    for place in places:
        row[place >> 3] |= 1 << (place & 7)
    bits = int.from_bytes(row, "little")
    for other in dense:
        bits |= other
    return BloomFilter(*shape, None, bits)
