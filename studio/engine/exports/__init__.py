"""Exports of a trained model to files that other programs read; one module a format."""
