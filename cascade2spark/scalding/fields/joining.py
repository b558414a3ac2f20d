"""Joins and products of pipes of the fields API."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, Self

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, Joiner, LeftJoin, OuterJoin, RightJoin
from cascade2spark.operations.passing import Identity, NoOp
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import CoGroup, Each, HashJoin, Pipe
from cascade2spark.scalding.fields.base import (
    InvalidJoinMode,
    PipeHolder,
    fields_of,
    listed,
    named_apart,
    pipe_of,
    root_of,
)
from cascade2spark.scalding.fields.functions import Drawing
from cascade2spark.scalding.fields.keys import HIDDEN_KEY, key_fields

__all__ = ["Joins", "SkewReplicationA", "SkewReplicationB"]

_LEFT_BLOCK = Fields("__left_row__", "__left_column__")
_RIGHT_BLOCK = Fields("__right_row__", "__right_column__")


@attrs.frozen
class SkewReplicationA:
    """Scalding's first way to spread heavy keys. Here the engine finds out by itself how far."""

    factor: float = 1.0


@attrs.frozen
class SkewReplicationB:
    """Scalding's second way to spread heavy keys. Here the engine finds out by itself how far."""

    max_keys_in_memory: int = 1_000_000
    max_reducer_output: int = 10_000_000


class Joins(PipeHolder):
    """The joins of a pipe: the key fields of this pipe first, those of the other second.

    Key names may be the same in inner joins only: the copies of the other pipe go. Any other name
    that both pipes have is refused by the planner. Null equals null; 1 and 1.0 are not the same.
    """

    # -- by an exchange --------------------------------------------------------------------------

    def join_with_smaller(
        self, left: Any, right: Any, that: Any, joiner: Joiner | None = None, reducers: int = -1
    ) -> Self:
        """Join with a pipe of fewer rows for each key, which are held.

        Args:
            left: key fields of this pipe.
            right: key fields of the other.
            that: the other pipe.
            joiner: InnerJoin by default.
            reducers: partitions of the exchange; 0 and less is ignored.
        """
        chosen = InnerJoin() if joiner is None else joiner
        return self._on(
            _joined("join_with_smaller", self.pipe, left, pipe_of(that), right, chosen, reducers)
        )

    def join_with_larger(
        self, left: Any, right: Any, that: Any, joiner: Joiner | None = None, reducers: int = -1
    ) -> Self:
        """Join with a pipe of more rows for each key; those of this pipe are held.

        Raises:
            InvalidJoinMode: a joiner of one's own, which cannot be turned round.
        """
        chosen = InnerJoin() if joiner is None else joiner
        turned = _turned(chosen)
        return self._on(
            _joined("join_with_larger", pipe_of(that), right, self.pipe, left, turned, reducers)
        )

    def left_join_with_smaller(self, left: Any, right: Any, that: Any, reducers: int = -1) -> Self:
        """Join, and keep the rows of this pipe that have no match, with nulls."""
        return self.join_with_smaller(left, right, that, LeftJoin(), reducers)

    def left_join_with_larger(self, left: Any, right: Any, that: Any, reducers: int = -1) -> Self:
        """Join with a larger pipe, and keep the rows of this one that have no match, with nulls."""
        return self.join_with_larger(left, right, that, LeftJoin(), reducers)

    def block_join_with_smaller(
        self,
        left: Any,
        right: Any,
        that: Any,
        right_replication: int = 1,
        left_replication: int = 1,
        joiner: Joiner | None = None,
        reducers: int = -1,
    ) -> Self:
        """Join with the rows of each key spread over a grid of blocks, for heavy keys.

        Args:
            right_replication: copies of each row of the other pipe, which is also the number of
                blocks that this pipe's rows are spread over.
            left_replication: the same the other way round.
        Raises:
            InvalidJoinMode: rows of a side that is kept whole would be there once for each copy.
        """
        chosen = InnerJoin() if joiner is None else joiner
        for side, copies in (("right", right_replication), ("left", left_replication)):
            if copies < 1:
                raise BuildError(
                    f"block_join_with_smaller needs at least 1 as its {side}_replication",
                    asked=copies,
                    origin=capture_origin(),
                )
        _check_blocks(chosen, left_replication, right_replication)
        one, other = fields_of(left), fields_of(right)
        here = _on_grid(self.pipe, _LEFT_BLOCK, left_replication, right_replication)
        there = _on_grid(
            pipe_of(that), _RIGHT_BLOCK, right_replication, left_replication, is_turned=True
        )
        joined = _joined(
            "block_join_with_smaller",
            here,
            one.append(_LEFT_BLOCK),
            there,
            other.append(_RIGHT_BLOCK),
            chosen,
            reducers,
        )
        return self._on(_without(joined, _LEFT_BLOCK.append(_RIGHT_BLOCK)))

    def skew_join_with_smaller(
        self,
        left: Any,
        right: Any,
        that: Any,
        sample_rate: float = 0.001,
        reducers: int = -1,
        replicator: SkewReplicationA | SkewReplicationB | None = None,
    ) -> Self:
        """Join, inner, with the rows of the heaviest keys spread over several partitions.

        Which keys are heavy is counted, not sampled: `sample_rate` and `replicator` are taken, so
        that jobs need not change, and change nothing.
        """
        if not 0 < sample_rate < 1:
            raise BuildError(
                "a skew join samples with a rate between 0 and 1",
                asked=sample_rate,
                origin=capture_origin(),
            )
        if replicator is not None and not isinstance(
            replicator, SkewReplicationA | SkewReplicationB
        ):
            raise BuildError("a skew join takes a SkewReplicationA or B", asked=repr(replicator))
        joined = _joined(
            "skew_join_with_smaller",
            self.pipe,
            left,
            pipe_of(that),
            right,
            InnerJoin(),
            reducers,
            is_skewed=True,
        )
        return self._on(joined)

    def skew_join_with_larger(
        self,
        left: Any,
        right: Any,
        that: Any,
        sample_rate: float = 0.001,
        reducers: int = -1,
        replicator: SkewReplicationA | SkewReplicationB | None = None,
    ) -> Self:
        """Join as `skew_join_with_smaller` does, with a pipe of more rows for each key."""
        other = self._on(pipe_of(that))
        return other.skew_join_with_smaller(right, left, self, sample_rate, reducers, replicator)

    # -- without one -----------------------------------------------------------------------------

    def join_with_tiny(self, left: Any, right: Any, that: Any) -> Self:
        """Join, inner, with a pipe that every task holds as a whole."""
        return self._on(
            _joined(
                "join_with_tiny", self.pipe, left, pipe_of(that), right, InnerJoin(), is_tiny=True
            )
        )

    def left_join_with_tiny(self, left: Any, right: Any, that: Any) -> Self:
        """Join with a pipe that every task holds, and keep rows without a match, with nulls."""
        return self._on(
            _joined(
                "left_join_with_tiny",
                self.pipe,
                left,
                pipe_of(that),
                right,
                LeftJoin(),
                is_tiny=True,
            )
        )

    def cross_with_tiny(self, that: Any) -> Self:
        """Pair every row with every row of a pipe that every task holds as a whole."""
        return self._on(HashJoin(self.pipe, Fields.NONE, _apart(self.pipe, that), Fields.NONE))

    def cross_with_smaller(self, that: Any, replication: int = 20) -> Self:
        """Pair every row with every row of another pipe, over many partitions.

        Args:
            replication: number of partitions that this pipe's rows are spread over, and of copies
                of the other pipe's rows.
        """
        one, other = Fields("__left_cell__"), Fields("__right_cell__")
        if replication < 1:
            raise BuildError(
                "cross_with_smaller needs at least 1 as its replication", asked=replication
            )
        cells = [(cell,) for cell in range(replication)]
        here = Each(
            self.pipe,
            Fields.NONE,
            Drawing(one, None, lambda draws, row: [draws.choice(cells)]),
            Fields.ALL,
        )
        there = Each(
            pipe_of(that), Fields.NONE, Drawing(other, 0, lambda draws, row: cells), Fields.ALL
        )
        joined = CoGroup(here, one, named_apart(here, there), other, partitions=replication)
        return self._on(_without(joined, one.append(other)))


def _joined(
    method: str,
    left: Pipe,
    left_keys: Any,
    right: Pipe,
    right_keys: Any,
    joiner: Joiner,
    reducers: int = -1,
    *,
    is_tiny: bool = False,
    is_skewed: bool = False,
) -> Pipe:
    """Join two pipes; in an inner join the keys of the right one may have names of the left's."""
    if not isinstance(joiner, Joiner):
        raise BuildError(
            f"{method} takes a joiner",
            asked=repr(joiner),
            origin=capture_origin(),
            fix=f"write {joiner.__name__}()" if isinstance(joiner, type) else None,
        )
    one = listed(method, fields_of(left_keys))
    other = listed(method, fields_of(right_keys))
    shared = [name for name in other if name in set(one)]
    _check_join(method, one, other, shared, joiner)
    hidden = Fields(*[f"{HIDDEN_KEY}{name}" for name in shared]) if shared else Fields.NONE
    if shared:
        right = Each(right, Fields(*shared), Identity(hidden), Fields.SWAP)
        names = dict(zip(shared, hidden, strict=True))
        other = Fields(*[names.get(name, name) for name in other])
    right = named_apart(left, right)
    one, other = key_fields(one), key_fields(other)
    if is_tiny:
        joined: Pipe = HashJoin(left, one, right, other, joiner)
    else:
        partitions = reducers if reducers > 0 else None
        joined = CoGroup(left, one, right, other, joiner, partitions=partitions, skewed=is_skewed)
    return _without(joined, hidden) if shared else joined


def _check_join(
    method: str, one: Fields, other: Fields, shared: Sequence[Any], joiner: Joiner
) -> None:
    """Refuse keys that do not go together, or not with this joiner."""
    if len(one) != len(other):
        raise BuildError(
            f"{method} needs as many key fields on both sides",
            details={"this pipe": one, "the other": other},
            origin=capture_origin(),
        )
    if shared and type(joiner) is not InnerJoin:
        raise BuildError(
            f"{method}: join keys must be disjoint unless the join is inner",
            asked=f"{type(joiner).__name__} by {one} and {other}",
            details={"in both": ", ".join(map(repr, shared))},
            origin=capture_origin(),
            fix="rename the key of the other pipe",
        )


def _without(pipe: Pipe, fields: Fields) -> Pipe:
    return Each(pipe, fields, NoOp(), Fields.SWAP)


def _turned(joiner: Joiner) -> Joiner:
    """Return the joiner for the sides swapped."""
    turned: dict[type[Joiner], type[Joiner]] = {
        InnerJoin: InnerJoin,
        OuterJoin: OuterJoin,
        LeftJoin: RightJoin,
        RightJoin: LeftJoin,
    }
    kind = turned.get(type(joiner))
    if kind is None:
        raise InvalidJoinMode(
            "join_with_larger cannot turn a joiner of your own round",
            asked=type(joiner).__name__,
            available=[known.__name__ for known in turned],
            origin=capture_origin(),
            fix="use join_with_smaller of the other pipe",
        )
    return kind()


def _check_blocks(joiner: Joiner, left: int, right: int) -> None:
    kind = type(joiner)
    is_fit = (
        kind is InnerJoin or (kind is LeftJoin and left == 1) or (kind is RightJoin and right == 1)
    )
    if not is_fit:
        raise InvalidJoinMode(
            f"block_join_with_smaller cannot use {kind.__name__} here",
            details={"left replication": left, "right replication": right},
            origin=capture_origin(),
        )


def _on_grid(
    pipe: Pipe, fields: Fields, copies: int, spread: int, *, is_turned: bool = False
) -> Pipe:
    """Give each row a place on one axis of a grid, by chance, and a copy for each on the other."""

    def places(draws: random.Random, row: tuple[Any, ...]) -> Iterator[tuple[int, int]]:
        drawn = draws.randrange(spread)
        for copy in range(copies):
            yield (drawn, copy) if is_turned else (copy, drawn)

    return Each(pipe, Fields.NONE, Drawing(fields, None, places), Fields.ALL)


def _apart(pipe: Pipe, that: Any) -> Pipe:
    """Return a pipe that is not taken for the other side of a self join."""
    other = pipe_of(that)
    if root_of(pipe) is root_of(other):
        other = Each(other, Identity())
    return named_apart(pipe, other)
