"""The printed plan of small flows at each stage, against the texts beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cascade2spark.planner.explain import STAGES
from tests.planning import check_golden
from tests.plans.flows import FLOWS


@pytest.mark.parametrize("name", FLOWS)
def test_plan_is_printed_as_reviewed(name: str, update_plans: bool) -> None:
    flow = FLOWS[name]()
    texts = {"overall": flow.explain(), **{stage: flow.explain(stage) for stage in STAGES}}
    check_golden(Path(__file__).with_name(f"{name}.txt"), texts, update_plans)


@pytest.mark.parametrize("name", FLOWS)
def test_planning_twice_gives_the_same_text(name: str) -> None:
    assert FLOWS[name]().explain("steps") == FLOWS[name]().explain("steps")
