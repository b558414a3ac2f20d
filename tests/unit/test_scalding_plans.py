"""What the plan of a job of Scalding says: each rewrite, in lines that name the user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.fields import from_typed, read
from cascade2spark.scalding.flow_state import FlowState, state_of
from cascade2spark.scalding.sources import TextLine, Tsv, TypedTsv
from cascade2spark.scalding.typed import TypedPipe
from cascade2spark.taps import MemoryTap
from tests.scalding.typed_case import Collected
from tests.unit.test_scalding_typed import Table

CONNECTOR = LocalFlowConnector()


def pairs() -> TypedPipe[Any]:
    return TypedPipe.from_([("a", 1), ("b", 2), ("a", 3)])


def flow_of(*writes: tuple[Any, Any]) -> Any:
    state = FlowState()
    with state_of(state):
        for pipe, sink in writes:
            pipe.write(sink)
    return state.connect(Mode(CONNECTOR), "job")


def plan_of(*pipes: Any) -> str:
    text: str = flow_of(*[(pipe, Collected()) for pipe in pipes]).plan_text("steps")
    return text


def lines_of(plan: str) -> list[tuple[int, str]]:
    """Return the number of the step of each kind of step and operation, in order."""
    found, step = [], 0
    for line in plan.splitlines():
        if kind := re.match(r" +(\d+)  (\w+)", line):
            step = int(kind[1])
            found.append((step, kind[2]))
        elif operation := re.match(r" +applies +\w+ '[^']*' (\w+)", line):
            found.append((step, operation[1]))
    return found


def names_of(plan: str) -> list[str]:
    return [name for _, name in lines_of(plan)]


def is_a(key: str) -> bool:
    return key == "a"


# -- keys are filtered early ---------------------------------------------------------------------

EARLY = {
    "reduce": (lambda a, b: a.group().map_group(lambda key, held: held), "Group"),
    "fold": (lambda a, b: a.group().sum(), "Group"),
    "sort": (lambda a, b: a.group().sort_by(lambda n: -n).take(2), "Group"),
    "join": (lambda a, b: a.group().join(b), "CoGroup"),
    "reduced join": (lambda a, b: a.group().sum().outer_join(b.group().size()), "CoGroup"),
    "hash join": (lambda a, b: a.hash_join(b), "BroadcastJoin"),
    "mapped reduce": (lambda a, b: a.group().size().to_typed_pipe().map_values(abs), "Group"),
}


@pytest.mark.parametrize("name", EARLY)
def test_keys_are_filtered_below(name: str) -> None:
    build, kind = EARLY[name]
    pipe = build(pairs(), pairs()).to_typed_pipe().filter_keys(is_a)
    names = names_of(plan_of(pipe))
    at = names.index(kind)
    assert "filter_keys" in names[:at]
    assert "filter_keys" not in names[at:]
    assert names[:at].count("filter_keys") == (2 if kind == "CoGroup" else 1)


def test_keys_are_filtered_above_a_group_by_an_ordering() -> None:
    ordered = pairs().group_with(str.lower).sum().to_typed_pipe().filter_keys(is_a)
    names = names_of(plan_of(ordered))
    assert names.index("filter_keys") > names.index("Group")


def test_what_goes_to_the_fields_api_is_rewritten_too() -> None:
    rows = from_typed(pairs().group().sum().to_typed_pipe().filter_keys(is_a), "k", "n")
    plan = flow_of((rows, Table(Fields("k", "n"), MemoryTap(Fields("k", "n"))))).plan_text("steps")
    names = names_of(plan)
    assert names.index("filter_keys") < names.index("Group")


# -- functions in one loop, merges, forks --------------------------------------------------------


def test_functions_between_exchanges_are_one_step() -> None:
    doubled = pairs().map(lambda pair: (pair[0], pair[1] * 2))
    plan = plan_of(doubled.filter(lambda pair: pair[1] > 2).flat_map(lambda pair: [pair]))
    steps = {name: step for step, name in lines_of(plan)}
    assert steps["map"] == steps["filter"] == steps["flat_map"]
    assert "fuse_each" in plan


def test_merges_of_merges_are_one_union() -> None:
    merged = (pairs() + pairs()) + (pairs() + TypedPipe.empty())
    names = names_of(plan_of(merged.map(str)))
    assert (names.count("Read"), names.count("Union")) == (3, 1)


def test_a_pipe_merged_with_what_is_made_of_it_is_read_once() -> None:
    once = pairs()
    plan = plan_of(once.map(lambda pair: (pair[0], 0)) + once.flat_map(lambda pair: [pair]))
    assert names_of(plan).count("Read") == 1


@pytest.mark.parametrize("hint", ["fork", "force_to_disk"])
def test_what_has_two_readers_is_planned_and_called_once(hint: str) -> None:
    calls: list[Any] = []
    seen = getattr(pairs().map(lambda pair: calls.append(pair) or pair), hint)()
    flow = flow_of((seen.keys(), Collected()), (seen.group().sum(), Collected()))
    names = names_of(flow.plan_text("steps"))
    assert (names.count("Read"), names.count("map")) == (1, 1)
    flow.complete()
    assert len(calls) == 3


def test_forced_rows_are_kept_and_end_a_step() -> None:
    forced = pairs().map(lambda pair: (pair[0], pair[1] * 2)).force_to_disk()
    plan = plan_of(forced.filter(lambda pair: pair[1] > 2))
    steps = {name: step for step, name in lines_of(plan)}
    assert steps["map"] < steps["Persist"] < steps["filter"]
    assert "keeps    checkpoint" in plan


# -- word counts ---------------------------------------------------------------------------------


def test_word_count_is_combined_before_the_exchange_in_both_apis(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("a b a\n")
    lines = TextLine(str(tmp_path / "in"))
    words = TypedPipe.from_(lines).flat_map(str.split).map(lambda word: (word, 1))
    rows = read(lines).flat_map_to("line", "word", str.split)
    counted = rows.group_by("word", lambda group: group.size())
    jobs = {
        "typed": (words.sum_by_key(), TypedTsv(str(tmp_path / "typed"), (str, int))),
        "fields": (counted, Tsv(str(tmp_path / "fields"))),
    }
    for name, job in jobs.items():
        plan = flow_of(job).plan_text()
        assert re.search(r"GroupBy .* partial mapPartitions \+", plan), name
        assert "rule: partial_aggregation" in plan, name
        rows_of_pipes = [line for line in plan.splitlines() if re.match(r"  \d+ ", line)]
        assert len(rows_of_pipes) >= 5, name
        for line in rows_of_pipes:
            assert re.search(r"calding_plans\.py:\d+$", line), line


def test_a_stream_or_a_sort_is_not_combined() -> None:
    for group in (
        pairs().group().force_to_reducers().sum(),
        pairs().group().sorted().sum(),
        pairs().group().filter(lambda pair: pair[1] > 1).sum(),
        pairs().group().to_list(),
    ):
        assert "partial_aggregation" not in plan_of(group)
    for group in (
        pairs().group().map_values(lambda n: n + 1).filter_keys(is_a).with_reducers(2).sum(),
        pairs().group().with_description("named").size(),
    ):
        assert "partial_aggregation" in plan_of(group)
