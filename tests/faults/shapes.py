"""Flows of every kind of step, whose operations get into trouble as they are told."""

from __future__ import annotations

import functools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from cascade2spark.assemblies import SumBy
from cascade2spark.fields import Fields
from cascade2spark.joiners import BaseJoiner, InnerJoin, LeftJoin
from cascade2spark.operations.base import BaseOperation, Buffer, Function
from cascade2spark.operations.callables import aggregator
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.tuples import Tuple

# Half of the rows have one key; the order of `t` is not that of arrival, and has ties.
EVENTS = [
    ("hot" if number % 2 else f"k{number % 23}", number * 37 % 101, number)
    for number in range(1200)
]
NAMES = [("hot", "x"), ("hot", "y"), *((f"k{number}", f"name {number}") for number in range(23))]
SOURCES: Mapping[str, tuple[Fields, list[Any]]] = {
    "events": (Fields("k", "t", "v"), EVENTS),
    "names": (Fields("id", "name"), NAMES),
}
_calls: Counter[tuple[str, str]] = Counter()


def once(flag: Path) -> bool:
    """Tell whether this is the first call for a flag, in any process."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


@attrs.frozen
class Trouble:
    """What happens at named places, in whichever task is there first.

    Args:
        folder: where it is remembered that it happened.
        at: for a place what happens and from which call in one process on.
    """

    folder: str = ""
    at: Mapping[str, tuple[Callable[[Path, str], None], int]] = attrs.field(factory=dict)

    def __call__(self, place: str) -> None:
        if place not in self.at:
            return
        what, call = self.at[place]
        _calls[self.folder, place] += 1
        if _calls[self.folder, place] >= call:
            what(Path(self.folder), place)


def kill_worker(folder: Path, place: str) -> None:
    """Kill this worker process, once."""
    if once(folder / f"{place} killed"):
        os.kill(os.getpid(), signal.SIGKILL)


def kill_executor(folder: Path, place: str) -> None:
    """Kill the executor that started the daemon that started this process, once."""
    if once(folder / f"{place} killed"):
        status = Path(f"/proc/{os.getppid()}/status").read_text()
        parent = next(line for line in status.splitlines() if line.startswith("PPid:"))
        os.kill(int(parent.split()[1]), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def delete_shuffle_files(folder: Path, place: str) -> None:
    """Delete all shuffle files there are, once."""
    if once(folder / f"{place} deleted"):
        for path in (folder.parent / "spark").rglob("shuffle_*"):
            path.unlink(missing_ok=True)


def fail(folder: Path, place: str) -> None:
    """Fail in the first two attempts at partition 1, with what no trap takes."""
    from pyspark import TaskContext

    task = TaskContext.get()
    if task is not None and task.attemptNumber() < 2 and task.partitionId() == 1:
        (folder / f"{place} failed").touch()
        raise MemoryError(place)


class Passed(BaseOperation, Function):
    """Passes its argument on as `name`, counts it, and gets into trouble; some go to the trap."""

    def __init__(self, trouble: Trouble, place: str, name: str, bad: int | None = None) -> None:
        super().__init__(1, Fields(name))
        self.trouble, self.place, self.bad = trouble, place, bad

    def operate(self, flow_process: Any, function_call: Any) -> None:
        value = function_call.get_arguments().get_object(0)
        if self.bad is not None and value % self.bad == 3:
            raise ValueError("for the trap")
        self.trouble(self.place)
        flow_process.increment("jobs", self.place, 1)
        function_call.get_output_collector().add(Tuple(value))

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self.trouble(f"{self.place} flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self.trouble(f"{self.place} cleanup")


class Run(BaseOperation, Buffer):
    """Gives the values of a group in their order, as one text."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(1, Fields("run"))
        self.trouble = trouble

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        values = []
        for entry in buffer_call.get_arguments_iterator():
            self.trouble("buffer")
            flow_process.increment("jobs", "buffer", 1)
            values.append(str(entry.get_object(0)))
        buffer_call.get_output_collector().add(Tuple(",".join(values)))


class ByValue:
    """Compares as Python does, which makes a group be sorted as rows."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble

    def compare(self, left: Any, right: Any) -> int:
        self.trouble("compare")
        return (left > right) - (left < right)


class Pairs(BaseJoiner):
    """An inner join of the user's own."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.trouble = trouble

    def get_iterator(self, closure: Any) -> Iterator[tuple[Any, ...]]:
        for left in closure.get_iterator(0):
            for right in closure.get_iterator(1):
                self.trouble("joiner")
                yield tuple(left) + tuple(right)


def _add(trouble: Trouble, total: int, value: int) -> int:
    trouble("step")
    return total + value


def _finish(trouble: Trouble, total: int) -> int:
    trouble("finish")
    return total


def _sum(left: int, right: int) -> int:
    return left + right


def _events(trouble: Trouble) -> Pipe:
    return Each(Pipe("events"), Fields("v"), Passed(trouble, "map", "x", 41), Fields("k", "t", "x"))


def _last(pipe: Pipe, trouble: Trouble, field: str, name: str = "y") -> Pipe:
    return Each(pipe, Fields(field), Passed(trouble, "last", name), Fields.ALL)


def _write(trouble: Trouble) -> list[Pipe]:
    return [_last(_events(trouble), trouble, "t")]


def _group(trouble: Trouble) -> list[Pipe]:
    group = GroupBy(_events(trouble), Fields("k"), Fields("t"), partitions=5)
    return [_last(Every(group, Fields("x"), Run(trouble), Fields("k", "run")), trouble, "run")]


def _sorted(trouble: Trouble) -> list[Pipe]:
    sort = Fields("t")
    sort.set_comparator("t", ByValue(trouble))
    group = GroupBy(_events(trouble), Fields("k"), sort, partitions=5)
    return [_last(Every(group, Fields("x"), Run(trouble), Fields("k", "run")), trouble, "run")]


def _partial(trouble: Trouble) -> list[Pipe]:
    total = aggregator(
        "total",
        zero=0,
        step=functools.partial(_add, trouble),
        finish=functools.partial(_finish, trouble),
        merge=_sum,
    )
    # Partial states are made only where no trap of the same task could take a failing step.
    plain = Pipe("summed", Pipe("events"))
    events = Each(plain, Fields("v"), Passed(trouble, "map", "x"), Fields("k", "t", "x"))
    group = GroupBy(events, Fields("k"), partitions=5)
    return [_last(Every(group, Fields("x"), total, Fields.ALL), trouble, "total")]


def _join(trouble: Trouble, joiner: Any, skewed: bool = False) -> list[Pipe]:
    group = CoGroup(
        "events",
        _events(trouble),
        Fields("k"),
        Pipe("names"),
        Fields("id"),
        Fields("k", "t", "x", "id", "name"),
        joiner,
        skewed=skewed,
        partitions=5,
    )
    return [_last(group, trouble, "x")]


def _broadcast(trouble: Trouble) -> list[Pipe]:
    side = Each(Pipe("names"), Fields("name"), Passed(trouble, "side", "n"), Fields("id", "n"))
    return [_last(HashJoin(_events(trouble), Fields("k"), side, Fields("id")), trouble, "n")]


def _fork(trouble: Trouble) -> list[Pipe]:
    """Return two ways behind a trap, which also takes what fails on the first."""
    events = _events(trouble)
    forked = Each(Pipe("forked", events), Fields("x"), Passed(trouble, "last", "y", 43), Fields.ALL)
    group = GroupBy(Pipe("grouped", events), Fields("k"), Fields("t"), partitions=5)
    runs = Every(group, Fields("x"), Run(trouble), Fields("k", "run"))
    return [forked, runs]


def _merge(trouble: Trouble) -> list[Pipe]:
    """Return a union of a stream with what was made of it, written without a group."""
    events = _events(trouble)
    other = Each(Pipe("other", events), Fields("x"), Passed(trouble, "fork", "y", 43), Fields.ALL)
    plain = Each(Pipe("plain", events), Fields("x"), Passed(Trouble(), "plain", "y"), Fields.ALL)
    return [_last(Merge("both", plain, other), trouble, "t", "z")]


def _checkpoint(trouble: Trouble) -> list[Pipe]:
    kept = Checkpoint("kept", _events(trouble))
    group = GroupBy(kept, Fields("k"), Fields("t"), partitions=5)
    return [_last(Every(group, Fields("x"), Run(trouble), Fields("k", "run")), trouble, "run")]


def mixed(trouble: Trouble) -> list[Pipe]:
    """Return a flow that has about everything: a fork, a merge, joins, sorts, partial sums."""
    events = _events(trouble)
    doubled = Each(Pipe("doubled", events), Fields("x"), Passed(trouble, "fork", "x"), Fields.SWAP)
    both = Merge("both", Pipe("plain", events), Each(doubled, Fields("k", "t", "x"), _Tenths()))
    runs = GroupBy(Pipe("runs", both), Fields("k"), Fields("t"), True, partitions=5)
    run = Every(runs, Fields("x"), Run(trouble), Fields("k", "run"))
    joined = CoGroup("joined", run, Fields("k"), Pipe("names"), Fields("id"), LeftJoin())
    sums = SumBy("sums", Pipe("summed", both), Fields("k"), Fields("x"), Fields("sum"), float)
    return [joined, sums]


class _Tenths(BaseOperation, Function):
    """Makes the last of its values one whose sum depends on the order."""

    def __init__(self) -> None:
        super().__init__(3, Fields("k", "t", "x"))

    def operate(self, flow_process: Any, function_call: Any) -> None:
        key, time, value = function_call.get_arguments().get_tuple()
        function_call.get_output_collector().add(Tuple(key, time, value / 10))


@attrs.frozen
class Shape:
    """A flow of one kind of step: its tails, where it can get into trouble, the form it takes.

    Args:
        places: for each place the call, in one process, at which it does.
        is_read: events come from files that tasks read, not from an RDD.
    """

    build: Callable[[Trouble], list[Pipe]]
    places: Mapping[str, int]
    form: str | None = None
    is_read: bool = False


SHAPES: Mapping[str, Shape] = {
    "read": Shape(_write, {"map": 40, "last": 60}, is_read=True),
    "write": Shape(_write, {"map": 40, "last cleanup": 1}),
    "group": Shape(_group, {"map": 40, "buffer": 30}, "columns"),
    "sorted": Shape(_sorted, {"compare": 300, "buffer": 30}),
    "partial": Shape(_partial, {"step": 40, "finish": 1}),
    "join": Shape(functools.partial(_join, joiner=InnerJoin()), {"map": 40, "last": 9}, "columns"),
    "joiner": Shape(lambda trouble: _join(trouble, Pairs(trouble)), {"map flush": 1, "joiner": 30}),
    "broadcast": Shape(_broadcast, {"side": 2, "last": 40}),
    "fork": Shape(_fork, {"last": 40, "buffer": 30}),
    "merge": Shape(_merge, {"fork": 40, "last": 60}),
    "checkpoint": Shape(_checkpoint, {"map": 40, "buffer": 30}),
    "skewed": Shape(
        functools.partial(_join, joiner=InnerJoin(), skewed=True), {"map": 40, "last": 9}, "columns"
    ),
}
