"""Which taps are certain to lie on local disks, so that nobody need be asked how S3 is reached."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyspark")

from cascade2spark import Fields
from cascade2spark.schemes import TextLine
from cascade2spark.spark.reading import are_local
from cascade2spark.taps import Hfs, MemoryTap, MultiSourceTap, RDDTap


def lines(path: str) -> Hfs:
    return Hfs(TextLine(), path)


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        ([], True),
        ([lines("a"), lines("file:///b"), MemoryTap(Fields("x")), RDDTap()], True),
        ([lines("a"), lines("s3://bucket/b")], False),
        ([lines("a"), lines("s3a://bucket/b")], False),
        ([lines("hdfs://host/b")], False),
        ([MultiSourceTap(lines("a"), lines("b"))], True),
        ([MultiSourceTap(lines("a"), lines("s3://bucket/b"))], False),
    ],
)
def test_only_local_paths_are_local(taps: list[Any], expected: bool) -> None:
    assert are_local(taps) == expected


def test_of_a_tap_of_another_kind_nothing_is_certain() -> None:
    assert not are_local([lines("a"), object()])
