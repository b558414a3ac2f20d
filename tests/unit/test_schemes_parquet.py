"""Parquet: rows and columns that are read, filters, and what files are refused."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.errors import BuildError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Parquet, ParquetTupleScheme, SourceInfo
from cascade2spark.taps import Hfs
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    DateType,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    int_,
)
from tests.unit.stored_files import read, stored

ABC = Fields("a", "b", "c").apply_types(String, Long, Double)
ROWS = [("x", 1, 0.5), (None, None, None), ("é", -(2**63), float("inf"))]


def written(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    assert read(Parquet(ABC), path) == ROWS
    assert pq.read_table(path).to_pydict() == {
        "a": ["x", None, "é"],
        "b": [1, None, -(2**63)],
        "c": [0.5, None, float("inf")],
    }


def test_a_file_without_rows_is_whole(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), [], tmp_path / "f")
    assert read(Parquet(ABC), path) == []
    assert pq.read_schema(path).names == ["a", "b", "c"]


def test_fields_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), ROWS[:1], tmp_path / "f")
    assert read(Parquet(Fields("c", "a")), path) == [(0.5, "x")]


def test_only_wanted_columns_are_read(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    # The column chunks in front of the wanted one are spoilt: nobody looks at them.
    start = pq.read_metadata(path).row_group(0).column(2).dictionary_page_offset
    data = bytearray(path.read_bytes())
    data[4:start] = b"\xff" * (start - 4)
    path.write_bytes(data)
    assert read(Parquet(ABC), path, wanted=(2,)) == [(0.5,), (None,), (float("inf"),)]
    with pytest.raises(TapError, match="is damaged"):
        read(Parquet(ABC), path)


def test_no_column_wanted_still_counts_rows(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    assert read(Parquet(ABC), path, wanted=()) == [(), (), ()]


def test_undeclared_fields_are_the_columns_with_their_types(tmp_path: Path) -> None:
    kinds = {
        "s": (pa.int16(), Short),
        "i": (pa.int32(), Integer),
        "l": (pa.int64(), Long),
        "f": (pa.float32(), Float),
        "d": (pa.float64(), Double),
        "t": (pa.string(), String),
        "z": (pa.bool_(), Boolean),
        "n": (pa.decimal128(9, 2), BigDecimal),
        "y": (pa.date32(), Object),
        "x": (pa.binary(), Object),
    }
    arrays = {name: pa.array([None], kind) for name, (kind, _) in kinds.items()}
    (tmp_path / "in").mkdir()
    written(tmp_path / "in" / "f", **arrays)
    found = Hfs(Parquet(), tmp_path / "in").retrieve_source_fields()
    assert list(found) == list(kinds)
    assert found.get_types() == tuple(ours for _, ours in kinds.values())


def test_values_of_other_kinds(tmp_path: Path) -> None:
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    path = written(
        tmp_path / "f",
        day=pa.array([datetime.date(2020, 1, 2)]),
        time=pa.array([moment], pa.timestamp("ns")),
        price=pa.array([Decimal("1.50")]),
        raw=pa.array([b"\x00\xff"]),
        many=pa.array([[1, None]]),
        inner=pa.array([{"k": "v", "n": [1]}]),
        map=pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        word=pa.array(["w"]).dictionary_encode(),
    )
    names = Fields("day", "time", "price", "raw", "many", "inner", "map", "word")
    expected = (
        datetime.date(2020, 1, 2),
        moment,
        Decimal("1.50"),
        b"\x00\xff",
        [1, None],
        {"k": "v", "n": [1]},
        {"a": 1},
        "w",
    )
    assert read(Parquet(names), path) == [expected]


def test_declared_types_apply(tmp_path: Path) -> None:
    path = written(tmp_path / "f", n=pa.array(["1", None]), m=pa.array([1.9, None]))
    scheme = Parquet(Fields("n", "m"), types=[Long, int_])
    assert read(scheme, path) == [(1, 1), (None, 0)]
    when = Parquet(Fields("day"), types=[DateType("yyyy-MM-dd")])
    day = written(tmp_path / "g", day=pa.array([datetime.date(1970, 1, 2)]))
    assert read(when, day) == [(86_400_000,)]


@pytest.mark.parametrize("wanted", [None, (1,)])
def test_a_value_that_cannot_become_its_type_is_a_bad_record(
    tmp_path: Path, wanted: tuple[int, ...] | None
) -> None:
    path = written(tmp_path / "f", n=["1", "one", "3"], m=[1, 2, 3])
    bad: list[Any] = []
    scheme = Parquet(Fields("n", "m"), types=[Long, Long])
    rows = read(scheme, path, wanted, bad)
    assert rows == ([(1, 1), (3, 3)] if wanted is None else [(1,), (3,)])
    (error,) = bad
    assert error.payload == ("one", 2)
    assert error.details == {"file": str(path), "row": 1}


def test_a_value_that_python_has_nothing_for_is_a_bad_record(tmp_path: Path) -> None:
    late = pa.array([0, 400_000 * 365], pa.int32()).cast(pa.date32())
    twice = pa.array([[("k", 1)], [("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))
    path = written(tmp_path / "f", d=late, m=twice)
    bad: list[Any] = []
    assert read(Parquet(Fields("d")), path, bad=bad) == [(datetime.date(1970, 1, 1),)]
    assert read(Parquet(Fields("m")), path, bad=bad) == [({"k": 1},)]
    shown = [str(error.payload[0]) for error in bad]
    assert shown == ["<value out of range: 146000000>", "[('k', 1), ('k', 2)]"]
    assert [error.details["row"] for error in bad] == [1, 1]


def test_bytes_that_are_no_text_are_a_bad_record(tmp_path: Path) -> None:
    path = written(tmp_path / "f", t=["good", "bad", "ok"])
    path.write_bytes(path.read_bytes().replace(b"bad", b"\xffad"))
    bad: list[Any] = []
    assert read(Parquet(Fields("t")), path, bad=bad) == [("good",), ("ok",)]
    assert [error.payload for error in bad] == [(b"\xffad",)]
    with pytest.raises(NotColumns, match="not UTF-8"):
        columns_read(Parquet(Fields("t")), path, None)


def test_every_row_group_belongs_to_one_range(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pq.write_table(pa.table({"a": list(range(1000))}), path, row_group_size=100)
    scheme, source = Parquet(Fields("a")), SourceInfo(Fields("a"))
    expected = [(number,) for number in range(1000)]
    size = path.stat().st_size
    for target in (0, 1, size // 3, size // 2, size * 2):
        assert read(scheme, path, target=target) == expected
    splits = scheme.splits(FileInfo(str(path), size), 1, source)
    assert len(splits) == 10
    assert [splits[0].start, splits[-1].end] == [0, size]
    # The beginning of a range, as it is taken to look at some rows, has its first row group.
    (begin,) = [b.table.num_rows for b in scheme.blocks(splits[0], source, 1 << 20)]
    assert begin == 100


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    with pytest.raises(TapError) as caught:
        read(Parquet(Fields("a", "B2")), path)
    assert str(caught.value).splitlines() == [
        f"{path} has no column of this name",
        "  asked for   'B2'",
        "  available   'a': String, 'b': Long, 'c': Double",
        "  nearest     'b'",
    ]


@pytest.mark.parametrize("keep", [3, 200])
def test_a_file_that_is_cut_off_or_of_another_kind(tmp_path: Path, keep: int) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(TapError, match=r"f is no Parquet file, or is cut off"):
        read(Parquet(ABC), path)


# -- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([("n", ">=", 7)], [7, 8, 9]),
        ([("n", ">", 7), ("n", "!=", 8)], [9]),
        ([("n", "<", 2)], [0, 1]),
        ([("n", "<=", 2), ("t", "!=", "t1")], [0, 2]),
        ([("n", "in", [3, 30])], [3]),
        ([("n", "==", None)], [None]),
        ([("n", "!=", None)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ([("n", "!=", 5)], [0, 1, 2, 3, 4, 6, 7, 8, 9, None]),
        ([("t", "==", "t4")], [4]),
        ([("n", "<", 0)], []),
    ],
)
def test_rows_meet_all_conditions(tmp_path: Path, conditions: Any, expected: Any) -> None:
    numbers = [*range(10), None]
    table = pa.table({"n": numbers, "t": [f"t{number}" for number in numbers]})
    pq.write_table(table, tmp_path / "f", row_group_size=3)
    scheme = Parquet(Fields("n"), filter=conditions)
    assert read(scheme, tmp_path / "f") == [(number,) for number in expected]
    assert columns_read(scheme, tmp_path / "f", None) == [(number,) for number in expected]


def test_row_groups_without_matches_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pq.write_table(pa.table({"n": list(range(30))}), path, row_group_size=10)
    data = bytearray(path.read_bytes())
    begin = pq.read_metadata(path).row_group(1).column(0).dictionary_page_offset
    data[4:begin] = b"\xff" * (begin - 4)
    path.write_bytes(data)
    assert read(Parquet(Fields("n"), filter=[("n", ">", 27)]), path) == [(28,), (29,)]
    with pytest.raises(TapError, match="is damaged"):
        read(Parquet(Fields("n"), filter=[("n", "==", 5)]), path)


def test_filters_that_do_not_fit(tmp_path: Path) -> None:
    path = written(tmp_path / "f", n=[1])
    with pytest.raises(TapError) as caught:
        read(Parquet(Fields("n"), filter=[("n", ">", "x")]), path)
    assert str(caught.value).startswith(f"the filter of {path} cannot compare 'n'\n")
    with pytest.raises(TapError, match="has no column of this name"):
        read(Parquet(Fields("n"), filter=[("m", ">", 1)]), path)
    with pytest.raises(BuildError, match="each a name, an operator and a value"):
        Parquet(filter=["n > 1"])
    with pytest.raises(BuildError, match="unknown operator in a filter"):
        Parquet(filter=[("n", "=", 1)])
    with pytest.raises(BuildError, match="null can be equal, but not less or greater"):
        Parquet(filter=[("n", "<", None)])


def test_a_filter_in_javas_place(tmp_path: Path) -> None:
    path = written(tmp_path / "f", n=[1, 2])
    scheme = ParquetTupleScheme([("n", ">", 1)], Fields("n"))
    assert read(scheme, path) == [(2,)]
    assert list(ParquetTupleScheme(["n", "m"]).source_fields) == ["n", "m"]
    assert scheme != ParquetTupleScheme(Fields("n"))
    assert ParquetTupleScheme([("n", ">", 1)]).source_fields.is_unknown()


# -- columns ---------------------------------------------------------------------------------------


def columns_read(scheme: Parquet, path: Path, wanted: tuple[int, ...] | None) -> list[Any]:
    source = SourceInfo(scheme.source_fields, wanted)
    kernel = reader_kernel(scheme, source)
    assert kernel is not None
    (split,) = scheme.splits(FileInfo(str(path), path.stat().st_size), 0, source)
    return [row for b in scheme.blocks(split, source, 1 << 20) for row in rows_of(kernel(b))]


@pytest.mark.parametrize("wanted", [None, (2, 0), (1,)])
def test_columns_are_read_as_the_rows_are(tmp_path: Path, wanted: Any) -> None:
    path = stored(Parquet(ABC), ROWS, tmp_path / "f")
    assert columns_read(Parquet(ABC), path, wanted) == read(Parquet(ABC), path, wanted)


def test_narrow_numbers_are_widened(tmp_path: Path) -> None:
    path = written(
        tmp_path / "f",
        i=pa.array([1, None], pa.int8()),
        f=pa.array([0.1, None], pa.float32()),
        w=pa.array(["x", None]).dictionary_encode(),
        d=pa.array([datetime.date(2020, 1, 1), None]),
        z=pa.nulls(2),
    )
    scheme = Parquet(Fields("i", "f", "w", "d", "z"))
    assert columns_read(scheme, path, None) == read(scheme, path)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([[1]]), "no column type"),
        (pa.array([2**64 - 1], pa.uint64()), "beyond 64 bits"),
        (pa.array([3_000_000, -1], pa.int32()).cast(pa.date32()), "year"),
    ],
)
def test_what_has_no_column_is_left_to_the_rows(
    tmp_path: Path, column: pa.Array, reason: str
) -> None:
    path = written(tmp_path / "f", a=column)
    with pytest.raises(NotColumns, match=reason):
        columns_read(Parquet(Fields("a")), path, None)
    bad: list[Any] = []
    assert read(Parquet(Fields("a")), path, bad=bad) == [(column[-1].as_py(),)]


def test_rows_and_columns_alternate_in_one_file(tmp_path: Path) -> None:
    fields = Fields("a", "b", "c", "d").apply_types(String, Integer, Float, Boolean)
    scheme = Parquet(fields)
    writer = scheme.writer(fields)
    kernel = writer_kernel(scheme, fields, writer)
    assert kernel is not None
    rows = [("x", 1, 0.5, True), (None, None, None, None), ("y", -5, 2.0, False)]
    parts = [
        writer.start(),
        writer.encode(rows[:1]),
        kernel(columns_of(rows[1:], 4)),
        kernel(columns_of([], 4)),
        writer.encode(rows),
        writer.finish(),
    ]
    (tmp_path / "f").write_bytes(b"".join(parts))
    assert read(scheme, tmp_path / "f") == [*rows, *rows]


@pytest.mark.parametrize(
    "row", [(1, 1), ("x", "1"), ("x", 2**40), ("x", None), ("x", True), ("x", 1.0)]
)
def test_columns_that_need_coercion_are_left_to_the_rows(row: tuple[Any, ...]) -> None:
    fields = Fields("a", "b").apply_types(String, int_)
    scheme = Parquet(fields)
    kernel = writer_kernel(scheme, fields, scheme.writer(fields))
    assert kernel is not None
    with pytest.raises(NotColumns):
        kernel(columns_of([row], 2))


VALUES = st.tuples(
    st.none() | st.text(st.characters(codec="utf-8"), max_size=4),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
)


@given(st.lists(VALUES, max_size=20), st.booleans())
@settings(max_examples=25)
def test_law_what_is_written_is_read(tmp_path_factory: Any, rows: list[Any], columns: bool) -> None:
    path = tmp_path_factory.mktemp("law") / "f"
    scheme = Parquet(ABC)
    writer = scheme.writer(ABC)
    kernel = writer_kernel(scheme, ABC, writer)
    assert kernel is not None
    body = kernel(columns_of(rows, 3)) if columns else writer.encode(rows)
    path.write_bytes(writer.start() + body + writer.finish())
    assert read(scheme, path) == rows == columns_read(scheme, path, None)
