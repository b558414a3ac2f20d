"""Running a class of Scalding's Job from the command line, as Scalding's Tool does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from cascade2spark.cli.connecting import choose_connector
from cascade2spark.cli.output import show_statistics
from cascade2spark.cli.targets import Target
from cascade2spark.scalding.args import HelpAsked
from cascade2spark.scalding.base import Mode, building_in
from cascade2spark.scalding.job_base import Job, run_jobs
from cascade2spark.scalding.options import counters_text, split_options, write_counters

__all__ = ["run_job_class"]


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
    options = split_options(words)
    local, master, settings = connection
    properties = [f"{key}={value}" for key, value in options.properties.items()]
    connector = choose_connector(local, master, [*settings, *properties], quiet=quiet)
    path = () if local or target.path is None else (str(target.path),)
    args = options.args
    mode = Mode(connector, not args.boolean("tool.partialok"), class_path=path)
    try:
        with building_in(mode):
            job: Job = target.value(args)
    except HelpAsked as help_:
        click.echo(str(help_))
        return
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


def _write_graphs(job: Job, mode: Mode) -> None:
    flow = job.plan(mode)
    for path, write in (
        (f"{job.name()}0.dot", flow.write_dot),
        (f"{job.name()}0_steps.dot", flow.write_steps_dot),
    ):
        write(path)
        click.echo(path)
