"""Findings about a machine and about a path."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import attrs
import pytest

from cascade2spark.doctor import Finding, check_machine, check_path
from cascade2spark.files.records import CommitRecord, Owner, write_record
from cascade2spark.files.stores import LOCAL

ROOT = Path(__file__).parents[2]
ME = Owner.of_this_process()


def findings(environ: dict[str, str]) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_machine(environ)}


def of_path(path: object, environ: dict[str, str] | None = None) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_path(str(path), environ or {})}


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_this_machine_runs_python_and_has_the_packages() -> None:
    found = findings(dict(os.environ))
    assert found["Python"].is_ok and sys.executable in found["Python"].found
    assert found["pyspark"].is_ok and found["pyspark"].found.startswith("4.")


def test_a_missing_java_is_a_problem_with_a_fix(tmp_path) -> None:
    found = findings({"PATH": str(tmp_path)})["Java"]
    assert "none" == found.found
    assert found.fix


def test_an_old_java_is_named(tmp_path) -> None:
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "java", "echo 'openjdk version \"11.0.2\"' >&2")
    found = findings({"JAVA_HOME": str(tmp_path), "PATH": str(tmp_path)})["Java"]
    assert "Java 11" in found.found and not found.is_ok


@pytest.mark.parametrize("variable", ["PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"])
@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("echo 2.7", "is Python 2.7"),
        ("echo boom >&2; exit 1", "boom"),
    ],
)
def test_a_worker_python_that_does_not_fit_is_a_problem(tmp_path, variable, answer, shown) -> None:
    other = program(tmp_path, "other", answer)
    found = findings({**os.environ, variable: other})[variable]
    assert shown in found.found and not found.is_ok


def test_a_worker_python_that_is_not_there_is_a_problem() -> None:
    found = findings({"PYSPARK_PYTHON": "/no/such/python"})["PYSPARK_PYTHON"]
    assert "does not start" in found.found and "unset PYSPARK_PYTHON" == found.fix


def test_the_own_python_as_worker_is_fine() -> None:
    environ = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    assert findings(environ)["PYSPARK_PYTHON"].is_ok


def test_a_spark_home_without_spark_is_a_problem(tmp_path) -> None:
    assert not findings({"SPARK_HOME": str(tmp_path)})["SPARK_HOME"].is_ok


def test_a_local_folder_that_is_gone_is_a_problem(tmp_path) -> None:
    found = findings({"SPARK_LOCAL_DIRS": f"{tmp_path}/gone"})["SPARK_LOCAL_DIRS"]
    assert "cannot be written" in found.found and not found.is_ok


def test_a_local_path_shows_what_is_there(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "part-00000").write_text("12345")
    (tmp_path / "in" / "_SUCCESS").write_text("")
    assert "1 file(s), 5 bytes" == of_path(tmp_path / "in")["there"].found
    assert "nothing" == of_path(tmp_path / "out")["there"].found


def test_a_path_without_a_scheme_is_explained(tmp_path) -> None:
    assert "fs.defaultFS" in of_path(tmp_path)["default"].found
    assert "default" not in of_path(f"file://{tmp_path}")


def test_what_a_dead_run_left_is_a_problem(tmp_path) -> None:
    left = CommitRecord(
        str(tmp_path), "out", "r1", "REPLACE", "publishing", attrs.evolve(ME, started="earlier")
    )
    write_record(LOCAL, left)
    found = of_path(tmp_path / "out")["unfinished"]
    assert "r1" in found.found
    assert f"cascade2spark doctor --recover {tmp_path}/out" == found.fix


def test_a_run_at_work_is_no_problem(tmp_path) -> None:
    write_record(LOCAL, CommitRecord(str(tmp_path), "out", "r1", "REPLACE", "writing", ME))
    assert of_path(tmp_path / "out")["at work"].is_ok


def test_s3_shows_settings_and_hides_secrets() -> None:
    environ = {"AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "eu-west-1"}
    found = of_path("s3://bucket/path", environ)
    assert "fsspec" in found["route"].found
    assert "eu-west-1 (environment)" == found["AWS_REGION"].found
    assert "set (environment)" == found["AWS_SECRET_ACCESS_KEY"].found
    assert found["S3 settings"].found.startswith("the environment")
    assert "hush" not in str(found)


def test_s3_settings_of_the_context_are_told_with_their_file(tmp_path) -> None:
    (tmp_path / "spark-defaults.conf").write_text(
        "# spark.hadoop.fs.s3a.endpoint http://not\n\n"
        "spark.master local[2]\n"
        "spark.hadoop.fs.s3a.endpoint   http://me:hush@box:9000\n"
        "spark.hadoop.fs.s3a.secret.key=hush\n"
    )
    (tmp_path / "core-site.xml").write_text(
        "<configuration>"
        "<property><name>fs.s3a.endpoint</name><value>http://later</value></property>"
        "<property><name>fs.s3a.bucket.b.access.key</name><value>hush</value></property>"
        "<property><name>fs.s3a.path.style.access</name><value>true</value></property>"
        "</configuration>"
    )
    found = of_path(
        "s3a://b/in", {"SPARK_CONF_DIR": str(tmp_path), "HADOOP_CONF_DIR": str(tmp_path)}
    )
    assert f"http://box:9000 ({tmp_path}/spark-defaults.conf)" == found["fs.s3a.endpoint"].found
    assert f"true ({tmp_path}/core-site.xml)" == found["fs.s3a.path.style.access"].found
    assert f"set ({tmp_path}/core-site.xml)" == found["fs.s3a.bucket.b.access.key"].found
    assert "fs.s3a.* count first" in found["S3 settings"].found
    assert "hush" not in str(found) and "spark.master" not in found


def test_s3_without_settings_says_where_they_may_come_from() -> None:
    assert "none in files or the environment" in of_path("s3n://b/in")["S3 settings"].found


def test_a_settings_file_that_is_no_xml_is_a_problem(tmp_path) -> None:
    (tmp_path / "core-site.xml").write_text("<configuration>")
    found = of_path("s3://b/in", {"HADOOP_CONF_DIR": str(tmp_path)})["core-site.xml"]
    assert "cannot be read" in found.found and not found.is_ok


def test_a_package_that_s3_needs_is_named() -> None:
    found = of_path("s3a://bucket/path")["s3fs"]
    assert found.is_ok or "cascade2spark[s3]" in (found.fix or "")


def test_hadoop_shows_its_settings(tmp_path) -> None:
    assert "Hadoop" in of_path("hdfs://name/path")["route"].found
    assert not of_path("hdfs://name/path", {"HADOOP_CONF_DIR": str(tmp_path)})[
        "HADOOP_CONF_DIR"
    ].is_ok
    (tmp_path / "core-site.xml").write_text("<configuration/>")
    assert of_path("hdfs://name/path", {"HADOOP_CONF_DIR": str(tmp_path)})["HADOOP_CONF_DIR"].is_ok


def test_memory_paths_are_refused_for_workers() -> None:
    assert not of_path("memory://x")["route"].is_ok
