"""All cases, a topic in one file or several."""

from __future__ import annotations

import importlib
import pkgutil

from tests.conformance.case import Case

__all__ = ["CASES"]


def _all_cases() -> tuple[Case, ...]:
    found: list[Case] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        found += importlib.import_module(f"{__name__}.{module.name}").case.cases
    return tuple(found)


CASES = _all_cases()
