"""Partial aggregation: folds run over the rows of a task before they cross an exchange.

A partial row is the key followed by one state for each fold. Parts of one key leave in the order
their rows arrived, so that merging them in arrival order gives what one fold over all rows would.
The other half, merging, is `every.run_everys` with `merges`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain, islice
from typing import Any

import attrs

from cascade2spark.batch.batches import rows_memory, value_memory
from cascade2spark.batch.every_folds import BoundFolds, is_plain_fold
from cascade2spark.batch.key_names import key_namer, single_place, unnamed
from cascade2spark.batch.lifecycle import Operations, TaskContext
from cascade2spark.batch.specs import EverySpec, SiteSpec
from cascade2spark.counters import cache_counter
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.kinds import value_group_key
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["PartialAggregate", "PartialAggregation", "can_aggregate_parts", "count_keys"]

Row = tuple[Any, ...]
# The share of the held keys that leaves at a time: one by one would cut batches of one row.
_EVICTED_SHARE = 8
# The part of the memory limit that the states may take.
_MEMORY_SHARE = 4
_SAMPLED_STATES = 256
_SAMPLED_ROWS = 64
_LOOK_AFTER_ROWS = 20_000
_BYTES_A_KEY = 150  # its entry in the dict, and its name
# The loop over texts pays for a key that is not held yet with an exception: it is for batches in
# which at most one row in so many has one.
_FEW_SHARE = 8


@attrs.frozen(eq=False)
class PartialAggregate:
    """Partial aggregation as a stage of a chain; picklable.

    Args:
        key, key_order: the group's key.
        everys: algebraic folds without traps.
        capacity: most keys held, a count; beyond it the oldest leave first. All leave when their
            states take more than a quarter of the task's memory limit.
        site: the Group's, whose rows this stage counts; None when another does.
        cache: group of the counters of keys, None to count none.
        fields: of the rows, for errors.
    Raises:
        Unsupported: an Every is no algebraic fold, or has a trap.
    """

    key: Pick
    key_order: AnyKeyOrder
    everys: tuple[EverySpec, ...]
    capacity: int = 100_000
    site: SiteSpec | None = None
    cache: str | None = None
    fields: Fields | None = None

    # Errors of folds belong behind the exchange: no trap before it may take them.
    has_traps = False
    may_fail = False
    is_untrapped = True

    def __attrs_post_init__(self) -> None:
        for every in self.everys:
            if not can_aggregate_parts(every):
                raise Unsupported(f"{every.site.label} cannot be aggregated in parts")

    def open(self, task: TaskContext, *, is_immediate: bool) -> PartialAggregation:
        """Return the stage at work."""
        return PartialAggregation(self, task)


def can_aggregate_parts(every: EverySpec) -> bool:
    """Tell whether an Every is an algebraic fold that runs as such, without a trap."""
    return is_plain_fold(every) and bool(every.operation.is_algebraic())


def count_keys(task: TaskContext, group: str | None, rows: int, parts: int, early: int) -> None:
    """Count what aggregation before an exchange saved, by the names that Cascading's cache has.

    A row that opened a part missed, any other hit; parts that left before the end were flushed.
    """
    if group is None or not rows:
        return
    counted = {"Missed": parts, "Hit": rows - parts, "Flushed": early}
    for name, amount in counted.items():
        task.report.counters.increment(cache_counter(group, name), amount)


class PartialAggregation:
    """Holds one state per key and fold, up to a number of keys and about up to a size."""

    def __init__(self, spec: PartialAggregate, task: TaskContext) -> None:
        self._spec, self._task = spec, task
        self._operations = Operations(task)
        self._bound = BoundFolds(spec.everys, self._operations)
        self._held: dict[Hashable, list[Any]] = {}
        # Whether the keys held are texts only, and whether few rows open a part.
        self._are_texts, self._are_few = False, True
        self._rows_in = self._parts_out = self._parts_early = 0
        self._is_held = spec.key_order.has_group_key
        self._most_bytes = task.spill.limit_bytes // _MEMORY_SHARE
        # Bytes of rows since the states were measured: they can hardly have grown by more.
        self._unmeasured = 0
        self._unseen_rows = 0  # since the size of a row was looked at
        self._look_after = 0

    def prepare(self) -> None:
        """Bind the folds and generate the loop."""
        self._bound.prepare()
        names = self._bound.generated.names
        names["key"] = self._spec.key.of()
        # Without a hash no key is ever met again: each row is a part of its own.
        namer = key_namer(self._spec.key, self._spec.key_order) if self._is_held else unnamed
        names["names"], names["name"] = namer, value_group_key
        names.update(chain=chain, is_hashable=_is_hashable)
        place = self._single_place()
        self._bound.define(self._absorbing(place))
        if place is not None:
            self._bound.define(self._absorbing_texts(place))
            self._are_texts = True

    def rows(self, batch: list[Row]) -> Iterator[list[Row]]:
        """Add a batch to the states; yield the oldest ones when too many keys are held."""
        if not batch:
            return
        self._rows_in += len(batch)
        parts, is_quick = len(self._held), self._are_texts and self._are_few
        absorb = self._bound.generated.names["absorb_texts" if is_quick else "absorb"]
        try:
            self._are_texts &= absorb(batch, self._held)
        except Exception as error:
            self._fail_of_key(error, batch)
            self._bound.fail(error)
        self._are_few = (len(self._held) - parts) * _FEW_SHARE < len(batch)
        self._unseen_rows += len(batch)
        excess = len(self._held) - self._spec.capacity
        if not self._is_held or (self._unseen_rows > self._look_after and self._are_large(batch)):
            yield from self._evicted(len(self._held))
        elif excess > 0:
            yield from self._evicted(max(excess, self._spec.capacity // _EVICTED_SHARE))

    def _fail_of_key(self, error: Exception, batch: list[Row]) -> None:
        """Raise a failure with its row and group where it came of a row's key."""
        site, names_of = self._spec.site, self._bound.generated.names["names"]
        if site is None:
            return
        for row in batch:
            try:
                names_of([row])
            except Exception as again:
                if type(again) is type(error):
                    located = located_error(again, site, row, self._spec.fields)
                    raise located from located.__cause__

    def flush(self) -> Iterator[list[Row]]:
        """Yield every state that is left."""
        self._parts_early = self._parts_out
        yield from self._evicted(len(self._held))

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Clean up the operations and count what they saw."""
        report, entered = self._task.report, self._rows_in
        if self._spec.site is not None:
            report.count_rows(self._spec.site.key, entered, entered)
        for every in self._spec.everys:
            report.count_rows(every.site.key, entered, 0)
        count_keys(self._task, self._spec.cache, entered, self._parts_out, self._parts_early)
        self._operations.cleanup(is_failing=is_failing)

    def _are_large(self, batch: list[Row]) -> bool:
        """Tell whether all states are estimated to take more than they may."""
        row_bytes = rows_memory(batch) // len(batch) + 1
        self._unmeasured += row_bytes * self._unseen_rows
        self._unseen_rows = 0
        self._look_after = min(self._most_bytes // (8 * row_bytes), _LOOK_AFTER_ROWS)
        if self._unmeasured <= self._most_bytes:
            return False
        held = self._held
        some = list(islice(held.values(), 0, None, len(held) // _SAMPLED_STATES + 1))
        size = sum(map(value_memory, some)) * len(held) // len(some) + _BYTES_A_KEY * len(held)
        # A few keys with very large states are seen best where they come most: in the rows.
        names = self._bound.generated.names["names"](batch[:: len(batch) // _SAMPLED_ROWS + 1])
        recent = sum([value_memory(held[name]) for name in set(names) if name in held])
        if size > self._most_bytes or recent > self._most_bytes // 2:
            self._unmeasured = 0
            return True
        self._unmeasured = min(size, self._most_bytes * 3 // 4)
        return False

    def _evicted(self, keys: int) -> Iterator[list[Row]]:
        held, size = self._held, self._task.batch_rows
        oldest = list(islice(held, keys))
        for start in range(0, len(oldest), size):
            rows = []
            for name in oldest[start : start + size]:
                entry = held.pop(name)
                rows.append(entry[0] + tuple(entry[1:]))
            self._parts_out += len(rows)
            yield rows

    def _single_place(self) -> int | None:
        return single_place(self._spec.key, self._spec.key_order) if self._is_held else None

    def _zeros(self) -> str:
        return "".join(f", zero{number}()" for number in range(len(self._spec.everys)))

    def _steps(self, indent: int, *, is_settled: bool) -> list[tuple[str, int | None]]:
        """Return a line for each fold whose state is, or is not, settled by the first row."""
        return [
            (" " * indent + self._bound.step(number, f"e[{number + 1}]"), number)
            for number, fold in enumerate(self._bound.folds)
            if fold.is_settled is is_settled
        ]

    def _absorbing(self, place: int | None) -> list[tuple[str, int | None]]:
        """Return the loop for any keys; it tells whether all that opened a part were texts."""
        naming = "n, row in zip(names(rows), rows)" if place is None else "row in rows"
        # Most keys are texts or whole numbers: asking in the loop costs half of naming a batch.
        named = (
            (f"        n = row[{place}]", None),
            ("        if n.__class__ is not str and n.__class__ is not int: n = name(n)", None),
        )
        return [
            ("def absorb(rows, held):", None),
            ("    find, are_texts = held.get, True", None),
            (f"    for {naming}:", None),
            *(named if place is not None else ()),
            ("        e = find(n)", None),
            ("        if e is None:", None),
            ("            if n.__class__ is not str: are_texts = False", None),
            (f"            held[n] = e = [key(row){self._zeros()}]", 0),
            *self._steps(12, is_settled=True),
            *self._steps(8, is_settled=False),
            ("    return are_texts", None),
        ]

    def _absorbing_texts(self, place: int) -> list[tuple[str, int | None]]:
        """Return the loop over held texts, which need not ask what a key is.

        What equals a text is one. The first key that is none goes, with all rows after it, through
        the loop for any keys.
        """
        if all(fold.is_settled for fold in self._bound.folds):
            return self._asking_texts(place)
        return [
            ("def absorb_texts(rows, held):", None),
            ("    rest = iter(rows)", None),
            ("    for row in rest:", None),
            (f"        n = row[{place}]", None),
            ("        try:", None),
            ("            e = held[n]", None),
            ("        except KeyError:", None),
            ("            if n.__class__ is not str: break", None),
            (f"            held[n] = e = [(n,){self._zeros()}]", 0),
            *self._steps(12, is_settled=True),
            ("        except TypeError:", None),
            ("            if is_hashable(n): raise", None),
            ("            break", None),
            *self._steps(8, is_settled=False),
            ("    else:", None),
            ("        return True", None),
            ("    return absorb(chain((row,), rest), held)", None),
        ]

    def _asking_texts(self, place: int) -> list[tuple[str, int | None]]:
        """Return that loop for folds that only the first row of a key matters to."""
        return [
            ("def absorb_texts(rows, held):", None),
            ("    rest = iter(rows)", None),
            ("    try:", None),
            ("        for row in rest:", None),
            (f"            n = row[{place}]", None),
            ("            if n not in held:", None),
            ("                if n.__class__ is not str: break", None),
            (f"                held[n] = e = [(n,){self._zeros()}]", 0),
            *self._steps(16, is_settled=True),
            ("        else:", None),
            ("            return True", None),
            ("    except TypeError:", None),
            ("        if is_hashable(n): raise", None),
            ("    return absorb(chain((row,), rest), held)", None),
        ]


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
