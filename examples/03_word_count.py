# Counts words: one row in and many out, then a group for each word, then one row a group.
#
#   cascade2spark run examples/03_word_count.py
#
# build/examples/03 then holds a row for each word, among them
#
#   word    count
#   bank    2
#   tide    6

from __future__ import annotations

import re
from pathlib import Path

from cascade2spark import FlowDef, Pipe, function
from cascade2spark.operations import Count
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, SinkMode

DATA = Path(__file__).resolve().parent / "data"


@function("word", many=True)
def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def job(texts: str = f"{DATA}/tides.txt", out: str = "build/examples/03") -> FlowDef:
    pipe = Pipe("texts")
    counted = pipe.each("text", words).group_by("word").every(Count())

    source = Hfs(TextDelimited(True, "\t"), texts)
    sink = Hfs(TextDelimited(True, "\t"), out, SinkMode.REPLACE)
    return FlowDef.flow_def().add_source(pipe, source).add_tail_sink(counted, sink)
