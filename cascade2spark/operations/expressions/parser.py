"""From tokens to the tree: Java's expressions without assignments, by precedence climbing."""

from __future__ import annotations

from collections.abc import Mapping

from cascade2spark.errors import BuildError
from cascade2spark.operations.expressions.kinds import INT, KINDS, LONG
from cascade2spark.operations.expressions.lexer import Token, problem, tokens_of
from cascade2spark.operations.expressions.syntax import (
    Binary,
    Call,
    Cast,
    Conditional,
    Create,
    Index,
    InstanceOf,
    Literal,
    Member,
    Name,
    Node,
    Unary,
)

__all__ = ["MOST_DEPTH", "PACKAGES", "Parser", "above", "is_assignment", "parse_expression"]

PACKAGES = ("java.lang.", "java.math.", "cascading.tuple.")
_LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">=", "instanceof"),
    ("<<", ">>", ">>>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_PRECEDENCE = {operator: level for level, row in enumerate(_LEVELS) for operator in row}
# Long chains of these are usual (a || b || …) and are taken apart without recursion later on.
_FLAT = ("||", "&&", "+")
MOST_DEPTH = 60
_NOT_HERE = {
    "=": "an expression cannot assign; '==' compares",
    "++": "an expression cannot assign",
    "--": "an expression cannot assign",
    ";": "an expression has no statements and no ';'",
    "{": "an expression has no statements",
    "->": "an expression has no lambdas",
    "::": "an expression has no method references",
}
_RESERVED = frozenset(
    ["return", "if", "for", "while", "this", "super", "class", "var", "void", "throw", "switch"]
)


def parse_expression(source: str) -> Node:
    """Return the tree of an expression.

    Raises:
        BuildError: it is not one; marks the place.
    """
    return Parser(source).parse()


class Parser:
    """Reads the tokens of one expression from left to right."""

    not_here: Mapping[str, str] = _NOT_HERE

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokens_of(source)
        self.place = 0
        self.nesting = 0

    def parse(self) -> Node:
        if self.next.sort == "end":
            raise problem("it is empty", self.source, 0, 1)
        node = self.expression()
        if self.next.sort != "end":
            raise self.unexpected("an operator")
        return node

    # -- tokens -----------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def advance(self) -> Token:
        token = self.next
        self.place += 1
        return token

    def is_at(self, text: str) -> bool:
        return self.next.sort == "operator" and self.next.text == text

    def take(self, text: str) -> Token:
        if not self.is_at(text):
            raise self.unexpected(repr(text))
        return self.advance()

    def take_name(self, what: str) -> Token:
        if self.next.sort != "name":
            raise self.unexpected(what)
        return self.advance()

    def unexpected(self, wanted: str) -> BuildError:
        token = self.next
        what = f"{wanted} is missing"
        if token.sort == "operator":
            written = "=" if is_assignment(token) else token.text
            what = self.not_here.get(written, f"{what} before {token.text!r}")
        elif token.sort != "end":
            what = f"{what} before {token.text}"
        return problem(what, self.source, token.start, token.end)

    def kept(self, node: Node) -> Node:
        if node.depth > MOST_DEPTH:
            raise problem("it is nested too deeply", self.source, node.start, node.end)
        return node

    # -- grammar ----------------------------------------------------------------------------

    def expression(self) -> Node:
        self.nesting += 1
        if self.nesting > MOST_DEPTH:
            raise problem("it is nested too deeply", self.source, self.next.start, self.next.end)
        node = self.binary(0)
        if self.is_at("?"):
            self.advance()
            when_true = self.expression()
            self.take(":")
            when_false = self.expression()
            node = self.kept(
                Conditional(
                    node,
                    when_true,
                    when_false,
                    start=node.start,
                    end=when_false.end,
                    depth=above(node, when_true, when_false),
                )
            )
        self.nesting -= 1
        return node

    def binary(self, lowest: int) -> Node:
        left = self.unary()
        while True:
            operator = self.next
            if operator.sort not in ("operator", "name"):
                return left
            level = _PRECEDENCE.get(operator.text, -1)
            if level < lowest:
                return left
            self.advance()
            if operator.text == "instanceof":
                target = self.type_name()
                left = InstanceOf(
                    left, target.text, start=left.start, end=target.end, depth=above(left)
                )
                continue
            right = self.binary(level + 1)
            is_chain = (
                operator.text in _FLAT
                and isinstance(left, Binary)
                and left.operator == operator.text
            )
            depth = max(left.depth, right.depth + 1) if is_chain else above(left, right)
            left = self.kept(
                Binary(operator.text, left, right, start=left.start, end=right.end, depth=depth)
            )

    def unary(self) -> Node:
        token = self.next
        if token.sort == "operator" and token.text in ("-", "+", "!", "~"):
            self.advance()
            if token.text == "-" and self.next.kind in (INT, LONG) and self.next.value is not None:
                return self.postfix(self.negative_number(token))
            self.nesting += 1
            if self.nesting > MOST_DEPTH:
                raise problem("it is nested too deeply", self.source, token.start, token.end)
            operand = self.unary()
            self.nesting -= 1
            return self.kept(
                Unary(token.text, operand, start=token.start, end=operand.end, depth=above(operand))
            )
        if self.is_at("(") and self.is_cast():
            self.advance()
            target = self.type_name()
            self.take(")")
            operand = self.unary()
            return self.kept(
                Cast(target.text, operand, start=token.start, end=operand.end, depth=above(operand))
            )
        return self.postfix(self.primary())

    def negative_number(self, minus: Token) -> Node:
        number = self.advance()
        assert number.kind is not None and number.kind.bits is not None
        half = 1 << (number.kind.bits - 1)
        value = (half - number.value) % (2 * half) - half
        return Literal(number.kind, value, start=minus.start, end=number.end)

    def is_cast(self) -> bool:
        """A bracket holding a type name, before something that can only be an operand."""
        ahead = self.place + 1
        while self.tokens[ahead].sort == "name" and self.tokens[ahead + 1].text == ".":
            ahead += 2
        if self.tokens[ahead].sort != "name" or self.tokens[ahead + 1].text != ")":
            return False
        kind = KINDS.get(self.tokens[ahead].text)
        following = self.tokens[ahead + 2]
        is_operand = following.sort in ("name", "literal") or following.text in ("(", "!", "~")
        if following.text == "instanceof":
            return False
        return (kind is not None and kind.is_primitive) or is_operand

    def type_name(self) -> Token:
        first = self.take_name("a type name")
        name = first.text
        last = first
        while self.is_at("."):
            self.advance()
            last = self.take_name("a type name")
            name = f"{name}.{last.text}"
        for package in PACKAGES:
            name = name.removeprefix(package)
        return Token("name", name, first.start, last.end)

    def primary(self) -> Node:
        token = self.next
        if token.sort == "literal":
            self.advance()
            assert token.kind is not None
            value = token.value
            if token.kind.bits is not None and value >> (token.kind.bits - 1) > 0:
                what = f"the number is too large for {token.kind}"
                raise problem(what, self.source, token.start, token.end)
            return Literal(token.kind, value, start=token.start, end=token.end)
        if token.sort == "name":
            if token.text == "new":
                return self.creation()
            if token.text in _RESERVED:
                what = f"{token.text!r} has no place in an expression"
                raise problem(what, self.source, token.start, token.end)
            self.advance()
            return Name(token.text, start=token.start, end=token.end)
        if self.is_at("("):
            self.advance()
            node = self.expression()
            self.take(")")
            return node
        raise self.unexpected("an operand")

    def creation(self) -> Node:
        start = self.advance().start
        name = self.type_name()
        arguments, end = self.arguments()
        return self.kept(
            Create(name.text, arguments, start=start, end=end, depth=above(*arguments))
        )

    def postfix(self, node: Node) -> Node:
        while True:
            if self.is_at("."):
                self.advance()
                name = self.take_name("a method name")
                if self.is_at("("):
                    arguments, end = self.arguments()
                    node = Call(
                        node,
                        name.text,
                        arguments,
                        name.start,
                        name.end,
                        start=node.start,
                        end=end,
                        depth=above(node, *arguments),
                    )
                else:
                    node = Member(
                        node, name.text, start=node.start, end=name.end, depth=above(node)
                    )
            elif self.is_at("["):
                self.advance()
                index = self.expression()
                end = self.take("]").end
                node = Index(node, index, start=node.start, end=end, depth=above(node, index))
            else:
                return self.kept(node)

    def arguments(self) -> tuple[tuple[Node, ...], int]:
        self.take("(")
        found: list[Node] = []
        if not self.is_at(")"):
            found.append(self.expression())
            while self.is_at(","):
                self.advance()
                found.append(self.expression())
        return tuple(found), self.take(")").end


def is_assignment(token: Token) -> bool:
    """Tell whether a token is ``=`` or a compound assignment."""
    is_operator = token.sort == "operator" and token.text.endswith("=")
    return is_operator and token.text not in ("==", "!=", "<=", ">=")


def above(*nodes: Node) -> int:
    """Return the depth of a node over these."""
    return max((node.depth for node in nodes), default=0) + 1
