"""Parquet: what can be written, with which schema, and into which files."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cascade2spark.errors import BuildError, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.schemes import Parquet, ParquetTupleScheme
from cascade2spark.taps import FileTap, Hfs, SinkMode
from cascade2spark.types import BigDecimal, Double, Integer, Long, String, long_
from tests.unit.stored_files import read, stored

ABC = Fields("a", "b", "c").apply_types(String, Long, Double)
ROWS = [("x", 1, 0.5), (None, None, None)]


def test_fields_without_types_cannot_be_written() -> None:
    with pytest.raises(PlanError) as caught:
        Parquet(Fields("a", "b")).writer(Fields("a", "b"))
    assert "fields without a type cannot be written as Parquet" in str(caught.value)
    assert "Parquet(fields, types=[...])" in str(caught.value)
    with pytest.raises(PlanError, match="rows of any width"):
        Parquet().trap_writer(Fields.UNKNOWN)


def test_the_types_of_the_stream_are_taken_where_the_sink_has_none(tmp_path: Path) -> None:
    path = stored(Parquet(), [("x", 1, 0.5)], tmp_path / "f", ABC)
    assert pq.read_schema(path).types == [pa.string(), pa.int64(), pa.float64()]


def test_values_are_coerced_to_their_columns(tmp_path: Path) -> None:
    fields = Fields("i", "l", "t", "n").apply_types(Integer, long_, String, BigDecimal)
    rows = [("12", None, 1.5, "2.5"), (3, True, "x", None)]
    path = stored(Parquet(fields), rows, tmp_path / "f")
    assert read(Parquet(fields), path) == [(12, 0, "1.5", Decimal("2.5")), (3, 1, "x", None)]
    assert not pq.read_schema(path).field("l").nullable


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("x", 1), "a row of 2 values cannot be written to 3 fields"),
        (("x", 2**63, 1.0), "a row cannot be written: 9223372036854775808 does not fit"),
        (("x", "one", 1.0), "a row cannot be written"),
    ],
)
def test_a_row_that_does_not_fit_leaves_nothing_behind(
    tmp_path: Path, row: tuple[Any, ...], message: str
) -> None:
    writer = Parquet(ABC).writer(ABC)
    with pytest.raises(RunError, match=message) as caught:
        writer.encode([ROWS[0], row])
    assert caught.value.row == row
    data = writer.start() + writer.encode(ROWS[:1]) + writer.finish()
    (tmp_path / "f").write_bytes(data)
    assert read(Parquet(ABC), tmp_path / "f") == ROWS[:1]


def test_a_schema_is_given_as_a_message_or_as_arrows(tmp_path: Path) -> None:
    message = """message m {
        required int32 id;
        optional binary name (UTF8);
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    }"""
    fields = Fields("name", "id", "tags")
    scheme = ParquetTupleScheme(fields, fields, message)
    rows = [("x", 1, ["a", None]), (None, 2, None)]
    path = stored(scheme, rows, tmp_path / "f")
    assert read(ParquetTupleScheme(fields), path) == rows
    assert pq.read_schema(path).field("id") == pa.field("id", pa.int32(), nullable=False)
    given = Parquet(Fields("id"), schema=pa.schema([("id", pa.int8())]))
    assert pq.read_schema(stored(given, [(1,)], tmp_path / "g")).types == [pa.int8()]
    with pytest.raises(RunError, match="null in 'id', which is required"):
        scheme.writer(fields).encode([("x", None, None)])
    with pytest.raises(PlanError) as caught:
        scheme.writer(Fields("nam"))
    assert "nearest     'name'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("message m { int32 a; }", "'int32' where required, optional or repeated is expected"),
        ("message m { required int33 a; }", "int33"),
        ("message m { required int32 a }", "where ';' is expected"),
        ("message m { }", "'}' where a field is expected"),
        ("massage m { required int32 a; }", "where 'message' is expected"),
        ("message m { required int32 a; } x", "the end of the text"),
    ],
)
def test_a_message_that_is_not_understood(text: str, expected: str) -> None:
    with pytest.raises(BuildError, match=expected):
        Parquet(Fields("a"), schema=text)


def test_what_cannot_be_built() -> None:
    with pytest.raises(BuildError, match="unknown compression"):
        Parquet(compression="gz")
    with pytest.raises(BuildError, match=r"a pyarrow.Schema or the text of a message"):
        Parquet(schema=3)
    with pytest.raises(BuildError, match="1 types were given for 2 fields"):
        Parquet(Fields("a", "b"), types=[int])


def test_it_is_frozen_data() -> None:
    scheme = Parquet(Fields("a"), schema="message m { required int32 a; }")
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert hash(scheme) == hash(Parquet(Fields("a"), schema="message m { required int32 a; }"))
    assert scheme != Parquet(Fields("a"))


def test_part_files_have_its_name_and_are_not_compressed_again(tmp_path: Path) -> None:
    tap = Hfs(Parquet(ABC), tmp_path / "out")
    with tap.open_for_write() as out:
        out.add(ROWS[0])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "_SUCCESS",
        "part-00000.parquet",
    ]
    with tap.open_for_read() as found:
        assert [tuple(entry.get_tuple()) for entry in found] == ROWS[:1]
    empty = Hfs(Parquet(ABC), tmp_path / "empty")
    empty.open_for_write().close()
    assert list(empty.open_for_read()) == []


def test_nothing_is_added_to_one_file(tmp_path: Path) -> None:
    with FileTap(Parquet(ABC), tmp_path / "f").open_for_write() as out:
        out.add(ROWS[0])
    assert read(Parquet(ABC), tmp_path / "f") == ROWS[:1]
    tap = FileTap(Parquet(ABC), tmp_path / "f", SinkMode.UPDATE)
    collector = tap.open_for_write()
    collector.add(ROWS[0])
    with pytest.raises(TapError, match=r"nothing can be added to .*/f: files of its kind"):
        collector.close()
    with pytest.raises(TapError, match="nothing can be added"):
        tap.new_commit().check()


def test_one_file_is_made_of_one_part(tmp_path: Path) -> None:
    commit = FileTap(Parquet(ABC), tmp_path / "f").new_commit()
    commit.prepare()
    manifests = []
    for part, rows in enumerate([[], ROWS, ROWS]):
        writer = Parquet(ABC).writer(ABC)
        with commit.place.open_part(part) as file:
            file.write(writer.start(), 0)
            file.write(writer.encode(rows), len(rows))
            file.write(writer.finish(), 0)
            manifests.append(file.close())
    with pytest.raises(TapError, match="is one file, and 2 partitions have rows for it"):
        commit.commit(manifests)
    assert not list(tmp_path.iterdir())


def test_one_file_skips_parts_without_rows(tmp_path: Path) -> None:
    commit = FileTap(Parquet(ABC), tmp_path / "f").new_commit()
    commit.prepare()
    manifests = []
    for part, rows in enumerate([[], ROWS]):
        writer = Parquet(ABC).writer(ABC)
        with commit.place.open_part(part) as file:
            file.write(writer.start() + writer.encode(rows) + writer.finish(), len(rows))
            manifests.append(file.close())
    commit.commit(manifests)
    assert read(Parquet(ABC), tmp_path / "f") == ROWS
