"""Looking at the flows of a job without running any: what would run one is stopped there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cascade2spark.origin import Origin, capture_origin

__all__ = ["FlowNotRun", "rehearsal", "stop_in_rehearsal"]

_rehearsals: list[None] = []


class FlowNotRun(BaseException):
    """A job would have run flows now. No Exception: what a job does about errors is not asked for.

    Args:
        what: the flow or cascade, in words.
        flows: what would have run.
        origin: the user's line.
    """

    def __init__(self, what: str, flows: Sequence[Any], origin: Origin) -> None:
        super().__init__(f"{what} was not run")
        self.what = what
        self.flows = flows
        self.origin = origin


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let no flow run, in any thread, until the block ends."""
    _rehearsals.append(None)
    try:
        yield
    finally:
        _rehearsals.pop()


def stop_in_rehearsal(what: str, flows: Sequence[Any]) -> None:
    """Raise FlowNotRun in a rehearsal; called before anything runs."""
    if _rehearsals:
        raise FlowNotRun(what, flows, capture_origin())
