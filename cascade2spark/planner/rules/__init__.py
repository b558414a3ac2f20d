"""Rewrites of a step plan: one file each, one list, and the loop that applies them.

A rule is a pure function from plan to plan that returns the very plan it was given when there is
nothing to do. No rule may change rows, trapped rows, counters, or whether the flow fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from cascade2spark.errors import BuildError
from cascade2spark.planner.rules.drop_unused_persist import drop_unused_persist
from cascade2spark.planner.rules.fuse_each import fuse_each
from cascade2spark.planner.rules.partial_aggregation import partial_aggregation
from cascade2spark.planner.rules.prune_columns import prune_columns
from cascade2spark.planner.rules.skip_unread_arguments import skip_unread_arguments
from cascade2spark.planner.steps import StepPlan

__all__ = ["RULES", "Rule", "rewrite_plan"]

Rule = Callable[[StepPlan], StepPlan]

RULES: dict[str, Rule] = {
    "drop_unused_persist": drop_unused_persist,
    "fuse_each": fuse_each,
    "partial_aggregation": partial_aggregation,
    "skip_unread_arguments": skip_unread_arguments,
    "prune_columns": prune_columns,
}

_MOST_ROUNDS = 20


def rewrite_plan(plan: StepPlan, off: Collection[str] = ()) -> tuple[StepPlan, tuple[str, ...]]:
    """Apply the rules until none has anything to do.

    Args:
        off: names of rules to leave out.
    Returns:
        The plan, and the names of the rules that changed it, in the order of their first change.
    Raises:
        BuildError: `off` names no rule.
    """
    for name in off:
        if name not in RULES:
            raise BuildError(
                "cascade2spark.rules.off names a rule that does not exist",
                asked=name,
                available=list(RULES),
            )
    fired: list[str] = []
    for _ in range(_MOST_ROUNDS):
        before = plan
        for name, rule in RULES.items():
            if name in off:
                continue
            after = rule(plan)
            if after is not plan and name not in fired:
                fired.append(name)
            plan = after
        if plan is before:
            break
    return plan, tuple(fired)
