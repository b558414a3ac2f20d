"""What flows are made, watched and steered with: the names that ported jobs import from flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cascade2spark.connectors import (
    CascadeConnector,
    FlowConnector,
    LocalFlowConnector,
    SparkFlowConnector,
)
from cascade2spark.counters import SliceCounters, StepCounters
from cascade2spark.flows.cascade import Cascade, CascadeDef
from cascade2spark.flows.definition import AssemblyContext, FlowDef
from cascade2spark.flows.described import FlowStepStrategy
from cascade2spark.flows.flow import Flow
from cascade2spark.flows.listeners import CascadeListener, FlowListener, FlowStepListener
from cascade2spark.flows.props import (
    AggregateByProps,
    AppProps,
    CascadeProps,
    FlowConnectorProps,
    FlowProps,
    FlowRuntimeProps,
    Props,
    SpillableProps,
    TrapProps,
    UniqueProps,
)
from cascade2spark.flows.skips import (
    FlowSkipIfSinkExists,
    FlowSkipIfSinkNotStale,
    FlowSkipStrategy,
)
from cascade2spark.flows.stats import CascadeStats, FlowStats, FlowStepStats, Status
from cascade2spark.flows.units import (
    Cascades,
    HiveFlow,
    MapReduceFlow,
    ProcessFlow,
    UnitOfWorkDef,
)
from cascade2spark.name_hints import unknown_name as _unknown_name
from cascade2spark.operations.base import (
    AggregatorCall,
    AssertionLevel,
    BufferCall,
    DebugLevel,
    FilterCall,
    FlowProcess,
    FunctionCall,
    GroupAssertionCall,
    OperationCall,
    OutputCollector,
    ValueAssertionCall,
)
from cascade2spark.taps.entries import TupleEntryCollector, TupleEntryIterator

__all__ = [
    "AggregateByProps",
    "AggregatorCall",
    "AppProps",
    "AssemblyContext",
    "AssertionLevel",
    "BufferCall",
    "Cascade",
    "CascadeConnector",
    "CascadeDef",
    "CascadeListener",
    "CascadeProps",
    "CascadeStats",
    "Cascades",
    "DebugLevel",
    "FilterCall",
    "FlinkFlowConnector",
    "Flow",
    "FlowConnector",
    "FlowConnectorProps",
    "FlowDef",
    "FlowListener",
    "FlowProcess",
    "FlowProps",
    "FlowRuntimeProps",
    "FlowSkipIfSinkExists",
    "FlowSkipIfSinkNotStale",
    "FlowSkipStrategy",
    "FlowStats",
    "FlowStepListener",
    "FlowStepStats",
    "FlowStepStrategy",
    "FunctionCall",
    "GroupAssertionCall",
    "Hadoop2MR1FlowConnector",
    "Hadoop2TezFlowConnector",
    "Hadoop3TezFlowConnector",
    "HadoopFlowConnector",
    "HiveFlow",
    "LocalFlowConnector",
    "MapReduceFlow",
    "OperationCall",
    "OutputCollector",
    "ProcessFlow",
    "Props",
    "SliceCounters",
    "SparkFlowConnector",
    "SpillableProps",
    "Status",
    "StepCounters",
    "TrapProps",
    "TupleEntryCollector",
    "TupleEntryIterator",
    "UniqueProps",
    "UnitOfWorkDef",
    "ValueAssertionCall",
]

# Cascading's platforms, for the imports of ported jobs: their flows run on Spark here.
HadoopFlowConnector = SparkFlowConnector
Hadoop2MR1FlowConnector = SparkFlowConnector
Hadoop2TezFlowConnector = SparkFlowConnector
Hadoop3TezFlowConnector = SparkFlowConnector
FlinkFlowConnector = SparkFlowConnector


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
