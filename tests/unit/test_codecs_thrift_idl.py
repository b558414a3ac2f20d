"""Thrift: what is read from an IDL, and what is said of one that is wrong."""

from __future__ import annotations

import pytest
import thriftpy2
from thriftpy2.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from thriftpy2.utils import serialize

from cascade2spark.codecs.thrift import (
    ThriftCodec,
    record_class,
    thrift_enum,
    thrift_struct,
    thrift_structs,
)
from cascade2spark.errors import BuildError
from tests.fuzz.thrift_mutations import EVENT, IDL

COMMON = """
namespace java com.example.end
enum Kind { CLICK = 1, VIEW = 2 }
typedef i64 Millis
const Kind USUAL = Kind.VIEW
struct Place { 1: string city, 2: optional Place next }
"""
MAIN = """
include "shared/common.thrift"
// a struct named next { in a comment }
struct Visit {
  1: required common.Millis from, 2: optional common.Kind kind = common.USUAL, 3: common.Place place
  4: list<i32> counts = [1, 2], 5: string end = "the end", 6: binary class
  7: set<common.Kind> kinds
}
"""


@pytest.fixture
def idl(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "common.thrift").write_text(COMMON)
    (tmp_path / "visits.thrift").write_text(MAIN)
    return tmp_path / "visits.thrift"


def test_an_idl_with_includes_and_reserved_names(idl) -> None:
    visit = thrift_struct(idl, "Visit")
    expected = ("from", "kind", "place", "counts", "end", "class", "kinds")
    assert expected == visit.field_names
    assert ["from_", "end", "class_"] == [
        visit.field(name).attribute for name in ("from", "end", "class")
    ]
    kinds = [field.type.label for field in visit.fields]
    assert ["i64", "Kind", "Place", "list<i32>", "string", "binary", "set<Kind>"] == kinds
    assert {"CLICK": 1, "VIEW": 2} == visit.field("kind").type.enum.members
    assert (2, [1, 2], "the end") == tuple(visit.fields[at].default for at in (1, 3, 4))
    assert "VIEW" == visit.field("kind").type.enum.name_of(2)
    assert visit == thrift_struct(idl)  # the only one of this file


def test_includes_are_found_in_include_dirs(idl, tmp_path) -> None:
    text = idl.read_text()
    found = thrift_structs(text, include_dirs=[tmp_path])
    assert {"Visit", "common.Place"} == set(found)
    with pytest.raises(BuildError, match="include_dirs="):
        thrift_struct(text, "Visit")


def test_enums_give_numbers_for_names(idl, tmp_path) -> None:
    kind = thrift_enum(idl, "common.Kind")
    assert (1, "VIEW", None) == (kind["CLICK"], kind.name_of(2), kind.name_of(9))
    assert 3 == thrift_enum("enum E { None = 3 }", "E")["None"]
    assert visit_kind(idl)["VIEW"] == kind["VIEW"]
    with pytest.raises(BuildError, match=r"(?s)no such name.*nearest +'CLICK'"):
        kind["CLIK"]
    with pytest.raises(BuildError, match=r"(?s)no such enum.*'common.Kind'"):
        thrift_enum(idl, "Kind")


def visit_kind(idl):
    return thrift_struct(idl, "Visit").field("kind").type.enum


def test_two_files_of_one_name_and_two_structs_of_one_name(tmp_path) -> None:
    for folder, body in (("a", "1: i32 x"), ("b", "1: string y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.thrift").write_text(f"struct Same {{ {body} }}")
    text = 'include "a/a.thrift"\ninclude "b/b.thrift"\nstruct Both { 1: a.Same a, 2: b.Same b }'
    both = thrift_struct(text, "Both", include_dirs=[tmp_path])
    assert ("x",) == both.field("a").type.struct.field_names
    assert ("y",) == both.field("b").type.struct.field_names


def test_the_file_that_is_wrong_is_named(tmp_path) -> None:
    for name, text in {
        "good": 'include "bad.thrift"\nstruct A { 1: bad.B b }',
        "bad": "struct B { 1: i32 x }\nstruct C { 1: strin s }",
        "self": '/* no\ninclude "nowhere.thrift"\n*/\ninclude "other.thrift"\nstruct D {}',
        "other": 'include "self.thrift"',
    }.items():
        (tmp_path / f"{name}.thrift").write_text(text)
    with pytest.raises(BuildError, match=r"bad\.thrift cannot be parsed: No type found: 'strin'"):
        thrift_struct(tmp_path / "good.thrift")
    with pytest.raises(BuildError, match=r"other\.thrift includes itself"):
        thrift_struct(tmp_path / "self.thrift")


def test_a_class_that_thriftpy2_loaded(tmp_path) -> None:
    (tmp_path / "event.thrift").write_text(IDL)
    module = thriftpy2.load(str(tmp_path / "event.thrift"), module_name="unit_event_thrift")
    assert thrift_struct(module.Event).field_names == EVENT.field_names
    assert "union" == thrift_struct(module.Event).field("value").type.struct.kind
    value = module.Event(id=5, user="ü", items=[module.Item(sku=1)], value=module.Value(number=3))
    factories = {"binary": TBinaryProtocolFactory(), "compact": TCompactProtocolFactory()}
    for protocol, factory in factories.items():
        data = serialize(value, factory)
        codec = ThriftCodec(thrift_struct(module.Event), protocol)
        assert data == codec.encode(value)
        assert data == codec.encode(codec.decode(data))


@pytest.mark.parametrize(
    ("given", "name", "said"),
    [
        ("struct A { 1: i32 }", "A", "cannot be parsed"),
        ("struct A { 1: i32 b }\nstruct B { 1: i32 b }", None, "several structs"),
        ("struct Alpha { 1: i32 b }", "Alpa", "nearest     'Alpha'"),
        ("struct A { 1: bool b = True }", "A", "Can't find name 'True'"),
        ("struct A { 1: uuid u }", "A", "No type found: 'uuid'"),
        ("", "A", "the thrift IDL is empty"),
        ("enum A { B }", None, "the IDL has no structs"),
        ("struct A { 70000: i32 b }", "A", "has a number that thrift cannot store"),
        (EVENT, "Alpha", "this is another struct"),
        ("struct A { 1: E e = E.X } enum E { X }", "A", "above the defaults that name them"),
        ("nowhere.thrift", "A", "there is no IDL file nowhere.thrift"),
        (int, None, "int is no class that thriftpy2 made"),
        (5, None, "this is no thrift IDL"),
    ],
)
def test_what_is_wrong_with_an_idl_is_said(given, name, said) -> None:
    with pytest.raises(BuildError) as caught:
        thrift_struct(given, name)
    assert said in str(caught.value)


def test_a_struct_is_equal_to_itself_inside_of_another() -> None:
    item, tree = (thrift_struct(IDL, name) for name in ("Item", "Tree"))
    assert item == EVENT.field("by_sku").type.element.struct
    assert tree == EVENT.field("tree").type.struct == tree.field("children").type.element.struct
    assert thrift_struct(IDL, "Event") == EVENT
    assert record_class(item) is record_class(IDL, "Item")
    read = ThriftCodec(EVENT).decode(ThriftCodec(EVENT).encode({"items": [{"sku": 1}]}))
    assert record_class(IDL, "Item")(sku=1) == read.items[0]


def test_legacy_idl() -> None:
    struct = thrift_struct(
        """\ufeff/** next */ namespace * a.b
        struct P { 1: i32 x, 2: i32 y = 3 }
        const P ORIGIN = {"x": 1}
        struct A { -7: i32 low; 300: byte is_set (js.type = "Long"); i32 without
          5: P p = ORIGIN, 6: list<P> ps = [{"x": 5}], 7: set<i32> s = [1, 2], 8: double d = 1
          9: bool async = 1 }
        service S { oneway void end(1: A a) }
        """,
        "A",
    )
    record = record_class(struct)()
    place = record_class(struct.field("p").type.struct)
    assert (place(x=1), [place(x=5)], {1, 2}, 1.0, True) == (
        *(record.p, record.ps, record.s, record.d),
        record.async_,
    )
    record.is_set_, record.low = 1, -5
    for protocol in ("binary", "compact"):
        codec = ThriftCodec(struct, protocol)
        assert record == codec.decode(codec.encode(record))
    assert record.is_set("low") and not record.is_set("without")


def test_a_file_that_changed_is_parsed_again(tmp_path) -> None:
    path = tmp_path / "point.thrift"
    path.write_text("struct Point { 1: double x }")
    assert thrift_struct(path) == thrift_struct(path) == thrift_struct(path.read_text())
    path.write_text("struct Point { 1: double x, 2: double y }")
    assert ("x", "y") == thrift_struct(path).field_names
    path.write_text("struct Point {")
    for _ in range(2):
        with pytest.raises(BuildError, match=r"point\.thrift cannot be parsed"):
            thrift_struct(path)
