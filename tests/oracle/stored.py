"""What Cascading made of each case, as stored, and whether the case expects just that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.conformance.case import ONLY, Case, Lines
from tests.conformance.engines import compare
from tests.oracle.export import COUNTER_GROUPS
from tests.oracle.values import decode_row

__all__ = ["STORE", "Result", "difference", "is_alike", "load", "save", "settled"]

STORE = Path(__file__).parents[1] / "conformance" / "oracle.jsonl"
STAGES = ("build", "plan", "run")


@attrs.frozen(kw_only=True)
class Result:
    """What came of a case on Cascading.

    Args:
        name: of the case.
        case: fingerprint of what Cascading was given.
        cascading: version.
        planner: which of its planners.
        rows: sink -> rows, in order.
        fields: sink -> names that the plan resolved.
        traps: branch -> trapped rows.
        counters: "group:name" -> value.
        at: stage at which it failed.
        error: classes of the exception and its causes, outermost first.
        message: of the innermost one; not stored, for it may differ from run to run.
    """

    name: str
    case: str
    cascading: str
    planner: str
    rows: Mapping[str, Sequence[Any]] | None = None
    fields: Mapping[str, Sequence[Any]] = attrs.field(factory=dict)
    traps: Mapping[str, Sequence[Any]] = attrs.field(factory=dict)
    counters: Mapping[str, int] = attrs.field(factory=dict)
    at: str | None = None
    error: Sequence[str] = ()
    message: str | None = attrs.field(default=None, eq=False)


def load() -> dict[str, Result]:
    """Return the stored results by the names of their cases."""
    lines = STORE.read_text("utf-8").splitlines() if STORE.exists() else []
    results = [Result(**json.loads(line)) for line in lines]
    return {result.name: result for result in results}


def settled(case: Case, result: Result) -> Result:
    """Return a result with its rows in one order where any order is right."""

    def sort(rows: Sequence[Any]) -> list[Any]:
        return sorted(rows, key=json.dumps)

    def settle(rows: Sequence[Any]) -> Sequence[Any]:
        if case.ordered:
            return rows
        if case.within is None:
            return sort(rows)
        places = case.within
        return sorted(rows, key=lambda row: json.dumps([row[place] for place in places]))

    rows = result.rows and {name: settle(one) for name, one in result.rows.items()}
    traps = {name: sort(one) for name, one in result.traps.items()}
    return attrs.evolve(result, rows=rows, traps=traps)


def is_alike(case: Case, old: Result | None, new: Result) -> bool:
    """Tell whether a stored result is as good as a new one.

    Which of several errors comes first differs from run to run; so may a result that we do not
    want, as when Cascading's threads lose the rows of one branch or of the other.
    """
    if old is None or case.differs:
        return old is not None and (old.case, old.cascading) == (new.case, new.cascading)
    return attrs.evolve(old, error=()) == attrs.evolve(new, error=())


def save(cases: Mapping[str, Case], results: Iterable[Result]) -> None:
    """Store results, one a line, without what they do not have."""
    before, lines = load(), []
    for new in results:
        old = before.get(new.name)
        result = old if old is not None and is_alike(cases[new.name], old, new) else new
        held = attrs.asdict(
            result, filter=lambda field, value: field.eq and value not in (None, {}, ())
        )
        lines.append(f"{json.dumps(held, ensure_ascii=False)}\n")
    STORE.write_text("".join(lines), encoding="utf-8")


def difference(case: Case, result: Result) -> str | None:
    """Return how what a case expects differs from Cascading's result, None where it does not."""
    try:
        _check(case, result)
    except AssertionError as found:
        return str(found)
    return None


def _check(case: Case, result: Result) -> None:
    if case.fails is not None:
        assert result.at is not None, f"expected to fail at {case.fails.at}, got {result.rows}"
        # We may find out earlier than Cascading, never later.
        is_late = STAGES.index(case.fails.at) > STAGES.index(result.at)
        assert not is_late, f"expected to fail at {case.fails.at}, fails at {result.at}: {result}"
        return
    assert result.rows is not None, f"fails at {result.at}: {result.error}: {result.message}"
    expected = dict(case.expected)
    if ONLY in expected:
        expected = {next(iter(result.rows)): expected[ONLY]}
    assert set(result.rows) == set(expected), f"sinks are {set(result.rows)}"
    for name, rows in expected.items():
        wanted = [(line,) for line in rows.lines] if isinstance(rows, Lines) else list(rows)
        got = [decode_row(row) for row in result.rows[name]]
        compare(got, wanted, is_ordered=case.ordered, within=case.within)
    for name, trapped in case.traps.items():
        got = [decode_row(row) for row in result.traps[name]]
        compare(got, list(trapped))
    for (group, name), value in case.counters.items():
        counted = result.counters[f"{COUNTER_GROUPS.get(group, group)}:{name}"]
        assert counted == value, f"counter {group} {name}: expected {value}, got {counted}"
    if case.fields is not None and case.fields.is_defined():
        for names in result.fields.values():
            assert list(case.fields) == names, f"fields: expected {case.fields}, got {names}"
