"""Metrics of points of which more is known than their numbers."""
