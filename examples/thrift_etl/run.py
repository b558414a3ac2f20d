# Makes the inputs of the example, runs the job, and compares with a plain computation:
#
#   python -m examples.thrift_etl.run [events] [folder]

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from pyspark import SparkContext

from cascade2spark import SparkFlowConnector
from cascade2spark.rdd import read_thrift, write_thrift
from examples.thrift_etl import data
from examples.thrift_etl.job import GAP_MS, job

FIELDS = ["country", "plan", "sessions", "events", "cents", "ms", "longest"]


def write_inputs(sc: SparkContext, folder: Path, count: int, **form: Any) -> dict[str, str]:
    """Write events and profiles; return the paths by the names of the job's arguments."""
    step = max(count // 8 // data.VISIT, 1) * data.VISIT
    starts = sc.parallelize(range(0, count, step), -(-count // step))
    events = starts.flatMap(lambda start: data.events(start, min(start + step, count), count))
    known = sc.parallelize([count], 1).flatMap(data.profiles)
    paths = {"events": str(folder / "events"), "profiles": str(folder / "profiles")}
    write_thrift(events, paths["events"], data.IDL, "Event", mode="REPLACE", **form)
    form |= {"protocol": "compact", "mode": "REPLACE"}
    write_thrift(known, paths["profiles"], data.IDL, "Profile", **form)
    return paths


def expected(count: int) -> list[tuple[Any, ...]]:
    """Return the totals of `count` events, computed by hand."""
    plans = {profile["user"]: profile["plan"] for profile in data.profiles(count)}
    stamps = defaultdict(list)
    for event in data.events(0, count, count):
        stamps[event["user"]].append((event["ms"], event["cents"], event["place"]["country"]))
    totals: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for user, visits in stamps.items():
        visits.sort()
        begins = [
            at for at, one in enumerate(visits) if not at or one[0] - visits[at - 1][0] > GAP_MS
        ]
        for begin, end in zip(begins, [*begins[1:], len(visits)], strict=True):
            session = visits[begin:end]
            ms = session[-1][0] - session[0][0]
            total = totals[session[0][2], plans.get(user)]
            cents = sum(one[1] for one in session)
            for at, value in enumerate((1, len(session), cents, ms)):
                total[at] += value
            total[4] = max(total[4], ms)
    return sorted(((*key, *total) for key, total in totals.items()), key=str)


def main(count: int, folder: Path) -> None:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with SparkContext("local[*]", "thrift_etl") as sc:
        sc.setLogLevel("ERROR")
        paths = write_inputs(sc, folder, count, compression="block")
        out = str(folder / "totals")
        SparkFlowConnector(sc).connect(job(**paths, out=out)).complete()
        found = sorted(read_thrift(sc, out, data.IDL, "Total", fields=FIELDS).collect(), key=str)
    for total in found:
        print(*total, sep="\t")
    if found != expected(count):
        sys.exit("the totals are not those of the plain computation")


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(
        int(asked[0]) if asked else 30_000, Path(asked[1] if len(asked) > 1 else "build/thrift_etl")
    )
