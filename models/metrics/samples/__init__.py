"""Metrics that compare samples as rows of numbers."""
