"""Parquet between Spark's own reader and writer and ours, and what a path of Hadoop refuses."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.pipes import Each, Pipe
from cascade2spark.schemes import JsonLine, Parquet
from cascade2spark.taps import Hfs, MemoryTap, RDDTap
from cascade2spark.types import BigDecimal, Boolean, Double, Integer, Long, Short, String
from tests.spark.running import on_spark, run

FIELDS = Fields("t", "i", "l", "s", "d", "b", "n").apply_types(
    String, Integer, Long, Short, Double, Boolean, BigDecimal
)


def test_spark_reads_what_we_write(sc: Any, tmp_path: Path) -> None:
    session = SparkSession.builder.getOrCreate()
    rows = [(f"é{n}", n, 2**40 + n, n, n / 2, n % 2 == 0, Decimal(n)) for n in range(5)]
    rows.append((None,) * 7)
    run(
        on_spark(sc),
        {"p": RDDTap(sc.parallelize(rows, 2), FIELDS)},
        {"p": Hfs(Parquet(), tmp_path / "out")},
        Pipe("p"),
    )
    assert len(list((tmp_path / "out").glob("part-*.parquet"))) == 2
    frame = session.read.parquet(str(tmp_path / "out"))
    assert [kind for _, kind in frame.dtypes] == [
        "string",
        "int",
        "bigint",
        "smallint",
        "double",
        "boolean",
        "decimal(38,18)",
    ]
    assert sorted(map(tuple, frame.collect()), key=repr) == sorted(rows, key=repr)


def test_we_read_what_spark_writes(sc: Any, tmp_path: Path) -> None:
    session = SparkSession.builder.getOrCreate()
    day = datetime.date(2020, 1, 2)
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    frame = session.createDataFrame(
        [(n, f"é{n}", day, [n, None], {"k": n}, (n, "x"), moment) for n in range(9)],
        "n int, t string, d date, many array<int>, m map<string,int>, "
        "s struct<a:int,b:string>, w timestamp",
    )
    # The form that older Sparks have for every timestamp: 96 bits, without a zone, in UTC.
    session.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
    frame.coalesce(1).write.parquet(str(tmp_path / "in"))
    session.conf.unset("spark.sql.parquet.outputTimestampType")
    sink = MemoryTap()
    run(on_spark(sc), {"p": Hfs(Parquet(), tmp_path / "in")}, {"p": sink}, Pipe("p"))
    naive = moment.replace(tzinfo=None)
    assert sink.rows == [
        (n, f"é{n}", day, [n, None], {"k": n}, {"a": n, "b": "x"}, naive) for n in range(9)
    ]


def test_columns_go_through_and_only_those_needed_are_read(sc: Any, tmp_path: Path) -> None:
    rows = [(f"t{n}", n, n, n, n / 2, True, None) for n in range(3000)]
    run(
        on_spark(sc),
        {"p": MemoryTap(FIELDS, rows)},
        {"p": Hfs(Parquet(), tmp_path / "in")},
        Pipe("p"),
    )
    two = Each(Pipe("p"), Fields("l", "t"), Identity())
    source = Hfs(Parquet(), tmp_path / "in")
    flow = run(on_spark(sc), {"p": source}, {"p": Hfs(Parquet(), tmp_path / "out")}, two)
    assert "columns 0, 2\n        gives    t, l" in flow.plan_text("steps")
    sites = [site for step in flow.get_stats().steps for site in step.sites]
    assert {site.form for site in sites} == {"columns"}
    (part,) = (tmp_path / "out").glob("*.parquet")
    assert pq.read_table(part).to_pydict() == {"l": list(range(3000)), "t": [r[0] for r in rows]}


@pytest.mark.parametrize("engine", ["local", "spark"])
def test_a_trap_may_be_parquet(sc: Any, tmp_path: Path, engine: str) -> None:
    connector = on_spark(sc) if engine == "spark" else LocalFlowConnector()
    (tmp_path / "in").write_text('{"a": 1}\nno json\n{"a": 2}\n[]\n')
    source = Hfs(JsonLine(Fields("a"), types=[int]), tmp_path / "in")
    trap = Hfs(Parquet(Fields("line"), types=[str]), tmp_path / "trap")
    sink = MemoryTap()
    run(connector, {"p": source}, {"p": sink}, Pipe("p"), traps={"p": trap})
    assert sink.rows == [(1,), (2,)]
    assert [entry.get_string(0) for entry in trap.open_for_read()] == ["no json", "[]"]


def test_lines_of_json_go_through_hadoop(sc: Any, tmp_path: Path) -> None:
    (tmp_path / "in").write_text('{"a": "é", "b": 1}\n{"b": null}\n')
    name = f"m{uuid.uuid4().hex[:8]}"
    link = f"fs.viewfs.mounttable.{name}.link./data"
    sc._jsc.hadoopConfiguration().set(link, f"file://{tmp_path}")
    source = Hfs(JsonLine(Fields("b", "a")), f"viewfs://{name}/data/in")
    sink = MemoryTap()
    run(on_spark(sc), {"p": source}, {"p": sink}, Pipe("p"))
    sc._jsc.hadoopConfiguration().unset(link)
    assert sink.rows == [(1, "é"), (None, None)]


def test_parquet_is_not_read_through_hadoop(sc: Any) -> None:
    source = Hfs(Parquet(Fields("a")), "hdfs://nowhere/in")
    with pytest.raises(Unsupported) as caught:
        run(on_spark(sc), {"p": source}, {"p": MemoryTap()}, Pipe("p"))
    assert str(caught.value).splitlines()[0] == (
        "Parquet cannot be read through Hadoop, only lines of UTF-8 can"
    )
