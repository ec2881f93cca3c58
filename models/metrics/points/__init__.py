"""Metrics of points with known modes or a known distribution."""
