"""Merge: the union of branches. Section 3.8."""

from __future__ import annotations

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.operations import Count, Identity, Insert
from cascade2spark.pipes import Each, Every, GroupBy, Merge, Pipe
from tests.conformance.case import Fails, Topic, rows

case = Topic("merge")

X, Y = rows("n l", (1, "a"), (2, "b")), rows("n l", (1, "A"), (2, "b"))


@case(
    "section 3.8: union, duplicates kept; MergePipesPlatformTest.testSameSourceMerge",
    x=X,
    y=Y,
    expected=[(1, "a"), (2, "b"), (1, "A"), (2, "b")],
    fields="n l",
    covers=20,
)
def duplicates_are_kept(x, y):
    return Merge(x, y)


@case(
    "MergePipesPlatformTest.testSameSourceMerge",
    i=X,
    expected=[(1, "a"), (2, "b"), (1, "a"), (2, "b")],
    covers=20,
)
def one_source_twice_with_an_operation_between(i):
    left = Each(Pipe("l", i), ("n", "l"), Identity())
    right = Each(Pipe("r", i), ("n", "l"), Identity())
    return Merge(left, right)


@case(
    "MergePipesPlatformTest.testSimpleMergeFail",
    x=X,
    y=rows("n m", (1, "A")),
    fails=Fails(PlanError, ("'l'", "'m'"), "plan"),
    covers=18,
)
def other_names_are_refused(x, y):
    return Merge(x, y)


@case(
    "section 3.8: in the same order",
    x=X,
    y=rows("l n", ("A", 1)),
    fails=Fails(PlanError, ("'l', 'n'",), "plan"),
    covers=18,
)
def another_order_is_refused(x, y):
    return Merge(x, y)


@case(
    "section 3.8: other sizes",
    x=X,
    y=rows("n", 1),
    fails=Fails(PlanError, ("'n', 'l'",), "plan"),
    covers=18,
)
def another_size_is_refused(x, y):
    return Merge(x, y)


@case("section 3.8: a pipe merged with itself", i=X, fails=Fails(BuildError, (), "build"))
def a_pipe_with_itself_is_refused(i):
    return Merge(i, i)


@case(
    "section 3.8: a pipe merged with a bare rename of itself",
    i=X,
    fails=Fails(BuildError, (), "build"),
)
def a_pipe_with_its_rename_is_refused(i):
    return Merge(Pipe("x", i), Pipe("y", i))


@case(
    "section 3.8: equal branch names are tolerated as long as the pipes differ",
    i=X,
    expected=[(1, "a", 0), (2, "b", 0), (1, "a", 1), (2, "b", 1)],
    covers=21,
    differs="Branches of one name may be merged",
)
def branches_of_one_name(i):
    return Merge(*[Each(i, "n", Insert("side", side), ("n", "l", "side")) for side in (0, 1)])


@case(
    "section 3.8: three pipes",
    x=X,
    y=Y,
    z=X,
    expected=[(1, "a"), (2, "b"), (1, "A"), (2, "b"), (1, "a"), (2, "b")],
)
def three_pipes(x, y, z):
    return Merge(x, y, z)


@case(
    "section 10.1: a merge of merges into a GroupBy",
    x=X,
    y=Y,
    z=X,
    expected=[(1, 3), (2, 3)],
    ordered=True,
)
def a_merge_of_merges_into_a_group(x, y, z):
    return Every(GroupBy(Merge(Merge(x, y), z), "n"), Count())


@case("section 3.8: followed by an Each", x=X, y=Y, expected=["a", "b", "A", "b"])
def followed_by_each(x, y):
    return Each(Merge(x, y), "l", Identity())


@case("section 3.8: an empty input", x=X, y=rows("n l"), expected=[(1, "a"), (2, "b")])
def an_empty_input(x, y):
    return Merge(x, y)


@case("section 3.8: one pipe", x=X, expected=[(1, "a"), (2, "b")])
def one_pipe(x):
    return Merge(x)
