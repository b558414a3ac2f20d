"""What operations given by Java source text share: the text, its parameters and their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.arguments import is_type, no_more, type_at
from cascade2spark.operations.expression_language import (
    Compiled,
    compile_expression,
    guess_names,
)
from cascade2spark.operations.expressions.kinds import kind_of
from cascade2spark.operations.expressions.quick import inline_expression
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.script_language import compile_script, guess_script_names
from cascade2spark.types import Boolean, Object, Type, as_type, boolean_

__all__ = ["JavaExpression", "JavaScript"]

Parameters = list[tuple[str, Type]]


class _JavaSource:
    """A Java text and what was said of its parameters.

    Args:
        owner: class of the operation, for messages.
        given: the text, then nothing, one type for all parameters, or names and types.
    """

    noun = ""

    def __init__(self, owner: str, given: Sequence[Any]) -> None:
        text, *rest = given or (None,)
        noun = self.noun
        self.forms = self._forms()
        if not isinstance(text, str):
            article = "an" if noun[0] == "e" else "a"
            raise BuildError(f"{owner} needs {article} {noun}", details={"accepted": self.forms})
        self.owner = owner
        self.text = text
        guessed = self._guess()
        self.names = guessed
        self.types: tuple[Type, ...] = ()
        rest = self._without_result(rest)
        if len(rest) >= 2 and isinstance(rest[0], (list, tuple)):
            self.names = tuple(rest.pop(0))
            self.types = tuple(as_type(kind) for kind in rest.pop(0))
            if len(self.names) != len(self.types):
                raise BuildError(
                    f"{owner} needs one type for each parameter",
                    asked=[kind.name for kind in self.types],
                    details={"parameters": ", ".join(self.names), noun: self.text},
                )
        elif rest and is_type(rest[0]):
            self.types = (as_type(rest.pop(0)),) * len(self.names)
        rest = self._without_expected(rest)
        no_more(owner, rest, self.forms)
        for name in guessed:
            if name not in self.names:
                raise BuildError(
                    f"{owner} mentions a name that is not among its parameters",
                    asked=name,
                    available=list(self.names),
                    details={noun: text},
                )

    def _forms(self) -> str:
        return f"({self.noun}), ({self.noun}, type), ({self.noun}, names, types)"

    def _guess(self) -> tuple[str, ...]:
        raise NotImplementedError

    def _without_result(self, rest: list[Any]) -> list[Any]:
        """Take the type of the result, and return the other arguments."""
        return rest

    def _without_expected(self, rest: list[Any]) -> list[Any]:
        """Take the types of all arguments, and return what is left."""
        return rest

    def _call(self, parameters: Parameters, arguments: Fields) -> Callable[..., Any]:
        raise NotImplementedError

    def bind(self, arguments: Fields) -> Callable[..., Any]:
        """Return the compiled text as a callable of all argument values."""
        places = self.places(arguments)
        kinds = self.kinds(arguments)
        width = len(arguments) if arguments.is_defined() else -1
        if len(set(places)) < len(places) or width < 0:
            call = self._call(list(zip(self.names, kinds, strict=True)), arguments)
            return lambda *values: call(*[values[place] for place in places])
        # A parameter for every argument, mentioned or not, so that a row costs one call.
        parameters: Parameters = [(str(field), Object) for field in arguments]
        for name, place, kind in zip(self.names, places, kinds, strict=True):
            parameters[place] = (name, kind)
        return self._call(parameters, arguments)

    def places(self, arguments: Fields) -> tuple[int, ...]:
        """Return the argument that each parameter takes."""
        return tuple(self._place(name, arguments) for name in self.names)

    def kinds(self, arguments: Fields) -> tuple[Type, ...]:
        """Return the types of the parameters."""
        return self.types or tuple(self._type(name, arguments) for name in self.names)

    def declared(self, arguments: Fields) -> dict[str, Type | None]:
        """Return the types of the fields that the parameters come from."""
        return {name: type_at(arguments, self._place(name, arguments)) for name in self.names}

    def _place(self, name: str, arguments: Fields) -> int:
        is_position = name.startswith("$") and name[1:].isdecimal()
        element = int(name[1:]) if is_position else name
        if arguments.is_unknown() and is_position:
            return int(element)
        if element not in arguments:
            raise BuildError(
                f"{self.owner} mentions a field that is not among its arguments",
                asked=name,
                available=[str(field) for field in arguments],
                details={self.noun: self.text},
            )
        place: int = arguments.get_pos(element)
        return place

    def _type(self, name: str, arguments: Fields) -> Type:
        found = type_at(arguments, self._place(name, arguments))
        if found is None:
            raise BuildError(
                f"{self.owner} needs the type of argument {name!r}, which has none",
                details={self.noun: self.text},
                fix="give the type of the parameters, or names and types",
            )
        return found


class JavaExpression(_JavaSource):
    """An expression of an operation.

    Args:
        owner: class of the operation, for messages.
        given: the expression, then nothing, one type for all parameters, or names and types.
        is_test: it must be of a boolean.
    """

    noun = "expression"

    def __init__(self, owner: str, given: Sequence[Any], *, is_test: bool = False) -> None:
        super().__init__(owner, given)
        self.is_test = is_test

    def compiled(self, arguments: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the expression over its own parameters, and the argument that each one takes."""
        parameters = list(zip(self.names, self.kinds(arguments), strict=True))
        return self._compiled(parameters, arguments), self.places(arguments)

    def inline(self, arguments: Fields) -> Inline | None:
        """Return the expression as text for a loop, None where it has to be called."""
        if not arguments.is_defined():
            return None
        compiled, places = self.compiled(arguments)
        kinds = [kind_of(kind) for _, kind in compiled.parameters]
        return inline_expression(compiled.tree, kinds, places)

    def _guess(self) -> tuple[str, ...]:
        return guess_names(self.text)

    def _call(self, parameters: Parameters, arguments: Fields) -> Callable[..., Any]:
        return self._compiled(parameters, arguments).call

    def _compiled(self, parameters: Parameters, arguments: Fields) -> Compiled:
        compiled = compile_expression(
            self.text, parameters, self.declared(arguments), is_test=self.is_test
        )
        if self.is_test and compiled.result_type not in (boolean_, Boolean):
            raise BuildError(
                f"{self.owner} needs a boolean expression, this gives {compiled.result_type.name}",
                details={"expression": self.text},
            )
        return compiled


class JavaScript(_JavaSource):
    """A script of an operation.

    Args:
        owner: class of the operation, for messages.
        given: the script, then nothing, the types of all arguments, or names and types; where
            the result has no type of its own, its type comes before these, else one type is that
            of all parameters.
        result: type of what it returns; ``Tuple`` as a text for rows.
        takes_result: the arguments may say the type of the result.
    """

    noun = "script"

    def __init__(
        self, owner: str, given: Sequence[Any], result: Type | str, *, takes_result: bool = False
    ) -> None:
        self.result = result
        self.takes_result = takes_result
        self.expected: tuple[Type, ...] = ()
        super().__init__(owner, given)

    def kinds(self, arguments: Fields) -> tuple[Type, ...]:
        """Return the types of the parameters."""
        if not self.expected:
            return super().kinds(arguments)
        if arguments.is_defined() and len(arguments) != len(self.expected):
            raise BuildError(
                f"{self.owner} needs one type for each argument",
                asked=[kind.name for kind in self.expected],
                available=[str(field) for field in arguments],
                details={"script": self.text},
            )
        return tuple(self.expected[place] for place in self.places(arguments))

    def _forms(self) -> str:
        type_ = "result type" if self.takes_result else "type"
        forms = f"(script), (script, {type_}), (script, types), (script, names, types)"
        before = ", (script, result type, types), (script, result type, names, types)"
        return forms + (before if self.takes_result else "")

    def _without_result(self, rest: list[Any]) -> list[Any]:
        if self.takes_result and rest and is_type(rest[0]):
            self.result, *rest = as_type(rest[0]), *rest[1:]
        return rest

    def _without_expected(self, rest: list[Any]) -> list[Any]:
        if len(rest) == 1 and isinstance(rest[0], (list, tuple)) and all(map(is_type, rest[0])):
            self.expected, rest = tuple(map(as_type, rest[0])), []
        return rest

    def _guess(self) -> tuple[str, ...]:
        return guess_script_names(self.text)

    def _call(self, parameters: Parameters, arguments: Fields) -> Callable[..., Any]:
        return compile_script(self.text, parameters, self.result, self.declared(arguments))
