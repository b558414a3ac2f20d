"""Who takes part, and how each one's application is started."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from benchmarks.measure import Run, run_application
from benchmarks.peers import scala

__all__ = ["CONTESTANTS", "Contestant", "Task", "run_task"]

# A job is run again, up to three times in all, while its runs so far took less than this together.
RUNS = 3
ENOUGH_S = 10.0

Inputs = dict[str, str]


@attrs.frozen
class Task:
    """What an application is asked to do.

    Args:
        job: name of the job.
        cores: number of cores, a count.
        inputs: paths of the inputs by name.
        few: the same for the warm-up.
        output: folder that the job writes.
        folder: where applications may keep things of their own.
    """

    job: str
    cores: int
    inputs: Inputs
    few: Inputs
    output: Path
    folder: Path


@attrs.frozen
class Contestant:
    """One who takes part.

    Args:
        title: what it is.
        command: the command line for a task.
        environ: what it adds to the environment, for a number of cores.
        missing: why it cannot take part here, None when it can.
    """

    title: str
    command: Callable[[Task], list[str]]
    environ: Callable[[int], Mapping[str, str]] = lambda cores: {}
    missing: Callable[[], str | None] = lambda: None


def run_task(name: str, task: Task, **environ: str) -> list[Run]:
    """Run one task in a fresh application of a contestant; return its runs.

    Args:
        name: the contestant.
        task: what to do.
        environ: more settings for the application's environment.
    Raises:
        RuntimeError: the application failed.
    """
    contestant = CONTESTANTS[name]
    settings = {**contestant.environ(task.cores), **environ}
    return run_application(contestant.command(task), settings, task.output, RUNS, ENOUGH_S)


def _python(module: str) -> Callable[[Task], list[str]]:
    def command(task: Task) -> list[str]:
        given = (json.dumps(task.inputs), json.dumps(task.few), str(task.output))
        return [sys.executable, "-m", module, task.job, str(task.cores), *given]

    return command


def _scala(task: Task) -> list[str]:
    return scala.command(task.job, task.cores, task.inputs, task.few, task.output, task.folder)


def _polars_missing() -> str | None:
    found = importlib.util.find_spec("polars") is not None
    return None if found else f"{sys.executable} -m pip install polars"


def _polars(title: str, threads: Callable[[int], int]) -> Contestant:
    return Contestant(
        title,
        _python("benchmarks.peers.polars"),
        lambda cores: {"POLARS_MAX_THREADS": str(threads(cores))},
        _polars_missing,
    )


CONTESTANTS: dict[str, Contestant] = {
    "ours": Contestant("cascade2spark", _python("benchmarks.ours")),
    "typed": Contestant("typed API, functions on objects", _python("benchmarks.typed")),
    "objects": Contestant("typed API, named tuples", _python("benchmarks.typed_objects")),
    "pyspark": Contestant("hand-written PySpark RDD", _python("benchmarks.peers.pyspark")),
    "scala": Contestant("hand-written Scala RDD", _scala),
    "dataframe": Contestant("Spark DataFrame", _python("benchmarks.peers.dataframe")),
    "polars": _polars("polars in one process, all cores", lambda cores: cores),
    "polars_1": _polars("polars in one process, one thread", lambda cores: 1),
}
