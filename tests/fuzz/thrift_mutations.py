"""A struct of every type, records of it, and ways to damage their bytes.

Run as a program it goes on for as many damaged records as it is told, in a process whose memory and
time are limited: ``python -m tests.fuzz.thrift_mutations 1000000``, and from another number on with
a second one.
"""

from __future__ import annotations

import random
import resource
import sys
from typing import Any

from cascade2spark.codecs import thrift_codec, thrift_fast
from cascade2spark.codecs.thrift import ThriftCodec, thrift_struct
from cascade2spark.errors import BadRecord

IDL = """
enum Kind { CLICK = 1, VIEW = 2 }
struct Item { 1: i32 sku, 2: double price, 3: i16 count, 4: list<bool> seen }
struct Tree { 1: optional string label, 2: list<Tree> children, 3: map<string, Tree> named }
union Value { 1: string text, 2: i64 number, 3: list<Item> items }
struct Event {
  1: required i64 id, 2: string user, 3: Kind kind, 4: bool mobile, 5: double amount, 6: i16 hour,
  7: byte flag, 8: binary token, 9: list<Item> items, 10: map<string, list<i32>> params,
  11: set<i32> tests, 12: list<string> tags, 13: i32 retries = 3, 14: optional Value value,
  15: Tree tree, 16: map<i32, Item> by_sku, 17: set<string> words, 18: list<list<double>> grid
}
"""
EVENT = thrift_struct(IDL, "Event")
PATHS = ("id", "user", "tree.label", "amount")
_LENGTHS = [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\0\1\0\0", b"\0\0\0\0"]


def event(rng: random.Random) -> dict[str, Any]:
    """Return the values of a random event, some of them absent."""

    def item() -> dict[str, Any]:
        return {"sku": rng.randrange(-5, 99), "price": rng.random(), "seen": [True, False]}

    def tree(depth: int) -> dict[str, Any]:
        children = [tree(depth - 1) for _ in range(rng.randrange(3))] if depth else []
        named = {"é": tree(depth - 1)} if depth else {}
        return {"label": "x" * rng.randrange(20), "children": children, "named": named}

    values: dict[str, Any] = {
        "id": rng.getrandbits(63) - (1 << 62),
        "user": rng.choice(["", "anna", "Zoë", "名前"]),
        "kind": rng.choice([1, 2, 7]),
        "mobile": rng.random() < 0.5,
        "amount": rng.choice([0.0, -1.5, 1e300]),
        "hour": rng.randrange(-1, 24),
        "flag": rng.randrange(-128, 128),
        "token": rng.randbytes(rng.randrange(20)),
        "items": [item() for _ in range(rng.randrange(4))],
        "params": {"a": [1, 2], "b": []},
        "tests": {1, 2, 3},
        "tags": ["x", "yy"],
        "retries": rng.randrange(5),
        "value": rng.choice([{"text": "t"}, {"number": 5}, {"items": [item()]}]),
        "tree": tree(2),
        "by_sku": {1: item()},
        "words": {"w"},
        "grid": [[1.0, 2.0], []],
    }
    return {name: value for name, value in values.items() if rng.random() < 0.8}


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return bytes of a record with something wrong, or something odd, in them."""
    some = bytearray(data)
    kind = rng.randrange(6)
    at = rng.randrange(len(some))
    if kind == 0:
        return bytes(some[:at])
    if kind == 1:
        for _ in range(rng.randrange(1, 4)):
            some[rng.randrange(len(some))] = rng.randrange(256)
    elif kind == 2:
        some[at] ^= 1 << rng.randrange(8)
    elif kind == 3:
        some[at : at + 4] = rng.choice(_LENGTHS)
    elif kind == 4:
        del some[at : at + rng.randrange(1, 9)]
    else:
        some[at:at] = rng.randbytes(rng.randrange(1, 9))
    return bytes(some)


def outcome(codec: ThriftCodec, data: bytes) -> Any:
    """Return what became of some bytes: the row read, or BadRecord."""
    try:
        return repr(codec.decode_row(data))
    except BadRecord as bad:
        str(bad)
        return BadRecord


def among_others(codec: ThriftCodec) -> Any:
    """Return `outcome` of a record that is read together with whole ones before and behind it."""
    rng = random.Random(1)
    whole = [ThriftCodec(EVENT, codec.protocol).encode(event(rng)) for _ in range(2)]
    rows, shown = codec.row_decoder(), [outcome(codec, one) for one in whole]

    def read(data: bytes) -> Any:
        try:
            before, found, behind = map(repr, rows([whole[0], data, whole[1]]))
        except BadRecord:
            return BadRecord
        return found if [before, behind] == shown else "damage that spread"

    return read


def without_c(codec: ThriftCodec) -> ThriftCodec:
    """Return a codec that never uses the C extension, by the policy that it does not know."""
    twin = ThriftCodec(codec.struct, codec.protocol, codec.fields, unknown="keep")
    return twin


def disagreements(count: int, seed: int) -> list[tuple[str, bytes]]:
    """Return the damaged records on which two ways to read differ.

    Whichever way is taken, a record reads the same; and it is bad or not whatever fields of it are
    wanted.
    """
    rng = random.Random(seed)
    found = []
    for protocol in ("binary", "compact"):
        codecs = [ThriftCodec(EVENT, protocol), without_c(ThriftCodec(EVENT, protocol))]
        few = [ThriftCodec(EVENT, protocol, PATHS), without_c(ThriftCodec(EVENT, protocol, PATHS))]
        many = among_others(codecs[0]), among_others(few[0])
        pure = generated(ThriftCodec(EVENT, protocol)), generated(few[0])
        for _ in range(count):
            data = damaged(codecs[0].encode(event(rng)), rng)
            whole = {outcome(codec, data) for codec in codecs} | {pure[0](data), many[0](data)}
            part = {outcome(codec, data) for codec in few} | {pure[1](data), many[1](data)}
            if len(whole) > 1 or len(part) > 1 or (BadRecord in whole) != (BadRecord in part):
                found.append((protocol, data))
    return found


def generated(codec: ThriftCodec) -> Any:
    """Return `outcome` of a codec made where the C extension is absent."""
    is_fast = thrift_fast.is_fast
    thrift_fast.is_fast = lambda struct: False
    try:
        tools = thrift_codec._tools_of.__wrapped__(codec, 0)
    finally:
        thrift_fast.is_fast = is_fast

    def read(data: bytes) -> Any:
        try:
            return repr(tools.row(tools.decode(data)))
        except BadRecord:
            return BadRecord

    return read


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    # A record that hangs ends the run, which takes a quarter of that for a million.
    resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))
    wanted, begin = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for start in range(begin, begin + wanted, 20_000):
        wrong = disagreements(10_000, start)
        for protocol, data in wrong[:5]:
            print(protocol, data.hex())
        print(f"{start - begin + 20_000} damaged records, {len(wrong)} disagreements", flush=True)
        if wrong:
            sys.exit(1)
