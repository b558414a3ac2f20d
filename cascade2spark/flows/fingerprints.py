"""Whether rows kept by an earlier run are those that this one would make.

Compared are the pipes above the checkpoint, with their fields, types and operations, the code of
operations that are not ours, the flow's own properties, and the sources with the size and time of
their files. Lines of the job may move, and pipes behind the checkpoint may change.
"""

from __future__ import annotations

import enum
import hashlib
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.planner.steps import Read, Step, TrapSpec
from cascade2spark.schemes.kept import encode_frame
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import MemoryTap
from cascade2spark.version import VERSION

__all__ = ["SourceFiles", "fingerprints_of"]

SourceFiles = Callable[[Any], Sequence[tuple[str, int, float]] | None]

_PLAIN = (type(None), bool, int, float, str, bytes)
_UNSAID = frozenset({"site", "sites", "origin", "number", "fired", "inputs", "tap"})
_OURS = ("cascade2spark.", "cascading.", "spark.")
_MOST_ITEMS = 10_000


def fingerprints_of(
    steps: Sequence[Step],
    traps: Sequence[TrapSpec],
    properties: Mapping[str, Any],
    files: SourceFiles,
) -> dict[str, str]:
    """Return a digest for each thing that must be as it was, by what an explanation calls it.

    Args:
        steps: all steps above a checkpoint, in plan order.
        traps: the flow's.
        properties: the flow's.
        files: says which files a tap reads, for those that cannot say so themselves.
    """
    places = {step.number: place for place, step in enumerate(steps)}
    shape = _Shape()
    pipes = [
        (
            type(step).__name__,
            step.site.name if isinstance(step, Read) else step.site.label,
            [places.get(one.number, -1) for one in step.inputs],
            shape.of_parts(step),
        )
        for step in steps
    ]
    own = {key: value for key, value in properties.items() if not key.startswith(_OURS)}
    reads = [step for step in steps if isinstance(step, Read)]
    bound = [(spec.number, type(spec.tap).__name__, shape.of(spec.names)) for spec in traps]
    return {
        "the traps": _digest(bound),
        "the version of Python or of cascade2spark": _digest([VERSION, sys.version]),
        "the pipes above it": _digest(pipes),
        "the properties of the flow": _digest(shape.of(own)),
        "a source": _digest([_source_of(step.tap, shape, files) for step in reads]),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()


def _source_of(tap: Tap, shape: _Shape, files: SourceFiles) -> Any:
    """Return what tells the content of a source; its name alone, where nobody can tell more."""
    if isinstance(tap, MemoryTap):
        return hashlib.sha256(encode_frame(tap.rows)).hexdigest()
    name = type(tap).__name__
    found = files(tap)
    if found is None:
        try:
            found = [(one.path, one.size, one.modified_s) for one in tap.list_files()]
        except Unsupported:
            return name  # an RDD, or a DataFrame: the run id has to be trusted
    scheme = None if not hasattr(tap, "scheme") else shape.of(tap.scheme)
    return name, tap.get_identifier(), scheme, sorted(found)


class _Shape:
    """Turns values into nested lists of plain ones that are equal in every process."""

    def __init__(self) -> None:
        self._inside: set[int] = set()

    def of_parts(self, step: Step) -> Any:
        """Return what a step says, but for who it belongs to."""
        return [
            (field.name, self.of(getattr(step, field.name)))
            for field in attrs.fields(type(step))
            if field.name not in _UNSAID
        ]

    def of(self, value: Any) -> Any:
        """Return one value."""
        if isinstance(value, _PLAIN):
            return (type(value).__name__, repr(value))
        if id(value) in self._inside:
            return "itself"
        self._inside.add(id(value))
        try:
            return self._of_object(value)
        finally:
            self._inside.discard(id(value))

    def _of_object(self, value: Any) -> Any:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if isinstance(value, enum.Enum):
            return (kind, value.name)
        if isinstance(value, Fields):
            return (kind, repr(value))
        if isinstance(value, (tuple, list)):
            return (kind, len(value), [self.of(one) for one in value[:_MOST_ITEMS]])
        if isinstance(value, (set, frozenset)):
            return (kind, len(value), sorted(repr(self.of(one)) for one in value))
        if isinstance(value, Mapping):
            items = sorted((repr(self.of(key)), repr(self.of(one))) for key, one in value.items())
            return (kind, items)
        if isinstance(value, types.FunctionType):
            return (value.__qualname__, self._of_function(value))
        if isinstance(value, types.MethodType):
            return (self.of(value.__self__), self.of(value.__func__))
        if isinstance(value, type):
            return (value.__module__, value.__qualname__, self._of_class(value))
        return (kind, self._of_class(type(value)), self._of_state(value))

    def _of_function(self, function: types.FunctionType) -> Any:
        cells = [_content_of(cell) for cell in function.__closure__ or ()]
        return (
            self._of_code(function.__code__),
            self.of(function.__defaults__),
            self.of(function.__kwdefaults__),
            [self.of(cell) for cell in cells],
        )

    def _of_code(self, code: types.CodeType) -> Any:
        constants = [
            self._of_code(one) if isinstance(one, types.CodeType) else self.of(one)
            for one in code.co_consts
        ]
        return (code.co_code, code.co_names, code.co_varnames, constants)

    def _of_class(self, kind: type) -> Any:
        """Return the code of a class of the user's; ours goes with the version."""
        found = []
        for one in kind.__mro__:
            if one is object or one.__module__.startswith("cascade2spark."):
                continue
            for name, member in sorted(vars(one).items()):
                function = getattr(member, "__func__", member)
                if isinstance(function, types.FunctionType) and one.__module__ != "builtins":
                    found.append((name, self._of_function(function)))
        return found

    def _of_state(self, value: Any) -> Any:
        """Return what an object would be pickled with: what is only cached is left out there."""
        try:
            reduced = value.__reduce_ex__(2)
        except Exception:  # it cannot be pickled; its class has to do
            return None
        if isinstance(reduced, str):
            return reduced
        parts = [self.of(one) for one in reduced[1:3] if one is not None]
        if isinstance(value, types.SimpleNamespace) or not parts:
            return None
        return parts


def _content_of(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None
