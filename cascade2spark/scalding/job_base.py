"""Job: pipes that are built with arguments and written, and what runs them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from cascade2spark.counters import CounterName
from cascade2spark.errors import BuildError, FlowError
from cascade2spark.flows.flow import Flow
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.args import ArgHelp, Args, declared
from cascade2spark.scalding.base import Mode, Source, building_in
from cascade2spark.scalding.dates_durations import AbsoluteDuration
from cascade2spark.scalding.flow_state import FlowState, source_pipe, state_of
from cascade2spark.scalding.timeouts import timeout

__all__ = ["Job", "run_jobs"]

T = TypeVar("T")

_CAPACITY = "cascade2spark.aggregate.capacity"


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
        job.state, job.flow, job._mode = FlowState(job), None, None
        return job

    def __init__(self, args: Args | str | Iterable[str] = ()) -> None:
        parsed = args if isinstance(args, Args) else Args.parse(args)
        self.args = declared(parsed, type(self).__name__, self.arguments)
        with state_of(self.state):
            self.build()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _check_names(cls)
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

    def step_strategy(self) -> Any:
        """Return a FlowStepStrategy, which has no effect; the statistics say so. Default: None."""
        return None

    def default_comparator(self) -> Any:
        """Return the comparator of the fields API's key and sort fields that have none.

        Asked where a group or a join is built. Default: None, for which whole numbers of all
        widths are equal by value, as Scalding's own default has it.
        """
        return None

    def default_spill_threshold(self) -> int | None:
        """Return how many keys a task may hold to combine rows before an exchange.

        Default: None, as the setting ``cascade2spark.aggregate.capacity`` says.
        """
        return None

    def clone(self, args: Args) -> Job:
        """Return the same job with other arguments."""
        return type(self)(args)

    # -- helpers of its functions ----------------------------------------------------------------

    @staticmethod
    def timeout(duration: AbsoluteDuration, call: Callable[[], T]) -> T | None:
        """Return what a function returns within a time; None if it takes longer. See `timeout`."""
        return timeout(duration, call)

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
        if mode.validates:
            self.validate(mode)
        definition = self.state.flow_def(mode, self.name())
        threshold = self.default_spill_threshold()
        if threshold is not None:
            definition.add_properties({_CAPACITY: threshold})
        definition.add_properties(self.config())
        flow = mode.connector.connect(definition)
        if self.step_strategy() is not None:
            flow.set_flow_step_strategy(self.step_strategy())
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
        with building_in(mode):
            current = current.next()
    return done


# What Scala calls otherwise than Python does, or what a job here has no use for.
_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WITHOUT_USE = {
    "io_serializations": "leave it out: objects travel as Python pickles them",
}


def _check_names(cls: type) -> None:
    """Refuse methods of a job that nothing would ever call."""
    for name in cls.__dict__:
        plain = _WORD_ENDS.sub("_", name).lower()
        fix = _WITHOUT_USE.get(plain)
        if fix is None and plain != name and hasattr(Job, plain):
            fix = f"call it {plain}"
        if fix is not None:
            raise BuildError(
                f"{cls.__name__} defines {name}, which a job never asks for",
                asked=name,
                origin=capture_origin(),
                fix=fix,
            )


def _building(init: Callable[..., None]) -> Callable[..., None]:
    """Make what an ``__init__`` writes belong to the job."""

    @functools.wraps(init)
    def building(self: Job, *args: Any, **options: Any) -> None:
        with state_of(self.state):
            init(self, *args, **options)

    return building
