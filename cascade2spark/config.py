"""Every knob with its type, unit and default; nobody else reads raw properties.

Flows and connectors take properties as ported jobs give them: a mapping of dotted names to text or
values. `Settings.from_properties` turns it into checked values once. Keys of ours that do not exist
are errors; Cascading's names are mapped where we have the same thing and set aside, with a reason,
where we do not; every other key (Hadoop's, Spark's, the user's own) is none of our business.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from cascade2spark.cascading_properties import IGNORED, REFUSED
from cascade2spark.errors import BuildError, Unsupported

__all__ = ["KNOBS", "Knob", "Settings"]

_PREFIX = "cascade2spark."
_CASCADING = "cascading."


@attrs.frozen
class Knob:
    """One setting.

    Args:
        name: the property, starting with ``cascade2spark.``.
        kind: "count" (a whole number from 1 up), "bytes" (such, or text like ``32m``), "flag",
            "choice" (one of `choices`, in any case), "names" (comma list) or "text".
        default: the value when nothing is set; None where the meaning says what happens then.
        unit: what the value counts, empty when it counts nothing.
        meaning: one sentence.
        aliases: Cascading's and Scalding's names for the same thing; an earlier one wins.
        choices: the accepted words of a "choice".
    """

    name: str
    kind: str
    default: Any
    unit: str
    meaning: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def attribute(self) -> str:
        """The name of its value in `Settings`."""
        return self.name.removeprefix(_PREFIX).replace(".", "_")


_KIB, _MIB = 1 << 10, 1 << 20

KNOBS: tuple[Knob, ...] = (
    Knob(
        "cascade2spark.partitions",
        "count",
        None,
        "partitions",
        "Partitions of every exchange that names no number; unset means by the size of the input.",
        (
            "cascading.flow.runtime.gather.partitions.num",
            "mapreduce.job.reduces",
            "mapred.reduce.tasks",
        ),
    ),
    Knob(
        "cascade2spark.split.bytes",
        "bytes",
        32 * _MIB,
        "bytes",
        "Most input that one task reads, where the file format can be split.",
    ),
    Knob(
        "cascade2spark.block.bytes",
        "bytes",
        256 * _KIB,
        "bytes",
        "Target size of one serialised batch in an exchange; less when there are many partitions.",
    ),
    Knob(
        "cascade2spark.rows.batch",
        "count",
        1500,
        "rows",
        "Rows handed from one operation to the next at a time.",
    ),
    Knob(
        "cascade2spark.form",
        "choice",
        "auto",
        "",
        "Form of batches inside tasks; anything but auto is for tests and for finding faults.",
        choices=("auto", "rows", "columns"),
    ),
    Knob(
        "cascade2spark.rules.off",
        "names",
        (),
        "",
        "Rewrites, by the names that explain() shows, that the planner must leave out.",
    ),
    Knob(
        "cascade2spark.aggregate.capacity",
        "count",
        100_000,
        "keys",
        "Most keys held by one partial aggregation before an exchange.",
        ("cascading.aggregateby.cache.capacity", "cascading.aggregateby.threshold"),
    ),
    Knob(
        "cascade2spark.broadcast.max.bytes",
        "bytes",
        256 * _MIB,
        "bytes",
        "Most serialised data on the broadcast side of a HashJoin; beyond it the flow stops.",
    ),
    Knob(
        "cascade2spark.memory.bytes",
        "bytes",
        None,
        "bytes",
        "Most data that one task holds before it spills; unset means what Spark grants it.",
    ),
    Knob(
        "cascade2spark.progress",
        "choice",
        "auto",
        "",
        "Progress on stderr; auto shows it only on a terminal.",
        choices=("auto", "on", "off"),
    ),
    Knob(
        "cascade2spark.output.compression",
        "choice",
        "none",
        "",
        "Compression of part files whose scheme names none.",
        choices=("none", "gzip", "bz2", "xz", "zstd", "deflate"),
    ),
    Knob(
        "cascade2spark.checkpoint.path",
        "text",
        None,
        "",
        "Folder for the checkpoints of flows with a run id; unset means beside their first sink.",
    ),
    Knob(
        "cascade2spark.trap.element.trace",
        "flag",
        False,
        "",
        "Whether a trapped row starts with the place where its operation was built.",
        ("cascading.trap.elementtrace.record",),
    ),
    Knob(
        "cascade2spark.trap.throwable.message",
        "flag",
        False,
        "",
        "Whether a trapped row carries the message of the error.",
        ("cascading.trap.throwable.message.record",),
    ),
    Knob(
        "cascade2spark.trap.throwable.stacktrace",
        "flag",
        False,
        "",
        "Whether a trapped row carries the traceback of the error.",
        ("cascading.trap.throwable.stacktrace.record",),
    ),
    Knob(
        "cascade2spark.trap.stacktrace.log",
        "flag",
        True,
        "",
        "Whether the traceback of a trapped error is logged.",
        ("cascading.trap.throwable.stacktrace.log",),
    ),
    Knob(
        "cascade2spark.trap.stacktrace.trim",
        "flag",
        True,
        "",
        "Whether white space is cut from the lines of a recorded traceback.",
        ("cascading.trap.throwable.stacktrace.line.trim",),
    ),
    Knob(
        "cascade2spark.trap.stacktrace.delimiter",
        "text",
        "|",
        "",
        "What joins the lines of a recorded traceback.",
        ("cascading.trap.throwable.stacktrace.line.delimiter",),
    ),
    Knob(
        "cascade2spark.assertion.level",
        "choice",
        "strict",
        "",
        "Strictest assertions that stay in the plan.",
        ("cascading.flowconnector.assertionlevel",),
        ("none", "valid", "strict"),
    ),
    Knob(
        "cascade2spark.debug.level",
        "choice",
        "default",
        "",
        "Most talkative Debug operations that stay in the plan.",
        ("cascading.flowconnector.debuglevel",),
        ("none", "default", "verbose"),
    ),
)


@attrs.frozen(kw_only=True)
class Settings:
    """The checked value of every knob, under the knob's name with underscores.

    `ignored` says which Cascading properties were given but set nothing, each with the reason, so
    that a flow can warn once.
    """

    partitions: int | None
    split_bytes: int
    block_bytes: int
    rows_batch: int
    form: str
    rules_off: tuple[str, ...]
    aggregate_capacity: int
    broadcast_max_bytes: int
    memory_bytes: int | None
    progress: str
    output_compression: str
    checkpoint_path: str | None
    trap_element_trace: bool
    trap_throwable_message: bool
    trap_throwable_stacktrace: bool
    trap_stacktrace_log: bool
    trap_stacktrace_trim: bool
    trap_stacktrace_delimiter: str
    assertion_level: str
    debug_level: str
    ignored: Mapping[str, str]

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any] | None = None) -> Settings:
        """Return the settings that `properties` ask for; a value of None means not set.

        Raises:
            BuildError: a ``cascade2spark.`` key does not exist, or a value is not of its kind.
            Unsupported: a Cascading property would change rows and cannot be honoured.
        """
        given = {
            key: value
            for key, value in (properties or {}).items()
            if value is not None and isinstance(key, str)
        }
        _check_keys(given)
        ignored = {
            key: IGNORED.get(key, "no property of this name is known")
            for key in given
            if key.startswith(_CASCADING) and key not in _ALIASES
        }
        values: dict[str, Any] = {}
        for knob in KNOBS:
            keys = [key for key in (knob.name, *knob.aliases) if key in given]
            values[knob.attribute] = knob.default
            if keys:
                values[knob.attribute] = _READERS[knob.kind](knob, keys[0], given[keys[0]])
                ignored.update(dict.fromkeys(keys[1:], f"{keys[0]} decides"))
        return cls(**values, ignored=ignored)


_NAMES = frozenset(knob.name for knob in KNOBS)
_ALIASES = frozenset(alias for knob in KNOBS for alias in knob.aliases)


def _check_keys(given: Collection[str]) -> None:
    for key in given:
        if key.startswith(_PREFIX) and key not in _NAMES:
            raise BuildError(f"there is no property {key!r}", asked=key, available=sorted(_NAMES))
        if key in REFUSED:
            raise Unsupported(f"the property {key!r} is not supported", fix=REFUSED[key])


def _wrong(knob: Knob, key: str, value: object, expected: str) -> BuildError:
    return BuildError(
        f"the property {key!r} must be {expected}",
        asked=value,
        available=knob.choices or None,
        details={"meaning": knob.meaning},
    )


def _read_count(knob: Knob, key: str, value: object) -> int:
    text = str(value).strip()
    # True would pass as the number 1, and 1.5 as nothing we could guess.
    if isinstance(value, bool) or not re.fullmatch(r"[0-9][0-9_]*", text) or int(text) < 1:
        raise _wrong(knob, key, value, f"a whole number of {knob.unit}, 1 or more")
    return int(text)


_SIZE = re.compile(r"([0-9][0-9_]*)\s*(?:([kmgt])(?:i?b)?|b)?", re.IGNORECASE)


def _read_bytes(knob: Knob, key: str, value: object) -> int:
    found = _SIZE.fullmatch(str(value).strip())
    unit = (found[2] or "").lower() if found else ""
    # The same reading as Spark's: k is 1024.
    size = int(found[1]) << (10 * " kmgt".index(unit or " ")) if found else 0
    if isinstance(value, bool) or size < 1:
        raise _wrong(knob, key, value, "a number of bytes, 1 or more, such as 1048576 or '32m'")
    return size


_FLAGS = {"true": True, "false": False}


def _read_flag(knob: Knob, key: str, value: object) -> bool:
    found = _FLAGS.get(str(value).strip().lower())
    if found is None:
        raise _wrong(knob, key, value, "true or false")
    return found


def _read_choice(knob: Knob, key: str, value: object) -> str:
    # Ported jobs give the level itself: AssertionLevel.STRICT.
    text = str(value.name if isinstance(value, enum.Enum) else value).strip().lower()
    if text not in knob.choices:
        raise _wrong(knob, key, value, f"one of {', '.join(knob.choices)}")
    return text


def _read_names(knob: Knob, key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(name for part in value.split(",") if (name := part.strip()))
    if isinstance(value, Collection) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise _wrong(knob, key, value, "names joined by commas")


def _read_text(knob: Knob, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(knob, key, value, "text")
    return value


_READERS: Mapping[str, Callable[[Knob, str, Any], Any]] = {
    "count": _read_count,
    "bytes": _read_bytes,
    "flag": _read_flag,
    "choice": _read_choice,
    "names": _read_names,
    "text": _read_text,
}
