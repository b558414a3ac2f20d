"""What may watch a flow."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import BuildError

__all__ = ["CascadeListener", "FlowListener", "FlowStepListener", "check_listener"]


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


def check_listener(listener: Any, kind: type) -> None:
    """Refuse what cannot be told, when it is added and not when it would be called.

    Args:
        listener: what the user gave; any object that has all methods will do.
        kind: the class whose methods are called.
    Raises:
        BuildError: it is a class, lacks methods, or defines them under Java's names.
    """
    given = listener if isinstance(listener, type) else type(listener)
    if isinstance(listener, type):
        raise BuildError(
            f"a {kind.__name__} is told by its methods, so an object is needed",
            asked=f"the class {given.__name__}",
            fix=f"pass an instance: {given.__name__}()",
        )
    names = [name for name in vars(kind) if name.startswith("on_")]
    # What answers to every name by itself was not spelled by anybody.
    defined = {name for one in given.__mro__ for name in vars(one)}
    java = {_in_java(name): name for name in names if _in_java(name) in defined}
    missing = [name for name in names if not callable(getattr(listener, name, None))]
    if java or missing:
        spelled = next(iter(java), None)
        raise BuildError(
            f"{given.__name__} defines {spelled}, which nothing calls"
            if spelled
            else f"{given.__name__} is no {kind.__name__}: it lacks {', '.join(missing)}",
            asked=spelled or repr(listener),
            fix=f"name it {java[spelled]}: Java's camelCase becomes snake_case"
            if spelled
            else f"derive it from cascade2spark.flow.{kind.__name__}, and override what matters",
        )


def _in_java(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
