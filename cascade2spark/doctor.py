"""Is this machine fit to run flows, and how is a path reached: one finding a question.

Nothing here starts Spark; what needs a running context is said to need one.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs

from cascade2spark.context_settings import lacks_of
from cascade2spark.environment import find_java, java_problem, python_problem
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.files import (
    LOCAL,
    is_driver_only,
    list_files,
    local_path,
    path_exists,
    route_of,
)
from cascade2spark.files.records import find_records, read_record

__all__ = ["Finding", "check_context", "check_machine", "check_path", "check_spark_conf"]

# What a job cannot run without, and the first release of it that will do.
_PACKAGES = {
    "pyspark": (4,),
    "pyarrow": (),
    "numpy": (),
    "attrs": (),
    "thriftpy2": (),
    "fsspec": (),
    "regex": (),
}
_LEAST_MEMORY_BYTES = 2 << 30
_LEAST_DISK_BYTES = 1 << 30
_PATIENCE_S = 60
_S3_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
)
_SECRET = ("KEY", "SECRET", "TOKEN", "PASSWORD")
# Older ones cannot be told an endpoint.
_OLDEST_S3FS = (2024, 2)


@attrs.frozen
class Finding:
    """The answer to one question.

    Args:
        name: what was looked at.
        found: what is there.
        fix: what to do when it is a problem; None when all is well.
    """

    name: str
    found: str
    fix: str | None = None

    @property
    def is_ok(self) -> bool:
        """Whether there is nothing to do."""
        return self.fix is None


def check_machine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each thing that running a flow here depends on.

    Args:
        environ: the environment variables to look at.
    """
    yield _python()
    yield _java(environ)
    for package, oldest in _PACKAGES.items():
        yield _package(package, oldest)
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        yield _worker_python(name, environ)
    yield _spark_home(environ)
    yield _memory()
    yield from _folders(environ)


def check_context(context: Any) -> Iterator[Finding]:
    """Yield a finding for each setting that a Spark context should have otherwise.

    Args:
        context: a SparkContext or SparkSession; it need not be one that a flow has run on.
    Example:
        >>> from types import SimpleNamespace
        >>> conf = SimpleNamespace(get=lambda name: None)
        >>> for finding in check_context(SimpleNamespace(getConf=lambda: conf)):
        ...     print(finding.name, "-", finding.fix)
        spark.python.unix.domain.socket.enabled - set it to true
    """
    conf = getattr(context, "sparkContext", context).getConf()
    yield from _lacks(conf.get)


def check_spark_conf(path: str | os.PathLike[str]) -> Iterator[Finding]:
    """Yield the same for the settings of a file like Spark's ``spark-defaults.conf``."""
    properties = _spark_properties(Path(path).read_text("utf-8"))
    yield from _lacks(properties.get)


def _lacks(get: Callable[[str], str | None]) -> Iterator[Finding]:
    found = list(lacks_of(get))
    for lack in found:
        yield Finding(lack.name, f"{lack.found}: {lack.cost}", f"set it to {lack.wanted}")
    if not found:
        yield Finding("Spark context", "has every setting that matters to flows")


def check_path(path: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield how a path is reached, with which settings, and what is there.

    Args:
        path: as a tap would be given it.
        environ: the environment variables to look at.
    """
    route = route_of(path)
    if is_driver_only(path):
        yield Finding(
            "route",
            "fsspec, in the memory of one process",
            "use a path that every worker can see; only LocalFlowConnector reads memory:// paths",
        )
    elif route == "hadoop":
        yield Finding("route", "Hadoop's file system, through the Spark context")
        yield from _hadoop_settings(environ)
    elif route == "fsspec":
        yield Finding("route", "fsspec, read inside the Python task; no sink can be there")
        yield from _s3_settings(environ)
    else:
        yield Finding("route", f"local files, {local_path(path)}")
        if "://" not in path and not path.startswith("file:"):
            yield Finding(
                "default",
                "no scheme: on Spark, a Hfs tap means the context's fs.defaultFS; Lfs is local",
            )
        yield from _local_path(path)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    problem = python_problem()
    return Finding("Python", f"{version} ({sys.executable})", problem and _fix_of(problem))


def _java(environ: Mapping[str, str]) -> Finding:
    java = find_java(environ)
    problem = java_problem(environ)
    return Finding("Java", "none" if java is None else str(java), problem and _fix_of(problem))


def _fix_of(problem: str) -> str:
    return problem.rpartition("Fix: ")[2]


def _package(name: str, oldest: tuple[int, ...]) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # A file on --py-files has no metadata, yet can be imported.
        if importlib.util.find_spec(name) is not None:
            return Finding(name, "there, version unknown")
        return Finding(name, "missing", f"{sys.executable} -m pip install {name}")
    numbers = tuple(int(part) for part in version.split(".")[: len(oldest)] if part.isdigit())
    if numbers < oldest:
        wanted = ".".join(str(part) for part in oldest)
        fix = f'{sys.executable} -m pip install "{name}>={wanted}"'
        return Finding(name, version, fix)
    return Finding(name, version)


def _worker_python(variable: str, environ: Mapping[str, str]) -> Finding:
    """Tell whether the Python that Spark would start for tasks is like this one."""
    named = environ.get(variable)
    if not named:
        return Finding(variable, f"not set; local flows use {sys.executable}")
    here = ".".join(str(part) for part in sys.version_info[:2])
    program = "import sys, cascade2spark, numpy, pyarrow; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [named, "-c", program],
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        return Finding(variable, f"{named} does not start: {failed}", f"unset {variable}")
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it ended without a word"]
        fix = f"{named} -m pip install cascade2spark, or unset {variable}"
        return Finding(variable, f"{named}: {said[-1]}", fix)
    version = done.stdout.strip()
    if version != here:
        fix = f"set {variable}={sys.executable}: driver and workers must be of one version"
        return Finding(variable, f"{named} is Python {version}, this is {here}", fix)
    return Finding(variable, f"{named}, Python {version}")


def _spark_home(environ: Mapping[str, str]) -> Finding:
    home = environ.get("SPARK_HOME")
    if not home:
        return Finding("SPARK_HOME", "not set; the Spark inside pyspark is used")
    if not Path(home, "bin", "spark-submit").is_file():
        return Finding("SPARK_HOME", f"{home} holds no bin/spark-submit", "unset SPARK_HOME")
    return Finding("SPARK_HOME", home)


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _cgroup_limit()
    usable = min(total, limit or total)
    found = f"{_gib(usable)} for {os.cpu_count()} processors"
    if usable < _LEAST_MEMORY_BYTES:
        return Finding(
            "memory", found, f"give the machine or container {_gib(_LEAST_MEMORY_BYTES)}"
        )
    return Finding("memory", found)


def _cgroup_limit() -> int | None:
    """Return what a container may use at most, None without a limit."""
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(file).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text)
    return None


def _folders(environ: Mapping[str, str]) -> Iterator[Finding]:
    wanted: dict[str, Callable[[], str]] = {
        "working folder": os.getcwd,
        "temporary folder": tempfile.gettempdir,
    }
    for name, folder in wanted.items():
        yield _folder(name, folder(), _LEAST_DISK_BYTES if name != "working folder" else 0)
    for folder_name in filter(None, environ.get("SPARK_LOCAL_DIRS", "").split(",")):
        yield _folder("SPARK_LOCAL_DIRS", folder_name, _LEAST_DISK_BYTES)


def _folder(name: str, folder: str, least_bytes: int) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as refused:
        return Finding(
            name, f"{folder} cannot be written: {refused.strerror}", f"make {folder} writable"
        )
    found = f"{folder} can be written, {_gib(free)} free"
    if free < least_bytes:
        fix = f"free {_gib(least_bytes)} there, or set SPARK_LOCAL_DIRS and TMPDIR"
        return Finding(name, found, fix)
    return Finding(name, found)


def _s3_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield each setting that says how S3 is reached, and the place it is from; no secrets."""
    yield _package_for("s3fs", 'pip install "cascade2spark[s3]"', _OLDEST_S3FS)
    context = list(_context_s3_settings(environ))
    yield from context
    given = {name: environ[name] for name in _S3_VARIABLES if environ.get(name)}
    for name, value in given.items():
        yield Finding(name, f"{_shown(name, value)} (environment)")
    if any(finding.is_ok for finding in context):
        found = "the context's fs.s3a.* count first; the environment fills what they leave open"
    elif given:
        found = "the environment, unless the job sets fs.s3a.* on its context, which count first"
    else:
        found = "none in files or the environment; a job may set fs.s3a.* on its context"
    yield Finding("S3 settings", found)


def _context_s3_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the `fs.s3a.*` that a context started here would have: Spark's file, then Hadoop's."""
    home = environ.get("SPARK_HOME")
    folder = environ.get("SPARK_CONF_DIR") or (home and os.path.join(home, "conf"))
    seen: set[str] = set()
    for file, read in (
        (folder and Path(folder, "spark-defaults.conf"), _spark_properties),
        (
            environ.get("HADOOP_CONF_DIR") and Path(environ["HADOOP_CONF_DIR"], "core-site.xml"),
            _hadoop_properties,
        ),
    ):
        if not file or not file.is_file():
            continue
        try:
            properties = read(file.read_text("utf-8"))
        except (OSError, ValueError, ElementTree.ParseError) as failed:
            yield Finding(file.name, f"{file} cannot be read: {failed}", f"correct {file}")
            continue
        for name, value in sorted(properties.items()):
            if name.startswith("fs.s3a.") and name not in seen:
                seen.add(name)
                yield Finding(name, f"{_shown(name, value)} ({file})")


def _spark_properties(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.splitlines()]
    pairs = [re.split(r"\s*[=:\s]\s*", line, maxsplit=1) for line in lines if line[:1] not in "#!"]
    return {pair[0].removeprefix("spark.hadoop."): pair[-1] for pair in pairs if len(pair) == 2}


def _hadoop_properties(text: str) -> dict[str, str]:
    return {
        (entry.findtext("name") or "").strip(): (entry.findtext("value") or "").strip()
        for entry in ElementTree.fromstring(text).iter("property")
    }


def _shown(name: str, value: str) -> str:
    """Return a value as it may be shown: not at all if it is a secret, a URL without its user."""
    if any(word in name.upper() for word in _SECRET):
        return "set"
    return re.sub(r"//[^/@]*@", "//", value)


def _hadoop_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    folder = environ.get("HADOOP_CONF_DIR")
    if not folder:
        yield Finding("HADOOP_CONF_DIR", "not set; the context's spark.hadoop.* settings count")
    elif not Path(folder, "core-site.xml").is_file():
        yield Finding(
            "HADOOP_CONF_DIR",
            f"{folder} holds no core-site.xml",
            "point HADOOP_CONF_DIR at the folder that holds core-site.xml",
        )
    else:
        yield Finding("HADOOP_CONF_DIR", folder)


def _package_for(name: str, fix: str, oldest: tuple[int, ...] = ()) -> Finding:
    found = _package(name, oldest)
    return found if found.is_ok else attrs.evolve(found, fix=fix)


def _local_path(path: str) -> Iterator[Finding]:
    target = Path(local_path(path))
    try:
        if path_exists(path):
            files = list_files(path)
            size = sum(file.size for file in files)
            yield Finding("there", f"{len(files)} file(s), {size:,} bytes")
        else:
            yield Finding("there", "nothing")
    except Cascade2SparkError as refused:
        yield Finding(
            "there", refused.headline, refused.fix or "check the path and its permissions"
        )
    holder = next((parent for parent in target.parents if parent.is_dir()), Path("/"))
    yield _folder("written into", str(holder), 0)
    for file in find_records(LOCAL, str(target)):
        record = read_record(LOCAL, file)
        if record is not None and record.owner.is_alive():
            yield Finding("at work", f"run {record.run} is writing it now")
        else:
            fix = f"cascade2spark doctor --recover {path}"
            yield Finding("unfinished", f"a run that died left {Path(file).name}", fix)


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GiB"
