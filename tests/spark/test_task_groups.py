"""Many partitions in few tasks: the same files, counts and failures as with a task for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark import CoGroup, Every, Fields, GroupBy, Pipe, SparkFlowConnector, function
from cascade2spark.assemblies import SumBy
from cascade2spark.errors import RunError
from cascade2spark.operations.base import BaseOperation, Buffer
from cascade2spark.schemes import TextDelimited
from cascade2spark.spark import lowering
from cascade2spark.spark.task_groups import TaskGroups
from cascade2spark.taps import Hfs, RDDTap

PARTITIONS = 40


class Counted(BaseOperation, Buffer):
    """Emits how many rows a group has, and which partition of how many does it."""

    def __init__(self) -> None:
        super().__init__(1, Fields("rows", "slice", "slices"))

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        flow_process.increment("test", "prepared", 1)

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        rows = sum(1 for _ in buffer_call.get_arguments_iterator())
        numbers = flow_process.get_current_slice_num(), flow_process.get_num_process_slices()
        buffer_call.get_output_collector().add((rows, *numbers))


@function("word")
def refused(word: str) -> str:
    raise ValueError(f"no {word}")


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "words"
    path.write_text("".join(f"w{n % 70 if n % 2 else 7}\t{n}\n" for n in range(3000)))
    return str(path)


def run(sc: Any, words: str, sink: Any, pipe: Pipe) -> Any:
    properties = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}
    fields = Fields(["word", "number"], [str, int])
    others = Fields("other", "more")
    sources = {"words": Hfs(TextDelimited(fields), words)}
    if len(pipe.get_heads()) > 1:
        sources["others"] = Hfs(TextDelimited(others), words)
    flow = SparkFlowConnector(sc, properties).connect(sources, sink, pipe)
    flow.complete()
    return flow


def grouped() -> Pipe:
    group = GroupBy(Pipe("words"), Fields("word"))
    return Every(group, Fields("number"), Counted(), Fields("word", "rows", "slice", "slices"))


def summed() -> Pipe:
    return SumBy(Pipe("words"), "word", "number", Fields("total", int))


def joined() -> Pipe:
    return CoGroup(Pipe("words"), "word", Pipe("others"), "other")


def single(partitions: int, *_: Any, **__: Any) -> TaskGroups:
    return TaskGroups(partitions, partitions)


def outcome(sc: Any, words: str, folder: Path, pipe: Pipe) -> Any:
    flow = run(sc, words, Hfs(TextDelimited(Fields.ALL), str(folder)), pipe)
    told = flow.get_stats().to_dict()
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    steps = [(step["pipes"], step["details"].get("partitions")) for step in told["steps"]]
    return files, told["counters"], steps


@pytest.mark.parametrize(("made", "tasks"), [(grouped, 20), (summed, 2), (joined, 2)])
def test_everything_is_the_same(
    sc: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Any, tasks: int
) -> None:
    given: list[TaskGroups | None] = []
    exchanged = lowering.exchanged

    def noted(context: Any, pairs: Any, partitions: int, groups: TaskGroups | None) -> Any:
        given.append(groups)
        return exchanged(context, pairs, partitions, groups)

    monkeypatch.setattr(lowering, "exchanged", noted)
    monkeypatch.setattr(lowering, "LEAST_BYTES", 0)
    few = outcome(sc, words, tmp_path / "few", made())
    monkeypatch.setattr(TaskGroups, "of", single)
    many = outcome(sc, words, tmp_path / "many", made())
    assert few == many
    assert len(few[0]) == PARTITIONS + 1
    assert [groups and groups.tasks for groups in given] == [tasks, None]


def test_a_failure_behind_the_exchange_is_told_as_ever(sc: Any, words: str, tmp_path: Path) -> None:
    pipe = grouped().each("word", refused)
    with pytest.raises(RunError) as error:
        run(sc, words, Hfs(TextDelimited(Fields.ALL), str(tmp_path / "out")), pipe)
    assert "ValueError" in str(error.value)
    assert error.value.row is not None
    assert [path.name for path in tmp_path.iterdir()] == ["words"]


def test_what_is_handed_out_has_its_partitions(sc: Any, words: str) -> None:
    sink = RDDTap()
    run(sc, words, sink, summed())
    assert sink.rdd.getNumPartitions() == PARTITIONS
