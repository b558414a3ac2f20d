"""What a conformance case is: data, and one function that builds the assembly from its heads.

A case names where its expected rows come from: a section of the behaviour reference, the Java test
that pins the row, or the reasoning. Never our own output. Cases built from stock parts alone can be
handed to another engine as data; those with functions of ours say `python_only`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import Scheme

__all__ = ["Case", "Fails", "Gap", "Lines", "Rows", "Topic", "lines", "missing", "rows"]

Row = tuple[Any, ...]
ENGINES = ("local", "inprocess", "spark")


@attrs.frozen
class Rows:
    """Rows in memory: an input."""

    fields: Fields
    rows: tuple[Row, ...]


@attrs.frozen
class Lines:
    """A text file: an input, or what a sink holds.

    Args:
        scheme: reads or writes it; None for an expected output, whose scheme `sinks` gives.
        lines: without their ends.
    """

    scheme: Scheme | None
    lines: tuple[str, ...]


@attrs.frozen
class Fails:
    """The expected error.

    Args:
        kind: its class.
        facts: texts that its message holds, each of them.
        at: `build` (constructing the pipes), `plan` (connect) or `run` (complete).
        cause: class of an error down its chain of causes.
    """

    kind: type[Exception]
    facts: tuple[str, ...] = ()
    at: str = "run"
    cause: type[BaseException] | None = None


@attrs.frozen
class Gap:
    """A case that an engine does not pass yet; strict: when it passes, the mark has to go."""

    engine: str
    reason: str
    raises: type[BaseException]


@attrs.frozen(kw_only=True)
class Case:
    """One behaviour.

    Args:
        name: `topic/behaviour`, unique.
        source: where the expected rows come from.
        inputs: head name -> its data.
        build: called with a head Pipe for each input, by name; returns the tail or the tails.
        expected: sink name -> rows, or Lines when the sink has a scheme.
        fails: the expected error, instead of rows.
        fields: names of the sink's fields in their order, as the plan resolved them.
        sinks: sink name -> declared sink fields or a scheme, for sinks that do not take all.
        ordered: the order of the rows counts, where there is one partition.
        within: positions of outgoing columns; rows that agree on them come in the order given,
            whatever the number of partitions.
        traps: branch name -> rows expected in the trap bound to it.
        counters: (group, name) -> value.
        properties: of the flow.
        partitions: runs on this number of partitions only.
        flow: called with the FlowDef before it is connected, for levels and the like.
        covers: rows of section 11 of the behaviour reference that the case pins.
        python_only: uses functions written in Python.
        differs: the line of docs/explanation/differences.md (the beginning of its first cell) that
            says why Cascading's result is another one; `tests/oracle` checks that it is.
        gaps: engines that do not pass yet.
    """

    name: str
    source: str
    build: Callable[..., Pipe | Sequence[Pipe]]
    inputs: Mapping[str, Rows | Lines]
    expected: Mapping[str, Sequence[Row] | Lines] = attrs.field(factory=dict)
    fails: Fails | None = None
    fields: Fields | None = None
    sinks: Mapping[str, Fields | Scheme] = attrs.field(factory=dict)
    ordered: bool = False
    within: tuple[int, ...] | None = None
    traps: Mapping[str, Sequence[Row]] = attrs.field(factory=dict)
    counters: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    properties: Mapping[str, Any] = attrs.field(factory=dict)
    partitions: int | None = None
    flow: Callable[[Any], Any] | None = None
    covers: tuple[int, ...] = ()
    python_only: bool = False
    differs: str = ""
    gaps: tuple[Gap, ...] = attrs.field(default=(), converter=tuple)

    def gap_of(self, engine: str) -> Gap | None:
        """Return the gap declared for an engine."""
        return next((gap for gap in self.gaps if gap.engine == engine), None)


def rows(fields: Any, *values: Any) -> Rows:
    """Return an input: field names as one text or as Fields, then a tuple for each row.

    Where there is one field, a row may be given as its bare value.
    """
    named = Fields(*fields.split()) if isinstance(fields, str) else fields
    return Rows(named, as_rows(values))


def lines(scheme: Scheme | None, *texts: str) -> Lines:
    """Return a text file."""
    return Lines(scheme, texts)


def missing(engine: str, reason: str, raises: type[BaseException]) -> Gap:
    """Declare that an engine does not pass a case, and how it fails."""
    assert engine in ENGINES and reason
    return Gap(engine, reason, raises)


def as_rows(values: Iterable[Any]) -> tuple[Row, ...]:
    """Return rows as tuples; a bare value is a row of one."""
    return tuple(value if isinstance(value, tuple) else (value,) for value in values)


class Topic:
    """The cases of one file, in the order they are written; used as a decorator.

    Example::

        case = Topic("group_by")

        @case("3.3", expected=[("a", 2)], a=rows("k", "a", "a"))
        def counts_rows(a):
            return Every(GroupBy(a, "k"), Count())
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases: list[Case] = []

    def __call__(self, source: str, **parts: Any) -> Callable[[Callable[..., Any]], Any]:
        """Return a decorator that makes a case of a building function.

        Inputs are given by the names of the function's parameters, `expected` as a list of rows for
        the one tail or as a mapping for several, `covers` as a number or several.
        """

        def decorate(build: Callable[..., Any]) -> Callable[..., Any]:
            self.add(build.__name__, source, build, **parts)
            return build

        return decorate

    def add(self, name: str, source: str, build: Callable[..., Any], **parts: Any) -> None:
        """Add a case by its parts; see `__call__`."""
        parameters = inspect.signature(build).parameters.values()
        heads = [
            one.name
            for one in parameters
            if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
        ]
        inputs = {head: parts.pop(head) for head in heads}
        covers = parts.pop("covers", ())
        fields = parts.pop("fields", None)
        expected = parts.pop("expected", None)
        self.cases.append(
            Case(
                name=f"{self.name}/{name}",
                source=source,
                build=build,
                inputs=inputs,
                covers=(covers,) if isinstance(covers, int) else tuple(covers),
                fields=Fields(*fields.split()) if isinstance(fields, str) else fields,
                expected=_by_sink(expected),
                sinks=_by_sink(parts.pop("sinks", None)),
                traps={key: as_rows(value) for key, value in parts.pop("traps", {}).items()},
                **parts,
            )
        )


# The key under which a case with one tail keeps what it says about its sink.
ONLY = ""


def _by_sink(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    by_name = given if isinstance(given, Mapping) else {ONLY: given}
    return {
        name: as_rows(value) if isinstance(value, list) else value
        for name, value in by_name.items()
    }
