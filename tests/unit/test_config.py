"""Knobs and the properties that set them."""

from __future__ import annotations

import enum
import pickle

import attrs
import pytest

from cascade2spark.cascading_properties import IGNORED, REFUSED
from cascade2spark.config import KNOBS, Settings
from cascade2spark.errors import BuildError, Unsupported

# Cascading reference, appendix of property names.
CASCADING_NAMES = [
    "cascading.flowconnector.assertionlevel",
    "cascading.flowconnector.debuglevel",
    "cascading.flowconnector.intermediateschemeclass",
    "cascading.flowconnector.temporary_tap.decorator.classname",
    "cascading.flowconnector.checkpoint_tap.decorator.classname",
    "cascading.flow.tuple.element.comparator",
    "cascading.flow.preservetemporaryfiles",
    "cascading.flow.maxconcurrentsteps",
    "cascading.flow.stopjobsonexit",
    "cascading.flow.job.pollinginterval",
    "cascading.flow.runtime.gather.partitions.num",
    "cascading.flow.runtime.log.counters",
    "cascading.cascade.maxconcurrentflows",
    "cascading.aggregateby.cache.capacity",
    "cascading.aggregateby.cachefactory.classname",
    "cascading.unique.cachefactory.classname",
    "cascading.function.composite.cache.capacity",
    "cascading.spill.list.threshold",
    "cascading.spill.map.threshold",
    "cascading.spill.map.capacity",
    "cascading.spill.map.loadfactor",
    "cascading.spill.compress",
    "cascading.spill.codecs",
    "cascading.trap.elementtrace.record",
    "cascading.trap.throwable.message.record",
    "cascading.trap.throwable.stacktrace.record",
    "cascading.trap.throwable.stacktrace.log",
    "cascading.trap.throwable.stacktrace.line.trim",
    "cascading.trap.throwable.stacktrace.line.delimiter",
    "cascading.tap.partition.failonclose",
    "cascading.serialization.types.required",
    "cascading.tuple.tupleentryiterator.exceptions.permit",
    "cascading.app.name",
    "cascading.app.version",
    "cascading.app.tags",
    "cascading.app.id",
    "cascading.compatibility.retain.collector",
]


class Level(enum.Enum):
    STRICT = 1
    VALID = 2


def test_nothing_set_gives_every_default() -> None:
    settings = Settings.from_properties({})
    assert {knob.attribute: knob.default for knob in KNOBS} == {
        name: value for name, value in attrs.asdict(settings).items() if name != "ignored"
    }
    assert settings.ignored == {}
    assert settings == Settings.from_properties(None)


def test_settings_and_knobs_name_the_same_things() -> None:
    fields = [field.name for field in attrs.fields(Settings)]
    assert fields == [*(knob.attribute for knob in KNOBS), "ignored"]


def test_names_and_aliases_are_unique_and_every_knob_says_what_it_means() -> None:
    names = [name for knob in KNOBS for name in (knob.name, *knob.aliases)]
    assert len(names) == len(set(names))
    assert not set(names) & {*IGNORED, *REFUSED}
    for knob in KNOBS:
        assert knob.meaning.endswith(".") and len(knob.meaning) < 100
        assert knob.unit or knob.kind not in ("count", "bytes")
        assert bool(knob.choices) == (knob.kind == "choice")


@pytest.mark.parametrize("knob", [knob for knob in KNOBS if knob.default is not None])
def test_each_default_is_a_value_the_knob_accepts(knob) -> None:
    settings = Settings.from_properties({knob.name: knob.default})
    assert getattr(settings, knob.attribute) == knob.default


@pytest.mark.parametrize("name", CASCADING_NAMES)
def test_every_cascading_property_has_one_fate(name) -> None:
    aliases = {alias for knob in KNOBS for alias in knob.aliases}
    assert [name in aliases, name in IGNORED, name in REFUSED].count(True) == 1


@pytest.mark.parametrize(
    ("expected", "key", "value"),
    [
        (7, "cascade2spark.partitions", "7"),
        (7, "cascade2spark.partitions", 7),
        (12_000, "cascade2spark.rows.batch", " 12_000 "),
        (1, "cascade2spark.block.bytes", "1"),
        (64 << 10, "cascade2spark.block.bytes", "64k"),
        (64 << 20, "cascade2spark.block.bytes", "64 MB"),
        (2 << 30, "cascade2spark.memory.bytes", "2GiB"),
        (5, "cascade2spark.memory.bytes", "5b"),
        (("a", "b"), "cascade2spark.rules.off", " a, b,"),
        (("a", "b"), "cascade2spark.rules.off", ["a", "b"]),
        ((), "cascade2spark.rules.off", ""),
        (True, "cascade2spark.trap.element.trace", "TRUE"),
        (False, "cascade2spark.trap.stacktrace.log", False),
        ("columns", "cascade2spark.form", "Columns"),
        ("valid", "cascade2spark.assertion.level", Level.VALID),
        ("bz2", "cascade2spark.output.compression", "BZ2"),
    ],
)
def test_values_are_read_by_kind(expected, key, value) -> None:
    knob = next(knob for knob in KNOBS if knob.name == key)
    assert getattr(Settings.from_properties({key: value}), knob.attribute) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cascade2spark.partitions", 0),
        ("cascade2spark.partitions", -1),
        ("cascade2spark.partitions", True),
        ("cascade2spark.partitions", "1.5"),
        ("cascade2spark.partitions", ""),
        ("cascade2spark.block.bytes", "32 mbit"),
        ("cascade2spark.block.bytes", "0"),
        ("cascade2spark.block.bytes", True),
        ("cascade2spark.rules.off", 3),
        ("cascade2spark.rules.off", [3]),
        ("cascade2spark.trap.element.trace", "yes"),
        ("cascade2spark.form", "row"),
        ("cascade2spark.trap.stacktrace.delimiter", 3),
    ],
)
def test_values_of_another_kind_are_refused_with_the_property_named(key, value) -> None:
    with pytest.raises(BuildError, match=key.replace(".", r"\.")) as caught:
        Settings.from_properties({key: value})
    assert caught.value.asked == value


def test_a_misspelt_choice_shows_the_nearest_one() -> None:
    with pytest.raises(BuildError) as caught:
        Settings.from_properties({"cascade2spark.form": "column"})
    assert caught.value.nearest == "columns"


def test_an_unknown_property_of_ours_shows_the_nearest_one() -> None:
    with pytest.raises(BuildError) as caught:
        Settings.from_properties({"cascade2spark.partition": 3})
    assert caught.value.nearest == "cascade2spark.partitions"


def test_cascading_names_set_the_same_knob() -> None:
    settings = Settings.from_properties(
        {
            "cascading.flowconnector.assertionlevel": "NONE",
            "cascading.flow.runtime.gather.partitions.num": "3",
            "cascading.trap.throwable.stacktrace.line.delimiter": "/",
        }
    )
    assert ("none", 3, "/") == (
        settings.assertion_level,
        settings.partitions,
        settings.trap_stacktrace_delimiter,
    )
    assert settings.ignored == {}


def test_our_name_wins_over_an_alias_and_the_loser_is_reported() -> None:
    settings = Settings.from_properties(
        {"mapred.reduce.tasks": "3", "cascade2spark.partitions": "5"}
    )
    assert settings.partitions == 5
    assert settings.ignored == {"mapred.reduce.tasks": "cascade2spark.partitions decides"}


def test_cascading_names_that_set_nothing_are_reported_known_or_not() -> None:
    settings = Settings.from_properties(
        {"cascading.spill.compress": "true", "cascading.no.such.thing": "1"}
    )
    assert set(settings.ignored) == {"cascading.spill.compress", "cascading.no.such.thing"}


def test_a_default_comparator_would_change_rows_and_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"element\.comparator"):
        Settings.from_properties({"cascading.flow.tuple.element.comparator": "x.Y"})


def test_everybody_elses_properties_are_left_alone() -> None:
    others = {"mapred.job.name": "x", "fs.s3a.endpoint": "y", "mine": object(), 3: 4}
    assert Settings.from_properties(others) == Settings.from_properties({})


def test_none_means_not_set() -> None:
    assert Settings.from_properties({"cascade2spark.form": None}).form == "auto"


def test_settings_travel_to_workers() -> None:
    settings = Settings.from_properties({"cascading.spill.codecs": "x"})
    assert pickle.loads(pickle.dumps(settings)) == settings
