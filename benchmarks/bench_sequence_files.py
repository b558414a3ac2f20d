"""How fast are sequence files read and written, against PySpark's own ways through the JVM?

    python -m benchmarks.bench_sequence_files [records]

Records are a number and about 200 bytes of words. Both sides read the same files and must find the
same number of records; both write what the same generator yields. Runs take turns, on ``local[2]``.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyspark
from pyspark import SparkConf, SparkContext

from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.writables import BytesWritable, IntWritable
from cascade2spark.files import Split, cut_file, list_files

__all__: list[str] = []

_RECORDS = 1_000_000
_TASKS = 2
_TURNS = 3
_BATCH = 500
_RANGE_BYTES = 32 << 20
_PACKAGE = "org.apache.hadoop."


def records(count: int, part: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one task."""
    rng = random.Random(part)
    words = [rng.randbytes(4).hex().encode() for _ in range(300)]
    values = [b" ".join(rng.choices(words, k=24))[: 150 + rng.randrange(100)] for _ in range(2000)]
    for number in range(count // _TASKS):
        yield number, values[number % len(values)]


def write_ours(sc: SparkContext, folder: Path, kind: Any, count: int) -> int:
    """Write part files in the tasks."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()

    def write(part: int, _: Any) -> Iterator[int]:
        writer = SequenceFileWriter(IntWritable(), BytesWritable(), compression=kind)
        found = records(count, part)
        with open(folder / f"part-{part:05}", "wb") as file:
            file.write(writer.start())
            while some := list(islice(found, _BATCH)):
                file.write(writer.encode(*zip(*some, strict=True)))
            file.write(writer.finish())
        yield 0

    return sc.parallelize(range(_TASKS), _TASKS).mapPartitionsWithIndex(write).count()


def write_by_hand(sc: SparkContext, folder: Path, kind: str, count: int) -> int:
    """Write by `saveAsNewAPIHadoopFile`."""
    shutil.rmtree(folder, ignore_errors=True)
    compress = "mapreduce.output.fileoutputformat.compress"
    rows = sc.parallelize(range(_TASKS), _TASKS).mapPartitionsWithIndex(
        lambda part, _: ((key, bytearray(value)) for key, value in records(count, part))
    )
    rows.saveAsNewAPIHadoopFile(
        str(folder),
        _PACKAGE + "mapreduce.lib.output.SequenceFileOutputFormat",
        _PACKAGE + "io.IntWritable",
        _PACKAGE + "io.BytesWritable",
        conf={
            compress: str(kind != "none").lower(),
            f"{compress}.type": kind.upper(),
            f"{compress}.codec": _PACKAGE + "io.compress.DefaultCodec",
        },
    )
    return _TASKS


def read_ours(sc: SparkContext, folder: Path, *, keys: bool, values: bool) -> int:
    """Count the records, taking keys and values or not."""
    ranges = [part for info in list_files(folder) for part in cut_file(info, _RANGE_BYTES)]

    def read(parts: Iterator[Split]) -> Iterator[int]:
        for part in parts:
            with open(part.path, "rb", buffering=0) as file:
                reader = SequenceFileReader(file, part.path, start=part.start, end=part.end)
                yield sum(chunk.count for chunk in reader.chunks(keys=keys, values=values))

    return int(sc.parallelize(ranges, min(len(ranges), 2 * _TASKS)).mapPartitions(read).sum())


def main(count: int) -> None:
    """Run every pair of jobs in turns and print a table."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster(f"local[{_TASKS}]").setAppName("bench_sequence_files")
    conf.set("spark.python.unix.domain.socket.enabled", "true").set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false").set("spark.driver.host", "127.0.0.1")
    conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.memory", "2g")
    conf.setExecutorEnv("PYTHONPATH", str(Path(__file__).parents[1]))
    sc = SparkContext(conf=conf)
    sc.setLogLevel("ERROR")
    folder = Path(tempfile.mkdtemp())
    print(f"{count:,} records, PySpark {pyspark.__version__}, Python {platform.python_version()}")
    print(f"{'':28}{'ours s':>8}{'by hand s':>11}{'ratio':>7}")
    for kind in ("none", "block"):
        ours, theirs = folder / f"ours-{kind}", folder / f"theirs-{kind}"

        def by_hand(path: Path = ours) -> int:
            return sc.sequenceFile(str(path)).count()

        def counted(path: Path = ours, **wanted: bool) -> int:
            return read_ours(sc, path, **wanted)

        compare(
            f"write, {kind}",
            lambda path=ours, kind=kind: write_ours(sc, path, kind, count),
            lambda path=theirs, kind=kind: write_by_hand(sc, path, kind, count),
        )
        for name, wanted in {
            "count": {"keys": False, "values": False},
            "read values": {"keys": False, "values": True},
            "read both": {"keys": True, "values": True},
        }.items():
            compare(f"{name}, {kind}", lambda wanted=wanted: counted(**wanted), by_hand)
    shutil.rmtree(folder)
    sc.stop()


def compare(name: str, *sides: Callable[[], int]) -> None:
    """Run two jobs in turns, and print the best of each."""
    spent: list[list[float]] = [[], []]
    answers = [0, 0]
    for _ in range(_TURNS):
        for side, job in enumerate(sides):
            began = time.perf_counter()
            answers[side] = job()
            spent[side].append(time.perf_counter() - began)
    if answers[0] != answers[1]:
        raise SystemExit(f"{name}: {answers[0]} here, {answers[1]} by hand")
    ours, hand = min(spent[0]), min(spent[1])
    print(f"{name:28}{ours:8.2f}{hand:11.2f}{hand / ours:7.1f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _RECORDS)
