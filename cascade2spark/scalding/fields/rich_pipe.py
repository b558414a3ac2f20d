"""RichPipe: the operators of Scalding's fields API, chained on a pipe."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Self, TypeVar

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.passing import Identity
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import Each, GroupBy, Pipe
from cascade2spark.scalding.base import PipeSource, Source
from cascade2spark.scalding.fields.base import (
    fields_of,
    listed,
)
from cascade2spark.scalding.fields.functions import (
    Drawing,
)
from cascade2spark.scalding.fields.group import CoGroupBuilder, GroupBuilder, JoinMode
from cascade2spark.scalding.fields.rows import Rows
from cascade2spark.scalding.flow_state import current_state, source_pipe, trap_pipe
from cascade2spark.scalding.typed.lowering import lowered, written_pipe
from cascade2spark.scalding.typed.pipes import TypedPipe
from cascade2spark.scalding.typed.rewrites import rewritten

__all__ = ["RichPipe", "from_typed", "read"]

Result = TypeVar("Result")
Body = Callable[[GroupBuilder], Any]

_SHARD, _SHUFFLE = "__shard__", "__shuffle__"
_TOTAL = "__total_for_normalize__"


class RichPipe(Rows):
    """A pipe with the operators of Scalding's fields API. It is immutable: each makes a new one.

    Fields are a name, a tuple of names, ``"*"`` for all, ``()`` for none, or a Fields. What is read
    comes first, what is made second, the function last; it gets the values of the fields as its
    arguments.

    Args:
        pipe: a Pipe, or what wraps one.
    Source:
        com.twitter.scalding.RichPipe
    Example:
        >>> lines = RichPipe(Pipe("lines"))
        >>> words = lines.flat_map_to("line", "word", lambda line: line.split())
        >>> words.group_by("word", lambda group: group.size("n"))
        RichPipe(Every 'lines')
    """

    # -- groups ----------------------------------------------------------------------------------

    def group_by(self, *given: Any) -> Self:
        """Do something with the rows of each key: ``group_by("word", lambda g: g.size("n"))``.

        Args:
            given: the fields of the key, then a function that is handed a `GroupBuilder`.
        """
        fields, body = _fields_and_body("group_by", given)
        return self._scheduled(GroupBuilder(fields_of(*fields)), body)

    def group_all(self, body: Body | None = None) -> Self:
        """Do something with all rows as one group; without a body, bring them to one place."""
        return self._scheduled(
            GroupBuilder(Fields.NONE), (lambda group: group.pass_()) if body is None else body
        )

    def co_group_by(self, fields: Any, *given: Any) -> Self:
        """Join any number of pipes by one key, in one exchange.

        Args:
            fields: the key of this pipe.
            given: InnerJoinMode (the default) or OuterJoinMode for this pipe; then a function that
                is handed a `CoGroupBuilder`: ``lambda g: g.co_group("id", other, OuterJoinMode)``.
        """
        if not given or not callable(given[-1]):
            raise BuildError(
                "co_group_by needs a function that says what to join",
                asked=", ".join(map(repr, given)) or "nothing",
                origin=capture_origin(),
            )
        mode = given[0] if len(given) > 1 else JoinMode.INNER
        return self._scheduled(CoGroupBuilder(fields_of(fields), mode), given[-1])

    def group_randomly(self, count: int, *given: Any, seed: int | None = None) -> Self:
        """Do something with rows that are spread over `count` groups by chance."""
        _, body = _fields_and_body("group_randomly", given)
        shards = self._drawn(_SHARD, seed, lambda draws, row: [(draws.randrange(count),)])
        return shards._scheduled(
            GroupBuilder(Fields(_SHARD)).reducers(_positive("group_randomly", count)), body
        ).discard(_SHARD)

    def shard(self, count: int, seed: int | None = None) -> Self:
        """Spread rows over `count` partitions, by chance."""
        return self.group_randomly(count, lambda group: group.pass_(), seed=seed)

    def shuffle(self, count: int, seed: int | None = None) -> Self:
        """Spread rows over `count` partitions, by chance, in an order by chance."""
        shuffled = self._drawn(
            (_SHARD, _SHUFFLE),
            seed,
            lambda draws, row: [(draws.randrange(count), draws.random())],
        )
        partitions = _positive("shuffle", count)
        grouped = GroupBy(shuffled.pipe, group=_SHARD, sort=_SHUFFLE, partitions=partitions)
        return self._on(grouped).discard(_SHARD, _SHUFFLE)

    def partition(self, fields: Any, to: Any, call: Callable[..., Any], body: Body) -> Self:
        """Do something with the rows of each value that a function makes of fields."""
        return self.map(fields, to, call).group_by(fields_of(to), body)

    def unique(self, *fields: Any) -> Self:
        """Give each row of the named fields once, and no other field."""
        wanted = fields_of(*fields)
        counted = self.group_by(wanted, lambda group: group.size("__uniquecount__"))
        return counted.discard("__uniquecount__")

    distinct = unique

    def normalize(self, fields: Any, use_tiny: bool = True) -> Self:
        """Divide a field by its sum over all rows, as doubles; it comes last.

        Args:
            use_tiny: every task holds the sum; else it goes through an exchange.
        """
        source = listed("normalize", fields_of(fields), 1)
        total = self.group_all(lambda group: group.sum(source, _TOTAL, float))
        crossed = self.cross_with_tiny(total) if use_tiny else self.cross_with_smaller(total)
        return crossed.map((*source, _TOTAL), source, _share)

    def _scheduled(self, builder: GroupBuilder, body: Body) -> Self:
        made = body(builder)
        if made is not None and made is not builder:
            raise BuildError(
                "the function of a group returns something else than the group it was handed",
                asked=repr(made),
                origin=capture_origin(),
            )
        return self._on(builder.schedule(self.pipe))

    def _drawn(
        self, fields: Any, seed: int | None, draw: Callable[[random.Random, Any], Any]
    ) -> Self:
        drawing = Drawing(fields_of(fields), seed, draw)
        return self._on(Each(self.pipe, Fields.NONE, drawing, Fields.ALL))

    # -- the pipe itself -------------------------------------------------------------------------

    def name(self, name: str) -> Self:
        """Name the branch from here on."""
        return self._on(Pipe(name, self.pipe))

    def then(self, call: Callable[..., Result], *given: Any, **named: Any) -> Result:
        """Apply a function to this, and return what it returns: Scalding's thenDo."""
        return call(self, *given, **named)

    def add_trap(self, source: Source) -> Self:
        """Send rows that make an operation fail to a source, and go on.

        It covers the operations from here on, up to the next trap, join, merge or name. A row is
        stored as the failing operation saw it: its arguments only.
        """
        return self._on(trap_pipe(source, self.pipe))

    def to_typed_pipe(self, *fields: Any) -> TypedPipe[Any]:
        """Return the values of fields as a typed pipe: of one its values, of several tuples."""
        wanted = listed("to_typed_pipe", fields_of(*fields)).un_apply_types()
        rows = Each(self.pipe, wanted, Identity(), Fields.RESULTS)
        return TypedPipe.from_(PipeSource(rows, wanted))

    def write(self, source: Source) -> Self:
        """Have the rows written by the job that is being built; return this pipe."""
        if getattr(source, "is_encoded", False):
            self.to_typed_pipe(*source.sink_fields).write(source)
        else:
            current_state().add(self.pipe, source)
        return self


def from_typed(values: TypedPipe[Any], *fields: Any) -> RichPipe:
    """Return the values of a typed pipe as rows: Scalding's toPipe.

    Args:
        values: of one field its values; of several, tuples or what gives as many values.
        fields: their names.
    """
    wanted = listed("from_typed", fields_of(*fields)).un_apply_types()
    shape = PipeSource(Pipe("typed"), wanted)  # only what it says of its fields counts
    node = rewritten(values.node)
    return RichPipe(written_pipe(lowered(node), node, shape))


def read(source: Source) -> RichPipe:
    """Return the pipe of what a source holds."""
    return RichPipe(source_pipe(source))


def _fields_and_body(method: str, given: tuple[Any, ...]) -> tuple[tuple[Any, ...], Body]:
    """Part fields from the function behind them; without one, rows are brought together."""
    if given and callable(given[-1]) and not isinstance(given[-1], Fields):
        return given[:-1], given[-1]
    raise BuildError(
        f"{method} needs a function that is handed the group, behind the fields",
        asked=", ".join(map(repr, given)) or "nothing",
        origin=capture_origin(),
        fix=f"write {method}(..., lambda group: group.size())",
    )


def _positive(method: str, count: int) -> int:
    if count < 1:
        raise BuildError(f"{method} needs at least one group", asked=count)
    return count


def _share(value: Any, total: float) -> float:
    part = float(value or 0)
    return part / total if total else math.nan if not part else math.copysign(math.inf, part)
