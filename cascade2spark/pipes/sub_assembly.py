"""The base of assemblies: several pipes that go by one name."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.origin import capture_origin
from cascade2spark.pipes.pipe import Pipe, tails_of

__all__ = ["SubAssembly"]


class SubAssembly(Pipe):
    """Base of assemblies: wires pipes in its constructor and says which are its tails.

    A subclass calls ``super().__init__(previous pipes…)``, builds pipes, and calls
    ``self.set_tails(...)`` once. Pipes built on an assembly are built on its one tail.

    Example:
        >>> from cascade2spark import Each, Fields
        >>> from cascade2spark.operations import FilterNull, Identity
        >>> from cascade2spark.testing import run_pipe
        >>> class Known(SubAssembly):
        ...     def __init__(self, previous, field):
        ...         super().__init__(previous)
        ...         known = Each(previous, Fields(field), FilterNull())
        ...         self.set_tails(Each(known, Fields(field), Identity(Fields("known"))))
        >>> run_pipe(lambda pipe: Known(pipe, "k"), [("a", 1), (None, 2)], ("k", "n"))
        [('a',)]
    """

    def __init__(self, *previous: Any, name: str | None = None) -> None:
        inputs = [pipe for entry in previous for pipe in (entry if _is_many(entry) else [entry])]
        for given in inputs:
            if not isinstance(given, Pipe):
                raise BuildError(
                    f"{type(self).__name__} takes a pipe where this was given",
                    asked=[given],
                    origin=capture_origin(self),
                )
        object.__setattr__(self, "_tails", None)
        self._start(name or "+".join(pipe.name for pipe in inputs), inputs)

    _tails: tuple[Pipe, ...] | None

    # Java's assemblies keep things in members, so this one class lets its attributes be set.
    __setattr__ = object.__setattr__

    def set_previous(self, *previous: Pipe) -> None:
        """Name the incoming pipes, once, when the constructor was not given them."""
        if self.previous:
            raise BuildError(f"{type(self).__name__} already has its previous pipes")
        object.__setattr__(self, "previous", tuple(previous))

    def set_tails(self, *tails: Pipe) -> None:
        """Name the tails, once."""
        if self._tails is not None:
            raise BuildError(f"{type(self).__name__} already has its tails")
        flat = tuple(tail for pipe in tails for tail in tails_of(pipe))
        if not flat:
            raise BuildError(f"{type(self).__name__} needs at least one tail")
        object.__setattr__(self, "_tails", flat)
        object.__setattr__(self, "name", "+".join(tail.name for tail in flat))
        self._mark_inner_pipes()

    def _mark_inner_pipes(self) -> None:
        """Note on every pipe between the inputs and the tails that this assembly built it."""
        if not self.previous:
            return  # nothing tells where the assembly starts
        seen = {id(tail) for pipe in self.previous for tail in tails_of(pipe)}
        waiting = list(self.get_tails())
        while waiting:
            pipe = waiting.pop()
            if id(pipe) not in seen:
                seen.add(id(pipe))
                object.__setattr__(pipe, "assemblies", (*pipe.assemblies, self))
                waiting.extend(pipe.previous)

    def get_tails(self) -> tuple[Pipe, ...]:
        """Return the tails.

        Raises:
            BuildError: set_tails was not called yet.
        """
        tails: tuple[Pipe, ...] | None = getattr(self, "_tails", None)
        if tails is None:
            raise BuildError(
                f"{type(self).__name__} is used before its tails are set",
                fix=f"call self.set_tails(...) in {type(self).__name__}.__init__",
            )
        return tails

    def _stand_ins(self) -> tuple[Pipe, ...]:
        return self.get_tails()

    def get_tail_names(self) -> list[str]:
        """Return the names of the tails."""
        return [tail.name for tail in self.get_tails()]


def _is_many(entry: Any) -> bool:
    return isinstance(entry, (list, tuple))
