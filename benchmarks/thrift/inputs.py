"""Makes the inputs of the jobs, and tells whether outputs hold the same structs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from pyspark import SparkConf, SparkContext

from cascade2spark.schemes import ThriftSequenceFile
from cascade2spark.taps import Hfs
from examples.thrift_etl.data import IDL
from examples.thrift_etl.run import write_inputs

__all__ = ["digest_of_structs", "prepare"]


def prepare(folder: Path, count: int, cores: int) -> dict[str, dict[str, str]]:
    """Return the inputs of each form; they are made once."""
    made = folder / f"inputs-{count}"
    known = made / "inputs.json"
    if known.exists():
        found: dict[str, dict[str, str]] = json.loads(known.read_text())
        return found
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster(f"local[{cores}]").setAppName("inputs")
    conf.set("spark.ui.enabled", "false")
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    inputs = {}
    for form in ("none", "block"):
        paths = write_inputs(context, made / form, count, compression=form)
        inputs[form] = {**paths, "compression": form, "count": str(count)}
    context.stop()
    known.write_text(json.dumps(inputs))
    return inputs


def digest_of_structs(output: Path, struct: str) -> str:
    """Return the number of structs of all part files, and a digest of every 16th by value."""
    scheme = ThriftSequenceFile(IDL, struct, as_object=True)
    total, count = 0, 0
    for part in sorted(output.glob("part-*")):
        if not part.stat().st_size:
            continue
        for (record,) in Hfs(scheme, str(part)).open_for_read():
            data = record._raw
            count += 1
            if struct != "Event" or hashlib.blake2b(_number(data), digest_size=1).digest()[0] < 16:
                shown = repr(sorted((name, str(getattr(record, name))) for name in _names(scheme)))
                total += int.from_bytes(hashlib.blake2b(shown.encode(), digest_size=8).digest())
    return f"{count}:{total % 2**64:016x}"


def _number(data: bytes) -> bytes:
    # The event's number is its first field: eight bytes behind the head of three.
    return data[3:11]


def _names(scheme: ThriftSequenceFile) -> tuple[str, ...]:
    return scheme.struct.field_names
