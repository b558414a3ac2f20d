"""Short texts get the same codes by their bytes as by Arrow's dictionary."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.short_texts import short_codes, short_order

# Zeros look like what is left of a word.
TEXTS = st.lists(
    st.text("a\0b\u00e9", max_size=3) | st.text("a\0b", min_size=4, max_size=7), min_size=1
)


@given(TEXTS, st.booleans(), st.integers(0, 3))
def test_codes_and_distinct_values_are_those_of_a_dictionary(
    texts: list[str], is_binary: bool, start: int
) -> None:
    column = pa.array((texts * 600)[:600], pa.string())
    column = (column.cast(pa.binary()) if is_binary else column).slice(start)
    found = short_codes(column)
    wanted = column.dictionary_encode()
    assert found is not None
    assert wanted.indices.to_pylist() == found[0].tolist()
    assert wanted.dictionary.equals(found[1])


@given(st.lists(st.binary(max_size=7), min_size=1, max_size=40), st.booleans())
def test_distinct_values_are_ordered_as_the_texts_are(some: list[bytes], is_binary: bool) -> None:
    # Half of them are equal but for zeros at their ends, which are what fills a word up.
    made = {*some, *[one[:6] + b"\0" for one in some], *[b"%d" % n for n in range(600)]}
    values = sorted(value for value in made if is_binary or value.isascii())
    mixed = values[1::2] + values[::2]
    column = pa.array(mixed, pa.binary()) if is_binary else pa.array([v.decode() for v in mixed])
    order = short_order(column)
    assert order is not None
    assert values == [mixed[place] for place in order.tolist()]


def test_what_is_longer_null_or_no_text_is_left_to_others() -> None:
    assert short_codes(pa.array(["a" * 7] * 600)) is not None
    assert short_codes(pa.array(["a" * 8, *["a"] * 599])) is None
    assert short_codes(pa.array(["a" * 9] * 600)) is None
    assert short_codes(pa.array([None, *["a"] * 599])) is None
    assert short_codes(pa.array(range(600))) is None
    assert short_codes(pa.array(["a"] * 9)) is None
