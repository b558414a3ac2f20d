"""How a case is run on an engine, and how what came of it is compared with what is expected."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.pipes import Pipe, tails_of
from cascade2spark.planner.rules import RULES
from cascade2spark.schemes import Scheme
from cascade2spark.schemes.lines import LineScheme
from cascade2spark.taps import Hfs, MemoryTap, MultiSinkTap, PartitionTap
from cascade2spark.value_text import plain_text
from tests.conformance.case import ONLY, Case, Fails, Lines, Row, Rows
from tests.conformance.stored import Stored
from tests.conformance.tree import Tree
from tests.inprocess import InProcessEngine

__all__ = ["Outcome", "Run", "check_case", "in_process", "local", "on_spark", "run_case"]

ALL_RULES_OFF = ",".join(RULES)


@attrs.frozen
class Run:
    """One engine with its settings.

    Args:
        engine: `local`, `inprocess` or `spark`.
        connector: makes the connector, given the properties of the flow.
        partitions: of exchanges.
        properties: what the run adds to the properties of the flow.
    """

    engine: str
    connector: Callable[[Mapping[str, Any]], FlowConnector]
    partitions: int = 1
    properties: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Outcome:
    """What came of a case.

    Args:
        rows: sink name -> rows in the order they are in; lines of a file are rows of one.
        fields: sink name -> fields as planned.
        traps: branch name -> trapped rows.
        counter: gives the value of a counter by group and name.
    """

    rows: Mapping[str, Sequence[Row]]
    fields: Mapping[str, Fields]
    traps: Mapping[str, Sequence[Row]]
    counter: Callable[[str, str], int]


# The engine that is made for the tests knows the trap by its number only.
_TOLD_OTHERWISE = (("inprocess", "traps/a_trap_that_fails_fails_the_flow"),)


# -- engines -------------------------------------------------------------------------------------


class InProcessConnector(FlowConnector):
    """Runs flows over `batch/` in this process."""

    def __init__(self, properties: Mapping[str, Any], engine: InProcessEngine) -> None:
        super().__init__(properties)
        self._given = engine

    def _engine(self, settings: Any) -> InProcessEngine:
        return self._given


def local() -> Run:
    """Return the run on the local engine."""
    return Run("local", LocalFlowConnector)


def in_process(
    partitions: int = 1, *, rules_off: str = "", form: str = "auto", batch_rows: int = 4
) -> Run:
    """Return a run over `batch/` in process."""
    engine = InProcessEngine(partitions=partitions, batch_rows=batch_rows)
    properties = {"cascade2spark.form": form}
    if rules_off:
        properties["cascade2spark.rules.off"] = rules_off
    return Run("inprocess", lambda given: InProcessConnector(given, engine), partitions, properties)


def on_spark(
    sc: Any, partitions: int, *, rules_off: str = "", batch_rows: int = 1500, form: str = "auto"
) -> Run:
    """Return a run on Spark."""
    from cascade2spark.connectors import SparkFlowConnector

    properties: dict[str, Any] = {
        "cascade2spark.partitions": partitions,
        "cascade2spark.rows.batch": batch_rows,
        "cascade2spark.form": form,
        "cascade2spark.progress": "off",
    }
    if rules_off:
        properties["cascade2spark.rules.off"] = rules_off
    return Run("spark", lambda given: SparkFlowConnector(sc, given), partitions, properties)


# -- running -------------------------------------------------------------------------------------


def run_case(case: Case, run: Run, folder: Path) -> Outcome:
    """Build, connect and complete a case; what it raises passes."""
    tails = build(case)
    return _complete(*connect(case, run, folder, tails))


def build(case: Case) -> list[Pipe]:
    """Return the tails of the case's assembly."""
    built = case.build(**{name: Pipe(name) for name in case.inputs})
    return [
        tail for pipe in ([built] if isinstance(built, Pipe) else built) for tail in tails_of(pipe)
    ]


def connect(case: Case, run: Run, folder: Path, tails: Sequence[Pipe]) -> tuple[Any, FlowDef]:
    """Return the planned flow of a case, and its definition."""
    definition = FlowDef().set_name(case.name)
    if case.flow is not None:
        case.flow(definition)
    for name, data in case.inputs.items():
        definition.add_source(name, _source(name, data, folder))
    for tail in tails:
        if tail.name not in definition.sinks:
            key = ONLY if ONLY in case.sinks else tail.name
            definition.add_sink(tail.name, _sink(tail.name, case.sinks.get(key), folder))
        definition.add_tail(tail)
    for name in case.traps:
        if name not in definition.traps:
            definition.add_trap(name, MemoryTap())
    connector = run.connector({**run.properties, **case.properties})
    return connector.connect(definition), definition


def _complete(flow: Any, definition: FlowDef) -> Outcome:
    flow.complete()
    stats = flow.get_stats()
    return Outcome(
        rows={name: _rows_in(tap) for name, tap in definition.sinks.items()},
        fields={write.site.name: write.fields for write in flow.planned.steps.writes},
        traps={name: _rows_in(tap) for name, tap in definition.traps.items()},
        counter=stats.get_counter_value,
    )


def _source(name: str, data: Rows | Lines | Tree | Stored, folder: Path) -> Any:
    if isinstance(data, (Tree, Stored)):
        return data.tap_at(folder / f"{name}.in")
    if isinstance(data, Rows):
        return MemoryTap(data.fields, data.rows)
    assert data.scheme is not None
    path = folder / f"{name}.in"
    text = "".join(f"{line}\n" for line in data.lines)
    path.write_text(text, encoding="utf-8", newline="")
    return Hfs(data.scheme, str(path))


def _sink(name: str, given: Any, folder: Path) -> Any:
    if callable(given):
        return given(str(folder / f"{name}.out"))
    if isinstance(given, Scheme):
        return Hfs(given, str(folder / f"{name}.out"))
    return MemoryTap(Fields.ALL if given is None else given)


def _rows_in(tap: Any) -> list[Row]:
    if isinstance(tap, MultiSinkTap):
        return [row for child in tap.taps for row in _rows_in(child)]
    if isinstance(tap, MemoryTap):
        return list(tap.rows)
    if isinstance(tap, PartitionTap):
        return _rows_below(Path(tap.path))
    parts = sorted(path for path in Path(tap.path).iterdir() if path.name.startswith("part-"))
    assert (Path(tap.path) / "_SUCCESS").exists()
    if not isinstance(tap.scheme, LineScheme):
        return [tuple(entry.get_tuple()) for entry in tap.open_for_read()]
    return [(line,) for part in parts for line in part.read_text(encoding="utf-8").split("\n")[:-1]]


def _rows_below(folder: Path) -> list[Row]:
    """Return the lines of a folder tree, each behind the folder it lies in."""
    assert (folder / "_SUCCESS").exists()
    found: list[Row] = []
    for part in sorted(folder.rglob("part-*")):
        if part.is_file():
            below = part.parent.relative_to(folder).as_posix()
            lines = part.read_text(encoding="utf-8").split("\n")[:-1]
            found += [(below, line) for line in lines]
    return found


# -- comparing -----------------------------------------------------------------------------------


def check_case(case: Case, run: Run, folder: Path) -> None:
    """Run a case and assert what it expects; a declared gap must fail as declared."""
    gap = case.gap_of(run.engine)
    if gap is None:
        _check(case, run, folder)
        return
    with pytest.raises(gap.raises):
        _check(case, run, folder)


def _check(case: Case, run: Run, folder: Path) -> None:
    if case.fails is not None:
        _check_failure(case, case.fails, run, folder)
        return
    outcome = run_case(case, run, folder)
    expected = case.expected
    if ONLY in expected:
        assert len(outcome.rows) == 1, f"one sink expected, got {sorted(outcome.rows)}"
        expected = {next(iter(outcome.rows)): expected[ONLY]}
    assert set(outcome.rows) == set(expected)
    for name, rows in expected.items():
        wanted = [(line,) for line in rows.lines] if isinstance(rows, Lines) else list(rows)
        is_ordered = case.ordered and run.partitions == 1
        compare(outcome.rows[name], wanted, is_ordered=is_ordered, within=case.within)
    if case.fields is not None:
        for fields in outcome.fields.values():
            assert list(fields) == list(case.fields)
    for name, rows in case.traps.items():
        compare(outcome.traps[name], list(rows))
    for (group, name), value in case.counters.items():
        assert outcome.counter(group, name) == value, f"counter {group}.{name}"


def _check_failure(case: Case, fails: Fails, run: Run, folder: Path) -> None:
    stage = "build"
    try:
        tails = build(case)
        stage = "plan"
        connected = connect(case, run, folder, tails)
        stage = "run"
        outcome = _complete(*connected)
    except fails.kind as error:
        assert stage == fails.at, f"failed at {stage}, not at {fails.at}: {error}"
        message = str(error)
        for fact in fails.facts:
            assert fact in message, f"{fact!r} is not in\n{message}"
        if fails.cause is not None:
            assert any(isinstance(one, fails.cause) for one in _chain(error)), message
        is_same = run.engine == "local" or (run.engine, case.name) in _TOLD_OTHERWISE
        if stage == "run" and not is_same:
            assert _parts_of(error) == _parts_of(_local_error(case, folder)), message
    else:
        pytest.fail(f"expected {fails.kind} at {fails.at}, got {dict(outcome.rows)}")


def _local_error(case: Case, folder: Path) -> BaseException:
    (folder / "local").mkdir()
    with pytest.raises(Exception) as caught:
        run_case(case, local(), folder / "local")
    return caught.value


def _parts_of(error: BaseException) -> tuple[list[str], list[object]]:
    """Return which lines a message has, and the place in it, whichever row was the first."""
    labels = [line[2:13].strip() for line in str(error).split("\n")[1:] if line[2:3].strip()]
    own: Any = error
    place = str(own.details.get("in")).replace("/local/", "/")
    return labels, [place, own.origin, own.branch]


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None:
        found.append(error)
        error = error.__cause__
    return found


def compare(
    got: Sequence[Row],
    expected: Sequence[Row],
    *,
    is_ordered: bool = False,
    within: tuple[int, ...] | None = None,
) -> None:
    """Assert that rows are the same: kinds exactly, doubles to 1e-12 relative.

    Args:
        is_ordered: the order counts.
        within: columns; rows that agree on them are in the expected order.
    """
    if not is_ordered:
        if within is not None:
            got, expected = _regrouped(got, within), _regrouped(expected, within)
        else:
            got, expected = sorted(got, key=_shown), sorted(expected, key=_shown)
    is_same = len(got) == len(expected) and all(map(is_same_row, got, expected))
    assert is_same, "\n".join(["expected", *map(repr, expected), "got", *map(repr, got)])


def is_same_row(left: Any, right: Any) -> bool:
    """Tell whether two values, or two rows of them, are the same."""
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)):
        return len(left) == len(right) and all(map(is_same_row, left, right))
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        if math.isnan(left) or left == 0.0:
            return repr(left) == repr(right)
        return math.isclose(left, right, rel_tol=1e-12)
    # Decimal 1.0 and 1.00 are equal in a key, but two values.
    return bool(left == right) and plain_text(left) == plain_text(right)


def _shown(row: Any) -> str:
    if isinstance(row, (tuple, list)):
        return f"({','.join(map(_shown, row))})"
    return f"float {row:.10g}" if isinstance(row, float) else f"{type(row).__name__} {row!r}"


def _regrouped(rows: Sequence[Row], columns: tuple[int, ...]) -> list[Row]:
    return sorted(rows, key=lambda row: [_shown(row[column]) for column in columns])
