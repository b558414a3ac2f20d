"""The command line: parses, calls one function of the library, prints what it returns.

Results go to stdout, messages and progress to stderr; the exit codes are in `cli.exits`.
"""

from __future__ import annotations

from cascade2spark.cli.commands import main

__all__ = ["main"]
