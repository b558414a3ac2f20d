"""`import cascade2spark` is light, and its names appear when they are used."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cascade2spark

ROOT = Path(__file__).parents[2]

# Libraries that a job may need and an import may not.
HEAVY = {"pyspark", "py4j", "pyarrow", "numpy", "thriftpy2", "fsspec", "rich", "click", "pandas"}


def run_python(code: str) -> object:
    """Return what `code` prints as JSON, run in a new interpreter with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_import_loads_nothing_heavy_and_is_fast() -> None:
    # The best of three: one slow moment of a busy machine is not our import.
    runs = [
        run_python(
            "import json, sys, time; start = time.perf_counter(); import cascade2spark; "
            "spent_s = time.perf_counter() - start; print(json.dumps([spent_s, "
            "sorted({name.partition('.')[0] for name in sys.modules})]))"
        )
        for _ in range(3)
    ]
    assert [] == sorted(HEAVY & set(runs[0][1]))
    assert min(spent_s for spent_s, _ in runs) < 0.3


@pytest.mark.parametrize("name", [n for n in cascade2spark.__all__ if n != "__version__"])
def test_each_name_is_what_its_module_defines(name) -> None:
    value = getattr(cascade2spark, name)
    module = sys.modules[f"cascade2spark.{cascade2spark._MODULE_OF[name]}"]
    assert value is getattr(module, name)
    assert vars(cascade2spark)[name] is value


def test_all_is_the_table_and_the_version() -> None:
    assert set(cascade2spark.__all__) == {*cascade2spark._MODULE_OF, "__version__"}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("cascade2spark.tap", "cascade2spark.taps"),
        ("cascade2spark.operation.regex", "cascade2spark.operations"),
        ("cascade2spark.taps.hadoop", "cascade2spark.taps"),
        ("cascade2spark.pipe.joiner", "cascade2spark"),
        ("cascade2spark.tuple", "cascade2spark"),
        ("cascade2spark.scalding.type", "cascade2spark.scalding.typed"),
    ],
)
def test_a_module_that_does_not_exist_is_told_with_the_one_that_was_meant(asked, meant) -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(asked)
    said = str(caught.value)
    assert said.endswith(f"; did you mean: from {meant} import ...")
    assert f"No module named {caught.value.name!r}" in said
    assert asked.startswith(str(caught.value.name))


def test_a_module_like_none_of_ours_is_told_as_python_does() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("cascade2spark.zzz")
    assert str(caught.value) == "No module named 'cascade2spark.zzz'"
    with pytest.raises(ImportError, match=r"did you mean: from cascade2spark\.taps import Tap"):
        exec("from cascade2spark import tap")


def test_no_name_is_also_a_module() -> None:
    # Importing the module would put it in the place of the name.
    package = ROOT / "cascade2spark"
    modules = {path.stem for path in package.glob("*.py")} | {
        path.name for path in package.iterdir() if path.is_dir()
    }
    assert set() == modules & set(cascade2spark.__all__)


def test_dir_shows_names_not_yet_loaded() -> None:
    assert run_python(
        "import json, cascade2spark as c; print(json.dumps(set(c.__all__) <= set(dir(c))))"
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(cascade2spark, "NoSuchThing")
    with pytest.raises(AttributeError, match="'NoSuchThing'"):
        _ = cascade2spark.NoSuchThing


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("AggregatorCall", "write: from cascade2spark.operations import AggregatorCall"),
        ("Hfs", "write: from cascade2spark.taps import Hfs"),
        ("Group", "write: from cascade2spark import GroupBy"),
        ("CoGrop", "did you mean: from cascade2spark import CoGroup"),
        ("RegexSpliter", "did you mean: from cascade2spark.operations import RegexSplitter"),
    ],
)
def test_a_name_of_another_module_is_told(name, hint) -> None:
    with pytest.raises(AttributeError, match=hint):
        getattr(cascade2spark, name)
    with pytest.raises(ImportError, match=hint):
        exec(f"from cascade2spark import {name}")
    assert not hasattr(cascade2spark, name)


@pytest.mark.parametrize(
    ("module", "name", "hint"),
    [
        ("taps", "Hsf", "did you mean: from cascade2spark.taps import Hfs"),
        ("schemes", "Hfs", "write: from cascade2spark.taps import Hfs"),
        ("schemes", "TextLin", "did you mean: from cascade2spark.schemes import TextLine"),
        ("assemblies", "GroupBy", "write: from cascade2spark import GroupBy"),
        ("operations", "RegexSpliter", "did you mean: from cascade2spark.operations import"),
        ("joiners", "InerJoin", "did you mean: from cascade2spark.joiners import InnerJoin"),
        ("flow", "Hfs", "write: from cascade2spark.taps import Hfs"),
        ("types", "TextLine", "write: from cascade2spark.schemes import TextLine"),
        ("comparators", "InnerJoin", "write: from cascade2spark.joiners import InnerJoin"),
        ("testing", "run_pip", "did you mean: from cascade2spark.testing import run_pipe"),
        ("rdd", "read_thrif", "did you mean: from cascade2spark.rdd import read_thrift"),
        ("scalding", "Hfs", "write: from cascade2spark.taps import Hfs"),
    ],
)
def test_a_door_tells_where_a_name_is(module, name, hint) -> None:
    door = importlib.import_module(f"cascade2spark.{module}")
    with pytest.raises(ImportError, match=hint):
        exec(f"from cascade2spark.{module} import {name}")
    with pytest.raises(AttributeError, match=hint):
        getattr(door, name)
    assert not hasattr(door, name) and not hasattr(door, "_nothing")


def test_a_hint_imports_none_of_the_modules_it_knows() -> None:
    loaded = run_python(
        "import json, sys, cascade2spark; hasattr(cascade2spark, 'Hfs'); "
        "print(json.dumps([name for name in sys.modules if name.startswith('cascade2spark.')]))"
    )
    assert "cascade2spark.name_hints" in loaded and "cascade2spark.taps" not in loaded
    from cascade2spark import joiners  # a module is found as ever

    assert joiners.InnerJoin


def test_a_module_that_is_there_is_not_refused_to_who_looks_elsewhere_for_it() -> None:
    for finder in sys.meta_path:
        finder.find_spec("cascade2spark.pipes", ["/nowhere"])
