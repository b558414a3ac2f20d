# Part 5: weigh each word of each document by TF-IDF, and count the words besides.
#
#   cascade2spark run examples/porting/e5_tf_idf.py -- examples/data/tides.txt \
#       examples/data/stop.txt build/examples/e5-wc build/examples/e5-tfidf
#
# build/examples/e5-tfidf then holds doc_id, tfidf and token, e5-wc count and token.

from __future__ import annotations

from cascade2spark import CoGroup, Each, Fields, FlowDef, GroupBy, HashJoin, Pipe
from cascade2spark.assemblies import CountBy, Rename, Retain, SumBy, Unique
from cascade2spark.joiners import LeftJoin
from cascade2spark.operations import ExpressionFunction, Insert, RegexFilter, RegexSplitGenerator
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs
from cascade2spark.types import Double, Long

if __package__:
    from examples.porting.e3_custom_function import ScrubFunction
else:  # run as a file, from any folder: its neighbours are found beside it
    from e3_custom_function import ScrubFunction


def job(doc_path: str, stop_path: str, wc_path: str, tfidf_path: str) -> FlowDef:
    doc_tap = Hfs(TextDelimited(True, "\t"), doc_path)
    stop = Fields("stop")
    stop_tap = Hfs(TextDelimited(stop, True, "\t"), stop_path)
    wc_tap = Hfs(TextDelimited(True, "\t"), wc_path)
    tfidf_tap = Hfs(TextDelimited(True, "\t"), tfidf_path)

    token = Fields("token")
    text = Fields("text")
    splitter = RegexSplitGenerator(token, r"[ \[\](),.]")
    field_selector = Fields("doc_id", "token")
    doc_pipe = Each("token", text, splitter, field_selector)

    scrub_arguments = Fields("doc_id", "token")
    doc_pipe = Each(doc_pipe, scrub_arguments, ScrubFunction(scrub_arguments), Fields.RESULTS)

    stop_pipe = Pipe("stop")
    token_pipe = HashJoin(doc_pipe, token, stop_pipe, stop, LeftJoin())
    token_pipe = Each(token_pipe, stop, RegexFilter("^$"))
    token_pipe = Retain(token_pipe, field_selector)

    # One branch: how often each word stands in each document.
    tf_pipe = Pipe("TF", token_pipe)
    tf_count = Fields("tf_count")
    tf_pipe = CountBy(tf_pipe, Fields("doc_id", "token"), tf_count)
    tf_token = Fields("tf_token")
    tf_pipe = Rename(tf_pipe, token, tf_token)

    # One branch: how many documents there are, in one row.
    doc_id = Fields("doc_id")
    tally = Fields("tally")
    rhs_join = Fields("rhs_join")
    n_docs = Fields("n_docs")
    d_pipe = Unique("D", token_pipe, doc_id)
    d_pipe = Each(d_pipe, Insert(tally, 1), Fields.ALL)
    d_pipe = Each(d_pipe, Insert(rhs_join, 1), Fields.ALL)
    d_pipe = SumBy(d_pipe, rhs_join, tally, n_docs, Long)

    # One branch: in how many documents each word stands.
    df_pipe = Unique("DF", token_pipe, Fields.ALL)
    df_count = Fields("df_count")
    df_pipe = CountBy(df_pipe, token, df_count)
    df_token = Fields("df_token")
    lhs_join = Fields("lhs_join")
    df_pipe = Rename(df_pipe, token, df_token)
    df_pipe = Each(df_pipe, Insert(lhs_join, 1), Fields.ALL)

    # A constant on both sides makes a join with the one row of the document count.
    idf_pipe = HashJoin(df_pipe, lhs_join, d_pipe, rhs_join)

    tfidf_pipe = CoGroup(tf_pipe, tf_token, idf_pipe, df_token)
    tfidf = Fields("tfidf")
    expression = "tf_count * Math.log(n_docs / (1.0 + df_count))"
    tfidf_arguments = Fields("tf_count", "df_count", "n_docs")
    tfidf_expression = ExpressionFunction(tfidf, expression, Double)
    tfidf_pipe = Each(tfidf_pipe, tfidf_arguments, tfidf_expression, Fields.ALL)
    tfidf_pipe = Retain(tfidf_pipe, Fields("tf_token", "doc_id", "tfidf"))
    tfidf_pipe = Rename(tfidf_pipe, tf_token, token)

    # One branch more, for checking: the word count, sorted by a grouping without an Every.
    count = Fields("count")
    wc_pipe = Pipe("wc", tf_pipe)
    wc_pipe = SumBy(wc_pipe, tf_token, tf_count, count, Long)
    wc_pipe = Rename(wc_pipe, tf_token, token)
    wc_pipe = GroupBy(wc_pipe, count, count)

    return (
        FlowDef.flow_def()
        .set_name("tfidf")
        .add_source(doc_pipe, doc_tap)
        .add_source(stop_pipe, stop_tap)
        .add_tail_sink(tfidf_pipe, tfidf_tap)
        .add_tail_sink(wc_pipe, wc_tap)
    )
