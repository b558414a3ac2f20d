# Makes the inputs of the example: a shop's events and profiles of its users, as plain dicts by the
# field names of events.thrift. Each visit has five events; one user of ten has no profile.

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["IDL", "VISIT", "events", "profiles", "user_count"]

IDL = str(Path(__file__).with_name("events.thrift"))
VISIT = 5
_START_MS = 1_767_000_000_000
_WEEK_MS = 7 * 86_400_000
_CITIES = [("Bonn", "DE"), ("Oslo", "NO"), ("Whitby", "GB"), ("Lyon", "FR"), ("Turin", "IT")]
_KINDS = [1, 1, 1, 2, 2, 3, 4]
_PLANS = ["free", "plus", "pro"]


def user_count(count: int) -> int:
    """Return how many users so many events have."""
    return max(count // 15, 1)


def events(start: int, stop: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield some of `count` events, by number; `start` is where a visit begins."""
    users = user_count(count)
    for visit in range(start // VISIT, -(-stop // VISIT)):
        rng = random.Random(visit)
        user = rng.randrange(users)
        ms = _START_MS + rng.randrange(_WEEK_MS)
        token = rng.randbytes(12)
        for number in range(visit * VISIT, min((visit + 1) * VISIT, stop)):
            ms += rng.randrange(90_000)
            yield _event(number, user, ms, token, rng)


def _event(number: int, user: int, ms: int, token: bytes, rng: random.Random) -> dict[str, Any]:
    city, country = _CITIES[user % len(_CITIES)]
    sku, kind = rng.randrange(10_000), rng.choice(_KINDS)
    items = [
        {"sku": sku + at, "cents": 199 + sku % 50 * 100, "count": 1 + at}
        for at in range(1 + number % 2)
    ]
    event: dict[str, Any] = {
        "id": number,
        "ms": ms,
        "user": f"user{user}",
        "kind": kind,
        "url": f"/shop/{sku}",
        "status": 404 if sku % 97 == 0 else 200,
        "mobile": number % 3 == 0,
        "score": sku / 8,
        "cents": sum(item["cents"] * item["count"] for item in items) if kind == 4 else 0,
        "hour": ms // 3_600_000 % 24,
        "flag": number % 100 - 50,
        "token": token,
        "items": items,
        "params": {"ref": "mail" if sku % 2 else "search", "page": str(sku % 7)},
        "place": {"city": city, "country": country},
        "tags": ["new", "sale"][: sku % 3],
        "tests": {sku % 5},
    }
    if number % 4 == 0:
        event["referrer"] = f"https://search.example/?q={sku}"
    if number % 50 == 0:
        event |= {"note": "größer", "retries": 0}
    if kind == 4:
        event["shipped_to"] = {"city": city, "country": country, "street": f"Main Street {sku}"}
    return event


def profiles(count: int) -> Iterator[dict[str, Any]]:
    """Yield the profiles of the users of `count` events."""
    for user in range(user_count(count)):
        if user % 10 == 9:
            continue
        profile: dict[str, Any] = {
            "user": f"user{user}",
            "plan": _PLANS[user % 3 if user % 2 else 0],
            "joined": 2_010 + user % 16,
            "interests": ["maps", "tides", "boats"][: user % 4],
        }
        if user % 3 == 0:
            profile["home"] = {"city": "Bonn", "country": "DE"}
        yield profile
