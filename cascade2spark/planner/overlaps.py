"""The check that no two taps of a flow lie inside each other, where one of them is written.

Output replaces a whole folder, and what a source reads is listed when its task begins: a sink
around a source deletes it, a sink inside a source becomes its input.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import attrs

from cascade2spark.errors import PlanError
from cascade2spark.files import expand_braces, has_glob, local_path, route_of
from cascade2spark.planner.assembly import Assembly, Problem, origin_of_tap

__all__ = ["check_paths_do_not_overlap", "check_working_folder_is_kept"]


@attrs.frozen
class Place:
    """One path of one tap.

    Attributes:
        role: source, sink, trap or checkpoint, with the name it is bound to.
        is_written: whether the flow puts output there.
        whole: the components of the path, or of its part before the first glob character.
        rest: the components from the first glob character on, each a pattern.
    """

    role: str
    tap: Any
    is_written: bool
    whole: tuple[str, ...]
    rest: tuple[str, ...] = ()

    def holds(self, other: Place) -> bool:
        """Tell whether the other place is this one or may lie in it."""
        if other.whole[: len(self.whole)] != self.whole:
            return False
        # A pattern holds only what begins with names that it matches.
        below = other.whole[len(self.whole) :]
        return all(
            fnmatch.fnmatchcase(name, pattern.replace("[^", "[!"))
            for name, pattern in zip(below, self.rest, strict=False)
        )

    def shown(self) -> str:
        """Return the tap and where it was built, for a message."""
        origin = origin_of_tap(self.tap)
        return str(self.tap) if origin is None else f"{self.tap}, built at {origin}"


def check_paths_do_not_overlap(assembly: Assembly) -> Iterator[Problem]:
    """Nothing is written around, into or over what the flow reads or writes elsewhere."""
    told: set[tuple[str, str]] = set()
    for one, other in combinations(_places(assembly), 2):
        written, beside = (one, other) if one.is_written else (other, one)
        if not written.is_written or one.tap is other.tap or one.tap == other.tap:
            continue  # a tap in two places is another check's finding
        if (one.role, other.role) in told:
            continue
        if written.holds(beside):
            how = "would be written over" if beside.holds(written) else "would be written around"
        elif beside.holds(written):
            how = "would be written inside"
        else:
            continue
        told.add((one.role, other.role))
        kind, other_kind = written.role.split()[0], beside.role.split()[0]
        if other_kind == kind:
            other_kind = "the other"
        error = PlanError(
            f"{written.role} {how} {beside.role}",
            details={kind: written.shown(), other_kind: beside.shown()},
            origin=origin_of_tap(written.tap),
            fix="write to a folder of its own",
        )
        yield Problem(error)


def check_working_folder_is_kept(assembly: Assembly) -> Iterator[Problem]:
    """A folder that holds the working folder is never replaced."""
    try:
        working = _components(os.getcwd())
    except OSError:  # it is gone
        return
    for place in _places(assembly):
        is_replaced = place.is_written and place.tap.is_replace()
        if is_replaced and place.whole == working[: len(place.whole)]:
            same = place.whole == working
            error = PlanError(
                f"{place.role} would replace "
                f"{'the working folder' if same else 'a folder that holds the working folder'}",
                details={"tap": place.tap},
                origin=origin_of_tap(place.tap),
                fix="write to a folder of its own",
            )
            yield Problem(error)


def _places(assembly: Assembly) -> list[Place]:
    roles = (
        ("source", assembly.sources, False),
        ("sink", assembly.sinks, True),
        ("trap", assembly.traps, True),
        ("checkpoint", assembly.checkpoints, True),
    )
    found: list[Place] = []
    for role, taps, is_written in roles:
        for name, tap in taps.items():
            for part in _parts_of(tap):
                for whole, rest in _paths_of(part, is_written):
                    found.append(Place(f"{role} {name!r}", part, is_written, whole, rest))
    return found


def _parts_of(tap: Any) -> Iterator[Any]:
    parts = getattr(tap, "taps", None)
    if parts is None:
        yield tap
        return
    for part in parts:
        yield from _parts_of(part)


def _paths_of(tap: Any, is_written: bool) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for path in getattr(tap, "paths", ()):
        if is_written or not getattr(tap, "expands_globs", True) or not has_glob(path):
            yield _components(path), ()
            continue
        for single in expand_braces(path):
            names = single.split("/")
            first = next((at for at, name in enumerate(names) if has_glob(name)), len(names))
            before = "/".join(names[:first]) or ("/" if single.startswith("/") else ".")
            rest = tuple(name for name in names[first:] if name not in ("", "."))
            yield _components(before), rest


def _components(path: str) -> tuple[str, ...]:
    """Return a path as its file system and names, the same for every spelling of one place."""
    if route_of(path) == "local":
        try:
            return ("file", *os.path.realpath(local_path(path)).split("/")[1:])
        except OSError:  # relative to a working folder that is gone
            return ("file", "", path)
    system, _, below = path.partition(":")
    system = "s3" if system in ("s3a", "s3n") else system
    return (system, *posixpath.normpath("/" + below.lstrip("/")).split("/")[1:])
