"""Reading taps and writing part files, one task each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from cascade2spark.counters import StepCounters
from cascade2spark.errors import BadRecord, FlowError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.local.run import Run
from cascade2spark.operations.base import Row
from cascade2spark.planner.steps import Read, TrapSpec, Write
from cascade2spark.schemes.base import SourceInfo, encoded
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles

__all__ = ["read_rows", "write_rows", "write_trap"]

OnBad = Callable[[BadRecord], None]
OnFailure = Callable[[Exception, Row], None]


def read_rows(run: Run, step: Read) -> Iterator[Row]:
    """Yield the rows of a source; a record that cannot be parsed is trapped, or raises."""
    run.count_step(StepCounters.Tuples_Read, 0)

    def on_bad(error: BadRecord) -> None:
        run.failed(error, step.site, step.trap, error.payload, step.fields)

    try:
        yield from rows_of_tap(step.tap, step, run, on_bad)
    except Exception as error:
        run.failed(error, step.site, None, (), None)


@singledispatch
def rows_of_tap(tap: Tap, step: Read, run: Run, on_bad: OnBad) -> Iterator[Row]:
    """Yield the rows of the files of a tap, file by file."""
    info = SourceInfo(
        fields=step.fields if step.columns is None else tap.retrieve_source_fields(),
        wanted=step.columns,
        counts_lines=tap.counts_lines,
        name=tap.get_identifier(),
    )
    settings = run.context.settings
    blocks = (
        block
        for file in tap.list_files()
        for split in tap.scheme.splits(file, 0, info)
        for block in tap.scheme.blocks(split, info, settings.block_bytes)
    )
    for batch in tap.scheme.reader(info).rows(blocks, on_bad):
        yield from batch


@rows_of_tap.register
def _(tap: MemoryTap, step: Read, run: Run, on_bad: OnBad) -> Iterator[Row]:
    for row in tap.rows:
        yield row if step.columns is None else tuple(row[column] for column in step.columns)


@rows_of_tap.register(RDDTap)
@rows_of_tap.register(DataFrameTap)
def _(tap: Tap, step: Read, run: Run, on_bad: OnBad) -> Iterator[Row]:
    raise refused(tap)


def write_rows(run: Run, step: Write, rows: Sequence[Row], on_failure: OnFailure) -> None:
    """Write the rows of a sink as its part file 0; one that cannot be written is `on_failure`'s."""
    output = run.context.outputs.get(step.number)
    manifests, written = written_rows(step.tap, step.fields, output, rows, on_failure)
    run.result.manifests[step.number] = manifests
    run.count_out(step.site, written)
    run.count_step(StepCounters.Tuples_Written, written)


def write_trap(run: Run, spec: TrapSpec, rows: Sequence[Row]) -> None:
    """Write what a trap caught; a trap that fails fails the flow."""

    branches = run.trapped_in.get(spec.source, ())

    def on_failure(error: Exception, row: Row) -> None:
        branch = next((b for kept, b in zip(rows, branches, strict=True) if kept is row), None)
        raise FlowError(
            f"the trap {', '.join(spec.names)} cannot take a row",
            row=row,
            details={"tap": spec.tap, "because": str(error).partition("\n")[0]},
            origin=getattr(spec.tap, "origin", None),
            branch=branch,
        ) from error

    fields = spec.tap.sink_fields
    output = run.context.trap_outputs.get(spec.number)
    manifests, _ = written_rows(
        spec.tap,
        fields if fields.is_defined() else Fields.UNKNOWN,
        output,
        rows,
        on_failure,
        is_trap=True,
    )
    run.result.manifests[-1 - spec.number] = manifests


@singledispatch
def written_rows(
    tap: Tap,
    fields: Fields,
    output: Any,
    rows: Sequence[Row],
    on_failure: OnFailure,
    is_trap: bool = False,
) -> tuple[list[Any], int]:
    """Write rows into a part file of a tap with files; return manifests and the rows written."""
    if isinstance(tap.scheme, PartitionScheme):
        return _partitioned_rows(tap.scheme, fields, output, rows, on_failure)
    writer = tap.scheme.trap_writer(fields) if is_trap else tap.scheme.writer(fields)
    with output.open_part(0) as part:
        part.write(writer.start(), 0)
        data, written = encoded(writer, rows, on_failure)
        part.write(data, written)
        part.write(writer.finish(), 0)
        return [part.close()], written


def _partitioned_rows(
    scheme: PartitionScheme,
    fields: Fields,
    output: Any,
    rows: Sequence[Row],
    on_failure: OnFailure,
) -> tuple[list[Any], int]:
    files = PartitionFiles(scheme, fields, output, 0, on_failure)
    try:
        written = files.write(rows) + files.finish()
        return [files.close()], written
    except BaseException:
        files.abort()
        raise


@written_rows.register
def _(
    tap: MemoryTap,
    fields: Fields,
    output: Any,
    rows: Sequence[Row],
    on_failure: OnFailure,
    is_trap: bool = False,
) -> tuple[list[Any], int]:
    output.extend(rows)
    return [], len(rows)


@written_rows.register(RDDTap)
@written_rows.register(DataFrameTap)
def _(
    tap: Tap,
    fields: Fields,
    output: Any,
    rows: Sequence[Row],
    on_failure: OnFailure,
    is_trap: bool = False,
) -> tuple[list[Any], int]:
    raise refused(tap)


def refused(tap: Tap) -> Unsupported:
    """Return the error for a tap that only Spark can read or write."""
    return Unsupported(
        f"the local engine has no Spark, so it cannot use a {type(tap).__name__}",
        asked=repr(tap),
        origin=tap.origin,
        fix="use a MemoryTap, or SparkFlowConnector",
    )
