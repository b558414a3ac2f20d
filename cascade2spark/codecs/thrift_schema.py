"""What a thrift struct is made of, as plain data.

Only this data travels to other processes: a struct pickles as the text of its definition, once in
a pickle however many records are in it, and a process keeps one struct for each text. Nothing is
looked up by name in a module, so nothing has to be loaded there first.
"""

from __future__ import annotations

import ast
import functools
import keyword
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from cascade2spark.errors import BuildError

__all__ = [
    "BOOL",
    "BYTE",
    "DOUBLE",
    "I16",
    "I32",
    "I64",
    "LIST",
    "MAP",
    "SET",
    "STRING",
    "STRUCT",
    "ThriftEnum",
    "ThriftField",
    "ThriftStruct",
    "ThriftType",
    "attribute_name",
    "definition_text",
    "struct_from_definition",
]

BOOL, BYTE, DOUBLE, I16, I32, I64 = 2, 3, 4, 6, 8, 10
STRING, STRUCT, MAP, SET, LIST = 11, 12, 13, 14, 15

_WIRE = {
    "bool": BOOL,
    "byte": BYTE,
    "i16": I16,
    "i32": I32,
    "i64": I64,
    "double": DOUBLE,
    "string": STRING,
    "binary": STRING,
    "enum": I32,
    "struct": STRUCT,
    "map": MAP,
    "set": SET,
    "list": LIST,
}
_SHOWN_FIELDS = 40
# What records have besides their fields.
_TAKEN = frozenset(
    {"as_dict", "is_set", "struct", "_values", "_seen", "_check_name", "_look"}
) | frozenset({"_stored", "_unread", "_raw", "_codec", "_looked", "_first", "_second"})


@attrs.frozen
class ThriftEnum:
    """An enum: its values are plain whole numbers in records.

    Attributes:
        name: as in the IDL.
        members: number by name.
    """

    name: str
    members: Mapping[str, int] = attrs.field(eq=False)

    def __getitem__(self, name: str) -> int:
        if name not in self.members:
            raise BuildError(
                f"thrift enum {self.name} has no such name",
                asked=name,
                available=list(self.members),
            )
        return self.members[name]

    def name_of(self, number: int) -> str | None:
        """Return the name of a number, None for one the IDL does not know."""
        return next((name for name, value in self.members.items() if value == number), None)


@attrs.frozen(eq=False)
class ThriftType:
    """The type of a field or of an element.

    Attributes:
        kind: bool byte i16 i32 i64 double string binary enum struct list set map.
        wire: the number that stands for it in the binary protocol.
        key: type of a map's keys.
        element: type of a container's elements, of a map's values.
        struct: the struct, when kind is struct.
        enum: the enum, when kind is enum.
    """

    kind: str
    wire: int
    key: ThriftType | None = None
    element: ThriftType | None = None
    struct: ThriftStruct | None = attrs.field(default=None, repr=False)
    enum: ThriftEnum | None = None

    @property
    def label(self) -> str:
        """The type as the IDL writes it."""
        if self.struct is not None:
            return self.struct.name
        if self.enum is not None:
            return self.enum.name
        inner = ", ".join(one.label for one in (self.key, self.element) if one is not None)
        return f"{self.kind}<{inner}>" if inner else self.kind


@attrs.frozen(eq=False)
class ThriftField:
    """A field of a struct.

    Attributes:
        id: its number.
        name: as in the IDL.
        attribute: name in Python: `name`, with an underscore behind it if Python reserves it.
        type: its type.
        default: what an absent field reads as; None for none. Structs are dicts by field name.
        is_required: as in the IDL; told, not enforced.
    """

    id: int
    name: str
    # Interned, as names in a program are: looking such a one up compares no letters.
    attribute: str = attrs.field(converter=sys.intern)
    type: ThriftType
    default: Any = None
    is_required: bool = False


class ThriftStruct:
    """A struct, union or exception, with all it refers to; equal to one of the same definition.

    Get one from `thrift_struct`.

    Attributes:
        name: as in the IDL.
        kind: struct, union or exception.
        fields: its fields by number.
        definition: all of it as text.
    """

    __slots__ = ("__weakref__", "by_id", "by_name", "definition", "fields", "kind", "name")

    def __init__(self, name: str, kind: str, definition: str) -> None:
        self.name = name
        self.kind = kind
        self.definition = definition
        self.fields: tuple[ThriftField, ...] = ()
        self.by_id: dict[int, ThriftField] = {}
        self.by_name: dict[str, ThriftField] = {}

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the fields, by number."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> ThriftField:
        """Return a field by its name in the IDL.

        Raises:
            BuildError: there is none.
        """
        try:
            return self.by_name[name]
        except KeyError:
            shown = [(field.name, field.type.label) for field in self.fields[:_SHOWN_FIELDS]]
            raise BuildError(
                f"thrift {self.kind} {self.name} has no such field", asked=name, available=shown
            ) from None

    def path(self, dotted: str) -> tuple[ThriftField, ...]:
        """Return the fields along a path such as ``user.address.city``.

        Raises:
            BuildError: there is no such field, or something on the way is no struct.
        """
        names = dotted.split(".")
        struct, found = self, []
        for place, name in enumerate(names):
            field = struct.field(name)
            found.append(field)
            if place + 1 < len(names):
                if field.type.struct is None:
                    raise BuildError(
                        f"{'.'.join(names[: place + 1])!r} of thrift {self.kind} {self.name} is a "
                        f"{field.type.label}, which has no fields to name",
                        asked=dotted,
                    )
                struct = field.type.struct
        return tuple(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ThriftStruct) and self.definition == other.definition

    def __hash__(self) -> int:
        return hash(self.definition)

    def __repr__(self) -> str:
        return f"<thrift {self.kind} {self.name}: {', '.join(self.field_names)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return struct_from_definition, (self.definition,)


def attribute_name(name: str) -> str:
    """Return the name of a field in Python: with an underscore behind it if it is taken.

    Example:
        >>> attribute_name("from"), attribute_name("user")
        ('from_', 'user')
    """
    is_taken = keyword.iskeyword(name) or name in _TAKEN or name.startswith("__")
    return name + "_" if is_taken else name


def _attributes(names: Iterable[str]) -> dict[str, str]:
    """Return the attribute of each field; `from` is not `from_` where that is a field as well."""
    taken = set(names)
    found = {}
    for name in names:
        attribute = attribute_name(name)
        while attribute != name and attribute in taken:
            attribute += "_"
        taken.add(attribute)
        found[name] = attribute
    return found


@functools.lru_cache(maxsize=1024)
def struct_from_definition(definition: str) -> ThriftStruct:
    """Return the struct that a text defines; one for each text in a process.

    The text is that of a Python literal: (name of the struct, {name: (kind, fields)}, {name of an
    enum: members}) with fields (id, name, type, default, is_required).
    """
    name, structs, enums = ast.literal_eval(definition)
    enum_of = {label: ThriftEnum(label, members) for label, members in enums.items()}
    found: dict[str, ThriftStruct] = {}
    for label, (kind, _) in structs.items():
        own = definition if label == name else definition_text(label, structs, enums)
        found[label] = ThriftStruct(label, kind, own)
    for label, (_, fields) in structs.items():
        struct = found[label]
        named = _attributes([own for _, own, *_ in fields])
        struct.fields = tuple(
            ThriftField(number, own, named[own], _type(kind, found, enum_of), default, required)
            for number, own, kind, default, required in sorted(fields, key=lambda one: one[0])
        )
        struct.by_id = {field.id: field for field in struct.fields}
        struct.by_name = {field.name: field for field in struct.fields}
    return found[name]


def definition_text(name: str, structs: Mapping[str, Any], enums: Mapping[str, Any]) -> str:
    """Return the definition of a struct: what it holds and no more, always in the same order.

    So a struct is equal to itself, whether it was asked for or found in another one.
    """
    used, waiting = {name}, [name]
    named: set[str] = set()
    while waiting:
        types = [kind for _, _, kind, _, _ in structs[waiting.pop()][1]]
        for kind in types:
            if isinstance(kind, str):
                continue
            if kind[0] == "enum":
                named.add(kind[1])
            elif kind[0] != "struct":
                types += kind[1:]
            elif kind[1] not in used:
                used.add(kind[1])
                waiting.append(kind[1])
    some = {label: structs[label] for label in sorted(used)}
    return repr((name, some, {label: enums[label] for label in sorted(named)}))


def _type(
    given: Any, structs: Mapping[str, ThriftStruct], enums: Mapping[str, ThriftEnum]
) -> ThriftType:
    if isinstance(given, str):
        return ThriftType(given, _WIRE[given])
    kind, *inner = given
    if kind == "struct":
        return ThriftType(kind, STRUCT, struct=structs[inner[0]])
    if kind == "enum":
        return ThriftType(kind, I32, enum=enums[inner[0]])
    types = [_type(one, structs, enums) for one in inner]
    return ThriftType(kind, _WIRE[kind], types[0] if kind == "map" else None, types[-1])
