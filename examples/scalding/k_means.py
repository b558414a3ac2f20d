# Finds the centres of clusters of numbers: a loop of Executions, each round a flow that begins
# with what the one before it found.
#
#   cascade2spark run examples/scalding/k_means.py --local \
#       --input examples/data/visits.tsv --output build/examples/k_means.tsv --k 2
#
# build/examples/k_means.tsv then holds the centres of short and of long visits, in seconds
#
#   19.285714285714285
#   78.0

from __future__ import annotations

from cascade2spark.scalding.job import Execution, ExecutionJob
from cascade2spark.scalding.sources import TypedTsv
from cascade2spark.scalding.typed import TypedPipe

COLUMNS = (str, str, str, float)


class KMeans(ExecutionJob):
    def execution(self) -> Execution:
        visits = TypedTsv(self.args["input"], COLUMNS, skip_header=True)
        seconds = TypedPipe.from_(visits).map(lambda visit: visit[3])
        k = self.args.int("k", 2)

        def first(points: TypedPipe, ordered: list[float]) -> Execution:
            step = max(len(ordered) - 1, 1) / max(k - 1, 1)
            return rounds(points, [ordered[round(step * number)] for number in range(k)])

        def rounds(points: TypedPipe, centres: list[float]) -> Execution:
            nearest = points.map(lambda x: (min(centres, key=lambda c: abs(c - x)), (x, 1)))
            means = nearest.sum_by_key().map(lambda found: found[1][0] / found[1][1])
            return means.to_iterable_execution().flat_map(
                lambda found: (
                    Execution.value(centres)
                    if sorted(found) == centres
                    else rounds(points, sorted(found))
                )
            )

        def started(points: TypedPipe) -> Execution:
            distinct = points.distinct().to_iterable_execution()
            return distinct.flat_map(lambda found: first(points, sorted(found)))

        centres = seconds.force_to_disk_execution().flat_map(started)
        sink = TypedTsv(self.args["output"], float)
        return centres.flat_map(lambda found: TypedPipe.from_(found).write_execution(sink))
