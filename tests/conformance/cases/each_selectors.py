"""Which fields leave an Each: the argument, declaration and output selectors of section 1.4."""

from __future__ import annotations

from cascade2spark.errors import BuildError, FieldNotFound, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import FilterNull, Identity, Insert, NoOp, RegexSplitter
from cascade2spark.pipes import Each
from tests.conformance.case import Fails, Topic, rows

case = Topic("each_selectors")

ABC = rows("a b c", (1, 2, 3))
WORKED = "section 1.4, worked examples"


def each(arguments, operation, output=None):
    """Return the function that builds one Each over the head `i`."""

    def build(i):
        return Each(i, arguments, operation, *([] if output is None else [output]))

    return build


def works(name, build, expected, fields, source=WORKED, **more):
    case.add(name, source, build, i=ABC, expected=expected, fields=fields, **more)


def refused(name, build, fails, source=WORKED, covers=()):
    case.add(name, source, build, i=ABC, fails=fails, covers=covers)


works(
    "swap_puts_results_in_place_of_arguments_at_the_end",
    each("b", Identity(Fields("n")), Fields.SWAP),
    [(1, 3, 2)],
    "a c n",
    covers=39,
)
works(
    "replace_with_args_keeps_the_fields",
    each("b", Insert(Fields("b"), 9), Fields.REPLACE),
    [(1, 9, 3)],
    "a b c",
    covers=38,
)
works(
    "replace_with_declared_args",
    each("b", Identity(), Fields.REPLACE),
    [(1, 2, 3)],
    "a b c",
    covers=38,
)
works(
    "replace_with_positional_declaration_adopts_argument_names",
    each("b", Insert(Fields(0), 9), Fields.REPLACE),
    [(1, 9, 3)],
    "a b c",
    covers=38,
)
works(
    "replace_overwrites_by_name_not_by_place",
    each(("c", "a"), Insert(Fields("a", "c"), 7, 8), Fields.REPLACE),
    [(7, 2, 8)],
    "a b c",
    source="section 1.4: incoming order, values of the declared names overwritten",
    covers=38,
)
works(
    "all_appends_results", each("b", Identity(Fields("n")), Fields.ALL), [(1, 2, 3, 2)], "a b c n"
)
works(
    "explicit_output_reaches_results_and_incoming",
    each("b", Identity(Fields("n")), Fields("n", "a")),
    [(2, 1)],
    "n a",
)
works("args_with_results", each(("c", "a"), Identity(), Fields.RESULTS), [(3, 1)], "c a")
works(
    "args_with_swap_moves_the_arguments_to_the_end",
    each(("c", "a"), Identity(), Fields.SWAP),
    [(2, 3, 1)],
    "b c a",
    covers=39,
)
works(
    "output_positions_count_over_incoming_and_results",
    each("c", Insert(Fields("x"), 7), Fields(-1, 0)),
    [(7, 1)],
    "x a",
    covers=42,
)
works(
    "output_position_inside_incoming",
    each("a", Insert(Fields("x"), 7), Fields(1, 3)),
    [(2, 7)],
    "b x",
    source="section 1.4: positions count across incoming then results",
    covers=42,
)
works(
    "default_output_of_a_function_is_results",
    each("a", Insert(Fields("x"), 7)),
    [(7,)],
    "x",
    source="section 1.2: Each with a Function defaults to RESULTS, old fields are dropped",
)
works(
    "a_filter_passes_the_whole_row",
    each("a", FilterNull()),
    [(1, 2, 3)],
    "a b c",
    source="section 1.2: Each with a Filter passes the row through",
)
works(
    "default_arguments_are_all",
    lambda i: Each(i, Identity()),
    [(1, 2, 3)],
    "a b c",
    source="section 1.2: ALL is the default argument selector",
)
works(
    "more_arguments_than_needed_are_fine",
    each(("a", "b"), RegexSplitter(Fields("x"), ","), Fields.RESULTS),
    [("1",)],
    "x",
    source="section 1.4, step 1: more arguments than needed is fine",
)
works(
    "argument_positions_become_names",
    each((2, 0), Identity(), Fields.RESULTS),
    [(3, 1)],
    "c a",
    source="section 1.3: select turns a position into the name there",
    covers=(42, 44),
)
works(
    "negative_argument_position",
    each(-1, Identity(), Fields.RESULTS),
    [(3,)],
    "c",
    source="section 1.3: select(-1) is the last name",
    covers=44,
)
works(
    "first_and_last",
    lambda i: Each(
        Each(i, Fields.LAST, Identity(Fields("z")), Fields.ALL), Fields.FIRST, Identity()
    ),
    [(1,)],
    "a",
    source="section 1.1: FIRST is (0), LAST is (-1)",
)
works(
    "arguments_none_with_results",
    each(Fields.NONE, Insert(Fields("x"), 7), Fields.RESULTS),
    [(7,)],
    "x",
    source="section 1.2: NONE is an argument selector; FieldedPipesPlatformTest.testNone",
    covers=39,
)
works(
    "arguments_none_with_all",
    each(Fields.NONE, Insert(Fields("x"), 7), Fields.ALL),
    [(1, 2, 3, 7)],
    "a b c x",
    source="section 1.2: NONE is an argument selector; FieldedPipesPlatformTest.testNone",
    covers=39,
)
works(
    "no_op_with_swap_drops_its_arguments",
    each("b", NoOp(), Fields.SWAP),
    [(1, 3)],
    "a c",
    source="section 5.2, NoOp; FieldedPipesPlatformTest.testNone",
    covers=39,
)
works(
    "swap_of_everything_is_the_results",
    each(Fields.ALL, Insert(Fields("x"), 7), Fields.SWAP),
    [(7,)],
    "x",
    source="section 1.4: SWAP; if nothing remains it is D",
    covers=39,
)
works(
    "group_without_a_group_is_all_fields",
    each(Fields.GROUP, Identity(), Fields.RESULTS),
    [(1, 2, 3)],
    "a b c",
    source="section 1.2: GROUP with no earlier grouping is all fields",
)
works(
    "declared_all_is_the_pass_through_fields",
    each(Fields.ALL, Identity(Fields.ALL), Fields.RESULTS),
    [(1, 2, 3)],
    "a b c",
    source="section 1.2: ALL as declaration means the pass-through fields",
)
works(
    "explicit_selection_of_an_ambiguous_name_takes_the_declared_value",
    each(("b", "c"), Identity(), Fields("c", "a")),
    [(3, 1)],
    "c a",
    source="section 1.4: with ARGS an ambiguous name may be selected, the declared value wins",
    differs="An output selector may name a field",
)

refused(
    "all_with_a_name_that_exists",
    each("b", Identity(Fields("b")), Fields.ALL),
    Fails(PlanError, ("'b'",), "plan"),
)
refused(
    "swap_with_a_name_that_remains",
    each("b", Identity(Fields("a")), Fields.SWAP),
    Fails(PlanError, ("'a'",), "plan"),
    source="section 1.4: SWAP, a clash with a remaining name is an error",
    covers=39,
)
refused(
    "replace_with_another_size",
    each(("a", "b"), Insert(Fields("a"), 1), Fields.REPLACE),
    Fails(PlanError, ("REPLACE",), "plan"),
    covers=38,
)
refused(
    "replace_of_a_name_that_is_not_there",
    each("b", Insert(Fields("n"), 1), Fields.REPLACE),
    Fails(PlanError, ("'n'",), "plan"),
    covers=38,
)
refused(
    "missing_argument",
    each("z", Identity()),
    Fails(FieldNotFound, ("'z'", "'a', 'b', 'c'"), "plan", cause=FieldNotFound),
    source="section 1.7; ResolverExceptionsPlatformTest",
    covers=43,
)
refused(
    "missing_output_field",
    each("a", Identity(Fields("n")), Fields("n", "z")),
    Fails(FieldNotFound, ("'z'", "'n'"), "plan", cause=FieldNotFound),
    source="section 1.7; ResolverExceptionsPlatformTest",
    covers=43,
)
refused(
    "position_past_the_end",
    each(3, Identity()),
    Fails(PlanError, ("3",), "plan"),
    source="section 1.3: select(3) of three fields is an error",
    covers=44,
)
refused(
    "output_may_not_name_what_neither_side_has",
    each("a", Insert(Fields("x", "y"), 7, 8), ("x", "q")),
    Fails(FieldNotFound, ("'q'",), "plan"),
    source="section 1.4",
)

ILLEGAL_ARGUMENTS = ("ARGS", "RESULTS", "REPLACE", "SWAP", "UNKNOWN")
ILLEGAL_DECLARATIONS = ("RESULTS", "REPLACE", "SWAP")
ILLEGAL_OUTPUTS = ("NONE", "ARGS", "GROUP", "VALUES", "UNKNOWN")

for kind in ILLEGAL_ARGUMENTS:
    refused(
        f"arguments_cannot_be_{kind.lower()}",
        lambda i, kind=kind: Each(i, getattr(Fields, kind), Identity()),
        Fails(BuildError, (kind,), "build"),
        source="section 1.2, argument selector column; PipeParamTest.testEachFailCtor",
        covers=37,
    )
for kind in ILLEGAL_DECLARATIONS:
    refused(
        f"declaration_cannot_be_{kind.lower()}",
        lambda i, kind=kind: Each(i, Fields("a"), Identity(getattr(Fields, kind))),
        Fails(BuildError, (kind,), "build"),
        source="section 1.2, operation declaration column; PipeParamTest.testEachFailCtor",
        covers=37,
    )
for kind in ILLEGAL_OUTPUTS:
    refused(
        f"output_cannot_be_{kind.lower()}",
        lambda i, kind=kind: Each(i, Fields("a"), Identity(), getattr(Fields, kind)),
        Fails(BuildError, (kind,), "build"),
        source="section 1.2, output selector column; PipeParamTest.testEachFailCtor",
        covers=37,
    )

refused(
    "identity_of_nothing_under_a_name",
    each(Fields.NONE, Identity(Fields("x")), Fields("x")),
    Fails(PlanError, ("passes on its arguments",), "plan"),
    source="section 5.2: Identity passes its arguments",
)
refused(
    "identity_of_something_as_nothing",
    each("b", Identity(Fields.VALUES), Fields.SWAP),
    Fails(PlanError, ("passes on its arguments",), "plan"),
    source="section 5.2: Identity passes its arguments; without a group VALUES are none",
)
