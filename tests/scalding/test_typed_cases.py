"""Every case of the typed API on the local engine and on the batch engine in process."""

from __future__ import annotations

import pytest

from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.cases_typed import CASES
from tests.scalding.typed_case import TypedCase, collected, shown


def in_process(partitions: int, form: str = "auto", capacity: int = 2) -> FlowConnector:
    engine = InProcessEngine(partitions, batch_rows=3, capacity=capacity)
    return InProcessConnector({"cascade2spark.form": form}, engine)


ENGINES = {
    "local": LocalFlowConnector,
    "one partition": lambda: in_process(1),
    "three partitions": lambda: in_process(3),
    "as columns": lambda: in_process(2, "columns"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: TypedCase, engine: str) -> None:
    if not case.fails:
        assert shown(collected(ENGINES[engine](), case.pipe())[0]) == shown(case.expected)
        return
    kind, *facts = case.fails
    with pytest.raises(kind) as failure:
        collected(ENGINES[engine](), case.pipe())
    for fact in facts:
        assert fact in str(failure.value)
