"""Inputs that are files of a format of their own: rows that the scheme writes, or given bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.schemes import Scheme
from cascade2spark.taps import Hfs
from tests.conformance.case import Row, Rows, as_rows

__all__ = ["Stored", "stored"]


@attrs.frozen
class Stored(Rows):
    """Rows in a file: what a scheme that knows their types wrote is read by another.

    Args:
        writes: the scheme that the file is written with.
        reads: the scheme of the source.
    """

    writes: Scheme
    reads: Scheme

    def tap_at(self, path: Path) -> Any:
        """Write the file; return the tap to read."""
        with Hfs(self.writes, path).open_for_write() as out:
            for row in self.rows:
                out.add(row)
        return Hfs(self.reads, path)


def stored(writes: Scheme, *values: Row, reads: Scheme | None = None) -> Stored:
    """Return a file of some rows."""
    fields = writes.sink_fields
    named = fields if fields.is_defined() else Fields.UNKNOWN
    return Stored(named, as_rows(values), writes, reads or writes)
