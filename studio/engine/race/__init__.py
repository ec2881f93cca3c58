"""Runs that compete at equal budget."""
