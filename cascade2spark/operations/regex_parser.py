"""RegexParser: the capture groups of a pattern as the values of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.operations.arguments import (
    argument_text,
    coerced_parts,
    no_more,
    of_first,
    split_declaration,
)
from cascade2spark.operations.callables import RowFunction, Shape
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.java_regex import compile_java

__all__ = ["RegexParser"]

_FORMS = "(pattern), (fields, pattern), (pattern, groups), (fields, pattern, groups)"


class RegexParser(RowFunction):
    """Take the capture groups of the first match of a pattern in a text.

    Groups that took no part are null. A pattern without groups gives the whole match. Fields
    beyond the last group are null, whatever their types. Without fields there are as many values as
    groups. A text that does not match is an error.

    Args:
        fields: names of the results. Default UNKNOWN, or positions when `groups` is given.
        pattern: the pattern, looked for anywhere in the text.
        groups: numbers of the groups to take, in this order; 0 is the whole match.
    Source:
        cascading.operation.regex.RegexParser
    Example:
        >>> parser = RegexParser(("day", "month"), "([0-9]+)/([0-9]+)")
        >>> parser.bind(Fields("line"), Fields("day", "month"))("on 3/12")
        ('3', '12')
    """

    shape = Shape.ROW
    is_exact = True

    def __init__(self, *given: Any) -> None:
        declared, rest = split_declaration(given, Fields.UNKNOWN)
        if not rest or not isinstance(rest[0], str):
            raise BuildError("RegexParser needs a pattern", details={"accepted": _FORMS})
        self.pattern = rest.pop(0)
        groups = _group_numbers(rest.pop(0)) if rest else None
        no_more("RegexParser", rest, _FORMS)
        known = compile_java(self.pattern).groups
        self.groups = groups if groups is not None else tuple(range(1, known + 1)) or (0,)
        if groups is not None and declared.is_unknown():
            declared = Fields.size(len(groups))
        self._check(declared, known, groups is not None)
        super().__init__(1, declared)

    def _check(self, declared: Fields, known: int, is_exact: bool) -> None:
        wanted = len(self.groups)
        if is_exact and not (declared.is_defined() or declared.is_unknown()):
            raise BuildError(
                f"RegexParser takes {wanted} groups into as many named fields",
                asked=declared,
                details={"pattern": self.pattern, "groups": list(self.groups)},
            )
        width = len(declared) if declared.is_defined() else wanted
        if not self.groups or (width != wanted if is_exact else width < wanted):
            raise BuildError(
                f"RegexParser takes {wanted} groups into {width} fields",
                asked=list(self.groups),
                details={"pattern": self.pattern, "declared": declared},
            )
        if max(self.groups) > known or min(self.groups) < 0:
            raise BuildError(
                f"RegexParser takes a group that its pattern does not have, which has {known}",
                asked=list(self.groups),
                details={"pattern": self.pattern},
            )

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the groups found in one text."""
        read, search = argument_text(argument_fields), compile_java(self.pattern).search
        groups, fix = self.groups, coerced_parts(declared, len(self.groups))
        width = len(declared) if declared.is_defined() else len(groups)
        if width < len(groups):  # ARGS and its like: known only here
            return of_first(argument_fields, self._too_many(declared))
        is_single, rest = len(groups) == 1, (None,) * (width - len(groups))
        # All groups as they are found need no picking.
        known = compile_java(self.pattern).groups
        is_all = not rest and fix is tuple and groups == tuple(range(1, known + 1))

        def parse(value: Any) -> Any:
            found = search(value if value.__class__ is str else read(value))
            if found is None:
                raise OperationError(
                    "RegexParser found no match in a text",
                    details={"pattern": self.pattern},
                )
            if is_all:
                return found.groups()
            taken: Any = found.group(*groups)
            return fix((taken,) if is_single else taken) + rest

        return of_first(argument_fields, parse)

    def _too_many(self, declared: Fields) -> Callable[[Any], Any]:
        def fail(value: Any) -> Any:
            raise OperationError(
                f"RegexParser takes {len(self.groups)} groups into {len(declared)} fields",
                details={"pattern": self.pattern, "declared": declared},
            )

        return fail

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the groups as they are found in a text."""
        known = compile_java(self.pattern).groups
        is_all = declared.is_defined() and len(declared) == known and not declared.get_types()
        if not is_all or self.groups != tuple(range(1, known + 1)):
            return None
        is_found = "{0}.__class__ is str and ({q}m := {search}({0})) is not None"
        names = {"search": compile_java(self.pattern).search}
        return Inline(f"({{q}}m.groups() if {is_found} else {{call}})", names)


def _group_numbers(given: Any) -> tuple[int, ...]:
    if not isinstance(given, (list, tuple)) or not all(type(one) is int for one in given):
        raise BuildError("groups are a list of their numbers", asked=[given])
    return tuple(given)
