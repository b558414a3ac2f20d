from __future__ import annotations

import pytest

from cascade2spark.errors import FieldNotFound, PlanError
from cascade2spark.field_resolution import (
    resolve_aggregator,
    resolve_arguments,
    resolve_buffer,
    resolve_each,
    resolve_selector,
)
from cascade2spark.fields import Fields, as_fields
from cascade2spark.selection import layout_for, pick_for
from cascade2spark.types import Double, Long, String

IN = Fields("a", "b", "c")
ROW = (1, 2, 3)
ALL, ARGS, RESULTS = Fields.ALL, Fields.ARGS, Fields.RESULTS
REPLACE, SWAP, UNKNOWN, NONE = Fields.REPLACE, Fields.SWAP, Fields.UNKNOWN, Fields.NONE


def each(arguments, declaration, output, incoming=IN, row=ROW, result=None, group=None):
    """Return the outgoing fields and row of an Each; results are the arguments unless given."""
    selector = as_fields(arguments)
    found = resolve_each(selector, as_fields(declaration), as_fields(output), incoming, group=group)
    given = pick_for(selector, incoming, group).of()(row)
    layout = layout_for(
        found.output, found.passed, selector, found.arguments, found.declared, group=group
    )
    return found.outgoing, layout.build()(row, given if result is None else result)


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "result", "fields", "row"),
    [
        ("b", "n", SWAP, None, ("a", "c", "n"), (1, 3, 2)),
        ("b", ARGS, REPLACE, (9,), IN, (1, 9, 3)),
        ("b", "b", REPLACE, (9,), IN, (1, 9, 3)),
        ("b", "n", ALL, None, ("a", "b", "c", "n"), (1, 2, 3, 2)),
        ("b", "n", ("n", "a"), None, ("n", "a"), (2, 1)),
        (("c", "a"), ARGS, RESULTS, None, ("c", "a"), (3, 1)),
        (("c", "a"), ARGS, SWAP, None, ("b", "c", "a"), (2, 3, 1)),
        ("c", "x", (-1, 0), (7,), ("x", "a"), (7, 1)),
        (("c", "a"), (0, 1), REPLACE, (8, 9), IN, (9, 2, 8)),
        (ALL, ("x", "y", "z"), SWAP, None, ("x", "y", "z"), ROW),
        ("b", NONE, SWAP, (), ("a", "c"), (1, 3)),
        (ALL, NONE, SWAP, (), (), ()),
        ("b", ARGS, ("b", "a"), (9,), ("b", "a"), (9, 1)),
        ("b", (0,), ALL, None, Fields("a", "b", "c", 3), (1, 2, 3, 2)),
    ],
)
def test_outgoing_fields_and_row_of_an_each(arguments, declaration, output, result, fields, row):
    assert each(arguments, declaration, output, result=result) == (as_fields(fields), row)


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "headline"),
    [
        ("b", "b", ALL, "under ALL a result would have the name of a field that stays"),
        ("b", ARGS, ALL, "under ALL a result would have the name of a field that stays"),
        ("b", "a", SWAP, "under SWAP a result would have the name of a field that stays"),
        (("a", "b"), "a", REPLACE, "REPLACE needs as many results as arguments: 1 against 2"),
        ("b", "n", REPLACE, "REPLACE found nothing to replace for a result"),
        ("b", "b", ("a", "b"), "output selector: 'b' is there twice"),
        ("b", "n", (0, "a"), "output selector: 'a' is selected twice"),
        ("b", UNKNOWN, REPLACE, "REPLACE needs to know which fields"),
        ((0, "a"), ARGS, RESULTS, "the operation would declare 'a' twice"),
        ("b", (1, 0), RESULTS, "Fields(1, 0) cannot be what an operation declares"),
        ("b", RESULTS, ALL, "Fields.RESULTS cannot be what an operation declares"),
        ("b", "n", NONE, "Fields.NONE cannot be the output selector of an Each"),
        ("b", "n", Fields.GROUP, "Fields.GROUP cannot be the output selector of an Each"),
        (SWAP, "n", ALL, "Fields.SWAP cannot be the argument selector"),
    ],
)
def test_an_each_that_cannot_be_planned(arguments, declaration, output, headline):
    with pytest.raises(PlanError) as caught:
        each(arguments, declaration, output)
    assert caught.value.headline.startswith(headline)


@pytest.mark.parametrize(
    ("arguments", "output", "asked"), [("z", ALL, "z"), ("b", ("a", "z"), "z"), (7, ALL, 7)]
)
def test_missing_fields_carry_what_was_there(arguments, output, asked):
    with pytest.raises(FieldNotFound) as caught:
        each(arguments, "n", output)
    assert caught.value.asked == asked
    assert caught.value.available[:3] == ["a", "b", "c"]


def test_argument_count_is_a_minimum():
    assert resolve_arguments(as_fields(("a", "b")), IN, num_args=1) == Fields("a", "b")
    with pytest.raises(PlanError, match="needs 2 argument fields and gets 1"):
        resolve_arguments(Fields("a"), IN, num_args=2)
    assert resolve_arguments(ALL, UNKNOWN, num_args=2) == UNKNOWN
    assert resolve_arguments(Fields("a"), IN, num_args=2**31 - 1) == Fields("a")


def test_group_and_values_select_by_the_last_grouping():
    group = Fields("c")
    assert resolve_selector(Fields.GROUP, IN, group) == group
    assert resolve_selector(Fields.VALUES, IN, group) == Fields("a", "b")
    assert resolve_selector(Fields.GROUP, IN) == IN
    assert resolve_selector(Fields.VALUES, IN) == NONE


def test_types_follow_the_output_selector():
    typed = Fields(["a", "b"], [int, str])

    def types(declaration, output):
        return resolve_each(Fields("b"), declaration, output, typed).outgoing.get_types()

    assert types(Fields("n", float), ALL) == (Long, String, Double)
    assert types(Fields("n"), ALL) is None
    assert types(Fields("n", float), SWAP) == (Long, Double)
    assert types(Fields("b", float), REPLACE) == (Long, Double)
    assert types(Fields("b"), REPLACE) is None
    assert types(ARGS, REPLACE) == (Long, String)
    assert types(Fields("n", float), Fields("n", "a")) == (Double, Long)


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "result", "row"),
    [
        (0, ARGS, REPLACE, (9,), (9, 2, 3)),
        (-1, ARGS, REPLACE, (9,), (1, 2, 9)),
        (ALL, ARGS, REPLACE, (7, 8, 9), (7, 8, 9)),
        (0, UNKNOWN, ALL, (7, 8), (1, 2, 3, 7, 8)),
        (-1, "n", SWAP, (9,), (1, 2, 9)),
        (0, "n", ("n", -2, 0), (9,), (9, 3, 1)),
    ],
)
def test_unknown_incoming(arguments, declaration, output, result, row):
    found, built = each(arguments, declaration, output, incoming=UNKNOWN, result=result)
    assert built == row
    assert found.is_ordered()


def test_known_and_unknown_are_put_together():
    fields, row = each("b", UNKNOWN, ALL, Fields("a", "b"), (1, "q r s"), result=("q", "r", "s"))
    assert row == (1, "q r s", "q", "r", "s")
    assert fields.is_unknown() and list(fields) == ["a", "b"]


def aggregator(arguments, declaration, output, group="a", passed=None):
    key = IN.select(as_fields(group))
    before = Fields.as_declaration(key) if passed is None else passed
    return resolve_aggregator(
        as_fields(arguments), as_fields(declaration), as_fields(output), IN, before, key
    )


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "group", "outgoing"),
    [
        ("b", "x", ALL, "a", ("a", "x")),
        ("b", "x", RESULTS, "a", ("x",)),
        ("b", "x", ("x", "a"), "a", ("x", "a")),
        ("b", "x", Fields.GROUP, "a", ("a",)),
        ("a", ARGS, REPLACE, "a", ("a",)),
        ("a", "x", SWAP, "a", ("x",)),
        ("b", "x", ALL, ("c", "a"), ("c", "a", "x")),
        ("b", "x", ALL, (), ("x",)),
    ],
)
def test_an_aggregator_passes_the_group(arguments, declaration, output, group, outgoing):
    assert aggregator(arguments, declaration, output, group).outgoing == as_fields(outgoing)


def test_an_aggregator_over_unknown_rows_passes_the_key_by_position():
    group = Fields(-1)
    found = resolve_aggregator(
        Fields(0), Fields("n"), ALL, UNKNOWN, Fields.as_declaration(group), group
    )
    assert found.outgoing == Fields(0, "n")
    layout = layout_for(
        found.output, found.passed, found.arguments, found.arguments, found.declared
    )
    assert layout.build()(("key",), (9,)) == ("key", 9)


def test_chained_aggregators_pass_earlier_results_in_the_order_of_the_selector():
    first = aggregator("b", "fb", ALL, ("c", "a"))
    second = aggregator("b", "count", ALL, ("c", "a"), passed=first.outgoing)
    assert second.outgoing == Fields("c", "a", "fb", "count")
    with pytest.raises(FieldNotFound):
        aggregator("fb", "x", ALL, ("c", "a"), passed=first.outgoing)


@pytest.mark.parametrize(
    ("arguments", "declaration", "output"),
    [
        ("b", "x", SWAP),
        ("b", "x", ("b", "x")),
        (ALL, ARGS, ALL),
        ("b", "x", Fields.VALUES),
        ("b", "x", UNKNOWN),
    ],
)
def test_an_aggregator_that_cannot_be_planned(arguments, declaration, output):
    with pytest.raises(PlanError):
        aggregator(arguments, declaration, output)


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "outgoing"),
    [
        ("b", "x", ALL, ("a", "b", "c", "x")),
        ("b", "x", SWAP, ("a", "c", "x")),
        ("b", "x", Fields.GROUP, ("a",)),
        ("b", "x", Fields.VALUES, ("b", "c")),
        ("b", "x", ARGS, ("b",)),
        (Fields.VALUES, Fields.VALUES, REPLACE, ("a", "b", "c")),
        (Fields.VALUES, ARGS, RESULTS, ("b", "c")),
    ],
)
def test_a_buffer_passes_all_fields(arguments, declaration, output, outgoing):
    found = resolve_buffer(as_fields(arguments), as_fields(declaration), output, IN, Fields("a"))
    assert found.outgoing == as_fields(outgoing)


ARGUMENT_SETS = {"ALL", "NONE", "GROUP", "VALUES"}
DECLARED_SETS = {"ALL", "NONE", "ARGS", "GROUP", "VALUES", "UNKNOWN"}
OUTPUT_SETS = {"ALL", "RESULTS", "REPLACE", "SWAP"}
SETS = ARGUMENT_SETS | DECLARED_SETS | OUTPUT_SETS


@pytest.mark.parametrize("name", sorted(SETS))
def test_where_each_set_may_stand_in_an_each(name):
    one = getattr(Fields, name)
    assert (name in ARGUMENT_SETS) == one.is_arg_selector()
    assert (name in DECLARED_SETS) == one.is_declarator()
    assert (name in OUTPUT_SETS) == one.is_out_selector()
