"""Joiners: which rows come out for one key."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    Joiner,
    JoinerClosure,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
    join_rows,
)


def closure(*sides: list[tuple[object, ...]]) -> JoinerClosure:
    fields = [Fields(f"k{number}", f"v{number}") for number in range(len(sides))]
    keys = [Fields(f"k{number}") for number in range(len(sides))]
    return JoinerClosure([lambda rows=rows: iter(rows) for rows in sides], fields, keys)


ONE, TWO = [("k", 1), ("k", 2)], [("k", 3), ("k", 4)]


@pytest.mark.parametrize(
    ("joiner", "without_left", "without_right"),
    [
        (InnerJoin(), [], []),
        (LeftJoin(), [], [("k", 1, None, None), ("k", 2, None, None)]),
        (RightJoin(), [(None, None, "k", 3), (None, None, "k", 4)], []),
        (
            OuterJoin(),
            [(None, None, "k", 3), (None, None, "k", 4)],
            [("k", 1, None, None), ("k", 2, None, None)],
        ),
        (MixedJoin([False, True]), [(None, None, "k", 3), (None, None, "k", 4)], []),
    ],
    ids=repr,
)
def test_two_sides(joiner, without_left, without_right) -> None:
    product = [("k", 1, "k", 3), ("k", 1, "k", 4), ("k", 2, "k", 3), ("k", 2, "k", 4)]
    assert product == list(joiner.get_iterator(closure(ONE, TWO)))
    assert without_left == list(joiner.get_iterator(closure([], TWO)))
    assert without_right == list(joiner.get_iterator(closure(ONE, [])))


@pytest.mark.parametrize(
    ("joiner", "required"),
    [
        (InnerJoin(), (True, True, True)),
        (LeftJoin(), (True, True, False)),
        (RightJoin(), (False, True, True)),
        (OuterJoin(), (False, False, False)),
        (MixedJoin([True, False, True]), (True, False, True)),
    ],
    ids=repr,
)
def test_which_of_three_sides_must_have_rows(joiner, required) -> None:
    assert required == joiner.required_sides(3)


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_join_rows_is_the_product_of_sides_filled_with_nulls(sides, flags) -> None:
    required = flags[: len(sides)]
    rows = [[(value, -value) for value in side] for side in sides]
    filled = [
        side or ([] if must else [(None, None)]) for side, must in zip(rows, required, strict=True)
    ]
    expected = [sum(parts, ()) for parts in itertools.product(*filled)]
    calls = [lambda side=side: iter(side) for side in rows]
    assert expected == list(join_rows(calls, required, [2] * len(sides)))


def test_the_first_side_is_read_once() -> None:
    reads = []

    def first():
        reads.append("first")
        return iter(ONE)

    list(join_rows([first, lambda: iter(TWO)], [True, True], [2, 2]))
    assert ["first"] == reads


def test_a_mixed_join_has_as_many_joins_as_flags_less_one() -> None:
    assert 2 == MixedJoin([MixedJoin.INNER, MixedJoin.OUTER, True]).num_joins()
    assert Joiner.ANY == InnerJoin().num_joins()
    with pytest.raises(BuildError, match="at least two"):
        MixedJoin([True])


def test_a_joiner_may_carry_the_fields_of_the_result() -> None:
    assert Fields("a", "b") == InnerJoin(("a", "b")).get_field_declaration()
    assert InnerJoin().get_field_declaration() is None


def test_a_buffer_join_joins_nothing() -> None:
    with pytest.raises(BuildError, match="joiner closure"):
        BufferJoin().get_iterator(closure(ONE, TWO))
    assert BufferJoin().required_sides(2) is None


def test_a_joiner_without_get_iterator_names_itself() -> None:
    class Mine(Joiner):
        pass

    with pytest.raises(NotImplementedError, match="Mine must define get_iterator"):
        Mine().get_iterator(closure(ONE))


def test_a_closure_shows_its_sides_again_and_again() -> None:
    sides = closure(ONE, [])
    assert (2, [False, True]) == (sides.size(), [sides.is_empty(0), sides.is_empty(1)])
    assert ONE == list(sides.get_iterator(0)) == list(sides.get_iterator(0))
    assert (Fields("k0"), Fields("k1")) == sides.get_join_fields()
    assert (Fields("k0", "v0"), Fields("k1", "v1")) == sides.get_value_fields()
    assert not sides.is_self_join()
    assert ("k",) == sides.get_group_tuple(("k",))
    assert sides.get_flow_process() is None
