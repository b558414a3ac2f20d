"""The six pipes and their kin: what a job means, as frozen nodes, without taps and without Spark.

A pipe holds its inputs, its arguments and the user's line that built it; it never changes, and it
is equal to itself only, so that using one pipe twice is a split. Every class takes Cascading's
constructor orders: arguments are told apart by their type, by the one resolver in `overloads`.
"""

from __future__ import annotations

from cascade2spark.config_def import ConfigDef
from cascade2spark.pipes.operators import Each, Every
from cascade2spark.pipes.pipe import Checkpoint, Pipe, pipes, single_tail, tails_of
from cascade2spark.pipes.splices import CoGroup, Group, GroupBy, HashJoin, Merge, Splice
from cascade2spark.pipes.sub_assembly import SubAssembly

__all__ = [
    "Checkpoint",
    "CoGroup",
    "ConfigDef",
    "Each",
    "Every",
    "Group",
    "GroupBy",
    "HashJoin",
    "Merge",
    "Pipe",
    "Splice",
    "SubAssembly",
    "pipes",
    "single_tail",
    "tails_of",
]
