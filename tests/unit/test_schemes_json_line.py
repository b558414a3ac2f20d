"""Lines of JSON, and the scheme of nothing."""

from __future__ import annotations

import datetime
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import columns_of
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.errors import BuildError, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock
from cascade2spark.schemes import JsonLine, NullScheme, SourceInfo
from cascade2spark.taps import Hfs
from cascade2spark.types import DateType, int_
from tests.unit.stored_files import refuse

AB = Fields("a", "b")


def read(
    scheme: JsonLine,
    text: str | bytes,
    wanted: tuple[int, ...] | None = None,
    bad: list[Any] | None = None,
) -> list[tuple[Any, ...]]:
    data = text.encode() if isinstance(text, str) else text
    reader = scheme.reader(SourceInfo(scheme.source_fields, wanted))
    on_bad = refuse if bad is None else bad.append
    return [row for rows in reader.rows([LineBlock(data, 0, "f", True)], on_bad) for row in rows]


def test_fields_are_keys() -> None:
    text = '{"b": 2, "a": "x", "c": []}\n{"a": null}\r\n{}\n'
    assert read(JsonLine(AB), text) == [("x", 2), (None, None), (None, None)]
    assert read(JsonLine(AB), text, wanted=(1,)) == [(2,), (None,), (None,)]


def test_values_are_pythons() -> None:
    text = '{"a": {"k": [1, 2.5, true, null]}, "b": 12345678901234567890}\n'
    assert read(JsonLine(AB), text) == [({"k": [1, 2.5, True, None]}, 12345678901234567890)]


def test_a_name_with_dots_goes_into_objects() -> None:
    scheme = JsonLine(Fields("a.b", "a.b.c"))
    text = '{"a": {"b": {"c": 1}}}\n{"a.b": 2, "a": {"b": 3}}\n{"a": 4}\n'
    assert read(scheme, text) == [({"c": 1}, 1), (2, None), (None, None)]


def test_declared_types_apply() -> None:
    scheme = JsonLine(AB, types=[int_, DateType("yyyy-MM-dd")])
    assert read(scheme, '{"a": "7", "b": "1970-01-02"}\n{}\n') == [(7, 86_400_000), (0, None)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"a": 1', "a line is not JSON: Expecting ',' delimiter"),
        ("[1]", "a line is not a JSON object"),
        ("", "a line is not JSON"),
        ('{"a": "x"}', "a value cannot become its type"),
    ],
)
@pytest.mark.parametrize("wanted", [None, (1,)])
def test_a_line_that_cannot_be_read_is_a_bad_record(line: str, what: str, wanted: Any) -> None:
    bad: list[Any] = []
    scheme = JsonLine(AB, types=[int, str])
    rows = read(scheme, f'{{"a": 1}}\n{line}\n', wanted, bad)
    assert rows == ([(1, None)] if wanted is None else [(None,)])
    (error,) = bad
    assert error.headline.startswith(what)
    assert error.payload == (line,)
    assert error.details["offset"] == 9


def test_empty_lines_may_be_skipped() -> None:
    scheme = JsonLine(AB, fail_on_empty_lines=False)
    assert read(scheme, '\n{"a": 1}\n  \n') == [(1, None)]


def test_undeclared_keys_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        Hfs(JsonLine(), tmp_path).retrieve_source_fields()
    assert "reads" in caught.value.headline
    assert 'JsonLine(Fields("a", "b"))' in str(caught.value)


def test_rows_are_objects() -> None:
    writer = JsonLine().writer(Fields("é", "b", "c"))
    moment = datetime.datetime(2020, 1, 2, 3, 4)
    rows = [("ü", None, True), ([1, (2,)], {"k": moment}, datetime.date(2020, 1, 2))]
    assert (
        writer.encode(rows).decode() == '{"é":"ü","b":null,"c":true}\n'
        '{"é":[1,[2]],"b":{"k":"2020-01-02T03:04:00"},"c":"2020-01-02"}\n'
    )


def test_decimals_keep_their_digits() -> None:
    writer = JsonLine().writer(AB)
    rows = [(Decimal("1.50"), [Decimal("1E+3")]), ("\0" + "1\0", 2)]
    text = '{"a":1.50,"b":[1E+3]}\n{"a":"\\u00001\\u0000","b":2}\n'
    assert writer.encode(rows).decode() == text


def test_a_type_with_a_text_of_its_own_gives_the_text() -> None:
    fields = AB.apply_types(DateType("yyyy-MM-dd"), int)
    assert JsonLine().writer(fields).encode([(0, 0), (None, 1)]) == (
        b'{"a":"1970-01-01","b":0}\n{"a":null,"b":1}\n'
    )


@pytest.mark.parametrize("value", [float("nan"), b"x", object(), {(1,): 2}, Decimal("NaN")])
def test_what_json_has_nothing_for(value: Any) -> None:
    with pytest.raises(RunError, match="a row cannot be written as JSON") as caught:
        JsonLine().writer(AB).encode([(1, 2), (value, 1)])
    assert caught.value.row == (value, 1)
    with pytest.raises(RunError, match="a row of 1 values cannot be written to 2 fields"):
        JsonLine().writer(AB).encode([(1,)])


def test_other_charsets() -> None:
    assert JsonLine(charset="US-ASCII").writer(Fields("a")).encode([("é",)]) == (
        b'{"a":"\\u00e9"}\n'
    )
    with pytest.raises(PlanError, match="JsonLine cannot write utf-16, only read it"):
        JsonLine(charset="UTF-16").writer(AB)


def test_rows_without_names_cannot_be_written() -> None:
    with pytest.raises(PlanError, match="rows of any width"):
        JsonLine().trap_writer(Fields.UNKNOWN)


def test_it_is_frozen_data() -> None:
    scheme = JsonLine(AB, types=[int, str])
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert hash(scheme) == hash(JsonLine(AB, types=[int, str]))
    assert scheme.extension == "json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.lists(st.tuples(JSON, st.text(st.characters(codec="utf-8"), max_size=5)), max_size=5))
@settings(max_examples=30)
def test_law_what_is_written_is_read(rows: list[Any]) -> None:
    data = JsonLine(AB).writer(AB).encode(rows)
    if data:
        assert read(JsonLine(AB), data) == rows


# -- NullScheme ------------------------------------------------------------------------------------


def test_nothing_is_written_and_nothing_read(tmp_path: Path) -> None:
    tap = Hfs(NullScheme(), tmp_path / "out")
    with tap.open_for_write() as out:
        out.add((1, "x"))
        out.add(())
    assert [path.stat().st_size for path in (tmp_path / "out").iterdir()] == [0, 0]
    (tmp_path / "out" / "part-00001").write_text("not read\n")
    assert list(tap.open_for_read()) == []


def test_nothing_takes_columns_too() -> None:
    scheme, fields = NullScheme(AB, AB), AB
    kernel = writer_kernel(scheme, fields, scheme.writer(fields))
    assert kernel is not None
    assert kernel(columns_of([(1, 2)], 2)) == b""
    assert (scheme.source_fields, scheme.sink_fields) == (AB, AB)
    assert pickle.loads(pickle.dumps(scheme)) == scheme != NullScheme()
