"""Sinks: which fields they take, and what they do about old output. Section 7.1."""

from __future__ import annotations

from cascade2spark.errors import PlanError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, Identity
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap, MultiSinkTap, SinkMode
from tests.conformance.case import Fails, Topic, rows

case = Topic("sinks")

ABC = rows("a b c", (1, 2, 3))


@case(
    "TapPlatformTest.testSinkDeclaredFields: a sink selects and reorders",
    i=ABC,
    sinks=Fields("c", "a"),
    expected=[(3, 1)],
    covers=56,
)
def a_sink_selects_and_reorders(i):
    return Each(i, Identity())


@case(
    "section 7.1: a position in the sink fields",
    i=ABC,
    sinks=Fields(-1, 0),
    expected=[(3, 1)],
    covers=56,
    differs="Positions in the declared fields of a sink",
)
def a_sink_may_select_by_position(i):
    return Each(i, Identity())


@case(
    "section 7.1: sink fields over a group's results",
    i=rows("k v", ("a", 1), ("a", 2)),
    sinks=Fields("count", "k"),
    expected=[(2, "a")],
    covers=56,
)
def a_sink_selects_of_the_results(i):
    return Every(GroupBy(i, "k"), Count())


@case(
    "section 1.2: a sink that declares UNKNOWN takes all",
    i=ABC,
    sinks=Fields.UNKNOWN,
    expected=[(1, 2, 3)],
    covers=56,
)
def unknown_means_all(i):
    return Each(i, Identity())


@case(
    "section 3.1: rows flow to each branch", i=ABC, expected={"x": [(1, 2, 3)], "y": [1]}, covers=56
)
def two_sinks_of_one_source(i):
    return [Pipe("x", i), Each(Pipe("y", i), "a", Identity())]


KEPT = MemoryTap(Fields("a"), [(9,)], SinkMode.KEEP)


@case(
    "TapPlatformTest.testTapKeep: existing output, before anything runs",
    i=rows("a", 1),
    fails=Fails(TapError, ("KEEP",)),
    flow=lambda flow_def: flow_def.add_sink("out", KEPT),
    covers=57,
)
def keep_refuses_existing_output(i):
    return Pipe("out", i)


@case(
    "section 7.1: REPLACE",
    i=rows("a", 1),
    expected=[1],
    covers=57,
    flow=lambda flow_def: flow_def.add_sink(
        "out", MemoryTap(Fields("a"), [(9,)], SinkMode.REPLACE)
    ),
)
def replace_replaces_existing_output(i):
    return Pipe("out", i)


@case(
    "section 7.1 and appendix A: UPDATE appends",
    i=rows("a", 1),
    expected=[9, 1],
    covers=57,
    flow=lambda flow_def: flow_def.add_sink("out", MemoryTap(Fields("a"), [(9,)], SinkMode.UPDATE)),
)
def update_appends(i):
    return Pipe("out", i)


@case(
    "section 7.2: MultiSinkTap, every row to every child, each its own fields",
    i=ABC,
    expected=[(3, 1), (2,)],
    flow=lambda flow_def: flow_def.add_sink(
        "out", MultiSinkTap(MemoryTap(Fields("c", "a")), MemoryTap(Fields("b")))
    ),
)
def a_multi_sink(i):
    return Pipe("out", i)


@case(
    "section 7.2: a position counts in the row that reaches the sinks, not among their fields",
    i=ABC,
    expected=[(3,), (1,), (1, 2, 3)],
    flow=lambda flow_def: flow_def.add_sink(
        "out",
        MultiSinkTap(
            MemoryTap(Fields(-1)), MultiSinkTap(MemoryTap(Fields("a")), MemoryTap(Fields.ALL))
        ),
    ),
)
def a_multi_sink_by_position(i):
    return Each(Pipe("out", i), Identity())


@case(
    "section 7.1: a field that one of the sinks asks for does not reach it",
    i=ABC,
    fails=Fails(PlanError, ("'d'",), at="plan"),
    flow=lambda flow_def: flow_def.add_sink(
        "out", MultiSinkTap(MemoryTap(), MemoryTap(Fields("d")))
    ),
)
def a_multi_sink_without_its_field(i):
    return Pipe("out", i)
