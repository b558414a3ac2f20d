"""Which connector a command runs on, and how the Spark below it is started."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, MutableMapping
from importlib import resources
from pathlib import Path
from typing import Any

import click

from cascade2spark.connectors import LocalFlowConnector, SparkFlowConnector

__all__ = ["choose_connector", "properties_of", "submit_arguments"]

_SUBMIT = "PYSPARK_SUBMIT_ARGS"
# Set by spark-submit, which has started the JVM already.
_GATEWAY = "PYSPARK_GATEWAY_PORT"


def choose_connector(
    local: bool, master: str | None, settings: Iterable[str], quiet: bool = False
) -> Any:
    """Return the connector that the options of a command ask for.

    Args:
        local: run on the local engine, without Spark.
        master: Spark's master, None for what Spark's own configuration says, else ``local[*]``.
        settings: ``key=value`` texts; those of ``spark.*`` go to Spark.
        quiet: whether progress is left out.
    Raises:
        click.UsageError: options that exclude each other, or a setting that is none.
    """
    properties = properties_of(settings)
    if quiet:
        properties.setdefault("cascade2spark.progress", "off")
    if local:
        if master is not None:
            raise click.UsageError("--local runs without Spark, so it cannot have a --master.")
        return LocalFlowConnector(properties)
    if _GATEWAY in os.environ and master is not None:
        raise click.UsageError("under spark-submit, give --master to spark-submit.")
    configure_spark(master, properties, os.environ)
    return SparkFlowConnector(properties=properties)


def properties_of(settings: Iterable[str]) -> dict[str, str]:
    """Return ``key=value`` texts as a mapping; a later one wins.

    Example:
        >>> properties_of(["cascade2spark.partitions=4"])
        {'cascade2spark.partitions': '4'}
    """
    properties = {}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key.strip():
            raise click.UsageError(f"--set takes KEY=VALUE, not {setting!r}.")
        properties[key.strip()] = value
    return properties


def configure_spark(
    master: str | None, properties: Mapping[str, str], environ: MutableMapping[str, str]
) -> None:
    """Hand master and ``spark.*`` settings to the JVM that PySpark will start."""
    if _GATEWAY not in environ:
        environ[_SUBMIT] = submit_arguments(master, properties, environ)


def submit_arguments(
    master: str | None, properties: Mapping[str, str], environ: Mapping[str, str]
) -> str:
    """Return the value of PYSPARK_SUBMIT_ARGS: what it was, with our settings added.

    Spark's log is cut down to errors, unless a configuration folder says how it should be.
    """
    given = shlex.split(environ.get(_SUBMIT, ""))
    if given and given[-1] == "pyspark-shell":
        given.pop()
    words = [*given, *(["--master", master] if master else [])]
    for key, value in properties.items():
        if key.startswith("spark."):
            words += ["--conf", f"{key}={value}"]
    log_settings = resources.files("cascade2spark.cli") / "data" / "log4j2.properties"
    is_configured = "SPARK_CONF_DIR" in environ or "SPARK_HOME" in environ
    is_file = isinstance(log_settings, Path) and log_settings.is_file()  # not inside a zip
    if is_file and not is_configured and "--driver-java-options" not in given:
        words += ["--driver-java-options", f"-Dlog4j2.configurationFile=file:{log_settings}"]
    return shlex.join([*words, "pyspark-shell"])
