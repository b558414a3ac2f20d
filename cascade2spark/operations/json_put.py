"""Functions, and an aggregator, that make JSON trees: set, create, copy and build.

The trees that come in are never changed: what is changed is a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.json_trees import copy_tree, tree_of
from cascade2spark.operations.arguments import is_fields, no_more
from cascade2spark.operations.callables import Fold, FoldAggregator, RowFunction
from cascade2spark.operations.json.arguments import (
    drop_json_type,
    joined_fields,
    result_field,
    tree_reader,
    tree_writer,
)
from cascade2spark.operations.json.building import Builder, BuildSpec
from cascade2spark.operations.json.copying import Copier, CopySpec
from cascade2spark.operations.json.pointers import Pointer

__all__ = [
    "JSONBuildAsAggregator",
    "JSONBuildAsFunction",
    "JSONBuildIntoFunction",
    "JSONCopyAsFunction",
    "JSONCopyIntoFunction",
    "JSONCreateFunction",
    "JSONSetFunction",
]

_SET_FORMS = "(field), (field, root), (field, argument, pointer), (field, {argument: pointer, …})"
_CREATE_FORMS = (
    "(field[, root][, predicate]), (field, [predicate,] argument, pointer), "
    "(field, [predicate,] {argument: pointer, …})"
)


class _SetsValues(RowFunction):
    """Sets arguments at pointers of a tree."""

    forms = _SET_FORMS
    # Arguments before this one are not set by their names.
    first_set = 0
    predicate: Callable[[Any], Any] | None = None

    def __init__(self, *given: Any) -> None:
        owner, rest = type(self).__name__, drop_json_type(given)
        if not rest:
            raise BuildError(f"{owner} needs a field", details={"accepted": self.forms})
        super().__init__(result_field(owner, rest.pop(0)))
        self.root_pointer, self.places = _places(owner, rest, self.forms)

    def _sets(self, arguments: Fields) -> list[tuple[int, Pointer]]:
        """Return position and pointer of each argument that is set."""
        owner = type(self).__name__
        if self.places is not None:
            fields, pointers = self.places
            missing = [one for one in fields if not arguments.contains(Fields(one))]
            if missing:
                raise BuildError(
                    f"{owner} sets a field that is not among its arguments",
                    asked=missing[0],
                    available=[str(one) for one in arguments],
                )
            positions = [arguments.get_pos(one) for one in fields]
            return list(zip(positions, pointers, strict=True))
        if not arguments.is_defined():
            raise BuildError(
                f"{owner} sets values by the names of its arguments, which are not known",
                fix="give a mapping of arguments to pointers",
            )
        root = self.root_pointer
        names = list(enumerate(arguments))[self.first_set :]
        return [(at, Pointer(f"{root}/{name}").single(owner)) for at, name in names]

    def _setter(self, arguments: Fields) -> Callable[[Any, tuple[Any, ...]], None]:
        sets, predicate = self._sets(arguments), self.predicate

        def set_values(tree: Any, values: tuple[Any, ...]) -> None:
            for at, pointer in sets:
                if predicate is None or predicate(values[at]):
                    pointer.set_at(tree, tree_of(values[at]))

        return set_values


class JSONSetFunction(_SetsValues):
    """Set arguments in a copy of the JSON tree that is the first argument.

    Every other argument goes to ``root/name``, or to the pointer it is mapped to. Parents are made;
    a text stays a text, null is JSON's null.

    Args:
        field: name of the result.
        root_pointer: where the arguments go by their names. Default: the root.
        argument, pointer: one argument and its place.
        pointers: a mapping of arguments to their places.
    Raises:
        OperationError: (running) the first argument is null, or a place is below a value that can
            have nothing below it.
    Source:
        cascading.nested.json.JSONSetFunction
    Example:
        >>> set_ = JSONSetFunction("json", "/user")
        >>> fields = set_.get_field_declaration()
        >>> set_.bind(Fields("json", "age"), fields)('{"user": {"name": "Ann"}}', 33)
        {'user': {'name': 'Ann', 'age': 33}}
    """

    first_set = 1

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what sets the values of one row."""
        read, write = tree_reader(argument_fields), tree_writer(declared)
        set_values = self._setter(argument_fields)

        def set_all(*values: Any) -> Any:
            tree = _changeable("JSONSetFunction", read(values[0]))
            set_values(tree, values)
            return write(tree)

        return set_all


class JSONCreateFunction(_SetsValues):
    """Make a JSON object of the arguments.

    Every argument goes to ``root/name``, or to the pointer it is mapped to; see JSONSetFunction.

    Args:
        field: name of the result.
        root_pointer: where the arguments go by their names. Default: the root.
        predicate: called with each value; only those for which it is true are set.
        argument, pointer: one argument and its place.
        pointers: a mapping of arguments to their places.
    Source:
        cascading.nested.json.JSONCreateFunction
    Example:
        >>> create = JSONCreateFunction("json", {"name": "/user/name", "n": "/n"})
        >>> create.bind(Fields("name", "n"), create.get_field_declaration())("Ann", 7)
        {'user': {'name': 'Ann'}, 'n': 7}
    """

    forms = _CREATE_FORMS

    def __init__(self, *given: Any, predicate: Callable[[Any], Any] | None = None) -> None:
        functions = [one for one in given if _is_predicate(one)]
        if len(functions) > (predicate is None):
            raise BuildError(
                "JSONCreateFunction takes one predicate", details={"accepted": self.forms}
            )
        super().__init__(*[one for one in given if not _is_predicate(one)])
        self.predicate = functions[0] if functions else predicate

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what makes the object of one row."""
        write, set_values = tree_writer(declared), self._setter(argument_fields)

        def create(*values: Any) -> Any:
            tree: dict[str, Any] = {}
            set_values(tree, values)
            return write(tree)

        return create


class JSONCopyAsFunction(RowFunction):
    """Copy parts of a JSON tree into a new object; null gives an empty object.

    Args:
        field: name of the result.
        specs: what is copied, and where to.
    Source:
        cascading.nested.json.JSONCopyAsFunction
    Example:
        >>> copy = JSONCopyAsFunction("json", CopySpec("/who").from_include("/user", "/name"))
        >>> fields = copy.get_field_declaration()
        >>> copy.bind(Fields("json"), fields)({"user": {"name": "Ann", "age": 3}})
        {'who': {'name': 'Ann'}}
    """

    num_arguments = 1

    def __init__(self, *given: Any) -> None:
        owner = type(self).__name__
        field, specs = _field_and_specs(owner, given, CopySpec)
        super().__init__(self.num_arguments, field)
        self.specs = specs

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what copies from one tree."""
        read, write = tree_reader(argument_fields), tree_writer(declared)
        copier = Copier(self.specs)

        def copy(value: Any, *_: Any) -> Any:
            tree: dict[str, Any] = {}
            if value is None:
                copier.make_places(tree)
            else:
                copier.copy(read(value), tree)
            return write(tree)

        return copy


class JSONCopyIntoFunction(JSONCopyAsFunction):
    """Copy parts of the JSON tree that is the first argument into a copy of the last one.

    Args:
        field: name of the result.
        specs: what is copied, and where to.
    Raises:
        OperationError: (running) the last argument is null, or has something else than an object at
            a place that takes copies.
    Source:
        cascading.nested.json.JSONCopyIntoFunction
    Example:
        >>> copy = JSONCopyIntoFunction("json", CopySpec().include("/name"))
        >>> fields = copy.get_field_declaration()
        >>> copy.bind(Fields("from", "into"), fields)({"name": "Ann", "age": 3}, {"n": 1})
        {'n': 1, 'name': 'Ann'}
    """

    num_arguments = 2

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what copies from one tree into another."""
        last = len(argument_fields) - 1
        read, read_last = tree_reader(argument_fields), tree_reader(argument_fields, last)
        write, copier = tree_writer(declared), Copier(self.specs)

        def copy(*values: Any) -> Any:
            tree = _changeable("JSONCopyIntoFunction", read_last(values[-1]))
            copier.copy(read(values[0]), tree)
            return write(tree)

        return copy


class JSONBuildAsFunction(RowFunction):
    """Put values of fields at places of a new JSON object.

    Args:
        field: name of the result.
        specs: which values, and where to.
    Source:
        cascading.nested.json.JSONBuildAsFunction
    Example:
        >>> build = JSONBuildAsFunction("json", BuildSpec("/u").put_into("id", int, "/id"))
        >>> build.bind(Fields("id"), build.get_field_declaration())("7")
        {'u': {'id': 7}}
    """

    def __init__(self, *given: Any) -> None:
        field, specs = _field_and_specs(type(self).__name__, given, BuildSpec)
        super().__init__(field)
        self.specs = specs

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what builds the object of one row."""
        builder, write = Builder(self.specs, argument_fields), tree_writer(declared)

        def build(*values: Any) -> Any:
            tree: dict[str, Any] = {}
            builder.build(tree, values)
            return write(tree)

        return build


class JSONBuildIntoFunction(JSONBuildAsFunction):
    """Put values of fields at places of a copy of the JSON tree that is the last argument.

    Args:
        field: name of the result.
        specs: which values, and where to.
    Raises:
        OperationError: (running) the last argument is null, or has something at a place, or above
            it, that is in the way.
    Source:
        cascading.nested.json.JSONBuildIntoFunction
    Example:
        >>> build = JSONBuildIntoFunction("json", BuildSpec().add_into("tag", "/tags"))
        >>> fields = build.get_field_declaration()
        >>> build.bind(Fields("tag", "json"), fields)("x", '{"tags": ["a"]}')
        {'tags': ['a', 'x']}
    """

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what builds into the tree of one row."""
        last = len(argument_fields) - 1
        builder, read = Builder(self.specs, argument_fields), tree_reader(argument_fields, last)
        write = tree_writer(declared)

        def build(*values: Any) -> Any:
            tree = _changeable("JSONBuildIntoFunction", read(values[-1]))
            builder.build(tree, values)
            return write(tree)

        return build


class JSONBuildAsAggregator(FoldAggregator):
    """Put values of the rows of a group at places of one new JSON object, in the group's order.

    What `put_into` puts is that of the last row that has a value; what `add_into` adds is all.

    Args:
        field: name of the result.
        specs: which values, and where to.
    Source:
        cascading.nested.json.JSONBuildAsAggregator
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> build = JSONBuildAsAggregator("json", BuildSpec().add_into("n", int, "/all"))
        >>> run_operation(build, [(1,), (2,)], Fields("n"))
        [({'all': [1, 2]},)]
    """

    def __init__(self, *given: Any) -> None:
        field, specs = _field_and_specs("JSONBuildAsAggregator", given, BuildSpec)
        super().__init__(field)
        self.specs = specs

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the building of one object."""
        builder, write = Builder(self.specs, argument_fields), tree_writer(declared)

        def step(tree: dict[str, Any], *values: Any) -> dict[str, Any]:
            builder.build(tree, values)
            return tree

        return Fold(dict, step, write)


def _places(
    owner: str, rest: list[Any], forms: str
) -> tuple[str, tuple[Fields, tuple[Pointer, ...]] | None]:
    """Return the root for arguments by name, and the arguments that have places of their own."""
    if not rest:
        return "", None
    if len(rest) == 1 and isinstance(rest[0], str):
        return Pointer(rest[0]).text, None
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        names, texts = list(rest[0]), list(rest[0].values())
    elif len(rest) == 2 and (isinstance(rest[0], str) or is_fields(rest[0])):
        names, texts = [rest[0]], [rest[1]]
    else:
        raise BuildError(
            f"{owner} does not take these arguments", asked=rest, details={"accepted": forms}
        )
    if not names:
        raise BuildError(f"{owner} was given an empty mapping", details={"accepted": forms})
    pointers = tuple(Pointer(text).single(owner) for text in texts)
    return "", (joined_fields(owner, names), pointers)


def _field_and_specs(
    owner: str, given: Sequence[Any], kind: type
) -> tuple[Fields, tuple[Any, ...]]:
    field, *specs = drop_json_type(given) or [None]
    forms = f"(field, {kind.__name__}, …)"
    if field is None:
        raise BuildError(f"{owner} needs a field", details={"accepted": forms})
    no_more(owner, [one for one in specs if not isinstance(one, kind)], forms)
    if not specs:
        raise BuildError(f"{owner} needs a {kind.__name__}", details={"accepted": forms})
    return result_field(owner, as_fields(field)), tuple(specs)


def _changeable(owner: str, tree: Any) -> Any:
    """Return a copy of an argument; null is nothing that a value could be put into."""
    if tree is None:
        raise OperationError(f"{owner} has no tree to put values into: the argument is null")
    return copy_tree(tree)


def _is_predicate(given: Any) -> bool:
    return callable(given)
