"""Sources: what a job reads and writes. Public door."""

from __future__ import annotations

from cascade2spark.scalding.base import BijectedSourceSink, Source
from cascade2spark.scalding.decoding import KeyValueCodec
from cascade2spark.scalding.import_hints import unknown_name
from cascade2spark.scalding.sources_dated import (
    MostRecentGoodSource,
    TimePathedSource,
    daily_suffix,
    hourly_suffix,
    most_recent_good,
)
from cascade2spark.scalding.sources_files import FileSource, InvalidSource
from cascade2spark.scalding.sources_formats import (
    CodecSource,
    FormatSource,
    JsonLine,
    Parquet,
    SequenceFile,
    ThriftSequenceFile,
    TypedJson,
    TypedParquet,
    WritableSequenceFile,
)
from cascade2spark.scalding.sources_memory import (
    EmptySource,
    IterableSource,
    NullSink,
    NullSource,
    OptionalSource,
)
from cascade2spark.scalding.sources_partitioned import (
    PartitionedCsv,
    PartitionedOsv,
    PartitionedPsv,
    PartitionedSequenceFile,
    PartitionedTextLine,
    PartitionedTsv,
    TemplatedSequenceFile,
    TemplatedTsv,
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
from cascade2spark.scalding.sources_versioned import VersionedKeyValSource
from cascade2spark.scalding.versioned_writes import incremented, write_incremental

__all__ = [
    "BijectedSourceSink",
    "CodecSource",
    "Csv",
    "DelimitedSource",
    "EmptySource",
    "FileSource",
    "FormatSource",
    "InvalidSource",
    "IterableSource",
    "JsonLine",
    "KeyValueCodec",
    "MostRecentGoodSource",
    "MultipleDelimitedFiles",
    "MultipleTextLineFiles",
    "MultipleTsvFiles",
    "NullSink",
    "NullSource",
    "OffsetTextLine",
    "OptionalSource",
    "Osv",
    "Parquet",
    "PartitionedCsv",
    "PartitionedOsv",
    "PartitionedPsv",
    "PartitionedSequenceFile",
    "PartitionedTextLine",
    "PartitionedTsv",
    "SequenceFile",
    "Source",
    "TemplatedSequenceFile",
    "TemplatedTsv",
    "TextLine",
    "ThriftSequenceFile",
    "TimePathedSource",
    "Tsv",
    "TypedCsv",
    "TypedDelimitedSource",
    "TypedJson",
    "TypedOsv",
    "TypedParquet",
    "TypedPsv",
    "TypedText",
    "TypedTsv",
    "VersionedKeyValSource",
    "WritableSequenceFile",
    "daily_suffix",
    "hourly_suffix",
    "incremented",
    "most_recent_good",
    "write_incremental",
]


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
