"""A run of Each operations as one generated function over lists of rows.

Nanoseconds a row (CPython 3.11 on one x86-64 core, rows of 5 fields in batches of 1500): six plain
callables 600; one that hands its row on 100; a filter 60, with or without a trap; a projection 120.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs

from cascade2spark.batch.fuse_forms import Link
from cascade2spark.batch.fuse_source import chain_text
from cascade2spark.batch.fuse_text import ChainText
from cascade2spark.batch.generated import Generated
from cascade2spark.batch.lifecycle import Operations, TaskContext, TrapFailed, row_view
from cascade2spark.batch.specs import EachSpec, ProjectSpec, is_each
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.operations.base import (
    BaseOperation,
    FilterCall,
    FlowProcess,
    FunctionCall,
    OperationCall,
    OutputCollector,
    ValueAssertionCall,
)
from cascade2spark.operations.callables import (
    PlainFilter,
    RowFilter,
    RowFunction,
    Shape,
    checked_row,
    nester,
    refuse_tuple_of_one,
    wrong_shape,
)
from cascade2spark.operations.failures import located_error, refuse_result
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.logic import Stop
from cascade2spark.operations.passing import Identity, Insert

__all__ = ["EachRun"]

Row = tuple[Any, ...]
_HOW = {Shape.VALUE: "value", Shape.ROW: "row", Shape.VALUES: "values", Shape.ROWS: "rows"}


@attrs.define(eq=False)
class _Member:
    """One operator of a run, bound to this task."""

    spec: EachSpec | ProjectSpec
    link: Link
    names: dict[str, Any]
    call: OperationCall | None = None
    collector: OutputCollector | None = None


class EachRun:
    """Neighbouring operators over single rows, fused; one per task.

    Args:
        operators: what to do to each row, in order; at least one.
        task: the task at work.
        is_immediate: hand on every row by itself, so that an error further down the task, thrown
            back in, finds the nearest trap above it.
    """

    def __init__(
        self,
        operators: Sequence[EachSpec | ProjectSpec],
        task: TaskContext,
        *,
        is_immediate: bool = False,
    ) -> None:
        self._task = task
        self._is_immediate = is_immediate
        self._operators = operators
        self._operations = Operations(task)
        self._members: list[_Member] = []
        self._counts = [0] * len(operators)
        self._entered = 0
        self._flushed: dict[int, int] = {}
        self._generated = Generated()
        self._globals = self._generated.names
        self._globals.update(last={}, refused=[0])
        self._sources: dict[int, ChainText] = {}
        self._is_reported = False
        self._stops: list[tuple[Stop, Any]] = []

    def prepare(self) -> None:
        """Prepare every operation, in order."""
        for number, spec in enumerate(self._operators):
            member = self._bind(spec) if is_each(spec) else _project(spec)
            self._members.append(member)
            if is_each(spec) and isinstance(spec.operation, Stop):
                self._stops.append((spec.operation, member.call))
            for name, value in member.names.items():
                self._globals[f"{name}{number}"] = value
            if member.link.inline is not None:
                self._globals.update(member.link.inline.bound(number))
        self._function(0)

    def rows(self, batch: list[Row]) -> Iterator[list[Row]]:
        """Yield what becomes of a batch, as batches that are not empty."""
        self._entered += len(batch)
        try:
            yield from self._function(0)(batch, self._counts)
        except Exception as error:
            self._fail(error)

    def flush(self) -> Iterator[list[Row]]:
        """Tell every operation, in order, that input is complete; yield what they still emit."""
        for number, member in enumerate(self._members):
            rows = self._flushed_rows(number, member)
            if not rows:
                continue
            if number + 1 == len(self._members):
                self._counts[number] += len(rows)
                yield rows
                continue
            self._flushed[number] = len(rows)
            try:
                yield from self._function(number + 1)(rows, self._counts)
            except Exception as error:
                self._fail(error)

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Clean up every prepared operation, once."""
        self._report()
        self._operations.cleanup(is_failing=is_failing)

    def bound(self, number: int) -> tuple[FlowProcess, Any]:
        """Return what one operation was prepared with: its process and its call."""
        member = self._members[number]
        assert member.call is not None and is_each(member.spec)
        return self._operations.process_of(member.spec), member.call

    @property
    def has_stop(self) -> bool:
        """Whether the run has a Stop filter."""
        return bool(self._stops)

    @property
    def is_finished(self) -> bool:
        """Whether a Stop filter has come to its end: no later row leaves the run."""
        return any(stop.is_finished(call) for stop, call in self._stops)

    @property
    def source(self) -> str:
        """The generated text, for tests and for the curious."""
        return self._sources[0].text

    # -- binding -------------------------------------------------------------------------------

    def _bind(self, spec: EachSpec) -> _Member:
        operation = spec.operation
        how, names, call = _driven(spec) if not _is_plain(spec) else _plain(spec)
        member = _Member(spec, _link(spec, how), names, call)
        if how == "function":
            member.collector = OutputCollector(spec.declared)
            call.output_collector = member.collector  # type: ignore[attr-defined]
            names["take"] = member.collector.take
        if not _is_plain(spec):
            names["process"] = self._operations.process_of(spec)
        if spec.trap is not None:
            names["trap"] = self._trap_of(spec, spec.trap)
        overrides_prepare = type(operation).prepare not in (RowFunction.prepare, RowFilter.prepare)
        self._operations.prepare(spec, call, by_call=not _is_plain(spec) or overrides_prepare)
        if _is_plain(spec):
            names["f"] = _callable_of(spec)
            member.link = attrs.evolve(member.link, inline=_inline_of(spec))
            if spec.operation.nesting is not None:
                names["nest"] = nester(spec.operation.nesting)
        if spec.arguments.is_dynamic:
            names["pick"] = spec.arguments.of()
        if spec.layout is not None:
            names["build"] = spec.layout.build()
        return member

    def _trap_of(self, spec: EachSpec, number: int) -> Callable[[Exception, Row], None]:
        task = self._task

        def trap(error: Exception, values: Row) -> None:
            # What failed may be an operator further down that has no trap of its own.
            task.trap(number, values, self._located(error), spec.site)

        return trap

    def _function(self, start: int) -> Callable[[list[Row], list[int]], Iterable[list[Row]]]:
        """Return the generated function of the operators from `start` on, made when first used."""
        source = self._sources.get(start)
        if source is None:
            source = chain_text(
                [member.link for member in self._members],
                start,
                is_immediate=self._is_immediate,
                limit=self._task.batch_rows,
            )
            self._sources[start] = source
            self._generated.add(source.text, source.owners, source.arguments)
        found: Callable[..., Iterable[list[Row]]] = self._globals[source.name]
        return found

    # -- after the rows ------------------------------------------------------------------------

    def _flushed_rows(self, number: int, member: _Member) -> list[Row]:
        """Flush one operation; return what it emitted, laid out with the last row it saw."""
        spec = member.spec
        if member.call is None or not is_each(spec):
            return []
        self._operations.flush(spec, member.call)
        results = member.collector.take() if member.collector is not None else []
        if not results or spec.layout is None:
            return results
        last = self._globals["last"].get(number, (None,) * len(spec.incoming))
        build = spec.layout.build()
        return [build(last, result) for result in results]

    def _report(self) -> None:
        if self._is_reported or len(self._members) < len(self._operators):
            return
        self._is_reported = True
        counters = self._sources[0].counters
        entered = self._entered
        for number, member in enumerate(self._members):
            counter = counters[number]
            left = self._entered if counter == -1 else self._counts[counter]
            left += self._flushed_before(number, counter)
            self._task.report.count_rows(member.spec.site.key, entered, left)
            entered = left

    def _flushed_before(self, number: int, counter: int) -> int:
        """Return the rows flushed into the run after its counter and up to a member."""
        return sum(rows for place, rows in self._flushed.items() if counter <= place <= number)

    # -- failures ------------------------------------------------------------------------------

    def _fail(self, error: Exception) -> None:
        """Raise what the user is to see."""
        located = self._located(error)
        raise located from located.__cause__

    def _located(self, error: Exception) -> Exception:
        """Return an error that names the operator, found by the line of generated code."""
        found = self._generated.failed_place(error.__traceback__)
        if found is None or isinstance(error, TrapFailed):
            return error
        number, values = found
        spec = self._members[number].spec
        if not is_each(spec):
            return located_error(error, spec.site, values, None)
        shown = None if values is None else spec.arguments.shown(values)
        return located_error(error, spec.site, shown, spec.argument_fields)


_PLAIN_FORMS = frozenset({"value", "row", "values", "rows", "keep", "remove"})


def _link(spec: EachSpec, how: str) -> Link:
    declared = spec.declared
    varies = declared.is_unknown() or declared.is_all()
    keeps_last = (
        how == "function"
        and type(spec.operation).flush is not BaseOperation.flush
        and spec.layout is not None
        and not spec.layout.is_results
    )
    return Link(
        how,
        spec.incoming,
        spec.outgoing,
        spec.arguments,
        spec.layout,
        None if varies else len(declared),
        spec.trap is not None,
        keeps_last,
        bool(getattr(spec.operation, "is_plain", False)),
        getattr(spec.operation, "nesting", None) if how in _PLAIN_FORMS else None,
        # A class says so of itself: what derives from it may do otherwise.
        is_exact=bool(vars(type(spec.operation)).get("is_exact")),
        is_blind=bool(vars(type(spec.operation)).get("is_blind")),
    )


def _project(spec: Any) -> _Member:
    link = Link("project", None, spec.outgoing, spec.pick, None, None)
    return _Member(spec, link, {"pick": spec.pick.of()})


def _is_plain(spec: EachSpec) -> bool:
    """Tell whether a callable can be bound directly: nothing of the class style is overridden."""
    operation = spec.operation
    kind = type(operation)
    if not isinstance(operation, (RowFunction, RowFilter)) or kind.flush is not BaseOperation.flush:
        return False
    if isinstance(operation, RowFunction):
        return spec.kind == "function" and kind.operate is RowFunction.operate
    return spec.kind == "filter" and kind.is_remove is RowFilter.is_remove


def _callable_of(spec: EachSpec) -> Callable[..., Any]:
    operation = spec.operation
    if isinstance(operation, RowFunction):
        return operation.bind(spec.argument_fields, spec.declared)
    if isinstance(operation, PlainFilter):
        return operation.call  # `keep` turns the answer round without another call
    found: Callable[..., bool] = operation.bind(spec.argument_fields)
    return found


def _inline_of(spec: EachSpec) -> Inline | None:
    """Return the operation as text, if its class says so itself and the arguments have places."""
    operation = spec.operation
    if "inline" not in vars(type(operation)) or spec.arguments.positions is None:
        return None
    if isinstance(operation, RowFunction):
        return operation.inline(spec.argument_fields, spec.declared)
    found: Inline | None = operation.inline(spec.argument_fields)
    return found


def _plain(spec: EachSpec) -> tuple[str, dict[str, Any], OperationCall]:
    operation = spec.operation
    if isinstance(operation, RowFilter):
        keeps = isinstance(operation, PlainFilter) and operation.keeps
        return ("keep" if keeps else "remove"), {}, FilterCall(spec.argument_fields, spec.declared)
    one = partial(refuse_tuple_of_one, declared=spec.declared, origin=operation.origin)
    names = {"fix": _row_fixer(spec), "many": _many_fixer(spec), "one": one}
    call = FunctionCall(spec.argument_fields, spec.declared)
    if spec.trap is None:  # what fails further down comes back to a call that has a trap
        # Where arguments are looked for in each row, one may lack them.
        is_there = spec.arguments.positions is not None
        if type(operation) is Insert and (is_there or spec.arguments.is_all):
            return "constant", {**names, "k": operation.values}, call
        if type(operation) is Identity and not operation.types and is_there:
            return "same", names, call
    return _HOW[operation.shape], names, call


def _driven(spec: EachSpec) -> tuple[str, dict[str, Any], OperationCall]:
    operation = spec.operation
    view, show = row_view(spec.argument_fields)
    if spec.kind == "function":
        call: Any = FunctionCall(spec.argument_fields, spec.declared)
        name, method = "operate", operation.operate
    elif spec.kind == "filter":
        call = FilterCall(spec.argument_fields, spec.declared)
        name, method = "is_remove", operation.is_remove
    elif spec.kind == "assertion":
        call = ValueAssertionCall(spec.argument_fields, spec.declared)
        name, method = "do_assert", operation.do_assert
    else:
        raise Unsupported(f"{spec.site.label} is of no kind that works on rows", asked=spec.kind)
    call.arguments = view
    void = partial(refuse_result, operation, name)
    return spec.kind, {"show": show, "f": method, "call": call, "void": void}, call


def _row_fixer(spec: EachSpec) -> Callable[[Any], Row]:
    declared: Fields = spec.declared
    width = None if declared.is_unknown() or declared.is_all() else len(declared)
    origin = spec.operation.origin
    return lambda result: checked_row(result, width, declared, origin)


def _many_fixer(spec: EachSpec) -> Callable[[Any], Iterable[Any]]:
    declared, origin = spec.declared, spec.operation.origin

    def many(results: Any) -> Iterable[Any]:
        if results is None:
            return ()
        if isinstance(results, (str, bytes)) or not isinstance(results, Iterable):
            raise wrong_shape(results, declared, origin, "an iterable of results")
        return results

    return many
