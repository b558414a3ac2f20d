"""The six pipes and their kin: what a job means, as frozen nodes, without taps and without Spark.

A pipe holds its inputs, its arguments and the user's line that built it; it never changes, and it
is equal to itself only, so that using one pipe twice is a split. Every class takes Cascading's
constructor orders: arguments are told apart by their type, by the one resolver in `overloads`.
This file is longer than most because the pipes build one another (`pipe.each(...)`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import attrs

from cascade2spark.config_def import ConfigDef
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.joiners import BufferJoin, InnerJoin, Joiner
from cascade2spark.operations.base import (
    Aggregator,
    AssertionLevel,
    Buffer,
    DebugLevel,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import keep_if, remove_if
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.overloads import parse_operator, parse_splice, split_name
from cascade2spark.pipe_checks import (
    check_join,
    check_level,
    check_methods,
    check_partitions,
    check_result_group,
    check_selectors,
    refuse_operation,
)

__all__ = [
    "Checkpoint",
    "CoGroup",
    "ConfigDef",
    "Each",
    "Every",
    "Group",
    "GroupBy",
    "HashJoin",
    "Merge",
    "Pipe",
    "Splice",
    "SubAssembly",
    "pipes",
]

Result = TypeVar("Result")


@attrs.frozen(eq=False, init=False, repr=False)
class Pipe:
    """A named stream: a head when it has no input, else a new name for its input from here on.

    Args:
        name: the name that binds taps; given first, or inherited from the previous pipe.
        previous: the pipe to go on from.
    Raises:
        BuildError: no name and no pipe, or an assembly with several tails.
    Example:
        >>> Pipe("logs")
        Pipe 'logs'
    """

    name: str = attrs.field(init=False)
    previous: tuple[Pipe, ...] = attrs.field(init=False)
    origin: Origin = attrs.field(init=False)
    config_def: ConfigDef = attrs.field(init=False)
    node_config_def: ConfigDef = attrs.field(init=False)
    step_config_def: ConfigDef = attrs.field(init=False)
    assemblies: tuple[SubAssembly, ...] = attrs.field(init=False)  # that built it, innermost first

    def __init__(self, *arguments: Any) -> None:
        name, rest = split_name("Pipe", arguments, Pipe)
        if len(rest) > 1 or (rest and not isinstance(rest[0], Pipe)):
            raise BuildError(
                "Pipe takes a name, a pipe, or both",
                asked=", ".join(type(argument).__name__ for argument in arguments),
                details={"accepted": 'Pipe("name"), Pipe(pipe), Pipe("name", pipe)'},
            )
        previous = tuple(single_tail(pipe) for pipe in rest)
        if name is None and not previous:
            raise BuildError("a head Pipe needs a name", fix='write Pipe("name")')
        self._start(name if name is not None else previous[0].name, previous)

    def _start(self, name: str, previous: Sequence[Pipe]) -> None:
        set_once = object.__setattr__
        set_once(self, "name", name)
        set_once(self, "previous", tuple(previous))
        set_once(self, "origin", capture_origin())
        set_once(self, "config_def", ConfigDef())
        set_once(self, "node_config_def", ConfigDef())
        set_once(self, "step_config_def", ConfigDef())
        set_once(self, "assemblies", ())

    @property
    def made_by(self) -> str | None:
        """Name of the outermost assembly that built this pipe, None for the user's own."""
        return type(self.assemblies[-1]).__name__ if self.assemblies else None

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def get_name(self) -> str:
        """Return the branch name."""
        return self.name

    def get_previous(self) -> tuple[Pipe, ...]:
        """Return the inputs."""
        return self.previous

    def get_heads(self) -> tuple[Pipe, ...]:
        """Return the pipes without input that this one comes from, leftmost first."""
        found: dict[int, Pipe] = {}
        seen: set[int] = set()
        stack: list[Pipe] = [self]
        while stack:
            pipe = stack.pop()
            if id(pipe) in seen:
                continue
            seen.add(id(pipe))
            if not pipe.previous:
                found[id(pipe)] = pipe
            stack.extend(reversed(pipe.previous))
        return tuple(found.values())

    def get_config_def(self) -> ConfigDef:
        """Return the properties that this pipe's operation sees, to be set on."""
        return self.config_def

    def get_node_config_def(self) -> ConfigDef:
        """Return the properties of the task chain that this pipe runs in, to be set on."""
        return self.node_config_def

    def get_step_config_def(self) -> ConfigDef:
        """Return the properties of all that runs up to and after this pipe's exchange."""
        return self.step_config_def

    def each(self, *arguments: Any, **named: Any) -> Each:
        """Return ``Each(self, ...)``."""
        return Each(self, *arguments, **named)

    def keep(self, *arguments: Any) -> Each:
        """Return the rows for which the last argument, a predicate of the fields before it, holds.

        Example:
            >>> Pipe("trips").keep("km", lambda km: km > 3)
            Each 'trips'
        """
        *fields, predicate = arguments
        return Each(self, *fields, keep_if(predicate))

    def remove(self, *arguments: Any) -> Each:
        """Return the rows for which the last argument, a predicate, does not hold."""
        *fields, predicate = arguments
        return Each(self, *fields, remove_if(predicate))

    def every(self, *arguments: Any, **named: Any) -> Every:
        """Return ``Every(self, ...)``."""
        return Every(self, *arguments, **named)

    def group_by(self, *arguments: Any, **named: Any) -> GroupBy:
        """Return ``GroupBy(self, group, sort, reverse)``."""
        return GroupBy(self, *arguments, **named)

    def co_group(self, *arguments: Any, **named: Any) -> CoGroup:
        """Return ``CoGroup(self, keys, other, keys, ...)``."""
        return CoGroup(self, *arguments, **named)

    def hash_join(self, *arguments: Any, **named: Any) -> HashJoin:
        """Return ``HashJoin(self, keys, other, keys, ...)``."""
        return HashJoin(self, *arguments, **named)

    def merge(self, *others: Pipe) -> Merge:
        """Return ``Merge(self, *others)``."""
        return Merge(self, *others)

    def checkpoint(self, name: str | None = None) -> Checkpoint:
        """Return ``Checkpoint(name, self)``."""
        return Checkpoint(self) if name is None else Checkpoint(name, self)

    def named(self, name: str) -> Pipe:
        """Return ``Pipe(name, self)``: the same rows under a new branch name."""
        return Pipe(name, self)

    def then(self, assembly: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Return ``assembly(self, ...)``: an assembly class, or any callable that takes a pipe."""
        return assembly(self, *arguments, **named)


@attrs.frozen(eq=False, init=False, repr=False)
class _Operator(Pipe):
    """A pipe with an operation: what Each and Every share."""

    arguments: Fields = attrs.field(init=False)
    operation: Any = attrs.field(init=False)
    output: Fields | None = attrs.field(init=False)
    level: AssertionLevel | DebugLevel | None = attrs.field(init=False)

    kinds: ClassVar[tuple[type, ...]] = ()

    def __init__(
        self,
        *given: Any,
        arguments: Any = None,
        operation: Any = None,
        output: Any = None,
    ) -> None:
        form = parse_operator(type(self).__name__, given, Pipe, arguments, operation, output)
        previous = [] if form.pipe is None else [single_tail(form.pipe)]
        set_once = object.__setattr__
        set_once(self, "arguments", Fields.ALL if form.arguments is None else form.arguments)
        set_once(self, "operation", form.operation)
        set_once(self, "output", form.output)
        set_once(self, "level", form.level)
        self._start(form.name or previous[0].name, previous)

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"


@attrs.frozen(eq=False, init=False, repr=False)
class Each(_Operator):
    """Applies a Function, Filter or value assertion to each row.

    Java's orders: ``Each([name|pipe], [arguments], [level], operation, [output])``.

    Args:
        arguments: fields handed to the operation. Default ALL.
        operation: a Function, Filter or ValueAssertion; plain callables need a decorator.
        output: which fields leave, of the incoming ones and the results. Default RESULTS for a
            Function: the other fields are gone; filters and assertions pass the row as it is.
    Raises:
        BuildError: a selector that cannot stand there, or something that is no operation.
    Source:
        Cascading Each.
    Example:
        >>> from cascade2spark.operations import RegexSplitter
        >>> from cascade2spark.testing import run_pipe
        >>> split = RegexSplitter(Fields("k", "v"), "=")
        >>> run_pipe(lambda pipe: Each(pipe, Fields("line"), split), [("a=1",)], "line")
        [('a', '1')]
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        operation = self.operation
        if not isinstance(operation, (Function, Filter, ValueAssertion)):
            refuse_operation(self, "Each", "a Function, Filter or ValueAssertion")
        if isinstance(operation, ValueAssertion):
            check_level(self, AssertionLevel.NONE)
        check_selectors(self)
        check_methods(self, (Function, Filter, ValueAssertion))
        if self.output is None and isinstance(operation, Function):
            object.__setattr__(self, "output", Fields.RESULTS)


@attrs.frozen(eq=False, init=False, repr=False)
class Every(_Operator):
    """Applies an Aggregator, Buffer or group assertion to each group.

    Java's orders: ``Every(pipe, [arguments], [level], operation, [output])``. The output default is
    ALL: the group fields (Aggregator) or the incoming fields (Buffer), then the results.

    Raises:
        BuildError: something that is no aggregator, buffer or group assertion.
    Source:
        Cascading Every.
    Example:
        >>> from cascade2spark.operations import Count
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Every(GroupBy(pipe, "k"), Count()), [("a",), ("a",)], "k")
        [('a', 2)]
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        operation = self.operation
        is_assertion = isinstance(operation, GroupAssertion)
        if not isinstance(operation, (Aggregator, Buffer, GroupAssertion)):
            refuse_operation(self, "Every", "an Aggregator, Buffer or GroupAssertion")
        if not self.previous:
            raise BuildError("Every needs a group to work on", asked=repr(self))
        if is_assertion:
            check_level(self, AssertionLevel.NONE)
        check_methods(self, (Aggregator, Buffer, GroupAssertion))
        if self.output is None and not is_assertion:
            object.__setattr__(self, "output", Fields.ALL)


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
        key = as_fields(group) if group is not None else fields.pop(0) if fields else None
        order = as_fields(sort) if sort is not None else fields.pop(0) if fields else None
        if key is None:
            key = Fields.ALL if len(inputs) == 1 and not form.is_array else Fields.FIRST
        set_once = object.__setattr__
        set_once(self, "group", key)
        set_once(self, "sort", order)
        set_once(self, "reverse", bool(form.reverse if reverse is None else reverse))
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
        shape = as_fields(declared) if declared is not None else fields.pop(0) if fields else None
        group = (
            as_fields(result_group)
            if result_group is not None
            else fields.pop(0)
            if fields
            else None
        )
        chosen = joiner or form.joiner or InnerJoin()
        if shape is None:
            shape = chosen.get_field_declaration()
        set_once = object.__setattr__
        set_once(self, "keys", form.keys)
        set_once(self, "declared", shape)
        set_once(self, "result_group", group)
        set_once(self, "joiner", chosen)
        set_once(self, "self_joins", form.self_joins)
        set_once(self, "partitions", check_partitions("CoGroup", partitions))
        set_once(self, "skewed", bool(skewed))
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
        shape = as_fields(declared) if declared is not None else next(iter(form.fields), None)
        chosen = joiner or form.joiner or InnerJoin()
        if shape is None:
            shape = chosen.get_field_declaration()
        set_once = object.__setattr__
        set_once(self, "keys", form.keys)
        set_once(self, "declared", shape)
        set_once(self, "joiner", chosen)
        set_once(self, "self_joins", form.self_joins)
        self._start(form.name or "*".join(pipe.name for pipe in inputs), inputs)
        if isinstance(chosen, BufferJoin):
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
        roots = [_without_renames(pipe) for pipe in inputs]
        for index, root in enumerate(roots):
            if any(root is other for other in roots[:index]):
                raise BuildError(
                    f"Merge {self.name!r} merges the same pipe with itself",
                    asked=[pipe.name for pipe in inputs],
                    origin=self.origin,
                    fix="put an operation after the split",
                )


@attrs.frozen(eq=False, init=False, repr=False)
class Checkpoint(Pipe):
    """Marks a point whose rows are persisted: ``Checkpoint([name], pipe)``.

    Source:
        Cascading Checkpoint.
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Checkpoint("counted", pipe), [("a", 1)], ("k", "n"))
        [('a', 1)]
    """

    is_named: bool = attrs.field(init=False)

    def __init__(self, *given: Any) -> None:
        name, rest = split_name("Checkpoint", given, Pipe)
        if len(rest) != 1 or not isinstance(rest[0], Pipe):
            raise BuildError("Checkpoint takes an optional name and one pipe")
        object.__setattr__(self, "is_named", name is not None)
        previous = single_tail(rest[0])
        self._start(previous.name if name is None else name, (previous,))


class SubAssembly(Pipe):
    """Base of assemblies: wires pipes in its constructor and says which are its tails.

    A subclass calls ``super().__init__(previous pipes…)``, builds pipes, and calls
    ``self.set_tails(...)`` once. Pipes built on an assembly are built on its one tail.

    Example:
        >>> from cascade2spark.operations import FilterNull, Identity
        >>> from cascade2spark.testing import run_pipe
        >>> class Known(SubAssembly):
        ...     def __init__(self, previous, field):
        ...         super().__init__(previous)
        ...         known = Each(previous, Fields(field), FilterNull())
        ...         self.set_tails(Each(known, Fields(field), Identity(Fields("known"))))
        >>> run_pipe(lambda pipe: Known(pipe, "k"), [("a", 1), (None, 2)], ("k", "n"))
        [('a',)]
    """

    def __init__(self, *previous: Any, name: str | None = None) -> None:
        inputs = [pipe for entry in previous for pipe in (entry if _is_many(entry) else [entry])]
        object.__setattr__(self, "_tails", None)
        self._start(name or "+".join(pipe.name for pipe in inputs), inputs)

    _tails: tuple[Pipe, ...] | None

    # Java's assemblies keep things in members, so this one class lets its attributes be set.
    __setattr__ = object.__setattr__

    def set_previous(self, *previous: Pipe) -> None:
        """Name the incoming pipes, once, when the constructor was not given them."""
        if self.previous:
            raise BuildError(f"{type(self).__name__} already has its previous pipes")
        object.__setattr__(self, "previous", tuple(previous))

    def set_tails(self, *tails: Pipe) -> None:
        """Name the tails, once."""
        if self._tails is not None:
            raise BuildError(f"{type(self).__name__} already has its tails")
        flat = tuple(tail for pipe in tails for tail in tails_of(pipe))
        if not flat:
            raise BuildError(f"{type(self).__name__} needs at least one tail")
        object.__setattr__(self, "_tails", flat)
        object.__setattr__(self, "name", "+".join(tail.name for tail in flat))
        self._mark_inner_pipes()

    def _mark_inner_pipes(self) -> None:
        """Note on every pipe between the inputs and the tails that this assembly built it."""
        if not self.previous:
            return  # nothing tells where the assembly starts
        seen = {id(tail) for pipe in self.previous for tail in tails_of(pipe)}
        waiting = list(self.get_tails())
        while waiting:
            pipe = waiting.pop()
            if id(pipe) not in seen:
                seen.add(id(pipe))
                object.__setattr__(pipe, "assemblies", (*pipe.assemblies, self))
                waiting.extend(pipe.previous)

    def get_tails(self) -> tuple[Pipe, ...]:
        """Return the tails.

        Raises:
            BuildError: set_tails was not called yet.
        """
        tails: tuple[Pipe, ...] | None = getattr(self, "_tails", None)
        if tails is None:
            raise BuildError(
                f"{type(self).__name__} is used before its tails are set",
                fix=f"call self.set_tails(...) in {type(self).__name__}.__init__",
            )
        return tails

    def get_tail_names(self) -> list[str]:
        """Return the names of the tails."""
        return [tail.name for tail in self.get_tails()]


def pipes(*given: Pipe) -> list[Pipe]:
    """Return the pipes as a list: Java's ``Pipe.pipes(...)``."""
    return list(given)


def tails_of(pipe: Pipe) -> tuple[Pipe, ...]:
    """Return the pipes that stand for `pipe`: itself, or an assembly's tails."""
    return pipe.get_tails() if isinstance(pipe, SubAssembly) else (pipe,)


def single_tail(pipe: Pipe) -> Pipe:
    """Return the one pipe to build on, or refuse an assembly with several tails."""
    tails = tails_of(pipe)
    if len(tails) > 1:
        raise BuildError(
            f"{type(pipe).__name__} has {len(tails)} tails where one pipe is expected",
            available=[tail.name for tail in tails],
            fix="choose one of get_tails()",
        )
    return tails[0]


def _is_self_join(pipe: Any) -> bool:
    return len({id(_without_renames(one)) for one in pipe.previous}) == 1


def _without_renames(pipe: Pipe) -> Pipe:
    while type(pipe) is Pipe and pipe.previous:
        pipe = pipe.previous[0]
    return pipe


def _is_many(entry: Any) -> bool:
    return isinstance(entry, (list, tuple))
