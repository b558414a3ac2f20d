"""The typed API as data: what each operator gives, on every engine.

Expected values are those of the Scalding reference, section by section.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tests.scalding.typed_case import CASES

__all__ = ["CASES"]

for _module in pkgutil.iter_modules([str(Path(__file__).parent / "typed")]):
    importlib.import_module(f"tests.scalding.typed.{_module.name}")
