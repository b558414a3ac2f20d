"""How a node becomes a pipe: one function for each kind, chosen by its class.

A node is lowered once; the pipe stays with it.
"""

from __future__ import annotations

import weakref
from functools import singledispatch

from cascade2spark.errors import Unsupported
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.forms import Lowered

__all__ = ["known", "lower_node"]

# By identity; a pipe knows nothing of the node it was made for.
known: weakref.WeakKeyDictionary[n.Node, Lowered] = weakref.WeakKeyDictionary()


@singledispatch
def lower_node(node: n.Node, wants_pair: bool) -> Lowered:
    raise Unsupported(f"typed pipes know no {type(node).__name__}", origin=node.origin)
