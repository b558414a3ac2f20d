"""The DataFrame API, reading and writing text as the others do."""

from __future__ import annotations

import sys

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from benchmarks.application import serve

__all__: list[str] = []

Inputs = dict[str, str]

GAP_S = 1800
PLAIN = "user string, ts string, pin string, action string, amount string"
TYPED = "user string, ts long, pin string, action string, amount long"
TABLES = {
    "users": "user string, name string, country string",
    "emails": "user string, email string",
    "towns": "user string, town string",
    "plans": "user string, plan string",
}


def _read(path: str, schema: str) -> DataFrame:
    return SparkSession.builder.getOrCreate().read.csv(path, sep="\t", schema=schema)


def _lines(path: str) -> DataFrame:
    return SparkSession.builder.getOrCreate().read.text(path)


def _write(frame: DataFrame, output: str) -> None:
    frame.write.mode("overwrite").csv(output, sep="\t")


def count_lines(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_lines(inputs["events"]).agg(f.count("*")), output)


def identity(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_read(inputs["events"], PLAIN), output)


identity_rows = identity


def _count_words(inputs: Inputs, output: str, pattern: str) -> None:
    words = _lines(inputs["words"]).select(f.explode(f.split("value", pattern)).alias("word"))
    _write(words.groupBy("word").count(), output)


def word_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _count_words(inputs, output, "\\s+")


def word_count_char(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _count_words(inputs, output, " ")


def sum_by_key(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _read(inputs["events"], TYPED)
    _write(events.groupBy("action").agg(f.sum("amount")), output)


def sum_by_user(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_read(inputs["events"], TYPED).groupBy("user").agg(f.sum("amount")), output)


def group_count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    """Whole rows are brought together, as the others do, or this would be another sum."""
    events = _read(inputs["events"], PLAIN)
    rows = f.collect_list(f.struct(*events.columns))
    _write(events.groupBy("user").agg(rows.alias("rows")).select("user", f.size("rows")), output)


def _count_sessions(inputs: Inputs, output: str) -> None:
    in_order = Window.partitionBy("user").orderBy("ts")
    since = f.col("ts") - f.coalesce(f.lag("ts").over(in_order), f.lit(0))
    gaps = _read(inputs["events"], TYPED).select("user", (since > GAP_S).alias("is_new"))
    _write(gaps.groupBy("user").agg(f.sum(f.col("is_new").cast("long"))), output)


def secondary_sort_udf(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _count_sessions(inputs, output)


secondary_sort_pruned = secondary_sort_udf


def secondary_sort_builtin(sc: SparkContext, inputs: Inputs, output: str) -> None:
    ends = (f.min_by("action", "ts"), f.max_by("action", "ts"), f.count("*"))
    _write(_read(inputs["events"], TYPED).groupBy("user").agg(*ends), output)


secondary_sort_builtin_pruned = secondary_sort_builtin


def _joined(inputs: Inputs, *tables: str, hint: str) -> DataFrame:
    frame = _read(inputs["events"], PLAIN)
    for table in tables:
        frame = frame.join(_read(inputs[table], TABLES[table]).hint(hint), "user")
    return frame


def join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_joined(inputs, "users", hint="merge"), output)


def five_way(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_joined(inputs, *TABLES, hint="merge"), output)


def broadcast_join(sc: SparkContext, inputs: Inputs, output: str) -> None:
    _write(_joined(inputs, "users", hint="broadcast"), output)


def broadcast_join_rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    joined = _joined(inputs, "users", hint="broadcast")
    label = f.concat_ws("@", "name", "country").alias("label")
    _write(joined.select("user", "ts", "pin", "action", "amount", label), output)


def fork_merge(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _read(inputs["events"], TYPED)
    kept = events.where(f.col("action").isin("save", "share")).withColumn("kind", f.lit("kept"))
    shown = events.where(f.col("action").isin("view", "share")).withColumn("kind", f.lit("shown"))
    _write(kept.union(shown).groupBy("user", "kind").agg(f.sum("amount")), output)


def six_udfs(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _read(inputs["events"], TYPED).withColumn("kind", f.upper("action"))
    rows = rows.where(f.col("kind") != "SHARE")
    rows = rows.withColumn("cents", f.col("amount") * 100)
    rows = rows.withColumn("day", f.expr("ts div 86400"))
    rows = rows.where(f.col("cents") <= 900_000)
    rows = rows.withColumn("weekday", f.col("day") % 7).withColumn("mix", f.expr("cents + day"))
    _write(rows.drop("cents", "day"), output)


def six_builtins(sc: SparkContext, inputs: Inputs, output: str) -> None:
    rows = _read(inputs["events"], TYPED).dropna(subset=["pin"])
    rows = rows.where(f.col("action").rlike("^(view|click|save)$"))
    rows = rows.withColumn("pin", f.regexp_replace("pin", "^p", "n"))
    rows = rows.withColumn("cents", f.col("amount") * 100)
    rows = rows.withColumn("source", f.lit("web"))
    _write(rows.withColumn("amount", f.col("amount").cast("double")), output)


if __name__ == "__main__":
    serve(sys.modules[__name__])
