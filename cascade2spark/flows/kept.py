"""Checkpoints kept in files under a flow's name and run id, from which a later run goes on.

Each checkpoint is a folder that appears, whole, in one rename: the rows, what was trapped on the
way to them, and what was counted. A run that finds it takes all of that over, so that rows, traps
and counters end up as if no run had failed. When a run succeeds the folders are deleted::

    .<flow>.<run id>.checkpoints/<checkpoint>/record, rows-<n>/part-…, trap-<n>/part-…
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.counters import Counters
from cascade2spark.errors import FlowError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import LOCAL, Manifest, PartPlace
from cascade2spark.files.stores import delete_tree
from cascade2spark.flows.fingerprints import SourceFiles, fingerprints_of
from cascade2spark.flows.phase_reports import (
    BY_SITE,
    BY_STEP,
    add_report,
    renumbered_progress,
    report_of,
    with_failures_told,
)
from cascade2spark.flows.phases import Phase, phases_of
from cascade2spark.planner.steps import (
    CoGroup,
    Engine,
    Group,
    Map,
    Persist,
    RunContext,
    RunResult,
    Step,
    StepPlan,
)
from cascade2spark.schemes.kept import KeptRows, decode_frames, encode_frame
from cascade2spark.taps.hadoop_files import Lfs

__all__ = ["KeptCheckpoints", "folder_of"]


def folder_of(root: str, flow: str, run_id: str) -> str:
    """Return the folder of the checkpoints of one flow and run id."""
    return os.path.join(root, f".{_safe(flow)}.{_safe(run_id)}.checkpoints")


@attrs.frozen
class _Record:
    """What was made of one part of a plan; numbers and site keys are those of the plan's maker.

    Args:
        fingerprints: what must be as it was.
        steps, sites: numbers of the steps that were done, and keys of their sites, in plan order.
        counters, report: what was counted.
        files: (path below the folder, size) of every file.
        traps: by trap number, the manifests of the files, or rows.
    """

    fingerprints: Mapping[str, str]
    steps: Sequence[int]
    sites: Sequence[int]
    counters: Mapping[tuple[str, str], int]
    report: Mapping[str, Mapping[int, Any]]
    files: Sequence[tuple[str, int]]
    traps: Mapping[int, tuple[Sequence[Manifest], Sequence[Any]]]


class KeptCheckpoints:
    """The kept checkpoints of one run of a flow.

    Args:
        folder: as of `folder_of`.
        plan: the whole plan.
        properties: the flow's.
        files: says which files a tap reads, for taps that cannot say so themselves.
    """

    def __init__(
        self, folder: str, plan: StepPlan, properties: Mapping[str, Any], files: SourceFiles
    ) -> None:
        self.folder = folder
        self.reasons: dict[str, str] = {}
        self._plan = plan
        self._properties = properties
        self._files = files
        self._homes = _homes_of(plan)

    def run(
        self, engine: Engine, context: RunContext, on_skipped: Callable[[Sequence[int]], None]
    ) -> RunResult:
        """Run the plan, but for what is kept; as `Engine.run`.

        Args:
            on_skipped: called with the numbers of steps that need not run.
        """
        total = RunResult()
        *parts, last = phases_of(self._plan, self._tap_of)
        for phase in parts:
            record = self._found(phase)
            if record is None:
                record = self._made(phase, engine, with_failures_told(phase, context, total))
            else:
                on_skipped(phase.done)
            self._take_over(phase, record, context, total)
        outputs = {
            write.number: context.outputs[last.numbers[write.number]] for write in last.plan.writes
        }
        own = attrs.evolve(
            with_failures_told(last, context, total),
            outputs=outputs,
            on_progress=renumbered_progress(last, context),
        )
        result = engine.run(last.plan, own)
        add_report(total, report_of(last, result))
        for number, manifests in result.manifests.items():
            place = number if number < 0 else last.numbers[number]
            total.manifests.setdefault(place, []).extend(manifests)
        for number in [one for one in total.manifests if one < 0]:
            found = total.manifests[number]
            total.manifests[number] = [one.renumbered(at) for at, one in enumerate(found)]
        return total

    def clean_up(self) -> None:
        """Delete what is kept."""
        delete_tree(LOCAL, self.folder)

    # -- what is there ---------------------------------------------------------------------------

    def _found(self, phase: Phase) -> _Record | None:
        """Return the record of a part that an earlier run did, if this one would do the same."""
        path = os.path.join(self._folder_of(phase), "record")
        if not os.path.exists(path):
            return None
        record: _Record
        try:
            with open(path, "rb") as file:
                [(record,)] = next(decode_frames(file.read(), path))
        except Exception:  # damaged, or pickled by another version
            self.reasons[str(phase.name)] = "its record cannot be read"
            return None
        asked = self._fingerprints(phase)
        changed = [what for what in asked if record.fingerprints.get(what) != asked[what]]
        if changed:
            self.reasons[str(phase.name)] = f"{' and '.join(changed)} changed"
            return None
        for name, size in record.files:
            file_path = os.path.join(self._folder_of(phase), name)
            if not os.path.exists(file_path) or os.path.getsize(file_path) != size:
                self.reasons[str(phase.name)] = "a file of it is missing, or has another size"
                return None
        return record

    def _fingerprints(self, phase: Phase) -> dict[str, str]:
        end = next(step for step in self._plan.steps if _is_end(step, phase))
        above = self._plan.above([end.number])
        steps = [step for step in self._plan.steps if step.number in above]
        found = fingerprints_of(steps, self._plan.traps, self._properties, self._files)
        # Which of the steps this part does depends on the checkpoints before it.
        places = {step.number: place for place, step in enumerate(steps)}
        shared = [
            places[number] for number in (*phase.done, -1, *phase.kept.values()) if number in places
        ]
        found["the checkpoints before it"] = repr(shared)
        return found

    # -- making it -------------------------------------------------------------------------------

    def _made(self, phase: Phase, engine: Engine, context: RunContext) -> _Record:
        """Do a part, and keep what comes of it."""
        fingerprints = self._fingerprints(phase)
        final = self._folder_of(phase)
        folder = f"{final}.{uuid.uuid4().hex[:12]}.part"
        try:
            places = {
                number: self._place(os.path.join(folder, self._name_of(step)))
                for number, step in phase.kept.items()
            }
            traps = {
                number: self._trap_place(place, os.path.join(folder, f"trap-{number}"))
                for number, place in context.trap_outputs.items()
            }
            own = attrs.evolve(
                context,
                outputs=places,
                trap_outputs=traps,
                on_progress=renumbered_progress(phase, context),
            )
            result = engine.run(phase.plan, own)
            if context.is_stopped():
                raise FlowError("the flow was stopped")
            for number, place in places.items():
                _keep_winners(place.folder, result.manifests.get(number, []))
            caught = {
                number: _caught(place, result.manifests.get(-1 - number, []))
                for number, place in traps.items()
            }
            told = report_of(phase, result)
            record = _Record(
                fingerprints=fingerprints,
                steps=phase.done,
                sites=self._sites(phase),
                counters=told.counters.as_dict(),
                report={name: getattr(told, name) for name in (*BY_SITE, *BY_STEP)},
                files=_files_below(folder),
                traps=caught,
            )
            LOCAL.write_file(os.path.join(folder, "record"), encode_frame([(record,)]))
            delete_tree(LOCAL, final)
            LOCAL.rename(folder, final)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return record

    def _place(self, folder: str) -> PartPlace:
        LOCAL.make_folders(folder)
        return PartPlace(folder)

    def _trap_place(self, place: Any, folder: str) -> Any:
        """Return where a part's trapped rows go: files of the trap's own kind, or rows."""
        if isinstance(place, list):
            return []
        if not isinstance(place, PartPlace):
            raise Unsupported(
                "what such a trap takes cannot be kept for a restart",
                asked=repr(place),
                fix="give the trap a local path, or leave out the run id",
            )
        LOCAL.make_folders(folder)
        return attrs.evolve(place, folder=folder)

    # -- taking it over --------------------------------------------------------------------------

    def _take_over(
        self, phase: Phase, record: _Record, context: RunContext, total: RunResult
    ) -> None:
        """Add what a part counted and trapped to the run, under this plan's numbers."""
        sites = dict(zip(record.sites, self._sites(phase), strict=True))
        steps = dict(zip(record.steps, phase.done, strict=True))
        told = RunResult(counters=Counters(record.counters))
        for names, keys in ((BY_SITE, sites), (BY_STEP, steps)):
            for name in names:
                mine = {keys[key]: one for key, one in record.report[name].items() if key in keys}
                setattr(told, name, mine)
        add_report(total, told)
        for number, (manifests, rows) in record.traps.items():
            place = context.trap_outputs[number]
            if not isinstance(place, PartPlace):
                place.extend(rows)
                continue
            for manifest in manifests:
                total.manifests.setdefault(-1 - number, []).append(manifest)
                for file in manifest.files:
                    kept = os.path.join(self._folder_of(phase), f"trap-{number}", file.written)
                    _link(kept, os.path.join(place.folder, file.written))

    # -- names -----------------------------------------------------------------------------------

    def _tap_of(self, number: int, fields: Fields) -> Lfs:
        home = os.path.join(self.folder, _safe(self._homes[number]))
        path = os.path.join(home, self._name_of(number))
        return Lfs(KeptRows(fields), f"file://{path}")

    def _folder_of(self, phase: Phase) -> str:
        return os.path.join(self.folder, _safe(str(phase.name)))

    def _name_of(self, number: int) -> str:
        """Return the name of the folder of a step's rows: its place among those of its part."""
        home = self._homes[number]
        own = [one for one, other in self._homes.items() if other == home]
        return f"rows-{own.index(number)}"

    def _sites(self, phase: Phase) -> list[int]:
        """Return the keys of the sites of a part's steps, in plan order."""
        return list(
            dict.fromkeys(
                key
                for step in self._plan.steps
                if step.number in phase.done
                for key in _site_keys(step)
            )
        )


def _homes_of(plan: StepPlan) -> dict[int, str]:
    """Return for each step that lies above a kept checkpoint the name of the first such one."""
    homes: dict[int, str] = {}
    for step in plan.steps:
        if isinstance(step, Persist) and step.is_durable:
            for number in sorted(plan.above([step.number])):
                homes.setdefault(number, str(step.name))
    return homes


def _is_end(step: Step, phase: Phase) -> bool:
    return isinstance(step, Persist) and step.is_durable and step.name == phase.name


def _site_keys(step: Step) -> list[int]:
    keys = [step.site.key, *(site.key for site in step.sites)]
    if isinstance(step, Map):
        keys += [one.site.key for one in step.operators]
    if isinstance(step, (Group, CoGroup)):
        keys += [one.site.key for one in step.everys]
    return keys


def _keep_winners(folder: str, manifests: Sequence[Manifest]) -> None:
    """Give the files of the manifests their names, and delete all others."""
    written = {file.written: file for manifest in manifests for file in manifest.files}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name not in written:
            os.unlink(path)
    for file in written.values():
        path = os.path.join(folder, file.written)
        _check_size(path, file.size_bytes)
        os.rename(path, os.path.join(folder, file.name))


def _caught(place: Any, manifests: Sequence[Manifest]) -> tuple[Sequence[Manifest], Sequence[Any]]:
    """Return what a part's trap took: the manifests of its files, or its rows."""
    if not isinstance(place, PartPlace):
        return (), tuple(place)
    written = {file.written for manifest in manifests for file in manifest.files}
    for name in os.listdir(place.folder):
        if name not in written:
            os.unlink(os.path.join(place.folder, name))
    for manifest in manifests:
        for file in manifest.files:
            _check_size(os.path.join(place.folder, file.written), file.size_bytes)
    return tuple(manifests), ()


def _check_size(path: str, size: int) -> None:
    if not os.path.exists(path) or os.path.getsize(path) != size:
        raise FlowError(
            f"a checkpoint file is not what its task wrote: {path}",
            fix="set cascade2spark.checkpoint.path to a folder that all machines share",
        )


def _files_below(folder: str) -> list[tuple[str, int]]:
    found = []
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(at, name)
            found.append((os.path.relpath(path, folder), os.path.getsize(path)))
    return sorted(found)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _safe(name: str) -> str:
    """Return a name fit for a file; names that differ stay different."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:80]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
