"""Job: pipes that are built with arguments and written, and what runs them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cascade2spark.counters import CounterName
from cascade2spark.errors import BuildError, FlowError
from cascade2spark.flows.flow import Flow
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.args import ArgHelp, Args, declared
from cascade2spark.scalding.base import FlowState, Mode, Source, source_pipe, state_of

__all__ = ["Job", "run_jobs"]


class Job:
    """Pipes built with arguments, written, and run as one flow.

    Derive from it and define `build`; or, as in Scalding, build in ``__init__`` after that of Job.
    What is written meanwhile belongs to the job.

    Args:
        args: Args, or what `Args.parse` takes.
    Source:
        com.twitter.scalding.Job
    Example:
        >>> from cascade2spark.scalding.sources import Tsv
        >>> class Copy(Job):
        ...     def build(self):
        ...         self.write(self.read(Tsv(self.args["input"])), Tsv(self.args["output"]))
        >>> Copy("--input a.tsv --output b.tsv").state.writes[0][1]
        Tsv('b.tsv')
    """

    arguments: ClassVar[Sequence[ArgHelp]] = ()
    """What the job takes, for ``--help``; none if it does not say."""

    args: Args
    state: FlowState
    flow: Flow | None
    """The flow of the last run."""
    _mode: Mode | None

    def __new__(cls, *args: Any, **options: Any) -> Job:
        job = super().__new__(cls)
        job.state, job.flow, job._mode = FlowState(), None, None
        return job

    def __init__(self, args: Args | str | Iterable[str] = ()) -> None:
        parsed = args if isinstance(args, Args) else Args.parse(args)
        self.args = declared(parsed, type(self).__name__, self.arguments)
        with state_of(self.state):
            self.build()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in cls.__dict__:
            cls.__init__ = _building(cls.__init__)  # type: ignore[method-assign]

    def build(self) -> None:
        """Build pipes and write them; called once, when the job is made."""

    def read(self, source: Source) -> Pipe:
        """Return a plain pipe that reads a source."""
        return source_pipe(source)

    def write(self, pipe: Pipe, sink: Source) -> Pipe:
        """Have a plain pipe written, and return it."""
        self.state.add(pipe, sink)
        return pipe

    # -- what a job may say ----------------------------------------------------------------------

    def name(self) -> str:
        """Return the name of the flow. Default: the class's."""
        return type(self).__name__

    def config(self) -> Mapping[str, Any]:
        """Return properties, which come over those of the mode."""
        return {}

    def next(self) -> Job | None:
        """Return the job that runs when this one has succeeded. Default: none."""
        return None

    def validate(self, mode: Mode) -> None:
        """Look at the sources before anything runs; by default planning does."""

    def listeners(self) -> Sequence[Any]:
        """Return FlowListeners."""
        return ()

    def step_listeners(self) -> Sequence[Any]:
        """Return FlowStepListeners."""
        return ()

    def skip_strategy(self) -> Any:
        """Return a FlowSkipStrategy, asked before the flow runs. Default: None, never skip."""
        return None

    # -- running ---------------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        """Where it runs.

        Raises:
            BuildError: it is not running.
        """
        if self._mode is None:
            raise BuildError(f"{self.name()} has no mode until it runs")
        return self._mode

    def plan(self, mode: Mode) -> Flow:
        """Return the planned flow, with the job's own properties and listeners.

        Raises:
            BuildError: the job writes nothing.
            TapError: a source is missing.
        """
        self._mode = mode
        self.validate(mode)
        definition = self.state.flow_def(mode, self.name())
        definition.add_properties(self.config())
        flow = mode.connector.connect(definition)
        for listener in self.listeners():
            flow.add_listener(listener)
        for listener in self.step_listeners():
            flow.add_step_listener(listener)
        return flow

    def run(self, mode: Mode) -> bool:
        """Run the job, without the next one; tell whether it succeeded."""
        self.flow = flow = self.plan(mode)
        strategy = self.skip_strategy()
        if strategy is not None and strategy.skip_flow(flow):
            flow.skip()
        else:
            flow.complete()
        return flow.get_flow_stats().is_successful() or flow.get_flow_stats().is_skipped()

    def counters(self) -> Mapping[CounterName, int]:
        """Return what the last run counted, by (group, name)."""
        return {} if self.flow is None else self.flow.get_flow_stats().counters

    def __getstate__(self) -> dict[str, Any]:
        # A function of the job may use self.args in a task; what is built stays here.
        return {**self.__dict__, "state": None, "flow": None, "_mode": None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.args)!r})"


def run_jobs(job: Job, mode: Mode, on_done: Callable[[Job], None] | None = None) -> list[Job]:
    """Run a job, and after each that succeeded the next one it names; return all of them.

    Args:
        job: the first one.
        mode: where they run.
        on_done: told of each job that has run.
    Raises:
        FlowError: a job's `run` says that it failed; errors of the flow itself are raised as such.
    """
    done: list[Job] = []
    current: Job | None = job
    while current is not None:
        if not current.run(mode):
            raise FlowError(f"job failed to run: {type(current).__qualname__}")
        done.append(current)
        if on_done is not None:
            on_done(current)
        current = current.next()
    return done


def _building(init: Callable[..., None]) -> Callable[..., None]:
    """Make what an ``__init__`` writes belong to the job."""

    @functools.wraps(init)
    def building(self: Job, *args: Any, **options: Any) -> None:
        with state_of(self.state):
            init(self, *args, **options)

    return building
