"""Rows as a DataFrame: a column has the type that all its values have, not that of the first."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from pyspark import RDD
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from cascade2spark.batch.batches import Row
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.errors import TapError
from cascade2spark.fields import Fields

__all__ = ["data_frame_of"]

_SPARK_TYPES: dict[type, DataType] = {
    str: StringType(),
    int: LongType(),
    float: DoubleType(),
    bool: BooleanType(),
    bytes: BinaryType(),
    Decimal: DecimalType(38, 18),
    datetime.date: DateType(),
    datetime.datetime: TimestampType(),
}


def data_frame_of(rows: RDD[Any], fields: Fields, site: SiteSpec) -> DataFrame:
    """Return rows as a DataFrame.

    Args:
        rows: the rows, cheap to read twice.
        fields: their names, and types for columns without a value.
        site: the sink, for messages.
    Raises:
        TapError: the names are not known, or a column has no one type that Spark has too.
    """
    if not fields.is_defined():
        raise TapError(
            f"{site.label}: a DataFrame needs names for its columns",
            asked=fields.print_(),
            origin=site.origin,
            branch=site.branch,
        )
    kinds: list[set[type]] = [set() for _ in range(len(fields))]
    for found in rows.mapPartitions(_kinds).collect():
        for own, some in zip(kinds, found, strict=True):
            own.update(some)
    declared = fields.get_types() or (None,) * len(fields)
    for own, kind in zip(kinds, declared, strict=True):
        if not own and kind is not None:
            own.add(kind.python_type)
    schema = StructType(
        [
            StructField(str(name), _spark_type(str(name), own, site))
            for name, own in zip(fields, kinds, strict=True)
        ]
    )
    return SparkSession.builder.getOrCreate().createDataFrame(rows, schema)


def _spark_type(name: str, kinds: set[type], site: SiteSpec) -> DataType:
    if not kinds:
        return StringType()  # nulls only
    kind = next(iter(kinds))
    if len(kinds) > 1 or kind not in _SPARK_TYPES:
        raise TapError(
            f"{site.label}: the values of {name!r} have no one column type in a DataFrame",
            details={"types": sorted(one.__name__ for one in kinds)},
            origin=site.origin,
            branch=site.branch,
            fix="coerce them, for example with Coerce, or write to an RDDTap",
        )
    return _SPARK_TYPES[kind]


def _kinds(rows: Iterable[Row]) -> Iterator[list[set[type]]]:
    """Yield the types of the values of each column of a partition."""
    found: list[set[type]] | None = None
    for row in rows:
        found = found or [set() for _ in row]
        for own, value in zip(found, row, strict=True):
            if value is not None:
                own.add(type(value))
    if found is not None:
        yield found
