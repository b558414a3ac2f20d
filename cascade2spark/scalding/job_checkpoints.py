"""Checkpoint: rows of a job that are saved, and read instead of computed the next time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.args import Args, ArgsError
from cascade2spark.scalding.base import building_mode
from cascade2spark.scalding.fields.base import listed
from cascade2spark.scalding.fields.rich_pipe import RichPipe
from cascade2spark.scalding.flow_state import current_state
from cascade2spark.scalding.readable import Source
from cascade2spark.scalding.sources_formats import SequenceFile
from cascade2spark.scalding.sources_text import Tsv

__all__ = ["Checkpoint"]

_FORMATS: dict[str, Callable[[str, Fields], Source]] = {"sequencefile": SequenceFile, "tsv": Tsv}


@attrs.frozen(init=False)
class Checkpoint:
    """Rows that are computed once and saved, as the arguments of the job being built say.

    ``--checkpoint.file.NAME path``, or ``--checkpoint.file base`` for ``base_NAME``: rows that are
    there are read, else they are computed and saved as well. ``--checkpoint.clobber[.NAME]``
    computes and saves them anyway. ``--checkpoint.format[.NAME]`` is ``sequencefile``, or ``tsv``,
    which gives texts. Without a file nothing is saved.

    Args:
        name: of the checkpoint.
        fields: the fields of the rows, which are all that goes on.
    Source:
        com.twitter.scalding.Checkpoint
    Example:
        >>> from cascade2spark.scalding.job_base import Job
        >>> class Counted(Job):
        ...     def build(self):
        ...         words = Tsv(self.args["input"], "word")
        ...         counts = Checkpoint("counts", ("word", "n"))(
        ...             lambda: words.read().group_by("word", lambda group: group.size("n"))
        ...         )
        ...         counts.write(Tsv(self.args["output"], ("word", "n")))
    """

    name: str
    fields: Fields

    def __init__(self, name: str, fields: Any = None) -> None:
        if not isinstance(name, str) or fields is None:
            raise BuildError(
                "cascade2spark.scalding.job.Checkpoint takes a name and the fields of its rows",
                asked=shown_value(name),
                origin=capture_origin(),
                fix=None
                if isinstance(name, str)
                else "for a pipe, import cascade2spark.Checkpoint",
            )
        self.__attrs_init__(name, listed("Checkpoint", as_fields(fields)))

    def __call__(self, flow: Callable[[], Any]) -> RichPipe:
        """Return the rows: those that were saved, or what a function returns, saved as well.

        Args:
            flow: returns the pipe of the rows; it is not called where they are read.
        Raises:
            BuildError: no job is being built.
            ArgsError: the format is none.
        """
        if not callable(flow):
            raise BuildError(
                "a Checkpoint is given a function that returns a pipe",
                asked=shown_value(flow),
                origin=capture_origin(),
                fix=f"write Checkpoint({self.name!r}, ...)(lambda: pipe)",
            )
        state = current_state()
        args: Args = state.owner.args if state.owner is not None else Args()
        path = self._path(args)
        if path is None:
            return RichPipe(flow()).project(self.fields)
        saved = self._source(args, path)
        is_clobbered = args.boolean(self._key("clobber")) or args.boolean("checkpoint.clobber")
        if not is_clobbered and building_mode().can_read(saved):
            return saved.read()
        return RichPipe(flow()).project(self.fields).write(saved)

    def _path(self, args: Args) -> str | None:
        own = args.optional(self._key("file"))
        if own is not None:
            return own
        base = args.optional("checkpoint.file")
        return None if base is None else f"{base}_{self.name}"

    def _source(self, args: Args, path: str) -> Source:
        own = args.optional(self._key("format"))
        chosen = own or args.optional("checkpoint.format") or "sequencefile"
        make = _FORMATS.get(chosen)
        if make is None:
            raise ArgsError(
                "a checkpoint has no such format", asked=chosen, available=list(_FORMATS)
            )
        return make(path, self.fields)

    def _key(self, what: str) -> str:
        return f"checkpoint.{what}.{self.name}"
