"""Families that know the order of time: what is not observed of a series, or comes next."""
