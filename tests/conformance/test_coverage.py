"""Which rows of section 11 of the behaviour reference have a case, and which do not, and why."""

from __future__ import annotations

from collections import Counter

from cascade2spark.operations.base import BaseOperation
from cascade2spark.pipes import Pipe
from tests.conformance.cases import CASES

ROWS = range(1, 66)

WITHOUT_A_CASE = {
    60: "cascades are tested by themselves, in tests/unit: a case is one flow",
    64: "side files are opened by operations; tested in tests/unit",
}


def test_every_row_has_a_case_or_a_reason() -> None:
    covered = {row for case in CASES for row in case.covers}
    assert sorted(set(ROWS) - covered) == sorted(WITHOUT_A_CASE)


def test_no_case_names_a_row_that_does_not_exist() -> None:
    assert {row for case in CASES for row in case.covers} <= set(ROWS)


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_every_case_has_a_source_and_an_expectation() -> None:
    assert [case.name for case in CASES if not case.source] == []
    assert [case.name for case in CASES if bool(case.expected) == bool(case.fails)] == []


def test_cases_of_stock_operations_alone_are_told_from_the_others() -> None:
    wrong = [
        case.name
        for case in CASES
        if (case.fails is None or case.fails.at != "build")
        and not case.python_only
        and not all(map(is_stock, operations_of(case)))
    ]
    assert wrong == []


def operations_of(case) -> list[BaseOperation]:
    built = case.build(**{name: Pipe(name) for name in case.inputs})
    waiting = [built] if isinstance(built, Pipe) else list(built)
    found, seen = [], set()
    while waiting:
        pipe = waiting.pop()
        if id(pipe) not in seen:
            seen.add(id(pipe))
            waiting.extend(pipe.previous)
            if getattr(pipe, "operation", None) is not None:
                found.append(pipe.operation)
    return found


def is_stock(operation: BaseOperation) -> bool:
    module = type(operation).__module__
    return module.startswith("cascade2spark.") and not module.endswith("operations.callables")
