"""Where a name is that the package root does not have, found without importing anything."""

from __future__ import annotations

import ast
import functools
import importlib.util

from cascade2spark.errors import nearest_match

__all__ = ["hint_for"]

_PACKAGE = "cascade2spark"
# In the order in which a porter would look: the first one that shows a name is named.
_DOORS = (
    *("operations", "flow", "assemblies", "joiners", "taps", "schemes", "types", "comparators"),
    *("errors", "testing"),
)


def hint_for(name: str, known: list[str]) -> str | None:
    """Return the import that gives `name`, or the name most like it; None when nothing is close.

    Args:
        known: names of the package root.
    """
    modules = {**_module_of(), **dict.fromkeys(known, _PACKAGE)}
    found = name if name in modules else nearest_match(name, modules)
    if found is None:
        return None
    said = "write" if found == name else "did you mean"
    return f"{said}: from {modules[found]} import {found}"


@functools.cache
def _module_of() -> dict[str, str]:
    """Return the module of each name in the ``__all__`` of a door, read from its source."""
    found: dict[str, str] = {}
    for door in _DOORS:
        module = f"{_PACKAGE}.{door}"
        for name in _names_in(module):
            found.setdefault(name, module)
    return found


def _names_in(module: str) -> list[str]:
    spec = importlib.util.find_spec(module)
    # By name: the loader of a zip file has the method, and is no InspectLoader.
    get_source = getattr(None if spec is None else spec.loader, "get_source", None)
    for node in ast.parse((get_source and get_source(module)) or "").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []
