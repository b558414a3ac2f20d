"""Flows: taps bound to pipes, planned, run, watched and counted; cascades of them."""

from __future__ import annotations

from cascade2spark.flows.cascade import Cascade
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow

__all__ = ["Cascade", "Flow", "FlowDef"]
