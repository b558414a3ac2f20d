"""Sequence files as columns: what the reader of rows gives, or no columns."""

from __future__ import annotations

import pytest

from cascade2spark.batch.batches import NotColumns, rows_of
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import SourceInfo, WritableSequenceFile
from tests.unit.stored_files import read, stored

AB = Fields("a", "b")
ROWS = [(n, f"é{n}") for n in range(2000)]


def as_columns(scheme, path, wanted=None, target=9000) -> tuple[list[tuple], int]:
    """Return the rows that came as columns, and how many blocks did not."""
    source = SourceInfo(scheme.source_fields, wanted)
    kernel = reader_kernel(scheme, source)
    assert kernel is not None
    rows, refused = [], 0
    for split in scheme.splits(FileInfo(str(path), path.stat().st_size), target, source):
        for block in scheme.blocks(split, source, 999):
            try:
                rows += rows_of(kernel(block))
            except NotColumns:
                refused += 1
    return rows, refused


@pytest.mark.parametrize("wanted", [None, (0,), (1,), (1, 0)])
@pytest.mark.parametrize(
    ("scheme", "rows"),
    [
        (WritableSequenceFile(AB, "LongWritable", "Text"), ROWS),
        (WritableSequenceFile(AB, "IntWritable", "Text", compression="block"), ROWS),
        (WritableSequenceFile(AB, "FloatWritable", "BooleanWritable"), [(0.5, True), (1.5, False)]),
        (
            WritableSequenceFile(AB, "DoubleWritable", "BytesWritable"),
            [(-0.0, b"\xff"), (1e9, b"")],
        ),
        (WritableSequenceFile(AB, "NullWritable", "my.Class"), [(None, b"x"), (None, b"")]),
    ],
)
def test_columns_hold_the_rows(scheme, rows, wanted, tmp_path) -> None:
    path = stored(scheme, rows, tmp_path / "part-00000")
    expected = read(scheme, path, wanted)
    assert (list(map(repr, expected)), 0) == (
        list(map(repr, as_columns(scheme, path, wanted)[0])),
        as_columns(scheme, path, wanted)[1],
    )


def test_a_source_of_no_fields_is_read_as_rows() -> None:
    scheme = WritableSequenceFile(AB, "LongWritable", "Text")
    assert reader_kernel(scheme, SourceInfo(AB, ())) is None


def test_what_columns_cannot_hold_is_left_to_the_rows(tmp_path) -> None:
    maps = WritableSequenceFile(Fields("m"), "MapWritable")
    path = stored(maps, [({"a": 1},)], tmp_path / "maps")
    assert ([], 1) == as_columns(maps, path)
    plain = WritableSequenceFile(AB, "LongWritable", "Text")
    path = stored(plain, ROWS[:9], tmp_path / "pairs")
    other = WritableSequenceFile(AB.apply_types(str, int), "LongWritable", "Text")
    assert ([], 1) == as_columns(other, path)
    path.write_bytes(path.read_bytes()[:-1])
    rows, refused = as_columns(plain, path)
    assert (ROWS[:8], 1) == (rows, refused)
    bad: list[BadRecord] = []
    assert ROWS[:8] == read(plain, path, bad=bad) and len(bad) == 1
