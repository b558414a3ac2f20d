"""Counters: names, sums, and the view of them."""

from __future__ import annotations

import enum

from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.counters import Counters, StepCounters, counter_name

NAMES = st.tuples(st.sampled_from("gh"), st.sampled_from("xyz"))
AMOUNTS = st.dictionaries(NAMES, st.integers(-5, 5))


class Outer:
    class Inner(enum.Enum):
        One = 1


def test_an_enum_member_is_named_by_its_class_and_its_own_name() -> None:
    assert ("StepCounters", "Tuples_Read") == counter_name(StepCounters.Tuples_Read)
    assert ("Outer.Inner", "One") == counter_name(Outer.Inner.One)
    assert ("group", "name") == counter_name("group", "name")
    assert ("group", "") == counter_name("group")


def test_adding_nothing_makes_a_counter_exist() -> None:
    counters = Counters()
    counters.increment(("g", "x"), 0)
    assert {("g", "x"): 0} == dict(counters)
    assert (0, 0) == (counters.value("g", "x"), counters.value("g", "y"))


def test_counters_are_listed_in_order_of_name() -> None:
    counters = Counters({("b", "y"): 1, ("a", "z"): 2, ("b", "x"): 3})
    assert [("a", "z"), ("b", "x"), ("b", "y")] == list(counters)
    assert ["a", "b"] == counters.groups()
    assert "Counters(a.z=2, b.x=3, b.y=1)" == repr(counters)


def test_a_copy_and_what_it_was_made_of_go_apart() -> None:
    values = {("g", "x"): 1}
    counters = Counters(values)
    copy = counters.as_dict()
    counters.increment(("g", "x"))
    assert (1, 1, 2) == (values["g", "x"], copy["g", "x"], counters["g", "x"])


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_merging_does_not_depend_on_the_order(one, two, three) -> None:
    left, right = Counters(one), Counters(three)
    left.merge(Counters(two))
    left.merge(three)
    right.merge(Counters(one))
    right.merge(two)
    assert dict(left) == dict(right)
    keys = {*one, *two, *three}
    assert {k: one.get(k, 0) + two.get(k, 0) + three.get(k, 0) for k in keys} == dict(left)
