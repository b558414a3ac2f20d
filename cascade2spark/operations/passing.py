"""Functions that pass values on: Identity, Insert, NoOp, UnGroup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import check_one_for_each, is_type, type_at
from cascade2spark.operations.callables import RowFunction, Shape
from cascade2spark.selection import pick_for
from cascade2spark.types import as_type, coercion

__all__ = ["Identity", "Insert", "NoOp", "UnGroup"]

Row = tuple[Any, ...]


class Identity(RowFunction):
    """Pass the arguments on, under other names or as other types.

    Args:
        fields: names of the results, as many as there are arguments. Default: the arguments'.
        types: one for each argument; each value is coerced, so null becomes 0 for a primitive.
            Typed fields say the same.
    Source:
        cascading.operation.Identity
    Example:
        >>> from cascade2spark.types import int_
        >>> Identity(Fields("n"), int_).bind(Fields("text"), Fields("n"))("12")
        12
    """

    def __init__(self, *given: Any) -> None:
        rest = list(given)
        declared = Fields.ARGS
        if rest and isinstance(rest[-1], (list, tuple)) and not rest[-1]:
            raise BuildError("Identity was given an empty list of types")
        if rest and not is_type(rest[0]):
            declared = as_fields(rest.pop(0))
            if len(rest) == 1 and isinstance(rest[0], (list, tuple)):
                rest = list(rest[0])
        types = tuple(as_type(kind) for kind in rest)
        if types and declared.is_defined():
            if len(types) != len(declared):
                raise BuildError(
                    "Identity needs one type for each field",
                    asked=[kind.name for kind in types],
                    details={"fields": declared},
                )
            declared = declared.apply_types(*types)
        super().__init__(declared)
        self.types = types or declared.get_types() or ()
        self.shape = Shape.VALUE if declared.is_defined() and len(declared) == 1 else Shape.ROW

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the coercion of every value, or what packs the values."""
        check_one_for_each("Identity", argument_fields, declared)
        if not self.types:
            return _first if self.shape is Shape.VALUE else _together
        coercions = [
            coercion(kind, type_at(argument_fields, at)) for at, kind in enumerate(self.types)
        ]
        if argument_fields.is_defined() and len(argument_fields) != len(coercions):
            raise BuildError(
                "Identity needs one type for each argument",
                asked=[kind.name for kind in self.types],
                details={"arguments": argument_fields},
            )
        if self.shape is Shape.VALUE:
            return coercions[0]
        return lambda *values: tuple(
            [coerce(value) for coerce, value in zip(coercions, values, strict=True)]
        )


class Insert(RowFunction):
    """Give the same values for every row; the arguments are ignored.

    Args:
        fields: names of the results.
        values: one for each field.
    Raises:
        BuildError: not as many values as fields.
    Source:
        cascading.operation.Insert
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Insert(("site", "rank"), "web", 1), [("a",), ("b",)], "x")
        [('web', 1), ('web', 1)]
    """

    def __init__(self, fields: Any, *values: Any) -> None:
        declared = as_fields(fields)
        if not declared.is_defined() or len(declared) != len(values):
            raise BuildError(
                "Insert needs one value for each field",
                asked=list(values),
                details={"fields": declared},
            )
        super().__init__(declared)
        self.values = values
        self.shape = Shape.VALUE if len(values) == 1 else Shape.ROW

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what gives the constants."""
        values = self.values
        result = values[0] if self.shape is Shape.VALUE else values
        return lambda *_: result


class NoOp(RowFunction):
    """Declare no field and give an empty row: with SWAP the arguments disappear.

    Source:
        cascading.operation.NoOp
    Example:
        >>> from cascade2spark import Each, Fields
        >>> from cascade2spark.testing import run_pipe
        >>> drop_x = lambda pipe: Each(pipe, "x", NoOp(), Fields.SWAP)
        >>> run_pipe(drop_x, [("a", 1)], ("x", "n"))
        [(1,)]
    """

    shape = Shape.ROW

    def __init__(self) -> None:
        super().__init__(Fields.NONE)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what gives the empty row."""
        return lambda *_: ()


class UnGroup(RowFunction):
    """Turn columns into rows: each row gives the group values with one set of value columns.

    Args:
        fields: names of the results. Default: positions.
        group: the values that every result row repeats.
        values: selectors of equal size, at least two, a row for each; or a number, the size of
            the sets that the columns outside `group` are cut into.
    Source:
        cascading.operation.function.UnGroup
    Example:
        >>> un_group = UnGroup("id", ["jan", "feb"])
        >>> arguments = Fields("id", "jan", "feb")
        >>> list(un_group.bind(arguments, Fields.size(2))("a", 1, 2))
        [('a', 1), ('a', 2)]
    """

    shape = Shape.ROWS

    def __init__(self, *given: Any) -> None:
        if len(given) not in (2, 3):
            raise BuildError(
                "UnGroup takes two or three arguments",
                asked=f"{len(given)} arguments",
                details={"accepted": "(group, values), (fields, group, values or number)"},
            )
        self.group = as_fields(given[-2])
        values = given[-1]
        is_size = type(values) is int
        self.size = values if is_size else 0
        self.selectors = () if is_size else _selectors(values)
        declared = as_fields(given[0]) if len(given) == 3 else None
        if is_size and (declared is None or values < 1):
            raise BuildError(
                "UnGroup by size needs declared fields and a positive size", asked=values
            )
        super().__init__(self._checked(declared))

    def _checked(self, declared: Fields | None) -> Fields:
        if self.size or (isinstance(declared, Fields) and not declared.is_defined()):
            assert declared is not None
            return declared
        sizes = {len(selector) for selector in self.selectors}
        if len(self.selectors) < 2 or len(sizes) != 1:
            raise BuildError(
                "UnGroup needs at least two value selectors of one size",
                asked=" and ".join(str(selector) for selector in self.selectors),
            )
        width = len(self.group) + sizes.pop()
        if declared is None:
            return Fields.size(width)
        if len(declared) != width:
            raise BuildError(
                "UnGroup declares as many fields as a group and a value selector have",
                asked=declared,
                details={"group": self.group, "values": self.selectors[0]},
            )
        return declared

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what cuts a row into rows."""
        group = pick_for(self.group, argument_fields)
        if self.size:
            return _chunks(group.of(), group.places, self.size)
        of_group = group.of()
        parts = [pick_for(selector, argument_fields).of() for selector in self.selectors]
        return lambda *values: [of_group(values) + part(values) for part in parts]


def _selectors(values: Any) -> tuple[Fields, ...]:
    if not isinstance(values, (list, tuple, Fields)):
        raise BuildError(
            "UnGroup needs a list of value selectors, or a number of values",
            asked=values,
        )
    return tuple(as_fields(one) for one in values)


def _chunks(
    of_group: Callable[[Row], Row], places: Callable[[Row], tuple[int, ...]], size: int
) -> Callable[..., Any]:
    def cut(*values: Any) -> Iterator[Row]:
        taken = set(places(values))
        rest = tuple(value for at, value in enumerate(values) if at not in taken)
        key = of_group(values)
        for at in range(0, len(rest), size):
            if at + size > len(rest):  # the whole sets before it are out
                raise OperationError(f"UnGroup cannot cut {len(rest)} values into sets of {size}")
            yield key + rest[at : at + size]

    return cut


def _first(value: Any) -> Any:
    return value


def _together(*values: Any) -> Row:
    return values
