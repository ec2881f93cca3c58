"""Families that are about graphs alone."""
