"""Giving every statement of a script its meaning, or the reason why it has none.

Java's rules on what a path through a script may do are kept: a variable has a value before it is
read, every path ends with a result, and nothing stands where no path leads.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import attrs

from cascade2spark.operations.expressions import statement_syntax as statements
from cascade2spark.operations.expressions import syntax
from cascade2spark.operations.expressions.check import Checker, with_article
from cascade2spark.operations.expressions.conversions import can_cast, convert, distance
from cascade2spark.operations.expressions.kinds import (
    BOXED_BYTE,
    BOXED_SHORT,
    BUILDER,
    BYTE,
    CHAR,
    INT,
    KINDS,
    NULL,
    OBJECT,
    SHORT,
    TEXT,
    TEXTS,
    TUPLE,
    VOID,
    Kind,
    unboxed,
)
from cascade2spark.operations.expressions.lexer import ScriptText
from cascade2spark.operations.expressions.statement_names import free_names
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
from cascade2spark.operations.expressions.typed import Constant, Parameter, TypedNode

__all__ = ["check_script"]

_KINDS = {**KINDS, **{kind.name: kind for kind in (TEXTS, BUILDER, TUPLE)}}
_SMALL = {BYTE: 8, BOXED_BYTE: 8, SHORT: 16, BOXED_SHORT: 16, CHAR: 17}
_ONE = syntax.Literal(INT, 1, start=0, end=0)


def check_script(
    tree: statements.Block, source: str, parameters: Sequence[tuple[str, Kind]], result: Kind
) -> tuple[Statements, frozenset[int]]:
    """Return the typed form of a script, and the parameters that it assigns.

    Args:
        tree: what the parser gave.
        source: its text.
        parameters: name and kind of each.
        result: kind of what it returns.
    Raises:
        BuildError: as `check_expression`, and for paths that Java refuses; marks the place.
    """
    checker = _ScriptChecker(ScriptText(source), parameters, result, free_names(tree))
    checked = checker.block(tree)
    if checker.is_open:
        end = len(source.rstrip())
        what = "a path ends without a return"
        raise checker.error(what, syntax.Node(start=max(end - 1, 0), end=end))
    return checked, frozenset(checker.changed)


@attrs.define
class _Local:
    """What is known of a variable: parameters are known as such."""

    target: Variable | Parameter
    is_final: bool = False


@attrs.define
class _Round:
    """What is known of a loop while its body is checked."""

    breaks: list[set[str]] = attrs.Factory(list)


class _ScriptChecker(Checker):
    noun = "a script"

    def __init__(
        self,
        source: ScriptText,
        parameters: Sequence[tuple[str, Kind]],
        result: Kind,
        used: Sequence[str],
    ) -> None:
        super().__init__(source, parameters)
        self.used = frozenset(used)
        self.result = result
        self.scopes: list[dict[str, _Local]] = [
            {name: _Local(Parameter(at, kind=kind)) for name, (at, kind) in self.parameters.items()}
        ]
        self.made = 0
        self.changed: set[int] = set()
        # Names of variables with a value on the path that leads here; `is_open`: one does.
        self.known = set(self.parameters)
        self.is_open = True
        self.rounds: list[_Round] = []

    def local(self, name: str) -> _Local | None:
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def is_variable(self, name: str) -> bool:
        return self.local(name) is not None

    # -- expressions ------------------------------------------------------------------------

    def check(self, node: syntax.Node) -> TypedNode:
        if isinstance(node, statements.Assign):
            return self.assignment(node)
        if isinstance(node, statements.Step):
            return self.step(node)
        if isinstance(node, syntax.Name) and (local := self.local(node.text)) is not None:
            if node.text not in self.known:
                raise self.error(f"{node.text} has no value yet on some path", node)
            return local.target
        return super().check(node)

    def assignment(self, node: statements.Assign) -> TypedNode:
        local = self.assigned(node.target, is_first=node.operator == "=")
        kind = local.target.kind
        if node.operator == "=":
            value = self.stored(self.check(node.value), kind, node.value)
        else:
            value = self.compound(node, kind)
        self.known.add(node.target.text)
        return Store(local.target, value, kind=kind)

    def compound(self, node: statements.Assign, kind: Kind) -> TypedNode:
        """``a += b`` is ``a = (type) (a + b)``."""
        operator = node.operator.removesuffix("=")
        whole = syntax.Binary(
            operator, node.target, node.value, start=node.start, end=node.end, depth=node.depth
        )
        value = self.check(whole)
        if not can_cast(value.kind, unboxed(kind)) or (kind is not TEXT and value.kind is TEXT):
            what = f"{with_article(value.kind)} cannot be stored in {with_article(kind)}"
            raise self.error(what, node)
        return convert(convert(value, unboxed(kind)), kind)

    def step(self, node: statements.Step) -> TypedNode:
        local = self.assigned(node.target, is_first=False)
        kind = local.target.kind
        self.number(node.target, local.target, node.operator)
        sign = node.operator[0]
        value = self.check(syntax.Binary(sign, node.target, _ONE, start=node.start, end=node.end))
        value = convert(convert(value, unboxed(kind)), kind)
        return StoreStep(local.target, value, node.is_prefix, kind=kind)

    def assigned(self, name: syntax.Name, *, is_first: bool) -> _Local:
        """Return a variable that may be assigned."""
        local = self.local(name.text)
        if local is None:
            self.check(name)  # says that there is no such name
            raise self.error("only a variable can be assigned", name)
        if local.is_final and not (is_first and name.text not in self.known):
            raise self.error(f"{name.text} is final", name)
        if isinstance(local.target, Parameter):
            self.changed.add(local.target.index)
        return local

    def stored(self, typed: TypedNode, kind: Kind, node: syntax.Node) -> TypedNode:
        """Return a value as the kind of the variable that keeps it."""
        if distance(typed.kind, kind) is not None:
            return convert(typed, kind)
        bits = _SMALL.get(kind)
        is_constant = isinstance(typed, Constant) and typed.kind in (INT, SHORT, BYTE, CHAR)
        if bits and is_constant and isinstance(typed, Constant):
            number = ord(typed.value) if typed.kind is CHAR else typed.value
            low = 0 if kind is CHAR else -(1 << (bits - 1))
            if low <= number < 1 << (bits - 1):
                return Constant(chr(number) if kind is CHAR else number, kind=kind)
        fix = _narrowing(typed.kind, kind)
        if kind is TEXT and typed.kind is not VOID:
            fix = "String.valueOf(…)"
        what = f"{with_article(typed.kind)} cannot be stored in {with_article(kind)}"
        raise self.error(what, node, fix=fix)

    # -- statements -------------------------------------------------------------------------

    def block(self, node: syntax.Node) -> Statements:
        """Check a statement in a scope of its own; a block is its statements."""
        inside = node.statements if isinstance(node, statements.Block) else (node,)
        self.scopes.append({})
        checked: list[Statement] = []
        for one in inside:
            if not self.is_open:
                raise self.error("no path leads here", one)
            if isinstance(one, statements.Block):
                checked += self.block(one)
            else:
                checked += self.statement(one)
        for name in self.scopes.pop():
            self.known.discard(name)
        return tuple(checked)

    @functools.singledispatchmethod
    def statement(self, node: syntax.Node) -> Statements:
        raise AssertionError(node)

    @statement.register
    def _declare(self, node: statements.Declare) -> Statements:
        found: list[Statement] = []
        for name, written in node.variables:
            value = None if written is None else self.check(written)
            if node.type_name == "var":
                if value is None or value.kind in (NULL, VOID):
                    raise self.error("var needs a value that says its type", name)
                kind = value.kind
            else:
                kind = self.kind_of_variable(node.type_name, node)
            local = self.declared(name, kind, node.is_final)
            if value is not None and written is not None:
                found.append(Run(Store(local.target, self.stored(value, kind, written), kind=kind)))
                self.known.add(name.text)
        return tuple(found)

    def kind_of_variable(self, name: str, node: syntax.Node) -> Kind:
        if name not in _KINDS:
            raise self.error("there is no such type", node, asked=name, available=list(_KINDS))
        return _KINDS[name]

    def declared(self, name: syntax.Name, kind: Kind, is_final: bool) -> _Local:
        found = self.local(name.text)
        # A field that the script does not mention is no parameter of it, as far as Java can tell.
        if found is not None and (isinstance(found.target, Variable) or name.text in self.used):
            raise self.error(f"{name.text} is declared already", name)
        self.known.discard(name.text)
        target = Variable(self.made, kind=kind)
        self.made += 1
        self.scopes[-1][name.text] = local = _Local(target, is_final)
        return local

    @statement.register
    def _evaluate(self, node: statements.Evaluate) -> Statements:
        return (Run(self.check(node.expression)),)

    @statement.register
    def _if(self, node: statements.If) -> Statements:
        branches, ends = [], []
        for condition, body in node.branches:
            tested = self.boolean(condition, "'if'")
            before = set(self.known)
            branches.append((tested, self.block(body)))
            ends.append((self.is_open, self.known))
            self.known, self.is_open = before, True
        otherwise = () if node.otherwise is None else self.block(node.otherwise)
        ends.append((self.is_open, self.known))
        self.meet([known for is_open, known in ends if is_open])
        return (Branch(tuple(branches), otherwise),)

    def meet(self, paths: list[set[str]]) -> None:
        """Go on where several paths come together, or none."""
        self.is_open = bool(paths)
        self.known = set.intersection(*paths) if paths else set()

    @statement.register
    def _while(self, node: statements.While) -> Statements:
        if node.is_do:
            return self.do_loop(node)
        condition = self.boolean(node.condition, "'while'")
        before = set(self.known)
        body, breaks = self.body(node.body)
        self.meet([*breaks, *([] if _is_always(condition) else [before])])
        return (Loop(condition, body, (), False),)

    def do_loop(self, node: statements.While) -> Statements:
        before = set(self.known)
        body, breaks = self.body(node.body)
        if not self.is_open:  # by way of a continue, if at all
            self.known = before
        condition = self.boolean(node.condition, "'while'")
        after = set(self.known)
        self.meet([*breaks, *([] if _is_always(condition) else [after])])
        return (Loop(condition, body, (), True),)

    @statement.register
    def _for(self, node: statements.For) -> Statements:
        self.scopes.append({})
        first = [one for written in node.first for one in self.statement(written)]
        condition = None if node.condition is None else self.boolean(node.condition, "'for'")
        before = set(self.known)
        body, breaks = self.body(node.body)
        self.known = self.known | before
        update = tuple(self.check(one) for one in node.update)
        always = condition is None or _is_always(condition)
        self.meet([*breaks, *([] if always else [before])])
        for name in self.scopes.pop():
            self.known.discard(name)
        return (*first, Loop(condition, body, update, False))

    @statement.register
    def _foreach(self, node: statements.ForEach) -> Statements:
        texts = self.check(node.texts)
        if texts.kind is not TEXTS:
            what = f"'for' goes through what split gives, this is {with_article(texts.kind)}"
            raise self.error(what, node.texts)
        kind = TEXT if node.type_name == "var" else self.kind_of_variable(node.type_name, node)
        if kind not in (TEXT, OBJECT):
            raise self.error(f"split gives Strings, not {kind}", node.name)
        before = set(self.known)
        self.scopes.append({})
        local = self.declared(node.name, kind, is_final=False)
        self.known.add(node.name.text)
        body, _ = self.body(node.body)
        self.scopes.pop()
        self.meet([before])
        assert isinstance(local.target, Variable)
        return (Walk(local.target, texts, body),)

    def body(self, node: syntax.Node) -> tuple[Statements, list[set[str]]]:
        """Check what a loop repeats; return it with what is known at its breaks."""
        self.rounds.append(_Round())
        checked = self.block(node)
        return checked, self.rounds.pop().breaks

    @statement.register
    def _break(self, node: statements.Break) -> Statements:
        if not self.rounds:
            raise self.error("there is no loop around this", node)
        self.rounds[-1].breaks.append(set(self.known))
        self.is_open = False
        return (Leave(),)

    @statement.register
    def _continue(self, node: statements.Continue) -> Statements:
        if not self.rounds:
            raise self.error("there is no loop around this", node)
        self.is_open = False
        return (Again(),)

    @statement.register
    def _return(self, node: statements.Return) -> Statements:
        if node.value is None:
            raise self.error(f"a return needs {with_article(self.result)}", node)
        value = self.check(node.value)
        if distance(value.kind, self.result) is None:
            self.refuse_result(value, node.value)
        self.is_open = False
        return (Give(convert(value, self.result)),)

    def refuse_result(self, value: TypedNode, node: syntax.Node) -> Any:
        wanted = with_article(self.result)
        is_tuple = self.result is TUPLE
        fix = "write return new Tuple(…)" if is_tuple else _narrowing(value.kind, self.result)
        what = f"the script returns {wanted}, this is {with_article(value.kind)}"
        raise self.error(what, node, fix=fix)

    @statement.register
    def _throw(self, node: statements.Throw) -> Statements:
        if not node.name.endswith(("Exception", "Error")):
            raise self.error("a throw needs a new exception", node, asked=node.name)
        message = None
        if node.message is not None:
            message = convert(self.check(node.message), OBJECT)
        self.is_open = False
        return (Fail(node.name, message),)


def _narrowing(given: Kind, wanted: Kind) -> str | None:
    """Return how a number may be stored in a smaller one."""
    if given.rank is None or not wanted.is_primitive or wanted.rank is None:
        return None
    return f"write ({wanted}) before it" if given.is_primitive else f"call .{wanted}Value()"


def _is_always(condition: TypedNode) -> bool:
    return isinstance(condition, Constant) and condition.value is True
