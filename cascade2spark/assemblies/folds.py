"""What AggregateBy and its kin do with the rows of a key, in parts that can be joined in order."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

from cascade2spark.errors import OperationError
from cascade2spark.fields import Fields
from cascade2spark.kinds import value_key
from cascade2spark.operations.callables import Fold, FoldAggregator, Shape
from cascade2spark.types import BigDecimal, Double, Type, coerce, coercion

__all__ = ["AverageOf", "CountOf", "ExtremeOf", "FirstOf", "Include", "SumOf"]


class Include(enum.Enum):
    """Which rows count: all, those with a value that is not null, or those without one."""

    ALL = "ALL"
    NO_NULLS = "NO_NULLS"
    ONLY_NULLS = "ONLY_NULLS"


class _AlgebraicFold(FoldAggregator):
    """A fold whose states can be joined."""

    def is_algebraic(self) -> bool:
        """Return True."""
        return True

    def __repr__(self) -> str:
        return type(self).__name__


class CountOf(_AlgebraicFold):
    """Counts rows; one is null when all its arguments are."""

    def __init__(self, result: Fields, include: Include) -> None:
        super().__init__(result)
        self.include = include

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        return Fold(_zero, _COUNT_STEPS[self.include], _same, _added)


class SumOf(_AlgebraicFold):
    """Adds what is not null; nothing to add is null, or 0 for a primitive type.

    Whole numbers are added exactly, others as doubles; a sum that its type cannot hold is an error.
    """

    def __init__(self, result: Fields, type_: Type) -> None:
        super().__init__(result)
        self.type = type_

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        types = argument_fields.get_types()
        number = _number_reader(self.type, None if types is None else types[0])

        def step(total: Any, value: Any) -> Any:
            if value is None:
                return total
            return number(value) if total is None else total + number(value)

        return Fold(_none, step, self._finished, _joined_sums)

    def _finished(self, total: Any) -> Any:
        if isinstance(total, int) and not _holds(self.type, total):
            raise OperationError(
                f"a sum is too large for its type {self.type.label}",
                details={"sum": total, "field": self.field_declaration},
                fix="declare a wider type, such as BigDecimal",
            )
        return coerce(total, self.type)


class AverageOf(_AlgebraicFold):
    """The mean; null counts as 0 (Include.ALL) or not at all (NO_NULLS)."""

    def __init__(self, result: Fields, include: Include) -> None:
        super().__init__(result)
        self.include = include

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        types, results = argument_fields.get_types(), declared.get_types()
        number = coercion(Double, None if types is None else types[0])
        finished = coercion(Double if results is None else results[0], Double)
        counts_nulls = self.include is Include.ALL

        def step(state: tuple[float, int], value: Any) -> tuple[float, int]:
            total, count = state
            if value is None:
                return (total, count + 1) if counts_nulls else state
            return total + number(value), count + 1

        def finish(state: tuple[float, int]) -> Any:
            total, count = state
            return finished(total / count if count else None)

        return Fold(lambda: (0.0, 0), step, finish, _joined_pairs)


class ExtremeOf(_AlgebraicFold):
    """The least or greatest value that is not null, the first one among equals."""

    def __init__(self, result: Fields, is_greatest: bool) -> None:
        super().__init__(result)
        self.is_greatest = is_greatest

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        is_greatest = self.is_greatest

        def better(best: Any, value: Any) -> Any:
            if value is None or best is None:
                return best if value is None else value
            left, right = value_key(best), value_key(value)
            return value if (right > left if is_greatest else right < left) else best

        return Fold(_none, better, _same, better)

    def __repr__(self) -> str:
        return "MaxOf" if self.is_greatest else "MinOf"


class FirstOf(_AlgebraicFold):
    """The arguments of the first row."""

    shape = Shape.ROW

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the fold."""
        return Fold(_none, _first_row, _same, _first_state)


def _count_with_value(count: int, *values: Any) -> int:
    return count if all(value is None for value in values) else count + 1


def _count_without_value(count: int, *values: Any) -> int:
    return count + 1 if all(value is None for value in values) else count


def _count_all(count: int, *values: Any) -> int:
    return count + 1


_COUNT_STEPS = {
    Include.ALL: _count_all,
    Include.NO_NULLS: _count_with_value,
    Include.ONLY_NULLS: _count_without_value,
}


def _number_reader(type_: Type, given: Type | None) -> Any:
    """Return how a value is read before it is added: as it is where that is exact."""
    as_double, as_decimal = coercion(Double, given), coercion(BigDecimal, given)
    is_decimal = type_.canonical_type is BigDecimal

    def number(value: Any) -> Any:
        if type(value) is int:
            return value
        return as_decimal(value) if is_decimal or isinstance(value, Decimal) else as_double(value)

    return number


def _joined_sums(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return left + right


def _joined_pairs(left: tuple[float, int], right: tuple[float, int]) -> tuple[float, int]:
    return left[0] + right[0], left[1] + right[1]


def _holds(type_: Type, total: int) -> bool:
    if type_.bits is None or type_.python_type is not int:
        return True
    return -(1 << (type_.bits - 1)) <= total < 1 << (type_.bits - 1)


def _first_row(state: Any, *values: Any) -> Any:
    return values if state is None else state


def _first_state(left: Any, right: Any) -> Any:
    return right if left is None else left


def _added(left: int, right: int) -> int:
    return left + right


def _zero() -> int:
    return 0


def _none() -> None:
    return None


def _same(state: Any) -> Any:
    return state
