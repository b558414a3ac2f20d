"""Avro container files: projection, types, blocks, what is refused."""

from __future__ import annotations

import datetime
import io
import json
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.errors import BuildError, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Avro, AvroScheme, SourceInfo
from cascade2spark.taps import Hfs
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Object,
    String,
    long_,
)
from tests.unit.stored_files import read, stored

fastavro = pytest.importorskip("fastavro", reason="the extra [avro] is not installed")

ABC = Fields("a", "b", "c").apply_types(String, Long, Double)
ROWS = [("x", 1, 0.5), (None, None, None), ("é", -(2**63), float("inf"))]


def written(path: Path, fields: list[Any], records: list[Any], **more: Any) -> Path:
    schema = {"type": "record", "name": "R", "namespace": "n", "fields": fields}
    with path.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), records, **more)
    return path


def field(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "type": kind}


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_what_is_written_others_read(tmp_path: Path, codec: str) -> None:
    path = stored(Avro(ABC, compression=codec), ROWS, tmp_path / "f")
    with path.open("rb") as file:
        found = fastavro.reader(file)
        assert found.codec == codec
        assert [tuple(record.values()) for record in found] == ROWS
    assert read(Avro(ABC), path) == ROWS


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2"])
def test_what_others_write_is_read(tmp_path: Path, codec: str) -> None:
    records = [{"a": f"text {number}", "b": number} for number in range(3000)]
    fields = [field("a", "string"), field("b", "long")]
    path = written(tmp_path / "f", fields, records, codec=codec, sync_interval=500)
    expected = [(number, f"text {number}") for number in range(3000)]
    for target in (0, 1 + path.stat().st_size // 7, 100):
        assert read(Avro(Fields("b", "a")), path, target=target) == expected


def test_a_file_without_rows_is_whole(tmp_path: Path) -> None:
    path = stored(Avro(ABC), [], tmp_path / "f")
    assert read(Avro(ABC), path) == []
    with path.open("rb") as file:
        assert list(fastavro.reader(file)) == []


def test_only_wanted_fields_are_decoded(tmp_path: Path) -> None:
    path = stored(Avro(ABC), ROWS, tmp_path / "f")
    assert read(Avro(ABC), path, wanted=(2,)) == [(0.5,), (None,), (float("inf"),)]
    assert read(Avro(ABC), path, wanted=()) == [(), (), ()]
    source = SourceInfo(ABC, (2,))
    scheme = Avro(ABC)
    (split,) = scheme.splits(FileInfo(str(path), path.stat().st_size), 0, source)
    (block,) = scheme.blocks(split, source, 1 << 20)
    assert [one["name"] for one in block.schema["fields"]] == ["c"]


def test_a_type_defined_in_a_field_that_is_dropped(tmp_path: Path) -> None:
    inner = {"type": "record", "name": "I", "fields": [field("x", "int")]}
    path = written(
        tmp_path / "f", [field("a", inner), field("b", "n.I")], [{"a": {"x": 1}, "b": {"x": 2}}]
    )
    assert read(Avro(Fields("b")), path) == [({"x": 2},)]


def test_undeclared_fields_are_those_of_the_schema(tmp_path: Path) -> None:
    kinds: dict[str, tuple[Any, Any]] = {
        "i": ("int", Integer),
        "l": (["null", "long"], Long),
        "f": ("float", Float),
        "d": ("double", Double),
        "t": ("string", String),
        "z": ("boolean", Boolean),
        "e": ({"type": "enum", "name": "E", "symbols": ["A"]}, String),
        "n": (
            {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2},
            BigDecimal,
        ),
        "y": ({"type": "int", "logicalType": "date"}, Object),
        "m": ({"type": "map", "values": "int"}, Object),
        "u": (["int", "string"], Object),
    }
    record = {
        "i": 1,
        "l": None,
        "f": 0.5,
        "d": 0.1,
        "t": "x",
        "z": True,
        "e": "A",
        "n": Decimal("1.25"),
        "y": datetime.date(2020, 1, 2),
        "m": {"k": 1},
        "u": "x",
    }
    (tmp_path / "in").mkdir()
    fields = [field(name, kind) for name, (kind, _) in kinds.items()]
    written(tmp_path / "in" / "f", fields, [record])
    tap = Hfs(Avro(), tmp_path / "in")
    found = tap.retrieve_source_fields()
    assert list(found) == list(kinds)
    assert found.get_types() == tuple(ours for _, ours in kinds.values())
    assert [tuple(e.get_tuple()) for e in tap.open_for_read()] == [tuple(record.values())]


@pytest.mark.parametrize("wanted", [None, (1,)])
def test_a_value_that_cannot_become_its_type_is_a_bad_record(
    tmp_path: Path, wanted: tuple[int, ...] | None
) -> None:
    path = written(
        tmp_path / "f",
        [field("n", "string"), field("m", "long")],
        [{"n": "1", "m": 1}, {"n": "one", "m": 2}],
    )
    bad: list[Any] = []
    scheme = Avro(Fields("n", "m"), types=[Long, Long])
    assert read(scheme, path, wanted, bad) == ([(1, 1)] if wanted is None else [(1,)])
    (error,) = bad
    assert error.payload == ("one", 2)
    assert error.details["file"] == str(path)


def test_a_block_that_cannot_be_decoded_is_a_bad_record(tmp_path: Path) -> None:
    records = [{"a": f"text {number}"} for number in range(100)]
    fields = [field("a", "string")]
    path = written(tmp_path / "f", fields, records, codec="deflate", sync_interval=300)
    data = path.read_bytes()
    with path.open("rb") as file:
        blocks = list(fastavro.block_reader(file))
    begin = blocks[1].offset
    spoilt = bytearray(data)
    spoilt[begin + 6 : begin + 12] = b"\xff" * 6
    path.write_bytes(spoilt)
    bad: list[Any] = []
    rows = read(Avro(Fields("a")), path, bad=bad)
    (error,) = bad
    assert len(rows) == 100 - blocks[1].num_records
    assert error.headline == f"a block of {path} cannot be decoded"
    assert error.details["offset"] == begin
    assert error.payload == (bytes(spoilt[begin : begin + blocks[1].size]),)


def test_a_file_that_is_cut_off_or_of_another_kind(tmp_path: Path) -> None:
    path = stored(Avro(ABC, compression="null"), ROWS * 9, tmp_path / "f")
    data = path.read_bytes()
    for keep in (20, len(data) - 5):
        path.write_bytes(data[:keep])
        with pytest.raises(TapError, match="f is cut off, or damaged"):
            read(Avro(ABC), path)
    path.write_bytes(data[:-5] + b"XXXXX")
    with pytest.raises(TapError, match="a block does not end where it says"):
        read(Avro(ABC), path)
    path.write_bytes(b"a,b,c\n")
    with pytest.raises(TapError, match="f is no Avro container file"):
        read(Avro(ABC), path)


def test_a_damaged_header(tmp_path: Path) -> None:
    path = stored(Avro(ABC), ROWS, tmp_path / "f")
    data = path.read_bytes()
    for old, wrong in ((b'"name": "a"', b'"nome": "a"'), (b'"name": "a"', b'"name": "a ')):
        path.write_bytes(data.replace(old, wrong, 1))
        with pytest.raises(TapError, match=r"f has no schema in its header"):
            read(Avro(ABC), path)
    path.write_bytes(data.replace(b'"fields"', b'"fialds"', 1))
    with pytest.raises(TapError, match="f lacks what a record needs"):
        read(Avro(ABC), path)
    # A length of four exabytes.
    path.write_bytes(data[:5] + b"\xff" * 8 + b"\x7f" + data[14:])
    with pytest.raises(TapError, match="f is cut off, or damaged"):
        read(Avro(ABC), path)


def test_records_that_are_no_records(tmp_path: Path) -> None:
    into = io.BytesIO()
    fastavro.writer(into, "int", [1])
    (tmp_path / "f").write_bytes(into.getvalue())
    with pytest.raises(TapError, match=r"the records of .*/f are no Avro records"):
        read(Avro(ABC), tmp_path / "f")


def test_a_missing_field_names_the_nearest(tmp_path: Path) -> None:
    path = stored(Avro(ABC), ROWS, tmp_path / "f")
    with pytest.raises(TapError) as caught:
        read(Avro(Fields("aa")), path)
    assert str(caught.value).splitlines() == [
        f"{path} has no field of this name",
        "  asked for   'aa'",
        "  available   'a': String, 'b': Long, 'c': Double",
        "  nearest     'a'",
    ]


def test_values_are_coerced_to_their_fields(tmp_path: Path) -> None:
    fields = Fields("i", "l", "t", "n").apply_types(Integer, long_, String, BigDecimal)
    path = stored(Avro(fields), [("12", None, 1.5, "2.5"), (3, True, "x", None)], tmp_path / "f")
    assert read(Avro(fields), path) == [
        (12, 0, "1.5", Decimal("2.5")),
        (3, 1, "x", None),
    ]


@pytest.mark.parametrize(
    "row", [("x", 1), ("x", 2**63, 1.0), ("x", "one", 1.0), ("\ud800", 1, 1.0)]
)
def test_a_row_that_does_not_fit_leaves_nothing_behind(
    tmp_path: Path, row: tuple[Any, ...]
) -> None:
    writer = Avro(ABC).writer(ABC)
    with pytest.raises(RunError, match=r"a row .*cannot be written") as caught:
        writer.encode([ROWS[0], row])
    assert caught.value.row == row
    data = writer.start() + writer.encode(ROWS[:1]) + writer.finish()
    (tmp_path / "f").write_bytes(data)
    assert read(Avro(ABC), tmp_path / "f") == ROWS[:1]


def test_a_schema_is_given_as_text_or_as_an_object(tmp_path: Path) -> None:
    schema = {
        "type": "record",
        "name": "R",
        "fields": [field("id", "int"), field("tags", {"type": "array", "items": "string"})],
    }
    for scheme in (Avro(schema=schema), AvroScheme(json.dumps(schema)), AvroScheme(schema)):
        assert list(scheme.sink_fields) == ["id", "tags"]
        path = stored(scheme, [(1, ["a"]), (2, [])], tmp_path / "f")
        assert read(Avro(Fields("tags", "id")), path) == [(["a"], 1), ([], 2)]
    with pytest.raises(RunError, match="a row cannot be written"):
        Avro(schema=schema).writer(Fields("id", "tags")).encode([(None, [])])
    with pytest.raises(PlanError) as caught:
        Avro(schema=schema).writer(Fields("tag"))
    assert "nearest     'tags'" in str(caught.value)
    assert AvroScheme(Fields("a", "b"), [str, int]).fields.get_types() == (String, Long)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (stored(Avro(ABC), ROWS, tmp_path / name).read_bytes() for name in "fg")
    assert one == other


def test_what_cannot_be_built() -> None:
    with pytest.raises(BuildError, match="unknown compression"):
        Avro(compression="snappy")
    with pytest.raises(BuildError, match="an Avro schema is JSON"):
        Avro(schema="record R")
    with pytest.raises(BuildError, match="is one of a record"):
        Avro(schema='"int"')
    bad = {"type": "record", "name": "R", "fields": [field("a", "number")]}
    with pytest.raises(BuildError, match="this is no Avro schema"):
        Avro(schema=bad).writer(Fields("a"))
    with pytest.raises(PlanError, match="fields without a type cannot be written as Avro"):
        Avro(Fields("a")).writer(Fields("a"))
    with pytest.raises(PlanError, match="rows of any width"):
        Avro().trap_writer(Fields.UNKNOWN)


def test_the_extra_is_named_when_its_package_is_missing(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(BuildError) as caught:
        Avro()
    assert 'pip install "cascade2spark[avro]"' in str(caught.value)


def test_it_is_frozen_data() -> None:
    schema = {"type": "record", "name": "R", "fields": [field("id", "int")]}
    scheme = Avro(schema=schema)
    assert pickle.loads(pickle.dumps(scheme)) == scheme == Avro(schema=json.dumps(schema))
    assert hash(scheme) == hash(Avro(schema=schema))
    assert scheme != Avro(Fields("id"), types=[Integer])


def test_part_files_have_its_name(tmp_path: Path) -> None:
    tap = Hfs(Avro(ABC), tmp_path / "out")
    with tap.open_for_write() as out:
        out.add(ROWS[0])
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["_SUCCESS", "part-00000.avro"]


VALUES = st.tuples(
    st.none() | st.text(st.characters(codec="utf-8"), max_size=4),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
)


@given(st.lists(VALUES, max_size=20), st.integers(1, 400))
@settings(max_examples=25)
def test_law_any_ranges_give_the_rows(tmp_path_factory: Any, rows: list[Any], target: int) -> None:
    path = tmp_path_factory.mktemp("law") / "f"
    records = [dict(zip("abc", row, strict=True)) for row in rows]
    fields = [
        field(name, ["null", kind])
        for name, kind in zip("abc", ("string", "long", "double"), strict=True)
    ]
    written(path, fields, records, sync_interval=40)
    assert read(Avro(ABC), path, target=target) == rows
