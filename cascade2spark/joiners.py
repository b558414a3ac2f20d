"""Joiners: one key's groups in, joined tuples out.

The stock joiners differ in one thing only: which sides must have rows (`required`) and which are
filled with nulls when they have none. An engine that joins by itself asks `required_sides`; a
joiner of the user's own is driven through `get_iterator` and a `JoinerClosure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.name_hints import unknown_name as _unknown_name

__all__ = [
    "BaseJoiner",
    "BufferJoin",
    "InnerJoin",
    "Joiner",
    "JoinerClosure",
    "LeftJoin",
    "MixedJoin",
    "OuterJoin",
    "RightJoin",
    "join_rows",
]

Row = tuple[Any, ...]


class JoinerClosure:
    """The sides of one key, as a joiner or a Buffer sees them.

    Args:
        sides: one callable for each side that returns a fresh iterator of its rows.
        value_fields: the fields of each side.
        join_fields: the key fields of each side.
        is_self_join: all sides are the same stream.
    Source:
        cascading.pipe.joiner.JoinerClosure
    Example:
        >>> closure = JoinerClosure([lambda: iter([(1,), (2,)]), lambda: iter([])], [], [])
        >>> list(closure.get_iterator(0)), closure.is_empty(1)
        ([(1,), (2,)], True)
    """

    def __init__(
        self,
        sides: Sequence[Callable[[], Iterable[Row]]],
        value_fields: Sequence[Fields],
        join_fields: Sequence[Fields],
        *,
        is_self_join: bool = False,
        flow_process: Any = None,
        group_tuple: Callable[[Row], Row] | None = None,
    ) -> None:
        self._sides = sides
        self._value_fields = tuple(value_fields)
        self._join_fields = tuple(join_fields)
        self._is_self_join = is_self_join
        self._flow_process = flow_process
        self._group_tuple = group_tuple

    def size(self) -> int:
        """Return the number of sides, self joins counted."""
        return len(self._sides)

    def get_iterator(self, pos: int) -> Iterator[Row]:
        """Return a fresh iterator over the rows of side `pos`, from 0."""
        return iter(self._sides[pos]())

    def is_empty(self, pos: int) -> bool:
        """Tell whether side `pos` has no row for this key."""
        for _ in self._sides[pos]():
            return False
        return True

    def get_value_fields(self) -> tuple[Fields, ...]:
        """Return the fields of each side."""
        return self._value_fields

    def get_join_fields(self) -> tuple[Fields, ...]:
        """Return the key fields of each side."""
        return self._join_fields

    def is_self_join(self) -> bool:
        """Tell whether all sides are the same stream."""
        return self._is_self_join

    def get_group_tuple(self, key: Row) -> Row:
        """Return the group tuple for a key: the key of each side, nulls where a side is empty."""
        return key if self._group_tuple is None else self._group_tuple(key)

    def get_flow_process(self) -> Any:
        """Return the FlowProcess of the task."""
        return self._flow_process


class Joiner:
    """What a CoGroup or a HashJoin does with the sides of one key.

    A joiner of your own defines `get_iterator` and, when the number of sides matters, `num_joins`.

    Source:
        cascading.pipe.joiner.Joiner
    Example:
        >>> isinstance(InnerJoin(), Joiner)
        True
    """

    ANY: ClassVar[int] = -1
    field_declaration: Fields | None = None

    def num_joins(self) -> int:
        """Return the number of joins accepted (sides less one), ANY (-1) for any."""
        return Joiner.ANY

    def get_field_declaration(self) -> Fields | None:
        """Return the fields of the joined tuple, None to derive them from the sides."""
        return self.field_declaration

    def get_iterator(self, closure: JoinerClosure) -> Iterator[Row]:
        """Yield the joined tuples of one key: the values of every side, side by side."""
        raise NotImplementedError(f"{type(self).__name__} must define get_iterator")

    def required_sides(self, size: int) -> tuple[bool, ...] | None:
        """Return for each side whether it must have rows; None when only `get_iterator` knows."""
        return None


class BaseJoiner(Joiner):
    """Base for joiners with an optional field declaration.

    Args:
        field_declaration: fields of the joined rows. Default: those of all sides.
    Source:
        cascading.pipe.joiner.BaseJoiner
    Example:
        >>> class FirstOfEach(BaseJoiner):
        ...     def get_iterator(self, closure):
        ...         sides = [closure.get_iterator(side) for side in range(closure.size())]
        ...         yield tuple(value for side in sides for value in next(side))
        >>> closure = JoinerClosure([lambda: [(1,), (2,)], lambda: [(3,)]], [], [])
        >>> list(FirstOfEach().get_iterator(closure))
        [(1, 3)]
    """

    def __init__(self, field_declaration: Any = None) -> None:
        self.field_declaration = None if field_declaration is None else as_fields(field_declaration)

    def __repr__(self) -> str:
        return type(self).__name__


class _ProductJoiner(BaseJoiner):
    """A joiner that is the product of its sides, some of them filled with nulls when empty."""

    def get_iterator(self, closure: JoinerClosure) -> Iterator[Row]:
        """Yield the product, the rightmost side varying fastest."""
        required = self.required_sides(closure.size())
        assert required is not None
        widths = [fields.size() for fields in closure.get_value_fields()]
        sides = [lambda pos=pos: closure.get_iterator(pos) for pos in range(closure.size())]
        return join_rows(sides, required, widths)


class InnerJoin(_ProductJoiner):
    """Every side must have rows.

    Args:
        field_declaration: fields of the joined rows. Default: those of all sides.
    Source:
        cascading.pipe.joiner.InnerJoin
    Example:
        >>> from cascade2spark import CoGroup, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> both = CoGroup(Pipe("l"), "a", Pipe("r"), "b", InnerJoin())
        >>> rows_of(both, {"l": ("a", [(1,), (2,)]), "r": ("b", [(2,), (3,)])})
        [(2, 2)]
    """

    def required_sides(self, size: int) -> tuple[bool, ...]:
        """Return True for each side."""
        return (True,) * size


class OuterJoin(_ProductJoiner):
    """Every side without rows is filled with nulls.

    Args:
        field_declaration: fields of the joined rows. Default: those of all sides.
    Source:
        cascading.pipe.joiner.OuterJoin
    Example:
        >>> from cascade2spark import CoGroup, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> both = CoGroup(Pipe("l"), "a", Pipe("r"), "b", OuterJoin())
        >>> rows_of(both, {"l": ("a", [(1,), (2,)]), "r": ("b", [(2,), (3,)])})
        [(1, None), (2, 2), (None, 3)]
    """

    def required_sides(self, size: int) -> tuple[bool, ...]:
        """Return False for each side."""
        return (False,) * size


class LeftJoin(_ProductJoiner):
    """All sides but the last must have rows; the last is filled with nulls.

    Args:
        field_declaration: fields of the joined rows. Default: those of all sides.
    Source:
        cascading.pipe.joiner.LeftJoin
    Example:
        >>> from cascade2spark import CoGroup, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> both = CoGroup(Pipe("l"), "a", Pipe("r"), "b", LeftJoin())
        >>> rows_of(both, {"l": ("a", [(1,), (2,)]), "r": ("b", [(2,), (3,)])})
        [(1, None), (2, 2)]
    """

    def required_sides(self, size: int) -> tuple[bool, ...]:
        """Return False for the last side only."""
        return (True,) * (size - 1) + (False,)


class RightJoin(_ProductJoiner):
    """All sides but the first must have rows; the first is filled with nulls.

    Args:
        field_declaration: fields of the joined rows. Default: those of all sides.
    Source:
        cascading.pipe.joiner.RightJoin
    Example:
        >>> from cascade2spark import CoGroup, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> both = CoGroup(Pipe("l"), "a", Pipe("r"), "b", RightJoin())
        >>> rows_of(both, {"l": ("a", [(1,), (2,)]), "r": ("b", [(2,), (3,)])})
        [(2, 2), (None, 3)]
    """

    def required_sides(self, size: int) -> tuple[bool, ...]:
        """Return False for the first side only."""
        return (False,) + (True,) * (size - 1)


class MixedJoin(_ProductJoiner):
    """Each side by its own flag: INNER (True) must have rows, OUTER (False) is null-filled.

    Args:
        as_inner: a flag for each side.
        field_declaration: fields of the joined tuple.
    Raises:
        BuildError: fewer than two flags.
    Source:
        cascading.pipe.joiner.MixedJoin
    Example:
        >>> from cascade2spark import CoGroup, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> both = CoGroup(Pipe("l"), "a", Pipe("r"), "b", MixedJoin([True, False]))
        >>> rows_of(both, {"l": ("a", [(1,), (2,)]), "r": ("b", [(2,), (3,)])})
        [(1, None), (2, 2)]
    """

    INNER: ClassVar[bool] = True
    OUTER: ClassVar[bool] = False

    def __init__(self, as_inner: Sequence[bool], field_declaration: Any = None) -> None:
        super().__init__(field_declaration)
        if not isinstance(as_inner, Sequence) or isinstance(as_inner, (str, bytes)):
            raise BuildError("MixedJoin needs a list of flags, one for each side", asked=[as_inner])
        self.as_inner = tuple(bool(flag) for flag in as_inner)
        if len(self.as_inner) < 2:
            raise BuildError(
                "MixedJoin needs a flag for each side, at least two", asked=list(self.as_inner)
            )

    def num_joins(self) -> int:
        """Return the number of flags less one."""
        return len(self.as_inner) - 1

    def required_sides(self, size: int) -> tuple[bool, ...]:
        """Return the flags."""
        return self.as_inner


class BufferJoin(BaseJoiner):
    """Joins nothing: the one Every must be a Buffer that reads the sides itself.

    Args:
        field_declaration: fields of the joined rows; the Buffer's results stand for them.
    Source:
        cascading.pipe.joiner.BufferJoin
    Example:
        >>> from cascade2spark import BaseOperation, Buffer, CoGroup, Every, Pipe
        >>> from cascade2spark.testing import rows_of
        >>> class Sizes(BaseOperation, Buffer):
        ...     def operate(self, flow_process, call):
        ...         sides = [call.get_joiner_closure().get_iterator(side) for side in (0, 1)]
        ...         call.get_output_collector().add([sum(1 for _ in side) for side in sides])
        >>> both = Every(CoGroup(Pipe("l"), "a", Pipe("r"), "b", BufferJoin()), Sizes(("m", "n")))
        >>> rows_of(both, {"l": ("a", [(1,)]), "r": ("b", [(1,), (1,)])})
        [(1, 2)]
    """

    def get_iterator(self, closure: JoinerClosure) -> Iterator[Row]:
        """Refuse: a Buffer reads ``buffer_call.get_joiner_closure()`` instead."""
        raise BuildError("BufferJoin joins nothing: read the joiner closure in a Buffer")


def join_rows(
    sides: Sequence[Callable[[], Iterable[Row]]],
    required: Sequence[bool],
    widths: Sequence[int],
) -> Iterator[Row]:
    """Yield the product of the sides of one key.

    Nothing is held: sides are read again and again, as often as the rows before them ask for.

    Args:
        sides: a callable for each side that returns a fresh iterable of its rows; the first is
            called once, the others any number of times.
        required: for each side, whether an empty one means no result (else nulls stand in).
        widths: number of values of a row of each side, for the nulls.
    Yields:
        Concatenated tuples; the first side is the outer loop, the last varies fastest.
    Source:
        cascading.pipe.joiner.InnerJoin and its like
    Example:
        >>> sides = [lambda: [(1,), (2,)], lambda: []]
        >>> list(join_rows(sides, [True, False], [1, 1]))
        [(1, None), (2, None)]
    """
    tails: list[Callable[[], Iterable[Row]]] = []
    for side, must, width in zip(sides[1:], required[1:], widths[1:], strict=True):
        if next(iter(side()), None) is not None:
            tails.append(side)
        elif must:
            return
        else:
            tails.append(_one((None,) * width))
    found = False
    for first in sides[0]():
        found = True
        yield from _followed(first, tails)
    if not found and not required[0]:
        yield from _followed((None,) * widths[0], tails)


def _followed(row: Row, tails: Sequence[Callable[[], Iterable[Row]]]) -> Iterator[Row]:
    """Yield a row with each combination of the rows of the sides behind it."""
    if not tails:
        yield row
    elif len(tails) == 1:
        for tail in tails[0]():
            yield row + tail
    else:
        for tail in tails[0]():
            yield from _followed(row + tail, tails[1:])


def _one(row: Row) -> Callable[[], Iterable[Row]]:
    return lambda: (row,)


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
