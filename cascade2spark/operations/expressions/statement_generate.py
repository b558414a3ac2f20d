"""Writing a typed script as one Python function.

As with expressions nothing of what the user wrote is part of the text: variables are ``v0``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cascade2spark.operations.expressions.generate import Writer, function_of
from cascade2spark.operations.expressions.kinds import TUPLE, Kind
from cascade2spark.operations.expressions.statement_typed import (
    Again,
    Branch,
    Fail,
    Give,
    Leave,
    Loop,
    Run,
    Statement,
    Statements,
    Store,
    StoreStep,
    Variable,
    Walk,
)
from cascade2spark.operations.expressions.typed import TypedNode

__all__ = ["make_script"]


def make_script(
    script: Statements,
    kinds: Sequence[Kind],
    coercions: Sequence[tuple[Callable[[Any], Any], bool]],
    failed: Callable[[Exception, Any], Exception],
    changed: Collection[int],
) -> tuple[Callable[..., Any], str]:
    """Return the compiled function and its Python text; the arguments are `make_function`'s."""
    writer = _ScriptWriter()
    return function_of(writer, writer.lines(script), kinds, coercions, failed, changed)


class _ScriptWriter(Writer):
    def __init__(self) -> None:
        super().__init__()
        # What a `continue` does before it goes round, for each loop around, the nearest last.
        self.rounds: list[list[str]] = []

    def write(self, node: TypedNode) -> str:
        if isinstance(node, Variable):
            return f"v{node.number}"
        if isinstance(node, Store):
            return f"({self.write(node.target)} := {self.write(node.value)})"
        if isinstance(node, StoreStep):
            name, value = self.write(node.target), self.write(node.value)
            if node.is_prefix:
                return f"({name} := {value})"
            return f"({name}, ({name} := {value}))[0]"
        return super().write(node)

    def lines(self, script: Statements) -> list[str]:
        """Write statements, one line or more for each."""
        return [line for statement in script for line in self.line(statement)]

    def indented(self, script: Statements) -> list[str]:
        return [f" {line}" for line in self.lines(script)] or [" pass"]

    def effect(self, node: TypedNode) -> str:
        if isinstance(node, (Store, StoreStep)):
            return f"{self.write(node.target)} = {self.write(node.value)}"
        return self.write(node)

    @functools.singledispatchmethod
    def line(self, statement: Statement) -> list[str]:
        raise AssertionError(statement)

    @line.register
    def _run(self, statement: Run) -> list[str]:
        return [self.effect(statement.expression)]

    @line.register
    def _branch(self, statement: Branch) -> list[str]:
        lines, word = [], "if"
        for condition, body in statement.branches:
            lines += [f"{word} {self.write(condition)}:", *self.indented(body)]
            word = "elif"
        if statement.otherwise:
            lines += ["else:", *self.indented(statement.otherwise)]
        return lines

    @line.register
    def _loop(self, statement: Loop) -> list[str]:
        condition = None if statement.condition is None else self.write(statement.condition)
        after = [self.effect(one) for one in statement.update]
        if statement.is_do:
            after.append(f"if not {condition}: break")
        self.rounds.append(after)
        body = self.indented(statement.body)
        self.rounds.pop()
        head = "True" if statement.is_do or condition is None else condition
        return [f"while {head}:", *body, *(f" {line}" for line in after)]

    @line.register
    def _walk(self, statement: Walk) -> list[str]:
        self.rounds.append([])
        body = self.indented(statement.body)
        self.rounds.pop()
        return [f"for v{statement.variable.number} in {self.write(statement.texts)}:", *body]

    @line.register
    def _give(self, statement: Give) -> list[str]:
        value = self.write(statement.value)
        return [f"return tuple({value})" if statement.value.kind is TUPLE else f"return {value}"]

    @line.register
    def _leave(self, statement: Leave) -> list[str]:
        return ["break"]

    @line.register
    def _again(self, statement: Again) -> list[str]:
        return [*self.rounds[-1], "continue"]

    @line.register
    def _fail(self, statement: Fail) -> list[str]:
        message = None if statement.message is None else self.write(statement.message)
        shown = "None" if message is None else f"joined({message})"
        return [f"raise thrown({self.bound(statement.name)}, {shown})"]
