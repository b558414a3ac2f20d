"""Schemes: how one record becomes a row. Public door."""

from __future__ import annotations

from cascade2spark.schemes.base import Compress, RowReader, RowWriter, Scheme, SourceInfo
from cascade2spark.schemes.delimited import FieldTypeResolver, TextDelimited
from cascade2spark.schemes.text import TextLine

__all__ = [
    "Compress",
    "FieldTypeResolver",
    "RowReader",
    "RowWriter",
    "Scheme",
    "SourceInfo",
    "TextDelimited",
    "TextLine",
]
