"""From an operation's selectors to fields: its arguments, what it declares, what leaves the pipe.

Pure functions the planner calls for each Each and Every. They name no pipe: the errors carry what
was asked and what was available, and the planner adds whose, where and on which branch.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cascade2spark.errors import BuildError, FieldNotFound, PlanError
from cascade2spark.field_elements import first_duplicate
from cascade2spark.fields import Fields, shown_fields

__all__ = [
    "Resolved",
    "replaced_fields",
    "resolve_aggregator",
    "resolve_arguments",
    "resolve_buffer",
    "resolve_declared",
    "resolve_each",
    "resolve_outgoing",
    "resolve_selector",
]

_ANY_COUNT = 2**31 - 1  # as Java's Operation.ANY


@attrs.frozen
class Resolved:
    """What one operation sees and gives, in fields.

    Attributes:
        arguments: the argument fields; UNKNOWN when they are a whole unknown row, or the selector
            itself when it waits for run time.
        declared: what the operation declares, with every stand-in replaced.
        passed: the fields the output selector sees beside `declared`: the incoming fields, or the
            group fields and earlier results for an aggregator.
        output: the output selector with GROUP, VALUES and ARGS spelled out, for `layout_for`.
        outgoing: the fields that leave.
        is_args: the operation declares ARGS, which REPLACE must know.
    """

    arguments: Fields
    declared: Fields
    passed: Fields
    output: Fields
    outgoing: Fields
    is_args: bool = False


def resolve_each(
    selector: Fields,
    declaration: Fields,
    output: Fields,
    incoming: Fields,
    *,
    num_args: int | None = None,
    group: Fields | None = None,
) -> Resolved:
    """Resolve an Each with a Function.

    Args:
        selector: the argument selector.
        declaration: what the operation declares, stand-ins and all.
        output: the output selector.
        incoming: the fields that reach the pipe.
        num_args: fewest arguments the operation needs; None or Java's ANY asks for nothing.
        group: key fields of the last grouping upstream; None when there is none.
    Raises:
        FieldNotFound: a name or position does not reach the operation.
        PlanError: the selectors do not go together.
    """
    if not output.is_out_selector():
        raise PlanError(f"{output!r} cannot be the output selector of an Each")
    arguments = resolve_arguments(selector, incoming, num_args=num_args, group=group)
    declared = resolve_declared(declaration, arguments, incoming, output, group=group)
    outgoing = resolve_outgoing(output, incoming, arguments, declared, declaration=declaration)
    is_args = declaration.is_arguments()
    return Resolved(arguments, declared, incoming, output, outgoing, is_args)


def resolve_aggregator(
    selector: Fields,
    declaration: Fields,
    output: Fields,
    incoming: Fields,
    passed: Fields,
    group: Fields,
    *,
    num_args: int | None = None,
) -> Resolved:
    """Resolve an Every with an Aggregator, which passes the group fields and earlier results.

    Args:
        incoming: all fields of the grouped rows, keys included.
        passed: for the first Every `Fields.as_declaration(group)`, then the outgoing fields of the
            Every before it.
        group: the key fields as the grouping resolved them.
    """
    arguments = resolve_arguments(selector, incoming, num_args=num_args, group=group)
    declared = resolve_declared(
        declaration, arguments, incoming, output, group=group, passed=passed
    )
    if output.is_values():
        raise PlanError(
            "an Aggregator passes no values on, so VALUES cannot be its output selector",
            available=shown_fields(passed),
        )
    spelled = output
    if output.is_group():
        spelled = Fields.as_declaration(group)
    elif output.is_arguments():
        spelled = arguments
    if output.is_arguments() or output.is_swap() or output.is_replace():
        _check_named(arguments, output)
    outgoing = resolve_outgoing(spelled, passed, arguments, declared, declaration=declaration)
    is_args = declaration.is_arguments()
    return Resolved(arguments, declared, passed, spelled, outgoing, is_args)


def resolve_buffer(
    selector: Fields,
    declaration: Fields,
    output: Fields,
    incoming: Fields,
    group: Fields,
    *,
    num_args: int | None = None,
) -> Resolved:
    """Resolve an Every with a Buffer, which passes all incoming fields."""
    arguments = resolve_arguments(selector, incoming, num_args=num_args, group=group)
    declared = resolve_declared(declaration, arguments, incoming, output, group=group)
    spelled = arguments if output.is_arguments() else output
    if output.is_group() or output.is_values():
        spelled = resolve_selector(output, incoming, group)
    outgoing = resolve_outgoing(spelled, incoming, arguments, declared, declaration=declaration)
    is_args = declaration.is_arguments()
    return Resolved(arguments, declared, incoming, spelled, outgoing, is_args)


def resolve_selector(
    selector: Fields, incoming: Fields, group: Fields | None = None, *, what: str = "argument"
) -> Fields:
    """Return the fields an argument, group or sort selector chooses from `incoming`.

    Args:
        group: key fields of the last grouping; without one GROUP is everything, VALUES nothing.
        what: the selector's name for messages.
    Raises:
        FieldNotFound: a name or position is not there.
        PlanError: a set that selects nothing here, such as RESULTS.
    """
    if not selector.is_arg_selector():
        raise PlanError(f"{selector!r} cannot be the {what} selector")
    if selector.is_group():
        selector = Fields.ALL if group is None else group
    if selector.is_values() and group is None and incoming.is_unknown():
        raise PlanError(
            f"VALUES cannot be the {what} selector: there is no group, and the fields are UNKNOWN",
            fix="take Fields.ALL, which is what Cascading takes here",
        )
    if selector.is_values():
        return _checked(
            lambda: incoming.subtract(Fields.ALL if group is None else group), f"{what} selector"
        )
    return _checked(lambda: incoming.select(selector), f"{what} selector")


def resolve_arguments(
    selector: Fields,
    incoming: Fields,
    *,
    num_args: int | None = None,
    group: Fields | None = None,
) -> Fields:
    """Return the argument fields; more than the operation needs are fine, fewer are not."""
    arguments = resolve_selector(selector, incoming, group)
    wanted = 0 if num_args is None or num_args >= _ANY_COUNT else num_args
    if not arguments.is_unknown() and len(arguments) < wanted:
        raise PlanError(
            f"the operation needs {wanted} argument fields and gets {len(arguments)}",
            details={"arguments": arguments.print_()},
            available=shown_fields(incoming),
        )
    return arguments


def resolve_declared(
    declaration: Fields,
    arguments: Fields,
    incoming: Fields,
    output: Fields | None = None,
    *,
    group: Fields | None = None,
    passed: Fields | None = None,
) -> Fields:
    """Return what an operation declares, with ARGS, ALL, GROUP and VALUES replaced.

    Args:
        output: under REPLACE positions take the arguments' names, and the sizes must agree.
        passed: what ALL stands for; by default the incoming fields.
    """
    if not declaration.is_declarator() or declaration.is_un_ordered():
        raise PlanError(f"{declaration!r} cannot be what an operation declares")
    declared = declaration
    if declaration.is_arguments():
        declared = arguments
    elif declaration.is_all():
        declared = incoming if passed is None else passed
    elif declaration.is_group() or declaration.is_values():
        declared = resolve_selector(declaration, incoming, group, what="declared")
    twice = first_duplicate([one for one in declared if isinstance(one, str)])
    if twice is not None:
        raise PlanError(f"the operation would declare {twice!r} twice", asked=list(declared))
    declared = Fields.as_declaration(declared)
    if output is None or not output.is_replace():
        return declared
    return _declared_under_replace(declaration, declared, arguments)


def resolve_outgoing(
    output: Fields,
    passed: Fields,
    arguments: Fields,
    declared: Fields,
    *,
    declaration: Fields | None = None,
) -> Fields:
    """Return the fields that leave an operation.

    Args:
        output: ALL, RESULTS, REPLACE, SWAP, or an explicit selector over passed and declared.
        passed: the pass-through fields: incoming for an Each and a Buffer, the group fields and
            earlier results for an Aggregator.
        arguments, declared: as resolved.
        declaration: what the operation declared; when it is ARGS its value wins over the passed
            field of the same name.
    """
    if output.is_results():
        return declared
    if output.is_replace():
        is_args = declaration is None or declaration.is_arguments()
        return _replaced(passed, arguments, declared, is_args)
    if output.is_swap():
        rest = _checked(lambda: passed.subtract(arguments), "SWAP")
        outgoing = _appended(rest, declared, "SWAP")
    elif output.is_all():
        outgoing = _appended(passed, declared, "ALL")
    elif output.is_none() or output.is_unknown() or not output.is_out_selector():
        raise PlanError(f"{output!r} cannot be an output selector")
    else:
        visible = passed
        if declaration is not None and declaration.is_arguments():
            visible = Fields.mask(passed, declared)
        outgoing = _checked(lambda: Fields.resolve(output, visible, declared), "output selector")
    return Fields.as_declaration(outgoing)


def _declared_under_replace(declaration: Fields, declared: Fields, arguments: Fields) -> Fields:
    if declaration.is_unknown():
        raise PlanError(
            "REPLACE needs to know which fields the operation gives, and it declares none",
            fix="give the operation the fields it replaces, or Fields.ARGS",
        )
    if arguments.is_unknown() or declared.is_unknown():
        return declared
    if len(arguments) != len(declared):
        raise PlanError(
            f"REPLACE needs as many results as arguments: {len(declared)} against {len(arguments)}",
            details={"arguments": arguments.print_(), "declared": declared.print_()},
        )
    return arguments.project(declared) if len(declared) else declared


def _replaced(passed: Fields, arguments: Fields, declared: Fields, is_args: bool) -> Fields:
    """Return the passed fields, with the types of what replaces them."""
    if declared.is_none():
        return passed
    if declared.is_unknown() and not passed.is_unknown():
        raise PlanError(
            "REPLACE cannot tell which fields the results stand for: the arguments are UNKNOWN",
            available=shown_fields(passed),
        )
    if declared.is_unknown() or (passed.is_unknown() and arguments.is_unknown()):
        return passed.un_apply_types()
    targets = replaced_fields(arguments, declared, is_args)
    missing = [one for one in targets if not passed.is_unknown() and passed.find(one) is None]
    if missing:
        raise FieldNotFound(
            "REPLACE found nothing to replace for a result",
            asked=missing[0] if len(missing) == 1 else missing,
            available=shown_fields(passed),
        )
    places = [passed.find(one) for one in targets]
    known = [one for one in places if one is not None]
    if len(set(known)) < len(known):
        raise PlanError("REPLACE would replace one field twice", asked=targets)
    types, new = passed.get_types(), declared.get_types()
    if types is None or new is None or passed.is_unknown():
        return passed.un_apply_types()
    changed = dict(zip(known, new, strict=True))
    return passed.apply_types(*[changed.get(at, one) for at, one in enumerate(types)])


def replaced_fields(arguments: Fields, declared: Fields, is_args: bool) -> list[str | int]:
    """Return which fields the results of a REPLACE overwrite.

    A result with a name overwrites the field of that name; a nameless one its argument where the
    operation declares ARGS, else the field at the place that it declares, as in Cascading.
    """
    if arguments.is_unknown() or not is_args:
        return list(declared)
    return [
        result if isinstance(result, str) else argument
        for result, argument in zip(declared, arguments, strict=True)
    ]


def _check_named(arguments: Fields, output: Fields) -> None:
    nameless = [one for one in arguments if not isinstance(one, str)]
    if nameless:
        raise PlanError(
            f"{output!r} looks for the arguments of an Aggregator among the group fields, "
            "which positions cannot say",
            asked=nameless,
        )


def _appended(kept: Fields, declared: Fields, output: str) -> Fields:
    """Return the fields that stay and the results behind them; no name may be in both."""
    shared = [one for one in declared if isinstance(one, str) and one in kept]
    if shared:
        raise PlanError(
            f"under {output} a result would have the name of a field that stays",
            asked=shared[0] if len(shared) == 1 else shared,
            details={
                "fields": kept.print_(),
                "results": declared.print_(),
                "instead": "declare another name, or choose another output selector",
            },
        )
    return _checked(lambda: kept.append(declared), output)


def _checked(resolve: Callable[[], Fields], what: str) -> Fields:
    """Turn what the algebra refuses into an error of the plan."""
    try:
        return resolve()
    except BuildError as error:
        raise PlanError(
            f"{what}: {error.headline}",
            asked=error.asked,
            available=error.available,
            details=error.details,
        ) from error
    except FieldNotFound as error:
        raise FieldNotFound(
            f"{what} selects a field that is not there",
            asked=error.asked,
            available=error.available,
        ) from error
