"""While Spark's jobs run: telling progress, carrying a stop to Spark, and what its UI shows."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from pyspark import SparkContext

from cascade2spark.planner.steps import RunContext, StepPlan

__all__ = ["Watch"]

_POLL_S = 0.2
_DESCRIBED = 300  # most letters of what Spark's UI says of a job


class Watch:
    """Tells progress and carries a stop to Spark while jobs run."""

    def __init__(self, context: SparkContext, plan: StepPlan, run: RunContext) -> None:
        self._context = context
        self._run = run
        self._plan = plan
        self._is_over = threading.Event()
        self._done: set[int] = set()
        self._sink: int | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._context.setJobGroup(self._run.run_id, self._plan.name, interruptOnCancel=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        for key in ("spark.jobGroup.id", "spark.job.description"):
            self._context.setLocalProperty(key, None)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def job(self, writes: Sequence[int]) -> Iterator[None]:
        """Tell of the steps that one job works on: all that lead to its sinks and have not run."""
        steps = sorted(self._plan.above(writes) - self._done)
        for number in steps:
            self._run.on_progress(number, "running", 0.0)
        self._context.setLocalProperty("spark.job.description", self._described(steps))
        self._sink = writes[0]
        try:
            yield
        finally:
            self._sink = None
        for number in steps:
            self._run.on_progress(number, "done", 1.0)
        self._done.update(steps)

    def _described(self, numbers: Sequence[int]) -> str:
        """Return what Spark's UI says of a job: the flow, and the branches that it runs."""
        working = set(numbers)
        names: dict[str, None] = {}
        for step in self._plan.steps:
            if step.number in working:
                works = (*getattr(step, "operators", ()), *getattr(step, "everys", ()))
                names.update(
                    dict.fromkeys(site.name for site in (step.site, *(w.site for w in works)))
                )
        text = f"{self._plan.name}: {', '.join(names)}"
        return text if len(text) <= _DESCRIBED else f"{text[: _DESCRIBED - 2]} …"

    def _watch(self) -> None:
        while not self._is_over.wait(_POLL_S):
            # What is told goes to listeners of the user's, and Spark may be gone.
            with contextlib.suppress(Exception):
                if self._run.is_stopped():
                    self._context.cancelJobGroup(self._run.run_id)
                self._tell()

    def _tell(self) -> None:
        tracker = self._context.statusTracker()
        found = map(tracker.getJobInfo, tracker.getJobIdsForGroup(self._run.run_id))
        # The map side of an exchange is a stage of two jobs.
        stages = {stage for info in found if info is not None for stage in info.stageIds}
        tasks, done = 0, 0
        for stage_info in map(tracker.getStageInfo, stages):
            if stage_info is not None:
                tasks += stage_info.numTasks
                done += stage_info.numCompletedTasks
        sink = self._sink
        if sink is not None and done < tasks:
            self._run.on_progress(sink, f"{done} of {tasks} tasks", done / tasks)
