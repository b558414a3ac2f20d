"""Taps: where data lies. Public door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cascade2spark.name_hints import unknown_name as _unknown_name
from cascade2spark.taps.base import SinkMode, SourceTap, Tap
from cascade2spark.taps.entries import TupleEntryCollector, TupleEntryIterator
from cascade2spark.taps.hadoop_files import Dfs, GlobHfs, Hfs, Lfs
from cascade2spark.taps.local_files import DirTap, FileTap
from cascade2spark.taps.memory import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.multi import MultiSinkTap, MultiSourceTap
from cascade2spark.taps.partition import DelimitedPartition, NamedPartition, Partition
from cascade2spark.taps.partitioned import PartitionTap, TemplateTap
from cascade2spark.taps.paths import PathTap
from cascade2spark.taps.streams import StdErrTap, StdInTap, StdOutTap
from cascade2spark.taps.wrapping import AdaptorTap, DecoratorTap, DistCacheTap

__all__ = [
    "AdaptorTap",
    "DataFrameTap",
    "DecoratorTap",
    "DelimitedPartition",
    "Dfs",
    "DirTap",
    "DistCacheTap",
    "FileTap",
    "GlobHfs",
    "Hfs",
    "Lfs",
    "MemoryTap",
    "MultiSinkTap",
    "MultiSourceTap",
    "NamedPartition",
    "Partition",
    "PartitionTap",
    "PathTap",
    "RDDTap",
    "SinkMode",
    "SourceTap",
    "StdErrTap",
    "StdInTap",
    "StdOutTap",
    "Tap",
    "TemplateTap",
    "TupleEntryCollector",
    "TupleEntryIterator",
]


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
