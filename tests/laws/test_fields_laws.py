"""Laws of the fields algebra, against a reference that knows only lists of names."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.field_resolution import resolve_each
from cascade2spark.fields import Fields
from cascade2spark.selection import layout_for, pick_for
from cascade2spark.types import Long, String

NAMES = "abcdefgh"

names = st.lists(st.sampled_from(NAMES), unique=True, max_size=6)
some_names = st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=6)
types = st.sampled_from([Long, String])


@st.composite
def typed_fields(draw):
    chosen = draw(some_names)
    if not draw(st.booleans()):
        return Fields(*chosen)
    return Fields(chosen, draw(st.lists(types, min_size=len(chosen), max_size=len(chosen))))


@st.composite
def operations(draw):
    """Return (incoming, argument, declared names, output selector): names only, often illegal."""
    incoming = draw(some_names)
    arguments = draw(st.lists(st.sampled_from(incoming), unique=True))
    declared = draw(st.one_of(names, st.permutations(arguments)))
    visible = sorted({*incoming, *declared})
    output = draw(
        st.one_of(
            st.sampled_from(["ALL", "RESULTS", "REPLACE", "SWAP"]),
            st.lists(st.sampled_from(visible), unique=True, min_size=1),
        )
    )
    return incoming, arguments, declared, output


@given(typed_fields(), typed_fields())
def test_what_was_appended_can_be_selected_and_subtracted(left, right):
    if set(left) & set(right):
        with pytest.raises(BuildError):
            left.append(right)
        return
    both = left.append(right)
    assert list(both) == [*left, *right]
    assert both.select(left).equals_fields(left) and both.select(right).equals_fields(right)
    assert both.subtract(right).equals_fields(left) and both.subtract(left).equals_fields(right)
    assert both.has_types() == (left.has_types() and right.has_types())


@given(typed_fields(), st.data())
def test_positions_from_either_end_select_what_names_select(fields, data):
    indexes = data.draw(st.lists(st.integers(0, len(fields) - 1), unique=True))
    by_name = fields.select([list(fields)[one] for one in indexes])
    assert fields.select(indexes) == by_name
    assert fields.select([one - len(fields) for one in indexes]) == by_name


@given(typed_fields(), st.data())
def test_selected_and_subtracted_make_the_whole(fields, data):
    away = fields.select(data.draw(st.lists(st.sampled_from(list(fields)), unique=True)))
    rest = fields.subtract(away)
    assert sorted([*rest, *away]) == sorted(fields)
    assert fields.select(rest) == rest


@given(typed_fields(), st.data())
def test_a_rename_there_and_back_changes_nothing(fields, data):
    chosen = data.draw(st.lists(st.sampled_from(list(fields)), unique=True))
    new = [name.upper() for name in chosen]
    assert fields.rename(chosen, new).rename(new, chosen) == fields


@given(some_names, some_names)
def test_join_keeps_every_position_and_merge_every_name(left, right):
    joined = Fields.join(True, left, right)
    assert len(joined) == len(left) + len(right)
    assert set(Fields.merge(left, right)) == set(left) | set(right)
    assert Fields.as_declaration(joined) == joined


def outgoing_by_lists(incoming, arguments, declared, output):
    """Return the outgoing names and each one's source, or None for an illegal combination."""
    old = [(name, "incoming") for name in incoming]
    new = [(name, "declared") for name in declared]
    if output == "RESULTS":
        chosen = new
    elif output == "ALL":
        chosen = old + new
    elif output == "SWAP":
        chosen = [one for one in old if one[0] not in arguments] + new
    elif output == "REPLACE":
        if len(arguments) != len(declared) or not set(declared) <= set(incoming):
            return None
        chosen = [(name, "declared" if name in declared else "incoming") for name in incoming]
    else:
        if any((name in incoming) and (name in declared) for name in output):
            return None
        chosen = [(name, "declared" if name in declared else "incoming") for name in output]
    found = [name for name, _ in chosen]
    return chosen if len(set(found)) == len(found) else None


@given(operations())
def test_outgoing_fields_and_rows_are_those_of_the_lists(operation):
    incoming, arguments, declared, output = operation
    selector, declaration = Fields(arguments), Fields(declared)
    out = Fields(output) if isinstance(output, list) else getattr(Fields, output)
    expected = outgoing_by_lists(*operation)
    if expected is None:
        with pytest.raises(PlanError):
            resolve_each(selector, declaration, out, Fields(incoming))
        return
    found = resolve_each(selector, declaration, out, Fields(incoming))
    assert list(found.outgoing) == [name for name, _ in expected]
    assert found.outgoing.is_ordered()
    row, results = tuple(f"old {name}" for name in incoming), tuple(f"new {n}" for n in declared)
    values = {"incoming": dict(zip(incoming, row, strict=True))}
    values["declared"] = dict(zip(declared, results, strict=True))
    spec = layout_for(out, found.passed, selector, found.arguments, found.declared)
    build = pickle.loads(pickle.dumps(spec)).build()
    assert build(row, results) == tuple(values[side][name] for name, side in expected)


@given(operations())
def test_an_unknown_stream_builds_the_rows_a_known_one_would(operation):
    """By position, since names are not known: every legal layout is the same for UNKNOWN."""
    incoming, arguments, declared, output = operation
    width = len(incoming)
    picked = Fields([incoming.index(name) for name in arguments])
    results = tuple(f"new {name}" for name in declared)
    row = tuple(f"old {name}" for name in incoming)
    given_names = [f"{name}{name}" for name in declared]
    if isinstance(output, list):
        total = width + len(declared)
        out = Fields([at % total - (total if at % 2 else 0) for at in range(total)])
    else:
        out = getattr(Fields, output)
    declaration = Fields(given_names)
    if output == "REPLACE":
        if len(arguments) != len(declared):
            return
        declaration = Fields.ARGS
    built = []
    for stream in (Fields.size(width), Fields.UNKNOWN):
        found = resolve_each(picked, declaration, out, stream)
        spec = layout_for(out, stream, picked, found.arguments, found.declared)
        built.append(spec.build()(row, results))
    assert built[0] == built[1]


@given(some_names, st.data())
def test_a_pick_cuts_what_names_say(incoming, data):
    wanted = data.draw(st.lists(st.sampled_from(incoming), unique=True))
    row = tuple(f"value of {name}" for name in incoming)
    cut = pick_for(Fields(wanted), Fields(incoming)).of()
    assert cut(row) == tuple(f"value of {name}" for name in wanted)


@given(some_names, names, st.integers(0, 3), st.data())
def test_names_around_an_unknown_part_are_found_in_rows_of_any_width(head, tail, extra, data):
    after = [f"{name}2" for name in tail]
    stream = Fields(head).append(Fields.UNKNOWN).append(Fields(after))
    row = (*head, *["?"] * extra, *after)
    wanted = data.draw(st.lists(st.sampled_from(head + after), unique=True))
    assert pick_for(Fields(wanted), stream).of()(row) == tuple(wanted)
