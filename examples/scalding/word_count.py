# Counts words with the typed API: a job, its arguments, and its test, which needs no file.
#
#   cascade2spark run examples/scalding/word_count.py --local \
#       --input examples/data/tides.txt --output build/examples/word_count.tsv
#
# build/examples/word_count.tsv then holds, among others
#
#   bank    2
#   tide    6

from __future__ import annotations

import re

from cascade2spark.scalding.job import ArgHelp, Job, JobTest, Stat
from cascade2spark.scalding.sources import TextLine, TypedTsv
from cascade2spark.scalding.typed import TypedPipe

EMPTY_LINES = Stat("empty lines")


def words_of(line: str) -> list[str]:
    words = re.findall(r"\w+", line.lower())
    if not words:
        EMPTY_LINES.inc()
    return words


class WordCount(Job):
    arguments = (ArgHelp("input", "lines of text"), ArgHelp("output", "words and their counts"))

    def build(self) -> None:
        words = TypedPipe.from_(TextLine(self.args["input"])).flat_map(words_of)
        counts = words.map(lambda word: (word, 1)).sum_by_key()
        counts.write(TypedTsv(self.args["output"], (str, int)))


def test_words_are_counted() -> None:
    test = JobTest(WordCount).arg("input", "in").arg("output", "out")
    test.source(TextLine("in"), ["Tide and time", "", "tide"])
    test.sink(TypedTsv("out", (str, int)), [("and", 1), ("tide", 2), ("time", 1)])
    test.counter("empty lines", 1).run().finish()
