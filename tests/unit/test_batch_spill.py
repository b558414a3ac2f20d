"""Spill files: unnamed, readable in any order, and clear about a full disk."""

from __future__ import annotations

import os

import pytest

from cascade2spark.batch.spill import SpillSpace
from cascade2spark.errors import FlowError


def test_pieces_come_back_in_the_order_of_writing_and_by_place(tmp_path):
    space = SpillSpace(folders=[str(tmp_path)])
    file = space.open()
    places = [file.append(piece) for piece in (b"one", b"", memoryview(b"three"))]
    assert list(file.pieces()) == [b"one", b"", b"three"]
    assert [file.read(place) for place in reversed(places)] == [b"three", b"", b"one"]
    assert space.spilled_bytes == 8
    space.close()


def test_two_readers_of_one_file_do_not_disturb_each_other(tmp_path):
    space = SpillSpace(folders=[str(tmp_path)])
    file = space.open()
    for number in range(3):
        file.append(bytes([number]))
    first, second = file.pieces(), file.pieces()
    assert next(first) == b"\0"
    assert list(second) == [b"\0", b"\1", b"\2"]
    assert list(first) == [b"\1", b"\2"]
    space.close()


def test_nothing_can_be_seen_in_the_folder(tmp_path):
    space = SpillSpace(folders=[str(tmp_path)])
    space.open().append(b"x" * 10_000)
    assert os.listdir(tmp_path) == []  # so a killed process leaves nothing
    space.close()


def test_closing_gives_back_every_file(tmp_path):
    space = SpillSpace(folders=[str(tmp_path)])
    file = space.open()
    place = file.append(b"x")
    space.close()
    with pytest.raises(ValueError, match="closed file"):
        file.read(place)


def test_folders_take_turns(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    space = SpillSpace(folders=[str(folder) for folder in folders])
    used = {space.open()._folder for _ in range(2)}
    assert used == {str(folder) for folder in folders}
    space.close()


def test_a_full_disk_is_said_with_the_folder_and_the_way_out():
    space = SpillSpace(folders=["/dev/shm"])
    file = space.open()
    file._file.close()
    file._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    with pytest.raises(FlowError) as caught:
        file.append(b"x" * 10)
    text = str(caught.value)
    assert "the disk is full" in text
    assert "spilled so far 0.0 MiB" in text
    assert "/dev/shm" in text
    assert "spark.local.dir" in text
    space.close()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FlowError, match="cannot keep on disk") as caught:
        SpillSpace(folders=[str(tmp_path / "gone")]).open()
    assert str(tmp_path / "gone") in str(caught.value)


def test_a_task_holds_nothing_of_files_that_were_closed() -> None:
    space = SpillSpace(1)
    kept = space.open()
    for _ in range(3):
        file = space.open()
        file.append(b"some")
        file.close()
    assert [kept] == space._files
    space.close()
    assert not space._files and kept._file.closed
