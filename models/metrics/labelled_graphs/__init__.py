"""Metrics of labelled graphs."""
