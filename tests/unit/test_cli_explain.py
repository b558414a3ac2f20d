"""``cascade2spark explain``: any kind of job file is shown, and none is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cascade2spark.cli import main
from tests.unit.job_folder import work_in

START = """
from pathlib import Path
from cascade2spark import CascadeConnector, LocalFlowConnector, Pipe
from cascade2spark.schemes import TextLine
from cascade2spark.taps import Hfs

def flow_to(place):
    source = Hfs(TextLine("line"), "in.txt")
    return LocalFlowConnector().connect("to " + place, source, Hfs(TextLine(), place), Pipe("p"))
"""
RUNS = """
flow = flow_to("out")
try:
    flow.complete()
except Exception:
    Path("swallowed").touch()
Path("after").touch()
"""
JOBS = """
from cascade2spark.scalding.job import CascadeJob, ExecutionJob, Job
from cascade2spark.scalding.sources import TextLine, Tsv, TypedTsv
from cascade2spark.scalding.typed import TypedPipe

class Typed(Job):
    def build(self):
        words = TypedPipe.from_(TextLine(self.args["input"])).flat_map(str.split)
        words.group_by(str.lower).size().write(TypedTsv(self.args["output"]))

    def next(self):
        return Old(self.args) if self.args.boolean("then") else None

class Old(Job):
    def build(self):
        words = TextLine(self.args["input"]).read().flat_map("line", "word", str.split)
        words.group_by("word", lambda g: g.size()).write(Tsv(self.args["output"] + "/old"))

class Both(CascadeJob):
    def jobs(self):
        return [Typed(self.args), Old(self.args)]

class Later(ExecutionJob):
    def execution(self):
        return TypedPipe.from_(TextLine(self.args["input"])).to_iterable_execution()
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    work_in(tmp_path, monkeypatch)
    Path("in.txt").write_text("a\nb\n")


def explain(text: str, *words: str, target: str = "") -> Result:
    Path("jobs.py").write_text(text)
    result = CliRunner().invoke(main, ["explain", "jobs.py" + target, *words])
    ours = {"jobs.py", "in.txt", "__pycache__"}
    assert not {path.name for path in Path().iterdir()} - ours, "something ran"
    return result


def explain_job(name: str, *words: str) -> Result:
    return explain(JOBS, "--input", "in.txt", "--output", "out", *words, target=":" + name)


def test_a_file_that_runs_its_flow_is_stopped_there() -> None:
    done = explain(START + RUNS)
    assert 0 == done.exit_code, done.output
    assert done.stdout.startswith("flow 'to out': 2 steps, 0 exchanges\n")
    line = (START + RUNS).split("\n").index("    flow.complete()") + 1
    assert f"jobs.py:{line} runs flow 'to out': stopped there, nothing ran." in done.stderr


def test_a_file_finds_its_arguments_where_python_has_them() -> None:
    done = explain("import sys\n" + START + "flow_to(sys.argv[2]).complete()\n", "in", "there")
    assert 0 == done.exit_code, done.output
    assert done.stdout.startswith("flow 'to there'")


def test_so_is_a_function_that_runs_its_flow() -> None:
    done = explain(START + "def job():\n    flow_to('out').complete()\n", target=":job")
    assert 0 == done.exit_code, done.output
    assert "flow 'to out'" in done.stdout and "in job runs flow 'to out'" in done.stderr


def test_all_flows_of_a_cascade_are_shown() -> None:
    both = "CascadeConnector().connect('both', flow_to('x'), flow_to('y')).complete()\n"
    done = explain(START + both)
    assert 0 == done.exit_code, done.output
    assert "flow 'to x'" in done.stdout and "flow 'to y'" in done.stdout
    assert "runs cascade 'both': stopped there" in done.stderr


def test_looking_at_rows_is_stopped_too() -> None:
    done = explain(START + "flow = flow_to('out')\nflow.peek(flow.planned.assembly.tails[0])\n")
    assert 0 == done.exit_code, done.output
    assert "stopped there" in done.stderr


def test_flows_run_again_afterwards() -> None:
    explain(START + RUNS)
    done = CliRunner().invoke(main, ["run", "--local", "jobs.py"])
    assert Path("after").exists() and Path("out").exists(), done.output


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Typed", ["flow 'Typed': 5 steps, 1 exchange", "flat_map", "jobs.py:9"]),
        ("Old", ["flow 'Old': 4 steps, 1 exchange", "function str.split", "jobs.py:16"]),
        ("Both", ["flow 'Typed'", "flow 'Old'"]),
    ],
)
def test_jobs_of_scalding_are_shown(name: str, shown: list[str]) -> None:
    done = explain_job(name)
    assert 0 == done.exit_code, done.output
    for text in shown:
        assert text in done.stdout
    assert "core.py" not in done.stdout, "taps are of the user's lines"


def test_the_next_job_is_named_and_a_stage_can_be_asked_for() -> None:
    done = explain_job("Typed", "--stage", "steps", "--then")
    assert 0 == done.exit_code, done.output
    assert done.stdout.startswith("steps of flow 'Typed'")
    assert "the next job is Old --input in.txt" in done.stderr


def test_a_job_of_executions_has_no_plan() -> None:
    done = explain_job("Later")
    assert 3 == done.exit_code
    assert "Later is a job of executions, which are made while it runs" in done.stderr


def test_an_argument_that_lacks_is_told_and_help_is_printed() -> None:
    done = explain(JOBS, "--input", "in.txt", target=":Old")
    assert 3 == done.exit_code and "please provide a value for --output" in done.stderr


def test_options_that_nobody_knows_are_refused_for_other_targets() -> None:
    done = explain(START + "def job():\n    return flow_to('out')\n", "--zzz", "3", target=":job")
    assert 2 == done.exit_code and "No such option" in done.stderr
