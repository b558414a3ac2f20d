"""The JSON operations: constructor forms, copies, specs, their laws and whole messages."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    AverageDoubleNestedAggregate,
    BuildSpec,
    CopySpec,
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
    SimpleNestedAggregate,
    SumDoubleNestedAggregate,
    SumLongNestedAggregate,
)
from cascade2spark.schemes import JSONTextLine
from cascade2spark.testing import run_operation
from cascade2spark.types import JSONCoercibleType, Long, String, long_
from tests.planning import without_place
from tests.unit.test_json_pointers import TREES

MESSAGES = Path(__file__).parents[1] / "errors" / "json_operations.txt"
JSON = JSONCoercibleType.TYPE
J, AB = Fields("j"), Fields("a", "b")
DOC = {"p": {"n": "N", "k": [{"v": 1}, {"v": 2, "w": 3}]}, "n": 0}


def of(operation: Any, *values: Any, fields: Any = J) -> list[Any]:
    """Return the result rows for one row."""
    return run_operation(operation, [values], fields)


@pytest.mark.parametrize(
    "operation",
    [
        JSONGetFunction(AB, "/n", "/p/n"),
        JSONGetFunction(("a", "b"), ["/n", "/p/n"]),
        JSONGetFunction(AB, False, "/n", "/p/n"),
        JSONGetFunction(JSON, AB, True, "/n", "/p/n"),
        JSONGetFunction({Fields("a"): "/n", "b": "/p/n"}),
        JSONGetFunction(JSON, {"a": "/n", "b": "/p/n"}, True),
        JSONGetAllFunction("", AB, "/n", "/p/n"),
        JSONGetAllFunction(JSON, "", {"a": "/n", "b": "/p/n"}, True),
    ],
)
def test_forms_of_getting(operation: Any) -> None:
    assert [(0, "N")] == of(operation, DOC)
    assert AB.apply_types(JSON, JSON) == operation.get_field_declaration()


def test_fields_of_a_mapping_keep_their_types() -> None:
    get = JSONGetFunction({Fields("a", str): "/n", "b": "/n"})
    assert [("0", 0)] == of(get, DOC)
    assert (String, JSON) == get.get_field_declaration().get_types()


@pytest.mark.parametrize(
    "operation",
    [
        JSONCreateFunction("r", {"a": "/x/a"}),
        JSONCreateFunction("r", "a", "/x/a"),
        JSONCreateFunction(JSON, Fields("r"), Fields("a"), "/x/a"),
        JSONCreateFunction("r", lambda value: value == 1, "a", "/x/a"),
        JSONCreateFunction("r", "/x", lambda value: value == 1),
        JSONCreateFunction("r", "/x", predicate=lambda value: value == 1),
    ],
)
def test_forms_of_creating(operation: Any) -> None:
    assert [({"x": {"a": 1}},)] == of(operation, 1, 2, fields=AB)


@pytest.mark.parametrize(
    "spec",
    [
        BuildSpec("/x").put_into("a", int, "/a"),
        BuildSpec("/x", int).put_into(0, "/a"),
        BuildSpec(int).put_into(Fields("a"), "/x/a"),
        BuildSpec().with_default_type(int).put_into("a", "/x/a"),
        BuildSpec(into="/x", default_type=JSON).put_into("a", "/a"),
        BuildSpec().put_into(1, "/x/a", literal=True),
    ],
)
def test_forms_of_building(spec: BuildSpec) -> None:
    for kind in (JSONBuildAsFunction, JSONBuildAsAggregator):
        assert [({"x": {"a": 1}},)] == of(kind("r", spec), "1", 2, fields=AB)


def test_aggregates_of_a_users_own() -> None:
    class Longest:
        def __init__(self) -> None:
            self.best = ""

        def aggregate(self, node: Any) -> None:
            self.best = max(self.best, str(node), key=len)

        def complete(self) -> tuple[str]:
            return (self.best,)

    longest = SimpleNestedAggregate(Fields("longest", str), lambda json: Longest())
    operation = JSONGetAllAggregateFunction("/*", lambda nodes: nodes[1:], {"": longest})
    assert [("ccc",)] == of(operation, ["dddd", "a", "ccc", "bb"])
    named = JSONGetAllAggregateFunction("/*", "n", True, [""], [SumLongNestedAggregate("sum")])
    assert (long_,) == named.get_field_declaration().get_types()
    assert [(3,)] == of(named, [1, 2])


def test_a_regex_filter_may_allow_what_is_missing() -> None:
    assert [(DOC,)] == of(JSONRegexFilter("/none", "^$", False), DOC)
    assert [] == of(JSONRegexFilter("/none", "x", fail_on_missing=False), DOC)


def test_whole_number_sums_are_exact() -> None:
    total = JSONGetAllAggregateFunction("/*", {"": SumLongNestedAggregate("sum")})
    assert [(2**53 + 1,)] == of(total, [2**53, 1])


@pytest.mark.parametrize(
    "operation",
    [
        JSONSetFunction("r", "/p"),
        JSONSetFunction("r", {"a": "/p/k/0/v"}),
        JSONBuildIntoFunction("r", BuildSpec("/p").add_into("a", "/k")),
        JSONCopyIntoFunction("r", CopySpec("/p").from_("/p")),
    ],
)
@settings(max_examples=20)
@given(TREES)
def test_trees_that_come_in_are_never_changed(operation: Any, tree: Any) -> None:
    document = {"p": {"n": tree, "k": [{"v": tree}]}}
    before = copy.deepcopy(document)
    values = (document, tree, document)
    ((result,),) = of(operation, *values, fields=Fields("from", "a", "into"))
    change(result)
    assert before == document == values[2]


def change(tree: Any) -> None:
    """Change every object and list of a tree."""
    for one in list(tree.values()) if isinstance(tree, dict) else tree:
        if isinstance(one, (dict, list)):
            change(one)
    if isinstance(tree, dict):
        tree["changed"] = True
    else:
        tree.append("changed")


@settings(max_examples=60)
@given(TREES)
def test_a_copy_without_includes_is_the_object_and_all_includes_are_too(tree: Any) -> None:
    document = {"a": tree, "b": 1}
    assert [(document,)] == of(JSONCopyAsFunction("r", CopySpec().from_("")), document)
    assert [(document,)] == of(JSONCopyAsFunction("r", CopySpec().include("/*")), document)
    excluded = JSONCopyAsFunction("r", CopySpec().exclude("/*"))
    assert [({},)] == of(excluded, document)


def test_includes_of_a_descent_keep_items_of_lists_together() -> None:
    operation = JSONCopyAsFunction("r", CopySpec().include("/**/v", "/p/k/1/w"))
    assert [({"p": {"k": [{"v": 1}, {"v": 2, "w": 3}]}},)] == of(operation, DOC)


def test_excludes_and_transforms_are_about_the_object_that_took_the_copies() -> None:
    spec = CopySpec("/o").from_include("/p", "/n").from_exclude("/p", "/old")
    spec.from_transform("/p", "/x", lambda value: value + 1)
    operation = JSONCopyIntoFunction("r", spec)
    into = {"o": {"old": 1, "x": 1}, "old": 2}
    expected = {"o": {"x": 2, "n": "N"}, "old": 2}
    assert [(expected,)] == of(operation, DOC, into, fields=AB)


def test_text_in_a_json_field_is_parsed_where_it_holds_a_tree() -> None:
    typed = Fields("j", JSON)
    assert [(1,)] == of(JSONGetFunction("a", "/a"), '{"a":1}', fields=typed)
    assert [("12",)] == of(JSONGetFunction("a", ""), "12", fields=typed)
    assert [(12,)] == of(JSONGetFunction("a", ""), "12")


def test_operations_and_specs_can_be_pickled() -> None:
    for operation in (
        JSONGetFunction("a", "/n"),
        JSONCopyAsFunction("a", CopySpec().include("/n").exclude("/p")),
        JSONBuildAsAggregator("a", BuildSpec("/x").put_into("j", JSON, "/y")),
        JSONGetAllAggregateFunction("/p/k/*", {"/v": SumDoubleNestedAggregate("s")}),
        JSONRegexFilter("/n", "0"),
    ):
        assert of(operation, DOC) == of(pickle.loads(pickle.dumps(operation)), DOC)


def refused(call: Callable[[], Any]) -> str:
    """Return the whole message of the error that a call raises."""
    with pytest.raises(Cascade2SparkError) as caught:
        call()
    return without_place(f"{type(caught.value).__name__}: {caught.value}")


def test_messages() -> None:
    total = SumLongNestedAggregate("s")
    messages = [
        refused(lambda: JSONGetFunction()),
        refused(lambda: JSONGetFunction(AB, "/a")),
        refused(lambda: JSONGetFunction("a", "b/c")),
        refused(lambda: JSONGetFunction("a", "/~x")),
        refused(lambda: JSONGetFunction("a", 7)),
        refused(lambda: JSONGetFunction({AB: "/a"})),
        refused(lambda: JSONGetFunction({"a": "/a"}, "x")),
        refused(lambda: of(JSONGetFunction("a", "/x/y", fail_on_missing=True), DOC)),
        refused(lambda: of(JSONGetFunction("a", "/x"), '{"x":1,"x":2}')),
        refused(lambda: of(JSONGetFunction(Fields("a", Long), "/p/n"), DOC)),
        refused(lambda: JSONGetAllFunction(AB, "/a")),
        refused(lambda: of(JSONGetAllFunction("/x/*", "a", True, "/a"), DOC)),
        refused(lambda: JSONGetAllAggregateFunction("/a")),
        refused(lambda: JSONGetAllAggregateFunction("/a", {"/b": "sum"})),
        refused(lambda: JSONGetAllAggregateFunction("/a", ["/b", "/c"], [total])),
        refused(lambda: JSONGetAllAggregateFunction("/a", AB, ["/b"], [total])),
        refused(lambda: of(JSONGetAllAggregateFunction("", {"/p": total}), DOC)),
        refused(lambda: SumLongNestedAggregate(Fields("s", str))),
        refused(lambda: SumLongNestedAggregate(AB)),
        refused(lambda: AverageDoubleNestedAggregate("a", "ALL")),
        refused(lambda: SimpleNestedAggregate("a", None)),
        refused(lambda: JSONRegexFilter("/a")),
        refused(lambda: JSONRegexFilter("/a", [])),
        refused(lambda: JSONRegexFilter("/a", "(")),
        refused(lambda: of(JSONRegexFilter("/x", "a"), DOC)),
        refused(lambda: JSONSetFunction()),
        refused(lambda: JSONSetFunction(AB)),
        refused(lambda: JSONSetFunction("r", {})),
        refused(lambda: JSONSetFunction("r", "a", "")),
        refused(lambda: JSONSetFunction("r", 1, 2, 3)),
        refused(lambda: of(JSONSetFunction("r", {"x": "/x"}), DOC, 1, fields=AB)),
        refused(lambda: of(JSONSetFunction("r", "/n"), DOC, 1, fields=AB)),
        refused(lambda: of(JSONSetFunction("r"), None, 1, fields=AB)),
        refused(lambda: JSONCreateFunction("r", len, len)),
        refused(lambda: JSONCopyAsFunction("r")),
        refused(lambda: JSONCopyAsFunction("r", BuildSpec())),
        refused(lambda: of(JSONCopyAsFunction("r", CopySpec().from_("/p/k")), DOC)),
        refused(lambda: of(JSONCopyAsFunction("r", CopySpec("/n"), CopySpec().from_("/n")), DOC)),
        refused(lambda: CopySpec("/a/*")),
        refused(lambda: CopySpec().transform("", len)),
        refused(lambda: CopySpec().transform("/a", "x")),
        refused(lambda: BuildSpec("/a", int, 7)),
        refused(lambda: BuildSpec().put_into("a")),
        refused(lambda: BuildSpec().put_into(AB, "/a")),
        refused(lambda: BuildSpec().add_into([1], "/a")),
        refused(lambda: BuildSpec().put_into("a", "/**")),
        refused(
            lambda: of(JSONBuildAsFunction("r", BuildSpec().put_into("bb", "/x")), 1, 2, fields=AB)
        ),
        refused(
            lambda: of(JSONBuildIntoFunction("r", BuildSpec("/n").put_into("j", JSON, "/x")), DOC)
        ),
        refused(lambda: of(JSONBuildIntoFunction("r", BuildSpec().add_into("j", JSON, "/n")), DOC)),
        refused(lambda: JSONTextLine(AB)),
        refused(lambda: JSONTextLine("a", "UTF-8", 7)),
        refused(lambda: JSONTextLine().writer(AB)),
    ]
    assert MESSAGES.read_text() == "\n\n".join(messages) + "\n"
