"""Properties by method: the names that Cascading's classes set, and what a flow makes of them."""

from __future__ import annotations

from cascade2spark import LocalFlowConnector, Pipe
from cascade2spark.config import Settings
from cascade2spark.flow import AggregateByProps, CascadeProps, SpillableProps, UniqueProps
from cascade2spark.taps import MemoryTap


def test_a_capacity_is_that_of_the_setting() -> None:
    for props in (AggregateByProps.aggregate_by_props(), UniqueProps.unique_props()):
        assert props.get_capacity() is None
        properties = props.set_capacity(70).build_properties()
        assert 70 == props.get_capacity()
        assert 70 == Settings.from_properties(properties).aggregate_capacity


def test_a_cache_is_chosen_by_the_property_of_each_class() -> None:
    name = "cascading.util.cache.LRUHashMapCacheFactory"
    by_key = AggregateByProps().set_cache_factory_class_name(name)
    assert {"cascading.aggregateby.cachefactory.classname": name} == by_key.build_properties()
    assert name == by_key.get_cache_factory_class_name()
    unique = UniqueProps().set_cache_factory_class_name(name)
    assert {"cascading.unique.cachefactory.classname": name} == unique.build_properties()


def test_flows_at_once() -> None:
    props = CascadeProps.cascade_props()
    assert 0 == props.get_max_concurrent_flows()
    properties = props.set_max_concurrent_flows(2).build_properties()
    assert {"cascading.cascade.maxconcurrentflows": 2} == properties


def test_thresholds_of_spilling_are_told_to_be_without_effect() -> None:
    props = SpillableProps.spillable_props().set_list_spill_threshold(5).set_map_spill_threshold(6)
    props.set_map_initial_capacity(7).set_map_load_factor(0.5)
    props.set_compress_spill(True).set_codecs(["a.B", "c.D"])
    properties = props.build_properties()
    assert "a.B,c.D" == properties["cascading.spill.codecs"]
    flow = LocalFlowConnector(properties).connect(MemoryTap("a", [("x",)]), MemoryTap(), Pipe("p"))
    flow.complete()
    assert set(properties) == set(flow.get_stats().ignored)
