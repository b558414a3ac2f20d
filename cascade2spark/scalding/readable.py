"""Sources that the fields API reads by a method of their own."""

from __future__ import annotations

from cascade2spark.scalding import base
from cascade2spark.scalding.fields.rich_pipe import RichPipe, from_typed, read
from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["Source"]


class Source(base.Source):
    """A source of the catalogue."""

    def read(self) -> RichPipe:
        """Return the pipe of what this source holds, for the fields API.

        Source:
            Scalding's Source.read
        """
        if self.is_encoded:
            return from_typed(TypedPipe.from_(self), *self.source_fields)
        return read(self)
