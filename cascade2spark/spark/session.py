"""Which Spark context a flow runs on, and whether its workers are like the driver.

A context that was given is used and never stopped. Without one, the active context is used, and
without that a `local[*]` context is started with the settings that make Python tasks cheap.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import sys
from typing import Any

import attrs
import pyarrow
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException

from cascade2spark.context_settings import UNIX_SOCKETS, bytes_of
from cascade2spark.environment import java_problem
from cascade2spark.errors import FlowError, Unsupported
from cascade2spark.files.s3 import (
    S3Access,
    S3Settings,
    environment_access,
    s3_settings,
    use_s3,
)
from cascade2spark.version import VERSION

__all__ = [
    "Versions",
    "acquire_context",
    "active_s3_access",
    "check_running",
    "check_versions",
    "cores_of",
    "driver_versions",
    "is_ended",
    "s3_access_of",
    "worker_memory",
]

_LEAST_MEMORY = 16 << 20


def acquire_context(given: Any = None) -> SparkContext:
    """Return the SparkContext to run on.

    Args:
        given: a SparkContext, a SparkSession, or None for the active or a new local one.
    Raises:
        Unsupported: a Spark Connect session, which has no RDDs, or something else altogether.
        FlowError: there is no Java, or it is too old; the context was stopped; its master cannot be
            reached.
    """
    if given is None:
        return SparkContext._active_spark_context or _start_local()
    if type(given).__module__.startswith("pyspark.sql.connect"):
        raise Unsupported(
            "a Spark Connect session cannot run RDDs, and flows are RDD transformations",
            asked=type(given).__module__,
            fix="give a classic session: SparkSession.builder.master(...).getOrCreate()",
        )
    context = given if isinstance(given, SparkContext) else getattr(given, "sparkContext", None)
    if not isinstance(context, SparkContext):
        raise Unsupported(
            "SparkFlowConnector takes a SparkContext or a SparkSession",
            asked=repr(given),
        )
    check_running(context)
    return context


def check_running(context: SparkContext) -> None:
    """Raise FlowError if a context was stopped."""
    if context._jsc is None:
        raise FlowError(
            "the Spark context was stopped",
            fix="make a new one, and give it to a new SparkFlowConnector",
        )


@attrs.frozen
class Versions:
    """What must agree between the driver and every worker."""

    python: str
    cascade2spark: str
    pyarrow: str


def driver_versions() -> Versions:
    """Return the versions of this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(python, VERSION, pyarrow.__version__.split(".")[0])


def check_versions(wanted: Versions) -> None:
    """Compare this worker with the driver.

    Raises:
        FlowError: a version differs; the message names each.
    """
    here = driver_versions()
    if here == wanted:
        # Every core has a task of its own: Arrow's threads would only be in each other's way.
        pyarrow.set_cpu_count(1)
        pyarrow.set_io_thread_count(1)
        return
    names = [field.name for field in attrs.fields(Versions)]
    differing = {
        name: f"driver {getattr(wanted, name)}, worker {getattr(here, name)}"
        for name in names
        if getattr(wanted, name) != getattr(here, name)
    }
    raise FlowError(
        "the workers do not run what the driver runs",
        details={**differing, "worker": f"{sys.executable} on {platform.node()}"},
        fix="set PYSPARK_PYTHON to the same environment on every machine",
    )


def cores_of(context: SparkContext) -> int:
    """Return how many tasks the executors run at once.

    Spark calls this its default parallelism, unless `spark.default.parallelism` says another
    number: that is one of partitions, and splits by it would be far too small.
    """
    conf = context._conf
    if conf.get("spark.default.parallelism") is None:
        return max(context.defaultParallelism, 1)
    scala: Any = context._jsc.sc()
    with contextlib.suppress(Py4JError):  # not part of Spark's public API
        profile = scala.resourceProfileManager().defaultResourceProfile()
        found = int(scala.maxNumConcurrentTasks(profile))
        if found:
            return found
    # No executor has registered yet.
    each = int(conf.get("spark.executor.cores") or 1)
    return max(int(conf.get("spark.executor.instances") or 2) * each, 1)


def worker_memory(context: SparkContext) -> int:
    """Return the bytes of data that Spark's settings grant one Python task.

    `spark.executor.pyspark.memory` is for all tasks of an executor together, and a hard limit: half
    of a task's share is left to Python itself. `spark.python.worker.memory` is where PySpark's own
    aggregations begin to spill.
    """
    conf = context._conf  # getConf() copies it by hundreds of calls, 11 ms
    limit = conf.get("spark.executor.pyspark.memory")
    if limit is not None:
        cores = int(conf.get("spark.executor.cores") or cores_of(context))
        return max(bytes_of(limit, "m") // max(cores, 1) // 2, _LEAST_MEMORY)
    return max(bytes_of(str(conf.get("spark.python.worker.memory") or "512m"), "m"), _LEAST_MEMORY)


def s3_access_of(context: SparkContext) -> S3Access:
    """Return how S3 is reached: by the context's `fs.s3a.*`, then by this process's environment."""
    configuration = context._jsc.hadoopConfiguration()
    # One call for all keys of the kind `<bucket>.<name>`, where buckets may have dots.
    own = dict(configuration.getPropsWithPrefix(f"{_S3A}bucket."))
    names = (*_S3A_NAMES, *_S3A_SECRETS)
    buckets = {key.removesuffix(f".{n}") for key in own for n in names if key.endswith(f".{n}")}

    def value(name: str) -> str | None:
        if name not in _S3A_SECRETS:
            found = configuration.get(_S3A + name)
        else:  # looks into Hadoop's credential stores too
            characters = configuration.getPassword(_S3A + name)
            found = None if characters is None else "".join(characters)
        return None if found is None else str(found)

    def settings_of(bucket: str) -> S3Settings:
        prefix = f"bucket.{bucket}."
        return s3_settings(lambda name: value(prefix + name) or shared(name), os.environ)

    shared = functools.cache(value)
    own_settings = {bucket: settings_of(bucket) for bucket in sorted(buckets)}
    return S3Access(s3_settings(shared, os.environ), own_settings)


def active_s3_access() -> S3Access:
    """Return how S3 is reached by the active context, or without one by the environment."""
    context = SparkContext._active_spark_context
    return environment_access() if context is None else s3_access_of(context)


# The driver's side; a task says what it was handed before it opens anything.
use_s3(active_s3_access)


def _start_local() -> SparkContext:
    problem = java_problem(os.environ)
    if problem:
        raise FlowError(problem)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    # Before the JVM is there a SparkConf is empty: it does not know what spark-submit was told.
    SparkContext._ensure_initialized()
    conf = SparkConf()
    conf.setIfMissing("spark.master", "local[*]")
    if conf.get("spark.app.name", "pyspark-shell") == "pyspark-shell":
        # PySpark's own choices for a plain Python process, which nobody asked for.
        conf.setAppName("cascade2spark").set("spark.ui.showConsoleProgress", "false")
    defaults = dict(_DEFAULTS)
    if str(conf.get("spark.master")).startswith("local"):
        defaults.update(_LOCAL_DEFAULTS)
    for key, value in defaults.items():
        conf.setIfMissing(key, value)
    master = str(conf.get("spark.master"))
    try:
        context = SparkContext(conf=conf)
        context.setLogLevel("ERROR")
    except (Py4JError, PySparkException) as failed:
        raise _unreachable(master, str(getattr(failed, "java_exception", failed))) from failed
    return context


def is_ended(context: SparkContext) -> bool:
    """Tell whether a context was stopped, or ended by itself for want of a master."""
    try:
        return context._jsc is None or bool(context._jsc.sc().isStopped())
    except Py4JError:
        return True


def _unreachable(master: str, reason: str) -> FlowError:
    first = reason.strip().split("\n")[0]
    return FlowError(f"Spark cannot be started on master {master}", details={"because": first})


_S3A = "fs.s3a."
_S3A_NAMES = (
    "aws.credentials.provider",
    "connection.ssl.enabled",
    "endpoint",
    "endpoint.region",
    "path.style.access",
)
_S3A_SECRETS = ("access.key", "secret.key", "session.token")

_DEFAULTS = {
    # Python tasks talk to the JVM over Unix sockets: 22 ms a task instead of 50.
    UNIX_SOCKETS: "true",
}

# Only where every executor is on this machine.
_LOCAL_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
