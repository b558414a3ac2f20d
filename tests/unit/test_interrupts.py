"""Ctrl-C while a flow or cascade runs: a child process gets SIGINT."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cascade2spark

JOB = """
import sys, time
from pathlib import Path

from cascade2spark.connectors import CascadeConnector, LocalFlowConnector
from cascade2spark.operations.base import BaseOperation, Filter
from cascade2spark.pipes import Each, Pipe
from cascade2spark.schemes import TextLine
from cascade2spark.taps import Hfs


class Slow(BaseOperation, Filter):
    def is_remove(self, flow_process, filter_call):
        Path("begun").touch()
        time.sleep(0.05)
        return False

    def cleanup(self, flow_process, operation_call):
        time.sleep(0.3)
        Path("cleaned").touch()


def job(connector):
    pipe = Each(Pipe("slow"), Slow())
    return connector.connect(Hfs(TextLine("line"), "in"), Hfs(TextLine("line"), "out"), pipe)


def cascade():
    CascadeConnector().connect(job(LocalFlowConnector())).complete()


if __name__ == "__main__":
    cascade()
"""


@pytest.mark.parametrize(
    "words",
    [["-m", "cascade2spark", "run", "--local", "job.py:job"], ["job.py"]],
    ids=["flow", "cascade"],
)
def test_an_interrupted_run_cleans_up_and_leaves_no_trace(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "part-00000").write_text("a line\n" * 4000)
    (tmp_path / "job.py").write_text(JOB)
    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(cascade2spark.__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # A shell may have told its background jobs to ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        _wait_for(tmp_path / "begun", child)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=30)[1]
    finally:
        child.kill()
    assert child.returncode in (130, -signal.SIGINT), said
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert left == {"in", "job.py", "begun", "cleaned"}


def _wait_for(path: Path, child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if path.exists():
            return
        assert child.poll() is None, child.stderr and child.stderr.read()
        time.sleep(0.05)
    pytest.fail(f"{path} was never made")
