"""The jobs: what each one asks, and how many times faster ours has to be.

A contestant is a module with a function for each of these names.
"""

from __future__ import annotations

import attrs

__all__ = ["FLOOR_MEMORY", "JOBS", "Job"]

# Ours may take this many times the memory of the PySpark job.
FLOOR_MEMORY = 1.5


@attrs.frozen
class Job:
    """One job.

    Args:
        question: what it measures.
        pyspark: how many times faster than the hand-written PySpark job ours has to be, at
            3,000,000 rows and on either kind of keys; None where nothing is promised.
        scala: the same for the Scala job.
        dataframe: the same for the DataFrame job.
        is_variant: it asks almost what another one asks, and is run only when it is named.
    """

    question: str
    pyspark: float | None = None
    scala: float | None = None
    dataframe: float | None = None
    is_variant: bool = False

    def floor(self, peer: str) -> float | None:
        """Return how many times faster than a contestant ours has to be."""
        floors = {"pyspark": self.pyspark, "scala": self.scala, "dataframe": self.dataframe}
        return floors.get(peer)


JOBS: dict[str, Job] = {
    "count_lines": Job("Every line is looked at once.", is_variant=True),
    "identity": Job("Read, split, join and write, without a function.", 3.7, 1.2, 2.5),
    "identity_rows": Job(
        "The same through a Python function that passes rows.", 2, 0.6, 1.3, is_variant=True
    ),
    "word_count": Job("Split at a regular expression, count, a small exchange.", 3, 1.2, 1),
    "word_count_char": Job(
        "The same; the others split at one space.", None, 0.9, None, is_variant=True
    ),
    "sum_by_key": Job("A sum for each of four keys.", 3.5, 0.9, 1.2),
    "sum_by_user": Job("A sum for each user.", is_variant=True),
    "group_count": Job("Whole rows by user; a Python function counts them.", 6, 1.1, 1.3),
    "secondary_sort_udf": Job(
        "Whole rows by user in time order; a Python function counts sessions.", 7, 2.4, 1.3
    ),
    "secondary_sort_pruned": Job(
        "The same; the function takes two of the five fields.", is_variant=True
    ),
    "secondary_sort_builtin": Job(
        "First action, last action and count by user in time order.", 12, 3.8, 2
    ),
    "secondary_sort_builtin_pruned": Job(
        "The same; the others carry three of the five fields.", is_variant=True
    ),
    "join": Job("Events with the table of users, by an exchange.", 8, 1.6, 1.1),
    "five_way": Job("Events with four tables in one join.", 5.5, 2, 1.5),
    "broadcast_join": Job("Events with the table of users, held in memory.", 4, 1.3, 2.4),
    "broadcast_join_rows": Job("The same, then a Python function.", 1.4, 0.5, is_variant=True),
    "fork_merge": Job("One input, two branches, one merge, a sum."),
    "six_udfs": Job("Six Python functions and filters in a row.", 1.8, 0.3, 0.7),
    "six_builtins": Job("Six stock operations in a row.", 5, 0.9, 2),
}
