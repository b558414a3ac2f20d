"""What goes to workers and comes back: operations out, errors home.

Every operation is pickled when the flow is connected, one at a time, so that one that cannot travel
is named with its attribute instead of failing inside Spark. An error raised in a task comes home
as a text only; ours ride inside that text and are rebuilt on the driver as they were raised.
"""

from __future__ import annotations

import base64
import pickle
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pyspark import RDD, SparkContext, cloudpickle
from pyspark.sql import DataFrame, SparkSession

from cascade2spark.errors import BuildError, Cascade2SparkError, FlowError, Unsupported
from cascade2spark.pickling import pickle_by_value_with
from cascade2spark.planner.steps import (
    CoGroup,
    EachOperator,
    EveryOperator,
    Group,
    Map,
    Read,
    Site,
    StepPlan,
    Write,
)
from cascade2spark.taps.streams import StdInTap, StreamSink

__all__ = [
    "TaskFailed",
    "check_can_travel",
    "error_of",
    "leaving_no_broadcasts",
    "operators_of",
    "sendable",
]

# What stands for the driver itself: no part of one is anybody's mistake.
_DRIVER_ONLY = (SparkContext, SparkSession, RDD, DataFrame)
_dumps: Callable[[Any], bytes] = cloudpickle.dumps
pickle_by_value_with(_dumps)
_MARK = re.compile(r"c2s\{([A-Za-z0-9+/=]+)\}")


class TaskFailed(Exception):
    """What a task raises: the message for Spark's log, and the error itself for the driver."""


def sendable(error: BaseException) -> TaskFailed:
    """Return the exception to raise in a task so that `error_of` can rebuild `error`."""
    if not isinstance(error, Cascade2SparkError):
        shown = "".join(traceback.format_exception_only(error)).strip()
        error = FlowError(f"a task failed: {shown}", details={"traceback": _own_lines(error)})
    parts = (error, error.__cause__)
    try:
        packed = _dumps(parts)
        pickle.loads(packed)
    except Exception:  # a cause may hold anything; the message must come home all the same
        packed = _dumps((error.without_objects(), None))
    return TaskFailed(f"{error}\nc2s{{{base64.b64encode(packed).decode('ascii')}}}")


# A worker without these runs another Python than the driver: no file that is shipped would help.
_OUR_NEEDS = ("pyarrow", "numpy", "attrs", "attr'", "fsspec", "regex", "pyspark")
_FULL_DISK = ("No space left on device", "Disk quota exceeded")


def error_of(failure: BaseException) -> BaseException:
    """Return the error that a task raised, rebuilt; or a FlowError that wraps Spark's own."""
    text = str(failure)
    found = _MARK.search(text)
    if found:
        error: BaseException
        error, cause = pickle.loads(base64.b64decode(found.group(1)))
        error.__cause__ = cause
        return error
    lines = [line for line in text.splitlines() if line.strip()]
    reason = next((line for line in lines if "ModuleNotFoundError" in line), None)
    if reason:
        module = reason.split("ModuleNotFoundError:")[-1].strip()
        fix = "ship it: FlowDef.add_to_class_path(path), or py_files of the Spark context"
        if any(f"'{name}" in module for name in _OUR_NEEDS):
            fix = "set PYSPARK_PYTHON to the Python of this environment before Spark starts"
        return FlowError(f"the workers cannot import what the flow needs: {module}", fix=fix)
    full = [line for line in lines if any(said in line for said in _FULL_DISK)]
    if full:
        return FlowError(
            "the disk is full: Spark has no room for what it shuffles, or keeps",
            details={"spark says": _shortened(full[:1])},
            fix="give Spark larger disks (spark.local.dir)",
        )
    return FlowError("Spark failed to run the flow", details={"spark says": _shortened(lines)})


def check_can_travel(plan: StepPlan) -> None:
    """Pickle each operation of a plan, and refuse what only this process has.

    Raises:
        BuildError: one cannot be pickled; the message names the attribute or variable.
        Unsupported: a tap is a stream of this process.
    """
    ends = [step for step in plan.steps if isinstance(step, (Read, Write))]
    for tap in [*(step.tap for step in ends), *(spec.tap for spec in plan.traps)]:
        if isinstance(tap, (StdInTap, StreamSink)):
            raise Unsupported(
                f"a {type(tap).__name__} is a stream of this process, and Spark's tasks run in "
                "others",
                asked=repr(tap),
                origin=tap.origin,
                fix="use a MemoryTap or a tap of files, or LocalFlowConnector",
            )
    with leaving_no_broadcasts():
        for operator in operators_of(plan):
            try:
                _dumps(operator.operation)
            except Exception as refused:
                raise _cannot_travel(operator.site, operator.operation, refused) from refused


@contextmanager
def leaving_no_broadcasts() -> Iterator[None]:
    """Pickle without a trace.

    PySpark notes every broadcast that this thread pickles, and hands those it noted to the next
    RDD's tasks, whoever made it: one that is destroyed meanwhile would fail a job that has nothing
    to do with it.
    """
    context: Any = SparkContext._active_spark_context
    if context is None:
        yield
        return
    noted = list(context._pickled_broadcast_vars)
    try:
        yield
    finally:
        context._pickled_broadcast_vars.clear()
        for broadcast in noted:
            context._pickled_broadcast_vars.add(broadcast)


def operators_of(plan: StepPlan) -> Iterable[EachOperator | EveryOperator]:
    """Yield every operator of a plan that carries an operation."""
    for step in plan.steps:
        if isinstance(step, Map):
            yield from (op for op in step.operators if isinstance(op, EachOperator))
        elif isinstance(step, (Group, CoGroup)):
            yield from step.everys


def _cannot_travel(site: Site, operation: Any, refused: Exception) -> BuildError:
    path, value = _guilty_part(operation)
    if isinstance(value, _DRIVER_ONLY):
        return BuildError(
            f"{site.label} cannot be sent to the workers: it holds a value of type "
            f"{type(value).__name__}, which exists on the driver only",
            asked=path,
            origin=site.origin,
            branch=site.branch,
            fix="use it outside the operation, or hand its rows to the flow through a tap",
        )
    return BuildError(
        f"{site.label} cannot be sent to the workers",
        asked=f"{path}, a value of type {type(value).__name__}",
        details={"pickle says": str(refused).splitlines()[0] if str(refused) else repr(refused)},
        origin=site.origin,
        branch=site.branch,
        fix="create it in prepare(), or inside the function, so that each task makes its own",
    )


def _guilty_part(root: Any) -> tuple[str, Any]:
    """Return the smallest part of an object that cannot be pickled, with the path to it."""
    path, value = type(root).__name__, root
    for _ in range(6):  # a guilty part deeper than this is named by its holder
        if isinstance(value, _DRIVER_ONLY):
            break
        for label, part in _parts_of(value):
            if not _is_sendable(part):
                path, value = f"{path}{label}", part
                break
        else:
            break
    return path, value


def _parts_of(value: Any) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    code = getattr(value, "__code__", None)
    if code is not None:
        cells = zip(code.co_freevars, value.__closure__ or (), strict=False)
        parts += [(f" variable {name!r}", cell.cell_contents) for name, cell in cells]
        names = [name for name in code.co_names if name in value.__globals__]
        parts += [(f" global {name!r}", value.__globals__[name]) for name in names]
    if isinstance(value, dict):
        parts += [(f"[{key!r}]", entry) for key, entry in value.items()]
    elif isinstance(value, (list, tuple)):
        parts += [(f"[{place}]", entry) for place, entry in enumerate(value)]
    elif code is None:
        parts += [(f".{name}", entry) for name, entry in getattr(value, "__dict__", {}).items()]
    return parts


def _is_sendable(value: Any) -> bool:
    try:
        _dumps(value)
    except Exception:
        return False
    return True


def _own_lines(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)[-4:]).rstrip()


def _shortened(lines: list[str]) -> str:
    telling = [line for line in lines if "Error" in line or "Exception" in line] or lines
    return "\n".join(line.strip()[:300] for line in telling[:6])
