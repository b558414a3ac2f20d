"""Codecs: values that are stored as bytes, some of which may be broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.operations.current import current_process
from cascade2spark.scalding.base import Source

__all__ = ["JSON_CODEC", "KeyValueCodec", "TolerantDecoder"]


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


@attrs.frozen
class KeyValueCodec:
    """How a value becomes bytes and back.

    Args:
        encode, decode: functions of one object. Default: JSON, of which a tuple is a list.
    """

    encode: Callable[[Any], bytes] = _json_bytes
    decode: Callable[[bytes], Any] = json.loads


JSON_CODEC = KeyValueCodec()


class TolerantDecoder:
    """Makes values of the rows of a source, and leaves out as many broken ones as may be.

    Each is counted, in a group of the source's name. One more fails the job.

    Args:
        source: its `max_failures` are those of each task.
    """

    group = "Decoding Failures"

    def __init__(self, source: Source) -> None:
        self.source = source
        self._process: Any = None
        self._failures = 0

    def __call__(self, row: tuple[Any, ...]) -> list[Any]:
        try:
            return [self.source.to_value(row)]
        except Exception:
            process = current_process()
            if process is not self._process:  # another task
                self._process, self._failures = process, 0
            self._failures += 1
            if self._failures > self.source.max_failures:
                raise
            process.increment(self.group, str(self.source), 1)
            return []

    def __getstate__(self) -> dict[str, Any]:
        return {"source": self.source, "_process": None, "_failures": 0}
