"""From tokens to the statements of a script: Java's, without classes, switch, try and threads."""

from __future__ import annotations

from cascade2spark.errors import BuildError
from cascade2spark.operations.expressions.lexer import ScriptText, Token, problem
from cascade2spark.operations.expressions.parser import MOST_DEPTH, Parser, above, is_assignment
from cascade2spark.operations.expressions.statement_syntax import (
    Assign,
    Block,
    Break,
    Continue,
    Declare,
    Evaluate,
    For,
    ForEach,
    If,
    Return,
    Step,
    Throw,
    While,
)
from cascade2spark.operations.expressions.syntax import Call, Create, Name, Node

__all__ = ["parse_script"]

_MOST_NESTED = 15  # Python takes 20 loops inside each other
_ELSEWHERE = "write it as a Python function, with the decorator `function`"
_ONE_ARRAY = "String[] is the one array, and split gives it"
_REFUSED = {
    "switch": ("a switch", "write it as if … else if … else"),
    "try": ("a try block", "test the value first; a row that fails goes to the trap"),
    "catch": ("a catch block", "test the value first; a row that fails goes to the trap"),
    "finally": ("a finally block", "test the value first; a row that fails goes to the trap"),
    "import": ("an import", _ELSEWHERE),
    "package": ("a package", _ELSEWHERE),
    "class": ("a class", _ELSEWHERE),
    "interface": ("an interface", _ELSEWHERE),
    "enum": ("an enum", _ELSEWHERE),
    "static": ("a static member", _ELSEWHERE),
    "public": ("a method or class", _ELSEWHERE),
    "private": ("a method or class", _ELSEWHERE),
    "protected": ("a method or class", _ELSEWHERE),
    "void": ("a method", _ELSEWHERE),
    "synchronized": ("a synchronized block", "leave it out: a task is one thread"),
    "assert": ("an assert", "throw an exception instead"),
    "goto": ("a goto", _ELSEWHERE),
}
_NOT_HERE = {
    "->": "a script has no lambdas",
    "::": "a script has no method references",
    "@": "a script has no annotations",
}


def parse_script(source: str) -> Block:
    """Return the statements of a script.

    Raises:
        BuildError: it is not one, or needs what scripts do not have; marks the place.
    """
    return _ScriptParser(ScriptText(source)).script()


class _ScriptParser(Parser):
    not_here = _NOT_HERE
    depth = 0

    def script(self) -> Block:
        if self.next.sort == "end":
            raise problem("it is empty", self.source, 0, 1)
        found = []
        while self.next.sort != "end":
            found.append(self.statement())
        return Block(tuple(found), start=0, end=len(self.source))

    def is_word(self, *words: str) -> bool:
        return self.next.sort == "name" and self.next.text in words

    def refused(self, what: str, token: Token, fix: str | None) -> BuildError:
        what = f"{what} has no place in a script"
        return problem(what, self.source, token.start, token.end, fix=fix)

    # -- statements -------------------------------------------------------------------------

    def statement(self) -> Node:
        self.depth += 1
        if self.depth > _MOST_NESTED:
            raise problem("it is nested too deeply", self.source, self.next.start, self.next.end)
        # A tree is as deep as one statement: the limit of expressions counts anew in each.
        node = self.statement_here()
        self.depth -= 1
        return node

    def statement_here(self) -> Node:
        token = self.next
        if self.is_at("{"):
            return self.block()
        if self.is_at(";"):
            self.advance()
            return Block((), start=token.start, end=token.end)
        if token.sort == "name":
            if token.text in _REFUSED:
                what, fix = _REFUSED[token.text]
                raise self.refused(what, token, fix)
            read = {
                "if": self.branches,
                "while": self.while_loop,
                "do": self.do_loop,
                "for": self.for_loop,
                "return": self.result,
                "throw": self.failure,
            }.get(token.text)
            if read is not None:
                return read()
            if token.text in ("break", "continue"):
                return self.jump()
            if token.text == "else":
                raise problem("there is no if before this", self.source, token.start, token.end)
            if self.tokens[self.place + 1].text == ":":
                raise self.refused("a label", token, "use a boolean variable to leave both loops")
        node = self.simple_statement()
        return self.ended(node)

    def ended(self, node: Node) -> Node:
        self.take(";")
        return node

    def block(self) -> Block:
        start = self.take("{").start
        found = []
        while not self.is_at("}"):
            if self.next.sort == "end":
                raise self.unexpected("'}'")
            found.append(self.statement())
        return Block(tuple(found), start=start, end=self.advance().end)

    def simple_statement(self) -> Node:
        """A declaration, or an expression that does something."""
        if self.is_word("final") or self.is_declaration():
            return self.declaration()
        return self.effect()

    def effect(self) -> Evaluate:
        node = self.expression()
        if not isinstance(node, (Assign, Step, Call, Create)):
            what = "this calculates a value and does nothing with it"
            raise problem(what, self.source, node.start, node.end)
        return Evaluate(node, start=node.start, end=node.end)

    def branches(self) -> Node:
        start = self.next.start
        found: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        while True:
            self.advance()
            found.append((self.condition(), self.statement()))
            if not self.is_word("else"):
                break
            self.advance()
            if not self.is_word("if"):
                otherwise = self.statement()
                break
        end = (otherwise or found[-1][1]).end
        return If(tuple(found), otherwise, start=start, end=end)

    def condition(self) -> Node:
        self.take("(")
        node = self.expression()
        self.take(")")
        return node

    def while_loop(self) -> Node:
        start = self.advance().start
        condition = self.condition()
        body = self.statement()
        return While(condition, body, False, start=start, end=body.end)

    def do_loop(self) -> Node:
        start = self.advance().start
        body = self.statement()
        if not self.is_word("while"):
            raise self.unexpected("'while'")
        self.advance()
        condition = self.condition()
        return While(condition, body, True, start=start, end=self.take(";").end)

    def for_loop(self) -> Node:
        start = self.advance().start
        self.take("(")
        if self.is_word("final") or self.is_declaration():
            first: list[Node] = [self.declaration()]
            if self.is_at(":"):
                return self.for_each(start, first[0])
        else:
            first = [] if self.is_at(";") else self.effects()
        self.take(";")
        condition = None if self.is_at(";") else self.expression()
        self.take(";")
        update = [] if self.is_at(")") else self.effects()
        self.take(")")
        body = self.statement()
        expressions = tuple(one.expression for one in update if isinstance(one, Evaluate))
        return For(tuple(first), condition, expressions, body, start=start, end=body.end)

    def for_each(self, start: int, declared: Node) -> Node:
        self.take(":")
        assert isinstance(declared, Declare)
        name, value = declared.variables[0]
        if value is not None or len(declared.variables) > 1:
            raise problem("a variable alone stands here", self.source, declared.start, declared.end)
        texts = self.expression()
        self.take(")")
        body = self.statement()
        return ForEach(declared.type_name, name, texts, body, start=start, end=body.end)

    def effects(self) -> list[Node]:
        found: list[Node] = [self.effect()]
        while self.is_at(","):
            self.advance()
            found.append(self.effect())
        return found

    def result(self) -> Node:
        token = self.advance()
        value = None if self.is_at(";") else self.expression()
        return Return(value, start=token.start, end=self.take(";").end)

    def jump(self) -> Node:
        token = self.advance()
        if self.next.sort == "name":
            raise self.refused("a label", self.next, "use a boolean variable to leave both loops")
        end = self.take(";").end
        make = Break if token.text == "break" else Continue
        return make(start=token.start, end=end)

    def failure(self) -> Node:
        start = self.advance().start
        value = self.expression()
        if not isinstance(value, Create) or len(value.arguments) > 1:
            what = "a throw needs a new exception, with a text or without"
            raise problem(what, self.source, value.start, value.end)
        message = value.arguments[0] if value.arguments else None
        return Throw(value.name, message, start=start, end=self.take(";").end)

    # -- declarations -----------------------------------------------------------------------

    def is_declaration(self) -> bool:
        """A type name, then the name of a variable."""
        ahead = self.place
        if self.tokens[ahead].sort != "name" or self.tokens[ahead].text == "new":
            return False
        while self.tokens[ahead + 1].text == "." and self.tokens[ahead + 2].sort == "name":
            ahead += 2
        following = self.tokens[ahead + 1]
        if following.text == "[":
            return self.tokens[ahead + 2].text == "]"
        if following.text == "<":
            return self.is_generic(ahead + 1)
        return following.sort == "name" and following.text != "instanceof"

    def is_generic(self, ahead: int) -> bool:
        """Tell ``List<String> x`` from ``a < b``; `ahead` is the place of the bracket."""
        inside = self.tokens[ahead + 1 :]
        for at, token in enumerate(inside):
            if token.text in (">", ">>"):
                return inside[at + 1].sort == "name"
            if token.sort != "name" and token.text not in (".", ",", "<", "?"):
                return False
        return False

    def declaration(self) -> Declare:
        start = self.next.start
        is_final = self.is_word("final")
        if is_final:
            self.advance()
        type_name = self.declared_type()
        variables = [self.declared_variable()]
        while self.is_at(","):
            self.advance()
            variables.append(self.declared_variable())
        name, value = variables[-1]
        end = (value or name).end
        return Declare(type_name, is_final, tuple(variables), start=start, end=end)

    def declared_type(self) -> str:
        token = self.type_name()
        if self.is_at("<"):
            raise self.refused(f"a {token.text}<…>", token, _ELSEWHERE)
        if not self.is_at("["):
            return token.text
        self.advance()
        end = self.take("]")
        if token.text != "String" or self.is_at("["):
            what = f"an array of {token.text}"
            shown = Token("name", "", token.start, end.end)
            raise self.refused(what, shown, _ONE_ARRAY)
        return "String[]"

    def declared_variable(self) -> tuple[Name, Node | None]:
        token = self.take_name("the name of a variable")
        name = Name(token.text, start=token.start, end=token.end)
        if self.is_at("["):
            raise self.refused("an array", self.next, "write the brackets after the type: String[]")
        if not self.is_at("="):
            return name, None
        self.advance()
        if self.is_at("{"):
            raise self.refused("an array", self.next, _ONE_ARRAY)
        return name, self.expression()

    def type_name(self) -> Token:
        token = super().type_name()
        text = "StringBuilder" if token.text == "StringBuffer" else token.text
        return Token("name", text, token.start, token.end)

    # -- expressions that assign ------------------------------------------------------------

    def expression(self) -> Node:
        node = super().expression()
        operator = self.next
        if not is_assignment(operator):
            return node
        target = self.target(node)
        self.advance()
        self.nesting += 1
        if self.nesting > MOST_DEPTH:
            raise problem("it is nested too deeply", self.source, operator.start, operator.end)
        value = self.expression()
        self.nesting -= 1
        return self.kept(
            Assign(
                target, operator.text, value, start=node.start, end=value.end, depth=above(value)
            )
        )

    def target(self, node: Node) -> Name:
        if not isinstance(node, Name):
            what = "only a variable can be assigned"
            raise problem(what, self.source, node.start, node.end)
        return node

    def unary(self) -> Node:
        token = self.next
        if not (self.is_at("++") or self.is_at("--")):
            return super().unary()
        self.advance()
        operand = self.target(super().unary())
        return Step(operand, token.text, True, start=token.start, end=operand.end, depth=1)

    def postfix(self, node: Node) -> Node:
        node = super().postfix(node)
        while self.is_at("++") or self.is_at("--"):
            token = self.advance()
            target = self.target(node)
            node = Step(target, token.text, False, start=node.start, end=token.end, depth=1)
        return node

    def creation(self) -> Node:
        ahead = self.place + 2
        while self.tokens[ahead].text == "." and self.tokens[ahead + 1].sort == "name":
            ahead += 2
        made = self.tokens[ahead]
        if made.text in ("[", "<"):
            shown = Token("name", "", self.next.start, made.end)
            is_array = made.text == "["
            fix = _ONE_ARRAY if is_array else _ELSEWHERE
            raise self.refused("an array" if is_array else "a collection", shown, fix)
        return super().creation()
