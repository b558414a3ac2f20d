"""Thrift structs: their IDL, their records, and the codec between records and bytes."""

from __future__ import annotations

from cascade2spark.codecs.thrift_codec import (
    ThriftCodec,
    ThriftRecord,
    as_plain,
    record_class,
)
from cascade2spark.codecs.thrift_generated import skip_value
from cascade2spark.codecs.thrift_idl import thrift_enum, thrift_struct, thrift_structs
from cascade2spark.codecs.thrift_schema import ThriftEnum, ThriftField, ThriftStruct, ThriftType

__all__ = [
    "ThriftCodec",
    "ThriftEnum",
    "ThriftField",
    "ThriftRecord",
    "ThriftStruct",
    "ThriftType",
    "as_plain",
    "record_class",
    "skip_value",
    "thrift_enum",
    "thrift_struct",
    "thrift_structs",
]
