"""The docs say what is true: snippets run and print what is shown, links resolve, names exist.

Fenced blocks are read by the word after the fence:

    python                runs in one session for the whole page
    python file=job.py    is saved, and run as a script; the session goes on with its names;
                          of test_job.py every test is run
    python raises         must fail; the error is what it prints
    python spark          runs only where Spark is (-m spark); console and text may say so too
    csv file=visits.csv   is saved (any word but python and console)
    text                  after a Python block: what that block prints; ``...`` stands for any text
    console               a line beginning with ``$ cascade2spark`` is run; its output follows

Any other block is only shown. Every page runs in a folder of its own. ``--update-plans`` rewrites
what is shown where it differs (twice, when line numbers move); review the difference.
"""

from __future__ import annotations

import builtins
import contextlib
import doctest
import importlib.util
import inspect
import io
import linecache
import os
import re
import runpy
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import cascade2spark
from cascade2spark.config import KNOBS, Knob
from cascade2spark.operations import base
from tests.conformance.cases import CASES

ROOT = Path(cascade2spark.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
PORTING = DOCS / "how-to" / "port-a-cascading-job.md"
DIFFERENCES = DOCS / "explanation" / "differences.md"
SETTINGS = DOCS / "settings.md"
DOORS = (
    *("flow", "operations", "assemblies", "joiners", "taps", "schemes", "types", "comparators"),
    *("errors", "testing"),
)

FENCE = re.compile(r"^```(\S*)([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")


@attrs.frozen
class Block:
    """One fenced block; `line` is that of its first line of text."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The file name it is saved under."""
        return next((word[5:] for word in self.words if word.startswith("file=")), None)


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            found[1],
            tuple(found[2].split()),
            found[3],
            text.count("\n", 0, found.start()) + 2,
        )
        for found in FENCE.finditer(text)
    ]


def needs_spark(page: Path) -> bool:
    return any("spark" in block.words for block in blocks_of(page))


class Session:
    """Runs the blocks of one page, one after another, in the working folder."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, block: Block) -> str | None:
        """Do what a block says; returns what it printed, None when it prints nothing by nature."""
        if block.language == "python":
            return self._python(block)
        if block.file is not None:
            place = Path(block.file)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, "utf-8")
        return None

    def _python(self, block: Block) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                if block.file is None:
                    self._execute(block)
                else:
                    Path(block.file).write_text(block.text, "utf-8")
                    linecache.checkcache()
                    names = runpy.run_path(block.file, run_name="__main__")
                    self.names.update(names)
                    for name in names if block.file.startswith("test_") else ():
                        if name.startswith("test_"):
                            names[name]()
            except Exception as error:
                if "raises" not in block.words:
                    raise
                print(f"{type(error).__name__}: {error}")
            else:
                assert "raises" not in block.words, f"line {block.line} does not fail"
        return printed.getvalue()

    def _execute(self, block: Block) -> None:
        """Run a snippet under the page's own name and line numbers, which messages show."""
        name = self.page.name
        source = "\n" * (block.line - 1) + block.text
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec", dont_inherit=True), self.names)


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block that this library runs, and the output shown."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    for part in parts:
        command, _, output = part.partition("\n")
        if command.startswith("cascade2spark "):
            yield command, output


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")) + "\n"


def is_shown(shown: str, printed: str) -> bool:
    flags = doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE
    return doctest.OutputChecker().check_output(trimmed(shown), trimmed(printed), flags)


def run_page(page: Path, has_spark: bool, updates: bool) -> None:
    """Run a page's blocks; fail where another thing is printed than shown, or show it."""
    session = Session(page)
    printed: str | None = None

    def compare(before: str, shown: str, found: str, place: str) -> None:
        if is_shown(shown, found):
            return
        assert updates, f"{place} shows\n{shown}\nbut this is printed\n{found}"
        text = page.read_text("utf-8")
        page.write_text(text.replace(before + shown, before + trimmed(found), 1), "utf-8")

    for block in blocks_of(page):
        place = f"{page.relative_to(ROOT)}:{block.line}"
        if "spark" in block.words and not has_spark:
            continue
        if block.language == "text" and block.file is None and printed is not None:
            compare(f"```{' '.join(['text', *block.words])}\n", block.text, printed, place)
            printed = None
        elif block.language == "console":
            for command, output in commands_of(block):
                compare(f"$ {command}\n", output, run_command(command), place)
        else:
            printed = session.run(block)


def run_command(command: str) -> str:
    """Return what a ``cascade2spark`` command prints on its standard output."""
    from click.testing import CliRunner

    from cascade2spark.cli import main

    return CliRunner().invoke(main, shlex.split(command)[1:]).stdout


@pytest.fixture
def page_folder(tmp_path, monkeypatch):
    """A working folder for one page; what its scripts import is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_snippets_run_and_print_what_is_shown(page, page_folder, update_plans) -> None:
    run_page(page, has_spark=False, updates=update_plans)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if needs_spark(page)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_snippets_that_need_spark_run(page, page_folder, update_plans, sc) -> None:
    run_page(page, has_spark=True, updates=update_plans)


def anchor_of(heading: str) -> str:
    """Return the anchor under which a heading is linked."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        place = page.parent / path if path else page
        if not place.exists():
            broken.append(target)
        elif anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text("utf-8"), re.MULTILINE)
            if anchor not in map(anchor_of, headings):
                broken.append(target)
    assert [] == broken


def test_every_page_can_be_reached_from_the_index() -> None:
    reached = {ROOT / "README.md"}
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.exists():
            reached.add(page)
            links = LINK.findall(page.read_text("utf-8"))
            waiting += [
                Path(os.path.normpath(page.parent / link.partition("#")[0]))
                for link in links
                if "://" not in link and link.partition("#")[0].endswith(".md")
            ]
    assert [] == [str(page.relative_to(ROOT)) for page in PAGES if page not in reached]


# -- the porting table -----------------------------------------------------------------------------


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


# -- the list of differences -----------------------------------------------------------------------


def test_the_cases_that_differences_name_exist() -> None:
    named = set(re.findall(r"`([a-z_]+/[a-z_0-9]+)`", DIFFERENCES.read_text("utf-8")))
    assert named
    assert set() == named - {case.name for case in CASES}


# -- the table of settings -------------------------------------------------------------------------


def knob_line(knob: Knob) -> str:
    """Return the line of a setting in the table of settings."""
    default = knob.default
    if default is None or default == ():
        shown = "not set"
    elif knob.kind == "bytes":
        shown = f"`{default >> 20}m`" if default >= 1 << 20 else f"`{default >> 10}k`"
    else:
        shown = f"`{str(default).lower()}`".replace("|", r"\|")
    choices = f" One of {', '.join(knob.choices)}." if knob.choices else ""
    aliases = ", ".join(f"`{alias}`" for alias in knob.aliases)
    return " | ".join(["", f"`{knob.name}`", shown, knob.meaning + choices, aliases, ""]).strip()


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_the_table_of_settings_says_what_is_set(knob) -> None:
    assert knob_line(knob) in SETTINGS.read_text("utf-8").splitlines()


def test_the_table_of_settings_has_nothing_else() -> None:
    named = re.findall(r"^\| `(cascade2spark\.[a-z.]+)` \|", SETTINGS.read_text("utf-8"), re.M)
    assert [knob.name for knob in KNOBS] == named
