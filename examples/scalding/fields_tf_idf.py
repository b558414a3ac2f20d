# Weighs the words of documents: how often a word is in a document, times how rare it is in others.
# Branches, a left join with a tiny pipe, a product with a total of one row, and two sinks.
#
#   python examples/scalding/fields_tf_idf.py --docs examples/data/tides.txt \
#       --stop examples/data/stop.txt --weights build/examples/fields_tf_idf \
#       --words build/examples/fields_tf_idf_words

from __future__ import annotations

import math
import re
import sys

from cascade2spark.scalding.fields import RichPipe, read
from cascade2spark.scalding.job import Job, Mode
from cascade2spark.scalding.sources import Tsv

CUTS = re.compile(r"[ \[\](),.]")


class TfIdf(Job):
    """The weight of each word in each document, and how often there is each word in all."""

    def build(self) -> None:
        words = self.words()
        in_document = words.group_by("doc_id", "token", lambda group: group.size("tf"))
        documents = words.unique("doc_id").group_all(lambda group: group.size("documents"))
        with_word = words.unique("doc_id", "token").group_by(
            "token", lambda group: group.size("df")
        )
        (
            in_document.join_with_smaller("token", "token", with_word.cross_with_tiny(documents))
            .map(("tf", "df", "documents"), "tfidf", weight)
            .project("doc_id", "tfidf", "token")
            .write(Tsv(self.args["weights"], ("doc_id", "tfidf", "token")))
        )
        (
            in_document.group_by("token", lambda group: group.sum("tf", "count", int))
            .group_all(lambda group: group.sort_by("count", "token"))
            .project("count", "token")
            .write(Tsv(self.args["words"], ("count", "token")))
        )

    def words(self) -> RichPipe:
        """Return the words of each document, without the ones that say nothing."""
        stop = read(Tsv(self.args["stop"], "stop", skip_header=True))
        return (
            read(Tsv(self.args["docs"], ("doc_id", "text"), skip_header=True))
            .flat_map("text", "token", CUTS.split)
            .map("token", "token", lambda token: token.strip().lower())
            .filter("token", bool)
            .left_join_with_tiny("token", "stop", stop)
            .filter("stop", lambda stop: stop is None)
            .project("doc_id", "token")
        )


def weight(tf: int, df: int, documents: int) -> float:
    return tf * math.log(documents / (1.0 + df))


if __name__ == "__main__":
    TfIdf(sys.argv[1:]).run(Mode.local())  # on Spark: Mode.spark()
