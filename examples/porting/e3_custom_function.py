# Part 3: an operation class of one's own, that cleans each token and drops what is left empty.
#
#   cascade2spark run examples/porting/e3_custom_function.py -- \
#       examples/data/tides.txt build/examples/e3
#
# build/examples/e3 then holds a header and one row for each word in lower case, no empty one.

from __future__ import annotations

from cascade2spark import BaseOperation, Each, Every, Fields, FlowDef, Function, GroupBy, Pipe
from cascade2spark.flow import FlowProcess, FunctionCall
from cascade2spark.operations import Count, RegexSplitGenerator
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs


class ScrubFunction(BaseOperation, Function):
    """Trims and lower-cases the second argument; gives no row when nothing is left of it."""

    def __init__(self, field_declaration: Fields) -> None:
        super().__init__(2, field_declaration)

    def operate(self, flow_process: FlowProcess, function_call: FunctionCall) -> None:
        argument = function_call.get_arguments()
        doc_id = argument.get_string(0)
        token = self.scrub_text(argument.get_string(1))
        if len(token) > 0:
            function_call.get_output_collector().add((doc_id, token))

    def scrub_text(self, text: str) -> str:
        return text.strip().lower()


def job(doc_path: str, wc_path: str) -> FlowDef:
    doc_tap = Hfs(TextDelimited(True, "\t"), doc_path)
    wc_tap = Hfs(TextDelimited(True, "\t"), wc_path)

    token = Fields("token")
    text = Fields("text")
    splitter = RegexSplitGenerator(token, r"[ \[\](),.]")
    field_selector = Fields("doc_id", "token")
    doc_pipe = Each("token", text, splitter, field_selector)

    scrub_arguments = Fields("doc_id", "token")
    doc_pipe = Each(doc_pipe, scrub_arguments, ScrubFunction(scrub_arguments), Fields.RESULTS)

    wc_pipe = Pipe("wc", doc_pipe)
    wc_pipe = GroupBy(wc_pipe, token)
    wc_pipe = Every(wc_pipe, Fields.ALL, Count(), Fields.ALL)

    return (
        FlowDef.flow_def()
        .set_name("wc")
        .add_source(doc_pipe, doc_tap)
        .add_tail_sink(wc_pipe, wc_tap)
    )
