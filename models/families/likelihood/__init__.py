"""Families that maximise how likely the data are, or a bound of it, or know it up to a constant."""
