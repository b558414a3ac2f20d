"""Thrift: values and bytes, both protocols, with the C codec and without."""

from __future__ import annotations

import pickle
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.codecs import thrift_codec, thrift_fast
from cascade2spark.codecs.thrift import ThriftCodec, record_class, thrift_struct
from cascade2spark.errors import BadRecord, BuildError
from tests.fuzz.thrift_mutations import EVENT, event


@pytest.fixture(params=["C codec", "pure Python"])
def codec_of(request, monkeypatch):
    """A codec that nobody made before, with the C extension or without."""
    if request.param == "pure Python":
        monkeypatch.setattr(thrift_fast, "is_fast", lambda struct: False)
    thrift_codec._tools_of.cache_clear()
    yield ThriftCodec
    thrift_codec._tools_of.cache_clear()


def test_structs_as_keys_and_containers_in_sets(codec_of) -> None:
    idl = """struct K { 1: i32 a }
    struct A { 1: map<K, string> m, 2: set<K> s, 3: set<list<i32>> l, 4: map<list<string>, i32> n }
    """
    key = record_class(idl, "K")
    record = record_class(idl, "A")(m={key(a=1): "x"}, s={key(a=2)}, l={(1, 2)}, n={("a",): 1})
    for protocol in ("binary", "compact"):
        codec = codec_of(thrift_struct(idl, "A"), protocol)
        assert record == codec.decode(codec.encode(record))


# Of thrift's own list of names that are reserved somewhere, and of what Python's objects have.
NAMES = [
    *("self", "None", "True", "False", "def", "class", "from", "in"),
    *("is", "not", "import", "print", "next", "end", "type", "args", "with"),
    *("lambda", "async", "await", "global", "__init__", "__class__"),
    *("__dict__", "__slots__", "as_dict", "is_set", "struct_", "_values"),
]


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_any_name_may_be_a_fields(codec_of, protocol) -> None:
    struct = thrift_struct(
        "php_namespace a.end\nenum E { None = 1, delete = 2 }\nstruct A { "
        + ", ".join(f"{number}: i32 {name}" for number, name in enumerate(NAMES, 1))
        + " 90: optional A & next_of, 91: E e = E.delete }\nservice S { async void f() }",
        "A",
    )
    assert [*NAMES, "next_of", "e"] == list(struct.field_names)
    attributes = [field.attribute for field in struct.fields[: len(NAMES)]]
    record = record_class(struct)(**{name: at for at, name in enumerate(attributes)})
    codec = codec_of(struct, protocol)
    data = codec.encode(record)
    assert data == codec.encode(record.as_dict())
    values = range(len(NAMES))
    for read in (codec.decode(data), codec.unread(data), pickle.loads(pickle.dumps(record))):
        assert list(values) == [getattr(read, name) for name in attributes]
    assert (*values, None, 2) == codec.decode_row(data)
    assert (0, 4) == codec_of(struct, protocol, ("self", "def")).decode_row(data)


def test_without_the_package_thrift(monkeypatch) -> None:
    assert thrift_fast.is_fast(EVENT)
    monkeypatch.setitem(sys.modules, "thrift.protocol", None)
    assert not thrift_fast.is_fast(EVENT)


def test_what_is_wrong_with_a_codec_is_said() -> None:
    for more, said in [
        ({"protocol": "json"}, "no such protocol"),
        ({"text": "ignore"}, "no such text"),
        ({"unknown": "maybe"}, "no such unknown"),
        ({"fields": ["usr"]}, "nearest     'user'"),
        ({"fields": ["items.sku"]}, "'items' of thrift struct Event is a list<Item>"),
    ]:
        with pytest.raises(BuildError) as caught:
            ThriftCodec(EVENT, **more)
        assert said in str(caught.value)


# The golden bytes are those of the protocol's specification, laid out by hand.
def test_golden_bytes(codec_of) -> None:
    struct = thrift_struct("struct P { 1: i32 a, 3: string b, 4: bool c, 20: list<bool> d }")
    record = record_class(struct)(a=-2, b="hé", c=True, d=[True, False])
    binary = b"\x08\0\1\xff\xff\xff\xfe\x0b\0\3\0\0\0\3h\xc3\xa9\2\0\4\1\x0f\0\x14\2\0\0\0\2\1\0\0"
    compact = b"\x15\3\x28\3h\xc3\xa9\x11\x09\x28\x21\1\2\0"
    for protocol, data in (("binary", binary), ("compact", compact)):
        codec = codec_of(struct, protocol)
        assert data == codec.encode(record)
        assert record == codec.decode(data)


@given(st.randoms(use_true_random=False), st.sampled_from(["binary", "compact"]))
@settings(max_examples=25)
def test_bytes_and_values_come_back(rng, protocol) -> None:
    values = event(rng)
    whole = ThriftCodec(EVENT, protocol)
    pure = ThriftCodec(EVENT, protocol, unknown="keep")
    data = whole.encode(values)
    record = whole.decode(data)
    assert values == record.as_dict()
    assert data == whole.encode(record) == pure.encode(record)
    assert record == pure.decode(data)
    twin = pickle.loads(pickle.dumps(record))
    assert (record, hash(record)) == (twin, hash(twin))


def test_nested_paths_and_absent_structs(codec_of) -> None:
    codec = codec_of(EVENT, fields=["tree.label", "id", "tree", "value.number"])
    tree = record_class(EVENT.field("tree").type.struct)(label="a")
    assert ("a", 5, tree, None) == codec.decode_row(codec_of(EVENT).encode({"id": 5, "tree": tree}))
    assert (None, 5, None, None) == codec.decode_row(codec_of(EVENT).encode({"id": 5}))
    only = codec_of(EVENT, fields=["tree.label", "retries"])
    assert [("a", 3)] == list(only.decode_rows([codec_of(EVENT).encode({"tree": tree})]))
    assert [(None, 3)] == list(only.decode_rows([b"\0"]))


def test_a_path_into_an_absent_struct_does_not_depend_on_what_else_is_read(codec_of) -> None:
    idl = """struct Deep { 1: i32 n = 7 }
    struct Inner { 1: string city = "x", 2: Deep deep, 3: list<i32> l }
    struct Outer { 1: Inner plain, 2: Inner own = {"city": "Bonn", "l": [1]} }"""
    outer = thrift_struct(idl, "Outer")
    paths = ["plain.city", "plain.deep.n", "own.city", "own.deep.n", "own.l"]
    there = codec_of(outer).encode({"plain": {}, "own": {"deep": {}}})
    for data, expected in (
        (b"\0", (None, None, "Bonn", None, [1])),
        (there, ("x", None, "x", 7, None)),
    ):
        assert expected == codec_of(outer, fields=paths).decode_row(data)
        both = codec_of(outer, fields=["plain", "own", *paths]).decode_row(data)
        assert expected == both[2:]
        for path, value in zip(paths, expected, strict=True):
            assert (value,) == codec_of(outer, fields=path).decode_row(data)
    codec_of(outer, fields="own.l").decode_row(b"\0")[0].append(2)
    assert ([1],) == codec_of(outer, fields="own.l").decode_row(b"\0")


def test_fields_whose_names_in_python_would_be_the_same(codec_of) -> None:
    struct = thrift_struct("struct A { 1: i32 from, 2: i32 from_, 3: i32 struct_ }")
    assert ["from__", "from_", "struct_"] == [field.attribute for field in struct.fields]
    data = codec_of(struct).encode({"from": 1, "from_": 2})
    assert (1, 2, None) == codec_of(struct).decode_row(data)
    assert data == codec_of(struct).encode(record_class(struct)(from__=1, from_=2))


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_maps_that_are_keys_or_elements_come_back(codec_of, protocol) -> None:
    struct = thrift_struct(
        "struct P { 1: i32 n } "
        "struct A { 1: set<map<i32, P>> s, 2: map<map<i32, set<i32>>, i32> m, 3: map<P, P> p }",
        "A",
    )
    codec = codec_of(struct, protocol)
    first = codec.encode({"s": [{1: {"n": 2}}, {}], "p": {}})
    record = codec.decode(first)
    key = frozenset({(3, frozenset({4}))})
    record.m = {key: 5}
    point = record_class(struct.field("p").type.key.struct)
    record.p = {point(n=1): point(n=2)}
    again = codec.decode(codec.encode(record))
    assert record == again == pickle.loads(pickle.dumps(record))
    assert ({key: 5}, 2) == (again.m, again.p[point(n=1)].n)
    with pytest.raises(BuildError, match="a frozenset where a map belongs"):
        codec.encode({"m": {frozenset({1}): 2}})


def test_unset_is_not_the_default(codec_of) -> None:
    codec = codec_of(EVENT)
    record = codec.decode(b"\0")
    assert (3, False, b"\0") == (record.retries, record.is_set("retries"), codec.encode(record))
    made = record_class(EVENT)(id=1)
    assert made.is_set("retries") and codec.decode(codec.encode(made)).is_set("retries")
    assert not record.is_set("user") and record.user is None


def test_changeable_defaults_are_each_records_own(codec_of) -> None:
    idl = """
enum Kind { CLICK = 1, VIEW = 2 }
const Kind USUAL = Kind.VIEW
struct Visit { 1: optional Kind kind = USUAL, 2: list<i32> counts = [1, 2], 3: string end = "end" }
"""
    visit = thrift_struct(idl, "Visit")
    one, two = codec_of(visit).decode(b"\0"), codec_of(visit).decode(b"\0")
    assert b"\0" == codec_of(visit).encode(two)
    one.counts.append(3)
    assert ([1, 2, 3], [1, 2]) == (one.counts, two.counts)
    assert ("end", 2) == (two.end, two.kind)


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_unknown_fields_are_kept_or_dropped(protocol) -> None:
    full = ThriftCodec(EVENT, protocol)
    values = {"id": 7, "mobile": True, "items": [{"sku": 1, "seen": [True]}], "tags": ["x"]}
    data = full.encode(values)
    few = thrift_struct("struct Event { 1: i64 id }")
    dropping, keeping = ThriftCodec(few, protocol), ThriftCodec(few, protocol, unknown="keep")
    assert {"id": 7} == full.decode(dropping.encode(dropping.decode(data))).as_dict()
    record = pickle.loads(pickle.dumps(keeping.decode(data)))
    record.id = 8
    assert values | {"id": 8} == full.decode(keeping.encode(record)).as_dict()


def test_a_field_of_another_type_is_kept_until_it_is_set() -> None:
    keeping = ThriftCodec(thrift_struct("struct A { 1: i32 a, 2: list<i32> l }"), unknown="keep")
    data = b"\x0f\0\2\x0b\0\0\0\1\0\0\0\1x\x0b\0\1\0\0\0\2hi\0"
    record = keeping.decode(data)
    assert (None, None, data) == (record.a, record.l, keeping.encode(record))
    record.a = 5
    assert b"\x08\0\1\0\0\0\5" + data[:13] + b"\0" == keeping.encode(record)


def test_a_uuid_that_the_idl_does_not_know_is_kept() -> None:
    struct = thrift_struct("struct A { 1: i32 a }")
    for protocol, data in (
        ("binary", b"\x08\0\1\0\0\0\3\x10\0\2" + bytes(range(16)) + b"\0"),
        ("compact", b"\x15\6\x1d" + bytes(range(16)) + b"\0"),
    ):
        keeping = ThriftCodec(struct, protocol, unknown="keep")
        assert data == keeping.encode(keeping.decode(data))
        assert 3 == ThriftCodec(struct, protocol).decode(data).a


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_unknown_fields_inside_of_a_record_travel_too(protocol) -> None:
    idl = "struct In { 1: i32 a %s } struct Out { 1: list<In> l, 2: map<string, In> m, 3: In i }"
    known, full = (thrift_struct(idl % more, "Out") for more in ("", "2: i32 b"))
    inner = {"a": 1, "b": 2}
    codec, keeping = ThriftCodec(full, protocol), ThriftCodec(known, protocol, unknown="keep")
    for values in ({"l": [{"a": 0}, inner]}, {"m": {"x": inner}}, {"i": inner}):
        record = keeping.decode(codec.encode(values))
        assert values == codec.decode(keeping.encode(pickle.loads(pickle.dumps(record)))).as_dict()
    nested = thrift_struct("struct All { 1: Out o } " + idl % "", "All")
    held = record_class(nested)(o=keeping.unread(codec.encode({"i": inner})))
    data = ThriftCodec(nested, protocol, unknown="keep").encode(pickle.loads(pickle.dumps(held)))
    assert (
        inner
        == ThriftCodec(
            thrift_struct("struct All { 1: Out o } " + idl % "2: i32 b", "All"), protocol
        )
        .decode(data)
        .o.i.as_dict()
    )


def test_fields_and_elements_of_another_type_read_as_absent(codec_of) -> None:
    old = thrift_struct("struct T { 1: i32 a, 2: list<i32> b, 3: map<string, i32> c, 4: i32 d }")
    new = thrift_struct(
        "struct T { 1: string a, 2: list<string> b, 3: map<string, i64> c, 4: i32 d }"
    )
    for protocol in ("binary", "compact"):
        data = codec_of(old, protocol).encode({"a": 1, "b": [1], "c": {"x": 1}, "d": 4})
        assert {"d": 4} == codec_of(new, protocol).decode(data).as_dict()


def test_invalid_utf8_by_policy(codec_of) -> None:
    struct = thrift_struct("struct T { 1: string a, 2: list<string> b, 3: i32 c }")
    data = b"\x0b\0\1\0\0\0\2a\xff\x0f\0\2\x0b\0\0\0\1\0\0\0\1\xfe\0"
    assert "a\ufffd" == codec_of(struct).decode(data).a
    kept = codec_of(struct, text="surrogateescape")
    record = kept.decode(data)
    assert "a\udcff" == record.a
    assert data == kept.encode(record)
    assert record == pickle.loads(pickle.dumps(record))
    # A field that is passed over decides no less.
    for fields in (None, ["c"]):
        with pytest.raises(BadRecord, match=r"(?s)not UTF-8.*field +T\.a"):
            codec_of(struct, fields=fields, text="strict").decode(data)
    with pytest.raises(BuildError, match="lone surrogate"):
        codec_of(struct).encode(record)


def test_a_union_has_one_value(codec_of) -> None:
    kind = record_class(EVENT.field("value").type.struct)
    with pytest.raises(ValueError, match="a union has one value"):
        kind(text="a", number=1)
    value = kind(text="a")
    value.number = 5
    assert {"number": 5} == value.as_dict()
    with pytest.raises(BuildError, match="has 2 values"):
        codec_of(EVENT).encode({"value": {"text": "a", "number": 1}})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"id": "5"}, "field       Event.id"),
        ({"id": 1.5}, "a float where a whole number belongs"),
        ({"hour": 1 << 15}, "32768 does not fit 16 bits"),
        ({"user": 5}, "a int where a string belongs"),
        ({"tags": "abc"}, "a str where a list belongs"),
        ({"tags": ["a", None]}, "Event.tags[1]"),
        ({"items": [{"sku": 1}, {"price": "x"}]}, "Event.items[1].price"),
        ({"params": [1]}, "a list where a map belongs"),
        ({"usr": 1}, "Event has no field 'usr'"),
        ({"tree": 5}, "a int where a struct Tree belongs"),
        ({"tree": SimpleNamespace(x=1)}, "a SimpleNamespace where a struct Tree belongs"),
    ],
)
def test_a_value_without_a_place_is_refused_by_name(codec_of, values, said) -> None:
    for protocol in ("binary", "compact"):
        with pytest.raises(BuildError) as caught:
            codec_of(EVENT, protocol).encode(values)
        assert said in str(caught.value)


@pytest.mark.parametrize("protocol", ["binary", "compact"])
@pytest.mark.parametrize("unknown", ["drop", "keep"])
def test_unread_records_inside_of_others_are_written_by_every_codec(
    codec_of, protocol, unknown
) -> None:
    idl = "struct In { 1: i32 a, 2: string b } struct Out { 1: In i, 2: list<In> l }"
    inner = codec_of(thrift_struct(idl, "In"), protocol, unknown=unknown)
    outer = codec_of(thrift_struct(idl, "Out"), protocol, unknown=unknown)
    strange = b"\x11" if protocol == "compact" else b"\2\0\3\1"  # a boolean, field 3
    data = inner.encode({"a": 5, "b": "x"})[:-1] + strange + b"\0"
    kept = strange if unknown == "keep" else b""
    for one in (inner.unread(data), inner.unread_decoder()([data])[0]):
        expected = outer.encode({"i": {"a": 5, "b": "x"}}).replace(b"x\0", b"x" + kept + b"\0")
        assert expected == outer.encode({"i": one}) == outer.encoder()([{"i": one}] * 2)[1]
        again = pickle.loads(pickle.dumps(record_class(outer.struct)(l=[one])))
        assert {"l": [{"a": 5, "b": "x"}]} == again.as_dict()
        assert data == inner.encode(one)


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_what_nobody_can_read_is_not_written(codec_of, protocol) -> None:
    struct = thrift_struct("struct N { 1: i32 a, 2: optional N n, 3: list<N> l }")
    codec, kind = codec_of(struct, protocol), record_class(struct)

    def nested(levels):
        record = kind(a=1)
        for _ in range(levels):
            record = kind(n=record)
        return record

    for levels in (60, 61, 62, 63):
        one, two = codec.encoder()([nested(levels)] * 2)
        assert one == two == codec.encode(nested(levels))
        assert nested(levels) == codec.decode(one)
    around = kind()
    around.n = around
    for record in (nested(64), nested(3000), around):
        for write in (codec.encode, lambda one: codec.encoder()([one, one])):
            with pytest.raises(BuildError, match="nested deeper than 63 levels"):
                write(record)
    with pytest.raises(BuildError, match="nested deeper"):
        codec.encode(kind(l=[nested(63)]))


@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_how_deep_a_record_may_be_does_not_depend_on_what_reads_it(codec_of, protocol) -> None:
    struct = thrift_struct("struct N { 1: i32 a, 2: list<N> l, 3: map<i32, list<N>> m }")
    other = thrift_struct("struct Other { 1: i32 a }")
    kind = record_class(struct)
    for levels in (31, 32, 63):
        record = kind(a=1)
        for level in range(levels):
            record = kind(a=1, l=[record]) if level % 3 else kind(a=1, m={1: [record]})
        data = codec_of(struct, protocol).encode(record)
        for more in ({}, {"fields": ["a"]}, {"unknown": "keep"}, {"text": "strict"}):
            assert 1 == codec_of(struct, protocol, **more).decode(data).a
        for more in ({}, {"unknown": "keep"}):
            assert 1 == codec_of(other, protocol, **more).decode(data).a


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("protocol", "behind"), [("binary", b"\2ss"), ("compact", b"\x11\x21"), ("binary", b"\4\0\7")]
)
def test_bytes_behind_a_struct_that_look_like_fields_make_it_bad(
    codec_of, protocol, behind, at
) -> None:
    codec = codec_of(EVENT, protocol)
    whole = codec.encode({"id": 5})
    size = {b"\2ss": 1, b"\4\0\7": 8}.get(behind, 0)
    records = [whole, whole, whole]
    records[at] = whole + behind + b"\0" * size
    for read in (codec.row_decoder(), codec.unread_decoder()):
        assert 2 == len(read([whole, whole]))
        with pytest.raises(BadRecord, match="behind the end"):
            read(records)
