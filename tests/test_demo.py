"""The demonstration as a newcomer meets it, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.spark
def test_the_demo_shows_data_plan_run_and_results(tmp_path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "cascade2spark", "demo", "--offline", "--master", "local[2]"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert ["Data", "Plan", "Run", "Results", "Next"] == [
        line.split()[0] for line in lines if line.endswith("──") and line[0] != "─"
    ]
    assert any("flow 'wordcount': successful" in line for line in lines)
    assert any(line.startswith("self ") for line in lines)
    assert (tmp_path / "build/demo/out/words/_SUCCESS").exists()
    assert all(len(line) <= 100 for line in lines if "explain" not in line and " run " not in line)
