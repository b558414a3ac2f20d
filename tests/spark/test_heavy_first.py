"""Heavy partitions begin first, and nothing else is different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark import Fields, Pipe, SparkFlowConnector, buffer, function
from cascade2spark.errors import RunError
from cascade2spark.schemes import TextDelimited
from cascade2spark.spark import lowering
from cascade2spark.spark.heavy_first import begun, heavy_first
from cascade2spark.spark.shuffle import exchanged
from cascade2spark.taps import Hfs, RDDTap

PARTITIONS = 8


def blocks(index: int, _: object) -> Any:
    for partition in range(PARTITIONS):
        yield partition, bytes(range(256)) * (200 if partition == 6 else 1)


def test_the_heaviest_partition_lies_in_front(sc: Any) -> None:
    pairs = sc.parallelize(range(2), 2).mapPartitionsWithIndex(blocks)
    moved, order = heavy_first(sc, exchanged(sc, [pairs], PARTITIONS), 2)
    assert order == (6, 0, 1, 2, 3, 4, 5, 7)
    found = moved.mapPartitions(lambda rows: [sorted({partition for partition, _ in rows})])
    assert found.collect() == [[number] for number in order]


def test_a_map_side_that_has_begun_runs_once(sc: Any) -> None:
    ran = sc.accumulator(0)

    def noted(index: int, rows: object) -> Any:
        ran.add(1)
        yield from blocks(index, rows)

    pairs = sc.parallelize(range(2), 2).mapPartitionsWithIndex(noted)
    moved = exchanged(sc, [pairs], PARTITIONS)
    assert begun(sc, moved) is not None
    assert moved.count() == 2 * PARTITIONS
    assert ran.value == 2


def test_nothing_begins_without_an_exchange(sc: Any) -> None:
    assert begun(sc, sc.parallelize(range(2), 2)) is None


@buffer("rows")
def counted(key: Any, rows: Any) -> Any:
    yield sum(1 for _ in rows)


@function("word")
def refused(word: str) -> str:
    raise ValueError(f"no {word}")


def run(sc: Any, path: str, sink: Any, pipe: Pipe) -> Any:
    properties = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}
    flow = SparkFlowConnector(sc, properties).connect(
        Hfs(TextDelimited(Fields("word", "number")), path), sink, pipe
    )
    flow.complete()
    return flow


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "words"
    some = (f"w{n % 40 if n % 2 else 'heavy'}\t{n}\n" for n in range(4000))
    path.write_text("".join(some))
    return str(path)


def parts(sc: Any, words: str, folder: Path) -> dict[str, bytes]:
    pipe = Pipe("words").group_by("word").every(Fields.ALL, counted, Fields("word", "rows"))
    run(sc, words, Hfs(TextDelimited(Fields.ALL), str(folder)), pipe)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_files_are_the_same(
    sc: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = parts(sc, words, tmp_path / "as-they-lie")
    orders: list[Any] = []

    def noted(*given: Any) -> Any:
        found = heavy_first(*given)
        orders.append(found[1])
        return found

    monkeypatch.setattr(lowering, "LEAST_BYTES", 0)
    monkeypatch.setattr(lowering, "heavy_first", noted)
    assert parts(sc, words, tmp_path / "moved") == expected
    [order] = orders
    assert order is not None
    assert order[0] != 0


def test_a_failure_before_the_exchange_is_told_as_ever(
    sc: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lowering, "LEAST_BYTES", 0)
    pipe = Pipe("words").each("word", refused).group_by("word").every(Fields.ALL, counted)
    with pytest.raises(RunError) as error:
        run(sc, words, Hfs(TextDelimited(Fields.ALL), str(tmp_path / "out")), pipe)
    assert "ValueError" in str(error.value)
    assert error.value.row is not None


def test_partitions_of_an_rdd_stay_where_they_are(
    sc: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lowering, "LEAST_BYTES", 0)
    moved: list[Any] = []
    monkeypatch.setattr(lowering, "heavy_first", lambda *given: moved.append(given))
    pipe = Pipe("words").group_by("word").every(Fields.ALL, counted, Fields("word", "rows"))
    run(sc, words, RDDTap(), pipe)
    assert moved == []
