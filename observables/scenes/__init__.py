"""Hyperspectral scenes: labels of pixels as text."""
