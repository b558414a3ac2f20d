# Part 4: leave out stop words, by a left join with a small list that every task holds in memory.
#
#   cascade2spark run examples/porting/e4_stop_words.py -- \
#       examples/data/tides.txt examples/data/stop.txt build/examples/e4
#
# build/examples/e4 then holds a header and one row for each word that is not in stop.txt.

from __future__ import annotations

from cascade2spark import Each, Every, Fields, FlowDef, GroupBy, HashJoin, Pipe
from cascade2spark.assemblies import Retain
from cascade2spark.joiners import LeftJoin
from cascade2spark.operations import Count, RegexFilter, RegexSplitGenerator
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs

if __package__:
    from examples.porting.e3_custom_function import ScrubFunction
else:  # run as a file, from any folder: its neighbours are found beside it
    from e3_custom_function import ScrubFunction


def job(doc_path: str, stop_path: str, wc_path: str) -> FlowDef:
    doc_tap = Hfs(TextDelimited(True, "\t"), doc_path)
    stop = Fields("stop")
    stop_tap = Hfs(TextDelimited(stop, True, "\t"), stop_path)
    wc_tap = Hfs(TextDelimited(True, "\t"), wc_path)

    token = Fields("token")
    text = Fields("text")
    splitter = RegexSplitGenerator(token, r"[ \[\](),.]")
    field_selector = Fields("doc_id", "token")
    doc_pipe = Each("token", text, splitter, field_selector)

    scrub_arguments = Fields("doc_id", "token")
    doc_pipe = Each(doc_pipe, scrub_arguments, ScrubFunction(scrub_arguments), Fields.RESULTS)

    # The right side of a HashJoin is the one that is held in memory.
    stop_pipe = Pipe("stop")
    token_pipe = HashJoin(doc_pipe, token, stop_pipe, stop, LeftJoin())

    # Words that are no stop words have a null there, which a pattern sees as empty text.
    token_pipe = Each(token_pipe, stop, RegexFilter("^$"))

    wc_pipe = Pipe("wc", token_pipe)
    wc_pipe = Retain(wc_pipe, token)
    wc_pipe = GroupBy(wc_pipe, token)
    wc_pipe = Every(wc_pipe, Fields.ALL, Count(), Fields.ALL)

    return (
        FlowDef.flow_def()
        .set_name("wc")
        .add_source(doc_pipe, doc_tap)
        .add_source(stop_pipe, stop_tap)
        .add_tail_sink(wc_pipe, wc_tap)
    )
