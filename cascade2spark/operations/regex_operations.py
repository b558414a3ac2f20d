"""Operations on texts by Java's regular expressions. Null is the empty text for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import (
    argument_text,
    coerced_parts,
    joined_text,
    no_more,
    of_first,
    one_field,
    split_declaration,
    text_list,
)
from cascade2spark.operations.callables import RowFilter, RowFunction, Shape
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.java_regex import (
    check_pattern,
    compile_java,
    is_simple_separator,
    matches_of,
    replace_java,
    split_java,
)

__all__ = [
    "RegexFilter",
    "RegexGenerator",
    "RegexReplace",
    "RegexSplitGenerator",
    "RegexSplitter",
]

_ONE = Fields.size(1)
_GENERATOR_FORMS = "(pattern), (field, pattern)"


class RegexSplitter(RowFunction):
    """Split a text at every match of a pattern into the declared fields.

    With n declared fields the text is split into n parts, the last one keeping the rest; fewer
    parts are an error. Without fields all parts are given, empty ones at the end too. Typed fields
    coerce their parts.

    Args:
        fields: names of the parts. Default UNKNOWN.
        pattern: what separates them. Default a tab.
    Source:
        cascading.operation.regex.RegexSplitter
    Example:
        >>> splitter = RegexSplitter(Fields("a", "b"), " ")
        >>> splitter.bind(Fields("line"), Fields("a", "b"))("1 2 3")
        ('1', '2 3')
    """

    shape = Shape.ROW
    is_exact = True

    def __init__(self, *given: Any) -> None:
        declared, rest = split_declaration(given, Fields.UNKNOWN)
        self.pattern = check_pattern(rest.pop(0)) if rest else "\t"
        no_more("RegexSplitter", rest, "(pattern), (fields), (fields, pattern)")
        super().__init__(1, declared)
        split_java(self.pattern)  # a bad pattern is refused here

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the split of one text."""
        read, split = argument_text(argument_fields), split_java(self.pattern)
        if not declared.is_defined():
            return lambda value, *_: tuple(split(read(value), -1))
        width, fix = len(declared), coerced_parts(declared)

        def parts(value: Any) -> Any:
            found = split(value if value.__class__ is str else read(value), width)
            if len(found) != width:
                raise OperationError(
                    f"RegexSplitter found {len(found)} of {width} parts in a text",
                    details={"pattern": self.pattern, "declared": declared},
                )
            return fix(found)

        separator = is_simple_separator(self.pattern)
        if separator is None or fix is not tuple:
            return of_first(argument_fields, parts)

        # 170 ns a text of three parts, against 240: most texts have just as many parts as wanted.
        def parts_at(value: Any) -> Any:
            found = tuple((value if value.__class__ is str else read(value)).split(separator))
            return found if len(found) == width else parts(value)

        return of_first(argument_fields, parts_at)

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the split at a plain separator where the text has just as many parts."""
        separator = is_simple_separator(self.pattern)
        if separator is None or not declared.is_defined() or declared.get_types():
            return None
        parts = f"len(({{q}}t := tuple({{split}}({{0}}, {{separator}})))) == {len(declared)}"
        return Inline(
            f"({{q}}t if {{0}}.__class__ is str and {parts} else {{call}})",
            {"separator": separator, "split": str.split},
            quick=f"({{q}}t if {parts} else {{call}})",  # what is no text raises
        )


class RegexSplitGenerator(RowFunction):
    """Give a row for each part of a text between the matches of a pattern.

    Empty parts are kept, except at the end of the text; an empty text gives one empty row.

    Args:
        fields: name of the part. Default position 0.
        pattern: what separates the parts.
    Source:
        cascading.operation.regex.RegexSplitGenerator
    Example:
        >>> list(RegexSplitGenerator(",").bind(Fields("line"), Fields(0))("a,,b,,"))
        ['a', '', 'b']
    """

    shape = Shape.VALUES

    def __init__(self, *given: Any) -> None:
        declared, pattern = _field_and_pattern("RegexSplitGenerator", given)
        self.pattern = pattern
        super().__init__(1, declared)
        split_java(pattern)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the parts of one text."""
        read, split = argument_text(argument_fields), split_java(self.pattern)
        return of_first(
            argument_fields,
            lambda value: split(value if value.__class__ is str else read(value), 0),
        )

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the split at a plain separator of a text whose last part is not empty."""
        separator = is_simple_separator(self.pattern)
        if separator is None:
            return None
        is_whole = "{0}.__class__ is str and ({q}m := {0}.split({separator}))[-1]"
        return Inline(f"({{q}}m if {is_whole} else {{call}})", {"separator": separator})


class RegexGenerator(RowFunction):
    """Give a row for each match of a pattern in a text.

    Args:
        fields: name of the match. Default position 0.
        pattern: what to look for.
    Raises:
        BuildError: not a pattern of Java's; marks the place.
    Source:
        cascading.operation.regex.RegexGenerator
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(RegexGenerator("word", "[a-z]+"), [("to be, or",)], "line")
        [('to',), ('be',), ('or',)]
    """

    shape = Shape.VALUES

    def __init__(self, *given: Any) -> None:
        declared, pattern = _field_and_pattern("RegexGenerator", given)
        self.pattern = pattern
        super().__init__(1, declared)
        compile_java(pattern)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the matches in one text."""
        read, found = argument_text(argument_fields), matches_of(self.pattern)
        return of_first(
            argument_fields,
            lambda value: found(value if value.__class__ is str else read(value)),
        )

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the search in a text."""
        names = {"found": matches_of(self.pattern)}
        return Inline("({found}({0}) if {0}.__class__ is str else {call})", names)


class RegexReplace(RowFunction):
    """Replace what a pattern matches in a text.

    Args:
        fields: name of the result, one.
        pattern: what to replace.
        replacement: in Java's syntax, ``$1`` being the first group.
        replace_all: every match, or the first only. Default True.
    Source:
        cascading.operation.regex.RegexReplace
    Example:
        >>> RegexReplace("t", "(a)b", "$1").bind(Fields("x"), Fields("t"))("ab-ab")
        'a-a'
    """

    def __init__(
        self, fields: Any, pattern: str, replacement: str, replace_all: bool = True
    ) -> None:
        super().__init__(1, one_field("RegexReplace", as_fields(fields)))
        self.pattern = pattern
        self.replacement = replacement
        self.replace_all = replace_all
        check_pattern(pattern)
        if not isinstance(replacement, str):
            raise BuildError("a replacement is a text", asked=[replacement])
        replace_java(pattern, replacement, is_all=replace_all)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the replacement in one text."""
        read = argument_text(argument_fields)
        replace = replace_java(self.pattern, self.replacement, is_all=self.replace_all)
        return lambda value, *_: replace(read(value))


class RegexFilter(RowFilter):
    """Keep the rows in which a pattern is found; it may match anywhere.

    Args:
        pattern: what to look for.
        remove_match: remove the rows that match instead. Default False.
        match_each: look at each value by itself, and remove the row when any of them fails (or,
            with `remove_match`, when any matches). Default False: the values are joined.
        delim: what joins them, or the last argument when a text is given there. Default a tab.
    Raises:
        BuildError: not a pattern of Java's; marks the place.
    Source:
        cascading.operation.regex.RegexFilter
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(RegexFilter("^a"), [("abc",), ("xyz",)], "x")
        [('abc',)]
        >>> run_operation(RegexFilter("^a", True), [("abc",), ("xyz",)], "x")
        [('xyz',)]
    """

    def __init__(
        self,
        pattern: str,
        *given: Any,
        remove_match: bool = False,
        match_each: bool = False,
        delim: str = "\t",
    ) -> None:
        super().__init__()
        flags = [value for value in given if isinstance(value, bool)]
        rest = [value for value in given if not isinstance(value, bool)]
        self.pattern = pattern
        self.remove_match = flags[0] if flags else remove_match
        self.match_each = flags[1] if len(flags) > 1 else match_each
        self.delim = rest.pop(0) if rest and isinstance(rest[0], str) else delim
        forms = "(pattern[, remove_match[, match_each]][, delim])"
        no_more("RegexFilter", [*flags[2:], *rest], forms)
        compile_java(pattern)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        search, removes = compile_java(self.pattern).search, self.remove_match
        joined = joined_text(argument_fields, self.delim)
        if self.match_each:
            texts = text_list(argument_fields)
            return lambda *values: any(
                (search(text) is not None) is removes for text in texts(values)
            )
        if argument_fields.is_defined() and len(argument_fields) == 1:
            read = argument_text(argument_fields)
            if removes:
                return lambda value: (
                    search(value if value.__class__ is str else read(value)) is not None
                )
            return lambda value: search(value if value.__class__ is str else read(value)) is None
        return lambda *values: (search(joined(values)) is not None) is removes

    def inline(self, argument_fields: Fields) -> Inline | None:
        """Return the search in the one argument, if it is a text."""
        if self.match_each or not argument_fields.is_defined() or len(argument_fields) != 1:
            return None
        found = f"{{search}}({{0}}) is {'not ' if self.remove_match else ''}None"
        names = {"search": compile_java(self.pattern).search}
        return Inline(f"({found} if {{0}}.__class__ is str else {{call}})", names)


def _field_and_pattern(owner: str, given: Sequence[Any]) -> tuple[Fields, str]:
    declared, rest = split_declaration(given, _ONE)
    if not rest or not isinstance(rest[0], str):
        raise BuildError(f"{owner} needs a pattern", details={"accepted": _GENERATOR_FORMS})
    no_more(owner, rest[1:], _GENERATOR_FORMS)
    return one_field(owner, declared), rest[0]
