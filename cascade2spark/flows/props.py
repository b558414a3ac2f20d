"""Properties by method instead of by name, as ported jobs set them."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any, ClassVar, Self

from cascade2spark.config_def import ConfigDef
from cascade2spark.operations.base import AssertionLevel, DebugLevel

__all__ = [
    "AggregateByProps",
    "AppProps",
    "CascadeProps",
    "FlowConnectorProps",
    "FlowProps",
    "FlowRuntimeProps",
    "Props",
    "SpillableProps",
    "TrapProps",
    "UniqueProps",
]


class Props:
    """Base: collects properties; `set_properties` puts them into a mapping."""

    def __init__(self) -> None:
        self._set: dict[str, Any] = {}

    def set_properties(
        self, properties: MutableMapping[str, Any] | ConfigDef, mode: str = "REPLACE"
    ) -> None:
        """Put what was set into a mapping, or into the ConfigDef of a pipe or tap by a mode."""
        if not isinstance(properties, ConfigDef):
            properties.update(self._set)
            return
        for key, value in self._set.items():
            properties.set_property(mode, key, value)

    def build_properties(
        self, properties: MutableMapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a new mapping of `properties` and what was set."""
        return {**(properties or {}), **self._set}

    def _put(self, key: str, value: Any) -> Self:
        self._set[key] = value
        return self


class AppProps(Props):
    """Name, version and tags of the application; Spark's context carries its own."""

    @classmethod
    def app_props(cls) -> AppProps:
        """Return new ones."""
        return cls()

    def set_name(self, name: str) -> Self:
        """Name the application."""
        return self._put("cascading.app.name", name)

    def set_version(self, version: str) -> Self:
        """Set the application's version."""
        return self._put("cascading.app.version", version)

    def add_tag(self, tag: str) -> Self:
        """Add a tag."""
        return self.add_tags(tag)

    def add_tags(self, *tags: str) -> Self:
        """Add tags."""
        known = self._set.get("cascading.app.tags")
        return self._put("cascading.app.tags", ",".join([*([known] if known else []), *tags]))

    def set_jar_class(self, owner: object) -> Self:
        """Do nothing: Python code is shipped by FlowDef.add_to_class_path."""
        return self

    def set_jar_path(self, path: str) -> Self:
        """Do nothing: Python code is shipped by FlowDef.add_to_class_path."""
        return self

    @staticmethod
    def set_application_jar_class(properties: MutableMapping[str, Any], owner: object) -> None:
        """Do nothing: Python code is shipped by FlowDef.add_to_class_path."""

    @staticmethod
    def set_application_jar_path(properties: MutableMapping[str, Any], path: str) -> None:
        """Do nothing: Python code is shipped by FlowDef.add_to_class_path."""

    @staticmethod
    def set_application_name(properties: MutableMapping[str, Any], name: str) -> None:
        """Name the application."""
        properties["cascading.app.name"] = name

    @staticmethod
    def set_application_version(properties: MutableMapping[str, Any], version: str) -> None:
        """Set the application's version."""
        properties["cascading.app.version"] = version


class FlowConnectorProps(Props):
    """What connectors do with assertions and Debug pipes."""

    @classmethod
    def flow_connector_props(cls) -> FlowConnectorProps:
        """Return new ones."""
        return cls()

    def set_assertion_level(self, level: AssertionLevel) -> Self:
        """Leave stricter assertions out of plans."""
        return self._put("cascading.flowconnector.assertionlevel", level)

    def set_debug_level(self, level: DebugLevel) -> Self:
        """Leave more talkative Debug pipes out of plans."""
        return self._put("cascading.flowconnector.debuglevel", level)


class FlowProps(Props):
    """How flows run."""

    @classmethod
    def flow_props(cls) -> FlowProps:
        """Return new ones."""
        return cls()

    def set_max_concurrent_steps(self, steps: int) -> Self:
        """Have no effect, as the flow's statistics will say: Spark schedules the work."""
        return self._put("cascading.flow.maxconcurrentsteps", steps)

    def set_preserve_temporary_files(self, preserve: bool) -> Self:
        """Have no effect, as the flow's statistics will say: a flow leaves no such files."""
        return self._put("cascading.flow.preservetemporaryfiles", preserve)


class FlowRuntimeProps(Props):
    """How flows are spread out."""

    @classmethod
    def flow_runtime_props(cls) -> FlowRuntimeProps:
        """Return new ones."""
        return cls()

    def set_gather_partitions(self, partitions: int) -> Self:
        """Set the number of partitions of every exchange that names none."""
        return self._put("cascading.flow.runtime.gather.partitions.num", partitions)

    def get_gather_partitions(self) -> int | None:
        """Return the number that was set."""
        value: int | None = self._set.get("cascading.flow.runtime.gather.partitions.num")
        return value


class TrapProps(Props):
    """What a trapped row carries besides the arguments of the operation that failed."""

    @classmethod
    def trap_props(cls) -> TrapProps:
        """Return new ones."""
        return cls()

    def record_all(self) -> Self:
        """Record the element's place, the message and the stack trace, in this order."""
        self.set_record_element_trace(True)
        self.set_record_throwable_message(True)
        return self.set_record_throwable_stack_trace(True)

    def set_record_element_trace(self, record: bool) -> Self:
        """Record where the failing pipe was built."""
        return self._put("cascading.trap.elementtrace.record", record)

    def set_record_throwable_message(self, record: bool) -> Self:
        """Record the message of the error."""
        return self._put("cascading.trap.throwable.message.record", record)

    def set_record_throwable_stack_trace(self, record: bool) -> Self:
        """Record the stack trace of the error."""
        return self._put("cascading.trap.throwable.stacktrace.record", record)

    def set_log_throwable_stack_trace(self, log: bool) -> Self:
        """Log the stack trace of the error. Default true."""
        return self._put("cascading.trap.throwable.stacktrace.log", log)

    def set_stack_trace_trim_line(self, trim: bool) -> Self:
        """Cut white space from the lines of a recorded stack trace. Default true."""
        return self._put("cascading.trap.throwable.stacktrace.line.trim", trim)

    def set_stack_trace_line_delimiter(self, delimiter: str) -> Self:
        """Join the lines of a recorded stack trace by this text. Default ``|``."""
        return self._put("cascading.trap.throwable.stacktrace.line.delimiter", delimiter)


class CascadeProps(Props):
    """How cascades run."""

    @classmethod
    def cascade_props(cls) -> CascadeProps:
        """Return new ones."""
        return cls()

    def set_max_concurrent_flows(self, flows: int) -> Self:
        """Run no more flows than this at once; 0 for no limit."""
        return self._put("cascading.cascade.maxconcurrentflows", flows)

    def get_max_concurrent_flows(self) -> int:
        """Return the number that was set, 0 for none."""
        value: int = self._set.get("cascading.cascade.maxconcurrentflows", 0)
        return value


class _CacheProps(Props):
    """What is held of an aggregation before its exchange."""

    _factory: ClassVar[str]

    def set_capacity(self, keys: int) -> Self:
        """Hold at most so many keys."""
        return self._put("cascading.aggregateby.cache.capacity", keys)

    def get_capacity(self) -> int | None:
        """Return the number of keys that was set."""
        value: int | None = self._set.get("cascading.aggregateby.cache.capacity")
        return value

    def set_cache_factory_class_name(self, name: str) -> Self:
        """Choose the cache of assemblies that are made of a CompositeFunction; others have one."""
        return self._put(self._factory, name)

    def get_cache_factory_class_name(self) -> str | None:
        """Return the name that was set."""
        value: str | None = self._set.get(self._factory)
        return value


class AggregateByProps(_CacheProps):
    """What AggregateBy and its like hold before their exchange."""

    _factory = "cascading.aggregateby.cachefactory.classname"

    @classmethod
    def aggregate_by_props(cls) -> AggregateByProps:
        """Return new ones."""
        return cls()


class UniqueProps(_CacheProps):
    """What Unique holds before its exchange; the capacity is that of AggregateBy."""

    _factory = "cascading.unique.cachefactory.classname"

    @classmethod
    def unique_props(cls) -> UniqueProps:
        """Return new ones."""
        return cls()


class SpillableProps(Props):
    """Thresholds of spilling, which have no effect, as the flow's statistics say.

    Tasks spill by bytes: `cascade2spark.memory.bytes` sets them.
    """

    @classmethod
    def spillable_props(cls) -> SpillableProps:
        """Return new ones."""
        return cls()

    def set_list_spill_threshold(self, tuples: int) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.list.threshold", tuples)

    def set_map_spill_threshold(self, keys: int) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.map.threshold", keys)

    def set_map_initial_capacity(self, keys: int) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.map.capacity", keys)

    def set_map_load_factor(self, factor: float) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.map.loadfactor", factor)

    def set_compress_spill(self, compress: bool) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.compress", compress)

    def set_codecs(self, codecs: Sequence[str]) -> Self:
        """Have no effect."""
        return self._put("cascading.spill.codecs", ",".join(codecs))
