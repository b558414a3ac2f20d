"""Jobs, their arguments, and how they are tested. Public door."""

from __future__ import annotations

from cascade2spark.scalding.args import ArgHelp, Args, ArgsError, Range, RangedArgs
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.cached_file import CachedFile
from cascade2spark.scalding.counting import ExecutionCounters, Stat, StatKey, UniqueID
from cascade2spark.scalding.execution import (
    Config,
    Execution,
    Failure,
    Success,
    forced_execution,
    iterable_execution,
    write_execution,
)
from cascade2spark.scalding.execution_dates import ExecutionUtil
from cascade2spark.scalding.import_hints import unknown_name
from cascade2spark.scalding.job_base import Job, run_jobs
from cascade2spark.scalding.job_checkpoints import Checkpoint
from cascade2spark.scalding.job_kinds import (
    CascadeJob,
    CounterVerification,
    DefaultDateRangeJob,
    ExecutionApp,
    ExecutionJob,
    ScriptJob,
    UtcDateRangeJob,
)
from cascade2spark.scalding.testing import JobTest, TypedPipeChecker
from cascade2spark.scalding.timeouts import timeout

__all__ = [
    "ArgHelp",
    "Args",
    "ArgsError",
    "CachedFile",
    "CascadeJob",
    "Checkpoint",
    "Config",
    "CounterVerification",
    "DefaultDateRangeJob",
    "Execution",
    "ExecutionApp",
    "ExecutionCounters",
    "ExecutionJob",
    "ExecutionUtil",
    "Failure",
    "Job",
    "JobTest",
    "Mode",
    "Range",
    "RangedArgs",
    "ScriptJob",
    "Stat",
    "StatKey",
    "Success",
    "TypedPipeChecker",
    "UniqueID",
    "UtcDateRangeJob",
    "forced_execution",
    "iterable_execution",
    "run_jobs",
    "timeout",
    "write_execution",
]


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
