"""Committing the output of a run: all of it or nothing, whatever dies when.

Tasks write part files below a hidden sibling of the target. The driver keeps the winners, then one
replaced record decides, then one rename publishes. `records` says what a record means, `publishing`
holds the steps after the decision, `recovery` does them for a run that died.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

from cascade2spark.errors import BuildError, Cascade2SparkError, TapError, Unsupported
from cascade2spark.files.compression import check_compression, compress, extension_of
from cascade2spark.files.parts import Manifest, PartPlace, WrittenFile
from cascade2spark.files.paths import local_path, route_of
from cascade2spark.files.publishing import (
    ATTEMPTS,
    SUCCESS,
    blocked_target,
    discard,
    finish,
    is_unpublished,
    undo,
)
from cascade2spark.files.records import CommitRecord, Owner, read_record, write_record
from cascade2spark.files.recovery import recover
from cascade2spark.files.stores import LOCAL, CommitStore, delete_tree
from cascade2spark.origin import Origin

__all__ = ["OutputCommit", "OutputMode", "prepare_all", "publish_all"]

OutputMode = Literal["KEEP", "REPLACE", "UPDATE"]
_PART_NUMBER = re.compile(r"part-(\d+)")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]+")


class OutputCommit:
    """One sink's output, from the first check to its place.

    The order is `prepare`, tasks writing through `place`, then `commit`; or `ready` on each of
    several sinks and one `publish_all`. `abort` at any time before that leaves no trace.

    Args:
        target: path of the output folder, or file.
        mode: KEEP refuses existing output, REPLACE takes its place, UPDATE adds to it.
        run_id: letters, digits, - and _; unique to the run.
        is_file: publish one file holding all parts in order, instead of a folder of part files.
        compression: codec of the part files.
        header: bytes before the first row of each part file (of the one file), if it has rows.
        suffix: what the names of part files end in, as `.parquet`.
        can_join: whether part files laid end to end are a file of their kind.
        store: the file system; its rename must be atomic.
        origin: where the tap was built, for messages.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        mode: OutputMode = "KEEP",
        *,
        run_id: str | None = None,
        is_file: bool = False,
        compression: str | None = None,
        header: bytes | None = None,
        suffix: str = "",
        can_join: bool = True,
        store: CommitStore = LOCAL,
        origin: Origin | None = None,
    ) -> None:
        if route_of(target) != "local":
            raise Unsupported(f"output cannot be committed by rename at {target}", origin=origin)
        folder, name = os.path.split(local_path(target))
        run = uuid.uuid4().hex[:16] if run_id is None else run_id
        if not name or not _RUN_ID.fullmatch(run):
            raise BuildError("a commit needs a target with a name and a plain run id", asked=run)
        self._store = store
        self._origin = origin
        self._header = header
        self._suffix = suffix
        self._can_join = can_join
        self._is_file = is_file
        self._compression = check_compression(compression)
        owner = Owner.of_this_process()
        self._record = CommitRecord(folder, name, run, mode, "writing", owner)
        self._is_prepared = False

    @property
    def target(self) -> str:
        """Path of the output."""
        return self._record.target_path

    @property
    def place(self) -> PartPlace:
        """Where tasks write."""
        # One file has one header, which only the driver can put before the first part with rows.
        header = None if self._is_file else self._header
        folder = os.path.join(self._record.hidden_path, ATTEMPTS)
        return PartPlace(folder, self._compression, header, suffix=self._suffix)

    def check(self) -> None:
        """Raise TapError if the output may not be written; changes nothing."""
        if self._record.mode == "KEEP" and self._store.exists(self.target):
            raise TapError(
                f"{self.target} exists already, and its sink mode is KEEP",
                origin=self._origin,
                fix="delete it, or give the tap SinkMode.REPLACE",
            )
        if self._record.mode == "UPDATE" and self._store.exists(self.target):
            there = "a folder" if self._store.is_folder(self.target) else "a file"
            if (there == "a file") != self._is_file:
                wanted = "one file" if self._is_file else "a folder of part files"
                raise TapError(
                    f"{self.target} is {there}, and the sink writes {wanted}", origin=self._origin
                )
            if self._is_file and not self._can_join:
                raise TapError(
                    f"nothing can be added to {self.target}: files of its kind cannot be joined",
                    origin=self._origin,
                    fix="write a folder of part files, or give the tap SinkMode.REPLACE",
                )

    def prepare(self) -> None:
        """Clean up after dead runs, check, and make the folder that tasks write to."""
        self._recover()
        self.check()
        try:
            with self._named():
                self._store.make_folders(self._record.folder)
                write_record(self._store, self._record)
                self._is_prepared = True
                self._store.make_folders(self.place.folder)
        except BaseException:
            self.abort()
            raise

    def _recover(self) -> None:
        with self._named():
            recover(self.target, store=self._store)

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Say of the target, and of the tap, what the disk says of hidden files beside it."""
        try:
            yield
        except TapError as failed:
            refusal = failed.__cause__
            if not isinstance(refusal, OSError):
                raise
            raise TapError(
                f"cannot write {self.target}: {refusal.strerror or refusal}", origin=self._origin
            ) from refusal

    def ready(self, manifests: Sequence[Manifest]) -> None:
        """Keep the winners, delete the losers; afterwards the output only has to be published.

        Args:
            manifests: exactly one for each partition.
        Raises:
            TapError: a file is missing or differs from its manifest, or the disk is full.
        """
        files = self._winners(manifests)
        hidden = self._record.hidden_path
        for file in files:
            kept = os.path.join(hidden, file.name)
            if "/" in file.name:
                self._store.make_folders(os.path.dirname(kept))
            self._store.rename(os.path.join(self.place.folder, file.written), kept)
        delete_tree(self._store, self.place.folder)
        if self._is_file:
            self._join(files)
        elif self._record.mode == "UPDATE" and self._store.exists(self.target):
            self._record = attrs.evolve(self._record, moves=self._numbered_on(files))
        else:
            self._store.write_file(os.path.join(hidden, SUCCESS), b"")

    def commit(self, manifests: Sequence[Manifest]) -> None:
        """Publish the output of a run with one sink."""
        try:
            self.ready(manifests)
        except Cascade2SparkError:
            self.abort()
            raise
        publish_all([self])

    def abort(self) -> None:
        """Throw away everything this run wrote; harmless when there is nothing."""
        if self._is_prepared and self._record.state != "publishing":
            self._is_prepared = False
            # What led here must not be hidden by a disk that refuses this too; `recover` sweeps.
            with contextlib.suppress(TapError):
                undo(self._store, self._record)

    def _winners(self, manifests: Sequence[Manifest]) -> list[WrittenFile]:
        ordered = sorted(manifests, key=lambda manifest: manifest.part)
        if len({manifest.part for manifest in ordered}) != len(ordered):
            parts = [manifest.part for manifest in ordered]
            raise TapError(f"two manifests for one partition of {self.target}", asked=parts)
        files = [file for manifest in ordered for file in manifest.files]
        for file in files:
            path = os.path.join(self.place.folder, file.written)
            found = self._store.size(path)
            if found != file.size_bytes:
                raise TapError(
                    f"{path} is not what its task wrote",
                    details={"written": f"{file.size_bytes} bytes", "found": f"{found} bytes"},
                )
        return files

    def _join(self, files: Sequence[WrittenFile]) -> None:
        hidden = self._record.hidden_path
        if not self._can_join:
            files = self._only(files)
        parts = [os.path.join(hidden, file.name) for file in files]
        joined = "joined" + extension_of(self._compression)
        sources = list(parts)
        before = b""
        has_old = self._record.mode == "UPDATE" and self._store.exists(self.target)
        if has_old:
            sources.insert(0, self.target)
        old_bytes = self._store.size(self.target) if has_old else 0
        if self._header and not old_bytes and any(file.rows for file in files):
            before = compress(self._header, self._compression)
        if len(sources) == 1 and not before:
            joined = files[0].name if files else joined
        if not (len(sources) == 1 and not before and files):
            self._store.concatenate(sources, os.path.join(hidden, joined), before)
        self._record = attrs.evolve(self._record, single_file=joined)

    def _only(self, files: Sequence[WrittenFile]) -> Sequence[WrittenFile]:
        """Return the one file that is published, of a kind that cannot be joined."""
        full = [file for file in files if file.rows]
        if len(full) > 1:
            raise TapError(
                f"{self.target} is one file, and {len(full)} partitions have rows for it",
                details={"because": "files of its kind cannot be joined"},
                origin=self._origin,
                fix="write a folder of part files",
            )
        return full or files[:1]

    def _numbered_on(self, files: Sequence[WrittenFile]) -> tuple[tuple[str, str], ...]:
        """Return the moves that give new part files the numbers after the existing ones."""
        numbers = [-1]
        folders = [self.target]
        while folders:
            folder = folders.pop()
            for name in self._store.names(folder):
                path = os.path.join(folder, name)
                if self._store.is_folder(path):
                    folders.append(path)
                elif match := _PART_NUMBER.match(name):
                    numbers.append(int(match.group(1)))
        after = max(numbers) + 1

        def renumbered(name: str) -> str:
            above, slash, last = name.rpartition("/")
            return (
                above
                + slash
                + _PART_NUMBER.sub(
                    lambda match: f"part-{int(match.group(1)) + after:05d}", last, count=1
                )
            )

        return tuple((file.name, renumbered(file.name)) for file in files)

    def _decide(self, members: Sequence[OutputCommit]) -> None:
        """Take the one step after which the output of this run is finished, never undone."""
        for commit in members:
            decider = self._record.record_path
            commit._record = attrs.evolve(commit._record, state="ready", decider=decider)
            write_record(commit._store, commit._record)
        paths = tuple(commit._record.record_path for commit in members)
        decided = attrs.evolve(self._record, state="publishing", members=paths)
        write_record(self._store, decided)
        self._record = decided

    def _is_decided_on_disk(self) -> bool:
        found = read_record(self._store, self._record.record_path)
        if found is None or found.state != "publishing":
            return False
        self._record = found
        return True


def prepare_all(commits: Sequence[OutputCommit]) -> None:
    """Prepare the sinks of a flow: all are checked before anything is changed."""
    for commit in commits:
        commit._recover()
    for commit in commits:
        commit.check()
    paths = [commit._record.record_path for commit in commits]
    for commit, own in zip(commits, paths, strict=True):
        siblings = tuple(path for path in paths if path != own)
        commit._record = attrs.evolve(commit._record, siblings=siblings)
    prepared: list[OutputCommit] = []
    try:
        for commit in commits:
            commit.prepare()
            prepared.append(commit)
    except BaseException:
        for commit in prepared:
            commit.abort()
        raise


def publish_all(commits: Sequence[OutputCommit]) -> None:
    """Publish the sinks of a flow, all of which are ready: all of them, or none.

    Raises:
        TapError: nothing was published, or, past the decision, what remains can be recovered (the
            message says so).
    """
    if not commits:
        return
    first, *others = commits
    try:
        for commit in commits:
            if commit._record.mode == "KEEP":
                commit.check()
        first._decide(others)
    except BaseException:
        # The decision may have been written although writing it failed: then nothing is undone.
        if not first._is_decided_on_disk():
            for commit in commits:
                commit.abort()
            raise
    try:
        finish(first._store, first._record)
    except TapError as failed:
        _withdraw(commits)
        # This process gives the commit up, so that another may finish it while this one lives on.
        with contextlib.suppress(TapError):
            given_up = attrs.evolve(first._record, owner=Owner.nobody())
            write_record(first._store, given_up)
        blocked = blocked_target(first._store, first._record)
        raise TapError(
            f"the output is complete, but publishing stopped: {failed.headline}",
            fix=f"throw the rest of it away: cascade2spark doctor --recover --force {blocked}"
            if blocked
            else f"remove the cause, then run: cascade2spark doctor --recover {first.target}",
        ) from failed


def _withdraw(commits: Sequence[OutputCommit]) -> None:
    """Undo a decided commit that lost a race for a KEEP target before it published anything.

    Raises:
        TapError: it was undone.
    """
    first = commits[0]
    blocked = blocked_target(first._store, first._record)
    if blocked is None or not is_unpublished(first._store, first._record):
        return
    discard(first._store, first._record)
    loser = next(commit for commit in commits if commit.target == blocked)
    raise TapError(
        f"{blocked} appeared while the job ran, and is kept",
        details={"so": "nothing of this run was published"},
        origin=loser._origin,
        fix="give the tap another path, or SinkMode.REPLACE",
    )
