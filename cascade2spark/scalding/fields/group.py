"""GroupBuilder and CoGroupBuilder: what the function given to `group_by` is handed."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Self

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import MixedJoin
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import CoGroup, Pipe
from cascade2spark.scalding.fields.base import fields_of, named_apart, pipe_of
from cascade2spark.scalding.fields.keys import key_fields
from cascade2spark.scalding.fields.streaming import Streams

__all__ = ["CoGroupBuilder", "GroupBuilder", "InnerJoinMode", "JoinMode", "OuterJoinMode"]


class JoinMode(enum.Enum):
    """Whether a pipe of a star join must have rows for a key, or is filled with nulls."""

    INNER = True
    OUTER = False


InnerJoinMode, OuterJoinMode = JoinMode.INNER, JoinMode.OUTER


class GroupBuilder(Streams):
    """Collects what is done with the rows of each group, in the function given to `group_by`.

    The result has the fields of the group, then those that each call makes, in the order of calls.
    As long as there are only reductions (`size`, `sum`, `to_list` …) and no order, they run before
    the exchange too; one operation of the other kind, or a `sort_by`, ends that for the whole body.
    The builder is mutable: a call counts even if what it returns is thrown away.

    Source:
        com.twitter.scalding.GroupBuilder
    """

    def then(self, call: Callable[[Self], Any]) -> Self:
        """Apply a function to this: Scalding's thenDo."""
        call(self)
        return self


class CoGroupBuilder(GroupBuilder):
    """Collects the pipes of a star join, and what is done with the joined rows of each key.

    Source:
        com.twitter.scalding.CoGroupBuilder
    """

    def __init__(self, group: Fields, mode: JoinMode) -> None:
        super().__init__(group)
        self._mode = _mode_of(mode)
        self._others: list[tuple[Fields, Pipe, JoinMode]] = []

    def co_group(self, fields: Any, other: Any, mode: JoinMode = JoinMode.INNER) -> Self:
        """Join one pipe more, whose rows of one key should be few."""
        self._others.append((fields_of(fields), pipe_of(other), _mode_of(mode)))
        return self

    def _check(self) -> None:
        super()._check()
        if self._sort is not None:
            raise BuildError("co_group_by takes no sort_by", origin=capture_origin())
        if not self._others:
            raise BuildError(
                "co_group_by joins nothing",
                origin=capture_origin(),
                fix="write .co_group(fields, pipe) in its body",
            )

    def _grouped(self, pipe: Pipe) -> Pipe:
        sides = [(self._group, pipe, self._mode)]
        for key, other, mode in self._others:
            sides.append((key, named_apart(*(side for _, side, _ in sides), other), mode))
        return CoGroup(
            pipes=[side for _, side, _ in sides],
            keys=[key_fields(key) for key, _, _ in sides],
            joiner=MixedJoin([mode.value for _, _, mode in sides]),
            partitions=self._reducers,
        )


def _mode_of(given: Any) -> JoinMode:
    if not isinstance(given, JoinMode):
        raise BuildError(
            "a pipe of co_group_by joins in a mode",
            asked=repr(given),
            available=["InnerJoinMode", "OuterJoinMode"],
            origin=capture_origin(),
        )
    return given
