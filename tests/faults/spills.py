"""What happens to data beyond memory, and to data that is damaged: ``spills.py FOLDER``."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyspark import TaskContext

from cascade2spark.errors import Cascade2SparkError
from tests.faults.cluster import Cluster, left_over
from tests.faults.jobs import context
from tests.faults.shapes import SHAPES, Trouble, once

Happens = Callable[[Path, str], None]
TINY = {"cascade2spark.memory.bytes": "8k"}


def unnamed_files(process: str, spark: Path) -> list[int]:
    """Return the open files of a process that have no name, lie below a folder, and hold data."""
    found = []
    for link in Path(f"/proc/{process}/fd").glob("*"):
        try:
            named, size = os.readlink(link), link.stat().st_size
        except OSError:  # closed meanwhile
            continue
        if named.startswith(str(spark)) and named.endswith("(deleted)") and size:
            found.append(int(link.name))
    return found


def spilled(folder: Path, place: str) -> list[int]:
    """Return this worker's spill files, and leave a mark that there were some."""
    found = unnamed_files("self", folder.parent / "spark")
    if found:
        once(folder / f"{place} spilled")
    return found


def look(folder: Path, place: str) -> None:
    """Only look whether something is spilled."""
    spilled(folder, place)


def kill_while_spilled(folder: Path, place: str) -> None:
    """Kill this worker, once, when it has spilled."""
    if spilled(folder, place) and once(folder / f"{place} killed"):
        os.kill(os.getpid(), signal.SIGKILL)


def fail_while_spilled(folder: Path, place: str) -> None:
    """Fail when something is spilled."""
    if spilled(folder, place):
        raise MemoryError("no trap takes this")


_sizes: dict[int, dict[int, int]] = {}


def fill_disk(folder: Path, place: str) -> None:
    """Let the spill files that grow be on a disk that is full."""
    task = TaskContext.get()
    assert task is not None
    found = {number: os.fstat(number) for number in spilled(folder, place)}
    sizes = {status.st_ino: status.st_size for status in found.values()}
    before = _sizes.setdefault(task.taskAttemptId(), sizes) if found else {}
    for number, status in found.items():
        if before.get(status.st_ino) != status.st_size:
            full = os.open("/dev/full", os.O_RDWR)
            os.dup2(full, number)
            os.close(full)


def damage_spilled(folder: Path, place: str) -> None:
    """Change one byte in each 50 of what is spilled."""
    for number in spilled(folder, place):
        for offset in range(0, os.fstat(number).st_size, 50):
            old = os.pread(number, 1, offset)
            os.pwrite(number, bytes([old[0] ^ 1]), offset)


def damage_shuffled(folder: Path, place: str) -> None:
    """Change keys in what waits to be read by tasks that have not begun, once."""
    if once(folder / f"{place} spilled"):
        for path in (folder.parent / "spark").rglob("shuffle_*.data"):
            changed = path.read_bytes().replace(b"hot", b"hou").replace(b"k1", b"k9")
            path.write_bytes(changed)


def fails(cluster: Cluster, name: str, what: Happens, at: str, call: int = 1, **more: str) -> Any:
    """Run a flow that fails; tell how, and what it left."""
    place = cluster.place()
    shape = SHAPES[name]
    old = {tail.name: place / tail.name for tail in shape.build(Trouble())}
    for folder in old.values():
        folder.mkdir()
        (folder / "part-00000").write_text("old\n")
    marks = cluster.place()
    trouble = Trouble(str(marks), {at: (what, call)})
    try:
        found, _ = cluster.outcome_of(name, trouble, place, **more)
        said = f"nothing, rows are {'right' if found == cluster.expected(name) else 'wrong'}"
    except Cascade2SparkError as error:
        said = str(error)
    kept = {folder.name: (folder / "part-00000").read_text() for folder in old.values()}
    return {
        "run": f"{name} {what.__name__}",
        "said": said,
        "kept": set(kept.values()) == {"old\n"} and not left_over(place),
        "happened": bool(list(marks.iterdir())),
        **open_files(cluster),
    }


def open_files(cluster: Cluster) -> Mapping[str, Any]:
    """Tell which spill files stay open in any process of this machine."""
    spark, found = cluster.folder / "spark", {}
    for _ in range(100):  # tasks of a job that failed are still being cancelled
        processes = [path.name for path in Path("/proc").glob("[0-9]*")]
        found = {one: files for one in processes if (files := unnamed_files(one, spark))}
        if not found:
            break
        time.sleep(0.05)
    return {"open": found}


def main(folder: Path) -> None:
    """Run all."""
    sc = context("local[2,2]", folder, {"spark.shuffle.compress": "false"})
    cluster = Cluster(sc, folder)

    def tell(line: Mapping[str, Any]) -> None:
        print(json.dumps(line), flush=True)

    for name, what, at in (
        ("group", look, "buffer"),
        ("joiner", look, "joiner"),
        ("sorted", kill_while_spilled, "compare"),
        ("group", kill_while_spilled, "buffer"),
    ):
        ran = cluster.run(name, what.__name__, {at: (what, 1)}, **TINY)
        tell({**ran, **open_files(cluster)})
    tell(fails(cluster, "group", fail_while_spilled, "buffer", **TINY))
    tell(fails(cluster, "sorted", fill_disk, "compare", **TINY))
    tell(fails(cluster, "group", damage_spilled, "buffer", **TINY))
    tell(fails(cluster, "sorted", damage_spilled, "compare", **TINY))
    tell(fails(cluster, "group", damage_shuffled, "buffer"))
    whole = sc.broadcast

    def damaged(blocks: list[bytes]) -> Any:
        middle = len(blocks[0]) // 2
        block = bytearray(blocks[0])
        block[middle] ^= 1
        return whole([bytes(block), *blocks[1:]])

    sc.broadcast = damaged  # type: ignore[method-assign]
    tell({**fails(cluster, "broadcast", look, "map"), "happened": True})
    sc.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
