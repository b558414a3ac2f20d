"""What is done once in a worker process."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

pytest.importorskip("pyspark")

from cascade2spark.spark import worker_process
from cascade2spark.spark.worker_process import settle


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Act as a process that is not prepared yet."""
    monkeypatch.setattr(worker_process, "_settled", set())
    yield
    gc.unfreeze()


class Ring:
    """Refers to itself, so that only the collector finds it."""

    def __init__(self) -> None:
        self.own = self


def test_the_collector_leaves_alone_what_was_there() -> None:
    settle()
    assert gc.get_freeze_count() > 1000


def test_the_collector_looks_at_what_comes_after() -> None:
    settle()
    ring = weakref.ref(Ring())
    gc.collect()
    assert ring() is None


def test_only_the_first_call_does_anything() -> None:
    settle()
    gc.unfreeze()
    settle()
    assert gc.get_freeze_count() == 0


def test_a_forked_process_is_prepared_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    settle()
    gc.unfreeze()
    monkeypatch.setattr(worker_process.os, "getpid", lambda: -1)
    settle()
    assert gc.get_freeze_count() > 1000


def test_memory_is_had_as_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    monkeypatch.setattr(worker_process.ctypes, "CDLL", asked.append)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    settle()
    assert asked == []
