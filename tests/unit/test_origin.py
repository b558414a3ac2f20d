"""A node remembers the user's own line, not ours."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from cascade2spark.errors import PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import function
from cascade2spark.origin import Origin, origin_of_callable
from cascade2spark.pipes import Pipe
from cascade2spark.taps import MemoryTap


def here() -> int:
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_pipe_is_built_at_the_users_line() -> None:
    line = here() + 1
    pipe = Pipe("a").group_by(Fields("x"))
    assert (pipe.origin.line, pipe.origin.file) == (line, __file__)
    assert pipe.origin.function == "test_a_pipe_is_built_at_the_users_line"


class OwnTap(MemoryTap):
    def __init__(self, names: str) -> None:
        super().__init__(names)


def test_a_tap_of_ones_own_class_is_built_where_it_is_made() -> None:
    line = here() + 1
    origin = OwnTap("x").origin
    function = "test_a_tap_of_ones_own_class_is_built_where_it_is_made"
    assert (origin.line, origin.function) == (line, function)


def test_a_callable_is_found_where_it_is_defined() -> None:
    def length(word: str) -> int:
        return len(word)

    assert function("n")(length).origin == origin_of_callable(length)
    assert origin_of_callable(length) == Origin(
        __file__, length.__code__.co_firstlineno, length.__qualname__
    )


def test_built_ins_have_no_line() -> None:
    assert origin_of_callable(len) is None


def test_the_module_level_needs_no_name() -> None:
    assert str(Origin("jobs/a.py", 3, "<module>")) == "jobs/a.py:3"
    assert str(Origin("jobs/a.py", 3, "main")) == "jobs/a.py:3 in main"


def test_a_line_is_shown_when_the_working_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    origin = Origin("/jobs/visits.py", 4, "<module>")
    assert str(PlanError("it failed", origin=origin)).endswith("/jobs/visits.py:4")
