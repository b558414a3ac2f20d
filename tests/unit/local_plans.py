"""Building step plans by hand, so that the engine's tests need no planner."""

from __future__ import annotations

from typing import Any

from cascade2spark.config import Settings
from cascade2spark.field_resolution import resolve_aggregator, resolve_buffer, resolve_each
from cascade2spark.fields import Fields, as_fields
from cascade2spark.joiners import InnerJoin, Joiner
from cascade2spark.local import LocalEngine
from cascade2spark.operations.base import Aggregator, Buffer, Filter, Function
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    EachOperator,
    EveryOperator,
    Group,
    Map,
    Persist,
    Read,
    RunContext,
    RunResult,
    Side,
    Site,
    Step,
    StepPlan,
    TrapSpec,
    Union,
    Write,
)
from cascade2spark.selection import layout_for, pick_for
from cascade2spark.taps import MemoryTap, Tap


class Plan:
    """A plan under construction: each method appends a step and returns it."""

    def __init__(self, *traps: str) -> None:
        self.steps: list[Step] = []
        self.sites = 0
        self.traps = [TrapSpec(number, (name,), MemoryTap()) for number, name in enumerate(traps)]
        self.sinks: dict[int, list[Any]] = {}
        self.trapped: list[list[Any]] = [[] for _ in traps]
        self.result: RunResult | None = None

    def site(self, kind: str, label: str = "") -> Site:
        self.sites += 1
        return Site(self.sites, kind, "branch", label or f"{kind} {self.sites}")

    def add(self, kind: type[Step], inputs: Any, fields: Any, **parts: Any) -> Any:
        parts.setdefault("site", self.site(kind.__name__))
        step = kind(number=len(self.steps), inputs=tuple(inputs), fields=as_fields(fields), **parts)
        self.steps.append(step)
        return step

    def read(self, fields: Any, rows: Any, **parts: Any) -> Read:
        return self.read_tap(MemoryTap(fields, rows), as_fields(fields), **parts)

    def read_tap(self, tap: Tap, fields: Any, **parts: Any) -> Read:
        return self.add(Read, (), fields, tap=tap, **parts)

    def each(
        self,
        before: Step,
        operation: Any,
        arguments: Any = Fields.ALL,
        output: Any = Fields.RESULTS,
        trap: int | None = None,
        label: str = "",
    ) -> Map:
        incoming, selector = before.fields, as_fields(arguments)
        kind, layout, outgoing = "filter", None, incoming
        declared = incoming
        site = self.site("Each", label)
        if isinstance(operation, Function):
            kind = "function"
            found = resolve_each(selector, operation.field_declaration, as_fields(output), incoming)
            declared, outgoing = found.declared, found.outgoing
            layout = layout_for(found.output, incoming, selector, found.arguments, declared)
        elif not isinstance(operation, Filter):
            kind = "assertion"
        operator = EachOperator(
            site=site,
            kind=kind,
            operation=operation,
            incoming=incoming,
            argument_fields=incoming.select(selector),
            declared=declared,
            outgoing=outgoing,
            arguments=pick_for(selector, incoming),
            layout=layout,
            trap=trap,
        )
        return self.add(Map, [before], outgoing, operators=(operator,), site=site)

    def every(
        self,
        group: Fields,
        incoming: Fields,
        operation: Any,
        arguments: Any = Fields.ALL,
        output: Any = Fields.ALL,
        passed: Fields | None = None,
        trap: int | None = None,
    ) -> EveryOperator:
        selector = as_fields(arguments)
        kind, layout = "assertion", None
        before = group if passed is None else passed
        declared, outgoing = before, before
        taken = pick_for(selector, incoming, group)
        names = incoming.select(selector)
        if isinstance(operation, Aggregator):
            kind = "aggregator"
            found = resolve_aggregator(
                selector, operation.field_declaration, as_fields(output), incoming, before, group
            )
        elif isinstance(operation, Buffer):
            kind = "buffer"
            found = resolve_buffer(
                selector, operation.field_declaration, as_fields(output), incoming, group
            )
        if kind != "assertion":
            declared, outgoing, before = found.declared, found.outgoing, found.passed
            chosen = found.arguments if kind == "aggregator" else selector
            layout = layout_for(
                found.output, before, chosen, found.arguments, declared, group=group
            )
        return EveryOperator(
            site=self.site("Every"),
            kind=kind,
            operation=operation,
            argument_fields=names,
            declared=declared,
            passed=before,
            outgoing=outgoing,
            arguments=taken,
            layout=layout,
            trap=trap,
        )

    def group(
        self,
        before: Step,
        key: Any,
        *everys: tuple[Any, ...],
        sort: Any = None,
        reverse: bool = False,
        trap: int | None = None,
    ) -> Group:
        """Each of `everys` is (operation, arguments, output, trap), as many as wanted."""
        selector = as_fields(key)
        names = before.fields.select(selector)
        chain: list[EveryOperator] = []
        for operation, *rest in everys:
            arguments, output, every_trap = [*rest, Fields.ALL, Fields.ALL, None][: len(rest)] + [
                Fields.ALL,
                Fields.ALL,
                None,
            ][len(rest) :]
            passed = chain[-1].outgoing if chain else None
            chain.append(
                self.every(names, before.fields, operation, arguments, output, passed, every_trap)
            )
        order = None if sort is None else as_fields(sort)
        return self.add(
            Group,
            [before],
            chain[-1].outgoing if chain else before.fields,
            key=pick_for(selector, before.fields),
            sort=None if order is None else pick_for(order, before.fields),
            key_order=KeyOrder.of(selector, reverse),
            sort_order=None if order is None else KeyOrder.of(order, reverse),
            group_fields=names,
            incoming=before.fields,
            everys=tuple(chain),
            trap=trap,
        )

    def sides(self, inputs: Any, keys: Any, is_self_join: bool) -> tuple[Side, ...]:
        return tuple(
            Side(
                0 if is_self_join else place,
                pick_for(key, inputs[0 if is_self_join else place].fields),
                inputs[0 if is_self_join else place].fields,
                key,
            )
            for place, key in enumerate(keys)
        )

    def co_group(
        self,
        inputs: Any,
        keys: Any,
        declared: Any,
        joiner: Joiner | None = None,
        *everys: tuple[Any, ...],
        group: Any,
        is_self_join: bool = False,
    ) -> CoGroup:
        joined, names = as_fields(declared), as_fields(group)
        selectors = [as_fields(key) for key in keys]
        chain = [self.every(names, joined, *parts) for parts in everys]
        return self.add(
            CoGroup,
            inputs,
            chain[-1].outgoing if chain else joined,
            sides=self.sides(inputs, selectors, is_self_join),
            key_order=KeyOrder.of(selectors[0]),
            joiner=joiner or InnerJoin(),
            group_fields=names,
            joined=joined,
            everys=tuple(chain),
            is_self_join=is_self_join,
        )

    def hash_join(
        self, inputs: Any, keys: Any, declared: Any, joiner: Joiner | None = None
    ) -> BroadcastJoin:
        selectors = [as_fields(key) for key in keys]
        is_self_join = len(inputs) < len(selectors)
        return self.add(
            BroadcastJoin,
            inputs,
            declared,
            sides=self.sides(inputs, selectors, is_self_join),
            key_order=KeyOrder.of(selectors[0]),
            joiner=joiner or InnerJoin(),
            joined=as_fields(declared),
            is_self_join=is_self_join,
        )

    def union(self, *inputs: Step) -> Union:
        return self.add(Union, inputs, inputs[0].fields)

    def persist(self, before: Step, name: str | None = None) -> Persist:
        return self.add(Persist, [before], before.fields, name=name)

    def write(
        self, before: Step, tap: Tap | None = None, output: Any = None, **parts: Any
    ) -> Write:
        fields = before.fields
        step = self.add(
            Write,
            [before],
            fields,
            tap=tap or MemoryTap(),
            pick=pick_for(Fields.ALL, fields),
            **parts,
        )
        self.sinks[step.number] = [] if output is None else output
        return step

    def context(self, properties: dict[str, Any] | None = None, **parts: Any) -> RunContext:
        return RunContext(
            run_id="run",
            settings=Settings.from_properties(properties),
            properties=properties or {},
            outputs=self.sinks,
            trap_outputs=dict(enumerate(self.trapped)),
            **parts,
        )

    def plan(self) -> StepPlan:
        return StepPlan("test", tuple(self.steps), tuple(self.traps))

    def run(self, **parts: Any) -> RunResult:
        self.result = LocalEngine().run(self.plan(), self.context(**parts))
        return self.result

    def rows(self, before: Step, **parts: Any) -> list[Any]:
        """Write the rows of one step to memory, run, and return them."""
        number = self.write(before).number
        self.run(**parts)
        return self.sinks[number]
