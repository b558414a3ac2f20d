"""The jobs: what each does, and its Scala source; every contestant has one for each name."""

from __future__ import annotations

import attrs

__all__ = ["JOBS", "Job"]


@attrs.frozen
class Job:
    """One job.

    Args:
        question: what it measures.
        scala: the body of its Scala version, over `events`, `words`, `output` and `partitions`.
    """

    question: str
    scala: str


JOBS: dict[str, Job] = {
    "count_lines": Job(
        "How long does it take to look at every line once?",
        "val n = sc.textFile(events, partitions).count()\n"
        "sc.parallelize(Seq(n), 1).saveAsTextFile(output)",
    ),
    "identity": Job(
        "What do reading, splitting, joining and writing cost?",
        'sc.textFile(events, partitions).map(_.split("\\t", -1)).map(_.mkString("\\t"))'
        ".saveAsTextFile(output)",
    ),
    "word_count": Job(
        "How fast is a split, a partial count and a small exchange?",
        'sc.textFile(words, partitions).flatMap(_.split("\\\\s+")).map((_, 1L))'
        '.reduceByKey(_ + _, partitions).map(p => p._1 + "\\t" + p._2).saveAsTextFile(output)',
    ),
    "sum_by_key": Job(
        "How fast are typed fields, a partial sum and a tiny exchange?",
        'sc.textFile(events, partitions).map { line => val f = line.split("\\t", -1)\n'
        "  (f(3), f(4).toLong) }.reduceByKey(_ + _, partitions)"
        '.map(p => p._1 + "\\t" + p._2).saveAsTextFile(output)',
    ),
}
