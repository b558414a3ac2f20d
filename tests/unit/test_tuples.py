"""Tuple and TupleEntry: values, names, coercion, read-only views."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest

from cascade2spark.comparators import StringInsensitive, reverse_order
from cascade2spark.errors import BuildError, CoercionError, FieldNotFound, TupleError
from cascade2spark.fields import Fields
from cascade2spark.tuples import Tuple, TupleEntry, UnsupportedOperation
from cascade2spark.types import DateType, Double, Integer, String, int_

DAY = DateType("yyyy-MM-dd")


# -- Tuple -----------------------------------------------------------------------------------------


def test_size_makes_nulls_and_counts() -> None:
    nulls = Tuple.size(2)
    assert [None, None] == list(nulls)
    assert 2 == nulls.size() == len(nulls)
    assert Tuple(7, 7) == Tuple.size(2, 7)


def test_a_tuple_of_one_tuple_is_a_copy() -> None:
    first = Tuple(1)
    second = Tuple(first)
    second.set(0, 2)
    assert Tuple(1) == first


def test_rows_become_tuples_and_back_nested_ones_too() -> None:
    assert Tuple("a", 1) == Tuple.of_row(("a", 1))
    assert ("a", (1, None)) == Tuple("a", Tuple(1, None)).to_row()


def test_text_and_print() -> None:
    assert "a\tnull\t1.0E10" == Tuple("a", None, 1e10).to_string() == str(Tuple("a", None, 1e10))
    assert "a, b" == Tuple("a", "b").to_string(", ")
    assert "['a', null, '1']" == Tuple("a", None, 1).print_()


def test_get_one_several_or_all() -> None:
    values = Tuple("a", "b", "c")
    assert "b" == values.get(1) == values[1] == values.get_object(-2)
    assert Tuple("c", "a") == values.get([2, 0])
    assert Tuple("b") == values.get(Fields("x", "y", "z"), Fields("y"))
    whole = values.get(None)
    assert whole == values
    assert whole is not values


def test_typed_getters_go_by_the_value() -> None:
    values = Tuple("12", None, 1.9, "x")
    assert (12, 12, 12.0, "12") == (
        values.get_integer(0),
        values.get_long(0),
        values.get_double(0),
        values.get_string(0),
    )
    assert (0, 0.0, False, "\0", None) == (
        values.get_short(1),
        values.get_float(1),
        values.get_boolean(1),
        values.get_char(1),
        values.get_string(1),
    )
    assert 1 == values.get_integer(2)
    with pytest.raises(CoercionError):
        values.get_integer(3)


def test_set_add_append_remove_leave() -> None:
    values = Tuple("a", "b")
    values.set(0, "A")
    values.add("c")
    values.add_all("d", "e")
    values.add_all(Tuple("f"))
    assert ["A", "b", "c", "d", "e", "f"] == values.elements()
    assert Tuple("e", "b") == values.remove(4, 1)
    assert Tuple("A", "c", "d", "f", 1, 2) == values.append(Tuple(1), Tuple(2))
    assert Tuple("A", "c") == values.leave(3, 2)
    assert Tuple("f", "d") == values
    values.set_all(Tuple(1), Tuple(2))
    assert Tuple(1, 2) == values
    values.put(Fields("x", "y"), Fields("y"), Tuple(9))
    values.set_integer(0, 1 << 32)
    assert Tuple(0, 9) == values
    values.clear()
    assert values.is_empty()


def test_set_past_the_end_says_how_long_the_tuple_is() -> None:
    with pytest.raises(TupleError, match="beyond the end of a tuple of 1 values"):
        Tuple("a").set(1, "b")
    with pytest.raises(TupleError, match="zero length"):
        Tuple().set(0, "b")
    with pytest.raises(TupleError):
        Tuple("a").get_object(5)


def test_equality_is_by_kind() -> None:
    assert Tuple(1) != Tuple(1.0)
    assert Tuple(1) != Tuple(True)
    assert Tuple("a", (1, math.nan)) == Tuple("a", Tuple(1, math.nan))
    assert Tuple(1) != (1,)
    marker = object()
    assert Tuple(marker) == Tuple(marker) != Tuple(object())


def test_equal_tuples_have_equal_hashes() -> None:
    assert 2 == len({Tuple(1, -0.0), Tuple(1, 0.0), Tuple(1.0, 0.0)})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Tuple("z"), Tuple("a", "a")),
        (Tuple(None), Tuple("a")),
        (Tuple("a", 1), Tuple("a", 2)),
        (Tuple(1.0), Tuple(math.nan)),
    ],
)
def test_comparison(left: Tuple, right: Tuple) -> None:
    assert left.compare_to(right) < 0 < right.compare_to(left)
    assert 0 == left.compare_to(Tuple(left))
    assert [left, right] == sorted([right, left])


def test_comparison_with_what_is_no_tuple() -> None:
    assert 1 == Tuple().compare_to(None)
    assert -1 == Tuple().compare_to("a")


@pytest.mark.parametrize(("left", "right"), [(1, "a"), (1, 1.0), (True, 1)])
def test_values_of_different_kinds_do_not_compare(left: Any, right: Any) -> None:
    with pytest.raises(CoercionError, match="cannot be compared"):
        Tuple(left).compare_to(Tuple(right))


def test_comparators_receive_raw_values() -> None:
    given = [StringInsensitive(), reverse_order()]
    assert 0 == Tuple("A", 1).compare_to(Tuple("a", 1), given)
    assert Tuple("A", None).compare_to(Tuple("a", 1), given) > 0
    assert Tuple("A", "x").compare_to(Tuple("a", "y"), given[:1]) < 0


def test_tuples_travel() -> None:
    assert Tuple("a", Tuple(1)) == pickle.loads(pickle.dumps(Tuple("a", Tuple(1))))


# -- TupleEntry ------------------------------------------------------------------------------------


def _entry(*values: Any) -> TupleEntry:
    return TupleEntry(Fields("a", "b", "c"), Tuple(*(values or ("1", None, 3))))


def test_values_are_found_by_name_position_and_fields() -> None:
    entry = _entry()
    for name in ("c", 2, -1, Fields("c")):
        assert 3 == entry.get_object(name) == entry[name]
    assert 3 == len(entry) == entry.size()
    assert ["1", None, 3] == list(entry)


def test_a_missing_field_is_named_with_what_is_there() -> None:
    with pytest.raises(FieldNotFound, match="no such field") as caught:
        _entry().get_object("A")
    assert "a" == caught.value.nearest
    with pytest.raises(FieldNotFound):
        _entry().get_string(7)


def test_getters_coerce_by_the_value_of_an_untyped_field() -> None:
    entry = _entry()
    assert (1, "3", 0, 0.0, False) == (
        entry.get_integer("a"),
        entry.get_string("c"),
        entry.get_long("b"),
        entry.get_double("b"),
        entry.get_boolean("b"),
    )
    assert 1.0 == entry.get_object("a", float)
    assert ("1", 1, 3.0) == (entry.get_char("a"), entry.get_short("a"), entry.get_float("c"))


def test_getters_coerce_from_the_type_of_the_field() -> None:
    entry = TupleEntry(Fields(["day", "n"], [DAY, Integer]), Tuple(86400000, 5))
    assert "1970-01-02" == entry.get_string("day") == entry.get_object("day", String)
    assert 86400000 == entry.get_long("day")
    assert "5" == entry.get_string("n")
    assert ["1970-01-02", "5"] == list(entry.as_iterable_of(str))


def test_setters_coerce_to_the_type_of_the_field() -> None:
    entry = TupleEntry(Fields(["day", "n", "x"], [DAY, int_, Double]))
    entry.set_string("day", "1970-01-02")
    entry.set_object("n", None)
    entry.set_integer("x", 7)
    assert [86400000, 0, 7.0] == list(entry)
    entry.set_raw("n", None)
    assert entry["n"] is None
    entry["n"] = "12"
    assert 12 == entry["n"]


def test_setters_of_untyped_fields_coerce_to_their_own_type() -> None:
    entry = _entry()
    entry.set_short("a", 70000)
    entry.set_string("b", "x")
    entry.set_boolean("c", True)
    assert [4464, "x", True] == list(entry)


def test_the_tuple_is_live() -> None:
    entry = _entry()
    assert entry.get_tuple() is entry.select_tuple() is entry.select_tuple(Fields.ALL)
    entry.get_tuple().set(0, "new")
    assert "new" == entry["a"]
    entry.set_object("a", "newer")
    assert "newer" == entry.get_tuple()[0]
    entry.get_tuple_copy().set(0, "other")
    assert "newer" == entry["a"]


def test_selecting() -> None:
    entry = _entry()
    assert Tuple(3, "1") == entry.select_tuple(Fields("c", 0))
    assert Tuple() == entry.select_tuple(Fields.NONE)
    chosen = entry.select_entry(Fields(-1))
    assert (Fields("c"), 3) == (chosen.get_fields(), chosen["c"])
    entry.select_entry_copy("a").set_object("a", "x")
    entry.select_tuple_copy(Fields("a", "b")).set(0, "x")
    assert "1" == entry["a"]
    assert Tuple("z", None) == entry.select_into("b", Tuple("z"))


def test_setting_tuples_and_entries() -> None:
    entry = _entry()
    entry.set_tuple(Tuple(4, 5, 6))
    entry.set_tuple(Fields("c", "a"), Tuple(9, 8))
    assert [8, 5, 9] == list(entry)
    entry.set(TupleEntry(Fields("b"), Tuple("B")))
    assert [8, "B", 9] == list(entry)
    typed = TupleEntry(Fields(["b"], [String]))
    typed.set(TupleEntry(Fields("x", "b").select("b"), Tuple(5)))
    assert ["5"] == list(typed)


def test_set_by_entry_coerces_between_the_types() -> None:
    target = TupleEntry(Fields(["day"], [String]))
    target.set(TupleEntry(Fields(["day"], [DAY]), Tuple(86400000)))
    assert ["1970-01-02"] == list(target)


def test_append_new() -> None:
    both = _entry().append_new(TupleEntry(Fields("d"), Tuple("x")))
    assert Fields("a", "b", "c", "d") == both.get_fields()
    assert ["1", None, 3, "x"] == list(both)


def test_pairs() -> None:
    assert [("a", "1"), ("b", None), ("c", 3)] == list(_entry().as_pairwise_iterable())


def test_other_ways_to_build() -> None:
    assert [None, None] == list(TupleEntry(Fields("a", "b")))
    assert 7 == TupleEntry(Tuple(7))[0]
    original = _entry()
    again = TupleEntry(original)
    again.set_object("a", "x")
    assert "1" == original["a"]
    assert TupleEntry(Fields("a"), True).is_unmodifiable()


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.set_object("a", 1),
        lambda entry: entry.set_raw("a", 1),
        lambda entry: entry.set_string("a", "1"),
        lambda entry: entry.set(_entry()),
        lambda entry: entry.set_tuple(Fields("a"), Tuple(1)),
        lambda entry: entry.get_tuple().set(0, 1),
        lambda entry: entry.get_tuple().add(1),
        lambda entry: entry.get_tuple().clear(),
        lambda entry: entry.select_tuple(Fields("a", "b")).remove(0),
        lambda entry: entry.select_entry("a").set_object("a", 1),
    ],
)
def test_what_an_operation_receives_cannot_be_changed(change: Any) -> None:
    entry = TupleEntry(Fields("a", "b", "c"), is_unmodifiable=True)
    entry.bind(("1", None, 3))
    with pytest.raises(UnsupportedOperation, match="may only be read"):
        change(entry)
    assert ["1", None, 3] == list(entry)


def test_copies_of_what_cannot_be_changed_can() -> None:
    entry = TupleEntry(Fields("a", "b"), (1, 2), is_unmodifiable=True)
    for changed in (entry.get_tuple_copy(), entry.select_tuple_copy("b"), Tuple(entry.get_tuple())):
        changed.set(0, "x")
    TupleEntry(entry).set_object("a", "x")
    assert [1, 2] == list(entry)


def test_an_entry_is_a_view_of_one_row_after_another() -> None:
    view = TupleEntry(Fields("a", "b"), is_unmodifiable=True)
    view.bind((1, 2))
    kept, copied = view.get_tuple(), view.get_tuple_copy()
    view.set_tuple((3, 4))
    assert (3, 4) == (view["a"], view["b"])
    assert Tuple(1, 2) == kept == copied
    assert Tuple(3, 4) == view.get_tuple()


def test_a_tuple_that_may_only_be_read_is_not_set_into_an_entry_that_may_change() -> None:
    read_only = TupleEntry(Fields("a"), (1,), is_unmodifiable=True).get_tuple()
    with pytest.raises(BuildError, match="may only be read"):
        TupleEntry(Fields("a")).set_tuple(read_only)


def test_names_on_an_unknown_stream_fail_with_the_row() -> None:
    entry = TupleEntry(Fields.UNKNOWN, ("x", "y"), is_unmodifiable=True)
    assert ("x", "y") == (entry[0], entry[-1])
    assert Tuple("y", "x") == entry.select_tuple(Fields(-1, 0))
    entry.bind(("x", "y", "z"))
    assert "z" == entry[-1]
    with pytest.raises(TupleError, match="UNKNOWN") as caught:
        entry.get_object("name")
    assert isinstance(caught.value.cause, FieldNotFound)
    with pytest.raises(TupleError):
        entry.get_object(3)


def test_a_row_that_is_too_short_is_named() -> None:
    entry = TupleEntry(Fields("a", "b"), is_unmodifiable=True)
    entry.bind((1,))
    with pytest.raises(TupleError, match="beyond the end of a row of 1"):
        entry.get_object("b")


def test_entries_are_equal_by_fields_and_values() -> None:
    assert _entry() == _entry()
    assert hash(_entry()) == hash(_entry())
    assert _entry() != _entry("x", None, 3)
    assert _entry() != TupleEntry(Fields("a", "b", "d"), Tuple("1", None, 3))


def test_comparators_of_the_left_fields_decide_equality() -> None:
    insensitive = Fields("a")
    insensitive.set_comparator("a", StringInsensitive())
    left, right = TupleEntry(insensitive, Tuple("A")), TupleEntry(Fields("a"), Tuple("a"))
    assert left == right
    assert not right.__eq__(left)


def test_entries_print_and_copy() -> None:
    assert "fields: ['a', 'b', 'c'] tuple: ['1', null, '3']" == repr(_entry())
    assert _entry() == copy.deepcopy(_entry()) == pickle.loads(pickle.dumps(_entry()))
