"""The data of the demonstration, without a network."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from cascade2spark.demo import data
from cascade2spark.demo.data import DataUnavailable, prepare_flights, prepare_library

FLIGHTS = b"month,tailnum,origin\n1,N1,EWR\n2,NA,LGA\n3,NATE,NA\n"


def archive(folder: Path, **changed: bytes | None) -> Path:
    """Write an archive laid out as the real one; None leaves a file out."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("flights.csv", FLIGHTS)
    files: dict[str, bytes | None] = {
        "flights.csv.zip": zipped.getvalue(),
        "planes.csv": b"tailnum,year\nN1,NA\n",
        "airlines.csv": b"carrier,name\nUA,United\n",
        "airports.csv": b"faa,name\nEWR,Newark\n",
        "weather.csv": b"origin\nEWR\n",
        **{name.replace("__", "."): content for name, content in changed.items()},
    }
    path = folder / "records.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            if content is not None:
                entry = tarfile.TarInfo(f"records-1/records/data/{name}")
                entry.size = len(content)
                packed.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def three_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "FLIGHT_ROWS", 3)


@pytest.mark.usefixtures("three_rows")
def test_missing_values_become_empty_and_nothing_else_does(tmp_path) -> None:
    prepared = prepare_flights(tmp_path / "out", archive(tmp_path))
    expected = b"month,tailnum,origin\n1,N1,EWR\n2,,LGA\n3,NATE,\n"
    assert expected == (tmp_path / "out" / "flights.csv").read_bytes()
    assert b"tailnum,year\nN1,\n" == (tmp_path / "out" / "planes.csv").read_bytes()
    assert {"flights.csv": 3, "planes.csv": 1, "airlines.csv": 1, "airports.csv": 1} == {
        **prepared.files
    }


@pytest.mark.usefixtures("three_rows")
def test_only_what_is_read_is_unpacked(tmp_path) -> None:
    prepare_flights(tmp_path / "out", archive(tmp_path))
    assert ["airlines.csv", "airports.csv", "flights.csv", "planes.csv"] == sorted(
        path.name for path in (tmp_path / "out").iterdir()
    )


@pytest.mark.usefixtures("three_rows")
def test_data_that_is_there_is_not_fetched_again(tmp_path) -> None:
    assert prepare_flights(tmp_path / "out", archive(tmp_path)).is_fresh
    assert not prepare_flights(tmp_path / "out", tmp_path / "gone.tar.gz").is_fresh


def test_another_number_of_flights_is_refused_and_leaves_nothing(tmp_path) -> None:
    with pytest.raises(DataUnavailable, match="does not hold the flights of 2013"):
        prepare_flights(tmp_path / "out", archive(tmp_path))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("three_rows")
def test_an_archive_without_a_table_is_refused(tmp_path) -> None:
    with pytest.raises(DataUnavailable, match="lacks data files") as refused:
        prepare_flights(tmp_path / "out", archive(tmp_path, planes__csv=None))
    assert ["planes"] == refused.value.asked


def test_a_broken_archive_is_refused(tmp_path) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"not a tar")
    with pytest.raises(DataUnavailable, match=r"broken\.tar\.gz cannot be unpacked"):
        prepare_flights(tmp_path / "out", tmp_path / "broken.tar.gz")


def test_the_library_becomes_one_table(tmp_path) -> None:
    prepared = prepare_library(tmp_path)
    header, *rows = (tmp_path / "python.tsv").read_text("utf-8").splitlines()
    assert "module\tline" == header
    assert prepared.files == {"python.tsv": len(rows)}
    assert all(row.count("\t") == 1 for row in rows)
    assert any(row.startswith("textwrap\t") for row in rows)


def test_the_library_is_made_once(tmp_path) -> None:
    first = prepare_library(tmp_path)
    again = prepare_library(tmp_path)
    assert (first.files, True, False) == (again.files, first.is_fresh, again.is_fresh)
