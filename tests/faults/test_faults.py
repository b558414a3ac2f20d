"""Killed and failing things lose nothing and double nothing: rows, counts or trapped rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.faults.jobs import ROOT, ROWS
from tests.faults.shapes import SHAPES

pytestmark = pytest.mark.spark

GOOD = [(key, value) for key, value in ROWS if value % 10 != 3]
TRAPPED = sorted(str(value) for _, value in ROWS if value % 10 == 3)
COUNTED = {"Tuples_Read": 200, "Tuples_Written": 7, "Tuples_Trapped": 20, "seen": 180}
GROUPS = sorted(f"{key}\t{count}" for key, count in Counter(key for key, _ in GOOD).items())


def run_job(name: str, folder: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run a job of `jobs` as `run_module`."""
    return run_module("jobs", name, folder=folder)


def run_module(*words: str, folder: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run a module in a process of its own; return how it ended, what it told, and its errors."""
    module, *arguments = words
    (folder / "spark").mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-m", f"tests.faults.{module}", *arguments, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    return ended.returncode, lines, ended.stderr[-3000:]


def lines_below(folder: Path) -> list[str]:
    assert (folder / "_SUCCESS").exists()
    return sorted(line for path in folder.glob("part-*") for line in path.read_text().splitlines())


def hidden(folder: Path) -> list[str]:
    """Return what a commit left behind beside its target."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_killed_worker_and_lost_shuffle_files(tmp_path: Path) -> None:
    code, counted, errors = run_job("lost_processes", tmp_path)
    assert 0 == code, errors
    assert [COUNTED, COUNTED] == counted
    assert 4 < len(list((tmp_path / "second" / "maps").iterdir()))  # some ran again, unnoticed
    for folder in (tmp_path, tmp_path / "second"):
        assert GROUPS == lines_below(folder / "out")
        assert TRAPPED == lines_below(folder / "trap")
        assert [] == hidden(folder)


def test_a_driver_killed_before_it_publishes_then_tasks_that_fail(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part-00000").write_text("old\n")
    (tmp_path / "out" / "_SUCCESS").touch()
    code, counted, errors = run_job("killed_driver", tmp_path)
    assert (-signal.SIGKILL, []) == (code, counted), errors
    assert ["old"] == lines_below(tmp_path / "out")
    assert not (tmp_path / "trap").exists()
    assert hidden(tmp_path)
    # The next run cleans up, and succeeds although tasks of its own fail twice.
    code, counted, errors = run_job("failing_tasks", tmp_path)
    assert 0 == code, errors
    written = {**COUNTED, "Tuples_Written": 180}
    assert [COUNTED, written, written] == counted
    assert GROUPS == lines_below(tmp_path / "out")
    assert TRAPPED == lines_below(tmp_path / "trap") == lines_below(tmp_path / "late.trap")
    assert sorted(f"{key}\t{value}" for key, value in GOOD) == lines_below(tmp_path / "late")
    assert 4 == len(list((tmp_path / "late").glob("part-*")))
    spread = [
        (path.parent.name, int(line))
        for path in (tmp_path / "spread").glob("*/part-*")
        for line in path.read_text().splitlines()
    ]
    assert sorted(GOOD) == sorted(spread)
    assert [] == hidden(tmp_path)


def test_every_kind_of_step_on_a_cluster_that_loses_processes_and_files(tmp_path: Path) -> None:
    code, told, errors = run_module("cluster", folder=tmp_path)
    assert 0 == code, errors
    assert [] == [line for line in told if line["differs"]]
    runs = {line["run"] for line in told}
    assert {f"{name} kill_worker" for name in SHAPES} < runs
    assert {"fork fail", "skewed lost files", "fork lost executor", "repeated 9 64k"} < runs


def test_copies_of_slow_tasks_change_nothing(tmp_path: Path) -> None:
    code, told, errors = run_module("standalone", folder=tmp_path)
    assert 0 == code, errors
    assert [] == [line for line in told if line["differs"]]
    assert 4 == len(told)
    assert all(line["copies"] for line in told)


def test_spilled_and_damaged_data(tmp_path: Path) -> None:
    code, told, errors = run_module("spills", folder=tmp_path)
    assert 0 == code, errors
    assert [] == [line for line in told if line["open"]]  # no spill file outlives its task
    good = [line for line in told if "differs" in line]
    assert [{}] * 4 == [line["differs"] for line in good]
    bad = {line["run"]: line for line in told if "said" in line}
    assert all(line["kept"] and line["happened"] for line in bad.values()), bad
    full = bad.pop("sorted fill_disk")["said"]
    assert "the disk is full" in full
    assert str(tmp_path / "spark") in full
    assert "spark.local.dir" in full
    assert "no trap takes this" in bad.pop("group fail_while_spilled")["said"]
    assert 4 == len(bad)
    for line in bad.values():
        assert line["said"].startswith("a shuffle block is damaged"), line


def test_a_driver_killed_at_any_step_of_publishing_and_while_it_keeps_checkpoints(
    tmp_path: Path,
) -> None:
    code, lines, errors = run_module("publishing", folder=tmp_path)
    assert 0 == code, errors
    # Killed while checkpoints are kept: the next run goes on, and nothing is lost or doubled.
    kept = [line for line in lines if "kept" in line]
    assert [0, 3, 5] == [line["skipped"] for line in kept]  # none, one and both were there
    for line in kept:
        assert [-signal.SIGKILL, 0] == line["codes"]
        assert [6, 10, 1, 5] == line["counted"]
        assert ["3"] == line["lines"]["trap"]
        assert [f"{number}\t1" for number in (0, 1, 2, 4, 5)] == line["lines"]["one"]
        assert list("01245") == line["lines"]["two"]
        assert [] == line["left over"]
    told = [line for line in lines if "steps" in line]
    assert [-signal.SIGKILL] * (len(told) - 1) + [0] == [line["code"] for line in told]
    assert all(line["whole before"] and not line["left over"] for line in told), told
    after = [line["after"] for line in told]
    undone = after.count("old")
    assert 2 <= undone <= len(told) - 4
    assert ["old"] * undone + ["new"] * (len(told) - undone) == after
