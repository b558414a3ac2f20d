"""The inputs: events with skewed or uniform keys, and lines of words; made once, then reused."""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["prepare"]

_USERS = 200_000
_WORDS = 50_000
_CHUNK = 500_000


def prepare(folder: Path, rows: int, keys: str) -> dict[str, str]:
    """Return the paths of the inputs, making those that are not there.

    Args:
        folder: where they lie.
        rows: number of events; there is a line of three words for each.
        keys: `skewed` gives one user a quarter of the rows, `uniform` all users alike.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events = folder / f"events-{rows}-{keys}.tsv"
    words = folder / f"words-{rows}.txt"
    if not events.exists():
        _write(events, rows, lambda random, size: _events(random, size, keys))
    if not words.exists():
        _write(words, rows, _words)
    return {"events": str(events), "words": str(words)}


def _write(path: Path, rows: int, make: object) -> None:
    random = np.random.default_rng(20)
    aside = path.with_suffix(".tmp")
    with aside.open("w") as file:
        for start in range(0, rows, _CHUNK):
            file.write(make(random, min(_CHUNK, rows - start)))  # type: ignore[operator]
    aside.rename(path)


def _events(random: np.random.Generator, size: int, keys: str) -> str:
    users = random.integers(0, _USERS, size)
    if keys == "skewed":
        users = np.where(random.random(size) < 0.25, 7, users // 2)
    stamps = random.integers(1_600_000_000, 1_700_000_000, size)
    pins = random.integers(0, 1_000_000, size)
    actions = np.array(["view", "click", "save", "share"])[random.integers(0, 4, size)]
    amounts = random.integers(0, 10_000, size)
    return "".join(
        f"u{user}\t{stamp}\tp{pin}\t{action}\t{amount}\n"
        for user, stamp, pin, action, amount in zip(
            users.tolist(),
            stamps.tolist(),
            pins.tolist(),
            actions.tolist(),
            amounts.tolist(),
            strict=True,
        )
    )


def _words(random: np.random.Generator, size: int) -> str:
    numbers = np.minimum(random.zipf(1.3, (size, 3)), _WORDS)
    return "".join(f"w{a} w{b} w{c}\n" for a, b, c in numbers.tolist())
