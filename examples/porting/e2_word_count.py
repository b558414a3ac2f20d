# Part 2: count words. One row in, many out; group; count.
#
#   cascade2spark run examples/porting/e2_word_count.py -- examples/data/tides.txt build/examples/e2
#
# build/examples/e2 then holds a header and one row for each token. Two delimiters side by side have
# an empty token between them, which counts too; case is not folded: `The` and `the` are two.

from __future__ import annotations

from cascade2spark import Each, Every, Fields, FlowDef, GroupBy, Pipe
from cascade2spark.operations import Count, RegexSplitGenerator
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs


def job(doc_path: str, wc_path: str) -> FlowDef:
    doc_tap = Hfs(TextDelimited(True, "\t"), doc_path)
    wc_tap = Hfs(TextDelimited(True, "\t"), wc_path)

    token = Fields("token")
    text = Fields("text")
    splitter = RegexSplitGenerator(token, r"[ \[\](),.]")
    doc_pipe = Each("token", text, splitter, Fields.RESULTS)

    wc_pipe = Pipe("wc", doc_pipe)
    wc_pipe = GroupBy(wc_pipe, token)
    wc_pipe = Every(wc_pipe, Fields.ALL, Count(), Fields.ALL)

    return (
        FlowDef.flow_def()
        .set_name("wc")
        .add_source(doc_pipe, doc_tap)
        .add_tail_sink(wc_pipe, wc_tap)
    )
