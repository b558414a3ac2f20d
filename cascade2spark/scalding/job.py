"""Jobs, their arguments, and how they are tested. Public door."""

from __future__ import annotations

from cascade2spark.scalding.args import ArgHelp, Args, ArgsError, Range, RangedArgs
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.job_base import Job, run_jobs
from cascade2spark.scalding.testing import JobTest

__all__ = [
    "ArgHelp",
    "Args",
    "ArgsError",
    "Job",
    "JobTest",
    "Mode",
    "Range",
    "RangedArgs",
    "run_jobs",
]
