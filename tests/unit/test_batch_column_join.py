"""Joins over columns give what joins over rows give, whatever the memory limit."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import Columns, NotColumns, Row, columns_of, rows_of
from cascade2spark.batch.column_join import (
    can_join_columns,
    joined_column_groups,
    joined_columns,
)
from cascade2spark.batch.join import CoGroupRun, joined_groups
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import NullNotEquivalentComparator, reverse_order
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    Joiner,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Side, Site
from cascade2spark.selection import Pick

SITE = Site(5, "CoGroup", "x", "CoGroup 'x'")
WHOLE = 256 << 20
NAN = float("nan")

POOLS: list[list[Any]] = [
    [None],
    [None, 0, 1, -5, 2**63 - 1, -(2**63)],
    [None, 0.0, -0.0, NAN, float("inf"), 1.0, -2.5],
    [None, "", "a", "ab", "\uffff", "\U00010000"],
    [None, True, False],
    [None, b"", b"\xff"],
    [None, datetime.date(1970, 1, 1), datetime.date(1066, 10, 14)],
]


@attrs.frozen(eq=False)
class Case:
    """A join and its input: for each source the rows, batch by batch."""

    spec: CoGroupRun
    sources: list[list[list[Row]]]

    def batches(self, source: int) -> Callable[[], Iterator[Columns]]:
        width = len(next(side for side in self.spec.sides if side.source == source).fields)
        return lambda: (columns_of(rows, width) for rows in self.sources[source])

    def sides(self) -> list[Callable[[], Iterator[Columns]]]:
        return [self.batches(side.source) for side in self.spec.sides]

    def sizes(self) -> list[int]:
        return [
            sum(batch.nbytes for batch in self.batches(side.source)()) for side in self.spec.sides
        ]

    def as_rows(self) -> tuple[list[tuple[Row, list[Row]]], int]:
        task = TaskContext()
        sides = [
            sorted_groups(self.sources[side.source], side.key, self.spec.key_order)
            for side in self.spec.sides
        ]
        groups = [(key, list(rows)) for key, rows in joined_groups(self.spec, sides, task)]
        return groups, task.report.rows_out[SITE.key]

    def as_columns(self, limit: int = WHOLE) -> tuple[list[Row], int, TaskContext]:
        task = TaskContext(spill=SpillSpace(limit))
        slices = list(joined_columns(self.spec, self.sides(), self.sizes(), task))
        assert len({str(batch.schema) for batch in slices}) <= 1
        rows = [row for batch in slices for row in rows_of(batch)]
        return rows, task.report.rows_out[SITE.key], task

    def as_groups(self, limit: int = WHOLE) -> tuple[list[tuple[Row, list[Row]]], int]:
        task = TaskContext(spill=SpillSpace(limit))
        groups = joined_column_groups(self.spec, self.sides(), self.sizes(), task)
        return [(key, list(rows)) for key, rows in groups], task.report.rows_out[SITE.key]


def case_of(
    joiner: Joiner,
    sources: Sequence[Sequence[Sequence[Row]]],
    *,
    key: Sequence[int] = (0,),
    order: KeyOrder | None = None,
    side_sources: Sequence[int] | None = None,
    width: int = 2,
    group_width: int | None = None,
) -> Case:
    """Return a join of sides of equal width."""
    used = list(range(len(sources))) if side_sources is None else list(side_sources)
    fields = Fields.size(width)
    keys = Fields.size(len(key)) if key else Fields.NONE
    sides = tuple(Side(source, Pick(tuple(key), width), fields, keys) for source in used)
    count = len(key) * len(used) if group_width is None else group_width
    group_fields = Fields.size(count) if count else Fields.NONE
    spec = CoGroupRun(
        sides,
        order or KeyOrder(len(key)),
        joiner,
        group_fields,
        Fields.size(width * len(used)),
        SITE,
        is_self_join=len(set(used)) == 1,
    )
    return Case(spec, [[list(batch) for batch in batches] for batches in sources])


def text(found: Any) -> str:
    """Return something that tells -0.0 from 0.0, and finds NaN equal to itself."""
    return repr(found)


def assert_same(case: Case, limit: int = WHOLE) -> None:
    groups, count = case.as_rows()
    rows, counted, _ = case.as_columns(limit)
    assert text(rows) == text([row for _, some in groups for row in some])
    assert counted == count
    found, counted = case.as_groups(limit)
    assert text(found) == text(groups)
    assert counted == count


@st.composite
def joiners(draw: st.DrawFn, sides: int) -> Joiner:
    plain = st.sampled_from([InnerJoin(), LeftJoin(), RightJoin(), OuterJoin()])
    flags = st.lists(st.booleans(), min_size=sides, max_size=sides)
    return draw(st.one_of(plain, flags.map(MixedJoin)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    key_width = draw(st.integers(0, 2))
    sides = draw(st.integers(2, 4))
    is_self_join = draw(st.booleans())
    source_count = draw(st.integers(1, sides)) if is_self_join else sides
    used = [
        number if number < source_count else draw(st.integers(0, source_count - 1))
        for number in range(sides)
    ]
    same = draw(st.lists(st.sampled_from(POOLS), min_size=key_width, max_size=key_width))
    sources = []
    number = 0
    for source in range(source_count):
        pools = same
        if draw(st.integers(0, 3)) == 0:  # keys of other types, which meet nothing
            pools = draw(st.lists(st.sampled_from(POOLS), min_size=key_width, max_size=key_width))
        batches = []
        for size in draw(st.lists(st.integers(0, 4), max_size=3)):
            keys = [draw(st.tuples(*map(st.sampled_from, pools))) for _ in range(size)]
            batches.append([(*key, f"{source}.{number + place}") for place, key in enumerate(keys)])
            number += size
        sources.append(batches)
    comparators: tuple[Any, ...] = tuple(
        draw(st.sampled_from([None, reverse_order()])) for _ in range(key_width)
    )
    order = KeyOrder(key_width, comparators, draw(st.booleans()))
    group_width = key_width if is_self_join else None
    return case_of(
        draw(joiners(sides)),
        sources,
        key=range(key_width),
        order=order,
        side_sources=used,
        width=key_width + 1,
        group_width=group_width,
    )


@settings(max_examples=300, deadline=None)
@given(cases(), st.sampled_from([WHOLE, 20_000, 2_000, 300, 40, 1]))
def test_columns_join_as_rows_do(case: Case, limit: int) -> None:
    assert can_join_columns(case.spec)
    assert_same(case, limit)


def heavy(rows: int, source: int, key: Any = "k") -> list[list[Row]]:
    return [[(key, f"{source}.{number}") for number in range(rows)]]


LIGHT: list[list[Row]] = [[("a", "x"), ("k", "y"), (None, "n"), ("z", "z")]]


@pytest.mark.parametrize("limit", [100, 2_000, 20_000])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(heavy(250, 0), LIGHT, id="heavy left"),
        pytest.param(LIGHT, heavy(250, 1), id="heavy held"),
        pytest.param(heavy(50, 0), heavy(60, 1), id="both heavy"),
        pytest.param(heavy(250, 0), [[("a", "x")]], id="left without a match"),
        pytest.param([[("a", "x")]], heavy(250, 1), id="held without a match"),
        pytest.param(heavy(250, 0), [], id="right empty"),
        pytest.param([], heavy(250, 1), id="left empty"),
    ],
)
@pytest.mark.parametrize("joiner", [InnerJoin(), LeftJoin(), RightJoin(), OuterJoin()])
def test_a_key_that_memory_does_not_hold(
    joiner: Joiner, left: list[list[Row]], right: list[list[Row]], limit: int
) -> None:
    assert_same(case_of(joiner, [left, right]), limit)


@pytest.mark.parametrize("limit", [100, 5_000])
def test_heavy_keys_of_several_sides(limit: int) -> None:
    sources = [heavy(8, 0), LIGHT + heavy(9, 1), heavy(1, 2), heavy(15, 3)]
    assert_same(case_of(OuterJoin(), sources), limit)


def mixed(rows: int, source: int, key: Any, others: Sequence[Any]) -> list[list[Row]]:
    """Return rows of which two of three have one key, in batches of 50."""
    made = [
        (key if number % 3 else others[number % len(others)], f"{source}.{number}")
        for number in range(rows)
    ]
    return [made[start : start + 50] for start in range(0, rows, 50)]


@pytest.mark.parametrize(
    ("key", "others"),
    [
        ("k", ["a", None, "z", "ka", ""]),
        (7, [-1, 7_000, None, 8, 6]),
        (b"k", [b"", b"z", None, b"k\0"]),
        (True, [False, None]),
        (1.0, [NAN, None, -0.0, 0.0, 2.5]),
        (None, ["a", "b"]),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("limit", [1_000, 10_000, 40_000])
def test_a_key_that_has_most_rows_of_a_side(
    key: Any, others: list[Any], is_reversed: bool, limit: int
) -> None:
    left, right = mixed(300, 0, key, others), mixed(6, 1, key, others)
    order = KeyOrder(1, reverse=is_reversed)
    for joiner in (InnerJoin(), OuterJoin()):
        assert_same(case_of(joiner, [left, right], order=order), limit)
        assert_same(case_of(joiner, [right, left], order=order), limit)


@pytest.mark.parametrize("limit", [1_000, 10_000, 40_000])
def test_each_side_has_a_heavy_key_of_its_own(limit: int) -> None:
    left, right = mixed(300, 0, "k", ["a", "m", "z"]), mixed(200, 1, "m", ["b", "z"])
    assert_same(case_of(OuterJoin(), [left, right]), limit)
    numbers = mixed(200, 1, 5, [4, 6])
    assert_same(case_of(OuterJoin(), [left, numbers]), limit)
    assert_same(case_of(OuterJoin(), [left, heavy(9, 1, None)]), limit)


@pytest.mark.parametrize("limit", [10_000, 20_000, 30_000])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_heavy_keys_that_python_finds_equal_are_not_one(limit: int, is_reversed: bool) -> None:
    sides = [mixed(400, 0, 1, [2, 3]), mixed(400, 1, True, [False])]
    assert_same(case_of(OuterJoin(), sides[::-1] if is_reversed else sides), limit)


def test_columns_of_a_heavy_key_without_values_have_the_type_of_the_others() -> None:
    left: list[list[Row]] = [[("k", None)] * 50, [(None, "x")] * 5, [("k", "y")] * 50]
    for limit in (1_000, 5_000):
        assert_same(case_of(InnerJoin(), [left, LIGHT]), limit)


def test_rows_of_a_heavy_key_are_not_written_to_disk() -> None:
    left, right = mixed(3_000, 0, "k", ["a", "z"]), LIGHT
    case = case_of(InnerJoin(), [left, right])
    for limit in (100_000, 20_000):
        rows, _, task = case.as_columns(limit)
        assert 2_000 < len(rows)
        assert task.spill.spilled_bytes < 1_000 * 40


@pytest.mark.parametrize("limit", [100, 2_000])
def test_a_heavy_self_join(limit: int) -> None:
    source = LIGHT + heavy(40, 0) + LIGHT
    case = case_of(InnerJoin(), [source], side_sources=[0, 0], group_width=1)
    assert_same(case, limit)
    assert_same(case_of(LeftJoin(), [source, LIGHT], side_sources=[0, 1, 0]), limit)


def test_without_a_key_everything_meets_everything_on_disk_too() -> None:
    case = case_of(InnerJoin(), [heavy(60, 0), heavy(40, 1)], key=())
    assert_same(case, 500)


def test_what_fits_is_not_spilled_and_what_does_not_is() -> None:
    case = case_of(InnerJoin(), [heavy(3, 0), heavy(300, 1)])
    assert case.as_columns()[2].spill.spilled_bytes == 0
    assert case.as_columns(2_000)[2].spill.spilled_bytes > 0


def test_slices_are_bounded_where_single_rows_are_wide() -> None:
    wide = "w" * 10_000
    left: list[Row] = [("k", wide if number % 100 == 50 else "s") for number in range(200)]
    case = case_of(InnerJoin(), [[left], heavy(20, 1)])
    limit = 800_000
    task = TaskContext(spill=SpillSpace(limit))
    slices = list(joined_columns(case.spec, case.sides(), case.sizes(), task))
    assert sum(batch.num_rows for batch in slices) == 4_000
    assert max(batch.nbytes for batch in slices) <= limit // 8 + 10_000
    assert_same(case, limit)


@pytest.mark.parametrize("heavy_side", [0, 1])
def test_a_heavy_key_costs_no_memory(heavy_side: int) -> None:
    case = case_of(InnerJoin(), [LIGHT, LIGHT])
    limit, batch_rows, batch_count = 400_000, 2_000, 100

    def batches() -> Iterator[Columns]:
        for _ in range(batch_count):
            yield columns_of([("k", "v" * 50)] * batch_rows, 2)

    sides = case.sides()
    sides[heavy_side] = batches
    before, peak, rows = pa.total_allocated_bytes(), 0, 0
    task = TaskContext(spill=SpillSpace(limit))
    for made in joined_columns(case.spec, sides, [limit, limit], task):
        rows += made.num_rows
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert rows == batch_rows * batch_count
    # What streams is read again where it lies; what is held is too much for memory.
    assert (task.spill.spilled_bytes > 10_000_000) is (heavy_side == 1)
    assert peak < 2 * limit


@pytest.mark.parametrize("limit", [WHOLE, 3_000])
def test_rows_of_a_group_may_be_left_unread(limit: int) -> None:
    sources = [LIGHT + heavy(300, 0), LIGHT + heavy(100, 1)]
    case = case_of(OuterJoin(), sources)
    expected, count = case.as_rows()
    task = TaskContext(spill=SpillSpace(limit))
    found = []
    for key, rows in joined_column_groups(case.spec, case.sides(), case.sizes(), task):
        some = iter(rows)
        found.append((key, next(some), next(some, None)))
    assert found == [(key, rows[0], rows[1] if rows[1:] else None) for key, rows in expected]
    assert task.report.rows_out[SITE.key] == count


def test_types_that_change_within_a_side_are_left_to_rows() -> None:
    case = case_of(InnerJoin(), [[[("a", 1)], [("a", "x")]], LIGHT])
    for limit in (WHOLE, 50):
        with pytest.raises(NotColumns):
            case.as_columns(limit)


def test_a_column_without_values_takes_the_type_of_other_batches() -> None:
    case = case_of(InnerJoin(), [[[("a", None)], [("a", 1)]], LIGHT])
    for limit in (WHOLE, 50):
        assert_same(case, limit)


def test_a_side_without_rows_has_columns_of_nulls() -> None:
    case = case_of(LeftJoin(), [[[("a", 1)]], []])
    (made,) = joined_columns(case.spec, case.sides(), case.sizes(), TaskContext())
    assert made.schema.types == [pa.string(), pa.int64(), pa.null(), pa.null()]


@pytest.mark.parametrize(
    ("joiner", "order", "expected"),
    [
        (InnerJoin(), KeyOrder(1), True),
        (OuterJoin(), KeyOrder(1, reverse=True), True),
        (BufferJoin(), KeyOrder(1), False),
        (InnerJoin(), KeyOrder(1, (NullNotEquivalentComparator(),)), False),
    ],
)
def test_which_joins_have_a_column_form(joiner: Joiner, order: KeyOrder, expected: bool) -> None:
    assert can_join_columns(case_of(joiner, [LIGHT, LIGHT], order=order).spec) is expected


def test_more_rows_than_can_be_numbered_are_refused() -> None:
    case = case_of(InnerJoin(), [heavy(10_000, 0)], side_sources=[0] * 5)
    with pytest.raises(FlowError, match="more rows than can be numbered"):
        case.as_columns()


SIZES = st.lists(st.sampled_from([0, 0, 1, 1, 2, 9]), min_size=40, max_size=40)


@settings(max_examples=30, deadline=None)
@given(SIZES, SIZES)
def test_windows_over_many_keys(left: list[int], right: list[int]) -> None:
    sources = [
        [[(key, f"{source}.{key}") for key in range(39, -1, -1) for _ in range(sizes[key])]]
        for source, sizes in enumerate([left, right])
    ]
    assert_same(case_of(OuterJoin(), sources), 1_500)
