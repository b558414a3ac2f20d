"""Where a name is that a door of this package does not have, found without importing anything."""

from __future__ import annotations

import ast
import dis
import functools
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import PathFinder

from cascade2spark.errors import nearest_match

__all__ = ["hint_for", "modules_of_names", "refuse_module", "unknown_name"]

_PACKAGE = "cascade2spark"
# In the order in which a porter would look: the first one that shows a name is named.
_DOORS = (
    *("operations", "flow", "assemblies", "joiners", "taps", "schemes", "types", "comparators"),
    *("errors", "testing", "rdd", "scalding.job", "scalding.sources", "scalding.typed"),
    *("scalding.fields", "scalding.dates", "scalding.algebra"),
)
# Classes of Cascading's that nobody makes, and what jobs write: names alike are other things.
_INSTEAD = {
    "Group": "GroupBy",
    "Operation": "BaseOperation",
    "Operator": "Each",
    "Splice": "CoGroup",
}
# Cascading's packages whose names are elsewhere here.
_PACKAGES = {
    "assembly": "assemblies",
    "cascade": "flow",
    "connector": "",
    "function": "operations",
    "functions": "operations",
    "joiner": "joiners",
    "property": "flow",
    "sources": "scalding.sources",
    "tuple": "",
    "pipe": "",
    "typed": "scalding.typed",
}
_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


def hint_for(name: str, module: str = _PACKAGE) -> str | None:
    """Return the import that gives `name`, or the name most like it; None when nothing is close.

    Args:
        name: what was asked for.
        module: where; a name that is only alike is looked for here first.
    """
    own = dict.fromkeys(_names_in(module), module)
    doors = modules_of_names(_PACKAGE, _DOORS)
    modules = {**doors, **dict.fromkeys(_names_in(_PACKAGE), _PACKAGE)}
    asked = _INSTEAD.get(name, name)
    found: str | None = asked
    if asked not in modules:
        found = nearest_match(name, own) or nearest_match(name, modules)
    if found is None:
        return None
    said = "write" if found == asked else "did you mean"
    return f"{said}: from {(modules | own)[found]} import {found}"


def unknown_name(
    module: str, name: str, hint: Callable[[str, str], str | None] = hint_for
) -> Exception:
    """Return the error for a name that a door does not have; it says where the name is.

    To be called by the ``__getattr__`` of a module, and by nothing between.

    Args:
        module: the full name of the door.
        name: what was asked for.
        hint: gives what to write of the name and the door.
    """
    said = f"module {module!r} has no attribute {name!r}"
    text = None if name.startswith("_") or _is_module(module, name) else hint(name, module)
    if text is None:
        return AttributeError(said)
    # A `from` import drops the text of an AttributeError, but of nothing else.
    frame = sys._getframe(2)
    is_import = frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM
    text = f"{said}; {text}"
    return ImportError(text, name=module) if is_import else AttributeError(text)


def refuse_module(module: str) -> None:
    """Raise for a module that does not exist, with the one that was meant; return without one.

    Args:
        module: its full name.
    """
    asked = module.removeprefix(f"{_PACKAGE}.")
    outer, _, last = asked.rpartition(".")
    if last.startswith("_") or _is_there(module):
        return
    near = _PACKAGES.get(asked)
    if near is None:
        near = nearest_match(asked, _DOORS)
    if near is None and outer in _DOORS:
        near = outer  # as Cascading's packages are: taps.hadoop, operations.regex
    if near is not None:
        meant = f"{_PACKAGE}.{near}".rstrip(".")
        raise ModuleNotFoundError(
            f"No module named {module!r}; did you mean: from {meant} import ...", name=module
        )


def _is_there(module: str) -> bool:
    """Tell whether a module exists, or may: pytest asks finders by other paths, before parents."""
    package = sys.modules.get(module.rpartition(".")[0])
    if package is None:
        return True
    path = getattr(package, "__path__", None)
    return path is not None and PathFinder.find_spec(module, path) is not None


@functools.cache
def modules_of_names(package: str, doors: tuple[str, ...]) -> Mapping[str, str]:
    """Return the module of each name in the ``__all__`` of a door, read from its source.

    Args:
        doors: modules of `package`; of those that have a name the first one is told.
    """
    found: dict[str, str] = {}
    for door in doors:
        module = f"{package}.{door}"
        for name in _names_in(module):
            found.setdefault(name, module)
    return found


def _is_module(module: str, name: str) -> bool:
    try:
        return importlib.util.find_spec(f"{module}.{name}") is not None
    except ModuleNotFoundError:  # the door is no package
        return False


@functools.cache
def _names_in(module: str) -> Sequence[str]:
    spec = importlib.util.find_spec(module)
    # By name: the loader of a zip file has the method, and is no InspectLoader.
    get_source = getattr(None if spec is None else spec.loader, "get_source", None)
    for node in ast.parse((get_source and get_source(module)) or "").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []
