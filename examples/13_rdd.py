# Uses pipes for one step of a hand-written RDD job: an RDD of tuples goes in, an RDD comes out.
#
#   python examples/13_rdd.py
#
# prints
#
#   ('ann', '/home', '/map')
#   ('ann', '/map', '/tides')

from __future__ import annotations

from collections.abc import Iterator

from pyspark import RDD, SparkContext

from cascade2spark import Fields, Pipe, SparkFlowConnector, buffer
from cascade2spark.taps import RDDTap


@buffer("came_from", "went_to")
def steps(key: tuple, rows: Iterator[tuple]) -> Iterator[tuple]:
    (came_from,) = next(rows)
    for (went_to,) in rows:
        yield came_from, went_to
        came_from = went_to


def walks(visits: RDD) -> RDD:
    """Take (user, day, page), give (user, came_from, went_to)."""
    by_user = Pipe("visits").group_by("user", sort="day")
    tail = by_user.every("page", steps, Fields("user", "came_from", "went_to"))

    source = RDDTap(visits, Fields("user", "day", "page"))
    sink = RDDTap()
    SparkFlowConnector(visits.context).connect(source, sink, tail).complete()
    return sink.rdd


def main() -> None:
    with SparkContext("local[2]", "walks") as sc:
        sc.setLogLevel("ERROR")
        days = {"/tides": 3, "/home": 1, "/map": 2}
        visits = sc.parallelize(days.items()).map(lambda visit: ("ann", visit[1], visit[0]))
        for row in sorted(walks(visits).collect()):
            print(row)


if __name__ == "__main__":
    main()
