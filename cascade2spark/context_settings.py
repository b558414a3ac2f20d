"""Which settings of a Spark context matter to flows, and what each costs when it is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import attrs

from cascade2spark.errors import FlowError

__all__ = ["UNIX_SOCKETS", "Lack", "bytes_of", "lacks_of"]

UNIX_SOCKETS = "spark.python.unix.domain.socket.enabled"
_MIB = 1 << 20
_SMALL_MEMORY_BYTES = 256 * _MIB

Get = Callable[[str], "str | None"]


@attrs.frozen
class Lack:
    """A setting that a context should have otherwise.

    Args:
        name: the setting.
        found: its value, or that it is not set.
        cost: what that costs.
        wanted: what to set it to.
    """

    name: str
    found: str
    cost: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.name} is {self.found}: {self.cost}; set it to {self.wanted}"


def lacks_of(get: Get) -> Iterator[Lack]:
    """Yield what a context lacks.

    Args:
        get: returns the value of a setting, None when it is not set.
    Raises:
        FlowError: a size among the settings cannot be read.
    """
    if get(UNIX_SOCKETS) != "true":
        cost = "every Python task takes 50 ms over TCP instead of 22, whatever it does"
        yield Lack(UNIX_SOCKETS, get(UNIX_SOCKETS) or "not set", cost, "true")
    if (get("spark.python.worker.reuse") or "true").lower() != "true":
        cost = "every task starts a Python of its own, 0.2 s, and builds the tables of joins anew"
        yield Lack("spark.python.worker.reuse", "false", cost, "true")
    memory = get("spark.python.worker.memory")
    if memory is not None and bytes_of(memory, "m") < _SMALL_MEMORY_BYTES:
        cost = "tasks spill to disk early, which takes two to three times as long as memory"
        yield Lack("spark.python.worker.memory", memory, cost, "512m or more")
    if get("spark.shuffle.compress") == "false" and not _is_local(get):
        cost = "blocks cross the network as they are, two to four times larger"
        yield Lack("spark.shuffle.compress", "false", cost, "true")
    if get("spark.speculation") == "true" and _is_local(get):
        cost = "on one machine a second attempt only takes a core from the others"
        yield Lack("spark.speculation", "true", cost, "false")
    limit = get("spark.driver.maxResultSize")
    if limit is not None and 0 < bytes_of(limit, "b") < _SMALL_MEMORY_BYTES:
        cost = "the held side of a HashJoin that is larger than this stops the flow"
        yield Lack("spark.driver.maxResultSize", limit, cost, "1g")


def bytes_of(text: str, unit: str) -> int:
    """Return the bytes that one of Spark's sizes means, like ``512m``.

    Args:
        unit: what a number without a letter counts, such as "m"; "b" for bytes.
    Raises:
        FlowError: it is no size.
    """
    found = re.fullmatch(r"\s*(\d+)\s*([kmgtp]?)b?\s*", text.lower())
    if found is None:
        raise FlowError(f"a size in Spark's settings cannot be read: {text!r}")
    return int(found[1]) << (10 * "bkmgtp".index(found[2] or unit))


def _is_local(get: Get) -> bool:
    return (get("spark.master") or "").startswith("local")
