"""What may watch a flow."""

from __future__ import annotations

from typing import Any

__all__ = ["CascadeListener", "FlowListener", "FlowStepListener"]


class FlowListener:
    """Told what becomes of a flow; derive from it and override what matters.

    An exception in a listener stops the flow and is reported.
    """

    def on_starting(self, flow: Any) -> None:
        """The flow is about to start."""

    def on_stopping(self, flow: Any) -> None:
        """The flow was asked to stop."""

    def on_completed(self, flow: Any) -> None:
        """The flow has ended, well or not."""

    def on_throwable(self, flow: Any, error: BaseException) -> bool:
        """The flow failed. Return True to say it is dealt with: complete() will not raise."""
        return False


class FlowStepListener:
    """Told what becomes of the steps of a flow, each given by its `FlowStepStats`."""

    def on_step_starting(self, step: Any) -> None:
        """The step is about to start."""

    def on_step_running(self, step: Any) -> None:
        """The step is at work; called whenever it has something to say."""

    def on_step_stopping(self, step: Any) -> None:
        """The flow is being stopped while the step is at work."""

    def on_step_completed(self, step: Any) -> None:
        """The step has ended well."""

    def on_step_throwable(self, step: Any, error: BaseException) -> bool:
        """The flow failed while the step was at work."""
        return False


class CascadeListener:
    """Told what becomes of a cascade."""

    def on_starting(self, cascade: Any) -> None:
        """The cascade is about to start."""

    def on_stopping(self, cascade: Any) -> None:
        """The cascade was asked to stop."""

    def on_completed(self, cascade: Any) -> None:
        """The cascade has ended, well or not."""

    def on_throwable(self, cascade: Any, error: BaseException) -> bool:
        """The cascade failed. Return True to say it is dealt with."""
        return False
