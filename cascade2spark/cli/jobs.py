"""Running a class of Scalding's Job from the command line, as Scalding's Tool does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from cascade2spark.cli.connecting import choose_connector
from cascade2spark.cli.output import show_statistics
from cascade2spark.cli.targets import Target
from cascade2spark.errors import Unsupported
from cascade2spark.scalding.args import Args, HelpAsked
from cascade2spark.scalding.base import Mode, building_in
from cascade2spark.scalding.job_base import Job, run_jobs
from cascade2spark.scalding.job_kinds import CascadeJob, ExecutionJob, ScriptJob
from cascade2spark.scalding.options import counters_text, split_options, write_counters

__all__ = ["explain_job_class", "run_job_class"]


def run_job_class(
    target: Target,
    words: Sequence[str],
    connection: tuple[bool, str | None, Sequence[str]],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a job and those after it, or write its plan.

    Args:
        target: the class.
        words: its arguments, ``-Dkey=value`` among them.
        connection: as `choose_connector` takes it: local, master, settings.
        quiet: print nothing.
        as_json: print the statistics as JSON.
    Raises:
        FlowError: a job failed.
    """
    made = _made(target, words, connection, quiet=quiet)
    if made is None:
        return
    job, mode, args = made
    if args.boolean("tool.graph"):
        _write_graphs(job, mode)
        return
    told: list[Any] = []

    def on_done(done: Job) -> None:
        if args.boolean("scalding.flowstats"):
            name = args.optional("scalding.flowstats") or f"{done.name()}._flowstats.json"
            write_counters(name, done.counters())
        is_shown = not (quiet or as_json or args.boolean("scalding.nocounters"))
        if done.flow is not None:
            told.append(done.flow.get_flow_stats().to_dict())
            if is_shown:
                show_statistics(done.flow)
        elif is_shown:
            click.echo(counters_text(done.counters()))

    run_jobs(job, mode, on_done)
    if as_json:
        click.echo(json.dumps(told, indent=2))


def explain_job_class(
    target: Target,
    words: Sequence[str],
    connection: tuple[bool, str | None, Sequence[str]],
    stage: str | None,
) -> Iterator[str]:
    """Yield the plan of a job; of each of its jobs for a CascadeJob.

    Args:
        target, words, connection: as of `run_job_class`.
        stage: as of `Flow.plan_text`.
    Raises:
        Unsupported: the job decides what it does while it runs.
    """
    made = _made(target, words, connection, quiet=True)
    if made is None:
        return
    job, mode, _ = made
    if isinstance(job, (ExecutionJob, ScriptJob)):
        kind = "executions" if isinstance(job, ExecutionJob) else "commands"
        raise Unsupported(
            f"{job.name()} is a job of {kind}, which are made while it runs: there is no plan",
            asked=str(target),
        )
    for one in job.jobs() if isinstance(job, CascadeJob) else [job]:
        yield one.plan(mode).plan_text(stage)
    with building_in(mode):
        following = job.next()
    if following is not None:
        click.echo(f"\nthe next job is {type(following).__name__} {following.args}", err=True)


def _made(
    target: Target,
    words: Sequence[str],
    connection: tuple[bool, str | None, Sequence[str]],
    *,
    quiet: bool,
) -> tuple[Job, Mode, Args] | None:
    """Return a job with its mode and arguments; None when its arguments asked for help."""
    options = split_options(words)
    local, master, settings = connection
    properties = [f"{key}={value}" for key, value in options.properties.items()]
    connector = choose_connector(local, master, [*settings, *properties], quiet=quiet)
    path = () if local or target.path is None else (str(target.path),)
    args = options.args
    mode = Mode(connector, not args.boolean("tool.partialok"), class_path=path)
    try:
        with building_in(mode):
            return target.value(args), mode, args
    except HelpAsked as help_:
        click.echo(str(help_))
        return None


def _write_graphs(job: Job, mode: Mode) -> None:
    flow = job.plan(mode)
    for path, write in (
        (f"{job.name()}0.dot", flow.write_dot),
        (f"{job.name()}0_steps.dot", flow.write_steps_dot),
    ):
        write(path)
        click.echo(path)
