"""Connectors: an engine joined to flows. What a job calls to turn pipes and taps into a Flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cascade2spark.argument_checks import check_mapping
from cascade2spark.config import Settings
from cascade2spark.errors import BuildError
from cascade2spark.flows.cascade import Cascade, CascadeDef
from cascade2spark.flows.connecting import connect_cascade, connect_flow
from cascade2spark.flows.definition import flow_def_of
from cascade2spark.flows.flow import Flow
from cascade2spark.local.engine import LocalEngine

__all__ = ["CascadeConnector", "FlowConnector", "LocalFlowConnector", "SparkFlowConnector"]


class FlowConnector:
    """Base of connectors: properties, and the forms of `connect`.

    Args:
        properties: dotted names to values, ours (``cascade2spark.…``) and Cascading's; operations
            see all of them.
    """

    def __init__(self, properties: Mapping[str, Any] | None = None) -> None:
        self.properties = check_mapping(type(self).__name__, properties)
        Settings.from_properties(self.properties)  # a wrong one is told here, by its own line

    def get_properties(self) -> dict[str, Any]:
        """Return a copy of the properties."""
        return dict(self.properties)

    def connect(self, *given: Any) -> Flow:
        """Plan a flow; nothing runs.

        Args:
            given: ``(flow_def)``, ``(source, sink, tail)``, ``(name, source, sink, tail)``,
                ``(name, source, sink, trap, tail)``, or with mappings of names to taps in place of
                a tap, and one or several tails.
        Raises:
            BuildError: the arguments fit no form.
            PlanError: the assembly cannot be planned; it lists everything that is wrong.
        """
        return connect_flow(flow_def_of(*given), self.properties, self._engine)

    def matching_paths(self, path: str) -> list[str]:
        """Return all that a path or a glob matches where flows read it, hidden names as well."""
        found: list[str] = self._engine(Settings.from_properties(self.properties)).matching_paths(
            path
        )
        return found

    def _engine(self, settings: Settings) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define _engine")


class LocalFlowConnector(FlowConnector):
    """Runs flows in this process, over lists: for unit tests and small data; no JVM.

    Example:
        >>> from cascade2spark.taps import MemoryTap
        >>> from cascade2spark.pipes import Pipe
        >>> sink = MemoryTap()
        >>> LocalFlowConnector().connect(MemoryTap("a", [(1,)]), sink, Pipe("p")).complete()
        >>> sink.rows
        [(1,)]
    """

    def _engine(self, settings: Settings) -> Any:
        return LocalEngine()


class SparkFlowConnector(FlowConnector):
    """Runs flows on Spark RDDs.

    Args:
        spark: a SparkContext or SparkSession, which is never stopped; None for the active one, or
            else a new local one. A mapping here is taken for the properties, as ported code gives
            them.
        properties: see FlowConnector.
    """

    def __init__(self, spark: Any = None, properties: Mapping[str, Any] | None = None) -> None:
        if isinstance(spark, Mapping) and properties is None:
            spark, properties = None, spark
        kinds = type(spark).__mro__
        if spark is not None and not any(kind.__module__.startswith("pyspark") for kind in kinds):
            raise BuildError(
                "SparkFlowConnector takes a SparkContext or a SparkSession, then properties",
                asked=repr(spark),
            )
        super().__init__(properties)
        # Loaded late: everything but this runs without Spark.
        from cascade2spark.spark.engine import SparkEngine

        self._spark = spark
        self._make: Callable[[Any], Any] = SparkEngine

    def _engine(self, settings: Settings) -> Any:
        return self._make(self._spark)


class CascadeConnector:
    """Joins flows by what they read and write.

    Args:
        properties: ``cascading.cascade.maxconcurrentflows``: most flows run at once; 0 for all.
    """

    def __init__(self, properties: Mapping[str, Any] | None = None) -> None:
        self.properties = check_mapping("CascadeConnector", properties)

    def connect(self, *given: Flow | str | CascadeDef | list[Flow] | tuple[Flow, ...]) -> Cascade:
        """Return the cascade of some flows: ``([name], flows…)`` or ``(cascade_def)``.

        Raises:
            CascadeError: two flows of one name or one sink, or flows that wait for each other.
        """
        return connect_cascade(given, self.properties)
