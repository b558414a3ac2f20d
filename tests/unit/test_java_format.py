"""String.format against Java's own results, and its messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.operations.java_format import compile_format, format_java
from tests.planning import without_place

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "java_format.jsonl").read_text().splitlines()
]
SPECIAL = {"NaN": float("nan"), "-inf": float("-inf")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['format']!r} {case['values']}")
def test_agrees_with_java(case: dict[str, Any]) -> None:
    values = [SPECIAL.get(value, value) for value in case["values"]]
    if case["text"] is None:
        with pytest.raises((BuildError, OperationError)):
            format_java(case["format"], *values)
    else:
        assert case["text"] == format_java(case["format"], *values)


@pytest.mark.parametrize("text", ["%tY", "%g", "%a", "%h"])
def test_what_is_not_supported_is_refused_by_name(text: str) -> None:
    with pytest.raises(BuildError, match=f"{text[:2]} is not supported"):
        compile_format(text)


def test_a_bad_format_marks_the_place() -> None:
    with pytest.raises(BuildError) as caught:
        compile_format("total: %,s")
    expected = "\n".join(
        [
            "not a format: %s does not take the flag ','",
            "  format      total: %,s",
            "                     ^^^",
        ]
    )
    assert expected == without_place(str(caught.value))
