"""What stock operations say of their arguments, asked while planning instead of in the first task.

Binding a stock operation is pure and cheap, and refuses a type, a name or a number of arguments
that it cannot work on. The operations of users are not bound here: their bind may do anything.
"""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import BuildError, Cascade2SparkError, FieldNotFound
from cascade2spark.fields import Fields, shown_fields
from cascade2spark.operations.assertions import RowAssertion
from cascade2spark.operations.callables import FoldAggregator, RowFilter, RowFunction
from cascade2spark.operations.extents import FirstNBuffer

__all__ = ["fault_of_stock"]

_STOCK = ("cascade2spark.operations.", "cascade2spark.assemblies.")


def fault_of_stock(
    operation: Any, arguments: Fields, declared: Fields, incoming: Fields
) -> Cascade2SparkError | None:
    """Return what a stock operation would say of these fields in every task, None if it works.

    Args:
        arguments, declared: as resolved.
        incoming: fields of the rows, to tell what is missing from what was not handed over.
    """
    try:
        _bind(operation, arguments, declared)
    except Cascade2SparkError as error:
        return _with_fields(error, arguments, incoming)
    except (TypeError, ValueError, LookupError) as error:
        fault = BuildError(f"{type(error).__name__}: {error}")
        fault.__cause__ = error
        return _with_fields(fault, arguments, incoming)
    return None


def _bind(operation: Any, arguments: Fields, declared: Fields) -> None:
    if not type(operation).__module__.startswith(_STOCK):
        return
    if isinstance(operation, (RowFunction, FoldAggregator)):
        operation.bind(arguments, declared)
    elif isinstance(operation, (RowFilter, RowAssertion)):
        operation.bind(arguments)
    elif isinstance(operation, FirstNBuffer):
        operation.check_fields(arguments, declared)
    for selector, member in getattr(operation, "members", ()):  # And, Or, Not … ask members
        chosen = arguments if selector.is_all() else arguments.select(selector)
        _bind(member, chosen, chosen)


def _with_fields(
    error: Cascade2SparkError, arguments: Fields, incoming: Fields
) -> Cascade2SparkError:
    """Show the types of what was there, and say of a name whether it reaches the pipe at all."""
    shown = error.available if "arguments" in error.details else shown_fields(arguments)
    names = [str(name) for name in arguments]
    is_missing = isinstance(error.asked, str) and list(error.available or ()) == names
    is_missing = is_missing or isinstance(error, FieldNotFound)
    reaches = is_missing and isinstance(error.asked, str) and error.asked in incoming
    found = (FieldNotFound if is_missing else BuildError)(
        error.headline,
        asked=error.asked,
        available=shown,
        nearest=error.nearest,
        details=error.details,
        fix=f"add {error.asked!r} to the arguments" if reaches else error.fix,
    )
    found.__cause__ = error
    return found
