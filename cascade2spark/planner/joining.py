"""What several branches must agree on: field names in a merge, key types, the fields of a join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.field_elements import first_duplicate
from cascade2spark.fields import Fields
from cascade2spark.ordering import KeyOrder
from cascade2spark.pipes import CoGroup, Pipe
from cascade2spark.planner.assembly import Assembly
from cascade2spark.planner.checks import is_buffer_join
from cascade2spark.planner.findings import problem_at, shown_all
from cascade2spark.planner.nodes import Node
from cascade2spark.types import same_canonical

__all__ = ["check_key_types", "check_same_fields", "comparators_of", "resolve_join"]


def check_same_fields(pipe: Pipe, inputs: Sequence[Node], assembly: Assembly) -> Fields:
    """Return the fields of merged branches: names must be equal and in one order.

    Types stay where all branches agree on them.
    """
    first = inputs[0].fields
    if any(not first.equals_fields(node.fields) for node in inputs[1:]):
        names = [{str(name) for name in node.fields} for node in inputs]
        odd = sorted({name for one in names for name in one if not all(name in x for x in names)})
        is_order = not odd and len({len(node.fields) for node in inputs}) == 1
        shown = shown_all([node.fields for node in inputs])
        raise problem_at(
            assembly,
            pipe,
            f"merges branches whose fields differ in {'their order' if is_order else 'name'}",
            details={"fields": shown} | ({"not in all": ", ".join(map(repr, odd))} if odd else {}),
            fix="bring all branches into one order with Retain" if is_order else None,
        )
    if any(node.fields.get_types() != first.get_types() for node in inputs[1:]):
        return first.un_apply_types()
    return first


def check_key_types(
    pipe: Pipe,
    keys: Sequence[Fields],
    selectors: Sequence[Fields],
    inputs: Sequence[Node],
    assembly: Assembly,
) -> None:
    """Refuse keys of different sizes, or of types that never meet unless a comparator is set."""
    if len({len(key) for key in keys}) > 1:
        raise problem_at(
            assembly,
            pipe,
            "has keys of different sizes",
            details={"keys": shown_all(keys)},
        )
    for place in range(len(keys[0])):
        compared = any(
            comparators_of(selector, node.fields, len(keys[0]))[place] is not None
            for selector, node in zip(selectors, inputs, strict=True)
        )
        types = [None if (found := key.get_types()) is None else found[place] for key in keys]
        typed = [one for one in types if one is not None]
        if not compared and any(not same_canonical(typed[0], one) for one in typed[1:]):
            raise problem_at(
                assembly,
                pipe,
                "brings together keys of different types, which are never equal",
                details={"keys": shown_all(keys)},
            )
    if getattr(pipe, "skewed", False):
        _check_can_spread(pipe, selectors, inputs, len(keys[0]), assembly)


def _check_can_spread(
    pipe: Pipe,
    selectors: Sequence[Fields],
    inputs: Sequence[Node],
    size: int,
    assembly: Assembly,
) -> None:
    """Refuse to spread keys that no hash tells apart."""
    found = [
        one
        for selector, node in zip(selectors, inputs, strict=True)
        for one in comparators_of(selector, node.fields, size)
        if one is not None
    ]
    if not size or not all(KeyOrder(1, (one,)).has_group_key for one in found):
        raise problem_at(
            assembly,
            pipe,
            "cannot be spread over partitions: "
            + ("it has no key" if not size else "a comparator of its key has no hash_code"),
            details={"asked for": "skewed=True"},
            fix="leave out skewed=True" if not size else "give the comparator a hash_code",
        )


def comparators_of(selector: Fields, incoming: Fields, size: int) -> tuple[Any, ...]:
    """Return the comparator of each key field: those set on the selector the user gave.

    ALL and its like have none of their own and take those of the incoming fields.
    """
    found = selector.get_comparators() if selector.is_defined() else incoming.get_comparators()
    return tuple(found) if len(found) == size else (None,) * size


def resolve_join(
    pipe: Any,
    inputs: Sequence[Node],
    sides: Sequence[int],
    keys: Sequence[Fields],
    assembly: Assembly,
) -> tuple[Fields, Fields, bool]:
    """Return the joined fields, those of the group tuple, and whether a Buffer does the joining."""
    fields = [inputs[side].fields for side in sides]
    result_group = getattr(pipe, "result_group", None)
    own_keys = keys[:1] if pipe.is_self_join() else keys
    if isinstance(pipe, CoGroup) and is_buffer_join(pipe):
        return Fields.NONE, result_group or _masked(own_keys), True
    joined = _joined_fields(pipe, fields, assembly)
    if result_group is not None:
        return joined, result_group, False
    if pipe.is_self_join():
        return joined, Fields.as_declaration(keys[0]), False
    return joined, _group_fields(joined, fields, keys), False


def _joined_fields(pipe: Any, fields: Sequence[Fields], assembly: Assembly) -> Fields:
    declared: Fields | None = pipe.declared
    is_unknown = any(one.is_unknown() for one in fields)
    if declared is not None and declared.is_unknown():
        return Fields.UNKNOWN
    if declared is not None and declared.is_defined():
        if not is_unknown and len(declared) != sum(map(len, fields)):
            raise problem_at(
                assembly,
                pipe,
                f"declares {len(declared)} fields for {sum(map(len, fields))} joined ones",
                asked=list(declared),
                details={"sides": shown_all(fields)},
            )
        types = [one.get_types() for one in fields]
        if declared.has_types() or is_unknown or any(one is None for one in types):
            return Fields.as_declaration(declared)
        all_types = [entry for one in types for entry in one or ()]
        return Fields.as_declaration(declared).apply_types(*all_types)
    joined = Fields.NONE
    for one in fields:
        try:
            joined = joined.append(one)
        except BuildError as error:
            raise _shared_names(pipe, fields, assembly) from error
    return joined


def _shared_names(pipe: Any, fields: Sequence[Fields], assembly: Assembly) -> PlanError:
    names = [name for one in fields for name in one if isinstance(name, str)]
    shared = dict.fromkeys(name for name in names if names.count(name) > 1)
    return problem_at(
        assembly,
        pipe,
        "joins streams that share field names, and declares no fields",
        details={"shared": ", ".join(map(repr, shared)), "sides": shown_all(fields)},
        fix=f"declare a name for each of the {sum(map(len, fields))} joined fields, in their order",
    )


def _group_fields(joined: Fields, fields: Sequence[Fields], keys: Sequence[Fields]) -> Fields:
    """Return the key fields of every side as they are named in the joined row."""
    if any(one.is_unknown() for one in (*fields, joined)):
        return _masked(keys)
    names: list[Any] = []
    offset = 0
    for one, key in zip(fields, keys, strict=True):
        names += [joined.get(offset + place) for place in one.get_pos(key)]
        offset += len(one)
    return _unique(names)


def _masked(keys: Sequence[Fields]) -> Fields:
    return _unique([name for key in keys for name in key])


def _unique(names: Sequence[Any]) -> Fields:
    """Return names as the fields of a group tuple: what is nameless or taken gets its place."""
    if not names:
        return Fields.NONE
    seen: set[Any] = set()
    elements: list[Any] = []
    for place, name in enumerate(names):
        is_taken = name in seen or not isinstance(name, str)
        elements.append(place if is_taken else name)
        seen.add(name)
    assert first_duplicate(elements) is None
    return Fields(elements)
