"""Polars in one process: what is possible without Spark, and without Python functions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from benchmarks.asked import WARM_UP, answer

__all__: list[str] = []

Inputs = dict[str, str]

GAP_S = 1800
NAMES = ["user", "ts", "pin", "action", "amount"]
TYPED = {"ts": pl.Int64, "amount": pl.Int64}
TABLES = {
    "users": ["user", "name", "country"],
    "emails": ["user", "email"],
    "towns": ["user", "town"],
    "plans": ["user", "plan"],
}
USER = pl.col("user")


def _read(path: str, names: list[str], types: dict[str, type[pl.Int64]]) -> pl.LazyFrame:
    schema = {name: types.get(name, pl.String) for name in names}
    return pl.scan_csv(
        path, separator="\t", has_header=False, quote_char=None, schema=schema, glob=False
    )


def _plain(inputs: Inputs) -> pl.LazyFrame:
    return _read(inputs["events"], NAMES, {})


def _typed(inputs: Inputs) -> pl.LazyFrame:
    return _read(inputs["events"], NAMES, TYPED)


def _lines(path: str) -> pl.LazyFrame:
    # A separator that no line has: a line is one value.
    return pl.scan_csv(
        path, separator="\x01", has_header=False, quote_char=None, schema={"line": pl.String}
    )


def _write(frame: pl.LazyFrame, output: str) -> None:
    Path(output).mkdir(parents=True, exist_ok=True)
    frame.sink_csv(
        f"{output}/part-00000", include_header=False, separator="\t", quote_style="never"
    )


def count_lines(inputs: Inputs, output: str) -> None:
    _write(_lines(inputs["events"]).select(pl.len()), output)


def identity(inputs: Inputs, output: str) -> None:
    _write(_plain(inputs), output)


identity_rows = identity


def word_count(inputs: Inputs, output: str) -> None:
    words = _lines(inputs["words"]).select(pl.col("line").str.split(" ").explode())
    _write(words.group_by("line").len(), output)


word_count_char = word_count


def sum_by_key(inputs: Inputs, output: str) -> None:
    _write(_typed(inputs).group_by("action").agg(pl.col("amount").sum()), output)


def sum_by_user(inputs: Inputs, output: str) -> None:
    _write(_typed(inputs).group_by("user").agg(pl.col("amount").sum()), output)


def group_count(inputs: Inputs, output: str) -> None:
    """Whole rows are brought together, as the others do, or this would be another sum."""
    rows = _plain(inputs).group_by("user").agg(pl.struct(NAMES).alias("rows"))
    _write(rows.select("user", pl.col("rows").list.len()), output)


def secondary_sort_udf(inputs: Inputs, output: str) -> None:
    ordered = _typed(inputs).select("user", "ts").sort("user", "ts")
    is_new = (USER != USER.shift()) | (pl.col("ts").diff() > GAP_S)
    marked = ordered.select("user", is_new.fill_null(True).alias("is_new"))
    _write(marked.group_by("user").agg(pl.col("is_new").sum()), output)


secondary_sort_pruned = secondary_sort_udf


def secondary_sort_builtin(inputs: Inputs, output: str) -> None:
    ordered = _typed(inputs).select("user", "ts", "action").sort("user", "ts")
    action = pl.col("action")
    ends = (action.first().alias("first"), action.last().alias("last"), pl.len())
    _write(ordered.group_by("user", maintain_order=True).agg(*ends), output)


secondary_sort_builtin_pruned = secondary_sort_builtin


def _joined(inputs: Inputs, *tables: str) -> pl.LazyFrame:
    frame = _plain(inputs)
    for table in tables:
        frame = frame.join(_read(inputs[table], TABLES[table], {}), on="user")
    return frame


def join(inputs: Inputs, output: str) -> None:
    _write(_joined(inputs, "users"), output)


broadcast_join = join


def five_way(inputs: Inputs, output: str) -> None:
    _write(_joined(inputs, *TABLES), output)


def broadcast_join_rows(inputs: Inputs, output: str) -> None:
    label = pl.format("{}@{}", "name", "country").alias("label")
    _write(_joined(inputs, "users").select(*NAMES, label), output)


def fork_merge(inputs: Inputs, output: str) -> None:
    events, action = _typed(inputs), pl.col("action")
    kept = events.filter(action.is_in(["save", "share"])).with_columns(kind=pl.lit("kept"))
    shown = events.filter(action.is_in(["view", "share"])).with_columns(kind=pl.lit("shown"))
    sums = pl.concat([kept, shown]).group_by("user", "kind").agg(pl.col("amount").sum())
    _write(sums, output)


def six_udfs(inputs: Inputs, output: str) -> None:
    rows = _typed(inputs).with_columns(kind=pl.col("action").str.to_uppercase())
    rows = rows.filter(pl.col("kind") != "SHARE")
    rows = rows.with_columns(cents=pl.col("amount") * 100)
    rows = rows.with_columns(day=pl.col("ts") // 86_400)
    rows = rows.filter(pl.col("cents") <= 900_000)
    mixed = (pl.col("day") % 7).alias("weekday"), (pl.col("cents") + pl.col("day")).alias("mix")
    _write(rows.select(*NAMES, "kind", *mixed), output)


def six_builtins(inputs: Inputs, output: str) -> None:
    rows = _typed(inputs).filter(pl.col("pin").is_not_null())
    rows = rows.filter(pl.col("action").str.contains("^(view|click|save)$"))
    rows = rows.with_columns(pl.col("pin").str.replace("^p", "n"))
    rows = rows.with_columns(cents=pl.col("amount") * 100)
    rows = rows.with_columns(source=pl.lit("web"))
    _write(rows.with_columns(pl.col("amount").cast(pl.Float64)), output)


def main() -> None:
    """Run the job named on the command line: job, cores, inputs, warm-up inputs, output."""
    name, _cores, inputs, few, output = sys.argv[1:6]
    globals()[WARM_UP](json.loads(few), f"{output}-warm-up")
    job, paths = globals()[name], json.loads(inputs)
    answer(lambda: job(paths, output))


if __name__ == "__main__":
    main()
