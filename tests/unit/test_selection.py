from __future__ import annotations

import pickle

import pytest

from cascade2spark.errors import FieldNotFound, TupleError
from cascade2spark.field_resolution import resolve_each
from cascade2spark.fields import Fields, as_fields
from cascade2spark.selection import NO_COLUMN, Pick, check_width, layout_for, pick_for

ABC = Fields("a", "b", "c")
WIDE = Fields("a").append(Fields.UNKNOWN).append("z")


def layout(arguments, declaration, output, incoming=ABC, group=None):
    selector = as_fields(arguments)
    found = resolve_each(selector, as_fields(declaration), as_fields(output), incoming, group=group)
    return layout_for(
        found.output, found.passed, selector, found.arguments, found.declared, group=group
    )


@pytest.mark.parametrize(
    ("selector", "positions", "cut"),
    [
        (("c", "a"), (2, 0), (3, 1)),
        ("b", (1,), (2,)),
        (-1, (2,), (3,)),
        ((0, "a"), (0, 0), (1, 1)),
        (Fields.NONE, (), ()),
        (Fields.ALL, (0, 1, 2), (1, 2, 3)),
    ],
)
def test_static_picks(selector, positions, cut):
    pick = pick_for(as_fields(selector), ABC)
    assert (pick.positions, pick.of()((1, 2, 3))) == (positions, cut)
    assert not pick.is_dynamic


def test_a_pick_of_the_whole_row_gives_the_row_itself():
    row = (1, 2, 3)
    for pick in (pick_for(ABC, ABC), pick_for(Fields.ALL, Fields.UNKNOWN)):
        assert pick.is_all
        assert pick.of()(row) is row
    assert not pick_for(Fields("a", "b"), ABC).is_all
    assert not pick_for(Fields("c", "b", "a"), ABC).is_all


def test_a_static_pick_of_a_missing_name_is_refused_while_planning():
    with pytest.raises(FieldNotFound):
        pick_for(Fields("z"), ABC)


@pytest.mark.parametrize(
    ("selector", "cut_of_two", "cut_of_four"),
    [
        ((0, 1, -1), (1, 2, 2), (1, 2, 4)),
        (-2, (1,), (3,)),
        (Fields.NONE, (), ()),
        (Fields.ALL, (1, 2), (1, 2, 3, 4)),
    ],
)
def test_dynamic_picks_go_by_the_width_of_each_row(selector, cut_of_two, cut_of_four):
    pick = pick_for(as_fields(selector), Fields.UNKNOWN)
    assert pick.is_dynamic
    assert [pick.of()((1, 2)), pick.of()((1, 2, 3, 4))] == [cut_of_two, cut_of_four]


def test_names_around_the_unknown_part_are_found():
    assert pick_for(Fields("z", "a"), WIDE).of()((1, 2, 3, 4)) == (4, 1)


def test_a_name_nobody_knows_fails_for_the_row():
    cut = pick_for(Fields("q"), Fields.UNKNOWN).of()
    with pytest.raises(TupleError) as caught:
        cut((1, 2))
    assert isinstance(caught.value.cause, FieldNotFound)
    assert (caught.value.asked, caught.value.row) == ("q", (1, 2))


@pytest.mark.parametrize("selector", [2, -3, (0, 2)])
def test_a_position_past_the_end_fails_for_the_row(selector):
    cut = pick_for(as_fields(selector), Fields.UNKNOWN).of()
    with pytest.raises(TupleError):
        cut((1, 2))


def test_group_and_values():
    assert pick_for(Fields.GROUP, ABC, Fields("b")).positions == (1,)
    assert pick_for(Fields.VALUES, ABC, Fields("b")).positions == (0, 2)
    assert pick_for(Fields.GROUP, ABC).is_all
    assert pick_for(Fields.VALUES, ABC).positions == ()
    assert pick_for(Fields.VALUES, Fields.UNKNOWN).of()((1, 2)) == ()
    rest = pick_for(Fields.VALUES, Fields.UNKNOWN, Fields(-1))
    assert [rest.of()((1, 2, 3)), rest.of()((1,))] == [(1, 2), ()]


@pytest.mark.parametrize(
    ("arguments", "declaration", "output", "flags"),
    [
        ("b", "n", Fields.RESULTS, (True, False, False)),
        ("b", "n", Fields.ALL, (False, True, False)),
        ("b", Fields.NONE, Fields.ALL, (False, True, True)),
        (Fields.NONE, Fields.NONE, Fields.REPLACE, (False, True, True)),
        (Fields.ALL, "n", Fields.SWAP, (True, False, False)),
        (Fields.ALL, Fields.ARGS, Fields.REPLACE, (True, False, False)),
        ("b", "n", ("a", "b", "c"), (False, False, True)),
        ("b", "n", Fields.SWAP, (False, False, False)),
    ],
)
def test_special_cases_are_recognised(arguments, declaration, output, flags):
    built = layout(arguments, declaration, output)
    assert (built.is_results, built.is_all, built.is_identity) == flags


@pytest.mark.parametrize(
    ("output", "row"),
    [(("c", "a"), (3, 1)), (("n",), (9,)), (("n", "a"), (9, 1)), (("a", "n"), (1, 9)), (-2, (3,))],
)
def test_explicit_layouts(output, row):
    assert layout("b", "n", output).build()((1, 2, 3), (9,)) == row


def test_replace_of_values_in_an_unknown_stream():
    built = layout(Fields.VALUES, Fields.ARGS, Fields.REPLACE, Fields.UNKNOWN, Fields(0)).build()
    assert built((1, 2, 3), (8, 9)) == (1, 8, 9)
    with pytest.raises(TupleError, match="REPLACE has 2 fields to overwrite but 1 value"):
        built((1, 2, 3), (8,))


def test_swap_of_values_in_an_unknown_stream_keeps_the_group():
    built = layout(Fields.VALUES, "n", Fields.SWAP, Fields.UNKNOWN, Fields(0)).build()
    assert built((1, 2, 3), (9,)) == (1, 9)


def test_replace_by_name_in_an_unknown_stream_fails_for_the_row():
    built = layout(0, "q", Fields.REPLACE, Fields.UNKNOWN).build()
    with pytest.raises(TupleError) as caught:
        built((1, 2), (9,))
    assert caught.value.asked == "q"


def test_explicit_selection_around_unknown_parts():
    built = layout(0, "n", ("n", "z", "a", 1, -3), WIDE).build()
    assert built((1, 2, 3), (9,)) == (9, 3, 1, 2, 2)
    lost = layout(0, "n", ("n", "q"), WIDE).build()
    with pytest.raises(TupleError):
        lost((1, 2, 3), (9,))
    short = layout(0, "n", (5,), WIDE).build()
    with pytest.raises(TupleError):
        short((1, 2, 3), (9,))


def test_names_the_result_of_an_unknown_append_by_their_distance_from_the_end():
    outgoing = Fields.UNKNOWN.append("n")
    assert pick_for(Fields("n"), outgoing).of()((1, 2, 9)) == (9,)


def test_what_nobody_reads_is_none_and_shown_as_not_read():
    pick = Pick((NO_COLUMN, 1, NO_COLUMN, 0), width=2, unread=(0, 2))
    assert pick.of()((5, 6)) == (None, 6, None, 5)
    assert pick.read == (1, 0)
    assert repr(pick.shown((None, 6, None, 5))) == "(<not read>, 6, <not read>, 5)"
    there = Pick((0, 1), width=2, unread=(0,))
    assert there.is_all
    assert there.of()((5, 6)) == (5, 6)
    assert repr(there.shown((5, 6))) == "(<not read>, 6)"
    assert pickle.loads(pickle.dumps(pick)) == pick


def test_specs_pickle_and_compare():
    spec = layout(-1, "n", Fields.SWAP, Fields.UNKNOWN)
    assert pickle.loads(pickle.dumps(spec)) == spec
    pick = Pick(positions=(1,), width=2)
    assert pickle.loads(pickle.dumps(pick)) == pick


def test_width_of_a_result():
    check_width((1, 2), Fields("a", "b"))
    check_width((1, 2, 3), Fields.UNKNOWN)
    check_width((), Fields.NONE)
    for wrong, declared in [((1,), Fields("a", "b")), ((1,), Fields.NONE)]:
        with pytest.raises(TupleError) as caught:
            check_width(wrong, declared)
        assert (caught.value.fields, caught.value.row) == (declared, wrong)
