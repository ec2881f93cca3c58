"""Hyperspectral scenes: read from files, and written as maps."""
