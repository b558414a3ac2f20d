"""Properties of Cascading that set nothing here, and why; what `config` has a knob for is there."""

from __future__ import annotations

__all__ = ["IGNORED", "REFUSED"]

_PLANNER_CLASS = "the planner chooses formats between steps itself"
_SPILLS_BY_BYTES = "tasks spill by bytes, not by rows: set cascade2spark.memory.bytes"
_SPILL_FORMAT = "what a task spills is written as it is, not compressed"
_SPARK_RUNS = "Spark schedules and reports the work"
_COMPOSITES = "only CompositeFunction reads it, and the assemblies that are made of one"

# Cascading properties that change no row and have nothing to set here -> why.
IGNORED = {
    "cascading.flowconnector.intermediateschemeclass": _PLANNER_CLASS,
    "cascading.flowconnector.temporary_tap.decorator.classname": _PLANNER_CLASS,
    "cascading.flowconnector.checkpoint_tap.decorator.classname": _PLANNER_CLASS,
    "cascading.flow.preservetemporaryfiles": "temporary data goes with the flow that made it",
    "cascading.flow.maxconcurrentsteps": _SPARK_RUNS,
    "cascading.flow.stopjobsonexit": _SPARK_RUNS,
    "cascading.flow.job.pollinginterval": _SPARK_RUNS,
    "cascading.flow.runtime.log.counters": "counters are in the flow's statistics",
    "cascading.cascade.maxconcurrentflows": "give it to the Cascade itself",
    "cascading.aggregateby.cachefactory.classname": _COMPOSITES,
    "cascading.unique.cachefactory.classname": "there is one kind of cache before an exchange",
    "cascading.function.composite.cache.capacity": _COMPOSITES,
    "cascading.spill.list.threshold": _SPILLS_BY_BYTES,
    "cascading.spill.map.threshold": _SPILLS_BY_BYTES,
    "cascading.spill.map.capacity": _SPILLS_BY_BYTES,
    "cascading.spill.map.loadfactor": _SPILLS_BY_BYTES,
    "cascading.spill.compress": _SPILL_FORMAT,
    "cascading.spill.codecs": _SPILL_FORMAT,
    "cascading.tap.partition.failonclose": "a part file that cannot be closed always fails",
    "cascading.serialization.types.required": "rows are plain Python values",
    "cascading.tuple.tupleentryiterator.exceptions.permit": "read errors are never passed over",
    "cascading.app.name": "the Spark context carries the application's name",
    "cascading.app.version": "the Spark context carries the application's name",
    "cascading.app.tags": "the Spark context carries the application's name",
    "cascading.app.id": "the Spark context carries the application's name",
    "cascading.compatibility.retain.collector": "collectors are never kept between calls",
}

# Cascading properties that would change rows, and that we do not honour -> what to do instead.
REFUSED = {
    "cascading.flow.tuple.element.comparator": (
        "set the comparator on the Fields of each group and join"
    ),
}
