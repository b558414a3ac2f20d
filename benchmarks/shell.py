"""The Scala contestant: the spark-shell that ships with pyspark, timed from inside."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pyspark

from benchmarks.timing import CONF, PARTITIONS

__all__ = ["run"]

_SCRIPT = """
val events = {events}
val words = {words}
val output = {output}
val partitions = {partitions}
def job(): Unit = {{
{body}
}}
def clean(): Unit = {{
  val path = new org.apache.hadoop.fs.Path(output)
  path.getFileSystem(sc.hadoopConfiguration).delete(path, true)
}}
for (i <- 1 to {repeat}) {{
  clean()
  val began = System.nanoTime
  job()
  println("SECONDS " + (System.nanoTime - began) / 1e9)
}}
System.exit(0)
"""


def run(
    body: str, inputs: dict[str, str], output: Path, cores: int, repeat: int
) -> tuple[list[float], int]:
    """Return the seconds of each run; memory is not measured."""
    shutil.rmtree(output, ignore_errors=True)
    script = output.parent / "job.scala"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        _SCRIPT.format(
            events=json.dumps(inputs["events"]),
            words=json.dumps(inputs["words"]),
            output=json.dumps(str(output)),
            partitions=PARTITIONS,
            body=body,
            repeat=repeat,
        )
    )
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-shell"), "--master", f"local[{cores}]", "-i", str(script)]
    for key, value in CONF.items():
        command += ["--conf", f"{key}={value}"]
    environ = {**os.environ, "SPARK_HOME": str(home)}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL, check=False
    )
    seconds = [float(text) for text in re.findall(r"SECONDS ([0-9.E-]+)", done.stdout)]
    if len(seconds) != repeat:
        raise SystemExit(f"spark-shell failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return [round(value, 3) for value in seconds], 0
