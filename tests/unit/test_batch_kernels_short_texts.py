"""Short texts get the same codes by their bytes as by Arrow's dictionary."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.short_texts import short_codes

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


def test_what_is_longer_null_or_no_text_is_left_to_others() -> None:
    assert short_codes(pa.array(["a" * 7] * 600)) is not None
    assert short_codes(pa.array(["a" * 8, *["a"] * 599])) is None
    assert short_codes(pa.array(["a" * 9] * 600)) is None
    assert short_codes(pa.array([None, *["a"] * 599])) is None
    assert short_codes(pa.array(range(600))) is None
    assert short_codes(pa.array(["a"] * 9)) is None
