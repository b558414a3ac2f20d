"""Held sides that the driver makes by itself: which those are, and that nobody can tell."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import Cascade2SparkError, FlowError
from cascade2spark.fields import Fields
from cascade2spark.operations import RegexFilter, RegexSplitGenerator
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, HashJoin, Merge, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.spark import lowering, made_here
from cascade2spark.taps import Hfs, MemoryTap, SinkMode
from tests.spark.running import lines_of, on_spark, parts_of, run

USERS = Fields(["id", "name"], [str, str])
ROWS = [("u1", 1), ("u2", 2), ("u1", 3), ("u9", 4), (None, 5)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Note how many blocks the driver made of each side that it tried to make."""
    found: list[int | None] = []
    make = lowering.blocks_made_here

    def noting(*given: Any) -> list[bytes] | None:
        blocks = make(*given)
        found.append(None if blocks is None else len(blocks))
        return blocks

    monkeypatch.setattr(lowering, "blocks_made_here", noting)
    return found


def users_in(folder: Path, name: str = "users.tsv") -> Path:
    text = "".join(f"u{number}\tname {number}\n" for number in range(9)).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text + b"\tnobody\n")
    return path


def joined(connector: Any, side: Pipe, folder: Path, users: Path, name: str) -> Any:
    """Run the join of some rows with a side; return the flow. The output has its name."""
    names = Fields("user", "n", "id", "name")
    tail = HashJoin(Pipe("rows"), "user", side, "id", names)
    rows = MemoryTap(Fields("user", "n"), ROWS)
    scheme = TextDelimited(USERS)
    sources = {"rows": rows, **{head: Hfs(scheme, str(users)) for head in heads_of(side)}}
    sink = Hfs(TextDelimited(Fields.ALL), str(folder / name), SinkMode.REPLACE)
    return run(connector, sources, {"t": sink}, Pipe("t", tail))


def heads_of(side: Pipe) -> list[str]:
    return [head.get_name() for head in side.get_heads()]


def both(sc: Any, side: Pipe, folder: Path, users: Path) -> Any:
    """Check Spark's rows against the local engine's; return Spark's flow."""
    joined(LocalFlowConnector(), side, folder, users, "local")
    flow = joined(on_spark(sc), side, folder, users, "spark")
    expected = lines_of(parts_of(folder / "local"))
    assert expected and expected == lines_of(parts_of(folder / "spark"))
    return flow


def test_a_small_file_of_text_is_made_by_the_driver(
    sc: Any, tmp_path: Path, made: list[int | None]
) -> None:
    flow = both(sc, Pipe("users"), tmp_path, users_in(tmp_path))
    assert [1] == made
    sites = {site.site.label: site for step in flow.stats.steps for site in step.sites}
    (source,) = [site for label, site in sites.items() if "source 'users'" in label]
    assert (10, 10, "columns") == (source.rows_in, source.rows_out, source.form)
    (join,) = [site for label, site in sites.items() if "HashJoin" in label]
    assert (15, 4) == (join.rows_in, join.rows_out)


def test_stock_operations_are_the_drivers_and_functions_the_workers(
    sc: Any, tmp_path: Path, made: list[int | None]
) -> None:
    users = users_in(tmp_path)
    both(sc, Each(Pipe("users"), Fields("name"), RegexFilter("name [12]")), tmp_path, users)
    assert [1] == made
    upper = Each(Pipe("users"), Fields("name"), function("name")(str.upper), Fields.REPLACE)
    both(sc, upper, tmp_path, users)
    both(sc, Merge(Pipe("users"), Pipe("more")), tmp_path, users)
    assert [1] == made


def test_what_is_large_or_unpacks_to_more_is_the_workers(
    sc: Any, tmp_path: Path, made: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    both(sc, Pipe("users"), tmp_path, users_in(tmp_path, "users.tsv.gz"))
    monkeypatch.setattr(made_here, "_MOST_BYTES", 50)
    both(sc, Pipe("users"), tmp_path, users_in(tmp_path))
    assert [] == made


def test_a_text_that_becomes_too_many_rows_is_weighed_by_workers(
    sc: Any, tmp_path: Path, made: list[int | None]
) -> None:
    users = tmp_path / "words.tsv"
    users.write_text("u1\t" + "word " * 2000 + "\n")
    words = RegexSplitGenerator(Fields("word"), " ")
    side = Each(Pipe("users"), Fields("name"), words, Fields("id", "name"))
    small = on_spark(sc, broadcast_max_bytes="1m")
    with pytest.raises(FlowError, match="too large to hold in every task") as refused:
        joined(small, side, tmp_path, users, "out")
    assert [None] == made
    assert "MiB serialised" in str(refused.value)


def test_a_side_without_rows_is_made_once(sc: Any, tmp_path: Path, made: list[int | None]) -> None:
    users = tmp_path / "none.tsv"
    users.write_text("")
    flow = joined(on_spark(sc), Pipe("users"), tmp_path, users, "out")
    assert [0] == made and [] == lines_of(parts_of(tmp_path / "out"))
    sites = [site for step in flow.stats.steps for site in step.sites]
    assert [0] == [site.rows_in for site in sites if "source 'users'" in site.site.label]


def test_an_error_is_that_of_a_worker(
    sc: Any, tmp_path: Path, made: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "bad.tsv"
    users.write_text("u1\tname\nu2\n")
    said = []
    for most in (1 << 20, 0):
        monkeypatch.setattr(made_here, "_MOST_BYTES", most)
        with pytest.raises(Cascade2SparkError) as failed:
            joined(on_spark(sc), Pipe("users"), tmp_path, users, "out")
        said.append(str(failed.value))
    assert [None] == made and said[0] == said[1] and "bad.tsv" in said[0]
