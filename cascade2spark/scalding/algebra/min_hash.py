"""MinHash: how alike two sets are, and buckets in which like sets meet."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.scalding.algebra.base import Monoid, summed_in_chunks
from cascade2spark.scalding.algebra.collecting import check_at_least
from cascade2spark.scalding.algebra.hashing import bytes_of, hashes32

__all__ = ["MinHasher", "MinHasher16", "MinHasher32"]


@attrs.frozen
class MinHasher(Monoid):
    """Signatures of sets, tuples of whole numbers; the sum is the signature of the union.

    The part of equal places estimates the Jaccard similarity s, with a standard error of
    sqrt(s (1 - s) / num_hashes). With 16 bits, sets of n values also agree by chance, in about
    n / 2**17 of the places. Two sets share a bucket with a probability of
    1 - (1 - s**rows)**num_bands, which rises steeply about s = (1 / num_bands)**(1 / rows).

    Args:
        num_hashes: the length of a signature; a multiple of `num_bands`.
        num_bands: buckets per signature.
        bits: of each number, 16 or 32.
    """

    num_hashes: int
    num_bands: int
    bits: int = 32

    def __attrs_post_init__(self) -> None:
        check_at_least("The number of hashes", self.num_hashes, 1)
        check_at_least("The number of bands", self.num_bands, 1)
        if self.num_hashes % self.num_bands or self.bits not in (16, 32):
            raise BuildError(
                "A MinHasher needs bands of equal length, and numbers of 16 or 32 bits",
                details={"hashes": self.num_hashes, "bands": self.num_bands, "bits": self.bits},
            )

    @property
    def rows(self) -> int:
        """The numbers in a band."""
        return self.num_hashes // self.num_bands

    @property
    def zero(self) -> tuple[int, ...]:
        return (2**self.bits - 1,) * self.num_hashes

    def init(self, value: Any) -> tuple[int, ...]:
        """Return the signature of a set of one value: bytes, text, number, None, tuple of such."""
        hashes = hashes32(bytes_of(value), self.num_hashes)
        return hashes if self.bits == 32 else tuple([one >> 16 for one in hashes])

    def build(self, values: Iterable[Any]) -> tuple[int, ...]:
        """Return the signature of a set of values."""
        signature: tuple[int, ...] = self.sum(map(self.init, values))
        return signature

    def plus(self, left: Any, right: Any) -> tuple[int, ...]:
        return self._sum_chunk([left, right])

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, signatures: Sequence[Any]) -> tuple[int, ...]:
        try:
            return tuple(map(min, zip(*signatures, strict=True)))
        except (TypeError, ValueError) as broken:
            raise OperationError(
                "Only signatures of one MinHasher can be added", details={"because": broken}
            ) from broken

    def similarity(self, left: Sequence[int], right: Sequence[int]) -> float:
        """Return the estimated Jaccard similarity of two sets, from 0 to 1."""
        return sum(a == b for a, b in zip(left, right, strict=True)) / self.num_hashes

    def buckets(self, signature: Sequence[int]) -> list[int]:
        """Return a number for each band; sets that share one are likely to be alike."""
        found = []
        for band in range(self.num_bands):
            part = signature[band * self.rows : (band + 1) * self.rows]
            text = f"{band}:{','.join(map(str, part))}".encode()
            digest = hashlib.blake2b(text, digest_size=8).digest()
            found.append(int.from_bytes(digest, "big", signed=True))
        return found

    def probability_of_inclusion(self, similarity: float) -> float:
        """Return how likely two sets of this similarity share a bucket."""
        return float(1 - (1 - similarity**self.rows) ** self.num_bands)

    @property
    def estimated_threshold(self) -> float:
        """The similarity about which sharing a bucket becomes likely."""
        return float((1 / self.num_bands) ** (1 / self.rows))


def MinHasher32(target_threshold: float, max_bytes: int) -> MinHasher:
    """Return a MinHasher of 32-bit numbers by the similarity at which sets should meet.

    Args:
        target_threshold: that similarity, between 0 and 1.
        max_bytes: most bytes of a signature.
    """
    return _for_threshold(target_threshold, max_bytes, 32)


def MinHasher16(target_threshold: float, max_bytes: int) -> MinHasher:
    """Return a MinHasher of 16-bit numbers, for sets of up to some thousand values.

    Args:
        target_threshold: the similarity at which sets should meet, between 0 and 1.
        max_bytes: most bytes of a signature.
    """
    return _for_threshold(target_threshold, max_bytes, 16)


def _for_threshold(threshold: float, max_bytes: int, bits: int) -> MinHasher:
    if not 0 < threshold < 1:
        raise BuildError("The target threshold must lie between 0 and 1", asked=threshold)
    most = check_at_least("The bytes of a signature", max_bytes, bits // 8) // (bits // 8)
    # The fewest bands b with (1 / b) ** (b / hashes) at most the threshold.
    target = -most * math.log(threshold)
    bands = next(b for b in itertools.count(1) if b * math.log(b) >= target)
    bands = min(bands, most)
    return MinHasher(most // bands * bands, bands, bits)
