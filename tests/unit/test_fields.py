from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from cascade2spark.errors import BuildError, FieldNotFound
from cascade2spark.fields import Fields, as_fields, shown_fields
from cascade2spark.types import BigDecimal, Boolean, Double, Integer, Long, String, int_

F = Fields("a", "b", "c")


class ByLength:
    def compare(self, left: str, right: str) -> int:
        return len(left) - len(right)


@pytest.mark.parametrize(
    ("made", "elements", "types"),
    [
        (Fields("a", "b"), ["a", "b"], None),
        (Fields(0, 1), [0, 1], None),
        (Fields("a", 1), ["a", 1], None),
        (Fields(["a", "b"]), ["a", "b"], None),
        (Fields("a", int), ["a"], (Long,)),
        (Fields("a", Integer, "b", str), ["a", "b"], (Integer, String)),
        (Fields(["a", "b"], [int, str]), ["a", "b"], (Long, String)),
        (Fields(("a", int), ("b", str)), ["a", "b"], (Long, String)),
        (Fields(int, str), [0, 1], (Long, String)),
        (Fields(float, bool, Decimal), [0, 1, 2], (Double, Boolean, BigDecimal)),
        (Fields.size(3), [0, 1, 2], None),
        (Fields.size(2, int_), [0, 1], (int_, int_)),
        (Fields.offset_selector(2, 3), [3, 4], None),
        (Fields.FIRST, [0], None),
        (Fields.LAST, [-1], None),
    ],
)
def test_forms_of_construction(made, elements, types):
    assert (list(made), made.get_types()) == (elements, types)


def test_no_fields_at_all_are_the_none_set():
    assert Fields() == Fields.NONE == Fields([]) == Fields.size(0)
    assert Fields().is_none() and not Fields().is_defined()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fields("a", "a"),
        lambda: Fields(0, 0),
        lambda: Fields(1.5),
        lambda: Fields(None),
        lambda: Fields(True),
        lambda: Fields("a", "b", int),
        lambda: Fields(int, "a"),
        lambda: Fields("a", int, str),
        lambda: Fields(["a"], [int, str]),
        lambda: Fields(["a"], [None]),
        lambda: Fields.size(-1),
        lambda: as_fields(None),
    ],
)
def test_illegal_construction_is_refused(make):
    with pytest.raises(BuildError):
        make()


def test_size_counts_on_an_instance():
    assert F.size() == len(F) == 3
    assert Fields.ALL.size() == 0


def test_a_set_is_never_false():
    assert (Fields.NONE or F) is Fields.NONE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", Fields("a")),
        (-1, Fields(-1)),
        (("a", "b"), Fields("a", "b")),
        (["a", 1], Fields("a", 1)),
        (("a", int), Fields("a", int)),
        (int, Fields(int)),
        (Long, Fields(Long)),
        ([("a", int), ("b", str)], Fields(["a", "b"], [int, str])),
        ((), Fields.NONE),
        (Fields.ALL, Fields.ALL),
    ],
)
def test_as_fields(value, expected):
    assert as_fields(value) == expected


@pytest.mark.parametrize(
    ("fields", "ordered"),
    [
        (Fields(0, 1, 2), True),
        (Fields("a", 1, "c"), True),
        (Fields(1, 0), False),
        (Fields(-1), False),
        (Fields(2), False),
        (Fields.UNKNOWN, True),
    ],
)
def test_ordered(fields, ordered):
    assert (fields.is_ordered(), fields.is_un_ordered()) == (ordered, not ordered)


@pytest.mark.parametrize(
    ("fields", "printed", "verbose"),
    [
        (Fields("a", "b"), "['a', 'b']", "[{2}:'a', 'b']"),
        (Fields.ALL, "[ALL]", "[{?}:ALL]"),
        (Fields(0, 1, 2), "[0:2]", "[{3}:0:2]"),
        (Fields("a", 1, 2, "d"), "['a', 1:2, 'd']", "[{4}:'a', 1:2, 'd']"),
        (Fields(2, 0), "[2, 0]", "[{2}:2, 0]"),
        (F.append(Fields.UNKNOWN), "['a', 'b', 'c', UNKNOWN]", "[{?}:'a', 'b', 'c', UNKNOWN]"),
        (Fields("a", Integer), "['a' | Integer]", "[{1}:'a' | Integer]"),
    ],
)
def test_printing(fields, printed, verbose):
    assert (fields.print_(), fields.print_verbose()) == (printed, verbose)


def test_repr_is_readable():
    shown = [repr(one) for one in (F, Fields("a", int), Fields.SWAP, Fields.UNKNOWN.append("n"))]
    assert shown == [
        "Fields('a', 'b', 'c')",
        "Fields('a': Long)",
        "Fields.SWAP",
        "Fields(UNKNOWN, 'n')",
    ]


def test_equality_sees_kind_elements_and_types_but_no_comparators():
    typed, compared = Fields("a", int), Fields("a")
    compared.set_comparator("a", ByLength())
    assert compared == Fields("a") and hash(compared) == hash(Fields("a"))
    assert typed != Fields("a") and typed.equals_fields(Fields("a"))
    assert Fields.ALL != Fields.NONE
    assert F != ("a", "b", "c")


def test_compare_to_orders_by_size_then_elements():
    assert Fields("z").compare_to(F) == -1
    assert F.compare_to(Fields("a", "b", "Z")) == 1
    assert F.compare_to(Fields("a", "b", "c")) == 0
    assert Fields(7).compare_to(Fields("a")) == -1


def test_pickles_with_everything_it_carries():
    fields = Fields("a", int)
    fields.set_comparator("a", ByLength())
    copy = pickle.loads(pickle.dumps(fields))
    assert copy == fields and copy.has_comparators()
    assert pickle.loads(pickle.dumps(Fields.UNKNOWN.append("n"))) == Fields.UNKNOWN.append("n")


@pytest.mark.parametrize(
    ("receiver", "selector", "expected"),
    [
        (F, ("c", 0), ["c", "a"]),
        (F, -1, ["c"]),
        (F, (0, "a"), ["a", "a"]),
        (Fields(0, 1, 2), (-1, 0), [2, 0]),
        (Fields.UNKNOWN, ("q", -1), ["q", -1]),
        (F.append(Fields.UNKNOWN), ("q", "a"), ["q", "a"]),
    ],
)
def test_select(receiver, selector, expected):
    assert list(receiver.select(selector)) == expected


def test_select_of_sets():
    assert F.select(Fields.ALL) == F
    assert F.select(Fields.NONE) == Fields.NONE
    assert Fields.UNKNOWN.select(Fields.ALL) == Fields.UNKNOWN
    with pytest.raises(BuildError):
        F.select(Fields.RESULTS)
    with pytest.raises(BuildError):
        Fields(1, 0).select(0)


@pytest.mark.parametrize(("selector", "asked"), [("z", "z"), (3, 3), (-4, -4), (("y", "z"), None)])
def test_select_of_what_is_not_there(selector, asked):
    with pytest.raises(FieldNotFound) as caught:
        F.select(selector)
    assert caught.value.asked == (asked if asked is not None else ["y", "z"])
    assert caught.value.available == ["a", "b", "c"]


def test_select_keeps_types():
    typed = Fields(["a", "b"], [int, str])
    assert typed.select(("b",)) == Fields("b", str)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (F, Fields("d"), Fields("a", "b", "c", "d")),
        (F, Fields(0, 1), Fields("a", "b", "c", 3, 4)),
        (Fields(0), Fields(0), Fields(0, 1)),
        (F, Fields.NONE, F),
        (Fields.NONE, F, F),
        (Fields.NONE, Fields.UNKNOWN, Fields.UNKNOWN),
        (Fields.UNKNOWN, Fields.UNKNOWN, Fields.UNKNOWN),
    ],
)
def test_append(left, right, expected):
    assert left.append(right) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [(F, Fields("a")), (F, Fields.ALL), (Fields.ALL, F), (Fields.NONE, Fields.ALL)],
)
def test_append_refuses(left, right):
    with pytest.raises(BuildError):
        left.append(right)


def test_append_of_unknown_keeps_the_known_names():
    both = F.append(Fields.UNKNOWN)
    assert both.is_unknown() and list(both) == ["a", "b", "c"]
    with pytest.raises(BuildError):
        both.append("a")


def test_append_is_typed_only_when_both_sides_are():
    left, right = Fields("a", int), Fields("b", str)
    assert left.append(right).get_types() == (Long, String)
    assert left.append("b").get_types() is None
    assert Fields("a").append(right).get_types() is None
    assert Fields.NONE.append(right).get_types() == (String,)


def test_append_selector_keeps_positions():
    assert list(Fields("a", 2).append_selector((0, -1))) == ["a", 2, 0, -1]


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (Fields(-1), Fields("a", "b")),
        (Fields("b"), Fields("a", "c")),
        (Fields.ALL, Fields.NONE),
        (Fields.NONE, F),
        (Fields("c", "a", "b"), Fields.NONE),
    ],
)
def test_subtract(away, expected):
    assert F.subtract(away) == expected


def test_subtract_of_an_unknown_name():
    with pytest.raises(FieldNotFound):
        F.subtract("z")


def test_subtract_from_an_unknown_stream_keeps_what_surely_kept_its_place():
    stream = F.append(Fields.UNKNOWN).append(("y", "z"))
    assert repr(stream.subtract("b")) == "Fields('a', 'c', UNKNOWN, 'y', 'z')"
    assert repr(stream.subtract(-1)) == "Fields('a', 'b', 'c', UNKNOWN, 'y')"
    assert repr(stream.subtract(5)) == "Fields('a', 'b', 'c', UNKNOWN)"
    assert repr(stream.subtract(-5)) == "Fields(UNKNOWN, 'y', 'z')"


def test_rename():
    assert F.rename(0, "q") == Fields("q", "b", "c")
    assert F.rename(("c", "a"), ("x", "y")) == Fields("y", "b", "x")
    assert F.rename(lambda name: name.upper()) == Fields("A", "B", "C")
    typed = Fields(["a", "b"], [int, str])
    assert typed.rename(lambda name, type_: f"{name}_{type_.name}") == Fields(
        ["a_Long", "b_String"], [int, str]
    )


def test_rename_takes_types_only_when_both_sides_have_them():
    typed = Fields(["a", "b"], [int, str])
    assert typed.rename("a", Fields("q", float)) == Fields(["q", "b"], [float, str])
    assert typed.rename("a", "q") == Fields(["q", "b"], [int, str])
    assert F.rename("a", Fields("q", float)) == Fields("q", "b", "c")


@pytest.mark.parametrize(
    ("fields", "from_", "to"),
    [(F, "a", "b"), (F, "a", ("x", "y")), (Fields.ALL, "a", "b"), (Fields.UNKNOWN, 0, "b")],
)
def test_rename_refuses(fields, from_, to):
    with pytest.raises(BuildError):
        fields.rename(from_, to)


def test_project():
    assert Fields(0, 1, 2).project(("x", 1, "z")) == Fields("x", 1, "z")
    assert F.project((0, 1, 2)) == F


def test_join():
    assert Fields.join() == Fields.NONE
    assert Fields.join(F, "d") == Fields("a", "b", "c", "d")
    assert Fields.join(True, F, ("c", "d")) == Fields("a", "b", 2, "c", "d")
    with pytest.raises(BuildError):
        Fields.join(F, ("c", "d"))
    with pytest.raises(BuildError):
        Fields.join(F, Fields.UNKNOWN)


def test_mask_merge_and_declaration():
    assert Fields.mask(("c", "d"), F) == Fields(0, "d")
    assert Fields.merge(F, ("c", "d")) == Fields("a", "b", "c", "d")
    assert Fields.merge(Fields("a", int), "b").get_types() is None
    assert Fields.merge(Fields("a", int), Fields("b", str)).get_types() == (Long, String)
    assert Fields.as_declaration((2, "x")) == Fields(0, "x")
    assert Fields.as_declaration(Fields.ALL) == Fields.UNKNOWN
    assert Fields.as_declaration(Fields.NONE) == Fields.NONE


def test_resolve_over_several_lists():
    assert Fields.resolve((3, 0), F, ("x", "y")) == Fields("x", "a")
    assert Fields.resolve(-1, F, ("x", "y")) == Fields("y")
    assert Fields.resolve(Fields.ALL, F, "x") == Fields("a", "b", "c", "x")
    typed = Fields.resolve(("y", 0), Fields("a", int), Fields("y", str))
    assert typed == Fields(["y", "a"], [str, int])
    with pytest.raises(FieldNotFound):
        Fields.resolve("z", F, "x")
    with pytest.raises(FieldNotFound):
        Fields.resolve(4, F, "x")
    with pytest.raises(BuildError):
        Fields.resolve((0, "a"), F, "x")
    with pytest.raises(BuildError):
        Fields.resolve("a", F, "a")
    assert Fields.resolve(("q", "a", -1), F, Fields.UNKNOWN) == Fields("q", "a", -1)


def test_contains_and_positions():
    assert "a" in F and 2 in F and ("a", -1) in F
    assert "z" not in F and 3 not in F
    assert F.get_pos("c") == 2 and F.get_pos(-1) == 2
    assert F.get_pos(("c", 0)) == (2, 0)
    assert F.get_pos(Fields.ALL) == (0, 1, 2)
    assert F.get(1) == "b"
    assert "a" not in Fields.UNKNOWN


def test_positions_in_an_unknown_stream_need_the_width_of_the_row():
    stream = Fields("a").append(Fields.UNKNOWN).append("z")
    assert stream.get_pos(("a", "z", -2), width=5) == (0, 4, 3)
    assert stream.get_pos("a") == 0
    with pytest.raises(FieldNotFound):
        stream.get_pos("z")


def test_types_are_applied_to_new_instances():
    typed = F.apply_types(int, str, float)
    assert typed.get_types() == (Long, String, Double) and F.get_types() is None
    assert typed.get_type("b") == String and typed.get_type(-1) == Double
    assert typed.apply_type("b", bool).get_type("b") == Boolean
    assert F.apply_type_to_all(int).get_types() == (Long,) * 3
    assert typed.un_apply_types() == F
    for wrong in (lambda: F.apply_types(int), lambda: F.apply_types(int, str, None)):
        with pytest.raises(BuildError):
            wrong()


def test_comparators_are_set_in_place():
    fields, by_length = Fields("a", "b"), ByLength()
    assert not fields.has_comparators()
    fields.set_comparator("b", by_length)
    assert fields.get_comparators() == (None, by_length)
    fields.set_comparators(by_length, None)
    assert fields.get_comparators() == (by_length, None)
    for wrong in (
        lambda: fields.set_comparator("z", by_length),
        lambda: fields.set_comparators(by_length),
        lambda: fields.set_comparator("a", len),
        lambda: Fields.FIRST.set_comparator(0, by_length),
    ):
        with pytest.raises(BuildError):
            wrong()


def test_shown_fields():
    assert shown_fields(Fields("a", 1)) == ["a", 1]
    assert shown_fields(Fields(["a", "b"], [int, str])) == [("a", "Long"), ("b", "String")]
