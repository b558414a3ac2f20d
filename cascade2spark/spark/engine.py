"""SparkEngine: runs a plan's steps as RDD transformations, and gathers what tasks report."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
from py4j.protocol import Py4JError
from pyspark import RDD, SparkContext
from pyspark.errors import PySparkException

from cascade2spark.batch.batches import Row
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import arrival_order, decode_all
from cascade2spark.batch.key_counts import heaviest_keys
from cascade2spark.batch.lifecycle import TaskReport, TrapFailed
from cascade2spark.config import Settings
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.files import Manifest, matching_paths
from cascade2spark.planner.steps import (
    CoGroup,
    Group,
    RunContext,
    RunResult,
    Step,
    StepPlan,
    Write,
)
from cascade2spark.selection import Pick
from cascade2spark.spark.counters import TaskReports
from cascade2spark.spark.form_reasons import form_reasons
from cascade2spark.spark.forms import planned_forms
from cascade2spark.spark.frames import data_frame_of
from cascade2spark.spark.hadoop import hadoop_files, hadoop_matches
from cascade2spark.spark.lowering import Lowering, SinkItems
from cascade2spark.spark.reading import is_hadoop
from cascade2spark.spark.session import acquire_context, check_running, is_ended
from cascade2spark.spark.travel import check_can_travel, error_of
from cascade2spark.spark.watching import Watch
from cascade2spark.taps import DataFrameTap, MemoryTap, RDDTap

__all__ = ["SparkEngine"]


class SparkEngine:
    """Runs plans on a Spark context.

    Args:
        given: a SparkContext or SparkSession; None for the active one, or a new local one.
    Raises:
        Unsupported: a Spark Connect session.
        FlowError: there is no Java.
    """

    name = "Spark"

    def __init__(self, given: Any = None) -> None:
        self._given = given
        self._context: SparkContext | None = None

    @property
    def context(self) -> SparkContext:
        """The Spark context; started at first use when none was given."""
        if self._context is None:
            self._context = acquire_context(self._given)
        check_running(self._context)
        return self._context

    def add_code(self, paths: Sequence[str]) -> None:
        """Ship Python files, packages in zip files, or wheels to every worker."""
        for path in paths:
            if path.endswith(".whl"):
                # Workers take zip files only by their name; a wheel is one under another.
                renamed = os.path.join(tempfile.mkdtemp(), os.path.basename(path)[:-4] + ".zip")
                path = shutil.copyfile(path, renamed)
            # Spark's process may work in another folder than this one.
            self.context.addPyFile(path if "://" in path else os.path.abspath(path))

    def check(self, plan: StepPlan) -> None:
        """Refuse a plan whose operations cannot travel to workers.

        Raises:
            BuildError: an operation cannot be pickled; the message names the attribute.
        """
        check_can_travel(plan)

    def files_of(self, tap: Any) -> Sequence[tuple[str, int, float]] | None:
        """Return path, size and time of the files that only Hadoop reaches; None for other taps."""
        paths = getattr(tap, "paths", None)
        if paths is None or not is_hadoop(tap, paths, self.context):
            return None
        return hadoop_files(self.context, tap, paths)

    def matching_paths(self, path: str) -> list[str]:
        """Return all that a path or a glob matches, in the file system that it is read from."""
        if is_hadoop(None, (path,), self.context):
            return hadoop_matches(self.context, path)
        return matching_paths(path)

    def forms(self, plan: StepPlan, settings: Settings) -> dict[int, str]:
        """Return `rows` or `columns` for each site, as far as that is known before running."""
        return planned_forms(plan, settings.form)

    def form_reasons(self, plan: StepPlan, settings: Settings) -> dict[int, str]:
        """Return why batches change their form, for each site where a plan has them do so."""
        return form_reasons(plan, self.forms(plan, settings), settings.form)

    def run(self, plan: StepPlan, context: RunContext) -> RunResult:
        """Run every step; part files are left for the caller to publish.

        Raises:
            Cascade2SparkError: as a task raised it, or FlowError around Spark's own.
        """
        self.check(plan)
        reports = TaskReports(self.context, context.run_id)
        lowering = Lowering(self.context, plan, context, reports)
        result = RunResult()
        held, has_results, is_over = _Held(), False, False
        try:
            with Watch(self.context, plan, context) as watch:
                for items in lowering.sinks():
                    _check_stopped(context)
                    with watch.job(items.writes):
                        self._take(items, plan, held, result)
                self._hand_over(plan, held, context, tuple(lowering.handed_out))
                has_results, is_over = bool(held.rdds), True
        except (Py4JError, PySparkException) as failure:
            _check_stopped(context)
            error = _naming_trap(self._error_of(failure), plan)
            raise error from error.__cause__ or failure
        finally:
            if not is_over:
                # The map side of an exchange may be at work for a job that is not to come.
                with contextlib.suppress(Exception):  # what it failed with tells more
                    self.context.cancelJobGroup(context.run_id)
                with contextlib.suppress(Exception):
                    self._gather(plan, reports, lowering, context, result)
                    context.on_failed(result)
            # A context that was stopped meanwhile has nothing left to let go of.
            with contextlib.suppress(Py4JError):
                lowering.release(keeps_results=has_results)
        self._gather(plan, reports, lowering, context, result)
        return result

    def _error_of(self, failure: BaseException) -> BaseException:
        error = error_of(failure)
        if type(error) is FlowError and self._context is not None and is_ended(self._context):
            master = self._context.master
            return FlowError(
                f"the Spark context on master {master} ended while the flow ran",
                details=error.details,
            )
        return error

    def sample(self, plan: StepPlan, number: int, rows: int, context: RunContext) -> Sequence[Row]:
        """Return up to `rows` rows leaving step `number`, from the first part of each source."""
        tap = MemoryTap(Fields.UNKNOWN)
        cut = _cut_plan(plan, number, tap)
        small = attrs.evolve(
            context,
            settings=attrs.evolve(context.settings, progress="off"),
            outputs={cut.writes[0].number: []},
        )
        reports = TaskReports(self.context, context.run_id)
        lowering = Lowering(self.context, cut, small, reports, sample_bytes=_SAMPLE_BYTES)
        try:
            found: list[Row] = []
            for items in lowering.sinks():
                found.extend(_rows_of(block for _, block in items.make().collect()))
            return found[:rows]
        except (Py4JError, PySparkException) as failure:
            error = self._error_of(failure)
            raise error from error.__cause__ or failure
        finally:
            lowering.release()

    def _take(self, items: SinkItems, plan: StepPlan, held: _Held, result: RunResult) -> None:
        """Run one job and put away what its sinks hand over."""
        taps = {step.number: step.tap for step in plan.writes}
        lazy = [n for n in items.writes if isinstance(taps[n], (RDDTap, DataFrameTap))]
        rdd = items.make()
        collected = rdd.filter(_Unless(tuple(lazy))).collect()
        for number in items.writes:
            own = [item for at, item in collected if at == number]
            if number in lazy:
                held.rdds[number].append(rdd.filter(_Unless((number,), is_inverted=True)))
            elif isinstance(taps[number], MemoryTap):
                held.blocks[number] += own
            else:
                result.manifests.setdefault(number, []).extend(own)

    def _hand_over(
        self, plan: StepPlan, held: _Held, context: RunContext, kept: tuple[RDD[Any], ...]
    ) -> None:
        """Give the sinks in memory their rows: of all chains that lead there, in arrival order."""
        for step in plan.writes:
            blocks = held.blocks.get(step.number)
            if blocks:
                context.outputs[step.number].extend(_rows_of(blocks))
            found = held.rdds.get(step.number)
            if not found:
                continue
            whole = found[0] if len(found) == 1 else self.context.union(found)
            rows = whole.mapPartitions(_decoded)
            if isinstance(step.tap, RDDTap):
                step.tap.rdd, step.tap.kept = rows, kept
            else:
                step.tap.df = data_frame_of(rows, step.fields, step.site)

    def _gather(
        self,
        plan: StepPlan,
        reports: TaskReports,
        lowering: Lowering,
        context: RunContext,
        result: RunResult,
    ) -> None:
        total = TaskReport()
        kept = reports.first_complete()
        for _, record in sorted(kept.items(), key=lambda entry: entry[0]):
            total.add_record(record.report)
            spent = result.seconds.get(record.step, 0.0) + record.report["details"]["seconds"]
            result.seconds[record.step] = spent
            for number, manifest in record.report["details"].get("trap_manifests", {}).items():
                result.manifests.setdefault(-1 - number, []).append(manifest)
            for number, rows in record.report["details"].get("trap_rows", {}).items():
                context.trap_outputs[number].extend(rows)
        for spec in plan.traps:
            _renumber(result.manifests, -1 - spec.number)
        result.counters.merge(total.counters)
        result.rows_in.update(total.rows_in)
        for key, rows in lowering.held_rows().items():
            result.rows_in[key] = result.rows_in.get(key, 0) + rows
        result.rows_out.update(total.rows_out)
        result.forms.update(total.forms)
        result.conversions.update(total.conversions)
        result.fallbacks.update(total.fallbacks)
        for number, partitions in lowering.partitions.items():
            own = [record for record in kept.values() if record.step == number]
            spilled = sum(record.report["details"].get("spilled_bytes", 0) for record in own)
            stages = sorted({record.stage for record in own})
            result.details[number] = {"partitions": partitions, "spark_stages": stages}
            if spilled:
                result.details[number]["spilled_bytes"] = spilled
            repeated = reports.repeated(number)
            if repeated:
                result.details[number]["repeated_partitions"] = repeated
        for step in plan.steps:
            if isinstance(step, (Group, CoGroup)):
                found = result.details.setdefault(step.number, {})
                found["exchanges"] = _exchanges(step, total)


_SAMPLE_BYTES = 1 << 20


def _naming_trap(error: BaseException, plan: StepPlan) -> BaseException:
    """Name the tap of a trap that failed, of which its task knew the number only."""
    spec = next((one for one in plan.traps if one.number == getattr(error, "number", None)), None)
    if spec is not None and isinstance(error, TrapFailed):
        error.headline = f"the trap {', '.join(spec.names)} cannot take a row"
        error.details = {"tap": spec.tap, **error.details}
        error.origin = getattr(spec.tap, "origin", None) or error.origin
    return error


def _exchanges(step: Group | CoGroup, total: TaskReport) -> list[dict[str, Any]]:
    """Return, for each input of a group, its rows and which keys have most of them."""
    found = []
    for place in range(len(step.inputs)):
        counted = total.keys.get((step.site.key, place), [])
        rows, heaviest = heaviest_keys(counted, step.key_order)
        shares = [{"key": one.key, "share": one.share} for one in heaviest]
        found.append({"input": place, "rows": rows, "heaviest": shares})
    return found


def _cut_plan(plan: StepPlan, number: int, tap: MemoryTap) -> StepPlan:
    """Return the plan up to one step, with a sink in memory behind it."""
    target = next(step for step in plan.steps if step.number == number)
    needed = plan.above([number])
    steps: list[Step] = [step for step in plan.steps if step.number in needed]
    end = Write(
        number=plan.steps[-1].number + 1,
        inputs=(target,),
        fields=target.fields,
        site=target.site,
        tap=tap,
        pick=Pick(None),
    )
    return attrs.evolve(plan, steps=(*steps, end))


def _rows_of(blocks: Iterable[bytes]) -> Iterator[Row]:
    for batch in decode_all(arrival_order(blocks)):
        yield from batch if isinstance(batch, list) else rows_of_columns(batch)


def _renumber(manifests: dict[int, list[Any]], key: int) -> None:
    """Give the trap files of different steps part numbers that follow one another."""
    found: list[Manifest] = sorted(manifests.get(key, ()), key=lambda manifest: manifest.part)
    if found:
        manifests[key] = [manifest.renumbered(part) for part, manifest in enumerate(found)]


def _decoded(items: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    return _rows_of(block for _, block in items)


@attrs.frozen
class _Unless:
    """Keeps items whose step is not (or, inverted, is) among some."""

    steps: tuple[int, ...]
    is_inverted: bool = False

    def __call__(self, item: tuple[int, Any]) -> bool:
        return (item[0] in self.steps) == self.is_inverted


def _check_stopped(context: RunContext) -> None:
    if context.is_stopped():
        raise FlowError("the flow was stopped")


@attrs.frozen
class _Held:
    """What sinks that are no files were handed, by step number: blocks, and RDDs of blocks."""

    blocks: dict[int, list[bytes]] = attrs.field(factory=lambda: defaultdict(list))
    rdds: dict[int, list[RDD[Any]]] = attrs.field(factory=lambda: defaultdict(list))
