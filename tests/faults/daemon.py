"""Spark's daemon of Python workers, with the library loaded: killed workers are replaced sooner."""

from __future__ import annotations

from pyspark.daemon import manager

import cascade2spark.spark.lowering
import tests.faults.shapes

__all__ = ["cascade2spark", "tests"]

if __name__ == "__main__":
    manager()
