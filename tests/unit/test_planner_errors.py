"""Whole messages of everything that can be wrong with an assembly: tests/errors/planning.txt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.comparators import reverse_order
from cascade2spark.errors import PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.operations import (
    And,
    ExpressionFilter,
    ExpressionFunction,
    FilterNull,
    First,
    FirstNBuffer,
    Identity,
)
from cascade2spark.operations.base import AssertionLevel, BaseOperation, GroupAssertion
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.bindings import BINDING_CHECKS
from cascade2spark.planner.build import plan_flow
from cascade2spark.planner.checks import CHECKS, RESTART_CHECKS
from cascade2spark.schemes import TextLine
from cascade2spark.taps import Hfs, SinkMode
from cascade2spark.taps.base import SourceTap
from tests.planning import NamedTap, check_golden, planned

GOLDEN = Path(__file__).parents[1] / "errors" / "planning.txt"
LOGS = (Fields(["user_id", "url", "ts"], [str, str, int]), [])
DAYS = (Fields("day", "url", "ts"), [])
count = aggregator("count", zero=0, step=lambda n, *values: n + 1, merge=int.__add__)
length = function("length")(len)


@buffer("rows")
def rows(key, values):
    yield sum(1 for _ in values)


class Even(BaseOperation, GroupAssertion):
    """Holds for groups of an even size."""

    def start(self, flow_process: Any, call: Any) -> None:
        call.set_context(0)

    def aggregate(self, flow_process: Any, call: Any) -> None:
        call.set_context(call.get_context() + 1)

    def do_assert(self, flow_process: Any, call: Any) -> None:
        if call.get_context() % 2:
            raise AssertionError("an odd group")


def grouped(*keys: str) -> GroupBy:
    return GroupBy("by user", Pipe("logs"), Fields(*keys or ("user_id",)))


def plan(*tails: Pipe, **options: Any) -> Any:
    return planned(tails, {"logs": LOGS}, **options)


def plan_two(*tails: Pipe, **options: Any) -> Any:
    return planned(tails, {"logs": LOGS, "days": DAYS}, **options)


def group_on_missing_name() -> Any:
    parsed = Each(Pipe("logs"), ("user_id", "ts"), function("user", "ts")(max), Fields.RESULTS)
    return plan(GroupBy("by user", parsed.keep("user", bool), "user_id"))


def several_findings() -> Any:
    pipe = Pipe("logs")
    first = Each(Pipe("one", pipe), "nothing", length)
    after_it = GroupBy(first, "length too")
    second = Each(Pipe("two", pipe), "useless", length)
    return plan(after_it, second, sinks={"one": Fields.ALL, "two": Fields.ALL, "three": Fields.ALL})


def two_taps(tap: Any, other: Any, **parts: Any) -> Any:
    return plan_flow("test", {"logs": tap}, {"logs": other}, [Pipe("logs")], **parts)


def merged(left: Pipe, right: Pipe) -> Any:
    return plan_two(Merge("all", left, right))


class OnlyRead(SourceTap):
    """A tap that cannot be written."""

    def __init__(self) -> None:
        super().__init__(None, "a feed")

    source_fields = sink_fields = Fields.ALL

    def resource_exists(self) -> bool:
        return True

    def get_modified_time(self) -> int:
        return 0


def compared(*names: str) -> Fields:
    fields = Fields(*names)
    fields.set_comparator(names[0], reverse_order())
    return fields


def skewed(left: Pipe | None = None, **parts: Any) -> CoGroup:
    keys = [Fields("url"), Fields("url")]
    named = {"declared": Fields("a", "b", "c", "d", "e", "f"), "keys": keys, **parts}
    return CoGroup(pipes=[left or Pipe("logs"), Pipe("days")], skewed=True, **named)


class OwnJoin(InnerJoin):
    """A joiner of a user's."""


class OnlyCompared:
    """A comparator of a user's without a hash."""

    def compare(self, left: Any, right: Any) -> int:
        return (left > right) - (left < right)


def skewed_with_comparator() -> CoGroup:
    key = Fields("url")
    key.set_comparator("url", OnlyCompared())
    return skewed(keys=[key, Fields("url")])


SAME = NamedTap("same", Fields("a"), [])
FEED = NamedTap("feed", Fields.UNKNOWN, [])

CASES: dict[str, Callable[[], Any]] = {
    "skewed right join": lambda: plan_two(skewed(joiner=RightJoin())),
    "skewed outer join": lambda: plan_two(skewed(joiner=OuterJoin())),
    "skewed mixed join": lambda: plan_two(skewed(joiner=MixedJoin([False, True]))),
    "skewed join of one's own": lambda: plan_two(skewed(joiner=OwnJoin())),
    "skewed join before an every": lambda: plan_two(Every(skewed(), count)),
    "skewed join by a buffer": lambda: plan_two(Every(skewed(joiner=BufferJoin()), rows)),
    "skewed self join": lambda: plan(
        CoGroup(Pipe("logs"), "url", 1, Fields("a", "b", "c", "d", "e", "f"), skewed=True)
    ),
    "skewed join by a comparator without a hash": lambda: plan_two(skewed_with_comparator()),
    "skewed join without a key": lambda: plan_two(skewed(keys=[Fields.NONE, Fields.NONE])),
    "group on a missing name": group_on_missing_name,
    "several findings": several_findings,
    "sort on a missing name": lambda: plan(GroupBy(Pipe("logs"), "url", "day")),
    "argument that does not arrive": lambda: plan(Each(Pipe("logs"), "Url", length)),
    "argument position too large": lambda: plan(Each(Pipe("logs"), 7, length)),
    "output that is nowhere": lambda: plan(Each(Pipe("logs"), "url", length, "lenght")),
    "results named like a field": lambda: plan(
        Each(Pipe("logs"), "url", function("ts")(len), Fields.ALL)
    ),
    "replace nothing": lambda: plan(Each(Pipe("logs"), "url", length, Fields.REPLACE)),
    "too few arguments": lambda: plan(Each(Pipe("logs"), "url", function("m")(lambda a, b: a))),
    "too many arguments": lambda: plan(Each(Pipe("logs"), length)),
    "filter with too many arguments": lambda: plan(Each(Pipe("logs"), keep_if(lambda a: a))),
    "expression of a wrong type": lambda: plan(
        Each(Pipe("logs"), ExpressionFunction("n", "ts + url * 2"), Fields.ALL)
    ),
    "expression with a misspelt field": lambda: plan(
        Each(Pipe("logs"), ExpressionFilter('urls.startsWith("http")'))
    ),
    "expression with a field that was dropped": lambda: plan(
        Pipe("logs").each("url", length).each(ExpressionFilter("ts > length", int))
    ),
    "expression with a field that is no argument": lambda: plan(
        Each(Pipe("logs"), "url", ExpressionFilter("ts > 5"))
    ),
    "expression that is no test": lambda: plan(Each(Pipe("logs"), ExpressionFilter("ts + 1"))),
    "expression of untyped fields": lambda: plan_two(
        HashJoin(
            Pipe("logs"),
            "url",
            Each(Pipe("days"), ExpressionFunction("x", "ts + 1")),
            "x",
        )
    ),
    "expression behind a function without types": lambda: plan(
        Pipe("logs")
        .each("ts", function("ts")(abs), Fields.REPLACE)
        .each(("ts", "url"), ExpressionFunction("late", "ts + 1"), Fields.ALL)
    ),
    "filter of filters with a misspelt field": lambda: plan(
        Each(Pipe("logs"), And(Fields("url"), FilterNull(), Fields("tz"), FilterNull()))
    ),
    "too few types": lambda: plan(Each(Pipe("logs"), Identity(Fields.ARGS, str, str))),
    "several faulty operations": lambda: plan(
        Each(Pipe("logs"), "url", ExpressionFilter("urk == null"))
        .each("ts", ExpressionFilter("ts.length() > 0"))
        .group_by("usr")
    ),
    "every on an earlier result": lambda: plan(
        grouped().every("url", count).every("count", aggregator("n", zero=0, step=max))
    ),
    "every selects a value": lambda: plan(Every(grouped(), "url", count, Fields("url", "count"))),
    "sink asks for a missing field": lambda: plan(Pipe("logs"), sinks={"logs": "userId"}),
    "sink without fields": lambda: plan(Pipe("logs"), sinks={"logs": Fields.NONE}),
    "tail without a sink": lambda: plan(
        *(lambda pipe: [pipe, Pipe("longs", pipe.each("url", length))])(Pipe("logs")),
        sinks={"logs": Fields.ALL},
    ),
    "joined names clash": lambda: plan_two(
        CoGroup(Pipe("logs"), "url", Pipe("days"), "url", InnerJoin())
    ),
    "declared join has the wrong size": lambda: plan_two(
        HashJoin(Pipe("logs"), "url", Pipe("days"), "url", Fields("a", "b"))
    ),
    "join on a missing name": lambda: plan_two(
        HashJoin(Pipe("logs"), "url", Pipe("days"), "urls", Fields.size(6))
    ),
    "join keys of different types": lambda: plan_two(
        CoGroup(
            Pipe("logs"),
            "ts",
            Each(Pipe("days"), function(Fields(["a"], [str]))(lambda *v: ""), Fields.RESULTS),
            "a",
        )
    ),
    "merge of different names": lambda: merged(Pipe("logs"), Pipe("days")),
    "merge of different order": lambda: planned(
        Merge("all", Pipe("logs"), Pipe("days")),
        {"logs": LOGS, "days": (("ts", "url", "user_id"), [])},
    ),
    "every after an each": lambda: plan(Every(Pipe("logs").each("url", length), count)),
    "every after a checkpoint": lambda: plan(Every(Checkpoint(grouped()), count)),
    "buffer after an aggregator": lambda: plan(grouped().every("url", count).every("url", rows)),
    "aggregator after a buffer": lambda: plan(grouped().every("url", rows).every("url", count)),
    "lone group assertion": lambda: plan(
        Every(grouped(), AssertionLevel.STRICT, Even()),
        properties={"cascade2spark.assertion.level": "none"},
    ),
    "split after a group": lambda: plan(
        *(lambda group: [group.every("url", count), Pipe("other", group)])(grouped())
    ),
    "buffer join without a buffer": lambda: plan_two(
        CoGroup("both", Pipe("logs"), "url", Pipe("days"), "url", BufferJoin())
    ),
    "aggregator after a buffer join": lambda: plan_two(
        CoGroup("both", Pipe("logs"), "url", Pipe("days"), "url", BufferJoin()).every(count)
    ),
    "hash join declares nothing": lambda: plan_two(
        HashJoin("both", Pipe("logs"), "url", Pipe("days"), "url", Fields.NONE)
    ),
    "group by all of an unknown stream": lambda: planned(
        GroupBy(Pipe("logs")), {"logs": (Fields.UNKNOWN, [])}
    ),
    "no taps": lambda: plan_flow("test", {}, {}, []),
    "head without a source": lambda: plan(Pipe("log"), sinks={"log": Fields.ALL}),
    "two heads of one name": lambda: plan(Merge(Pipe("logs"), Pipe("logs"))),
    "two tails of one name": lambda: plan(
        *(lambda pipe: [pipe.each("url", length), pipe.each("ts", length)])(Pipe("logs"))
    ),
    "trap of nobody": lambda: plan(Pipe("logs"), traps=["lgos"]),
    "checkpoint of nobody": lambda: plan(
        Checkpoint("kept", Pipe("logs")), checkpoints={"kpet": NamedTap("kept")}
    ),
    "two checkpoints of one name": lambda: plan(
        Checkpoint("kept", Pipe("x", Checkpoint("kept", Pipe("logs")))), is_restartable=True
    ),
    "checkpoint with fields": lambda: plan(
        Checkpoint("kept", Pipe("logs")), checkpoints={"kept": NamedTap("kept", Fields("a"))}
    ),
    "taps of nobody": lambda: plan_flow(
        "test",
        {"logs": NamedTap("in", "a", []), "lags": NamedTap("old", "a", [])},
        {"logs": NamedTap("out"), "errors": NamedTap("errors")},
        [Pipe("logs")],
    ),
    "tap as checkpoint and source": lambda: plan_flow(
        "test",
        {"logs": FEED},
        {"kept": NamedTap("out")},
        [Checkpoint("kept", Pipe("logs"))],
        checkpoints={"kept": FEED},
    ),
    "tap as source and sink": lambda: two_taps(SAME, SAME),
    "tap as trap and sink": lambda: two_taps(NamedTap("in", "a", []), SAME, traps={"logs": SAME}),
    "one sink for two tails": lambda: plan_flow(
        "test",
        {"logs": NamedTap("in", "a", [])},
        {"x": SAME, "y": SAME},
        (lambda pipe: [Pipe("x", pipe), Pipe("y", pipe)])(Pipe("logs")),
    ),
    "sink that cannot be written": lambda: two_taps(NamedTap("in", "a", []), OnlyRead()),
    "sink around a source": lambda: two_taps(
        Hfs(TextLine("line"), "days/in.csv"), Hfs(TextLine("line"), "days", SinkMode.REPLACE)
    ),
    "header of another delimiter": lambda: planned(
        [Each(Pipe("logs"), "url", length)], {"logs": (Fields("user_id,url,ts"), [])}
    ),
    "aggregator with too few parameters": lambda: plan(
        Every(grouped(), "url", aggregator("n", zero=0, step=lambda n: n + 1))
    ),
    "aggregator with too many parameters": lambda: plan(
        Every(grouped(), "url", aggregator("n", zero=0, step=lambda n, url, ts: n + 1))
    ),
    "first under more names than it has values": lambda: plan(
        Every(grouped(), "url", First(Fields("url", "ts")))
    ),
    "first rows under fewer names than they have values": lambda: plan(
        Every(grouped(), ("url", "ts"), FirstNBuffer(Fields("first"), 2))
    ),
    "identity under more names than it has values": lambda: plan(
        Each(Pipe("logs"), "url", Identity(Fields("url", "ts")), Fields.RESULTS)
    ),
    "sink in place of the working folder": lambda: two_taps(
        NamedTap("in", "a", []), Hfs(TextLine("line"), ".", SinkMode.REPLACE)
    ),
}


def message_of(case: Callable[[], Any]) -> str:
    with pytest.raises(PlanError) as caught:
        case()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_messages_are_as_reviewed(update_plans: bool) -> None:
    texts = {name: message_of(case) for name, case in CASES.items()}
    check_golden(GOLDEN, texts, update_plans)


def test_one_finding_is_raised_as_itself_and_several_are_listed() -> None:
    with pytest.raises(PlanError) as caught:
        CASES["every after an each"]()
    assert caught.value.errors == (caught.value,)
    with pytest.raises(PlanError) as caught:
        several_findings()
    assert len(caught.value.errors) == 3


def test_every_check_has_a_case_that_only_it_finds() -> None:
    """Without a check its case passes or fails later, with another first line."""
    said = GOLDEN.read_text("utf-8")
    words = {
        "check_taps_are_given": "has no source taps",
        "check_heads_are_bound": "is a head without a source tap",
        "check_head_names_differ": "is a second head of this name",
        "check_tails_are_bound": "is a tail without a sink tap",
        "check_tail_names_differ": "is a second tail of this name",
        "check_taps_are_used": "is bound to no tail pipe",
        "check_trap_names_exist": "is bound to a name that no pipe has",
        "check_checkpoint_names_exist": "is bound to a name that no Checkpoint has",
        "check_checkpoint_taps_are_undeclared": "declares fields, but keeps whatever arrives",
        "check_taps_have_one_role": "one tap is both source",
        "check_sinks_have_one_tail": "one sink tap is bound to two tails",
        "check_taps_can_do_it": "cannot be sink",
        "check_paths_do_not_overlap": "would be written around source",
        "check_working_folder_is_kept": "would replace the working folder",
        "check_every_follows_group": "has no groups to work on",
        "check_buffer_stands_alone": "one of the two is a Buffer",
        "check_assertion_has_aggregator": "without an Aggregator beside it",
        "check_group_does_not_split": "splits between the group and its Every",
        "check_buffer_join_has_buffer": "so a Buffer must follow",
        "check_hash_join_joins": "declares Fields.NONE",
        "check_skewed_join_can_spread": "cannot be spread over partitions",
        "check_checkpoint_names_differ": "is a second Checkpoint of this name",
    }
    assert set(words) == {check.__name__ for check in (*CHECKS, *RESTART_CHECKS)}
    assert set(BINDING_CHECKS) <= set(CHECKS)
    assert [] == [name for name, text in words.items() if text not in said]


def test_a_comparator_on_any_side_lets_key_types_differ() -> None:
    texts = function(Fields(["a"], [str]))(lambda *values: "")
    other = Each(Pipe("days"), texts, Fields.RESULTS)
    assert plan_two(CoGroup(Pipe("logs"), compared("ts"), other, "a")).steps.writes


def test_the_resolver_error_is_the_cause() -> None:
    with pytest.raises(PlanError) as caught:
        CASES["argument that does not arrive"]()
    assert type(caught.value.__cause__.__cause__).__name__ == "FieldNotFound"
