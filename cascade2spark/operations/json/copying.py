"""Copying parts of JSON trees: CopySpec says which, `Copier` does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.json_trees import copy_tree, tree_of
from cascade2spark.operations.json.pointers import Path, Pointer

__all__ = ["Copier", "CopySpec"]

Predicate = Callable[[Any], Any]
Transform = Callable[[Any], Any]


@attrs.define
class From:
    """What is copied from below one pointer; pointers in it begin there."""

    pointer: Pointer
    keep: Predicate | None = None
    includes: list[tuple[Pointer, Predicate | None]] = attrs.Factory(list)
    excludes: list[Pointer] = attrs.Factory(list)
    transforms: dict[str, Transform] = attrs.Factory(dict)


class CopySpec:
    """Which parts of a tree are copied, and where to.

    Every method adds to the spec and returns it. Pointers after the first of a method begin where
    that one points; those of `include`, `exclude` and `transform` begin at the root. Without an
    include all is copied. Nothing is copied from what a pointer does not find. Objects are copied
    into the object at `into`, key by key; what an included pointer names goes to the same place
    below it, items of lists being appended to the list that is there. Then what is excluded is
    removed and the rest transformed, in the object that took the copies, as Cascading does: what
    was in it before is meant too. What is excluded may be missing, but not what it would be in;
    after `*` both may.

    Args:
        into: pointer to the object that takes the copies. Default: the root.
    Raises:
        BuildError: a text is no pointer.
    Source:
        cascading.nested.core.CopySpec
    Example:
        >>> CopySpec("/who").from_include("/user", "/name").exclude("/user/secret")
        CopySpec('/who', from '/user', from '')
    """

    def __init__(self, into: str = "") -> None:
        self._into = Pointer(into)
        if into:
            self._into.single("CopySpec")
        self._parts: dict[str, From] = {}

    def get_into(self) -> str:
        """Return the pointer to the object that takes the copies."""
        return self._into.text

    @property
    def into(self) -> Pointer:
        return self._into

    @property
    def parts(self) -> tuple[From, ...]:
        """What is copied, in order."""
        return tuple(self._parts.values())

    def from_(self, pointer: str, keep: Predicate | None = None) -> CopySpec:
        """Copy what a pointer names, where `keep` is true for it."""
        part = self._part(pointer)
        part.keep = _callable("from_", keep) if keep is not None else part.keep
        return self

    def from_include(self, pointer: str, *included: Any) -> CopySpec:
        """Copy only these parts of what a pointer names; a predicate may follow one pointer."""
        keep = included[1] if len(included) == 2 and callable(included[1]) else None
        for one in included[:1] if keep else included:
            self._part(pointer).includes.append((Pointer(one), keep))
        return self

    def include(self, *included: Any) -> CopySpec:
        """Copy only these parts of the tree; a predicate may follow one pointer."""
        return self.from_include("", *included)

    def from_exclude(self, pointer: str, *excluded: str) -> CopySpec:
        """Leave these parts out of what a pointer names."""
        self._part(pointer).excludes += [Pointer(one) for one in excluded]
        return self

    def exclude(self, *excluded: str) -> CopySpec:
        """Leave these parts of the tree out."""
        return self.from_exclude("", *excluded)

    def from_transform(self, pointer: str, inner: str, transform: Transform) -> CopySpec:
        """Change every copied value that `inner` names, by a function of the value."""
        if not inner:
            raise BuildError("CopySpec transforms what is in an object, not the object itself")
        self._part(pointer).transforms[Pointer(inner).text] = _callable("transform", transform)
        return self

    def transform(self, pointer: str, transform: Transform) -> CopySpec:
        """Change every copied value that a pointer names, by a function of the value."""
        return self.from_transform("", pointer, transform)

    def _part(self, pointer: str) -> From:
        return self._parts.setdefault(pointer, From(Pointer(pointer)))

    def __repr__(self) -> str:
        return f"CopySpec({', '.join([repr(self._into.text), *map(_shown, self._parts)])})"


class Copier:
    """Copies by some specs."""

    def __init__(self, specs: Sequence[CopySpec]) -> None:
        self._parts = [(spec.into, part) for spec in specs for part in spec.parts]

    def make_places(self, target: Any) -> None:
        """Make what takes the copies: all there is to do when there is no tree to copy from."""
        for into, _ in self._parts:
            into.object_at(target)

    def copy(self, source: Any, target: Any) -> None:
        """Copy from a tree, which stays as it is, into one that may be changed.

        Raises:
            OperationError: what is to be copied, or what takes it, is no object.
        """
        for into, part in self._parts:
            place = into.object_at(target)  # is made even when nothing is found, as in Cascading
            for node in part.pointer.all(source):
                if part.keep is None or part.keep(node):
                    self._copy_part(node, part, place)

    def _copy_part(self, node: Any, part: From, place: Any) -> None:
        if node.__class__ is not dict:
            if part.includes and not _chosen(part, node):
                return  # of what is no object nothing was asked for
            raise OperationError(
                "only an object can be copied from",
                details={"pointer": part.pointer.text, "there": shown_value(node)},
            )
        copied = copy_tree(node)
        if part.includes:
            _Placing(place).place_all(copied, _chosen(part, copied))
        else:
            place.update(copied)
        for pointer in part.excludes:
            pointer.remove_from(place)
        for text, transform in part.transforms.items():
            Pointer(text).change_in(place, _as_tree(transform))


def _chosen(part: From, tree: Any) -> list[Path]:
    """Return the paths of what is included, in the order of the pointers."""
    chosen: dict[Path, None] = {}
    for pointer, keep in part.includes:
        for path, value in pointer.paths(tree):
            if keep is None or keep(value):
                chosen.setdefault(path)
    return list(chosen)


class _Placing:
    """Puts parts of one tree at the same places of another, closing the gaps in lists."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._containers: dict[Path, Any] = {(): root}
        self._whole: set[Path] = set()

    def place_all(self, tree: Any, paths: list[Path]) -> None:
        for path in paths:
            if any(path[:size] in self._whole for size in range(len(path))):
                continue  # it came with what it is in
            self._whole.add(path)
            if path:
                self._place(tree, path)
            else:
                self._containers[()].update(tree)

    def _place(self, tree: Any, path: Path) -> None:
        node = tree
        for size, step in enumerate(path, start=1):
            parent, here = self._containers[path[: size - 1]], path[:size]
            node = node[step]
            is_last = size == len(path)
            known = self._containers.get(here)
            if known is None:
                known = self._entered(parent, step, node, is_last)
                self._containers[here] = known
            elif is_last and known.__class__ is dict:
                known.update(node)
            elif is_last:
                known[:] = node

    def _entered(self, parent: Any, step: str | int, node: Any, is_last: bool) -> Any:
        """Return what takes the parts of a node, or the node itself, put into its parent."""
        there = parent.get(step) if parent.__class__ is dict else None
        if is_last:
            there = node
        elif there.__class__ is not node.__class__:
            there = {} if node.__class__ is dict else []
        if parent.__class__ is dict:
            parent[step] = there
        else:
            parent.append(there)
        return there


def _as_tree(transform: Transform) -> Transform:
    return lambda value: tree_of(transform(value))


def _callable(owner: str, given: Any) -> Any:
    if not callable(given):
        raise BuildError(f"CopySpec.{owner} takes a function of a value", asked=shown_value(given))
    return given


def _shown(pointer: str) -> str:
    return f"from {pointer!r}"
