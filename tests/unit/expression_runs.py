"""Expressions of the language, compiled and called on one row."""

from __future__ import annotations

from typing import Any

from cascade2spark.operations.expression_language import compile_expression
from cascade2spark.types import Type


def run(text: str, *typed: tuple[str, Type, Any]) -> Any:
    """Return what `text` gives for parameters of these names, types and values."""
    compiled = compile_expression(text, [(name, kind) for name, kind, _ in typed])
    return compiled.call(*(value for _, _, value in typed))
