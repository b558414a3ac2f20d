"""Columns straight to the bytes of a text file, the same bytes that the scheme writes for rows."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, text_bytes
from cascade2spark.batch.kernels.conversion import texts_of
from cascade2spark.fields import Fields
from cascade2spark.schemes.base import Scheme
from cascade2spark.schemes.delimited import TextDelimited
from cascade2spark.schemes.text import TextLine
from cascade2spark.types import Type

__all__ = ["BlockWriter", "writer_kernel"]

BlockWriter = Callable[[Columns], bytes]


def writer_kernel(scheme: Scheme, fields: Fields) -> BlockWriter | None:
    """Return the function that writes columns as bytes, or None when only rows are exact.

    Args:
        scheme: the sink's scheme.
        fields: the sink fields as resolved.
    """
    # In a charset with signs that cannot be written, the rows tell which one it is.
    if scheme.charset != "utf-8" or not fields.is_defined() or not len(fields):
        return None
    if type(scheme) is TextDelimited:
        is_own = scheme.fields.has_types() and len(scheme.fields) == len(fields)
        types = (scheme.fields if is_own else fields).get_types()
        return _joiner(scheme.delimiter, "", scheme.quote, types or (None,) * len(fields))
    if type(scheme) is TextLine:
        return _joiner("\t", "null", None, (None,) * len(fields))
    return None


def _joiner(
    delimiter: str, null: str, quote: str | None, types: tuple[Type | None, ...]
) -> BlockWriter:
    def write(columns: Columns) -> bytes:
        if columns.num_columns != len(types):
            raise NotColumns("rows of another width")
        if not columns.num_rows:
            return b""
        texts = [
            _texts(column, kind, null) for column, kind in zip(columns.columns, types, strict=True)
        ]
        if quote is not None:
            for text in texts:
                for sign in (quote, delimiter):
                    if pc.any(pc.match_substring(text, sign)).as_py():
                        raise NotColumns("values that need quotes")
        lines = pc.binary_join_element_wise(*texts, delimiter) if len(texts) > 1 else texts[0]
        # Joining with an empty text puts a line end behind each line, and all lines side by side.
        ended = pc.binary_join_element_wise(lines, "", "\n")
        return text_bytes(ended)

    return write


def _texts(column: pa.Array, kind: Type | None, null: str) -> pa.Array:
    texts = texts_of(column, kind)
    return pc.fill_null(texts, null) if texts.null_count else texts
