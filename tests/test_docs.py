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

import contextlib
import doctest
import io
import linecache
import os
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.config import KNOBS, Knob
from tests.conformance.cases import CASES
from tests.doc_pages import DOCS, FENCE, PAGES, ROOT, Block, blocks_of

DIFFERENCES = DOCS / "explanation" / "differences.md"
SETTINGS = DOCS / "settings.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


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
