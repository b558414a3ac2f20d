"""What the expression language knows about a value before it sees one: Java's static types."""

from __future__ import annotations

import attrs

from cascade2spark import types
from cascade2spark.types import Type

__all__ = [
    "BOOLEAN",
    "BOXED_BOOLEAN",
    "BOXED_BYTE",
    "BOXED_DOUBLE",
    "BOXED_FLOAT",
    "BOXED_INT",
    "BOXED_LONG",
    "BOXED_SHORT",
    "BOXES",
    "BUILDER",
    "BYTE",
    "CHAR",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INT",
    "KINDS",
    "LONG",
    "NULL",
    "OBJECT",
    "SHORT",
    "TEXT",
    "TEXTS",
    "TUPLE",
    "VOID",
    "Kind",
    "box_of",
    "kind_of",
    "promoted",
    "unboxed",
]


@attrs.frozen(eq=False, repr=False)
class Kind:
    """One of Java's types; there is one instance of each, compare with `is`.

    Attributes:
        name: as written in Java.
        type: the type of a field that holds such a value.
        rank: place in the widening order of numbers, None for what is no number.
        bits: width of a whole number that wraps around, else None.
        is_primitive: never null.
    """

    name: str
    type: Type
    rank: int | None = None
    bits: int | None = None
    is_primitive: bool = False

    @property
    def is_whole(self) -> bool:
        return self.bits is not None

    def __repr__(self) -> str:
        return self.name


BYTE = Kind("byte", types.short_, 0, 8, True)  # no field holds one
SHORT = Kind("short", types.short_, 1, 16, True)
CHAR = Kind("char", types.char_, 1, None, True)
INT = Kind("int", types.int_, 2, 32, True)
LONG = Kind("long", types.long_, 3, 64, True)
FLOAT = Kind("float", types.float_, 4, None, True)
DOUBLE = Kind("double", types.double_, 5, None, True)
BOOLEAN = Kind("boolean", types.boolean_, is_primitive=True)
BOXED_BYTE = Kind("Byte", types.Short, 0, 8)
BOXED_SHORT = Kind("Short", types.Short, 1, 16)
BOXED_INT = Kind("Integer", types.Integer, 2, 32)
BOXED_LONG = Kind("Long", types.Long, 3, 64)
BOXED_FLOAT = Kind("Float", types.Float, 4)
BOXED_DOUBLE = Kind("Double", types.Double, 5)
BOXED_BOOLEAN = Kind("Boolean", types.Boolean)
BOXED_CHAR = Kind("Character", types.Object)
TEXT = Kind("String", types.String)
DECIMAL = Kind("BigDecimal", types.BigDecimal)
OBJECT = Kind("Object", types.Object)
TEXTS = Kind("String[]", types.Object)
BUILDER = Kind("StringBuilder", types.Object)
TUPLE = Kind("Tuple", types.Object)
VOID = Kind("void", types.Object)
NULL = Kind("null", types.Object)

_BOXES = {
    SHORT: BOXED_SHORT,
    INT: BOXED_INT,
    LONG: BOXED_LONG,
    FLOAT: BOXED_FLOAT,
    DOUBLE: BOXED_DOUBLE,
    BOOLEAN: BOXED_BOOLEAN,
    CHAR: BOXED_CHAR,
    BYTE: BOXED_BYTE,
}
_UNBOXED = {box: primitive for primitive, box in _BOXES.items()}
_REFERENCES = (TEXT, DECIMAL, OBJECT)

BOXES = frozenset(_UNBOXED)

# What a cast, `instanceof` or a static method may name.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*_BOXES, *_BOXES.values(), *_REFERENCES)}
_BY_TYPE = {
    kind.type: kind
    for kind in (*_BOXES, *_UNBOXED, *_REFERENCES)
    if kind not in (BOXED_CHAR, BYTE, BOXED_BYTE)
}


def kind_of(type: Type) -> Kind:
    """Return the kind of the values of a field type; a date type holds a Long."""
    return _BY_TYPE.get(type) or _BY_TYPE[type.canonical_type]


def box_of(kind: Kind) -> Kind:
    """Return the kind that may also be null."""
    return _BOXES.get(kind, kind)


def unboxed(kind: Kind) -> Kind:
    """Return the primitive of a box, anything else as it is."""
    return _UNBOXED.get(kind, kind)


def promoted(*kinds: Kind) -> Kind | None:
    """Return the kind in which Java calculates with these, None when one is no number."""
    wide = INT
    for kind in map(unboxed, kinds):
        if kind.rank is None:
            return None
        if kind.rank > (wide.rank or 0):
            wide = kind
    return wide
