"""Whole messages of everything that can be wrong with Fields, against tests/errors/fields.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from cascade2spark.errors import Cascade2SparkError
from cascade2spark.field_resolution import resolve_aggregator, resolve_arguments, resolve_each
from cascade2spark.fields import Fields, as_fields
from cascade2spark.selection import check_width, layout_for, pick_for
from tests.planning import without_place

GOLDEN = Path(__file__).parents[1] / "errors" / "fields.txt"
USERS = Fields(["user_id", "url", "ts"], [str, str, int])
ABC = Fields("a", "b", "c")


def each(arguments, declaration, output):
    return resolve_each(as_fields(arguments), as_fields(declaration), as_fields(output), ABC)


def aggregate(arguments, output, incoming=ABC):
    key = Fields("a") if incoming is ABC else Fields(0)
    return resolve_aggregator(as_fields(arguments), Fields("n"), output, incoming, key, key)


def replace_in_unknown():
    found = resolve_each(Fields.ALL, Fields.ARGS, Fields.REPLACE, Fields.UNKNOWN)
    spec = layout_for(Fields.REPLACE, Fields.UNKNOWN, Fields.ALL, found.arguments, found.declared)
    return spec.build()((1, 2, 3), (9,))


CASES = {
    "element twice": lambda: Fields("a", "b", "a"),
    "no element": lambda: Fields("a", 1.5),
    "type without a field": lambda: Fields(int, "a"),
    "types for some fields": lambda: Fields("a", int, "b"),
    "another number of types": lambda: Fields(["a", "b"], [int]),
    "not a type": lambda: Fields(["a"], [None]),
    "negative size": lambda: Fields.size(-1),
    "select a missing name": lambda: USERS.select("userId"),
    "select missing names": lambda: USERS.select(("userId", "time")),
    "select a missing position": lambda: ABC.select(3),
    "select with a set": lambda: ABC.select(Fields.SWAP),
    "select from a selector": lambda: Fields(2, 0).select(0),
    "positions of a set": lambda: ABC.get_pos(Fields.GROUP),
    "append a name again": lambda: ABC.append(("d", "b")),
    "append a set": lambda: ABC.append(Fields.ALL),
    "rename to a taken name": lambda: ABC.rename("a", "b"),
    "rename to another number": lambda: ABC.rename(("a", "b"), "x"),
    "rename a set": lambda: Fields.UNKNOWN.rename("a", "b"),
    "join a set": lambda: Fields.join(ABC, Fields.UNKNOWN),
    "merge a set": lambda: Fields.merge(ABC, Fields.ALL),
    "resolve a name in two lists": lambda: Fields.resolve("b", ABC, ("b", "x")),
    "resolve one name twice": lambda: Fields.resolve((1, "b"), ABC, "x"),
    "resolve a set": lambda: Fields.resolve(Fields.GROUP, ABC),
    "one type among none": lambda: ABC.apply_type("a", int),
    "comparator of a missing field": lambda: ABC.set_comparator("z", object()),
    "comparators of another number": lambda: ABC.set_comparators(None),
    "no comparator": lambda: ABC.set_comparator("a", 7),
    "comparator of everyone's FIRST": lambda: Fields.FIRST.set_comparators(None),
    "arguments missing": lambda: resolve_arguments(Fields("userid"), USERS),
    "arguments too few": lambda: resolve_arguments(Fields("ts"), USERS, num_args=2),
    "arguments from a set": lambda: each(Fields.RESULTS, "n", Fields.ALL),
    "declaration a set": lambda: each("a", Fields.SWAP, Fields.ALL),
    "declaration unordered": lambda: each("a", (1, 0), Fields.ALL),
    "declaration twice": lambda: each((0, "a"), Fields.ARGS, Fields.RESULTS),
    "output a set": lambda: each("a", "n", Fields.GROUP),
    "ALL with a name again": lambda: each("b", "b", Fields.ALL),
    "SWAP with a name again": lambda: each("b", "c", Fields.SWAP),
    "REPLACE of another number": lambda: each(("a", "b"), "a", Fields.REPLACE),
    "REPLACE of a missing name": lambda: each("b", "n", Fields.REPLACE),
    "REPLACE of one field twice": lambda: each(("a", "b"), ("b", 1), Fields.REPLACE),
    "REPLACE by nobody knows what": lambda: each("a", Fields.UNKNOWN, Fields.REPLACE),
    "output selects a missing name": lambda: each("b", "n", ("n", "z")),
    "output selects an ambiguous name": lambda: each("b", "b", ("b", "a")),
    "aggregator with VALUES": lambda: aggregate("b", Fields.VALUES),
    "aggregator swapping a value": lambda: aggregate("b", Fields.SWAP),
    "aggregator selecting a value": lambda: aggregate("b", Fields("b", "n")),
    "aggregator swapping a position": lambda: aggregate(1, Fields.SWAP, Fields(0, 1)),
    "aggregator replacing by unknown arguments": lambda: resolve_aggregator(
        Fields.ALL, Fields.ARGS, Fields.REPLACE, Fields.UNKNOWN, Fields(0), Fields(0)
    ),
    "aggregator with UNKNOWN": lambda: aggregate("b", Fields.UNKNOWN),
    "row without the name": lambda: pick_for(Fields("q"), Fields.UNKNOWN).of()((1, 2)),
    "row without the position": lambda: pick_for(Fields(2), Fields.UNKNOWN).of()((1, 2)),
    "row replaced by another width": replace_in_unknown,
    "result too wide": lambda: check_width((1, "x", 3), Fields("a", "b")),
    "result where none is declared": lambda: check_width((1,), Fields.NONE),
}


def goldens() -> dict[str, str]:
    blocks = GOLDEN.read_text().split("\n\n")
    return dict(block.strip().removeprefix("# ").split("\n", 1) for block in blocks)


@pytest.mark.parametrize("case", CASES)
def test_message(case):
    with pytest.raises(Cascade2SparkError) as caught:
        CASES[case]()
    error = caught.value
    assert without_place(f"{type(error).__name__}: {error}") == goldens()[case]


def test_every_golden_has_its_case():
    assert list(goldens()) == list(CASES)
