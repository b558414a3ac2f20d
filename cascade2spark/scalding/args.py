"""Args: what stands on a job's command line, as Scalding takes it apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

import attrs

from cascade2spark.errors import BuildError

__all__ = ["ArgHelp", "Args", "ArgsError", "HelpAsked", "Range", "RangedArgs", "declared"]

T = TypeVar("T")
Default = TypeVar("Default")
# Args has methods of the names of these types, which hide them inside the class.
Words = list[str]
Whole = int
Real = float

# What Java's parser of doubles takes, except for white space around it.
_NUMBER = re.compile(
    r"[+-]?(?:NaN|Infinity|"
    r"(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[fFdD]?|"
    r"0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?\d+[fFdD]?)",
    re.ASCII,
)
_WHOLE = re.compile(r"[+-]?\d+")
# Keys of the tool itself, which any job may be given.
_ALWAYS_ALLOWED = frozenset({"", "tool.graph", "hdfs", "local"})
_MISSING: Any = object()


class ArgsError(BuildError):
    """An argument of a job is missing, given twice, no number, or unknown."""


@attrs.frozen
class Range(Generic[T]):
    """Two values that belong together, the second not below the first."""

    lower: T
    upper: T

    def __attrs_post_init__(self) -> None:
        lower: Any = self.lower
        if lower > self.upper:
            raise ArgsError(
                "a range begins after its end", asked=f"{self.lower!r} to {self.upper!r}"
            )

    def as_set(self) -> set[T]:
        """Return both ends as a set."""
        return {self.lower, self.upper}

    def mk_string(self, separator: str) -> str:
        """Return both ends as text, or one if they are equal."""
        ends = [self.lower] if self.lower == self.upper else [self.lower, self.upper]
        return separator.join(map(str, ends))


@attrs.frozen(init=False, repr=False)
class Args:
    """The arguments of a job: keys with lists of values. A value, which never changes.

    Args:
        given: values by key; those of the key ``""`` are positional.
    Source:
        com.twitter.scalding.Args
    Example:
        >>> args = Args.parse("first --input a b --verbose --shift -2.5")
        >>> args.positional(), args.list("input"), args.boolean("verbose"), args.double("shift")
        (['first'], ['a', 'b'], True, -2.5)
    """

    m: Mapping[str, tuple[str, ...]]

    def __init__(self, given: Mapping[str, Iterable[Any]] | None = None) -> None:
        if given is not None and not isinstance(given, Mapping):
            raise ArgsError(
                "Args takes values by key", asked=repr(given), fix="write Args.parse(words)"
            )
        found = {key: tuple(map(str, values)) for key, values in (given or {}).items()}
        self.__attrs_init__({key: values for key, values in found.items() if key or values})

    @classmethod
    def parse(cls, given: str | Iterable[str]) -> Args:
        """Return what some words, or a text with blanks between them, stand for.

        A word that begins with ``-`` and is no number opens a key, whatever number of dashes it
        has; the words up to the next key are its values. The first of equal keys wins.
        """
        words = given.split() if isinstance(given, str) else [str(word) for word in given]
        values: Words = []
        found = {"": values}
        for word in words:
            if not word.strip():
                continue
            if word.startswith("-") and not _NUMBER.fullmatch(word.strip()):
                values = []
                # What follows a key that was there already is lost, as in Scalding.
                found.setdefault(word.lstrip("-"), values)
            else:
                values.append(word)
        return cls(found)

    # -- one value -------------------------------------------------------------------------------

    def required(self, key: str | Whole) -> str:
        """Return the one value of a key, or the positional argument of a number.

        Raises:
            ArgsError: there is none, or there are several.
        """
        if isinstance(key, Whole):
            return self._positional(key)
        values = self.list(key)
        if not values:
            raise self._missing(key)
        return self._only(key, values)

    def optional(self, key: str | Whole) -> str | None:
        """Return the one value, or None without one.

        Raises:
            ArgsError: there are several.
        """
        if isinstance(key, Whole):
            values = self.positional()
            return values[key] if 0 <= key < len(values) else None
        values = self.list(key)
        return self._only(key, values) if values else None

    def get_or_else(self, key: str, default: Default) -> str | Default:
        """Return the one value, or a default without one."""
        found = self.optional(key)
        return default if found is None else found

    def list(self, key: str) -> Words:
        """Return all values of a key; none if it is not there."""
        return Words(self.m.get(key, ()))

    def positional(self) -> Words:
        """Return the values before any key."""
        return self.list("")

    def boolean(self, key: str) -> bool:
        """Tell whether a key is there; its values do not matter, not even ``false``."""
        return key in self.m

    # -- numbers ---------------------------------------------------------------------------------

    @overload
    def int(self, key: str) -> Whole: ...
    @overload
    def int(self, key: str, default: Default) -> Whole | Default: ...
    def int(self, key: str, default: Any = _MISSING) -> Any:
        """Return a value as a whole number.

        Args:
            key: its key.
            default: for a key that is not there, or has no value.
        Raises:
            ArgsError: no number, several values, or none and no default.
        """
        return self._number(key, default, _whole, "a whole number")

    @overload
    def long(self, key: str) -> Whole: ...
    @overload
    def long(self, key: str, default: Default) -> Whole | Default: ...
    def long(self, key: str, default: Any = _MISSING) -> Any:
        """Return a value as a whole number; the same as `int`."""
        return self._number(key, default, _whole, "a whole number")

    @overload
    def float(self, key: str) -> Real: ...
    @overload
    def float(self, key: str, default: Default) -> Real | Default: ...
    def float(self, key: str, default: Any = _MISSING) -> Any:
        """Return a value as a number; see `int`."""
        return self._number(key, default, _real, "a number")

    @overload
    def double(self, key: str) -> Real: ...
    @overload
    def double(self, key: str, default: Default) -> Real | Default: ...
    def double(self, key: str, default: Any = _MISSING) -> Any:
        """Return a value as a number; the same as `float`."""
        return self._number(key, default, _real, "a number")

    # -- the whole -------------------------------------------------------------------------------

    def restrict_to(self, keys: Iterable[str]) -> Args:
        """Return these arguments, after a look that there are no others.

        Raises:
            ArgsError: another key is there. Those of the tool itself always may be: positional
                ones, ``local``, ``hdfs``, ``tool.graph`` and all of ``scalding.…``.
        """
        allowed = set(keys)
        known = allowed | _ALWAYS_ALLOWED
        unknown = [key for key in self.m if key not in known and not key.startswith("scalding.")]
        if unknown:
            raise ArgsError(
                "the job does not take " + ", ".join(f"--{key}" for key in unknown),
                asked=unknown[0] if len(unknown) == 1 else unknown,
                available=sorted(allowed),
            )
        return self

    def to_list(self) -> Words:
        """Return the words that stand for these arguments: positional ones first."""
        words = self.positional()
        for key, values in self.m.items():
            if key:
                words += [f"--{key}", *values]
        return words

    def __add__(self, entry: tuple[str, Any]) -> Args:
        """Return these arguments with the values of one key replaced: ``args + (key, values)``."""
        key, values = entry
        return Args({**self.m, key: [values] if isinstance(values, str) else values})

    def __getitem__(self, key: str | Whole) -> str:
        """Return the one value of a key, or the positional argument of a number: `required`."""
        return self.required(key)

    def __call__(self, key: str | Whole) -> str:
        """Return `required`, as ported code writes it: ``args("input")``."""
        return self.required(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.m)

    def __len__(self) -> Whole:
        return len(self.m)

    def __contains__(self, key: object) -> bool:
        return key in self.m

    def __eq__(self, other: object) -> bool:
        return self.m == other.m if isinstance(other, Args) else NotImplemented

    def __hash__(self) -> Whole:
        return hash(frozenset(self.m.items()))

    def __str__(self) -> str:
        return " ".join(self.to_list())

    def __repr__(self) -> str:
        return f"Args.parse({str(self)!r})"

    # -- parts -----------------------------------------------------------------------------------

    def _positional(self, number: Whole) -> str:
        values = self.positional()
        if not 0 <= number < len(values):
            raise ArgsError(
                f"please provide {number + 1} arguments before any --key",
                asked=number,
                available=values,
            )
        return values[number]

    def _number(self, key: str, default: Any, convert: Callable[[str], Any], what: str) -> Any:
        if default is not _MISSING and not self.list(key):
            return default
        text = self.required(key)
        try:
            return convert(text)
        except ValueError:
            raise ArgsError(f"the value of --{key} is not {what}", asked=text) from None

    def _only(self, key: str, values: Sequence[str]) -> str:
        if len(values) > 1:
            raise ArgsError(f"please only provide a single value for --{key}", asked=values)
        return values[0]

    def _missing(self, key: str) -> ArgsError:
        return ArgsError(
            f"please provide a value for --{key}",
            asked=key,
            available=[known for known in self.m if known],
        )


class RangedArgs:
    """Reads ranges off arguments: one value is both ends, two are the lower and the upper one.

    Args:
        args: the arguments.
    Source:
        com.twitter.scalding.RangedArgs
    Example:
        >>> RangedArgs(Args.parse("--years 1998 2004")).range("years", int)
        Range(lower=1998, upper=2004)
    """

    def __init__(self, args: Args) -> None:
        self.args = args

    def range(
        self,
        key: str,
        convert: Callable[[str], T] | None = None,
        default: Range[T] | None = None,
    ) -> Range[T]:
        """Return the range of a key.

        Args:
            key: its key.
            convert: what makes a value of a text. Default: the text itself.
            default: for a key without values.
        Raises:
            ArgsError: no value, more than two, one that cannot be converted, or ends turned round.
        """
        texts = self.args.list(key)
        if not texts and default is not None:
            return default
        if len(texts) not in (1, 2):
            raise ArgsError(
                f"please provide one or two values for the range --{key}", asked=texts or "nothing"
            )
        make: Callable[[str], Any] = convert or str
        try:
            ends = [make(text) for text in texts]
        except ValueError as bad:
            raise ArgsError(f"the values of --{key} are no range: {bad}", asked=texts) from bad
        return Range(ends[0], ends[-1])


@attrs.frozen
class ArgHelp:
    """What a job says of one of its arguments.

    Args:
        key: its key.
        text: what it is for.
        kind: how many values it takes: one, perhaps one, any number, or none, being a flag.
    """

    key: str
    text: str
    kind: str = attrs.field(
        default="required", validator=attrs.validators.in_(["required", "optional", "list", "flag"])
    )

    def __str__(self) -> str:
        shown = {
            "required": f"--{self.key} VALUE",
            "optional": f"[--{self.key} VALUE]",
            "list": f"--{self.key} VALUE…",
            "flag": f"[--{self.key}]",
        }[self.kind]
        return f"{shown} :: {self.text}"


class HelpAsked(Exception):
    """``--help`` was given; the message is what to print."""


def declared(args: Args, name: str, arguments: Sequence[ArgHelp]) -> Args:
    """Return the arguments of a job that says which ones it takes.

    Args:
        args: what was given.
        name: of the job.
        arguments: what it takes; none means that it does not say.
    Raises:
        HelpAsked: ``--help`` is among them.
    """
    if arguments and args.boolean("help"):
        lines = [f"{name} takes:", *(f"  {argument}" for argument in arguments)]
        raise HelpAsked("\n".join(lines))
    return args


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _real(text: str) -> float:
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(text)
    body = stripped.lower()
    if "x" in body:
        return float.fromhex(body.rstrip("fd"))
    if body.endswith(("nan", "infinity")):
        return float(body)
    return float(body.rstrip("fd"))
