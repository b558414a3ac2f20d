"""The porting table: its Python side runs, and every class of Cascading has a line."""

from __future__ import annotations

import builtins
import contextlib
import importlib.util
import inspect
import re
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

import cascade2spark
from cascade2spark.config import KNOBS
from cascade2spark.operations import base
from tests.doc_pages import CODE, PORTING, ROOT, blocks_of

DOORS = (
    *("flow", "operations", "assemblies", "joiners", "taps", "schemes", "types", "comparators"),
    *("errors", "testing"),
)


@attrs.frozen
class Line:
    """One line of a porting table: Java's construct, ours, and whether it is there."""

    number: int
    java: str
    python: str

    @property
    def is_missing(self) -> bool:
        """Whether the line says that there is no such thing here."""
        return self.python.startswith(("not yet", "no "))


def porting_lines() -> list[Line]:
    found = []
    for number, text in enumerate(PORTING.read_text("utf-8").splitlines(), start=1):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)[1:-1]]
        if len(cells) == 2 and cells[0] != "Java" and not set(cells[0]) <= set("-: "):
            found.append(Line(number, *cells))
    return found


def public_names() -> dict[str, Any]:
    """Return every name of the public doors."""
    names: dict[str, Any] = {}
    for door in DOORS:
        if importlib.util.find_spec(f"cascade2spark.{door}") is not None:
            module = importlib.import_module(f"cascade2spark.{door}")
            names.update({name: getattr(module, name) for name in module.__all__})
    names.update({name: getattr(cascade2spark, name) for name in cascade2spark.__all__})
    return names


def setup_of_porting_page() -> str:
    """Return the page's first Python blocks: the pipes, fields and flows its tables speak of."""
    blocks = [block for block in blocks_of(PORTING) if block.language == "python"]
    found = [block.text for block in blocks if block.file is None]
    return "".join(found[:2])


@pytest.mark.parametrize("line", porting_lines(), ids=lambda line: f"line-{line.number}")
def test_the_python_side_of_the_porting_table_runs(line, page_folder) -> None:
    if line.is_missing:
        return
    names = {**public_names(), "__name__": "porting"}
    known = attributes_of(names.values())
    exec(setup_of_porting_page(), names)
    for code in CODE.findall(line.python):
        head = re.match(r"\w*", code)[0]
        if code.startswith("cascade2spark"):
            assert_module_or_property(code)
        elif head in names or head in vars(builtins) or head in ("", "class"):
            exec(compile(code, f"{PORTING.name}:{line.number}", "exec"), dict(names))
        else:
            assert head in known, f"{head} is the name of nothing public"


def attributes_of(things: Iterable[Any]) -> set[str]:
    """Return what public classes have, and the parameters that public callables take."""
    calls = [thing for thing in vars(base).values() if isinstance(thing, type)]
    found = {"super"}
    for thing in [*things, *calls]:
        found |= set(dir(thing))
        with contextlib.suppress(TypeError, ValueError):
            found |= set(inspect.signature(thing).parameters)
    return found


def assert_module_or_property(name: str) -> None:
    is_property = name in {knob.name for knob in KNOBS}
    assert is_property or importlib.util.find_spec(name) is not None, name


def test_nothing_that_the_porting_table_calls_missing_is_there() -> None:
    names = public_names()
    there = {
        f"line {line.number}: {word}"
        for line in porting_lines()
        if line.is_missing
        for code in CODE.findall(line.java)
        if (word := re.match(r"\w*", code)[0]) in names
    }
    assert set() == there


def test_every_public_class_is_in_the_porting_table_or_is_ours() -> None:
    """Whatever the doors show has a line for the porter."""
    text = PORTING.read_text("utf-8")
    doors = [door for door in DOORS[:8] if importlib.util.find_spec(f"cascade2spark.{door}")]
    classes = {
        name
        for door in doors
        for name in importlib.import_module(f"cascade2spark.{door}").__all__
        if name[0].isupper()
    }
    assert [] == sorted(name for name in classes if not re.search(rf"\b{name}\b", text))


# -- every class of Cascading ----------------------------------------------------------------------

# What no job names: packages by their prefix, single classes by their name.
INTERNALS = {
    "cascading.cascade.planner": "the planner of cascades",
    "cascading.flow.hadoop.util": "Hadoop's configurations and Java's serialization",
    "cascading.flow.local.planner": "the local planner",
    "cascading.flow.local.stream": "the local engine",
    "cascading.flow.planner": "the planner and its rules",
    "cascading.flow.stream": "the streams of engines",
    "cascading.management": "services that a vendor's console listened by",
    "cascading.provider": "how the planner finds its services",
    "cascading.tap.hadoop.io": "Hadoop's input and output formats behind taps",
    "cascading.tap.hadoop.util": "the same",
    "cascading.tap.local.io": "the same of the local engine",
    "cascading.tuple.coerce": "one class for each type behind Coercions, which has a line",
    "cascading.tuple.hadoop": "Hadoop's serializations of tuples",
    "cascading.tuple.io": "tuples as the exchange carries them",
    "cascading.util.jgrapht": "drawing of plans",
}
# Helpers of the framework's own code.
UTILITIES = (
    "CloseableIterator DOTProcessGraphWriter EnumMultiMap ForeverValueIterator LazyIterable "
    "LogUtil MultiMap Murmur3 Pair ProcessLogger SetMultiMap ShutdownUtil "
    "SingleCloseableInputIterator SingleValueCloseableIterator SingleValueIterator "
    "SortedListMultiMap TraceUtil Traceable Trie Util Version"
)
INTERNALS |= {f"cascading.util.{name}": "a helper" for name in UTILITIES.split()}
JAVA_CLASSES = (ROOT / "tests" / "data" / "cascading_classes.txt").read_text("utf-8").split()


def is_under(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def is_internal(name: str) -> bool:
    return any(is_under(name, place) for place in INTERNALS)


def test_every_class_of_cascading_has_a_line_in_the_porting_table() -> None:
    spans = [code for line in porting_lines() for code in CODE.findall(line.java)]
    named = {word for code in spans for word in re.findall(r"\w+", code)}
    simple = {name: name.rpartition(".")[2] for name in JAVA_CLASSES}
    assert [] == [n for n, word in simple.items() if not is_internal(n) and word not in named]


def test_what_is_called_internal_is_there() -> None:
    prefixes = [one for one in INTERNALS if not any(is_under(n, one) for n in JAVA_CLASSES)]
    assert [] == prefixes


# Only what real jobs hardly use: parsers of XML and HTML, and what other projects wrote for other
# systems. Flows that ran other programs (HiveFlow and its like) are there, and refuse to be made.
MAY_BE_REFUSED = {
    *("XPathParser", "XPathGenerator", "XPathFilter", "TagSoupParser"),
    *("JDBCTap", "HiveTap", "HCatTap", "RedshiftTap", "CopybookScheme", "ParquetTBaseScheme"),
}


def test_only_what_hardly_any_job_uses_is_refused() -> None:
    refused = {
        word
        for line in porting_lines()
        if line.is_missing
        for code in CODE.findall(line.java)
        if re.fullmatch(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*", word := code)
    }
    assert set() == refused - MAY_BE_REFUSED
