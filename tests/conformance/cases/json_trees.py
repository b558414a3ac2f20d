"""JSON trees as values of rows: keys, groups, forks, and schemes that hold them. Section 5.6."""

from __future__ import annotations

from cascade2spark.fields import Fields
from cascade2spark.operations import (
    CopySpec,
    Count,
    First,
    Identity,
    JSONCopyAsFunction,
    JSONGetFunction,
)
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.schemes import JSONTextLine, TextDelimited, TextLine
from cascade2spark.types import Long, int_
from tests.conformance.case import Topic, lines, rows
from tests.conformance.cases.nested_json import DOC, JSON, RAN, TEXT

# Of the same topic as the JSON operations, by whose name the oracle keeps their rows.
case = Topic("nested_json")


@case(
    "section 5.6: values are JSON trees; section 10: equal keys meet",
    i=rows(
        "j", '{"k":{"b":1,"a":[1,2]},"v":1}', '{"v":2,"k":{"a":[1,2],"b":1}}', '{"k":"t","v":3}'
    ),
    expected=[("t", 1), ({"b": 1, "a": [1, 2]}, 2)],
    differs="JSON trees may be keys",
)
def trees_are_keys_whatever_the_order_of_their_names(i):
    keys = Each(i, Fields("j"), JSONGetFunction("k", "/k"))
    return Every(GroupBy(keys, "k"), Count(), Fields("k", "count"))


@case(
    RAN,
    i=rows("id j", (1, TEXT), (2, '{"i":[true,"é",1.5,null,{"deep":[[]]}]}'), (1, "{}")),
    expected=[(1, DOC), (2, {"i": [True, "é", 1.5, None, {"deep": [[]]}]})],
    ordered=True,
)
def trees_go_through_a_group_as_they_are(i):
    trees = Each(i, Fields("j"), Identity(Fields("j", JSON)), Fields.REPLACE)
    return Every(GroupBy(trees, "id"), Fields("j"), First())


@case(
    "section 5.6: to text, strings are unquoted, others serialised",
    i=rows("j", '{"a":{"b":1.0e10,"c":"é\\"x"},"s":"plain","n":null,"i":12345678901234567890}'),
    expected={"": lines(None, '{"b":1.0E10,"c":"é\\"x"};plain;;12345678901234567890')},
    sinks=TextDelimited(Fields("a", "s", "n", "i"), ";"),
    differs="An untyped JSON text in a `TextDelimited`",
)
def trees_are_written_as_json(i):
    return Each(i, Fields("j"), JSONGetFunction(Fields("a", "s", "n", "i"), "/a", "/s", "/n", "/i"))


@case(
    "section 5.6; 7.3: a type of the scheme coerces what is read",
    i=lines(
        TextDelimited(Fields(["id", "j"], [int_, JSON]), "\t"), '1\t{"a":{"b":"2"}}', "2\tx", "3\t"
    ),
    expected=[(1, 2), (2, None), (3, None)],
    ordered=True,
)
def trees_are_read_by_a_scheme(i):
    return Each(i, Fields("j"), JSONGetFunction(Fields("b", Long), "/a/b"), Fields("id", "b"))


@case(
    "section 5.6: operations copy; design.md 6: a fork sees what it saw before",
    i=rows("j", '{"a":{"n":1}}'),
    expected={
        "changed": [{"a": {"n": "x"}}],
        "kept": [{"a": {"n": 1}}],
    },
    python_only=True,
)
def a_tree_that_two_branches_read_is_not_changed(i):
    trees = Each(i, Fields("j"), Identity(Fields("j", JSON)))
    spec = CopySpec().from_("").transform("/a/n", lambda value: "x")
    changed = Each(Pipe("changed", trees), Fields("j"), JSONCopyAsFunction("j", spec))
    return [changed, Each(Pipe("kept", trees), Fields("j"), Identity())]


@case(
    "Cascading's TextLine writes what toString gives: of a tree, JSON",
    i=rows("j", '{"a":{"b":[1.5]},"s":"plain"}'),
    expected={"": lines(None, '{"b":[1.5]}\t"plain"\tnull')},
    sinks=TextLine(),
)
def trees_in_text_lines_are_json(i):
    return Each(i, Fields("j"), JSONGetFunction(Fields("a", "s", "n"), "/a", "/s", "/n"))


@case(
    "section 5.6: JSONTextLine, one value a line, an empty line is null",
    i=lines(JSONTextLine("j"), '{"a":1,"b":[1.0e10]}', "", '"x"', " [2] "),
    expected={"": lines(None, '{"a":1,"b":[1.0E10]}', "", '"x"', "[2]")},
    sinks=JSONTextLine("j"),
    ordered=True,
)
def json_lines_are_read_and_written(i):
    return Pipe("copy", i)


@case(
    "section 8.1: source parsing traps the raw line",
    i=lines(JSONTextLine(Fields("j")), '{"a":1}', "{a}", '{"a":1,"a":2}'),
    expected=[({"a": 1},)],
    traps={"i": ["{a}", '{"a":1,"a":2}']},
    differs="A line that is no JSON is trapped",
)
def lines_that_are_not_json_are_trapped(i):
    return Each(i, Fields("j"), Identity())


case.add(
    "json_lines_hold_one_field",
    "section 5.6: one JSON value a line",
    lambda i: Pipe("copy", i),
    i=rows("a b", (1, 2)),
    sinks=JSONTextLine("a"),
    expected={"": lines(None, "1")},
    differs="A `JSONTextLine` writes any value",
)
