"""Sources of text: lines, and columns with a delimiter between them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.scalding.records import Record, record_of
from cascade2spark.scalding.sources_files import FileSource, as_paths
from cascade2spark.schemes import TextDelimited
from cascade2spark.schemes import TextLine as LineScheme

__all__ = [
    "Csv",
    "DelimitedSource",
    "MultipleDelimitedFiles",
    "MultipleTextLineFiles",
    "MultipleTsvFiles",
    "OffsetTextLine",
    "Osv",
    "TextLine",
    "Tsv",
    "TypedCsv",
    "TypedDelimitedSource",
    "TypedOsv",
    "TypedPsv",
    "TypedText",
    "TypedTsv",
]


@attrs.frozen(repr=False)
class TextLine(FileSource):
    """Lines of text: in the typed API a line is a str; the fields are (offset, line).

    Args:
        paths: see FileSource.
        text_encoding: Java's or Python's name of the charset.
    Source:
        com.twitter.scalding.TextLine
    """

    text_encoding: str = attrs.field(default="UTF-8", kw_only=True)

    def scheme(self) -> LineScheme:
        return LineScheme(
            source_fields=Fields("offset", "line"),
            sink_fields=Fields.ALL,
            charset=self.text_encoding,
        )

    @property
    def typed_source_fields(self) -> Fields:
        return Fields("line")

    @property
    def typed_sink_fields(self) -> Fields:
        return Fields("line")


@attrs.frozen(repr=False)
class OffsetTextLine(TextLine):
    """Lines of text with the bytes that stand before them in their file: (int, str)."""

    @property
    def typed_source_fields(self) -> Fields:
        return Fields("offset", "line")

    @property
    def typed_sink_fields(self) -> Fields:
        return Fields("offset", "line")


def MultipleTextLineFiles(*paths: Any, text_encoding: str = "UTF-8") -> TextLine:
    """Return the lines of several paths; what is written goes to the last."""
    return TextLine(paths, text_encoding=text_encoding)


@attrs.frozen(repr=False)
class _ColumnsOfText(FileSource):
    """What all text with columns takes, by keyword; see DelimitedSource."""

    default_separator: ClassVar[str] = "\t"
    default_quote: ClassVar[str | None] = None

    separator: str = attrs.field(kw_only=True)
    quote: str | None = attrs.field(kw_only=True)
    strict: bool = attrs.field(default=True, kw_only=True)
    safe: bool = attrs.field(default=True, kw_only=True)
    text_encoding: str = attrs.field(default="UTF-8", kw_only=True)

    @separator.default
    def _own_separator(self) -> str:
        return self.default_separator

    @quote.default
    def _own_quote(self) -> str | None:
        return self.default_quote

    def _delimited(self, fields: Fields, skip_header: bool, write_header: bool) -> TextDelimited:
        return TextDelimited(
            fields=fields,
            delimiter=self.separator,
            quote=self.quote,
            skip_header=skip_header,
            write_header=write_header,
            strict=self.strict,
            safe=self.safe,
            charset=self.text_encoding,
        )


@attrs.frozen(repr=False)
class DelimitedSource(_ColumnsOfText):
    """Columns of text by name, all of them str unless the fields have types.

    Args:
        paths: see FileSource.
        fields: names of the columns; none for whatever there is, by position.
        skip_header: whether the first line of each file is left out.
        write_header: whether each part file begins with the names.
        separator, quote: what stands between and around values. Default: the class's own.
        strict: whether a line with another number of columns fails the job; else it is filled.
        safe: whether a value that cannot become its type is null; else it fails the job.
        text_encoding: Java's or Python's name of the charset.
    """

    fields: Fields = attrs.field(default=Fields.ALL, converter=as_fields)
    skip_header: bool = False
    write_header: bool = False

    def scheme(self) -> TextDelimited:
        return self._delimited(self.fields, self.skip_header, self.write_header)


@attrs.frozen(repr=False)
class Tsv(DelimitedSource):
    """Columns with TABs between them.

    Source:
        com.twitter.scalding.Tsv
    Example:
        >>> Tsv("visits.tsv", ("user", "url")).source_fields
        Fields('user', 'url')
    """


@attrs.frozen(repr=False)
class Csv(DelimitedSource):
    """Columns with commas between them, and double quotes around values that hold one.

    Source:
        com.twitter.scalding.Csv
    """

    default_separator = ","
    default_quote = '"'

    def __attrs_post_init__(self) -> None:
        names = list(self.fields) if self.fields.is_defined() else []
        if len(names) == 1 and isinstance(names[0], str) and not names[0].strip(",;|\t :"):
            raise BuildError(
                "Csv takes the fields after the path",
                asked=names[0],
                fix=f"separator={names[0]!r}",
            )


@attrs.frozen(repr=False)
class Osv(DelimitedSource):
    """Columns with the character U+0001 between them.

    Source:
        com.twitter.scalding.Osv
    """

    default_separator = "\u0001"


def MultipleTsvFiles(paths: Any, fields: Any = Fields.ALL, **options: Any) -> Tsv:
    """Return the columns of several paths; what is written goes to the last."""
    return Tsv(as_paths(paths), fields, **options)


def MultipleDelimitedFiles(
    fields: Any,
    separator: str,
    quote: str | None,
    skip_header: bool,
    write_header: bool,
    *paths: Any,
) -> DelimitedSource:
    """Return the columns of several paths, in the order of arguments that Scalding has."""
    return DelimitedSource(
        paths, fields, skip_header, write_header, separator=separator, quote=quote
    )


def _as_types(given: Any) -> Any:
    """Return types as something that can be compared and hashed."""
    return tuple(map(_as_types, given)) if isinstance(given, (list, tuple)) else given


@attrs.frozen(repr=False)
class TypedDelimitedSource(_ColumnsOfText):
    """Columns of text as typed values: tuples, or records of a class.

    A value that cannot become its type is null, as an empty one is; a column of int, float or bool
    that is null is 0, 0.0 or False, unless its type is optional.

    Args:
        paths: see FileSource.
        types: a type, a tuple of types, or a class with annotated fields: a NamedTuple, a
            dataclass, an attrs class.
        fields: names of the columns. Default: those of the class, else positions.
        skip_header, write_header, separator, quote, strict, safe, text_encoding: see
            DelimitedSource.
    Example:
        >>> TypedTsv("ages.tsv", (str, int)).to_value(("ada", None))
        ('ada', 0)
    """

    empty_text: ClassVar[str | None] = None
    refuses_options: ClassVar[bool] = False

    types: Any = attrs.field(default=str, converter=_as_types)
    fields: Fields | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_fields)
    )
    skip_header: bool = False
    write_header: bool = False

    def __attrs_post_init__(self) -> None:
        fields, width = self.fields, len(self.record.leaves)
        if fields is not None and len(fields) != width:
            raise BuildError(
                f"{self} has {width} columns and {len(fields)} names", asked=fields.print_()
            )

    @cached_property
    def record(self) -> Record:
        """The columns, and how they become a value."""
        return record_of(
            self.types, empty_text=self.empty_text, refuses_options=self.refuses_options
        )

    @cached_property
    def columns(self) -> Fields:
        """The columns with their types."""
        leaves = self.record.leaves
        named = isinstance(self.types, type) and len(leaves) > 1
        if self.fields is not None:
            names: list[Any] = list(self.fields)
        else:
            names = [leaf.name for leaf in leaves] if named else list(range(len(leaves)))
        return Fields(names, [leaf.kind for leaf in leaves])

    def scheme(self) -> TextDelimited:
        return self._delimited(self.columns, self.skip_header, self.write_header)

    @property
    def tests_take_values(self) -> bool:
        return self.record.flatten is not None

    @property
    def flat_fields(self) -> Fields | None:
        own, ours = type(self), TypedDelimitedSource
        if own.to_value is not ours.to_value or own.to_row is not ours.to_row:
            return None  # a class of the user's makes values of its own
        kinds = self.record.flat_types
        return None if kinds is None else Fields(list(self.columns), kinds)

    def to_value(self, row: tuple[Any, ...]) -> Any:
        return self.record.value_of(row)

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return self.record.row_of(value)


@attrs.frozen(repr=False)
class TypedTsv(TypedDelimitedSource):
    """Typed columns with TABs between them.

    Source:
        com.twitter.scalding.TypedTsv
    """


@attrs.frozen(repr=False)
class TypedCsv(TypedDelimitedSource):
    """Typed columns with commas between them, and double quotes around values that hold one."""

    default_separator = ","
    default_quote = '"'


@attrs.frozen(repr=False)
class TypedPsv(TypedDelimitedSource):
    """Typed columns with ``|`` between them."""

    default_separator = "|"


@attrs.frozen(repr=False)
class TypedOsv(TypedDelimitedSource):
    """Typed columns with the character U+0001 between them."""

    default_separator = "\u0001"


@attrs.frozen(repr=False)
class TypedText(TypedDelimitedSource):
    """Typed columns, as TypedTsv has them, except that an empty text is ``""``.

    An optional text is refused, as it could not be told from an empty one.

    Source:
        com.twitter.scalding.TypedText
    """

    empty_text = ""
    refuses_options = True

    @classmethod
    def tsv(cls, paths: Any, types: Any, **options: Any) -> TypedText:
        """Return columns with TABs between them."""
        return cls(paths, types, **options)

    @classmethod
    def csv(cls, paths: Any, types: Any, **options: Any) -> TypedText:
        """Return columns with commas between them, and double quotes around values."""
        return cls(paths, types, separator=",", quote='"', **options)

    @classmethod
    def osv(cls, paths: Any, types: Any, **options: Any) -> TypedText:
        """Return columns with the character U+0001 between them."""
        return cls(paths, types, separator="\u0001", **options)
