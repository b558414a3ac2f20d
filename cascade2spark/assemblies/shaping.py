"""Assemblies that choose, name and type fields; each is one Each."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.field_elements import is_type
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.passing import Identity, NoOp
from cascade2spark.pipes import Each, Pipe, SubAssembly

__all__ = ["Coerce", "Copy", "Discard", "Rename", "Retain"]


class Retain(SubAssembly):
    """Keeps the named fields, in the order they are named.

    Args:
        previous: the pipe to go on from.
        fields: what to keep, one Fields or several names.
    Raises:
        FieldNotFound: (planning) there is no such field.
    Source:
        cascading.pipe.assembly.Retain
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Retain(pipe, "n"), [("a", 1), ("b", 2)], ("x", "n"))
        [(1,), (2,)]
    """

    def __init__(self, previous: Pipe, *fields: Any) -> None:
        super().__init__(previous)
        self.set_tails(Each(previous, _fields(self, fields), Identity(), Fields.RESULTS))


class Discard(SubAssembly):
    """Drops the named fields; the others keep their order.

    Args:
        previous: the pipe to go on from.
        fields: what to drop, one Fields or several names.
    Raises:
        FieldNotFound: (planning) there is no such field.
    Source:
        cascading.pipe.assembly.Discard
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Discard(pipe, "n"), [("a", 1), ("b", 2)], ("x", "n"))
        [('a',), ('b',)]
    """

    def __init__(self, previous: Pipe, *fields: Any) -> None:
        super().__init__(previous)
        self.set_tails(Each(previous, _fields(self, fields), NoOp(), Fields.SWAP))


class Rename(SubAssembly):
    """Gives fields new names and moves them to the end; renaming ALL keeps the order.

    Args:
        previous: the pipe to go on from.
        from_: the fields to rename.
        to: as many new names.
    Raises:
        BuildError: the counts differ, or the new names are a special set.
    Source:
        cascading.pipe.assembly.Rename
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Rename(pipe, "x", "name"), [("a", 1), ("b", 2)], ("x", "n"))
        [(1, 'a'), (2, 'b')]
    """

    def __init__(self, previous: Pipe, from_: Any, to: Any) -> None:
        super().__init__(previous)
        old, new = _pair(self, from_, to)
        self.set_tails(Each(previous, old, Identity(new), Fields.SWAP))


class Copy(SubAssembly):
    """Appends copies of fields under new names.

    Args:
        previous: the pipe to go on from.
        from_: the fields to copy.
        to: as many new names.
    Raises:
        BuildError: the counts differ, or the new names are a special set.
    Source:
        cascading.pipe.assembly.Copy
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Copy(pipe, "n", "m"), [("a", 1), ("b", 2)], ("x", "n"))
        [('a', 1, 1), ('b', 2, 2)]
    """

    def __init__(self, previous: Pipe, from_: Any, to: Any) -> None:
        super().__init__(previous)
        old, new = _pair(self, from_, to)
        self.set_tails(Each(previous, old, Identity(new), Fields.ALL))


class Coerce(SubAssembly):
    """Turns values into other types, in place.

    Java's orders: ``Coerce(pipe, types…)`` for all fields, ``Coerce(pipe, fields, types…)``,
    ``Coerce(pipe, typed_fields)``. Only the last makes the types known to the plan.

    Args:
        previous: the pipe to go on from.
        given: types; or fields and types; or typed fields.
    Raises:
        BuildError: the number of types is not that of the fields, or there are no types.
    Source:
        cascading.pipe.assembly.Coerce
    Example:
        >>> from cascade2spark.testing import run_pipe
        >>> run_pipe(lambda pipe: Coerce(pipe, "n", int), [("a", "1"), ("b", None)], ("x", "n"))
        [('a', 1), ('b', None)]
    """

    def __init__(self, previous: Pipe, *given: Any) -> None:
        super().__init__(previous)
        types = [one for one in given if is_type(one)]
        names = [one for one in given if not is_type(one)]
        if any(is_type(one) for one in given[: len(names)]):
            raise _refusal(self, "fields come before types", given)
        if not names:
            if not types:
                raise _refusal(self, "there are no types", given)
            # Nameless: under REPLACE the names stay.
            fields, declared = Fields.ALL, Fields.size(len(types))
        else:
            fields = _fields(self, names)
            declared = fields if not types else fields.un_apply_types()
            if not types and not fields.has_types():
                raise _refusal(self, "there are no types", given)
            if types and len(types) != len(fields):
                raise _refusal(self, f"{len(fields)} fields have {len(types)} types", given)
        operation = Identity(declared, *types)
        if types:
            # As in Cascading: classes change the values, and the plan no longer knows the types.
            operation.field_declaration = declared.un_apply_types()
        self.set_tails(Each(previous, fields.un_apply_types(), operation, Fields.REPLACE))


def _fields(assembly: SubAssembly, given: Any) -> Fields:
    if not given:
        raise _refusal(assembly, "no field is named", given)
    return as_fields(given[0] if len(given) == 1 else tuple(given))


def _pair(assembly: SubAssembly, from_: Any, to: Any) -> tuple[Fields, Fields]:
    old, new = as_fields(from_), as_fields(to)
    if not new.is_defined():
        raise _refusal(assembly, "the new names must be listed", (old, new))
    if old.is_defined() and len(old) != len(new):
        raise _refusal(assembly, f"{len(old)} fields cannot have {len(new)} names", (old, new))
    return old, new


def _refusal(assembly: SubAssembly, why: str, given: Any) -> BuildError:
    return BuildError(
        f"{type(assembly).__name__} cannot be built: {why}",
        asked=", ".join(map(repr, given)) or "nothing",
        origin=assembly.origin,
    )
