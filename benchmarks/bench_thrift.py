"""How fast are thrift records decoded and encoded, by which way, on one core?

    python -m benchmarks.bench_thrift [records]

A struct of 21 fields with a list of structs, a map, a set, a union and a struct inside (about 310
bytes), and a flat one of nine (about 90). Every way must give the same values. Thriftpy2's own
reader is measured beside ours; it is not used, because it does not notice the end of its input.
"""

from __future__ import annotations

import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import thriftpy2
from thriftpy2.protocol import TBinaryProtocolFactory
from thriftpy2.utils import deserialize, serialize

from cascade2spark.batch.batches import columns_of
from cascade2spark.batch.kernels.thrift import thrift_reader
from cascade2spark.codecs import thrift_codec, thrift_fast
from cascade2spark.codecs.thrift import ThriftCodec, thrift_struct
from cascade2spark.codecs.thrift_batch import MOST
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.schemes.thrift import ThriftBlock, ThriftSequenceFile

__all__: list[str] = []

_RECORDS = 5_000
_TURNS = 5
_IDL = """
struct Item { 1: i32 sku, 2: double price, 3: i16 count }
struct Address { 1: string street, 2: string city, 3: string zip }
union Value { 1: string text, 2: i64 number }
struct Event {
  1: required i64 id, 2: i64 ts, 3: string user, 4: string session, 5: i32 kind, 6: string url
  7: i32 status, 8: bool mobile, 9: double amount, 10: string country, 11: i16 hour, 12: byte flag
  13: binary token, 14: list<Item> items, 15: map<string, string> params, 16: Address address
  17: set<i32> tests, 18: list<string> tags, 19: i32 retries = 3, 20: optional Value value
  21: optional string note
}
struct Flat {
  1: i64 id, 2: i64 ts, 3: string user, 4: i32 status, 5: double amount, 6: string url
  7: bool mobile, 8: string country, 9: optional string note
}
"""
_FEW = ["id", "user", "amount"]


def values(number: int, rng: random.Random) -> dict[str, Any]:
    """Return one event."""
    items = [{"sku": number + at, "price": 1.5, "count": at} for at in range(2)]
    event: dict[str, Any] = {
        "id": number,
        "ts": 1_700_000_000_000 + 17 * number,
        "user": f"user{number % 5000}",
        "session": f"{rng.getrandbits(64):016x}",
        "kind": 1 + number % 3,
        "url": f"/shop/{number % 977}",
        "status": 200,
        "mobile": bool(number % 2),
        "amount": number * 0.25,
        "country": "DE",
        "hour": number % 24,
        "flag": 1,
        "token": b"\xff\xfe\x01",
        "items": items,
        "params": {"a": "b", "ref": "mail"},
        "address": {"street": "Main st 1", "city": "Bonn", "zip": "53111"},
        "tests": {1, 2},
        "tags": ["x", "yy"],
    }
    return event if number % 3 == 0 else {**event, "value": {"number": 7}}


def best_us(work: Callable[[], object], count: int) -> float:
    """Return microseconds a record of the best of some turns."""
    found = []
    for _ in range(_TURNS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found) / count * 1e6


def without_c(codec: ThriftCodec) -> Any:
    """Return the functions of a codec where the package thrift is absent."""
    is_fast = thrift_fast.is_fast
    thrift_fast.is_fast = lambda struct: False
    try:
        return thrift_codec._tools_of.__wrapped__(codec, 0)
    finally:
        thrift_fast.is_fast = is_fast


def measure_codecs(records: list[bytes], event: Any, protocol: Any) -> dict[str, float]:
    """Return microseconds a record of each way to decode and encode one protocol."""
    found = {}
    count = len(records)
    codec, few = ThriftCodec(event, protocol), ThriftCodec(event, protocol, _FEW)
    objects = [codec.decode(one) for one in records]
    ways = {
        "C": (thrift_codec._tools(codec), thrift_codec._tools(few)),
        "Python": (without_c(codec), without_c(few)),
    }
    for name, (tools, some) in ways.items():
        assert objects == list(map(tools.decode, records))
        assert records == list(map(tools.encode, objects))
        label = f"{protocol} {name}"
        found[f"{label}: decode"] = best_us(partial(collect, tools.decode, records), count)
        found[f"{label}: encode"] = best_us(partial(collect, tools.encode, objects), count)
        found[f"{label}: decode, in a list"] = best_us(
            partial(by_lists, tools.decode_many, records), count
        )
        found[f"{label}: encode, in a list"] = best_us(
            partial(by_lists, tools.encode_many, objects), count
        )
        found[f"{label}: all fields as rows"] = best_us(
            partial(by_lists, tools.rows, records), count
        )
        found[f"{label}: three fields as rows"] = best_us(
            partial(by_lists, some.rows, records), count
        )
    unread = codec.unread_decoder()
    found[f"{protocol} C: unread records"] = best_us(partial(by_lists, unread, records), count)
    found[f"{protocol} C: unread records, one field looked at"] = best_us(
        partial(by_lists, partial(looked_at, codec.unread_decoder()), records), count
    )
    return found


def by_lists(call: Callable[[list[Any]], Any], given: list[Any]) -> None:
    """Call a function for as many records at a time as the schemes do, and drop what it gives."""
    for start in range(0, len(given), MOST):
        call(given[start : start + MOST])


def looked_at(read: Callable[[list[bytes]], list[Any]], data: list[bytes]) -> list[Any]:
    """Return a field of records that are unread."""
    return [record.kind for record in read(data)]


def collect(call: Callable[[Any], Any], given: list[Any]) -> list[Any]:
    """Return what a function gives for each."""
    return list(map(call, given))


def measure_thriftpy2(records: list[bytes], folder: Path) -> dict[str, float]:
    """Return microseconds a record of thriftpy2's Cython protocol."""
    path = folder / "bench.thrift"
    path.write_text(_IDL)
    module = thriftpy2.load(str(path), module_name="bench_thrift")
    factory = TBinaryProtocolFactory()
    objects = [deserialize(module.Event(), one, factory) for one in records]
    return {
        "thriftpy2: decode": best_us(
            lambda: [deserialize(module.Event(), one, factory) for one in records], len(records)
        ),
        "thriftpy2: encode": best_us(
            lambda: [serialize(one, factory) for one in objects], len(records)
        ),
    }


def measure_columns(struct: Any, records: list[bytes], fields: list[str]) -> dict[str, float]:
    """Return microseconds a record of both ways to columns."""
    scheme = ThriftSequenceFile(struct, fields=fields)
    info = SourceInfo(scheme.source_fields)
    block = ThriftBlock("bench", 0, 0, records, None, False, [])
    kernel, reader = thrift_reader(scheme, info), scheme.reader(info)
    assert kernel is not None

    def by_rows() -> list[Any]:
        return [columns_of(rows, len(fields)) for rows in reader.rows([block], _refuse)]

    whole = [row for batch in by_rows() for row in batch.to_pylist()]
    assert whole == kernel(block).to_pylist()
    label = f"{struct.name}, {len(fields)} of {len(struct.fields)} fields"
    return {
        f"{label}: columns": best_us(lambda: kernel(block), len(records)),
        f"{label}: columns of rows": best_us(by_rows, len(records)),
    }


def _refuse(error: Exception) -> None:
    raise error


def main() -> None:
    """Measure, print, and append a line of JSON to the results."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _RECORDS
    rng = random.Random(1)
    event, flat = thrift_struct(_IDL, "Event"), thrift_struct(_IDL, "Flat")
    events = [values(number, rng) for number in range(count)]
    data = {
        protocol: [ThriftCodec(event, protocol).encode(one) for one in events]
        for protocol in ("binary", "compact")
    }
    names = frozenset(flat.field_names)
    flats = [
        ThriftCodec(flat).encode({name: one[name] for name in names & one.keys()}) for one in events
    ]
    results = Path(__file__).parent / "results"
    found: dict[str, float] = {}
    for protocol, records in data.items():
        found |= measure_codecs(records, event, protocol)
    with tempfile.TemporaryDirectory() as folder:
        found |= measure_thriftpy2(data["binary"], Path(folder))
    plain = [f.name for f in event.fields if f.type.kind not in ("list", "map", "set", "struct")]
    for struct, records, fields in (
        (event, data["binary"], _FEW),
        (event, data["binary"], plain),
        (flat, flats, _FEW),
        (flat, flats, list(flat.field_names)),
    ):
        found |= measure_columns(struct, records, fields)
    sizes = {name: sum(map(len, some)) // count for name, some in {**data, "flat": flats}.items()}
    print(f"bytes a record: {sizes}")
    print(f"{count} records, Python {platform.python_version()}, microseconds a record, one core")
    for label, us in found.items():
        print(f"  {label:<52}{us:8.2f}")
    line = {"records": count, "bytes": sizes, "python": platform.python_version(), "us": found}
    results.mkdir(exist_ok=True)
    with open(results / "thrift.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
