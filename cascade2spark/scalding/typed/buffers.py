"""The Buffers that typed groups and joins are lowered to. They travel to the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

from cascade2spark.fields import Fields
from cascade2spark.joiners import JoinerClosure
from cascade2spark.operations.callables import (
    Nesting,
    RowsBuffer,
    nester,
)
from cascade2spark.origin import Origin
from cascade2spark.scalding.typed.steps import JoinTree, Step, Stream, joined_values, run_steps

__all__ = ["groups_buffer", "join_buffer"]

Row = tuple[Any, ...]


def groups_buffer(
    todo: tuple[Step, ...],
    key: Nesting,
    value: Nesting | None,
    fields: Fields,
    origin: Origin,
) -> RowsBuffer:
    """Return the Buffer that runs steps over the values of each key.

    Args:
        key: how the key is made of the values of the group's tuple.
        value: how a value is made of a row; None if it is the row.
        fields: those of the key, and one for the result.
    """
    return _Named(_GroupCall(todo, key, value), fields, origin, todo)


def join_buffer(
    tree: JoinTree,
    key: Nesting,
    width: int,
    values: tuple[Nesting, ...],
    fields: Fields,
    origin: Origin,
) -> RowsBuffer:
    """Return the Buffer that joins the values of each key.

    Args:
        width: number of values in the key of one side.
        values: for each side how a value is made of its row.
    """
    return _Named(_JoinCall(tree, key, width, values), fields, origin, tree.steps)


class _Named(RowsBuffer):
    def __init__(
        self,
        call: Callable[[Row, Any], Iterable[Row]],
        fields: Fields,
        origin: Origin,
        todo: tuple[Step, ...],
    ) -> None:
        super().__init__(call, fields, origin)
        self.name = ", ".join(step.name for step in todo) or "join"

    def __repr__(self) -> str:
        return self.name


class _GroupCall:
    def __init__(self, todo: tuple[Step, ...], key: Nesting, value: Nesting | None) -> None:
        self.todo, self.key, self.value = todo, key, value
        self.key_of = nester(key)
        self.value_of = None if value is None else nester(value)
        first = todo[0] if len(todo) == 1 else None
        # A group is never empty: one function of its values can be called as it is.
        self.call = first.call if isinstance(first, Stream) else None

    def __reduce__(self) -> Any:
        return type(self), (self.todo, self.key, self.value)

    def __call__(self, group: Row, rows: Iterator[Row]) -> Iterator[Row]:
        values = rows if self.value_of is None else map(self.value_of, rows)
        if self.call is None:
            return _with_key(group, run_steps(self.todo, self.key_of(group), values))
        results = self.call(self.key_of(group), values)
        return _with_key(group, () if results is None else results)


class _JoinCall:
    def __init__(
        self, tree: JoinTree, key: Nesting, width: int, values: tuple[Nesting, ...]
    ) -> None:
        self.tree, self.key, self.width, self.values = tree, key, width, values
        self.key_of = nester(key)
        self.values_of = [nester(value) for value in values]

    def __reduce__(self) -> Any:
        return type(self), (self.tree, self.key, self.width, self.values)

    def __call__(self, group: Row, closure: JoinerClosure) -> Iterator[Row]:
        width = self.width
        own = group[:width]
        if len(group) > width:  # a side without rows has nulls for a key
            parts = [group[at : at + width] for at in range(0, len(group), width)]
            nulls = (None,) * width
            own = next((part for part in parts if part != nulls), nulls)
        sides = [_side(closure, at, value_of) for at, value_of in enumerate(self.values_of)]
        return _with_key(own, joined_values(self.tree, self.key_of(own), sides))


def _side(
    closure: JoinerClosure, at: int, value_of: Callable[[Row], Any]
) -> Callable[[], Iterator[Any]]:
    return lambda: map(value_of, closure.get_iterator(at))


def _with_key(key: Row, values: Iterable[Any]) -> Iterator[Row]:
    return zip(*map(repeat, key), values)  # noqa: B905
