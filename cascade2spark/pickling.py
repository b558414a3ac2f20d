"""Pickling of values whose class may be one that no other process can import.

A class of the job's own script has no module by which another process would find it. Such values
are pickled with their class, by cloudpickle, which Spark brings along: the engine hands it over.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable

__all__ = ["can_be_pickled", "pickle_by_value_with", "pickled"]


def _by_name(value: object) -> bytes:
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


_by_value: Callable[[object], bytes] = _by_name


def pickle_by_value_with(dumps: Callable[[object], bytes]) -> None:
    """Let values of classes that other processes cannot import be pickled with their class.

    Args:
        dumps: pickles such values so that `pickle.loads` reads them.
    """
    global _by_value
    _by_value = dumps


def pickled(value: object) -> bytes:
    """Return a value as `pickle.loads` reads it; its class by name if that will do.

    Raises:
        Exception: of any kind, as a value's own `__reduce__` may raise anything.
    """
    try:
        return _by_name(value)
    except Exception:  # what it raised is no matter: the other way says what is wrong
        pass
    return _by_value(value)


def can_be_pickled(value: object) -> bool:
    """Tell whether `pickled` takes a value."""
    try:
        _by_value(value)
    except Exception:
        return False
    return True
