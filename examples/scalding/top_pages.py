# Finds the two longest visits of each user. A task keeps two visits of a user and no more, however
# many there are; a sort of all visits would move all of them.
#
#   cascade2spark run examples/scalding/top_pages.py --local \
#       --input examples/data/visits.tsv --output build/examples/top_pages.tsv
#
# build/examples/top_pages.tsv then holds
#
#   ann     1       61      /tides
#   ann     2       40      /map
#   bob     1       33      /map
#   bob     2       12      /home
#   cyd     1       95      /tides
#   cyd     2       5       /home
#   eve     1       27      /map

from __future__ import annotations

from typing import NamedTuple

from cascade2spark.scalding.job import Job, JobTest
from cascade2spark.scalding.sources import TypedTsv
from cascade2spark.scalding.typed import TypedPipe


class Visit(NamedTuple):
    user: str
    day: str
    page: str
    seconds: int


class TopPages(Job):
    def build(self) -> None:
        visits = TypedPipe.from_(TypedTsv(self.args["input"], Visit, skip_header=True))
        pairs = visits.map(lambda visit: (visit.user, (visit.seconds, visit.page)))
        top = pairs.group().sorted_reverse_take(self.args.int("count", 2))
        numbered = top.flat_map_values(lambda found: enumerate(found, start=1))
        rows = numbered.map(lambda row: (row[0], row[1][0], *row[1][1]))
        rows.write(TypedTsv(self.args["output"], (str, int, int, str)))


def test_the_longest_visits_come_first() -> None:
    test = JobTest(TopPages).arg("input", "in").arg("output", "out").arg("count", "1")
    visits = [Visit("ann", "1", "/map", 3), Visit("ann", "2", "/home", 9)]
    test.source(TypedTsv("in", Visit, skip_header=True), visits)
    test.sink(TypedTsv("out", (str, int, int, str)), [("ann", 1, 9, "/home")]).run().finish()
