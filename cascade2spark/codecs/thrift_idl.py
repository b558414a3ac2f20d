"""From thrift's interface language, or thriftpy2's classes, to a `ThriftStruct`.

thriftpy2 parses; it never sees stored data. Names it reserves (`next`, `end`, `from` …), which
files made for Java use as field names, are given another spelling for the time of parsing.
"""

from __future__ import annotations

import functools
import keyword
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cascade2spark.codecs.thrift_schema import (
    ThriftEnum,
    ThriftStruct,
    definition_text,
    struct_from_definition,
)
from cascade2spark.errors import BuildError

__all__ = ["thrift_enum", "thrift_struct", "thrift_structs"]

_HIDDEN = "__as_in_idl"
_UNION_MARK = "_cascade2spark_is_union"
_KINDS = {2: "bool", 3: "byte", 4: "double", 6: "i16", 8: "i32", 10: "i64", 11: "string"}
_BINARY = 18  # thriftpy2's own number, never on the wire
_CONTAINERS = {13: "map", 14: "set", 15: "list"}
# Comments and literals hold no names, and those of a namespace are not ours to change. What thrift
# had in its first years, thriftpy2 does not parse: it is left out, as it says nothing of bytes.
_TOKENS = re.compile(
    r"""(?P<other>//[^\n]*|\#[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|\binclude[ \t]+(?P<quote>["'])(?P<path>[^"'\n]+)(?P=quote)"""
    r"""|(?P<namespace>\bnamespace[ \t]+[\w.*]+[ \t]+[\w.]+)"""
    r"""|(?P<old>\b(?:\w+_namespace|java_package|perl_package|py_module)[ \t]+[\w.]+"""
    r"""|(?<=[\w>])[ \t]*&|\bxsd_(?:all|optional|nillable)\b|\basync(?=[ \t]+void\b))"""
    r"""|(?P<word>[A-Za-z_][\w.]*)""",
    re.DOTALL,
)


def thrift_struct(
    idl: Any, struct: str | None = None, *, include_dirs: Iterable[str] = ()
) -> ThriftStruct:
    """Return a struct of an IDL.

    Args:
        idl: path of a file, or the text of one; a class that thriftpy2 loaded; or a `ThriftStruct`.
        struct: its name, ``Event`` or ``common.Event`` of an included file. May be left out of a
            file that has only one struct.
        include_dirs: folders, besides that of the file itself, where included files are looked for.
    Raises:
        BuildError: it does not parse, a file is missing, or there is no such struct.
    Example:
        >>> thrift_struct("struct Point { 1: double x, 2: double y }")
        <thrift struct Point: x, y>
    """
    if isinstance(idl, (ThriftStruct, type)):
        made = _struct_of_class(idl) if isinstance(idl, type) else idl
        if struct is not None and struct.rpartition(".")[2] != made.name:
            raise BuildError("this is another struct", asked=struct, available=[made.name])
        return made
    found = _definitions(_parsed(idl, include_dirs))
    own = [name for name in found if "." not in name]  # the others are of included files
    if struct is None and len(own) == 1:
        struct = own[0]
    if struct not in found:
        missing = (
            "the IDL has no such struct" if struct else "the IDL has several structs: name one"
        )
        raise BuildError(
            missing if found else "the IDL has no structs",
            asked=struct,
            available=sorted(found),
        )
    return _struct_of_class(found[struct])


def thrift_structs(idl: Any, *, include_dirs: Iterable[str] = ()) -> dict[str, ThriftStruct]:
    """Return all structs, unions and exceptions of an IDL by name, those of included files too."""
    found = _definitions(_parsed(idl, include_dirs))
    return {name: _struct_of_class(kind) for name, kind in found.items()}


def thrift_enum(idl: Any, name: str, *, include_dirs: Iterable[str] = ()) -> ThriftEnum:
    """Return an enum of an IDL, to write names where records have numbers.

    Args:
        idl: path of a file, or the text of one.
        name: of the enum, ``Kind`` or ``common.Kind`` of an included file.
        include_dirs: folders, besides that of the file itself, where included files are looked for.
    Raises:
        BuildError: it does not parse, a file is missing, or there is no such enum or name.
    Source:
        The classes that thrift generates for enums.
    Example:
        >>> kind = thrift_enum("enum Kind { CLICK = 1, VIEW = 2 }", "Kind")
        >>> kind["VIEW"], kind.name_of(1)
        (2, 'CLICK')
    """
    found = _enums(_parsed(idl, include_dirs))
    if name not in found:
        raise BuildError("the IDL has no such enum", asked=name, available=sorted(found))
    return ThriftEnum(name, _members(found[name]))


def _parsed(idl: Any, include_dirs: Iterable[str]) -> Any:
    """Return thriftpy2's module for a file or a text."""
    if not isinstance(idl, (str, os.PathLike)):
        raise BuildError(
            "this is no thrift IDL",
            asked=repr(idl),
            fix="give the path of a file, its text, or a class that thriftpy2 loaded",
        )
    text, home, name = str(idl).lstrip("\ufeff"), Path.cwd(), ""
    if isinstance(idl, os.PathLike) or ("\n" not in text and "{" not in text):
        path = Path(text)
        if not path.is_file():
            raise BuildError(f"there is no IDL file {text}" if text else "the thrift IDL is empty")
        text, home, name = _text_of(path), path.resolve().parent, path.name
    folders = [home, *map(Path, _as_list(include_dirs))]
    if "include" not in text:
        return _parsed_alone(text, name)
    with tempfile.TemporaryDirectory(prefix="cascade2spark-idl-") as folder:
        return _load(text, name, folders, Path(folder))


# The parser takes 15 ms, most of it to make its own tables, and jobs name one IDL again and again.
@functools.lru_cache(maxsize=16)
def _parsed_alone(text: str, name: str) -> Any:
    """Return thriftpy2's module for a text that includes nothing."""
    with tempfile.TemporaryDirectory(prefix="cascade2spark-idl-") as folder:
        return _load(text, name, [], Path(folder))


def _as_list(given: Iterable[str]) -> Iterable[str]:
    """Return names; one by itself is one, not its letters."""
    return [given] if isinstance(given, (str, os.PathLike)) else given


def _load(text: str, name: str, folders: list[Path], folder: Path) -> Any:
    """Parse respelled copies in a folder of their own, each included file under its own number."""
    copied: dict[Path, Path] = {}
    under_way: set[Path] = set()

    def copy(content: str, target: Path, around: list[Path]) -> None:
        def included(name: str) -> Path:
            source = _included(name, around)
            if source in under_way:
                raise BuildError(f"the thrift IDL {source} includes itself")
            if source not in copied:
                # The name before the dot is the file's, so each gets a folder instead of a name.
                place = folder / str(len(copied)) / source.name
                place.parent.mkdir()
                copied[source] = place
                under_way.add(source)
                copy(_text_of(source), place, [source.parent, *around])
                under_way.remove(source)
            return copied[source]

        target.write_text(_respelled(content, included), "utf-8")

    main = folder / "main.thrift"
    copy(text, main, folders)
    try:
        return _parse(main, name, folder)
    except BuildError:
        # Which file is wrong? The parser does not tell: what is included is tried first.
        for source, place in reversed(copied.items()):
            _parse(place, str(source), folder)
        raise


def _parse(copy: Path, name: str, folder: Path) -> Any:
    """Return thriftpy2's module for a copy of a file.

    Args:
        name: what messages call it; empty for a text.
        folder: where all copies are.
    """
    from thriftpy2.parser import parser

    try:
        parse: Any = parser.parse
        module = parse(str(copy), enable_cache=False, include_dirs=[str(folder)])
        if not hasattr(module, "__thrift_meta__"):  # the parser says nothing of some errors
            raise ValueError("it holds something that has no place there")
        return module
    except Exception as bad:  # a broken file makes the parser raise anything
        said = str(bad).replace(_HIDDEN, "").replace(str(folder) + os.sep, "")
        said = said.replace(f" of the file {copy.name!r}", "")
        what = f"the thrift IDL {name}" if name else "the thrift IDL"
        raise BuildError(
            f"{what} cannot be parsed: {said}",
            fix="define enums and constants above the defaults that name them"
            if said.startswith("Can't find name")
            else None,
        ) from bad


def _text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").lstrip("\ufeff")


def _included(name: str, folders: list[Path]) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).resolve()
    raise BuildError(
        f"the thrift IDL includes {name!r}, which is not there",
        details={"looked in": ", ".join(map(str, folders))},
        fix="give its folder as include_dirs=",
    )


def _respelled(text: str, included: Callable[[str], Path]) -> str:
    """Return an IDL in which no name is one that thriftpy2 reserves.

    Args:
        included: gives the path of a copy for that of an included file.
    """
    from thriftpy2.parser import lexer

    reserved = {*lexer.thrift_reserved_keywords, *keyword.kwlist} - {*lexer.keywords}

    def respell(match: re.Match[str]) -> str:
        word = match["word"]
        if match["path"] is not None:
            return f'include "{included(match["path"])}"'
        if match["old"] is not None:
            return ""
        if word is None:
            return match[0]
        parts = [part + _HIDDEN if part in reserved else part for part in word.split(".")]
        return ".".join(parts)

    return _TOKENS.sub(respell, text)


def _definitions(module: Any, prefix: str = "") -> dict[str, type]:
    meta = module.__thrift_meta__
    for union in meta["unions"]:
        setattr(union, _UNION_MARK, True)
    found = {
        prefix + kind.__name__.removesuffix(_HIDDEN): kind
        for group in ("structs", "unions", "exceptions")
        for kind in meta[group]
    }
    for included in meta["includes"]:
        found |= _definitions(included, f"{prefix}{included.__name__.rpartition('.')[2]}.")
    return found


def _enums(module: Any, prefix: str = "") -> dict[str, Any]:
    meta = module.__thrift_meta__
    found = {prefix + kind.__name__.removesuffix(_HIDDEN): kind for kind in meta["enums"]}
    for included in meta["includes"]:
        found |= _enums(included, f"{prefix}{included.__name__.rpartition('.')[2]}.")
    return found


def _members(enum: Any) -> dict[str, int]:
    members: Mapping[str, int] = enum._NAMES_TO_VALUES
    return {name.removesuffix(_HIDDEN): number for name, number in members.items()}


def _struct_of_class(kind: type) -> ThriftStruct:
    if not hasattr(kind, "thrift_spec") or not hasattr(kind, "default_spec"):
        raise BuildError(
            f"{kind.__qualname__} is no class that thriftpy2 made of an IDL",
            fix="give the IDL itself",
        )
    return struct_from_definition(_Definition(kind).text())


class _Definition:
    """Collects the definition of a class of thriftpy2 with all it refers to."""

    def __init__(self, kind: type) -> None:
        self._main = kind
        self._names: dict[int, str] = {}
        self._used: dict[str, int] = {}
        self._structs: dict[str, Any] = {}
        self._enums: dict[str, dict[str, int]] = {}

    def text(self) -> str:
        """Return the text that `struct_from_definition` takes; equal for equal structs."""
        waiting = [self._main]
        name = self._name(self._main)
        while waiting:
            kind = waiting.pop()
            own = self._name(kind)
            if own not in self._structs:
                self._structs[own] = (_sort(kind), self._fields(kind, waiting))
        return definition_text(name, self._structs, self._enums)

    def _name(self, kind: type) -> str:
        """Return the name of a class; equal names of several files are told apart by a number."""
        if id(kind) not in self._names:
            name = kind.__name__.removesuffix(_HIDDEN)
            self._used[name] = count = self._used.get(name, 0) + 1
            self._names[id(kind)] = name if count == 1 else f"{name}#{count}"
        return self._names[id(kind)]

    def _fields(self, kind: Any, waiting: list[type]) -> tuple[Any, ...]:
        defaults = dict(kind.default_spec)
        for number, (_, name, *_) in kind.thrift_spec.items():
            if not -(1 << 15) <= number < 1 << 15:
                raise BuildError(
                    f"field {name.removesuffix(_HIDDEN)!r} of {self._name(kind)} has a number that "
                    "thrift cannot store",
                    asked=number,
                    details={"numbers": "16 bits"},
                )
        return tuple(
            (
                number,
                name.removesuffix(_HIDDEN),
                self._type(wire, rest[0] if len(rest) > 1 else None, waiting),
                _plain(defaults.get(name)),
                bool(rest[-1]),
            )
            for number, (wire, name, *rest) in sorted(kind.thrift_spec.items())
        )

    def _type(self, wire: int, inner: Any, waiting: list[type]) -> Any:
        if wire == _BINARY:
            return "binary"
        if wire == 12:
            waiting.append(inner)
            return ("struct", self._name(inner))
        if wire == 8 and inner is not None:
            name = self._name(inner)
            self._enums[name] = _members(inner)
            return ("enum", name)
        if wire in _CONTAINERS:
            parts = inner if wire == 13 else (inner,)
            return (_CONTAINERS[wire], *(self._inner(part, waiting) for part in parts))
        return _KINDS[wire]

    def _inner(self, part: Any, waiting: list[type]) -> Any:
        wire, inner = part if isinstance(part, tuple) else (part, None)
        return self._type(wire, inner, waiting)


def _sort(kind: Any) -> str:
    if issubclass(kind, Exception):
        return "exception"
    # thriftpy2 tells unions apart in the module only: the class has a mark of ours, or its module.
    if hasattr(kind, _UNION_MARK):
        return "union"
    meta = getattr(sys.modules.get(kind.__module__), "__thrift_meta__", {"unions": ()})
    return "union" if kind in meta["unions"] else "struct"


def _plain(value: Any) -> Any:
    """Return a default as a literal: a struct as a dict of what is set in it."""
    if hasattr(value, "thrift_spec"):
        names = _names_in(value)
        return {name.removesuffix(_HIDDEN): _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return {_plain(one) for one in value}
    return value


def _names_in(value: Any) -> Iterator[str]:
    for _, (_, name, *_) in sorted(value.thrift_spec.items()):
        if getattr(value, name) is not None:
            yield name
