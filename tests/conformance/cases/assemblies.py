"""Retain, Discard, Rename, Copy, Coerce, Unique. Sections 6.2 and 6.3."""

from __future__ import annotations

from cascade2spark.assemblies import Coerce, Copy, Discard, Rename, Retain, Unique
from cascade2spark.errors import BuildError, FieldNotFound
from cascade2spark.fields import Fields
from cascade2spark.types import Integer, String, double_, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("assemblies")

ABC = rows("a b c", (1, "2", None), (4, "5", "6"))


@case(
    "section 6.3: selector order; AssemblyHelpersPlatformTest.testRetainNarrow",
    i=ABC,
    expected=[(None, 1), ("6", 4)],
    fields="c a",
    covers=54,
)
def retain_gives_selector_order(i):
    return Retain(i, Fields("c", "a"))


@case(
    "section 6.3: the rest in order; AssemblyHelpersPlatformTest.testDiscardNarrow",
    i=ABC,
    expected=[(1, None), (4, "6")],
    fields="a c",
    covers=54,
)
def discard_keeps_the_rest_in_order(i):
    return Discard(i, Fields("b"))


@case(
    "section 6.3: renamed fields move to the end; AssemblyHelpersPlatformTest.testRenameNarrow",
    i=ABC,
    expected=[("2", None, 1), ("5", "6", 4)],
    fields="b c z",
    covers=54,
)
def renamed_fields_move_to_the_end(i):
    return Rename(i, Fields("a"), Fields("z"))


@case(
    "section 6.3: Rename(ALL) keeps the order",
    i=ABC,
    expected=[(1, "2", None), (4, "5", "6")],
    fields="x y z",
    covers=54,
)
def rename_all_keeps_the_order(i):
    return Rename(i, Fields.ALL, Fields("x", "y", "z"))


@case(
    "section 6.3: Copy appends; AssemblyHelpersPlatformTest.testCopyNamed",
    i=ABC,
    expected=[(1, "2", None, 1), (4, "5", "6", 4)],
    fields="a b c z",
    covers=54,
)
def copies_are_appended(i):
    return Copy(i, Fields("a"), Fields("z"))


@case(
    "section 6.3: Coerce by classes, all fields; AssemblyHelpersPlatformTest.testCoerceFields",
    i=rows("a b", ("1", "2.5"), (None, "")),
    expected=[(1, 2.5), (None, None)],
    fields="a b",
    covers=54,
)
def coerce_all_fields(i):
    return Coerce(i, int, float)


@case(
    "section 6.3: Coerce of some fields; AssemblyHelpersPlatformTest.testCoerceFields",
    i=ABC,
    expected=[(1, 2, None), (4, 5, "6")],
    fields="a b c",
    covers=54,
)
def coerce_some_fields(i):
    return Coerce(i, Fields("b"), Integer)


@case(
    "section 6.3: Coerce by typed fields",
    i=ABC,
    expected=[("1", 2, None), ("4", 5, "6")],
    fields="a b c",
    covers=54,
)
def coerce_by_typed_fields(i):
    return Coerce(i, Fields(["a", "b"], [String, Integer]))


@case(
    "section 2.4: Coerce to a primitive turns null into 0, to a box keeps it",
    i=rows("a b c", (None, None, None)),
    expected=[(0, 0.0, None)],
    covers=(47, 54),
)
def coerce_nulls(i):
    return Coerce(i, Fields("a", "b", "c"), int_, double_, Integer)


@case(
    "section 6.3: size mismatches are errors at build time",
    i=ABC,
    fails=Fails(BuildError, (), "build"),
)
def coerce_of_another_size_is_refused(i):
    return Coerce(i, Fields("a", "b"), int)


@case(
    "section 6.3: size mismatches are errors at build time",
    i=ABC,
    fails=Fails(BuildError, (), "build"),
)
def rename_of_another_size_is_refused(i):
    return Rename(i, Fields("a", "b"), Fields("z"))


@case("section 1.7", i=ABC, fails=Fails(FieldNotFound, ("'q'", "'a', 'b', 'c'"), "plan"), covers=43)
def retain_of_a_missing_field_is_refused(i):
    return Retain(i, Fields("q"))


@case("section 1.7", i=ABC, fails=Fails(FieldNotFound, ("'q'",), "plan"), covers=43)
def discard_of_a_missing_field_is_refused(i):
    return Discard(i, Fields("q"))


KV = rows("v k", (1, "b"), (2, "a"), (3, "b"), (4, None), (5, None))


@case(
    "section 6.2: the whole first row, sorted by the unique fields",
    i=KV,
    expected=[(4, None), (2, "a"), (1, "b")],
    fields="v k",
    ordered=True,
)
def unique_gives_whole_first_rows(i):
    return Unique(i, Fields("k"))


@case(
    "section 6.2: results do not depend on the capacity",
    i=KV,
    expected=[(4, None), (2, "a"), (1, "b")],
    ordered=True,
)
def unique_with_a_tiny_capacity(i):
    return Unique(i, Fields("k"), 1)


@case(
    "section 6.2: NO_NULLS drops rows whose unique fields are all null",
    i=rows("k j", (None, None), (None, 1), ("a", 1), (None, 1)),
    expected=[(None, 1), ("a", 1)],
    ordered=True,
)
def unique_without_nulls(i):
    return Unique(i, Fields("k", "j"), Unique.Include.NO_NULLS)


@case(
    "section 6.2: several pipes",
    x=rows("k v", ("a", 1), ("b", 2)),
    y=rows("k v", ("a", 3), ("c", 4)),
    expected=["a", "b", "c"],
)
def unique_over_several_pipes(x, y):
    return Retain(Unique([x, y], Fields("k")), Fields("k"))


@case(
    "section 6.2 and design, section 7: kinds apart, equal values together",
    i=rows("k", 1, 1.0, True, 1, -0.0, 0.0),
    expected=[True, 1, -0.0, 1.0],
    ordered=True,
    differs="Values of different kinds in one key",
)
def unique_over_kinds(i):
    return Unique(i, Fields("k"))


@case(
    "design, section 3: assemblies are reached by then",
    i=ABC,
    expected=[(1, None), (4, "6")],
    fields="a c",
)
def assemblies_by_then(i):
    return i.then(Retain, Fields("a", "b", "c")).then(Discard, Fields("b"))
