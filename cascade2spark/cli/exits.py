"""Exit codes, for schedulers.

====  ======================================================================================
code  meaning
====  ======================================================================================
0     everything asked for was done
1     a flow ran and failed, or ``doctor`` found a problem
2     wrong usage: an unknown option, no such file or target, arguments that do not fit
3     the job cannot be loaded, built or planned; nothing ran
4     data is missing, unreadable or in the way
130   interrupted
====  ======================================================================================
"""

from __future__ import annotations

from cascade2spark.errors import BadRecord, BuildError, PlanError, TapError, Unsupported

__all__ = ["BAD_DATA", "BAD_PLAN", "FAILED", "INTERRUPTED", "JobFileError", "exit_code"]

FAILED = 1
BAD_PLAN = 3
BAD_DATA = 4
INTERRUPTED = 130


class JobFileError(Exception):
    """The job's own code raised while it was loaded or its function called; the cause says what.

    Args:
        path: the job file or module.
        line: the line in it, None when the error came from elsewhere.
    """

    def __init__(self, path: str, line: int | None) -> None:
        super().__init__(path if line is None else f"{path}:{line}")


def exit_code(error: BaseException) -> int:
    """Return the exit code for an error that ended a command.

    Example:
        >>> exit_code(TapError("there is no folder 'in'"))
        4
    """
    if isinstance(error, PlanError) and all(
        isinstance(finding.__cause__, (TapError, OSError)) for finding in error.errors
    ):
        return BAD_DATA  # a header that planning needs is not there
    if isinstance(error, (JobFileError, BuildError, PlanError, Unsupported)):
        return BAD_PLAN
    if isinstance(error, TapError) and not isinstance(error, BadRecord):
        return BAD_DATA
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
