"""Operations that remember: batches of both forms in turn are what rows alone are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.batches import columns_of
from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.column_watch import ColumnWatch
from cascade2spark.batch.kernels.watching import can_watch
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import OperatorRun
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import Counter, Debug, Limit, Sample, Status
from cascade2spark.operations.callables import keep_if
from tests.unit.batch_chains import Gather, operators

AB = Fields("a", "b")
ONLY_ROWS = operators(AB, (keep_if(lambda row: True), "a"))


def through(stage: Any, batches: list[Any]) -> tuple[list[Any], TaskContext]:
    """Return the rows, and the task, of one stage with a stage for rows behind it."""
    task = TaskContext()
    nodes = ChainNode(-1, stage=stage), ChainNode(0, stage=OperatorRun(ONLY_ROWS))
    spec = ChainSpec((*nodes, ChainNode(1, leaf=Gather())))
    return [item for _, item in run_chain(spec, batches, task)], task


def agree(operation: Any, sizes: list[int], bits: int, chosen: Any = Fields.ALL) -> None:
    """Compare a run over batches of the given sizes; each bit tells which of them are columns."""
    [spec] = operators(AB, (operation, chosen))
    rows, batches = [], []
    for number, size in enumerate(sizes):
        rows.append([(f"{number}", at) for at in range(size)])
        is_columns = bits >> number & 1 and size
        batches.append(columns_of(rows[-1], 2) if is_columns else rows[-1])
    expected, task = through(OperatorRun((spec,)), rows)
    made, other = through(ColumnWatch(spec), batches)
    assert expected == made
    assert task.flow_process.status == other.flow_process.status
    for name in ("counters", "rows_in", "rows_out"):
        assert getattr(task.report, name) == getattr(other.report, name), name


SIZES = st.lists(st.integers(0, 12), max_size=6)
BITS = st.integers(0, 63)


@given(SIZES, BITS, st.integers(0, 40))
def test_a_limit(sizes: list[int], bits: int, limit: int) -> None:
    agree(Limit(limit), sizes, bits)


@example([8_193, 1, 16_385, 5], 0b0101, 11, 0.25)
@given(SIZES, BITS, st.integers(), st.floats(0, 1))
def test_a_sample(sizes: list[int], bits: int, seed: int, fraction: float) -> None:
    agree(Sample(seed, fraction), sizes, bits)


@given(SIZES, BITS)
def test_a_counter_and_a_status(sizes: list[int], bits: int) -> None:
    agree(Counter("group", "name", 3), sizes, bits, "b")
    agree(Status("under way"), sizes, bits)


@pytest.mark.parametrize("chosen", ["a", Fields.ALL, Fields.NONE])
def test_what_debug_prints(chosen: Any, capsys: pytest.CaptureFixture[str]) -> None:
    debug = Debug(Debug.Output.STDOUT, "seen", True)
    debug.set_print_tuple_every(3)
    [spec] = operators(AB, (debug, chosen))
    rows = [[("x", 1), ("y", None)], [("z", 3)] * 2_000, [("w", 4)]]
    through(OperatorRun((spec,)), rows)
    expected = capsys.readouterr().out
    through(ColumnWatch(spec), [columns_of(rows[0], 2), columns_of(rows[1], 2), rows[2]])
    assert expected == capsys.readouterr().out
    assert 2 < len(expected.splitlines())


@pytest.mark.parametrize("prefix", [(), ("100%",)])
@pytest.mark.parametrize("last", [("w", 4), ("w", None), (None, 2.5), ("w", 1e300), ("w", b"x")])
def test_what_a_debug_of_all_rows_prints(
    prefix: Any, last: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    [spec] = operators(AB, (Debug(*prefix), Fields.ALL))
    rows = [[("x", 1), ("%s", 2)] * 1_000, [(last[0], last[1])]]
    through(OperatorRun((spec,)), rows)
    expected = capsys.readouterr().err
    through(ColumnWatch(spec), [columns_of(batch, 2) for batch in rows])
    assert expected == capsys.readouterr().err
    assert 2_002 == len(expected.splitlines())


def test_what_cannot_be_printed_names_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise OSError("closed")

    [spec] = operators(AB, (Debug(), Fields.ALL))
    monkeypatch.setattr("sys.stderr", Closed())
    with pytest.raises(RunError, match=r"Each .* failed: OSError: closed"):
        through(ColumnWatch(spec), [columns_of([("x", 1)], 2)])


class Own(Counter):
    """A class of a user's, who may have overridden anything."""


def test_what_is_a_users_own_or_trapped_is_done_as_rows() -> None:
    own, trapped, stock = operators(
        AB, (Own("g", "n"), "a"), (Counter("g", "n"), "a", None, 0), (Counter("g", "n"), "a")
    )
    assert [False, False, True] == list(map(can_watch, (own, trapped, stock)))
