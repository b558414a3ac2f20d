"""Taps: where data lies. Public door."""

from __future__ import annotations

from cascade2spark.taps.base import (
    SinkMode,
    SourceTap,
    Tap,
    TupleEntryCollector,
    TupleEntryIterator,
)
from cascade2spark.taps.memory import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.multi import MultiSinkTap, MultiSourceTap
from cascade2spark.taps.paths import Dfs, DirTap, FileTap, GlobHfs, Hfs, Lfs, PathTap

__all__ = [
    "DataFrameTap",
    "Dfs",
    "DirTap",
    "FileTap",
    "GlobHfs",
    "Hfs",
    "Lfs",
    "MemoryTap",
    "MultiSinkTap",
    "MultiSourceTap",
    "PathTap",
    "RDDTap",
    "SinkMode",
    "SourceTap",
    "Tap",
    "TupleEntryCollector",
    "TupleEntryIterator",
]
