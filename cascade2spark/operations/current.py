"""The task that a plain function runs in: how one that is given values alone reaches its counters.

The engines say which task it is. Operations that are called with a FlowProcess do not need this.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from cascade2spark.operations.base import FlowProcess
from cascade2spark.operations.callables import Fold

__all__ = ["current_process", "enter_process", "uncounted_fold"]

_current: contextvars.ContextVar[FlowProcess] = contextvars.ContextVar("flow_process")


def current_process() -> FlowProcess:
    """Return what the task at work sees; outside of any task one that keeps nothing."""
    return _current.get(FlowProcess.NULL)


def enter_process(process: FlowProcess) -> None:
    """Say that the work of this thread belongs to a task from now on."""
    _current.set(process)


def uncounted_fold(fold: Fold) -> Fold:
    """Return a fold that counts nothing, for work that another step does too, and reports."""

    def quiet(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*values: Any) -> Any:
            token = _current.set(FlowProcess.NULL)
            try:
                return call(*values)
            finally:
                _current.reset(token)

        return called

    return Fold(
        quiet(fold.zero),
        quiet(fold.step),
        quiet(fold.finish),
        None if fold.merge is None else quiet(fold.merge),
    )
