"""Schemes: how one record becomes a row. Public door."""

from __future__ import annotations

from cascade2spark.codecs.thrift import (
    ThriftCodec,
    ThriftRecord,
    record_class,
    thrift_enum,
    thrift_struct,
)
from cascade2spark.schemes.absent import absent_scheme as _absent_scheme
from cascade2spark.schemes.avro import Avro, AvroScheme
from cascade2spark.schemes.base import Compress, RowReader, RowWriter, Scheme, SourceInfo
from cascade2spark.schemes.delimited import FieldTypeResolver, TextDelimited
from cascade2spark.schemes.fixed_width import FixedWidth
from cascade2spark.schemes.json_line import JsonLine
from cascade2spark.schemes.json_text_line import JSONTextLine
from cascade2spark.schemes.lines import LineScheme
from cascade2spark.schemes.null import NullScheme
from cascade2spark.schemes.parquet import Parquet, ParquetTupleScheme
from cascade2spark.schemes.sequence import SequenceFile, WritableSequenceFile
from cascade2spark.schemes.text import TextLine
from cascade2spark.schemes.thrift import ThriftSequenceFile

__all__ = [
    "Avro",
    "AvroScheme",
    "Compress",
    "FieldTypeResolver",
    "FixedWidth",
    "JSONTextLine",
    "JsonLine",
    "LineScheme",
    "NullScheme",
    "Parquet",
    "ParquetTupleScheme",
    "RowReader",
    "RowWriter",
    "Scheme",
    "SequenceFile",
    "SourceInfo",
    "TextDelimited",
    "TextLine",
    "ThriftCodec",
    "ThriftRecord",
    "ThriftSequenceFile",
    "WritableSequenceFile",
    "record_class",
    "thrift_enum",
    "thrift_struct",
]


def __getattr__(name: str) -> object:
    raise _absent_scheme(__name__, name)
