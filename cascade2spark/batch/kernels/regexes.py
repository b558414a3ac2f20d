"""Column forms of operations by regular expressions that RE2, Arrow's engine, reads alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.conversion import converted, texts_of, trusted
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Results
from cascade2spark.batch.specs import EachSpec
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.java_regex import (
    compile_java,
    is_simple_separator,
    re2_parser,
    re2_pattern,
    replacement_of,
)
from cascade2spark.operations.regex_operations import (
    RegexFilter,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)

__all__ = ["field_splitter", "regex_filter", "regex_parser", "regex_replace", "split_generator"]

# What `replacement_of` writes: a group, a backslash, or plain text.
_PIECES = re.compile(r"\\g<(?P<group>\w+)>|\\\\|(?P<text>[^\\]+)")
_RE2_GROUPS = 9


def split_generator(operation: RegexSplitGenerator, spec: EachSpec) -> FunctionKernel | None:
    """Return a row for each part of a text."""
    split, text = _splitter(operation.pattern), _text_argument(spec)
    if split is None or text is None:
        return None

    def generate(arguments: list[pa.Array], rows: int) -> Results:
        lists = split(text(arguments[0]), None)
        offsets = lists.offsets.to_numpy().astype(np.int64)
        values = lists.values.slice(offsets[0], offsets[-1] - offsets[0])
        offsets -= offsets[0]
        counts = np.diff(offsets)
        if not rows:
            return Results([values], pa.array([], pa.int64()))
        sizes = pc.binary_length(values).to_numpy()
        last = offsets[1:] - 1
        if ((sizes[last] == 0) & (counts > 1)).any():
            # As Java does, parts at the end that are empty are dropped.
            places = np.arange(len(values))
            furthest = np.maximum.reduceat(np.where(sizes > 0, places, -1), offsets[:-1])
            kept = (places <= np.repeat(furthest, counts)) | np.repeat(counts == 1, counts)
            parents = np.repeat(np.arange(rows), counts)[kept]
            return Results([values.filter(pa.array(kept))], pa.array(parents))
        return Results([values], pa.array(np.repeat(np.arange(rows), counts)))

    return generate


def field_splitter(operation: RegexSplitter, spec: EachSpec) -> FunctionKernel | None:
    """Return the declared number of parts of each text."""
    declared = spec.declared
    split, text = _splitter(operation.pattern), _text_argument(spec)
    if split is None or text is None or not declared.is_defined():
        return None
    width = len(declared)
    if width < 2 or declared.has_types():
        return None

    def parts(arguments: list[pa.Array], rows: int) -> Results:
        lists = split(text(arguments[0]), width - 1)
        if rows and (np.diff(lists.offsets.to_numpy()) != width).any():
            raise NotColumns("texts with too few parts")
        values = lists.flatten()
        return Results(
            [values.take(pa.array(np.arange(at, rows * width, width))) for at in range(width)]
        )

    return parts


def regex_filter(operation: RegexFilter, spec: EachSpec) -> FilterKernel | None:
    """Keep the rows in whose text a pattern is found, or is not found."""
    text, literal = _text_argument(spec), is_simple_separator(operation.pattern)
    expression = re2_pattern(operation.pattern) if literal is None else None
    if text is None or (literal is None and expression is None):
        return None

    def stays(arguments: list[pa.Array]) -> pa.Array:
        texts = text(arguments[0])
        if literal is not None:
            found = pc.match_substring(texts, literal)
        else:
            found = pc.match_substring_regex(texts, expression)
        return pc.invert(found) if operation.remove_match else found

    return stays


def regex_replace(operation: RegexReplace, spec: EachSpec) -> FunctionKernel | None:
    """Return each text with what a pattern matches replaced."""
    text, expression = _text_argument(spec), re2_pattern(operation.pattern)
    template = _re2_replacement(operation.replacement, operation.pattern)
    if text is None or expression is None or template is None:
        return None
    most = None if operation.replace_all else 1

    def replaced(arguments: list[pa.Array], rows: int) -> Results:
        texts = text(arguments[0])
        made = pc.replace_substring_regex(texts, expression, template, max_replacements=most)
        return Results([made])

    return replaced


def regex_parser(operation: RegexParser, spec: EachSpec) -> FunctionKernel | None:
    """Return the groups of the first match in each text."""
    text, expression = _text_argument(spec), re2_parser(operation.pattern)
    declared = spec.declared
    if text is None or expression is None or not declared.is_defined():
        return None
    kinds = declared.get_types() or (None,) * len(declared)
    if not all(map(trusted, kinds)):
        return None
    names = [f"g{number}" for number in operation.groups]

    def parsed(arguments: list[pa.Array], rows: int) -> Results:
        found = pc.extract_regex(text(arguments[0]), expression)
        if found.null_count:
            raise NotColumns("texts without a match")
        columns = [found.field(name) for name in names]
        columns += [pa.nulls(rows)] * (len(kinds) - len(names))
        return Results(
            [converted(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        )

    return parsed


def _re2_replacement(replacement: str, pattern: str) -> str | None:
    """Return a Java replacement for RE2, which knows nine groups and has no names for them."""
    compiled = compile_java(pattern)
    pieces = []
    for piece in _PIECES.finditer(replacement_of(replacement, compiled)):
        group = piece["group"]
        if group is None:
            pieces.append(piece["text"] or "\\\\")
            continue
        number = int(group) if group.isdecimal() else compiled.groupindex[group]
        if number > _RE2_GROUPS:
            return None
        pieces.append(f"\\{number}")
    return "".join(pieces)


def _splitter(pattern: str) -> Callable[[pa.Array, int | None], Any] | None:
    """Return the split of a text column into lists; None for a pattern Arrow might read apart."""
    separator = is_simple_separator(pattern)
    if separator is not None:
        return lambda texts, most: pc.split_pattern(texts, separator, max_splits=most)
    expression = re2_pattern(pattern)
    if expression is None or compile_java(pattern).match(""):
        return None
    return lambda texts, most: pc.split_pattern_regex(texts, expression, max_splits=most)


def _text_argument(spec: EachSpec) -> Callable[[pa.Array], pa.Array] | None:
    """Return the text of the one argument, empty for null; None where there are more."""
    kind = type_at(spec.argument_fields, 0)
    if len(spec.argument_fields) != 1 or not trusted(kind):
        return None

    def text(column: pa.Array) -> pa.Array:
        texts = texts_of(column, kind)
        return pc.fill_null(texts, "") if texts.null_count else texts

    return text
