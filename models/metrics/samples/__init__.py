"""Metrics that compare samples as rows of numbers, whatever these mean."""
