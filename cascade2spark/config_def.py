"""Properties set on one pipe or tap, as ported jobs set them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar

from cascade2spark.errors import BuildError

__all__ = ["ConfigDef"]


class Mode(enum.StrEnum):
    """What becomes of a value that is set already: it stays, goes, or gets the new one appended."""

    DEFAULT = "DEFAULT"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"


class ConfigDef:
    """Properties set on one pipe or tap: DEFAULT if unset, REPLACE, UPDATE appends to a comma list.

    Example:
        >>> config = ConfigDef().set_property("speed", 3).set_property("DEFAULT", "speed", 4)
        >>> config.apply_to({"tags": "a"})
        {'tags': 'a', 'speed': 3}
    """

    Mode: ClassVar[type[Mode]] = Mode

    def __init__(self) -> None:
        self._entries: list[tuple[str, str, Any]] = []

    def set_property(self, mode_or_key: str, key_or_value: Any, value: Any = None) -> ConfigDef:
        """Set ``(key, value)``, or ``(mode, key, value)`` with DEFAULT, REPLACE or UPDATE."""
        if value is None:
            mode_or_key, key_or_value, value = "REPLACE", mode_or_key, key_or_value
        if mode_or_key not in list(Mode):
            raise BuildError(
                "a property's mode is one of three",
                asked=mode_or_key,
                available=[mode.value for mode in Mode],
            )
        self._entries.append((str(mode_or_key), key_or_value, value))
        return self

    def apply_to(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return `properties` with these applied in the order they were set."""
        merged = dict(properties)
        for mode, key, value in self._entries:
            if mode == "UPDATE" and merged.get(key):
                merged[key] = f"{merged[key]},{value}"
            elif mode != "DEFAULT" or merged.get(key) is None:
                merged[key] = value
        return merged

    def is_empty(self) -> bool:
        """Tell whether nothing was set."""
        return not self._entries
