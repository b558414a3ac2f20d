"""The toolkit for RDD jobs without pipes: plain RDDs in, plain RDDs out.

Elements are any Python objects that can be pickled. Between tasks they travel as blocks of
thousands, as columns where all of them are tuples of plain values. Keys are equal when Python says
``==``, and None and NaN are keys like any other; `cascade2spark.ordering_python` has the rules.

Each name is loaded from its module when it is first used: a worker that reads and writes thrift
begins its first task 25 ms sooner without all the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cascade2spark.name_hints import unknown_name as _unknown_name

if TYPE_CHECKING:
    from cascade2spark.rdd.aggregating import aggregate_by
    from cascade2spark.rdd.counting import TaskCounters
    from cascade2spark.rdd.grouping import co_group, group_sorted
    from cascade2spark.rdd.joining import hash_join
    from cascade2spark.rdd.partitions import map_partitions_with
    from cascade2spark.rdd.sequence import read_sequence_file, write_sequence_file
    from cascade2spark.rdd.text import read_text, write_text
    from cascade2spark.rdd.thrift import read_thrift, write_thrift

__all__ = [
    "TaskCounters",
    "aggregate_by",
    "co_group",
    "group_sorted",
    "hash_join",
    "map_partitions_with",
    "read_sequence_file",
    "read_text",
    "read_thrift",
    "write_sequence_file",
    "write_text",
    "write_thrift",
]

# Module -> the names of it that this door shows.
_NAMES_OF = {
    "aggregating": "aggregate_by",
    "counting": "TaskCounters",
    "grouping": "co_group group_sorted",
    "joining": "hash_join",
    "partitions": "map_partitions_with",
    "sequence": "read_sequence_file write_sequence_file",
    "text": "read_text write_text",
    "thrift": "read_thrift write_thrift",
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        module = _MODULE_OF.get(name)
        if module is None:
            raise _unknown_name(__name__, name)
        value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        globals()[name] = value  # found without this function from now on
        return value
