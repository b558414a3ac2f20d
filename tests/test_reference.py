"""The reference pages say what the docstrings say, and those say all that the template asks for."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
from typing import Any

import pytest

from tests.doc_pages import ROOT

SCRIPT = ROOT / "docs" / "generate_reference.py"
SPEC = importlib.util.spec_from_file_location("generate_reference", SCRIPT)
reference = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(reference)

# The doors whose every name must show itself at work.
SHOWN = ("operations", "assemblies", "joiners", "taps", "schemes")
# Engines make these; the operations that are handed them show them at work.
MADE_BY_ENGINES = {
    *("OperationCall", "FunctionCall", "FilterCall", "AggregatorCall", "BufferCall"),
    *("ValueAssertionCall", "GroupAssertionCall"),
}
# Ways of ours to write what Java writes as a class: they have no Java class to agree with.
WITHOUT_JAVA = {
    *("function", "aggregator", "buffer", "keep_if", "remove_if"),
    *("record_class", "thrift_struct", "FixedWidth"),
}
MOST_LINES = 6


def names_shown() -> list[tuple[str, str]]:
    return [
        (door, name)
        for door in SHOWN
        for name in importlib.import_module(f"cascade2spark.{door}").__all__
    ]


def thing_of(door: str, name: str) -> Any:
    return getattr(importlib.import_module(f"cascade2spark.{door}"), name)


def has_parameters(thing: Any) -> bool:
    """Tell whether a caller gives something: enums, protocols and calls are not called by users."""
    if isinstance(thing, type) and (
        hasattr(thing, "__members__") or getattr(thing, "_is_protocol", False)
    ):
        return False
    return bool(inspect.signature(thing).parameters)


def missing_parts(name: str, thing: Any) -> list[str]:
    """Return the parts of the template that a docstring leaves out though it has to say them."""
    parts = reference.sections_of(thing)
    wanted = {"": True, "Source": name not in WITHOUT_JAVA}
    if name not in MADE_BY_ENGINES:
        wanted |= {"Example": True}
        wanted |= {"Args": has_parameters(thing) and "Attributes" not in parts}
    return [
        part or "summary" for part, is_wanted in wanted.items() if is_wanted and not parts.get(part)
    ]


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.door)
def test_a_reference_page_is_what_the_docstrings_say(page) -> None:
    assert reference.text_of_page(page) == page.path.read_text("utf-8"), "run `make reference`"


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.door)
def test_every_name_of_a_door_is_in_one_family_and_nothing_else_is(page) -> None:
    listed = [name for names in page.families.values() for name in names.split()]
    assert len(set(listed)) == len(listed)
    door = set(importlib.import_module(f"cascade2spark.{page.door}").__all__)
    assert set() == set(listed) - door
    if page.door != "types":  # Java's types stand in one table
        assert set() == door - set(listed)


def test_every_public_name_says_all_parts_of_the_template() -> None:
    missing = {
        f"{door}.{name}": parts
        for door, name in names_shown()
        if (parts := missing_parts(name, thing_of(door, name)))
    }
    assert {} == missing


def test_every_example_is_run_shows_a_result_and_is_short() -> None:
    wrong = []
    for door, name in names_shown():
        if name in MADE_BY_ENGINES:
            continue
        examples = doctest.DocTestParser().get_examples(thing_of(door, name).__doc__ or "")
        lines = [
            line
            for example in examples
            for line in example.source.splitlines()
            if not line.startswith(("from ", "import "))
        ]
        is_run = all(not example.options.get(doctest.SKIP) for example in examples)
        if not (is_run and any(example.want for example in examples) and len(lines) <= MOST_LINES):
            wrong.append(f"{door}.{name}")
    assert [] == wrong


def test_an_incomplete_docstring_is_noticed() -> None:
    def bare(argument: int) -> None:
        """Say nothing else."""

    assert ["Source", "Example", "Args"] == missing_parts("bare", bare)
