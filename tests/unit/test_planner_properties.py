"""Properties set on pipes, as operations see them, and Everys that run twice."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.config import Settings
from cascade2spark.config_def import ConfigDef
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.local import LocalEngine
from cascade2spark.operations.base import Aggregator, BaseOperation, Filter, Function
from cascade2spark.operations.callables import aggregator
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe, SubAssembly
from cascade2spark.planner.steps import CoGroup as CoGroupStep
from cascade2spark.planner.steps import Group, RunContext
from tests.inprocess import InProcessEngine
from tests.planning import planned

ENGINES = [LocalEngine(), InProcessEngine(), InProcessEngine(partitions=3)]
count = aggregator("count", zero=0, step=lambda n, *_: n + 1, merge=int.__add__)


class Tell(BaseOperation, Function):
    """Gives the value of property `p`, as prepare saw it and as it is now."""

    def __init__(self) -> None:
        super().__init__(Fields("prepared", "now"))

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        operation_call.set_context(flow_process.get_property("p"))

    def operate(self, flow_process: Any, function_call: Any) -> None:
        flow_process.increment("seen", "rows")
        seen = function_call.get_context(), flow_process.get_property("p")
        function_call.get_output_collector().add(seen)


class Drop(BaseOperation, Filter):
    """Removes every row unless property `p` is "mine"."""

    def is_remove(self, flow_process: Any, filter_call: Any) -> bool:
        return flow_process.get_property("p") != "mine"


class TellGroup(BaseOperation, Aggregator):
    """Gives the value of property `p` for each group."""

    def __init__(self) -> None:
        super().__init__(Fields("seen"))

    def start(self, flow_process: Any, call: Any) -> None:
        flow_process.increment("seen", "groups")

    def aggregate(self, flow_process: Any, call: Any) -> None:
        if call.get_arguments().get_object(1) == 13:
            raise ValueError("thirteen")

    def complete(self, flow_process: Any, call: Any) -> None:
        call.get_output_collector().add((flow_process.get_property("p"),))


def run(plan: Any, engine: Any, properties: Any = None) -> Any:
    outputs: dict[int, list[Any]] = {step.number: [] for step in plan.steps.writes}
    trapped: dict[int, list[Any]] = {spec.number: [] for spec in plan.steps.traps}
    context = RunContext("run", Settings.from_properties(), properties or {}, outputs, trapped)
    result = engine.run(plan.steps, context)
    rows = {step.site.name: sorted(outputs[step.number]) for step in plan.steps.writes}
    return rows, result, trapped


def plan(tail: Any, properties: Any = None, **options: Any) -> Any:
    sources = {"in": (("a", "b"), [(1, 2)])}
    heads = {head.name for pipe in tail.get_previous() or (tail,) for head in pipe.get_heads()}
    if "other" in heads:
        sources["other"] = (("c", "d"), [(1, 5)])
    return planned(tail, sources, properties=properties, **options)


class Told(SubAssembly):
    """Each Tell, inside an assembly."""

    def __init__(self, previous: Pipe) -> None:
        super().__init__(previous)
        self.inner = Each(previous, Tell(), Fields.RESULTS)
        self.set_tails(self.inner)


class Outer(SubAssembly):
    def __init__(self, previous: Pipe) -> None:
        super().__init__(previous)
        self.told = Told(previous)
        self.set_tails(self.told)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_operation_sees_the_properties_of_its_own_pipe(engine: Any) -> None:
    first = Each(Pipe("in"), Tell(), Fields.ALL)
    first.get_config_def().set_property("p", "mine")
    kept = Each(first, Drop())
    kept.get_config_def().set_property("p", "mine")
    second = Each(kept, Tell(), Fields.RESULTS)
    flow = {"p": "flow"}
    rows, result, _ = run(plan(second, flow, sinks={"in": Fields.ALL}), engine, flow)
    assert {"in": [("flow", "flow")]} == rows
    assert 2 == result.counters.value("seen", "rows")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_aggregator_sees_the_properties_of_its_own_pipe(engine: Any) -> None:
    every = Every(GroupBy(Pipe("in"), "a"), TellGroup())
    every.get_config_def().set_property("p", "mine")
    assert {"in": [(1, "mine")]} == run(plan(every), engine)[0]


@pytest.mark.parametrize(
    ("pipe", "assembly", "outer", "expected"),
    [
        ([], [], [("p", "outer")], "outer"),
        ([], [("p", "assembly")], [("p", "outer")], "assembly"),
        ([("p", "pipe")], [("p", "assembly")], [("p", "outer")], "pipe"),
        ([("DEFAULT", "p", "pipe")], [("p", "assembly")], [], "assembly"),
        ([("DEFAULT", "p", "pipe")], [], [], "flow"),
        ([("UPDATE", "p", "pipe")], [("UPDATE", "p", "assembly")], [], "flow,assembly,pipe"),
        ([(ConfigDef.Mode.UPDATE, "p", "pipe")], [("p", "assembly")], [], "assembly,pipe"),
    ],
)
def test_the_nearest_element_wins(pipe: Any, assembly: Any, outer: Any, expected: str) -> None:
    built = Outer(Pipe("in"))
    for element, entries in ((built.told.inner, pipe), (built.told, assembly), (built, outer)):
        for entry in entries:
            element.get_config_def().set_property(*entry)
    flow = {"p": "flow"}
    assert [(expected, expected)] == run(plan(built, flow), LocalEngine(), flow)[0]["in"]


def test_a_default_holds_where_the_flow_sets_nothing() -> None:
    pipe = Each(Pipe("in"), Tell(), Fields.RESULTS)
    pipe.get_config_def().set_property("DEFAULT", "p", "pipe")
    assert {"in": [("pipe", "pipe")]} == run(plan(pipe), LocalEngine())[0]


def chain() -> tuple[Each, GroupBy, Each, GroupBy, Each]:
    before = Each(Pipe("in"), Tell(), Fields("a", "b", "prepared"))
    group = GroupBy(before, "a")
    between = Each(group, Fields("a"), Tell(), Fields("a", "now"))
    again = GroupBy(between, "a")
    return before, group, between, again, Each(again, Tell(), Fields("a", "prepared"))


def seen_by(plan: Any) -> list[Any]:
    operators = [one for step in plan.lowered.steps for one in getattr(step, "operators", ())]
    return [one.properties.get("p") for one in operators]


def test_a_step_reaches_from_the_sources_over_one_exchange_to_the_next() -> None:
    for place, expected in enumerate(
        [["x", "x", None], ["x", "x", None], ["x", "x", None], [None, None, "x"], [None, None, "x"]]
    ):
        pipes = chain()
        pipes[place].get_step_config_def().set_property("p", "x")
        assert expected == seen_by(plan(pipes[-1])), place


def test_a_node_is_one_task_chain() -> None:
    for place, expected in enumerate(
        [["x", None, None], [None, "x", None], [None, "x", None], [None, None, "x"]]
    ):
        pipes = chain()
        pipes[place].get_node_config_def().set_property("p", "x")
        assert expected == seen_by(plan(pipes[-1])), place


def test_specs_carry_only_what_differs_from_the_flow() -> None:
    pipe = Each(Pipe("in"), Tell(), Fields.RESULTS)
    pipe.get_config_def().set_property("p", "flow").set_property("q", 1)
    (spec,) = plan(pipe, {"p": "flow"}).lowered.steps[1].operators
    assert {"q": 1} == spec.properties


@pytest.mark.parametrize(
    "key",
    [
        "mapred.reduce.tasks",
        "mapreduce.job.reduces",
        "cascading.flow.runtime.gather.partitions.num",
        "cascade2spark.partitions",
    ],
)
def test_a_step_property_sets_the_partitions_of_its_exchange(key: str) -> None:
    group = GroupBy(Pipe("in"), "a")
    joined = CoGroup(group, "a", Pipe("other"), "c")
    group.get_step_config_def().set_property(key, 3)
    joined.get_step_config_def().set_property(key, "5")
    steps = plan(joined).steps.steps
    assert [3, 5] == [one.partitions for one in steps if isinstance(one, (Group, CoGroupStep))]
    assert [None] * 2 == [getattr(one, "capacity", None) for one in steps if type(one) is Group] * 2


def test_partitions_given_to_the_constructor_come_first() -> None:
    group = GroupBy(Pipe("in"), "a", partitions=7)
    group.get_step_config_def().set_property("mapred.reduce.tasks", 3)
    assert [7] == [one.partitions for one in plan(group).steps.steps if isinstance(one, Group)]


def test_a_wrong_number_of_partitions_names_the_pipe() -> None:
    group = GroupBy(Pipe("in"), "a")
    group.get_step_config_def().set_property("mapred.reduce.tasks", "many")
    with pytest.raises(
        BuildError, match=r"'mapred\.reduce\.tasks' must be a whole number"
    ) as caught:
        plan(group)
    assert caught.value.origin == group.origin


# -- an Every that goes on after a split -----------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rules_off", ["", "partial_aggregation"])
def test_an_every_that_goes_on_twice_counts_once(engine: Any, rules_off: str) -> None:
    rows = [(1, 2), (1, 13), (2, 3)]
    first = Every(GroupBy(Pipe("in"), "a"), Fields("a", "b"), TellGroup())
    tails = [Pipe("told", first), Every(Pipe("counted", first), "b", count)]
    flow = planned(
        tails,
        {"in": (("a", "b"), rows)},
        sinks={"told": Fields.ALL, "counted": Fields.ALL},
        traps=["in"],
        properties={"cascade2spark.rules.off": rules_off},
    )
    found, result, trapped = run(flow, engine)
    assert {"told": [(1, None), (2, None)], "counted": [(1, None, 2), (2, None, 1)]} == found
    assert {0: [(1, 13)]} == trapped
    assert 2 == result.counters.value("seen", "groups")
    assert 1 == result.counters.value("StepCounters", "Tuples_Trapped")
    entered = {
        node.label: (result.rows_in.get(node.number), result.rows_out.get(node.number))
        for node in flow.nodes
    }
    assert (3, 3) == entered["GroupBy 'in'"]
    assert (3, 2) == entered["Every 'in' TellGroup"]
    assert (3, 2) == entered["Every 'counted' aggregator count"]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_fails_behind_a_repeated_every_still_meets_its_trap(engine: Any) -> None:
    first = Every(GroupBy(Pipe("in"), "a"), Fields("a", "b"), TellGroup())
    broken = Each(Every(Pipe("counted", first), "b", count), "count", aside("x"), Fields.RESULTS)
    flow = planned(
        [Pipe("told", first), broken],
        {"in": (("a", "b"), [(1, 2)])},
        sinks={"told": Fields.ALL, "counted": Fields.ALL},
        traps=["in"],
    )
    found, result, trapped = run(flow, engine)
    assert {"told": [(1, None)], "counted": []} == found
    assert 1 == len(trapped[0]) == result.counters.value("StepCounters", "Tuples_Trapped")


def aside(name: str) -> Any:
    class Broken(BaseOperation, Function):
        def __init__(self) -> None:
            super().__init__(Fields(name))

        def operate(self, flow_process: Any, function_call: Any) -> None:
            raise ValueError("broken")

    return Broken()
