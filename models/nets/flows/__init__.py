"""Invertible networks: layers between data and noise whose volumes are known."""
