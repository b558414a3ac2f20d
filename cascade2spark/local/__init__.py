"""The reference engine: plans run over lists of tuples, in this process, without Spark."""

from __future__ import annotations

from cascade2spark.local.engine import LocalEngine

__all__ = ["LocalEngine"]
