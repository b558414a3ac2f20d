"""Small flows, one for each thing a plan can show; test_plans.py prints them at every stage."""

from __future__ import annotations

from collections.abc import Callable

from cascade2spark.fields import Fields
from cascade2spark.joiners import OuterJoin
from cascade2spark.operations.callables import aggregator, buffer, function
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.build import PlannedFlow
from tests.planning import planned

VISITS = (Fields(["user", "url", "ms", "agent"], [str, str, int, str]), [("u", "/", 3, "x")])
USERS = (Fields("id", "name", "born"), [("u", "Una", 1970)])
total = aggregator("total", zero=0, step=lambda t, v: t + v, merge=lambda a, b: a + b)


@buffer("first", "count")
def span(key, rows):
    found = [row[0] for row in rows]
    yield found[0], len(found)


def secondary_sort() -> PlannedFlow:
    """A buffer over sorted groups; the agent is never read."""
    visits = Pipe("visits").keep("url", lambda url: url != "")
    grouped = GroupBy("by user", visits, Fields("user"), Fields("ms"), partitions=4)
    spans = Every(grouped, Fields("ms"), span, Fields("user", "first", "count"))
    return planned(spans, {"visits": VISITS})


def partial_sum() -> PlannedFlow:
    """An algebraic aggregator."""
    visits = Each(Pipe("visits"), Fields("ms"), function("s")(lambda ms: ms // 1000), Fields.ALL)
    return planned(Every(GroupBy(visits, Fields("user")), Fields("s"), total), {"visits": VISITS})


def joins() -> PlannedFlow:
    """A broadcast join, then a HashJoin that cannot be one."""
    visits, users = Pipe("visits"), Pipe("users")
    named = HashJoin(visits, "user", users, "id")
    others = HashJoin(
        "others", Pipe("named", named), "name", Pipe("again", users), "name",
        Fields("user", "url", "ms", "agent", "id", "name", "born", "id2", "name2", "born2"),
        OuterJoin(),
    )  # fmt: skip
    return planned(others, {"visits": VISITS, "users": USERS}, sinks={"others": ("url", "born2")})


def co_group_with_every() -> PlannedFlow:
    """A CoGroup whose Every passes the keys of both sides."""
    joined = CoGroup("joined", Pipe("visits"), "user", Pipe("users"), "id")
    return planned(Every(joined, Fields("ms"), total), {"visits": VISITS, "users": USERS})


def forks() -> PlannedFlow:
    """One fork that a task can serve, one that must be kept, and a bound checkpoint's trap."""
    visits = Pipe("visits").each("ms", function("s")(lambda ms: ms // 1000), Fields.SWAP)
    kept = Checkpoint("kept", visits)
    slow = Pipe("slow", kept.keep("s", lambda s: s > 1))
    quick = Pipe("quick", kept.keep("s", lambda s: s <= 1))
    by_user = Every(GroupBy("users", Merge(slow, quick), "user"), Fields("s"), total)
    return planned([by_user, slow], {"visits": VISITS}, traps=["visits", "slow"])


FLOWS: dict[str, Callable[[], PlannedFlow]] = {
    "secondary_sort": secondary_sort,
    "partial_sum": partial_sum,
    "joins": joins,
    "co_group_with_every": co_group_with_every,
    "forks": forks,
}
