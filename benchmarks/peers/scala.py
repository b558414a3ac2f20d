"""Compiles jobs.scala with the compiler in Spark's jars and starts it with spark-submit."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pyspark

from benchmarks.application import CONF, PARTITIONS
from benchmarks.asked import WARM_UP

__all__ = ["command"]

_HOME = Path(pyspark.__file__).parent
_SOURCE = Path(__file__).with_name("jobs.scala")


def command(
    job: str,
    cores: int,
    inputs: dict[str, str],
    few: dict[str, str],
    output: Path,
    folder: Path,
    source: Path = _SOURCE,
    warm_up: str = WARM_UP,
) -> list[str]:
    """Return the command line of the application for one job, compiling it first if need be."""
    options = [option for key, value in CONF.items() for option in ("--conf", f"{key}={value}")]
    paths = [f"{name}={path}" for name, path in inputs.items()]
    paths += [f"few:{name}={path}" for name, path in few.items()]
    submit = [str(_HOME / "bin" / "spark-submit"), "--master", f"local[{cores}]", *options]
    program = ["--class", "Jobs", str(_compiled(source, folder))]
    return [*submit, *program, job, warm_up, str(output), str(PARTITIONS), *paths]


def _compiled(source: Path, folder: Path) -> Path:
    """Return the jar of the jobs; it is made again when the source changes."""
    jar = folder / f"jobs-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}.jar"
    if not jar.exists():
        aside = jar.with_suffix(".making.jar")
        compiler = ["java", "-cp", f"{_HOME / 'jars'}/*", "scala.tools.nsc.Main", "-usejavacp"]
        subprocess.run([*compiler, "-nowarn", "-d", str(aside), str(source)], check=True)
        aside.rename(jar)
    return jar
