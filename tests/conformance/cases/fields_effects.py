"""What the algebra of Fields does to the rows of a flow: sections 1.1 to 1.3 and 1.6."""

from __future__ import annotations

from cascade2spark.assemblies import Coerce, Rename, Retain
from cascade2spark.comparators import StringInsensitive
from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, Identity, Insert
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge
from cascade2spark.types import Integer, long_
from tests.conformance.case import Fails, Topic, rows

case = Topic("fields_effects")

ABC = rows("a b c", (1, 2, 3))


@case("section 1.3: append renumbers positions", i=ABC, expected=[(1, 2, 3, 7, 8)], covers=44)
def appended_positions_are_renumbered(i):
    return Each(i, Fields.NONE, Insert(Fields(0, 1), 7, 8), Fields.ALL)


@case("section 1.3: append renumbers positions", i=ABC, expected=[(8, 1)], covers=(42, 44))
def renumbered_positions_can_be_selected(i):
    added = Each(i, Fields.NONE, Insert(Fields(0, 1), 7, 8), Fields.ALL)
    return Each(added, Fields(4, "a"), Identity())


@case(
    "section 1.1: names and positions may be mixed",
    i=rows(Fields("a", 1, "c"), (1, 2, 3)),
    expected=[(2, 3)],
    fields=None,
)
def mixed_fields_are_selected_by_name_and_by_position(i):
    return Each(i, Fields(1, "c"), Identity())


@case("section 1.1: Fields.size(n)", i=rows(Fields.size(3), (1, 2, 3)), expected=[(3, 1)])
def rows_without_names(i):
    return Each(i, Fields(2, 0), Identity())


@case(
    "BasicPipesPlatformTest.testSimpleRelative: selection from the end",
    i=rows(Fields.size(3), (1, 2, 3)),
    expected=[(3, 2)],
    covers=42,
)
def relative_positions(i):
    return Each(i, Fields(-1, -2), Identity())


@case(
    "section 1.3: a selector of position and name of one field picks it twice; as arguments",
    i=ABC,
    expected=[(1, 1)],
)
def one_field_may_be_picked_twice_as_argument(i):
    return Each(i, Fields(0, "a"), Identity(Fields("x", "y")))


@case(
    "section 1.3: as_declaration turns unordered positions into 0..n-1",
    i=rows(Fields.size(3), (1, 2, 3)),
    expected=[(3, 1)],
    fields=Fields(0, 1),
)
def selected_positions_are_declared_from_zero(i):
    return Each(i, Fields(2, 0), Identity())


@case(
    "section 1.3: Fields(a, a) is an error at build time",
    i=ABC,
    fails=Fails(BuildError, ("'a'",), "build"),
    covers=44,
)
def a_name_twice_is_refused(i):
    return Retain(i, Fields("a", "a"))


@case(
    "section 1.3: append of a name that exists",
    i=ABC,
    fails=Fails(PlanError, ("'b'",), "plan"),
    covers=44,
)
def rename_to_a_name_that_remains_is_refused(i):
    return Rename(i, Fields("a"), Fields("b"))


@case("section 1.3: names only", i=ABC, fails=Fails(BuildError, ("1.5",), "build"))
def an_element_of_another_type_is_refused(i):
    return Retain(i, Fields("a", 1.5))


LONGS = rows(Fields(["k", "x"], [int, str]), (1, "a"), (2, "b"))
INTS_TYPED = rows(Fields(["j", "y"], [float, str]), (1.0, "A"), (3.0, "C"))
UNTYPED = rows("j y", (1, "A"), (3, "C"))


@case(
    "section 1.6: both sides typed, other canonical types; "
    "TypedFieldedPipesPlatformTest.testCoGroupIncomparableTypes",
    lhs=LONGS,
    rhs=INTS_TYPED,
    fails=Fails(PlanError, ("Long", "Double"), "plan"),
    covers=17,
)
def co_group_keys_of_other_types_are_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")


@case(
    "section 1.6: both sides typed, other canonical types",
    lhs=LONGS,
    rhs=INTS_TYPED,
    fails=Fails(PlanError, ("Long", "Double"), "plan"),
    covers=(17, 45),
)
def hash_join_keys_of_other_types_are_refused(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "j")


@case(
    "section 1.6: typed against untyped is allowed",
    lhs=LONGS,
    rhs=UNTYPED,
    expected=[(1, "a", 1, "A")],
    covers=(17, 45),
)
def typed_joins_untyped(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")


@case(
    "section 1.6: a comparator on any side switches the type check off; "
    "TypedFieldedPipesPlatformTest.testCoGroupComparableTypes",
    lhs=rows(Fields(["k", "x"], [str, int]), ("A", 1), ("b", 2)),
    rhs=rows(Fields(["j", "y"], [object, int]), ("a", 3), ("c", 4)),
    expected=[("A", 1, "a", 3)],
    covers=17,
)
def a_comparator_switches_the_type_check_off(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", StringInsensitive())
    right.set_comparator("j", StringInsensitive())
    return CoGroup(lhs, left, rhs, right)


@case(
    "section 1.6: Merge compares the types of the first column only",
    x=rows(Fields(["k", "v"], [int, str]), (1, "a")),
    y=rows(Fields(["k", "v"], [int, float]), (2, 2.5)),
    expected=[(1, "a"), (2, 2.5)],
    covers=45,
)
def merge_compares_the_first_column_only(x, y):
    return Merge(x, y)


@case(
    "section 1.6: Merge compares the types of the first column only",
    x=rows(Fields(["k", "v"], [int, str]), (1, "a")),
    y=rows(Fields(["k", "v"], [str, str]), ("2", "b")),
    fails=Fails(PlanError, ("Long", "String"), "plan"),
    covers=45,
)
def merge_of_other_first_types_is_refused(x, y):
    return Merge(x, y)


@case(
    "section 1.6: GroupBy-merge checks the types of the key",
    x=rows(Fields(["k", "v"], [int, str]), (1, "a")),
    y=rows(Fields(["k", "v"], [str, str]), ("1", "b")),
    fails=Fails(PlanError, ("Long", "String"), "plan"),
    covers=(17, 45),
)
def group_by_merge_of_other_key_types_is_refused(x, y):
    return Every(GroupBy([x, y], "k"), Count())


@case(
    "section 3.3: types are checked for the key only",
    x=rows(Fields(["k", "v"], [int, str]), (1, "a")),
    y=rows(Fields(["k", "v"], [int, float]), (1, 2.5)),
    expected=[(1, 2)],
    covers=45,
)
def group_by_merge_leaves_other_types_alone(x, y):
    return Every(GroupBy([x, y], "k"), Count())


@case(
    "section 1.3: append is typed only if both sides are; so the key is untyped and passes",
    lhs=LONGS,
    rhs=INTS_TYPED,
    expected=[],
    covers=45,
    differs="Values of different kinds in one key",
)
def an_untyped_append_loses_the_types(lhs, rhs):
    untyped = Each(lhs, Fields.NONE, Insert(Fields("n"), 0), Fields.ALL)
    return CoGroup(untyped, "k", rhs, "j")


@case(
    "section 6.3: only the typed-fields form of Coerce updates the plan's types",
    lhs=LONGS,
    rhs=INTS_TYPED,
    expected=[(1.0, "a", 1.0, "A")],
    covers=(45, 54),
)
def coerce_with_typed_fields_updates_the_types(lhs, rhs):
    return CoGroup(Coerce(lhs, Fields("k", float)), "k", rhs, "j")


@case(
    "section 1.6: int against long is a plan-time error",
    lhs=rows(Fields("k", Integer), (1,)),
    rhs=rows(Fields("j", int), (1,)),
    fails=Fails(PlanError, ("Integer", "Long"), "plan"),
    covers=(17, 45),
)
def integer_and_long_keys_are_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")


@case(
    "section 1.6: a primitive is its box",
    lhs=rows(Fields("k", long_), (1,)),
    rhs=rows(Fields("j", int), (1,)),
    expected=[(1, 1)],
    covers=(17, 45),
)
def a_primitive_key_joins_its_box(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")
