"""What is seen in functions over tuples is what they do, and groups are the same either way."""

from __future__ import annotations

from collections import namedtuple
from functools import partial
from operator import getitem, itemgetter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import batch_rows
from cascade2spark.batch.blocks import decode_block
from cascade2spark.errors import RunError
from cascade2spark.rdd.exchange import Sending
from cascade2spark.rdd.keys import RowShape, as_cut
from cascade2spark.rdd.recognised import places_read, places_taken
from tests.rdd_tasks import call_with, grouped, listed, sent, shape_of


def unpacking(element: Any) -> Any:
    _, second, third = element
    return third, second


TAKING = {
    (0,): (lambda e: e[0], itemgetter(0), lambda e: (e[0],), lambda e: (e[1], e[0])[1]),
    (2,): (itemgetter(2),),
    (0, 2): (lambda e: (e[0], e[2]), itemgetter(0, 2)),
    (2, 1): (unpacking, itemgetter(2, 1), lambda e: (e[2], e[1])),
}
CALLED = [
    *(lambda e: e, lambda e: e[-1], lambda e: e[:2], lambda e: e[0:1], lambda e: (e[0], 1)),
    *(lambda e: e[0][1], lambda e: (e[0], (e[1],)), lambda e: (e + e)[3], lambda e: e["a"]),
    *(lambda e: e[0] + e[1], lambda e: e[0] and e[1], lambda e: e[100], lambda e: [e[0]], len),
    *(itemgetter(-1), itemgetter(slice(2)), itemgetter("a"), lambda e: (), lambda e: (e[0], e)),
    *(str.lower, lambda e, at=0: e[at], lambda e: (e[-2], e[0]), lambda *e: e[0], dict.get),
]


@pytest.mark.parametrize("call", [call for some in TAKING.values() for call in some])
def test_what_is_taken_is_what_a_call_gives(call) -> None:
    taken = places_taken(call)
    assert taken is not None and taken.positions in TAKING
    for width in range(80):
        element = tuple(f"part {place}" for place in range(width))
        try:
            given = call(element)
        except (IndexError, ValueError):
            given = None
        parts = [element[place] for place in taken.positions] if taken.fits(width) else None
        assert given == (parts[0] if parts and taken.is_alone else parts and tuple(parts))


@pytest.mark.parametrize("call", CALLED)
def test_what_is_not_certain_is_called(call) -> None:
    assert places_taken(call) is None


def unpacked(key: Any, values: Any) -> Any:
    total = 0
    for _, at, _ in values:
        total += at
    yield key, total


READING = [
    (unpacked, (1,)),
    (lambda key, values: [(key, sum(e[1] for e in values))], (1,)),
    (lambda key, values: [(key, [e[0] + e[2] for e in values])], (0, 2)),
    (lambda key, values: [(key, sum(1 for _ in values))], ()),
    (lambda key, values: [key], ()),
]
SEEING = [
    *(
        lambda k, v: v,
        lambda k, v: list(v),
        lambda k, v: [next(v)],
        lambda k, v: [e or 1 for e in v],
    ),
    *(lambda k, v: [e[-1] for e in v], lambda k, v: [e[:1] for e in v], lambda *k: [1], list),
    *(lambda k, v: [len(e) for e in v], lambda k, v: [e[0] for e in v if e]),
    lambda k, v: [e or 1 for e in v],
    *(lambda k, v: [locals() for e in v], lambda k, v: [(lambda: e)() for e in v], lambda k: k),
]


@pytest.mark.parametrize(("fn", "places"), READING)
def test_what_is_read_is_found_and_the_rest_stays_where_it_is(fn, places) -> None:
    reads = places_read(fn, 1)
    assert reads is not None and reads.places == places
    elements = [("ab"[n % 2], n, object()) for n in range(9)]
    if 2 in places:
        elements = [(key, n, str(n)) for key, n, _ in elements]
        elements = [(key, str(n), text) for key, n, text in elements]
    shape = RowShape(as_cut("t", "key", 0), as_cut("t", "sort", 1), reads)
    found = grouped([elements], shape, fn)
    wanted = [fn(key, iter([e for e in elements if e[0] == key])) for key in "ab"]
    assert sorted(found) == sorted(result for some in wanted for result in some)
    # An object cannot be ordered or sent, so that all of this came without it.


@pytest.mark.parametrize("fn", SEEING)
def test_who_may_see_whole_values_gets_them(fn) -> None:
    assert places_read(fn, 1) is None


@pytest.mark.parametrize("fn", [fn for fn, _ in READING[:3]])
def test_a_function_that_finds_too_few_parts_fails_as_it_would(fn) -> None:
    shape = RowShape(as_cut("t", "key", 0), None, places_read(fn, 1))
    for elements in ([("a",)], [("a",), ["a"]], [("a", []), ("a",)]):
        with pytest.raises((IndexError, ValueError, TypeError)) as wanted:
            list(fn("a", iter(elements)))
        with pytest.raises(RunError, match=r"is no tuple|fn of toolkit failed") as failed:
            grouped([elements], shape, fn)
        assert "no tuple" in str(failed.value) or type(wanted.value).__name__ in str(failed.value)


Point = namedtuple("Point", "x y z")
value = st.none() | st.integers(0, 2) | st.text("ab", max_size=1)
part = st.tuples(value, value, st.integers(0, 9))
odd = part.map(list) | part.map(lambda e: Point(*e)) | part.map(lambda e: dict(enumerate(e)))
elements = st.lists(part | part | odd, max_size=12) | st.lists(part, max_size=12)
# Each as positions, as what is seen to be them, and as what has to be called.
KEYS = [
    (lambda e: e[0], lambda e: getitem(e, 0), 1),
    (lambda e: (e[0], e[1]), lambda e: tuple(map(partial(getitem, e), (0, 1))), 2),
    (lambda e: (e[1], e[0]), lambda e: (getitem(e, 1), getitem(e, 0)), 2),
]


@settings(max_examples=120)
@given(
    st.lists(elements, min_size=1, max_size=3),
    st.sampled_from(KEYS),
    st.sampled_from([None, *KEYS]),
    st.booleans(),
    st.sampled_from([1 << 24, 300]),
)
def test_groups_are_the_same_whether_functions_are_seen_through_or_called(
    parts, keys, sorts, reverse, memory
) -> None:
    def by(way: int) -> list[str]:
        shape = shape_of(keys[way], None if sorts is None else sorts[way])
        assert (shape.key.taken is None) == way
        found = grouped(parts, shape, listed, reverse=reverse and sorts is not None, memory=memory)
        return sorted(map(repr, found))

    assert by(0) == by(1)


def test_keys_that_are_seen_send_nothing_besides_the_elements() -> None:
    rows = [("a", n, "x") for n in range(50)]
    for key, columns in ((lambda e: e[0], 3), (lambda e: e[0].upper(), 4)):
        blocks = sent(Sending(call_with(), shape_of(key, lambda e: e[1]), 1), [rows])
        (batch,) = [decode_block(block) for _, block in blocks[0]]
        assert batch_rows(batch) == 50 and batch.num_columns == columns


def test_a_function_that_is_seen_through_fails_as_it_does_when_called() -> None:
    for rows in ([("a", 1), ("b",)], [("a", 1), 5], [("a", 1), None]):
        with pytest.raises(RunError, match="the key function of toolkit failed") as failed:
            grouped([rows], shape_of(lambda e: e[1]))
        assert f"element     {rows[1]!r}" in str(failed.value)
        assert "test_rdd_recognised.py" in str(failed.value)
