"""What JSONGetAllAggregateFunction folds nodes with."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, ClassVar, Protocol

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.json.arguments import with_json_types
from cascade2spark.types import CoercibleType, Double, Long, Type, double_, long_

__all__ = [
    "AggregateContext",
    "AverageDoubleNestedAggregate",
    "NestedAggregate",
    "SimpleNestedAggregate",
    "SumDoubleNestedAggregate",
    "SumLongNestedAggregate",
]


class AggregateContext(Protocol):
    """What a SimpleNestedAggregate keeps while it goes over the nodes of one tree."""

    def aggregate(self, node: Any) -> None:
        """Take one node."""

    def complete(self) -> Iterable[Any]:
        """Return the results, one for each declared field."""
        ...


class NestedAggregate(ABC):
    """Folds nodes of a tree into values; subclass it, or use a SimpleNestedAggregate.

    Source:
        cascading.nested.core.NestedAggregate
    Example:
        >>> from cascade2spark.operations import JSONGetAllAggregateFunction, NestedAggregate
        >>> from cascade2spark.testing import run_operation
        >>> class Rows(NestedAggregate):
        ...     get_field_declaration = lambda self: Fields("rows")
        ...     create_context = lambda self, coercible_type: []
        ...     aggregate = lambda self, context, node: context.append(node)
        ...     complete = lambda self, context: (len(context),)
        >>> run_operation(JSONGetAllAggregateFunction("/*", {"": Rows()}), [([1, 2],)], "x")
        [(2,)]
    """

    @abstractmethod
    def get_field_declaration(self) -> Fields:
        """Return the field of the result."""

    @abstractmethod
    def create_context(self, coercible_type: CoercibleType) -> Any:
        """Return a new state, for one tree; the type coerces its nodes."""

    @abstractmethod
    def aggregate(self, context: Any, node: Any) -> None:
        """Take one node into a state."""

    @abstractmethod
    def complete(self, context: Any) -> Iterable[Any]:
        """Return the value of the result, as a tuple of one."""


class SimpleNestedAggregate(NestedAggregate):
    """A nested aggregate whose states do the work.

    Args:
        fields: the field of the result.
        create: called with the JSON type for each tree, returns an object with ``aggregate(node)``
            and ``complete()``, which gives a tuple of one.
    Source:
        cascading.nested.core.aggregate.SimpleNestedAggregate
    Example:
        >>> class Longest:
        ...     best = ""
        ...     def aggregate(self, node): self.best = max(self.best, node, key=len)
        ...     def complete(self): return (self.best,)
        >>> SimpleNestedAggregate("longest", lambda json: Longest()).get_field_declaration()
        Fields('longest': JSONCoercibleType)
    """

    def __init__(self, fields: Any, create: Callable[[CoercibleType], AggregateContext]) -> None:
        self._fields = _one_field(type(self).__name__, as_fields(fields))
        if not callable(create):
            raise BuildError("SimpleNestedAggregate needs a function that makes states")
        self._create = create

    def get_field_declaration(self) -> Fields:
        return with_json_types(self._fields)

    def create_context(self, coercible_type: CoercibleType) -> AggregateContext:
        return self._create(coercible_type)

    def aggregate(self, context: AggregateContext, node: Any) -> None:
        context.aggregate(node)

    def complete(self, context: AggregateContext) -> Iterable[Any]:
        return context.complete()


@attrs.define
class _Total:
    """Sum and number of what was added."""

    total: Any
    count: int
    number_of: Callable[[Any], Any]


class _NumberAggregate(NestedAggregate):
    """One number over all nodes; without values null for the boxed type, else `nothing`."""

    number: ClassVar[Type]
    primitive: ClassVar[Type]
    nothing: ClassVar[Any] = 0.0  # of no values, where the result cannot be null

    def __init__(self, fields: Any) -> None:
        declared = _one_field(type(self).__name__, as_fields(fields))
        given = type_at(declared, 0) or self.primitive
        if given not in (self.number, self.primitive):
            raise BuildError(
                f"{type(self).__name__} gives a {self.number.name}",
                asked=given.label,
                available=[self.number.name, self.primitive.name],
            )
        self._fields = declared.apply_types(given)

    def get_field_declaration(self) -> Fields:
        return self._fields

    def create_context(self, coercible_type: CoercibleType) -> _Total:
        kind = self.number
        is_whole = kind is Long
        return _Total(0 if is_whole else 0.0, 0, lambda node: coercible_type.coerce(node, kind))

    def aggregate(self, context: _Total, node: Any) -> None:
        number = context.number_of(node)
        if number is not None:
            context.total += number
            context.count += 1

    def complete(self, context: _Total) -> Iterable[Any]:
        return (self.result(context) if context.count else self._nothing(),)

    def result(self, context: _Total) -> Any:
        """Return the number for at least one value."""
        return context.total

    def _nothing(self) -> Any:
        is_boxed = type_at(self._fields, 0) is self.number
        return None if is_boxed else self.nothing


class SumLongNestedAggregate(_NumberAggregate):
    """Sum whole numbers, exactly; nulls are left out.

    Args:
        fields: the field of the result, of type Long or long_ (the default).
    Raises:
        OperationError: (running) a value is no number.
    Source:
        cascading.nested.core.aggregate.SumLongNestedAggregate
    Example:
        >>> from cascade2spark.operations import JSONGetAllAggregateFunction, SumLongNestedAggregate
        >>> from cascade2spark.testing import run_operation
        >>> fold = SumLongNestedAggregate("total")
        >>> function = JSONGetAllAggregateFunction("/items/*", {"/n": fold})
        >>> run_operation(function, [('{"items": [{"n": 1}, {"n": 4}]}',)], "json")
        [(5,)]
    """

    number = Long
    primitive = long_
    nothing = 0


class SumDoubleNestedAggregate(_NumberAggregate):
    """Sum numbers as doubles; nulls are left out.

    Args:
        fields: the field of the result, of type Double or double_ (the default).
    Raises:
        OperationError: (running) a value is no number.
    Source:
        cascading.nested.core.aggregate.SumDoubleNestedAggregate
    Example:
        >>> from cascade2spark.operations import JSONGetAllAggregateFunction
        >>> from cascade2spark.operations import SumDoubleNestedAggregate
        >>> from cascade2spark.testing import run_operation
        >>> fold = SumDoubleNestedAggregate("total")
        >>> function = JSONGetAllAggregateFunction("/items/*", {"/n": fold})
        >>> run_operation(function, [('{"items": [{"n": 1}, {"n": 4}]}',)], "json")
        [(5.0,)]
    """

    number = Double
    primitive = double_


class AverageDoubleNestedAggregate(_NumberAggregate):
    """Give the mean of numbers, as a double.

    Args:
        fields: the field of the result, of type Double or double_ (the default).
        include: `Include.ALL` counts a null as 0, `Include.NO_NULLS` leaves it out. What is missing
            never counts. Default ALL. Of no values at all the mean is NaN, for Double null.
    Raises:
        OperationError: (running) a value is no number.
    Source:
        cascading.nested.core.aggregate.AverageDoubleNestedAggregate
    Example:
        >>> from cascade2spark.operations import AverageDoubleNestedAggregate
        >>> from cascade2spark.operations import JSONGetAllAggregateFunction
        >>> from cascade2spark.testing import run_operation
        >>> fold = AverageDoubleNestedAggregate("mean")
        >>> function = JSONGetAllAggregateFunction("/items/*", {"/n": fold})
        >>> run_operation(function, [('{"items": [{"n": 1}, {"n": 4}]}',)], "json")
        [(2.5,)]
    """

    class Include(Enum):
        """Whether nulls count."""

        ALL = "ALL"
        NO_NULLS = "NO_NULLS"

    number = Double
    primitive = double_
    nothing = math.nan

    def __init__(self, fields: Any, include: Include = Include.ALL) -> None:
        super().__init__(fields)
        if not isinstance(include, AverageDoubleNestedAggregate.Include):
            raise BuildError(
                "AverageDoubleNestedAggregate takes its own Include",
                asked=include,
                available=[str(one) for one in AverageDoubleNestedAggregate.Include],
            )
        self.include = include

    def aggregate(self, context: _Total, node: Any) -> None:
        number = context.number_of(node)
        if number is None:
            context.count += self.include is AverageDoubleNestedAggregate.Include.ALL
        else:
            context.total += number
            context.count += 1

    def result(self, context: _Total) -> Any:
        return context.total / context.count


def _one_field(owner: str, fields: Fields) -> Fields:
    if not fields.is_defined() or len(fields) != 1:
        raise BuildError(f"{owner} declares one field", asked=fields)
    return fields
