"""How an application answers whoever measures it (`measure.py`); needs nothing but Python.

It says READY on its output, then answers every line of its input with one run of the job and the
seconds that took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

__all__ = ["WARM_UP", "answer"]

# Run by every contestant on a few rows before the first run that is timed, so that workers have
# started and imported what they need, and classes are loaded.
WARM_UP = "sum_by_key"


def answer(run: Callable[[], object]) -> None:
    """Run once for every line of standard input; say how many seconds each run took."""
    print("READY", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        run()
        print(f"SECONDS {time.perf_counter() - began:.4f}", flush=True)
