"""Assertions and Debug: what fails, and what the levels plan out. Sections 5.5, 8.2 and 8.3."""

from __future__ import annotations

from cascade2spark.errors import AssertionFailed, BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    AssertEquals,
    AssertEqualsAll,
    AssertExpression,
    AssertGroupSizeEquals,
    AssertGroupSizeLessThan,
    AssertGroupSizeMoreThan,
    AssertMatches,
    AssertMatchesAll,
    AssertNotEquals,
    AssertNotNull,
    AssertNull,
    AssertSizeEquals,
    AssertSizeLessThan,
    AssertSizeMoreThan,
    Count,
    Debug,
)
from cascade2spark.operations.base import AssertionLevel, DebugLevel
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.types import int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("assertions")

STRICT, VALID = AssertionLevel.STRICT, AssertionLevel.VALID
AB = rows("a b", ("1", "x"), ("2", "y"))
PASSES = [("1", "x"), ("2", "y")]

# (name, assertion, one row that fails it); AB passes them all.
VALUE_ASSERTIONS = (
    ("not_null", AssertNotNull(), ("1", None)),
    ("equals_all_of_rows", AssertMatchesAll("[12xy]"), ("1", "z")),
    ("matches_joined", AssertMatches(r"[12]\t[xy]"), ("1", "z")),
    ("matches_negated", AssertMatches("z", True), ("1", "z")),
    ("matches_all_negated", AssertMatchesAll("z", True), ("1", "z")),
    ("not_equals", AssertNotEquals("1", "z"), ("1", "z")),
    ("size_equals", AssertSizeEquals(2), None),
    ("size_less_than", AssertSizeLessThan(3), None),
    ("size_more_than", AssertSizeMoreThan(1), None),
    ("expression", AssertExpression("a != 3", int_), ("3", "x")),
)
for name, assertion, bad in VALUE_ASSERTIONS:
    on = Fields("a") if name == "expression" else Fields.ALL
    case.add(
        f"{name}_passes",
        "section 5.5",
        lambda i, assertion=assertion, on=on: Each(i, on, STRICT, assertion),
        i=AB,
        expected=PASSES,
        fields="a b",
        ordered=True,
        covers=61,
    )
    if bad is not None:
        case.add(
            f"{name}_fails",
            "section 5.5: failure raises with the values printed",
            lambda i, assertion=assertion, on=on: Each(i, on, STRICT, assertion),
            i=rows("a b", ("1", "x"), bad),
            fails=Fails(AssertionFailed, (str(bad[0]),)),
            covers=61,
        )

for name, assertion, given in (
    ("null_fails", AssertNull(), (None, "x")),
    ("equals_needs_the_exact_kind", AssertEquals(7), (7.0,)),
    ("equals_all_tests_each_argument", AssertEqualsAll("x"), ("x", "y")),
    ("size_equals_fails", AssertSizeEquals(3), ("x", "y")),
    ("size_less_than_fails", AssertSizeLessThan(2), ("x", "y")),
    ("size_more_than_fails", AssertSizeMoreThan(2), ("x", "y")),
):
    case.add(
        name,
        "section 5.5; exact class equality",
        lambda i, assertion=assertion: Each(i, Fields.ALL, STRICT, assertion),
        i=rows(Fields.size(len(given)), given),
        fails=Fails(AssertionFailed),
        covers=61,
    )

for name, assertion, given in (
    ("null_passes", AssertNull(), (None, None)),
    ("equals_passes", AssertEquals(7, "x"), (7, "x")),
    ("equals_all_passes", AssertEqualsAll("x"), ("x", "x")),
):
    case.add(
        name,
        "section 5.5",
        lambda i, assertion=assertion: Each(i, Fields.ALL, STRICT, assertion),
        i=rows(Fields.size(len(given)), given),
        expected=[given],
        covers=61,
    )


KV = rows("k v", ("a", 1), ("b", 2), ("a", 3))


def grouped(i, assertion, level=STRICT):
    return Every(Every(GroupBy(i, "k"), Count()), level, assertion)


for name, assertion, passes in (
    ("group_size_more_than", AssertGroupSizeMoreThan(0), True),
    ("group_size_less_than", AssertGroupSizeLessThan(3), True),
    ("group_size_equals_of_a_pattern", AssertGroupSizeEquals("a", 2), True),
    ("group_size_pattern_matches_fully", AssertGroupSizeEquals("aa*|c", 2), True),
    ("group_size_equals_fails", AssertGroupSizeEquals(2), False),
    ("group_size_more_than_fails", AssertGroupSizeMoreThan(1), False),
    ("group_size_less_than_fails", AssertGroupSizeLessThan(2), False),
):
    case.add(
        name,
        "section 5.5: with a pattern only groups whose key matches fully are checked",
        lambda i, assertion=assertion: grouped(i, assertion),
        i=KV,
        covers=61,
        **(
            {"expected": [("a", 2), ("b", 1)], "fields": "k count", "ordered": True}
            if passes
            else {"fails": Fails(AssertionFailed)}
        ),
    )


def at(level):
    return lambda flow_def: flow_def.set_assertion_level(level)


BAD = rows("a", "1", None)
for name, own, plan, is_kept in (
    ("strict_stays_by_default", STRICT, None, True),
    ("strict_stays_at_strict", STRICT, STRICT, True),
    ("strict_goes_at_valid", STRICT, VALID, False),
    ("valid_stays_at_valid", VALID, VALID, True),
    ("valid_goes_at_none", VALID, AssertionLevel.NONE, False),
):
    case.add(
        f"value_{name}",
        "section 8.2; AppliedAssertionsPlatformTest.testValueAssertionsRemoval",
        lambda i, own=own: Each(i, own, AssertNotNull()),
        i=BAD,
        flow=None if plan is None else at(plan),
        covers=61,
        **({"fails": Fails(AssertionFailed)} if is_kept else {"expected": ["1", None]}),
    )
    case.add(
        f"group_{name}",
        "section 8.2; AppliedAssertionsPlatformTest.testGroupAssertionsRemoval",
        lambda i, own=own: grouped(i, AssertGroupSizeEquals(9), own),
        i=KV,
        flow=None if plan is None else at(plan),
        covers=61,
        **({"fails": Fails(AssertionFailed)} if is_kept else {"expected": [("a", 2), ("b", 1)]}),
    )


@case(
    "section 8.2: a level is required",
    i=AB,
    fails=Fails(BuildError, ("level",), "build"),
    covers=61,
)
def an_assertion_without_a_level_is_refused(i):
    return Each(i, AssertNotNull())


@case(
    "section 8.2: the level may not be NONE",
    i=AB,
    fails=Fails(BuildError, ("level",), "build"),
    covers=61,
)
def an_assertion_of_level_none_is_refused(i):
    return Each(i, AssertionLevel.NONE, AssertNotNull())


@case(
    "BuildAssertionsPlatformTest.testLoneGroupAssertion",
    i=KV,
    fails=Fails(PlanError, ("AssertGroupSizeEquals",), "plan"),
    covers=61,
)
def a_lone_group_assertion_is_refused(i):
    return Every(GroupBy(i, "k"), STRICT, AssertGroupSizeEquals(1))


@case(
    "section 8.2: removal happens after the structural checks",
    i=KV,
    fails=Fails(PlanError, ("AssertGroupSizeEquals",), "plan"),
    flow=at(AssertionLevel.NONE),
    covers=61,
)
def a_lone_group_assertion_is_refused_even_at_none(i):
    return Every(GroupBy(i, "k"), STRICT, AssertGroupSizeEquals(1))


@case(
    "section 8.1: a failing assertion is trapped with its arguments",
    i=BAD,
    expected=["1"],
    traps={"i": [None]},
    covers=(59, 61),
)
def a_failing_assertion_is_trapped(i):
    return Each(i, STRICT, AssertNotNull())


for level in (DebugLevel.NONE, DebugLevel.DEFAULT, DebugLevel.VERBOSE):
    case.add(
        f"debug_passes_rows_at_{level.name.lower()}",
        "section 8.3: prints and passes; BuildDebugPlatformTest.testDebugLevels",
        lambda i: Each(Each(i, Debug("seen", True)), DebugLevel.VERBOSE, Debug()),
        i=AB,
        expected=PASSES,
        fields="a b",
        ordered=True,
        flow=lambda flow_def, level=level: flow_def.set_debug_level(level),
        covers=61,
    )
