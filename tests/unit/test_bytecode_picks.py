"""Functions that take tuples apart: what is known of them without a call, and what is not."""

from __future__ import annotations

from operator import attrgetter, itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.bytecode.picks import Constant, made_shape, picked, splits_words
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.scalding.sources import TextLine, TypedTsv
from cascade2spark.scalding.typed import TypedPipe
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.scalding.typed_case import collected, shown

ROW = ("a", "b", ("c", "d"), "e")


def unpacked(row):
    first, second, (third, _), _ = row
    return third, (second, first)


def starred(row):
    return (*row, row[0], 1)


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        ("a", lambda row: row[0]),
        ("e", lambda row: row[-1]),
        ("d", lambda row: row[2][1]),
        (("e", "a"), lambda row: (row[3], row[0])),
        (("b", ("c", "d"), "e"), lambda row: row[1:]),
        (("a", ("c", "d")), lambda row: row[::2]),
        (("a", "b", "c", "d"), lambda row: row[:2] + row[2]),
        (("a", ("a", "b")), lambda row: (row[0], row[:2])),
        (("a", Constant(1), Constant("x")), lambda row: (row[0], 1, "x")),
        (("c", ("b", "a")), unpacked),
        ((*ROW, "a", Constant(1)), starred),
        (ROW, lambda row: row),
        ("b", itemgetter(1)),
        (("a", "e"), itemgetter(0, -1)),
    ],
)
def test_what_a_function_takes_is_known(expected, call) -> None:
    assert expected == picked(call, ROW)


FOUND = 0


@pytest.mark.parametrize(
    "call",
    [
        lambda row: row[9],  # fails, when it is called
        lambda row: row[0][1],
        lambda row: row[FOUND],
        lambda row: row[0] or row[1],
        lambda row: row[0] if row else row[1],
        lambda row: row[0] + row[1],
        lambda row: [row[0]],
        lambda row: (),
        lambda row: (row[0], ()),
        lambda row: len(row),
        lambda row: (yield row),
        lambda *row: row[0],
        lambda row, *, other=1: row[0],
        lambda row: row[True],
        lambda row: row[::0],
        lambda row: (row[0], print("seen")),
        attrgetter("name"),
        str,
        tuple,
    ],
)
def test_what_has_to_be_called_is_called(call) -> None:
    assert picked(call, ROW) is None


def test_nothing_is_known_of_a_value_in_one_field() -> None:
    assert picked(lambda value: value[0], "value") is None
    assert ("value", Constant(1)) == picked(lambda value: (value, 1), "value")


def test_a_function_of_another_scope_is_called() -> None:
    place = 0
    assert picked(lambda row: row[place], ROW) is None


def either(row):
    if row:
        return row, 1
    return 1, row


def sometimes(row):
    if row:
        return row, 1
    return None


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        ((0, 0), lambda line: (line.strip(), len(line))),
        ((0, (0, 0)), lambda line: (line, (len(line), 1))),
        ((0, 0), lambda line: (line, (1, 2) if line else (line, 2))),
        ((0, 0, 0), lambda line: ((line, 1), line, 2)),
        ((0, 0), either),
        (0, sometimes),
        (0, lambda line: (line, 1) if line else None),
        (0, lambda line: line.split()),
        (0, str.split),
        (0, lambda line: (yield line, 1)),
    ],
)
def test_the_shape_of_tuples_is_known_where_it_is_certain(expected, call) -> None:
    assert expected == made_shape(call)


def test_splitting_at_blanks_is_known() -> None:
    assert splits_words(str.split) and splits_words(lambda text: text.split())
    others = (str.rsplit, lambda text: text.split(" "), lambda text: text.lower(), sometimes)
    assert not any(map(splits_words, others))


# -- what pipes make of it ------------------------------------------------------------------------

ENGINES = [
    LocalFlowConnector({}),
    InProcessConnector({"cascade2spark.form": "rows"}, InProcessEngine(partitions=2)),
    InProcessConnector({"cascade2spark.form": "columns"}, InProcessEngine(partitions=2)),
]
EVENTS = "ann\t3\tx\t1.5\nbob\t1\ty\t\nann\t2\t\t-0.0\n\t4\tz\t2\nbob\t1\tx\t1\nann\t2\ty\t0\n"
USERS = "ann\tUlm\nbob\tBonn\ncid\tJena\nann\tKiel\n"


@pytest.fixture
def events(tmp_path) -> TypedPipe:
    (tmp_path / "events.tsv").write_text(EVENTS)
    return TypedPipe.from_(TypedTsv(str(tmp_path / "events.tsv"), (str, int, str, float)))


@pytest.fixture
def users(tmp_path) -> TypedPipe:
    (tmp_path / "users.tsv").write_text(USERS)
    return TypedPipe.from_(TypedTsv(str(tmp_path / "users.tsv"), (str, str)))


def opaque(call):
    """Return a function that does the same, and is called."""
    return lambda value: call(value)


JOBS = {
    "projected": (lambda p, u, f, g: p.map(f).map(g), lambda r: (r[1], r[0], r[1]), itemgetter(2)),
    "grouped": (
        lambda p, u, f, g: p.group_by(f).map_group(lambda key, rows: [list(rows)]).map(g),
        lambda r: r[0],
        lambda pair: (pair[1], pair[0]),
    ),
    "grouped by two": (
        lambda p, u, f, g: p.group_by(f).size().map(g),
        lambda r: (r[0], r[2]),
        lambda pair: (pair[0], pair[1], pair[1]),
    ),
    "sorted": (
        lambda p, u, f, g: p.group_by(f).sort_by(g).reverse().map_group(lambda k, rows: list(rows)),
        lambda r: r[0],
        lambda r: (r[1], r[2]),
    ),
    "sorted by the key": (
        lambda p, u, f, g: p.group_by(f).sort_by(g).to_list(),
        lambda r: r[0],
        lambda r: r[0],
    ),
    "summed": (
        lambda p, u, f, g: p.map(f).sum_by_key().map(g),
        lambda r: (r[0], r[1]),
        lambda pair: (pair[1], pair),
    ),
    "summed by the value": (
        lambda p, u, f, g: p.map(f).group().sum().map(g),
        lambda r: (r[1], r[1]),
        lambda pair: pair[::-1],
    ),
    "counted": (
        lambda p, u, f, g: p.map(f).map_values(g).sum_by_key(),
        lambda r: (r[0], (r[1], 7)),
        lambda value: value[1],
    ),
    "joined": (
        lambda p, u, f, g: p.group_by(f).join(u).values().map(g),
        lambda r: r[0],
        lambda both: both[0] + (both[1],),
    ),
    "joined on the left": (
        lambda p, u, f, g: p.map(f).group().left_join(u).map(g),
        lambda r: (r[0], (r[1], r[2])),
        lambda pair: (pair[0], pair[1][0], pair[1][1]),
    ),
    "joined on all sides": (
        lambda p, u, f, g: p.map(f).group().outer_join(u.map(g)),
        lambda r: (r[0], r[1:]),
        lambda r: (r[0], (r[1], r[0])),
    ),
    "held": (
        lambda p, u, f, g: p.map(f).hash_left_join(u).map(g),
        lambda r: (r[0], r),
        lambda pair: (pair[1][1], pair[1][0]),
    ),
    "merged": (
        lambda p, u, f, g: (p.map(f) + p.map(g)).group().to_list().map_values(sorted),
        lambda r: (r[0], (r[2] or "", 1)),
        lambda r: (r[2], ("", 2)),
    ),
    "distinct": (
        lambda p, u, f, g: p.map(f).distinct().map(g),
        lambda r: (r[0], r[0]),
        lambda r: r[0],
    ),
    "kept": (
        lambda p, u, f, g: p.map(f).force_to_disk().cross(u.map(g)),
        lambda r: (r[2], r[2]),
        lambda r: (r[1], r[1]),
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_values_are_those_of_the_functions(name, events, users) -> None:
    build, first, second = JOBS[name]
    expected = None
    for connector in ENGINES:
        for f, g in ((first, second), (opaque(first), opaque(second))):
            (found,) = collected(connector, build(events, users, f, g))
            expected = expected or shown(found)
            assert expected == shown(found)


def test_a_row_too_short_fails_where_the_function_stands(events) -> None:
    with pytest.raises(Exception, match="tuple index out of range"):
        collected(ENGINES[0], events.map(lambda row: row[4]))


def test_keys_of_two_types_are_one_key_by_their_value(tmp_path) -> None:
    (tmp_path / "left.tsv").write_text("1\ta\n2\tb\n")
    (tmp_path / "right.tsv").write_text("1.0\tx\n2.5\ty\n")
    left = TypedPipe.from_(TypedTsv(str(tmp_path / "left.tsv"), (int, str)))
    right = TypedPipe.from_(TypedTsv(str(tmp_path / "right.tsv"), (float, str)))
    for connector in ENGINES:
        joins = (left.group().join(right), left.hash_join(right))
        found = [sorted(one) for one in collected(connector, *joins)]
        assert [[(1, ("a", "x"))]] * 2 == found


WORDS = st.text(st.sampled_from("ab \t\x0b\x1c\x1f\x85\xa0é\u2003\u200b\u3000"), max_size=12)


@given(st.lists(WORDS, max_size=6))
def test_words_are_those_of_python(tmp_path_factory, lines) -> None:
    path = tmp_path_factory.mktemp("words") / "in.txt"
    text = [line.replace("\x0b", "\x0c") for line in lines]
    path.write_text("".join(f"{line}\n" for line in text), newline="")
    pipe = TypedPipe.from_(TextLine(str(path)))
    counted = pipe.flat_map(str.split).map(lambda word: (word, 1)).sum_by_key()
    called = pipe.flat_map(opaque(str.split)).map(opaque(lambda word: (word, 1))).sum_by_key()
    for connector in ENGINES:
        found, expected = collected(connector, counted, called)
        assert sorted(expected) == sorted(found)


NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([2**62, -(2**63), 2**63 - 1, 2**70]),
    st.floats(width=32),
    st.booleans(),
    st.none(),
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", 1, 1.0, True]), NUMBERS), max_size=8))
def test_sums_are_those_of_python(pairs) -> None:
    pipe = TypedPipe.from_(pairs).map(lambda pair: (pair[0], pair[1]))
    found = [_outcome(connector, pipe.sum_by_key()) for connector in ENGINES]
    assert found[0] == found[1] == found[2]


def _outcome(connector, pipe) -> object:
    try:
        (found,) = collected(connector, pipe)
    except Exception:
        return "refused"
    return shown(found)
