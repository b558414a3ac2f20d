"""Functions of one's own, by class and by decorator. Sections 2.2, 2.5 and 3.2."""

from __future__ import annotations

from cascade2spark.errors import RunError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.cases.functions import ABC
from tests.conformance.functions import EmitEntry, EmitTwice, Modifies, WrongWidth

# Of the same topic as the stock functions, by whose name the oracle keeps their rows.
case = Topic("functions")


def works(name, operation, expected, fields, *, i, source):
    case.add(
        name,
        source,
        lambda i: Each(i, Fields.ALL, operation),
        i=i,
        expected=expected,
        fields=fields,
        ordered=True,
        python_only=True,
    )


def fails(name, operation, error, *, i, source, on=Fields.ALL, **more):
    case.add(
        name, source, lambda i: Each(i, on, operation), i=i, fails=error, python_only=True, **more
    )


N = rows("n", 1, None, 3)

works(
    "a_reused_result_tuple_is_copied",
    EmitTwice("m"),
    [10, 11, 30, 31],
    "m",
    i=N,
    source="section 2.2: operations reuse one result tuple; 0..n rows out (3.2)",
)
works(
    "an_emitted_entry_is_selected_by_name",
    EmitEntry(),
    [("x1", "y1")],
    "x y",
    i=rows("n", 1),
    source="section 2.5: declared fields are selected by name from an entry",
)
fails(
    "a_result_of_another_width_fails",
    WrongWidth(),
    Fails(TupleError, ("'x', 'y'",)),
    i=rows("n", 1),
    source="section 1.7: expected fields and got size",
)
fails(
    "arguments_are_unmodifiable",
    Modifies(),
    Fails(RunError),
    i=rows("n", 1),
    covers=36,
    source="section 2.2; UnmodifiablePipesPlatformTest.testUnmodifiable",
)


@function("word", many=True)
def words(line):
    return line.split() if line is not None else None


@function("n", "half")
def halves(n):
    return n, None if n is None else n / 2


works(
    "a_callable_of_many_values",
    words,
    ["a", "b", "c"],
    "word",
    i=rows("line", "a b", None, "", "c"),
    source="design, section 3: empty or None meaning no row",
)
works(
    "a_callable_of_a_tuple",
    halves,
    [(1, 0.5), (None, None), (3, 1.5)],
    "n half",
    i=N,
    source="design, section 3: a 2-tuple",
)


@function("bad")
def raising(n):
    return 1 // n


fails(
    "an_error_of_a_callable_names_the_row_and_the_line",
    raising,
    Fails(RunError, ("ZeroDivisionError", "own_functions.py", "0", "'n'")),
    i=rows("n", 0),
    source="section 3.2: wrapped, with the place where the pipe was built",
)


@case(
    "section 5.2 into a group: word count; BasicPipesPlatformTest.testSimple",
    i=rows("line", "the cat", "the dog"),
    expected=[("cat", 1), ("dog", 1), ("the", 2)],
    ordered=True,
    covers=42,
    python_only=True,
)
def word_count(i):
    return Every(GroupBy(Each(i, "line", words), "word"), Count())


TUPLE_OF_ONE = Fails(TupleError, ("a tuple of 1 where one value is declared", "(1,)"))

fails(
    "a_function_of_one_field_returns_the_value",
    function("v")(lambda a: (a,)),
    TUPLE_OF_ONE,
    on="a",
    i=ABC,
    source="design, section 3: one field means one value",
)
fails(
    "a_function_of_many_values_gives_values",
    function("v", many=True)(lambda a: [(a,)]),
    TUPLE_OF_ONE,
    on="a",
    i=ABC,
    source="design, section 3: one field means one value",
)
