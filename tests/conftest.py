"""What all tests share: order, seeds, and one Spark context for the whole run.

Markers (setup.cfg holds the list): `spark` is put on every test that uses the `sc` fixture, so that
a plain `pytest` needs no JVM; `slow` is the part of a matrix that only `make test-full` runs.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from cascade2spark.environment import java_problem
from tests.jvm import JVM_SETTINGS

if TYPE_CHECKING:
    from pyspark import SparkContext

ROOT = Path(__file__).parents[1]
# Tests whose processes start Spark by themselves.
OWN_SPARK = (
    "tests/conformance/test_two_executors.py",
    "tests/examples/test_porting.py::test_e2_counts_once_what_is_tried_twice",
    "tests/faults/",
    "tests/spark/test_session.py",
    "tests/test_demo.py",
    "tests/test_examples.py::test_a_script_runs_on_a_cluster_with_our_wheel",
)
# Tests with the shared context whose names do not say "spark".
SHARED_SPARK = (
    "tests/test_context.py",
    "tests/test_examples.py::test_an_rdd_goes_in_and_comes_out",
    "tests/test_examples.py::test_thrift_totals_are_those_of_a_plain_computation",
)

# Repeatable by default, so that a red test is red for everybody; `make test-full` explores.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("full", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-plans, which rewrites the texts of tests/plans and of planning errors."""
    parser.addoption("--update-plans", action="store_true", help="rewrite goldens, then review")


@pytest.fixture
def update_plans(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are rewritten instead of compared."""
    return bool(request.config.getoption("--update-plans"))


@pytest.fixture
def page_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
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


@pytest.hookimpl(tryfirst=True)  # before -m takes tests out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses Spark, and run it last: the quick tests tell first."""
    for item in items:
        if "sc" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
    items.sort(key=lambda item: item.get_closest_marker("spark") is not None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With two processes (`make test`) let each have work to the end.

    All that shares the Spark context is one process's, so that Spark starts once. The other has
    the tests that start a Spark of their own, which take up to a minute each, one after another.
    Both begin at once, and the quick tests fill up what is left. It goes by names: marks of xdist
    have no effect from pytest 9.2 on.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(OWN_SPARK):
                return "own Spark"
            is_shared = "spark" in nodeid or nodeid.startswith(SHARED_SPARK)
            return "Spark" if is_shared else nodeid

    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(20080101)


@pytest.fixture(scope="session")
def sc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkContext]:
    """The run's one Spark context: two threads, four partitions, nothing that costs time."""
    problem = java_problem(os.environ)
    if problem is not None:
        pytest.fail(problem, pytrace=False)

    from pyspark import SparkConf, SparkContext

    folder = tmp_path_factory.mktemp("spark")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    conf = (
        SparkConf()
        .setMaster("local[2]")
        .setAppName("cascade2spark tests")
        .setAll(
            [
                ("spark.default.parallelism", "4"),
                ("spark.sql.shuffle.partitions", "4"),
                ("spark.python.unix.domain.socket.enabled", "true"),
                ("spark.ui.enabled", "false"),
                ("spark.ui.showConsoleProgress", "false"),
                ("spark.driver.memory", "1g"),
                ("spark.driver.host", "127.0.0.1"),
                ("spark.driver.bindAddress", "127.0.0.1"),
                ("spark.local.dir", str(folder)),
                ("spark.sql.warehouse.dir", str(folder / "warehouse")),
                *JVM_SETTINGS.items(),
            ]
        )
        # Functions of test modules are pickled by name.
        .setExecutorEnv("PYTHONPATH", str(ROOT))
    )
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    yield context
    context.stop()
