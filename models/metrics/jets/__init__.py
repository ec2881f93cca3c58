"""Metrics of jets."""
