"""Asks an application for runs, and reads seconds, processor seconds and memory from outside.

What is read is the application's process and everything below it: driver, JVM, Python workers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import attrs

__all__ = ["Run", "run_application"]

_TICKS = os.sysconf("SC_CLK_TCK")
_LIMIT_S = 900
_SHORTEST_PAUSE_S = 0.03


@attrs.frozen
class Run:
    """One run of a job.

    Args:
        seconds: from the call of the job to its end, by the application's own clock.
        cpu_s: processor seconds of all its processes, dead ones too.
        peak_mb: highest sum of their memory, shared pages counted once.
        workers_mb: the same without the JVM.
    """

    seconds: float
    cpu_s: float
    peak_mb: int
    workers_mb: int


def run_application(
    command: list[str], environ: Mapping[str, str], output: Path, runs: int, enough_s: float
) -> list[Run]:
    """Start an application, let it run its job, end it; return its runs.

    Args:
        command: the command line.
        environ: what to add to the environment.
        output: removed before each run; the last one's stays.
        runs: most runs, a count.
        enough_s: no further run is asked for when the runs so far took this long together.
    Raises:
        RuntimeError: the application failed; the end of its error output is in the message.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    errors = output.with_suffix(".err")
    with errors.open("w") as error_file, _started(command, environ, error_file) as process:
        found: list[Run] = []
        is_ready = _said(process, "READY") is not None
        while is_ready and len(found) < runs and sum(run.seconds for run in found) < enough_s:
            shutil.rmtree(output, ignore_errors=True)
            run = _one_run(process)
            if run is None:
                break
            found.append(run)
        else:
            if is_ready:
                return found
    raise RuntimeError(f"{' '.join(command)[:300]} failed:\n{errors.read_text()[-3000:]}")


@contextlib.contextmanager
def _started(
    command: list[str], environ: Mapping[str, str], errors: IO[str]
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={**os.environ, **environ},
        start_new_session=True,
    )
    limit = threading.Timer(_LIMIT_S, _end, [process])
    limit.start()
    try:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
    finally:
        limit.cancel()
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _said(process: subprocess.Popen[str], word: str) -> str | None:
    """Return the rest of the first line that begins with a word, None when there is none."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    return None


def _one_run(process: subprocess.Popen[str]) -> Run | None:
    assert process.stdin is not None
    memory = _Memory(process.pid)
    before = _cpu_ticks(process.pid)
    with memory:
        process.stdin.write("run\n")
        process.stdin.flush()
        seconds = _said(process, "SECONDS")
    if seconds is None:
        return None
    used = (_cpu_ticks(process.pid) - before) / _TICKS
    return Run(round(float(seconds), 3), round(used, 2), memory.all_mb, memory.workers_mb)


class _Memory:
    """Samples memory while it is entered; pauses so that this takes a tenth of one core at most."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.all_mb = 0
        self.workers_mb = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE_S
        while not self._is_over.wait(pause):
            began = time.perf_counter()
            self._sample()
            pause = max(_SHORTEST_PAUSE_S, 9 * (time.perf_counter() - began))

    def _sample(self) -> None:
        everything, workers = 0, 0
        for pid in _family(self.root):
            size = _proportional_kb(pid)
            everything += size
            workers += 0 if _name(pid) == "java" else size
        self.all_mb = max(self.all_mb, everything // 1024)
        self.workers_mb = max(self.workers_mb, workers // 1024)


def _stat(pid: int | str) -> list[str]:
    """Return the fields of a process behind its name, none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _family(root: int) -> list[int]:
    """Return a process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(entry)):
            children.setdefault(int(stat[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _cpu_ticks(root: int) -> int:
    """Return the ticks that living processes and the dead ones they waited for have used."""
    return sum(int(tick) for pid in _family(root) for tick in _stat(pid)[11:15])


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
