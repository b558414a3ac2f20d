"""Pointers into JSON trees: RFC 6901, where ``*`` is any child and ``**`` any depth.

``/a/0/b`` goes from key to key, or to a position of a list; ``~1`` is a slash within a key and
``~0`` a tilde. ``*`` stands for every value of an object or list, ``**`` for a node and all that is
below it, in the order of the text. A key that is a star cannot be named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.json_trees import json_text

__all__ = ["MISSING", "Path", "Pointer", "missing_error", "value_at"]

Path = tuple[str | int, ...]
ANY_CHILD: Final = "*"
ANY_DEPTH: Final = "**"
_BAD_ESCAPE = re.compile(r"~(?![01])").search
_POSITION = re.compile(r"0|[1-9][0-9]*").fullmatch


class Missing:
    """What a pointer finds where there is nothing; null is something."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@attrs.frozen(repr=False)
class Pointer:
    """A parsed pointer.

    Args:
        text: as written; empty for the whole tree.
    Raises:
        BuildError: the text is no pointer.
    Laws:
        1. `all` gives the values of `paths`, `first` the first of them.  2. A pointer of the keys
        of any path finds exactly the value there.  3. After `set_at`, `first` finds the value.
    Source:
        RFC 6901; the pointer-path library that Cascading uses
    Example:
        >>> Pointer("/a/*/b").all({"a": [{"b": 1}, {"c": 2}, {"b": 3}]})
        [1, 3]
        >>> Pointer("/**/b").all({"b": 1, "a": {"b": 2}})
        [1, 2]
    """

    text: str
    steps: tuple[str, ...] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps_of(self.text))

    @property
    def is_single(self) -> bool:
        """Tell whether the pointer names one place, not many."""
        return ANY_CHILD not in self.steps and ANY_DEPTH not in self.steps

    def single(self, owner: str) -> Pointer:
        """Return this pointer; refuse one that is no place to put a value at."""
        if not self.is_single or not self.steps:
            raise BuildError(
                f"{owner} puts values at one place, below the root",
                asked=self.text,
                details={"a place": "'/key', '/key/0'; no '*', no '**'"},
            )
        return self

    def paths(self, tree: Any) -> Iterator[tuple[Path, Any]]:
        """Yield the path and the value of everything that the pointer names, from the top down."""
        return _walk(tree, self.steps, 0, ())

    def all(self, tree: Any) -> list[Any]:
        """Return every value that the pointer names."""
        if self.is_single:
            found = self.first(tree)
            return [] if found is MISSING else [found]
        return [value for _, value in self.paths(tree)]

    def first(self, tree: Any) -> Any:
        """Return the first value that the pointer names, or MISSING."""
        return self.getter()(tree)

    def getter(self, missing: Any = MISSING) -> Callable[[Any], Any]:
        """Return `first` as one function, made for this pointer.

        Args:
            missing: what it returns where there is nothing.
        """
        if not self.is_single:
            steps, nothing = self.steps, (None, missing)
            return lambda tree: next(_walk(tree, steps, 0, ()), nothing)[1]
        if len(self.steps) == 1:
            return _getter_of_key(self.steps[0], missing)
        return _getter_of_keys(self.steps, missing)

    def set_at(self, tree: Any, value: Any) -> None:
        """Put a value at the place, in a tree that may be changed; parents are made.

        A position beyond the end of a list fills it up with nulls; ``-`` is behind the last.

        Raises:
            OperationError: the place is below a value that has nothing below it.
        """
        parent = self._parent(tree)
        self._put(parent, self.steps[-1], value)

    def add_to(self, tree: Any, value: Any) -> None:
        """Append a value to the list at the place, in a tree that may be changed; it is made.

        In a list it is made behind the last item, however far beyond it the place is.

        Raises:
            OperationError: there is something else at the place.
        """
        parent, last = self._parent(tree), self.steps[-1]
        found = _child(parent, last)
        if found is MISSING and parent.__class__ is list:
            parent.append([value])
        elif found is MISSING:
            self._put(parent, last, [value])
        elif found.__class__ is list:
            found.append(value)
        else:
            raise OperationError(
                "a value can be added to a list only",
                details={"pointer": self.text, "there": shown_value(found)},
            )

    def object_at(self, tree: Any) -> dict[str, Any]:
        """Return the object at the place, in a tree that may be changed; it is made.

        Raises:
            OperationError: there is something else at the place.
        """
        found = self.first(tree)
        if found is MISSING:
            found = {}
            self.set_at(tree, found)
        if found.__class__ is not dict:
            raise OperationError(
                "there is no object to put values into",
                details={"pointer": self.text, "there": shown_value(found)},
            )
        return found

    def remove_from(self, tree: Any) -> None:
        """Take away all that the pointer names, in a tree that may be changed; not the root.

        Raises:
            OperationError: what the one place is said to be in is neither object nor list.
        """
        if self.is_single and self.steps:
            around = value_at(tree, self.steps[:-1])
            if around.__class__ is not dict and around.__class__ is not list:
                raise OperationError(
                    "nothing can be taken out of what is no object and no list",
                    details={
                        "pointer": self.text,
                        "there": "nothing" if around is MISSING else shown_value(around),
                    },
                )
        # From the end on: positions before a place that goes stay true.
        for path, _ in reversed(list(self.paths(tree))):
            if path:
                parent = value_at(tree, path[:-1])
                if parent is not MISSING and _child(parent, str(path[-1])) is not MISSING:
                    del parent[path[-1]]

    def change_in(self, tree: Any, change: Callable[[Any], Any]) -> None:
        """Change every named value but the root, in a tree that may be changed."""
        for path, _ in list(self.paths(tree)):
            parent: Any = value_at(tree, path[:-1])
            # An earlier change may have taken away what is below it.
            if path and _child(parent, str(path[-1])) is not MISSING:
                parent[path[-1]] = change(parent[path[-1]])

    def _parent(self, tree: Any) -> Any:
        node = tree
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            child = _child(node, step)
            if child is MISSING:
                child = [] if _POSITION(following) else {}
                self._put(node, step, child)
            node = child
        return node

    def _put(self, parent: Any, step: str, value: Any) -> None:
        if parent.__class__ is dict:
            parent[step] = value
        elif parent.__class__ is list and (step == "-" or _POSITION(step)):
            position = len(parent) if step == "-" else int(step)
            parent.extend([None] * (position + 1 - len(parent)))
            parent[position] = value
        else:
            raise OperationError(
                f"nothing can be put at {step!r} of what is there",
                details={"pointer": self.text, "there": shown_value(parent)},
            )

    def __repr__(self) -> str:
        return f"Pointer({self.text!r})"


def value_at(tree: Any, path: Path) -> Any:
    """Return the value at a path, or MISSING."""
    for step in path:
        tree = _child(tree, str(step))
        if tree is MISSING:
            return MISSING
    return tree


def missing_error(owner: str, pointer: Pointer, tree: Any) -> OperationError:
    """Return the error for a pointer that found nothing where it must."""
    return OperationError(
        f"{owner} found nothing at a pointer",
        details={"pointer": pointer.text, "tree": shown_value(json_text(tree))},
    )


def _steps_of(text: Any) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise BuildError("a JSON pointer is a text", asked=shown_value(text))
    if not text:
        return ()
    if not text.startswith("/"):
        raise BuildError("a JSON pointer begins with '/'", asked=text, fix=f"write {'/' + text!r}")
    if _BAD_ESCAPE(text):
        raise BuildError(
            "a JSON pointer has '~' before neither 0 nor 1",
            asked=text,
            details={"escapes": "~0 is a tilde, ~1 a slash"},
        )
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/"))


def _child(node: Any, step: str) -> Any:
    if node.__class__ is dict:
        return node.get(step, MISSING)
    if node.__class__ is list and _POSITION(step):
        position = int(step)
        return node[position] if position < len(node) else MISSING
    return MISSING


def _children(node: Any) -> Iterator[tuple[str | int, Any]]:
    if node.__class__ is dict:
        yield from node.items()
    elif node.__class__ is list:
        yield from enumerate(node)


def _walk(node: Any, steps: tuple[str, ...], at: int, path: Path) -> Iterator[tuple[Path, Any]]:
    if at == len(steps):
        yield path, node
    elif steps[at] == ANY_CHILD:
        for key, child in _children(node):
            yield from _walk(child, steps, at + 1, (*path, key))
    elif steps[at] == ANY_DEPTH:
        yield from _walk(node, steps, at + 1, path)
        for key, child in _children(node):
            yield from _walk(child, steps, at, (*path, key))
    else:
        child = _child(node, steps[at])
        if child is not MISSING:
            key = int(steps[at]) if node.__class__ is list else steps[at]
            yield from _walk(child, steps, at + 1, (*path, key))


def _getter_of_key(key: str, missing: Any) -> Callable[[Any], Any]:
    def get(tree: Any) -> Any:
        if tree.__class__ is dict:
            return tree.get(key, missing)
        found = _child(tree, key)
        return missing if found is MISSING else found

    return get


def _getter_of_keys(keys: tuple[str, ...], missing: Any) -> Callable[[Any], Any]:
    def get(tree: Any) -> Any:
        for key in keys:
            tree = tree.get(key, MISSING) if tree.__class__ is dict else _child(tree, key)
            if tree is MISSING:
                return missing
        return tree

    return get
