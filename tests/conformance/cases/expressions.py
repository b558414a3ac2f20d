"""Java expressions as functions and filters. Section 5.2, expression family."""

from __future__ import annotations

from cascade2spark.errors import BuildError, OperationError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import ExpressionFilter, ExpressionFunction
from cascade2spark.pipes import Each
from cascade2spark.types import Double, Integer, String, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("expressions")

AB = rows("a b", (1, "x"), (2, "yy"), (None, "z"))


def works(name, operation, expected, i=AB, source="section 5.2, expression family", on=Fields.ALL):
    case.add(name, source, lambda i: Each(i, on, operation), i=i, expected=expected, ordered=True)


works(
    "function_over_names",
    ExpressionFunction(Fields("s"), "a + 1", int_),
    [2, 3, 1],
    on="a",
    source="section 5.2: null to a primitive is 0",
)
works(
    "function_over_positions",
    ExpressionFunction(Fields("s"), "$0 + $1", int_),
    [3, 7],
    i=rows("a b", (1, 2), (3, 4)),
)
works(
    "names_and_types",
    ExpressionFunction(Fields("s"), "b + a", ["a", "b"], [int_, String]),
    ["x1", "yy2", "z0"],
)
works(
    "values_are_coerced_to_the_parameter_type",
    ExpressionFunction(Fields("s"), "a * 2", Double),
    [3.0, 4.0],
    i=rows("a", "1.5", " 2 "),
)
works(
    "int_arithmetic_is_javas",
    ExpressionFunction(Fields("s"), "a / 2 + a % 2", int_),
    [-2 + 0 - 1 + 1, 3],
    i=rows("a", -4, 4 + 1),
    source="Java: division truncates towards zero, the remainder has the dividend's sign",
)
works(
    "types_from_the_argument_fields",
    ExpressionFunction(Fields("s"), "a + b"),
    [3],
    i=rows(Fields(["a", "b"], [int, int]), (1, 2)),
)
works(
    "text_methods",
    ExpressionFunction(
        Fields("s"), 'b.length() > 1 ? b.substring(1).toUpperCase() : b.concat("!")', String
    ),
    ["x!", "Y", "z!"],
    on="b",
)
works(
    "null_tests",
    ExpressionFunction(Fields("s"), "a == null ? -1 : a", Integer),
    [1, 2, -1],
    on="a",
)
works(
    "filter_removes_what_is_true",
    ExpressionFilter("a > 1", int_),
    [(1, "x"), (None, "z")],
    on="a",
    source="section 5.3: true removes; null is 0",
)
works(
    "filter_over_text",
    ExpressionFilter('b.equals("x") || b.startsWith("y")', String),
    [(None, "z")],
    on="b",
)
case.add(
    "a_failing_expression_is_an_operation_error",
    "section 5.2: failure is an OperationException",
    lambda i: Each(i, "b", ExpressionFunction(Fields("s"), "Integer.parseInt(b)", String)),
    i=rows("b", "12", "no"),
    fails=Fails(OperationError, ("no",)),
)
case.add(
    "a_failing_expression_is_trapped",
    "section 8.1 with 5.2",
    lambda i: Each(i, "b", ExpressionFunction(Fields("s"), "Integer.parseInt(b)", String)),
    i=rows("b", "12", "no"),
    expected=[12],
    traps={"i": ["no"]},
)
case.add(
    "a_syntax_error_surfaces_when_building",
    "section 5.2: compiled when constructing",
    lambda i: Each(i, "b", ExpressionFunction(Fields("s"), "b +", String)),
    i=AB,
    fails=Fails(BuildError, ("b +",), "build"),
)
case.add(
    "untyped_arguments_without_a_type_are_refused",
    "section 5.2: untyped arguments fail; design, section 12: checked while planning",
    lambda i: Each(i, "a", ExpressionFunction(Fields("s"), "a + 1")),
    i=AB,
    fails=Fails(PlanError, ("a + 1", "'a'"), "plan"),
)
