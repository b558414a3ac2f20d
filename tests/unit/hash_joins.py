"""HashJoins with held sides of a test's own, in one task, and keys that collide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from cascade2spark.batch.batches import Batch, rows_of
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.hash_join import HashJoin, JoinTable
from cascade2spark.batch.hashing import column_hashes
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.fields import Fields
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Side, Site
from cascade2spark.selection import Pick

Row = tuple[Any, ...]
SITE = Site(5, "HashJoin", "x", "HashJoin 'x'")
NAN = float("nan")


def one_hash(columns: Sequence[pa.Array], rows: int) -> Any:
    """Every key collides with every other."""
    return np.full(rows, 7, dtype=np.uint64)


def top_hash(columns: Sequence[pa.Array], rows: int) -> Any:
    """Every key has the highest hash, which also ends the table."""
    return np.full(rows, (1 << 64) - 1, dtype=np.uint64)


def few_hashes(columns: Sequence[pa.Array], rows: int) -> Any:
    """Three hashes, next to each other; equal keys have equal ones."""
    return column_hashes(columns, rows) % np.uint64(3)


def edge_hashes(columns: Sequence[pa.Array], rows: int) -> Any:
    """The lowest and the highest hash: the first and the last entry of the directory."""
    return np.where(
        column_hashes(columns, rows) & np.uint64(1), np.uint64((1 << 64) - 1), 0
    ).astype(np.uint64)


HASHES = [edge_hashes, column_hashes, one_hash, top_hash, few_hashes]


def side(number: int, width: int, places: tuple[int, ...]) -> Side:
    names = [f"{'abc'[number]}{place}" for place in range(width)]
    return Side(
        number, Pick(places, width=width), Fields(*names), Fields(*[names[p] for p in places])
    )


VALUES = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", "ab", "é", "\U0001f600", "\uffff", "longer than eight bytes"]),
)
NUMBERS = st.one_of(st.none(), st.sampled_from([0, 1, -1, 2**40, -(2**63), 2**63 - 1]))
FLOATS = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, NAN, -NAN, math.inf, -math.inf]))
ROWS = st.lists(st.tuples(VALUES, NUMBERS, FLOATS), max_size=25)


@attrs.define
class Held:
    """Held sides as lists of batches; counts the tables that are asked for."""

    sides: tuple[Side, ...]
    batches: list[list[Batch]]
    order: KeyOrder
    hashes_of: Any = column_hashes
    asked: list[str] = attrs.field(factory=list)

    def tables(self, task: TaskContext) -> list[JoinTable]:
        self.asked.append("rows")
        return [
            JoinTable(
                [one if isinstance(one, list) else rows_of(one) for one in found],
                side.key,
                self.order,
            )
            for side, found in zip(self.sides[1:], self.batches, strict=True)
        ]

    def column_tables(self, task: TaskContext) -> list[ColumnTable]:
        self.asked.append("columns")
        return [
            ColumnTable(found, len(side.fields), side.key.positions or (), hashes_of=self.hashes_of)
            for side, found in zip(self.sides[1:], self.batches, strict=True)
        ]


def join_of(
    joiner: Any, held: list[list[Batch]], places: tuple[int, ...] = (0,), **parts: Any
) -> HashJoin:
    sides = tuple(side(number, 3, places) for number in range(len(held) + 1))
    order = KeyOrder(len(places), reverse=parts.pop("reverse", False))
    source = Held(sides, held, order, parts.pop("hashes_of", column_hashes))
    joined = Fields.size(3 * len(sides))
    return HashJoin(sides, order, joiner, joined, source, SITE, **parts)


def pushed(
    spec: Any, batches: Sequence[Batch], is_immediate: bool = False
) -> tuple[list[Row], TaskContext, list[Batch]]:
    task = TaskContext(batch_rows=4)
    stage = spec.open(task, is_immediate=is_immediate)
    stage.prepare()
    made: list[Batch] = []
    for batch in batches:
        made += stage.rows(batch) if isinstance(batch, list) else stage.columns(batch)
    made += stage.flush()
    stage.cleanup()
    rows = [row for one in made for row in (one if isinstance(one, list) else rows_of(one))]
    return rows, task, made
