"""The column form of Python's own ``str.split`` without a separator."""

from __future__ import annotations

import re

import pyarrow as pa

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.results import Results
from cascade2spark.batch.kernels.words import words_of

__all__ = ["python_words"]

# What `str.isspace` holds for: of one byte, and of two or three.
_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "
_WORD_BYTES = bytes(byte not in _SPACES for byte in range(256))
_WIDE_SPACES = re.compile(
    rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)


def python_words(arguments: list[pa.Array], rows: int) -> Results:
    """Return a row for each word of each text.

    Raises:
        NotColumns: a value is no text, or a text has spaces that are no ASCII.
    """
    (texts,) = arguments
    if texts.type != pa.string() or texts.null_count:
        raise NotColumns(f"words of {texts.type}")
    data = texts.buffers()[2]
    if data is not None and not _has_plain_spaces(bytes(data)):
        raise NotColumns("spaces that are no ASCII")
    return words_of(texts, _WORD_BYTES)


def _has_plain_spaces(data: bytes) -> bool:
    return data.isascii() or _WIDE_SPACES.search(data) is None
