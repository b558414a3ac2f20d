"""Partitions: how the values of some fields become folders below a tap, and come back from them.

A path that a reader would not find again, or that leads elsewhere, is refused row by row: what a
value may hold is checked before any file is opened.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from cascade2spark.errors import (
    BuildError,
    OperationError,
    RunError,
    TapError,
    TupleError,
    Unsupported,
)
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files.paths import is_hidden_name
from cascade2spark.operations.java_format import compile_format, sample_values
from cascade2spark.origin import capture_origin
from cascade2spark.tuples import TupleEntry
from cascade2spark.types import Object, String, Type, coercion, text_writer

__all__ = [
    "DelimitedPartition",
    "NamedPartition",
    "Partition",
    "TemplatePartition",
    "check_folder",
    "folder_maker",
    "values_in",
]

Row = tuple[Any, ...]

_MOST_NAME_BYTES = 255
_MOST_KEPT = 10_000
# Of these, equal values have equal texts: 1, 1.0 and True are equal too, and 1.0 is written "1.0".
_KEPT_KINDS = frozenset({str, int, type(None)})


class Partition(ABC):
    """Which folder a row belongs to: subclass for paths of your own.

    It travels to the workers, so it must be picklable; define `__eq__` and `__hash__` if taps with
    equal partitions are to be one source.

    Source:
        cascading.tap.partition.Partition
    Example:
        >>> isinstance(NamedPartition(Fields("day")), Partition)
        True
    """

    @abstractmethod
    def get_path_depth(self) -> int:
        """Return how many folders deep a partition path is, a count from 1."""

    @abstractmethod
    def get_partition_fields(self) -> Fields:
        """Return the fields whose values are in the path."""

    @abstractmethod
    def to_tuple(self, partition: str, tuple_entry: TupleEntry) -> None:
        """Put the values that a path stands for into an entry of the partition fields.

        Args:
            partition: path below the tap's folder, without slashes around it.
            tuple_entry: to be filled; values set by `set_object` are coerced to declared types.
        """

    @abstractmethod
    def to_partition(self, tuple_entry: TupleEntry) -> str:
        """Return the path below the tap's folder for an entry of the partition fields."""


class DelimitedPartition(Partition):
    """The texts of the values, joined by a delimiter; null is ``null``.

    Args:
        fields: the partition fields; types say what the texts are read as.
        delimiter: ``/`` makes a folder for each value.
        postfix: a constant end of every path, joined by the delimiter too.
    Source:
        cascading.tap.partition.DelimitedPartition
    Example:
        >>> DelimitedPartition(Fields("year", "month"), "-").get_path_depth()
        1
    """

    def __init__(self, fields: Any, delimiter: str | None = None, postfix: str | None = None):
        self._fields = _checked_fields(self, fields)
        self._delimiter = "/" if delimiter is None else delimiter
        if not isinstance(self._delimiter, str) or not self._delimiter:
            raise BuildError("a delimiter is a text that is not empty", asked=repr(delimiter))
        ending = (postfix or "").removeprefix(self._delimiter).rstrip("/")
        self._ending = self._delimiter + ending if ending else ""
        # What every path holds is checked once: a value of one sign stands for those to come.
        sample = self._delimiter.join(["x"] * len(self._fields)) + self._ending
        self._depth = sample.count("/") + 1
        problem = _problem(sample)
        if problem is not None:
            raise BuildError(f"every partition path would be wrong: {problem}", asked=sample)

    def get_path_depth(self) -> int:
        return self._depth

    def get_partition_fields(self) -> Fields:
        return self._fields

    def to_tuple(self, partition: str, tuple_entry: TupleEntry) -> None:
        texts = self._texts_of(partition)
        kinds = self._fields.get_types() or (None,) * len(texts)
        for name, kind, text in zip(self._fields, kinds, texts, strict=True):
            # A null that was written as a number is no text that could be read as one.
            is_null = text == "null" and kind not in (None, String, Object)
            tuple_entry.set_object(name, None if is_null else text)

    def to_partition(self, tuple_entry: TupleEntry) -> str:
        return self.path_of(tuple(tuple_entry))

    def path_of(self, row: Row) -> str:
        """Return the path for the values of the partition fields.

        Raises:
            TupleError: a value holds the delimiter, so that it could not be read back.
        """
        kinds = self._fields.get_types() or (None,) * len(row)
        texts = [_text(value, kind) for value, kind in zip(row, kinds, strict=True)]
        for name, text in zip(self._fields, texts, strict=True):
            if self._delimiter in text:
                raise TupleError(
                    f"the value of partition field {name!r} holds the delimiter "
                    f"{self._delimiter!r} of the path",
                    row=row,
                    fields=self._fields,
                )
        return self._delimiter.join(self._parts(texts)) + self._ending

    def _parts(self, texts: list[str]) -> list[str]:
        return texts

    def _texts_of(self, partition: str) -> list[str]:
        if not partition.endswith(self._ending):
            raise ValueError(f"it does not end with {self._ending!r}")
        texts = partition[: len(partition) - len(self._ending)].split(self._delimiter)
        if len(texts) != len(self._fields):
            raise ValueError(f"it has {len(texts)} values instead of {len(self._fields)}")
        return texts

    def _identity(self) -> tuple[Any, ...]:
        return self._fields, self._fields.get_types(), self._delimiter, self._ending

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DelimitedPartition):
            return NotImplemented
        return type(self) is type(other) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((type(self), self._delimiter, self._ending))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._fields.print_()}, {self._delimiter!r})"


class NamedPartition(DelimitedPartition):
    """As `DelimitedPartition`, each value as ``name=value``, as Hive and Spark lay data out.

    Args:
        fields: the partition fields.
        delimiter: what stands between values. Default a slash: folders in folders.
        postfix: what follows the last value.
    Source:
        cascading.tap.partition.NamedPartition
    Example:
        >>> NamedPartition(Fields("year", "month")).to_partition((2024, 7))
        'year=2024/month=7'
    """

    def __init__(self, fields: Any, delimiter: str | None = None, postfix: str | None = None):
        super().__init__(fields, delimiter, postfix)
        for name in self._fields:
            if "=" in str(name) or self._delimiter in str(name) or _problem(str(name)):
                raise BuildError("a partition field has a name that no folder may have", asked=name)

    def _parts(self, texts: list[str]) -> list[str]:
        return [f"{name}={text}" for name, text in zip(self._fields, texts, strict=True)]

    def _texts_of(self, partition: str) -> list[str]:
        found = []
        for name, part in zip(self._fields, super()._texts_of(partition), strict=True):
            if not part.startswith(f"{name}="):
                raise ValueError(f"{part!r} does not begin with '{name}='")
            found.append(part[len(str(name)) + 1 :])
        return found


class TemplatePartition(Partition):
    """A path made by a format such as ``%s-%02d``; only for writing.

    Args:
        template: a format of Java's.
        fields: whose values it takes; None for all that are written.
    Raises:
        BuildError: it is no format, asks for more values than there are fields, or makes paths
            that no reader finds.
    """

    def __init__(self, template: str, fields: Any = None) -> None:
        if not isinstance(template, str) or not template:
            raise BuildError("a path template is a format such as '%s/%s'", asked=repr(template))
        self._template = template
        self._format = compile_format(template)
        self._fields = None if fields is None else _checked_fields(self, fields)
        self._check()

    def _check(self) -> None:
        samples = sample_values(self._template)
        if self._fields is not None and len(samples) > len(self._fields):
            raise BuildError(
                f"a path template asks for {len(samples)} values, "
                f"and the path is made of {len(self._fields)}",
                asked=self._template,
                available=[str(name) for name in self._fields],
            )
        try:
            problem = _problem(self._format(samples).strip("/"))
        except OperationError as error:
            problem = error.headline
        if problem is not None:
            raise BuildError(f"a path template makes no path: {problem}", asked=self._template)

    def bound(self, fields: Fields) -> TemplatePartition:
        """Return the same with its fields, which are all that are written if none were given."""
        return self if self._fields is not None else TemplatePartition(self._template, fields)

    def get_path_depth(self) -> int:
        return self._template.strip("/").count("/") + 1

    def get_partition_fields(self) -> Fields:
        return Fields.NONE if self._fields is None else self._fields

    def to_tuple(self, partition: str, tuple_entry: TupleEntry) -> None:
        raise Unsupported("paths made by a template can only be written", asked=self._template)

    def to_partition(self, tuple_entry: TupleEntry) -> str:
        return self._format(list(tuple_entry)).strip("/")

    def __reduce__(self) -> tuple[Any, ...]:
        return TemplatePartition, (self._template, self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TemplatePartition):
            return NotImplemented
        return self._template == other._template and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._template)

    def __repr__(self) -> str:
        return f"TemplatePartition({self._template!r})"


def folder_maker(partition: Partition) -> Callable[[Row], str]:
    """Return the function from the values of the partition fields to the folder of a row.

    Raises:
        RunError: (the function) the values name no folder that a reader would find again.
    """
    fields, depth = partition.get_partition_fields(), partition.get_path_depth()
    if isinstance(partition, DelimitedPartition):
        return _kept(partition.path_of, fields, depth)

    def folder_of(row: Row) -> str:
        try:
            path = partition.to_partition(TupleEntry(fields, row))
        except RunError:
            raise
        except Exception as error:
            raise TupleError(
                f"{partition!r} made no path: {type(error).__name__}: {error}",
                row=row,
                fields=fields,
            ) from error
        return _checked(path, row, fields, depth)

    return folder_of


def values_in(partition: Partition, path: str, folder: str) -> Row:
    """Return the values of the partition fields that a folder stands for.

    Args:
        path: the folder below the tap's own.
        folder: the tap's own, for messages.
    Raises:
        TapError: the path is none of this partition's.
    """
    fields = partition.get_partition_fields()
    entry = TupleEntry(fields)
    try:
        partition.to_tuple(path, entry)
        # A partition of the user's may have set its values as they are.
        kinds = fields.get_types() or (None,) * len(fields)
        return tuple(
            coercion(kind)(value) for value, kind in zip(entry.get_tuple(), kinds, strict=True)
        )
    except Unsupported:
        raise
    except Exception as error:
        raise TapError(
            f"{folder}/{path} is no folder of {partition!r}",
            details={"because": getattr(error, "headline", error)},
        ) from error


def check_folder(path: Any, depth: int) -> str | None:
    """Return why a path may not be the folder of a row, None when it may."""
    if not isinstance(path, str):
        return f"it is a {type(path).__name__}, not a text"
    levels = path.count("/") + 1
    if levels != depth:
        return f"it has {levels} levels instead of {depth}"
    return _problem(path)


def _kept(path_of: Callable[[Row], str], fields: Fields, depth: int) -> Callable[[Row], str]:
    """Return the same function with a memory: the same few values come again and again."""
    kept: dict[Row, str] = {}

    def folder_of(row: Row) -> str:
        is_kept = _KEPT_KINDS.issuperset(map(type, row))
        if is_kept and row in kept:
            return kept[row]
        path = _checked(path_of(row), row, fields, depth)
        if is_kept:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[row] = path
        return path

    return folder_of


def _checked(path: str, row: Row, fields: Fields, depth: int) -> str:
    problem = check_folder(path, depth)
    if problem is not None:
        raise TupleError(
            f"a row has no folder of its own: {problem}",
            asked=path,
            row=row,
            fields=fields,
        )
    return path


def _problem(path: str) -> str | None:
    """Return what is wrong with a path as such."""
    for name in path.split("/"):
        if not name:
            return "a folder's name would be empty"
        if is_hidden_name(name):
            return f"the name {name!r} begins with {name[0]!r}, and readers skip such folders"
        if re.search(r"[\0\n\r]", name):
            return "a folder's name may hold no line end and no NUL"
        try:
            size = len(name.encode())
        except UnicodeEncodeError:
            return "a folder's name may hold no half of a surrogate pair"
        if size > _MOST_NAME_BYTES:
            return f"a folder's name would have {size} bytes, and {_MOST_NAME_BYTES} are the most"
    return None


def _text(value: Any, kind: Type | None) -> str:
    text = text_writer(kind)(value if kind is None else coercion(kind)(value))
    return "null" if text is None else text


def _checked_fields(partition: Partition, given: Any) -> Fields:
    fields = as_fields(given)
    if not fields.is_defined() or not all(isinstance(name, str) for name in fields):
        raise BuildError(
            f"{type(partition).__name__} needs its fields by name",
            asked=repr(given),
            origin=capture_origin(),
        )
    return fields
