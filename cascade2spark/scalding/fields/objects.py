"""Objects of rows and rows of objects: `pack` and `unpack`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from cascade2spark.errors import BuildError, nearest_match
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import RowFunction, Shape
from cascade2spark.origin import capture_origin

__all__ = ["Packing", "Unpacking", "attributes_of"]

Row = tuple[Any, ...]


class Packing(RowFunction):
    """Makes an object of the values of a row.

    By the names of the fields, where the class takes all of them; else by their order.
    """

    def __init__(self, source: Fields, target: Fields, kind: type) -> None:
        super().__init__(target)
        self.kind = kind
        if source.is_defined():
            _maker(kind, source)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what makes the object of a row."""
        return _maker(self.kind, argument_fields)

    def __repr__(self) -> str:
        return f"pack {self.kind.__name__}"


class Unpacking(RowFunction):
    """Gives attributes of an object as fields."""

    def __init__(self, target: Fields) -> None:
        super().__init__(1, target)
        self.names = [str(name) for name in target]
        self.shape = Shape.VALUE if len(self.names) == 1 else Shape.ROW

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what takes the attributes of an object."""
        return attrgetter(*self.names)

    def __repr__(self) -> str:
        return f"unpack {', '.join(self.names)}"


def attributes_of(kind: Any) -> list[str]:
    """Return the names of what a class holds, in the order of its declaration.

    Raises:
        BuildError: the class does not say.
    """
    if isinstance(kind, type):
        for marker in ("__attrs_attrs__", "__dataclass_fields__", "_fields"):
            held = getattr(kind, marker, None)
            if held is not None:
                return [one if isinstance(one, str) else one.name for one in held]
    raise BuildError(
        "unpack to all fields needs an attrs class, a dataclass or a named tuple",
        asked=repr(kind),
        origin=capture_origin(),
        fix="name the fields",
    )


def check_attributes(kind: type, target: Fields) -> None:
    """Refuse fields that are no attributes of a class that says which it has."""
    try:
        held = attributes_of(kind)
    except BuildError:
        return
    for name in target:
        if not hasattr(kind, str(name)) and str(name) not in held:
            raise BuildError(
                f"unpack takes {name!r} of {kind.__name__}, which has none",
                asked=str(name),
                available=held,
                nearest=nearest_match(str(name), held),
                origin=capture_origin(),
            )


def _maker(kind: type, fields: Fields) -> Callable[..., Any]:
    names = [str(name) for name in fields]
    try:
        signature = inspect.signature(kind)
    except (TypeError, ValueError):  # a class of an extension: by the order of the fields
        return kind
    parameters = signature.parameters
    takes_names = all(
        name in parameters and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
        for name in names
    )
    if takes_names and _binds(signature, (), dict.fromkeys(names)):
        if list(parameters)[: len(names)] == names:
            return kind
        return lambda *values: kind(**dict(zip(names, values, strict=True)))
    if _binds(signature, names, {}):
        return kind
    settable = _settable(kind)
    if settable is not None and _binds(signature, (), {}) and set(names) <= settable:
        return lambda *values: _set(kind(), names, values)
    raise BuildError(
        f"pack cannot make a {kind.__name__} of these fields",
        asked=names,
        available=list(parameters),
        nearest=next((near for name in names if (near := _near(name, parameters))), None),
        origin=capture_origin(),
    )


def _near(name: str, parameters: Any) -> str | None:
    return None if name in parameters else nearest_match(name, parameters)


def _binds(signature: inspect.Signature, values: Any, named: dict[str, Any]) -> bool:
    try:
        signature.bind(*values, **named)
    except TypeError:
        return False
    return True


def _settable(kind: type) -> set[str] | None:
    """Return the names that a class has setters for: ``set_x(value)``, or a property."""
    found = {name[4:] for name in dir(kind) if name.startswith("set_")}
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        if isinstance(member, property) and member.fset is not None:
            found.add(name)
    return found or None


def _set(made: Any, names: list[str], values: Row) -> Any:
    for name, value in zip(names, values, strict=True):
        setter = getattr(made, f"set_{name}", None)
        if setter is not None:
            setter(value)
        else:
            setattr(made, name, value)
    return made
