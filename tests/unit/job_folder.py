"""A folder of a test's own in which job files are loaded, as the command line loads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def work_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, and forget in the end what loading a job file leaves behind."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "")
    monkeypatch.setattr(sys, "argv", ["cascade2spark"])
