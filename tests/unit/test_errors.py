"""One layout for every message, and errors that survive the way home from a worker."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from cascade2spark.errors import (
    BadRecord,
    BuildError,
    Cascade2SparkError,
    FieldNotFound,
    FieldsResolverException,
    FlowException,
    IllegalArgumentException,
    OperationError,
    PlanError,
    PlannerException,
    RunError,
    TapException,
    TupleError,
    TupleException,
    nearest_match,
    shown_value,
)
from cascade2spark.operations.failures import located_error
from cascade2spark.origin import Origin, capture_origin

ORIGIN = Origin("jobs/visits.py", 42, "visits_per_user")


def test_parts_come_in_the_same_order_whatever_the_error() -> None:
    error = FieldNotFound(
        "GroupBy 'by user' groups on a field that does not reach it",
        asked="userid",
        available=[("user_id", "String"), ("url", "String"), ("ts", "Long")],
        details={"dropped by": "Retain"},
        origin=ORIGIN,
        branch="logs > Retain > GroupBy 'by user'",
        fix="select it",
    )
    assert str(error) == (
        "GroupBy 'by user' groups on a field that does not reach it\n"
        "  asked for   'userid'\n"
        "  available   'user_id': String, 'url': String, 'ts': Long\n"
        "  nearest     'user_id'\n"
        "  dropped by  Retain\n"
        "  built at    jobs/visits.py:42 in visits_per_user\n"
        "  branch      logs > Retain > GroupBy 'by user'\n"
        "  fix         select it"
    )


def test_several_lines_of_one_part_are_indented_alike() -> None:
    error = BuildError("wrong", details={"expression": "a +\n  ^"})
    shown = str(error).split("\n")
    assert shown[:3] == ["wrong", "  expression  a +", "                ^"]


def test_what_is_built_wrongly_names_the_line_that_ran() -> None:
    error = BuildError("wrong")
    assert "built at    " in str(error) and __file__.endswith(Path(error.origin.file).name)
    error.locate(ORIGIN)  # a pipe's own line tells more
    assert error.origin is ORIGIN
    error.locate(capture_origin())
    assert error.origin is ORIGIN


def test_nothing_there_is_said() -> None:
    assert "available   nothing" in str(FieldNotFound("no", asked="a", available=[]))


def test_a_run_error_shows_its_row_before_the_rest() -> None:
    error = RunError("broke", row=("a", None), fields="['x', 'y']", asked="more", origin=ORIGIN)
    assert str(error).split("\n")[1:4] == [
        "  fields      ['x', 'y']",
        "  row         ('a', None)",
        "  asked for   'more'",
    ]


def test_a_message_of_several_lines_stays_together() -> None:
    class Silent(Exception):
        pass

    site = SimpleNamespace(label="Each 'p' f", origin=ORIGIN, branch=None, is_repeat=False)
    error = located_error(
        ValueError("no such town\n  tried: Leith\n  tried: Dover"), site, (1,), "a"
    )
    assert str(error).split("\n")[:6] == [
        "Each 'p' f failed: ValueError: no such town",
        "  fields      a",
        "  row         (1,)",
        "  message     no such town",
        "                tried: Leith",
        "                tried: Dover",
    ]
    assert "Each 'p' f failed: Silent" == located_error(Silent(), site, None, None).headline


@pytest.mark.parametrize(
    ("expected", "asked"),
    [("user_id", "userId"), ("user_id", "USER_ID"), ("url", "ulr"), (None, "amount")],
)
def test_the_nearest_match_does_not_mind_case_and_underscores(
    expected: str | None, asked: str
) -> None:
    assert nearest_match(asked, ["user_id", "url", "ts"]) == expected


def test_long_values_are_cut() -> None:
    shown = shown_value("x" * 500)
    assert (len(shown), shown[-1]) == (200, "…")


def test_a_broken_repr_does_not_hide_the_error() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    assert shown_value(Broken()) == "<Broken whose repr raised ValueError>"


def test_all_findings_of_a_plan_are_listed() -> None:
    first, second = FieldNotFound("one", asked="a"), PlanError("two\nlines")
    whole = PlanError("2 things are wrong with flow 'f'", errors=[first, second])
    assert whole.errors == (first, second)
    assert str(whole) == (
        "2 things are wrong with flow 'f'\n"
        "1. FieldNotFound: one\n"
        "     asked for   'a'\n"
        "2. PlanError: two\n"
        "   lines"
    )


def test_a_single_finding_lists_itself() -> None:
    only = PlanError("one")
    assert only.errors == (only,)


@pytest.mark.parametrize(
    "error",
    [
        BuildError("a", asked=["x"], origin=ORIGIN),
        BadRecord("b", payload=("raw\tline",), details={"file": "f"}),
        OperationError("c", row=(1, "x"), fields="['n', 't']"),
        PlanError("d", errors=[FieldNotFound("e")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling_whole(error: Cascade2SparkError) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found)) == (type(error), str(error))


def test_an_error_that_cannot_be_pickled_can_be_made_text() -> None:
    error = TupleError("a", row=(1, threading.Lock(), ["x"]), fields=["n"], origin=ORIGIN)
    found = pickle.loads(pickle.dumps(error.without_objects()))
    assert (type(found), found.headline, found.origin) == (TupleError, "a", ORIGIN)
    assert "lock" in str(found)
    assert str(error) == str(found)


def test_the_cause_is_there_as_in_java() -> None:
    cause = KeyError("k")
    error = RunError("a")
    error.__cause__ = cause
    assert error.cause is cause


def test_cascading_names_catch_ours() -> None:
    for theirs, ours in [
        (PlannerException, PlanError),
        (FieldsResolverException, FieldNotFound),
        (TupleException, TupleError),
        (IllegalArgumentException, BuildError),
    ]:
        with pytest.raises(theirs):
            raise ours("x")
    assert issubclass(BadRecord, TapException)
    assert not issubclass(TapException, FlowException)
