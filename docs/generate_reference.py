"""Write the reference pages from the docstrings.

    python docs/generate_reference.py          # or: make reference

One page for each door of the library whose names a job is built of. Nothing is worded here but the
introductions and the families: whatever a page says of a name stands in its docstring, so correct
it there. `tests/test_reference.py` fails while a page is not what this makes.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "reference"

HEADINGS = {
    "Args": "Arguments",
    "Attributes": "Attributes",
    "Returns": "Returns",
    "Yields": "Yields",
    "Raises": "Errors",
    "Laws": "Laws",
    "Source": "In Java",
    "Example": "Example",
}

# A family is a heading of a page and the names under it; the rest stands under "Other".
Families = dict[str, str]

OPERATIONS: Families = {
    "Fields and values": "Identity Insert NoOp SetValue UnGroup",
    "Text": "RegexParser RegexSplitter RegexSplitGenerator RegexGenerator RegexReplace "
    "FieldJoiner FieldFormatter",
    "Dates": "DateParser DateFormatter Calendar",
    "Expressions and scripts": "ExpressionFunction ExpressionFilter ScriptFunction ScriptFilter "
    "ScriptTupleFunction",
    "Hashes": "Base64HashFunction Base64URLHashFunction Base10HashFunction",
    "Filters": "FilterNull FilterNotNull RegexFilter Limit Sample Stop And Or Xor Not",
    "Watching": "Debug Counter Status",
    "Aggregators and buffers": "Count Sum Average MinValue MaxValue Min Max First Last "
    "FirstNBuffer",
    "Assertions on rows": "AssertNotNull AssertNull AssertEquals AssertNotEquals AssertEqualsAll "
    "AssertMatches AssertMatchesAll AssertSizeEquals AssertSizeLessThan AssertSizeMoreThan "
    "AssertExpression",
    "Assertions on groups": "AssertGroupSizeEquals AssertGroupSizeLessThan AssertGroupSizeMoreThan",
    "Nested data": "JSONGetFunction JSONGetAllFunction JSONGetAllAggregateFunction JSONSetFunction "
    "JSONCreateFunction JSONCopyAsFunction JSONCopyIntoFunction CopySpec JSONBuildAsFunction "
    "JSONBuildIntoFunction JSONBuildAsAggregator BuildSpec JSONRegexFilter NestedAggregate "
    "SimpleNestedAggregate SumLongNestedAggregate SumDoubleNestedAggregate "
    "AverageDoubleNestedAggregate",
    "Folding in a cache": "CompositeFunction CoFunction Cache LRUCache DirectMappedCache",
    "From callables": "function aggregator buffer keep_if remove_if",
    "Bases of your own": "BaseOperation Function Filter Aggregator Buffer ValueAssertion "
    "GroupAssertion ExtremaValueBase ExtentBase",
    "What operations are handed": "FlowProcess OutputCollector OperationCall FunctionCall "
    "FilterCall AggregatorCall BufferCall ValueAssertionCall GroupAssertionCall",
    "Levels": "AssertionLevel DebugLevel",
}
ASSEMBLIES: Families = {
    "Fields": "Retain Discard Rename Copy Coerce",
    "Aggregations by key": "AggregateBy CountBy SumBy AverageBy MinBy MaxBy FirstBy Unique Include",
    "Aggregations of one task": "AggregateByLocally CountByLocally SumByLocally AverageByLocally "
    "MinByLocally MaxByLocally",
}
JOINERS: Families = {
    "Joiners": "InnerJoin LeftJoin RightJoin OuterJoin MixedJoin BufferJoin",
    "Joiners of your own": "Joiner BaseJoiner JoinerClosure join_rows",
}
TAPS: Families = {
    "Files": "Hfs Lfs Dfs FileTap DirTap GlobHfs PathTap",
    "One folder per value": "PartitionTap TemplateTap Partition DelimitedPartition NamedPartition",
    "Several taps as one": "MultiSourceTap MultiSinkTap",
    "What is there already": "MemoryTap RDDTap DataFrameTap",
    "Streams": "StdInTap StdOutTap StdErrTap",
    "Around another tap": "DecoratorTap AdaptorTap DistCacheTap",
    "Bases and parts": "Tap SourceTap SinkMode TupleEntryIterator TupleEntryCollector",
}
SCHEMES: Families = {
    "Text": "TextLine TextDelimited FixedWidth JsonLine JSONTextLine FieldTypeResolver Compress",
    "Sequence files": "SequenceFile WritableSequenceFile ThriftSequenceFile",
    "Thrift": "ThriftCodec ThriftRecord record_class thrift_enum thrift_struct",
    "Parquet and Avro": "Parquet ParquetTupleScheme Avro AvroScheme",
    "Nothing": "NullScheme",
    "Schemes of your own": "LineScheme Scheme RowReader RowWriter SourceInfo",
}
TYPES: Families = {
    "Types with values": "DateType JSONCoercibleType CoercibleType Type",
    "Functions": "as_type coerce coercion same_canonical text_of text_writer",
}
COMPARATORS: Families = {
    "Comparators": "NaturalOrder ReverseOrder ReverseHasher KeyComparator FunctionComparator "
    "StringInsensitive NullNotEquivalentComparator",
    "Functions": "natural_order reverse_order comparing comparator_of compare_naturally",
    "Of your own": "Comparator Hasher",
}


@attrs.frozen
class Page:
    """One page: a door of the library, what it is about, and its families."""

    door: str
    title: str
    about: str
    families: Families

    @property
    def path(self) -> Path:
        """The file that holds the page."""
        return PLACE / f"{self.door}.md"


PAGES = (
    Page(
        "operations",
        "Operations",
        "Functions, filters, aggregators, buffers and assertions, for Each and Every.",
        OPERATIONS,
    ),
    Page("assemblies", "Assemblies", "Forms made only of pipes.", ASSEMBLIES),
    Page("joiners", "Joiners", "What a CoGroup or HashJoin does with the sides of a key.", JOINERS),
    Page("taps", "Taps", "Where data lies, and what happens to old data.", TAPS),
    Page("schemes", "Schemes", "How one record becomes a row, and a row a record.", SCHEMES),
    Page("types", "Types", "What a field may be declared as.", TYPES),
    Page(
        "comparators", "Comparators", "Orders of keys, set on the Fields of a group.", COMPARATORS
    ),
)


def sections_of(thing: Any) -> dict[str, str]:
    """Return the parts of a docstring by heading; what comes before the first has the key ""."""
    own = thing.__dict__.get("__doc__") if isinstance(thing, type) else thing.__doc__
    parts: dict[str, list[str]] = {"": []}
    now = ""
    for line in inspect.cleandoc(own or "").split("\n"):
        if line.rstrip().rstrip(":") in HEADINGS and line.rstrip().endswith(":"):
            now = line.rstrip().rstrip(":")
            parts[now] = []
        else:
            parts[now].append(line)
    return {
        name: inspect.cleandoc("\n".join(["", *lines])).strip() for name, lines in parts.items()
    }


def signature_of(name: str, thing: Any) -> str:
    """Return how a thing is called, without annotations; an enum is shown by its members."""
    if isinstance(thing, type) and hasattr(thing, "__members__"):
        return f"{name}: {', '.join(thing.__members__)}"
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return name
    bare = [
        part.replace(annotation=inspect.Parameter.empty, default=_shown_default(part.default))
        for part in found.parameters.values()
    ]
    return name + str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class _Shown:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _shown_default(default: Any) -> Any:
    """Return a default whose text is the same in every process."""
    if default is inspect.Parameter.empty:
        return default
    if hasattr(default, "name") and hasattr(type(default), "__members__"):
        return _Shown(f"{type(default).__name__}.{default.name}")
    return _Shown(re.sub(r" at 0x[0-9a-f]+", "", repr(default)))


def families_of(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Yield the families of a page with their names, and what is in none of them."""
    names = list(importlib.import_module(f"cascade2spark.{page.door}").__all__)
    for family, listed in page.families.items():
        yield family, [name for name in listed.split() if name in names]
    known = {name for listed in page.families.values() for name in listed.split()}
    others = [name for name in names if name not in known]
    if others and page.door == "types":
        yield "Names of types", others
    elif others:
        yield "Other", others


def heading_of(page: Page, name: str) -> str:
    """Return the heading of a name; a decorator is told from the class of the same letters."""
    same = [other for other in _described(page) if other.lower() == name.lower()]
    return f"{name} (decorator)" if len(same) > 1 and name.islower() else name


def anchor_of(page: Page, name: str) -> str:
    """Return the anchor under which a name is found; the names of Java's types share a table."""
    if name not in _described(page):
        return "names-of-types" if page.door == "types" else name.lower()
    return re.sub(r"[^\w\- ]", "", heading_of(page, name).lower()).replace(" ", "-")


def text_of_name(page: Page, name: str, thing: Any) -> Iterator[str]:
    """Yield the lines of one name: signature, behaviour, then the parts of its docstring."""
    parts = sections_of(thing)
    yield from (
        f"### {heading_of(page, name)}",
        "",
        "```python-signature",
        signature_of(name, thing),
        "```",
        "",
    )
    yield from (parts.pop("") or "", "")
    for heading, title in HEADINGS.items():
        if not (text := parts.get(heading)):
            continue
        if heading == "Example":
            yield from (f"{title}:", "", "```pycon", text, "```", "")
        elif heading in ("Args", "Attributes", "Raises"):
            yield from (f"{title}:", "", *_items(text), "")
        else:
            yield from (f"{title}: {' '.join(text.split())}", "")


def _items(text: str) -> Iterator[str]:
    """Yield the entries of an argument list as items; lines that go on are joined."""
    entries: list[str] = []
    for line in text.split("\n"):
        if entries and line.startswith(" "):
            entries[-1] += " " + line.strip()
        else:
            entries.append(line.strip())
    for entry in entries:
        name, colon, meaning = entry.partition(": ")
        yield f"- `{name}`: {meaning}" if colon else f"- {entry}"


def text_of_page(page: Page) -> str:
    """Return the whole text of a page."""
    module = importlib.import_module(f"cascade2spark.{page.door}")
    families = list(families_of(page))
    lines = [
        f"# {page.title}",
        "",
        f"{page.about} From `cascade2spark.{page.door}`. Made from the docstrings by "
        "`make reference`: change those, not this page. Examples take the names of this page as "
        "imported.",
        "",
    ]
    for family, names in families:
        if names:
            lines.append(f"**{family}**: {' · '.join(_link(page, name) for name in names)}")
            lines.append("")
    lines += ["**From A to Z**: " + _index(page, families), ""]
    for family, names in families:
        lines += [f"## {family}", ""] if names else []
        if family == "Names of types":
            lines += _table_of_types(module, names)
            continue
        for name in names:
            lines += text_of_name(page, name, getattr(module, name))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _link(page: Page, name: str) -> str:
    return f"[{name}](#{anchor_of(page, name)})"


def _described(page: Page) -> set[str]:
    return {name for listed in page.families.values() for name in listed.split()}


def _index(page: Page, families: list[tuple[str, list[str]]]) -> str:
    names = sorted((name for _, names in families for name in names), key=str.lower)
    return " · ".join(_link(page, name) for name in names)


def _table_of_types(module: Any, names: list[str]) -> Iterator[str]:
    """Yield the table of Java's types: one line says all there is to say of one."""
    yield from ("| name | values are | null becomes |", "|---|---|---|")
    for name in names:
        kind = getattr(module, name)
        bits = f", {kind.bits} bits" if kind.bits else ""
        null = repr(kind.canonical(None)) if kind.is_primitive else "null"
        yield f"| `{name}` | {kind.python_type.__name__}{bits} | {null} |"
    yield ""


def main() -> None:
    """Write every page."""
    PLACE.mkdir(exist_ok=True)
    for page in PAGES:
        page.path.write_text(text_of_page(page), "utf-8")
        print(f"{page.path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
