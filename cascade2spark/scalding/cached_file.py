"""CachedFile: a file that travels to the tasks whose functions use it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from cascade2spark.errors import TapError

__all__ = ["CachedFile"]


class CachedFile:
    """A local file for functions of a job: where a task runs elsewhere, its bytes go along.

    Args:
        path: the file, on the driver's disk. It is read when a function that uses it is sent.
    Raises:
        TapError: there is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._content: bytes | None = None
        if not self._path.is_file():
            raise TapError("the file to be cached does not exist", asked=str(path))

    @property
    def path(self) -> str:
        """A path of the file, on the disk of whoever asks."""
        if self._content is None:
            return str(self._path)
        digest = hashlib.sha256(self._content).hexdigest()[:16]
        place = Path(tempfile.gettempdir()) / f"cascade2spark-{digest}" / self._path.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            # Other tasks of the machine may do the same: whole files only, and the last one wins.
            aside = place.with_name(f"{place.name}.{os.getpid()}")
            aside.write_bytes(self._content)
            aside.replace(place)
        return str(place)

    @property
    def file(self) -> Path:
        """`path` as a Path."""
        return Path(self.path)

    def __getstate__(self) -> dict[str, Any]:
        content = self._content if self._content is not None else self._path.read_bytes()
        return {"_path": self._path, "_content": content}

    def __repr__(self) -> str:
        return f"CachedFile({str(self._path)!r})"
