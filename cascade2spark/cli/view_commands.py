"""The commands that look into files without Spark: ``schema`` and ``cat``."""

from __future__ import annotations

import base64
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import click

from cascade2spark.cli.exits import FAILED
from cascade2spark.cli.output import messages
from cascade2spark.cli.viewing import FileView, Record, TextView, view_of
from cascade2spark.codecs.thrift import ThriftRecord
from cascade2spark.errors import BadRecord, TapError
from cascade2spark.files import FileInfo, list_files

__all__ = ["print_records", "print_schema"]

_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"})


def print_schema(path: str, as_json: bool) -> None:
    """Print what the files of a path say of themselves; the first one stands for all.

    Exits with 1 where a file is damaged.
    """
    files = list_files(path)
    view = _first_view(path)
    empty = _empty_ones(files, view)
    size = sum(info.size for info in files)
    facts: dict[str, object] = {
        "file": view.info.path,
        **({"files": len(files)} if len(files) > 1 else {}),
        "bytes": size,
        **({"empty": ", ".join(info.path for info in empty)} if empty else {}),
        **view.facts(),
    }
    if len(files) > 1 and facts.get("bytes a record"):
        records = round(_number_in(facts["records"]) * size / view.info.size)
        facts["records in all"] = f"about {records}"
    if as_json:
        click.echo(json.dumps(facts, default=str, ensure_ascii=False))
    else:
        width = max(map(len, facts)) + 2
        for label, value in facts.items():
            is_text = isinstance(value, str) and value.isprintable()
            is_shown = is_text or not isinstance(value, (dict, list, str))
            shown = value if is_shown else json.dumps(value, ensure_ascii=False)
            click.echo(f"{label:<{width}}{shown}")
    if empty or "damaged" in facts:
        sys.exit(FAILED)


def _number_in(count: object) -> int:
    return int(str(count).rpartition(" ")[2])


def print_records(
    path: str,
    head: int | None,
    style: str,
    skip_bad: bool,
    view: Callable[[FileInfo], FileView] = view_of,
) -> None:
    """Print the records of all files of a path, `head` of them at most.

    Args:
        view: how to look at a file.
    Raises:
        BadRecord: a record cannot be read, and none are to be left out.
    """
    bad: list[BadRecord] = []

    def on_bad(error: BadRecord) -> None:
        if not skip_bad:
            raise error
        bad.append(error)
        messages().print(f"left out: {error.headline}", markup=False, soft_wrap=True)

    files = list_files(path)
    empty = _empty_ones(files, _first_view(path)) if files else []

    def all_records() -> Iterator[Record]:
        for info in files:
            if info in empty:
                on_bad(BadRecord(f"{info.path} is empty: it lacks even a header"))
            elif info.size:
                yield from view(info).records(on_bad)

    records = all_records()
    write = _json_line if style == "json" else _tsv_line
    for record in islice(records, head):
        click.echo(write(record))
    if bad:
        sys.exit(1)


def _first_view(path: str) -> FileView:
    files = [info for info in list_files(path) if info.size] or list(list_files(path))
    if not files:
        raise TapError(f"{path} holds no file")
    return view_of(files[0])


def _empty_ones(files: Sequence[FileInfo], view: FileView) -> list[FileInfo]:
    """Return the files that hold nothing, where a format has a header even without records."""
    is_text = isinstance(view, TextView)
    return [] if is_text else [info for info in files if not info.size]


def _json_line(record: Record) -> str:
    return json.dumps(_plain(record), ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; bytes that are no text as {"base64": ...}."""
    if isinstance(value, (bytes, bytearray)):
        text = _text_of(bytes(value))
        return {"base64": base64.b64encode(value).decode()} if text is None else text
    if isinstance(value, ThriftRecord):  # in a set, or a key
        return _plain(value.as_dict())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {_key_of(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return [_plain(one) for one in sorted(value, key=repr)]  # the same in every run
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _key_of(key: Any) -> str:
    plain = _plain(key)
    return plain if isinstance(plain, str) else json.dumps(plain, default=str)


def _tsv_line(record: Record) -> str:
    return "\t".join(_cells(record.values()))


def _cells(values: Any) -> Iterator[str]:
    """Yield values as texts without tabs and line ends; those of a tuple one by one."""
    for value in values:
        if isinstance(value, tuple):
            yield from _cells(value)
            continue
        plain = _plain(value)
        text = "" if plain is None else plain
        if not isinstance(text, str):
            text = json.dumps(plain, ensure_ascii=False, default=str)
        yield text.translate(_ESCAPES)


def _text_of(data: bytes) -> str | None:
    """Return bytes as text when that is what they are."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\t\n\r" for sign in text) else None
