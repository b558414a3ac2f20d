"""Cascading- and Scalding-style ETL jobs on Spark RDDs.

The names below are the ones a job needs most; each is loaded from its module when it is first
used, so that importing this package costs nothing and needs neither Spark nor Arrow.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

__all__ = ["__version__"]

_MODULE_OF: dict[str, str] = {}


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
