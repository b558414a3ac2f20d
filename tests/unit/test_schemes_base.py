"""What every scheme can rely on: how rows are handed to a writer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.files import Split
from cascade2spark.flows.definition import FlowDef
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import Avro, Parquet, RowReader, RowWriter, Scheme, SourceInfo
from cascade2spark.schemes.base import encoded
from cascade2spark.taps import Hfs, MemoryTap
from tests.unit.stored_files import refuse, stored

N = Fields("n")


class Numbers(RowWriter):
    """Writes a digit a row, and holds back all but whole tens."""

    def __init__(self) -> None:
        self.held = b""
        self.calls = 0

    def start(self) -> bytes:
        return b"<"

    def encode(self, rows: Sequence[tuple[Any, ...]]) -> bytes:
        self.calls += 1
        for row in rows:
            if not isinstance(row[0], int):
                raise RunError("no number", row=row)
        data = self.held + b"".join([b"%d" % (row[0] % 10) for row in rows])
        whole = len(data) // 10 * 10
        self.held = data[whole:]
        return data[:whole]

    def finish(self) -> bytes:
        return self.held + b">"


@attrs.frozen
class Digits(Scheme):
    """A format that is not lines: digits between brackets."""

    source_fields: Fields = N
    sink_fields: Fields = N
    num_sink_parts: int = 0
    extension = "digits"
    part_suffix = ".digits"

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Any:
        yield Path(split.path).read_bytes()

    def reader(self, source: SourceInfo) -> RowReader[bytes]:
        return DigitReader()

    def writer(self, fields: Fields) -> RowWriter:
        return Numbers()


class DigitReader(RowReader[bytes]):
    def rows(self, blocks: Any, on_bad: Any) -> Any:
        for block in blocks:
            assert (block[:1], block[-1:]) == (b"<", b">")
            yield [(int(chr(digit)),) for digit in block[1:-1]]


@given(st.lists(st.integers(0, 9) | st.none(), max_size=60))
def test_law_bad_rows_are_left_out_and_the_others_keep_their_order(values: list[Any]) -> None:
    writer, bad = Numbers(), []
    rows = [(value,) for value in values]
    data, taken = encoded(writer, rows, lambda error, row: bad.append(row))
    good = [value for value in values if value is not None]
    assert writer.start() + data + writer.finish() == f"<{''.join(map(str, good))}>".encode()
    assert taken == len(good)
    assert bad == [(None,)] * (len(values) - len(good))


def test_one_bad_row_of_many_costs_few_calls() -> None:
    writer = Numbers()
    rows: list[Any] = [(1,)] * 1000
    rows[700] = (None,)
    encoded(writer, rows, lambda error, row: None)
    assert writer.calls <= 2 * 11


def test_the_first_failure_that_raises_ends_it() -> None:
    def refuse(error: Exception, row: Any) -> None:
        raise error

    with pytest.raises(RunError, match="no number"):
        encoded(Numbers(), [(1,), (None,)], refuse)


@pytest.mark.parametrize("count", [0, 3, 25])
def test_a_format_of_ones_own_needs_no_lines(tmp_path: Path, count: int) -> None:
    rows = [(number % 10,) for number in range(count)]
    pipe, sink, back = Pipe("p"), Hfs(Digits(), tmp_path / "out"), MemoryTap()
    for source, target in ((MemoryTap("n", rows), sink), (sink, back)):
        flow_def = FlowDef().add_source(pipe, source).add_tail_sink(pipe, target)
        LocalFlowConnector().connect(flow_def).complete()
    (part,) = (tmp_path / "out").glob("part-*")
    assert part.name == "part-00000.digits"
    assert part.read_text() == f"<{''.join(str(number) for (number,) in rows)}>"
    assert back.rows == rows
    with Hfs(Digits(), tmp_path / "opened").open_for_write() as out:
        for row in rows:
            out.add(row)
    assert (tmp_path / "opened" / "part-00000.digits").read_text() == part.read_text()


@pytest.mark.parametrize("kind", [Parquet, Avro])
def test_files_of_other_stores_are_read_by_ranges(tmp_path: Path, kind: Any) -> None:
    fields = Fields(["n", "t"], [int, str])
    rows = [(number, "x" * 50) for number in range(3000)]
    path = stored(kind(fields), rows, tmp_path / "f")
    with fsspec.open("memory://formats/f", "wb") as file:
        file.write(path.read_bytes())
    tap = Hfs(kind(), "memory://formats/f")
    assert [tuple(entry.get_tuple()) for entry in tap.open_for_read()] == rows
    (info,) = tap.list_files()
    source = SourceInfo(fields, (0,))
    found = [
        row
        for split in tap.scheme.splits(info, info.size // 3, source)
        for batch in tap.scheme.reader(source).rows(tap.scheme.blocks(split, source, 999), refuse)
        for row in batch
    ]
    assert found == [(number,) for number, _ in rows]
