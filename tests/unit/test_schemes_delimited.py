"""TextDelimited."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BadRecord, BuildError, PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock
from cascade2spark.schemes import Compress, SourceInfo, TextDelimited
from cascade2spark.schemes.splitting import line_splitter
from cascade2spark.taps import Hfs
from cascade2spark.types import DateType, Double, Integer, Long, String, int_, long_

AB = Fields("a", "b")


def refuse(error: BadRecord) -> None:
    raise error


def read(
    scheme: TextDelimited,
    text: str | bytes,
    wanted: tuple[int, ...] | None = None,
    bad: list[Any] | None = None,
) -> list[tuple[Any, ...]]:
    data = text.encode() if isinstance(text, str) else text
    reader = scheme.reader(SourceInfo(scheme.source_fields, wanted))
    blocks = [LineBlock(data, 0, "f.tsv", True)] if data else []
    on_bad = refuse if bad is None else bad.append
    return [row for batch in reader.rows(blocks, on_bad) for row in batch]


def test_a_line_is_split_at_the_delimiter() -> None:
    assert read(TextDelimited(AB), "1\t2\n3\t4") == [("1", "2"), ("3", "4")]
    assert read(TextDelimited(AB, "||"), "1||2\r\n.||*") == [("1", "2"), (".", "*")]


@pytest.mark.parametrize(
    "line", ["\tx\ty", "x\t\ty", "x\ty\t", "\t\t", "\t\tz", "\n", "x\t\t", "a\tb\tc\n\t\t\na\tb\tc"]
)
def test_every_empty_value_is_null(line: str) -> None:
    scheme = TextDelimited(Fields("a", "b", "c"), strict=False)
    padded = [[*one.split("\t"), "", ""][:3] for one in line.removesuffix("\n").split("\n")]
    assert read(scheme, line) == [tuple(value or None for value in row) for row in padded]


def test_an_empty_line_of_one_field_is_a_null() -> None:
    assert read(TextDelimited(Fields("a")), "x\n\ny\n") == [("x",), (None,), ("y",)]


def test_strict_reports_lines_of_another_width() -> None:
    bad: list[BadRecord] = []
    assert read(TextDelimited(AB), "1\t2\nx\n3\t4\ny\tz\tq\n", bad=bad) == [("1", "2"), ("3", "4")]
    assert [error.payload for error in bad] == [("x",), ("y\tz\tq",)]
    assert bad[1].details["offset"] == 10
    assert (bad[1].details["expected"], bad[1].details["found"]) == (2, 3)
    with pytest.raises(BadRecord, match="wrong number of values"):
        read(TextDelimited(AB), "x")


def test_not_strict_fills_and_cuts() -> None:
    scheme = TextDelimited(AB, strict=False)
    assert read(scheme, "x\ny\tz\tq\n") == [("x", None), ("y", "z")]


def test_undeclared_fields_give_what_the_line_has() -> None:
    scheme = TextDelimited(Fields.ALL, ",")
    assert scheme.source_fields.is_unknown()
    assert read(scheme, "a,b\n,x,,\n\n,,\nq") == [("a", "b"), (None, "x"), (None,), (), ("q",)]


QUOTED = [
    ('"a,b",c', ("a,b", "c")),
    ('"a","b"', ("a", "b")),
    ('"",b', (None, "b")),
    (",b", (None, "b")),
    ('"say ""hi""",b', ('say "hi"', "b")),
    ('d""e,b', ('d"e', "b")),
    ('"a,""b",c', ('a,"b', "c")),
    ('a"b,c"d,e', ('a"b,c"d', "e")),
    ("a,b", ("a", "b")),
]


@pytest.mark.parametrize(("line", "row"), QUOTED)
def test_quotes(line: str, row: tuple[Any, ...]) -> None:
    assert read(TextDelimited(AB, ",", '"'), line) == [row]
    # Also in the company of lines of every other kind.
    text = "\n".join(other for other, _ in QUOTED)
    assert row in read(TextDelimited(AB, ",", '"'), text)


def test_a_quote_too_many_quotes_what_stands_before_it() -> None:
    split = line_splitter(",", '"')
    assert split('a,b"c,d') == ['a,b"c', "d"]


def test_a_quoted_value_cannot_span_lines() -> None:
    text = '"a,\nb",c\n'
    assert read(TextDelimited(AB, ",", '"'), text) == [('"a', None), ('b"', "c")]


def test_types_are_applied() -> None:
    scheme = TextDelimited(
        Fields("a", "b", "c", "d"), types=[String, Integer, Double, DateType("yyyy-MM-dd")]
    )
    assert read(scheme, "x\t1\t2.5\t1970-01-02\n\t\t\t\n") == [
        ("x", 1, 2.5, 86_400_000),
        (None, None, None, None),
    ]


def test_empty_is_zero_for_primitives() -> None:
    assert read(TextDelimited(AB, types=[int_, Long]), "\t\n") == [(0, None)]


def test_safe_turns_what_cannot_be_coerced_into_null() -> None:
    assert read(TextDelimited(AB, types=[int_, long_]), "x\t1\n2\ty\n") == [(None, 1), (2, None)]


def test_unsafe_reports_the_raw_line() -> None:
    bad: list[BadRecord] = []
    scheme = TextDelimited(AB, types=[Integer, Integer], safe=False)
    assert read(scheme, "1\t2\nx\t3\nonly\n4\t5\n", bad=bad) == [(1, 2), (4, 5)]
    assert sorted(error.payload for error in bad) == [("only",), ("x\t3",)]
    assert {error.details["offset"] for error in bad} == {4, 8}


def test_a_dropped_column_is_still_checked() -> None:
    unsafe = TextDelimited(AB, types=[Integer, String], safe=False)
    bad: list[BadRecord] = []
    assert read(unsafe, "1\tx\nq\ty\n", (1,), bad) == [("x",)]
    assert [error.payload for error in bad] == [("q\ty",)]
    with pytest.raises(BadRecord):
        read(TextDelimited(AB), "1\t2\t3", (0,))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [((1,), [(2,), (None,)]), ((1, 0), [(2, "1"), (None, "3")]), ((), [(), ()])],
)
@pytest.mark.parametrize("strict", [True, False])
def test_only_wanted_columns_are_returned(
    wanted: tuple[int, ...], expected: list[Any], strict: bool
) -> None:
    scheme = TextDelimited(AB, types=[str, int], strict=strict)
    assert read(scheme, "1\t2\n3\t\n", wanted) == expected


texts = st.text(st.sampled_from("ab,\"' é"), max_size=5)
tables = st.lists(st.tuples(texts, texts), min_size=1, max_size=6)


@given(tables, st.sampled_from([None, (0,), (1, 0)]))
def test_wanted_is_a_selection_of_all(rows: list[tuple[str, str]], wanted: Any) -> None:
    scheme = TextDelimited(AB, ",", '"', strict=False)
    data = "".join(f"{left},{right}\n" for left, right in rows)
    every = read(scheme, data)
    picked = every if wanted is None else [tuple(row[at] for at in wanted) for row in every]
    assert read(scheme, data, wanted) == picked


@given(tables)
def test_a_batch_reads_as_its_lines_one_by_one(rows: list[tuple[str, str]]) -> None:
    scheme = TextDelimited(AB, ",", '"', types=[str, int], safe=False)
    lines = [f"{left},{right}\n" for left, right in rows]
    bad_together: list[BadRecord] = []
    bad_singly: list[BadRecord] = []
    together = read(scheme, "".join(lines), bad=bad_together)
    assert together == [row for line in lines for row in read(scheme, line, bad=bad_singly)]
    payloads = [sorted(error.payload for error in found) for found in (bad_together, bad_singly)]
    assert payloads[0] == payloads[1]


@given(st.lists(st.tuples(st.text("abé,", min_size=1, max_size=4), st.integers()), max_size=5))
def test_what_is_written_is_read_back(rows: list[tuple[str, int]]) -> None:
    scheme = TextDelimited(AB, ",", '"', types=[str, Long])
    kept = [(text, number) for text, number in rows if -(1 << 63) <= number < 1 << 63]
    assert read(scheme, scheme.writer(AB).encode(kept)) == kept


def test_the_header_of_each_file_is_skipped() -> None:
    scheme = TextDelimited(AB, True, "\t")
    reader = scheme.reader(SourceInfo(AB))
    blocks = [
        LineBlock(b"a\tb\n1\t2\n", 0, "f", True),
        LineBlock(b"3\t4\n", 8, "f"),
        LineBlock(b"a\tb\n", 0, "g", True),
        LineBlock(b"\xff\n5\t6\n", 0, "h", True),
    ]
    rows = [row for batch in reader.rows(blocks, refuse) for row in batch]
    assert rows == [("1", "2"), ("3", "4"), ("5", "6")]


def test_offsets_of_bad_lines_count_the_header() -> None:
    bad: list[BadRecord] = []
    read(TextDelimited(AB, True, "\t"), "a\tb\n1\t2\nx\n", bad=bad)
    assert bad[0].details["offset"] == 8


def test_undeclared_fields_are_named_by_the_header(tmp_path: Path) -> None:
    (tmp_path / "part-0").write_bytes(b"")
    (tmp_path / "part-1").write_bytes(b'\xef\xbb\xbfuser,"a,b"\r\nx,1\n')
    tap = Hfs(TextDelimited(True, ",", '"'), tmp_path)
    assert tap.retrieve_source_fields() == Fields("user", "a,b")
    assert tap.source_fields.is_unknown()


def test_a_resolver_names_and_types_the_header(tmp_path: Path) -> None:
    class Resolver:
        def infer_type_from(self, position: int, name: str) -> Any:
            return int if name.endswith("_n") else None

        def clean_field(self, position: int, name: str, type_: Any) -> str:
            return name.removesuffix("_n")

    (tmp_path / "f").write_bytes(b"user\tvisits_n\n")
    scheme = TextDelimited(has_header=True, field_type_resolver=Resolver())
    found = Hfs(scheme, tmp_path / "f").retrieve_source_fields()
    assert found == Fields(["user", "visits"], [str, int])


def test_a_header_that_is_not_there_says_why_it_was_wanted(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(True, ","), tmp_path / "none")
    with pytest.raises(TapError, match="the header is read while planning"):
        tap.retrieve_source_fields()
    (tmp_path / "none").write_bytes(b"")
    with pytest.raises(TapError, match="has no header: every file is empty"):
        tap.retrieve_source_fields()
    (tmp_path / "none").write_bytes(b"a,a\n")
    with pytest.raises(TapError, match="does not name fields"):
        tap.retrieve_source_fields()


def test_declared_fields_need_no_file(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(AB, True, ","), tmp_path / "none")
    assert tap.retrieve_source_fields() == AB


def test_writing() -> None:
    writer = TextDelimited(AB).writer(AB)
    assert writer.header() is None
    assert writer.encode([("x", None), (None, 1), (True, 1e10)]) == b"x\t\n\t1\ntrue\t1.0E10\n"
    assert writer.encode([]) == b""


def test_quotes_are_written_only_around_delimiters() -> None:
    writer = TextDelimited(AB, ",", '"').writer(AB)
    assert writer.encode([("a,b", 'd"e'), ('"', "x"), ('a",', 1)]) == (
        b'"a,b",d""e\n"",x\n"a"",",1\n'
    )


def test_the_header_written_is_the_resolved_fields() -> None:
    writer = TextDelimited(Fields.ALL, True, ",", '"').writer(Fields("x,y", "z"))
    assert writer.header() == b'"x,y",z\n'
    with pytest.raises(PlanError, match="names of the fields are not known"):
        TextDelimited(Fields.ALL, True, ",").writer(Fields.UNKNOWN)


def test_a_trap_without_names_has_no_header() -> None:
    scheme = TextDelimited(Fields.ALL, True, ",")
    assert scheme.trap_writer(Fields.UNKNOWN).header() is None
    assert scheme.trap_writer(AB).header() == b"a,b\n"


def test_types_print_the_values() -> None:
    when = DateType("yyyy-MM-dd")
    assert TextDelimited(AB, types=[when, str]).writer(AB).encode([(0, "x")]) == b"1970-01-01\tx\n"
    stream = Fields(["a", "b"], [when, str])
    assert TextDelimited(Fields.ALL).writer(stream).encode([(None, "x")]) == b"\tx\n"


def test_a_row_that_cannot_be_written_is_shown() -> None:
    writer = TextDelimited(AB).writer(AB)
    with pytest.raises(RunError, match="1 values cannot be written to 2 fields") as caught:
        writer.encode([("a", "b"), ("c",)])
    assert caught.value.row == ("c",)
    with pytest.raises(RunError) as caught:
        writer.encode([("a", "b"), ("c", "\ud800")])
    assert caught.value.row == ("c", "\ud800")


def test_javas_arguments_are_told_by_type_and_place() -> None:
    types = [str, int]
    full = TextDelimited(
        AB, Compress.ENABLE, True, False, ",", False, "'", types, False, "ISO-8859-1"
    )
    assert (full.skip_header, full.write_header, full.strict, full.safe) == (
        True,
        False,
        False,
        False,
    )
    assert (full.delimiter, full.quote, full.charset) == (",", "'", "iso8859-1")
    assert full.types == (String, Long)
    assert full.compression == "gzip"

    scheme = TextDelimited(AB, True, ",", None, types, False)
    assert (scheme.skip_header, scheme.write_header, scheme.quote) == (True, True, None)
    assert not scheme.safe and scheme.strict and scheme.types == (String, Long)
    assert TextDelimited(AB, ",", types).types == (String, Long)
    assert TextDelimited(True, ",").fields.is_all()
    assert TextDelimited().delimiter == "\t"
    assert TextDelimited(("a", "b"), ",").sink_fields == AB
    assert TextDelimited("a", ",").source_fields == Fields("a")


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("a", "b", ","), "TextDelimited(('a', 'b'), ',')"),
        (("a", "b", "c", "d", "e"), "TextDelimited(('a', 'b', 'c', 'd', 'e'))"),
        (("a", True, "b", ";"), "TextDelimited(('a', 'b'), True, ';')"),
    ],
)
def test_field_names_side_by_side_are_refused(arguments: tuple[Any, ...], fix: str) -> None:
    with pytest.raises(BuildError) as caught:
        TextDelimited(*arguments)
    assert "TextDelimited takes the fields together, and then the delimiter" == str(
        caught.value.headline
    )
    assert fix == caught.value.fix
    assert "delimiter='b'" in str(caught.value)


def test_a_delimiter_may_be_a_word_when_it_is_named() -> None:
    assert "AND" == TextDelimited("a", delimiter="AND").delimiter
    assert "x" == TextDelimited(AB, "x").delimiter


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((AB, 3), "argument 2"),
        ((AB, ",", '"', None, True, "UTF-8", "more"), "argument 7"),
        ((AB, ""), "a delimiter is"),
        ((AB, "\n"), "a delimiter is"),
        ((AB, ",", ","), "a quote cannot"),
        ((AB, ",", [int]), "1 types were given for 2 fields"),
        ((Fields.ALL, ",", [int]), "undeclared fields"),
    ],
)
def test_arguments_that_do_not_go_together(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        TextDelimited(*arguments)


def test_schemes_compare_by_value_and_pickle() -> None:
    scheme = TextDelimited(AB, ",", types=[str, int])
    assert scheme == TextDelimited(AB, ",", [str, int])
    assert scheme != TextDelimited(AB, ";", [str, int])
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert [TextDelimited(delimiter=sign).extension for sign in "\t,;"] == ["tsv", "csv", "txt"]


def test_a_flag_behind_the_delimiter_is_not_dropped() -> None:
    with pytest.raises(BuildError, match="the flag for a header before the delimiter") as caught:
        TextDelimited(",", True)
    assert caught.value.fix == "TextDelimited(True, ',')"
    assert TextDelimited(Fields("a"), ",", False).strict is False
