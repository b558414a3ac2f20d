# Finds the two pages that each user cares for most: seconds by a weight of the page, and of equal
# ones the first by name. The weights are a tiny table that every task holds.
#
#   python examples/scalding/fields_top_pages.py --input examples/data/visits.tsv \
#       --output build/examples/fields_top_pages
#
# build/examples/fields_top_pages then holds
#
#   ann     183     /tides
#   ann     80      /map
#   bob     66      /map
#   bob     12      /home
#   cyd     285     /tides
#   cyd     5       /home
#   eve     54      /map

from __future__ import annotations

import sys

from cascade2spark.scalding.fields import read
from cascade2spark.scalding.job import Job, Mode
from cascade2spark.scalding.sources import IterableSource, Tsv, TypedTsv

WEIGHTS = [("/home", 1), ("/map", 2), ("/tides", 3)]
VISITS = ("user", "day", "page", "seconds")


class TopPages(Job):
    """A join, a sum by two keys, and a list of the first few by an order of one's own."""

    def build(self) -> None:
        visits = TypedTsv(self.args["input"], (str, str, str, int), VISITS, skip_header=True)
        count = self.args.int("count", 2)
        (
            read(visits)
            .join_with_tiny("page", "page", read(IterableSource(WEIGHTS, ("page", "weight"))))
            .map(("seconds", "weight"), "score", lambda seconds, weight: seconds * weight)
            .group_by("user", "page", lambda group: group.sum("score", "score", int))
            .group_by("user", lambda g: g.sort_with_take(("score", "page"), "top", count, _before))
            .flatten("top", ("score", "page"))
            .project("user", "score", "page")
            .write(Tsv(self.args["output"], ("user", "score", "page")))
        )


def _before(one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Tell whether a page goes before another: the higher score, then the earlier name."""
    return (-one[0], one[1]) < (-other[0], other[1])


if __name__ == "__main__":
    TopPages(sys.argv[1:]).run(Mode.local())  # on Spark: Mode.spark()
