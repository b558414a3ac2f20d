"""Each example of the ladder runs and gives what its first comment says."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cascade2spark.schemes import ThriftSequenceFile
from cascade2spark.taps import Hfs
from tests.examples.running import ENGINES, Runner, lines_in, rows_in

ROOT = Path(__file__).parents[1]
LADDER = sorted(path for path in (ROOT / "examples").glob("[0-9][0-9]_*.py"))
MOST_LINES = 60

# Example -> header and rows of its one sink, rows sorted as text.
EXPECTED = {
    "01_copy": """
        user day page seconds
        ann 2024-03-01 /home 8
        ann 2024-03-02 /map 40
        ann 2024-03-03 /tides 61
        ann 2024-03-04 /home 10
        bob 2024-03-01 /home 12
        bob 2024-03-04 /map 33
        cyd 2024-03-01 /tides 95
        cyd 2024-03-02 /home 5
        eve 2024-03-02 /map 27
        """,
    "02_filter": """
        user day page seconds
        ann 2024-03-02 /map 40
        ann 2024-03-03 /tides 61
        bob 2024-03-04 /map 33
        cyd 2024-03-01 /tides 95
        """,
    "04_custom_function": """
        user section is_long
        ann plan true
        ann read true
        bob plan true
        cyd read true
        eve plan false
        """,
    "05_secondary_sort": """
        user came_from went_to
        ann /home /map
        ann /map /tides
        ann /tides /home
        bob /home /map
        cyd /tides /home
        """,
    "06_co_group": """
        user page name town
        - - dan Leith
        ann /home ann Whitby
        ann /home ann Whitby
        ann /map ann Whitby
        ann /tides ann Whitby
        bob /home bob Dover
        bob /map bob Dover
        cyd /home cyd Whitby
        cyd /tides cyd Whitby
        eve /map - -
        """,
    "07_hash_join": """
        day page town
        2024-03-01 /home Dover
        2024-03-01 /home Whitby
        2024-03-01 /tides Whitby
        2024-03-02 /home Whitby
        2024-03-02 /map Whitby
        2024-03-03 /tides Whitby
        2024-03-04 /home Whitby
        2024-03-04 /map Dover
        """,
    "08_merge_unique": "user ann bob cyd dan eve",
    "09_aggregate_by": """
        page visits total longest mean
        /home 4 35 12 8.75
        /map 3 100 40 33.333333333333336
        /tides 2 156 95 78.0
        """,
}


def expected_lines(name: str) -> list[str]:
    """Return expected lines as they stand in a file: tabs between values, null empty."""
    text = EXPECTED[name].strip()
    lines = text.splitlines() if "\n" in text else text.split()
    return ["\t".join("" if value == "-" else value for value in line.split()) for line in lines]


def job_of(name: str):
    return importlib.import_module(f"examples.{name}").job


@pytest.fixture(params=ENGINES)
def run(request) -> Runner:
    spark = request.getfixturevalue("sc") if request.param == "spark" else None
    return Runner(request.param, spark)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_gives_what_it_says(run, tmp_path, name) -> None:
    run(job_of(name)(out=str(tmp_path / "out")))
    assert expected_lines(name) == lines_in(tmp_path / "out")


def test_words_are_counted(run, tmp_path) -> None:
    run(job_of("03_word_count")(out=str(tmp_path / "out")))
    text = (ROOT / "examples/data/tides.txt").read_text().split("\n", 1)[1].lower()
    words = re.findall(r"\w+", re.sub(r"(?m)^\w+\t", "", text))
    counts = {f"{word}\t{words.count(word)}" for word in words}
    assert ["word\tcount", *sorted(counts)] == lines_in(tmp_path / "out")
    assert {"bank\t2", "tide\t6"} <= counts


def test_unknown_pages_are_counted(run, tmp_path) -> None:
    flow = run(job_of("04_custom_function")(out=str(tmp_path / "out")))
    assert 4 == flow.get_flow_stats().get_counter_value("sections", "unknown")


def test_bad_rows_are_trapped(run, tmp_path) -> None:
    run(job_of("10_traps")(out=str(tmp_path / "out"), bad=str(tmp_path / "bad")))
    expected = ["port\tmetres", "dover\t6.8", "whitby\t0.9", "whitby\t5.4"]
    assert expected == lines_in(tmp_path / "out")
    assert ["dover\t-1.2", "leith high"] == rows_in(tmp_path / "bad")


def test_both_sinks_are_written(run, tmp_path) -> None:
    users, pages = tmp_path / "users", tmp_path / "pages"
    run(job_of("11_several_sinks")(by_user=str(users), by_page=str(pages)))
    assert ["user\tcount", "ann\t4", "bob\t2", "cyd\t2", "eve\t1"] == lines_in(users)
    assert ["page\tcount", "/home\t4", "/map\t3", "/tides\t2"] == lines_in(pages)


def test_the_tests_of_a_pipe_pass() -> None:
    example = importlib.import_module("examples.12_test_a_pipe")
    tests = [value for name, value in vars(example).items() if name.startswith("test_")]
    for test in tests:
        test()
    assert 3 == len(tests)


def test_an_rdd_goes_in_and_comes_out(sc) -> None:
    days = {"/tides": 3, "/home": 1, "/map": 2}
    visits = sc.parallelize([("ann", day, page) for page, day in days.items()], 2)
    walks = importlib.import_module("examples.13_rdd").walks(visits)
    assert [("ann", "/home", "/map"), ("ann", "/map", "/tides")] == sorted(walks.collect())


def test_thrift_totals_are_those_of_a_plain_computation(sc, tmp_path) -> None:
    example = importlib.import_module("examples.thrift_etl.run")
    paths = example.write_inputs(sc, tmp_path, 600, compression="block")
    total = ThriftSequenceFile(example.data.IDL, "Total")
    for engine in ("local", "spark"):
        out = tmp_path / engine
        Runner(engine, sc)(example.job(**paths, out=str(out)), partitions=2)
        (part,) = out.glob("part-*")
        with Hfs(total, str(part)).open_for_read() as rows:
            found = sorted((tuple(row) for row in rows), key=str)
        assert example.expected(600) == found
    assert None in {plan for _, plan, *_ in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The library as a zipped wheel, built from a copy, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cascade2spark", folder / "cascade2spark", ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", "."]
    subprocess.run([*command, str(folder)], cwd=folder, check=True)
    return next(folder.glob("*.whl")).rename(folder / "cascade2spark.zip")


@pytest.mark.spark
def test_a_script_runs_on_a_cluster_with_our_wheel(wheel, tmp_path) -> None:
    spark_home = Path(importlib.util.find_spec("pyspark").origin).parent
    work = spark_home / "work"  # where a local cluster keeps the folders of its executors
    before = set(work.iterdir()) if work.exists() else None
    environ = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(spark_home)}
    environ.pop("PYTHONPATH", None)  # the library comes from the wheel alone
    command = [
        *(str(spark_home / "bin" / "spark-submit"), "--master", "local-cluster[2,1,1024]"),
        *("--conf", "spark.ui.enabled=false", "--conf", "spark.driver.host=127.0.0.1"),
        *("--conf", "spark.driver.bindAddress=127.0.0.1", "--py-files", str(wheel)),
        *(str(ROOT / "examples" / "14_spark_submit.py"),),
        *(str(ROOT / "examples" / "data" / "visits.tsv"), str(tmp_path / "out")),
    ]
    try:
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300
        )
    finally:
        for folder in work.iterdir() if work.exists() else ():
            if before is None or folder not in before:
                shutil.rmtree(folder)
        if before is None and work.exists():
            work.rmdir()
    assert 0 == done.returncode, done.stderr[-5000:]
    assert "9 rows read, 3 written" in done.stdout
    expected = ["page\tvisits", "/home\t4", "/map\t3", "/tides\t2"]
    assert expected == lines_in(tmp_path / "out")


@pytest.mark.parametrize("path", LADDER, ids=lambda path: path.stem)
def test_an_example_is_short_and_says_how_to_run_it(path) -> None:
    lines = path.read_text("utf-8").splitlines()
    comment = [line for line in lines[: lines.index("")] if line.startswith("#")]
    assert len(lines) < MOST_LINES
    assert comment == lines[: len(comment)] and len(comment) > 4
    assert any(path.name in line for line in comment)


def test_the_ladder_has_no_missing_rung() -> None:
    numbers = [int(path.name[:2]) for path in LADDER]
    assert list(range(1, len(numbers) + 1)) == numbers
