"""The jobs of the benchmarks work in the forms that their figures are told for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ours
from benchmarks.data import prepare
from cascade2spark.flows.stats import FlowStats

ROWS = 600
# What runs as rows, by job; everything else is columns from file to file.
AS_ROWS = {
    "identity_rows": "Each sink",
    "group_count": "Every sink",
    "secondary_sort_udf": "Every sink",
    "secondary_sort_pruned": "Every sink",
    "broadcast_join_rows": "Each sink",
    "six_udfs": "Each sink",
}
JOBS = {
    name: found
    for name, found in vars(ours).items()
    if callable(found) and FlowStats.__name__ == getattr(found, "__annotations__", {}).get("return")
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return prepare(tmp_path_factory.mktemp("benchmark"), ROWS, "skewed")


@pytest.mark.parametrize("name", [name for name in JOBS if not name.startswith("_")])
def test_jobs_fall_back_nowhere(name: str, inputs: Any, tmp_path: Path, sc: Any) -> None:
    job: Callable[..., FlowStats] = JOBS[name]
    sites = job(sc, inputs, str(tmp_path / "out")).site_stats()
    assert [] == [(one.site.label, one.fallbacks) for one in sites if one.fallbacks]
    as_rows = {one.site.kind for one in sites if one.form == "rows"}
    assert set(AS_ROWS.get(name, "").split()) == as_rows
    assert all(one.rows_in for one in sites)
