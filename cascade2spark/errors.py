"""The exception tree, the one message layout, and the near-match lookup.

::

    Cascade2SparkError
    ├── BuildError             a pipe, tap, scheme or Fields was constructed wrongly
    ├── PlanError              the assembly as a whole cannot be planned
    │   └── FieldNotFound      a selector names a field that does not reach it
    ├── Unsupported            an engine cannot honour what was asked
    ├── TapError               data is missing, unreadable, or in the way
    │   └── BadRecord          one record of a source could not be parsed (carries it)
    └── RunError               a row broke an operation (carries the row and its fields)
        ├── TupleError         a row, entry or result has the wrong width or type
        ├── CoercionError      a value cannot become the asked type
        ├── OperationError     a stock operation refused a value
        ├── AssertionFailed    a stream assertion did not hold
        ├── FlowError          a flow failed for a reason outside one row
        │   └── CascadeError   a cascade of flows failed
        └── UnsortedInput      rows that must be sorted are not

Raise sites pass parts; the layout is decided here alone, always in this order: what happened, what
was asked, what was there, nearest match, details, where the user built it, the path to it, and a
fix when there is exactly one. Every part is also an attribute.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cascade2spark.origin import Origin, capture_origin

__all__ = [
    "AssertionException",
    "AssertionFailed",
    "BadRecord",
    "BuildError",
    "Cascade2SparkError",
    "CascadeError",
    "CascadeException",
    "CascadingException",
    "ClassCastException",
    "CoercionError",
    "FieldNotFound",
    "FieldsResolverException",
    "FlowError",
    "FlowException",
    "FlowTapException",
    "IllegalArgumentException",
    "OperationError",
    "OperationException",
    "OperatorException",
    "PlanError",
    "PlannerException",
    "RunError",
    "TapError",
    "TapException",
    "TupleError",
    "TupleException",
    "UnsortedInput",
    "Unsupported",
    "nearest_match",
    "shown_value",
]

_LABEL_WIDTH = 12
_MOST_SHOWN = 200


def nearest_match(asked: str, available: Iterable[str]) -> str | None:
    """Return the entry of `available` that looks most like `asked`, or None when nothing is close.

    Case and underscores do not count, so that ``userId`` finds ``user_id``.
    """
    folded = {_folded(name): name for name in reversed(list(available))}
    word = _folded(asked)
    found = difflib.get_close_matches(word, folded, n=3, cutoff=0.6)
    # Of those that are equally like it, one that begins with it is what was meant.
    alike = [one for one in found if _likeness(word, one) == _likeness(word, found[0])]
    return folded[max(alike, key=lambda one: one.startswith(word))] if found else None


def shown_value(value: object, most: int = _MOST_SHOWN) -> str:
    """Return repr(value), cut at `most` characters; never raises."""
    try:
        text = repr(value)
    except Exception as broken:  # a user's __repr__ must not hide the real error
        text = f"<{type(value).__name__} whose repr raised {type(broken).__name__}>"
    return text if len(text) <= most else text[: most - 1] + "…"


class _Shown(str):
    """The text of an object that cannot be pickled; it shows as the object did."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _as_text(value: object) -> object:
    """Return a value that can always be pickled and shows as the one given."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if type(value) is list:
        return [_as_text(one) for one in value]
    if type(value) is tuple:
        return tuple(_as_text(one) for one in value)
    return _Shown(shown_value(value))


class Cascade2SparkError(Exception):
    """Base of every error of this library.

    Args:
        headline: what happened, one line, naming the pipe, tap or value.
        asked: what was asked for; a str is quoted, a list is quoted and joined.
        available: what was there; names, or (name, type) pairs.
        nearest: nearest match; looked up when `asked` is one str and `available` is given.
        details: further label -> value lines, in order.
        origin: where the user built the thing.
        branch: path of pipes from the source to the place.
        fix: what to do, only when there is exactly one thing to do.
    """

    # Whether it happened in work that another step does too, and reports; None: not placed yet.
    is_repeat: bool | None = None

    def __init__(
        self,
        headline: str,
        *,
        asked: object = None,
        available: Sequence[Any] | None = None,
        nearest: str | None = None,
        details: Mapping[str, object] | None = None,
        origin: Origin | None = None,
        branch: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.asked = asked
        self.available = available
        self.details = dict(details or {})
        self.origin = origin
        self.branch = branch
        self.fix = fix
        if nearest is None and isinstance(asked, str) and available:
            nearest = nearest_match(asked, [str(_name_of(entry)) for entry in available])
        self.nearest = nearest

    @property
    def cause(self) -> BaseException | None:
        """The error that led to this one (Java's getCause)."""
        return self.__cause__

    def __str__(self) -> str:
        return "\n".join([self.headline, *self._lines()])

    def _lines(self) -> list[str]:
        """Return what stands below the headline."""
        lines: list[str] = []
        if self.asked is not None:
            lines.append(_line("asked for", _quoted(self.asked)))
        if self.available is not None:
            lines.append(_line("available", _quoted(self.available) or "nothing"))
        if self.nearest is not None:
            lines.append(_line("nearest", repr(self.nearest)))
        for label, value in self.details.items():
            lines.append(_line(label, str(value)))
        if self.origin is not None:
            lines.append(_line("built at", str(self.origin)))
        if self.branch is not None:
            lines.append(_line("branch", self.branch))
        if self.fix is not None:
            lines.append(_line("fix", self.fix))
        return lines

    def locate(self, origin: Origin | None) -> None:
        """Name where the user built the thing, unless that is known."""
        self.origin = self.origin or origin

    def without_objects(self) -> Cascade2SparkError:
        """Return a copy whose parts are all text, which can always be pickled."""
        copy = _rebuild(type(self), self.headline, dict(self.__dict__))
        for name in ("asked", "available", "row", "fields", "payload"):
            if copy.__dict__.get(name) is not None:
                copy.__dict__[name] = _as_text(copy.__dict__[name])
        copy.details = {label: str(value) for label, value in self.details.items()}
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.headline, {**self.__dict__})


class BuildError(Cascade2SparkError, ValueError):
    """A pipe, tap, scheme, operation or Fields was made of parts that do not go together.

    It is raised while the user's line runs, and names it where no other is given.
    """

    # Whether the line is the one that ran: one that was recorded with a pipe tells more.
    is_running_line = False

    def __init__(self, headline: str, *, origin: Origin | None = None, **parts: Any) -> None:
        super().__init__(headline, origin=origin or capture_origin(), **parts)
        self.is_running_line = origin is None

    def locate(self, origin: Origin | None) -> None:
        """Name where the user built the thing, rather than the line that ran."""
        if origin is not None and self.is_running_line:
            self.origin, self.is_running_line = origin, False


class PlanError(Cascade2SparkError):
    """An assembly cannot be planned; `errors` holds every finding when there are several."""

    def __init__(self, headline: str, *, errors: Sequence[PlanError] = (), **parts: Any) -> None:
        super().__init__(headline, **parts)
        self._errors = tuple(errors)

    @property
    def errors(self) -> tuple[PlanError, ...]:
        """All findings of this plan; a single finding lists itself."""
        return self._errors or (self,)

    def __str__(self) -> str:
        if not self._errors:
            return super().__str__()
        parts = [self.headline]
        for number, error in enumerate(self._errors, start=1):
            first, *rest = f"{type(error).__name__}: {error}".split("\n")
            parts.append("\n".join([f"{number}. {first}", *(f"   {line}" for line in rest)]))
        return "\n".join(parts)


class FieldNotFound(PlanError):
    """A selector names a field, or a position, that does not reach it."""


class Unsupported(Cascade2SparkError):
    """An engine, a scheme or this library cannot honour what was asked, and says so by name."""


class TapError(Cascade2SparkError):
    """Data is missing, unreadable, or in the way."""


class BadRecord(TapError):
    """One record of a source could not be parsed.

    Args:
        payload: the record as it was read, what a trap receives.
    """

    def __init__(self, headline: str, *, payload: tuple[Any, ...] = (), **parts: Any) -> None:
        super().__init__(headline, **parts)
        self.payload = payload


class RunError(Cascade2SparkError):
    """A row broke an operation, or a flow failed while running.

    Args:
        row: the values in hand when it happened, shown cut at 200 characters.
        fields: the names of those values.
    """

    def __init__(
        self, headline: str, *, row: object = None, fields: object = None, **parts: Any
    ) -> None:
        super().__init__(headline, **parts)
        self.row = row
        self.fields = fields

    def __str__(self) -> str:
        shown = [self.headline]
        if self.fields is not None:
            shown.append(_line("fields", str(self.fields)))
        if self.row is not None:
            shown.append(_line("row", shown_value(self.row)))
        return "\n".join([*shown, *self._lines()])


class TupleError(RunError):
    """A row, an entry or an operation's result has the wrong width, name or type."""


class CoercionError(RunError, ValueError):
    """A value cannot become the asked type (Java's NumberFormatException and its like)."""


class OperationError(RunError):
    """A stock operation refused a value: no match, unparsable date, failed expression."""


class AssertionFailed(RunError):
    """A stream assertion did not hold for a row or a group."""


class FlowError(RunError):
    """A flow failed for a reason that is not one row's: a lost source, a full disk, a stop."""


class CascadeError(FlowError):
    """A cascade of flows cannot be ordered, or one of its flows failed."""


class UnsortedInput(RunError):
    """Rows that must arrive sorted do not."""


# Cascading's own names, for `except` clauses of ported code.
CascadingException = Cascade2SparkError
IllegalArgumentException = BuildError
PlannerException = PlanError
FieldsResolverException = FieldNotFound
OperatorException = RunError
OperationException = OperationError
TupleException = TupleError
ClassCastException = CoercionError
TapException = TapError
FlowTapException = TapError
FlowException = FlowError
CascadeException = CascadeError
AssertionException = AssertionFailed


def _line(label: str, value: str) -> str:
    indent = "\n" + " " * (_LABEL_WIDTH + 2)
    return f"  {label:<{_LABEL_WIDTH - 1}} {value}".replace("\n", indent)


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _likeness(asked: str, name: str) -> float:
    return difflib.SequenceMatcher(None, name, asked).ratio()


def _name_of(entry: Any) -> Any:
    return entry[0] if isinstance(entry, tuple) else entry


def _quoted(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(
            f"{entry[0]!r}: {entry[1]}" if isinstance(entry, tuple) else repr(entry)
            for entry in value
        )
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == "'":
        return value  # somebody quoted it already
    return repr(value) if isinstance(value, (str, int)) else str(value)


def _rebuild(
    kind: type[Cascade2SparkError], headline: str, state: dict[str, Any]
) -> Cascade2SparkError:
    error = kind.__new__(kind, headline)
    Exception.__init__(error, headline)
    error.__dict__.update(state)
    return error
