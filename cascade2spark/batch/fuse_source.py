"""The source text of one function that runs a whole chain of operators over a list of rows.

Where every operator is an expression (see `operations.inline`) it is a comprehension
(`batch.fuse_flat`), else a loop (`batch.fuse_loop`): written from the same operators and rows
(`batch.fuse_forms`), by the same means (`batch.fuse_text`).
"""

from __future__ import annotations

from collections.abc import Sequence

from cascade2spark.batch.fuse_flat import FlatText, NotFlat
from cascade2spark.batch.fuse_forms import Link
from cascade2spark.batch.fuse_loop import LoopText
from cascade2spark.batch.fuse_text import ChainText

__all__ = ["chain_text"]


def chain_text(links: Sequence[Link], start: int, *, is_immediate: bool, limit: int) -> ChainText:
    """Return the links from `start` on as text, the quicker of two ways if it can be.

    Args:
        links: the whole chain.
        start: first link of this function; flushed rows enter in the middle.
        is_immediate: each row is yielded the moment it is made, so that an error that the consumer
            throws back in meets the traps of this chain.
        limit: most rows held before they are yielded, where one row may give many.
    """
    if not is_immediate:
        try:
            return FlatText(links, start)
        except NotFlat:
            pass  # a loop can do anything
    return LoopText(links, start, is_immediate=is_immediate, limit=limit)
