"""TextDelimited: a line is a row of values with a delimiter between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import attrs

from cascade2spark.errors import BuildError, Cascade2SparkError, TapError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import (
    LineBlock,
    Split,
    block_charset,
    canonical_charset,
    compression_of,
    read_line_blocks,
    split_lines,
)
from cascade2spark.schemes import base
from cascade2spark.schemes.base import (
    RowReader,
    RowWriter,
    SourceFiles,
    SourceInfo,
    as_compression,
    as_sink_fields,
    as_source_fields,
    as_typed,
)
from cascade2spark.schemes.joining import JoiningWriter, TrapWriter
from cascade2spark.schemes.lines import LineScheme
from cascade2spark.schemes.splitting import SplittingReader, line_splitter, unquoted

__all__ = ["FieldTypeResolver", "TextDelimited"]

_HEADER_BYTES = 64 << 10
_FORMS = (
    "TextDelimited([fields][, compress][, has_header | skip_header, write_header][, delimiter]"
    "[, strict][, quote][, types][, safe][, charset])"
)


class FieldTypeResolver(Protocol):
    """Names and types for the columns of a header.

    Source:
        cascading.scheme.util.FieldTypeResolver
    Example:
        >>> class AllTexts:
        ...     infer_type_from = lambda self, position, name: str
        ...     clean_field = lambda self, position, name, type_: name.strip().lower()
        >>> isinstance(TextDelimited(True, ",", field_type_resolver=AllTexts()), TextDelimited)
        True
    """

    def infer_type_from(self, position: int, name: str) -> Any:
        """Return the type of a column, or None for String."""
        ...

    def clean_field(self, position: int, name: str, type_: Any) -> str:
        """Return the field name for the text that stands in the header."""
        ...


@attrs.frozen(init=False)
class TextDelimited(LineScheme):
    """Delimited text: tab-separated, comma-separated and the like.

    Reading: delimiters inside quotes do not split; surrounding quotes go, doubled quotes become
    one; every empty value is null. A line must have as many values as fields are declared (strict),
    or is filled with nulls and cut (not strict); with undeclared fields it has the values it has,
    trailing empty ones dropped. A value that cannot become its type is null (safe), or makes the
    line a bad record (not safe). A quoted value cannot span lines.

    Writing: null is empty; quotes inside values are doubled, and only values that hold the
    delimiter are quoted. As in Java, a value with a line end, with the delimiter where no quote is
    set, or with a quote but no delimiter is not read back as it was. Part files without rows have
    no header, so the fields of an output without rows cannot be read from it.

    Args:
        args: as in Java, each told by its type and place: fields, compression, one flag for a
            header that is both skipped and written or two for each, delimiter, strict, quote,
            types, safe, charset.
        fields: declared fields; undeclared ones are named by the header if it is skipped.
        delimiter: text between values. Default TAB.
        has_header: sets `skip_header` and `write_header`.
        skip_header: whether the first line of each file is no row; where fields are declared it is
            skipped unread, whatever names it has.
        write_header: whether each part file that has rows begins with the field names.
        strict: whether another number of values makes a line a bad record.
        quote: quote character; None for none.
        types: a type for each field.
        safe: whether a value that cannot be coerced becomes null.
        charset: Java's or Python's name. Default UTF-8.
        compression: `Compress.ENABLE`, or a codec's name, for writing.
        num_sink_parts: part files to write; 0 for one a partition.
        field_type_resolver: gives names and types for the columns of a header.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        cascading.scheme.hadoop.TextDelimited, cascading.scheme.util.DelimitedParser
    Example:
        >>> scheme = TextDelimited(Fields("user", "visits"), True, ",", types=[str, int])
        >>> scheme.writer(scheme.sink_fields).encode([("ann", 3), (None, 4)])
        b'ann,3\\n,4\\n'
    """

    Compress: ClassVar[type[base.Compress]] = base.Compress
    DEFAULT_CHARSET: ClassVar[str] = "UTF-8"

    fields: Fields
    delimiter: str
    skip_header: bool
    write_header: bool
    strict: bool
    quote: str | None
    safe: bool
    charset: str
    compression: str | None
    num_sink_parts: int
    field_type_resolver: FieldTypeResolver | None

    def __init__(
        self,
        *args: Any,
        fields: Any = None,
        delimiter: str | None = None,
        has_header: bool | None = None,
        skip_header: bool | None = None,
        write_header: bool | None = None,
        strict: bool | None = None,
        quote: str | None = None,
        types: Sequence[Any] | None = None,
        safe: bool | None = None,
        charset: str | None = None,
        compression: base.Compress | str | None = None,
        num_sink_parts: int = 0,
        field_type_resolver: FieldTypeResolver | None = None,
    ) -> None:
        keywords = {
            "fields": fields,
            "delimiter": delimiter,
            "skip_header": skip_header if skip_header is not None else has_header,
            "write_header": write_header if write_header is not None else has_header,
            "strict": strict,
            "quote": quote,
            "types": types,
            "safe": safe,
            "charset": charset,
            "compression": compression,
        }
        given = _merged(_sorted_arguments(args), keywords)
        sign = given.get("delimiter", "\t")
        quote_sign = given.get("quote") or None
        _check_signs(sign, quote_sign)
        self.__attrs_init__(
            as_typed(as_fields(given.get("fields", Fields.ALL)), given.get("types")),
            sign,
            given.get("skip_header", False),
            given.get("write_header", False),
            given.get("strict", True),
            quote_sign,
            given.get("safe", True),
            canonical_charset(given.get("charset") or self.DEFAULT_CHARSET),
            as_compression(given.get("compression")),
            num_sink_parts,
            field_type_resolver,
        )

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    @property
    def sink_fields(self) -> Fields:
        return as_sink_fields(self.fields)

    @property
    def types(self) -> tuple[Any, ...] | None:
        """Types of the declared fields."""
        return self.fields.get_types()

    @property
    def extension(self) -> str:
        return {"\t": "tsv", ",": "csv"}.get(self.delimiter, "txt")

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        """Return the declared fields, or those that the header of the first file names.

        Raises:
            TapError: the header is needed, and there is no file, or only empty ones.
        """
        if not (self.skip_header and self.source_fields.is_unknown()):
            return self.source_fields
        why = "the fields are undeclared, so the header is read while planning"
        try:
            files = tap.list_files()
        except TapError as missing:
            missing.details.setdefault("needed now", why)
            raise
        info = next((file for file in files if file.size > 0), None)
        line = None if info is None else self._first_line(info.path, info.size)
        if info is None or line is None:
            raise TapError(
                f"{tap.get_identifier()} has no header: every file is empty",
                details={"needed now": why},
                fix="declare the fields in TextDelimited, or write the header first",
            )
        return self._fields_of_header(line, info.path)

    def reader(self, source: SourceInfo) -> RowReader[LineBlock]:
        return SplittingReader(
            source,
            charset=block_charset(self.charset),
            delimiter=self.delimiter,
            quote=self.quote,
            skip_header=self.skip_header,
            strict=self.strict,
            safe=self.safe,
        )

    def writer(self, fields: Fields) -> RowWriter:
        return self._writer(JoiningWriter, fields, self.write_header)

    def trap_writer(self, fields: Fields) -> RowWriter:
        # What several operations failed on has no names in common, so there is no header either.
        return self._writer(TrapWriter, fields, self.write_header and fields.is_defined())

    def _writer(self, kind: type[JoiningWriter], fields: Fields, has_header: bool) -> RowWriter:
        # A sink that declared types prints by them; an undeclared one by those of the stream.
        typed = self.fields if self.fields.has_types() and len(self.fields) == len(fields) else None
        return kind(
            typed or fields,
            self.charset,
            self.delimiter,
            null="",
            quote=self.quote,
            has_header=has_header,
        )

    def _first_line(self, path: str, size: int) -> str | None:
        whole = Split(path, 0, size, size, compression_of(path))
        if whole.compression is None and self.can_split(SourceInfo(Fields.UNKNOWN)):
            whole = attrs.evolve(whole, end=1)
        for block in read_line_blocks(whole, block_bytes=_HEADER_BYTES, charset=self.charset):
            raw = split_lines(block.data)[0]
            try:
                return raw.decode(block_charset(self.charset))
            except UnicodeDecodeError as bad:
                raise TapError(
                    f"the header of {path} is not {self.charset} text", details={"bytes": repr(raw)}
                ) from bad
        return None

    def _fields_of_header(self, line: str, path: str) -> Fields:
        parts = line_splitter(self.delimiter, self.quote)(line)
        names = [unquoted(part, self.quote) for part in parts]
        resolver = self.field_type_resolver
        try:
            if resolver is None:
                return Fields(names)
            types = [resolver.infer_type_from(at, name) or str for at, name in enumerate(names)]
            names = [resolver.clean_field(at, names[at], types[at]) for at in range(len(names))]
            return Fields(names, types)
        except Cascade2SparkError as bad:
            raise TapError(
                f"the header of {path} does not name fields",
                details={"header": repr(line), "because": bad.headline},
            ) from bad


def _check_signs(delimiter: str, quote: str | None) -> None:
    if not delimiter or "\n" in delimiter or "\r" in delimiter:
        raise BuildError("a delimiter is some text without a line end", asked=repr(delimiter))
    if quote and ("\n" in quote or "\r" in quote or quote in delimiter or delimiter in quote):
        raise BuildError(
            "a quote cannot hold a line end or overlap the delimiter",
            details={"quote": repr(quote), "delimiter": repr(delimiter)},
        )


def _merged(given: dict[str, Any], keywords: dict[str, Any]) -> dict[str, Any]:
    for name, value in keywords.items():
        if value is None:
            continue
        if name in given:
            raise BuildError(f"TextDelimited was given {name} twice", asked=[given[name], value])
        given[name] = value
    return given


# Java's order of arguments; each argument takes the next slot that its type fits.
_SLOTS = (
    "fields",
    "compression",
    "skip_header",
    "write_header",
    "delimiter",
    "strict",
    "quote",
    "types",
    "safe",
    "charset",
)


def _sorted_arguments(args: tuple[Any, ...]) -> dict[str, Any]:
    """Return Java's positional arguments by name."""
    _check_names(args)
    given: dict[str, Any] = {}
    slot = 0
    for index, argument in enumerate(args):
        while slot < len(_SLOTS) and not _fits(_SLOTS[slot], argument, index):
            slot += 1
        if isinstance(argument, bool) and index == 1 and "delimiter" in given:
            raise BuildError(
                "TextDelimited takes the flag for a header before the delimiter",
                asked=[args[0], argument],
                details={"forms": _FORMS},
                fix=f"TextDelimited({argument}, {args[0]!r})",
            )
        if slot == len(_SLOTS):
            raise BuildError(
                f"TextDelimited cannot take {argument!r} as argument {index + 1}",
                details={"forms": _FORMS},
            )
        given[_SLOTS[slot]] = argument
        slot += 1
    if "skip_header" in given:
        given.setdefault("write_header", given["skip_header"])
    return {name: value for name, value in given.items() if value is not None}


def _check_names(args: tuple[Any, ...]) -> None:
    """Refuse field names that stand side by side: the second would be the delimiter."""
    texts = [argument for argument in args if isinstance(argument, str)]
    if args[:1] != (*texts[:1],) or not "".join(texts[1:2]).isidentifier():
        return
    rest = [one for one in args[1:] if not (isinstance(one, str) and one.isidentifier())]
    names = tuple(text for text in texts if text not in rest)
    raise BuildError(
        "TextDelimited takes the fields together, and then the delimiter",
        asked=texts,
        details={
            "forms": _FORMS,
            "or else": f"delimiter={texts[1]!r}, if that is what stands between values",
        },
        fix=f"TextDelimited({', '.join(map(repr, [names, *rest]))})",
    )


def _fits(slot: str, argument: Any, index: int) -> bool:
    if slot == "fields":
        # A lone sign in first place is a delimiter somebody hoped for, not a field.
        is_name = isinstance(argument, str) and any(map(str.isalnum, argument))
        return index == 0 and (is_name or isinstance(argument, (Fields, tuple, list)))
    if slot == "compression":
        return isinstance(argument, base.Compress)
    if slot in ("skip_header", "write_header", "strict", "safe"):
        return isinstance(argument, bool)
    if slot == "delimiter":
        return isinstance(argument, str)
    if slot == "types":
        return argument is None or isinstance(argument, (list, tuple))
    return argument is None or isinstance(argument, str)
