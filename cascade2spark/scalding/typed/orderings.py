"""Orderings of keys: what `group_with` compares keys by instead of Python's ``==``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.comparators import Comparator, Hasher
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.ordering_python import PythonOrder
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.scalding.typed.calls import check_call

__all__ = ["KeyOrdering", "check_same_order", "key_ordering"]

_PYTHON = PythonOrder()


@attrs.frozen
class KeyOrdering:
    """The comparator of a field of keys.

    Args:
        call: what of a key is compared, by Python's ``==`` and ``<``.
        comparator: compares the keys instead, and hashes them.
        origin: the user's line.
    """

    call: Callable[[Any], Any] | None
    comparator: Any = None
    origin: Origin = attrs.field(factory=capture_origin, eq=False)

    def compare(self, left: Any, right: Any) -> int:
        """Return less than, equal to or more than 0."""
        if self.call is None:
            return int(self.comparator.compare(left, right))
        return _PYTHON.compare(self.call(left), self.call(right))

    def hash_code(self, value: Any) -> int:
        """Return the hash of a key, equal for equal ones."""
        if self.call is None:
            return int(self.comparator.hash_code(value))
        return _PYTHON.hash_code(self.call(value))


def key_ordering(given: Any) -> KeyOrdering:
    """Return the comparator for what a user gave as an ordering of keys."""
    if isinstance(given, type) or not isinstance(given, Comparator):
        check_call("group_with", given)
        return KeyOrdering(given)
    if isinstance(given, Hasher):
        return KeyOrdering(None, given)
    raise BuildError(
        "group_with takes an ordering that also hashes: equal keys must meet in one task",
        asked=shown_value(given),
        origin=capture_origin(),
        fix="add hash_code(key) to it, or give a function of a key to what of it is compared",
    )


def check_same_order(name: str, left: Any, right: Any) -> None:
    """Refuse a join of groups whose keys are compared differently.

    Args:
        left: the group on the left; None where keys are compared by ``==``.
    """
    one, other = None if left is None else left.order, right.order
    if one == other:
        return
    raise BuildError(
        f"{name}: both sides must compare their keys alike",
        details={
            "left side": _shown(one),
            "right side": _shown(other),
            name: str(capture_origin()),
        },
        fix="give group_with one and the same ordering on both sides",
    )


def _shown(order: KeyOrdering | None) -> str:
    return "compares keys by ==" if order is None else f"group_with at {order.origin}"
