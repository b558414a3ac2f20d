"""A pipe, what all pipes have, and the methods by which pipes build one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cascade2spark.config_def import ConfigDef
from cascade2spark.errors import BuildError
from cascade2spark.operations.callables import keep_if, remove_if
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.overloads import split_name

if TYPE_CHECKING:
    from cascade2spark.pipes.operators import Each, Every
    from cascade2spark.pipes.splices import CoGroup, GroupBy, HashJoin, Merge
    from cascade2spark.pipes.sub_assembly import SubAssembly

__all__ = ["Checkpoint", "Pipe", "kinds", "pipes", "single_tail", "tails_of", "without_renames"]

Result = TypeVar("Result")


class _Kinds:
    """The pipes that methods of a pipe build: their modules import this one, and put them here."""

    each: type[Each]
    every: type[Every]
    group_by: type[GroupBy]
    co_group: type[CoGroup]
    hash_join: type[HashJoin]
    merge: type[Merge]


kinds = _Kinds()


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

    def _stand_ins(self) -> tuple[Pipe, ...]:
        """Return the pipes that others are built on in place of this one."""
        return (self,)

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
        return kinds.each(self, *arguments, **named)

    def keep(self, *arguments: Any) -> Each:
        """Return the rows for which the last argument, a predicate of the fields before it, holds.

        Example:
            >>> Pipe("trips").keep("km", lambda km: km > 3)
            Each 'trips'
        """
        *fields, predicate = arguments
        return kinds.each(self, *fields, keep_if(predicate))

    def remove(self, *arguments: Any) -> Each:
        """Return the rows for which the last argument, a predicate, does not hold."""
        *fields, predicate = arguments
        return kinds.each(self, *fields, remove_if(predicate))

    def every(self, *arguments: Any, **named: Any) -> Every:
        """Return ``Every(self, ...)``."""
        return kinds.every(self, *arguments, **named)

    def group_by(self, *arguments: Any, **named: Any) -> GroupBy:
        """Return ``GroupBy(self, group, sort, reverse)``."""
        return kinds.group_by(self, *arguments, **named)

    def co_group(self, *arguments: Any, **named: Any) -> CoGroup:
        """Return ``CoGroup(self, keys, other, keys, ...)``."""
        return kinds.co_group(self, *arguments, **named)

    def hash_join(self, *arguments: Any, **named: Any) -> HashJoin:
        """Return ``HashJoin(self, keys, other, keys, ...)``."""
        return kinds.hash_join(self, *arguments, **named)

    def merge(self, *others: Pipe) -> Merge:
        """Return ``Merge(self, *others)``."""
        return kinds.merge(self, *others)

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


def pipes(*given: Pipe) -> list[Pipe]:
    """Return the pipes as a list: Java's ``Pipe.pipes(...)``."""
    return list(given)


def tails_of(pipe: Pipe) -> tuple[Pipe, ...]:
    """Return the pipes that stand for `pipe`: itself, or an assembly's tails."""
    return pipe._stand_ins()


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


def without_renames(pipe: Pipe) -> Pipe:
    """Return the pipe that `pipe` is a new name for, itself if it is none."""
    while type(pipe) is Pipe and pipe.previous:
        pipe = pipe.previous[0]
    return pipe
