"""JobTest: a job run on rows that a test gives, and looked at through what it writes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from cascade2spark.counters import CounterName
from cascade2spark.errors import BuildError, FlowError
from cascade2spark.files import as_path_text
from cascade2spark.scalding.args import Args
from cascade2spark.scalding.base import Mode, Source, building_in
from cascade2spark.scalding.job_base import Job, run_jobs
from cascade2spark.scalding.typed.pipes import TypedPipe
from cascade2spark.schemes.base import as_source_fields
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import MemoryTap

__all__ = ["JobTest", "TypedPipeChecker"]

Row = tuple[Any, ...]
Check = Callable[[list[Any]], object]

DEFAULT_GROUP = "Scalding Custom"


@attrs.frozen
class _Given:
    source: Source | None
    is_meant: Callable[[Source], object]
    rows: list[Any] = attrs.field(converter=list)


class JobTest:
    """Runs a job on given rows, and hands what it writes to checks. Each method returns the test.

    By default everything runs in this process, without Spark. A source stands for any source equal
    to it. Rows are given as the source's scheme would read them, so that nothing is parsed: tuples
    of values, ``(offset, line)`` for a TextLine; what is no tuple is a value of the typed API, and
    a line of a TextLine is numbered.

    Args:
        job: the class of the job, or a function of Args that makes one.
    Source:
        com.twitter.scalding.JobTest
    Example:
        >>> from cascade2spark.scalding.job_base import Job
        >>> from cascade2spark.scalding.sources import Tsv
        >>> class Copy(Job):
        ...     def build(self):
        ...         self.write(self.read(Tsv("in", "word")), Tsv("out"))
        >>> JobTest(Copy).source(Tsv("in", "word"), [("a",)]).sink(Tsv("out"), print).run()
        ['a']
        JobTest of Copy
    """

    def __init__(self, job: Callable[[Args], Job]) -> None:
        self._make = job
        self._args = Args()
        self._sources: list[_Given] = []
        self._sinks: list[tuple[Source, Check]] = []
        self._counter_checks: list[Callable[[Mapping[CounterName, int]], object]] = []
        self._properties: dict[str, Any] = {"cascade2spark.progress": "off"}
        self._files: list[str] = []
        self._validates = True

    # -- what is given ---------------------------------------------------------------------------

    def arg(self, key: str, value: Any = ()) -> JobTest:
        """Give an argument: one value, or a list of them."""
        is_many = isinstance(value, (list, tuple))
        self._args += (key, [str(one) for one in value] if is_many else [str(value)])
        return self

    def source(self, source: Source, rows: Iterable[Any]) -> JobTest:
        """Say what a source, and any that is equal to it, holds."""
        if not isinstance(source, Source):
            raise BuildError("a test gives rows to a source", asked=repr(source))
        self._sources.append(_Given(source, partial(operator.eq, source), rows))
        return self

    def if_source(self, is_meant: Callable[[Source], bool], rows: Iterable[Any]) -> JobTest:
        """Say what the sources hold for which a function of the source returns True."""
        self._sources.append(_Given(None, is_meant, rows))
        return self

    def register_file(self, path: str) -> JobTest:
        """Say that a file is there, for a job that asks `Mode.file_exists`."""
        self._files.append(as_path_text(path))
        return self

    def validate(self, is_wanted: bool) -> JobTest:
        """Say whether `Job.validate` is called. Default: yes."""
        self._validates = is_wanted
        return self

    def set_property(self, key: str, value: Any) -> JobTest:
        """Set a property of the mode."""
        self._properties[key] = value
        return self

    # -- what is looked at -----------------------------------------------------------------------

    def sink(self, sink: Source, check: Check | Iterable[Any]) -> JobTest:
        """Look at what is written.

        Args:
            sink: what is written; equal ones are the same.
            check: called, after the last job, with what was written, as values of the typed API;
                or the values themselves, whose order does not count.
        """
        if not isinstance(sink, Source):
            raise BuildError("a test looks at a source", asked=repr(sink))
        self._sinks.append((sink, check if callable(check) else _Expected(sink, check)))
        return self

    typed_sink = sink

    def counter(
        self, name: str, check: Callable[[int], object] | int, group: str = DEFAULT_GROUP
    ) -> JobTest:
        """Look at a counter of the last job: by a function of its value, or with the value."""

        def look(counters: Mapping[CounterName, int]) -> None:
            value = counters.get((group, name), 0)
            if callable(check):
                check(value)
            else:
                assert value == check, f"counter {group}.{name} is {value}, not {check}"

        self._counter_checks.append(look)
        return self

    def counters(self, check: Callable[[Mapping[CounterName, int]], object]) -> JobTest:
        """Look at all counters of the last job, by (group, name)."""
        self._counter_checks.append(check)
        return self

    # -- running ---------------------------------------------------------------------------------

    def run(self) -> JobTest:
        """Run the job, and the jobs after it, in this process."""
        return self._run(Mode.local(self._properties), follows=True)

    def run_spark(self, spark: Any = None) -> JobTest:
        """Run the job, and the jobs after it, on Spark, where all of it is pickled.

        Args:
            spark: a SparkContext or SparkSession. Default: the active one, or a new local one.
        """
        return self._run(Mode.spark(spark, self._properties), follows=True)

    run_hadoop = run_spark

    def run_without_next(self, use_spark: bool = False, spark: Any = None) -> JobTest:
        """Run the job alone."""
        modes = Mode.spark(spark, self._properties) if use_spark else Mode.local(self._properties)
        return self._run(modes, follows=False)

    def finish(self) -> None:
        """End the test; there is nothing to clear."""

    def _run(self, mode: Mode, follows: bool) -> JobTest:
        places = _Places(self._sources, [sink for sink, _ in self._sinks])
        files = frozenset(self._files)
        mode = attrs.evolve(mode, in_place=places, validates=self._validates, files=files)
        with building_in(mode):
            job = self._make(self._args)
        if follows:
            job = run_jobs(job, mode)[-1]
        elif not job.run(mode):
            raise FlowError(f"job failed to run: {type(job).__qualname__}")
        for sink, check in self._sinks:
            check([sink.to_value(row) for row in places.sinks[sink].rows])
        counters = job.counters()
        for look in self._counter_checks:
            look(counters)
        return self

    def __repr__(self) -> str:
        return f"JobTest of {getattr(self._make, '__name__', self._make)}"


class _Places(Mapping[Source, Tap]):
    """What stands in the place of sources; what one job writes the next one may read."""

    def __init__(self, given: Sequence[_Given], sinks: Iterable[Source]) -> None:
        self.sinks = {sink: _TestTap(sink) for sink in sinks}
        self._given = given

    def __getitem__(self, source: Source) -> Tap:
        for given in self._given:
            if given.is_meant(source):
                return _TestTap(
                    source, [row_to_read(source, n, row) for n, row in enumerate(given.rows)]
                )
        return self.sinks[source]

    def __iter__(self) -> Iterator[Source]:
        yield from (given.source for given in self._given if given.source is not None)
        yield from self.sinks

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _TestTap(MemoryTap):
    """Rows in the place of a source, under its fields."""

    def __init__(self, source: Source, rows: Iterable[Row] | None = None) -> None:
        super().__init__(source.source_fields if rows is not None else source.sink_fields, rows)
        self._source_fields = as_source_fields(source.source_fields)


class TypedPipeChecker:
    """Runs typed pipes on values in memory, without files and without Spark.

    Source:
        com.twitter.scalding.typed.TypedPipeChecker
    Example:
        >>> TypedPipeChecker.check_output([1, 2], lambda pipe: pipe.map(str), print)
        ['1', '2']
    """

    @staticmethod
    def in_memory_to_list(pipe: TypedPipe[Any]) -> list[Any]:
        """Return the values of a pipe."""
        return pipe.to_iterable_execution().wait_for(mode=_quiet())

    @staticmethod
    def check_output(
        values: Iterable[Any],
        build: Callable[[TypedPipe[Any]], TypedPipe[Any]],
        check: Callable[[list[Any]], object],
    ) -> None:
        """Hand to a check what a function makes of a pipe of values."""
        check(TypedPipeChecker.in_memory_to_list(build(TypedPipe.from_(values))))

    check_output_transform = check_output


def _quiet() -> Mode:
    return Mode.local({"cascade2spark.progress": "off"})


@attrs.frozen
class _Expected:
    """Compares what was written with values, whatever the order."""

    sink: Source
    values: list[Any] = attrs.field(converter=list)

    def __call__(self, found: list[Any]) -> None:
        missing, extra = difference(self.values, found)
        assert not missing and not extra, (
            f"{self.sink} got other values\n  missing  {missing}\n  too many {extra}"
        )


def difference(expected: Iterable[Any], found: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Return the values that only one of two bags has; values need not be hashable."""
    extra, missing = list(found), []
    for value in expected:
        if value in extra:
            extra.remove(value)
        else:
            missing.append(value)
    return missing, extra


def row_to_read(source: Source, number: int, given: Any) -> Row:
    """Return the row of a source that a test means: a tuple of its values, or a typed value."""
    fields, typed = source.source_fields, source.typed_source_fields
    if not fields.is_defined():
        return given if isinstance(given, tuple) else (given,)
    looks_like_a_row = isinstance(given, tuple) and len(given) == len(fields)
    if looks_like_a_row and not source.tests_take_values:
        return tuple(given)
    row = source.to_row(given)
    if len(row) == len(fields):
        return row
    if typed.is_defined() and len(row) != len(typed):
        raise BuildError(
            f"the test gives {source} a row of {len(row)} values where {len(typed)} are read",
            asked=repr(given),
            details={"fields": typed},
        )
    known = dict(zip(typed, row, strict=False))
    return tuple(known.get(name, number) for name in fields)
