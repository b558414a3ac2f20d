"""Small flows on the local engine, for tests of what becomes of a flow."""

from __future__ import annotations

from typing import Any

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.flow import Flow, FlowDef, FlowListener, FlowStepListener
from cascade2spark.operations.callables import aggregator, function
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap

count = aggregator("n", zero=0, step=lambda n, *values: n + 1)
number = function("number")(int)


def local(properties: Any = None) -> LocalFlowConnector:
    return LocalFlowConnector(properties)


def counting(name: str = "words") -> Pipe:
    split = Each(Pipe(name), "line", function("word", many=True)(str.split))
    return Every(GroupBy(split, "word"), "word", count)


def lines(*texts: str) -> MemoryTap:
    return MemoryTap("line", [(text,) for text in texts])


def flow_of(pipe: Pipe, source: Any, sink: Any, **taps: Any) -> Flow:
    definition = FlowDef().add_source(pipe, source).add_tail_sink(pipe, sink)
    for name, tap in taps.items():
        definition.add_trap(name, tap)
    return local().connect(definition)


class Recorder(FlowListener, FlowStepListener):
    """Writes down what it is told."""

    def __init__(self, handles: bool = False) -> None:
        self.told: list[str] = []
        self.handles = handles

    def on_starting(self, flow: Any) -> None:
        self.told.append("starting")

    def on_stopping(self, flow: Any) -> None:
        self.told.append("stopping")

    def on_completed(self, flow: Any) -> None:
        self.told.append(f"completed {flow.get_stats().status.value}")

    def on_throwable(self, flow: Any, error: BaseException) -> bool:
        self.told.append(f"throwable {type(error).__name__}")
        return self.handles

    def on_step_starting(self, step: Any) -> None:
        self.told.append(f"step {step.number} starting")

    def on_step_completed(self, step: Any) -> None:
        self.told.append(f"step {step.number} completed")

    def on_step_throwable(self, step: Any, error: BaseException) -> bool:
        self.told.append(f"step {step.number} throwable")
        return False
