"""Every stock operation, flat, and the contract for writing one."""

from typing import TYPE_CHECKING

from cascade2spark.name_hints import unknown_name as _unknown_name
from cascade2spark.operations.aggregators import Average, Count, Sum
from cascade2spark.operations.assertions import (
    AssertEquals,
    AssertEqualsAll,
    AssertMatches,
    AssertMatchesAll,
    AssertNotEquals,
    AssertNotNull,
    AssertNull,
    AssertSizeEquals,
    AssertSizeLessThan,
    AssertSizeMoreThan,
)
from cascade2spark.operations.base import (
    Aggregator,
    AggregatorCall,
    AssertionLevel,
    BaseOperation,
    Buffer,
    BufferCall,
    DebugLevel,
    Filter,
    FilterCall,
    FlowProcess,
    Function,
    FunctionCall,
    GroupAssertion,
    GroupAssertionCall,
    OperationCall,
    OutputCollector,
    ValueAssertion,
    ValueAssertionCall,
)
from cascade2spark.operations.caches import Cache, DirectMappedCache, LRUCache
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if, remove_if
from cascade2spark.operations.composite import CoFunction, CompositeFunction
from cascade2spark.operations.date_operations import Calendar, DateFormatter, DateParser
from cascade2spark.operations.expression_operations import (
    AssertExpression,
    ExpressionFilter,
    ExpressionFunction,
)
from cascade2spark.operations.extents import ExtentBase, First, FirstNBuffer, Last
from cascade2spark.operations.extremes import ExtremaValueBase, Max, MaxValue, Min, MinValue
from cascade2spark.operations.filters import (
    Counter,
    Debug,
    FilterNotNull,
    FilterNull,
    Limit,
    Sample,
    Status,
)
from cascade2spark.operations.group_assertions import (
    AssertGroupSizeEquals,
    AssertGroupSizeLessThan,
    AssertGroupSizeMoreThan,
)
from cascade2spark.operations.hash_operations import (
    Base10HashFunction,
    Base64HashFunction,
    Base64URLHashFunction,
)
from cascade2spark.operations.json.aggregates import (
    AverageDoubleNestedAggregate,
    NestedAggregate,
    SimpleNestedAggregate,
    SumDoubleNestedAggregate,
    SumLongNestedAggregate,
)
from cascade2spark.operations.json.building import BuildSpec
from cascade2spark.operations.json.copying import CopySpec
from cascade2spark.operations.json_get import (
    JSONGetAllAggregateFunction,
    JSONGetAllFunction,
    JSONGetFunction,
    JSONRegexFilter,
)
from cascade2spark.operations.json_put import (
    JSONBuildAsAggregator,
    JSONBuildAsFunction,
    JSONBuildIntoFunction,
    JSONCopyAsFunction,
    JSONCopyIntoFunction,
    JSONCreateFunction,
    JSONSetFunction,
)
from cascade2spark.operations.logic import And, Not, Or, SetValue, Stop, Xor
from cascade2spark.operations.passing import Identity, Insert, NoOp, UnGroup
from cascade2spark.operations.regex_operations import (
    RegexFilter,
    RegexGenerator,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.operations.regex_parser import RegexParser
from cascade2spark.operations.script_operations import (
    ScriptFilter,
    ScriptFunction,
    ScriptTupleFunction,
)
from cascade2spark.operations.text_operations import FieldFormatter, FieldJoiner

__all__ = [
    "Aggregator",
    "AggregatorCall",
    "And",
    "AssertEquals",
    "AssertEqualsAll",
    "AssertExpression",
    "AssertGroupSizeEquals",
    "AssertGroupSizeLessThan",
    "AssertGroupSizeMoreThan",
    "AssertMatches",
    "AssertMatchesAll",
    "AssertNotEquals",
    "AssertNotNull",
    "AssertNull",
    "AssertSizeEquals",
    "AssertSizeLessThan",
    "AssertSizeMoreThan",
    "AssertionLevel",
    "Average",
    "AverageDoubleNestedAggregate",
    "Base10HashFunction",
    "Base64HashFunction",
    "Base64URLHashFunction",
    "BaseOperation",
    "Buffer",
    "BufferCall",
    "BuildSpec",
    "Cache",
    "Calendar",
    "CoFunction",
    "CompositeFunction",
    "CopySpec",
    "Count",
    "Counter",
    "DateFormatter",
    "DateParser",
    "Debug",
    "DebugLevel",
    "DirectMappedCache",
    "ExpressionFilter",
    "ExpressionFunction",
    "ExtentBase",
    "ExtremaValueBase",
    "FieldFormatter",
    "FieldJoiner",
    "Filter",
    "FilterCall",
    "FilterNotNull",
    "FilterNull",
    "First",
    "FirstNBuffer",
    "FlowProcess",
    "Function",
    "FunctionCall",
    "GroupAssertion",
    "GroupAssertionCall",
    "Identity",
    "Insert",
    "JSONBuildAsAggregator",
    "JSONBuildAsFunction",
    "JSONBuildIntoFunction",
    "JSONCopyAsFunction",
    "JSONCopyIntoFunction",
    "JSONCreateFunction",
    "JSONGetAllAggregateFunction",
    "JSONGetAllFunction",
    "JSONGetFunction",
    "JSONRegexFilter",
    "JSONSetFunction",
    "LRUCache",
    "Last",
    "Limit",
    "Max",
    "MaxValue",
    "Min",
    "MinValue",
    "NestedAggregate",
    "NoOp",
    "Not",
    "OperationCall",
    "Or",
    "OutputCollector",
    "RegexFilter",
    "RegexGenerator",
    "RegexParser",
    "RegexReplace",
    "RegexSplitGenerator",
    "RegexSplitter",
    "Sample",
    "ScriptFilter",
    "ScriptFunction",
    "ScriptTupleFunction",
    "SetValue",
    "SimpleNestedAggregate",
    "Status",
    "Stop",
    "Sum",
    "SumDoubleNestedAggregate",
    "SumLongNestedAggregate",
    "UnGroup",
    "ValueAssertion",
    "ValueAssertionCall",
    "Xor",
    "aggregator",
    "buffer",
    "function",
    "keep_if",
    "remove_if",
]


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
