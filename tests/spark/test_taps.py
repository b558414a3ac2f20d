"""What flows read and write on Spark: RDDs, DataFrames, rows of the driver, part files."""

from __future__ import annotations

import gzip
import resource
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cascade2spark.errors import TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, Identity
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import keep_if
from cascade2spark.pipes import Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.spark.session import acquire_context
from cascade2spark.taps import DataFrameTap, FileTap, Hfs, MemoryTap, RDDTap, SinkMode
from tests.spark.running import lines_of, on_spark, parts_of, run

ROWS = [("a", 1), ("b", 2), (None, 3)]
KV = Fields("k", "v")


def test_an_rdd_goes_in_and_out_and_may_be_used_after_the_flow(sc: Any) -> None:
    sources = {
        "p": RDDTap(sc.parallelize(ROWS, 2), KV),
        "q": MemoryTap(Fields("k", "w"), [("a", "x"), (None, "y")]),
    }
    joined = HashJoin(Pipe("p"), Fields("k"), Pipe("q"), Fields("k"), Fields("k", "v", "k2", "w"))
    sink = RDDTap()
    run(on_spark(sc), sources, {"tail": sink}, Pipe("tail", joined))
    expected = [("a", 1, "a", "x"), (None, 3, None, "y")]
    assert expected == sink.rdd.collect()
    # Even what was kept of it is lost: the rows are made again.
    for kept in sc._jsc.getPersistentRDDs().values():
        kept.unpersist(True)
    assert expected == sink.rdd.collect()


def test_several_branches_reach_one_sink_in_memory_in_merge_order(sc: Any) -> None:
    sources = {
        "p": MemoryTap(KV, ROWS),
        "q": MemoryTap(KV, [("c", 4)]),
        "r": RDDTap(sc.parallelize([["d", 5]], 1), KV),
    }
    merged = Merge("m", Pipe("r"), Each(Pipe("q"), KV, Identity()), Pipe("p"))
    expected = [("d", 5), ("c", 4), *ROWS]
    sinks = {"one": MemoryTap(), "two": RDDTap(), "three": DataFrameTap()}
    run(on_spark(sc), sources, sinks, *(Pipe(name, merged) for name in sinks))
    assert expected == sinks["one"].rows
    assert sorted(expected, key=repr) == sorted(sinks["two"].rdd.collect(), key=repr)
    assert sorted(expected, key=repr) == sorted(map(tuple, sinks["three"].df.collect()), key=repr)


def test_a_data_frame_goes_in_and_out(sc: Any) -> None:
    session = SparkSession.builder.getOrCreate()
    frame = session.createDataFrame(
        [("a", 1, None), ("b", None, None)], "k string, v int, n string"
    )
    sink, empty = DataFrameTap(), DataFrameTap()
    none = Each(Pipe("none", p := Pipe("p")), Fields("k"), keep_if(lambda k: False))
    tails = [Pipe("all", p), none]
    run(on_spark(session), {"p": DataFrameTap(frame)}, {"all": sink, "none": empty}, *tails)
    assert [("a", 1, None), ("b", None, None)] == [tuple(row) for row in sink.df.collect()]
    assert ["k", "v", "n"] == sink.df.columns == empty.df.columns
    assert [] == empty.df.collect()
    mixed = DataFrameTap()
    with pytest.raises(TapError, match="no one column type") as refused:
        run(on_spark(sc), {"p": MemoryTap(KV, [("a", 1), ("b", 2.5)])}, {"p": mixed}, Pipe("p"))
    assert "float" in str(refused.value) and "test_taps.py" in str(refused.value)


def test_contexts_and_sessions_are_used_and_left_alone(sc: Any) -> None:
    for given in (None, sc, SparkSession.builder.getOrCreate()):
        assert acquire_context(given) is sc
        sink = MemoryTap()
        run(on_spark(given), {"p": MemoryTap(KV, ROWS)}, {"p": sink}, Pipe("p"))
        assert ROWS == sink.rows
    assert [2] == sc.parallelize([1]).map(lambda x: x + 1).collect()
    fake = type("SparkSession", (), {"__module__": "pyspark.sql.connect.session"})
    with pytest.raises(Unsupported, match="Connect"):
        acquire_context(fake())
    with pytest.raises(Unsupported, match="takes a SparkContext"):
        acquire_context("local[2]")


def test_a_sample_does_not_decide_the_run(sc: Any, tmp_path: Path) -> None:
    # The held side is larger than what a sample reads of it.
    (tmp_path / "big").write_text("".join(f"{n}\t{'x' * 50}\n" for n in range(40_000)))
    sources = {
        "p": MemoryTap(Fields("n"), [("1",), ("39999",)]),
        "q": Hfs(TextDelimited(Fields("m", "w"), False, "\t"), str(tmp_path / "big")),
    }
    joined = HashJoin(Pipe("p"), Fields("n"), Pipe("q"), Fields("m"))
    counted = Each(joined, Fields("n", "m"), Identity())
    sink = MemoryTap()
    flow = on_spark(sc).connect(sources, sink, counted)
    assert [("1", "1")] == flow.peek(counted)
    flow.complete()
    assert [("1", "1"), ("39999", "39999")] == sink.rows


def test_a_sample_of_an_rdd_reads_its_beginning_only(sc: Any) -> None:
    read = sc.accumulator(0)

    def counting(row: Any) -> Any:
        read.add(1)
        return row

    given = sc.parallelize([(number,) for number in range(60_000)], 6).map(counting)
    flow = on_spark(sc).connect(RDDTap(given, Fields("n")), MemoryTap(), p := Pipe("p"))
    assert [(0,), (1,), (2,)] == flow.peek(p, 3)
    assert 0 < read.value < 50_000


def test_part_files_headers_and_modes(sc: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = [(f"k{n}", n) for n in range(10)]

    def write(scheme: Any, mode: SinkMode, folder: Path = out, keep: bool = True) -> None:
        kept = Each(
            GroupBy(Pipe("p"), "k", partitions=3), "k", keep_if(lambda k: keep and k > "k3")
        )
        run(on_spark(sc), {"p": MemoryTap(KV, rows)}, {"p": Hfs(scheme, str(folder), mode)}, kept)

    plain, headed = TextDelimited(KV, False, ","), TextDelimited(KV, True, ",")
    write(plain, SinkMode.KEEP)
    first = parts_of(out)
    assert sorted(f"k{n},{n}" for n in range(4, 10)) == sorted(lines_of(first))
    write(plain, SinkMode.UPDATE)
    both = parts_of(out)
    assert first == {name: lines for name, lines in both.items() if name in first}
    assert 2 * len(first) == len(both)
    write(headed, SinkMode.REPLACE)
    assert {"k,v"} == {lines[0] for lines in parts_of(out).values()}
    assert 6 + len(parts_of(out)) == sum(map(len, parts_of(out).values()))
    write(headed, SinkMode.REPLACE, keep=False)
    assert {} == parts_of(out)  # no rows: no header either, and still _SUCCESS
    with pytest.raises(TapError, match="exists already"):
        write(plain, SinkMode.KEEP)
    write(TextDelimited(KV, False, ",", compression="gzip"), SinkMode.REPLACE)
    packed = [gzip.decompress(path.read_bytes()) for path in sorted(out.glob("part-*.gz"))]
    assert lines_of(first) == b"".join(packed).decode().splitlines()
    assert [] == [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_one_file_has_one_header(sc: Any, tmp_path: Path) -> None:
    grouped = GroupBy(Pipe("p"), "k", partitions=3)
    tap = FileTap(TextDelimited(KV, True, ","), str(tmp_path / "one.csv"), SinkMode.REPLACE)
    rows = [(f"k{n}", n) for n in range(5)]
    run(on_spark(sc), {"p": MemoryTap(KV, rows)}, {"p": tap}, grouped)
    lines = (tmp_path / "one.csv").read_text().splitlines()
    assert "k,v" == lines[0]
    assert [f"k{n},{n}" for n in range(5)] == sorted(lines[1:])


def test_a_target_that_cannot_be_written_is_a_tap_error(sc: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    target = Hfs(TextLine(), str(tmp_path / "file" / "below"), SinkMode.REPLACE)
    with pytest.raises(TapError, match="file"):
        run(on_spark(sc), {"p": MemoryTap(KV, ROWS)}, {"p": target}, Pipe("p"))
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


class Confined(BaseOperation, Function):
    """Passes rows on; while it is at work, its process may write small files only."""

    def __init__(self) -> None:
        super().__init__(1, Fields("x"))

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    def operate(self, flow_process: Any, function_call: Any) -> None:
        function_call.get_output_collector().add(("x" * 5000,))

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_a_disk_that_takes_no_more_is_a_tap_error_and_leaves_the_old(
    sc: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("x")
    target = Hfs(TextLine(), str(out), SinkMode.REPLACE)
    with pytest.raises(TapError, match="cannot write") as failed:
        tail = Each(Pipe("p"), Fields("v"), Confined())
        run(on_spark(sc), {"p": MemoryTap(KV, ROWS)}, {"p": target}, tail)
    assert "File too large" in str(failed.value) and "part-00000" in str(failed.value)
    assert ["old"] == [path.name for path in out.iterdir()]
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


def test_statistics_and_step_listeners_tell_of_every_step(sc: Any) -> None:
    told: list[tuple[str, str]] = []

    class Listener:
        def __getattr__(self, name: str) -> Any:
            return lambda step, *_: told.append((name, step.name))

    tail = Every(GroupBy(Pipe("p"), "k"), Count(), Fields("k", "count"))
    flow = on_spark(sc).connect(MemoryTap(KV, ROWS), MemoryTap(), tail)
    flow.add_step_listener(Listener())
    flow.complete()
    for step in flow.get_stats().steps:
        assert 1 == told.count(("on_step_starting", step.name))
        assert 1 == told.count(("on_step_completed", step.name))
        assert step.is_successful()
