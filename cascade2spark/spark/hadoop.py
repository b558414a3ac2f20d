"""The Hadoop route: file systems that Python has no direct way to, read by Hadoop's own formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark import RDD, SparkContext

from cascade2spark.errors import Unsupported
from cascade2spark.schemes.delimited import TextDelimited
from cascade2spark.schemes.text import TextLine

__all__ = ["hadoop_lines"]

_TEXT = "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"
_OFFSET = "org.apache.hadoop.io.LongWritable"
_LINE = "org.apache.hadoop.io.Text"


def hadoop_lines(context: SparkContext, tap: Any, paths: Sequence[str]) -> RDD[Any]:
    """Return an RDD of ``(offset, line)`` read by Hadoop's text format.

    Args:
        context: the Spark context, whose Hadoop configuration knows the file system.
        tap: the tap, for messages.
        paths: folders, files or globs.
    Raises:
        Unsupported: the scheme is not one of lines, or its charset is not UTF-8.
    """
    scheme = tap.scheme
    if not isinstance(scheme, (TextLine, TextDelimited)) or scheme.charset not in (
        "utf-8",
        "ascii",
    ):
        raise Unsupported(
            f"{type(scheme).__name__} in {scheme.charset} cannot be read through Hadoop",
            asked=list(paths),
            origin=tap.origin,
        )
    return context.newAPIHadoopFile(",".join(paths), _TEXT, _OFFSET, _LINE)
