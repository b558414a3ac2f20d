"""What scripts call beyond expressions: a text under construction, and a tuple's values."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import OperationError
from cascade2spark.operations.expressions.text_runtime import length, substring
from cascade2spark.types import text_of

__all__ = ["TextBuilder", "set_value", "text_at", "thrown", "value_at"]


class TextBuilder:
    """Java's StringBuilder: appending is cheap, anything else joins the pieces."""

    __slots__ = ("_pieces",)

    def __init__(self, text: str = "") -> None:
        self._pieces = [text]

    def text(self) -> str:
        """Return all of the text."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def append(self, text: str) -> TextBuilder:
        """Add to the end."""
        self._pieces.append(text)
        return self

    def insert(self, offset: int, text: str) -> TextBuilder:
        """Add before the character at `offset`."""
        whole = self.text()
        self._pieces = [substring(whole, 0, offset), text, substring(whole, offset)]
        return self

    def reverse(self) -> TextBuilder:
        """Turn the text round."""
        self._pieces = [self.text()[::-1]]
        return self

    def delete_at(self, offset: int) -> TextBuilder:
        """Remove one character."""
        whole = self.text()
        self._pieces = [substring(whole, 0, offset), substring(whole, offset + 1)]
        return self

    def set_length(self, size: int) -> None:
        """Cut the text, or fill it up with NUL."""
        whole = self.text()
        more = size - length(whole)
        self._pieces = [whole + "\0" * more if more > 0 else substring(whole, 0, size)]


def _checked(values: list[Any], position: int) -> int:
    if not 0 <= position < len(values):
        raise OperationError(f"there is no value at {position} of a tuple of {len(values)}")
    return position


def value_at(values: list[Any], position: int) -> Any:
    return values[_checked(values, position)]


def text_at(values: list[Any], position: int) -> str | None:
    return text_of(value_at(values, position))


def set_value(values: list[Any], position: int, value: Any) -> None:
    values[_checked(values, position)] = value


def thrown(name: str, message: str | None) -> OperationError:
    """Return the error for ``throw new name(message)``."""
    return OperationError(name if message is None else f"{name}: {message}")
