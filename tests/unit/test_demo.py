"""The demonstration's data, jobs and tables, without a network and without Spark."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from cascade2spark import LocalFlowConnector
from cascade2spark.cli.demonstration import _rows_of, _short_plan
from cascade2spark.demo import data, flights, wordcount
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


def table(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows))


def flight(day: int, dep_time: str, dep_delay: str, arr_delay: str, plane: str, dest: str) -> str:
    """Return a line of the flights; what no report reads is left empty."""
    dep = f"{dep_time},,{dep_delay}"
    return f"2013,1,{day},{dep},,,{arr_delay},UA,1,{plane},EWR,{dest},,100,,,"


def rows_of(folder: Path) -> list[str]:
    parts = sorted(folder.glob("part-*"))
    return [line for part in parts for line in part.read_text().splitlines()][1:]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Run the flights job on five flights and return the folder of its reports."""
    names = ",".join(flights.FLIGHTS)
    table(
        tmp_path / "flights.csv",
        names,
        # Out of order: the plane's second departure of the day comes first in the file.
        flight(1, "900", "5", "0", "N1", "ORD"),
        flight(1, "600", "20", "30", "N1", "ORD"),
        flight(2, "700", "1", "2", "N1", "SFO"),
        flight(1, "", "", "", "N1", "SFO"),
        flight(1, "800", "0", "50", "N2", "XXX"),
    )
    table(tmp_path / "planes.csv", "r,b,t,m,m,e,s,s,e", "N1,1999,,ACME,,,,,", "N9,1980,,NONE,,,,,")
    table(tmp_path / "airlines.csv", "c,n", "UA,United")
    table(
        tmp_path / "airports.csv",
        "f,n,l,l,a,t,d,t",
        "ORD,Chicago Ohare Intl,,,,,,",
        "SFO,San Francisco Intl,,,,,,",
    )
    definition = flights.job(str(tmp_path), str(tmp_path / "out"))
    LocalFlowConnector().connect(definition).complete()
    return tmp_path / "out"


def test_a_late_arrival_is_set_against_the_next_departure_of_the_day(reports) -> None:
    assert ["United\t1\t30.0\t5.0\t25.0"] == rows_of(reports / "knock_on")


def test_planes_nobody_registered_have_no_maker(reports) -> None:
    assert ["ACME\t1\t3\t300\t1999", "\t1\t1\t100\t"] == rows_of(reports / "makers")


def test_words_are_counted_by_flight(reports) -> None:
    expected = {"Intl\t3", "Chicago\t2", "Ohare\t2", "San\t1", "Francisco\t1"}
    found = rows_of(reports / "name_words")
    assert expected == set(found) and found[0] == "Intl\t3"


def test_words_of_modules_are_counted(tmp_path) -> None:
    rows = ["one\tname name x", "two\tname other", "two\tother other"]
    table(tmp_path / "python.tsv", "module\tline", *rows)
    definition = wordcount.job(str(tmp_path), str(tmp_path / "out"))
    LocalFlowConnector().connect(definition).complete()
    assert ["name\t3\t2\tone", "other\t3\t1\ttwo"] == sorted(rows_of(tmp_path / "out" / "words"))


def test_a_plan_is_shown_without_taps_and_inner_pipes() -> None:
    definition = flights.job("data", "out")
    flow = LocalFlowConnector().connect(definition)
    console = Console(width=100, file=io.StringIO(), color_system=None)
    console.print(_short_plan(flow))
    lines = console.file.getvalue().splitlines()
    assert "Hfs" not in "".join(lines) and not any(" Count (" in line for line in lines)
    shown = [" ".join(line.split()) for line in lines]
    assert "0 source 'flights' read in tasks" in shown
    assert any(line.endswith("Every 'flights' buffer legs") for line in shown)
    assert all(len(line.rstrip()) <= 100 and "…" not in line for line in lines)


def test_the_first_rows_of_part_files_are_read(tmp_path) -> None:
    for part, rows in enumerate([[], range(6), range(6, 12)]):
        header = ["n\tname"] if rows else []
        table(tmp_path / f"part-{part:05}", *header, *(f"{n}\t{'a' * n}" for n in rows))
    header, first, total = _rows_of(tmp_path)
    assert (["n", "name"], 12, 8) == (header, total, len(first))
    assert [[0, None], [1, "a"]] == first[:2]
