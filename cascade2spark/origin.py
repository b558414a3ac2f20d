"""Where in the user's own code a node was built.

Every pipe, tap and decorated callable records the innermost stack frame that does not belong to
this package, so that an error found much later can name the line that caused it.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import traceback
from types import FrameType

import attrs

__all__ = ["Origin", "capture_origin", "failing_line", "origin_of_callable"]

_PACKAGE_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
_DEMO_FOLDER = os.path.join(_PACKAGE_FOLDER, "demo") + os.sep  # jobs, written as a user would


@attrs.frozen
class Origin:
    """One place in a source file: path, 1-based line, and the enclosing function's name."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        place = f"{_shown_path(self.file)}:{self.line}"
        return place if self.function == "<module>" else f"{place} in {self.function}"


def capture_origin(made: object = None) -> Origin:
    """Return the innermost frame outside this package (the outermost frame if there is none).

    Args:
        made: an object that is being made: the constructors of its class are looked through.
    """
    frame: FrameType | None = sys._getframe(1)
    last = frame
    while frame is not None:
        file = frame.f_code.co_filename
        is_ours = file.startswith(_PACKAGE_FOLDER) and not file.startswith(_DEMO_FOLDER)
        if not is_ours and not file.startswith("<attrs generated") and not _makes(frame, made):
            break
        last, frame = frame, frame.f_back
    found = frame if frame is not None else last
    assert found is not None
    return Origin(found.f_code.co_filename, found.f_lineno, found.f_code.co_qualname)


def _makes(frame: FrameType, made: object) -> bool:
    code = frame.f_code
    if made is None or code.co_name != "__init__" or not code.co_argcount:
        return False
    return frame.f_locals.get(code.co_varnames[0]) is made


def origin_of_callable(call: object) -> Origin | None:
    """Return where a Python function was defined, or None for built-ins and C callables."""
    code = getattr(getattr(call, "__wrapped__", call), "__code__", None)
    if code is None:
        code = getattr(getattr(call, "__func__", None), "__code__", None)
    if code is None:
        return None
    return Origin(code.co_filename, code.co_firstlineno, code.co_qualname)


def failing_line(error: BaseException) -> str | None:
    """Return the place and text of the user's innermost line; of a library's when there is none."""
    outside = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_PACKAGE_FOLDER, "<cascade2spark"))
    ]
    own = [frame for frame in outside if not frame.filename.startswith(_LIBRARIES)]
    if not outside:
        return None
    frame = (own or outside)[-1]
    line = linecache.getline(frame.filename, frame.lineno or 0).strip()
    place = Origin(frame.filename, frame.lineno or 0, frame.name)
    return f"{place}: {line}" if line else str(place)


def _shown_path(file: str) -> str:
    try:
        relative = os.path.relpath(file) if os.path.isabs(file) else file
    except (OSError, ValueError):  # the working folder is gone, or the file on another drive
        return file
    return file if relative.startswith("..") else relative
