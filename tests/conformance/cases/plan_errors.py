"""What connect refuses about taps and names. Section 9.2."""

from __future__ import annotations

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import LeftJoin
from cascade2spark.operations import Count, Identity
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.conformance.case import Fails, Topic, rows

case = Topic("plan_errors")

NL = rows("n l", (1, "a"))


@case(
    "BuildJobsHadoopPlatformTest.testDanglingHead",
    i=NL,
    fails=Fails(PlanError, ("'loose'",), "plan"),
    covers=65,
)
def a_head_without_a_source_is_refused(i):
    return CoGroup(i, "n", Each(Pipe("loose"), ("n", "l"), Identity(Fields("m", "k"))), "m")


@case(
    "BuildJobsHadoopPlatformTest.testExtraSource",
    i=NL,
    unused=NL,
    fails=Fails(PlanError, ("'unused'",), "plan"),
    covers=65,
)
def an_unused_source_is_refused(i, unused):
    return Each(i, Identity())


@case(
    "BuildJobsHadoopPlatformTest.testExtraSink",
    i=NL,
    fails=Fails(PlanError, ("'nobody'",), "plan"),
    flow=lambda flow_def: flow_def.add_sink("nobody", MemoryTap()),
    covers=65,
)
def an_unused_sink_is_refused(i):
    return Each(i, Identity())


@case(
    "BuildJobsHadoopPlatformTest.testDanglingTail",
    i=NL,
    fails=Fails(PlanError, ("'dangling'",), "plan"),
    flow=lambda flow_def: flow_def.add_tail(Pipe("dangling", Pipe("i"))),
    covers=65,
)
def a_tail_without_a_sink_is_refused(i):
    return Each(i, Identity())


@case(
    "section 9.2: trap name not in the assembly",
    i=NL,
    fails=Fails(PlanError, ("'typo'", "'i'"), "plan"),
    flow=lambda flow_def: flow_def.add_trap("typo", MemoryTap()),
)
def an_unknown_trap_name_is_refused(i):
    return Each(i, Identity())


@case(
    "section 9.2: duplicate tail name",
    i=NL,
    fails=Fails((PlanError, BuildError), ("'out'",), "plan"),
)
def two_tails_of_one_name_are_refused(i):
    return [Each(Pipe("out", i), "n", Identity()), Each(Pipe("out", i), "l", Identity())]


TAP = MemoryTap(Fields("n", "l"), [(1, "a")])


@case(
    "section 9.2: tap used as source and sink",
    i=NL,
    fails=Fails(PlanError, ("'again'", "'more'"), "plan"),
    flow=lambda flow_def: flow_def.add_source("again", TAP).add_sink("more", TAP),
)
def one_tap_as_source_and_sink_is_refused(i):
    return [Each(i, Identity()), Each(Pipe("more", Pipe("again")), Identity())]


@case(
    "section 9.2: tap used as trap and sink",
    i=NL,
    fails=Fails(PlanError, ("trap", "sink"), "plan"),
    flow=lambda flow_def: (flow_def.add_trap("i", TAP), flow_def.add_sink("more", TAP)),
)
def one_tap_as_trap_and_sink_is_refused(i):
    return [Each(i, Identity()), Each(Pipe("more", i), Identity())]


@case(
    "section 9.2: a sink may not have more than one incoming branch",
    i=NL,
    fails=Fails(PlanError, ("'one'", "'two'"), "plan"),
    flow=lambda flow_def: (flow_def.add_sink("one", TAP), flow_def.add_sink("two", TAP)),
)
def one_sink_for_two_tails_is_refused(i):
    return [Each(i, Identity()), Pipe("one", i), Pipe("two", i)]


@case(
    "section 9.2; RegressionMiscPlatformTest.testSinkDeclaredFieldsFails",
    i=NL,
    sinks=Fields("n", "nope"),
    fails=Fails(PlanError, ("'nope'", "'n', 'l'"), "plan"),
    covers=(43, 56),
)
def an_unknown_sink_field_is_refused(i):
    return Each(i, Identity())


@case(
    "design, section 2: every planning error, all failed checks of one plan together",
    i=NL,
    fails=Fails(PlanError, ("'first'", "'second'"), "plan"),
)
def all_errors_are_reported_together(i):
    return [
        Each(Pipe("x", i), "first", Identity()),
        Every(GroupBy(Pipe("y", i), "second"), Count()),
    ]


@case(
    "section 1.7: an error names the fields that were there, and the nearest",
    i=rows("user_id", 1),
    fails=Fails(PlanError, ("'userid'", "'user_id'", "nearest", "plan_errors.py"), "plan"),
)
def the_nearest_name_and_the_users_line_are_shown(i):
    return Every(GroupBy(i, "userid"), Count())


@case(
    "section 12: which pipe dropped the name",
    i=NL,
    fails=Fails(PlanError, ("'l'", "dropped by", "RESULTS"), "plan"),
)
def the_pipe_that_dropped_the_name_is_shown(i):
    return Each(Each(i, "n", Identity(Fields("x"))), "l", Identity())


@case("section 3.6: distinct branch names", i=NL, fails=Fails(BuildError, ("'i'",), "build"))
def ambiguous_branches_of_a_join_are_refused(i):
    left = Each(i, ("n", "l"), Identity())
    right = Each(i, ("n", "l"), Identity(Fields("m", "k")))
    return CoGroup(left, "n", right, "m", LeftJoin())
