"""What `batch/` asks of the operator specs that travel to a task; no plan is behind them.

The planner's `EachOperator`, `Project`, `EveryOperator` and `Side` satisfy these protocols. They
are named here because a task must not depend on the planner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeGuard

from cascade2spark.fields import Fields
from cascade2spark.origin import Origin
from cascade2spark.selection import Layout, Pick

__all__ = [
    "EachSpec",
    "EverySpec",
    "OperationSpec",
    "ProjectSpec",
    "SideSpec",
    "SiteSpec",
    "is_each",
]


class SiteSpec(Protocol):
    """Who a piece of work belongs to."""

    @property
    def key(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def origin(self) -> Origin | None: ...
    @property
    def branch(self) -> str | None: ...
    @property
    def is_repeat(self) -> bool: ...


class OperationSpec(Protocol):
    """An operation and how it is fed, over rows or over groups."""

    @property
    def site(self) -> SiteSpec: ...
    @property
    def kind(self) -> str: ...
    @property
    def operation(self) -> Any: ...
    @property
    def argument_fields(self) -> Fields: ...
    @property
    def declared(self) -> Fields: ...
    @property
    def outgoing(self) -> Fields: ...
    @property
    def arguments(self) -> Pick: ...
    @property
    def layout(self) -> Layout | None: ...
    @property
    def trap(self) -> int | None: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...


class EachSpec(OperationSpec, Protocol):
    """An operation over single rows: `function`, `filter` or `assertion`."""

    @property
    def incoming(self) -> Fields: ...


class EverySpec(OperationSpec, Protocol):
    """An operation over groups: `aggregator`, `buffer` or `assertion`."""

    @property
    def passed(self) -> Fields: ...


class ProjectSpec(Protocol):
    """Keeps some columns."""

    @property
    def site(self) -> SiteSpec: ...
    @property
    def pick(self) -> Pick: ...
    @property
    def outgoing(self) -> Fields: ...


class SideSpec(Protocol):
    """One side of a join."""

    @property
    def source(self) -> int: ...
    @property
    def key(self) -> Pick: ...
    @property
    def fields(self) -> Fields: ...
    @property
    def key_fields(self) -> Fields: ...


def is_each(spec: EachSpec | ProjectSpec) -> TypeGuard[EachSpec]:
    """Tell whether a member of a run has an operation; the others only keep columns."""
    return hasattr(spec, "operation")
