"""Column forms of operations by regular expressions.

Arrow's engine, RE2, is taken for the patterns that it certainly reads as Java does; for the others
the rows' own engine goes through the texts of a column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns, TooLarge, array_as, is_within_column, values_of
from cascade2spark.batch.kernels.conversion import by_value, converted, repeats, trusted
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Results
from cascade2spark.batch.kernels.texts import argument_texts, joined_texts
from cascade2spark.batch.kernels.words import (
    alike_signs,
    column_of_signs,
    parts_at_sign,
    split_at_runs,
    split_at_signs,
    words_of,
)
from cascade2spark.batch.specs import EachSpec
from cascade2spark.operations.java_regex import (
    alike_bytes,
    bytes_of_run,
    bytes_of_sign,
    compile_java,
    is_simple_separator,
    matches_of,
    re2_parser,
    re2_pattern,
    replace_java,
    replacement_of,
)
from cascade2spark.operations.regex_operations import (
    RegexFilter,
    RegexGenerator,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.operations.regex_parser import RegexParser

__all__ = [
    "field_splitter",
    "match_generator",
    "re2_replacement",
    "regex_filter",
    "regex_parser",
    "regex_replace",
    "search_texts",
    "split_generator",
]

# What `replacement_of` writes: a group, a backslash, or plain text.
_PIECES = re.compile(r"\\g<(?P<group>\w+)>|\\\\|(?P<text>[^\\]+)")
_RE2_GROUPS = 9
_WORTH_A_DICTIONARY = 8


def split_generator(operation: RegexSplitGenerator, spec: EachSpec) -> FunctionKernel | None:
    """Return a row for each part of a text."""
    split, text = _splitter(operation.pattern), _text_argument(spec)
    if split is None or text is None:
        return None
    separator_bytes = bytes_of_run(operation.pattern)
    if separator_bytes is not None:
        return lambda arguments, rows: split_at_runs(text(arguments[0]), separator_bytes)
    sign_bytes = bytes_of_sign(operation.pattern)
    if sign_bytes is not None:
        return lambda arguments, rows: split_at_signs(text(arguments[0]), sign_bytes)

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
    width, kinds = len(declared), declared.get_types()
    if width < 2 or not all(map(trusted, kinds or ())):
        return None

    separator = is_simple_separator(operation.pattern) or ""
    is_sign = len(separator) == 1 and separator.isascii()

    def cut(texts: pa.Array, rows: int) -> list[pa.Array]:
        lists = split(texts, width - 1)
        if rows and (np.diff(lists.offsets.to_numpy()) != width).any():
            raise NotColumns("texts with too few parts")
        values = lists.flatten()
        return [values.take(pa.array(np.arange(at, rows * width, width))) for at in range(width)]

    def parts(arguments: list[pa.Array], rows: int) -> Results:
        texts = text(arguments[0])
        # Where each text has as many parts as are wanted, nothing is left over in the last one.
        found = parts_at_sign(texts, separator, width) if is_sign else None
        if found is None:
            found = cut(texts, rows)
        if kinds:
            found = [converted(part, kind) for part, kind in zip(found, kinds, strict=True)]
        return Results(found)

    return parts


def match_generator(operation: RegexGenerator, spec: EachSpec) -> FunctionKernel | None:
    """Return a row for each match in a text."""
    text, matches = _text_argument(spec), matches_of(operation.pattern)
    word_bytes = bytes_of_run(operation.pattern)
    if text is None:
        return None
    if word_bytes is not None:
        return lambda arguments, rows: words_of(text(arguments[0]), word_bytes)

    def generate(arguments: list[pa.Array], rows: int) -> Results:
        found = list(map(matches, values_of(text(arguments[0]))))
        counts = np.fromiter(map(len, found), np.int64, rows)
        values = array_as(list(chain.from_iterable(found)), pa.string())
        return Results([values], pa.array(np.repeat(np.arange(rows), counts)))

    return generate


def search_texts(pattern: str) -> Callable[[pa.Array], pa.Array]:
    """Return what tells in which texts, none of them null, a pattern is found."""
    literal, expression = is_simple_separator(pattern), re2_pattern(pattern)
    if literal is not None:
        return lambda texts: pc.match_substring(texts, literal)
    if expression is not None:
        return lambda texts: _of_distinct(
            lambda distinct: pc.match_substring_regex(distinct, expression), texts
        )
    search = compile_java(pattern).search
    return lambda texts: by_value(lambda text: search(text) is not None, pa.bool_(), texts)


def _of_distinct(call: Callable[[pa.Array], pa.Array], texts: pa.Array) -> pa.Array:
    """Return what a call gives for each text, made for each different one where texts repeat.

    A search costs 45 ns a text, a dictionary of texts that come eight times each 13.
    """
    if not repeats(texts, _WORTH_A_DICTIONARY):
        return call(texts)
    encoded = texts.dictionary_encode()
    return call(encoded.dictionary).take(encoded.indices)


def regex_filter(operation: RegexFilter, spec: EachSpec) -> FilterKernel | None:
    """Keep the rows in whose text a pattern is found, or is not found."""
    search, removes = search_texts(operation.pattern), operation.remove_match
    if operation.match_each:
        texts = argument_texts(spec)
    else:
        joined = joined_texts(spec, operation.delim)
        texts = None if joined is None else lambda arguments: [joined(arguments)]
    if texts is None:
        return None

    def stays(arguments: list[pa.Array]) -> pa.Array:
        found = [search(text) for text in texts(arguments)]
        return reduce(pc.and_, map(pc.invert, found) if removes else found)

    return stays


def regex_replace(operation: RegexReplace, spec: EachSpec) -> FunctionKernel | None:
    """Return each text with what a pattern matches replaced."""
    text, expression = _text_argument(spec), re2_pattern(operation.pattern)
    template = re2_replacement(operation.replacement, operation.pattern)
    if text is None:
        return None
    if expression is None or template is None:
        replace = replace_java(
            operation.pattern, operation.replacement, is_all=operation.replace_all
        )
        return lambda arguments, rows: Results([by_value(replace, pa.string(), text(arguments[0]))])
    most = None if operation.replace_all else 1

    def replaced(arguments: list[pa.Array], rows: int) -> Results:
        texts = text(arguments[0])
        return Results([replaced_texts(texts, expression, template, most)])

    return replaced


def replaced_texts(
    texts: pa.Array, expression: str, template: str, most: int | None = None
) -> pa.Array:
    """Return texts with what RE2 finds in them replaced.

    Args:
        texts: the texts.
        expression, template: in RE2's language.
        most: replacements in a text; all without it.
    Raises:
        TooLarge: a column may not hold the results. Arrow does not notice: it counts the bytes in
            31 bits, and begins anew.
    """
    put_bytes = len(template.encode())
    kept_bytes = texts.nbytes * (1 + template.count("\\"))
    found = len(texts) if most is not None else len(texts) + texts.nbytes
    if not is_within_column(kept_bytes + found * put_bytes):
        found = pc.sum(pc.count_substring_regex(texts, expression)).as_py() or 0
        if not is_within_column(kept_bytes + found * put_bytes):
            raise TooLarge("replacements that are too large")
    return pc.replace_substring_regex(texts, expression, template, max_replacements=most)


def regex_parser(operation: RegexParser, spec: EachSpec) -> FunctionKernel | None:
    """Return the groups of the first match in each text."""
    text, declared = _text_argument(spec), spec.declared
    if text is None or not declared.is_defined() or len(declared) < len(operation.groups):
        return None
    kinds = declared.get_types() or (None,) * len(declared)
    if not all(map(trusted, kinds)):
        return None
    groups = _alike_groups(operation, _group_finder(operation))
    taken, rest = kinds[: len(operation.groups)], kinds[len(operation.groups) :]
    # Null whatever the type: what no group is for is not coerced.
    missing = [converted(pa.nulls(0), kind).type for kind in rest]

    def parsed(arguments: list[pa.Array], rows: int) -> Results:
        columns = zip(groups(text(arguments[0])), taken, strict=True)
        return Results(
            [converted(column, kind) for column, kind in columns]
            + [pa.nulls(rows, kind) for kind in missing]
        )

    return parsed


def _alike_groups(
    operation: RegexParser, otherwise: Callable[[pa.Array], list[pa.Array]]
) -> Callable[[pa.Array], list[pa.Array]]:
    """Return what finds the groups at once in texts that all look alike to the pattern.

    Stamps, codes and numbers of one length: what matches in the first of them matches in all, at
    the same places. A text costs 30 ns instead of 110.
    """
    alike, search = alike_bytes(operation.pattern), compile_java(operation.pattern).search
    if alike is None:
        return otherwise

    def found(texts: pa.Array) -> list[pa.Array]:
        match = search(texts[0].as_py()) if len(texts) else None
        signs = None if match is None else alike_signs(texts, alike)
        if match is None or signs is None:
            return otherwise(texts)
        return [column_of_signs(signs, *match.span(group)) for group in operation.groups]

    return found


def _group_finder(operation: RegexParser) -> Callable[[pa.Array], list[pa.Array]]:
    """Return what finds the groups in texts that all must match."""
    expression = re2_parser(operation.pattern)
    if expression is not None:
        names = [f"g{number}" for number in operation.groups]

        def by_arrow(texts: pa.Array) -> list[pa.Array]:
            found = _of_distinct(lambda distinct: pc.extract_regex(distinct, expression), texts)
            if found.null_count:
                raise NotColumns("texts without a match")
            return [found.field(name) for name in names]

        return by_arrow
    search, groups = compile_java(operation.pattern).search, operation.groups

    # RE2 does not tell a group that took no part from an empty one.
    def one_by_one(texts: pa.Array) -> list[pa.Array]:
        found: list[Any] = list(map(search, values_of(texts)))
        if None in found:
            raise NotColumns("texts without a match")
        return [array_as([match[at] for match in found], pa.string()) for at in groups]

    return one_by_one


def re2_replacement(replacement: str, pattern: str) -> str | None:
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
    # To Arrow a text begins anew behind each match, and so does what stands at its beginning only.
    if expression is None or r"\A" in expression or compile_java(pattern).match(""):
        return None
    return lambda texts, most: pc.split_pattern_regex(texts, expression, max_splits=most)


def _text_argument(spec: EachSpec) -> Callable[[pa.Array], pa.Array] | None:
    """Return the text of the one argument, empty for null; None where there are more."""
    texts = argument_texts(spec) if len(spec.argument_fields) == 1 else None
    return None if texts is None else lambda column: texts([column])[0]
