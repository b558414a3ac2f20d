"""Kinds of jobs: over ranges of dates, of several jobs, of one execution; and main programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from cascade2spark.connectors import CascadeConnector
from cascade2spark.counters import CounterName, Counters
from cascade2spark.errors import BuildError, FlowError
from cascade2spark.flows.cascade import Cascade
from cascade2spark.origin import origin_of_callable
from cascade2spark.scalding.args import ArgsError
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.counting import ExecutionCounters
from cascade2spark.scalding.dates_durations import PACIFIC, UTC, Days, Zone, as_zone
from cascade2spark.scalding.dates_instants import DEFAULT_PARSER, DateParser, RichDate
from cascade2spark.scalding.dates_ranges import DateRange
from cascade2spark.scalding.execution import Config, Execution, Failure
from cascade2spark.scalding.execution_run import Outcome
from cascade2spark.scalding.job_base import Job
from cascade2spark.scalding.options import split_options

__all__ = [
    "CascadeJob",
    "CounterVerification",
    "DefaultDateRangeJob",
    "ExecutionApp",
    "ExecutionJob",
    "ScriptJob",
    "UtcDateRangeJob",
]

T = TypeVar("T")


class DefaultDateRangeJob(Job):
    """A job over ``--date FIRST [LAST]``, in the time zone ``--tz``, by default that of California.

    With ``--period N``, ``--daily`` or ``--weekly`` each job has N whole days, and is followed by
    another as long as a whole period fits before the end; what is left over is not run. A range
    that is shorter than a period is widened to one.

    Source:
        com.twitter.scalding.DefaultDateRangeJob
    """

    default_tz: ClassVar[Zone] = PACIFIC

    def tz(self) -> Zone:
        """Return the time zone of the dates."""
        name = self.args.optional("tz")
        return self.default_tz if name is None else as_zone(name)

    def date_parser(self) -> DateParser:
        """Return what reads the dates."""
        return DEFAULT_PARSER

    @property
    def period(self) -> int:
        """Days of each job; 0 for all of the range."""
        if self.args.boolean("period"):
            days = self.args.int("period")
            if days < 1:
                raise ArgsError("the value of --period is not a number of days", asked=days)
            return days
        return 1 if self.args.boolean("daily") else 7 if self.args.boolean("weekly") else 0

    @property
    def start_date(self) -> RichDate:
        """Where the whole range starts."""
        return self._given.start

    @property
    def end_date(self) -> RichDate:
        """Where the whole range ends."""
        return self._given.end

    @property
    def date_range(self) -> DateRange:
        """The dates of this job."""
        given, days = self._given, self.period
        if not days:
            return given
        return DateRange.exclusive_upper(given.start, given.start + Days(days, self.tz()))

    def validate(self, mode: Mode) -> None:
        """Look at the dates too: a job that asks for none has been given none by mistake."""
        _ = self.date_range  # fails without --date
        super().validate(mode)

    def next(self) -> Job | None:
        """Return the job of the next period, None if no whole one is left."""
        days, tz = self.period, self.tz()
        if not days:
            return None
        start = self.date_range.end.timestamp + 1
        following = RichDate(start)
        if (following + Days(days, tz)).timestamp - 1 > self.end_date.timestamp:
            return None
        dates = [date.format("%1$tY-%1$tm-%1$td", tz) for date in (following, self.end_date)]
        return self.clone(self.args + ("date", dates))  # noqa: RUF005

    @property
    def _given(self) -> DateRange:
        texts = self.args.list("date")
        if len(texts) not in (1, 2):
            raise ArgsError(
                "please provide one date or two for --date",
                asked=texts or "nothing",
                fix="--date 2011-01-02, or --date 2011-01-02 2011-01-05",
            )
        return DateRange.parse(texts, tz=self.tz(), parser=self.date_parser())


class UtcDateRangeJob(DefaultDateRangeJob):
    """As DefaultDateRangeJob, in UTC unless ``--tz`` says otherwise."""

    default_tz = UTC


class CascadeJob(Job):
    """Several jobs, run in the order of what they read and write.

    Args:
        args: see Job; define `jobs` to say which ones.
    Source:
        com.twitter.scalding.CascadeJob
    """

    cascade: Cascade | None = None

    def jobs(self) -> Sequence[Job]:
        """Return the jobs."""
        raise BuildError(f"{self.name()} does not say which jobs it runs", fix="define jobs()")

    def run(self, mode: Mode) -> bool:
        """Run all jobs; tell whether they succeeded."""
        flows = [job.plan(mode) for job in self.jobs()]
        self.cascade = CascadeConnector(mode.connector.properties).connect(self.name(), *flows)
        self.cascade.complete()
        return self.cascade.get_cascade_stats().is_successful()

    def counters(self) -> Mapping[CounterName, int]:
        """Return what all jobs counted."""
        return {} if self.cascade is None else self.cascade.get_cascade_stats().counters


class ExecutionJob(Job, Generic[T]):
    """A job that is one execution; define `execution`.

    Source:
        com.twitter.scalding.ExecutionJob
    """

    _outcome: Outcome | None = None

    def execution(self) -> Execution[T]:
        """Return the work."""
        raise BuildError(f"{self.name()} does not say what it runs", fix="define execution()")

    def run(self, mode: Mode) -> bool:
        """Run the execution."""
        self._outcome = self.execution().outcome(Config(self.config(), self.args), mode)
        return True

    @property
    def result(self) -> T:
        """What the execution came to."""
        if self._outcome is None:
            raise BuildError(f"{self.name()} has no result until it has run")
        value: T = self._outcome.value
        return value

    def counters(self) -> Mapping[CounterName, int]:
        """Return what its flows counted."""
        found = Counters()
        for counters in self._outcome.counters.values() if self._outcome else ():
            found.merge(counters)
        return found


class CounterVerification(Job):
    """A job that fails, after its flow has succeeded, if what it counted is not right.

    Define `verify_counters`; what the job wrote is there all the same. It stands beside another
    kind of job: ``class Clean(CounterVerification, UtcDateRangeJob)``.

    Source:
        com.twitter.scalding.CounterVerification
    Example:
        >>> class Strict(CounterVerification):
        ...     def verify_counters(self, counters):
        ...         assert counters["bad lines"] < 10
    """

    verify_counters_in_test: ClassVar[bool] = True
    """Whether `JobTest` verifies too."""

    def verify_counters(self, counters: ExecutionCounters) -> Any:
        """Raise, or return a Failure, if the counters are not right."""
        raise BuildError(
            f"{self.name()} does not say how its counters are verified",
            fix="define verify_counters(self, counters)",
        )

    def run(self, mode: Mode) -> bool:
        """Run the job and verify its counters; tell whether it succeeded.

        Raises:
            FlowError: the counters are not right.
        """
        if not super().run(mode):
            return False
        if mode.in_place is None or self.verify_counters_in_test:
            counted = Counters()
            counted.merge(self.counters())
            try:
                found = self.verify_counters(ExecutionCounters({self.name(): counted}))
                if isinstance(found, Failure):
                    found.get()
            except Exception as wrong:
                raise FlowError(
                    f"the counters of {self.name()} are not as they must be",
                    details={"says": str(wrong) or repr(wrong)},
                    origin=origin_of_callable(self.verify_counters),
                ) from wrong
        return True


class ScriptJob(Job):
    """A job that runs commands of a shell on this machine, one after another; define `commands`.

    The first that fails ends it. Its output goes where that of this process goes.

    Source:
        com.twitter.scalding.ScriptJob
    Example:
        >>> class Fetch(ScriptJob):
        ...     def commands(self):
        ...         return ["true", "test 1 -lt 2"]
        >>> Fetch().run(Mode.local())
        True
    """

    shell: ClassVar[Sequence[str]] = ("/bin/sh", "-c")
    """What a command is handed to."""

    def commands(self) -> Iterable[str]:
        """Return the commands."""
        raise BuildError(f"{self.name()} does not say what it runs", fix="define commands()")

    def run(self, mode: Mode) -> bool:
        """Run the commands.

        Raises:
            FlowError: one of them failed.
        """
        for command in self.commands():
            status = subprocess.run([*self.shell, command], check=False).returncode
            if status:
                raise FlowError(
                    f"a command of {self.name()} failed with status {status}", asked=command
                )
        return True


class ExecutionApp(Generic[T]):
    """A main program of one execution; define `job`, and call ``MyApp().main()``.

    Source:
        com.twitter.scalding.ExecutionApp
    """

    def job(self) -> Execution[T]:
        """Return the work."""
        raise BuildError(f"{type(self).__name__} does not say what it runs", fix="define job()")

    def config(self, config: Config) -> Config:
        """Return the config to run with, made of what the command line says."""
        return config

    def main(self, words: Iterable[str] | None = None, spark: Any = None) -> T:
        """Run the work as a command line says.

        Args:
            words: ``-Dkey=value``, the mode ``--local`` or ``--spark``, then Args. Default: the
                process's own.
            spark: a SparkContext or SparkSession for ``--spark``.
        """
        options = split_options(sys.argv[1:] if words is None else words)
        mode = options.mode(spark)
        return self.job().wait_for(self.config(Config(options.properties, options.args)), mode)
