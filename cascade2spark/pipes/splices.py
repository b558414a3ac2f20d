"""The pipes over several branches: grouped, joined or merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cascade2spark.argument_checks import check_flag
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.joiners import BufferJoin, InnerJoin, Joiner
from cascade2spark.overloads import SpliceForm, parse_splice
from cascade2spark.pipe_checks import check_join, check_partitions, check_result_group
from cascade2spark.pipes.pipe import Pipe, kinds, single_tail, without_renames

__all__ = ["CoGroup", "Group", "GroupBy", "HashJoin", "Merge", "Splice"]


@attrs.frozen(eq=False, init=False, repr=False)
class Splice(Pipe):
    """A pipe over several branches."""


@attrs.frozen(eq=False, init=False, repr=False)
class Group(Splice):
    """A splice that an Every may follow: GroupBy or CoGroup."""


@attrs.frozen(eq=False, init=False, repr=False)
class GroupBy(Group):
    """Brings the rows of equal keys together, groups in key order, nulls first.

    Java's orders: ``GroupBy([name], pipe | pipes, [group], [sort], [reverse])``.

    Args:
        group: key fields. Default ALL for one pipe, position 0 for several; NONE is one group.
        sort: fields that order the rows of a group (secondary sort). Default arrival order.
        reverse: turns both orders round, nulls last.
        partitions: number of reduce partitions. Default from the input size.
    Source:
        Cascading GroupBy.
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> rows = [("b", 1), ("a", 3), ("a", 2)]
        >>> run_pipe(lambda pipe: GroupBy(pipe, "k", "v"), rows, ("k", "v"))
        [('a', 2), ('a', 3), ('b', 1)]
    """

    group: Fields = attrs.field(init=False)
    sort: Fields | None = attrs.field(init=False)
    reverse: bool = attrs.field(init=False)
    partitions: int | None = attrs.field(init=False)

    def __init__(
        self,
        *given: Any,
        group: Any = None,
        sort: Any = None,
        reverse: bool | None = None,
        partitions: int | None = None,
    ) -> None:
        form = parse_splice("GroupBy", given, Pipe, fields_after=2, takes_reverse=True)
        inputs = [single_tail(pipe) for pipe in form.pipes]
        fields = list(form.fields)
        key, order = _given(group, fields), _given(sort, fields)
        if key is None:
            key = Fields.ALL if len(inputs) == 1 and not form.is_array else Fields.FIRST
        set_once = object.__setattr__
        set_once(self, "group", key)
        set_once(self, "sort", order)
        is_reverse = form.reverse if reverse is None else check_flag("GroupBy(reverse=…)", reverse)
        set_once(self, "reverse", bool(is_reverse))
        set_once(self, "partitions", check_partitions("GroupBy", partitions))
        self._start(form.name or "+".join(pipe.name for pipe in inputs), inputs)


@attrs.frozen(eq=False, init=False, repr=False)
class CoGroup(Group):
    """Joins branches on equal keys, groups in key order.

    Java's orders: ``CoGroup([name], lhs, keys, rhs, keys, …, [declared], [result_group],
    [joiner])``, the array form ``CoGroup([pipes], [keys], …)`` and the self join
    ``CoGroup(pipe, keys, num_self_joins, …)``.

    Args:
        pipes: the branches; the leftmost streams, the others are held for each key.
        keys: one selector for each branch, all of one size. Default position 0.
        declared: names of the joined fields, needed when two branches share a name.
        result_group: names of the key fields in the result, of all branches.
        joiner: InnerJoin by default.
        partitions: number of reduce partitions. Default from the input size.
        skewed: spread the rows that the first side has of its heaviest keys over several
            partitions, and copy the other sides' rows of these keys there. The rows that come out
            are the same; those of one key no longer lie together. The first side is kept on the
            executors meanwhile. Planning refuses it for a right or outer join, a joiner of your
            own, a self join, and where an Every follows.
    Source:
        Cascading CoGroup; skewed is ours.
    Example:
        >>> from cascade2spark.joiners import LeftJoin
        >>> from cascade2spark.testing import rows_of
        >>> joined = CoGroup(Pipe("l"), Fields("k"), Pipe("r"), Fields("j"), LeftJoin())
        >>> rows_of(joined, {"l": ("k", [("a",), ("b",)]), "r": (("j", "w"), [("a", 1)])})
        [('a', 'a', 1), ('b', None, None)]
    """

    keys: tuple[Fields, ...] = attrs.field(init=False)
    declared: Fields | None = attrs.field(init=False)
    result_group: Fields | None = attrs.field(init=False)
    joiner: Joiner = attrs.field(init=False)
    self_joins: int = attrs.field(init=False)
    partitions: int | None = attrs.field(init=False)
    skewed: bool = attrs.field(init=False)

    def __init__(
        self,
        *given: Any,
        pipes: Sequence[Pipe] | None = None,
        keys: Sequence[Any] | None = None,
        declared: Any = None,
        result_group: Any = None,
        joiner: Joiner | None = None,
        partitions: int | None = None,
        skewed: bool = False,
    ) -> None:
        form = parse_splice(
            "CoGroup", given, Pipe, fields_after=2, takes_keys=True, pipes=pipes, keys=keys
        )
        inputs = [single_tail(pipe) for pipe in form.pipes]
        fields = list(form.fields)
        _set_join(self, form, _given(declared, fields), joiner)
        set_once = object.__setattr__
        set_once(self, "result_group", _given(result_group, fields))
        set_once(self, "partitions", check_partitions("CoGroup", partitions))
        set_once(self, "skewed", check_flag("CoGroup(skewed=…)", skewed))
        self._start(form.name or "*".join(pipe.name for pipe in inputs), inputs)
        check_join(self, "CoGroup", inputs)
        check_result_group(self, len(inputs))

    def is_self_join(self) -> bool:
        """Tell whether all sides are the same stream."""
        return _is_self_join(self)


@attrs.frozen(eq=False, init=False, repr=False)
class HashJoin(Splice):
    """Joins branches in memory: the first streams, the others are held by every task.

    Java's orders: ``HashJoin([name], lhs, keys, rhs, keys, …, [declared], [joiner])``, the array
    form and the self-join form of CoGroup. No group exists afterwards, so no Every may follow.

    Source:
        Cascading HashJoin.
    Example:
        >>> from cascade2spark.testing import rows_of
        >>> joined = HashJoin(Pipe("l"), Fields("k"), Pipe("r"), Fields("j"))
        >>> rows_of(joined, {"l": ("k", [("b",), ("a",)]), "r": (("j", "w"), [("a", 1), ("b", 2)])})
        [('b', 'b', 2), ('a', 'a', 1)]
    """

    keys: tuple[Fields, ...] = attrs.field(init=False)
    declared: Fields | None = attrs.field(init=False)
    joiner: Joiner = attrs.field(init=False)
    self_joins: int = attrs.field(init=False)

    def __init__(
        self,
        *given: Any,
        pipes: Sequence[Pipe] | None = None,
        keys: Sequence[Any] | None = None,
        declared: Any = None,
        joiner: Joiner | None = None,
    ) -> None:
        form = parse_splice(
            "HashJoin", given, Pipe, fields_after=1, takes_keys=True, pipes=pipes, keys=keys
        )
        inputs = [single_tail(pipe) for pipe in form.pipes]
        _set_join(self, form, _given(declared, list(form.fields)), joiner)
        self._start(form.name or "*".join(pipe.name for pipe in inputs), inputs)
        if isinstance(self.joiner, BufferJoin):
            raise BuildError(
                f"HashJoin {self.name!r} cannot use BufferJoin: it makes no groups",
                origin=self.origin,
                fix="use CoGroup",
            )
        check_join(self, "HashJoin", inputs)

    def is_self_join(self) -> bool:
        """Tell whether all sides are the same stream."""
        return _is_self_join(self)


@attrs.frozen(eq=False, init=False, repr=False)
class Merge(Splice):
    """The union of branches with the same fields in the same order; duplicates stay.

    Java's orders: ``Merge([name], pipes…)``.

    Source:
        Cascading Merge.
    Example:
        >>> from cascade2spark.testing import rows_of
        >>> rows_of(Merge(Pipe("l"), Pipe("r")), {"l": ("k", [("a",)]), "r": ("k", [("a",)])})
        [('a',), ('a',)]
    """

    def __init__(self, *given: Any) -> None:
        form = parse_splice("Merge", given, Pipe, fields_after=0)
        inputs = [single_tail(pipe) for pipe in form.pipes]
        self._start(form.name or "+".join(pipe.name for pipe in inputs), inputs)
        roots = [without_renames(pipe) for pipe in inputs]
        for index, root in enumerate(roots):
            if any(root is other for other in roots[:index]):
                raise BuildError(
                    f"Merge {self.name!r} merges the same pipe with itself",
                    asked=[pipe.name for pipe in inputs],
                    origin=self.origin,
                    fix="put an operation after the split",
                )


def _given(named: Any, rest: list[Fields]) -> Fields | None:
    """Return fields given by keyword, else the next of those given by place."""
    if named is not None:
        return as_fields(named)
    return rest.pop(0) if rest else None


def _set_join(
    pipe: CoGroup | HashJoin, form: SpliceForm, declared: Fields | None, joiner: Joiner | None
) -> None:
    """Set what all joins have, the joiner's own declaration where none is given."""
    chosen = joiner or form.joiner or InnerJoin()
    set_once = object.__setattr__
    set_once(pipe, "keys", form.keys)
    set_once(pipe, "joiner", chosen)
    set_once(pipe, "self_joins", form.self_joins)
    shape = chosen.get_field_declaration() if declared is None else declared
    set_once(pipe, "declared", shape)


def _is_self_join(pipe: CoGroup | HashJoin) -> bool:
    return len({id(without_renames(one)) for one in pipe.previous}) == 1


kinds.group_by, kinds.co_group, kinds.hash_join, kinds.merge = GroupBy, CoGroup, HashJoin, Merge
