"""Benchmarks: tables of what was measured here. They never fail on a time."""
