"""Text that fits: cut names, tables whose columns give way, and whole plans in 100 columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import aggregator, keep_if
from cascade2spark.pipes import GroupBy, HashJoin, Pipe
from cascade2spark.planner.build import plan_flow
from cascade2spark.planner.layout import (
    WIDTH,
    Column,
    all_names,
    cut_end,
    cut_names,
    cut_start,
    fitted_table,
    shown_names,
    wrapped,
)
from cascade2spark.schemes import TextLine
from cascade2spark.taps import Hfs, MemoryTap
from tests.planning import planned

NAMES = ", ".join(f"name_{number}" for number in range(12))


@pytest.mark.parametrize(
    ("width", "expected"),
    [(200, NAMES), (30, "name_0, name_1, name_2 … (12)"), (13, "name_0 … (12)"), (8, "na… (12)")],
)
def test_names_are_cut_with_their_number(width: int, expected: str) -> None:
    assert [expected] == cut_names(NAMES, width)


def test_texts_lose_their_end_and_places_their_beginning() -> None:
    assert ["abc…"] == cut_end("abcdef", 4)
    assert ["…def"] == cut_start("abcdef", 4)
    assert ["abcd"] == cut_end("abcd", 4) == cut_start("abcd", 4)


def test_wrapped_text_stands_under_its_beginning() -> None:
    assert ["  note: a b", "        c"] == wrapped("  note: ", "a b c", 11)
    assert ["  note:"] == wrapped("  note: ", "")


def test_names_of_fields() -> None:
    assert "UNKNOWN" == all_names(Fields.UNKNOWN)
    assert "a, b" == all_names(Fields("a", "b")) == shown_names(Fields("a", "b"))
    assert "0, 1, 2, 3, 4 … (7)" == shown_names(Fields.size(7))


def test_columns_give_way_in_order() -> None:
    columns = (Column("one"), Column("two", cut_end), Column("three"))
    rows = [["a " * 10, "b" * 100, ""]]
    way = [("two", 78), ("one", 16)]
    assert [
        "  one                 two",
        f"  a a a a a a a a a   {'b' * 77}…",
        "  a",
    ] == fitted_table(columns, rows, way)


@given(st.lists(st.text(" ab,", max_size=120), min_size=1, max_size=5))
def test_a_table_fits_however_long_its_cells_are(texts: list[str]) -> None:
    columns = (Column("words"), Column("names", cut_names), Column("place", cut_start))
    lines = fitted_table(columns, [[text] * 3 for text in texts], [(c.title, 30) for c in columns])
    assert max(map(len, lines), default=0) <= WIDTH


def test_the_overall_view_of_long_names_fits() -> None:
    total = aggregator("total of all that there is", zero=0, step=lambda t, v: t + v)
    pipe = Pipe("a branch with a name that is so long that nobody would ever want to read it")
    wide = Fields(*[f"a_field_with_number_{number}" for number in range(30)])
    joined = HashJoin(pipe, "a_field_with_number_0", Pipe("days"), "day")
    grouped = GroupBy(joined.each("day", keep_if(lambda day: day)), "day", partitions=1000)
    flow = planned(grouped.every("day", total), {pipe.name: (wide, []), "days": (("day", "d"), [])})
    for forms in (None, dict.fromkeys(range(20), "columns")):
        lines = flow.explain(forms=forms).splitlines()
        assert max(map(len, lines)) <= WIDTH
        assert any("(32)" in line for line in lines)
    assert "a_field_with_number_29" in flow.explain("resolved")
    for stage in ("resolved", "steps"):
        long = [line for line in flow.explain(stage).splitlines() if len(line) > WIDTH]
        assert all(pipe.name in line for line in long)


def test_taps_are_shown_by_the_end_of_their_path_only() -> None:
    flow = plan_flow(
        "copy",
        {"in": Hfs(TextLine(), "/a/very/long/path/to/some/data")},
        {"in": MemoryTap()},
        [Pipe("in")],
    )
    assert ["source 'in' Hfs data", "sink 'in' MemoryTap"] == [row.pipe for row in flow.rows()]
