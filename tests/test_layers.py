"""Layers: a module may import only modules of lower rows, and of those only what its row says.

Every import of the package is read, those inside functions and for type checkers too. A new module
needs a line in `ROWS`; if it fits two rows, or none, the design is not finished.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest

PACKAGE = Path(__file__).parents[1] / "cascade2spark"

# Level, modules (a package stands for all that is in it), what they may import: levels ("L0-2"),
# modules, and with "!" what is left out of those. Inside a package all may import each other, as
# long as there is no cycle, base.py comes first, and nobody imports the package's own door.
ROWS = [
    (0, "origin environment version", ""),
    (0, "errors", "origin"),
    (0, "argument_checks context_settings java_numbers name_hints", "errors"),
    (0, "cascading_properties", ""),
    (0, "config", "errors cascading_properties"),
    (0, "java_calendar", ""),
    (0, "java_zones", "errors"),
    (0, "bytecode pausing pickling", ""),
    (0, "date_patterns value_text", "errors java_numbers java_calendar java_zones"),
    (0, "json_trees", "errors value_text"),
    (0, "coercions", "errors java_numbers value_text"),
    (0, "stock_types", "errors coercions value_text"),
    (0, "date_type", "coercions date_patterns java_zones stock_types"),
    (0, "json_type", "coercions json_trees stock_types value_text"),
    (0, "types", "coercions date_type json_type name_hints stock_types value_text"),
    (1, "kinds", "L0"),
    (1, "comparators", "L0 kinds"),
    (1, "field_elements", "L0 comparators"),
    (1, "field_list", "L0 comparators field_elements"),
    (1, "field_algebra", "L0 comparators field_elements field_list"),
    (1, "fields", "L0 comparators field_elements field_list field_algebra"),
    (1, "field_resolution", "L0 comparators field_elements field_list fields"),
    (1, "tuple_values", "L0 kinds comparators fields"),
    (1, "tuples", "L0 fields tuple_values"),
    (1, "ordering_fields", "L0 comparators kinds"),
    (1, "ordering", "L0 comparators fields tuples kinds ordering_fields"),
    (1, "kinds_python", "L0 kinds"),
    (1, "ordering_python", "L0 kinds kinds_python ordering"),
    (1, "row_building", "L0"),
    (1, "selection", "L0 fields field_resolution row_building tuples"),
    (1, "files counters config_def", "L0"),
    (1, "codecs", "L0 tuples files counters config_def"),
    (1, "flow_process", "L0 counters tuples"),
    (1, "operation_calls", "L0 fields selection tuples"),
    (2, "operations joiners schemes", "L0-1"),
    (2, "taps.entries", "L0-1"),
    (2, "taps", "L0-1 operations schemes taps.entries"),
    (3, "overloads", "L0-2 !taps"),
    (3, "pipe_checks", "L0-2 !taps"),
    (3, "pipes", "L0-2 overloads pipe_checks !taps"),
    (4, "assemblies", "L0-3"),
    (5, "planner.assembly", "L0-3"),
    (5, "planner.nodes", "L0-3 planner.assembly"),
    (5, "planner.findings", "L0-3 planner.assembly planner.nodes"),
    (5, "planner.overlaps", "L0-3 planner.assembly planner.findings"),
    (5, "planner.bindings", "L0-3 planner.assembly planner.findings planner.overlaps"),
    (5, "planner.checks", "L0-3 planner.assembly planner.findings planner.bindings"),
    (5, "planner.joining", "L0-3 planner.assembly planner.findings planner.checks planner.nodes"),
    (5, "planner.stock", "L0-2"),
    (5, "planner.resolution", "L0-3 planner.assembly planner.findings planner.nodes"),
    (5, "planner.resolve_pipes", "L0-3 planner.joining planner.nodes planner.resolution"),
    (
        5,
        "planner.resolve",
        "L0-3 planner.assembly planner.findings planner.nodes planner.resolution "
        "planner.resolve_pipes planner.stock",
    ),
    (5, "planner.steps", "L0-2"),
    (5, "planner.coverage", "planner.steps"),
    (5, "planner.forks", "planner.coverage planner.steps"),
    (5, "planner.rules", "L0-2 planner.coverage planner.forks planner.steps"),
    (5, "planner.properties", "L0-3 planner.nodes"),
    (5, "planner.operators", "L0-2 planner.nodes planner.steps"),
    (5, "planner.layout", "L0-1"),
    (
        5,
        "planner.lowering",
        "L0-2 planner.nodes planner.operators planner.properties planner.steps",
    ),
    (
        5,
        "planner.lower_groups",
        "L0-2 planner.joining planner.lowering planner.nodes planner.operators planner.steps",
    ),
    (5, "planner.lower planner.overview planner.explain", "L0-3 planner"),
    (5, "planner", "L0-3 planner"),
    (6, "local", "L0-2 planner.steps"),
    (6, "batch", "L0-2"),
    (6, "spark.counters", "L0-1"),
    (6, "spark.end_to_end spark.task_groups", ""),
    (6, "spark.shuffle", "L0-2 batch spark.end_to_end spark.task_groups"),
    (6, "spark.hash_join spark.io", "L0-2 batch"),
    (6, "spark.lowering", "L0-2 planner.steps batch spark"),
    (6, "spark", "L0-2 planner.steps batch spark"),
    (7, "rdd", "L0-2 batch spark"),
    (7, "flows", "L0-5"),
    (8, "connectors", "L0 L6-7"),
    (8, "flow", "L0-2 flows connectors"),
    (8, "scalding", "L0-4 flows connectors"),
    (9, "testing", "L0 L6-8"),
    (9, "doctor", "L0-1"),
    (9, "demo", "L0"),
    (9, "demo.flights demo.wordcount", "L0-8"),  # jobs, written as a user would
    (9, "cli", "L0-1 L6-8 testing doctor demo"),
    (9, "__main__", "cli"),
]

# Libraries that only some modules may touch, so that the rest works without them.
OWNERS = {
    "pyspark": "spark rdd",
    "py4j": "spark rdd",
    "pyarrow": "batch spark rdd codecs.parquet codecs.parquet_filter codecs.parquet_message "
    "codecs.parquet_writer",
    "numpy": "batch spark rdd",
    "thriftpy2": "codecs",
    "thrift": "codecs",
    "fastavro": "codecs",
    "datasketches": "scalding.algebra",
}

# Jobs that ship with the package: they import the public doors, as a user's would.
USERS = "demo.flights demo.wordcount"

# Distributions whose import name is another one.
IMPORTED_AS = {"python-snappy": "snappy"}


@attrs.frozen
class Import:
    """One import: the module that says it, what it names, and where."""

    module: str
    target: str
    line: int
    is_for_types: bool = False

    def __str__(self) -> str:
        return f"{self.module or '__init__'}:{self.line} imports {self.target}"


def all_modules() -> dict[str, Path]:
    """Return every module of the package by its name below the package; the root is ''."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = all_modules()


def imports_of(module: str, source: str, known: Mapping[str, object]) -> Iterator[Import]:
    """Yield the imports of `source`; ours as 'cascade2spark.<module>', others as written."""
    tree = ast.parse(source)
    guarded = [
        node
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield Import(module, "." * node.level + (node.module or ""), node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full.removeprefix("cascade2spark.") in known
                if full == "cascade2spark.__version__":
                    continue  # a constant that needs nothing loaded
                target = full if is_module else node.module
                yield Import(module, target, node.lineno, node in guarded)


def is_within(module: str, names: str) -> bool:
    """Whether `module` is one of `names` (joined by blanks) or inside of one."""
    return any(module == name or module.startswith(name + ".") for name in names.split())


@attrs.frozen
class Unit:
    """One module or package as `ROWS` names it."""

    name: str
    level: int
    may_import: str


UNITS = [Unit(name, level, words) for level, names, words in ROWS for name in names.split()]


def unit_of(module: str) -> Unit | None:
    """Return the unit that names a module most exactly."""
    found = [unit for unit in UNITS if is_within(module, unit.name)]
    return max(found, key=lambda unit: len(unit.name), default=None)


def is_allowed(target: str, may_import: str) -> bool:
    """Whether the words of a row cover a module."""
    unit = unit_of(target)
    words = may_import.split()
    if unit is None or is_within(target, " ".join(w[1:] for w in words if w.startswith("!"))):
        return False
    for word in words:
        levels = re.fullmatch(r"L(\d)(?:-(\d))?", word)
        if levels and int(levels[1]) <= unit.level <= int(levels[2] or levels[1]):
            return True
        if not levels and is_within(target, word):
            return True
    return False


def package_of(module: str) -> str:
    return module.partition(".")[0]


def breach_of(found: Import) -> str | None:
    """Return what is wrong with one import, or None."""
    module, target = found.module, found.target
    if target.startswith("."):
        return f"{found}: relative"
    if package_of(target) != "cascade2spark":
        owners = OWNERS.get(package_of(target))
        is_breach = owners is not None and not is_within(module, owners)
        return f"{found}: only {owners} may" if is_breach else None
    target = target.removeprefix("cascade2spark").removeprefix(".")
    if target == "":
        is_users = is_within(module, USERS)
        return None if is_users else f"{found}: the package root is for users"
    if module == "":
        return None  # the root shows names of every layer and loads them late
    unit = unit_of(module)
    if unit is None:
        return f"{module} has no row"
    if target == package_of(module) != module:
        return f"{found}: a package's own door"
    if unit == unit_of(target):
        return f"{found}: base.py comes first" if module.endswith(".base") else None
    allowed = unit.may_import or "nothing"
    return None if is_allowed(target, unit.may_import) else f"{found}: may import {allowed}"


def all_imports() -> list[Import]:
    return [
        found
        for module, path in MODULES.items()
        for found in imports_of(module, path.read_text("utf-8"), MODULES)
    ]


def cycle_in(edges: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of one import cycle, or nothing."""
    done: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        waiting = [(start, False)]
        while waiting:
            module, is_left = waiting.pop()
            if is_left:
                done.add(path.pop())
            elif module in path:
                return [*path[path.index(module) :], module]
            elif module not in done:
                path.append(module)
                waiting.append((module, True))
                waiting += [(target, False) for target in sorted(edges.get(module, ()))]
    return []


def test_every_import_goes_to_a_lower_row() -> None:
    breaches = {breach for found in all_imports() if (breach := breach_of(found))}
    assert not breaches, "\n".join(sorted(breaches))


def test_every_module_has_a_row() -> None:
    assert [] == [module for module in MODULES if module and unit_of(module) is None]


def test_no_modules_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for found in all_imports():
        # Classes that build one another name each other for the type checker, and load apart.
        is_loaded = not (found.is_for_types and is_within(found.module, "scalding.typed pipes"))
        if is_loaded and found.module and found.target.startswith("cascade2spark."):
            target = found.target.removeprefix("cascade2spark.")
            edges.setdefault(found.module, set()).add(target)
    assert [] == cycle_in(edges)


def test_every_library_imported_is_declared() -> None:
    setup = configparser.ConfigParser()
    setup.read(PACKAGE.parent / "setup.cfg")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    names = [re.match(r"[\w-]+", line)[0] for text in lists for line in text.split("\n") if line]
    declared = {IMPORTED_AS.get(name, name) for name in names} | {"cascade2spark"}
    # py4j comes with pyspark, which needs one version of it.
    allowed = declared | {"py4j"} | sys.stdlib_module_names
    assert [] == [str(i) for i in all_imports() if package_of(i.target) not in allowed]


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("origin", "from cascade2spark.errors import BuildError"),
        ("config", "from cascade2spark.types import Type"),
        ("fields", "from cascade2spark.tuples import Tuple"),
        ("fields", "def late():\n    import cascade2spark.pipes"),
        ("fields", "from cascade2spark import pipes"),
        ("fields", "from cascade2spark import Pipe"),
        ("fields", "from . import errors"),
        ("operations.text", "from cascade2spark.joiners import InnerJoin"),
        ("operations.text", "from cascade2spark.operations import BaseOperation"),
        ("operations.base", "from cascade2spark.operations.text import Split"),
        ("pipes", "from cascade2spark.taps.file import Hfs"),
        ("planner.steps", "from cascade2spark.pipes import Pipe"),
        ("planner.steps", "from cascade2spark.planner.lower import lower"),
        ("planner.resolve", "from cascade2spark.planner.fuse import fuse"),
        ("local.engine", "from cascade2spark.planner.lower import lower"),
        ("batch.sort", "from cascade2spark.spark.io import read"),
        ("batch.sort", "import pyspark"),
        ("spark.shuffle", "from cascade2spark.planner.steps import Step"),
        ("flows.flow", "from cascade2spark.spark.lowering import run"),
        ("operations.text", "import pyarrow.compute as pc"),
        ("schemes.thrift", "from thriftpy2.thrift import TType"),
        ("nowhere", "from cascade2spark.errors import BuildError"),
    ],
)
def test_a_breach_is_seen(module, code) -> None:
    known = {*MODULES, "pipes", "errors"}
    found = list(imports_of(module, code, dict.fromkeys(known)))
    assert len(found) == 1 and breach_of(found[0])


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("fields", "from cascade2spark.errors import BuildError"),
        ("operations.text", "from cascade2spark.operations.base import BaseOperation"),
        ("planner.lower", "from cascade2spark.planner.steps import Step"),
        ("spark.lowering", "from pyspark import RDD"),
        ("spark.lowering", "from cascade2spark.spark.io import read"),
        ("batch.kernels.text", "from cascade2spark.batch.batches import Rows"),
        ("connectors", "from cascade2spark.local.engine import LocalEngine"),
        ("cli", "from cascade2spark import __version__"),
    ],
)
def test_what_the_rows_allow_passes(module, code) -> None:
    known = dict.fromkeys([*MODULES, "errors"])
    assert [] == [b for found in imports_of(module, code, known) if (b := breach_of(found))]


@pytest.mark.parametrize(
    ("expected", "edges"),
    [
        ([], {"a": {"b", "c"}, "b": {"c"}, "c": set()}),
        (["a", "b", "a"], {"a": {"b"}, "b": {"a"}}),
        (["b", "c", "b"], {"a": {"b"}, "b": {"c"}, "c": {"b"}}),
    ],
)
def test_a_circle_is_seen(expected, edges) -> None:
    assert cycle_in(edges) == expected
