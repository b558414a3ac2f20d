"""What makes an assembly illegal before fields are looked at: one function per reason, one list.

What the resolver of fields finds (names, sizes, types) is reported together with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cascade2spark.errors import PlanError
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations.base import Aggregator, Buffer, GroupAssertion
from cascade2spark.pipes import Checkpoint, CoGroup, Every, Group, HashJoin, Pipe
from cascade2spark.planner.assembly import Assembly, Problem, without_names
from cascade2spark.planner.bindings import BINDING_CHECKS
from cascade2spark.planner.findings import problem_at

__all__ = ["CHECKS", "check_all", "is_buffer_join"]


def check_every_follows_group(assembly: Assembly) -> Iterator[Problem]:
    """An Every works on groups: what comes before it must make or have them."""
    for pipe in _everys(assembly):
        before = without_names(pipe.previous[0])
        if not isinstance(before, (Every, Group)):
            error = problem_at(
                assembly,
                pipe,
                "has no groups to work on",
                details={"comes after": repr(before), "may follow": "GroupBy, CoGroup or Every"},
            )
            yield Problem(error, pipe)


def check_buffer_stands_alone(assembly: Assembly) -> Iterator[Problem]:
    """A Buffer consumes its groups, so no other Every can have them."""
    for pipe in _everys(assembly):
        before = without_names(pipe.previous[0])
        if not isinstance(before, Every):
            continue
        buffers = [one for one in (before, pipe) if isinstance(one.operation, Buffer)]
        if buffers:
            error = problem_at(
                assembly,
                pipe,
                "shares its groups with another Every, and one of the two is a Buffer",
                details={"the other": f"{before!r} built at {before.origin}"},
            )
            yield Problem(error, pipe)


def check_assertion_has_aggregator(assembly: Assembly) -> Iterator[Problem]:
    """A group assertion rides on the groups of an Aggregator; a lone one has none."""
    for pipe in _everys(assembly):
        if isinstance(pipe.operation, GroupAssertion) and not any(
            isinstance(one.operation, (Aggregator, Buffer)) for one in _chain_of(assembly, pipe)
        ):
            error = problem_at(
                assembly,
                pipe,
                "is an assertion on groups without an Aggregator beside it",
                fix="put an Every with an Aggregator before or after it",
            )
            yield Problem(error, pipe)


def check_group_does_not_split(assembly: Assembly) -> Iterator[Problem]:
    """Two branches cannot share the groups of one Group: split after the Every."""
    for pipe in assembly.pipes:
        if not isinstance(pipe, Group):
            continue
        readers = _readers_of(assembly, pipe)
        everys = [one for one in readers if isinstance(one, Every)]
        is_tail = any(without_names(tail) is pipe for tail in assembly.tails)
        if everys and (len(readers) > 1 or is_tail):
            others = [repr(one) for one in readers[:4]] + (["a sink"] if is_tail else [])
            error = problem_at(
                assembly,
                pipe,
                "splits between the group and its Every",
                details={"goes to": ", ".join(others)},
                fix="split before the group, or after the Every",
            )
            yield Problem(error, pipe)


def check_buffer_join_has_buffer(assembly: Assembly) -> Iterator[Problem]:
    """BufferJoin joins nothing, so only a Buffer can make rows of it."""
    for pipe in assembly.pipes:
        if isinstance(pipe, CoGroup) and is_buffer_join(pipe):
            readers = _readers_of(assembly, pipe)
            if not readers or not all(
                isinstance(one, Every) and isinstance(one.operation, Buffer) for one in readers
            ):
                error = problem_at(
                    assembly,
                    pipe,
                    "joins nothing (BufferJoin, or Fields.NONE declared), so a Buffer must follow",
                    details={"goes to": ", ".join(map(repr, readers)) or "nothing"},
                )
                yield Problem(error, pipe)


def check_skewed_join_can_spread(assembly: Assembly) -> Iterator[Problem]:
    """Heavy keys are spread only where no row can tell: every other case is refused by name."""
    for pipe in assembly.pipes:
        if not isinstance(pipe, CoGroup) or not pipe.skewed:
            continue
        reason = _why_not_spread(assembly, pipe)
        if reason is not None:
            error = problem_at(
                assembly,
                pipe,
                f"cannot be spread over partitions: {reason}",
                details={"asked for": "skewed=True", "allowed": _CAN_BE_SPREAD},
                fix="leave out skewed=True",
            )
            yield Problem(error, pipe)


_CAN_BE_SPREAD = (
    "InnerJoin, LeftJoin, or MixedJoin with an inner first side, of different streams, "
    "with no Every on its groups"
)


def _why_not_spread(assembly: Assembly, pipe: CoGroup) -> str | None:
    if is_buffer_join(pipe):
        return "a Buffer does the joining, and needs all rows of a key at once"
    every = next((one for one in _readers_of(assembly, pipe) if isinstance(one, Every)), None)
    if every is not None:
        return f"{every!r} built at {every.origin} needs all rows of a key at once"
    if pipe.is_self_join():
        return "it joins a stream with itself, so both sides would be spread"
    if type(pipe.joiner) not in (InnerJoin, LeftJoin, MixedJoin, RightJoin, OuterJoin):
        return f"nobody knows which rows {type(pipe.joiner).__name__}, a joiner of your own, needs"
    required = pipe.joiner.required_sides(len(pipe.keys))
    if required is None or not required[0]:
        return (
            f"{type(pipe.joiner).__name__} gives rows of the other sides that nothing on the first "
            "side matches, which every partition would give again"
        )
    return None


def check_hash_join_joins(assembly: Assembly) -> Iterator[Problem]:
    """A HashJoin makes no groups, so it cannot leave the joining to a Buffer."""
    for pipe in assembly.pipes:
        if isinstance(pipe, HashJoin) and pipe.declared is not None and pipe.declared.is_none():
            error = problem_at(assembly, pipe, "declares Fields.NONE", fix="use CoGroup")
            yield Problem(error, pipe)


def check_checkpoint_names_differ(assembly: Assembly) -> Iterator[Problem]:
    """Named checkpoints are found again by their name when a flow is restarted."""
    first: dict[str, Pipe] = {}
    for pipe in assembly.pipes:
        if isinstance(pipe, Checkpoint) and pipe.is_named:
            other = first.setdefault(pipe.name, pipe)
            if other is not pipe and pipe.name not in assembly.checkpoints:
                error = problem_at(
                    assembly,
                    pipe,
                    "is a second Checkpoint of this name",
                    details={"the first": f"built at {other.origin}"},
                    fix="give one of the two another name",
                )
                yield Problem(error)


CHECKS: tuple[Callable[[Assembly], Iterator[Problem]], ...] = (
    *BINDING_CHECKS,
    check_every_follows_group,
    check_buffer_stands_alone,
    check_assertion_has_aggregator,
    check_group_does_not_split,
    check_buffer_join_has_buffer,
    check_hash_join_joins,
    check_skewed_join_can_spread,
)

# Asked only of flows that can be restarted: others never look a checkpoint up.
RESTART_CHECKS = (check_checkpoint_names_differ,)


def check_all(assembly: Assembly, is_restartable: bool = False) -> tuple[list[PlanError], set[int]]:
    """Return every finding, and the ids of pipes that must not be planned further."""
    checks = CHECKS + RESTART_CHECKS if is_restartable else CHECKS
    problems = [problem for check in checks for problem in check(assembly)]
    # One pipe is reported once for each reason, however many checks share the reason.
    errors = {str(problem.error): problem.error for problem in problems}
    return list(errors.values()), {id(one.pipe) for one in problems if one.pipe is not None}


def is_buffer_join(pipe: CoGroup) -> bool:
    """Tell whether a CoGroup leaves the joining to a Buffer."""
    is_declared_none = pipe.declared is not None and pipe.declared.is_none()
    return isinstance(pipe.joiner, BufferJoin) or is_declared_none


def _everys(assembly: Assembly) -> list[Every]:
    return [pipe for pipe in assembly.pipes if isinstance(pipe, Every)]


def _readers_of(assembly: Assembly, pipe: Pipe) -> list[Pipe]:
    """Return the pipes that go on from `pipe`, looking through mere names."""
    found: list[Pipe] = []
    waiting = list(assembly.readers[id(pipe)])
    while waiting:
        reader = waiting.pop(0)
        if type(reader) is Pipe:
            waiting = [*assembly.readers[id(reader)], *waiting]
        else:
            found.append(reader)
    return found


def _chain_of(assembly: Assembly, pipe: Every) -> list[Every]:
    """Return the Everys on the same groups: those before, `pipe`, and all that follow it."""
    chain: list[Every] = []
    before: Pipe = pipe
    while isinstance(before, Every):
        chain.append(before)
        before = without_names(before.previous[0])
    waiting: list[Pipe] = [pipe]
    while waiting:
        following = [one for one in _readers_of(assembly, waiting.pop()) if isinstance(one, Every)]
        chain += following
        waiting += following
    return chain
