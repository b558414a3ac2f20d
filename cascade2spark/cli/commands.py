"""The commands themselves: ``run``, ``explain``, ``demo``, ``schema``, ``cat``, ``doctor``."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import click

from cascade2spark import __version__
from cascade2spark.cli.connecting import choose_connector
from cascade2spark.cli.exits import FAILED, exit_code
from cascade2spark.cli.job_words import JobCommand, refuse_strays
from cascade2spark.cli.output import (
    count,
    findings_table,
    messages,
    results,
    show_error,
    show_statistics,
)
from cascade2spark.cli.targets import build_flows, is_job_class, load_target
from cascade2spark.doctor import Finding, check_machine, check_path, check_spark_conf
from cascade2spark.files import recover, without_hadoop
from cascade2spark.flows.rehearsals import FlowNotRun, rehearsal

__all__ = ["main"]

_EXITS = """\b
Exit codes:
  0    everything asked for was done
  1    a flow ran and failed, or doctor found a problem
  2    wrong usage: no such option, file or target
  3    the job cannot be loaded, built or planned; nothing ran
  4    data is missing, unreadable or in the way
  130  interrupted
"""


@click.group(epilog=_EXITS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cascade2spark")
def main() -> None:
    """Run Cascading-style jobs on Spark."""


def _debug_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--debug`` and end with a message and an exit code instead of a traceback."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @wraps(command)
    def guarded(debug: bool, **options: Any) -> None:
        with _errors_shown(debug):
            command(**options)

    return guarded


@contextmanager
def _errors_shown(debug: bool) -> Iterator[None]:
    try:
        yield
    except (click.ClickException, BrokenPipeError):
        raise  # click's own; the second is how `| head` ends
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exception(error)
        show_error(error)
        sys.exit(exit_code(error))


_settings_option = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="A property of the flow, or a spark.* setting. May be given often.",
)


@main.command(cls=JobCommand)
@click.argument("file", metavar="FILE[:TARGET]")
@click.argument("words", metavar="[-- JOB ARGUMENTS]", nargs=-1)
@click.option("--master", help="Spark master, such as local[4]. Default: Spark's own, or local[*].")
@click.option("--spark", is_flag=True, help="Run on Spark, which is the default.")
@click.option("--local", is_flag=True, help="Run without Spark, in this process.")
@_settings_option
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the statistics as JSON.")
@_debug_option
def run(
    file: str,
    words: tuple[str, ...],
    master: str | None,
    spark: bool,
    local: bool,
    settings: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Run the flows of a job file, and print how many rows went in and out.

    FILE is a path or a dotted module. TARGET is a Flow, a FlowDef, or a function that returns one
    or a list of them; without it, `flow`, `job` or `main` is taken. A function gets the job
    arguments by position or as --name value; a parameter named `connector` gets the connector, one
    named `args` all words.

    A class of Scalding's Job may be named by its full name, and gets its --arguments as they are;
    --tool.graph writes its plan instead of running it, --tool.partialok runs it on input that is
    not all there, --scalding.flowstats writes its counters.
    """
    if spark and local:
        raise click.UsageError("--local runs without Spark, so it cannot have --spark.")
    target = load_target(file, words)
    if is_job_class(target.value):
        from cascade2spark.cli.jobs import run_job_class

        run_job_class(target, words, (local, master, settings), quiet=quiet, as_json=as_json)
        return
    refuse_strays(click.get_current_context())
    connector = choose_connector(local, master, settings, quiet=quiet)
    told = []
    for flow in build_flows(target, connector, words):
        flow.complete()
        told.append(flow.get_flow_stats().to_dict())
        if not (quiet or as_json):
            show_statistics(flow)
    if as_json:
        click.echo(json.dumps(told, indent=2))


@main.command(cls=JobCommand)
@click.argument("file", metavar="FILE[:TARGET]")
@click.argument("words", metavar="[-- JOB ARGUMENTS]", nargs=-1)
@click.option("--master", help="Plan with this Spark master, for paths only Spark can look into.")
@_settings_option
@click.option("--stage", help="pipes, resolved, rewritten or steps. Default: what became of each.")
@_debug_option
def explain(
    file: str,
    words: tuple[str, ...],
    master: str | None,
    settings: tuple[str, ...],
    stage: str | None,
) -> None:
    """Print the plan of a job file without running it; FILE[:TARGET] as for run.

    A class of Scalding's Job gets its --arguments as for run. What would run a flow while the file
    is loaded or its function called is stopped there, and that flow is shown.
    """
    try:
        with rehearsal():
            for text in _plan_texts(file, words, master, settings, stage):
                click.echo(text)
    except FlowNotRun as stopped:
        for flow in stopped.flows:
            click.echo(flow.plan_text(stage))
        messages().print(
            f"\n{stopped.origin} runs {stopped.what}: stopped there, nothing ran. "
            "What follows that line is not shown.",
            style="yellow",
            highlight=False,
        )


def _plan_texts(
    file: str,
    words: tuple[str, ...],
    master: str | None,
    settings: tuple[str, ...],
    stage: str | None,
) -> Iterator[str]:
    target = load_target(file, words)
    if is_job_class(target.value):
        from cascade2spark.cli.jobs import explain_job_class

        yield from explain_job_class(target, words, (master is None, master, settings), stage)
        return
    refuse_strays(click.get_current_context())
    connector = choose_connector(master is None, master, settings)
    for flow in build_flows(target, connector, words):
        yield flow.plan_text(stage)


@main.command()
@click.option(
    "--folder",
    default="build/demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data and results go.",
)
@click.option("--offline", is_flag=True, help="Do not fetch anything: use Python's own library.")
@click.option("--master", help="Spark master. Default: local[*].")
@_debug_option
def demo(folder: Path, offline: bool, master: str | None) -> None:
    """Run a small pipeline on real data and show what happened."""
    # Loaded late: it needs PySpark, and doctor must be able to say that there is none.
    from cascade2spark.cli.demonstration import show_demo

    show_demo(folder, offline, master)


@main.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@_debug_option
def schema(path: str, as_json: bool) -> None:
    """Print what a file, or a folder of files, says of itself, without Spark.

    PATH is local, or a URL that fsspec reaches with what is installed: s3, gs, abfs, http, webhdfs.

    Sequence files: classes, compression, codec, metadata, number of records (estimated above 64
    MB). Also Parquet and Avro.
    """
    # Loaded late: the formats are not needed for anything else here.
    from cascade2spark.cli.view_commands import print_schema

    with without_hadoop():
        print_schema(path, as_json)


@main.command()
@click.argument("path")
@click.option("--head", type=click.IntRange(min=0), metavar="N", help="Stop after N records.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["json", "tsv"]),
    default="json",
    show_default=True,
    help="A JSON object on each line, or values with tabs between them.",
)
@click.option(
    "--skip-bad", is_flag=True, help="Leave out records that cannot be read; then exit 1."
)
@click.option("--idl", metavar="FILE", help="Thrift IDL of the values.")
@click.option("--struct", metavar="NAME", help="Struct of the IDL, if it has several.")
@click.option("--fields", metavar="A,B.C", help="Fields of the struct to show, paths included.")
@click.option(
    "--protocol",
    type=click.Choice(["binary", "compact"]),
    default="binary",
    show_default=True,
    help="Thrift protocol of the values.",
)
@_debug_option
def cat(
    path: str,
    head: int | None,
    style: str,
    skip_bad: bool,
    idl: str | None,
    struct: str | None,
    fields: str | None,
    protocol: Literal["binary", "compact"],
) -> None:
    """Print the records of a file, or of a folder of files, without Spark; PATH as for schema.

    Sequence files, also of thrift structs, Parquet, Avro, and lines of text. Bytes are shown as
    text where they are text, else as base64.
    """
    from cascade2spark.cli.view_commands import print_records
    from cascade2spark.cli.viewing import view_of

    if idl is None:
        if struct is not None or fields is not None:
            raise click.UsageError("--struct and --fields need --idl")
        with without_hadoop():
            print_records(path, head, style, skip_bad, view_of)
        return
    from cascade2spark.cli.thrift_view import thrift_view_of

    with without_hadoop():
        view = thrift_view_of(idl, struct, fields, protocol, with_absent=style == "tsv")
        print_records(path, head, style, skip_bad, view)


@main.command()
@click.argument("path", required=False)
@click.option(
    "--recover", "recovered", metavar="PATH", help="Finish or undo what died runs left at PATH."
)
@click.option(
    "--force",
    is_flag=True,
    help="With --recover: runs of other machines too, and throw away what KEEP cannot publish.",
)
@click.option(
    "--spark-conf",
    type=click.Path(exists=True, dir_okay=False),
    help="Check the settings of a spark-defaults.conf instead: what they lack, what that costs.",
)
@_debug_option
def doctor(path: str | None, recovered: str | None, force: bool, spark_conf: str | None) -> None:
    """Check this machine; or show how PATH is reached; or clean up after runs that died."""
    if spark_conf is not None:
        if path is not None or recovered is not None:
            raise click.UsageError("--spark-conf goes alone.")
        _show_findings(list(check_spark_conf(spark_conf)))
        return
    if recovered is not None:
        if path is not None:
            raise click.UsageError("give one path: to look at, or to --recover.")
        click.echo(str(recover(recovered, force=force)))
        return
    if force:
        raise click.UsageError("--force goes with --recover.")
    asked = check_machine(os.environ) if path is None else check_path(path, os.environ)
    _show_findings(list(asked))


def _show_findings(findings: list[Finding]) -> None:
    results().print(findings_table(findings))
    problems = sum(not finding.is_ok for finding in findings)
    if problems:
        messages().print(f"\n{count(problems, 'problem')} found", style="bold red")
        sys.exit(FAILED)
    messages().print("\nno problem found", style="green")
