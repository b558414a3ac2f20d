"""Cascading-style ETL jobs on Spark RDDs.

The names below are the ones a job needs most; each is loaded from its module when it is first
used, so that importing this package costs nothing and needs neither Spark nor Arrow.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from cascade2spark.version import VERSION

if TYPE_CHECKING:
    from cascade2spark.batch.group_sort import GroupSortIterator
    from cascade2spark.connectors import (
        CascadeConnector,
        LocalFlowConnector,
        SparkFlowConnector,
    )
    from cascade2spark.fields import Fields
    from cascade2spark.flows import Cascade, Flow, FlowDef
    from cascade2spark.operations.base import Aggregator, BaseOperation, Buffer, Filter, Function
    from cascade2spark.operations.callables import (
        aggregator,
        buffer,
        function,
        keep_if,
        remove_if,
    )
    from cascade2spark.pipes import (
        Checkpoint,
        CoGroup,
        Each,
        Every,
        GroupBy,
        HashJoin,
        Merge,
        Pipe,
        SubAssembly,
    )
    from cascade2spark.tuples import Tuple, TupleEntry

__version__ = VERSION

__all__ = [
    "Aggregator",
    "BaseOperation",
    "Buffer",
    "Cascade",
    "CascadeConnector",
    "Checkpoint",
    "CoGroup",
    "Each",
    "Every",
    "Fields",
    "Filter",
    "Flow",
    "FlowDef",
    "Function",
    "GroupBy",
    "GroupSortIterator",
    "HashJoin",
    "LocalFlowConnector",
    "Merge",
    "Pipe",
    "SparkFlowConnector",
    "SubAssembly",
    "Tuple",
    "TupleEntry",
    "__version__",
    "aggregator",
    "buffer",
    "function",
    "keep_if",
    "remove_if",
]

# Module -> the names of it that the package root shows.
_NAMES_OF = {
    "fields": "Fields",
    "tuples": "Tuple TupleEntry",
    "flows": "FlowDef Flow Cascade",
    "connectors": "CascadeConnector SparkFlowConnector LocalFlowConnector",
    "batch.group_sort": "GroupSortIterator",
    "pipes": "Pipe Each Every GroupBy CoGroup HashJoin Merge Checkpoint SubAssembly",
    "operations.base": "BaseOperation Function Filter Aggregator Buffer",
    "operations.callables": "function aggregator buffer keep_if remove_if",
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        hints = importlib.import_module(f"{__name__}.name_hints")
        raise hints.unknown_name(__name__, name)
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _MissingModules:
    """Says what to import in the place of a module of ours that does not exist.

    It stands behind all other finders, so that it is asked for nothing that they find.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.startswith(f"{__name__}."):
            hints = importlib.import_module(f"{__name__}.name_hints")
            hints.refuse_module(name)


sys.meta_path.append(_MissingModules)
