# The words of Python's own library: how often each stands there, and which module has it most.
# Read it, change a line, and run it again:
#
#   cascade2spark run cascade2spark/demo/wordcount.py
#
# It reads a file of (module, line) rows that `cascade2spark demo` makes, and writes one folder.

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cascade2spark import Fields, FlowDef, GroupBy, Pipe, buffer, function
from cascade2spark.assemblies import CountBy
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

__all__ = ["job"]

Row = tuple[Any, ...]

WORD = re.compile(r"[a-z]{4,}")


@function("word", many=True)
def words(line: str) -> list[str]:
    return WORD.findall(line.lower())


@buffer("count", "modules", "most_in")
def totals(key: Row, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows of one word come with the module that has it most often first."""
    most_in, count = next(rows)
    modules = 1
    for _, times in rows:
        count += times
        modules += 1
    yield count, modules, most_in


def job(data: str = "build/demo/python", out: str = "build/demo/out") -> FlowDef:
    lines = Pipe("python")
    each_word = lines.each("line", words, Fields("module", "word"))
    in_module = CountBy(each_word, Fields("word", "module"), Fields("times"))
    by_word = GroupBy(in_module, Fields("word"), Fields("times"), True)
    counted = by_word.every(
        Fields("module", "times"), totals, Fields("word", "count", "modules", "most_in")
    )
    ordered = GroupBy(Pipe("words", counted), Fields.NONE, Fields("count"), True)

    return (
        FlowDef.flow_def()
        .set_name("wordcount")
        .add_source(lines, Hfs(TextDelimited(True, "\t"), f"{data}/python.tsv"))
        .add_tail_sink(ordered, Hfs(TextDelimited(True, "\t"), f"{out}/words", SinkMode.REPLACE))
    )
