"""Blocks of Java statements as functions and filters. Section 5.2, expression family."""

from __future__ import annotations

from cascade2spark.errors import BuildError, OperationError, PlanError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations import ScriptFilter, ScriptFunction, ScriptTupleFunction
from cascade2spark.pipes import Each
from cascade2spark.types import Integer, Long, Object, String, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("scripts")

AB = rows("a b", (1, "x,y"), (5, "zz"), (None, ""))
SOURCE = "section 5.2, expression family: a statement block with return"
HALVES = "int n = 0; while (a > 0) { a /= 2; n++; } return n;"


def works(name, operation, expected, i=AB, source=SOURCE, on=Fields.ALL):
    case.add(name, source, lambda i: Each(i, on, operation), i=i, expected=expected, ordered=True)


works("a_loop_over_one_type", ScriptFunction(Fields("n"), HALVES, int_, [int_]), [1, 3, 0], on="a")
works(
    "names_and_types",
    ScriptFunction(
        Fields("s"),
        'String r = ""; for (String p : b.split(",")) r = p + r; if (a == null) return null; '
        "return r + a;",
        ["a", "b"],
        [Integer, String],
    ),
    ["yx1", "zz5", None],
)
works(
    "types_from_the_argument_fields",
    ScriptFunction(Fields("s", Long), "long s = a; s *= 3000000000L; return s;"),
    [6000000000],
    i=rows(Fields(["a"], [int]), 2),
)
works(
    "the_result_is_stored_as_returned",
    ScriptFunction(Fields("s"), 'if (a > 2) return "big"; return a;', Object, [int_]),
    [1, "big", 0],
    on="a",
)
works(
    "a_filter_removes_what_is_true",
    ScriptFilter("if (b.isEmpty()) return true; return b.length() > 2;", [String]),
    [(5, "zz")],
    on="b",
)
works(
    "a_row",
    ScriptTupleFunction(
        Fields("first", "size"),
        'String[] parts = b.split(","); return new cascading.tuple.Tuple(parts[0], parts.length);',
        ["b"],
        [String],
    ),
    [("x", 2), ("zz", 1), ("", 1)],
)
works(
    "positions",
    ScriptTupleFunction(
        Fields("p", "q"),
        "int n = $0 + 1; return new cascading.tuple.Tuple(n, $1 - n);",
        ["$0", "$1"],
        [int_, int_],
    ),
    [(2, 4)],
    i=rows("a b", (1, 6)),
)
works(
    "a_result_type_before_names",
    ScriptFunction(Fields("s"), "long n = a; return n * n;", Long, ["a"], [Integer]),
    [1, 2**40],
    i=rows("a", "1", 1 << 20),
)
works(
    "a_result_type_and_typed_arguments",
    ScriptFunction(Fields("s"), 'return a > 2 ? "big" : b;', String),
    ["x", "big"],
    i=rows(Fields(["a", "b"], [int, str]), (1, "x"), (3, "y")),
)
works(
    "types_of_all_arguments",
    ScriptFunction(Fields("s"), "return b + a;", String, [int_, String]),
    ["x,y1", "zz5", "0"],
)
works(
    "a_filter_by_names_and_types",
    ScriptFilter("int n = a; return n % 2 == 1;", ["a"], [int_]),
    [(None, "")],
)
works(
    "a_row_of_text_and_totals",
    ScriptTupleFunction(
        Fields("word", "n", "share"),
        'if (a == 0) return new cascading.tuple.Tuple("none", 0, 0.5); '
        "double share = a / 4.0; return new cascading.tuple.Tuple(b.toUpperCase(), a, share);",
        ["a", "b"],
        [int_, String],
    ),
    [("X,Y", 1, 0.25), ("ZZ", 5, 1.25), ("none", 0, 0.5)],
)
works(
    "a_text_built_in_a_loop",
    ScriptFunction(
        Fields("s"),
        "StringBuilder r = new StringBuilder(); for (int i = b.length() - 1; i >= 0; i--) "
        "r.append(b.charAt(i)); return r.toString();",
        String,
        [String],
    ),
    ["y,x", "zz", ""],
    on="b",
)
works(
    "compound_assignment_narrows",
    ScriptFunction(Fields("n"), "int n = 10; n *= 1.55; n += a; return n;", int_, [int_]),
    [16, 20, 15],
    on="a",
)
case.add(
    "a_parameter_counts_up",
    SOURCE,
    lambda i: Each(i, "a", ScriptTupleFunction(Fields("n"), "a++; return new Tuple(a);", [int_])),
    i=AB,
    expected=[2, 6, 1],
    differs="A script may say `Tuple` without its package",
)


def fails(name, operation, kind, facts, at, i=AB, on=Fields.ALL):
    case.add(
        name,
        "section 5.2: failure is an OperationException; " + SOURCE,
        lambda i: Each(i, on, operation()),
        i=i,
        fails=Fails(kind, facts, at),
    )


fails(
    "a_syntax_error_fails_when_built",
    lambda: ScriptFunction(Fields("s"), "if (a > ) return 1; return 2;", int_),
    BuildError,
    ["a script cannot be compiled", "if (a > ) return 1", "^"],
    "build",
)
fails(
    "a_type_that_does_not_fit_fails_the_plan",
    lambda: ScriptFunction(Fields("s"), "int n = b; return n;", ["b"], [String]),
    PlanError,
    ["a String cannot be stored in an int", "int n = b"],
    "plan",
)
fails(
    "a_declared_type_is_what_the_script_returns",
    lambda: ScriptFunction(Fields("s", Long), "return b;", ["b"], [String]),
    PlanError,
    ["the script returns a Long, this is a String"],
    "plan",
)
fails(
    "a_filter_needs_a_boolean",
    lambda: ScriptFilter("return b;", ["b"], [String]),
    PlanError,
    ["the script returns a boolean, this is a String"],
    "plan",
)
fails(
    "a_row_that_throws",
    lambda: ScriptFunction(
        Fields("s"), 'if (a > 4) throw new RuntimeException("too big"); return a;', int_, [int_]
    ),
    OperationError,
    ["RuntimeException: too big", "(5,)"],
    "run",
    on="a",
)
fails(
    "a_tuple_of_another_size",
    lambda: ScriptTupleFunction(Fields("x", "y"), "return new cascading.tuple.Tuple(a);", [int_]),
    TupleError,
    ["a tuple of 2"],
    "run",
    on="a",
)
