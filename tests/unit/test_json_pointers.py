"""Pointers into JSON trees: the laws of their docstring, and whole messages."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.operations.json.pointers import MISSING, Path, Pointer

KEYS = st.sampled_from(["a", "b", "0", "1", "", "a/b", "m~n", "~1", "é", "-"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def pointer_to(path: Path) -> Pointer:
    """Return the pointer of RFC 6901 to a path."""
    escaped = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return Pointer("".join("/" + step for step in escaped))


@settings(max_examples=60)
@given(TREES)
def test_a_pointer_of_the_keys_finds_the_value_at_every_path(tree: Any) -> None:
    for path, value in Pointer("/**").paths(tree):
        assert pointer_to(path).first(tree) is value
        assert [value] == pointer_to(path).all(tree)


@settings(max_examples=60)
@given(TREES, st.lists(KEYS | st.just("*") | st.just("**"), max_size=3))
def test_all_gives_the_values_of_paths_and_first_the_first(tree: Any, steps: list[str]) -> None:
    pointer = Pointer("".join("/" + step.replace("~", "~0") for step in steps))
    values = [value for _, value in pointer.paths(tree)]
    assert values == pointer.all(tree)
    found = pointer.first(tree)
    assert found is MISSING if not values else found is values[0] or found == values[0]


@settings(max_examples=60)
@given(TREES, st.lists(KEYS, min_size=1, max_size=3), LEAVES)
def test_what_is_set_is_found_and_nothing_else_changes(
    tree: Any, steps: list[str], value: Any
) -> None:
    pointer, before = pointer_to(tuple(steps)), copy.deepcopy(tree)
    try:
        pointer.set_at(tree, value)
    except OperationError:
        return
    if "-" not in steps:  # which names another place afterwards
        assert value is pointer.first(tree)
    elsewhere = {path: one for path, one in Pointer("/**").paths(before) if is_leaf(one)}
    after = dict(Pointer("/**").paths(tree))
    for path, one in elsewhere.items():
        if [str(step) for step in path[: len(steps)]] != steps:
            assert path in after and one == after[path]


@settings(max_examples=60)
@given(TREES, st.lists(KEYS | st.just("*"), min_size=1, max_size=2))
def test_what_is_removed_is_gone_from_objects(tree: Any, steps: list[str]) -> None:
    pointer = Pointer("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps))
    named = len(pointer.all(tree))
    before = len(Pointer("/**").all(tree))
    if pointer.is_single and all(map(is_leaf, Pointer(pointer.text.rpartition("/")[0]).all(tree))):
        with pytest.raises(OperationError, match="no object and no list"):
            pointer.remove_from(tree)
        return
    pointer.remove_from(tree)
    assert (before == len(Pointer("/**").all(tree))) is (named == 0)
    if not any(isinstance(one, list) for one in Pointer("/**").all(tree)):
        assert [] == pointer.all(tree)


def is_leaf(value: Any) -> bool:
    return not isinstance(value, (dict, list))


RFC_TREE = json.loads(
    r'{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", RFC_TREE), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1),
        ("/c%d", 2), ("/e^f", 3), ("/g|h", 4), ("/i\\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8),
        ("/foo/2", MISSING), ("/foo/01", MISSING), ("/foo/-", MISSING), ("/foo/bar", MISSING),
        ("/~01", MISSING),
    ],
)  # fmt: skip
def test_the_examples_of_the_rfc(text: str, expected: Any) -> None:
    found = Pointer(text).first(RFC_TREE)
    assert found is MISSING if expected is MISSING else found == expected


def test_a_position_beyond_the_end_fills_with_nulls_and_a_dash_appends() -> None:
    tree: dict[str, Any] = {"l": [1]}
    Pointer("/l/3").set_at(tree, "x")
    Pointer("/l/-").set_at(tree, "y")
    assert {"l": [1, None, None, "x", "y"]} == tree


@pytest.mark.parametrize("text", ["", "/*", "/a/**", "/*/a"])
def test_values_are_put_at_one_place_below_the_root(text: str) -> None:
    with pytest.raises(BuildError, match="at one place, below the root"):
        Pointer(text).single("JSONSetFunction")
