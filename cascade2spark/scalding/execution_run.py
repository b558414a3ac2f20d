"""Running executions: what is evaluated once, what runs side by side, what is stopped."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import Any

import attrs

from cascade2spark.counters import Counters
from cascade2spark.errors import FlowError
from cascade2spark.flows.flow import Flow
from cascade2spark.scalding.args import Args
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.flow_state import FlowState
from cascade2spark.scalding.threads import fill, in_thread

__all__ = ["Cancelled", "Config", "Outcome", "Run", "Token", "side_by_side"]


class Cancelled(FlowError):
    """A flow of an execution was stopped, because one beside it failed."""


@attrs.frozen
class Config:
    """Properties of an execution, and its arguments. A value, which never changes.

    Args:
        properties: come over those of the mode.
        args: what `Execution.get_args` gives.
    """

    properties: Mapping[str, Any] = attrs.field(factory=dict, converter=dict)
    args: Args = attrs.field(factory=Args)

    @classmethod
    def default(cls) -> Config:
        """Return a config that sets nothing."""
        return cls()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a property, or a default."""
        return self.properties.get(key, default)

    def set(self, key: str, value: Any) -> Config:
        """Return the config with one more property."""
        return attrs.evolve(self, properties={**self.properties, key: value})

    def __add__(self, entry: tuple[str, Any]) -> Config:
        """Return `set`, as ported code writes it: ``config + (key, value)``."""
        return self.set(*entry)

    def set_args(self, args: Args) -> Config:
        """Return the config with other arguments."""
        return attrs.evolve(self, args=args)

    def key(self) -> Any:
        """Return what equal configs share, to find what was evaluated under one of them."""
        return tuple(sorted((name, repr(value)) for name, value in self.properties.items())), (
            self.args
        )


@attrs.frozen
class Outcome:
    """What an execution came to, and what its flows counted, by the flow's id."""

    value: Any
    counters: Mapping[str, Counters] = attrs.field(factory=dict)


class Token:
    """Stops the flows of executions that run side by side when one of them fails."""

    def __init__(self, outer: Token | None = None) -> None:
        self._outer = outer
        self._lock = threading.Lock()
        self._flows: list[Flow] = []
        self._inner: list[Token] = []
        self._is_cancelled = False
        if outer is not None:
            with outer._lock:
                outer._inner.append(self)

    @property
    def is_cancelled(self) -> bool:
        """Whether this, or what it belongs to, was cancelled."""
        return self._is_cancelled or (self._outer is not None and self._outer.is_cancelled)

    def watch(self, flow: Flow) -> None:
        """Stop a flow when cancelled.

        Raises:
            Cancelled: that was before.
        """
        with self._lock:
            self._flows.append(flow)
        if self.is_cancelled:
            raise Cancelled(f"flow {flow.get_name()!r} was not begun: one beside it failed")

    def cancel(self) -> None:
        """Stop all flows, of the inner ones as well."""
        with self._lock:
            self._is_cancelled = True
            flows, inner = list(self._flows), list(self._inner)
        for flow in flows:
            flow.ask_to_stop()
        for token in inner:
            token.cancel()


@attrs.frozen(eq=False)
class _Shared:
    """What all parts of one run share: what was evaluated, and what must go when it is over."""

    lock: Any = attrs.field(factory=threading.Lock)
    known: dict[Any, Future[Outcome]] = attrs.field(factory=dict)
    at_end: list[Callable[[], None]] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class Run:
    """One run of an execution, as a part of it sees it.

    Args:
        mode: where flows run.
        config: of this part.
        cache: tells parts apart that evaluate on their own.
        token: stops this part.
        shared: what all parts share.
    """

    mode: Mode
    config: Config
    cache: object = None
    token: Token = attrs.field(factory=Token)
    shared: _Shared = attrs.field(factory=_Shared)

    def claim(self, execution: Any) -> tuple[Future[Outcome], bool]:
        """Return where the outcome of an execution will be, and whether the caller makes it."""
        key = (self.cache, self.config.key(), execution)
        with self.shared.lock:
            found = self.shared.known.get(key)
            if found is not None:
                return found, False
            made: Future[Outcome] = Future()
            self.shared.known[key] = made
            return made, True

    def outcome_of(self, execution: Any) -> Outcome:
        """Return what an execution comes to, evaluating it if nobody did."""
        future, is_ours = self.claim(execution)
        if is_ours:
            fill(future, lambda: execution.evaluate(self))
        return future.result()

    def write(self, writes: Sequence[Any]) -> list[Outcome]:
        """Run one flow for several writes; return what each comes to, with what the flow counted.

        Raises:
            Cancelled: it was stopped.
        """
        state = FlowState()
        results = [one.add_to(state, self) for one in writes]
        definition = state.flow_def(self.mode, "execution")
        definition.add_properties(self.config.properties)
        flow = self.mode.connector.connect(definition)
        self.token.watch(flow)
        flow.complete()
        stats = flow.get_flow_stats()
        if stats.is_stopped():
            raise Cancelled("a flow was stopped: one beside it failed")
        counters = {flow.get_id(): stats.counters}
        return [Outcome(result(), counters) for result in results]

    def end(self) -> None:
        """Let go of what only this run may use."""
        for call in self.shared.at_end:
            call()


def side_by_side(
    run: Run, parts: Sequence[Any], writes: Sequence[Any] = (), most: int | None = None
) -> list[Outcome]:
    """Return the outcomes of executions that run at the same time, in their order.

    The first failure is raised at once, and stops the flows of the others.

    Args:
        run: what they are parts of.
        parts: the executions.
        writes: those of the parts that one flow can make together.
        most: most of the parts at a time.
    """
    inner = attrs.evolve(run, token=Token(run.token))
    gate = threading.Semaphore(most or max(len(parts), 1))

    def one(part: Any) -> Outcome:
        with gate:
            if inner.token.is_cancelled:
                raise Cancelled("an execution was not begun: one beside it failed")
            return inner.outcome_of(part)

    _begin_writes(inner, writes)
    futures = [in_thread(functools.partial(one, part)) for part in parts]
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    errors = [error for future in done if (error := future.exception()) is not None]
    if errors:
        inner.token.cancel()
        raise next((error for error in errors if not isinstance(error, Cancelled)), errors[0])
    return [future.result() for future in futures]


def _begin_writes(run: Run, writes: Sequence[Any]) -> None:
    """Run one flow, in a thread of its own, for those of some writes that nobody else makes."""
    claimed = [(one, future) for one in writes for future, is_ours in [run.claim(one)] if is_ours]
    if not claimed:
        return

    def make() -> None:
        try:
            outcomes = run.write([one for one, _ in claimed])
        except BaseException as error:
            for _, future in claimed:
                future.set_exception(error)
            return
        for (_, future), outcome in zip(claimed, outcomes, strict=True):
            future.set_result(outcome)

    in_thread(make)
