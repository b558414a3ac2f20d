"""The command line: targets, arguments, output, exit codes. Everything runs on the local engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cascade2spark import LocalFlowConnector
from cascade2spark.cli import main
from cascade2spark.cli.connecting import choose_connector, properties_of, submit_arguments
from cascade2spark.cli.exits import JobFileError, exit_code
from cascade2spark.cli.targets import build_flows, load_target
from cascade2spark.errors import (
    BadRecord,
    BuildError,
    FieldNotFound,
    FlowError,
    PlanError,
    RunError,
    TapError,
    Unsupported,
)
from cascade2spark.files.records import CommitRecord, Owner, write_record
from cascade2spark.files.stores import LOCAL
from tests.unit.job_folder import work_in

ROOT = Path(__file__).parents[2]
JOB = """
from cascade2spark import FlowDef, LocalFlowConnector, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs

def copy(source, sink, field="word"):
    pipe = Pipe("copy")
    kept = pipe.keep(field, lambda word: word != "b" and 1 / (word != "fail"))
    return (
        FlowDef.flow_def().set_name("copying")
        .add_source(pipe, Hfs(TextDelimited(True), source))
        .add_tail_sink(kept, Hfs(TextDelimited(True), sink))
    )
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    work_in(tmp_path, monkeypatch)


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def write_input(*words: str) -> str:
    return write("in.tsv", "".join(f"{word}\n" for word in ("word", *words)))


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def run_copy(*words: str) -> Result:
    write("copying.py", JOB)
    return call("run", "--local", "copying.py:copy", *words)


# Targets


@pytest.mark.parametrize("name", ["flow", "job", "main"])
def test_the_obvious_target_needs_no_name(name) -> None:
    path = write("one.py", f"def other(): pass\ndef {name}(): return 7\n")
    assert name == load_target(path).name


def test_the_only_target_needs_no_name() -> None:
    assert "only" == load_target(write("one.py", "import os\ndef only(): pass\n")).name


def test_a_target_is_named_after_a_colon() -> None:
    path = write("one.py", "def job(): pass\ndef second(): return 2\n")
    assert 2 == load_target(f"{path}:second").value()


def test_a_dotted_module_is_found_below_the_current_folder() -> None:
    Path("jobs_here").mkdir()
    write("jobs_here/daily.py", "def job(): return 'daily'\n")
    assert "daily" == load_target("jobs_here.daily").value()


def test_a_job_may_import_its_neighbours() -> None:
    Path("place").mkdir()
    write("place/shared_words.py", "WORD = 'shared'\n")
    write("place/one.py", "from shared_words import WORD\ndef job(): return WORD\n")
    assert "shared" == load_target("place/one.py").value()
    assert str(Path("place").resolve()) in os.environ["PYTHONPATH"].split(os.pathsep)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("gone.py", "there is no file 'gone.py'"),
        ("gone_module", "'gone_module' is neither a file nor a module"),
        ("two.py", "does not say what to run.\nIt offers: first (function), second (function)"),
        ("two.py:frist", "has no 'frist'.\nIt offers: first (function), second (function)"),
        ("two.py:frist", "Nearest: two.py:first"),
        ("none.py", "It offers: no flow, flow definition or function"),
    ],
)
def test_what_is_not_there_is_said(target, message) -> None:
    write("two.py", "def first(): pass\ndef second(): pass\n")
    write("none.py", "from os.path import join\nX = 1\n")
    done = call("run", "--local", target)
    assert (2, True) == (done.exit_code, message in done.stderr), done.stderr


def test_a_file_that_raises_is_named_with_its_line() -> None:
    write("broken.py", "x = 1\nimport no_such_thing\n")
    done = call("run", "--local", "broken.py")
    assert 3 == done.exit_code
    assert "ModuleNotFoundError: No module named 'no_such_thing'" in done.stderr
    assert "broken.py:2" in done.stderr
    assert "Traceback" not in done.stderr


# Arguments


def built(text: str, *words: str) -> object:
    """Return what a function `job` with these parameters was called with."""
    seen: list[object] = []
    path = write("called.py", f"def job({text}): seen.append(locals())\n")
    target = load_target(path)
    target.value.__globals__["seen"] = seen
    with pytest.raises(click.UsageError, match="gave a value of type NoneType"):
        build_flows(target, "the connector", words)
    return seen[0]


@pytest.mark.parametrize(
    ("parameters", "words", "expected"),
    [
        ("a, b", ["1", "2"], {"a": "1", "b": "2"}),
        ("a, b", ["2", "--a", "1"], {"a": "1", "b": "2"}),
        ("a, b", ["--b=2", "1"], {"a": "1", "b": "2"}),
        ("run_date", ["--run-date", "2024-01-02"], {"run_date": "2024-01-02"}),
        ("a, b='x'", ["1"], {"a": "1", "b": "x"}),
        ("a, *, b", ["1", "--b", "--2"], {"a": "1", "b": "--2"}),
        ("args", ["--in", "x", "y"], {"args": ["--in", "x", "y"]}),
        ("connector, args", ["x"], {"connector": "the connector", "args": ["x"]}),
        ("a, connector", ["1"], {"a": "1", "connector": "the connector"}),
        ("connector", [], {"connector": "the connector"}),
    ],
)
def test_a_function_gets_what_it_declares(parameters, words, expected) -> None:
    assert expected == built(parameters, *words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["1", "2", "3"], "'3' is one argument too many"),
        (["1", "--c", "2"], "there is no argument '--c'"),
        (["--a"], "'--a' needs a value"),
        ([], "missing a required argument: 'a'"),
        ([], "After --, it takes: A [B=x]"),
    ],
)
def test_arguments_that_do_not_fit_are_said(words, message) -> None:
    write("fits.py", "def job(a, b='x'): pass\n")
    done = call("run", "--local", "fits.py", "--", *words)
    assert (2, True) == (done.exit_code, message in done.stderr), done.stderr


@pytest.mark.parametrize("value", ["7", "None", "['x']", "[]"])
def test_what_is_no_flow_is_refused(value) -> None:
    write("odd.py", f"def job(): return {value}\n")
    done = call("run", "--local", "odd.py")
    assert 2 == done.exit_code and "gave" in done.stderr


# Running


def test_a_job_that_starts_spark_by_itself_is_not_run_locally() -> None:
    example = str(ROOT / "examples" / "13_rdd.py")
    result = CliRunner().invoke(main, ["run", "--local", example])
    assert 2 == result.exit_code
    assert "13_rdd.py:main starts Spark by itself: this job needs Spark" in result.output
    assert f"python {example}" in result.output


def test_a_run_prints_rows_at_each_tap_and_exits_with_0() -> None:
    done = run_copy("--", write_input("a", "b", "c"), "out")
    assert 0 == done.exit_code, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any("copying" in line and "successful" in line for line in lines)
    assert any(line.startswith("source copy 3") and "in.tsv" in line for line in lines)
    assert any(line.startswith("sink copy 2") and "out" in line for line in lines)
    assert "word\na\nc\n" == "".join(p.read_text() for p in sorted(Path("out").glob("part-*")))


def test_a_quiet_run_prints_nothing() -> None:
    done = run_copy("--quiet", "--", write_input("a"), "out")
    assert (0, "") == (done.exit_code, done.output)


def test_a_run_can_print_json() -> None:
    done = run_copy("--json", "--", write_input("a", "b"), "out")
    told = json.loads(done.stdout)
    assert ["copying"] == [flow["name"] for flow in told]
    assert "SUCCESSFUL" == told[0]["status"]


def test_a_list_of_flows_runs_in_order() -> None:
    text = JOB + "def job(): return [copy('in.tsv', 'one'), copy('one', 'two')]\n"
    write("copying.py", text)
    write_input("a")
    done = call("run", "--local", "copying.py")
    assert 0 == done.exit_code, done.output
    assert Path("two/_SUCCESS").exists()


def test_a_connected_flow_runs_too() -> None:
    text = JOB + "flow = LocalFlowConnector().connect(copy('in.tsv', 'out'))\n"
    write_input("a")
    write("copying.py", text)
    assert 0 == call("run", "copying.py", "--local").exit_code


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["in.tsv", "out", "wrod"], 3, "'wrod'"),
        (["gone.tsv", "out"], 4, "gone.tsv"),
        (["in.tsv", "old"], 4, "old"),
        (["in.tsv", "out", "--field", "word"], 1, "fail"),
    ],
)
def test_a_failure_has_its_exit_code_and_message(words, code, message) -> None:
    write_input("a", "fail")
    Path("old").mkdir()
    write("old/part-00000", "word\n")
    done = run_copy("--", *words)
    assert (code, True) == (done.exit_code, message in done.stderr), done.output
    assert "Traceback" not in done.stderr and "" == done.stdout
    assert not Path("out").exists()


def test_debug_shows_the_traceback() -> None:
    write_input("fail")
    done = run_copy("--debug", "--", "in.tsv", "out")
    assert 1 == done.exit_code and "Traceback" in done.stderr


def test_a_wrong_property_is_a_bad_plan() -> None:
    write_input("a")
    done = run_copy("--set", "cascade2spark.partitoins=2", "--", "in.tsv", "out")
    assert 3 == done.exit_code and "cascade2spark.partitions" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--master", "local[2]"], "--local runs without Spark"),
        (["--set", "novalue"], "--set takes KEY=VALUE"),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_usage_exits_with_2(options, message) -> None:
    done = run_copy(*options)
    assert (2, True) == (done.exit_code, message in done.stderr)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BuildError("x"), 3),
        (PlanError("x"), 3),
        (FieldNotFound("x"), 3),
        (Unsupported("x"), 3),
        (JobFileError("job.py", 3), 3),
        (TapError("x"), 4),
        (BadRecord("x"), 1),
        (RunError("x"), 1),
        (FlowError("x"), 1),
        (ValueError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error, code) -> None:
    assert code == exit_code(error)


# Plans


def test_explain_prints_the_plan_and_runs_nothing() -> None:
    write("copying.py", JOB)
    write_input("a")
    done = call("explain", "copying.py:copy", "--", "in.tsv", "out")
    assert 0 == done.exit_code, done.output
    assert "flow 'copying'" in done.stdout and "Each 'copy'" in done.stdout
    assert not Path("out").exists()


TAP = """
from cascade2spark import Fields, FlowDef, Pipe
from cascade2spark.taps import MemoryTap

class Late(MemoryTap):
    def retrieve_source_fields(self):
        return Fields({}["day"])

def job():
    return FlowDef().add_source("p", Late("n", [])).add_tail_sink(Pipe("p"), MemoryTap())
"""


def test_what_a_jobs_own_class_raises_names_its_line() -> None:
    write("late.py", TAP)
    done = call("run", "--local", "late.py:job")
    assert 0 != done.exit_code and "KeyError: 'day'" in done.stderr
    assert "late.py:7 in retrieve_source_fields" in done.stderr, done.stderr


def test_explain_shows_a_stage() -> None:
    write("copying.py", JOB)
    write_input("a")
    done = call("explain", "--stage", "steps", "copying.py:copy", "in.tsv", "out")
    assert done.stdout.startswith("steps of flow 'copying'"), done.output


def test_an_unknown_stage_lists_the_stages() -> None:
    write("copying.py", JOB)
    write_input("a")
    done = call("explain", "--stage", "step", "copying.py:copy", "in.tsv", "out")
    assert 0 != done.exit_code and "resolved" in done.stderr


# Settings


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert {"a.b": "c=d", "e": ""} == properties_of(["a.b=c=d", "e="])


def test_spark_is_told_master_and_settings() -> None:
    given = submit_arguments("local[4]", {"spark.x": "1 2", "cascade2spark.y": "3"}, {})
    assert given.startswith("--master 'local[4]' --conf 'spark.x=1 2'")
    assert given.endswith(" pyspark-shell") and "cascade2spark.y" not in given
    assert "log4j2.configurationFile" in given


def test_what_spark_was_told_before_stays() -> None:
    environ = {"PYSPARK_SUBMIT_ARGS": "--jars a.jar pyspark-shell", "SPARK_CONF_DIR": "/etc/x"}
    assert "--jars a.jar pyspark-shell" == submit_arguments(None, {}, environ)


def test_under_spark_submit_the_master_is_its_own(monkeypatch) -> None:
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    with pytest.raises(click.UsageError, match="give --master to spark-submit"):
        choose_connector(False, "local[2]", [])


def test_local_means_the_local_engine() -> None:
    assert isinstance(choose_connector(True, None, []), LocalFlowConnector)


# Doctor


def test_doctor_tells_of_this_machine() -> None:
    done = call("doctor")
    assert done.exit_code in (0, 1)
    assert "Java" in done.stdout and "pyarrow" in done.stdout


def test_doctor_exits_with_1_on_a_problem(monkeypatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "/no/such/python")
    done = call("doctor")
    assert 1 == done.exit_code
    assert "fix: unset PYSPARK_PYTHON" in done.stdout
    assert "found" in done.stderr


def test_doctor_tells_of_a_path() -> None:
    done = call("doctor", write_input("a"))
    assert 0 == done.exit_code
    assert "1 file(s), 7 bytes" in done.stdout


def test_doctor_recovers() -> None:
    dead = Owner.nobody()
    write_record(LOCAL, CommitRecord(os.getcwd(), "out", "r1", "KEEP", "writing", dead))
    assert 1 == call("doctor", "out").exit_code
    done = call("doctor", "--recover", "out")
    assert (0, True) == (done.exit_code, "undone r1" in done.stdout)
    assert "nothing to recover" in call("doctor", "--recover", "out").stdout


@pytest.mark.parametrize("words", [["--force"], ["--recover", "out", "in"]])
def test_doctor_options_that_do_not_go_together(words) -> None:
    assert 2 == call("doctor", *words).exit_code


def test_help_lists_the_exit_codes() -> None:
    assert "130" in call("--help").stdout


def test_the_command_line_starts_without_spark() -> None:
    program = "import sys, cascade2spark.cli; sys.exit('pyspark' in sys.modules)"
    assert (
        0 == subprocess.run([sys.executable, "-c", program], env=with_us(), check=False).returncode
    )


def with_us() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
