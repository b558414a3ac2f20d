"""Partitioned output on Spark: several tasks, retried ones, many folders, columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.counters import StepCounters
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import (
    DelimitedPartition,
    Hfs,
    MemoryTap,
    MultiSinkTap,
    NamedPartition,
    PartitionTap,
    RDDTap,
    SinkMode,
)
from tests.spark.running import on_spark, run

KV = Fields("k", "v")
ROWS = [(number * 7919 % 60, number) for number in range(3000)]


def lines_by_folder(path: Path) -> Counter[tuple[str, str]]:
    return Counter(
        (part.parent.relative_to(path).as_posix(), line)
        for part in path.rglob("part-*")
        if part.is_file()
        for line in part.read_text().split("\n")[:-1]
    )


EXPECTED = Counter((str(k), str(v)) for k, v in ROWS)


def forms_of(flow: Any) -> set[str | None]:
    sites = flow.get_stats().site_stats()
    assert not any(site.fallbacks for site in sites)
    return {site.form for site in sites}


@pytest.mark.parametrize("form", ["auto", "rows"])
def test_several_tasks_write_one_partition_with_few_files_open(
    sc: Any, tmp_path: Path, form: str
) -> None:
    tap = PartitionTap(Hfs(TextLine(), tmp_path / "o"), DelimitedPartition("k"), 7)
    source = RDDTap(sc.parallelize(ROWS, 3), KV)
    flow = run(on_spark(sc, form=form), {"p": source}, {"q": tap}, Pipe("q", Pipe("p")))
    assert lines_by_folder(tmp_path / "o") == EXPECTED
    tasks = {part.name.split("-")[1] for part in (tmp_path / "o" / "7").iterdir()}
    assert tasks == {"00000", "00001", "00002"}
    assert flow.get_stats().get_counter_value(StepCounters.Tuples_Written) == len(ROWS)


def test_columns_go_to_their_folders_and_come_back_as_columns(sc: Any, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("".join(f"{k % 4}\t{v}\t{v * 2}\n" for k, v in ROWS))
    scheme = TextDelimited(Fields("k", "v", "w").apply_types(int, int, str))
    tap = PartitionTap(Hfs(TextDelimited(), tmp_path / "o"), NamedPartition(Fields("k", int)))
    copy = Pipe("q", Pipe("p"))
    flow = run(on_spark(sc), {"p": Hfs(scheme, tmp_path / "in")}, {"q": tap}, copy)
    assert forms_of(flow) == {"columns"}
    found = lines_by_folder(tmp_path / "o")
    assert found == Counter((f"k={k % 4}", f"{v}\t{v * 2}") for k, v in ROWS)
    source = PartitionTap(
        Hfs(TextDelimited(Fields("v", "w").apply_types(int, str)), tmp_path / "o"),
        NamedPartition(Fields("k", int)),
    )
    back = Hfs(TextDelimited(Fields("k", "v")), tmp_path / "back")
    flow = run(on_spark(sc), {"p": source}, {"q": back}, copy)
    assert forms_of(flow) == {"columns"}
    lines = Counter(line for _, line in lines_by_folder(tmp_path / "back").elements())
    assert lines == Counter(f"{k % 4}\t{v}" for k, v in ROWS)


def test_rows_without_a_folder_fail_or_are_trapped_and_nothing_stays(
    sc: Any, tmp_path: Path
) -> None:
    given = [("a", 1), ("../b", 2), ("", 3)]
    tap = PartitionTap(Hfs(TextLine(), tmp_path / "o"), DelimitedPartition("k"))
    sources = {"p": MemoryTap(KV, given)}
    pipe = Pipe("q", Pipe("p"))
    with pytest.raises(RunError, match="holds the delimiter"):
        run(on_spark(sc), sources, {"q": tap}, pipe)
    assert list(tmp_path.iterdir()) == []
    caught, second = MemoryTap(), MemoryTap(Fields("v"))
    run(on_spark(sc), sources, {"q": MultiSinkTap(tap, second)}, pipe, traps={"q": caught})
    assert lines_by_folder(tmp_path / "o") == Counter([("a", "1")])
    assert sorted(caught.rows) == [("", 3), ("../b", 2)]
    assert second.rows == [(1,), (2,), (3,)]


def test_modes_of_a_partitioned_sink(sc: Any, tmp_path: Path) -> None:
    for mode, value in ((SinkMode.KEEP, 1), (SinkMode.UPDATE, 2), (SinkMode.REPLACE, 3)):
        tap = PartitionTap(Hfs(TextLine(), tmp_path / "o", mode), DelimitedPartition("k"))
        run(on_spark(sc), {"p": MemoryTap(KV, [("a", value)])}, {"q": tap}, Pipe("q", Pipe("p")))
        if mode is SinkMode.UPDATE:
            assert lines_by_folder(tmp_path / "o") == Counter([("a", "1"), ("a", "2")])
    assert lines_by_folder(tmp_path / "o") == Counter([("a", "3")])


def test_a_value_made_by_a_function_may_name_the_folder(sc: Any, tmp_path: Path) -> None:
    tap = PartitionTap(Hfs(TextLine(), tmp_path / "o"), DelimitedPartition("odd"))
    pipe = Each(Pipe("p"), Fields("v"), function("odd")(lambda v: v % 2 == 1), Fields("odd", "v"))
    run(on_spark(sc), {"p": MemoryTap(KV, [("a", 1), ("b", 2)])}, {"p": tap}, pipe)
    assert lines_by_folder(tmp_path / "o") == Counter([("true", "1"), ("false", "2")])
