"""What comes of work that may fail, as a value."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import attrs

__all__ = ["Failure", "Success", "Try"]

T = TypeVar("T")


@attrs.frozen
class Success(Generic[T]):
    """What came of work that succeeded."""

    value: T
    is_success = True

    def get(self) -> T:
        """Return the result."""
        return self.value


@attrs.frozen
class Failure:
    """What came of work that failed."""

    error: BaseException
    is_success = False

    def get(self) -> Any:
        """Raise the error."""
        raise self.error


Try = Success[T] | Failure
