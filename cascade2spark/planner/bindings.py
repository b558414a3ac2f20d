"""Checks of how taps meet pipes: each head, tail, trap and checkpoint by name, no tap left over.

A sink belongs to the tail object of its name, not to the first pipe that bears it, so the order of
the tails does not matter and a tail may feed another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cascade2spark.errors import PlanError
from cascade2spark.pipes import Checkpoint, Pipe
from cascade2spark.planner.assembly import Assembly, Problem, origin_of_tap
from cascade2spark.planner.findings import problem_at
from cascade2spark.planner.overlaps import (
    check_paths_do_not_overlap,
    check_working_folder_is_kept,
)

__all__ = ["BINDING_CHECKS"]


def check_taps_are_given(assembly: Assembly) -> Iterator[Problem]:
    """A flow needs a tail, a source and a sink."""
    for what, given in (
        ("tails", assembly.tails),
        ("source taps", assembly.sources),
        ("sink taps", assembly.sinks),
    ):
        if not given:
            yield Problem(PlanError(f"flow {assembly.name!r} has no {what}"))


def check_heads_are_bound(assembly: Assembly) -> Iterator[Problem]:
    """Every head has a source of its name."""
    for head in assembly.heads:
        if head.name not in assembly.sources:
            is_sink = head.name in assembly.sinks
            free = set(assembly.sources) - {one.name for one in assembly.heads}
            error = problem_at(
                assembly,
                head,
                "is a head without a source tap",
                asked=head.name,
                available=sorted(free) or None,
                details={"but": "a sink tap has this name"} if is_sink else None,
                fix=None if free else f"bind one: flow_def.add_source({head.name!r}, tap)",
            )
            yield Problem(error, head)


def check_head_names_differ(assembly: Assembly) -> Iterator[Problem]:
    """Two heads of one name cannot be told apart."""
    for other, head in _namesakes(assembly.heads):
        error = problem_at(
            assembly,
            head,
            "is a second head of this name",
            details={"the first": f"built at {other.origin}"},
            fix="build the head once and use it twice, or give them different names",
        )
        yield Problem(error, head)


def check_tails_are_bound(assembly: Assembly) -> Iterator[Problem]:
    """Every tail has a sink of its name."""
    for tail in assembly.tails:
        if tail.name not in assembly.sinks:
            free = set(assembly.sinks) - {one.name for one in assembly.tails}
            error = problem_at(
                assembly,
                tail,
                "is a tail without a sink tap",
                asked=tail.name,
                available=sorted(free) or None,
                fix=None if free else "bind one: flow_def.add_tail_sink(pipe, tap)",
            )
            yield Problem(error)


def check_tail_names_differ(assembly: Assembly) -> Iterator[Problem]:
    """Two tails of one name cannot have a sink each."""
    for other, tail in _namesakes(assembly.tails):
        error = problem_at(
            assembly,
            tail,
            "is a second tail of this name",
            details={"the first": f"built at {other.origin}"},
            fix='name one of them: Pipe("name", pipe)',
        )
        yield Problem(error)


def check_taps_are_used(assembly: Assembly) -> Iterator[Problem]:
    """A tap bound to no pipe is most often a typo."""
    heads = [head.name for head in assembly.heads]
    tails = [tail.name for tail in assembly.tails]
    for what, taps, ends, end in (
        ("source", assembly.sources, heads, "head"),
        ("sink", assembly.sinks, tails, "tail"),
    ):
        for name, tap in taps.items():
            if name not in ends:
                error = PlanError(
                    f"{what} tap {name!r} is bound to no {end} pipe",
                    asked=name,
                    available=sorted(set(ends)),
                    details={"tap": tap},
                    origin=origin_of_tap(tap),
                )
                yield Problem(error)


def check_trap_names_exist(assembly: Assembly) -> Iterator[Problem]:
    """A trap is bound to the name of some pipe."""
    for name, tap in assembly.traps.items():
        if name not in assembly.names:
            error = PlanError(
                f"trap {name!r} is bound to a name that no pipe has",
                asked=name,
                available=assembly.names,
                origin=origin_of_tap(tap),
            )
            yield Problem(error)


def check_checkpoint_names_exist(assembly: Assembly) -> Iterator[Problem]:
    """A checkpoint tap is bound to the one Checkpoint of its name."""
    names = [pipe.name for pipe in assembly.pipes if isinstance(pipe, Checkpoint)]
    for name, tap in assembly.checkpoints.items():
        count = names.count(name)
        if count != 1:
            found = "no Checkpoint has" if count == 0 else f"{count} Checkpoints have"
            error = PlanError(
                f"checkpoint tap {name!r} is bound to a name that {found}",
                asked=name,
                available=names,
                origin=origin_of_tap(tap),
            )
            yield Problem(error)


def check_checkpoint_taps_are_undeclared(assembly: Assembly) -> Iterator[Problem]:
    """A checkpoint keeps whatever arrives, so its tap may declare nothing."""
    for name, tap in assembly.checkpoints.items():
        declared = [
            fields
            for fields, is_open in (
                (tap.get_source_fields(), tap.get_source_fields().is_unknown()),
                (tap.get_sink_fields(), tap.get_sink_fields().is_all()),
            )
            if not is_open and not fields.is_all() and not fields.is_unknown()
        ]
        if declared:
            error = PlanError(
                f"checkpoint tap {name!r} declares fields, but keeps whatever arrives",
                asked=declared[0].print_(),
                origin=origin_of_tap(tap),
                fix="declare no fields on the scheme of the checkpoint tap",
            )
            yield Problem(error)


def check_taps_have_one_role(assembly: Assembly) -> Iterator[Problem]:
    """One tap cannot be a source, a sink, a trap or a checkpoint at once."""
    roles: list[tuple[str, Mapping[str, Any]]] = [
        ("source", assembly.sources),
        ("sink", assembly.sinks),
        ("trap", assembly.traps),
        ("checkpoint", assembly.checkpoints),
    ]
    for index, (role, taps) in enumerate(roles):
        for other_role, others in roles[index + 1 :]:
            for name, tap in taps.items():
                for other_name, other in others.items():
                    if is_same_tap(tap, other):
                        error = PlanError(
                            f"one tap is both {role} {name!r} and {other_role} {other_name!r}",
                            details={"tap": tap},
                            origin=origin_of_tap(tap),
                        )
                        yield Problem(error)


def check_sinks_have_one_tail(assembly: Assembly) -> Iterator[Problem]:
    """One sink tap takes the rows of one tail."""
    sinks = list(assembly.sinks.items())
    for index, (name, tap) in enumerate(sinks):
        for other_name, other in sinks[index + 1 :]:
            if is_same_tap(tap, other):
                error = PlanError(
                    f"one sink tap is bound to two tails, {name!r} and {other_name!r}",
                    details={"tap": tap},
                    origin=origin_of_tap(tap),
                    fix="bring the two together with Merge",
                )
                yield Problem(error)


def check_taps_can_do_it(assembly: Assembly) -> Iterator[Problem]:
    """A source can be read, a sink and a trap can be written."""
    for role, taps, needs in (
        ("source", assembly.sources, "is_source"),
        ("sink", assembly.sinks, "is_sink"),
        ("trap", assembly.traps, "is_sink"),
        ("checkpoint", assembly.checkpoints, "is_sink"),
    ):
        for name, tap in taps.items():
            if not getattr(tap, needs)():
                able = "read" if needs == "is_source" else "written"
                error = PlanError(
                    f"{type(tap).__name__} cannot be {role} {name!r}: it cannot be {able}",
                    details={"tap": tap},
                    origin=origin_of_tap(tap),
                )
                yield Problem(error)


def is_same_tap(tap: Any, other: Any) -> bool:
    """Tell whether two taps are one: the same object, or equal (the same data, the same way)."""
    return tap is other or bool(tap == other)


def _namesakes(pipes: Iterable[Pipe]) -> Iterator[tuple[Pipe, Pipe]]:
    """Yield each pipe whose name was there before, behind the first one of that name."""
    first: dict[str, Pipe] = {}
    for pipe in pipes:
        other = first.setdefault(pipe.name, pipe)
        if other is not pipe:
            yield other, pipe


BINDING_CHECKS = (
    check_taps_are_given,
    check_heads_are_bound,
    check_head_names_differ,
    check_tails_are_bound,
    check_tail_names_differ,
    check_taps_are_used,
    check_trap_names_exist,
    check_checkpoint_names_exist,
    check_checkpoint_taps_are_undeclared,
    check_taps_have_one_role,
    check_sinks_have_one_tail,
    check_taps_can_do_it,
    check_paths_do_not_overlap,
    check_working_folder_is_kept,
)
