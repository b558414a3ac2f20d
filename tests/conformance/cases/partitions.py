"""PartitionTap, TemplateTap: a folder for each value. Section 7.2."""

from __future__ import annotations

from cascade2spark.errors import PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.operations.callables import keep_if
from cascade2spark.pipes import Each, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import (
    DelimitedPartition,
    Hfs,
    MultiSourceTap,
    NamedPartition,
    PartitionTap,
    TemplateTap,
)
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.tree import Tree

case = Topic("partitions")

KNV = rows("k n v", ("a", 1, "x"), ("b", 2, "y"), ("a", 1, "z"), (None, 2, "w"))


def spread(partition, *scheme):
    """Return what makes a partitioned sink at a path."""
    return lambda path: PartitionTap(Hfs(TextDelimited(*scheme), path), partition)


def read_by(partition, *scheme, many=False, kept=None):
    """Return what makes a partitioned source at a path."""

    def make(path):
        tap = PartitionTap(Hfs(TextDelimited(*scheme), path), partition)
        if kept is not None:
            tap.add_source_partition_filter(*kept)
        return MultiSourceTap(tap, spread(partition, *scheme)(path)) if many else tap

    return make


FILES = {
    "a/1/part-00000": ("x", "z"),
    "a/2/part-00000": ("q",),
    "null/2/part-00000-00000": ("w",),
}
READ = [("x", "a", 1), ("z", "a", 1), ("q", "a", 2), ("w", "null", 2)]
KN = Fields("k", "n").apply_types(str, int)


def tree(make, found, fields="v k n"):
    """Return the input that lies in FILES."""
    return Tree(fields=Fields(*fields.split()), rows=tuple(found), files=FILES, make=make)


@case(
    "TapPlatformTest.testPartitionTapTextDelimited: values make the path, the rest is written",
    i=KNV,
    sinks=spread(DelimitedPartition(Fields("k", "n"))),
    expected=[("a/1", "x"), ("a/1", "z"), ("b/2", "y"), ("null/2", "w")],
    covers=58,
    python_only=True,
    differs="An undeclared scheme under a PartitionTap",
)
def values_make_folders(i):
    return Each(i, Identity())


@case(
    "TapPlatformTest.testPartitionTapTextDelimitedPostFix: a constant end of the path",
    i=KNV,
    sinks=spread(DelimitedPartition(Fields("n"), "/", "/fixed"), Fields("v", "k")),
    expected=[("1/fixed", "x\ta"), ("1/fixed", "z\ta"), ("2/fixed", "y\tb"), ("2/fixed", "w\t")],
    covers=58,
    python_only=True,
)
def a_postfix_ends_each_path(i):
    return Each(i, Identity())


@case(
    "section 7.2: NamedPartition writes name=value; a scheme that names the field keeps it",
    i=KNV,
    sinks=spread(NamedPartition(Fields("k", "n"), "-"), Fields("n", "v")),
    expected=[
        ("k=a-n=1", "1\tx"),
        ("k=a-n=1", "1\tz"),
        ("k=b-n=2", "2\ty"),
        ("k=null-n=2", "2\tw"),
    ],
    covers=58,
    python_only=True,
)
def names_and_values_in_one_folder(i):
    return Each(i, Identity())


@case(
    "section 7.2: TemplateTap's values stay in the file",
    i=KNV,
    sinks=lambda path: TemplateTap(Hfs(TextLine(), path), "%s-%s", Fields("n", "k")),
    expected=[("1-a", "a\t1\tx"), ("1-a", "a\t1\tz"), ("2-b", "b\t2\ty"), ("2-null", "null\t2\tw")],
    python_only=True,
)
def a_template_makes_folders(i):
    return Each(i, Identity())


@case(
    "section 7.2: values come back from the path behind the parent's fields, typed if declared",
    i=tree(read_by(DelimitedPartition(KN), Fields("v")), READ),
    expected=READ,
    fields="v k n",
    covers=58,
    python_only=True,
)
def values_come_back_from_folders(i):
    return Pipe("out", i)


@case(
    "section 7.2: undeclared types are text",
    i=tree(read_by(DelimitedPartition(Fields("k", "n")), Fields("v")), READ),
    expected=[("1", "x"), ("1", "z"), ("2", "q"), ("2", "w")],
    covers=58,
    python_only=True,
)
def values_are_text_and_pruned(i):
    return Each(i, Fields("n", "v"), Identity())


@case(
    "section 7.2: only the folders are asked for; as many rows as the files have",
    i=tree(read_by(DelimitedPartition(KN), Fields("v")), READ),
    expected=[1, 1, 2, 2],
    python_only=True,
)
def only_partition_fields(i):
    return Each(i, Fields("n"), Identity())


@case(
    "section 7.2: filters on partition fields prune paths",
    i=tree(
        read_by(DelimitedPartition(KN), Fields("v"), kept=(Fields("n"), keep_if(lambda n: n == 2))),
        READ[2:],
    ),
    expected=READ[2:],
    covers=58,
    python_only=True,
)
def filters_prune_folders(i):
    return Pipe("out", i)


@case(
    "TapPlatformTest.testPartitionTapMultiSource: several read one after another",
    i=tree(read_by(DelimitedPartition(KN), Fields("v"), many=True), READ * 2),
    expected=READ * 2,
    covers=58,
    python_only=True,
)
def several_partitioned_sources(i):
    return Pipe("out", i)


@case(
    "section 7.2: fields nobody declared; section 1.5: rows of any width",
    i=tree(lambda path: PartitionTap(Hfs(TextDelimited(), path), DelimitedPartition(KN)), READ),
    expected=READ,
    python_only=True,
    differs="A PartitionTap may read rows of unknown width",
)
def values_behind_rows_of_unknown_width(i):
    return Pipe("out", i)


BAD = rows("k v", ("..", 1), ("a/b", 2), ("", 3), ("_x", 4), (".h", 5), ("ok", 6), ("x" * 256, 7))


@case(
    "a path that leaves the folder, or that no reader finds, is that row's failure: 8.1, sinks",
    i=BAD,
    sinks=spread(DelimitedPartition(Fields("k"))),
    expected=[("ok", "6")],
    traps={"i": [row for row in BAD.rows if row[0] != "ok"]},
    python_only=True,
    differs="A row whose partition path could not be read back",
)
def rows_without_a_folder_are_trapped(i):
    return Each(i, Identity())


@case(
    "the same without a trap stops the flow and names the value",
    i=rows("k v", ("ok", 1), ("../up", 2)),
    sinks=spread(DelimitedPartition(Fields("k"))),
    fails=Fails(RunError, ("delimiter", "'k'", "../up")),
    python_only=True,
    differs="A row whose partition path could not be read back",
)
def a_row_without_a_folder_stops_the_flow(i):
    return Each(i, Identity())


@case(
    "a partition field that does not reach the sink is a plan-time error",
    i=KNV,
    sinks=spread(DelimitedPartition(Fields("day"))),
    fails=Fails(PlanError, ("partition field", "'day'"), at="plan"),
    python_only=True,
)
def a_missing_partition_field(i):
    return Each(i, Identity())


@case(
    "appendix A, zero-field sink: nothing is left for the files",
    i=rows("k", "a"),
    sinks=spread(DelimitedPartition(Fields("k"))),
    fails=Fails(PlanError, ("none is left",), at="plan"),
    python_only=True,
    differs="An undeclared scheme under a PartitionTap",
)
def nothing_left_for_the_files(i):
    return Each(i, Identity())
