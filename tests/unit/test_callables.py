"""Operations made from plain callables: shapes are declared, never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.errors import BuildError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.operations.callables import (
    PlainFilter,
    Shape,
    aggregator,
    buffer,
    function,
    keep_if,
    remove_if,
)
from cascade2spark.testing import run_operation

LETTERS = [("ab",), ("",), ("c",)]
WORDS = [("ab",), ("c",)]


def spread(value: Any) -> Any:
    for one in value or ():
        yield one, one.upper()


@pytest.mark.parametrize(
    ("operation", "shape", "expected"),
    [
        (function("n")(len), Shape.VALUE, [(2,), (0,), (1,)]),
        (function("n")(lambda text: text or None), Shape.VALUE, [("ab",), (None,), ("c",)]),
        (function("n")(lambda t: (t, 1)), Shape.VALUE, [(("ab", 1),), (("", 1),), (("c", 1),)]),
        (
            function("a", "b")(lambda text: (text, 1)),
            Shape.ROW,
            [("ab", 1), ("", 1), ("c", 1)],
        ),
        (function("a", "b")(lambda text: [text, 1]), Shape.ROW, [("ab", 1), ("", 1), ("c", 1)]),
        (function("a", many=True)(list), Shape.VALUES, [("a",), ("b",), ("c",)]),
        (
            function("a", many=True)(lambda text: text.split() or None),
            Shape.VALUES,
            [("ab",), ("c",)],
        ),
        (function("a", "b")(spread), Shape.ROWS, [("a", "A"), ("b", "B"), ("c", "C")]),
    ],
    ids=range(8),
)
def test_each_declared_shape(operation, shape, expected) -> None:
    assert shape is operation.shape
    assert expected == run_operation(operation, LETTERS, "text")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (function("a", "b")(lambda text: text), "of type str where a tuple"),
        (function("a", "b")(lambda text: None), "returned a value of type NoneType where a tuple"),
        (function("a", "b")(lambda text: (1,)), "returned a tuple of 1 where a tuple of 2"),
        (function("a", many=True)(lambda text: text), "of type str where an iterable"),
        (function("a", many=True)(lambda text: 7), "of type int where an iterable"),
        (function("a", "b", many=True)(lambda text: [text]), "of type str where a tuple"),
        (function("a")(lambda text: (text,)), "returned a tuple of 1 where one value"),
        (function("a", many=True)(lambda text: [(text,)]), "returned a tuple of 1 where one value"),
    ],
    ids=range(8),
)
def test_a_result_of_another_shape_is_refused(operation, said) -> None:
    with pytest.raises(TupleError, match=said) as caught:
        run_operation(operation, [("text",)], "text")
    assert caught.value.origin is not None
    assert "test_callables.py" in caught.value.origin.file


async def fetch(url: str) -> str:
    return url


async def fetch_all(url: str) -> Any:
    yield url


@pytest.mark.parametrize("call", [fetch, fetch_all])
@pytest.mark.parametrize("decorate", [function("a"), buffer("a"), keep_if, remove_if])
def test_nothing_awaits_a_coroutine(decorate, call) -> None:
    with pytest.raises(BuildError, match="not an async def") as caught:
        decorate(call)
    assert call.__name__ in str(caught.value)


@pytest.mark.parametrize("value", [(), (1, 2), [1]], ids=str)
def test_other_values_that_hold_values_are_values(value) -> None:
    assert [(value,)] == run_operation(function("a")(lambda text: value), [("text",)], "text")


def test_a_stock_operation_passes_any_value() -> None:
    assert [((1,),)] == run_operation(Identity(Fields("b")), [((1,),)], "a")


def test_a_function_of_a_set_of_fields_gives_rows() -> None:
    assert [(2, 1)] == run_operation(
        function(Fields.ARGS)(lambda a, b: (b, a)), [(1, 2)], ("a", "b")
    )


def test_a_decorated_callable_can_be_called_and_is_named_for_what_it_wraps() -> None:
    @function("n")
    def measured(text: str) -> int:
        return len(text)

    assert 3 == measured("abc")
    assert repr(measured).endswith("measured")
    assert "function len" == repr(function("n")(len))


@pytest.mark.parametrize(
    ("call", "fewest", "most"),
    [
        (lambda a: a, 1, 1),
        (lambda a, b=1: a, 1, 2),
        (lambda a, *more: a, 1, None),
        (lambda *more: more, 0, None),
        (str.split, 1, 3),
    ],
    ids=range(5),
)
def test_the_number_of_values_a_callable_takes_is_known(call, fewest, most) -> None:
    made = function("x")(call)
    assert (fewest, most, fewest) == (made.fewest, made.most, made.get_num_args())


def needs_a_name(value, *, name):
    return name


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            lambda: aggregator("n", zero=lambda start: start, step=max),
            "the zero of an aggregator is called with (), and this callable takes 1 value",
        ),
        (
            lambda: aggregator("n", zero=0, step=lambda: 1),
            "the step of an aggregator is called with (state, …), and this callable takes no value",
        ),
        (
            lambda: aggregator("n", zero=0, step=max, finish=lambda: 1),
            "the finish of an aggregator is called with (state), and this callable takes no value",
        ),
        (
            lambda: aggregator("n", zero=0, step=max, merge=abs),
            "the merge of an aggregator is called with (state, state), and this callable takes "
            "1 value",
        ),
        (
            lambda: buffer("n")(lambda key: []),
            "a buffer is called with (key, rows), and this callable takes 1 value",
        ),
        (
            lambda: buffer("n")(lambda key, rows, more, *rest: []),
            "a buffer is called with (key, rows), and this callable takes 3 or more values",
        ),
        (
            lambda: keep_if(needs_a_name),
            "a filter is given values by their places, and this callable needs one by its name",
        ),
        (
            lambda: function("n")(needs_a_name),
            "a function is given values by their places, and this callable needs one by its name",
        ),
    ],
)
def test_a_callable_of_other_parameters_is_refused_when_it_is_handed_over(made, told) -> None:
    with pytest.raises(BuildError) as caught:
        made()
    assert told == caught.value.headline
    if "by its name" in told:
        assert "needs_a_name(value, *, name)" == caught.value.asked
        assert f"{__file__.rpartition('/')[2]}:" in str(caught.value.details["defined at"])


@pytest.mark.parametrize(
    "made",
    [
        lambda: aggregator("n", zero=int, step=max, finish=round, merge=int.__add__),
        lambda: aggregator("n", zero=list, step=lambda held, *row: held, finish=sorted),
        lambda: buffer("n")(lambda *given: []),
        lambda: buffer("n")(lambda key, rows, most=3: []),
    ],
)
def test_what_a_signature_leaves_open_is_accepted(made) -> None:
    assert made().get_field_declaration() == Fields("n")


def test_a_function_is_safe_unless_it_says_otherwise() -> None:
    assert function("x")(len).is_safe()
    assert not function("x", safe=False)(len).is_safe()


@pytest.mark.parametrize("decorate", [function, buffer])
def test_a_decorator_without_fields_or_of_no_callable_is_refused(decorate) -> None:
    with pytest.raises(BuildError, match="must name the fields"):
        decorate()
    with pytest.raises(BuildError, match="decorates a callable"):
        decorate("x")(7)


def test_filters_say_what_they_do() -> None:
    rows = [(1,), (2,), (3,)]
    assert [(2,), (3,)] == run_operation(keep_if(lambda n: n > 1), rows, "n")
    assert [(1,)] == run_operation(remove_if(lambda n: n > 1), rows, "n")
    assert "keep_if len" == repr(keep_if(len))
    assert isinstance(remove_if(len), PlainFilter)
    for decorate in (keep_if, remove_if):
        with pytest.raises(BuildError, match="decorates a callable"):
            decorate("n > 1")


def test_an_aggregator_folds_a_group() -> None:
    mean = aggregator(
        "mean",
        zero=(0, 0),
        step=lambda state, v: (state[0] + v, state[1] + 1),
        finish=lambda state: state[0] / state[1],
    )
    assert [(2.0,)] == run_operation(mean, [(1,), (3,)], "v")
    assert not mean.is_algebraic()
    assert aggregator("n", zero=0, step=max, merge=max).is_algebraic()


def test_an_aggregator_may_decorate_its_step_and_give_several_fields() -> None:
    @aggregator("low", "high", zero=(None, None))
    def span(state: Any, v: Any) -> Any:
        low, high = state
        return (v if low is None else min(low, v), v if high is None else max(high, v))

    assert [(1, 5)] == run_operation(span, [(3,), (1,), (5,)], "v")


@pytest.mark.parametrize("zero", [[], list])
def test_each_group_starts_from_its_own_zero(zero) -> None:
    def append(held: Any, v: Any) -> Any:
        held.append(v)
        return held

    collected = aggregator("all", zero=zero, step=append, finish=tuple)
    for _ in range(2):
        assert [((1, 2),)] == run_operation(collected, [(1,), (2,)], "v")


def test_a_buffer_is_a_generator_of_key_and_rows() -> None:
    @buffer("key", "sum")
    def summed(key: Any, rows: Any) -> Any:
        yield key[0], sum(row[0] for row in rows)

    assert [("k", 3)] == run_operation(summed, [(1,), (2,)], "v", group={"name": "k"})


def test_a_buffer_may_keep_the_rows_it_was_given() -> None:
    @buffer("row")
    def kept(key: Any, rows: Any) -> Any:
        yield from list(rows)

    assert [((1, 2),), ((3, 4),)] == run_operation(kept, [(1, 2), (3, 4)], ("v", "w"))


def test_a_row_of_one_is_not_the_value_of_a_buffer() -> None:
    @buffer("v")
    def passed(key: Any, rows: Any) -> Any:
        yield from rows

    with pytest.raises(TupleError, match="a tuple of 1 where one value is declared") as caught:
        run_operation(passed, [(1,)], "v")
    said = str(caught.value)
    assert "(1,)" in said and "'v'" in said and "fix         return the value itself" in said
    assert caught.value.origin is not None and "test_callables.py" in caught.value.origin.file


def test_an_aggregator_does_not_finish_with_a_tuple_of_one() -> None:
    last = aggregator("v", zero=None, step=lambda _, v: (v,))
    with pytest.raises(TupleError, match="a tuple of 1 where one value is declared"):
        run_operation(last, [(1,)], "v")


def test_a_buffer_that_yields_another_shape_is_refused() -> None:
    @buffer("a", "b")
    def wrong(key: Any, rows: Any) -> Any:
        yield 1

    with pytest.raises(TupleError, match="returned a value of type int where a tuple"):
        run_operation(wrong, [(1,)], "v")
