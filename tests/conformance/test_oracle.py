"""What cases expect is what real Cascading gave; `python -m tests.oracle` asks it again.

Reads results that are stored, so it needs neither Java nor a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.conformance.case import ONLY, Case
from tests.conformance.cases import CASES
from tests.conformance.test_coverage import ROWS
from tests.oracle.export import exported_cases, fingerprint
from tests.oracle.stored import Result, difference, load

DIFFERENCES = Path(__file__).parents[2] / "docs" / "explanation" / "differences.md"
ASK_AGAIN = "changed since Cascading was asked: run `python -m tests.oracle --update`"
BY_NAME: Mapping[str, Case] = {case.name: case for case in CASES}

# Rows of section 11 that no stored result shows, and why.
WITHOUT_A_RESULT = {
    60: "cascades are tested by themselves, in tests/unit: a case is one flow",
    64: "side files are opened by operations; tested in tests/unit",
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return load()


@pytest.fixture(scope="module")
def exported() -> dict[str, dict[str, Any]]:
    return exported_cases()[0]


def test_every_case_that_cascading_can_run_has_its_result(results, exported) -> None:
    stale = [
        name
        for name, case in exported.items()
        if name not in results or results[name].case != fingerprint(case)
    ]
    assert stale == [], ASK_AGAIN


def test_every_result_is_of_a_case(results, exported) -> None:
    assert sorted(results.keys() - exported.keys()) == [], ASK_AGAIN


def test_cases_expect_what_cascading_gave(results) -> None:
    found = {
        name: difference(BY_NAME[name], result)
        for name, result in results.items()
        if name in BY_NAME and not BY_NAME[name].differs
    }
    assert {name: text for name, text in found.items() if text is not None} == {}


def test_cases_that_differ_on_purpose_do(results) -> None:
    alike = [
        case.name
        for case in CASES
        if case.differs
        and (case.name not in results or difference(case, results[case.name]) is None)
    ]
    assert alike == []


def test_what_differs_on_purpose_is_in_the_list_of_differences() -> None:
    lines = DIFFERENCES.read_text("utf-8").splitlines()
    assert [
        case.name
        for case in CASES
        if case.differs and not any(line.startswith(f"| {case.differs}") for line in lines)
    ] == []


def test_there_are_enough_results(results) -> None:
    assert len(results) >= 300


def test_every_row_of_section_11_has_a_result_or_a_reason(results) -> None:
    shown = {row for name in results if name in BY_NAME for row in BY_NAME[name].covers}
    assert sorted(set(ROWS) - shown) == sorted(WITHOUT_A_RESULT)


def test_an_edited_expectation_is_found(results) -> None:
    case = BY_NAME["every_chains/each_after_every"]
    edited = attrs.evolve(case, expected={ONLY: (("x", 2, 7), ("y", 2, 7))})
    assert difference(case, results[case.name]) is None
    assert difference(edited, results[case.name]) is not None
