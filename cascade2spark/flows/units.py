"""UnitOfWorkDef: what a FlowDef and a CascadeDef have in common; and flows that there are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.taps.base import Tap

__all__ = ["Cascades", "HiveFlow", "MapReduceFlow", "ProcessFlow", "UnitOfWorkDef"]


class UnitOfWorkDef:
    """A name and tags. Every method that sets something returns the definition itself.

    Source:
        cascading.management.UnitOfWorkDef
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.tags: list[str] = []

    def set_name(self, name: str) -> Self:
        """Set the name; without one it is made of the names of the parts."""
        self.name = name
        return self

    def get_name(self) -> str | None:
        """Return the name that was set."""
        return self.name

    def add_tag(self, tag: str) -> Self:
        """Add a word, which the statistics carry."""
        return self.add_tags(tag)

    def add_tags(self, *tags: str) -> Self:
        """Add several words."""
        self.tags.extend(tag for tag in tags if tag not in self.tags)
        return self

    def get_tags(self) -> str:
        """Return the tags, joined by commas."""
        return ",".join(self.tags)


class Cascades:
    """Help with mappings of names to taps.

    Source:
        cascading.cascade.Cascades
    """

    @staticmethod
    def taps_map(pipes: str | Pipe | Sequence[str | Pipe], taps: Tap | Sequence[Tap]) -> Any:
        """Return taps by the names of pipes, one tap for each.

        Args:
            pipes: a name or a pipe, or several.
            taps: as many taps.
        Raises:
            BuildError: there are more of one than of the other, or a name comes twice.
        """
        given = [pipes] if isinstance(pipes, (str, Pipe)) else list(pipes)
        names = [one.get_name() if isinstance(one, Pipe) else one for one in given]
        held = [taps] if isinstance(taps, Tap) else list(taps)
        if len(names) != len(held) or len(set(names)) != len(names):
            raise BuildError(
                "taps_map takes one tap for each name, and each name once",
                asked=names,
                details={"taps": ", ".join(map(repr, held))},
                origin=capture_origin(),
            )
        return dict(zip(names, held, strict=True))


class _NoSuchFlow:
    """Base of the flows of Cascading that run something of Java's."""

    def __init__(self, *given: Any, **named: Any) -> None:
        raise Unsupported(
            f"there is no {type(self).__name__}: it runs Java objects that are no pipes",
            origin=capture_origin(),
            fix="call what it ran from Python, between two flows",
        )


class ProcessFlow(_NoSuchFlow):
    """Refused: it wraps annotated Java objects."""


class MapReduceFlow(_NoSuchFlow):
    """Refused: it wraps a Hadoop job."""


class HiveFlow(_NoSuchFlow):
    """Refused: it runs Hive."""
