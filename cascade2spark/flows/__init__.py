"""Flows: taps bound to pipes, planned, run, watched and counted; cascades of them."""
