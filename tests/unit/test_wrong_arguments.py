"""What a constructor says of arguments that are of no use to it: an error with the user's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cascade2spark.assemblies import AggregateByLocally, Coerce, Copy, Discard, Rename, Retain
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.joiners import MixedJoin
from cascade2spark.operations import (
    AssertGroupSizeEquals,
    AssertMatches,
    AssertMatchesAll,
    Base10HashFunction,
    Base64HashFunction,
    DateFormatter,
    DateParser,
    Function,
    RegexFilter,
    RegexParser,
    RegexReplace,
    RegexSplitter,
    UnGroup,
)
from cascade2spark.pipes import Each, Pipe, SubAssembly
from cascade2spark.schemes import FixedWidth, TextLine
from cascade2spark.taps import Hfs, MemoryTap, MultiSinkTap


class Bare(Function):
    """Lacks its other base."""

    def operate(self, flow_process: Any, call: Any) -> None:
        call.get_output_collector().add(())


@pytest.mark.parametrize(
    ("make", "said", "shown"),
    [
        (lambda: RegexFilter(["a"]), "a pattern is a text in Java's syntax", "['a']"),
        (lambda: RegexSplitter([]), "a pattern is a text in Java's syntax", "[]"),
        (lambda: RegexReplace("r", None, "x"), "a pattern is a text in Java's syntax", "None"),
        (lambda: RegexReplace("r", "a", None), "a replacement is a text", "None"),
        (lambda: RegexParser("a", ["x"]), "groups are a list of their numbers", "x"),
        (lambda: RegexParser("a", 3), "groups are a list of their numbers", "3"),
        (lambda: AssertMatches({}), "a pattern is a text in Java's syntax", "{}"),
        (lambda: AssertMatchesAll([]), "a pattern is a text in Java's syntax", "[]"),
        (AssertGroupSizeEquals, "takes a size, or a pattern of keys and a size", ""),
        (lambda: Base64HashFunction("h", 5), "there is no such digest", "5"),
        (lambda: Base10HashFunction("h", "SHA-1", -1), "max_length", "-1"),
        (lambda: DateParser(None), "DateParser needs a date format", "format"),
        (lambda: DateFormatter(None), "DateFormatter needs a date format", "format"),
        (lambda: UnGroup("k", "v"), "UnGroup needs a list of value selectors", "'v'"),
        (lambda: UnGroup(Fields("k", "v"), "k", 0), "a positive size", "0"),
        (lambda: Retain("user"), "Retain takes a pipe where this was given", "'user'"),
        (lambda: Discard("user"), "Discard takes a pipe", "'user'"),
        (lambda: Coerce(Fields("n")), "Coerce takes a pipe", "Fields('n')"),
        (lambda: Rename("a", "b", "c"), "Rename takes a pipe", "'a'"),
        (lambda: Copy(None, "a", "b"), "Copy takes a pipe", "None"),
        (lambda: AggregateByLocally(5), "AggregateByLocally takes a pipe", "5"),
        (lambda: SubAssembly([1]), "SubAssembly takes a pipe", "1"),
        (lambda: MixedJoin(2), "MixedJoin needs a list of flags", "2"),
        (lambda: FixedWidth("a", 5), "FixedWidth needs a list of widths", "5"),
        (lambda: MemoryTap("a", str), "MemoryTap takes its fields, then rows", "str"),
        (lambda: MemoryTap("a", 5), "MemoryTap takes its fields, then rows", "5"),
        (lambda: MemoryTap("a", [], "SOMEHOW"), "sink mode", "SOMEHOW"),
        (lambda: MemoryTap("a", [], str), "sink mode", "str"),
        (lambda: MultiSinkTap("out"), "MultiSinkTap needs one tap or more", "'out'"),
        (lambda: Hfs(TextLine(), ""), "a path is empty", ""),
        (
            lambda: Each(Pipe("p"), Bare()),
            "has no place",
            "fix         derive it from both: class Bare(BaseOperation, Function)",
        ),
        (lambda: FlowDef().add_source(5, MemoryTap("a")), "a source is bound to the name", "5"),
        (
            lambda: FlowDef().set_assertion_level("strict"),
            "an assertion level is an AssertionLevel",
            "nearest     'AssertionLevel.STRICT'",
        ),
        (
            lambda: FlowDef().set_debug_level("loud"),
            "a debug level is a DebugLevel",
            "available   'DebugLevel.NONE', 'DebugLevel.DEFAULT', 'DebugLevel.VERBOSE'",
        ),
    ],
)
def test_wrong_arguments_are_told(make: Callable[[], Any], said: str, shown: str) -> None:
    with pytest.raises(Cascade2SparkError) as caught:
        make()
    message = str(caught.value)
    assert said in message
    assert shown in message
    assert caught.value.origin is not None and caught.value.origin.file == __file__
