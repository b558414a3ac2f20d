"""What pip cannot bring: a new enough Python with venv, and Java.

Standard library only, and imports nothing of this package: the Makefile runs this file with a bare
``python3`` before anything is installed. Annotations are quoted, and there is no ``__future__``
import, so that even a Python too old for this library can read the file and say so.
"""

import os
import sys

if __name__ == "__main__" and sys.path[:1] == [os.path.dirname(os.path.abspath(__file__))]:
    # Run as a file, this folder is searched first, and our types.py would hide Python's.
    del sys.path[0]

import argparse
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

__all__ = [
    "OLDEST_JAVA",
    "OLDEST_PYTHON",
    "Java",
    "find_java",
    "install_command",
    "java_problem",
    "java_version_of",
    "main",
    "provide_java",
    "python_problem",
]

OLDEST_PYTHON = (3, 11)
OLDEST_JAVA = 17

# The first of these that the machine's package lists know is installed.
_DEBIAN_PACKAGES = ("openjdk-21-jre-headless", "openjdk-17-jre-headless")

# Package manager -> what installs a Java that is new enough; asked in this order.
_INSTALLERS = {
    "apt-get": "apt-get update && {sudo}apt-get install -y --no-install-recommends {debian}",
    "dnf": "dnf install -y java-21-openjdk-headless",
    "yum": "yum install -y java-17-openjdk-headless",
    "zypper": "zypper install -y java-21-openjdk-headless",
    "apk": "apk add openjdk17-jre-headless",
    "pacman": "pacman -S --noconfirm jre21-openjdk-headless",
    "brew": "brew install --cask temurin@17",
}


class Java:
    """One Java found: the path of its command, where it came from, and its version if it runs."""

    def __init__(self, path: str, source: str, version: "int | None") -> None:
        self.path = path
        self.source = source
        self.version = version

    @property
    def is_new_enough(self) -> bool:
        """Whether Spark 4 runs on it."""
        return self.version is not None and self.version >= OLDEST_JAVA

    def __str__(self) -> str:
        shown = "a Java that does not run" if self.version is None else f"Java {self.version}"
        return f"{shown} ({self.source}: {self.path})"


def java_version_of(text: str) -> "int | None":
    """Return the feature version in the output of ``java -version``: 8 for "1.8.0_392".

    Returns None when the text shows no version, as when there is only macOS's placeholder command.
    """
    # Lines before it may hold "Picked up JAVA_TOOL_OPTIONS: ..." with numbers of their own.
    found = re.search(r'^\S+ version "(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(found.group(1)) if found else None


def find_java(environ: "Mapping[str, str]") -> "Java | None":
    """Return the Java that Spark would start: JAVA_HOME's, whatever it is, else the one on PATH."""
    home = environ.get("JAVA_HOME")
    if home:
        path = os.path.join(home, "bin", "java")
        return Java(path, "JAVA_HOME", _run_version(path, environ))
    return _java_on_path(environ)


def java_problem(environ: "Mapping[str, str]", is_root: "bool | None" = None) -> "str | None":
    """Return one line saying what is wrong with this machine's Java and what to do, or None."""
    java = find_java(environ)
    if java is not None and java.is_new_enough:
        return None
    found = "none was found" if java is None else f"found {java}"
    if java is not None and java.source == "JAVA_HOME":
        other = _java_on_path(environ)
        if other is not None and other.is_new_enough:
            advice = f"unset JAVA_HOME to use {other}"
        else:
            advice = f"point JAVA_HOME at a newer one; {install_command(environ, is_root)}"
    else:
        advice = install_command(environ, is_root)
    return f"Spark needs Java {OLDEST_JAVA} or newer; {found}. Fix: {advice}"


def install_command(environ: "Mapping[str, str]", is_root: "bool | None" = None) -> str:
    """Return the command that installs a Java that is new enough on this kind of system."""
    sudo = "" if _is_root(is_root) else "sudo "
    for manager, command in _INSTALLERS.items():
        if _which(manager, environ):
            # Homebrew refuses to run as root.
            prefix = "" if manager == "brew" else sudo
            debian = _debian_package(environ) or _DEBIAN_PACKAGES[-1]
            return prefix + command.format(sudo=sudo, debian=debian)
    return "install one, for example from https://adoptium.net, and set JAVA_HOME"


def provide_java(environ: "Mapping[str, str]", is_root: "bool | None" = None) -> "str | None":
    """Install Java where we may, as root with apt-get; return what is still wrong, or None.

    A JAVA_HOME that points at an old Java is the user's own choice and would hide a new one, so
    nothing is installed beside it.
    """
    problem = java_problem(environ, is_root)
    may_install = _is_root(is_root) and _which("apt-get", environ) and not environ.get("JAVA_HOME")
    if problem is None or not may_install:
        return problem
    print(f"Spark needs Java {OLDEST_JAVA} or newer: installing it with apt-get.", flush=True)
    if not _apt_get(["update", "-q"], environ):
        return f"apt-get update failed. {problem}"
    package = _debian_package(environ)
    if package is None:
        return f"apt-get knows none of {', '.join(_DEBIAN_PACKAGES)}. {problem}"
    if not _apt_get(["install", "-y", "-q", "--no-install-recommends", package], environ):
        return f"apt-get install {package} failed. {problem}"
    return java_problem(environ, is_root)


def python_problem() -> "str | None":
    """Return one line saying what this Python lacks to make a virtual environment, or None."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed = ".".join(str(part) for part in OLDEST_PYTHON)
        return (
            f"cascade2spark needs Python {needed} or newer; {sys.executable} is {version}. "
            f"Fix: install one and add PYTHON=/path/to/python{needed} to the make command"
        )
    try:
        # Debian ships venv without ensurepip, which fails only half way through.
        import ensurepip
        import venv
    except ImportError as missing:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        sudo = "" if _is_root(None) else "sudo "
        fix = (
            f"{sudo}apt-get install -y {package}"
            if shutil.which("apt-get")
            else "install the venv and ensurepip modules of this Python"
        )
        return f"Python {version} has no {missing.name} module. Fix: {fix}"
    del ensurepip, venv
    return None


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Check this machine, install Java where that is possible; one line and 1 when it is not."""
    parser = argparse.ArgumentParser(description="Check the Python and Java of this machine.")
    parser.add_argument("--python-only", action="store_true", help="do not look for Java")
    options = parser.parse_args(arguments)
    problem = python_problem()
    if problem is None and not options.python_only:
        problem = provide_java(os.environ)
    if problem is not None:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _java_on_path(environ: "Mapping[str, str]") -> "Java | None":
    path = _which("java", environ)
    return Java(path, "PATH", _run_version(path, environ)) if path else None


def _run_version(path: str, environ: "Mapping[str, str]") -> "int | None":
    try:
        done = subprocess.run(
            [path, "-version"], env=dict(environ), capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return java_version_of((done.stderr + done.stdout).decode("utf-8", "replace"))


def _debian_package(environ: "Mapping[str, str]") -> "str | None":
    tool = _which("apt-cache", environ)
    if tool is None:
        return None
    for package in _DEBIAN_PACKAGES:
        shown = subprocess.run(
            [tool, "show", package], env=dict(environ), capture_output=True, check=False
        )
        if shown.returncode == 0 and shown.stdout:
            return package
    return None


def _apt_get(words: "Sequence[str]", environ: "Mapping[str, str]") -> bool:
    tool = _which("apt-get", environ)
    assert tool is not None
    quiet = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt-get talks a lot on stdout, which belongs to the command that was asked for: to stderr.
    return subprocess.run([tool, *words], env=quiet, stdout=2, check=False).returncode == 0


def _which(name: str, environ: "Mapping[str, str]") -> "str | None":
    return shutil.which(name, path=environ.get("PATH", os.defpath))


def _is_root(asked: "bool | None") -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 if asked is None else asked


if __name__ == "__main__":
    sys.exit(main())
