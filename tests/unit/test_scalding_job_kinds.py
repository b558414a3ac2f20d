"""Jobs beyond the plain one: checkpoints, time limits, verified counters, scripts, own orders."""

from __future__ import annotations

import threading

import pytest

from cascade2spark.comparators import StringInsensitive
from cascade2spark.errors import BuildError, FlowError
from cascade2spark.scalding.args import ArgsError
from cascade2spark.scalding.dates import Millisecs, Seconds
from cascade2spark.scalding.fields import RichPipe
from cascade2spark.scalding.job import (
    Checkpoint,
    CounterVerification,
    Failure,
    Job,
    JobTest,
    Mode,
    ScriptJob,
    Stat,
    run_jobs,
    timeout,
)
from cascade2spark.scalding.sources import IterableSource, SequenceFile, Tsv, TypedTsv
from cascade2spark.scalding.typed import TypedPipe

QUIET = Mode.local({"cascade2spark.progress": "off"})
WORDS = IterableSource(["b", "a", "B", "b"], "word")


# -- checkpoints -----------------------------------------------------------------------------------


class Counted(Job):
    """Counts words behind a checkpoint, and how often it had to."""

    computed: list[str]

    def build(self):
        self.computed = []
        counts = Checkpoint("counts", ("word", "n"))(self.counts)
        counts.write(Tsv(self.args["output"], ("word", "n")))

    def counts(self):
        self.computed.append("counts")
        return WORDS.read().group_by("word", lambda group: group.size("n")).insert("more", 1)


def run_counted(folder, *more):
    job = Counted(["--output", str(folder / "out.tsv"), *more])
    run_jobs(job, QUIET)
    return job.computed, sorted((folder / "out.tsv").read_text().splitlines())


LINES = ["B\t1", "a\t1", "b\t2"]


def test_without_a_file_nothing_is_saved(tmp_path) -> None:
    assert (["counts"], LINES) == run_counted(tmp_path)
    assert ["out.tsv"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("option", "name", "formats"),
    [
        ("--checkpoint.file.counts", "saved", []),
        ("--checkpoint.file", "saved_counts", []),
        ("--checkpoint.file", "saved_counts", ["--checkpoint.format", "tsv"]),
        ("--checkpoint.file", "saved_counts", ["--checkpoint.format.counts", "tsv"]),
    ],
)
def test_rows_that_were_saved_are_read(tmp_path, option, name, formats) -> None:
    words = [option, str(tmp_path / "saved"), *formats]
    assert (["counts"], LINES) == run_counted(tmp_path, *words)
    assert (tmp_path / name).exists()
    assert ([], LINES) == run_counted(tmp_path, *words)
    assert (["counts"], LINES) == run_counted(tmp_path, *words, "--checkpoint.clobber")
    assert (["counts"], LINES) == run_counted(tmp_path, *words, "--checkpoint.clobber.counts")


def test_a_test_gives_what_a_checkpoint_saved() -> None:
    saved = SequenceFile("saved", ("word", "n"))
    test = JobTest(Counted).arg("checkpoint.file.counts", "saved").arg("output", "out")
    given = test.source(saved, [("kept", 7)])
    given.sink(Tsv("out", ("word", "n")), [("kept", 7)]).run()


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Checkpoint(RichPipe(WORDS.read())), "cascade2spark.Checkpoint"),
        (lambda: Checkpoint("counts"), "the fields of its rows"),
        (lambda: Checkpoint("counts", "n")(WORDS.read()), "a function that returns a pipe"),
        (lambda: Checkpoint("counts", "n")(WORDS.read), "a Job that is being built"),
    ],
)
def test_a_checkpoint_says_how_it_is_written(build, said) -> None:
    with pytest.raises(BuildError) as caught:
        build()
    assert said in str(caught.value)


def test_a_checkpoint_knows_its_formats() -> None:
    words = "--output out --checkpoint.file saved --checkpoint.format avro"
    with pytest.raises(ArgsError, match="no such format") as caught:
        Counted(words)
    assert ["sequencefile", "tsv"] == list(caught.value.available)


# -- time limits -----------------------------------------------------------------------------------


def test_a_function_in_time_gives_its_result() -> None:
    assert 42 == timeout(Seconds(20), lambda: 42)
    assert 42 == Job.timeout(Seconds(20), lambda: 42)


def test_a_function_that_takes_longer_gives_nothing() -> None:
    gate = threading.Event()
    assert timeout(Millisecs(20), gate.wait) is None
    gate.set()


@pytest.mark.parametrize("error", [ValueError, TimeoutError])
def test_what_a_function_raises_in_time_is_raised(error) -> None:
    def fail():
        raise error("no")

    with pytest.raises(error, match="no"):
        timeout(Seconds(20), fail)


def test_counters_count_within_a_time_limit() -> None:
    class Timed(Job):
        def build(self):
            seen = Stat("seen")
            words = TypedPipe.from_(["a", "b"])
            timed = words.map(lambda word: (word, timeout(Seconds(20), seen.inc)))
            timed.write(TypedTsv("out", (str, str)))

    JobTest(Timed).sink(TypedTsv("out", (str, str)), len).counter("seen", 2).run()


def test_a_time_limit_is_a_duration() -> None:
    with pytest.raises(BuildError, match="takes a duration"):
        timeout(5, lambda: 1)  # type: ignore[arg-type]


# -- verified counters -----------------------------------------------------------------------------


class Verified(CounterVerification):
    def build(self):
        self.asked = 0
        seen = Stat("seen")
        self.out = TypedTsv("out", (str, int))
        pairs = TypedPipe.from_([("a", 1), ("b", 2)])
        pairs.filter(lambda pair: seen.inc() is None).write(self.out)

    def verify_counters(self, counters):
        self.asked += 1
        if counters["seen"] != self.args.int("wanted"):
            return Failure(ValueError(f"saw {counters['seen']}"))
        return None


def verified(wanted):
    return JobTest(Verified).arg("wanted", wanted).sink(TypedTsv("out", (str, int)), len)


def test_counters_that_are_right_change_nothing() -> None:
    verified(2).run()


def test_counters_that_are_wrong_fail_the_job() -> None:
    with pytest.raises(FlowError, match="counters of Verified") as caught:
        verified(3).run()
    assert "saw 2" in str(caught.value)


def test_a_test_may_leave_the_counters_alone() -> None:
    class Lenient(Verified):
        verify_counters_in_test = False

    JobTest(Lenient).arg("wanted", 3).sink(TypedTsv("out", (str, int)), len).run()


def test_a_job_must_say_how_counters_are_verified(tmp_path) -> None:
    class Silent(CounterVerification):
        def build(self):
            WORDS.read().write(Tsv(str(tmp_path / "out")))

    with pytest.raises(FlowError, match="counters of Silent"):
        Silent().run(QUIET)


# -- scripts ---------------------------------------------------------------------------------------


class Script(ScriptJob):
    def commands(self):
        return self.args.list("run")


def test_commands_run_one_after_another(tmp_path) -> None:
    done = run_jobs(Script(["--run", f"echo a > {tmp_path}/a", f"cat {tmp_path}/a"]), QUIET)
    assert 1 == len(done)
    assert "a\n" == (tmp_path / "a").read_text()


def test_a_command_that_fails_ends_the_script(tmp_path) -> None:
    with pytest.raises(FlowError, match="failed with status 3") as caught:
        run_jobs(Script(["--run", "exit 3", f"touch {tmp_path}/never"]), QUIET)
    assert "exit 3" in str(caught.value)
    assert [] == list(tmp_path.iterdir())


# -- what a job may say ----------------------------------------------------------------------------


class Insensitive(Job):
    def default_comparator(self):
        return StringInsensitive()

    def build(self):
        words = WORDS.read()
        counts = words.group_by("word", lambda group: group.size("n"))
        counts.write(Tsv("counts", ("word", "n")))
        other = IterableSource([("A", 1)], ("name", "x")).read()
        words.join_with_smaller("word", "name", other).write(Tsv("joined"))
        words.join_with_tiny("word", "name", other).write(Tsv("tiny"))
        words.co_group_by("word", lambda g: g.co_group("name", other)).write(Tsv("star"))
        words.group_all(lambda g: g.sort_by("word").reverse().to_list("word")).write(Tsv("sorted"))
        words.skew_join_with_smaller("word", "name", other).write(Tsv("skewed"))
        words.block_join_with_smaller("word", "name", other, 2, 2).write(Tsv("blocks"))
        words.shard(2).write(Tsv("shards"))


def test_a_comparator_of_the_job_is_that_of_all_keys() -> None:
    met = [("a", "A", 1)]
    test = JobTest(Insensitive)
    test.sink(Tsv("counts", ("word", "n")), lambda rows: assert_sizes([3, 1], rows))
    for name in ("joined", "tiny", "skewed", "blocks"):
        test.sink(Tsv(name), met)
    test.sink(Tsv("star"), lambda rows: assert_sizes([1], [(row, 1) for row in rows]))
    test.sink(Tsv("sorted"), lambda rows: assert_folded(["b", "b", "b", "a"], rows))
    test.sink(Tsv("shards"), lambda rows: assert_sizes([1] * 4, [(row, 1) for row in rows])).run()


def assert_sizes(expected, rows):
    assert sorted(expected) == sorted(row[1] for row in rows)


def assert_folded(expected, rows):
    (words,) = rows
    assert expected == [word.lower() for word in words]


def test_without_one_keys_compare_as_they_are() -> None:
    class Plain(Insensitive):
        def default_comparator(self):
            return None

    test = JobTest(Plain).sink(Tsv("counts", ("word", "n")), [("a", 1), ("b", 2), ("B", 1)])
    for name in ("joined", "tiny", "skewed", "blocks", "star"):
        test.sink(Tsv(name), [])
    test.sink(Tsv("sorted"), len).sink(Tsv("shards"), len).run()


def test_a_spill_threshold_reaches_the_flow() -> None:
    class Small(Counted):
        def default_spill_threshold(self):
            return 5

    flow = Small("--output out").plan(QUIET)
    assert 5 == flow.get_property("cascade2spark.aggregate.capacity")


def test_a_step_strategy_is_said_to_have_no_effect() -> None:
    class Planned(Counted):
        def step_strategy(self):
            return object()

    flow = Planned("--output out").plan(QUIET)
    assert "step strategy" in str(flow.get_flow_stats().to_dict())


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("defaultComparator", "default_comparator"),
        ("stepListeners", "step_listeners"),
        ("ioSerializations", "pickle"),
        ("io_serializations", "pickle"),
    ],
)
def test_a_method_that_no_job_has_is_refused(name, fix) -> None:
    with pytest.raises(BuildError, match=name) as caught:
        type("Ported", (Job,), {name: lambda self: None})
    assert fix in str(caught.value)


# -- tests of jobs ---------------------------------------------------------------------------------


class Looks(Job):
    def build(self):
        TypedPipe.from_([("a", 1)]).write(TypedTsv("out", (str, int)))

    def validate(self, mode):
        if not mode.file_exists("list.txt"):
            raise ValueError("no list.txt")


def test_a_test_says_which_files_are_there() -> None:
    test = JobTest(Looks).sink(TypedTsv("out", (str, int)), [("a", 1)])
    with pytest.raises(ValueError, match="no list"):
        test.run()
    test.register_file("list.txt").run()


def test_a_test_may_leave_out_validation() -> None:
    JobTest(Looks).validate(False).sink(TypedTsv("out", (str, int)), [("a", 1)]).run()


def test_a_mode_knows_the_files_of_its_file_system(tmp_path) -> None:
    (tmp_path / "_a").write_text("")
    assert QUIET.file_exists(tmp_path / "_a")
    assert QUIET.file_exists(str(tmp_path / "*"))
    assert not QUIET.file_exists(tmp_path / "b")


# -- counters of combining before an exchange ------------------------------------------------------

MAPSIDE = "MapsideReduce"


def mapside(build, properties=None):
    class Counts(Job):
        def build(self):
            build()

    test = JobTest(Counts).sink(Tsv("out", ("k", "v")), len)
    for name, value in (properties or {}).items():
        test.set_property(name, value)
    found = {}
    test.counters(
        lambda counters: found.update(
            {key[1]: n for key, n in counters.items() if key[0] == MAPSIDE}
        )
    ).run()
    return found


KEYS = [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("a", 5)]


def of_fields(body):
    rows = IterableSource(KEYS, ("k", "v")).read()
    return lambda: rows.group_by("k", body).write(Tsv("out", ("k", "v")))


def of_values(operator):
    return lambda: operator(TypedPipe.from_(KEYS)).write(Tsv("out", ("k", "v")))


@pytest.mark.parametrize(
    "build",
    [
        of_fields(lambda group: group.sum("v", "v", int)),
        of_values(lambda pipe: pipe.sum_by_key()),
        of_values(lambda pipe: pipe.sum_by_local_keys()),
        of_values(lambda pipe: pipe.group().map_values(abs).max()),
    ],
)
def test_combining_counts_hits_and_misses(build) -> None:
    assert {"hits": 2, "misses": 3, "evictions": 0} == mapside(build)


@pytest.mark.parametrize(
    "build",
    [
        of_fields(lambda group: group.sort_by("v").sum("v", "v", int)),
        of_values(lambda pipe: pipe.group().force_to_reducers().sum()),
        of_values(lambda pipe: pipe.group().sorted().sum()),
    ],
)
def test_what_is_not_combined_counts_nothing(build) -> None:
    assert {} == mapside(build)


def test_a_full_cache_counts_evictions() -> None:
    few = {"cascading.aggregateby.threshold": 1}
    build = of_values(lambda pipe: pipe.sum_by_local_keys())
    assert {"hits": 0, "misses": 5, "evictions": 4} == mapside(build, few)
