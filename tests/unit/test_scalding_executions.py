"""Executions: the contracts of the reference, section 4.4."""

from __future__ import annotations

import threading
import time

import pytest

from cascade2spark.errors import BuildError, FlowError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations import aggregator, function
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.scalding.algebra import Largest
from cascade2spark.scalding.args import Args
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.counting import Stat, StatKey
from cascade2spark.scalding.dates import UTC, DateRange, Days, RichDate
from cascade2spark.scalding.execution import (
    Config,
    Execution,
    Failure,
    Success,
    forced_execution,
    iterable_execution,
    write_execution,
)
from cascade2spark.scalding.execution_dates import ExecutionUtil
from cascade2spark.scalding.flow_state import source_pipe
from cascade2spark.scalding.sources import IterableSource, NullSource, Tsv

QUIET = {"cascade2spark.progress": "off"}


def result(execution, config=None):
    return execution.wait_for(config, Mode.local(QUIET))


def counted(values, name="rows"):
    """Return a pipe of numbers that counts them while it runs."""
    stat = Stat(name)

    def seen(value):
        stat.inc()
        return value

    return Each(source_pipe(IterableSource(values, "n")), "n", function("n")(seen))


class Calls:
    """Gives a number, one more each time it is asked."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.count


def test_work_is_done_when_it_is_run_and_each_time() -> None:
    calls = Calls()
    made = Execution.from_(calls).map(lambda n: n * 10)
    assert calls.count == 0
    assert (result(made), result(made)) == (10, 20)


def test_a_shared_part_is_evaluated_once_in_a_run() -> None:
    calls = Calls()
    shared = Execution.from_(calls)
    both = shared.map(lambda n: n + 1).zip(shared.flat_map(lambda n: shared.map(lambda m: n + m)))
    assert result(both) == (2, 2)
    assert calls.count == 1


def test_with_new_cache_evaluates_again() -> None:
    shared = Execution.from_(Calls())
    assert result(shared.zip(Execution.with_new_cache(shared)).map(sorted)) == [1, 2]


def test_a_change_of_config_is_confined_and_evaluates_again() -> None:
    calls = Calls()
    name = Execution.from_(calls).zip(Execution.get_config()).map(lambda two: two[1].get("who"))
    ada = Execution.with_config(name)(lambda config: config.set("who", "ada"))
    assert result(Execution.sequence([name, ada, name])) == [None, "ada", None]
    assert calls.count == 2


def test_args_config_and_mode_are_there() -> None:
    config = Config({"a": 1}, Args.parse("--x 1"))
    assert result(Execution.get_args(), config)["x"] == "1"
    assert result(Execution.get_config_mode(), config)[0].get("a") == 1
    assert result(Execution.get_mode()).is_local


def test_a_sequence_keeps_the_order_and_runs_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=5)
    parts = [Execution.from_(meeting.wait).map(lambda _, n=n: n) for n in range(3)]
    assert result(Execution.sequence(parts)) == [0, 1, 2]


def test_with_parallelism_runs_no_more_at_a_time() -> None:
    running, most, lock = [], [], threading.Lock()

    def work(n):
        with lock:
            running.append(n)
            most.append(len(running))
        time.sleep(0.01)
        with lock:
            running.remove(n)
        return n

    parts = [Execution.from_(lambda n=n: work(n)) for n in range(6)]
    assert result(Execution.with_parallelism(parts, 2)) == list(range(6))
    assert max(most) == 2


def test_parts_of_a_date_range_are_run() -> None:
    days = DateRange.parse("2011-01-01", "2011-01-03", tz=UTC)
    util = ExecutionUtil
    dates = util.run_dates_with_parallelism(days, Days(1), 2, lambda day: Execution.value(str(day)))
    assert [str(day.start) for day in days.each(Days(1))] == result(dates)
    ranges = util.run_date_range_with_parallelism(days, Days(1), 2, Execution.value)
    assert list(days.each(Days(1))) == result(ranges)


def test_results_of_the_parts_of_a_date_range_are_added_up() -> None:
    days = DateRange.parse("2011-01-01", "2011-01-03", tz=UTC)
    util = ExecutionUtil

    def number(day):
        return Execution.value({"days": 1})

    assert {"days": 3} == result(util.run_dates_with_parallelism_sum(days, Days(1), 2, number))
    last = util.run_date_range_with_parallelism_sum(
        days, Days(1), 2, lambda day: Execution.value(day.start.timestamp), Largest()
    )
    assert RichDate("2011-01-03", tz=UTC).timestamp == result(last)


def test_what_is_no_execution_is_refused() -> None:
    with pytest.raises(BuildError, match="zip takes an Execution"):
        Execution.value(1).zip(2)
    with pytest.raises(BuildError, match="sequence takes an Execution"):
        Execution.sequence([Execution.value(1), None])
    with pytest.raises(BuildError, match="recover_with did not return"):
        result(Execution.failed(ValueError("no")).recover_with(lambda error: 3))


def test_a_zip_fails_at_once() -> None:
    end = threading.Event()
    slow = Execution.from_(lambda: end.wait(30))
    begun = time.monotonic()
    with pytest.raises(ValueError, match="broken"):
        result(slow.zip(Execution.failed(ValueError("broken"))))
    assert time.monotonic() - begun < 5
    end.set()


def test_failures_can_be_looked_at_and_recovered_from() -> None:
    broken = Execution.failed(ValueError("broken"))
    seen = []
    assert result(broken.recover_with(lambda error: Execution.value(str(error)))) == "broken"
    with pytest.raises(ValueError, match="broken"):
        result(broken.recover_with(lambda error: None))
    assert isinstance(result(broken.lift_to_try()), Failure)
    assert result(Execution.value(1).lift_to_try()) == Success(1)
    assert isinstance(result(broken.on_complete(seen.append).lift_to_try()), Failure)
    assert result(Execution.value(2).on_complete(seen.append)) == 2
    assert [one.is_success for one in seen] == [False, True]
    assert result(Execution.from_try(lambda: Success(3))) == 3


def test_a_filter_that_does_not_hold_fails() -> None:
    assert result(Execution.value(3).filter(lambda n: n > 2)) == 3
    with pytest.raises(FlowError, match="does not pass its filter"):
        result(Execution.value(1).filter(lambda n: n > 2))


def test_a_loop_of_a_thousand_rounds_runs() -> None:
    def step(n):
        return Execution.value(n) if n == 1000 else Execution.value(n + 1).flat_map(step)

    assert result(Execution.value(0).flat_map(step)) == 1000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Execution.from_(3), "takes a function"),
        (lambda: Execution.with_parallelism([], 0), "one execution or more at a time"),
        (lambda: write_execution(None, "out"), "written to a source"),
        (lambda: result(Execution.unit().flat_map(lambda _: 3)), "did not return an Execution"),
        (lambda: result(write_execution(counted([1]), IterableSource([]))), "only be read"),
    ],
)
def test_misuse_is_told(make, message) -> None:
    with pytest.raises((BuildError, TapError), match=message):
        make()


def test_both_writes_of_a_zip_are_one_flow(tmp_path) -> None:
    numbers = counted([1, 2, 3])
    a, b = Tsv(str(tmp_path / "a"), "n"), Tsv(str(tmp_path / "b"), "n")
    written = write_execution(numbers, a).map(lambda _: "x").zip(write_execution(numbers, b))
    value, counters = result(written.get_counters())
    assert value == ("x", None)
    assert len(counters.flows) == 1
    assert counters[StatKey("rows")] == 3
    assert [(tmp_path / name).read_text() for name in "ab"] == ["1\n2\n3\n"] * 2


def test_writes_one_after_the_other_are_several_flows(tmp_path) -> None:
    first = write_execution(counted([1, 2]), Tsv(str(tmp_path / "a"), "n"))
    both = first.flat_map(
        lambda _: write_execution(
            source_pipe(Tsv(str(tmp_path / "a"), "n")), Tsv(str(tmp_path / "b"), "n")
        )
    )
    _, counters = result(both.get_counters())
    assert len(counters.flows) == 2
    assert (tmp_path / "b").read_text() == "1\n2\n"


def test_a_shared_write_is_made_and_counted_once(tmp_path) -> None:
    pipe, sink = counted([1, 2]), Tsv(str(tmp_path / "a"), "n")
    once = write_execution(pipe, sink)
    again = write_execution(pipe, sink)
    three = once.zip(again).zip(once.map(lambda _: 1))
    value, counters = result(three.get_counters())
    assert value == ((None, None), 1)
    assert counters[Stat("rows")] == 2


def test_counters_of_a_part_are_its_own() -> None:
    a = write_execution(counted([1, 2], "a"), NullSource())
    b = write_execution(counted([1], "b"), NullSource())
    (_, of_a), (_, of_b) = result(a.get_counters().zip(b.get_counters()))
    assert (of_a["a"], of_a["b"], of_b["a"], of_b["b"]) == (2, 0, 0, 1)
    assert of_a.get("b") is None
    (_, inner), outer = (
        result(a.get_and_reset_counters().zip(b).get_counters())[0][0],
        result(a.reset_counters().zip(b).get_counters())[1],
    )
    assert inner["a"] == 2
    assert (outer["a"], outer["b"]) == (0, 1)


def test_values_come_to_the_driver_and_are_held_for_the_run() -> None:
    numbers = counted([3, 1])
    assert result(iterable_execution(numbers)) == [(3,), (1,)]
    source = result(forced_execution(numbers))
    with pytest.raises(TapError, match="gone when its run has ended"):
        result(iterable_execution(source_pipe(source)))
    again = forced_execution(numbers).flat_map(lambda held: iterable_execution(source_pipe(held)))
    assert result(again) == [(3,), (1,)]


def test_a_cached_file_is_read(tmp_path) -> None:
    (tmp_path / "names").write_text("ada")
    read = Execution.with_cached_file(
        str(tmp_path / "names"), lambda file: Execution.from_(file.file.read_text)
    )
    assert result(read) == "ada"
    with pytest.raises(TapError, match="does not exist"):
        result(Execution.with_cached_file("nowhere", lambda file: Execution.unit()))


def test_run_gives_a_future() -> None:
    assert Execution.value(3).run(mode=Mode.local(QUIET)).result(timeout=5) == 3
    assert result(Execution.with_id(lambda one: Execution.value(bool(one.get))))


def test_work_that_two_steps_share_is_counted_once() -> None:
    stat = Stat("steps")

    def step(total, value):
        stat.inc()
        return total + value

    group = GroupBy(source_pipe(IterableSource([1, 2, 3], "n")), Fields.NONE)
    first = Every(group, "n", aggregator("total", zero=0, step=step))
    second = Every(first, "n", aggregator("again", zero=0, step=lambda total, value: total))
    both = write_execution(first, NullSource()).zip(write_execution(second, NullSource()))
    _, counters = result(both.get_counters())
    assert counters["steps"] == 3


def test_a_flow_is_stopped_when_what_is_beside_it_fails(tmp_path) -> None:
    begun = threading.Event()

    def slow(value):
        begun.set()
        time.sleep(0.01)
        return value

    rows = Each(source_pipe(IterableSource(range(3000), "n")), "n", function("n")(slow))
    writing = write_execution(rows, Tsv(str(tmp_path / "out")))
    broken = Execution.from_(lambda: begun.wait(10)).flat_map(
        lambda _: Execution.failed(ValueError("broken"))
    )
    with pytest.raises(ValueError, match="broken"):
        result(writing.map(lambda _: 1).zip(broken))
    time.sleep(0.3)
    assert not (tmp_path / "out").exists()
    assert "flow execution" not in [thread.name for thread in threading.enumerate()]
