"""Finding Java, and saying how to get it, with real commands in a folder that stands for PATH."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cascade2spark import environment
from cascade2spark.environment import (
    find_java,
    install_command,
    java_problem,
    java_version_of,
    provide_java,
)

FILE = Path(environment.__file__)

OPENJDK_17 = """openjdk version "17.0.15" 2025-04-15
OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)
OpenJDK 64-Bit Server VM (build 17.0.15+6-Debian-1deb12u1, mixed mode, sharing)
"""
ORACLE_8 = """java version "1.8.0_392"
Java(TM) SE Runtime Environment (build 1.8.0_392-b08)
"""


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (17, OPENJDK_17),
        (8, ORACLE_8),
        (11, 'openjdk version "11.0.21" 2023-10-17 LTS\n'),
        (21, 'java version "21" 2023-09-19 LTS\n'),
        (22, 'openjdk version "22-ea" 2024-03-19\n'),
        (25, 'openjdk version "25.0.1" 2025-10-21\n'),
        (17, 'Picked up JAVA_TOOL_OPTIONS: -Xmx512m -Dversion "9"\n' + OPENJDK_17),
        (None, "The operation couldn't be completed. Unable to locate a Java Runtime.\n"),
        (None, "bash: java: command not found"),
        (None, ""),
    ],
)
def test_the_version_is_read_from_what_java_prints(expected, text) -> None:
    assert java_version_of(text) == expected


def command(folder: Path, name: str, script: str) -> Path:
    """Put an executable shell script into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def java(folder: Path, version: str) -> Path:
    """Put a `java` into `folder` that says it is `version`, on stderr as the real one does."""
    return command(folder, "java", f"echo 'openjdk version \"{version}\"' >&2")


def only(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which only `folder` is searched for commands."""
    folder.mkdir(exist_ok=True)
    return {"PATH": str(folder), **more}


def test_java_home_comes_before_path(tmp_path) -> None:
    java(tmp_path / "home" / "bin", "21.0.1")
    java(tmp_path / "path", "17.0.1")
    environ = only(tmp_path / "path", JAVA_HOME=str(tmp_path / "home"))
    assert str(find_java(environ)) == f"Java 21 (JAVA_HOME: {tmp_path}/home/bin/java)"


def test_an_empty_java_home_is_no_java_home(tmp_path) -> None:
    java(tmp_path / "path", "17.0.1")
    assert find_java(only(tmp_path / "path", JAVA_HOME="")).source == "PATH"


def test_a_new_enough_java_is_no_problem(tmp_path) -> None:
    java(tmp_path / "path", "17.0.1")
    assert java_problem(only(tmp_path / "path")) is None


def test_no_java_is_one_line_with_the_command_for_this_system(tmp_path) -> None:
    command(tmp_path / "path", "dnf", "exit 1")
    assert java_problem(only(tmp_path / "path"), is_root=False) == (
        "Spark needs Java 17 or newer; none was found. "
        "Fix: sudo dnf install -y java-21-openjdk-headless"
    )


def test_an_old_java_is_named(tmp_path) -> None:
    java(tmp_path / "path", "1.8.0_392")
    problem = java_problem(only(tmp_path / "path"), is_root=False)
    assert f"found Java 8 (PATH: {tmp_path}/path/java)" in problem


def test_an_old_java_home_hiding_a_new_java_is_to_be_unset(tmp_path) -> None:
    java(tmp_path / "home" / "bin", "11.0.2")
    java(tmp_path / "path", "17.0.1")
    problem = java_problem(only(tmp_path / "path", JAVA_HOME=str(tmp_path / "home")))
    assert problem.endswith(f"Fix: unset JAVA_HOME to use Java 17 (PATH: {tmp_path}/path/java)")


def test_a_java_home_without_java_is_named(tmp_path) -> None:
    problem = java_problem(only(tmp_path / "path", JAVA_HOME="/no/such"))
    assert "a Java that does not run (JAVA_HOME: /no/such/bin/java)" in problem


@pytest.mark.parametrize(
    ("manager", "is_root", "expected"),
    [
        ("apt-get", False, "sudo apt-get update && sudo apt-get install -y"),
        ("apt-get", True, "apt-get update && apt-get install -y"),
        ("dnf", True, "dnf install -y"),
        ("yum", False, "sudo yum install -y"),
        ("zypper", False, "sudo zypper install -y"),
        ("apk", True, "apk add"),
        ("pacman", False, "sudo pacman -S"),
        ("brew", False, "brew install"),
    ],
)
def test_each_system_has_its_command(tmp_path, manager, is_root, expected) -> None:
    command(tmp_path / "path", manager, "exit 1")
    assert install_command(only(tmp_path / "path"), is_root).startswith(expected)


def test_an_unknown_system_is_pointed_to_a_download(tmp_path) -> None:
    assert "https://adoptium.net" in install_command(only(tmp_path / "path"), is_root=True)


def debian(folder: Path, known: str) -> dict[str, str]:
    """Return an environment with an apt-get that knows one package and installs a Java 17."""
    command(folder, "apt-cache", f'[ "$2" = {known} ] && echo "Package: $2"')
    installed = java(folder / "aside", "17.0.9")
    command(
        folder,
        "apt-get",
        f'echo "$DEBIAN_FRONTEND $*" >> {folder}/log\n'
        f'[ "$1" = update ] || /bin/ln -s {installed} {folder}/java',
    )
    return only(folder)


def test_root_on_debian_gets_java_installed_and_is_told(tmp_path, capsys) -> None:
    environ = debian(tmp_path / "path", "openjdk-17-jre-headless")
    assert provide_java(environ, is_root=True) is None
    assert "installing it with apt-get" in capsys.readouterr().out
    assert (tmp_path / "path" / "log").read_text().splitlines() == [
        "noninteractive update -q",
        "noninteractive install -y -q --no-install-recommends openjdk-17-jre-headless",
    ]


@pytest.mark.parametrize(
    ("is_root", "more"), [(False, {}), (True, {"JAVA_HOME": "/no/such"})], ids=["user", "JAVA_HOME"]
)
def test_nothing_is_installed_for_others_or_beside_a_java_home(tmp_path, is_root, more) -> None:
    environ = {**debian(tmp_path / "path", "openjdk-17-jre-headless"), **more}
    assert "openjdk-17-jre-headless" in provide_java(environ, is_root=is_root)
    assert not (tmp_path / "path" / "log").exists()


def test_a_failing_apt_get_is_reported(tmp_path) -> None:
    command(tmp_path / "path", "apt-get", "exit 100")
    problem = provide_java(only(tmp_path / "path"), is_root=True)
    assert problem.startswith("apt-get update failed. Spark needs Java 17 or newer")


def run_file(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FILE), *words], env=environ, capture_output=True, text=True
    )


def test_the_file_runs_by_itself_and_fails_in_one_line(tmp_path) -> None:
    done = run_file(only(tmp_path / "path", JAVA_HOME="/no/such"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("Spark needs Java 17")


def test_the_file_is_silent_when_all_is_well(tmp_path) -> None:
    java(tmp_path / "path", "17.0.1")
    done = run_file(only(tmp_path / "path"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_java_is_not_looked_for_when_only_python_is_asked_for(tmp_path) -> None:
    assert run_file(only(tmp_path / "path"), "--python-only").returncode == 0


def test_our_modules_do_not_hide_pythons_when_the_file_is_run(tmp_path) -> None:
    # The package has a types.py; an import of `types` from this folder would break argparse.
    copy = tmp_path / "environment.py"
    copy.write_text(FILE.read_text())
    (tmp_path / "argparse.py").write_text("raise SystemExit('the wrong argparse')")
    java(tmp_path / "path", "17.0.1")
    done = subprocess.run(
        [sys.executable, str(copy)], env=only(tmp_path / "path"), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
