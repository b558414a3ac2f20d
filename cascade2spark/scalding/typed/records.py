"""Objects of a class that is known beforehand, as the values they are made of.

A function that is annotated to return a named tuple, or a plain dataclass, or that calls such a
class last, makes objects whose parts may cross an exchange as fields of their own, and as columns:
they are sorted and sent without being pickled. Either may mislead, so nothing rests on it: what is
no object of that very class, with its fields and nothing else, travels as it is in the first field.
"""

from __future__ import annotations

import dataclasses
import dis
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from types import FunctionType
from typing import Any, get_args, get_type_hints

import attrs

__all__ = ["Record", "record_of"]

Row = tuple[Any, ...]
# What `typing.NamedTuple` gives a class, and what changes only how it looks.
_OF_NAMED_TUPLES = frozenset(
    f"__{name}__"
    for name in (
        *("annotate", "annotate_func", "annotations", "annotations_cache", "class_getitem", "doc"),
        *("firstlineno", "format", "getnewargs", "match_args", "module", "new", "orig_bases"),
        *("qualname", "replace", "repr", "slots", "static_attributes", "str"),
    )
)
_STATE = ("__reduce__", "__reduce_ex__", "__new__", "__getattribute__")
# What attrs and dataclasses give to classes with slots.
_STATES_OF_SLOTS = frozenset({"slots_getstate", "_dataclass_getstate"})


@attrs.frozen
class _Other:
    """A value that is no object of the class that was expected."""

    value: Any


@attrs.frozen
class Record:
    """How objects of a class are taken apart and made.

    Args:
        kind: the class.
        names: its fields.
        kept: those that anybody reads, one at least; None stands for the others.
    """

    kind: type
    names: tuple[str, ...]
    kept: tuple[str, ...] = attrs.Factory(lambda self: self.names, takes_self=True)

    def keeping(self, names: tuple[str, ...]) -> Record:
        """Return the same with some fields only."""
        return attrs.evolve(self, kept=names or self.names[:1])

    def parts(self) -> Callable[[Any], Row]:
        """Return the function from an object to its values that are kept."""
        kind, others = self.kind, (None,) * (len(self.kept) - 1)
        of: Callable[[Any], Row] = attrgetter(*self.kept)
        if len(self.kept) == 1:
            single = attrgetter(*self.kept)

            def of(value: Any) -> Row:
                return (single(value),)

        if issubclass(kind, tuple):
            whole = tuple if self.kept == self.names else of

            def parts(value: Any) -> Row:
                return whole(value) if value.__class__ is kind else (_Other(value), *others)

            return parts
        names, has_state = list(self.names), bool(kind.__dictoffset__)

        def parts_of(value: Any) -> Row:
            if value.__class__ is kind and (not has_state or list(value.__dict__) == names):
                try:
                    return of(value)
                except AttributeError:  # a slot that was never filled
                    pass
            return (_Other(value), *others)

        return parts_of

    def maker(self) -> Callable[[Row], Any]:
        """Return the function from all values to an object that has them."""
        from_values, at = self._from_values(), self.names.index(self.kept[0])

        def make(values: Row) -> Any:
            first = values[at]
            return first.value if first.__class__ is _Other else from_values(values)

        return make

    def _from_values(self) -> Callable[[Row], Any]:
        kind, names = self.kind, self.names
        if issubclass(kind, tuple):
            return partial(tuple.__new__, kind)

        def with_state(values: Row) -> Any:
            made = object.__new__(kind)
            made.__dict__.update(zip(names, values))  # noqa: B905
            return made

        def with_slots(values: Row) -> Any:
            made = object.__new__(kind)
            for name, value in zip(names, values):  # noqa: B905
                fill(made, name, value)
            return made

        fill = object.__setattr__  # the class's own may refuse
        return with_state if kind.__dictoffset__ else with_slots


def record_of(call: Callable[..., Any], *, many: bool = False) -> Record | None:
    """Return how to take apart what a function seems to return; None if that is nothing known.

    It is what the function's annotation says; without one, a class that it calls last.

    Args:
        many: it returns an iterable of them.
    """
    if many:
        kind: Any = next(iter(get_args(_annotated(call))), None)
    elif isinstance(call, type):
        kind = call
    elif getattr(call, "__name__", "") == "_make":  # of a named tuple
        kind = getattr(call, "__self__", None)
    else:
        kind = _annotated(call) or _called_last(call)
    if not isinstance(kind, type):
        return None
    names = _fields_of(kind)
    return Record(kind, names) if len(names) > 1 else None


def _annotated(call: Callable[..., Any]) -> Any:
    try:
        return get_type_hints(call).get("return")
    except Exception:  # annotations may be any text
        return None


def _called_last(call: Callable[..., Any]) -> Any:
    """Return the first global of the expression that a function returns, if that is a call."""
    if type(call) is not FunctionType:
        return None
    found: str = ""
    before = ""
    for one in dis.get_instructions(call.__code__):
        if one.opname == "RETURN_VALUE":
            return call.__globals__.get(found) if before.startswith("CALL") else None
        if one.opname.startswith("STORE_FAST"):
            found = ""
        elif one.opname == "LOAD_GLOBAL" and not found:
            found = one.argval
        before = one.opname
    return None


def _fields_of(kind: type) -> tuple[str, ...]:
    if kind.__mro__ == (kind, tuple, object) and hasattr(kind, "_fields"):
        own = {name for name in vars(kind) if name.startswith("__") and name.endswith("__")}
        return tuple(kind._fields) if own <= _OF_NAMED_TUPLES else ()
    if type(kind) is not type or kind.__mro__ != (kind, object):
        return ()
    if dataclasses.is_dataclass(kind):
        names = tuple(field.name for field in dataclasses.fields(kind))
    elif attrs.has(kind):
        names = tuple(field.name for field in attrs.fields(kind))
    else:
        return ()
    is_own = any(getattr(kind, name) is not getattr(object, name) for name in _STATE)
    if is_own or hasattr(kind, "__getattr__"):
        return ()
    state = getattr(kind, "__getstate__", None)
    is_usual = state is getattr(object, "__getstate__", None)
    if kind.__dictoffset__:
        return names if is_usual and not hasattr(kind, "__setstate__") else ()
    slots = {*vars(kind).get("__slots__", ())} - {"__weakref__"}
    is_made = getattr(state, "__name__", "") in _STATES_OF_SLOTS
    return names if slots == {*names} and (is_usual or is_made) else ()
