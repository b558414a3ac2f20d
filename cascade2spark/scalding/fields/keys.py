"""The fields that groups and joins of the fields API compare by."""

from __future__ import annotations

from typing import Any

from cascade2spark.fields import Fields
from cascade2spark.scalding.flow_state import default_comparator

__all__ = ["HIDDEN_KEY", "key_fields"]

HIDDEN_KEY = "__temp_join_"
"""Begins the names of a right side's keys that have names of the left's."""


def key_fields(fields: Fields) -> Fields:
    """Return key or sort fields, with the comparator of the job being built if they have none."""
    comparator = default_comparator()
    if comparator is None or not fields.is_defined() or any(fields.get_comparators() or ()):
        return fields
    ordered = Fields(*fields).apply_types(*fields.get_types() or ())
    # The helper fields of spread joins and groups are ours.
    own = [str(name).startswith("__") and not _is_hidden_key(name) for name in fields]
    ordered.set_comparators(*[None if is_own else comparator for is_own in own])
    return ordered


def _is_hidden_key(name: Any) -> bool:
    return str(name).startswith(HIDDEN_KEY)
