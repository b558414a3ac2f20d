"""The JSON operations: pointers, missing and null, copies, and groups.

Section 5.6. "Cascading 4.5" as a source: the row was seen when the Java class ran on that input.
"""

from __future__ import annotations

from math import nan

from cascade2spark.errors import BuildError, CoercionError, FieldNotFound, OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    AverageDoubleNestedAggregate,
    BuildSpec,
    CopySpec,
    Identity,
    JSONBuildAsAggregator,
    JSONBuildAsFunction,
    JSONBuildIntoFunction,
    JSONCopyAsFunction,
    JSONCopyIntoFunction,
    JSONCreateFunction,
    JSONGetAllAggregateFunction,
    JSONGetAllFunction,
    JSONGetFunction,
    JSONRegexFilter,
    JSONSetFunction,
    SumDoubleNestedAggregate,
    SumLongNestedAggregate,
)
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.types import Double, JSONCoercibleType, Long, String, double_, int_, long_
from tests.conformance.case import Fails, Topic, rows

case = Topic("nested_json")

JSON = JSONCoercibleType.TYPE
RAN = "section 5.6; Cascading 4.5 gives these values"
TEXT = '{"n":"N","x":null,"i":5,"k":[{"v":1,"w":"a"},{"v":null},{"w":"b"},{"v":2.5,"w":"c"}]}'
DOC = {
    "n": "N",
    "x": None,
    "i": 5,
    "k": [{"v": 1, "w": "a"}, {"v": None}, {"w": "b"}, {"v": 2.5, "w": "c"}],
}


def gives(name, operation, given, expected, fields=None, source=RAN, arguments="j", **more):
    case.add(
        name,
        source,
        lambda i: Each(i, Fields(*arguments.split()), operation),
        i=rows(arguments, *given),
        expected=expected,
        fields=fields,
        ordered=True,
        **more,
    )


def fails(name, operation, given, error, source="section 5.6", arguments="j", **more):
    case.add(
        name,
        source,
        lambda i: Each(i, Fields(*arguments.split()), operation()),
        i=rows(arguments, *given),
        fails=error,
        **more,
    )


# -- taking out --------------------------------------------------------------------------------

gives(
    "get_takes_one_value_for_each_pointer",
    JSONGetFunction(Fields("a", "b"), "/n", "/k/0"),
    [TEXT, DOC],
    [("N", {"v": 1, "w": "a"})] * 2,
    Fields(["a", "b"], [JSON, JSON]),
)
gives(
    "get_of_what_is_missing_is_null_as_json_null_is",
    JSONGetFunction(Fields("a", "b", "c"), "/none", "/x", "/n/below"),
    [DOC, None, "", "no json", "[1"],
    [(None, None, None)] * 5,
)
gives(
    "get_coerces_to_the_declared_types",
    JSONGetFunction(
        Fields(["i", "k", "t", "none"], [int_, String, String, long_]), "/i", "/k/0", "/i", "/none"
    ),
    [DOC],
    [(5, '{"v":1,"w":"a"}', "5", None)],
    source=RAN + "; JSON null and missing give null for primitive types too",
)
gives(
    "get_with_a_wildcard_takes_the_first",
    JSONGetFunction({"v": "/k/*/v", "last": "/**/w"}),
    [TEXT],
    [(1, "a")],
    Fields(["v", "last"], [JSON, JSON]),
)
gives(
    "get_with_fail_on_missing_takes_null_for_something",
    JSONGetFunction("a", True, "/x"),
    [TEXT],
    [None],
)
case.add(
    "get_that_must_find_and_does_not_is_trapped",
    "sections 5.6, 8.1",
    lambda i: Each(i, Fields("j"), JSONGetFunction("a", True, "/a")),
    i=rows("j", '{"a":1}', '{"b":1}', None),
    expected=[1],
    traps={"i": ['{"b":1}', None]},
)
gives(
    "get_that_must_find_takes_the_text_of_null_for_something",
    JSONGetFunction("a", True, ""),
    ["null", "[]"],
    [None, []],
)
gives(
    "get_all_takes_the_text_of_null_for_something",
    JSONGetAllFunction("/**", "a", True, ""),
    ["null", "[null]"],
    [None, [None], None],
)
fails(
    "get_of_no_text_where_something_must_be_fails",
    lambda: JSONGetFunction("a", True, ""),
    [""],
    Fails(OperationError, ("JSONGetFunction",)),
)
fails(
    "get_at_any_depth_of_nothing_fails",
    lambda: JSONGetFunction("a", True, "/**"),
    [None],
    Fails(OperationError, ("JSONGetFunction", "/**")),
)
case.add(
    "get_that_must_find_in_a_json_null_of_a_typed_field_fails",
    "section 5.6: null in a field of type JSON",
    lambda i: Each(
        Each(i, "j", Identity(Fields(["j"], [JSON]))), "j", JSONGetFunction("a", True, "")
    ),
    i=rows("j", "null"),
    fails=Fails(OperationError, ("JSONGetFunction",)),
    differs="JSON's null in a field of type JSON",
)
gives(
    "text_behind_a_value_makes_a_string",
    JSONGetFunction("a", ""),
    ["12 apples", '{"a":1} x', " 12 "],
    ["12 apples", '{"a":1} x', 12],
    source="section 5.6: text is parsed if it is JSON, else becomes a JSON string",
    differs="A text with something behind",
)
fails(
    "get_that_must_find_and_does_not_fails",
    lambda: JSONGetFunction("a", "/none/b", fail_on_missing=True),
    [TEXT],
    Fails(OperationError, ("/none/b", "JSONGetFunction")),
)
fails(
    "a_key_twice_in_a_text_is_refused",
    lambda: JSONGetFunction("a", "/a"),
    ['{"a":{"b":1,"b":2}}'],
    Fails(CoercionError, ("'b'", "twice")),
)
fails(
    "get_needs_a_pointer_for_each_field",
    lambda: JSONGetFunction(Fields("a", "b"), "/a"),
    [TEXT],
    Fails(BuildError, ("one pointer for each declared field", "'/a'"), "build"),
)
fails(
    "a_pointer_begins_with_a_slash",
    lambda: JSONGetFunction("a", "a/b"),
    [TEXT],
    Fails(BuildError, ("begins with '/'", "'a/b'"), "build"),
)
gives(
    "get_all_gives_a_row_for_each_node",
    JSONGetAllFunction("/k/*", Fields("v", "w"), "/v", "/w"),
    [TEXT, "{}", None],
    [(1, "a"), (None, None), (None, "b"), (2.5, "c")],
    Fields(["v", "w"], [JSON, JSON]),
)
gives(
    "get_all_by_descent_is_in_the_order_of_the_text",
    JSONGetAllFunction("/**/n", Fields("n", int_), ""),
    ['{"p":{"k":[{"n":1,"m":{"n":9}},{"n":2}],"n":7},"n":0}'],
    [0, 7, 1, 9, 2],
)
gives(
    "aggregates_fold_the_nodes_into_one_row",
    JSONGetAllAggregateFunction(
        "/k/*",
        ["/v", "/v", "/v", "/none"],
        [
            SumLongNestedAggregate("sum"),
            AverageDoubleNestedAggregate("average"),
            AverageDoubleNestedAggregate("values", AverageDoubleNestedAggregate.Include.NO_NULLS),
            SumDoubleNestedAggregate("none"),
        ],
    ),
    [TEXT],
    [(3, 3.5 / 3, 1.75, 0.0)],
    Fields(["sum", "average", "values", "none"], [long_, double_, double_, double_]),
    RAN + ": null counts as 0, missing does not count",
)
gives(
    "aggregates_of_no_values_are_null_or_0_by_type",
    JSONGetAllAggregateFunction(
        "/none/*",
        ["/v", "/v", "/v"],
        [
            SumLongNestedAggregate(Fields("l", Long)),
            SumDoubleNestedAggregate(Fields("d", Double)),
            AverageDoubleNestedAggregate("a", AverageDoubleNestedAggregate.Include.NO_NULLS),
        ],
    ),
    [TEXT, None],
    [(None, None, nan)] * 2,
    source="section 5.6: boxed result types give null for no values; Cascading 4.5: means are NaN",
)
fails(
    "an_aggregate_over_text_fails",
    lambda: JSONGetAllAggregateFunction("/k/*", {"/w": SumLongNestedAggregate("sum")}),
    [TEXT],
    Fails(OperationError, ("SumLongNestedAggregate", "/w", "'a'"), cause=CoercionError),
)
gives(
    "regex_filter_keeps_where_any_node_is_found_by_any_pattern",
    JSONRegexFilter("/k/*/w", ["Q", "^c"]),
    [TEXT, '{"k":[{"w":"xc"}]}'],
    [TEXT],
)
gives(
    "regex_filter_looks_at_null_as_empty_and_at_objects_as_text",
    JSONRegexFilter("/o", '^$|"a":1'),
    ['{"o":null}', '{"o":{"a":1}}', '{"o":{"a":2}}'],
    ['{"o":null}', '{"o":{"a":1}}'],
)
fails(
    "regex_filter_raises_where_nothing_is_there",
    lambda: JSONRegexFilter("/none", "x"),
    [TEXT],
    Fails(OperationError, ("/none", "JSONRegexFilter")),
)

# -- making ------------------------------------------------------------------------------------

gives(
    "set_puts_the_other_arguments_by_name",
    JSONSetFunction("r", "/o"),
    [('{"o":{"z":1}}', "12", None), ({"o": {"a": 0}}, 7, [1])],
    [{"o": {"z": 1, "a": "12", "b": None}}, {"o": {"a": 7, "b": [1]}}],
    Fields("r", JSON),
    "section 5.6: sets the other arguments by name; Cascading 4.5: a text stays a text",
    "j a b",
    differs="`JSONSetFunction` sets the other arguments",
)
gives(
    "set_puts_arguments_at_pointers_and_makes_parents",
    JSONSetFunction("r", {"a": "/q/0/w", "b": "/k/3"}),
    [('{"k":[1]}', "x", True)],
    [{"k": [1, None, None, True], "q": [{"w": "x"}]}],
    arguments="j a b",
)
fails(
    "set_below_a_number_fails",
    lambda: JSONSetFunction("r", "a", "/n/a"),
    [('{"n":1}', "x")],
    Fails(OperationError, ("/n/a",)),
    arguments="j a",
)
fails(
    "set_takes_no_wildcard",
    lambda: JSONSetFunction("r", "a", "/*/a"),
    [(TEXT, "x")],
    Fails(BuildError, ("'/*/a'", "one place"), "build"),
    arguments="j a",
)
gives(
    "create_makes_an_object_of_the_arguments",
    JSONCreateFunction("r"),
    [("x", None)],
    [{"a": "x", "b": None}],
    Fields("r", JSON),
    arguments="a b",
)
gives(
    "create_leaves_out_what_the_predicate_refuses",
    JSONCreateFunction(Fields("r", String), "/p/q", lambda value: value is not None),
    [("x", None)],
    ['{"p":{"q":{"a":"x"}}}'],
    arguments="a b",
    python_only=True,
)
gives(
    "copy_as_takes_parts_into_a_new_object",
    JSONCopyAsFunction(
        "r",
        CopySpec().include("/k/*/w", "/n"),
        CopySpec("/o").from_("/k/0").from_exclude("/k/0", "/w"),
    ),
    [TEXT, None],
    [{"k": [{"w": "a"}, {"w": "b"}, {"w": "c"}], "n": "N", "o": {"v": 1}}, {"o": {}}],
)
gives(
    "copy_filters_and_transforms",
    JSONCopyAsFunction(
        "r",
        CopySpec()
        .include("/k/*", lambda node: "v" in node)
        .transform("/k/*/v", lambda value: [value]),
    ),
    [TEXT],
    [{"k": [{"v": [1], "w": "a"}, {"v": [None]}, {"v": [2.5], "w": "c"}]}],
    python_only=True,
)
gives(
    "copy_into_changes_a_copy_of_the_last_argument",
    JSONCopyIntoFunction("r", CopySpec().include("/n")),
    [(DOC, {"z": 2, "n": 1}), (TEXT, '{"n":{"m":1}}')],
    [{"z": 2, "n": "N"}, {"n": "N"}],
    arguments="a b",
)
gives(
    "build_as_puts_texts_unless_a_type_is_named",
    JSONBuildAsFunction(
        "r",
        BuildSpec("/o").put_into("n", "/text").put_into("n", int, "/number").add_into("t", "/l"),
        BuildSpec(JSON).put_into("t", "/parsed").put_into(True, "/constant"),
    ),
    [(7, "[1]"), (None, None)],
    [
        {"constant": True, "o": {"text": "7", "number": 7, "l": ["[1]"]}, "parsed": [1]},
        {"constant": True, "o": {}},
    ],
    arguments="n t",
)
gives(
    "build_into_changes_a_copy_of_the_last_argument",
    JSONBuildIntoFunction("r", BuildSpec().add_into("a", "/l").put_into("a", "/z/y")),
    [("x", {"l": [1]}), ("y", '{"z":{"x":1}}')],
    [{"l": [1, "x"], "z": {"y": "x"}}, {"z": {"x": 1, "y": "y"}, "l": ["y"]}],
    arguments="a j",
)
gives(
    "build_adds_a_list_behind_the_last_item_however_far_the_place",
    JSONBuildIntoFunction("r", BuildSpec().add_into("a", "/l/5").add_into("a", "/n/1/2")),
    [("v", '{"l":[[1],2]}'), ("v", '{"l":[]}')],
    [{"l": [[1], 2, ["v"]], "n": [None, [["v"]]]}, {"l": [["v"]], "n": [None, [["v"]]]}],
    arguments="a j",
)
gives(
    "build_adds_a_list_behind_the_last_item_where_a_list_has_no_names",
    JSONBuildIntoFunction("r", BuildSpec().add_into("a", "/l/x")),
    [("v", '{"l":[1]}'), ("v", '{"l":[]}'), ("v", '{"l":[{"x":[1]}]}')],
    [{"l": [1, ["v"]]}, {"l": [["v"]]}, {"l": [{"x": [1]}, ["v"]]}],
    arguments="a j",
)
gives(
    "build_puts_beyond_the_end_of_a_list_with_nulls_before",
    JSONBuildIntoFunction("r", BuildSpec().put_into("a", "/l/3")),
    [("v", '{"l":[1]}')],
    [{"l": [1, None, None, "v"]}],
    arguments="a j",
)
gives(
    "build_puts_behind_the_last_item",
    JSONBuildIntoFunction("r", BuildSpec().put_into("a", "/l/-")),
    [("v", '{"l":[1]}')],
    [{"l": [1, "v"]}],
    source="RFC 6901: a dash is behind the last item",
    arguments="a j",
    differs="A `-` in a pointer",
)
gives(
    "copy_excludes_what_is_not_there",
    JSONCopyAsFunction("r", CopySpec().exclude("/x", "/a/x", "/a/c/7", "/a/c/x", "/*/x", "/x/*")),
    ['{"a":{"b":1,"c":[1]},"s":"t"}'],
    [{"a": {"b": 1, "c": [1]}, "s": "t"}],
)
for name, pointer in (("nothing", "/x/y"), ("a_number", "/a/b/x")):
    fails(
        f"copy_cannot_exclude_from_{name}",
        lambda pointer=pointer: JSONCopyAsFunction("r", CopySpec().exclude(pointer)),
        ['{"a":{"b":1},"s":"t"}'],
        Fails(OperationError, (pointer,)),
    )
gives(
    "copy_excludes_all_there_is",
    JSONCopyAsFunction("r", CopySpec().exclude("/a/*", "/c/*")),
    ['{"a":{"b":1,"d":2,"e":3},"c":[1,2,3]}'],
    [{"a": {}, "c": []}],
    source="section 5.6: what is named is left out",
    differs="What `/*` of a CopySpec excludes",
)
fails(
    "build_names_arguments_that_are_there",
    lambda: JSONBuildAsFunction("r", BuildSpec().put_into("amuont", "/l")),
    [(1, 2)],
    Fails(FieldNotFound, ("'amuont'", "'amount'"), "plan"),
    arguments="id amount",
)


@case(
    RAN,
    i=rows("k a b", ("x", "k", 1), ("x", "m", "z"), ("y", None, None), ("x", None, None)),
    expected=[("x", {"x": "m", "l": ["1", "z"]}), ("y", {})],
    ordered=True,
)
def build_as_aggregator_makes_one_object_of_a_group(i):
    spec = BuildSpec().put_into("a", "/x").add_into("b", "/l")
    return Every(GroupBy(i, "k"), Fields("a", "b"), JSONBuildAsAggregator("r", spec))


case.add(
    "nothing_is_included_from_what_is_no_object",
    RAN,
    lambda i: Each(i, Fields("j"), JSONCopyAsFunction(Fields("o"), CopySpec("/z").include("/a"))),
    i=rows("j", '{"a":1,"b":2}', "12", "[1]", "true"),
    expected=[({"z": {"a": 1}},), ({"z": {}},), ({"z": {}},), ({"z": {}},)],
    ordered=True,
)
