"""Sources: what a job reads and writes. Public door."""

from __future__ import annotations

from cascade2spark.scalding.base import Source
from cascade2spark.scalding.sources_files import FileSource, InvalidSource
from cascade2spark.scalding.sources_memory import (
    EmptySource,
    IterableSource,
    NullSink,
    NullSource,
    OptionalSource,
)
from cascade2spark.scalding.sources_text import (
    Csv,
    DelimitedSource,
    MultipleDelimitedFiles,
    MultipleTextLineFiles,
    MultipleTsvFiles,
    OffsetTextLine,
    Osv,
    TextLine,
    Tsv,
    TypedCsv,
    TypedDelimitedSource,
    TypedOsv,
    TypedPsv,
    TypedText,
    TypedTsv,
)

__all__ = [
    "Csv",
    "DelimitedSource",
    "EmptySource",
    "FileSource",
    "InvalidSource",
    "IterableSource",
    "MultipleDelimitedFiles",
    "MultipleTextLineFiles",
    "MultipleTsvFiles",
    "NullSink",
    "NullSource",
    "OffsetTextLine",
    "OptionalSource",
    "Osv",
    "Source",
    "TextLine",
    "Tsv",
    "TypedCsv",
    "TypedDelimitedSource",
    "TypedOsv",
    "TypedPsv",
    "TypedText",
    "TypedTsv",
]
