"""What a function's instructions tell without calling it: what it reads, and what it hands on."""

from __future__ import annotations

__all__: list[str] = []
