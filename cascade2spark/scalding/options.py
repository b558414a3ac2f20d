"""What the command line of a job says besides its arguments: where it runs, and properties."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from cascade2spark.counters import CounterName
from cascade2spark.scalding.args import Args, ArgsError
from cascade2spark.scalding.base import Mode

__all__ = ["Options", "counters_text", "split_options", "write_counters"]

_LOCAL = ("local",)
# Scalding's modes on a cluster; here all of them are Spark.
_SPARK = ("spark", "hdfs", "hadoop1", "hadoop2-mr1", "hadoop2-tez")


@attrs.frozen
class Options:
    """A command line taken apart.

    Attributes:
        args: the job's arguments, the mode's flags among them.
        properties: those given as ``-Dkey=value``.
    """

    args: Args
    properties: dict[str, Any]

    def mode(self, spark: Any = None) -> Mode:
        """Return the mode that the flags name.

        Raises:
            ArgsError: none, or two that exclude each other.
        """
        is_local = any(self.args.boolean(flag) for flag in _LOCAL)
        is_spark = any(self.args.boolean(flag) for flag in _SPARK)
        if is_local == is_spark:
            raise ArgsError(
                "please say where the job runs" if not is_local else "a job has one mode",
                available=[f"--{flag}" for flag in (*_LOCAL, *_SPARK)],
            )
        is_strict = not self.args.boolean("tool.partialok")
        if is_local:
            return Mode.local(self.properties, is_strict)
        return Mode.spark(spark, self.properties, is_strict)


def split_options(words: Iterable[str]) -> Options:
    """Take ``-Dkey=value`` out of a command line.

    Example:
        >>> found = split_options(["-Dcascade2spark.partitions=4", "--local", "--input", "a"])
        >>> found.args, found.properties
        (Args.parse('--local --input a'), {'cascade2spark.partitions': '4'})
    """
    properties: dict[str, Any] = {}
    rest: list[str] = []
    for word in words:
        key, sign, value = word.removeprefix("-D").partition("=")
        if word.startswith("-D") and sign and key:
            properties[key] = value
        else:
            rest.append(word)
    return Options(Args.parse(rest), properties)


def counters_text(counters: Mapping[CounterName, int]) -> str:
    """Return counters as lines ``group  name  value``."""
    return "\n".join(f"{group}\t{name}\t{counters[group, name]}" for group, name in counters)


def write_counters(path: str, counters: Mapping[CounterName, int]) -> None:
    """Write counters as JSON, by group and name."""
    groups: dict[str, dict[str, int]] = {}
    for group, name in counters:
        groups.setdefault(group, {})[name] = counters[group, name]
    Path(path).write_text(json.dumps({"counters": groups}, indent=2) + "\n", "utf-8")
