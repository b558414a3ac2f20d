"""The stock aggregators: results, edges, and the law that lets them run in parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Average,
    Count,
    First,
    FirstNBuffer,
    Last,
    Max,
    MaxValue,
    Min,
    MinValue,
    Sum,
)
from cascade2spark.operations.callables import Fold, FoldAggregator
from cascade2spark.testing import run_operation
from cascade2spark.types import BigDecimal, Double, Float, Integer, Long, String, int_, long_

ONE = Fields("v")


def result_of(operation: Any, *values: Any) -> Any:
    """Return the one value that an aggregator gives for a group of one column."""
    ((result,),) = run_operation(operation, [(value,) for value in values], ONE)
    return result


def test_count_counts_every_row() -> None:
    assert 3 == result_of(Count(), 1, None, None)


def test_default_fields_and_types() -> None:
    expected = [("count", Long), ("sum", Double), ("average", Double), ("min", None), ("max", None)]
    operations = [Count(), Sum(), Average(), MinValue(), MaxValue()]
    declared = [operation.get_field_declaration() for operation in operations]
    assert expected == [(f.get(0), (f.get_types() or (None,))[0]) for f in declared]


@pytest.mark.parametrize("kind", [Count, Sum, Average, MinValue, MaxValue, Min, Max])
def test_one_field_is_declared(kind: Any) -> None:
    assert Fields("n") == kind("n").get_field_declaration()
    with pytest.raises(BuildError, match="declares one field"):
        kind(Fields("a", "b"))


@pytest.mark.parametrize(
    ("operation", "values", "expected"),
    [
        (Sum(), [1, 2.5, None, "4"], 7.5),
        (Sum(), [None, None], None),
        (Sum("s", int_), [None], 0),
        (Sum("s", Long), [None], None),
        (Sum("s", Long), [2**53, 1, 1], 2**53 + 2),
        (Sum("s", Long), ["9007199254740993", "1"], 9007199254740994),
        (Sum("s", Long), [1.5, 1.5], 3),
        (Sum("s", Long), [1.5, 1], 2),
        (Sum("s", Integer), [True, 2], 3),
        (Sum(Fields("s", int)), [2, 3], 5),
        (Sum("s", Float), [0.1, 0.2], 0.30000001192092896),
        (Sum("s", String), [1, 2], "3.0"),
        (Sum("s", BigDecimal), [1, 2.5], Decimal("3.5")),
        (Sum(), [Decimal("1.5")], 1.5),
        (Average(), [1, None, 5], 2.0),
        (Average(), [None], 0.0),
        (Average(Fields("a", Long)), [1, 2], 1),
        (Average(), ["3", 4.0], 3.5),
        (MaxValue(), [3, None, 9, 4], 9),
        (MinValue(), [3, None, 9, 4], 3),
        (MaxValue(), [None], None),
        (MaxValue(), ["9", "10"], "9"),
        (MinValue(), ["9", "10"], "10"),
        (MaxValue("m", 9, 8), [1, 9, 8], 1),
        (MaxValue("m", 9), [1, 9.0], OperationError),
        (MaxValue(), [1, 9.0], OperationError),
        (MaxValue(), [0, True], OperationError),
        (MaxValue(), [1, "a"], OperationError),
        (MinValue(), [False, True], False),
        (Max(), [3, None, "9"], 9.0),
        (Min(), [3, 2.5], 2.5),
        (Max(), [None], None),
        (Max(Fields("m", int)), [3, 4], 4),
    ],
)
def test_results(operation: Any, values: Sequence[Any], expected: Any) -> None:
    if expected is OperationError:
        with pytest.raises(OperationError):
            result_of(operation, *values)
    else:
        found = result_of(operation, *values)
        assert (type(expected), expected) == (type(found), found)


def test_nan_is_the_largest() -> None:
    assert math.isnan(result_of(MaxValue(), 1.0, math.nan, 2.0))
    assert 1.0 == result_of(MinValue(), math.nan, 1.0, 2.0)
    assert math.isnan(result_of(MinValue(), math.nan, math.nan))


@pytest.mark.parametrize(("kind", "most"), [(int_, 2**31 - 1), (Long, 2**63 - 1)])
def test_a_whole_sum_never_wraps(kind: Any, most: int) -> None:
    assert most == result_of(Sum("s", kind), most - 1, 1)
    with pytest.raises(OperationError, match="does not fit"):
        result_of(Sum("s", kind), most, 1)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (First(), [(1, "a")]),
        (First(2), [(1, "a"), (None, "b")]),
        (First(Fields("x", "y"), 5), [(1, "a"), (None, "b"), (3, "c")]),
        (First(Fields("x", "y"), (1, "a")), [(None, "b")]),
        (First(("x", "y"), (1, "a"), (None, "b"), (3, "c")), []),
        (First(Fields("x", "y"), (1.0, "a")), [(1, "a")]),
        (Last(), [(3, "c")]),
        (Last(Fields("x", "y"), (3, "c")), [(None, "b")]),
        (FirstNBuffer(), [(1, "a")]),
        (FirstNBuffer(2), [(1, "a"), (None, "b")]),
        (FirstNBuffer(Fields("x", "y"), 9), [(1, "a"), (None, "b"), (3, "c")]),
    ],
)
def test_rows_from_the_ends_of_a_group(operation: Any, expected: list[Any]) -> None:
    rows = [(1, "a"), (None, "b"), (3, "c")]
    assert expected == run_operation(operation, rows, Fields("p", "q"))


def test_first_and_last_declare_their_arguments() -> None:
    assert First().get_field_declaration().is_arguments()
    assert First(3).get_field_declaration().is_arguments()
    assert Last().get_field_declaration().is_arguments()
    assert FirstNBuffer().get_field_declaration().is_arguments()


ALGEBRAIC = [
    Count(),
    Sum(),
    Sum("s", Long),
    Sum("s", long_),
    Average(),
    MinValue(),
    MaxValue(),
    MaxValue("m", 3),
    Min(),
    Max(),
    First(),
    First(2),
    First(Fields("f"), (1,)),
    Last(),
    Last(Fields("l"), (1,)),
]


@pytest.mark.parametrize("operation", ALGEBRAIC, ids=lambda one: type(one).__name__)
@given(st.lists(st.none() | st.integers(-(2**40), 2**40) | st.integers(0, 3)), st.data())
def test_parts_of_a_group_join_to_the_whole(
    operation: FoldAggregator, values: list[int | None], data: st.DataObject
) -> None:
    fold = operation.bind(ONE, Fields("r"))
    assert operation.is_algebraic() and fold.merge is not None
    cut = data.draw(st.integers(0, len(values)))
    parts = fold.merge(folded(fold, values[:cut]), folded(fold, values[cut:]))
    expected, found = fold.finish(folded(fold, values)), fold.finish(parts)
    assert expected == found or (expected != expected and found != found)


def folded(fold: Fold, values: Sequence[Any]) -> Any:
    state = fold.zero()
    for value in values:
        state = fold.step(state, value)
    return state
