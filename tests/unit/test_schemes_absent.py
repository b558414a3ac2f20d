"""Schemes of other libraries: who asks for one by its name is told what to write."""

from __future__ import annotations

import pytest

from cascade2spark import schemes


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ParquetTBaseScheme", "such files are plain Parquet"),
        ("ParquetScroogeScheme", "Parquet(Fields(...)) reads and writes their columns"),
        ("LzoThriftB64LineScheme", "unpack the files with lzop"),
        ("ThriftB64LineScheme", "a ThriftCodec in a function"),
        ("LzoThriftScheme", "where Hadoop has its LZO jar"),
        ("LzoTextLine", "where Hadoop has its LZO jar"),
        ("ThriftWritable", "ThriftSequenceFile reads"),
        ("CombinedSequenceFile", "; SequenceFile reads many small files"),
        ("CombinedWritableSequenceFile", "; WritableSequenceFile reads many small files"),
        ("LzoProtobufScheme", "LZO is not read"),
        ("ProtobufScheme", "parse them in a function"),
        (
            "ThriftSequencefile",
            "did you mean: from cascade2spark.schemes import ThriftSequenceFile",
        ),
    ],
)
def test_an_absent_scheme_is_told_by_name(name: str, said: str) -> None:
    with pytest.raises(ImportError) as imported:
        exec(f"from cascade2spark.schemes import {name}")
    with pytest.raises(AttributeError) as asked:
        getattr(schemes, name)
    for error in (imported, asked):
        assert said in str(error.value) and name in str(error.value)


@pytest.mark.parametrize("name", ["_hidden", "Xyzzy"])
def test_other_names_are_ordinary_errors(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'$"):
        getattr(schemes, name)
