"""Formats of jets."""
