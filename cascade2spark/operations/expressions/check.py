"""Giving every piece of an expression its kind, or the reason why it has none."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.operations.expressions import syntax
from cascade2spark.operations.expressions.conversions import (
    can_cast,
    common_kind,
    convert,
    distance,
)
from cascade2spark.operations.expressions.kinds import (
    BOOLEAN,
    CHAR,
    DECIMAL,
    INT,
    KINDS,
    NULL,
    OBJECT,
    TEXT,
    TEXTS,
    Kind,
    box_of,
    promoted,
    unboxed,
)
from cascade2spark.operations.expressions.lexer import problem
from cascade2spark.operations.expressions.method_tables import CONSTANTS
from cascade2spark.operations.expressions.methods import constructors_of, methods_of, statics_of
from cascade2spark.operations.expressions.names import class_name
from cascade2spark.operations.expressions.overloads import (
    as_taken,
    constants_for,
    overload_of,
    signature,
)
from cascade2spark.operations.expressions.typed import (
    Arithmetic,
    Choose,
    Comparison,
    Constant,
    Function,
    Invoke,
    IsInstance,
    IsNull,
    Item,
    Join,
    Logic,
    Negate,
    Not,
    Parameter,
    Shift,
    TypedNode,
)

__all__ = ["Checker", "check_expression", "with_article"]

_CHAINS = ("||", "&&", "+")
_RELATIONS = ("<", "<=", ">", ">=")


def check_expression(
    tree: syntax.Node, source: str, parameters: Sequence[tuple[str, Kind]]
) -> TypedNode:
    """Return the typed form of `tree`.

    Raises:
        BuildError: an unknown name, method or type, or operands that do not go together; marks
            the place.
    """
    return Checker(source, parameters).check(tree)


class Checker:
    """Checks one expression, node by node."""

    noun = "an expression"

    def __init__(self, source: str, parameters: Sequence[tuple[str, Kind]]) -> None:
        self.source = source
        self.parameters = {name: (at, kind) for at, (name, kind) in enumerate(parameters)}

    def error(self, what: str, node: syntax.Node, **parts: Any) -> BuildError:
        return problem(what, self.source, node.start, node.end, **parts)

    @functools.singledispatchmethod
    def check(self, node: syntax.Node) -> TypedNode:
        raise AssertionError(node)

    def is_variable(self, name: str) -> bool:
        """Tell whether a name stands for a value, so that it is no class."""
        return name in self.parameters

    def boolean(self, node: syntax.Node, what: str) -> TypedNode:
        typed = self.check(node)
        if unboxed(typed.kind) is not BOOLEAN:
            raise self.error(f"{what} needs a boolean, this is {with_article(typed.kind)}", node)
        return convert(typed, BOOLEAN)

    def number(self, node: syntax.Node, typed: TypedNode, what: str) -> None:
        if promoted(typed.kind) is None:
            is_decimal = typed.kind is DECIMAL
            fix = "use its methods: add, subtract, multiply, compareTo" if is_decimal else None
            raise self.error(
                f"{what!r} needs a number, this is {with_article(typed.kind)}", node, fix=fix
            )

    # -- leaves -----------------------------------------------------------------------------

    @check.register
    def _(self, node: syntax.Literal) -> TypedNode:
        return Constant(node.value, kind=node.kind)

    @check.register
    def _(self, node: syntax.Name) -> TypedNode:
        if node.text in self.parameters:
            index, kind = self.parameters[node.text]
            return Parameter(index, kind=kind)
        if statics_of(node.text) is not None:
            raise self.error(f"{node.text} is a class, not a value", node)
        raise self.error(
            "there is no such field among the parameters",
            node,
            asked=node.text,
            available=list(self.parameters),
        )

    @check.register
    def _(self, node: syntax.Member) -> TypedNode:
        owner = self._class_before(node)
        if owner is not None:
            if (owner, node.name) not in CONSTANTS:
                raise self.error(
                    f"{owner} has no such constant",
                    node,
                    asked=node.name,
                    available=[name for holder, name in CONSTANTS if holder == owner],
                )
            kind, value = CONSTANTS[owner, node.name]
            return Constant(value, kind=kind)
        receiver = self.check(node.receiver)
        if receiver.kind is TEXTS and node.name == "length":
            return Invoke(Function("length", (TEXTS,), INT, "len({0})"), (receiver,), kind=INT)
        fix = f"call the method: {node.name}()"
        is_method = any(method.name == node.name for method in methods_of(receiver.kind))
        raise self.error(
            f"{with_article(receiver.kind)} has no member {node.name!r}",
            node,
            fix=fix if is_method else None,
        )

    def _class_before(self, node: syntax.Call | syntax.Member) -> str | None:
        """The class whose member `node` is; a parameter of that name comes first."""
        root: syntax.Node = node
        while isinstance(root, (syntax.Member, syntax.Call)):
            root = root.receiver
        if isinstance(root, syntax.Name) and self.is_variable(root.text):
            return None
        return class_name(node.receiver)

    # -- operators --------------------------------------------------------------------------

    @check.register
    def _(self, node: syntax.Unary) -> TypedNode:
        if node.operator == "!":
            return Not(self.boolean(node.operand, "'!'"))
        operand = self.check(node.operand)
        self.number(node.operand, operand, node.operator)
        kind = promoted(operand.kind)
        assert kind is not None
        if node.operator == "~" and not kind.is_whole:
            raise self.error(
                f"'~' needs a whole number, this is {with_article(kind)}", node.operand
            )
        converted = convert(operand, kind)
        return converted if node.operator == "+" else Negate(node.operator, converted, kind=kind)

    @check.register
    def _(self, node: syntax.Binary) -> TypedNode:
        if node.operator in _CHAINS:
            return self._chain(node)
        left, right = self.check(node.left), self.check(node.right)
        if node.operator in ("==", "!="):
            return self._equality(node, left, right)
        if node.operator in ("<<", ">>", ">>>"):
            return self._shift(node, left, right)
        is_bitwise = node.operator in "&|^"
        if is_bitwise and unboxed(left.kind) is unboxed(right.kind) is BOOLEAN:
            parts = convert(left, BOOLEAN), convert(right, BOOLEAN)
            return Arithmetic(node.operator, *parts, kind=BOOLEAN)
        kind = self._promoted(node, left, right)
        if is_bitwise and not kind.is_whole:
            raise self.error(f"{node.operator!r} needs whole numbers or booleans", node)
        if node.operator in _RELATIONS:
            if left.kind is right.kind is CHAR:
                kind = CHAR
            return Comparison(node.operator, convert(left, kind), convert(right, kind))
        return Arithmetic(node.operator, convert(left, kind), convert(right, kind), kind=kind)

    def _promoted(self, node: syntax.Binary, left: TypedNode, right: TypedNode) -> Kind:
        self.number(node.left, left, node.operator)
        self.number(node.right, right, node.operator)
        kind = promoted(left.kind, right.kind)
        assert kind is not None
        return kind

    def _chain(self, node: syntax.Binary) -> TypedNode:
        """``a + b + c``, ``a || b || c``: without recursion, for these grow long."""
        operands: list[syntax.Binary] = []
        first: syntax.Node = node
        while isinstance(first, syntax.Binary) and first.operator == node.operator:
            operands.append(first)
            first = first.left
        operands.reverse()
        if node.operator != "+":
            sides = [first, *(binary.right for binary in operands)]
            what = repr(node.operator)
            return Logic(node.operator, tuple(self.boolean(side, what) for side in sides))
        result = self.check(first)
        for binary in operands:
            right = self.check(binary.right)
            if TEXT in (result.kind, right.kind):
                result = Join((*_parts(result), *_parts(right)))
            else:
                kind = self._promoted(binary, result, right)
                sides_of_kind = convert(result, kind), convert(right, kind)
                result = Arithmetic("+", *sides_of_kind, kind=kind)
        return result

    def _shift(self, node: syntax.Binary, left: TypedNode, right: TypedNode) -> TypedNode:
        self._promoted(node, left, right)
        kind, by = promoted(left.kind), promoted(right.kind)
        assert kind is not None and by is not None
        if not (kind.is_whole and by.is_whole):
            raise self.error(f"{node.operator!r} needs whole numbers", node)
        return Shift(node.operator, convert(left, kind), convert(right, by), kind=kind)

    def _equality(self, node: syntax.Binary, left: TypedNode, right: TypedNode) -> TypedNode:
        kinds = (left.kind, right.kind)
        if NULL in kinds:
            operand = right if left.kind is NULL else left
            if operand.kind.is_primitive:
                written = node.right if left.kind is NULL else node.left
                raise self.error(f"{with_article(operand.kind)} is never null", written)
            return IsNull(operand, node.operator == "!=")
        primitive = any(kind.is_primitive for kind in kinds)
        if primitive and (kind := promoted(*kinds)) is not None:
            kind = CHAR if left.kind is right.kind is CHAR else kind
            return Comparison(node.operator, convert(left, kind), convert(right, kind))
        if unboxed(left.kind) is unboxed(right.kind):
            kind = unboxed(left.kind) if primitive else left.kind
            return Comparison(node.operator, convert(left, kind), convert(right, kind))
        if OBJECT in kinds or promoted(*kinds) is not None:
            sides = (convert(side, OBJECT) for side in (left, right))
            return Comparison(node.operator, *sides)
        what = f"{with_article(left.kind)} and {with_article(right.kind)} cannot be compared"
        raise self.error(what, node)

    @check.register
    def _(self, node: syntax.Conditional) -> TypedNode:
        condition = self.boolean(node.condition, "'?'")
        sides = self.check(node.when_true), self.check(node.when_false)
        kind = common_kind(sides[0].kind, sides[1].kind)
        return Choose(condition, *(convert(side, kind) for side in sides), kind=kind)

    @check.register
    def _(self, node: syntax.Cast) -> TypedNode:
        target = self._kind_named(node.target, node)
        operand = self.check(node.operand)
        if can_cast(operand.kind, target):
            return convert(operand, target)
        fix = None
        if operand.kind is TEXT and target.rank is not None:
            box = box_of(target).name
            fix = f"{box}.valueOf(…)" if box != "Character" else "….charAt(0)"
        elif target is TEXT:
            fix = "String.valueOf(…)"
        raise self.error(f"{with_article(operand.kind)} cannot be cast to {target}", node, fix=fix)

    @check.register
    def _(self, node: syntax.InstanceOf) -> TypedNode:
        target = self._kind_named(node.target, node)
        operand = self.check(node.operand)
        if operand.kind.is_primitive:
            what = f"'instanceof' needs an object, this is {with_article(operand.kind)}"
            raise self.error(what, node.operand)
        return IsInstance(operand, target)

    def _kind_named(self, name: str, node: syntax.Node) -> Kind:
        if name not in KINDS:
            raise self.error("there is no such type", node, asked=name, available=list(KINDS))
        return KINDS[name]

    @check.register
    def _(self, node: syntax.Index) -> TypedNode:
        texts, index = self.check(node.receiver), self.check(node.index)
        if texts.kind is not TEXTS:
            what = f"only what split gives has items, this is {with_article(texts.kind)}"
            raise self.error(what, node.receiver)
        if distance(index.kind, INT) is None:
            raise self.error(f"an index is an int, this is {with_article(index.kind)}", node.index)
        return Item(texts, convert(index, INT))

    # -- calls ------------------------------------------------------------------------------

    @check.register
    def _(self, node: syntax.Call) -> TypedNode:
        owner = self._class_before(node)
        if owner is not None:
            functions = statics_of(owner) or []
            return self._call(node, owner, functions, [], node.arguments)
        receiver = self.check(node.receiver)
        if receiver.kind.is_primitive or receiver.kind is NULL:
            raise self.error(f"{with_article(receiver.kind)} has no methods", node.receiver)
        functions = methods_of(receiver.kind)
        return self._call(node, receiver.kind.name, functions, [receiver], node.arguments)

    @check.register
    def _(self, node: syntax.Create) -> TypedNode:
        functions = constructors_of(node.name)
        if functions is None:
            raise self.error(f"{self.noun} cannot create {_article_of(node.name)}", node)
        return self._call(node, node.name, functions, [], node.arguments)

    def _call(
        self,
        node: syntax.Call | syntax.Create,
        owner: str,
        functions: list[Function],
        before: list[TypedNode],
        written: tuple[syntax.Node, ...],
    ) -> TypedNode:
        named = [function for function in functions if function.name == node.name]
        if not named and isinstance(node, syntax.Call):
            raise problem(
                f"{owner} has no such method here",
                self.source,
                node.name_start,
                node.name_end,
                asked=node.name,
                available=sorted({function.name for function in functions}),
            )
        given = [*before, *(self.check(argument) for argument in written)]
        function = overload_of(named, given)
        if function is None:
            kinds = ", ".join(typed.kind.name for typed in given[len(before) :])
            raise self.error(
                f"{owner}.{node.name} does not take ({kinds})",
                node,
                available=[signature(one) for one in named],
            )
        arguments = as_taken(function, given)
        if function.code == "cast":
            return convert(arguments[0], function.gives)
        self._check_constants(node, function, arguments)
        return Invoke(function, arguments, kind=function.gives)

    def _check_constants(
        self, node: syntax.Node, function: Function, arguments: tuple[TypedNode, ...]
    ) -> None:
        """A pattern or a format that is written out is looked at now."""
        constants = constants_for(function, arguments)
        if constants is None or function.bind is None:
            return
        try:
            function.bind(*constants)
        except BuildError as cause:
            raise self.error(cause.headline, node) from cause


def _parts(node: TypedNode) -> tuple[TypedNode, ...]:
    return node.parts if isinstance(node, Join) else (node,)


def with_article(kind: Kind) -> str:
    """Return the name of a kind as a message says it."""
    return "null" if kind is NULL else _article_of(kind.name)


def _article_of(name: str) -> str:
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"
