"""Adding to versioned stores: what is stored and what is new, summed by key."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from cascade2spark.scalding.algebra.base import Semigroup
from cascade2spark.scalding.algebra.resolving import as_semigroup
from cascade2spark.scalding.sources_memory import OptionalSource
from cascade2spark.scalding.sources_versioned import VersionedKeyValSource
from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["incremented", "write_incremental"]


def incremented(
    pairs: TypedPipe[Any], store: VersionedKeyValSource, semigroup: Any = None
) -> TypedPipe[Any]:
    """Return the pairs of a store and new ones, summed by key, what is stored before what is new.

    A store without a version gives the sums of the new pairs.

    Args:
        pairs: the new ones, of key and value.
        store: what they are added to.
        semigroup: how two values are added, or their type. Default: by their own types.
    """
    adding = as_semigroup(semigroup)
    stored = TypedPipe.from_(OptionalSource(store)).group()
    new = pairs.group().sum(adding)
    return stored.cogroup(new, _Summed(adding)).to_typed_pipe()


def write_incremental(
    pairs: TypedPipe[Any], store: VersionedKeyValSource, semigroup: Any = None
) -> TypedPipe[Any]:
    """Have `incremented` pairs written by the job that is being built, as a new version."""
    return incremented(pairs, store, semigroup).write(store)


@attrs.frozen
class _Summed:
    adding: Semigroup

    def __call__(self, key: Any, stored: Iterator[Any], new: Iterable[Any]) -> Iterator[Any]:
        yield functools.reduce(self.adding.plus, [*stored, *new])
