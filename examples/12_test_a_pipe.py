# Tests an assembly: rows in, rows out, in milliseconds and without Spark. Tested is a function
# that takes a pipe and returns one; the job that uses it is the one in 05_secondary_sort.py.
#
#   pytest examples/12_test_a_pipe.py
#
# says that 3 tests passed.

from __future__ import annotations

from collections.abc import Iterator

from cascade2spark import Fields, Pipe, buffer
from cascade2spark.testing import run_assembly, run_operation, run_pipe


@buffer("came_from", "went_to")
def steps(key: tuple, rows: Iterator[tuple]) -> Iterator[tuple]:
    (came_from,) = next(rows)
    for (went_to,) in rows:
        yield came_from, went_to
        came_from = went_to


def walks(visits: Pipe) -> Pipe:
    by_user = visits.group_by("user", sort="day")
    return by_user.every("page", steps, Fields("user", "came_from", "went_to"))


VISITS = [("bob", 1, "/b"), ("ann", 2, "/map"), ("ann", 1, "/home")]


def test_steps_follow_the_days() -> None:
    found = run_pipe(walks, VISITS, Fields("user", "day", "page"))
    assert found == [("ann", "/home", "/map")]


def test_one_visit_is_no_step() -> None:
    assert run_operation(steps, [("/home",)], "page") == []


def test_fields_are_named() -> None:
    tail = walks(Pipe("visits"))
    ran = run_assembly(tail, {"visits": (Fields("user", "day", "page"), VISITS)})
    assert ran.fields[tail.name] == Fields("user", "came_from", "went_to")
