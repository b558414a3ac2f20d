"""Functions that take values out of JSON trees, and the filter on what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import call
from typing import Any

from cascade2spark.errors import BuildError, Cascade2SparkError, OperationError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import is_fields, no_more, type_at
from cascade2spark.operations.callables import RowFilter, RowFunction, Shape
from cascade2spark.operations.java_regex import compile_java
from cascade2spark.operations.json.aggregates import NestedAggregate
from cascade2spark.operations.json.arguments import (
    drop_json_type,
    field_pointers,
    joined_fields,
    taken_flag,
    tree_reader,
    writers_of,
)
from cascade2spark.operations.json.pointers import MISSING, Pointer, missing_error
from cascade2spark.types import Double, JSONCoercibleType, String, Type, double_

__all__ = [
    "JSONGetAllAggregateFunction",
    "JSONGetAllFunction",
    "JSONGetFunction",
    "JSONRegexFilter",
]

_GET_FORMS = "(fields, [fail_on_missing,] pointers…), ({field: pointer, …}[, fail_on_missing])"
_ALL_FORMS = (
    "(root, fields, [fail_on_missing,] pointers…), (root, {field: pointer, …}[, fail_on_missing])"
)
_AGGREGATE_FORMS = (
    "(root, [nodes,] [fail_on_missing,] {pointer: aggregate, …}), "
    "(root, [nodes,] [fields,] [fail_on_missing,] pointers, aggregates)"
)
_FILTER_FORMS = "(pointer, pattern[, fail_on_missing]), (pointer, patterns[, fail_on_missing])"


class JSONGetFunction(RowFunction):
    """Take values out of a JSON tree, one for each pointer.

    The argument is a tree or text. A pointer with ``*`` or ``**`` gives the first match. What is
    not there is null, and so is JSON's null. Values are coerced to the types of the declared fields
    and are trees where these have none.

    Args:
        fields: names of the results; or a mapping of them to pointers.
        fail_on_missing: raise where a pointer finds nothing; null is something. Default False.
        pointers: one for each field.
    Raises:
        OperationError: (running) a pointer finds nothing, if asked for.
    Source:
        cascading.nested.json.JSONGetFunction
    Example:
        >>> get = JSONGetFunction(Fields("name", "n"), "/user/name", "/n")
        >>> get.bind(Fields("json"), get.get_field_declaration())('{"user": {"name": "Ann"}}')
        ('Ann', None)
    """

    def __init__(self, *given: Any, fail_on_missing: bool | None = None) -> None:
        named = field_pointers(
            "JSONGetFunction", drop_json_type(given), fail_on_missing, _GET_FORMS
        )
        super().__init__(1, named.fields)
        self.pointers = named.pointers
        self.fail_on_missing = named.fail_on_missing
        self.shape = Shape.VALUE if len(named.pointers) == 1 else Shape.ROW

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what takes the values out of one tree."""
        read = (
            _document_reader(argument_fields)
            if self.fail_on_missing
            else tree_reader(argument_fields)
        )
        takes = _takes("JSONGetFunction", self.pointers, declared, self.fail_on_missing)
        if self.shape is Shape.VALUE:
            take = takes[0]
            return lambda value, *_: take(read(value))

        # Faster than a list of calls by a third.
        return lambda value, *_: tuple(map(call, takes, repeat(read(value))))


class JSONGetAllFunction(RowFunction):
    """Give a row for every node that a root pointer names, of values taken out of that node.

    Args:
        root_pointer: names the nodes, usually with ``*`` or ``**``.
        fields: names of the results; or a mapping of them to pointers.
        fail_on_missing: raise where a pointer, or the root pointer, finds nothing. Default False:
            null, or no row.
        pointers: one for each field, from the node on.
    Source:
        cascading.nested.json.JSONGetAllFunction
    Example:
        >>> get = JSONGetAllFunction("/items/*", Fields("id"), "/id")
        >>> fields = get.get_field_declaration()
        >>> list(get.bind(Fields("json"), fields)({"items": [{"id": 1}, {"id": 2}]}))
        [1, 2]
    """

    def __init__(self, *given: Any, fail_on_missing: bool | None = None) -> None:
        rest = drop_json_type(given)
        self.root_pointer = _root_pointer("JSONGetAllFunction", rest, _ALL_FORMS)
        named = field_pointers("JSONGetAllFunction", rest, fail_on_missing, _ALL_FORMS)
        super().__init__(1, named.fields)
        self.pointers = named.pointers
        self.fail_on_missing = named.fail_on_missing
        self.shape = Shape.VALUES if len(named.pointers) == 1 else Shape.ROWS

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what gives the rows of one tree."""
        read = _document_reader(argument_fields)
        nodes = _nodes_of("JSONGetAllFunction", self.root_pointer, self.fail_on_missing)
        takes = _takes("JSONGetAllFunction", self.pointers, declared, self.fail_on_missing)
        if self.shape is Shape.VALUES:
            take = takes[0]
            return lambda value, *_: [take(node) for node in nodes(read(value))]
        return lambda value, *_: [
            tuple([take(node) for take in takes]) for node in nodes(read(value))
        ]


class JSONGetAllAggregateFunction(RowFunction):
    """Fold what is in all nodes that a root pointer names into one row.

    Args:
        root_pointer: names the nodes.
        nodes: called with the list of nodes, returns those to fold; to filter or to sort them.
        fields: names of the results instead of the aggregates' own.
        fail_on_missing: raise where a pointer, or the root pointer, finds nothing. Default False:
            that node is left out.
        pointers: a mapping of pointers, from the node on, to aggregates; or the pointers, and a
            list of as many aggregates.
    Raises:
        OperationError: (running) an aggregate cannot take a value, such as a text for a sum.
    Source:
        cascading.nested.json.JSONGetAllAggregateFunction
    Example:
        >>> from cascade2spark.operations import SumLongNestedAggregate
        >>> total = JSONGetAllAggregateFunction("/items/*", {"/n": SumLongNestedAggregate("sum")})
        >>> fields = total.get_field_declaration()
        >>> total.bind(Fields("json"), fields)({"items": [{"n": 1}, {"n": 2}, {}]})
        (3,)
    """

    shape = Shape.ROW

    def __init__(self, *given: Any, fail_on_missing: bool | None = None) -> None:
        owner, rest = "JSONGetAllAggregateFunction", drop_json_type(given)
        self.root_pointer = _root_pointer(owner, rest, _AGGREGATE_FORMS)
        self.nodes = rest.pop(0) if rest and callable(rest[0]) else None
        fields = None
        if len(rest) > 2 and (isinstance(rest[0], str) or is_fields(rest[0])):
            fields = as_fields(rest.pop(0))
        fail = taken_flag(rest)
        self.fail_on_missing = bool(fail_on_missing if fail is None else fail)
        texts, aggregates = _pointers_and_aggregates(owner, rest)
        own = joined_fields(owner, [one.get_field_declaration() for one in aggregates])
        self.pointers = tuple(Pointer(text) for text in texts)
        self.aggregates = tuple(aggregates)
        super().__init__(1, _renamed(owner, own, fields))

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what folds one tree."""
        owner = "JSONGetAllAggregateFunction"
        read, select = _document_reader(argument_fields), self.nodes
        nodes = _nodes_of(owner, self.root_pointer, self.fail_on_missing)
        found = [_found(owner, pointer, self.fail_on_missing) for pointer in self.pointers]
        parts = list(zip(self.pointers, found, self.aggregates, strict=True))

        def fold(value: Any, *_: Any) -> Any:
            contexts = [one.create_context(JSONCoercibleType.TYPE) for one in self.aggregates]
            chosen: Iterable[Any] = nodes(read(value))
            for node in chosen if select is None else select(chosen):
                for context, (pointer, find, aggregate) in zip(contexts, parts, strict=True):
                    one = find(node)
                    if one is not MISSING:
                        _aggregate(aggregate, context, one, pointer)
            results = zip(self.aggregates, contexts, strict=True)
            return tuple([value for one, context in results for value in one.complete(context)])

        return fold


class JSONRegexFilter(RowFilter):
    """Keep the rows in which the text of a node is found by a pattern; remove the others.

    With several nodes or patterns one match will do. Null is the empty text, an object or a list is
    its JSON.

    Args:
        pointer: names the nodes.
        pattern: what to look for, Java's; or a list of patterns.
        fail_on_missing: raise where the pointer finds nothing. Default True; else the empty text is
            looked at.
    Raises:
        OperationError: (running) the pointer finds nothing, unless allowed.
    Source:
        cascading.nested.json.JSONRegexFilter
    Example:
        >>> removes = JSONRegexFilter("/tags/*", "^a").bind(Fields("json"))
        >>> removes({"tags": ["b", "ab"]}), removes({"tags": ["b"]})
        (False, True)
    """

    def __init__(self, *given: Any, fail_on_missing: bool = True) -> None:
        super().__init__()
        rest = drop_json_type(given)
        if len(rest) < 2:
            raise BuildError(
                "JSONRegexFilter needs a pointer and a pattern", details={"accepted": _FILTER_FORMS}
            )
        self.pointer = Pointer(rest.pop(0))
        patterns = rest.pop(0)
        self.patterns = _patterns(patterns)
        fail = taken_flag(rest)
        self.fail_on_missing = fail_on_missing if fail is None else fail
        no_more("JSONRegexFilter", rest, _FILTER_FORMS)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the test that is true for rows to remove."""
        read, text_of = tree_reader(argument_fields), JSONCoercibleType.TYPE.writer(String)
        searches = [compile_java(pattern).search for pattern in self.patterns]
        pointer, fails = self.pointer, self.fail_on_missing

        def is_removed(value: Any, *_: Any) -> bool:
            tree = read(value)
            nodes = pointer.all(tree)
            if not nodes and fails:
                raise missing_error("JSONRegexFilter", pointer, tree)
            for node in nodes or [None]:
                text = text_of(node) or ""
                if any(search(text) for search in searches):
                    return False
            return True

        return is_removed


def _root_pointer(owner: str, rest: list[Any], forms: str) -> Pointer:
    if not rest or not isinstance(rest[0], str):
        raise BuildError(
            f"{owner} needs a root pointer first",
            asked=rest[0] if rest else None,
            details={"accepted": forms},
        )
    return Pointer(rest.pop(0))


def _document_reader(fields: Fields) -> Callable[[Any], Any]:
    """Return the reader of the argument that gives MISSING where there is no tree at all.

    The text of JSON's null is a tree. In a field of type JSON its null and ours are one, and none.
    """
    read = tree_reader(fields)

    def read_document(value: Any) -> Any:
        tree = read(value)
        is_none = tree is None and (value.__class__ is not str or not value.strip())
        return MISSING if is_none else tree

    return read_document


def _takes(
    owner: str, pointers: Sequence[Pointer], declared: Fields, fail_on_missing: bool
) -> list[Callable[[Any], Any]]:
    """Return, for each pointer, what takes its value out of a tree in the declared type."""
    writers = writers_of(declared)
    return [
        _taken(_found(owner, pointer, fail_on_missing, None), write, type_at(declared, at))
        for at, (pointer, write) in enumerate(zip(pointers, writers, strict=True))
    ]


def _taken(
    find: Callable[[Any], Any], write: Callable[[Any], Any] | None, to: Type | None
) -> Callable[[Any], Any]:
    if write is None:
        return find
    # Values of this class are of the type already: a call less for most of them.
    own = to.python_type if to in (String, Double, double_) else None

    def take(tree: Any) -> Any:
        found = find(tree)
        return found if found.__class__ is own else write(found)

    return take


def _found(
    owner: str, pointer: Pointer, fail_on_missing: bool, missing: Any = MISSING
) -> Callable[[Any], Any]:
    if not fail_on_missing:
        return pointer.getter(missing)
    get = pointer.getter()

    def find(tree: Any) -> Any:
        found = get(tree)
        if found is MISSING:
            raise missing_error(owner, pointer, None if tree is MISSING else tree)
        return found

    return find


def _nodes_of(owner: str, root: Pointer, fail_on_missing: bool) -> Callable[[Any], list[Any]]:
    def nodes(tree: Any) -> list[Any]:
        found = [] if tree is MISSING else root.all(tree)
        if not found and fail_on_missing:
            raise missing_error(owner, root, None if tree is MISSING else tree)
        return found

    return nodes


def _pointers_and_aggregates(
    owner: str, rest: list[Any]
) -> tuple[list[str], list[NestedAggregate]]:
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        texts, aggregates = list(rest[0]), list(rest[0].values())
    elif len(rest) == 2 and all(isinstance(one, (list, tuple)) for one in rest):
        texts, aggregates = list(rest[0]), list(rest[1])
    else:
        raise BuildError(
            f"{owner} needs pointers and their aggregates", details={"accepted": _AGGREGATE_FORMS}
        )
    if len(texts) != len(aggregates) or not texts:
        raise BuildError(
            f"{owner} needs one aggregate for each pointer",
            asked=texts,
            details={"aggregates": len(aggregates)},
        )
    for one in aggregates:
        if not isinstance(one, NestedAggregate):
            raise BuildError(f"{owner} takes nested aggregates", asked=shown_value(one))
    return texts, aggregates


def _renamed(owner: str, own: Fields, fields: Fields | None) -> Fields:
    """Return the aggregates' fields under other names, where some are given."""
    if fields is None:
        return own
    if not fields.is_defined() or len(fields) != len(own):
        raise BuildError(
            f"{owner} needs one field for each aggregate", asked=fields, available=list(own)
        )
    types = own.get_types()
    return fields if fields.get_types() or types is None else fields.apply_types(*types)


def _aggregate(aggregate: NestedAggregate, context: Any, node: Any, pointer: Pointer) -> None:
    try:
        aggregate.aggregate(context, node)
    except (Cascade2SparkError, ValueError, TypeError) as error:
        raise OperationError(
            f"{type(aggregate).__name__} cannot take a value",
            details={"pointer": pointer.text, "value": shown_value(node)},
        ) from error


def _patterns(given: Any) -> tuple[str, ...]:
    several = given if isinstance(given, (list, tuple)) else [given]
    texts = [one.pattern if isinstance(one, re.Pattern) else one for one in several]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise BuildError(
            "JSONRegexFilter needs patterns",
            asked=given or None,
            details={"accepted": _FILTER_FORMS},
        )
    for text in texts:
        compile_java(text)  # a bad pattern is refused here
    return tuple(texts)
