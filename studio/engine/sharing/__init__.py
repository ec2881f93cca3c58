"""Runs as something to show: a page, a film, a report."""
