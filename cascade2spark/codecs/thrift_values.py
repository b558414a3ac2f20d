"""How the values of a sequence file hold thrift structs, told by their Java class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.codecs.cascading_tuples import (
    CASCADING_TUPLE_CLASS,
    THRIFT_WRITABLE,
    CascadingTuple,
)
from cascade2spark.codecs.writable_types import KNOWN_WRITABLES
from cascade2spark.codecs.writables import BytesWritable, Writable
from cascade2spark.errors import TapError

__all__ = ["THRIFT_WRITABLE", "StructValues", "is_struct_class", "struct_values"]


@attrs.frozen
class StructValues:
    """The values of a file.

    Attributes:
        type: reads them.
        is_nullable: no bytes at all stand for null.
        struct_in: gives the bytes of the struct in a value; None when the value is these bytes.
    """

    type: Writable
    is_nullable: bool
    struct_in: Callable[[Any], bytes] | None = None

    def structs_in(self, values: list[Any]) -> list[bytes]:
        """Return the bytes of the structs in some values."""
        return values if self.struct_in is None else list(map(self.struct_in, values))


def struct_values(value_class: str, path: str) -> StructValues:
    """Return what the values of a class are: any class not known stores a length and bytes.

    Args:
        path: what messages call the file.
    Raises:
        TapError: values of this class are no structs.
    """
    plain = BytesWritable()
    if value_class == CASCADING_TUPLE_CLASS:
        return StructValues(CascadingTuple(), False, _bytes_in)
    if not is_struct_class(value_class):
        raise TapError(
            f"the values of {path} are no thrift structs",
            asked=value_class,
            available=[
                plain.class_name,
                THRIFT_WRITABLE,
                CASCADING_TUPLE_CLASS,
                "any class that stores its bytes behind their number",
            ],
        )
    return StructValues(BytesWritable(value_class), value_class != plain.class_name)


def is_struct_class(value_class: str) -> bool:
    """Tell whether values of a Java class can be a length and the bytes of a struct."""
    known = value_class in KNOWN_WRITABLES or value_class == CASCADING_TUPLE_CLASS
    return not known or value_class == BytesWritable().class_name


def _bytes_in(value: tuple[Any, ...]) -> bytes:
    found = [one for one in value if isinstance(one, bytes)]
    # Anything but one value of bytes becomes bytes that are no struct: a bad record.
    return found[0] if len(found) == 1 else b""
