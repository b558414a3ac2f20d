"""What ported jobs of the fields API may rely on. Sections are those of the Scalding reference."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tests.scalding.fields_case import CASES

__all__ = ["CASES"]

for _module in pkgutil.iter_modules([str(Path(__file__).parent / "fields")]):
    importlib.import_module(f"tests.scalding.fields.{_module.name}")
