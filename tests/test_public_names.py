"""The public doors show what they say they show: `__all__` equals reality."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest

import cascade2spark

PACKAGE = Path(cascade2spark.__file__).parent

DOORS = [
    "operations",
    "assemblies",
    "joiners",
    "taps",
    "schemes",
    "flow",
    "types",
    "comparators",
    "errors",
    "scalding",
    "rdd",
    "testing",
]

# What the package root shows once the module exists.
ROOT_NAMES = {
    "fields": "Fields",
    "tuples": "Tuple TupleEntry",
    "pipes": "Pipe Each Every GroupBy CoGroup HashJoin Merge Checkpoint SubAssembly",
    "operations.base": "BaseOperation Function Filter Aggregator Buffer",
    "operations.callables": "function aggregator buffer keep_if remove_if",
    "flows": "FlowDef Flow Cascade",
    "connectors": "CascadeConnector SparkFlowConnector LocalFlowConnector",
    "batch.group_sort": "GroupSortIterator",
}


def file_of(module: str) -> Path | None:
    """Return the source of a module of the package, or None when it does not exist."""
    place = PACKAGE.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.exists():
            return path
    return None


def names_given_at_top(path: Path) -> set[str]:
    """Return the public names that a module defines, and, for a package, those it passes on."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Subscript):
            # What has a subscript on the right, Row = tuple[Any, ...], is a module's own shorthand.
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.ImportFrom) and path.name == "__init__.py":
            ours = (node.module or "").startswith("cascade2spark")
            found |= {alias.asname or alias.name for alias in node.names if ours}
    return {name for name in found if not name.startswith("_")}


def missing_names(module: ModuleType) -> list[str]:
    return [name for name in module.__all__ if not hasattr(module, name)]


PRESENT = [door for door in DOORS if file_of(door)]


@pytest.mark.parametrize("door", PRESENT)
def test_every_name_a_door_lists_is_there(door) -> None:
    module = importlib.import_module(f"cascade2spark.{door}")
    assert [] == missing_names(module)
    assert len(module.__all__) == len(set(module.__all__))


@pytest.mark.parametrize("door", PRESENT)
def test_a_door_lists_every_name_it_shows(door) -> None:
    path = file_of(door)
    assert path is not None
    module = importlib.import_module(f"cascade2spark.{door}")
    assert [] == sorted(names_given_at_top(path) - set(module.__all__))


@pytest.mark.parametrize("module", [module for module in ROOT_NAMES if file_of(module)])
def test_the_root_shows_what_exists(module) -> None:
    shown = {name: cascade2spark._MODULE_OF.get(name) for name in ROOT_NAMES[module].split()}
    assert [] == [name for name, place in shown.items() if place is None]


def test_the_root_shows_nothing_unplanned() -> None:
    planned = {name for names in ROOT_NAMES.values() for name in names.split()}
    assert set(cascade2spark._MODULE_OF) <= planned


def test_type_checkers_see_every_name_of_the_root() -> None:
    body = ast.parse((PACKAGE / "__init__.py").read_text("utf-8")).body
    block = next((n for n in body if isinstance(n, ast.If)), None)
    seen = {
        (alias.name, (node.module or "").removeprefix("cascade2spark."))
        for node in (block.body if block else [])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(cascade2spark._MODULE_OF.items())


def test_every_module_says_what_is_public() -> None:
    silent = []
    for path in sorted(PACKAGE.rglob("*.py")):
        names = {
            target.id
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        is_marker = path.name == "__init__.py" and not names_given_at_top(path)
        if "__all__" not in names and not is_marker and path.name != "__main__.py":
            silent.append(str(path.relative_to(PACKAGE)))
    assert [] == silent
