"""What ``FILE[:target]`` means: loading the file, finding the target, filling its arguments."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import click

from cascade2spark.cli.exits import JobFileError
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import Cascade2SparkError, nearest_match
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow

__all__ = ["DEFAULT_NAMES", "Target", "build_flows", "is_job_class", "load_target"]

DEFAULT_NAMES = ("flow", "job", "main")
_STARTERS = frozenset({"SparkContext", "SparkSession"})


@attrs.frozen
class Target:
    """A Flow, a FlowDef, or a function that returns some, and the file it was found in."""

    place: str
    name: str
    value: Any
    path: Path | None

    def __str__(self) -> str:
        return f"{self.place}:{self.name}"


def load_target(text: str, words: Sequence[str] = ()) -> Target:
    """Load a job file and return the target named after the colon, or the obvious one.

    Args:
        text: a path ending in ``.py`` or a dotted module, and perhaps ``:name``.
        words: what a file that reads `sys.argv` while it is loaded finds behind its own name.
    Raises:
        click.UsageError: no such file, module or name; the message lists what the file offers.
        JobFileError: the file raised while it was loaded.
    """
    place, name = _split(text)
    if name is None and not os.path.exists(place) and not _is_module(place):
        # As Scalding's Tool takes it: the full name of a class.
        outer, _, last = place.rpartition(".")
        if outer and _is_module(outer):
            place, name = outer, last
    sys.argv = [place, *words]  # as `python FILE WORDS` would
    module = _load(place)
    offers = _offers(module)
    if name is None:
        name = next((known for known in DEFAULT_NAMES if known in offers), None)
    for kinds in (["Job"], [*offers.values()]):
        fitting = [offer for offer, kind in offers.items() if kind in kinds]
        if name is None and len(fitting) == 1:
            name = fitting[0]
    if name is None or not hasattr(module, name):
        raise click.UsageError(_no_target(place, name, offers))
    path = Path(module.__file__).resolve() if module.__file__ else None
    return Target(place, name, getattr(module, name), path)


def build_flows(target: Target, connector: Any, words: Sequence[str]) -> Iterator[Flow]:
    """Yield the flows of a target, each definition connected when its turn has come.

    So a flow may read the header of what an earlier one writes.

    Args:
        target: what `load_target` found; its function is called at once.
        connector: connects definitions, and is handed to a function that asks for it.
        words: the job's own arguments, as they stand on the command line.
    Raises:
        click.UsageError: the arguments do not fit the function, or it returned something else.
        JobFileError: the function raised an error of its own.
    """
    value = target.value
    if isinstance(connector, LocalFlowConnector) and _starts_spark(value):
        raise click.UsageError(
            f"{target} starts Spark by itself: this job needs Spark and cannot run with --local.\n"
            f"Run it with: python {target.place}"
        )
    if callable(value):
        arguments = arguments_of(target, connector, words)
        value = _guarded(target.place, lambda: target.value(**arguments))
    elif words:
        kind = type(value).__name__
        raise click.UsageError(f"{target} takes no arguments, it is of type {kind}.")
    many = list(value) if isinstance(value, (list, tuple)) else [value]
    for one in many:
        if not isinstance(one, (Flow, FlowDef)):
            raise click.UsageError(
                f"{target} gave a value of type {type(one).__name__}; "
                "a Flow, a FlowDef or a list of them is run."
            )
    if not many:
        raise click.UsageError(f"{target} gave no flow.")
    return (_connected(target, connector, one) for one in many)


def _starts_spark(value: Any) -> bool:
    """Tell whether a function names what starts Spark, so that it asks for no connector."""
    names = getattr(getattr(value, "__code__", None), "co_names", ())
    return "LocalFlowConnector" not in names and not _STARTERS.isdisjoint(names)


def _connected(target: Target, connector: Any, given: Flow | FlowDef) -> Flow:
    if isinstance(given, Flow):
        return given
    if target.path is not None and not isinstance(connector, LocalFlowConnector):
        # Functions of the job file travel by name, so the workers need the file.
        given.add_to_class_path(target.path)
    flow: Flow = connector.connect(given)
    return flow


def arguments_of(target: Target, connector: Any, words: Sequence[str]) -> dict[str, Any]:
    """Return the arguments to call a function with, by name.

    ``connector`` and ``args`` (all words, as a list) are given to parameters of these names; the
    others are filled from ``--name value`` and, in order, from the words that are left.

    Raises:
        click.UsageError: a word too many, a name the function does not have, or something missing.
    """
    signature = inspect.signature(target.value)
    given: dict[str, Any] = {"connector": connector} if "connector" in signature.parameters else {}
    if "args" in signature.parameters:
        given["args"] = list(words)
    else:
        names = [name for name in signature.parameters if name not in given]
        named, rest = _split_words(target, words, names)
        free = [name for name in names if name not in named]
        if len(rest) > len(free):
            raise _does_not_fit(target, f"{rest[len(free)]!r} is one argument too many")
        given |= named | dict(zip(free, rest, strict=False))
    try:
        signature.bind(**given)
    except TypeError as refused:
        raise _does_not_fit(target, str(refused)) from refused
    return given


def _split_words(
    target: Target, words: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the ``--name value`` pairs among the words, and the other words."""
    named: dict[str, Any] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, has_value, value = word[2:].partition("=")
        name = name.replace("-", "_")
        if name not in names:
            raise _does_not_fit(target, f"there is no argument {word!r}")
        if not has_value and not waiting:
            raise click.UsageError(f"{target}: {word!r} needs a value.")
        named[name] = value if has_value else waiting.pop(0)
    return named, rest


def _does_not_fit(target: Target, reason: str) -> click.UsageError:
    shown = []
    for name, parameter in inspect.signature(target.value).parameters.items():
        if name == "connector":
            continue
        is_open = parameter.default is parameter.empty
        shown.append(name.upper() if is_open else f"[{name.upper()}={parameter.default}]")
    takes = " ".join(shown) or "nothing"
    return click.UsageError(f"{target}: {reason}.\nAfter --, it takes: {takes}")


def _split(text: str) -> tuple[str, str | None]:
    if os.path.exists(text):
        return text, None
    place, colon, name = text.rpartition(":")
    return (place, name) if colon and name.isidentifier() else (text, None)


def _load(place: str) -> ModuleType:
    # As `python -m` and `python FILE` would: the file's neighbours and the current folder first.
    if os.path.isfile(place):
        path = Path(place).resolve()
        _put_in_front(os.getcwd())
        _put_in_front(str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise click.UsageError(f"{place} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        loader = spec.loader
        _guarded(place, lambda: loader.exec_module(module))
        return module
    if place.endswith(".py") or os.sep in place:
        raise click.UsageError(f"there is no file {place!r}.")
    _put_in_front(os.getcwd())
    try:
        spec = importlib.util.find_spec(place)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise click.UsageError(f"{place!r} is neither a file nor a module that can be imported.")
    _guarded(place, lambda: importlib.import_module(place))
    return sys.modules[place]


def _is_module(place: str) -> bool:
    if place.endswith(".py") or os.sep in place:
        return False
    _put_in_front(os.getcwd())
    try:
        return importlib.util.find_spec(place) is not None
    except (ImportError, ValueError):
        return False
    except Exception:  # the package raised while it was imported, which _load tells
        return True


def _put_in_front(folder: str) -> None:
    """Make modules of a folder importable here, and in the workers of a local Spark context."""
    if folder not in sys.path:
        sys.path.insert(0, folder)
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if folder not in known:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, *known]))


def _guarded(place: str, call: Callable[[], Any]) -> Any:
    """Call the job's own code; what it raises, ours apart, becomes a JobFileError."""
    try:
        return call()
    except Cascade2SparkError:
        raise
    except Exception as error:
        line = None
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename == os.path.realpath(place):
                line = step.tb_lineno
            step = step.tb_next
        if isinstance(error, SyntaxError) and error.lineno:
            line = error.lineno
        raise JobFileError(place, line) from error


def _offers(module: ModuleType) -> dict[str, str]:
    """Return what may be run, by name, with its kind: flows, definitions, and its own functions."""
    found = {}
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, (Flow, FlowDef)):
            found[name] = type(value).__name__
        elif inspect.isfunction(value) and value.__module__ == module.__name__:
            found[name] = "function"
        elif is_job_class(value) and value.__module__ == module.__name__:
            found[name] = "Job"
    return found


def is_job_class(value: Any) -> bool:
    """Tell whether a value is a class of Scalding's jobs."""
    # Without loading the Scalding side, which a file that has such a class did.
    names = [f"{base.__module__}.{base.__qualname__}" for base in getattr(value, "__mro__", ())]
    return "cascade2spark.scalding.job_base.Job" in names


def _no_target(place: str, name: str | None, offers: dict[str, str]) -> str:
    shown = ", ".join(f"{offer} ({kind})" for offer, kind in offers.items())
    asked = f"{place} has no {name!r}" if name else f"{place} does not say what to run"
    lines = [f"{asked}.", f"It offers: {shown or 'no flow, flow definition or function'}"]
    nearest = nearest_match(name, offers) if name else None
    if nearest is not None:
        lines.append(f"Nearest: {place}:{nearest}")
    elif offers and name is None:
        lines.append(f"Name one: {place}:{next(iter(offers))}")
    return "\n".join(lines)
