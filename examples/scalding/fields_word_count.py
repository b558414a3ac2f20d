# Counts words with the fields API. Each task counts its own words before any are exchanged.
#
#   python examples/scalding/fields_word_count.py --input examples/data/visits.tsv \
#       --output build/examples/fields_word_count
#
# build/examples/fields_word_count then holds, among others
#
#   ann     4
#   /home   4
#   /map    3

from __future__ import annotations

import sys

from cascade2spark.scalding.fields import read
from cascade2spark.scalding.job import Job, Mode
from cascade2spark.scalding.sources import TextLine, Tsv


class WordCount(Job):
    """Scalding's first example: TextLine, flatMap, groupBy, write."""

    def build(self) -> None:
        (
            read(TextLine(self.args["input"]))
            .flat_map_to("line", "word", str.split)
            .group_by("word", lambda group: group.size("n"))
            .write(Tsv(self.args["output"], ("word", "n")))
        )


if __name__ == "__main__":
    WordCount(sys.argv[1:]).run(Mode.local())  # on Spark: Mode.spark()
