"""Avro files with bytes changed, added and lost: rows, or an error of ours that names the file."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.schemes import Avro
from tests.unit.stored_files import read, stored

pytest.importorskip("fastavro", reason="the extra [avro] is not installed")

FIELDS = Fields(["a", "b", "c"], [str, int, float])
ROWS = [(f"text {n}" if n % 3 else None, n, n / 3) for n in range(100)]
CHANGES = 300


def changed(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 3])):
        at, how = chance.randrange(len(found)), chance.random()
        if how < 0.6:
            found[at] = chance.randrange(256)
        elif how < 0.8:
            del found[at : at + chance.randrange(1, 40)]
        else:
            found[at:at] = chance.randbytes(chance.randrange(1, 9))
    return bytes(found)


@pytest.mark.parametrize("compression", ["null", "deflate"])
def test_a_changed_file_gives_rows_or_an_error_that_names_it(
    tmp_path: Path, compression: str
) -> None:
    scheme = Avro(FIELDS, compression=compression)
    path = stored(scheme, ROWS, tmp_path / "f")
    data, chance = path.read_bytes(), random.Random(compression)
    refused = 0
    for _ in range(CHANGES):
        path.write_bytes(changed(data, chance))
        bad: list[Any] = []
        try:
            rows = read(scheme, path, bad=bad, target=chance.choice([0, 300]))
        except Cascade2SparkError as error:
            refused += 1
            assert str(path) in str(error)
        else:
            assert all(len(row) == 3 for row in rows)
            assert all(str(path) in str(error) for error in bad)
    assert refused > CHANGES // 10
