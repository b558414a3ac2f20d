"""What the fields API does with each row, and with the columns of all."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Iterable
from typing import Any, Generic, Self, TypeVar

from cascade2spark.assemblies.shaping import Discard, Rename, Retain
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Function
from cascade2spark.operations.callables import PlainFilter, Shape, function
from cascade2spark.operations.filters import Debug, Limit, Sample
from cascade2spark.operations.passing import Identity, Insert
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import Each, Merge
from cascade2spark.scalding.fields.base import (
    check_arity,
    default_mode,
    fields_of,
    function_for,
    listed,
    pipe_of,
    root_of,
)
from cascade2spark.scalding.fields.functions import (
    Converts,
    Drawing,
    UsingFilter,
    UsingFunction,
    check_resource,
)
from cascade2spark.scalding.fields.joining import Joins
from cascade2spark.scalding.fields.objects import (
    Packing,
    Unpacking,
    attributes_of,
    check_attributes,
)
from cascade2spark.scalding.typed.pipes import NO_MATCH

__all__ = ["Rows", "UsingPipe"]

Kind = TypeVar("Kind", bound="Rows")


class Rows(Joins):
    """What is done with each row, or with the columns of all."""

    # -- with a function -------------------------------------------------------------------------

    def map(self, fields: Any, to: Any, call: Callable[..., Any]) -> Self:
        """Make fields of fields: ``map(("a", "b"), "sum", lambda a, b: a + b)``.

        Args:
            fields: what the function is given, a value for each.
            to: what it returns; of several fields, a tuple. Equal sets of fields replace; where one
                contains the other, what was read goes; else all columns stay.
            call: the function.
        """
        return self._made("map", fields, to, call)

    def map_to(self, fields: Any, to: Any, call: Callable[..., Any]) -> Self:
        """Make fields of fields, and keep no other."""
        return self._made("map", fields, to, call, is_only=True)

    def flat_map(self, fields: Any, to: Any, call: Callable[..., Iterable[Any] | None]) -> Self:
        """Make any number of rows of each, by a function that returns them; None is no row."""
        return self._made("flat_map", fields, to, call, many=True)

    def flat_map_to(self, fields: Any, to: Any, call: Callable[..., Iterable[Any] | None]) -> Self:
        """Make any number of rows of each, and keep no other column."""
        return self._made("flat_map", fields, to, call, many=True, is_only=True)

    def collect(self, fields: Any, to: Any, call: Callable[..., Any]) -> Self:
        """Make fields by a function that returns NO_MATCH for the rows that are to go.

        That stands for Scalding's partial function.
        """
        return self._made("collect", fields, to, _found("collect", fields, call), many=True)

    def collect_to(self, fields: Any, to: Any, call: Callable[..., Any]) -> Self:
        """Make fields as `collect` does, and keep no other."""
        chosen = _found("collect", fields, call)
        return self._made("collect", fields, to, chosen, many=True, is_only=True)

    def flatten(self, fields: Any, to: Any = None) -> Self:
        """Give a row for each element of a field that holds lists."""
        source = listed("flatten", fields_of(fields), 1)
        return self._made("flatten", source, source if to is None else to, _elements, many=True)

    def flatten_to(self, fields: Any, to: Any) -> Self:
        """Give a row for each element of a field that holds lists, and keep no other column."""
        source = listed("flatten", fields_of(fields), 1)
        return self._made("flatten", source, to, _elements, many=True, is_only=True)

    def filter(self, fields: Any, predicate: Callable[..., Any]) -> Self:
        """Keep the rows for which a predicate of the fields holds."""
        return self._filtered("filter", fields, predicate, keeps=True)

    def filter_not(self, fields: Any, predicate: Callable[..., Any]) -> Self:
        """Drop the rows for which a predicate of the fields holds."""
        return self._filtered("filter_not", fields, predicate, keeps=False)

    def using(self, make: Callable[[], Any]) -> UsingPipe[Self]:
        """Have a resource made in each task for the next operation, and released at its end.

        Args:
            make: makes it; its `release`, or else `close`, is called.
        Example:
            >>> from cascade2spark.pipes import Pipe
            >>> pipe = Rows(Pipe("ips")).using(lambda: {"::1": "home"})
            >>> pipe.map("ip", "place", lambda places, ip: places.get(ip))
            Rows(Each 'ips')
        """
        check_resource(make)
        return UsingPipe(self, make)

    def each(self, fields: Any, to: Any, make: Any) -> Self:
        """Apply a Function of Cascading's, or what a callable makes of the result's fields."""
        source, target = fields_of(fields), fields_of(to)
        operation = _operation(make, target)
        return self._on(Each(self.pipe, source, operation, default_mode("each", source, target)))

    def each_to(self, fields: Any, to: Any, make: Any) -> Self:
        """Apply a Function of Cascading's, and keep no other column."""
        operation = _operation(make, fields_of(to))
        return self._on(Each(self.pipe, fields_of(fields), operation, Fields.RESULTS))

    def _made(
        self,
        method: str,
        fields: Any,
        to: Any,
        call: Callable[..., Any],
        *,
        many: bool = False,
        is_only: bool = False,
    ) -> Self:
        source, target = fields_of(fields), fields_of(to)
        made = function_for(method, source, target, call, many=many)
        output = Fields.RESULTS if is_only else default_mode(method, source, target)
        return self._on(Each(self.pipe, source, made, output))

    def _filtered(
        self, method: str, fields: Any, predicate: Callable[..., Any], *, keeps: bool
    ) -> Self:
        source = fields_of(fields)
        check_arity(method, source, predicate)
        return self._on(Each(self.pipe, source, PlainFilter(predicate, keeps)))

    # -- columns ---------------------------------------------------------------------------------

    def project(self, *fields: Any) -> Self:
        """Keep the named fields, in the order they are named."""
        return self._on(Retain(self.pipe, fields_of(*fields)))

    def discard(self, *fields: Any) -> Self:
        """Drop the named fields."""
        return self._on(Discard(self.pipe, fields_of(*fields)))

    def rename(self, fields: Any, to: Any) -> Self:
        """Give fields new names; they come last."""
        return self._on(Rename(self.pipe, fields_of(fields), fields_of(to)))

    def insert(self, fields: Any, value: Any) -> Self:
        """Add fields that are the same in every row; of several, the value is a tuple."""
        target = listed("insert", fields_of(fields))
        values = (value,) if len(target) == 1 else tuple(value)
        return self._on(Each(self.pipe, Insert(target, *values), Fields.ALL))

    def pack(self, fields: Any, to: Any, kind: type) -> Self:
        """Make an object of fields, by their names if the class takes those, else in their order.

        Args:
            kind: an attrs class, dataclass, named tuple, or any that takes the values.
        """
        source, target = fields_of(fields), listed("pack", fields_of(to), 1)
        packing = Packing(source, target, kind)
        return self._on(Each(self.pipe, source, packing, default_mode("pack", source, target)))

    def pack_to(self, fields: Any, to: Any, kind: type) -> Self:
        """Make an object of fields, and keep no other column."""
        packing = Packing(fields_of(fields), listed("pack", fields_of(to), 1), kind)
        return self._on(Each(self.pipe, fields_of(fields), packing, Fields.RESULTS))

    def unpack(self, fields: Any, to: Any, kind: type | None = None) -> Self:
        """Give attributes of an object as fields; ``"*"`` gives all that its class declares."""
        source, target = listed("unpack", fields_of(fields), 1), _unpacked(to, kind)
        output = default_mode("unpack", source, target)
        return self._on(Each(self.pipe, source, Unpacking(target), output))

    def unpack_to(self, fields: Any, to: Any, kind: type | None = None) -> Self:
        """Give attributes of an object as fields, and keep no other column."""
        source = listed("unpack", fields_of(fields), 1)
        return self._on(Each(self.pipe, source, Unpacking(_unpacked(to, kind)), Fields.RESULTS))

    def unpivot(self, fields: Any, to: Any) -> Self:
        """Give a row for each of the named fields, with its name and its value in its place.

        Args:
            to: the field of names, and the field of values.
        """
        source, target = listed("unpivot", fields_of(fields)), fields_of(to)
        names = [str(name) for name in source]
        made = function(listed("unpivot", target, 2), many=True)(
            lambda *values: zip(names, values, strict=True)
        )
        return self._on(Each(self.pipe, source, made, Fields.SWAP))

    # -- rows ------------------------------------------------------------------------------------

    def limit(self, count: int) -> Self:
        """Keep some rows, `count` at most: each task takes its share, and may have fewer."""
        return self._on(Each(self.pipe, Limit(count)))

    def sample(self, fraction: float, seed: int | None = None) -> Self:
        """Keep each row with a probability."""
        chosen = Sample(fraction) if seed is None else Sample(seed, fraction)
        return self._on(Each(self.pipe, chosen))

    def sample_with_replacement(self, fraction: float, seed: int | None = None) -> Self:
        """Give each row as often as a Poisson distribution of this mean says."""
        if fraction < 0:
            raise BuildError("sample_with_replacement takes a mean, from 0", asked=fraction)
        drawing = Drawing(Fields.ARGS, seed, lambda draws, row: [row] * _poisson(draws, fraction))
        return self._on(Each(self.pipe, Fields.ALL, drawing, Fields.RESULTS))

    def verify_types(self, fields: Any, *types: Any) -> Self:
        """Fail, so that a trap can take it, on a row whose values are not of the types."""
        source = fields_of(fields)
        listed("verify_types", source, len(types))
        return self._on(Each(self.pipe, source, Converts(types)))

    def debug(
        self,
        *,
        prefix: str | None = None,
        print_fields: bool = False,
        print_tuple_every: int = 1,
        to_stdout: bool = False,
    ) -> Self:
        """Print rows, to standard error of the tasks unless told else."""
        options: list[Any] = [Debug.Output.STDOUT if to_stdout else Debug.Output.STDERR]
        shown = Debug(*options, *([] if prefix is None else [prefix]), print_fields=print_fields)
        shown.set_print_tuple_every(print_tuple_every)
        return self._on(Each(self.pipe, shown))

    def __add__(self, that: Any) -> Self:
        """Return the rows of both pipes, which need the same fields; duplicates stay."""
        other = pipe_of(that)
        if root_of(other) is root_of(self.pipe):
            other = Each(other, Identity())
        return self._on(Merge(self.pipe, other))

    def __radd__(self, that: Any) -> Self:
        return self._on(pipe_of(that)) + self.pipe

    def merge(self, *others: Any) -> Self:
        """Return the rows of all pipes: ``a.merge(b, c)`` is ``a + b + c``, Scalding's ``++``."""
        found = self
        for other in others:
            found = found + other
        return found


class UsingPipe(Generic[Kind]):
    """A pipe with a resource, which the function of the next operation is given first."""

    def __init__(self, pipe: Kind, make: Callable[[], Any]) -> None:
        self._pipe, self._make = pipe, make

    def map(self, fields: Any, to: Any, call: Callable[..., Any]) -> Kind:
        """Make fields of a resource and fields."""
        return self._made("map", fields, to, call, many=False)

    def map_to(self, fields: Any, to: Any, call: Callable[..., Any]) -> Kind:
        """Make fields of a resource and fields, and keep no other."""
        return self._made("map", fields, to, call, many=False, is_only=True)

    def flat_map(self, fields: Any, to: Any, call: Callable[..., Iterable[Any] | None]) -> Kind:
        """Make any number of rows of a resource and fields."""
        return self._made("flat_map", fields, to, call, many=True)

    def flat_map_to(self, fields: Any, to: Any, call: Callable[..., Iterable[Any] | None]) -> Kind:
        """Make any number of rows of a resource and fields, and keep no other column."""
        return self._made("flat_map", fields, to, call, many=True, is_only=True)

    def foreach(self, fields: Any, call: Callable[..., Any]) -> Kind:
        """Call a function for what it does; all rows stay."""
        source = fields_of(fields)
        check_arity("foreach", source, call, before=1)
        return self._pipe._on(Each(self._pipe.pipe, source, UsingFilter(self._make, call)))

    def _made(
        self,
        method: str,
        fields: Any,
        to: Any,
        call: Callable[..., Any],
        *,
        many: bool,
        is_only: bool = False,
    ) -> Kind:
        source, target = fields_of(fields), listed(method, fields_of(to))
        check_arity(method, source, call, before=1)
        one, several = (Shape.VALUES, Shape.ROWS) if many else (Shape.VALUE, Shape.ROW)
        made = UsingFunction(self._make, call, target, one if len(target) == 1 else several)
        output = Fields.RESULTS if is_only else default_mode(method, source, target)
        return self._pipe._on(Each(self._pipe.pipe, source, made, output))


def _found(method: str, fields: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the rows that are there: none for NO_MATCH."""
    check_arity(method, fields_of(fields), call)

    def found(*values: Any) -> Any:
        result = call(*values)
        return () if result is NO_MATCH else (result,)

    # Errors and what reads the code of functions look at the user's own.
    return functools.update_wrapper(found, call, assigned=(), updated=())


def _elements(value: Any) -> Any:
    return value


def _operation(make: Any, target: Fields) -> Any:
    if isinstance(make, Function):
        return make
    made = make(target) if callable(make) else None
    if not isinstance(made, Function):
        raise BuildError(
            "each takes a Function, or what makes one of the fields of its results",
            asked=repr(make),
            origin=capture_origin(),
        )
    return made


def _unpacked(to: Any, kind: type | None) -> Fields:
    target = fields_of(to)
    if target.is_all():
        return Fields(*attributes_of(kind))
    if kind is not None:
        check_attributes(kind, listed("unpack", target))
    return listed("unpack", target)


def _poisson(draws: random.Random, mean: float) -> int:
    """Return how often, by Knuth's way."""
    least, product, count = math.exp(-mean), draws.random(), 0
    while product > least:
        product *= draws.random()
        count += 1
    return count
