"""Typed columns of text stay in fields of their own, and mean what the source's values mean."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from cascade2spark.scalding.job import Job, Mode
from cascade2spark.scalding.sources import TypedTsv
from cascade2spark.scalding.typed import TypedPipe

TEXT = "x\t1\t1.5\n\t\t\ny\tnone\t2\n"


class Pair(NamedTuple):
    name: str
    number: int
    share: float


class Upper(TypedTsv):
    def to_value(self, row: tuple) -> tuple:
        return (str(row[0]).upper(), *row[1:])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.tsv").write_text(TEXT)


def values_of(pipe: TypedPipe) -> list:
    return pipe.to_iterable_execution().wait_for()


@pytest.mark.parametrize("then", [None, lambda row: row], ids=["as read", "mapped"])
@pytest.mark.parametrize(
    "types", [(str, int, float), (str, int | None, float | None), Pair], ids=str
)
def test_values_are_those_of_the_source(types, then) -> None:
    source = TypedTsv("in.tsv", types)
    rows = [("x", 1, 1.5), (None, None, None), ("y", None, 2.0)]
    pipe = TypedPipe.from_(source) if then is None else TypedPipe.from_(source).map(then)
    found = values_of(pipe)
    assert [source.to_value(row) for row in rows] == found
    assert {type(source.to_value(rows[0]))} == set(map(type, found))


def test_a_source_that_makes_values_of_its_own_is_asked() -> None:
    found = values_of(TypedPipe.from_(Upper("in.tsv", (str, int, float))))
    assert [("X", 1, 1.5), ("NONE", None, None), ("Y", None, 2.0)] == found


def test_columns_are_grouped_without_being_made_tuples() -> None:
    rows = TypedPipe.from_(TypedTsv("in.tsv", (str, int, float)))
    totals = rows.group_by(lambda row: row[0] or "-").map_group(
        lambda key, found: [sum(number for _, number, _ in found)]
    )
    assert [("-", 0), ("x", 1), ("y", 0)] == sorted(values_of(totals))


class Rewritten(Job):
    def build(self) -> None:
        rows = TypedPipe.from_(TypedTsv("in.tsv", (str, int, float)))
        rows.write(TypedTsv("out.tsv", (str, int, float)))


def test_rows_are_written_as_they_are(tmp_path) -> None:
    assert Rewritten().run(Mode.local())
    assert "x\t1\t1.5\n\t0\t0.0\ny\t0\t2.0\n" == (tmp_path / "out.tsv").read_text()
