"""Builds the Java project with Maven, and runs cases with it in one JVM."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["TWINS", "CannotBuild", "build", "run", "version"]

PROJECT = Path(__file__).parent
TWINS = PROJECT / "src/main/java/oracle/twins"
LIMIT_S = 600


class CannotBuild(Exception):
    """There is no Maven, or it cannot reach what it needs."""


def version() -> str:
    """Return the version of Cascading that the project asks for."""
    found = re.search(r"<cascading.version>(.*)</", (PROJECT / "pom.xml").read_text("utf-8"))
    assert found is not None
    return found[1]


def build() -> None:
    """Compile, and note the class path.

    Raises:
        CannotBuild: with the lines that Maven calls errors.
    """
    command = ["mvn", "-q", "-B", "compile", "dependency:build-classpath"]
    command.append("-Dmdep.outputFile=target/classpath")
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except FileNotFoundError as missing:
        raise CannotBuild("there is no mvn on the path") from missing
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise CannotBuild("\n".join(errors[:8]) or done.stderr)


def run(cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what Cascading makes of the cases, in their order."""
    target = PROJECT / "target"
    path = f"{target / 'classes'}:{(target / 'classpath').read_text('utf-8').strip()}"
    with tempfile.TemporaryDirectory() as folder:
        given, results = Path(folder, "cases.jsonl"), Path(folder, "results.jsonl")
        given.write_text("".join(f"{json.dumps(case)}\n" for case in cases), encoding="utf-8")
        subprocess.run(
            ["java", "-cp", path, "oracle.Oracle", str(given), str(results)],
            timeout=LIMIT_S,
            check=True,
            capture_output=True,
        )
        return [json.loads(line) for line in results.read_text("utf-8").splitlines()]
